/* SPDX-License-Identifier: GPL-2.0 */
/* The executor: does what a cell of the state machine says. */
#ifndef _CLASP_ACTIONS_H
#define _CLASP_ACTIONS_H

#include "clasp.h"

void clasp_step(struct sock *sk, enum clasp_event event,
		struct sk_buff **pskb);

#ifdef CLASP_KUNIT
extern void (*clasp_step_hook)(const struct sock *sk, enum clasp_state state,
			       enum clasp_event event);
#endif

/**
 * clasp_step_seen() - tell the tests of an event that is about to take effect
 * @sk: the socket, or NULL if it is that of a small object
 * @state: the state that it happens in
 * @event: what happens
 */
static inline void clasp_step_seen(const struct sock *sk,
				   enum clasp_state state,
				   enum clasp_event event)
{
#ifdef CLASP_KUNIT
	if (clasp_step_hook)
		clasp_step_hook(sk, state, event);
#endif
}

#endif /* _CLASP_ACTIONS_H */
