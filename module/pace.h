/* SPDX-License-Identifier: GPL-2.0 */
/* Pacing: how fast a window is sent. */
#ifndef _CLASP_PACE_H
#define _CLASP_PACE_H

#include "clasp.h"

void clasp_pace_init(struct sock *sk);
u64 clasp_pace_rate(const struct clasp_sock *csk);
void clasp_pace_acked(struct sock *sk);

#endif /* _CLASP_PACE_H */
