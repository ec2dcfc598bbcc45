// SPDX-License-Identifier: GPL-2.0
/*
 * The send queue: what was written and is not acknowledged yet.
 *
 * One list in order of sequence numbers, sk_write_queue. What lies before
 * clasp_sock::send_head has been sent at least once; the rest waits for its
 * turn. SYN and FIN are in it like data: whatever takes a sequence number is
 * sent again until it is acknowledged. Data lies in page fragments, the linear
 * part is room for headers. The queue is charged to the socket by truesize.
 */
#include "memory.h"
#include "sndq.h"
#include "stamp.h"

static void clasp_sndq_charge(struct sock *sk, int truesize)
{
	sk_wmem_queued_add(sk, truesize);
	sk_mem_charge(sk, truesize);
}

static struct sk_buff *clasp_sndq_new(gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb_fclone(CLASP_HEADROOM, gfp);

	if (!skb)
		return NULL;
	skb_reserve(skb, CLASP_HEADROOM);
	/* The checksum is computed where the segment leaves the host. */
	skb->ip_summed = CHECKSUM_PARTIAL;
	memset(CLASP_CB(skb), 0, sizeof(struct clasp_cb));
	return skb;
}

/**
 * clasp_sndq_alloc() - an empty skb, for clasp_sndq_append()
 * @sk: the socket, locked
 * @gfp: allocation flags
 *
 * Return: the skb, its memory reserved but not yet charged; or NULL.
 */
struct sk_buff *clasp_sndq_alloc(struct sock *sk, gfp_t gfp)
{
	struct sk_buff *skb;

	if (clasp_memory_refused())
		return NULL;
	skb = clasp_sndq_new(gfp);
	if (skb && !sk_wmem_schedule(sk, skb->truesize)) {
		__kfree_skb(skb);
		return NULL;
	}
	return skb;
}

/**
 * clasp_sndq_append() - queue an skb behind all others
 * @sk: the socket, locked
 * @skb: from clasp_sndq_alloc(); its flags are set, data may still be added
 *
 * write_seq advances by its control bits; whoever adds data advances it, and
 * the skb's end_seq, by that.
 */
void clasp_sndq_append(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_cb *cb = CLASP_CB(skb);

	sock_owned_by_me(sk);
	cb->seq = csk->write_seq;
	cb->end_seq = cb->seq + clasp_segment_control_len(cb->flags);
	csk->write_seq = cb->end_seq;
	csk->push = false;
	__skb_queue_tail(&sk->sk_write_queue, skb);
	clasp_sndq_charge(sk, skb->truesize);
	if (!csk->send_head)
		csk->send_head = skb;
}

/**
 * clasp_sndq_drop() - take an skb out of the queue and free it
 * @sk: the socket, locked
 * @skb: in the queue
 */
void clasp_sndq_drop(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (csk->send_head == skb)
		csk->send_head = skb_queue_is_last(&sk->sk_write_queue, skb) ?
			NULL : skb_queue_next(&sk->sk_write_queue, skb);
	if (CLASP_CB(skb)->state & CLASP_SKB_LOST)
		csk->recovery.lost -= CLASP_CB(skb)->end_seq -
				      CLASP_CB(skb)->seq;
	__skb_unlink(skb, &sk->sk_write_queue);
	sk_wmem_queued_add(sk, -skb->truesize);
	sk_mem_uncharge(sk, skb->truesize);
	__kfree_skb(skb);
}

/**
 * clasp_sndq_syn() - queue the SYN
 * @sk: the socket, locked, its queue empty, iss chosen
 *
 * Return: 0 or -ENOBUFS.
 */
int clasp_sndq_syn(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb = clasp_sndq_alloc(sk, sk->sk_allocation);

	if (!skb)
		return -ENOBUFS;
	CLASP_CB(skb)->flags = CLASP_SYN;
	csk->urgent.snd_up = csk->iss;
	csk->snd_una = csk->iss;
	csk->snd_nxt = csk->iss;
	csk->write_seq = csk->iss;
	clasp_sndq_append(sk, skb);
	return 0;
}

/**
 * clasp_sndq_fin() - queue the FIN behind the last byte
 * @sk: the socket, locked, in process context
 *
 * It goes with the last data if that has not been sent, else alone. A program
 * that closes cannot be told that there was no memory: this waits for some.
 */
void clasp_sndq_fin(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	csk->fin_queued = true;
	if (csk->send_head && !(CLASP_CB(skb)->flags & CLASP_SYN)) {
		CLASP_CB(skb)->flags |= CLASP_FIN;
		CLASP_CB(skb)->end_seq++;
		csk->write_seq++;
		return;
	}
	skb = clasp_sndq_new(sk->sk_allocation | __GFP_NOFAIL);
	CLASP_CB(skb)->flags = CLASP_FIN;
	/* May be owed: closing must not depend on what other sockets use. */
	if (!sk_wmem_schedule(sk, skb->truesize))
		clasp_count_sk(sk, CLASP_MIB_ForcedMemory);
	clasp_sndq_append(sk, skb);
}

/* Makes an skb's head its own, and keeps to the memory that was charged. */
static int clasp_sndq_unclone(struct sk_buff *skb)
{
	u32 truesize = skb->truesize;
	int err;

	if (!skb_cloned(skb))
		return 0;
	if (clasp_memory_refused())
		return -ENOMEM;
	err = pskb_expand_head(skb, 0, 0, GFP_ATOMIC);
	skb->truesize = truesize;
	return err;
}

/**
 * clasp_sndq_split() - cut an skb in two
 * @sk: the socket, locked
 * @skb: in the queue, with more than @len bytes of data
 * @len: bytes that stay in it; the rest follows in an skb of its own
 *
 * Return: 0 or -ENOMEM; then nothing has changed.
 */
int clasp_sndq_split(struct sock *sk, struct sk_buff *skb, u32 len)
{
	struct clasp_cb *cb = CLASP_CB(skb), *rest_cb;
	struct sk_buff *rest;

	if (clasp_sndq_unclone(skb))
		return -ENOMEM;
	rest = clasp_sndq_alloc(sk, GFP_ATOMIC);
	if (!rest)
		return -ENOMEM;
	clasp_sndq_charge(sk, rest->truesize);

	skb_split(skb, rest, len);
	/* The data's memory moves with it, about. */
	rest->truesize += rest->len;
	skb->truesize -= rest->len;

	rest_cb = CLASP_CB(rest);
	*rest_cb = *cb;
	rest_cb->seq = cb->seq + len;
	cb->end_seq = rest_cb->seq;
	cb->flags &= ~(CLASP_FIN | CLASP_PSH);
	cb->state &= ~CLASP_SKB_SEALED;
	clasp_stamp_split(skb, rest);
	__skb_queue_after(&sk->sk_write_queue, skb, rest);
	return 0;
}

/**
 * clasp_sndq_sent() - an skb has been sent
 * @sk: the socket, locked
 * @skb: in the queue; for the first time if it is send_head
 */
void clasp_sndq_sent(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_cb *cb = CLASP_CB(skb);

	cb->sent_at = clasp_clock();
	csk->sent_at = cb->sent_at;
	csk->totals.data_segs_out += !!skb->len;
	csk->totals.bytes_sent += skb->len;
	if (skb == csk->send_head) {
		csk->send_head = skb_queue_is_last(&sk->sk_write_queue, skb) ?
			NULL : skb_queue_next(&sk->sk_write_queue, skb);
		csk->snd_nxt = cb->end_seq;
		return;
	}
	csk->totals.retrans++;
	csk->totals.bytes_retrans += skb->len;
	cb->state |= CLASP_SKB_RESENT;
	if (cb->state & CLASP_SKB_LOST) {
		cb->state &= ~CLASP_SKB_LOST;
		csk->recovery.lost -= cb->end_seq - cb->seq;
	}
}

/**
 * clasp_sndq_acked() - free what has been acknowledged
 * @sk: the socket, locked
 * @ack_seq: everything before this is
 *
 * An skb acknowledged in part stays whole.
 *
 * Return: a measurement of the round-trip time, ns, or 0 if there is none: a
 * segment that was sent twice, or waited for one that was, cannot tell (Karn,
 * RFC 6298, section 3).
 */
u64 clasp_sndq_acked(struct sock *sk, u64 ack_seq)
{
	struct sk_buff *skb;
	bool resent = false;
	u64 sample = 0;

	while ((skb = skb_peek(&sk->sk_write_queue)) &&
	       skb != clasp_sk(sk)->send_head) {
		struct clasp_cb *cb = CLASP_CB(skb);

		clasp_stamp_acked(sk, skb, ack_seq);
		if (clasp_after(cb->end_seq, ack_seq))
			break;
		if (cb->state & CLASP_SKB_RESENT)
			resent = true;
		sample = max_t(u64, clasp_clock() - cb->sent_at, 1);
		clasp_sndq_drop(sk, skb);
	}
	return resent ? 0 : sample;
}

/**
 * clasp_sndq_mark_lost() - believe that a segment was lost
 * @csk: the socket, locked
 * @skb: in the queue, sent
 */
void clasp_sndq_mark_lost(struct clasp_sock *csk, struct sk_buff *skb)
{
	struct clasp_cb *cb = CLASP_CB(skb);

	if (cb->state & CLASP_SKB_LOST)
		return;
	cb->state |= CLASP_SKB_LOST;
	csk->recovery.lost += cb->end_seq - cb->seq;
}

/**
 * clasp_sndq_purge() - free the whole queue
 * @sk: the socket, locked
 */
void clasp_sndq_purge(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = skb_peek(&sk->sk_write_queue)))
		clasp_sndq_drop(sk, skb);
}
