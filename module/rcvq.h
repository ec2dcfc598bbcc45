/* SPDX-License-Identifier: GPL-2.0 */
/* The receive queue: the stream put together again, and its window. */
#ifndef _CLASP_RCVQ_H
#define _CLASP_RCVQ_H

#include "clasp.h"

bool clasp_rcvq_merge(struct sk_buff *to, struct sk_buff *skb, int *delta);
void clasp_rcvq_take(struct sock *sk, struct sk_buff **pskb);
void clasp_rcvq_purge_ofo(struct sock *sk);
u32 clasp_rcvq_initial_window(const struct sock *sk);
u32 clasp_rcvq_window(struct sock *sk);
void clasp_rcvq_consumed(struct sock *sk);
void clasp_rcvq_quicken(struct sock *sk);
int clasp_rcvq_wait(struct sock *sk, long *timeo, const struct sk_buff *seen);
void clasp_rcvq_answered(struct sock *sk, u64 now);
int clasp_rcvq_set_low_water(struct sock *sk, int mark);

/**
 * clasp_rcvq_remaining() - what is left of the window last offered
 * @csk: the socket, locked
 *
 * Return: bytes from rcv_nxt on.
 */
static inline u32 clasp_rcvq_remaining(const struct clasp_sock *csk)
{
	u64 right = csk->rcv_wup + csk->rcv_wnd;

	return clasp_after(right, csk->rcv_nxt) ? right - csk->rcv_nxt : 0;
}

/**
 * clasp_rcvq_enough() - is there so much to be read that a reader should know?
 * @sk: the socket; without its lock, the answer may be that of a moment ago
 * @seq: what the reader will read next
 * @target: how much that is, bytes
 *
 * Return: true if there is so much, or if no more can come before some is read.
 */
static inline bool clasp_rcvq_enough(const struct sock *sk, u64 seq, u32 target)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	return READ_ONCE(csk->rcv_nxt) - seq >= target ||
	       atomic_read(&sk->sk_rmem_alloc) > READ_ONCE(sk->sk_rcvbuf) / 2 ||
	       !clasp_rcvq_remaining(csk);
}

/**
 * clasp_rcvq_ack_due() - what was received is to be acknowledged
 * @csk: the socket, locked
 * @due: when at the latest
 */
static inline void clasp_rcvq_ack_due(struct clasp_sock *csk,
				      enum clasp_ack_due due)
{
	csk->ack_due = max_t(u8, csk->ack_due, due);
}

#endif /* _CLASP_RCVQ_H */
