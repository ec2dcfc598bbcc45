// SPDX-License-Identifier: GPL-2.0
/* What the path takes: ICMP, black holes, and the way back. */
#include "../mtu.h"
#include "letters.h"

/* The streams of a test: the client's to the server. */
static bool pump(struct wire *wire, struct wire_stream *stream, u32 bytes)
{
	stream->size += bytes;
	return wire_pump(wire, stream, 1);
}

static void open_stream(struct kunit *test, struct wire_pair *pair,
			struct wire_stream *stream)
{
	struct wire *wire = test->priv;

	wire->isn[C] = 100;
	wire->isn[V] = 200;
	wire_open(wire, pair);
	wire_clear(wire);
	*stream = (struct wire_stream){
		.from = pair->client, .to = pair->server,
	};
}

/* Segments with more data than that vanish from now on. */
static void black_hole(struct wire *wire, u32 len)
{
	wire_rule(wire, &(struct wire_rule){
		.min_len = len + 1, .count = U32_MAX, .fate = WIRE_DROP,
		.from = C,
	});
}

static u32 largest(struct wire *wire)
{
	u32 i, len = 0;

	for (i = 0; i < min_t(u32, wire->logged, WIRE_LOG); i++)
		len = max(len, wire->log[i].len);
	return len;
}

static u32 mss(const struct wire_pair *pair)
{
	return clasp_sk(pair->client->sk)->snd_mss;
}

static u64 timeouts(void)
{
	return clasp_mib_read(&init_net, CLASP_MIB_Timeouts);
}

/* ICMP: what was sent in larger segments goes again in smaller ones at once. */
static void mtu_reduced(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	u64 before = timeouts();
	u32 cwnd;

	open_stream(test, &pair, &stream);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 100000));
	KUNIT_EXPECT_EQ(test, largest(wire), WIRE_MSS);
	black_hole(wire, 1000 - 52);
	wire->mtu = 1000;
	cwnd = clasp_sk(pair.client->sk)->cong.cwnd;
	lock_sock(pair.client->sk);
	clasp_mtu_reduced(pair.client->sk);
	release_sock(pair.client->sk);
	wire_clear(wire);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 100000));
	KUNIT_EXPECT_EQ(test, largest(wire), 1000 - 52);
	KUNIT_EXPECT_EQ(test, timeouts(), before);
	/* RFC 1191, section 6.4: it says nothing of congestion. */
	KUNIT_EXPECT_GE(test, clasp_sk(pair.client->sk)->cong.cwnd, cwnd);
}

/* Segments in flight when ICMP comes, though another socket learned before. */
static void mtu_reduced_in_flight(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	u64 before = timeouts();
	char *buf = kunit_kzalloc(test, 8 * WIRE_MSS, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	open_stream(test, &pair, &stream);
	black_hole(wire, 1000 - 52);
	KUNIT_EXPECT_EQ(test, wire_send(pair.client, buf, 8 * WIRE_MSS),
			8 * WIRE_MSS);
	wire->mtu = 1000;
	KUNIT_EXPECT_EQ(test, wire_send(pair.client, "x", 1), 1);
	lock_sock(pair.client->sk);
	clasp_mtu_reduced(pair.client->sk);
	release_sock(pair.client->sk);
	wire_run(wire, MS(150));
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->rcv_nxt,
			101 + 8 * WIRE_MSS + 1);
	KUNIT_EXPECT_EQ(test, timeouts(), before);
}

/* What the route has forgotten after a while may be tried again: RFC 1191, 6.3. */
static void mtu_route_grows(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;

	wire->mtu = 1000;
	open_stream(test, &pair, &stream);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 10000));
	KUNIT_EXPECT_EQ(test, mss(&pair), 1000 - 52);
	wire->mtu = WIRE_MTU;
	clasp_sk(pair.client->sk)->peer_mss = 1300;
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 100000));
	KUNIT_EXPECT_EQ(test, largest(wire), 1300);
}

/* What is queued already follows the route, too. */
static void mtu_queue_follows_route(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	char *buf = kunit_kzalloc(test, 30 * WIRE_MSS, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	open_stream(test, &pair, &stream);
	KUNIT_EXPECT_EQ(test, wire_send(pair.client, buf, 30 * WIRE_MSS),
			30 * WIRE_MSS);
	KUNIT_EXPECT_EQ(test, largest(wire), WIRE_MSS);
	wire_clear(wire);
	wire->mtu = 1000;
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, largest(wire), 1000 - 52);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->rcv_nxt,
			101 + 30 * WIRE_MSS);
}

/* A route that is away for a moment is no reason for tiny segments. */
static void mtu_without_route(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;

	open_stream(test, &pair, &stream);
	wire->mtu = 0;
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 10000));
	KUNIT_EXPECT_EQ(test, mss(&pair), WIRE_MSS);
}

/* RFC 4821, 7.7: the path takes less in mid-stream and no router says so. */
static void mtu_black_hole(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	u64 start;

	open_stream(test, &pair, &stream);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 100000));
	black_hole(wire, 1024);
	start = wire->now;
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 500000));
	/* Time-outs after 0.2, 0.4 and 0.8 s, then it goes on. */
	KUNIT_EXPECT_LE(test, wire->now - start, SECONDS(6));
	KUNIT_EXPECT_GE(test, mss(&pair), 1024 - 32);
	KUNIT_EXPECT_LE(test, mss(&pair), 1024);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.client->sk)->rtxq.lost, 0);
}

/* Narrower still: half of it, and no less than the least. */
static void mtu_deep_black_hole(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;

	open_stream(test, &pair, &stream);
	black_hole(wire, 512);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 100000));
	KUNIT_EXPECT_EQ(test, mss(&pair), 512);
}

/* Small segments are not lost for their size; large ones shrink to a limit. */
static void mtu_floor(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;

	open_stream(test, &pair, &stream);
	wire_sysctl()->min_mss_bytes = 900;
	wire_cut(wire, C);
	stream.sent = 900;
	KUNIT_EXPECT_EQ(test, wire_send(pair.client,
					kunit_kzalloc(test, 900, GFP_KERNEL),
					900), 900);
	wire_run(wire, SECONDS(300));
	KUNIT_EXPECT_EQ(test, mss(&pair), WIRE_MSS);
	wire_mend(wire);
	wire_run(wire, SECONDS(300));
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, wire_send(pair.client,
					kunit_kzalloc(test, 901, GFP_KERNEL),
					901), 901);
	/* The timeout is still doubled. */
	wire_run(wire, SECONDS(600));
	KUNIT_EXPECT_EQ(test, mss(&pair), 900);
}

/* The search: as large as gets through, give or take a little, and then rest. */
static void mtu_search(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	u64 before;
	u32 i, too_large = 0;

	open_stream(test, &pair, &stream);
	black_hole(wire, 1200);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 50000));
	before = timeouts();
	wire_clear(wire);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 1000000));
	KUNIT_EXPECT_GT(test, mss(&pair), 1200 - 32);
	KUNIT_EXPECT_LE(test, mss(&pair), 1200);
	/* Probes are lost, but one at a time, and without a time-out. */
	for (i = 0; i < min_t(u32, wire->logged, WIRE_LOG); i++)
		too_large += wire->log[i].len > 1200;
	KUNIT_EXPECT_LE(test, too_large, 5);
	KUNIT_EXPECT_EQ(test, timeouts(), before);
}

/* A lost probe is no sign of congestion: RFC 4821, 7.6.2. */
static void mtu_probe_spares_cwnd(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	u64 fast = clasp_mib_read(&init_net, CLASP_MIB_FastRetransmits);
	u32 ssthresh;

	open_stream(test, &pair, &stream);
	black_hole(wire, 1024);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 30000));
	ssthresh = clasp_sk(pair.client->sk)->cong.ssthresh;
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 1000000));
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.client->sk)->cong.ssthresh,
			ssthresh);
	KUNIT_EXPECT_EQ(test, clasp_mib_read(&init_net,
					     CLASP_MIB_FastRetransmits), fast);
}

/*
 * A probe that is lost together with all else goes again in parts: their ACKs
 * are none of the probe.
 */
static void mtu_probe_resent(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	u64 reductions;

	open_stream(test, &pair, &stream);
	black_hole(wire, 1024);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 500000));
	KUNIT_EXPECT_LE(test, mss(&pair), 1024);
	wire_run(wire, SECONDS(601));
	wire_mend(wire);
	wire_rule(wire, &(struct wire_rule){
		.text = true, .count = 9, .fate = WIRE_DROP, .from = C,
	});
	black_hole(wire, 1024);
	wire_clear(wire);
	reductions = clasp_mib_read(&init_net, CLASP_MIB_MtuReductions);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 12000));
	KUNIT_EXPECT_EQ(test, largest(wire), WIRE_MSS);
	KUNIT_EXPECT_LE(test, mss(&pair), 1024);
	KUNIT_EXPECT_EQ(test, reductions,
			clasp_mib_read(&init_net, CLASP_MIB_MtuReductions));
}

/* The path is as wide as before: that is found out after a while. */
static void mtu_heals(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;

	open_stream(test, &pair, &stream);
	black_hole(wire, 1024);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 1000000));
	wire_mend(wire);
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 100000));
	KUNIT_EXPECT_LE(test, mss(&pair), 1024);
	wire_run(wire, SECONDS(600));
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 100000));
	KUNIT_EXPECT_EQ(test, mss(&pair), WIRE_MSS);
}

/* It was an outage and no black hole: large segments are back soon. */
static void mtu_outage(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;

	open_stream(test, &pair, &stream);
	wire_rule(wire, &(struct wire_rule){
		.text = true, .count = 20, .fate = WIRE_DROP, .from = C,
	});
	KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 200000));
	KUNIT_EXPECT_GE(test, clasp_mib_read(&init_net,
					     CLASP_MIB_MtuReductions), 1);
	KUNIT_EXPECT_EQ(test, mss(&pair), WIRE_MSS);
}

/* Without the search for black holes, the connection falls into one. */
static void mtu_not_probing(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;

	wire_sysctl()->mtu_probing = 0;
	open_stream(test, &pair, &stream);
	black_hole(wire, 1024);
	stream.size = 0;
	KUNIT_EXPECT_GT(test, wire_send(pair.client,
					kunit_kzalloc(test, 3000, GFP_KERNEL),
					3000), 0);
	wire_run(wire, SECONDS(930));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_error(pair.client));
	KUNIT_EXPECT_EQ(test, mss(&pair), WIRE_MSS);
}

/* Black holes come and go under random faults: each byte arrives once. */
static void mtu_random(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	u32 seed;

	open_stream(test, &pair, &stream);
	wire_sysctl()->mtu_probe_interval_ms = 1000;
	for (seed = 1; seed <= 20; seed++) {
		wire_mend(wire);
		wire_random(wire, &(struct wire_chance){
			.seed = seed, .drop = 30, .twice = 20, .late = 30,
		});
		black_hole(wire, 512 + seed * 40);
		KUNIT_EXPECT_TRUE(test, pump(wire, &stream, 100000));
	}
}

static struct kunit_case mtu_cases[] = {
	WIRE_CASE(mtu_reduced),
	WIRE_CASE(mtu_reduced_in_flight),
	WIRE_CASE(mtu_route_grows),
	WIRE_CASE(mtu_queue_follows_route),
	WIRE_CASE(mtu_without_route),
	WIRE_CASE(mtu_black_hole),
	WIRE_CASE(mtu_deep_black_hole),
	WIRE_CASE(mtu_floor),
	WIRE_CASE_SLOW(mtu_search),
	WIRE_CASE_SLOW(mtu_probe_spares_cwnd),
	WIRE_CASE(mtu_probe_resent),
	WIRE_CASE_SLOW(mtu_heals),
	WIRE_CASE(mtu_outage),
	WIRE_CASE(mtu_not_probing),
	WIRE_CASE_SLOW(mtu_random),
	{}
};

static struct kunit_suite mtu_suite = {
	.name = "clasp_mtu",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = mtu_cases,
};

kunit_test_suite(mtu_suite);
