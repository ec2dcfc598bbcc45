// SPDX-License-Identifier: GPL-2.0
/*
 * Selective acknowledgments (RFC 2018, RFC 2883): what we tell the peer of what
 * came out of order or twice, and what the peer tells us.
 *
 * What is told is read off the queue of what is out of order whenever an ACK is
 * sent, so that it is always true; only which block is the latest is remembered.
 */
#include <linux/sort.h>

#include "sack.h"

/**
 * clasp_sack_received() - a segment came out of order
 * @csk: the socket, locked
 * @seq: its number
 */
void clasp_sack_received(struct clasp_sock *csk, u64 seq)
{
	struct clasp_sack *sack = &csk->sack;

	memmove(sack->recent + 1, sack->recent,
		sizeof(sack->recent) - sizeof(sack->recent[0]));
	sack->recent[0] = seq;
	if (sack->recents < CLASP_SACK_BLOCKS)
		sack->recents++;
}

/**
 * clasp_sack_repeated() - data came that was there already
 * @csk: the socket, locked
 * @start: its first number
 * @end: the one after its last
 *
 * Source: RFC 2883, section 4.
 */
void clasp_sack_repeated(struct clasp_sock *csk, u64 start, u64 end)
{
	csk->sack.duplicate = (struct clasp_block){ start, end };
}

/**
 * clasp_sack_duplicate() - the same, if a segment begins with data in order
 * @csk: the socket, locked
 * @cb: the segment
 */
void clasp_sack_duplicate(struct clasp_sock *csk, const struct clasp_cb *cb)
{
	if (clasp_before(cb->seq, csk->rcv_nxt))
		clasp_sack_repeated(csk, cb->seq,
				    clasp_before(cb->end_seq, csk->rcv_nxt) ?
				    cb->end_seq : csk->rcv_nxt);
}

/* The skb that has this number, of those out of order, or NULL. */
static struct sk_buff *clasp_sack_find(const struct clasp_sock *csk, u64 seq)
{
	struct rb_node *node = csk->ofo.rb_node;

	while (node) {
		struct sk_buff *skb = rb_to_skb(node);

		if (clasp_before(seq, CLASP_CB(skb)->seq))
			node = node->rb_left;
		else if (!clasp_before(seq, CLASP_CB(skb)->end_seq))
			node = node->rb_right;
		else
			return skb;
	}
	return NULL;
}

/* All that is there without a hole on either side of an skb. */
static struct clasp_block clasp_sack_block(struct sk_buff *skb)
{
	struct clasp_block block = {
		.start = CLASP_CB(skb)->seq,
		.end = CLASP_CB(skb)->end_seq,
	};
	struct sk_buff *other;

	for (other = skb_rb_prev(skb);
	     other && !clasp_before(CLASP_CB(other)->end_seq, block.start);
	     other = skb_rb_prev(other))
		block.start = CLASP_CB(other)->seq;
	for (other = skb_rb_next(skb);
	     other && !clasp_after(CLASP_CB(other)->seq, block.end);
	     other = skb_rb_next(other))
		block.end = CLASP_CB(other)->end_seq;
	return block;
}

static bool clasp_sack_told(const struct clasp_block *blocks, int count,
			    u64 seq)
{
	while (count--)
		if (!clasp_before(seq, blocks[count].start) &&
		    clasp_before(seq, blocks[count].end))
			return true;
	return false;
}

/**
 * clasp_sack_tell() - what an ACK that is sent now has to tell
 * @csk: the socket, locked
 * @blocks: room for CLASP_SACK_BLOCKS
 *
 * First what came twice, then the block of what came last, then those told of
 * before.
 *
 * Source: RFC 2018, section 4; RFC 2883, section 4.
 *
 * Return: how many blocks there are.
 */
int clasp_sack_tell(struct clasp_sock *csk, struct clasp_block *blocks)
{
	struct clasp_sack *sack = &csk->sack;
	int i, kept = 0, first = 0, count;

	if (sack->duplicate.start != sack->duplicate.end)
		blocks[first++] = sack->duplicate;
	sack->duplicate.end = sack->duplicate.start;
	count = first;
	for (i = 0; i < sack->recents; i++) {
		u64 seq = sack->recent[i];
		struct sk_buff *skb = clasp_sack_find(csk, seq);

		if (!skb || clasp_sack_told(blocks + first, count - first, seq))
			continue;
		sack->recent[kept++] = seq;
		if (count < CLASP_SACK_BLOCKS)
			blocks[count++] = clasp_sack_block(skb);
	}
	sack->recents = kept;
	return count;
}

static int clasp_sack_compare(const void *a, const void *b)
{
	const struct clasp_block *one = a, *other = b;

	return clasp_before(one->start, other->start) ? -1 :
	       clasp_after(one->start, other->start);
}

/*
 * Is the first block one of what the peer got twice? So it is if the same ACK
 * acknowledges it, or it lies in the second one (RFC 2883, section 4).
 */
static bool clasp_sack_is_duplicate(const struct clasp_sock *csk, u64 ack_seq,
				    const struct clasp_block *blocks, int count)
{
	if (clasp_after(blocks->end, ack_seq))
		return count > 1 &&
		       !clasp_before(blocks[0].start, blocks[1].start) &&
		       !clasp_after(blocks[0].end, blocks[1].end);
	/* So long ago that it cannot be true, RFC 5961's limit. */
	return ack_seq - blocks->start <= csk->max_window;
}

/* Keeps the blocks of what is on its way, in their order in the stream. */
static int clasp_sack_sort(const struct clasp_sock *csk,
			   struct clasp_block *blocks, int count)
{
	int i, kept = 0;

	for (i = 0; i < count; i++)
		if (clasp_before(blocks[i].start, blocks[i].end) &&
		    !clasp_before(blocks[i].start, csk->snd_una) &&
		    !clasp_after(blocks[i].end, csk->snd_nxt))
			blocks[kept++] = blocks[i];
	sort(blocks, kept, sizeof(*blocks), clasp_sack_compare, NULL);
	return kept;
}

/*
 * From where on a block may tell something new: the ACK before had one that
 * began no later and ended here. Not farther, if another began before that end: a
 * segment that lies in neither of the two may lie in this one.
 */
static u64 clasp_sack_news(const struct clasp_rtxq *rtxq,
			   const struct clasp_block *block)
{
	int i;

	for (i = 0; i < rtxq->reports; i++)
		if (clasp_between(rtxq->reported[i].start, block->start,
				  rtxq->reported[i].end))
			return rtxq->reported[i].end;
	return block->start;
}

/**
 * clasp_sack_take() - process the SACK option of an ACK
 * @sk: the socket, locked, snd_una up to date
 * @skb: the segment, still with its header
 * @delivery: gets what is known of what arrived
 *
 * Source: RFC 2018, section 5; RFC 2883, section 4.
 */
void clasp_sack_take(struct sock *sk, const struct sk_buff *skb,
		     struct clasp_delivery *delivery)
{
	struct clasp_block blocks[CLASP_SACK_BLOCKS_MAX];
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_rtxq *rtxq = &csk->rtxq;
	int i, count = clasp_segment_blocks(skb, blocks);

	if (!count)
		return;
	delivery->duplicate = false;
	if (clasp_before(blocks->start, blocks->end) &&
	    clasp_sack_is_duplicate(csk, CLASP_CB(skb)->ack_seq, blocks, count)) {
		delivery->dsack = blocks->end - blocks->start;
		delivery->dsack_end = blocks->end;
	}
	count = clasp_sack_sort(csk, blocks, count);
	for (i = 0; i < count; i++)
		clasp_rtxq_sacked(sk, &blocks[i],
				  clasp_sack_news(rtxq, &blocks[i]), delivery);
	rtxq->reports = min(count, CLASP_SACK_BLOCKS);
	memcpy(rtxq->reported, blocks, rtxq->reports * sizeof(*blocks));
}
