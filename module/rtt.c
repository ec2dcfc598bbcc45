// SPDX-License-Identifier: GPL-2.0
/* Round-trip time and retransmission timeout (RFC 6298). */
#include <linux/minmax.h>
#include <linux/time64.h>

#include "rtt.h"

/**
 * clasp_rtt_init() - before the first measurement
 * @rtt: the estimator
 *
 * Source: RFC 6298, section 2, (2.1): the timeout is 1 second.
 */
void clasp_rtt_init(struct clasp_rtt *rtt)
{
	memset(rtt, 0, sizeof(*rtt));
	rtt->rto = NSEC_PER_SEC;
}

/**
 * clasp_rtt_sample() - take a measurement
 * @rtt: the estimator
 * @sample: time between a segment and its acknowledgment, ns; of a segment that
 *	was sent once only (Karn's rule, RFC 6298, section 3)
 * @sysctl: for the least timeout
 *
 * Ends the back-off (RFC 6298, section 5, the note at its end).
 *
 * Source: RFC 6298, section 2, (2.2) and (2.3). The least timeout is below the
 * 1 second of (2.4), as on every Linux: links are faster than they were.
 */
void clasp_rtt_sample(struct clasp_rtt *rtt, u64 sample,
		      const struct clasp_sysctl *sysctl)
{
	u64 rto_min = (u64)READ_ONCE(sysctl->rto_min_ms) * NSEC_PER_MSEC;

	sample = max_t(u64, sample, 1);
	if (!rtt->srtt) {
		rtt->srtt = sample;
		rtt->rttvar = sample / 2;
	} else {
		u64 error = rtt->srtt > sample ? rtt->srtt - sample :
						 sample - rtt->srtt;

		rtt->rttvar = rtt->rttvar - rtt->rttvar / 4 + error / 4;
		rtt->srtt = rtt->srtt - rtt->srtt / 8 + sample / 8;
	}
	rtt->rto = max(rtt->srtt + max_t(u64, 4 * rtt->rttvar, NSEC_PER_MSEC),
		       rto_min);
	rtt->backoff = 0;
}

/**
 * clasp_rtt_open() - the handshake is over, data may follow
 * @rtt: the estimator
 *
 * Source: RFC 6298, section 5, (5.7): if a SYN had to be sent again, and so
 * nothing was measured, the path is slower than the first timeout.
 */
void clasp_rtt_open(struct clasp_rtt *rtt)
{
	if (!rtt->backoff)
		return;
	rtt->rto = 3 * NSEC_PER_SEC;
	rtt->backoff = 0;
}

/**
 * clasp_rtt_timeout() - how long to wait before sending again
 * @rtt: the estimator
 * @sysctl: for the greatest timeout
 *
 * Source: RFC 6298, section 5, (5.5): doubled by each back-off, (2.5): limited.
 *
 * Return: nanoseconds.
 */
u64 clasp_rtt_timeout(const struct clasp_rtt *rtt,
		      const struct clasp_sysctl *sysctl)
{
	u64 rto_max = (u64)READ_ONCE(sysctl->rto_max_ms) * NSEC_PER_MSEC;

	/* 2^16 times the least timeout is hours: no need to shift further. */
	return min(rtt->rto << min_t(u8, rtt->backoff, 16), rto_max);
}
