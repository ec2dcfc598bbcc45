// SPDX-License-Identifier: GPL-2.0
/*
 * Loss recovery: what is believed to be lost, and until when.
 *
 * Fast retransmit and fast recovery of RFC 5681, section 3.2, as modified by
 * NewReno (RFC 6582). The inflation of the congestion window is written the
 * other way round: a segment that a duplicate ACK accounts for is no longer in
 * flight (clasp_output_in_flight()), so the window itself stays as it is.
 */
#include "cong.h"
#include "mtu.h"
#include "output.h"
#include "recovery.h"
#include "sndq.h"
#include "timer.h"

/* RFC 5681, section 3.2: fast retransmit after this many duplicate ACKs. */
#define CLASP_DUPACKS	3

/**
 * clasp_recovery_init() - at the start of a connection
 * @csk: the socket, locked
 */
void clasp_recovery_init(struct clasp_sock *csk)
{
	memset(&csk->recovery, 0, sizeof(csk->recovery));
	csk->recovery.recover = csk->iss;
}

static void clasp_recovery_resend_head(struct sock *sk)
{
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);

	if (!skb || skb == clasp_sk(sk)->send_head)
		return;
	clasp_sndq_mark_lost(clasp_sk(sk), skb);
	clasp_output_head(sk);
}

/*
 * A probe for a larger segment size is lost more often than not. It goes again
 * in smaller segments, and says nothing of congestion (RFC 4821, section 7.6.2).
 */
static bool clasp_recovery_of_probe(struct sock *sk)
{
	const struct sk_buff *head = skb_peek(&sk->sk_write_queue);
	struct clasp_recovery *recovery = &clasp_sk(sk)->recovery;

	if (!head || !clasp_mtu_resent(sk, head))
		return false;
	/* What is on its way brings more duplicates; what follows is new. */
	recovery->recover = clasp_sk(sk)->snd_nxt - 1;
	clasp_recovery_resend_head(sk);
	return true;
}

/**
 * clasp_recovery_duplicate_ack() - the peer got something out of order
 * @sk: the socket, locked
 *
 * Source: RFC 5681, section 3.2, steps 1 to 5; RFC 6582, section 3.2, step 2:
 * not again for a window that is already being recovered.
 */
void clasp_recovery_duplicate_ack(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_recovery *recovery = &csk->recovery;

	if (recovery->phase == CLASP_LOSS)
		return;
	recovery->dupacks++;
	if (recovery->phase != CLASP_OPEN || recovery->dupacks < CLASP_DUPACKS)
		return;
	if (clasp_recovery_of_probe(sk) ||
	    !clasp_after(csk->snd_una, recovery->recover))
		return;
	clasp_count_sk(sk, CLASP_MIB_FastRetransmits);
	recovery->phase = CLASP_FAST_RECOVERY;
	recovery->recover = csk->snd_nxt;
	clasp_cong_reduce(csk, csk->snd_nxt - csk->snd_una);
	clasp_recovery_resend_head(sk);
}

/* The window may grow. */
static void clasp_recovery_grow(struct clasp_sock *csk, u32 acked, u64 rtt)
{
	struct clasp_cong_sample sample = {
		.now = clasp_clock(),
		.rtt = rtt,
		.srtt = csk->rtt.srtt,
		.acked = acked,
		.in_flight = clasp_output_in_flight(csk) + acked,
	};

	sample.limited = sample.in_flight + csk->snd_mss > csk->cong.cwnd;
	clasp_cong_acked(csk, &sample);
}

/**
 * clasp_recovery_new_ack() - the peer acknowledged something new
 * @sk: the socket, locked, snd_una advanced and the send queue freed
 * @acked: how many bytes
 * @rtt: round-trip time that this measured, ns; 0 if it did not
 *
 * Ends the phase when all is acknowledged that had been sent at its start. A
 * partial ACK in fast recovery tells of the next loss (RFC 6582, section 3.2,
 * step 3). Without a phase, and after a time-out, the window grows.
 */
void clasp_recovery_new_ack(struct sock *sk, u64 acked, u64 rtt)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_recovery *recovery = &csk->recovery;
	u32 segments = acked / csk->snd_mss;

	if (recovery->phase == CLASP_FAST_RECOVERY &&
	    clasp_before(csk->snd_una, recovery->recover)) {
		/* What was counted as arrived has now been acknowledged. */
		recovery->dupacks -= min(recovery->dupacks, segments);
		clasp_recovery_resend_head(sk);
		return;
	}
	recovery->dupacks = 0;
	if (recovery->phase == CLASP_FAST_RECOVERY) {
		recovery->phase = CLASP_OPEN;
		return;
	}
	if (recovery->phase == CLASP_LOSS &&
	    !clasp_before(csk->snd_una, recovery->recover))
		recovery->phase = CLASP_OPEN;
	clasp_recovery_grow(csk, min_t(u64, acked, CLASP_CWND_MAX), rtt);
}

/**
 * clasp_recovery_timeout() - the retransmission timer ran out
 * @sk: the socket, locked
 *
 * All that was sent counts as lost and is sent again as the window allows, the
 * oldest segment at once. A second time-out for the same data does not halve
 * the threshold again.
 *
 * Source: RFC 5681, section 3.1; RFC 6298, section 5, (5.4) to (5.6).
 */
void clasp_recovery_timeout(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb;

	clasp_count_sk(sk, CLASP_MIB_Timeouts);
	clasp_timer_backed_off(sk);
	if (csk->recovery.phase != CLASP_LOSS ||
	    !clasp_before(csk->snd_una, csk->recovery.recover))
		clasp_cong_reduce(csk, csk->snd_nxt - csk->snd_una);
	clasp_cong_timeout(csk);
	csk->recovery.phase = CLASP_LOSS;
	csk->recovery.recover = csk->snd_nxt;
	csk->recovery.dupacks = 0;
	skb_queue_walk(&sk->sk_write_queue, skb) {
		if (skb == csk->send_head)
			break;
		clasp_sndq_mark_lost(csk, skb);
	}
	clasp_output_head(sk);
}
