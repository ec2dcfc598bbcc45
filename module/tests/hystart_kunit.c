// SPDX-License-Identifier: GPL-2.0
/* HyStart++: when the first slow start ends (RFC 9406). */
#include <kunit/test.h>

#include "../hystart.h"
#include "wire.h"

#define MSS	1000

/* A round trip of @acks ACKs that measure @us, or nothing for 0. */
static void hystart_round(struct clasp_hystart *hystart, u32 acks, u64 us)
{
	struct clasp_cong_sample sample = {
		.rtt = us * NSEC_PER_USEC,
		.acked = MSS,
		.in_flight = acks * MSS,
	};

	hystart->round_left = acks * MSS;
	while (acks--)
		clasp_hystart_acked(hystart, &sample, MSS);
}

/* Section 4.2: RttThresh is an eighth of the last round's, but 4 to 16 ms. */
static void hystart_threshold(struct kunit *test)
{
	static const struct {
		u32 acks;
		u32 last;
		u32 rtt;
		bool css;
	} rows[] = {
		{ 10, 1, 4000, false },
		{ 10, 1, 4001, true },
		{ 10, 10000, 13999, false },
		{ 10, 10000, 14000, true },
		{ 10, 80000, 89999, false },
		{ 10, 80000, 90000, true },
		{ 10, 400000, 415999, false },
		{ 10, 400000, 416000, true },
		/* Eight measurements at least. */
		{ 8, 10000, 14000, true },
		{ 7, 10000, 500000, false },
		/* No measurement is none of 0. */
		{ 10, 0, 500000, false },
		{ 10, 10000, 0, false },
		/* It has become faster. */
		{ 10, 10000, 1000, false },
		/* The longest that can be told. */
		{ 10, 4294967294u, 4294967295u, false },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct clasp_hystart hystart;

		clasp_hystart_init(&hystart);
		hystart_round(&hystart, rows[i].acks, rows[i].last);
		KUNIT_EXPECT_FALSE(test, hystart.css);
		hystart_round(&hystart, rows[i].acks, rows[i].rtt);
		KUNIT_EXPECT_EQ_MSG(test, hystart.css, rows[i].css, "row %d", i);
		KUNIT_EXPECT_FALSE(test, clasp_hystart_over(&hystart));
	}
}

/* RFC 9406's windowEnd: what was in flight when the round began. */
static void hystart_rounds(struct kunit *test)
{
	struct clasp_cong_sample sample = { .rtt = MS(10), .acked = 2 * MSS };
	struct clasp_hystart hystart;
	int i;

	clasp_hystart_init(&hystart);
	sample.in_flight = 10 * MSS;
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, hystart.samples, i);
		KUNIT_EXPECT_EQ(test, hystart.last_rtt, U32_MAX);
		clasp_hystart_acked(&hystart, &sample, MSS);
		sample.in_flight += 2 * MSS;
	}
	KUNIT_EXPECT_EQ(test, hystart.last_rtt, 10000);
	KUNIT_EXPECT_EQ(test, hystart.rtt, U32_MAX);
	/* Less what the last ACK acknowledged. */
	KUNIT_EXPECT_EQ(test, hystart.round_left, 16 * MSS);
	/* An ACK of all begins a round of what will be sent. */
	sample.acked = sample.in_flight;
	clasp_hystart_acked(&hystart, &sample, MSS);
	KUNIT_EXPECT_EQ(test, hystart.round_left, 0);
	clasp_hystart_acked(&hystart, &sample, MSS);
	KUNIT_EXPECT_EQ(test, hystart.last_rtt, 10000);
}

/* The least of a round counts, so that one late ACK says nothing. */
static void hystart_least(struct kunit *test)
{
	struct clasp_cong_sample sample = {
		.rtt = MS(50), .acked = MSS, .in_flight = 10 * MSS,
	};
	struct clasp_hystart hystart;
	int i;

	clasp_hystart_init(&hystart);
	hystart_round(&hystart, 10, 10000);
	for (i = 0; i < 10; i++) {
		sample.rtt = i == 5 ? MS(10) : MS(50);
		clasp_hystart_acked(&hystart, &sample, MSS);
	}
	KUNIT_EXPECT_FALSE(test, hystart.css);
}

/* Five rounds, the one counts in whose middle they began; a quarter of growth. */
static void hystart_conservative(struct kunit *test)
{
	struct clasp_cong_sample sample = {
		.rtt = MS(20), .acked = MSS, .in_flight = 10 * MSS,
	};
	struct clasp_hystart hystart;
	int i;

	clasp_hystart_init(&hystart);
	hystart_round(&hystart, 10, 10000);
	hystart.round_left = 10 * MSS;
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, clasp_hystart_acked(&hystart, &sample,
							  MSS),
				i < 8 ? MSS : MSS / 4);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_FALSE(test, clasp_hystart_over(&hystart));
		hystart_round(&hystart, 20, 20000);
	}
	KUNIT_EXPECT_TRUE(test, clasp_hystart_over(&hystart));
}

/* What was jitter ends it; and it may begin again, from the first of the five. */
static void hystart_jitter(struct kunit *test)
{
	struct clasp_hystart hystart;

	clasp_hystart_init(&hystart);
	hystart_round(&hystart, 10, 10000);
	hystart_round(&hystart, 10, 20000);
	hystart_round(&hystart, 10, 20000);
	hystart_round(&hystart, 10, 21000);
	KUNIT_EXPECT_TRUE(test, hystart.css);
	/* Not fewer than eight measurements. */
	hystart_round(&hystart, 7, 19000);
	KUNIT_EXPECT_TRUE(test, hystart.css);
	hystart_round(&hystart, 10, 19999);
	KUNIT_EXPECT_FALSE(test, hystart.css);
	hystart_round(&hystart, 10, 30000);
	KUNIT_EXPECT_TRUE(test, hystart.css);
	hystart_round(&hystart, 10, 30000);
	hystart_round(&hystart, 10, 30000);
	hystart_round(&hystart, 10, 30000);
	KUNIT_EXPECT_FALSE(test, clasp_hystart_over(&hystart));
	hystart_round(&hystart, 10, 30000);
	KUNIT_EXPECT_TRUE(test, clasp_hystart_over(&hystart));
}

/* CUBIC asks in the first slow start only, and sets its threshold then. */
static void hystart_of_cubic(struct kunit *test)
{
	struct clasp_cong_sample sample = { .acked = MSS };
	struct clasp_cong cong = {
		.cwnd = 10 * MSS, .ssthresh = CLASP_CWND_MAX,
	};
	int round, i;

	clasp_cubic.init(&cong);
	for (round = 0; round < 6; round++) {
		KUNIT_EXPECT_EQ(test, cong.ssthresh, CLASP_CWND_MAX);
		sample.rtt = round ? MS(30) : MS(10);
		cong.hystart.round_left = 10 * MSS;
		for (i = 0; i < 10; i++)
			clasp_cubic.acked(&cong, &sample, MSS);
	}
	/* By ten, by eight of the next round, and then by quarters: 2 + 40. */
	KUNIT_EXPECT_EQ(test, cong.cwnd, 28 * MSS + 42 * MSS / 4);
	KUNIT_EXPECT_EQ(test, cong.ssthresh, cong.cwnd);
	/* In a later one, whatever the round trips take. */
	cong.cwnd = 10 * MSS;
	for (round = 0; round < 8; round++) {
		sample.rtt = MS(10 + 10 * round);
		for (i = 0; i < 2; i++)
			clasp_cubic.acked(&cong, &sample, MSS);
	}
	KUNIT_EXPECT_EQ(test, cong.cwnd, 26 * MSS);
	KUNIT_EXPECT_EQ(test, cong.ssthresh, 28 * MSS + 42 * MSS / 4);
}

static struct kunit_case hystart_cases[] = {
	KUNIT_CASE(hystart_threshold),
	KUNIT_CASE(hystart_rounds),
	KUNIT_CASE(hystart_least),
	KUNIT_CASE(hystart_conservative),
	KUNIT_CASE(hystart_jitter),
	KUNIT_CASE(hystart_of_cubic),
	{}
};

static struct kunit_suite hystart_suite = {
	.name = "clasp_hystart",
	.test_cases = hystart_cases,
};

kunit_test_suite(hystart_suite);
