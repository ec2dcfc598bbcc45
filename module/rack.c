// SPDX-License-Identifier: GPL-2.0
/*
 * What the order of delivery tells of losses: RACK-TLP (RFC 8985).
 *
 * A segment is lost if one that was sent sufficiently later has arrived. How much
 * later, the reordering window says, which adapts to what the path does. When the
 * last segments are lost, no later one arrives; a probe brings out whether they
 * are. Here is what is found out; recovery.c has what is done about it.
 */
#include "mtu.h"
#include "output.h"
#include "rack.h"
#include "timer.h"

/* The least round-trip time is forgotten after one to two of these, ns. */
#define CLASP_MIN_RTT_WINDOW	(300 * NSEC_PER_SEC)

/* RFC 8985, section 6.2, step 4: a wide window lasts so many recoveries. */
#define CLASP_RACK_PERSIST	16

/* Segments SACKed that mean a loss where nothing is ever reordered: DupThresh. */
#define CLASP_DUP_THRESH	3

/*
 * A round-trip time was measured. The least of the last minutes is kept in two
 * windows of which one is filled.
 */
static void clasp_rack_measured(struct clasp_rack *rack, u64 rtt, u64 now)
{
	rack->measured = true;
	if (now - rack->min_rtt_at > CLASP_MIN_RTT_WINDOW) {
		rack->min_rtt = rack->next_min_rtt ?: rtt;
		rack->next_min_rtt = rtt;
		rack->min_rtt_at = now;
	}
	rack->next_min_rtt = min(rack->next_min_rtt ?: rtt, rtt);
	rack->min_rtt = min(rack->min_rtt ?: rtt, rtt);
}

/**
 * clasp_rack_init() - at the start of a connection
 * @csk: the socket, locked
 */
void clasp_rack_init(struct clasp_sock *csk)
{
	memset(&csk->rack, 0, sizeof(csk->rack));
	csk->rack.fack = csk->snd_una;
	csk->rack.round = csk->snd_una;
	csk->rack.steps = 1;
	/* What the handshake took. */
	if (csk->rtt.srtt)
		clasp_rack_measured(&csk->rack, csk->rtt.srtt, clasp_clock());
}

/**
 * clasp_rack_widen() - what was thought lost has arrived, only later
 * @csk: the socket, locked
 *
 * Then the window was too narrow; once in a round trip, as many are told of.
 *
 * Source: RFC 8985, section 6.2, step 4.
 */
void clasp_rack_widen(struct clasp_sock *csk)
{
	struct clasp_rack *rack = &csk->rack;

	rack->reordered = true;
	if (clasp_before(csk->snd_una, rack->round))
		return;
	rack->round = csk->snd_nxt;
	rack->persist = CLASP_RACK_PERSIST;
	if (rack->steps < U8_MAX)
		rack->steps++;
}

/**
 * clasp_rack_delivered() - segments have arrived
 * @csk: the socket, locked
 * @delivery: which
 *
 * Source: RFC 8985, section 6.2, steps 1 to 4; step 3 is in rtxq.c.
 */
void clasp_rack_delivered(struct clasp_sock *csk,
			  const struct clasp_delivery *delivery)
{
	struct clasp_rack *rack = &csk->rack;
	u64 took = max_t(s64, delivery->now - delivery->sent_at, 1);

	if (delivery->rtt_least)
		clasp_rack_measured(rack, delivery->rtt_least, delivery->now);
	if (!delivery->sent_at)
		return;
	/* That was the ACK of what was sent first, not of what was sent again. */
	if (delivery->resent && took < rack->min_rtt)
		return;
	rack->rtt = took;
	rack->sent_at = max(rack->sent_at, delivery->sent_at);
}

/**
 * clasp_rack_recovered() - a recovery is over
 * @rack: what is known
 *
 * Source: RFC 8985, section 6.2, step 4.
 */
void clasp_rack_recovered(struct clasp_rack *rack)
{
	if (rack->persist && !--rack->persist)
		rack->steps = 1;
}

/**
 * clasp_rack_window() - the reordering window
 * @csk: the socket, locked
 *
 * The RFC widens it by quarters of the least round-trip time. But where segments
 * overtake others, that is the time of those: next to nothing, if they overtake a
 * queue, or ACKs do so, too. Once it has turned out to be too little, quarters of
 * the smoothed one lead to the limit in three steps.
 *
 * Source: RFC 8985, section 6.2, step 4: RACK_update_reo_wnd().
 *
 * Return: nanoseconds.
 */
u64 clasp_rack_window(const struct clasp_sock *csk)
{
	const struct clasp_rack *rack = &csk->rack;
	u64 quarter;

	if (!rack->reordered &&
	    (csk->recovery.phase >= CLASP_FAST_RECOVERY ||
	     csk->rtxq.sacked >= (u64)CLASP_DUP_THRESH * csk->snd_mss))
		return 0;
	quarter = (rack->steps > 1 ? csk->rtt.srtt : rack->min_rtt) / 4;
	return min(rack->steps * quarter, csk->rtt.srtt);
}

/*
 * When is a segment lost that was sent at this time, if nothing is heard of it
 * until then? RACK.rtt is how long the latest delivery took.
 */
static u64 clasp_rack_due(const struct clasp_sock *csk, u64 sent_at)
{
	return sent_at + csk->rack.rtt + clasp_rack_window(csk);
}

/**
 * clasp_rack_detect() - mark what is lost by now
 * @sk: the socket, locked
 * @now: the time, ns
 *
 * Of what was sent before the latest that has arrived, what was sent recently
 * still has time: then the timer is set. The loss of a probe for a larger segment
 * says nothing of congestion (RFC 4821, section 7.6.2).
 *
 * Source: RFC 8985, section 6.2, step 5: RACK_detect_loss().
 *
 * Return: true if what was lost tells of congestion.
 */
bool clasp_rack_detect(struct sock *sk, u64 now)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_rack *rack = &csk->rack;
	u64 last = 0;
	bool congestion = false;
	struct sk_buff *skb, *next;

	rack->pending = false;
	if (!rack->sent_at)
		return false;
	list_for_each_entry_safe(skb, next, &csk->rtxq.flying,
				 tcp_tsorted_anchor) {
		u64 sent_at = clasp_rtxq_sent_at(csk, skb);
		u64 due = clasp_rack_due(csk, sent_at);

		if (sent_at >= rack->sent_at)
			break;
		if (due > now) {
			last = max(last, due);
			continue;
		}
		clasp_rtxq_mark_lost(csk, skb);
		congestion |= !clasp_mtu_resent(sk, skb);
	}
	if (last) {
		rack->pending = true;
		clasp_timer_reordering(sk, last);
	}
	return congestion;
}

/**
 * clasp_rack_timeout() - mark what is lost when the retransmission timer ran out
 * @csk: the socket, locked
 *
 * They are sent again in the order of the stream, whatever was marked before.
 *
 * Source: RFC 8985, section 6.3: RACK_mark_losses_on_RTO(): the first, and all
 * that has had time enough.
 */
void clasp_rack_timeout(struct clasp_sock *csk)
{
	struct sk_buff *skb;
	u64 now = clasp_clock();

	csk->rack.pending = false;
	skb_rbtree_walk(skb, &csk->rtxq.tree) {
		const struct clasp_cb *cb = CLASP_CB(skb);

		if (cb->state & CLASP_SKB_SACKED)
			continue;
		if (cb->state & CLASP_SKB_LOST ||
		    skb == clasp_rtxq_first(csk) ||
		    clasp_rack_due(csk, cb->sent_at) <= now)
			clasp_rtxq_mark_lost(csk, skb);
	}
}

/**
 * clasp_rack_probe_due() - should the end of what was sent be probed, in time?
 * @sk: the socket, locked
 *
 * One probe is out at a time, and between two of them the path is measured: what
 * a probe sends again cannot be (Karn), and on a path slower than the wait for a
 * probe, that would be all.
 *
 * Source: RFC 8985, sections 7.2 and 7.3.
 *
 * Return: true if it should.
 */
bool clasp_rack_probe_due(const struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	return READ_ONCE(clasp_sysctl(sk)->tail_loss_probe) &&
	       csk->recovery.phase < CLASP_FAST_RECOVERY && !csk->rtxq.sacked &&
	       !csk->rtxq.lost && !csk->rack.probe_end &&
	       csk->rack.measured && clasp_rtxq_first(csk);
}

/**
 * clasp_rack_probe_delay() - how long to wait for an ACK before a probe
 * @sk: the socket, locked, which a probe is due for: so the path was measured
 *
 * The ACK of a lone segment may be delayed. For how long, the peer does not
 * say; as long as ours would be.
 *
 * Source: RFC 8985, section 7.2: TLP_calc_PTO().
 *
 * Return: nanoseconds.
 */
u64 clasp_rack_probe_delay(const struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	u64 delay = 2 * csk->rtt.srtt;

	if (csk->snd_nxt - csk->snd_una <= csk->snd_mss)
		delay += clasp_ack_delay(sk);
	return max_t(u64, delay, 2 * TICK_NSEC);
}

/**
 * clasp_rack_probe_repaired() - did a tail-loss probe mend a loss?
 * @csk: the socket, locked
 * @delivery: what the ACK tells
 *
 * It did if what was sent again in it arrived but once: no DSACK tells of it, and
 * there is no duplicate of its ACK, before later data is acknowledged.
 *
 * Source: RFC 8985, section 7.4.2.
 *
 * Return: true if it did: then there was congestion.
 */
bool clasp_rack_probe_repaired(struct clasp_sock *csk,
			       const struct clasp_delivery *delivery)
{
	struct clasp_rack *rack = &csk->rack;
	u64 end = rack->probe_end;
	bool once = rack->probe_resent && !delivery->duplicate &&
		    !(delivery->dsack && delivery->dsack_end == end);

	if (!end || clasp_before(csk->snd_una, end))
		return false;
	/* It may be told yet. */
	if (once && csk->snd_una == end)
		return false;
	rack->probe_end = 0;
	return once;
}
