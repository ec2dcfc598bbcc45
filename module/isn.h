/* SPDX-License-Identifier: GPL-2.0 */
/* Initial sequence numbers. */
#ifndef _CLASP_ISN_H
#define _CLASP_ISN_H

#include "clasp.h"

u64 clasp_isn(struct net *net, const struct clasp_flow *flow);

#ifdef CLASP_KUNIT
extern u64 (*clasp_isn_hook)(const struct clasp_flow *flow);
#endif

#endif /* _CLASP_ISN_H */
