// SPDX-License-Identifier: GPL-2.0
/* How fast a window is sent. */
#include "../cong.h"
#include "../pace.h"
#include "../timer.h"
#include "letters.h"

#define RATE	(100 * WIRE_MSS)	/* bytes in a second: a segment each 10 ms */
#define WRITTEN	(40 * WIRE_MSS)

/* tcp_update_pacing_rate(): 200 % of cwnd/srtt, later 120 %. */
static void pace_rate(struct kunit *test)
{
	static const struct {
		u32 cwnd;
		u32 ssthresh;
		u32 out;
		u64 srtt;
		u64 rate;
	} rows[] = {
		{ 100000, CLASP_CWND_MAX, 0, MS(100), 2000000 },
		{ 100000, 200002, 0, MS(100), 2000000 },
		/* From half of the threshold on. */
		{ 100000, 200000, 0, MS(100), 1200000 },
		{ 100000, 50000, 0, MS(100), 1200000 },
		/* More is out than the window has now. */
		{ 100000, 50000, 300000, MS(100), 3600000 },
		/* The extremes. */
		{ 100000, 50000, 0, 0, U64_MAX },
		{ CLASP_CWND_MAX, CLASP_CWND_MAX, U32_MAX, 1,
		  CLASP_CWND_MAX * 1200000000ull },
		{ 1, CLASP_CWND_MAX, 0, SECONDS(200), 0 },
	};
	struct clasp_sock *csk = kunit_kzalloc(test, sizeof(*csk), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, csk);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		csk->cong.cwnd = rows[i].cwnd;
		csk->cong.ssthresh = rows[i].ssthresh;
		csk->snd_una = 1ull << 40;
		csk->snd_nxt = csk->snd_una + rows[i].out;
		csk->rtt.srtt = rows[i].srtt;
		KUNIT_EXPECT_EQ(test, clasp_pace_rate(csk), rows[i].rate);
	}
}

/* A connection whose client has a reason for pacing, and has begun to write. */
static void pace_write(struct wire *wire, struct wire_pair *pair, u32 status)
{
	u8 *data = kunit_kzalloc(wire->test, WRITTEN, GFP_KERNEL);
	struct sock *sk;

	KUNIT_ASSERT_NOT_NULL(wire->test, data);
	wire_open_idle(wire, pair);
	sk = pair->client->sk;
	sk->sk_pacing_status = status;
	sk->sk_max_pacing_rate = RATE;
	sk->sk_pacing_rate = RATE;
	lock_sock(sk);
	sk->sk_sndbuf = 4 * WRITTEN;
	release_sock(sk);
	KUNIT_ASSERT_EQ(wire->test, wire_send(pair->client, data, WRITTEN),
			WRITTEN);
}

/* Of the client's segments with data, from one on, the times between them. */
static void pace_expect_gaps(struct wire *wire, u32 from, u64 least, u64 most)
{
	u32 i, count = 0;
	u64 last = 0;

	for (i = 0; i < min_t(u32, wire->logged, WIRE_LOG); i++) {
		const struct wire_segment *seg = &wire->log[i];

		if (seg->from != WIRE_CLIENT || !seg->len)
			continue;
		if (++count > from) {
			KUNIT_EXPECT_GE(wire->test, seg->at - last, least);
			KUNIT_EXPECT_LE(wire->test, seg->at - last, most);
		}
		last = seg->at;
	}
	KUNIT_EXPECT_GT(wire->test, count, from);
}

/* After the first ten, there is one each 10 ms, whatever the window. */
static void pace_by_timer(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	pace_write(wire, &pair, SK_PACING_NEEDED);
	wire_run(wire, MS(100));
	/* And one more, as nothing was sent for long before. */
	pace_expect_gaps(wire, 12, MS(10), MS(10));
	KUNIT_EXPECT_LE(test, clasp_sk(pair.client->sk)->totals.data_segs_out,
			22);
	wire_run(wire, SECONDS(1));
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.client->sk)->totals.data_segs_out,
			WRITTEN / WIRE_MSS);
	pace_expect_gaps(wire, 12, MS(10), MS(10));
}

/* sch_fq keeps them: the times are written on the segments. */
static void pace_by_stamp(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct sk_buff *skb = alloc_skb(64, GFP_KERNEL);
	struct clasp_sock *csk;
	struct wire_pair pair;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	pace_write(wire, &pair, SK_PACING_FQ);
	csk = clasp_sk(pair.client->sk);
	while (csk->snd_una != csk->snd_nxt && clasp_pace_delay(csk) < MS(20))
		wire_run(wire, MS(1));
	KUNIT_EXPECT_GE(test, clasp_pace_delay(csk), MS(20));
	clasp_pace_stamp(csk, skb);
	KUNIT_EXPECT_EQ(test, skb->tstamp, csk->pace.at);
	/* For an ACK to come, this has to be waited for, too. */
	lock_sock(pair.client->sk);
	clasp_timer_new_ack(pair.client->sk, clasp_clock());
	release_sock(pair.client->sk);
	KUNIT_EXPECT_EQ(test, csk->deadline[CLASP_TIMER_RETRANSMIT],
			csk->pace.at + csk->rtt.rto);
	pair.client->sk->sk_pacing_status = SK_PACING_NONE;
	clasp_pace_stamp(csk, skb);
	KUNIT_EXPECT_EQ(test, skb->tstamp, 0);
	kfree_skb(skb);
}

/* A timer that is late is made up for, by half of a gap at most. */
static void pace_makes_up(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;

	wire_open_idle(wire, &pair);
	csk = clasp_sk(pair.client->sk);
	csk->totals.data_segs_out = 10;
	pair.client->sk->sk_pacing_status = SK_PACING_NEEDED;
	pair.client->sk->sk_pacing_rate = RATE;
	csk->pace.at = wire->now;
	clasp_pace_sent(pair.client->sk, WIRE_MSS);
	KUNIT_EXPECT_EQ(test, clasp_pace_delay(csk), MS(10));
	csk->pace.at = wire->now - MS(2);
	clasp_pace_sent(pair.client->sk, WIRE_MSS);
	KUNIT_EXPECT_EQ(test, clasp_pace_delay(csk), MS(8));
	csk->pace.at = wire->now - MS(50);
	clasp_pace_sent(pair.client->sk, WIRE_MSS);
	KUNIT_EXPECT_EQ(test, clasp_pace_delay(csk), MS(5));
}

/* A connection that ends while its next segment waits leaves nothing behind. */
static void pace_ends(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	pace_write(wire, &pair, SK_PACING_NEEDED);
	sock_no_linger(pair.client->sk);
	wire_close(wire, &pair.client);
	wire_close(wire, &pair.server);
	wire_close(wire, &pair.listener);
	KUNIT_EXPECT_TRUE(test, wire_finish(wire));
}

/* RFC 9406, section 4.3: L is infinite if it is paced, else 8. */
static void pace_slow_start(struct kunit *test)
{
	struct clasp_cong_sample sample = {
		.acked = 20 * WIRE_MSS,
		.in_flight = 100 * WIRE_MSS,
		.limited = true,
	};
	struct clasp_cong cong = {
		.cwnd = 100 * WIRE_MSS,
		.ssthresh = CLASP_CWND_MAX,
	};

	clasp_cubic.init(&cong);
	clasp_cubic.acked(&cong, &sample, WIRE_MSS);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 108 * WIRE_MSS);
	sample.paced = true;
	clasp_cubic.acked(&cong, &sample, WIRE_MSS);
	KUNIT_EXPECT_EQ(test, cong.cwnd, 128 * WIRE_MSS);
}

static struct kunit_case pace_cases[] = {
	KUNIT_CASE(pace_rate),
	KUNIT_CASE(pace_by_timer),
	KUNIT_CASE(pace_by_stamp),
	KUNIT_CASE(pace_makes_up),
	KUNIT_CASE(pace_ends),
	KUNIT_CASE(pace_slow_start),
	{}
};

static struct kunit_suite pace_suite = {
	.name = "clasp_pace",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = pace_cases,
};

kunit_test_suite(pace_suite);
