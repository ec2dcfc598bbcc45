// SPDX-License-Identifier: GPL-2.0
/* Pacing: how fast a window is sent. */
#include <linux/math64.h>

#include "cong.h"
#include "pace.h"

/*
 * Of the rate that the window and the round-trip time make: so much more that
 * pacing does not keep the window from growing, as it doubles in a round trip of
 * slow start, and that it is used up before the ACKs for it come, later. TCP has
 * the same by default (net.ipv4.tcp_pacing_ss_ratio, tcp_pacing_ca_ratio).
 */
#define CLASP_PACE_SLOW_START	200	/* % */
#define CLASP_PACE_AVOIDANCE	120	/* % */

/**
 * clasp_pace_init() - at the start of a connection
 * @sk: the socket, locked
 *
 * As fast as SO_MAX_PACING_RATE allows, until the path is known.
 */
void clasp_pace_init(struct sock *sk)
{
	WRITE_ONCE(sk->sk_pacing_rate, READ_ONCE(sk->sk_max_pacing_rate));
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
