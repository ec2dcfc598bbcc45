// SPDX-License-Identifier: GPL-2.0
/* Reno, to the byte (RFC 5681). */
#include <kunit/test.h>

#include "../cong.h"

#define MSS	1000

static void reno_acked(struct clasp_cong *cong, u32 bytes)
{
	struct clasp_cong_sample sample = { .acked = bytes };

	clasp_reno.acked(cong, &sample, MSS);
}

/* RFC 5681, equation (2): cwnd += min (N, SMSS). */
static void reno_slow_start(struct kunit *test)
{
	struct clasp_cong cong = { .cwnd = 10000, .ssthresh = 12500 };

	reno_acked(&cong, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 11000);
	reno_acked(&cong, 1);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 11001);
	reno_acked(&cong, 5000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 12001);
	/* Up to the threshold, not beyond. */
	reno_acked(&cong, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 12500);
}

/* Section 3.1: about one segment for each window that is acknowledged. */
static void reno_avoidance(struct kunit *test)
{
	struct clasp_cong cong = { .cwnd = 10000, .ssthresh = 10000 };
	int i;

	for (i = 0; i < 9; i++)
		reno_acked(&cong, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 10000);
	reno_acked(&cong, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 11000);
	for (i = 0; i < 10; i++)
		reno_acked(&cong, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 11000);
	reno_acked(&cong, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 12000);
	/* Never more than one segment for one ACK. */
	reno_acked(&cong, U32_MAX);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 13000);
}

/* Equation (4); what was counted towards the next segment is not any more. */
static void reno_ssthresh(struct kunit *test)
{
	struct clasp_cong cong = { .cwnd = 10000, .ssthresh = 10000 };

	reno_acked(&cong, 9000);
	KUNIT_EXPECT_EQ(test, clasp_reno.ssthresh(&cong, 9001, MSS), 4500);
	reno_acked(&cong, 9000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 10000);
	reno_acked(&cong, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 11000);
}

static struct kunit_case reno_cases[] = {
	KUNIT_CASE(reno_slow_start),
	KUNIT_CASE(reno_avoidance),
	KUNIT_CASE(reno_ssthresh),
	{}
};

static struct kunit_suite reno_suite = {
	.name = "clasp_reno",
	.test_cases = reno_cases,
};

kunit_test_suite(reno_suite);
