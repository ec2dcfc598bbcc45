// SPDX-License-Identifier: GPL-2.0
/* How often segments that fit nothing are answered (RFC 5961, section 7). */
#include <linux/math64.h>
#include <linux/random.h>

#include "challenge.h"
#include "clasp.h"

/**
 * clasp_challenges_init() - at the start of a namespace
 * @challenges: all zero
 */
void clasp_challenges_init(struct clasp_challenges *challenges)
{
	spin_lock_init(&challenges->lock);
	/* None yet: a machine may be in its very first second. */
	challenges->second = U64_MAX;
}

/**
 * clasp_challenge_due() - has a connection been silent for long enough?
 * @net: the namespace
 * @last: when the connection last answered so, ns; 0 for never. Protected by
 *	whoever protects the connection; set to now if the answer is yes.
 *
 * Two ends that each answer the other's ACK with an ACK would do so for ever,
 * as fast as the network can.
 *
 * Return: true if it may answer now.
 */
bool clasp_challenge_due(struct net *net, u64 *last)
{
	u64 gap = (u64)READ_ONCE(clasp_net(net)->sysctl.challenge_ack_ms) *
		  NSEC_PER_MSEC;
	u64 now = clasp_clock();

	if (*last && now - *last < gap) {
		clasp_count(net, CLASP_MIB_AcksSkipped);
		return false;
	}
	*last = max_t(u64, now, 1);
	return true;
}

/*
 * How many in this second. An attacker who knew could use them up, and tell by
 * what is left whether a guess of his, on somebody else's connection, was
 * challenged (CVE-2016-5696). So it is a number by chance, around the knob.
 */
static u32 clasp_challenge_budget(u32 knob)
{
	return knob ? DIV_ROUND_UP(knob, 2) + get_random_u32_below(knob) : 0;
}

/**
 * clasp_challenge_permitted() - may a namespace send one more challenge ACK?
 * @net: the namespace
 *
 * Any context.
 *
 * Return: true if it may; then it counts as sent.
 */
bool clasp_challenge_permitted(struct net *net)
{
	u32 knob = READ_ONCE(clasp_net(net)->sysctl.challenge_acks_per_s);
	struct clasp_challenges *challenges = &clasp_net(net)->challenges;
	u64 second = div_u64(clasp_clock(), NSEC_PER_SEC);
	bool permitted;

	spin_lock_bh(&challenges->lock);
	if (challenges->second != second) {
		challenges->second = second;
		challenges->left = clasp_challenge_budget(knob);
	}
	permitted = challenges->left;
	challenges->left -= permitted;
	spin_unlock_bh(&challenges->lock);
	clasp_count(net, permitted ? CLASP_MIB_ChallengeAcks :
				     CLASP_MIB_AcksSkipped);
	return permitted;
}
