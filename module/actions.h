/* SPDX-License-Identifier: GPL-2.0 */
/* The executor: does what a cell of the state machine says. */
#ifndef _CLASP_ACTIONS_H
#define _CLASP_ACTIONS_H

#include "clasp.h"

void clasp_step(struct sock *sk, enum clasp_event event,
		struct sk_buff **pskb);

#endif /* _CLASP_ACTIONS_H */
