// SPDX-License-Identifier: GPL-2.0
/* What all congestion control shares, to the byte (RFC 5681, 6928, 2861). */
#include <kunit/test.h>

#include "wire.h"
#include "../cong.h"

#define MSS	1000

/* A socket that has a window, and nothing else. */
static struct clasp_sock *cong_sock(struct kunit *test, u32 mss)
{
	struct clasp_sock *csk = kunit_kzalloc(test, sizeof(*csk), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, csk);
	csk->cong.algorithm = &clasp_reno;
	csk->snd_mss = mss;
	clasp_cong_init(csk);
	return csk;
}

static void cong_acked(struct clasp_sock *csk, u32 bytes)
{
	struct clasp_cong_sample sample = { .acked = bytes, .limited = true };

	clasp_cong_acked(csk, &sample);
}

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
	struct clasp_sock *csk = cong_sock(test, MSS);
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(&csk->cong, 0xa5, sizeof(csk->cong));
		csk->cong.algorithm = &clasp_reno;
		csk->snd_mss = rows[i].mss;
		clasp_cong_init(csk);
		KUNIT_EXPECT_EQ(test, csk->cong.cwnd, rows[i].window);
		KUNIT_EXPECT_EQ(test, csk->cong.private.reno.acked, 0);
		/* RFC 5681, 3.1: arbitrarily high. */
		KUNIT_EXPECT_GE(test, csk->cong.ssthresh, 1u << 30);
		/* There is nothing to be undone. */
		clasp_cong_undo(csk);
		KUNIT_EXPECT_EQ(test, csk->cong.cwnd, rows[i].window);
	}
}

/* Equation (4), and never less than two segments. */
static void cong_reduce(struct kunit *test)
{
	struct clasp_sock *csk = cong_sock(test, MSS);

	clasp_cong_reduce(csk, 9000, false);
	KUNIT_EXPECT_EQ(test, csk->cong.ssthresh, 4500);
	KUNIT_EXPECT_EQ(test, csk->cong.cwnd, 4500);
	/* What was sent into a larger window than there is does not count. */
	clasp_cong_reduce(csk, 9000, false);
	KUNIT_EXPECT_EQ(test, csk->cong.ssthresh, 2250);
	clasp_cong_reduce(csk, 1000, false);
	KUNIT_EXPECT_EQ(test, csk->cong.ssthresh, 2000);
	clasp_cong_reduce(csk, 0, false);
	KUNIT_EXPECT_EQ(test, csk->cong.ssthresh, 2000);
}

/* RFC 9438, figure 5: an echo leaves one segment at least, and nothing to undo. */
static void cong_echoed(struct kunit *test)
{
	static const struct {
		u32 cwnd;
		u32 in_flight;
		u32 window;
		u32 ssthresh;
	} rows[] = {
		{ 10000, 9000, 4500, 4500 },
		{ 4500, 9000, 2250, 2250 },
		{ 3000, 3000, 1500, 2000 },
		{ 1500, 1500, 1000, 2000 },
		{ 1000, 1000, 1000, 2000 },
		{ 1000, 0, 1000, 2000 },
		/* Segments have become larger. */
		{ 500, 500, 500, 2000 },
	};
	struct clasp_sock *csk = cong_sock(test, MSS);
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		csk->cong.cwnd = rows[i].cwnd;
		clasp_cong_echoed(csk, rows[i].in_flight);
		KUNIT_EXPECT_EQ(test, csk->cong.cwnd, rows[i].window);
		KUNIT_EXPECT_EQ(test, csk->cong.goal, rows[i].window);
		KUNIT_EXPECT_EQ(test, csk->cong.ssthresh, rows[i].ssthresh);
		clasp_cong_undo(csk);
		KUNIT_EXPECT_EQ(test, csk->cong.cwnd, rows[i].window);
	}
}

/* Section 3.1: the loss window, then slow start up to the threshold. */
static void cong_timeout(struct kunit *test)
{
	struct clasp_sock *csk = cong_sock(test, MSS);
	int i;

	clasp_cong_reduce(csk, 10000, false);
	clasp_cong_timeout(csk);
	KUNIT_EXPECT_EQ(test, csk->cong.cwnd, 1000);
	KUNIT_EXPECT_EQ(test, csk->cong.ssthresh, 5000);
	for (i = 2; i <= 5; i++) {
		cong_acked(csk, 1000);
		KUNIT_EXPECT_EQ(test, csk->cong.cwnd, i * 1000);
	}
	/* Congestion avoidance from here. */
	for (i = 0; i < 4; i++)
		cong_acked(csk, 1000);
	KUNIT_EXPECT_EQ(test, csk->cong.cwnd, 5000);
	cong_acked(csk, 1000);
	KUNIT_EXPECT_EQ(test, csk->cong.cwnd, 6000);
}

/* Of two in doubt, what was before the first; of another algorithm, nothing is. */
static void cong_in_doubt(struct kunit *test)
{
	struct clasp_sock *csk = cong_sock(test, MSS);

	csk->cong.cwnd = 10000;
	clasp_cong_reduce(csk, 10000, false);
	clasp_cong_reduce(csk, 5000, true);
	clasp_cong_undo(csk);
	KUNIT_EXPECT_EQ(test, csk->cong.cwnd, 10000);
	clasp_cong_reduce(csk, 8000, true);
	clasp_cong_undo(csk);
	KUNIT_EXPECT_EQ(test, csk->cong.cwnd, 10000);
}

/* All that a reduction and a time-out changed, once. */
static void cong_undo(struct kunit *test)
{
	struct clasp_sock *csk = cong_sock(test, MSS);

	csk->cong.ssthresh = 10000;
	cong_acked(csk, 9000);
	clasp_cong_reduce(csk, 10000, false);
	clasp_cong_timeout(csk);
	cong_acked(csk, 1000);
	clasp_cong_undo(csk);
	KUNIT_EXPECT_EQ(test, csk->cong.cwnd, 10000);
	KUNIT_EXPECT_EQ(test, csk->cong.ssthresh, 10000);
	/* The tenth thousand, so all that was counted is there again. */
	cong_acked(csk, 1000);
	KUNIT_EXPECT_EQ(test, csk->cong.cwnd, 11000);
	clasp_cong_reduce(csk, 11000, false);
	clasp_cong_undo(csk);
	csk->cong.cwnd = 3000;
	clasp_cong_undo(csk);
	KUNIT_EXPECT_EQ(test, csk->cong.cwnd, 3000);
	/* A window that has become larger since stays so. */
	clasp_cong_reduce(csk, 3000, false);
	csk->cong.cwnd = 4000;
	clasp_cong_undo(csk);
	KUNIT_EXPECT_EQ(test, csk->cong.cwnd, 4000);
}

/* RFC 7661: a window that is not used does not grow. */
static void cong_unused(struct kunit *test)
{
	static const struct {
		u32 ssthresh;
		u32 in_flight;
		bool limited;
		u32 window;
	} rows[] = {
		{ CLASP_CWND_MAX, 10000, true, 11000 },
		{ CLASP_CWND_MAX, 0, true, 11000 },
		/* Slow start is allowed to be one round trip ahead. */
		{ CLASP_CWND_MAX, 5001, false, 11000 },
		{ CLASP_CWND_MAX, 5000, false, 10000 },
		{ CLASP_CWND_MAX, 1, false, 10000 },
		{ 10000, 9000, true, 11000 },
		{ 10000, 9000, false, 10000 },
	};
	struct clasp_sock *csk = cong_sock(test, MSS);
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct clasp_cong_sample sample = {
			.acked = 1000,
			.in_flight = rows[i].in_flight,
			.limited = rows[i].limited,
		};

		clasp_cong_init(csk);
		csk->cong.private.reno.acked = 9000;
		csk->cong.ssthresh = rows[i].ssthresh;
		clasp_cong_acked(csk, &sample);
		KUNIT_EXPECT_EQ(test, csk->cong.cwnd, rows[i].window);
	}
}

/* RFC 2861, section 3.1: half for each timeout, to RFC 5681's restart window. */
static void cong_idle(struct kunit *test)
{
	static const struct {
		u64 idle;
		u32 cwnd;
		u32 ssthresh;
		u32 after;
		u32 ssthresh_after;
	} rows[] = {
		{ MS(300), 500000, 400000, 500000, 400000 },
		{ MS(300) + 1, 500000, 400000, 250000, 400000 },
		{ MS(600), 500000, 300000, 250000, 375000 },
		{ MS(600) + 1, 500000, 300000, 125000, 375000 },
		{ SECONDS(3600), 500000, 400000, 10000, 400000 },
		{ SECONDS(3600), 15000, CLASP_CWND_MAX, 10000, CLASP_CWND_MAX },
		{ SECONDS(3600), 3000, 20000, 3000, 20000 },
	};
	struct clasp_sock *csk = cong_sock(test, MSS);
	int i;

	csk->rtt.rto = MS(300);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		clasp_cong_init(csk);
		csk->rtxq.sent_at = clasp_clock();
		wire_run(test->priv, rows[i].idle);
		csk->cong.cwnd = rows[i].cwnd;
		csk->cong.ssthresh = rows[i].ssthresh;
		clasp_cong_idle(csk);
		KUNIT_EXPECT_EQ(test, csk->cong.cwnd, rows[i].after);
		KUNIT_EXPECT_EQ(test, csk->cong.ssthresh,
				rows[i].ssthresh_after);
		/* If it could not be sent, the same time does not count twice. */
		clasp_cong_idle(csk);
		KUNIT_EXPECT_EQ(test, csk->cong.cwnd, rows[i].after);
	}
}

/* However long a connection lasts. */
static void cong_limit(struct kunit *test)
{
	struct clasp_sock *csk = cong_sock(test, 65483);
	u32 before;
	int i;

	for (i = 0; i < 100000; i++) {
		before = csk->cong.cwnd;
		cong_acked(csk, 65483);
		if (csk->cong.cwnd < before)
			KUNIT_FAIL(test, "window of %u became %u", before,
				   csk->cong.cwnd);
	}
	KUNIT_EXPECT_LE(test, csk->cong.cwnd, 1u << 30);
}

static struct kunit_case cong_cases[] = {
	KUNIT_CASE(cong_initial),
	KUNIT_CASE(cong_reduce),
	KUNIT_CASE(cong_echoed),
	KUNIT_CASE(cong_timeout),
	KUNIT_CASE(cong_in_doubt),
	KUNIT_CASE(cong_undo),
	KUNIT_CASE(cong_unused),
	KUNIT_CASE(cong_idle),
	KUNIT_CASE(cong_limit),
	{}
};

static struct kunit_suite cong_suite = {
	.name = "clasp_cong",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = cong_cases,
};

kunit_test_suite(cong_suite);
