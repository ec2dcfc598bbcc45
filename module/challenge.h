/* SPDX-License-Identifier: GPL-2.0 */
/* How often segments that fit nothing are answered. */
#ifndef _CLASP_CHALLENGE_H
#define _CLASP_CHALLENGE_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct net;

/**
 * struct clasp_challenges - the challenge ACKs of a namespace
 * @lock: protects the others
 * @second: of clasp_clock() that @left is for
 * @left: how many may still be sent in it
 */
struct clasp_challenges {
	spinlock_t lock;	/* see above */
	u64 second;
	u32 left;
};

void clasp_challenges_init(struct clasp_challenges *challenges);
bool clasp_challenge_due(struct net *net, u64 *last);
bool clasp_challenge_permitted(struct net *net);

#endif /* _CLASP_CHALLENGE_H */
