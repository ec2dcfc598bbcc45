// SPDX-License-Identifier: GPL-2.0
/* Congestion control, to the byte (RFC 5681, RFC 6928). */
#include <kunit/test.h>

#include "../cong.h"

/* RFC 6928, section 2: min (10*MSS, max (2*MSS, 14600)). */
static void cong_initial(struct kunit *test)
{
	static const struct {
		u32 mss;
		u32 window;
	} rows[] = {
		{ 64, 640 },
		{ 536, 5360 },
		{ 1448, 14480 },
		{ 1460, 14600 },
		{ 1461, 14600 },
		{ 7300, 14600 },
		{ 7301, 14602 },
		{ 65483, 130966 },
	};
	struct clasp_cong cong;
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(&cong, 0xa5, sizeof(cong));
		clasp_cong_init(&cong, rows[i].mss);
		KUNIT_EXPECT_EQ(test, cong.cwnd, rows[i].window);
		KUNIT_EXPECT_EQ(test, cong.acked, 0);
		/* RFC 5681, 3.1: arbitrarily high. */
		KUNIT_EXPECT_GE(test, cong.ssthresh, 1u << 30);
	}
}

/* RFC 5681, equation (2): cwnd += min (N, SMSS). */
static void cong_slow_start(struct kunit *test)
{
	struct clasp_cong cong;

	clasp_cong_init(&cong, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 10000);
	clasp_cong_acked(&cong, 1000, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 11000);
	clasp_cong_acked(&cong, 1, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 11001);
	clasp_cong_acked(&cong, 5000, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 12001);
}

/* Section 3.1: about one segment for each window that is acknowledged. */
static void cong_avoidance(struct kunit *test)
{
	struct clasp_cong cong = { .cwnd = 10000, .ssthresh = 10000 };
	int i;

	for (i = 0; i < 9; i++)
		clasp_cong_acked(&cong, 1000, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 10000);
	clasp_cong_acked(&cong, 1000, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 11000);
	for (i = 0; i < 10; i++)
		clasp_cong_acked(&cong, 1000, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 11000);
	clasp_cong_acked(&cong, 1000, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 12000);
}

/* Equation (4): ssthresh = max (FlightSize / 2, 2*SMSS). */
static void cong_loss(struct kunit *test)
{
	struct clasp_cong cong;

	clasp_cong_init(&cong, 1000);
	cong.acked = 77;
	clasp_cong_loss(&cong, 9000, 1000);
	KUNIT_EXPECT_EQ(test, cong.ssthresh, 4500);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 4500);
	KUNIT_EXPECT_EQ(test, cong.acked, 0);
	clasp_cong_loss(&cong, 1000, 1000);
	KUNIT_EXPECT_EQ(test, cong.ssthresh, 2000);
	clasp_cong_loss(&cong, 0, 1000);
	KUNIT_EXPECT_EQ(test, cong.ssthresh, 2000);
}

/* Section 3.1: a timeout leaves one segment, then slow start to ssthresh. */
static void cong_timeout(struct kunit *test)
{
	struct clasp_cong cong;
	int i;

	clasp_cong_init(&cong, 1000);
	clasp_cong_loss(&cong, 10000, 1000);
	clasp_cong_timeout(&cong, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 1000);
	KUNIT_EXPECT_EQ(test, cong.ssthresh, 5000);
	for (i = 2; i <= 5; i++) {
		clasp_cong_acked(&cong, 1000, 1000);
		KUNIT_EXPECT_EQ(test, cong.cwnd, i * 1000);
	}
	/* From here on five segments are needed for one more. */
	for (i = 0; i < 4; i++)
		clasp_cong_acked(&cong, 1000, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 5000);
	clasp_cong_acked(&cong, 1000, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 6000);
}

/* Section 4.1: RW = min (IW, cwnd) after idle time. */
static void cong_idle(struct kunit *test)
{
	struct clasp_cong cong = { .cwnd = 500000, .ssthresh = 400000 };

	clasp_cong_idle(&cong, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 10000);
	KUNIT_EXPECT_EQ(test, cong.ssthresh, 400000);
	cong.cwnd = 3000;
	clasp_cong_idle(&cong, 1000);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 3000);
}

/* The window never wraps, however much is acknowledged. */
static void cong_limit(struct kunit *test)
{
	struct clasp_cong cong;
	u32 before;
	int i;

	clasp_cong_init(&cong, 65483);
	for (i = 0; i < 100000; i++) {
		before = cong.cwnd;
		clasp_cong_acked(&cong, 65483, 65483);
		if (cong.cwnd < before)
			break;
	}
	KUNIT_EXPECT_EQ(test, i, 100000);
	KUNIT_EXPECT_LE(test, cong.cwnd, 1u << 30);
}

static struct kunit_case cong_cases[] = {
	KUNIT_CASE(cong_initial),
	KUNIT_CASE(cong_slow_start),
	KUNIT_CASE(cong_avoidance),
	KUNIT_CASE(cong_loss),
	KUNIT_CASE(cong_timeout),
	KUNIT_CASE(cong_idle),
	KUNIT_CASE(cong_limit),
	{}
};

static struct kunit_suite cong_suite = {
	.name = "clasp_cong",
	.test_cases = cong_cases,
};

kunit_test_suite(cong_suite);
