// SPDX-License-Identifier: GPL-2.0
/*
 * When to end the first slow start (HyStart++, RFC 9406).
 *
 * A round trip that takes longer than the one before tells of a queue. Slow
 * start goes on more slowly then: conservatively, for a few rounds in which the
 * round-trip time may fall again, if it was mere jitter.
 *
 * A round is over when as much has been acknowledged as was in flight when it
 * began: as RFC 9406's windowEnd, without numbers.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "hystart.h"

/* RFC 9406, section 4.3; times in microseconds. */
#define CLASP_HYSTART_RTT_THRESH_MIN	4000u
#define CLASP_HYSTART_RTT_THRESH_MAX	16000u
#define CLASP_HYSTART_RTT_DIVISOR	8
#define CLASP_HYSTART_RTT_SAMPLES	8
#define CLASP_HYSTART_CSS_DIVISOR	4
#define CLASP_HYSTART_CSS_ROUNDS	5

/**
 * clasp_hystart_init() - at the start of a connection
 * @hystart: what is to be known of it
 */
void clasp_hystart_init(struct clasp_hystart *hystart)
{
	*hystart = (struct clasp_hystart){
		.last_rtt = U32_MAX,
		.rtt = U32_MAX,
		.baseline = U32_MAX,
	};
}

static void clasp_hystart_measure(struct clasp_hystart *hystart, u64 rtt)
{
	if (!rtt)
		return;
	hystart->rtt = min_t(u64, hystart->rtt, div_u64(rtt, NSEC_PER_USEC));
	if (hystart->samples < CLASP_HYSTART_RTT_SAMPLES)
		hystart->samples++;
}

/* Does this round take longer than the last one? Then there is a queue. */
static void clasp_hystart_slower(struct clasp_hystart *hystart)
{
	u32 thresh = clamp(hystart->last_rtt / CLASP_HYSTART_RTT_DIVISOR,
			   CLASP_HYSTART_RTT_THRESH_MIN,
			   CLASP_HYSTART_RTT_THRESH_MAX);

	if (hystart->last_rtt == U32_MAX ||
	    hystart->rtt < (u64)hystart->last_rtt + thresh)
		return;
	hystart->css = true;
	hystart->css_rounds = 0;
	hystart->baseline = hystart->rtt;
}

/* Does it not any more? Then there was none. */
static void clasp_hystart_faster(struct clasp_hystart *hystart)
{
	if (hystart->rtt >= hystart->baseline)
		return;
	hystart->css = false;
	hystart->baseline = U32_MAX;
}

static void clasp_hystart_judge(struct clasp_hystart *hystart)
{
	if (hystart->samples < CLASP_HYSTART_RTT_SAMPLES)
		return;
	if (hystart->css)
		clasp_hystart_faster(hystart);
	else
		clasp_hystart_slower(hystart);
}

/* A part of a round counts as one, too. */
static void clasp_hystart_count(struct clasp_hystart *hystart,
				const struct clasp_cong_sample *sample)
{
	if (!hystart->round_left)
		hystart->round_left = sample->in_flight;
	if (sample->acked < hystart->round_left) {
		hystart->round_left -= sample->acked;
		return;
	}
	hystart->css_rounds += hystart->css;
	hystart->last_rtt = hystart->rtt;
	hystart->rtt = U32_MAX;
	hystart->samples = 0;
	hystart->round_left = sample->in_flight -
			      min(sample->acked, sample->in_flight);
}

/**
 * clasp_hystart_acked() - an ACK in the first slow start
 * @hystart: how it is going
 * @sample: what the ACK says
 * @growth: bytes by which the window would grow
 *
 * Source: RFC 9406, section 4.2.
 *
 * Return: bytes by which the window grows instead.
 */
u32 clasp_hystart_acked(struct clasp_hystart *hystart,
			const struct clasp_cong_sample *sample, u32 growth)
{
	if (hystart->css)
		growth /= CLASP_HYSTART_CSS_DIVISOR;
	clasp_hystart_measure(hystart, sample->rtt);
	clasp_hystart_judge(hystart);
	clasp_hystart_count(hystart, sample);
	return growth;
}

/**
 * clasp_hystart_over() - is it time for congestion avoidance?
 * @hystart: how slow start is going
 *
 * Return: true if so: the threshold is where the window is now.
 */
bool clasp_hystart_over(const struct clasp_hystart *hystart)
{
	return hystart->css &&
	       hystart->css_rounds >= CLASP_HYSTART_CSS_ROUNDS;
}
