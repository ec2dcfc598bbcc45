// SPDX-License-Identifier: GPL-2.0
/*
 * Pacing: how fast a window is sent.
 *
 * Each segment has a time at which it may leave. As with TCP, this counts when
 * there is a reason for it (sk_pacing_status): the user's, SO_MAX_PACING_RATE, or
 * that sch_fq is at the device, which says so. Then that keeps each segment until
 * its time; else the sender waits for it by a timer of its own. Else a window is
 * sent when an ACK opens it: Reno and CUBIC are made for that, and a timer for
 * each segment costs more than it brings on most paths.
 */
#include <linux/math64.h>

#include "cong.h"
#include "output.h"
#include "pace.h"

/*
 * Of the rate that the window and the round-trip time make: so much more that
 * pacing does not keep the window from growing, as it doubles in a round trip of
 * slow start, and that it is used up before the ACKs for it come, later. TCP has
 * the same by default (net.ipv4.tcp_pacing_ss_ratio, tcp_pacing_ca_ratio).
 */
#define CLASP_PACE_SLOW_START	200	/* % */
#define CLASP_PACE_AVOIDANCE	120	/* % */

/*
 * Segments that go at once at the start of a connection, before it is known how
 * fast the path is. As TCP's.
 */
#define CLASP_PACE_BURST	10

static enum hrtimer_restart clasp_pace_ring(struct hrtimer *timer)
{
	struct clasp_sock *csk = container_of(timer, struct clasp_sock,
					      pace.beat.timer);
	struct sock *sk = &csk->inet.sk;

	clasp_output_go_on(sk);
	sock_put(sk);
	return HRTIMER_NORESTART;
}

/**
 * clasp_pace_init() - at the start of a connection
 * @sk: the socket, locked, new or after clasp_pace_stop()
 *
 * As fast as SO_MAX_PACING_RATE allows, until the path is known.
 */
void clasp_pace_init(struct sock *sk)
{
	struct clasp_pace *pace = &clasp_sk(sk)->pace;

	pace->at = 0;
	pace->held_until = 0;
	clasp_beat_init(&pace->beat, clasp_pace_ring);
	WRITE_ONCE(sk->sk_pacing_rate, READ_ONCE(sk->sk_max_pacing_rate));
}

/**
 * clasp_pace_stop() - nothing more will be sent
 * @sk: the socket, locked; the caller holds a reference of its own
 */
void clasp_pace_stop(struct sock *sk)
{
	if (clasp_beat_stop(&clasp_sk(sk)->pace.beat))
		__sock_put(sk);
}

/**
 * clasp_pace_rate() - the rate that suits the window
 * @csk: the socket, locked
 *
 * From half of the threshold on, slow start slows down, as its end is near.
 *
 * Source: tcp_update_pacing_rate().
 *
 * Return: bytes in a second; U64_MAX before the first measurement.
 */
u64 clasp_pace_rate(const struct clasp_sock *csk)
{
	const struct clasp_cong *cong = &csk->cong;
	u64 percent = cong->cwnd < cong->ssthresh / 2 ? CLASP_PACE_SLOW_START :
							CLASP_PACE_AVOIDANCE;
	u64 out = min_t(u64, csk->snd_nxt - csk->snd_una, CLASP_CWND_MAX);
	u64 window = max_t(u64, cong->cwnd, out);

	if (!csk->rtt.srtt)
		return U64_MAX;
	/* Below 2^62, as the window is 2^30 at most. */
	return div64_u64(window * (NSEC_PER_SEC / 100) * percent,
			 csk->rtt.srtt);
}

/**
 * clasp_pace_acked() - the window or the round-trip time may be another
 * @sk: the socket, locked
 *
 * sk_pacing_rate is read without the lock, by sch_fq too.
 */
void clasp_pace_acked(struct sock *sk)
{
	WRITE_ONCE(sk->sk_pacing_rate,
		   min_t(u64, clasp_pace_rate(clasp_sk(sk)),
			 READ_ONCE(sk->sk_max_pacing_rate)));
}

/**
 * clasp_pace_departure() - when a segment leaves that is sent now
 * @csk: the socket, locked
 *
 * Return: ns; now, or later if sch_fq keeps it until then.
 */
u64 clasp_pace_departure(const struct clasp_sock *csk)
{
	return max(clasp_clock(), csk->pace.at);
}

/**
 * clasp_pace_delay() - how much later than now that is
 * @csk: the socket, locked
 *
 * Return: ns.
 */
u64 clasp_pace_delay(const struct clasp_sock *csk)
{
	u64 now = clasp_clock();

	return csk->pace.at > now ? csk->pace.at - now : 0;
}

/**
 * clasp_pace_early() - is it not yet time for the next segment?
 * @sk: the socket, locked
 *
 * Return: true if so; when it is time, clasp_output_push() is called.
 */
bool clasp_pace_early(struct sock *sk)
{
	struct clasp_pace *pace = &clasp_sk(sk)->pace;
	u64 at = pace->held_until;

	if (READ_ONCE(sk->sk_pacing_status) == SK_PACING_NEEDED)
		at = max(at, pace->at);
	if (!at || at <= clasp_clock())
		return false;
	/* First the reference: it may ring before this returns. */
	sock_hold(sk);
	if (clasp_beat_set(&pace->beat, at))
		__sock_put(sk);
	return true;
}

/**
 * clasp_pace_hold() - the next segment waits, whether what is sent is paced or not
 * @csk: the socket, locked
 * @until: ns of clasp_clock()
 *
 * Not one that the retransmission timer sends again.
 */
void clasp_pace_hold(struct clasp_sock *csk, u64 until)
{
	csk->pace.held_until = until;
}

/**
 * clasp_pace_stamp() - tell sch_fq when a segment is to leave
 * @csk: the socket, locked
 * @skb: the segment
 *
 * Those without data, too: they stay behind what was sent before.
 */
void clasp_pace_stamp(const struct clasp_sock *csk, struct sk_buff *skb)
{
	clasp_compat_delivery_time(skb, clasp_pace_on(&csk->inet.sk) ?
				   clasp_pace_departure(csk) : 0);
}

/**
 * clasp_pace_sent() - something was sent
 * @sk: the socket, locked
 * @bytes: how much data
 *
 * If it was sent late, as a timer is, the next may be so much earlier, but not by
 * more than half the time that is between them.
 *
 * Source: tcp_update_skb_after_send().
 */
void clasp_pace_sent(struct sock *sk, u32 bytes)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_pace *pace = &csk->pace;
	unsigned long rate = READ_ONCE(sk->sk_pacing_rate);
	u64 now, gap, late;

	if (!clasp_pace_on(sk) || rate == ~0UL || !rate ||
	    csk->totals.data_segs_out < CLASP_PACE_BURST)
		return;
	now = clasp_clock();
	gap = div64_ul((u64)bytes * NSEC_PER_SEC, rate);
	late = now > pace->at ? now - pace->at : 0;
	pace->at = max(now, pace->at) + gap - min(gap / 2, late);
}
