// SPDX-License-Identifier: GPL-2.0
/*
 * The receive queue: the stream put together again, and its window.
 *
 * What is in order lies in sk_receive_queue until the user reads it, what is
 * not in clasp_sock::ofo until the hole before it is filled. skbs may overlap
 * the one before them; readers start at copied_seq and so see each byte once.
 * Both are charged to the socket by truesize and limited by SO_RCVBUF.
 */
#include <net/xfrm.h>

#include "buffer.h"
#include "memory.h"
#include "offload.h"
#include "output.h"
#include "rcvq.h"
#include "sack.h"
#include "stamp.h"
#include "urgent.h"

static struct sk_buff *clasp_ofo_first(const struct clasp_sock *csk)
{
	return skb_rb_first(&csk->ofo);
}

static void clasp_ofo_erase(struct clasp_sock *csk, struct sk_buff *skb)
{
	rb_erase(&skb->rbnode, &csk->ofo);
	/* The tree's node lies where the list's pointers and the device do. */
	skb->next = NULL;
	skb->prev = NULL;
	skb->dev = NULL;
}

static void clasp_ofo_drop(struct clasp_sock *csk, struct sk_buff *skb)
{
	clasp_ofo_erase(csk, skb);
	kfree_skb(skb);
}

/**
 * clasp_rcvq_purge_ofo() - free everything that is out of order
 * @sk: the socket, locked
 */
void clasp_rcvq_purge_ofo(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = clasp_ofo_first(clasp_sk(sk))))
		clasp_ofo_drop(clasp_sk(sk), skb);
}

/* Into such an skb small segments are packed: clasp_rcvq_compact(). */
#define CLASP_COMPACT_SIZE	SKB_MAX_ORDER(0, 0)

/*
 * The last skb may be begun when the buffer is all but full, and what the
 * window invited into it must still find room; so may what follows the first of
 * the queue, which is taken as it comes.
 */
static bool clasp_rcvq_fits(struct sock *sk, struct sk_buff *skb)
{
	/* SO_RCVBUF may be the largest int. */
	u32 most = (u32)sk->sk_rcvbuf + 2 * SKB_TRUESIZE(CLASP_COMPACT_SIZE);

	return (u32)atomic_read(&sk->sk_rmem_alloc) <= most &&
	       sk_rmem_schedule(sk, skb, skb->truesize);
}

/*
 * Is there memory for one more? What is out of order makes room, the newest
 * first: nobody was promised that it stays (RFC 2018, section 8, of SACK). An
 * empty queue takes what is next whatever the limits say, or the reader would
 * wait for ever; the memory is owed then.
 */
static bool clasp_rcvq_make_room(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *last;

	while (!clasp_rcvq_fits(sk, skb)) {
		last = skb_rb_last(&csk->ofo);
		if (last) {
			clasp_count_sk(sk, CLASP_MIB_QueuePruned);
			clasp_ofo_drop(csk, last);
			continue;
		}
		if (!skb_queue_empty(&sk->sk_receive_queue) ||
		    clasp_after(CLASP_CB(skb)->seq, csk->rcv_nxt))
			return false;
		clasp_count_sk(sk, CLASP_MIB_ForcedMemory);
		return true;
	}
	return true;
}

/* Memory that would be an skb's still if its text was another's, bytes. */
static u32 clasp_rcvq_text_memory(const struct sk_buff *skb)
{
	/* Text in fragments leaves the head behind. */
	return skb_headlen(skb) ? skb->truesize :
	       skb->truesize - SKB_TRUESIZE(skb_end_offset(skb));
}

/**
 * clasp_rcvq_merge() - give the text of an skb to the one before it
 * @to: ends where it begins
 * @skb: without its header; eaten if it is merged
 * @delta: becomes how much memory is charged to @to now that was to @skb, bytes
 *
 * The text goes into the room that is left in @to, or with its memory, unless
 * that is far more than the text.
 *
 * Any context; both are the caller's alone.
 *
 * Return: true if it was merged.
 */
bool clasp_rcvq_merge(struct sk_buff *to, struct sk_buff *skb, int *delta)
{
	bool stolen;

	if (skb->len > skb_tailroom(to) &&
	    clasp_rcvq_text_memory(skb) > 2 * skb->len)
		return false;
	if (!skb_try_coalesce(to, skb, &stolen, delta))
		return false;
	CLASP_CB(to)->end_seq = CLASP_CB(skb)->end_seq;
	clasp_stamp_inherit(to, skb);
	kfree_skb_partial(skb, stolen);
	return true;
}

/* Merges an skb with the one before it in a queue, if they are neighbours. */
static bool clasp_rcvq_join(struct sock *sk, struct sk_buff *to,
			    struct sk_buff *skb)
{
	int delta;

	if (CLASP_CB(to)->end_seq != CLASP_CB(skb)->seq ||
	    (CLASP_CB(to)->flags | CLASP_CB(skb)->flags) & CLASP_FIN ||
	    !clasp_rcvq_merge(to, skb, &delta))
		return false;
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	return true;
}

/*
 * The window promises two bytes of memory for each of the stream. An skb behind
 * another that takes more, as small segments do, is copied into one that has
 * room for those to follow (clasp_rcvq_join()), so that the promise is kept
 * whatever the peer sends. The first in the queue is not: mostly it is read
 * before the next comes. Returns the skb to be queued, the copy or without
 * memory the same.
 */
static struct sk_buff *clasp_rcvq_compact(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *copy;

	if (skb->truesize <= 2 * skb->len ||
	    skb->len > CLASP_COMPACT_SIZE)
		return skb;
	copy = clasp_memory_refused() ? NULL :
		alloc_skb(CLASP_COMPACT_SIZE, GFP_ATOMIC | __GFP_NOWARN);
	if (!copy)
		return skb;
	if (!sk_rmem_schedule(sk, copy, copy->truesize)) {
		kfree_skb(copy);
		return skb;
	}
	skb_copy_bits(skb, 0, skb_put(copy, skb->len), skb->len);
	*CLASP_CB(copy) = *CLASP_CB(skb);
	clasp_stamp_inherit(copy, skb);
	copy->ip_summed = CHECKSUM_UNNECESSARY;
	consume_skb(skb);
	return copy;
}

/*
 * Appends what begins at or before rcv_nxt and ends after it. The skb comes
 * without its header and is charged already if it was out of order.
 */
static void clasp_rcvq_append(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	bool fin = CLASP_CB(skb)->flags & CLASP_FIN;

	csk->rcv_nxt = CLASP_CB(skb)->end_seq;
	if (!skb->len) {
		kfree_skb(skb);
	} else {
		skb_orphan(skb);
		if (!tail || !clasp_rcvq_join(sk, tail, skb)) {
			skb = tail ? clasp_rcvq_compact(sk, skb) : skb;
			skb_set_owner_r(skb, sk);
			__skb_queue_tail(&sk->sk_receive_queue, skb);
		}
	}
	if (fin)
		csk->fin_reached = true;
}

/*
 * Appends what the hole just filled had kept waiting. Behind a FIN there is
 * nothing, whatever the peer sent: CLASP_DO_TAKE_FIN throws it away.
 */
static void clasp_rcvq_drain_ofo(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb;

	while (!csk->fin_reached && (skb = clasp_ofo_first(csk)) &&
	       !clasp_after(CLASP_CB(skb)->seq, csk->rcv_nxt)) {
		if (!clasp_after(CLASP_CB(skb)->end_seq, csk->rcv_nxt)) {
			clasp_ofo_drop(csk, skb);
			continue;
		}
		clasp_ofo_erase(csk, skb);
		clasp_rcvq_append(sk, skb);
	}
}

/* Drops what follows @skb in the tree and is covered by it. */
static void clasp_ofo_drop_covered(struct clasp_sock *csk, struct sk_buff *skb)
{
	struct sk_buff *next;

	while ((next = skb_rb_next(skb)) &&
	       !clasp_after(CLASP_CB(next)->end_seq, CLASP_CB(skb)->end_seq))
		clasp_ofo_drop(csk, next);
}

/* Puts an skb in its place in the tree. */
static void clasp_ofo_link(struct sock *sk, struct sk_buff *skb,
			   struct rb_node *parent, struct rb_node **link)
{
	struct clasp_sock *csk = clasp_sk(sk);

	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, &csk->ofo);
	skb_set_owner_r(skb, sk);
	clasp_ofo_drop_covered(csk, skb);
}

/*
 * Takes an skb among those out of order; false if one that is there covers it.
 * What follows one of them exactly is joined to it, or else is the begin of one
 * that others may be joined to: small segments in a row take little memory.
 */
static bool clasp_ofo_insert(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct rb_node **link = &csk->ofo.rb_node, *parent = NULL;
	const struct clasp_cb *cb = CLASP_CB(skb);
	struct sk_buff *other, *before = NULL;

	while (*link) {
		parent = *link;
		other = rb_to_skb(parent);
		if (!clasp_before(cb->seq, CLASP_CB(other)->seq) &&
		    !clasp_after(cb->end_seq, CLASP_CB(other)->end_seq))
			return false;
		if (clasp_before(cb->seq, CLASP_CB(other)->seq)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			before = other;
		}
	}
	if (before && clasp_rcvq_join(sk, before, skb)) {
		clasp_ofo_drop_covered(csk, before);
		return true;
	}
	if (before && skb->len && cb->seq == CLASP_CB(before)->end_seq)
		skb = clasp_rcvq_compact(sk, skb);
	clasp_ofo_link(sk, skb, parent, link);
	return true;
}

/**
 * clasp_rcvq_quicken() - the next ACKs must go quickly
 * @sk: the socket, locked
 *
 * At the start and after idleness, so that the sender's window opens; and when
 * something is missing, so that the sender learns of it.
 */
void clasp_rcvq_quicken(struct sock *sk)
{
	clasp_sk(sk)->quick_acks = READ_ONCE(clasp_sysctl(sk)->quick_acks);
	clasp_sk(sk)->interactive = false;
}

/**
 * clasp_rcvq_wait() - sleep until there is more
 * @sk: the socket, locked; not while this sleeps
 * @timeo: how long at most, jiffies; set to what is left
 * @seen: the last of the queue that the reader has seen, or NULL
 *
 * The reader had its chance to answer what there was, so this sends the ACK that
 * waited for it.
 *
 * Return: as sk_wait_data().
 */
int clasp_rcvq_wait(struct sock *sk, long *timeo, const struct sk_buff *seen)
{
	struct clasp_sock *csk = clasp_sk(sk);
	int err;

	if (csk->ack_due == CLASP_ACK_SOON &&
	    clasp_in_state(sk, CLASP_SYNCHRONIZED))
		clasp_output_ack(sk);
	csk->reader_asleep = true;
	err = sk_wait_data(sk, timeo, seen);
	csk->reader_asleep = false;
	return err;
}

/**
 * clasp_rcvq_answered() - data has been sent
 * @sk: the socket, locked
 * @now: when, ns
 *
 * If it is so soon after some was received that an ACK might have waited for
 * it, the next ones had better wait.
 */
void clasp_rcvq_answered(struct sock *sk, u64 now)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (csk->text_at && now - csk->text_at < clasp_ack_delay(sk))
		csk->interactive = true;
}

/*
 * What is a full segment of this peer? The largest seen; or, if the path takes
 * less by now, what comes twice in a row without being the end of a write.
 */
static void clasp_rcvq_measure(struct clasp_sock *csk, u32 text_len, bool push)
{
	if (text_len >= csk->rcv_mss ||
	    (!push && text_len == csk->last_text_len &&
	     text_len >= CLASP_MSS_MIN))
		csk->rcv_mss = text_len;
	csk->last_text_len = text_len;
}

/* Is more unacknowledged than one full segment? */
static bool clasp_rcvq_ack_gathered(const struct clasp_sock *csk)
{
	return csk->rcv_nxt - csk->rcv_wup > csk->rcv_mss;
}

/* Will somebody read what there is before the next tick, by all appearances? */
static bool clasp_rcvq_reader_near(const struct sock *sk, u64 now)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	return (csk->reader_asleep ||
		now - csk->rcvbuf.read_at < TICK_NSEC) &&
	       clasp_rcvq_enough(sk, csk->copied_seq,
				 READ_ONCE(sk->sk_rcvlowat));
}

/*
 * RFC 5681, section 4.2: at least every second full segment at once, and all
 * that is out of order or fills a hole. A reader who is near acknowledges what
 * has gathered when he has read it, and opens the window with the same ACK. The
 * end of a write may be a question, and a FIN is one, to a program that answers
 * or goes to sleep in recv(2): its ACK goes with the one or before the other.
 */
static void clasp_rcvq_plan_ack(struct sock *sk, u32 size, bool push)
{
	struct clasp_sock *csk = clasp_sk(sk);
	/* All that has text has an ACK, which was taken first. */
	u64 now = csk->heard_at;
	enum clasp_ack_due at_once = csk->patient ? CLASP_ACK_SOON :
						    CLASP_ACK_NOW;

	clasp_rcvq_measure(csk, size, push);
	/* A sender that was idle starts with a small window again. */
	if (now - csk->text_at > csk->rtt.rto)
		csk->quick_acks = READ_ONCE(clasp_sysctl(sk)->quick_acks);
	csk->text_at = now;
	clasp_rcvq_ack_due(csk, CLASP_ACK_LATER);
	if (csk->fin_reached) {
		clasp_rcvq_ack_due(csk, at_once);
	} else if (csk->quick_acks && !csk->interactive) {
		csk->quick_acks--;
		clasp_rcvq_ack_due(csk, push && size < csk->rcv_mss ?
				   at_once : CLASP_ACK_NOW);
	}
	if (clasp_rcvq_ack_gathered(csk))
		clasp_rcvq_ack_due(csk, clasp_rcvq_reader_near(sk, now) ?
				   CLASP_ACK_SOON : CLASP_ACK_NOW);
	if (!RB_EMPTY_ROOT(&csk->ofo))
		clasp_rcvq_ack_due(csk, CLASP_ACK_NOW);
}

/* Strips the header and what IP left behind; skb->data is the text then. */
static void clasp_rcvq_strip(struct sk_buff *skb)
{
	struct clasp_cb *cb = CLASP_CB(skb);

	__skb_pull(skb, cb->hdr_len);
	if (cb->flags & CLASP_SYN) {
		cb->flags &= ~CLASP_SYN;
		cb->seq++;
	}
	skb_dst_drop(skb);
	secpath_reset(skb);
}

static void clasp_rcvq_wake_reader(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (sock_flag(sk, SOCK_DEAD))
		return;
	if (clasp_rcvq_enough(sk, csk->copied_seq, READ_ONCE(sk->sk_rcvlowat)) ||
	    clasp_urgent_arrived(sk))
		sk->sk_data_ready(sk);
}

/**
 * clasp_rcvq_set_low_water() - SO_RCVLOWAT
 * @sk: the socket, locked
 * @mark: bytes that are worth waking a reader for, not negative
 *
 * struct proto_ops::set_rcvlowat. More than the window can hold would never
 * come. With a lower mark, what is there already may be news.
 *
 * Return: 0.
 */
int clasp_rcvq_set_low_water(struct sock *sk, int mark)
{
	mark = min(mark, READ_ONCE(sk->sk_rcvbuf) / 2);
	WRITE_ONCE(sk->sk_rcvlowat, mark ?: 1);
	clasp_rcvq_wake_reader(sk);
	return 0;
}

/*
 * The text cannot be taken: it is a duplicate, beyond the window, or there is
 * no memory. The peer learns of it by an ACK.
 */
static void clasp_rcvq_refuse(struct sock *sk, enum clasp_counter why)
{
	clasp_count_sk(sk, why);
	clasp_rcvq_quicken(sk);
	clasp_rcvq_ack_due(clasp_sk(sk), CLASP_ACK_NOW);
}

static void clasp_rcvq_take_in_order(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u32 size = clasp_offload_full(skb, skb->len);
	bool hole = !RB_EMPTY_ROOT(&csk->ofo);
	bool push = CLASP_CB(skb)->flags & CLASP_PSH;

	clasp_rcvq_append(sk, skb);
	clasp_rcvq_drain_ofo(sk);
	clasp_rcvq_plan_ack(sk, size, push);
	clasp_buffer_received(sk);
	if (hole)
		clasp_rcvq_ack_due(csk, CLASP_ACK_NOW);
	clasp_rcvq_wake_reader(sk);
}

/**
 * clasp_rcvq_take() - process the text of a segment, and its FIN
 * @sk: the socket, locked
 * @pskb: an acceptable segment; set to NULL if it was kept
 *
 * Sets fin_reached once all is received up to the peer's FIN, and plans an ACK.
 *
 * Source: RFC 9293, section 3.10.7.4, seventh and eighth.
 */
void clasp_rcvq_take(struct sock *sk, struct sk_buff **pskb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb = *pskb;
	struct clasp_cb *cb = CLASP_CB(skb);
	u32 text_len = clasp_segment_text_len(skb);
	bool in_order = !clasp_after(cb->seq, csk->rcv_nxt);

	sock_owned_by_me(sk);
	if (!text_len && !(cb->flags & CLASP_FIN))
		return;
	clasp_sack_duplicate(csk, cb);
	if (!clasp_after(cb->end_seq, csk->rcv_nxt)) {
		clasp_rcvq_refuse(sk, CLASP_MIB_InDuplicate);
		return;
	}
	/* A bare FIN that is next takes no room. */
	if ((text_len && !clasp_rcvq_remaining(csk)) ||
	    ((text_len || !in_order) && !clasp_rcvq_make_room(sk, skb))) {
		clasp_rcvq_refuse(sk, CLASP_MIB_InDropped);
		return;
	}
	clasp_rcvq_strip(skb);
	*pskb = NULL;
	if (in_order) {
		clasp_rcvq_take_in_order(sk, skb);
		return;
	}
	clasp_rcvq_refuse(sk, CLASP_MIB_InOutOfOrder);
	clasp_sack_received(csk, cb->seq);
	if (!clasp_ofo_insert(sk, skb)) {
		clasp_sack_repeated(csk, cb->seq, cb->end_seq);
		kfree_skb(skb);
	}
}

/* CLASP_WINDOW_CLAMP: no window is larger. */
static u32 clasp_rcvq_clamp(const struct sock *sk, u32 window)
{
	u32 most = READ_ONCE(clasp_sk(sk)->options.window_clamp);

	return most ? min(window, most) : window;
}

/*
 * Half of the buffer is for the stream, half for the overhead of its skbs. Where
 * that is less, the stream has no more for it: else the right edge followed what
 * arrives, half as fast, and the sender sent ever less at once. While memory is
 * short, a window is no larger than it has to be to go on.
 */
static u32 clasp_rcvq_space(const struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	int size = READ_ONCE(sk->sk_rcvbuf);
	s64 stream = size / 2 - (s64)(csk->rcv_nxt - csk->copied_seq);
	int memory = (size - atomic_read(&sk->sk_rmem_alloc)) / 2;
	u32 window = max_t(s64, min_t(s64, stream, memory), 0);

	if (clasp_memory_pressed(sk))
		window = min(window, 4 * csk->rcv_mss);
	return clasp_rcvq_clamp(sk, window);
}

/**
 * clasp_rcvq_initial_window() - the window of a connection at its start
 * @sk: the socket, or the listener whose child it will be
 *
 * Return: bytes.
 */
u32 clasp_rcvq_initial_window(const struct sock *sk)
{
	return clasp_rcvq_clamp(sk, READ_ONCE(sk->sk_rcvbuf) / 2);
}

/* RFC 9293, section 3.8.6.2.2: the least step by which a window opens. */
static u32 clasp_rcvq_window_step(const struct sock *sk, u32 segments)
{
	return min(clasp_rcvq_initial_window(sk) / 2,
		   segments * clasp_sk(sk)->rcv_mss);
}

/**
 * clasp_rcvq_window() - the window to be offered in a segment sent now
 * @sk: the socket, locked
 *
 * Remembers it. The right edge never moves left, and to the right by sensible
 * steps only (silly window avoidance).
 *
 * Source: RFC 9293, section 3.8.6.
 *
 * Return: bytes from rcv_nxt on.
 */
u32 clasp_rcvq_window(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u32 window = clasp_rcvq_remaining(csk);
	u32 space = clasp_rcvq_space(sk);

	if (space >= window + clasp_rcvq_window_step(sk, 1))
		window = space;
	csk->rcv_wup = csk->rcv_nxt;
	csk->rcv_wnd = window;
	return window;
}

/*
 * Is it worth an ACK to say how large the window is by now: doubled, and by two
 * segments or half of all there is? If more than half is left, it can't be.
 */
static bool clasp_rcvq_window_opens(const struct sock *sk)
{
	u32 remaining = clasp_rcvq_remaining(clasp_sk(sk));
	u32 space;

	if (remaining > clasp_rcvq_initial_window(sk) / 2)
		return false;
	space = clasp_rcvq_space(sk);
	return space >= 2 * remaining &&
	       space >= remaining + clasp_rcvq_window_step(sk, 2);
}

/**
 * clasp_rcvq_consumed() - the user has read something
 * @sk: the socket, locked
 *
 * Sends the ACK that was left to the reader, or tells the peer that its window
 * has grown by much.
 */
void clasp_rcvq_consumed(struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	if (sk->sk_shutdown & RCV_SHUTDOWN ||
	    !clasp_in_state(sk, CLASP_SYNCHRONIZED))
		return;
	clasp_buffer_read(sk);
	if ((csk->ack_due == CLASP_ACK_SOON && clasp_rcvq_ack_gathered(csk)) ||
	    clasp_rcvq_window_opens(sk))
		clasp_output_ack(sk);
}
