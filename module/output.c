// SPDX-License-Identifier: GPL-2.0
/* What a socket may send now, and sending it. */
#include <linux/netdevice.h>
#include <net/sock.h>

#include "cong.h"
#include "ecn.h"
#include "hostq.h"
#include "mtu.h"
#include "offload.h"
#include "output.h"
#include "pace.h"
#include "rcvq.h"
#include "reply.h"
#include "rtt.h"
#include "recovery.h"
#include "rtxq.h"
#include "sack.h"
#include "sndq.h"
#include "timer.h"
#include "urgent.h"

/* States in which the send queue may be emptied. */
#define CLASP_SENDING							\
	(1u << CLASP_ESTABLISHED | 1u << CLASP_CLOSE_WAIT |		\
	 1u << CLASP_FIN_WAIT_1 | 1u << CLASP_CLOSING |			\
	 1u << CLASP_LAST_ACK)

/**
 * clasp_output_in_flight() - bytes that are in the network, as far as we know
 * @csk: the socket, locked
 *
 * Sent and not acknowledged, less what the peer has told to have and what is
 * believed to be lost (RFC 6675, section 4: pipe).
 *
 * Return: bytes.
 */
u32 clasp_output_in_flight(const struct clasp_sock *csk)
{
	return csk->snd_nxt - csk->snd_una - csk->rtxq.sacked - csk->rtxq.lost;
}

/*
 * A segment with an ACK is sent. One with data has no SACK option, as it may be
 * as large as the path allows; what there is to tell goes by itself.
 */
static void clasp_output_acking(struct sock *sk, const struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (skb->len && clasp_sack_due(csk))
		return;
	csk->ack_due = CLASP_ACK_NONE;
	clasp_timer_stop(sk, CLASP_TIMER_ACK);
}

/* Hands a segment to IP; eats the skb. */
static int clasp_output_xmit(struct sock *sk, struct sk_buff *skb,
			     u64 seq, u8 flags)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_block blocks[CLASP_SACK_BLOCKS];
	struct clasp_header header = {
		.source = csk->entry.flow.lport,
		.dest = csk->entry.flow.rport,
		.seq = seq,
		.flags = flags,
		.window = clasp_rcvq_window(sk),
		.blocks = blocks,
	};

	sock_owned_by_me(sk);
	if (sk->sk_state != CLASP_SYN_SENT && sk->sk_state != CLASP_CLOSED)
		header.flags |= CLASP_ACK;
	if (header.flags & CLASP_ACK) {
		header.ack_seq = csk->rcv_nxt;
		clasp_output_acking(sk, skb);
	}
	if (flags & CLASP_SYN)
		header.mss = clasp_mtu_max_mss(csk, csk->af,
					       csk->af->mtu(sk));
	else if (!skb->len && header.flags == CLASP_ACK)
		header.block_count = clasp_sack_tell(csk, blocks);
	header.flags |= clasp_ecn_mark(sk, flags, seq, skb->len);
	clasp_urgent_point(csk, &header);
	clasp_segment_push(skb, &header);
	clasp_offload_mark(skb, CLASP_CB(skb)->mss);
	csk->totals.segs_out += clasp_offload_segments(skb);
	clasp_count_sk_many(sk, CLASP_MIB_OutSegs, clasp_offload_segments(skb));
	memset(skb->cb, 0, sizeof(skb->cb));
	clasp_pace_stamp(csk, skb);
	skb_set_owner_w(skb, sk);
	return csk->af->xmit(sk, skb);
}

/* Was an skb sent before, so that it is in the retransmission queue? */
static bool clasp_output_again(const struct clasp_sock *csk,
			       const struct sk_buff *skb)
{
	return clasp_before(CLASP_CB(skb)->seq, csk->snd_nxt);
}

/* An skb of one of the queues has been sent. */
static void clasp_output_sent(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_cb *cb = CLASP_CB(skb);
	bool again = clasp_output_again(csk, skb);
	u32 segments = skb->len ? DIV_ROUND_UP(skb->len, cb->mss) : 0;

	csk->totals.data_segs_out += segments;
	csk->totals.bytes_sent += skb->len;
	clasp_recovery_sent(csk, cb->end_seq - cb->seq, again);
	if (again) {
		csk->totals.retrans += max(segments, 1u);
		csk->totals.bytes_retrans += skb->len;
		clasp_count_sk_many(sk, CLASP_MIB_RetransSegs, max(segments, 1u));
		clasp_rtxq_resent(csk, skb);
	} else {
		csk->snd_nxt = cb->end_seq;
		__skb_unlink(skb, &sk->sk_write_queue);
		clasp_rtxq_sent(sk, skb);
		if (skb->len)
			clasp_rcvq_answered(sk, cb->sent_at);
	}
	clasp_timer_segment_sent(sk, cb->sent_at);
	if (!again)
		clasp_timer_end_sent(sk, cb->sent_at);
	clasp_pace_sent(sk, skb->len);
}

/*
 * Sends an skb of one of the queues, for the first time or again. A copy goes,
 * the original waits for its ACK; a copy of the headers too if an earlier one is
 * still on its way out with them.
 *
 * A failure further down is no failure here: the segment counts as lost and
 * the retransmission timer takes care of it. Only lack of memory for the copy
 * stops the sender.
 */
static int clasp_output_skb(struct sock *sk, struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_cb *cb = CLASP_CB(skb);
	unsigned long node;
	struct sk_buff *copy;

	cb->mss = csk->snd_mss;
	if (!clasp_output_again(csk, skb) && clasp_mtu_is_probe(csk, skb))
		cb->mss = skb->len;
	node = clasp_rtxq_hide(skb);
	copy = skb_cloned(skb) ? pskb_copy(skb, GFP_ATOMIC) :
				 skb_clone(skb, GFP_ATOMIC);
	clasp_rtxq_unhide(skb, node);
	if (unlikely(!copy))
		return -ENOBUFS;
	/* The tree's node lies where the device does. */
	copy->dev = NULL;
	clasp_output_xmit(sk, copy, cb->seq, cb->flags);
	clasp_output_sent(sk, skb);
	return 0;
}

/*
 * RFC 9293, section 3.9.1.2: the last segment that is queued has PSH. One that
 * is full is the last only until its write goes on, which has its own end.
 */
static void clasp_output_mark_last(struct sock *sk, struct sk_buff *skb)
{
	if (skb->len % clasp_sk(sk)->snd_mss &&
	    skb_queue_is_last(&sk->sk_write_queue, skb))
		CLASP_CB(skb)->flags |= CLASP_PSH;
}

/* Sends @len bytes of an skb, or all if it has less. */
static int clasp_output_skb_upto(struct sock *sk, struct sk_buff *skb, u32 len)
{
	bool again = clasp_output_again(clasp_sk(sk), skb);
	int err = 0;

	if (again) {
		clasp_mtu_resent(sk, skb);
		skb = clasp_rtxq_trim(sk, skb);
		if (!skb)
			return -ENOBUFS;
	}
	if (skb->len > len)
		err = again ? clasp_rtxq_split(sk, skb, len) :
			      clasp_sndq_split(sk, skb, len);
	if (err)
		return err;
	clasp_output_mark_last(sk, skb);
	return clasp_output_skb(sk, skb);
}

/**
 * clasp_output_head() - send the oldest segment (again), whatever the window
 * @sk: the socket, locked
 *
 * For SYN, SYN-ACK and what the retransmission timer finds.
 */
void clasp_output_head(struct sock *sk)
{
	struct sk_buff *skb = clasp_rtxq_first(clasp_sk(sk)) ?:
			      skb_peek(&sk->sk_write_queue);

	/* Not even a copy to lose: as good as lost. */
	if (skb && clasp_output_skb_upto(sk, skb, clasp_sk(sk)->snd_mss))
		clasp_timer_segment_sent(sk, clasp_clock());
}

/*
 * Is it not yet time to send so much of an skb, though the windows allow it? Then
 * clasp_output_push() is called when it is.
 */
static bool clasp_output_early(struct sock *sk, const struct sk_buff *skb,
			       u32 len)
{
	/* What is more than @len will be cut off, and its memory with it. */
	u32 rest = skb->len > len ? skb->len - len : 0;

	return clasp_pace_early(sk) ||
	       clasp_hostq_full(sk, skb->truesize - rest);
}

/* Sends again what is believed to be lost, as far as cwnd allows. */
static void clasp_output_lost(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb;

	while ((skb = clasp_rtxq_lost(csk))) {
		bool oldest = skb == clasp_rtxq_first(csk);
		u32 in_flight = clasp_output_in_flight(csk);
		u32 len = min(skb->len, csk->snd_mss);

		if ((in_flight && in_flight + len > csk->cong.cwnd) ||
		    clasp_output_early(sk, skb, len) ||
		    clasp_output_skb_upto(sk, skb, csk->snd_mss))
			return;
		if (oldest)
			clasp_timer_restart(sk, csk->rtxq.sent_at);
	}
}

/* Bytes that the peer's window still has room for, from snd_nxt on. */
static u32 clasp_output_usable_window(const struct clasp_sock *csk)
{
	u64 right = csk->snd_una + csk->snd_wnd;

	return clasp_after(right, csk->snd_nxt) ? right - csk->snd_nxt : 0;
}

/* Bytes that cwnd still has room for. */
static u32 clasp_output_usable_cwnd(const struct clasp_sock *csk)
{
	u32 in_flight = clasp_output_in_flight(csk);

	return csk->cong.cwnd > in_flight ? csk->cong.cwnd - in_flight : 0;
}

/*
 * May a segment go that is not full, and that the user may still add to? Not
 * before more comes if it is @held; else Nagle waits for an ACK, unless it is
 * @alone.
 */
static bool clasp_output_small_allowed(const struct sock *sk,
				       const struct sk_buff *skb, bool held,
				       bool alone)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	if (CLASP_CB(skb)->flags & CLASP_FIN || clasp_urgent_sending(csk) ||
	    !skb_queue_is_last(&sk->sk_write_queue, skb))
		return true;
	return !held && (csk->options.nodelay || alone);
}

/*
 * How much of an skb whose first segment may be sent goes with it in one packet:
 * half of a window at most, so that the ACK of one lets the next go while another
 * is on its way. The urgent pointer is of one segment.
 */
static u32 clasp_output_together(const struct sock *sk,
				 const struct sk_buff *skb, u32 room, bool held)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	u32 mss = csk->snd_mss;
	u32 most = min3(room, clasp_offload_most(sk, mss), csk->cong.cwnd / 2);

	if (clasp_urgent_sending(csk))
		return mss;
	if (skb->len > most)
		return max(rounddown(most, mss), mss);
	if (clasp_output_small_allowed(sk, skb, held, false))
		return skb->len;
	return rounddown(skb->len, mss);
}

/*
 * How much of the first unsent skb may be sent: 0 for not now. RFC 9293,
 * section 3.8.6.2.1 (silly window) and 3.7.4 (Nagle).
 */
static u32 clasp_output_allowed(const struct sock *sk,
				const struct sk_buff *skb, bool held)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	u32 cwnd = clasp_output_usable_cwnd(csk);
	u32 usable = clasp_output_usable_window(csk);
	u32 room = min(cwnd, usable);
	u32 len = clasp_mtu_segment_len(csk, skb, room);
	bool alone = csk->snd_una == csk->snd_nxt;

	if (len > cwnd && clasp_output_in_flight(csk))
		return 0;
	if (usable < max(len, 1u))
		return usable && usable >= csk->max_window / 2 ? usable : 0;
	if (len < csk->snd_mss &&
	    !clasp_output_small_allowed(sk, skb, held, alone))
		return 0;
	if (len == csk->snd_mss)
		return clasp_output_together(sk, skb, room, held);
	return max(len, 1u);
}

/* RFC 5681, section 4.1: the window says nothing about a path long unused. */
static void clasp_output_after_idle(struct clasp_sock *csk)
{
	if (csk->write_seq != csk->snd_nxt && csk->snd_una == csk->snd_nxt)
		clasp_cong_idle(csk);
}

/*
 * Sends what of both queues the path and the peer have room for. Returns true if
 * there is new data for which they have, but it is not yet time.
 */
static bool clasp_output_waiting(struct sock *sk, bool held)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb;
	bool early = false;

	clasp_mtu_sync(sk);
	clasp_output_after_idle(csk);
	if (csk->recovery.frto != CLASP_FRTO_NEW)
		clasp_output_lost(sk);
	while ((skb = skb_peek(&sk->sk_write_queue))) {
		u32 len = clasp_output_allowed(sk, skb, held);

		early = len && clasp_output_early(sk, skb, len);
		if (!len || early || clasp_output_skb_upto(sk, skb, len))
			break;
		clasp_mtu_sent(csk, skb);
	}
	return early;
}

/* The one place that decides. Nothing happens in states that send nothing. */
static void clasp_output_run(struct sock *sk, bool held)
{
	struct clasp_sock *csk = clasp_sk(sk);
	bool early = false;

	sock_owned_by_me(sk);
	if (!clasp_in_state(sk, CLASP_SENDING))
		return;
	if (!skb_queue_empty(&sk->sk_write_queue) || clasp_rtxq_lost(csk))
		early = clasp_output_waiting(sk, held);
	clasp_timer_window_checked(sk, early);
}

/**
 * clasp_output_push() - send all that may be sent now
 * @sk: the socket, locked
 *
 * With CLASP_CORK, a last segment that is not full waits, until the probe timer
 * sends it.
 */
void clasp_output_push(struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	clasp_output_run(sk, csk->options.cork && !csk->push);
}

/**
 * clasp_output_push_full() - the same, but more is to come
 * @sk: the socket, locked
 *
 * A last segment that is not full waits for more, or until something is sent or
 * acknowledged, or the probe timer sends it.
 */
void clasp_output_push_full(struct sock *sk)
{
	clasp_output_run(sk, true);
}

/**
 * clasp_output_go_on() - what a sender had to wait for is there
 * @sk: the socket; the caller keeps its memory
 *
 * Softirq. If the user holds the socket, clasp_release_cb() sends.
 */
void clasp_output_go_on(struct sock *sk)
{
	bh_lock_sock(sk);
	if (sock_owned_by_user(sk))
		set_bit(CLASP_DEFERRED_ROOM, &clasp_sk(sk)->deferred);
	else
		clasp_output_push(sk);
	bh_unlock_sock(sk);
}

/**
 * clasp_output_has_new() - is there new data that the peer has room for?
 * @sk: the socket, locked
 *
 * Return: true if there is.
 */
bool clasp_output_has_new(const struct sock *sk)
{
	return !skb_queue_empty(&sk->sk_write_queue) &&
	       clasp_output_usable_window(clasp_sk(sk));
}

/**
 * clasp_output_tail() - send a segment that makes the peer tell what it lacks
 * @sk: the socket, locked
 *
 * A new one, if there is one that the peer has room for, whatever cwnd; else the
 * last one again.
 *
 * Source: RFC 8985, section 7.3: TLP_send_probe().
 *
 * Return: true if it was a new one.
 */
bool clasp_output_tail(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	u32 usable = clasp_output_usable_window(csk);

	if (skb && usable) {
		clasp_output_skb_upto(sk, skb, min(usable, csk->snd_mss));
		return true;
	}
	skb = clasp_rtxq_last(csk);
	if (skb->len > csk->snd_mss &&
	    !clasp_rtxq_split(sk, skb, rounddown(skb->len - 1, csk->snd_mss)))
		skb = clasp_rtxq_last(csk);
	clasp_output_skb_upto(sk, skb, csk->snd_mss);
	return false;
}

/* There is no memory for an ACK now. */
static void clasp_output_ack_later(struct sock *sk)
{
	clasp_sk(sk)->ack_due = CLASP_ACK_LATER;
	clasp_timer_ack_delayed(sk, clasp_clock());
}

/* A segment without data, of numbers already used or not at all. */
static void clasp_output_empty(struct sock *sk, u64 seq, u8 flags)
{
	struct sk_buff *skb = clasp_reply_alloc();

	if (skb)
		clasp_output_xmit(sk, skb, seq, flags);
	else if (flags == CLASP_ACK && clasp_in_state(sk, CLASP_SYNCHRONIZED))
		clasp_output_ack_later(sk);
}

/**
 * clasp_output_ack() - acknowledge what has been received, now
 * @sk: the socket, locked, synchronized
 */
void clasp_output_ack(struct sock *sk)
{
	clasp_output_empty(sk, clasp_sk(sk)->snd_nxt, CLASP_ACK);
}

/**
 * clasp_output_ack_if_due() - acknowledge now, later or not at all
 * @sk: the socket, locked
 *
 * Source: RFC 9293, section 3.8.6.3; RFC 5681, section 4.2.
 */
void clasp_output_ack_if_due(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (csk->ack_due == CLASP_ACK_NOW)
		clasp_output_ack(sk);
	else if (csk->ack_due)
		clasp_timer_ack_delayed(sk, csk->heard_at);
}

/**
 * clasp_output_challenge() - a challenge ACK, if there were not too many
 * @sk: the socket, locked, synchronized
 *
 * Source: RFC 5961, sections 3.2, 4.2, 5.2, and 7 for the limits.
 */
void clasp_output_challenge(struct sock *sk)
{
	struct net *net = sock_net(sk);

	if (clasp_challenge_due(net, &clasp_sk(sk)->challenged_at) &&
	    clasp_challenge_permitted(net))
		clasp_output_ack(sk);
}

/**
 * clasp_output_ack_again() - tell a peer that seems to be confused where we are
 * @sk: the socket, locked, synchronized
 *
 * In answer to an empty segment, which may be an answer itself: not too often.
 * Only the connection's own limit counts. The peer may be asking whether we are
 * still there, and must not have to give up because others are attacked.
 */
void clasp_output_ack_again(struct sock *sk)
{
	if (clasp_challenge_due(sock_net(sk), &clasp_sk(sk)->challenged_at))
		clasp_output_ack(sk);
}

/**
 * clasp_output_probe() - ask the peer how large its window is
 * @sk: the socket, locked
 *
 * If the window has room, though too little to be worth while, that much data
 * goes. Otherwise a segment of a number long acknowledged, which RFC 9293,
 * section 3.10.7.4, makes the peer answer with its window: the same question
 * as section 3.8.6.1 asks with one byte of data, without a byte that has to be
 * kept track of. A segment inside tells of urgent data, which the peer learns
 * of even while its window is shut (section 3.8.6).
 */
void clasp_output_probe(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	u32 usable = clasp_output_usable_window(csk);

	clasp_count_sk(sk, CLASP_MIB_Probes);
	if (csk->probes < U8_MAX)
		csk->probes++;
	if (usable && skb) {
		clasp_output_skb_upto(sk, skb, min(usable, csk->snd_mss));
	} else {
		/* Outside of the window, the peer ignores what is urgent. */
		if (clasp_urgent_sending(csk))
			clasp_output_ack(sk);
		clasp_output_empty(sk, csk->snd_una - 1, CLASP_ACK);
	}
	clasp_timer_window_checked(sk, false);
}

/**
 * clasp_output_reset() - tell the peer that the connection is no more
 * @sk: the socket, locked, synchronized until now
 *
 * Source: RFC 9293, section 3.10.5 (ABORT): <SEQ=SND.NXT><CTL=RST>.
 */
void clasp_output_reset(struct sock *sk)
{
	clasp_count_sk(sk, CLASP_MIB_OutRsts);
	clasp_output_empty(sk, clasp_sk(sk)->snd_nxt, CLASP_RST | CLASP_ACK);
}
