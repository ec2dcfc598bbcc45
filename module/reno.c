// SPDX-License-Identifier: GPL-2.0
/* Reno: congestion control by RFC 5681. */
#include <linux/minmax.h>

#include "cong.h"

static void clasp_reno_init(struct clasp_cong *cong)
{
	cong->private.reno = (struct clasp_reno){};
}

/*
 * RFC 5681, section 3.1: slow start by equation (2); congestion avoidance by
 * counting bytes, one segment for each window acknowledged.
 */
static void clasp_reno_acked(struct clasp_cong *cong,
			     const struct clasp_cong_sample *sample, u32 mss)
{
	struct clasp_reno *reno = &cong->private.reno;

	if (cong->cwnd < cong->ssthresh) {
		reno->acked = 0;
		clasp_cong_slow_start(cong, min(sample->acked, mss));
	} else if (clasp_cong_window_acked(&reno->acked, sample->acked,
					   cong->cwnd)) {
		cong->cwnd += mss;
	}
}

/* RFC 5681, equation (4). */
static u32 clasp_reno_ssthresh(struct clasp_cong *cong, u32 in_flight, u32 mss)
{
	cong->private.reno.acked = 0;
	return in_flight / 2;
}

static void clasp_reno_timeout(struct clasp_cong *cong)
{
	cong->private.reno.acked = 0;
}

const struct clasp_cong_algorithm clasp_reno = {
	.name = "reno",
	.init = clasp_reno_init,
	.acked = clasp_reno_acked,
	.ssthresh = clasp_reno_ssthresh,
	.timeout = clasp_reno_timeout,
};
