// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC: congestion control by RFC 9438, whose names are used here.
 *
 * Windows are bytes and times milliseconds, where the RFC has segments and
 * seconds. No sum overflows: a window is less than 2^30 + 1 bytes, a segment has
 * 2^6 to 2^16, and a distance from the plateau counts as 2^19 ms at most. That is
 * farther than a plateau can be from where a stage begins, and so far behind it
 * that the curve has long passed CLASP_CWND_MAX.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "cong.h"
#include "hystart.h"

/* 2^19 ms; see above. */
#define CLASP_CUBIC_SPAN	0x80000u

/*
 * L of RFC 9406, section 4.3: segments by which one ACK lets the window grow in
 * slow start, unless what is sent is paced.
 */
#define CLASP_CUBIC_BURST	8

static void clasp_cubic_init(struct clasp_cong *cong)
{
	cong->private.cubic = (struct clasp_cubic){};
	clasp_hystart_init(&cong->hystart);
}

/* The cube root, rounded down, of anything below 2^63. */
static u32 clasp_cubic_root(u64 cube)
{
	u64 root = 0;
	int bit;

	for (bit = 20; bit >= 0; bit--) {
		u64 next = root | 1ull << bit;

		if (next * next * next <= cube)
			root = next;
	}
	return root;
}

/* RFC 9438, figure 2: K, with C = 0.4: 1/C = 2.5, and 10^9 for milliseconds. */
static u32 clasp_cubic_k(u32 w_max, u32 cwnd_epoch, u32 mss)
{
	u64 distance = w_max - cwnd_epoch;

	return clasp_cubic_root(div_u64(distance * 2500000000ull, mss));
}

/* Figure 1: W_cubic(t). */
static u32 clasp_cubic_window(const struct clasp_cubic *cubic, u64 t, u32 mss)
{
	u64 span = min_t(u64, t < cubic->k ? cubic->k - t : t - cubic->k,
			 CLASP_CUBIC_SPAN);
	u64 bytes = div_u64(div_u64(2 * span * span * span, 5000) * mss,
			    1000000);

	if (t < cubic->k)
		return cubic->w_max - min_t(u64, bytes, cubic->w_max);
	return min_t(u64, cubic->w_max + bytes, CLASP_CWND_MAX);
}

/*
 * Sections 4.2, 4.8 and 4.10: a stage of congestion avoidance begins. If that is
 * at or above the last plateau, the plateau is here.
 */
static void clasp_cubic_begin(struct clasp_cubic *cubic, u32 cwnd, u64 now,
			      u32 mss)
{
	cubic->avoiding = true;
	cubic->elapsed = 0;
	cubic->seen = now;
	cubic->w_max = max(cubic->w_max, cwnd);
	cubic->k = clasp_cubic_k(cubic->w_max, cwnd, mss);
	cubic->w_est = cwnd;
	cubic->w_est_acked = 0;
}

/*
 * Sections 4.2 and 5.8: time in which the window was not in use does not count.
 * We are called when it was; then, there is an ACK in each round trip.
 */
static void clasp_cubic_pass(struct clasp_cubic *cubic,
			     const struct clasp_cong_sample *sample)
{
	u64 passed = sample->now - cubic->seen;

	if (sample->srtt)
		passed = min(passed, sample->srtt);
	cubic->elapsed += passed;
	cubic->seen = sample->now;
}

/*
 * Section 4.3, figure 4: Reno's window with CUBIC's reduction grows by
 * alpha = 3 * (1 - 0.7) / (1 + 0.7) = 9/17 of a segment in a round trip until it
 * has caught up, then by one.
 */
static void clasp_cubic_estimate(struct clasp_cubic *cubic, u32 cwnd, u32 acked,
				 u32 mss)
{
	u32 window = cwnd;

	if (cubic->w_est < cubic->cwnd_prior)
		window += cwnd / 9 * 8;
	if (cubic->w_est < CLASP_CWND_MAX &&
	    clasp_cong_window_acked(&cubic->w_est_acked, acked, window))
		cubic->w_est += mss;
}

/* Section 4.2: where the window should be after one more round trip. */
static u32 clasp_cubic_target(const struct clasp_cubic *cubic, u32 cwnd,
			      u64 t, u32 mss)
{
	return clamp(clasp_cubic_window(cubic, t, mss), cwnd, cwnd + cwnd / 2);
}

/* Sections 4.3 to 4.5: the Reno-friendly region; the concave and the convex. */
static void clasp_cubic_avoid(struct clasp_cong *cong,
			      const struct clasp_cong_sample *sample, u32 mss)
{
	struct clasp_cubic *cubic = &cong->private.cubic;
	u32 cwnd = cong->cwnd;
	u32 acked = min(sample->acked, cwnd);
	u64 t, next, target;

	if (!cubic->avoiding)
		clasp_cubic_begin(cubic, cwnd, sample->now, mss);
	clasp_cubic_pass(cubic, sample);
	clasp_cubic_estimate(cubic, cwnd, acked, mss);
	t = div_u64(cubic->elapsed, NSEC_PER_MSEC);
	if (clasp_cubic_window(cubic, t, mss) < cubic->w_est) {
		cong->cwnd = max(cwnd, cubic->w_est);
		return;
	}
	next = div_u64(cubic->elapsed + sample->srtt, NSEC_PER_MSEC);
	target = clasp_cubic_target(cubic, cwnd, next, mss);
	cong->cwnd += div_u64((target - cwnd) * acked, cwnd);
}

/* Section 4.10: the first slow start may end by itself. */
static void clasp_cubic_slow_start(struct clasp_cong *cong,
				   const struct clasp_cong_sample *sample,
				   u32 mss)
{
	u32 growth = sample->paced ? sample->acked :
		     min(sample->acked, CLASP_CUBIC_BURST * mss);
	bool first = cong->ssthresh == CLASP_CWND_MAX;

	if (first)
		growth = clasp_hystart_acked(&cong->hystart, sample, growth);
	clasp_cong_slow_start(cong, growth);
	if (first && clasp_hystart_over(&cong->hystart))
		cong->ssthresh = cong->cwnd;
}

static void clasp_cubic_acked(struct clasp_cong *cong,
			      const struct clasp_cong_sample *sample, u32 mss)
{
	if (cong->cwnd < cong->ssthresh) {
		cong->private.cubic.avoiding = false;
		clasp_cubic_slow_start(cong, sample, mss);
	} else {
		clasp_cubic_avoid(cong, sample, mss);
	}
}

/*
 * Section 4.6: beta is 0.7. Section 4.7: if the plateau was not reached again,
 * there are others who need the room, and the next one is below the window:
 * (1 + beta) / 2 of it.
 */
static u32 clasp_cubic_ssthresh(struct clasp_cong *cong, u32 in_flight, u32 mss)
{
	struct clasp_cubic *cubic = &cong->private.cubic;
	u32 cwnd = cong->cwnd;

	cubic->avoiding = false;
	cubic->cwnd_prior = cwnd;
	cubic->w_max = cwnd < cubic->w_max ? cwnd - 3 * cwnd / 20 : cwnd;
	return in_flight - 3 * in_flight / 10;
}

/* Section 4.8: the next stage has its plateau where it begins. */
static void clasp_cubic_timeout(struct clasp_cong *cong)
{
	cong->private.cubic.avoiding = false;
	cong->private.cubic.w_max = 0;
}

const struct clasp_cong_algorithm clasp_cubic = {
	.name = "cubic",
	.init = clasp_cubic_init,
	.acked = clasp_cubic_acked,
	.ssthresh = clasp_cubic_ssthresh,
	.timeout = clasp_cubic_timeout,
};
