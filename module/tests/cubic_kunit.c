// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC against RFC 9438's equations. The windows expected were computed with
 * double precision, in segments and seconds as the RFC has them.
 */
#include <kunit/test.h>

#include "../cong.h"
#include "wire.h"

#define MSS	1448

static void cubic_ack(struct clasp_cong *cong, u64 now, u64 rtt, u32 acked,
		      u32 mss)
{
	struct clasp_cong_sample sample = {
		.now = now,
		.rtt = rtt,
		.srtt = rtt,
		.acked = acked,
		.in_flight = cong->cwnd,
		.limited = true,
	};

	clasp_cubic.acked(cong, &sample, mss);
}

/* Congestion avoidance at @cwnd, after a reduction from @prior. */
static struct clasp_cong cubic_avoiding(u32 cwnd, u32 prior)
{
	struct clasp_cong cong = {};

	clasp_cubic.init(&cong);
	cong.cwnd = cwnd;
	cong.ssthresh = cwnd;
	cong.private.cubic.w_max = prior;
	cong.private.cubic.cwnd_prior = prior;
	return cong;
}

/**
 * struct cubic_trace - ACKs at equal distances and what they make of the window
 * @name: which region of the curve it is about
 * @w_max: where the plateau is, segments
 * @cwnd: where the trace begins, segments
 * @mss: bytes in a segment
 * @rtt: ms
 * @step: us from each ACK to the next
 * @acked: by each, segments
 * @every: this many ACKs from one of the windows expected to the next
 * @within: how far off the window may be, bytes
 * @expected: windows, bytes
 */
struct cubic_trace {
	const char *name;
	u32 w_max;
	u32 cwnd;
	u32 mss;
	u32 rtt;
	u32 step;
	u32 acked;
	u32 every;
	u32 within;
	u32 expected[16];
};

static const struct cubic_trace cubic_traces[] = {
	{
		.name = "concave, then convex (4.4, 4.5)",
		.w_max = 200, .cwnd = 140, .mss = MSS,
		.rtt = 100, .step = 50000, .acked = 70, .every = 20,
		.within = 150,
		.expected = {
			242489, 267878, 282016, 288126, 289564, 289768, 292205,
			300313, 317443, 346811, 391462
		},
	}, {
		.name = "out of slow start (4.10)",
		.w_max = 0, .cwnd = 100, .mss = MSS,
		.rtt = 200, .step = 100000, .acked = 50, .every = 10,
		/* Reno's window grows by whole segments at first. */
		.within = MSS,
		.expected = {
			151884, 158651, 165139, 180880, 214112, 262179, 327134,
			410661, 514169, 638834, 785646, 955433
		},
	}, {
		.name = "Reno-friendly (4.3)",
		.w_max = 20, .cwnd = 14, .mss = MSS,
		.rtt = 10, .step = 5000, .acked = 7, .every = 40,
		.within = MSS,
		.expected = {
			34695, 48815, 59666, 68821, 76890, 84188, 90900, 97149,
			103019, 108572
		},
	}, {
		.name = "10 Gbit/s at 50 ms",
		.w_max = 20000, .cwnd = 14000, .mss = 8948,
		.rtt = 50, .step = 25000, .acked = 7000, .every = 100,
		.within = 20000,
		.expected = {
			139969182, 151709366, 160822373, 167638877, 172490763,
			175710957, 177633257, 178592154, 178922659, 178960123,
			179040060, 179497964, 180669134, 182888490, 186490399,
			191808497
		},
	},
};

static void cubic_follow(struct kunit *test, const struct cubic_trace *trace)
{
	struct clasp_cong cong = cubic_avoiding(trace->cwnd * trace->mss,
						trace->w_max * trace->mss);
	int i, acks = 0;

	for (i = 0; i < ARRAY_SIZE(trace->expected) && trace->expected[i]; i++) {
		s64 off;

		for (; acks < (i + 1) * trace->every; acks++)
			cubic_ack(&cong, SECONDS(7) + (u64)acks * trace->step *
				  NSEC_PER_USEC, MS(trace->rtt),
				  trace->acked * trace->mss, trace->mss);
		off = (s64)cong.cwnd - trace->expected[i];
		KUNIT_EXPECT_LE_MSG(test, abs(off), trace->within,
				    "%s: %u instead of %u after %u ACKs",
				    trace->name, cong.cwnd, trace->expected[i],
				    acks);
	}
}

static void cubic_curve(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(cubic_traces); i++)
		cubic_follow(test, &cubic_traces[i]);
}

/* Figure 2, up to the largest windows with the smallest segments. */
static void cubic_plateau(struct kunit *test)
{
	static const struct {
		u32 w_max;
		u32 cwnd;
		u32 mss;
		u32 k;
	} rows[] = {
		{ 100000, 100000, 1000, 0 },
		{ 1449, 1448, 1448, 119 },
		{ 20 * 1448, 14 * 1448, 1448, 2466 },
		{ 200 * 1448, 140 * 1448, 1448, 5313 },
		{ 1u << 30, 751619276, 65483, 23082 },
		{ 1u << 30, 751619276, 1448, 82236 },
		{ 1u << 30, 751619276, 64, 232591 },
		{ 1u << 30, 64, 64, 347445 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct clasp_cong cong = cubic_avoiding(rows[i].cwnd,
							rows[i].w_max);

		cubic_ack(&cong, 0, MS(1), rows[i].mss, rows[i].mss);
		KUNIT_EXPECT_EQ(test, cong.private.cubic.k, rows[i].k);
	}
}

/* Section 4.6, and 4.7: W_max is (1 + 0.7) / 2 of a window short of the last. */
static void cubic_reduction(struct kunit *test)
{
	struct clasp_cong cong = cubic_avoiding(100000, 0);
	struct clasp_cubic *cubic = &cong.private.cubic;

	KUNIT_EXPECT_EQ(test, clasp_cubic.ssthresh(&cong, 100000, MSS), 70000);
	KUNIT_EXPECT_EQ(test, cubic->w_max, 100000);
	KUNIT_EXPECT_EQ(test, cubic->cwnd_prior, 100000);
	/* By what is in flight, if the window was not full. */
	cong.cwnd = 90000;
	KUNIT_EXPECT_EQ(test, clasp_cubic.ssthresh(&cong, 50000, MSS), 35000);
	KUNIT_EXPECT_EQ(test, cubic->w_max, 76500);
	KUNIT_EXPECT_EQ(test, cubic->cwnd_prior, 90000);
	cong.cwnd = 76500;
	KUNIT_EXPECT_EQ(test, clasp_cubic.ssthresh(&cong, 76500, MSS), 53550);
	KUNIT_EXPECT_EQ(test, cubic->w_max, 76500);
	cong.cwnd = CLASP_CWND_MAX;
	cubic->w_max = CLASP_CWND_MAX;
	KUNIT_EXPECT_EQ(test, clasp_cubic.ssthresh(&cong, CLASP_CWND_MAX, MSS),
			751619277);
	cong.cwnd = CLASP_CWND_MAX - 1;
	clasp_cubic.ssthresh(&cong, 0, MSS);
	KUNIT_EXPECT_EQ(test, cubic->w_max, 912680550);
}

/* Section 4.8: after a time-out, K is 0 and W_max where the stage begins. */
static void cubic_timeout(struct kunit *test)
{
	struct clasp_cong cong = cubic_avoiding(100000, 200000);
	struct clasp_cubic *cubic = &cong.private.cubic;

	cubic_ack(&cong, 0, MS(100), MSS, MSS);
	KUNIT_EXPECT_GT(test, cubic->k, 0);
	cong.ssthresh = clasp_cubic.ssthresh(&cong, 100000, MSS);
	cong.cwnd = MSS;
	clasp_cubic.timeout(&cong);
	while (cong.cwnd < cong.ssthresh)
		cubic_ack(&cong, SECONDS(1), MS(100), MSS, MSS);
	KUNIT_EXPECT_EQ(test, cong.cwnd, cong.ssthresh);
	cubic_ack(&cong, SECONDS(2), MS(100), MSS, MSS);
	KUNIT_EXPECT_EQ(test, cubic->k, 0);
	KUNIT_EXPECT_EQ(test, cubic->w_max, cong.ssthresh);
	KUNIT_EXPECT_EQ(test, cubic->w_est, cong.ssthresh);
}

/* Sections 4.2 and 5.8: t stands still while the window is not in use. */
static void cubic_pause(struct kunit *test)
{
	struct clasp_cong busy = cubic_avoiding(140 * MSS, 200 * MSS);
	struct clasp_cong lazy = busy;
	u64 now = 0, hours = 0;
	int i;

	for (i = 0; i < 100; i++) {
		now += MS(50);
		/* The ACK after a pause tells of one more round trip. */
		if (i % 25 == 0)
			hours += SECONDS(3600) - MS(50);
		cubic_ack(&busy, now, MS(100), 70 * MSS, MSS);
		cubic_ack(&lazy, now + hours, MS(100), 70 * MSS, MSS);
	}
	KUNIT_EXPECT_EQ(test, busy.private.cubic.elapsed, MS(99 * 50));
	KUNIT_EXPECT_EQ(test, lazy.private.cubic.elapsed, MS(102 * 50));
	KUNIT_EXPECT_LE(test, abs((s32)(lazy.cwnd - busy.cwnd)), MSS);
}

/* Section 4.9: the stage goes on where it was. */
static void cubic_undo(struct kunit *test)
{
	struct clasp_sock *csk = kunit_kzalloc(test, sizeof(*csk), GFP_KERNEL);
	struct clasp_cong before;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, csk);
	csk->snd_mss = MSS;
	csk->cong = cubic_avoiding(140 * MSS, 200 * MSS);
	csk->cong.algorithm = &clasp_cubic;
	for (i = 0; i < 20; i++)
		cubic_ack(&csk->cong, MS(50 * i), MS(100), 70 * MSS, MSS);
	before = csk->cong;
	clasp_cong_reduce(csk, csk->cong.cwnd, false);
	clasp_cong_timeout(csk);
	cubic_ack(&csk->cong, MS(1100), MS(100), MSS, MSS);
	clasp_cong_undo(csk);
	KUNIT_EXPECT_EQ(test, csk->cong.cwnd, before.cwnd);
	KUNIT_EXPECT_EQ(test, csk->cong.ssthresh, before.ssthresh);
	KUNIT_EXPECT_EQ(test, csk->cong.private.cubic.w_max,
			before.private.cubic.w_max);
	KUNIT_EXPECT_EQ(test, csk->cong.private.cubic.k,
			before.private.cubic.k);
	KUNIT_EXPECT_EQ(test, csk->cong.private.cubic.w_est,
			before.private.cubic.w_est);
	KUNIT_EXPECT_EQ(test, csk->cong.private.cubic.elapsed,
			before.private.cubic.elapsed);
	KUNIT_EXPECT_TRUE(test, csk->cong.private.cubic.avoiding);
}

/* One that has not begun does not either. */
static void cubic_slow_start(struct kunit *test)
{
	struct clasp_cong cong = cubic_avoiding(10 * MSS, 0);

	cong.ssthresh = 25 * MSS;
	cubic_ack(&cong, 0, MS(1), 2 * MSS, MSS);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 12 * MSS);
	/* RFC 9406, L: one ACK lets no more than eight segments go. */
	cubic_ack(&cong, 0, MS(1), 12 * MSS, MSS);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 20 * MSS);
	cubic_ack(&cong, 0, MS(1), 12 * MSS, MSS);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 25 * MSS);
	KUNIT_EXPECT_FALSE(test, cong.private.cubic.avoiding);
}

/* No window, time or segment size makes the window shrink or overflow. */
static void cubic_limits(struct kunit *test)
{
	static const u32 sizes[] = { CLASP_MSS_MIN, 1448, CLASP_MSS_MAX };
	static const u64 steps[] = { 0, 1, MS(10), SECONDS(600), 1ull << 60 };
	int i, j, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (j = 0; j < ARRAY_SIZE(steps); j++) {
			struct clasp_cong cong = cubic_avoiding(2 * sizes[i],
								1u << 30);
			u32 before = cong.cwnd;
			u64 now = 0;

			for (n = 0; n < 300; n++) {
				now += steps[j];
				cubic_ack(&cong, now, steps[j], U32_MAX,
					  sizes[i]);
				cong.cwnd = min(cong.cwnd, CLASP_CWND_MAX);
				if (cong.cwnd < before)
					KUNIT_FAIL(test, "%u became %u", before,
						   cong.cwnd);
				before = cong.cwnd;
			}
			if (steps[j] >= SECONDS(600))
				KUNIT_EXPECT_EQ(test, cong.cwnd, 1u << 30);
		}
	}
}

static struct kunit_case cubic_cases[] = {
	KUNIT_CASE(cubic_curve),
	KUNIT_CASE(cubic_plateau),
	KUNIT_CASE(cubic_reduction),
	KUNIT_CASE(cubic_timeout),
	KUNIT_CASE(cubic_pause),
	KUNIT_CASE(cubic_undo),
	KUNIT_CASE(cubic_slow_start),
	KUNIT_CASE(cubic_limits),
	{}
};

static struct kunit_suite cubic_suite = {
	.name = "clasp_cubic",
	.test_cases = cubic_cases,
};

kunit_test_suite(cubic_suite);
