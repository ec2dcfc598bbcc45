/* SPDX-License-Identifier: GPL-2.0 */
/* CLASP_INFO: what a connection is doing, for programs that want to know. */
#ifndef _CLASP_INFO_H
#define _CLASP_INFO_H

#include "clasp.h"

void clasp_info_fill(struct sock *sk, struct clasp_info *info);

#endif /* _CLASP_INFO_H */
