/* SPDX-License-Identifier: GPL-2.0 */
/* Urgent data: a mark in the stream, and the byte before it. */
#ifndef _CLASP_URGENT_H
#define _CLASP_URGENT_H

#include "clasp.h"

void clasp_urgent_point(const struct clasp_sock *csk,
			struct clasp_header *header);
void clasp_urgent_take(struct sock *sk, const struct sk_buff *skb);
void clasp_urgent_consumed(struct clasp_sock *csk);
bool clasp_urgent_arrived(const struct sock *sk);
bool clasp_urgent_hidden(const struct sock *sk, u64 seq);
size_t clasp_urgent_limit(const struct clasp_sock *csk, u64 seq, size_t len);
int clasp_urgent_read(struct sock *sk, struct msghdr *msg, size_t len,
		      int flags);

/**
 * clasp_urgent_mark() - what was written up to here is urgent
 * @csk: the socket, locked
 *
 * Source: RFC 9293, section 3.10.2: SND.UP.
 */
static inline void clasp_urgent_mark(struct clasp_sock *csk)
{
	csk->urgent.snd_up = csk->write_seq;
}

/**
 * clasp_urgent_sending() - has the peer not got all urgent data yet?
 * @csk: the socket, locked
 *
 * Return: true in urgent mode of the sender.
 */
static inline bool clasp_urgent_sending(const struct clasp_sock *csk)
{
	return clasp_after(csk->urgent.snd_up, csk->snd_una);
}

/**
 * clasp_urgent_at() - is the mark here?
 * @csk: the socket; without its lock, the answer may be old
 * @seq: a number of the received stream
 *
 * Return: true if the urgent byte is the one of this number.
 */
static inline bool clasp_urgent_at(const struct clasp_sock *csk, u64 seq)
{
	return READ_ONCE(csk->urgent.phase) != CLASP_URGENT_NONE &&
	       READ_ONCE(csk->urgent.rcv_up) == seq;
}

#endif /* _CLASP_URGENT_H */
