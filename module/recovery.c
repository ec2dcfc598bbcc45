// SPDX-License-Identifier: GPL-2.0
/*
 * Loss recovery: what is done about losses, and about congestion without them.
 *
 * rack.c finds out what is lost, and the retransmission timer, when nothing else
 * does. What is marked lost goes again as the window allows (clasp_output_push),
 * and it is watched whether there was a loss at all. Proportional rate reduction
 * (RFC 6937) moves the window, also when a router's mark is echoed (ecn.c).
 */
#include "cong.h"
#include "output.h"
#include "pace.h"
#include "rack.h"
#include "recovery.h"
#include "rtt.h"
#include "timer.h"

/**
 * clasp_recovery_init() - at the start of a connection
 * @csk: the socket, locked
 */
void clasp_recovery_init(struct clasp_sock *csk)
{
	memset(&csk->recovery, 0, sizeof(csk->recovery));
	csk->recovery.recover = csk->iss;
	clasp_rack_init(csk);
}

static void clasp_recovery_begin(struct clasp_sock *csk, u32 in_flight)
{
	csk->recovery = (struct clasp_recovery){
		.recover = csk->snd_nxt,
		.flight = max(in_flight, 1u),
		.phase = CLASP_REDUCING,
	};
}

/*
 * A router tells of congestion, and nothing was lost. If the window has room for
 * one segment only, the next one waits as long as for a time-out.
 *
 * Source: RFC 3168, section 6.1.2; RFC 9438, section 4.6.
 */
static void clasp_recovery_echo(struct clasp_sock *csk,
				const struct clasp_delivery *delivery)
{
	u64 timeout = clasp_rtt_timeout(&csk->rtt,
					clasp_sysctl(&csk->inet.sk));

	if (csk->cong.cwnd < 2 * csk->snd_mss)
		clasp_pace_hold(csk, delivery->now + timeout);
	clasp_recovery_begin(csk, delivery->in_flight);
	clasp_cong_echoed(csk, delivery->in_flight);
}

/* May DSACKs still come that tell that the last recovery was in vain? */
static bool clasp_recovery_in_doubt(const struct clasp_sock *csk)
{
	const struct clasp_doubt *doubt = &csk->recovery.doubt;

	return doubt->from && doubt->bytes &&
	       !clasp_after(csk->snd_una, doubt->until);
}

/*
 * Segments go again: the window is halved, or what the algorithm makes of it,
 * once for all that has been sent so far. If that is being done, it goes on. What
 * the ACK acknowledges that tells of the loss was in flight, too. If the last
 * recovery is in doubt still, both may be undone, but none alone.
 */
static void clasp_recovery_enter(struct clasp_sock *csk, u32 in_flight,
				 bool in_doubt)
{
	struct clasp_recovery *recovery = &csk->recovery;
	struct clasp_doubt doubt = recovery->doubt;

	if (recovery->phase == CLASP_OPEN)
		clasp_recovery_begin(csk, in_flight);
	recovery->phase = CLASP_FAST_RECOVERY;
	recovery->recover = csk->snd_nxt;
	/* A new phase forgets it, but the last one's goes on. */
	if (in_doubt)
		recovery->doubt = doubt;
	else
		recovery->doubt.from = csk->snd_una;
	/* RFC 8985, section 7.1: what a probe mends is a part of this. */
	csk->rack.probe_end = 0;
	clasp_cong_reduce(csk, max_t(u64, in_flight,
				     csk->snd_nxt - csk->snd_una), in_doubt);
}

static void clasp_recovery_enter_fast(struct sock *sk, u32 in_flight)
{
	struct clasp_sock *csk = clasp_sk(sk);

	clasp_count_sk(sk, CLASP_MIB_FastRetransmits);
	clasp_recovery_enter(csk, in_flight, clasp_recovery_in_doubt(csk));
}

/* RFC 6937: at the end, the window is what the reduction was to make of it. */
static void clasp_recovery_leave(struct clasp_sock *csk)
{
	struct clasp_recovery *recovery = &csk->recovery;

	if (recovery->phase != CLASP_LOSS)
		csk->cong.cwnd = csk->cong.goal;
	if (recovery->phase != CLASP_REDUCING)
		clasp_rack_recovered(&csk->rack);
	recovery->phase = CLASP_OPEN;
	recovery->frto = CLASP_FRTO_NONE;
}

/*
 * There was no loss: the window is as if nothing had happened (RFC 4015). If that
 * turns out so late that it has become larger than it was, it goes on as it does
 * (RFC 9438, section 4.9.2).
 */
static void clasp_recovery_undo(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	bool late = csk->recovery.phase == CLASP_OPEN;

	clasp_count_sk(sk, CLASP_MIB_SpuriousRecoveries);
	csk->recovery.doubt.from = 0;
	csk->recovery.phase = CLASP_OPEN;
	csk->recovery.frto = CLASP_FRTO_NONE;
	if (!late || csk->cong.cwnd < csk->cong.undo.cwnd)
		clasp_cong_undo(csk);
}

/*
 * RFC 3708: all that was sent again has arrived twice, so none of it was lost.
 * This may turn out when the phase is over already.
 */
static void clasp_recovery_note_duplicate(struct sock *sk,
					  const struct clasp_delivery *delivery)
{
	struct clasp_doubt *doubt = &clasp_sk(sk)->recovery.doubt;

	if (!doubt->from || !doubt->bytes ||
	    !clasp_after(delivery->dsack_end, doubt->from))
		return;
	clasp_rack_widen(clasp_sk(sk));
	doubt->bytes -= min_t(u64, doubt->bytes, delivery->dsack);
	if (!doubt->bytes)
		clasp_recovery_undo(sk);
}

/*
 * F-RTO: if what was sent before a time-out, and not again, arrives after it,
 * then the time-out was too early, and nothing was lost. To find out, new data
 * goes after the first ACK, instead of more of the old.
 *
 * An ACK that later ones have overtaken tells nothing but of what is sent twice.
 *
 * Source: RFC 5682, section 3.1, the algorithm enhanced by SACK.
 */
static void clasp_recovery_frto(struct sock *sk,
				const struct clasp_delivery *delivery)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_recovery *recovery = &csk->recovery;

	if (recovery->frto == CLASP_FRTO_NONE ||
	    (delivery->dsack && !delivery->bytes && !delivery->advanced))
		return;
	if (delivery->original) {
		clasp_rtxq_unmark_lost(csk);
		clasp_recovery_undo(sk);
	} else if (recovery->frto == CLASP_FRTO_NEW) {
		recovery->frto = CLASP_FRTO_NONE;
	} else if (delivery->advanced) {
		recovery->frto = clasp_output_has_new(sk) ? CLASP_FRTO_NEW :
							    CLASP_FRTO_NONE;
	}
}

/*
 * The window while it is reduced: what goes out is in proportion to what
 * arrives, so that all of the reduction is done when the phase ends; below the
 * goal, as much as arrives, and a segment more.
 *
 * Source: RFC 6937, section 3, with PRR-SSRB.
 */
static void clasp_recovery_reduce(struct clasp_sock *csk, u64 bytes)
{
	struct clasp_recovery *recovery = &csk->recovery;
	u32 in_flight = clasp_output_in_flight(csk);
	u32 first = csk->snd_mss;
	u32 goal = csk->cong.goal;
	s64 room;

	recovery->delivered += bytes;
	if (in_flight > goal) {
		room = DIV_ROUND_UP_ULL(recovery->delivered * goal,
					recovery->flight) - recovery->sent;
	} else {
		room = max_t(s64, recovery->delivered - recovery->sent, bytes) +
		       csk->snd_mss;
		room = min_t(s64, room, goal - in_flight);
	}
	/* The first one goes at once: fast retransmit; or CWR, for what arrived. */
	if (recovery->phase == CLASP_REDUCING)
		first = min_t(u64, first, bytes);
	if (!recovery->sent)
		room = max_t(s64, room, first);
	csk->cong.cwnd = in_flight + max_t(s64, room, 0);
}

static void clasp_recovery_grow(struct clasp_sock *csk,
				const struct clasp_delivery *delivery)
{
	struct clasp_cong_sample sample = {
		.now = delivery->now,
		.rtt = delivery->rtt_least,
		.srtt = csk->rtt.srtt,
		.acked = min_t(u64, delivery->bytes, CLASP_CWND_MAX),
		.in_flight = delivery->in_flight,
		.paced = clasp_pace_on(&csk->inet.sk),
	};

	sample.limited = sample.in_flight + csk->snd_mss > csk->cong.cwnd;
	clasp_cong_acked(csk, &sample);
}

/*
 * The window grows, or shrinks as the phase wants it. An echo lets nothing grow,
 * be it of what is known (RFC 3168, section 6.1.2).
 */
static void clasp_recovery_window(struct clasp_sock *csk,
				  const struct clasp_delivery *delivery)
{
	if (csk->recovery.phase == CLASP_REDUCING ||
	    csk->recovery.phase == CLASP_FAST_RECOVERY)
		clasp_recovery_reduce(csk, delivery->bytes);
	else if (delivery->advanced && !delivery->echo)
		clasp_recovery_grow(csk, delivery);
}

/**
 * clasp_recovery_acked() - an ACK came
 * @sk: the socket, locked, snd_una and the retransmission queue up to date
 * @delivery: what it tells
 *
 * Source: RFC 3168, RFC 6675, RFC 8985, RFC 6937.
 */
void clasp_recovery_acked(struct sock *sk,
			  const struct clasp_delivery *delivery)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_recovery *recovery = &csk->recovery;
	bool congestion;

	clasp_rack_delivered(csk, delivery);
	if (delivery->dsack)
		clasp_recovery_note_duplicate(sk, delivery);
	clasp_recovery_frto(sk, delivery);
	if (recovery->phase != CLASP_OPEN &&
	    !clasp_before(csk->snd_una, recovery->recover))
		clasp_recovery_leave(csk);
	if (delivery->echo == CLASP_ECHO_NEW &&
	    recovery->phase < CLASP_FAST_RECOVERY)
		clasp_recovery_echo(csk, delivery);
	congestion = clasp_rack_detect(sk, delivery->now);
	congestion |= clasp_rack_probe_repaired(csk, delivery);
	if (congestion && recovery->phase < CLASP_FAST_RECOVERY)
		clasp_recovery_enter_fast(sk, delivery->in_flight);
	clasp_recovery_window(csk, delivery);
	if (delivery->bytes)
		clasp_timer_end_sent(sk, delivery->now);
}

/**
 * clasp_recovery_overdue() - an ACK should have come by now
 * @sk: the socket, locked
 *
 * What is not acknowledged at the end of the reordering window is lost. Without
 * one, it is the end of what was sent that nothing is heard of: it is probed, by
 * new data if there is some that the peer's window allows, else by the last
 * segment.
 *
 * Source: RFC 8985, section 6.2, step 5, and section 7.3.
 */
void clasp_recovery_overdue(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u32 in_flight = clasp_output_in_flight(csk);

	if (csk->rack.pending) {
		if (clasp_rack_detect(sk, clasp_clock()) &&
		    csk->recovery.phase < CLASP_FAST_RECOVERY) {
			clasp_recovery_enter_fast(sk, in_flight);
			clasp_recovery_reduce(csk, 0);
		}
		return;
	}
	if (!clasp_rack_probe_due(sk))
		return;
	clasp_count_sk(sk, CLASP_MIB_LossProbes);
	/* From here on, so that new data in it calls for no other probe. */
	csk->rack.measured = false;
	csk->rack.probe_resent = !clasp_output_tail(sk);
	csk->rack.probe_end = csk->snd_nxt;
	clasp_timer_restart(sk, clasp_clock());
}

/**
 * clasp_recovery_timeout() - the retransmission timer ran out
 * @sk: the socket, locked
 *
 * The oldest segment goes at once, the rest of what is lost as the window
 * allows; what is not believed to be lost may still be out. For the same data,
 * the threshold is not lowered again. F-RTO tells of the time-out only, so no
 * other recovery is undone with it.
 *
 * Source: RFC 5681, section 3.1; RFC 6298, section 5, (5.4) to (5.6).
 */
void clasp_recovery_timeout(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_recovery *recovery = &csk->recovery;
	bool fast = recovery->phase == CLASP_FAST_RECOVERY;

	clasp_count_sk(sk, CLASP_MIB_Timeouts);
	clasp_timer_backed_off(sk);
	if (recovery->phase < CLASP_FAST_RECOVERY)
		clasp_recovery_enter(csk, clasp_output_in_flight(csk), false);
	clasp_rack_timeout(csk);
	recovery->recover = csk->snd_nxt;
	recovery->phase = CLASP_LOSS;
	recovery->frto = fast ? CLASP_FRTO_NONE : CLASP_FRTO_WAIT;
	clasp_cong_timeout(csk);
	csk->cong.cwnd += clasp_output_in_flight(csk);
	clasp_output_head(sk);
}

/**
 * clasp_recovery_sent() - something was sent
 * @csk: the socket, locked
 * @bytes: how much
 * @again: it was sent before
 */
void clasp_recovery_sent(struct clasp_sock *csk, u32 bytes, bool again)
{
	struct clasp_recovery *recovery = &csk->recovery;

	if (recovery->phase == CLASP_OPEN)
		return;
	recovery->sent += bytes;
	if (!again)
		return;
	recovery->doubt.bytes += bytes;
	recovery->doubt.until = csk->snd_nxt;
}
