// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that wait until a program lets go of its socket.
 *
 * What goes on where the last of them ends becomes one with it, as a device's
 * packets do (offload.c): many ACKs, or much data, are then dealt with at once.
 */
#include "backlog.h"
#include "offload.h"
#include "rcvq.h"

/* What does not keep the next segment from being one with this. */
#define CLASP_BACKLOG_FLAGS	(CLASP_ACK | CLASP_PSH | CLASP_ECE)

/*
 * Does a segment go on where the last one ends, and differ in nothing else? An
 * ACK that acknowledges nothing more counts by itself (RFC 5681, section 2), and
 * options are of one segment. What they become is no larger than a packet can be.
 */
static bool clasp_backlog_continues(const struct sk_buff *tail,
				    const struct sk_buff *skb)
{
	const struct clasp_cb *last = CLASP_CB(tail), *cb = CLASP_CB(skb);
	bool text = clasp_segment_text_len(skb);

	if (cb->seq != last->end_seq || !(last->flags & CLASP_ACK) ||
	    last->flags & ~CLASP_BACKLOG_FLAGS ||
	    (last->flags ^ cb->flags) & ~(CLASP_PSH | CLASP_FIN))
		return false;
	if (last->hdr_len != CLASP_HEADER_MIN ||
	    cb->hdr_len != CLASP_HEADER_MIN)
		return false;
	if (tail->len + skb->len > IP_MAX_MTU || last->iif != cb->iif)
		return false;
	if (text != !!clasp_segment_text_len(tail) ||
	    clasp_before(cb->ack_seq, last->ack_seq + !text))
		return false;
	return clasp_af_of(tail) == clasp_af_of(skb) &&
	       clasp_af_of(tail)->dsfield(tail) ==
	       clasp_af_of(skb)->dsfield(skb);
}

/*
 * Makes a segment one with the last that waits, header and all that was seen of
 * it. False if it can't be.
 */
static bool clasp_backlog_join(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = sk->sk_backlog.tail;
	struct clasp_cb *last, cb = *CLASP_CB(skb);
	u32 size, segments;
	int delta;

	/* A listener's may come from anywhere. */
	if (!tail || !clasp_in_state(sk, CLASP_SYNCHRONIZED) ||
	    !clasp_backlog_continues(tail, skb))
		return false;
	last = CLASP_CB(tail);
	size = max(clasp_offload_full(tail, clasp_segment_text_len(tail)),
		   clasp_offload_full(skb, clasp_segment_text_len(skb)));
	segments = clasp_offload_segments(tail) + clasp_offload_segments(skb);
	__skb_pull(skb, cb.hdr_len);
	if (!clasp_rcvq_merge(tail, skb, &delta)) {
		__skb_push(skb, cb.hdr_len);
		return false;
	}
	clasp_offload_joined(tail, size, segments);
	last->ack_seq = cb.ack_seq;
	last->window = cb.window;
	last->flags |= cb.flags;
	sk->sk_backlog.len += delta;
	return true;
}

/**
 * clasp_backlog_add() - let a segment wait
 * @sk: the socket, its spinlock held, in use by a program
 * @skb: the segment, parsed and permitted; eaten
 *
 * What the window invites may all be in the buffer, and as much again in the
 * backlog, whose length goes back to 0 only when it has been run. ACKs have to
 * get through on top of that. What is more is dropped.
 *
 * Softirq, or with BHs disabled.
 */
void clasp_backlog_add(struct sock *sk, struct sk_buff *skb)
{
	u64 limit = 2 * (u64)READ_ONCE(sk->sk_rcvbuf) +
		    READ_ONCE(sk->sk_sndbuf) + 64 * 1024;

	if (clasp_backlog_join(sk, skb)) {
		clasp_count_sk(sk, CLASP_MIB_BacklogCoalesce);
		return;
	}
	if (!sk_add_backlog(sk, skb, min_t(u64, limit, U32_MAX)))
		return;
	clasp_count_sk(sk, CLASP_MIB_BacklogDropped);
	sk_drops_inc(sk);
	kfree_skb(skb);
}
