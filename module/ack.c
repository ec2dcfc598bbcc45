// SPDX-License-Identifier: GPL-2.0
/* What an acknowledgment means to the sender. */
#include "ack.h"
#include "ecn.h"
#include "mtu.h"
#include "output.h"
#include "pace.h"
#include "recovery.h"
#include "rtt.h"
#include "rtxq.h"
#include "sack.h"
#include "timer.h"

/* RFC 9293, 3.10.7.4: SND.WL1 and SND.WL2 keep old segments from the window. */
static void clasp_ack_update_window(struct clasp_sock *csk,
				    const struct clasp_cb *cb)
{
	if (!clasp_after(cb->ack_seq, csk->snd_una) &&
	    (clasp_after(csk->snd_wl1, cb->seq) ||
	     (csk->snd_wl1 == cb->seq &&
	      clasp_after(csk->snd_wl2, cb->ack_seq))))
		return;
	csk->snd_wnd = cb->window;
	csk->snd_wl1 = cb->seq;
	csk->snd_wl2 = cb->ack_seq;
	csk->max_window = max(csk->max_window, cb->window);
}

/*
 * Is an ACK of nothing new all that the peer can say? That is, to a probe; or to
 * what was sent into a window that it has shut again, which must not end a
 * connection either (RFC 9293, section 3.8.6), but an orphan's.
 */
static bool clasp_ack_answers(const struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	return csk->snd_una == csk->snd_nxt ||
	       (!csk->snd_wnd && !sock_flag(sk, SOCK_DEAD));
}

/*
 * RFC 5681, section 2: is this segment nothing but the last ACK once more? It is
 * not if it has SACKs, which are looked at later.
 */
static bool clasp_ack_is_duplicate(const struct clasp_sock *csk,
				   const struct clasp_cb *cb)
{
	return cb->ack_seq == csk->snd_una && cb->seq == cb->end_seq &&
	       cb->window == csk->snd_wnd;
}

/* What its number says, and its window. */
static void clasp_ack_take_number(struct sock *sk, const struct clasp_cb *cb,
				  struct clasp_delivery *delivery)
{
	struct clasp_sock *csk = clasp_sk(sk);

	clasp_ack_update_window(csk, cb);
	/* The peer is there, whatever ICMP said before. */
	WRITE_ONCE(sk->sk_err_soft, 0);
	if (clasp_ack_answers(sk))
		csk->retries = 0;
	if (cb->ack_seq != csk->snd_una)
		clasp_rtxq_acked(sk, cb->ack_seq, delivery);
}

/**
 * clasp_ack_take() - process the acknowledgment of a segment
 * @sk: the socket, locked
 * @skb: a segment with CLASP_ACK whose number is not ahead of snd_nxt
 *
 * Of one that a later one has overtaken, only the SACKs may be news: no other
 * tells of a duplicate again (RFC 2883, section 4).
 *
 * Source: RFC 9293, section 3.10.7.4, fifth; RFC 2018; RFC 6298.
 */
void clasp_ack_take(struct sock *sk, const struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	const struct clasp_cb *cb = CLASP_CB(skb);
	bool overtaken = clasp_before(cb->ack_seq, csk->snd_una);
	struct clasp_delivery delivery = {
		.now = clasp_timer_peer_heard(sk),
		.in_flight = clasp_output_in_flight(csk),
		.duplicate = clasp_ack_is_duplicate(csk, cb),
		.echo = clasp_ecn_echoed(csk, cb),
	};

	if (!overtaken)
		clasp_ack_take_number(sk, cb, &delivery);
	clasp_sack_take(sk, skb, &delivery);
	if (overtaken && !delivery.bytes && !delivery.dsack)
		return;
	if (delivery.rtt)
		clasp_rtt_sample(&csk->rtt, delivery.rtt, clasp_sysctl(sk));
	if (delivery.advanced) {
		clasp_timer_new_ack(sk, delivery.now);
		clasp_mtu_acked(sk);
	}
	clasp_recovery_acked(sk, &delivery);
	clasp_pace_acked(sk);
}
