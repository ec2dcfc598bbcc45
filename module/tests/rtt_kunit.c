// SPDX-License-Identifier: GPL-2.0
/* Round-trip time and retransmission timeout, to the number (RFC 6298). */
#include <kunit/test.h>
#include <linux/time64.h>

#include "../rtt.h"

static const struct clasp_sysctl knobs = {
	.rto_min_ms = 200,
	.rto_max_ms = 120000,
};

#define MS(n)	((u64)(n) * NSEC_PER_MSEC)

/* (2.1): one second before any measurement. */
static void rtt_initial(struct kunit *test)
{
	struct clasp_rtt rtt;

	memset(&rtt, 0xa5, sizeof(rtt));
	clasp_rtt_init(&rtt);
	KUNIT_EXPECT_EQ(test, rtt.srtt, 0);
	KUNIT_EXPECT_EQ(test, rtt.backoff, 0);
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(1000));
}

/* (2.2): SRTT = R, RTTVAR = R/2, RTO = SRTT + max(G, 4 * RTTVAR). */
static void rtt_first(struct kunit *test)
{
	struct clasp_rtt rtt;

	clasp_rtt_init(&rtt);
	clasp_rtt_sample(&rtt, MS(400), &knobs);
	KUNIT_EXPECT_EQ(test, rtt.srtt, MS(400));
	KUNIT_EXPECT_EQ(test, rtt.rttvar, MS(200));
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(1200));
}

/*
 * (2.3): RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R'| with the old SRTT, then
 * SRTT = 7/8 SRTT + 1/8 R'. Worked out by hand.
 */
static void rtt_next(struct kunit *test)
{
	struct clasp_rtt rtt;

	clasp_rtt_init(&rtt);
	clasp_rtt_sample(&rtt, MS(400), &knobs);
	clasp_rtt_sample(&rtt, MS(800), &knobs);
	KUNIT_EXPECT_EQ(test, rtt.rttvar, MS(250));
	KUNIT_EXPECT_EQ(test, rtt.srtt, MS(450));
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(1450));
	clasp_rtt_sample(&rtt, MS(50), &knobs);
	KUNIT_EXPECT_EQ(test, rtt.rttvar, 287500000);
	KUNIT_EXPECT_EQ(test, rtt.srtt, MS(400));
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(1550));
}

/* A steady path: the variation fades, the least timeout remains. */
static void rtt_steady(struct kunit *test)
{
	struct clasp_rtt rtt;
	int i;

	clasp_rtt_init(&rtt);
	for (i = 0; i < 200; i++)
		clasp_rtt_sample(&rtt, MS(10), &knobs);
	KUNIT_EXPECT_LE(test, abs_diff(rtt.srtt, MS(10)), 16);
	KUNIT_EXPECT_LE(test, rtt.rttvar, 16);
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(200));
	for (i = 0; i < 400; i++)
		clasp_rtt_sample(&rtt, MS(3000), &knobs);
	KUNIT_EXPECT_GE(test, clasp_rtt_timeout(&rtt, &knobs), MS(2999));
	KUNIT_EXPECT_LE(test, clasp_rtt_timeout(&rtt, &knobs), MS(3002));
}

/* The knob clamps from below what is measured, not what is doubled. */
static void rtt_minimum(struct kunit *test)
{
	struct clasp_sysctl slow = knobs;
	struct clasp_rtt rtt;

	slow.rto_min_ms = 1000;
	clasp_rtt_init(&rtt);
	clasp_rtt_sample(&rtt, 0, &slow);
	KUNIT_EXPECT_NE(test, rtt.srtt, 0);
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &slow), MS(1000));
	rtt.backoff = 1;
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &slow), MS(2000));
}

/* (5.5) and (2.5): doubled each time, up to a limit that is never exceeded. */
static void rtt_backoff(struct kunit *test)
{
	struct clasp_rtt rtt;
	u64 want = MS(1000);
	int i;

	clasp_rtt_init(&rtt);
	for (i = 0; i <= U8_MAX; i++) {
		rtt.backoff = i;
		KUNIT_EXPECT_EQ_MSG(test, clasp_rtt_timeout(&rtt, &knobs),
				    want, "after %d", i);
		want = min(2 * want, MS(120000));
	}
}

/* Section 5, the end: a new measurement ends the back-off. */
static void rtt_collapse(struct kunit *test)
{
	struct clasp_rtt rtt;

	clasp_rtt_init(&rtt);
	rtt.backoff = 5;
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(32000));
	clasp_rtt_sample(&rtt, MS(400), &knobs);
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(1200));
}

/* (5.7): 3 seconds if the SYN had to be sent again, and only then. */
static void rtt_after_handshake(struct kunit *test)
{
	struct clasp_rtt rtt;

	clasp_rtt_init(&rtt);
	clasp_rtt_open(&rtt);
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(1000));
	rtt.backoff = 4;
	clasp_rtt_open(&rtt);
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(3000));
	clasp_rtt_init(&rtt);
	clasp_rtt_sample(&rtt, MS(400), &knobs);
	clasp_rtt_open(&rtt);
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(1200));
}

/* Nothing overflows: neither hours nor the greatest number there is. */
static void rtt_extreme(struct kunit *test)
{
	struct clasp_rtt rtt;
	u64 hour = 3600 * NSEC_PER_SEC;

	clasp_rtt_init(&rtt);
	clasp_rtt_sample(&rtt, hour, &knobs);
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(120000));
	rtt.backoff = U8_MAX;
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(120000));
	clasp_rtt_sample(&rtt, 1, &knobs);
	KUNIT_EXPECT_EQ(test, clasp_rtt_timeout(&rtt, &knobs), MS(120000));
}

static struct kunit_case rtt_cases[] = {
	KUNIT_CASE(rtt_initial),
	KUNIT_CASE(rtt_first),
	KUNIT_CASE(rtt_next),
	KUNIT_CASE(rtt_steady),
	KUNIT_CASE(rtt_minimum),
	KUNIT_CASE(rtt_backoff),
	KUNIT_CASE(rtt_collapse),
	KUNIT_CASE(rtt_after_handshake),
	KUNIT_CASE(rtt_extreme),
	{}
};

static struct kunit_suite rtt_suite = {
	.name = "clasp_rtt",
	.test_cases = rtt_cases,
};

kunit_test_suite(rtt_suite);
