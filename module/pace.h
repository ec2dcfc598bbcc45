/* SPDX-License-Identifier: GPL-2.0 */
/* Pacing: how fast a window is sent. */
#ifndef _CLASP_PACE_H
#define _CLASP_PACE_H

#include "alarm.h"
#include "compat.h"

struct clasp_sock;

/**
 * struct clasp_pace - when the next segment may leave; see pace.c
 * @at: then, ns; in the past if it may now
 * @held_until: not before this, paced or not, ns; 0 if nothing has ever been held
 * @beat: lets the sender go on then
 */
struct clasp_pace {
	u64 at;
	u64 held_until;
	struct clasp_beat beat;
};

void clasp_pace_init(struct sock *sk);
void clasp_pace_stop(struct sock *sk);
u64 clasp_pace_rate(const struct clasp_sock *csk);
void clasp_pace_acked(struct sock *sk);
bool clasp_pace_early(struct sock *sk);
void clasp_pace_hold(struct clasp_sock *csk, u64 until);
void clasp_pace_stamp(const struct clasp_sock *csk, struct sk_buff *skb);
u64 clasp_pace_departure(const struct clasp_sock *csk);
u64 clasp_pace_delay(const struct clasp_sock *csk);
void clasp_pace_sent(struct sock *sk, u32 bytes);

/**
 * clasp_pace_on() - is what is sent paced?
 * @sk: the socket
 *
 * Return: true if it is.
 */
static inline bool clasp_pace_on(const struct sock *sk)
{
	return READ_ONCE(sk->sk_pacing_status) != SK_PACING_NONE;
}

#endif /* _CLASP_PACE_H */
