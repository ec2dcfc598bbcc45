// SPDX-License-Identifier: GPL-2.0
/* The stream between two sockets on a wire: every byte once and in order. */
#include "letters.h"

/* An open connection with nothing on its way, and the log empty. */
static void open_pair(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;

	wire_open(wire, pair);
	wire_run(wire, SECONDS(1));
	wire_clear(wire);
}

static void close_pair(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;

	wire_mend(wire);
	wire_close(wire, &pair->listener);
	wire_close(wire, &pair->client);
	wire_close(wire, &pair->server);
	KUNIT_EXPECT_TRUE(test, wire_finish(wire));
	KUNIT_EXPECT_EQ(test, wire_connections(), 0);
}

/* Sizes at which something begins or ends, in one direction and in both. */
static void stream_sizes(struct kunit *test)
{
	static const u32 sizes[] = {
		0, 1, 2, WIRE_MSS - 1, WIRE_MSS, WIRE_MSS + 1, 2 * WIRE_MSS,
		10 * WIRE_MSS, 10 * WIRE_MSS + 1, 65535, 65536, 100000,
	};
	struct wire *wire = test->priv;
	struct wire_stream both[2];
	struct wire_pair pair;
	int i, k;

	for (i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		open_pair(test, &pair);
		for (k = 0; k < 2; k++)
			both[k] = (struct wire_stream){
				.from = k ? pair.server : pair.client,
				.to = k ? pair.client : pair.server,
				.size = !k || i % 2 ? sizes[i / 2] : 0,
				.fin = true,
			};
		KUNIT_EXPECT_TRUE_MSG(test, wire_pump(wire, both, 2),
				      "%u bytes", sizes[i / 2]);
		wire_run(wire, SECONDS(1));
		KUNIT_EXPECT_EQ(test, pair.client->sk->sk_wmem_queued, 0);
		KUNIT_EXPECT_EQ(test, sk_rmem_alloc_get(pair.server->sk), 0);
		close_pair(test, &pair);
	}
}

/* No segment is larger than the path, and all but the last are full. */
static void stream_segments(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	u32 i, full = 0, part = 0;

	open_pair(test, &pair);
	stream = (struct wire_stream){
		.from = pair.client, .to = pair.server,
		.size = 50 * WIRE_MSS + 7,
	};
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
	for (i = 0; i < wire->logged; i++) {
		KUNIT_EXPECT_LE(test, wire->log[i].len, WIRE_MSS);
		if (wire->log[i].len == WIRE_MSS)
			full++;
		else if (wire->log[i].len)
			part++;
	}
	KUNIT_EXPECT_GE(test, full, 45);
	KUNIT_EXPECT_LE(test, part, 6);
	/* RFC 5681, 4.2: an ACK for every second full segment, or more. */
	KUNIT_EXPECT_GE(test, wire_count(wire, V, A, A), 24);
}

/* RFC 6928 and RFC 5681: ten segments at first, and two for each ACK of one. */
static void stream_slow_start(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u8 *buf = kunit_kzalloc(test, 65536, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	open_pair(test, &pair);
	KUNIT_EXPECT_GT(test, wire_send(pair.client, buf, 65536),
			20 * WIRE_MSS);
	KUNIT_EXPECT_EQ(test, wire->logged, 10);
	wire_run(wire, MS(19));
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, 0, 0), 10);
	/* One round trip later, twice as many. */
	wire_run(wire, MS(2));
	KUNIT_EXPECT_GE(test, wire_count(wire, C, 0, 0), 10 + 15);
	KUNIT_EXPECT_LE(test, wire_count(wire, C, 0, 0), 10 + 20);
}

/* 3.7.4, Nagle: one small segment at a time, unless the user wants it so. */
static void stream_nagle(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	open_pair(test, &pair);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	wire_run(wire, SECONDS(1));
	KUNIT_EXPECT_EQ(test, wire->log[0].len, 1);
	KUNIT_EXPECT_EQ(test, wire->log[2].len, 9);
	clasp_sk(pair.client->sk)->options.nodelay = true;
	wire_clear(wire);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	KUNIT_EXPECT_EQ(test, wire->logged, 10);
}

/*
 * RFC 5681, section 3.2: the third duplicate ACK sends the lost segment again,
 * long before its time-out, and once.
 */
static void stream_fast_retransmit(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 before = clasp_mib_read(&init_net, CLASP_MIB_FastRetransmits);
	u64 late = clasp_mib_read(&init_net, CLASP_MIB_Timeouts);
	struct wire_stream stream;
	struct wire_pair pair;
	u32 i, times = 0;
	u64 seq, start;

	open_pair(test, &pair);
	seq = clasp_sk(pair.client->sk)->snd_nxt + 4 * WIRE_MSS;
	wire_rule(wire, &(struct wire_rule){
		.text = true, .skip = 4, .count = 1, .fate = WIRE_DROP,
		.from = C,
	});
	stream = (struct wire_stream){
		.from = pair.client, .to = pair.server,
		.size = 30 * WIRE_MSS,
	};
	start = wire->now;
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
	KUNIT_EXPECT_LE(test, wire->now - start, MS(150));
	for (i = 0; i < wire->logged; i++)
		times += wire->log[i].from == C && wire->log[i].seq == seq;
	KUNIT_EXPECT_EQ(test, times, 2);
	KUNIT_EXPECT_EQ(test, before + 1,
			clasp_mib_read(&init_net, CLASP_MIB_FastRetransmits));
	KUNIT_EXPECT_EQ(test, late,
			clasp_mib_read(&init_net, CLASP_MIB_Timeouts));
	/* Equation (4): half of the flight, not one segment. */
	KUNIT_EXPECT_GE(test, clasp_sk(pair.client->sk)->cong.ssthresh,
			2 * WIRE_MSS);
	KUNIT_EXPECT_LT(test, clasp_sk(pair.client->sk)->cong.ssthresh,
			30 * WIRE_MSS);
}

/* Two duplicates are reordering, not loss. */
static void stream_reordered(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 before = clasp_mib_read(&init_net, CLASP_MIB_RetransSegs);
	struct wire_stream stream;
	struct wire_pair pair;

	open_pair(test, &pair);
	/* Behind the two that follow it, not behind the third. */
	wire_rule(wire, &(struct wire_rule){
		.text = true, .skip = 7, .count = 1, .fate = WIRE_LATE,
		.delay = 1, .from = C,
	});
	stream = (struct wire_stream){
		.from = pair.client, .to = pair.server, .size = 10 * WIRE_MSS,
	};
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
	wire_run(wire, SECONDS(5));
	KUNIT_EXPECT_EQ(test, before,
			clasp_mib_read(&init_net, CLASP_MIB_RetransSegs));
}

/*
 * RFC 5681, section 4.2: what comes out of order, and what fills the hole, is
 * acknowledged at once.
 */
static void stream_hole(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u64 seq, ack;

	open_pair(test, &pair);
	clasp_sk(pair.server->sk)->quick_acks = 0;
	wire_sysctl()->quick_acks = 0;
	seq = clasp_sk(pair.client->sk)->snd_nxt;
	ack = clasp_sk(pair.server->sk)->snd_nxt;
	wire_inject(wire, C, A, seq + 9, ack, 9);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, V, A, ack, seq, 0);
	wire_inject(wire, C, A, seq, ack, 9);
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
	WIRE_EXPECT(wire, 1, V, A, ack, seq + 18, 0);
	/* What is in order may wait. */
	wire_inject(wire, C, A, seq + 18, ack, 9);
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
}

/* Several losses in one window: RFC 6582, one round trip for each. */
static void stream_burst_loss(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	u32 lost;

	for (lost = 2; lost <= 6; lost++) {
		open_pair(test, &pair);
		wire_rule(wire, &(struct wire_rule){
			.text = true, .skip = 12, .count = lost,
			.fate = WIRE_DROP, .from = C,
		});
		stream = (struct wire_stream){
			.from = pair.client, .to = pair.server,
			.size = 60 * WIRE_MSS,
		};
		KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
		wire_run(wire, SECONDS(1));
		KUNIT_EXPECT_EQ(test, clasp_sk(pair.client->sk)->rtxq.lost,
				0);
		KUNIT_EXPECT_EQ(test,
				(int)clasp_sk(pair.client->sk)->recovery.phase,
				CLASP_OPEN);
		close_pair(test, &pair);
	}
}

/* Changed on the way: the checksum finds it, the stream does without it. */
static void stream_corrupted(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream both[2];
	struct wire_pair pair;
	int k;

	open_pair(test, &pair);
	wire_random(wire, &(struct wire_chance){ .seed = 7, .corrupt = 200 });
	for (k = 0; k < 2; k++)
		both[k] = (struct wire_stream){
			.from = k ? pair.server : pair.client,
			.to = k ? pair.client : pair.server,
			.size = 50000,
		};
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, both, 2));
	KUNIT_EXPECT_GE(test, wire->caught, 5);
}

/* A slow reader stops a fast writer: what is under way is bounded. */
static void stream_backpressure(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct sock *from, *to;
	u32 total = 0;
	u8 *buf = kunit_kzalloc(test, 4096, GFP_KERNEL);
	int got;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	open_pair(test, &pair);
	from = pair.client->sk;
	to = pair.server->sk;
	do {
		got = wire_send(pair.client, buf, 4096);
		if (got > 0)
			total += got;
		KUNIT_ASSERT_LT(test, total, 64u << 20);
	} while (got > 0 || wire_next(wire, wire->now + MS(300)));
	KUNIT_EXPECT_EQ(test, got, -EAGAIN);
	KUNIT_EXPECT_LE(test, sk_rmem_alloc_get(to), 2 * to->sk_rcvbuf);
	KUNIT_EXPECT_LE(test, from->sk_wmem_queued, 2 * from->sk_sndbuf);
	KUNIT_EXPECT_EQ(test, clasp_sk(from)->snd_wnd, 0);
	KUNIT_EXPECT_FALSE(test, sk_stream_is_writeable(from));
}

/* 3.8.6: the right edge of the window never moves left. */
static void stream_window_edge(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	u64 edge = 0, right;
	u32 i, bad = 0;

	open_pair(test, &pair);
	wire_random(wire, &(struct wire_chance){ .seed = 3, .drop = 30 });
	stream = (struct wire_stream){
		.from = pair.client, .to = pair.server, .size = 200000,
	};
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
	for (i = 0; i < min_t(u32, wire->logged, WIRE_LOG); i++) {
		if (wire->log[i].from != V)
			continue;
		right = wire->log[i].ack_seq + wire->log[i].window;
		bad += edge && clasp_before(right, edge);
		edge = right;
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
}

/* One whole connection with random faults; the hash of all that was sent. */
static u32 random_life(struct kunit *test, u32 seed)
{
	struct wire *wire = test->priv;
	struct wire_stream both[2];
	struct wire_pair pair = { };
	u32 hash;
	int k;

	wire->isn[C] = (u64)seed * 0x9e3779b97f4a7c15ull;
	wire->isn[V] = U64_MAX - seed * 100;
	wire->now = SECONDS(1000);
	wire_clear(wire);
	wire_random(wire, &(struct wire_chance){
		.seed = seed, .drop = seed % 7 * 20, .twice = seed % 5 * 20,
		.late = seed % 3 * 60, .corrupt = seed % 2 * 20,
	});
	pair.listener = wire_listen(wire, 8);
	pair.client = wire_socket(wire, C, WIRE_CLIENT_PORT);
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(pair.client, V));
	do
		pair.server = wire_accept(wire, pair.listener);
	while (!pair.server && wire_next(wire, U64_MAX));
	KUNIT_ASSERT_NOT_NULL(test, pair.server);
	pair.server->sk->sk_use_task_frag = false;
	for (k = 0; k < 2; k++)
		both[k] = (struct wire_stream){
			.from = k ? pair.server : pair.client,
			.to = k ? pair.client : pair.server,
			.size = 20000, .fin = true,
		};
	KUNIT_EXPECT_TRUE_MSG(test, wire_pump(wire, both, 2), "seed %u", seed);
	wire_run(wire, SECONDS(600));
	KUNIT_EXPECT_EQ_MSG(test, pair.client->sk->sk_state, CLASP_CLOSED,
			    "seed %u", seed);
	KUNIT_EXPECT_EQ_MSG(test, pair.server->sk->sk_state, CLASP_CLOSED,
			    "seed %u", seed);
	KUNIT_EXPECT_EQ_MSG(test, 0, wire_error(pair.client), "seed %u", seed);
	KUNIT_EXPECT_EQ_MSG(test, 0, wire_error(pair.server), "seed %u", seed);
	hash = wire->hash;
	close_pair(test, &pair);
	return hash;
}

static void stream_random(struct kunit *test)
{
	u32 seed;

	for (seed = 1; seed <= 200; seed++)
		random_life(test, seed);
}

/* The same seed, the same run; another one, another. */
static void stream_deterministic(struct kunit *test)
{
	u32 seed, hash, last = 0;

	for (seed = 100; seed < 110; seed++) {
		hash = random_life(test, seed);
		KUNIT_EXPECT_EQ_MSG(test, hash, random_life(test, seed),
				    "seed %u", seed);
		KUNIT_EXPECT_NE(test, hash, last);
		last = hash;
	}
}

/* 3.9.1.2: the last segment of each write has PSH, and no other. */
static void stream_push(struct kunit *test)
{
	static const u32 sizes[] = {
		1, WIRE_MSS, WIRE_MSS + 1, 2 * WIRE_MSS, 3 * WIRE_MSS + 5,
	};
	u8 *buf = kunit_kzalloc(test, 4 * WIRE_MSS, GFP_KERNEL);
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	open_pair(test, &pair);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_EQ(test, sizes[i],
				wire_send(pair.client, buf, sizes[i]));
		wire_settle(wire);
		KUNIT_EXPECT_EQ(test, 1, wire_count(wire, WIRE_CLIENT,
						    CLASP_PSH, CLASP_PSH));
		wire_clear(wire);
	}
	close_pair(test, &pair);
}

/* MSG_MORE promises more; what goes as the last one all the same has PSH. */
static void stream_push_more(struct kunit *test)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_MORE };
	struct kvec vec = { .iov_base = "more", .iov_len = 4 };
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	KUNIT_EXPECT_EQ(test, 4, kernel_sendmsg(pair.client, &msg, &vec, 1, 4));
	KUNIT_EXPECT_EQ(test, 0, wire->logged);
	wire_run(wire, SECONDS(2));
	KUNIT_EXPECT_EQ(test, 1, wire_count(wire, WIRE_CLIENT, CLASP_PSH,
					    CLASP_PSH));
	close_pair(test, &pair);
}

static struct kunit_case stream_cases[] = {
	WIRE_CASE(stream_sizes),
	WIRE_CASE(stream_push),
	WIRE_CASE(stream_push_more),
	WIRE_CASE(stream_segments),
	WIRE_CASE(stream_slow_start),
	WIRE_CASE(stream_nagle),
	WIRE_CASE(stream_fast_retransmit),
	WIRE_CASE(stream_reordered),
	WIRE_CASE(stream_hole),
	WIRE_CASE(stream_burst_loss),
	WIRE_CASE(stream_corrupted),
	WIRE_CASE(stream_backpressure),
	WIRE_CASE(stream_window_edge),
	KUNIT_CASE_SLOW(stream_random),
	KUNIT_CASE_SLOW(stream_deterministic),
	{}
};

static struct kunit_suite stream_suite = {
	.name = "clasp_stream",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = stream_cases,
};

kunit_test_suite(stream_suite);
