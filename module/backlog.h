/* SPDX-License-Identifier: GPL-2.0 */
/* Segments that wait until a program lets go of its socket. */
#ifndef _CLASP_BACKLOG_H
#define _CLASP_BACKLOG_H

#include "clasp.h"

void clasp_backlog_add(struct sock *sk, struct sk_buff *skb);

#endif /* _CLASP_BACKLOG_H */
