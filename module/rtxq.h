/* SPDX-License-Identifier: GPL-2.0 */
/* The retransmission queue: what was sent and is not acknowledged yet. */
#ifndef _CLASP_RTXQ_H
#define _CLASP_RTXQ_H

#include "clasp.h"

/**
 * struct clasp_delivery - what an ACK tells to have arrived
 * @now: when the ACK came, ns
 * @bytes: how much that was not known to have, by number or by SACK
 * @in_flight: bytes that were in flight before
 * @rtt: time since it was sent, ns, of the earliest segment of it, among those
 *	that were sent once; 0 if none can tell
 * @rtt_least: the same of the latest
 * @sent_at: when the latest sent of it was sent, ns; 0 if nothing arrived
 * @resent: it was sent more than once
 * @original: something arrived that was sent but once, before the phase began
 * @advanced: snd_una has moved on
 * @duplicate: the ACK says nothing but what the last one did (RFC 5681)
 * @echo: enum clasp_echo
 * @dsack: something arrived twice, bytes
 * @dsack_end: the number after the last of that
 */
struct clasp_delivery {
	u64 now;
	u64 bytes;
	u32 in_flight;
	u64 rtt;
	u64 rtt_least;
	u64 sent_at;
	bool resent;
	bool original;
	bool advanced;
	bool duplicate;
	u8 echo;
	u32 dsack;
	u64 dsack_end;
};

void clasp_rtxq_init(struct clasp_rtxq *rtxq);
void clasp_rtxq_sent(struct sock *sk, struct sk_buff *skb);
void clasp_rtxq_resent(struct clasp_sock *csk, struct sk_buff *skb);
int clasp_rtxq_split(struct sock *sk, struct sk_buff *skb, u32 len);
struct sk_buff *clasp_rtxq_trim(struct sock *sk, struct sk_buff *skb);
void clasp_rtxq_acked(struct sock *sk, u64 ack_seq,
		      struct clasp_delivery *delivery);
void clasp_rtxq_sacked(struct sock *sk, const struct clasp_block *block,
		       u64 from, struct clasp_delivery *delivery);
u64 clasp_rtxq_sent_at(const struct clasp_sock *csk, const struct sk_buff *skb);
void clasp_rtxq_mark_lost(struct clasp_sock *csk, struct sk_buff *skb);
void clasp_rtxq_unmark_lost(struct clasp_sock *csk);
void clasp_rtxq_purge(struct sock *sk);

/**
 * clasp_rtxq_hide() - make an skb look like any other, to be copied
 * @skb: of a queue
 *
 * Whoever copies an skb takes a reference to its route, and would find the node
 * of the lists there.
 *
 * Return: for clasp_rtxq_unhide().
 */
static inline unsigned long clasp_rtxq_hide(struct sk_buff *skb)
{
	unsigned long node = skb->_skb_refdst;

	skb->_skb_refdst = 0;
	return node;
}

/**
 * clasp_rtxq_unhide() - the end of clasp_rtxq_hide()
 * @skb: the same
 * @node: what it returned
 */
static inline void clasp_rtxq_unhide(struct sk_buff *skb, unsigned long node)
{
	skb->_skb_refdst = node;
}

/**
 * clasp_rtxq_first() - the oldest that is not acknowledged
 * @csk: the socket, locked
 *
 * Return: the skb, or NULL.
 */
static inline struct sk_buff *clasp_rtxq_first(const struct clasp_sock *csk)
{
	return skb_rb_first(&csk->rtxq.tree);
}

/**
 * clasp_rtxq_last() - the last that was sent for the first time
 * @csk: the socket, locked
 *
 * Return: the skb, or NULL if all is acknowledged.
 */
static inline struct sk_buff *clasp_rtxq_last(const struct clasp_sock *csk)
{
	return skb_rb_last(&csk->rtxq.tree);
}

/**
 * clasp_rtxq_lost() - what has to be sent again first
 * @csk: the socket, locked
 *
 * Return: the skb, or NULL if nothing has.
 */
static inline struct sk_buff *clasp_rtxq_lost(struct clasp_sock *csk)
{
	return list_first_entry_or_null(&csk->rtxq.waiting, struct sk_buff,
					tcp_tsorted_anchor);
}

#endif /* _CLASP_RTXQ_H */
