// SPDX-License-Identifier: GPL-2.0
/*
 * The retransmission queue: what was sent and is not acknowledged yet, and what
 * the peer's SACKs tell of it (RFC 6675 calls that a scoreboard).
 *
 * Every skb is in a tree by sequence number, and in one of three conditions: it
 * may be on its way, and is in the list of those by the time when it was last
 * sent; it is believed to be lost, and is in the list of those that wait to be
 * sent again; or the peer has it (CLASP_SKB_SACKED), and it is in neither. The
 * node of the lists is the one that TCP uses for the like; it lies where an skb
 * that is on its way has its route, which these never have.
 */
#include "pace.h"
#include "rtt.h"
#include "rtxq.h"
#include "sndq.h"
#include "stamp.h"

/**
 * clasp_rtxq_init() - an empty queue
 * @rtxq: the queue
 */
void clasp_rtxq_init(struct clasp_rtxq *rtxq)
{
	memset(rtxq, 0, sizeof(*rtxq));
	rtxq->tree = RB_ROOT;
	INIT_LIST_HEAD(&rtxq->flying);
	INIT_LIST_HEAD(&rtxq->waiting);
}

/* Bytes of an skb, up to a number, that are not acknowledged by number. */
static u32 clasp_rtxq_upto(const struct clasp_sock *csk,
			   const struct sk_buff *skb, u64 end)
{
	u64 seq = CLASP_CB(skb)->seq;

	return end - (clasp_after(csk->snd_una, seq) ? csk->snd_una : seq);
}

static u32 clasp_rtxq_len(const struct clasp_sock *csk,
			  const struct sk_buff *skb)
{
	return clasp_rtxq_upto(csk, skb, CLASP_CB(skb)->end_seq);
}

/* Counts an skb, or bytes of it, out (or, below 0, in) as its condition has it. */
static void clasp_rtxq_discount(struct clasp_rtxq *rtxq,
				const struct sk_buff *skb, s64 bytes)
{
	if (CLASP_CB(skb)->state & CLASP_SKB_LOST)
		rtxq->lost -= bytes;
	if (CLASP_CB(skb)->state & CLASP_SKB_SACKED)
		rtxq->sacked -= bytes;
}

static void clasp_rtxq_insert(struct clasp_rtxq *rtxq, struct sk_buff *skb)
{
	struct rb_node **link = &rtxq->tree.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = clasp_before(CLASP_CB(skb)->seq,
				    CLASP_CB(rb_to_skb(parent))->seq) ?
			&parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, &rtxq->tree);
}

/* How many segments the first bytes of an skb were sent in, if in any. */
static u32 clasp_rtxq_segments(const struct sk_buff *skb, u32 len)
{
	return DIV_ROUND_UP(len, CLASP_CB(skb)->mss ?: CLASP_MSS_DEFAULT);
}

/*
 * The order tells what is lost: of two segments that are sent, one is the later,
 * and stays it if they were sent as one packet.
 */
static void clasp_rtxq_stamp(struct clasp_sock *csk, struct sk_buff *skb)
{
	struct clasp_rtxq *rtxq = &csk->rtxq;
	u64 at = max(clasp_pace_departure(csk), rtxq->sent_at + 1);

	CLASP_CB(skb)->sent_at = at;
	rtxq->sent_at = at + max(clasp_rtxq_segments(skb, skb->len), 1u) - 1;
}

/**
 * clasp_rtxq_sent_at() - when what is not acknowledged of an skb was last sent
 * @csk: the socket, locked
 * @skb: of the queue
 *
 * Return: ns; of several segments, the first one's.
 */
u64 clasp_rtxq_sent_at(const struct clasp_sock *csk, const struct sk_buff *skb)
{
	const struct clasp_cb *cb = CLASP_CB(skb);

	if (!cb->mss || !clasp_after(csk->snd_una, cb->seq))
		return cb->sent_at;
	return cb->sent_at + (u32)(csk->snd_una - cb->seq) / cb->mss;
}

/*
 * An ACK tells of an skb, which was sent once. The first of those that it tells of
 * has waited for it, be it that it was delayed, or has overtaken others that told
 * of the first alone; the last is what tells most of the path.
 */
static void clasp_rtxq_measured(const struct sk_buff *skb,
				struct clasp_delivery *delivery)
{
	u64 age = max_t(s64, delivery->now - CLASP_CB(skb)->sent_at, 1);

	delivery->rtt = max(delivery->rtt, age);
	delivery->rtt_least = min(delivery->rtt_least ?: age, age);
}

/**
 * clasp_rtxq_sent() - an skb was sent for the first time
 * @sk: the socket, locked
 * @skb: of no queue any more, its number is that after all others
 */
void clasp_rtxq_sent(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_rtxq *rtxq = &clasp_sk(sk)->rtxq;

	sock_owned_by_me(sk);
	clasp_rtxq_stamp(clasp_sk(sk), skb);
	clasp_rtxq_insert(rtxq, skb);
	list_add_tail(&skb->tcp_tsorted_anchor, &rtxq->flying);
}

/**
 * clasp_rtxq_resent() - an skb was sent again
 * @csk: the socket, locked
 * @skb: of the queue, not SACKed
 */
void clasp_rtxq_resent(struct clasp_sock *csk, struct sk_buff *skb)
{
	struct clasp_cb *cb = CLASP_CB(skb);

	clasp_rtxq_stamp(csk, skb);
	clasp_rtxq_discount(&csk->rtxq, skb, clasp_rtxq_len(csk, skb));
	cb->state &= ~CLASP_SKB_LOST;
	cb->state |= CLASP_SKB_RESENT;
	list_move_tail(&skb->tcp_tsorted_anchor, &csk->rtxq.flying);
}

/* Takes an skb out of the queue and frees it. */
static void clasp_rtxq_drop(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_rtxq *rtxq = &clasp_sk(sk)->rtxq;

	clasp_rtxq_discount(rtxq, skb, clasp_rtxq_len(clasp_sk(sk), skb));
	rb_erase(&skb->rbnode, &rtxq->tree);
	list_del(&skb->tcp_tsorted_anchor);
	/* What lies there else: a list's pointers, a device, a route. */
	skb->next = NULL;
	skb->prev = NULL;
	skb->dev = NULL;
	skb->destructor = NULL;
	skb->_skb_refdst = 0;
	clasp_sndq_free(sk, skb);
}

/**
 * clasp_rtxq_split() - cut an skb in two
 * @sk: the socket, locked
 * @skb: of the queue, with more than @len bytes of data
 * @len: bytes that stay in it; the rest follows in an skb of its own
 *
 * Return: 0 or -ENOMEM; then nothing has changed.
 */
int clasp_rtxq_split(struct sock *sk, struct sk_buff *skb, u32 len)
{
	struct sk_buff *rest = clasp_sndq_cut(sk, skb, len);

	if (!rest)
		return -ENOMEM;
	CLASP_CB(rest)->sent_at += clasp_rtxq_segments(rest, len);
	clasp_rtxq_insert(&clasp_sk(sk)->rtxq, rest);
	if (CLASP_CB(skb)->state & CLASP_SKB_SACKED)
		INIT_LIST_HEAD(&rest->tcp_tsorted_anchor);
	else
		list_add(&rest->tcp_tsorted_anchor, &skb->tcp_tsorted_anchor);
	return 0;
}

/**
 * clasp_rtxq_trim() - drop those segments of an skb that are acknowledged
 * @sk: the socket, locked
 * @skb: of the queue, to be sent again
 *
 * One acknowledged in part goes again whole.
 *
 * Return: what is left, or NULL without memory: then nothing has changed.
 */
struct sk_buff *clasp_rtxq_trim(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_cb *cb = CLASP_CB(skb);
	struct sk_buff *rest;
	u32 done = 0;

	if (clasp_after(csk->snd_una, cb->seq) && cb->mss)
		done = rounddown((u32)(csk->snd_una - cb->seq), cb->mss);
	if (!done)
		return skb;
	if (clasp_rtxq_split(sk, skb, done))
		return NULL;
	rest = skb_rb_next(skb);
	clasp_rtxq_drop(sk, skb);
	sk_mem_reclaim(sk);
	return rest;
}

/* The peer has an skb up to a number, as is known only now. */
static void clasp_rtxq_deliver(struct clasp_sock *csk, struct sk_buff *skb,
			       u64 end, struct clasp_delivery *delivery)
{
	const struct clasp_cb *cb = CLASP_CB(skb);
	u32 segments = max(clasp_rtxq_segments(skb, end - cb->seq), 1u);
	u64 sent_at = cb->sent_at + segments - 1;
	bool resent = cb->state & CLASP_SKB_RESENT;

	delivery->bytes += clasp_rtxq_upto(csk, skb, end);
	/* RFC 6582: of what was sent before the phase began, and not again. */
	delivery->original |= !resent &&
			      !clasp_after(end, csk->recovery.recover);
	if (!resent && clasp_before(end, csk->rack.fack))
		csk->rack.reordered = true;
	if (clasp_after(end, csk->rack.fack))
		csk->rack.fack = end;
	if (sent_at <= delivery->sent_at)
		return;
	delivery->sent_at = sent_at;
	delivery->resent = resent;
}

/*
 * The peer threw away what it had told to have (RFC 2018, section 8): had it not,
 * it would have acknowledged it by now.
 */
static void clasp_rtxq_forget_sacks(struct sock *sk)
{
	struct clasp_rtxq *rtxq = &clasp_sk(sk)->rtxq;
	struct sk_buff *skb;

	clasp_count_sk(sk, CLASP_MIB_SackReneging);
	skb_rbtree_walk(skb, &rtxq->tree) {
		if (!(CLASP_CB(skb)->state & CLASP_SKB_SACKED))
			continue;
		CLASP_CB(skb)->state &= ~CLASP_SKB_SACKED;
		list_add_tail(&skb->tcp_tsorted_anchor, &rtxq->flying);
		clasp_rtxq_mark_lost(clasp_sk(sk), skb);
	}
	rtxq->sacked = 0;
	rtxq->reports = 0;
}

/**
 * clasp_rtxq_acked() - free what is acknowledged
 * @sk: the socket, locked
 * @ack_seq: everything before this is acknowledged; becomes snd_una
 * @delivery: gets what is known of it
 *
 * An skb acknowledged in part stays whole, but is no longer counted as far as it
 * is acknowledged. A segment that was sent twice, or waited for one that was, does
 * not tell the round-trip time (Karn, RFC 6298, section 3).
 */
void clasp_rtxq_acked(struct sock *sk, u64 ack_seq,
		      struct clasp_delivery *delivery)
{
	struct clasp_sock *csk = clasp_sk(sk);
	bool resent = false;
	struct sk_buff *skb;

	while ((skb = clasp_rtxq_first(csk)) &&
	       clasp_after(ack_seq, CLASP_CB(skb)->seq)) {
		struct clasp_cb *cb = CLASP_CB(skb);
		bool whole = !clasp_after(cb->end_seq, ack_seq);

		clasp_stamp_acked(sk, skb, ack_seq);
		resent |= cb->state & CLASP_SKB_RESENT;
		if (!(cb->state & CLASP_SKB_SACKED)) {
			clasp_rtxq_deliver(csk, skb, whole ? cb->end_seq :
					   ack_seq, delivery);
			clasp_rtxq_measured(skb, delivery);
		}
		if (!whole) {
			clasp_rtxq_discount(&csk->rtxq, skb,
					    clasp_rtxq_upto(csk, skb, ack_seq));
			break;
		}
		clasp_rtxq_drop(sk, skb);
	}
	if (resent) {
		delivery->rtt = 0;
		delivery->rtt_least = 0;
	}
	delivery->advanced = true;
	csk->snd_una = ack_seq;
	if (skb && CLASP_CB(skb)->state & CLASP_SKB_SACKED)
		clasp_rtxq_forget_sacks(sk);
}

/* The first skb that ends after a number, or NULL. */
static struct sk_buff *clasp_rtxq_find(const struct clasp_rtxq *rtxq, u64 seq)
{
	struct rb_node *node = rtxq->tree.rb_node;
	struct sk_buff *found = NULL;

	while (node) {
		struct sk_buff *skb = rb_to_skb(node);

		if (clasp_after(CLASP_CB(skb)->end_seq, seq)) {
			found = skb;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

/*
 * Cuts an skb so that it lies in a block or outside of it, but only between
 * segments: what the peer makes of a segment, it makes of all of it. Returns
 * whether it lies inside; if it was cut, what follows is looked at next.
 */
static bool clasp_rtxq_fit(struct sock *sk, struct sk_buff *skb,
			   const struct clasp_block *block)
{
	const struct clasp_cb *cb = CLASP_CB(skb);
	u32 mss = cb->mss ?: clasp_sk(sk)->snd_mss;
	u64 inside;

	if (clasp_before(cb->seq, block->start)) {
		u64 outside = roundup(block->start - cb->seq, mss);

		if (outside < skb->len)
			clasp_rtxq_split(sk, skb, outside);
		return false;
	}
	if (!clasp_after(cb->end_seq, block->end))
		return true;
	inside = rounddown(block->end - cb->seq, mss);
	return inside && !clasp_rtxq_split(sk, skb, inside);
}

/**
 * clasp_rtxq_sacked() - the peer has a block
 * @sk: the socket, locked
 * @block: the block, between snd_una and snd_nxt
 * @from: what lies before this number, an earlier SACK has told
 * @delivery: gets what is known of it
 *
 * Source: RFC 6675, section 4, Update ().
 */
void clasp_rtxq_sacked(struct sock *sk, const struct clasp_block *block,
		       u64 from, struct clasp_delivery *delivery)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb = clasp_rtxq_find(&csk->rtxq, from);

	for (; skb && clasp_before(CLASP_CB(skb)->seq, block->end);
	     skb = skb_rb_next(skb)) {
		struct clasp_cb *cb = CLASP_CB(skb);

		if (cb->state & CLASP_SKB_SACKED ||
		    !clasp_rtxq_fit(sk, skb, block))
			continue;
		clasp_rtxq_deliver(csk, skb, cb->end_seq, delivery);
		if (!(cb->state & CLASP_SKB_RESENT))
			clasp_rtxq_measured(skb, delivery);
		clasp_rtxq_discount(&csk->rtxq, skb, clasp_rtxq_len(csk, skb));
		cb->state &= ~CLASP_SKB_LOST;
		cb->state |= CLASP_SKB_SACKED;
		clasp_rtxq_discount(&csk->rtxq, skb,
				    -(s64)clasp_rtxq_len(csk, skb));
		list_del_init(&skb->tcp_tsorted_anchor);
	}
}

/**
 * clasp_rtxq_mark_lost() - believe that an skb was lost
 * @csk: the socket, locked
 * @skb: of the queue, not SACKed
 *
 * It is sent again after all that was marked before.
 */
void clasp_rtxq_mark_lost(struct clasp_sock *csk, struct sk_buff *skb)
{
	struct clasp_cb *cb = CLASP_CB(skb);

	if (!(cb->state & CLASP_SKB_LOST)) {
		cb->state |= CLASP_SKB_LOST;
		clasp_rtxq_discount(&csk->rtxq, skb,
				    -(s64)clasp_rtxq_len(csk, skb));
	}
	list_move_tail(&skb->tcp_tsorted_anchor, &csk->rtxq.waiting);
}

/**
 * clasp_rtxq_unmark_lost() - nothing was lost after all
 * @csk: the socket, locked
 */
void clasp_rtxq_unmark_lost(struct clasp_sock *csk)
{
	struct clasp_rtxq *rtxq = &csk->rtxq;
	struct sk_buff *skb;

	list_for_each_entry(skb, &rtxq->waiting, tcp_tsorted_anchor)
		CLASP_CB(skb)->state &= ~CLASP_SKB_LOST;
	/* They were sent before all that has been sent since. */
	list_splice_init(&rtxq->waiting, &rtxq->flying);
	rtxq->lost = 0;
}

/**
 * clasp_rtxq_purge() - free the whole queue
 * @sk: the socket, locked
 */
void clasp_rtxq_purge(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = clasp_rtxq_first(clasp_sk(sk))))
		clasp_rtxq_drop(sk, skb);
	sk_mem_reclaim(sk);
}
