// SPDX-License-Identifier: GPL-2.0
/*
 * The send queue: what was written and waits for its turn to be sent.
 *
 * One list in order of sequence numbers, sk_write_queue. What was sent goes on to
 * the retransmission queue (rtxq.c). SYN and FIN are in both like data: whatever
 * takes a sequence number is sent again until it is acknowledged. Data lies in
 * page fragments, the linear part is room for headers. Both queues are charged to
 * the socket by truesize.
 */
#include "memory.h"
#include "sndq.h"
#include "spare.h"
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
}

/**
 * clasp_sndq_free() - free an skb that is in no queue any more
 * @sk: the socket, locked
 * @skb: the skb, charged to the socket
 *
 * What it had stays with the socket, for what comes next: the caller calls
 * sk_mem_reclaim() when it has freed the last.
 */
void clasp_sndq_free(struct sock *sk, struct sk_buff *skb)
{
	sk_wmem_queued_add(sk, -skb->truesize);
	sk_forward_alloc_add(sk, skb->truesize);
	__kfree_skb(skb);
}

/**
 * clasp_sndq_drop() - take an skb out of the queue and free it
 * @sk: the socket, locked
 * @skb: in the queue
 */
void clasp_sndq_drop(struct sock *sk, struct sk_buff *skb)
{
	__skb_unlink(skb, &sk->sk_write_queue);
	clasp_sndq_free(sk, skb);
	sk_mem_reclaim(sk);
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
	if (skb && !(CLASP_CB(skb)->flags & CLASP_SYN)) {
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
 * clasp_sndq_cut() - cut off the end of an skb
 * @sk: the socket, locked
 * @skb: of a queue, with at least @len bytes of data
 * @len: bytes that stay in it
 *
 * Return: an skb of what was cut off, in no queue, but charged; or NULL without
 * memory: then nothing has changed.
 */
struct sk_buff *clasp_sndq_cut(struct sock *sk, struct sk_buff *skb, u32 len)
{
	struct clasp_cb *cb = CLASP_CB(skb), *rest_cb;
	struct sk_buff *rest;

	if (clasp_sndq_unclone(skb))
		return NULL;
	rest = clasp_sndq_alloc(sk, GFP_ATOMIC);
	if (!rest)
		return NULL;
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
	return rest;
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
	struct sk_buff *rest = clasp_sndq_cut(sk, skb, len);

	if (!rest)
		return -ENOMEM;
	__skb_queue_after(&sk->sk_write_queue, skb, rest);
	return 0;
}

/**
 * clasp_sndq_purge() - free the whole queue, and the pages for more
 * @sk: the socket, locked
 */
void clasp_sndq_purge(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = skb_peek(&sk->sk_write_queue)))
		clasp_sndq_drop(sk, skb);
	clasp_spare_drop(sk);
}
