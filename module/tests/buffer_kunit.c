// SPDX-License-Identifier: GPL-2.0
/* How large buffers become, and how much memory a peer can get hold of. */
#include "../buffer.h"
#include "../memory.h"
#include "letters.h"

/* A link of the wire's delay and this rate: one full segment each so often. */
#define BUFFER_CHUNK	4096

/* A writer that always has something, and a reader that may be slow. */
struct buffer_flow {
	struct socket *from;
	struct socket *to;
	u64 got;
	u8 *buf;
};

static void flow_init(struct kunit *test, struct buffer_flow *flow,
		      const struct wire_pair *pair)
{
	*flow = (struct buffer_flow){
		.from = pair->client,
		.to = pair->server,
		.buf = kunit_kzalloc(test, BUFFER_CHUNK, GFP_KERNEL),
	};
	KUNIT_ASSERT_NOT_NULL(test, flow->buf);
}

static void flow_write(struct buffer_flow *flow)
{
	while (wire_send(flow->from, flow->buf, BUFFER_CHUNK) > 0)
		;
}

/* Reads this much at most. */
static void flow_read(struct buffer_flow *flow, u64 most)
{
	int got;

	while (most) {
		got = wire_receive(flow->to, flow->buf,
				   min_t(u64, most, BUFFER_CHUNK));
		if (got <= 0)
			return;
		flow->got += got;
		most -= got;
	}
}

/* So long, the reader takes all there is whenever something happens. */
static void flow_run(struct wire *wire, struct buffer_flow *flow, u64 duration)
{
	u64 until = wire->now + duration;

	do {
		flow_write(flow);
		flow_read(flow, U64_MAX);
	} while (wire_next(wire, until));
	wire->now = until;
}

/* The right edge that each segment from this end told; it never moves left. */
static void check_edge(struct kunit *test, enum wire_end from)
{
	struct wire *wire = test->priv;
	u64 edge = 0;
	u32 i;

	for (i = 0; i < min_t(u32, wire->logged, WIRE_LOG); i++) {
		const struct wire_segment *seg = &wire->log[i];

		if (seg->from != from || !(seg->flags & A))
			continue;
		KUNIT_EXPECT_GE(test, seg->ack_seq + seg->window, edge);
		edge = max(edge, seg->ack_seq + seg->window);
	}
}

/* What slow start brings over a path of 100 ms before a buffer is at its most. */
static u64 flow_begin(struct kunit *test, int rcvbuf, int sndbuf)
{
	struct wire *wire = test->priv;
	struct buffer_flow flow;
	struct wire_pair pair;

	wire_sysctl()->rmem_default_bytes = rcvbuf;
	wire_sysctl()->wmem_default_bytes = sndbuf;
	wire->delay = MS(50);
	wire_open_idle(wire, &pair);
	flow_init(test, &flow, &pair);
	flow_run(wire, &flow, MS(800));
	check_edge(test, V);
	wire_close(wire, &pair.listener);
	wire_close(wire, &pair.client);
	wire_close(wire, &pair.server);
	KUNIT_EXPECT_TRUE(test, wire_finish(wire));
	return flow.got;
}

/*
 * A long path without a bottleneck: both buffers grow from little to what the
 * sender's slow start wants, so soon that it is as if they had no limits.
 */
static void buffer_grows(struct kunit *test)
{
	u64 tuned = flow_begin(test, 131072, 16384);
	u64 small = flow_begin(test, 32768, 16384);
	u64 most = flow_begin(test, 16 << 20, 16 << 20);

	KUNIT_EXPECT_GT(test, most, 1 << 20);
	KUNIT_EXPECT_GE(test, tuned, most / 100 * 95);
	/* A round trip is lost until the first growth, and so is half. */
	KUNIT_EXPECT_GE(test, small, most / 100 * 40);
}

/* Without that, they are what stops the sender. */
static void buffer_fixed(struct kunit *test)
{
	u64 most = flow_begin(test, 16 << 20, 16 << 20);

	wire_sysctl()->rmem_max_bytes = 4096;
	KUNIT_EXPECT_LT(test, flow_begin(test, 131072, 16384), most / 2);
	wire_sysctl()->rmem_max_bytes = 6 << 20;
	wire_sysctl()->wmem_max_bytes = 4096;
	KUNIT_EXPECT_LT(test, flow_begin(test, 131072, 87040), most / 2);
}

/* No buffer grows beyond its knob. */
static void buffer_maxima(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct buffer_flow flow;
	struct wire_pair pair;

	wire_sysctl()->rmem_max_bytes = 300000;
	wire_sysctl()->wmem_max_bytes = 400000;
	wire->delay = MS(50);
	wire_open_idle(wire, &pair);
	flow_init(test, &flow, &pair);
	flow_run(wire, &flow, SECONDS(2));
	KUNIT_EXPECT_EQ(test, pair.server->sk->sk_rcvbuf, 300000);
	KUNIT_EXPECT_EQ(test, pair.client->sk->sk_sndbuf, 400000);
	/* The last skb may be begun when the buffer is all but full. */
	KUNIT_EXPECT_LE(test, pair.client->sk->sk_wmem_queued, 400000 + 4096);
}

/* socket(7): a size that the program set stays. */
static void buffer_locked(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct buffer_flow flow;
	struct wire_pair pair;
	int size = 60000;

	wire->delay = MS(50);
	wire_open_idle(wire, &pair);
	sock_set_rcvbuf(pair.server->sk, 50000);
	KUNIT_EXPECT_EQ(test, 0,
			sock_setsockopt(pair.client, SOL_SOCKET, SO_SNDBUF,
					KERNEL_SOCKPTR(&size), sizeof(size)));
	flow_init(test, &flow, &pair);
	flow_run(wire, &flow, SECONDS(2));
	KUNIT_EXPECT_EQ(test, pair.server->sk->sk_rcvbuf, 100000);
	KUNIT_EXPECT_EQ(test, pair.client->sk->sk_sndbuf, 120000);
	/* Made smaller than the window was, and still its edge stays. */
	check_edge(test, V);
}

/* A reader that is slower than the sender needs no more, however long it goes. */
static void buffer_slow_reader(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct buffer_flow flow;
	struct wire_pair pair;
	int first, i;

	wire->delay = MS(50);
	wire_open_idle(wire, &pair);
	first = pair.server->sk->sk_rcvbuf;
	flow_init(test, &flow, &pair);
	for (i = 0; i < 500; i++) {
		flow_write(&flow);
		wire_run(wire, MS(20));
		flow_read(&flow, 2000);
	}
	KUNIT_EXPECT_EQ(test, pair.server->sk->sk_rcvbuf, first);
	KUNIT_EXPECT_LE(test, sk_rmem_alloc_get(pair.server->sk), first + 4096);
	KUNIT_EXPECT_GE(test, flow.got, 490 * 2000);
	check_edge(test, V);
}

/* One that does not read at all makes the writer hold no more than twice that. */
static void buffer_no_reader(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct buffer_flow flow;
	struct wire_pair pair;
	int i;

	wire_open_idle(wire, &pair);
	flow_init(test, &flow, &pair);
	for (i = 0; i < 100; i++) {
		flow_write(&flow);
		wire_run(wire, SECONDS(1));
	}
	KUNIT_EXPECT_LE(test, pair.client->sk->sk_sndbuf,
			8 * pair.server->sk->sk_rcvbuf);
	KUNIT_EXPECT_EQ(test, pair.server->sk->sk_rcvbuf,
			wire_sysctl()->rmem_default_bytes);
}

/* Nor does one that waits before anything has come. */
static void buffer_waiting_reader(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int first;
	u8 byte;

	wire->delay = MS(50);
	wire_open_idle(wire, &pair);
	first = pair.server->sk->sk_rcvbuf;
	KUNIT_EXPECT_EQ(test, -EAGAIN, wire_receive(pair.server, &byte, 1));
	lock_sock(pair.server->sk);
	clasp_buffer_read(pair.server->sk);
	release_sock(pair.server->sk);
	KUNIT_EXPECT_EQ(test, pair.server->sk->sk_rcvbuf, first);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
}

/* A sender that has little to say, over a short path, for a long time. */
static void buffer_slow_sender(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct buffer_flow flow;
	struct wire_pair pair;
	int first, i;

	wire->delay = MS(1);
	wire_open_idle(wire, &pair);
	first = pair.server->sk->sk_rcvbuf;
	flow_init(test, &flow, &pair);
	for (i = 0; i < 3000; i++) {
		KUNIT_ASSERT_EQ(test, 500,
				wire_send(pair.client, flow.buf, 500));
		wire_run(wire, MS(5));
		flow_read(&flow, U64_MAX);
	}
	KUNIT_EXPECT_GE(test, flow.got, 2990 * 500);
	KUNIT_EXPECT_EQ(test, pair.server->sk->sk_rcvbuf, first);
}

/*
 * What the window has promised finds room, in segments of one byte too: each
 * takes a hundred times its length until it is put with the others.
 */
static void buffer_small_segments(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 dropped = clasp_mib_read(&init_net, CLASP_MIB_InDropped);
	struct wire_pair pair;
	u32 window, i;

	wire_sysctl()->rmem_default_bytes = 16384;
	wire_open_idle(wire, &pair);
	wire_cut(wire, V);
	window = clasp_sk(pair.server->sk)->rcv_wnd;
	for (i = 0; i < window; i++)
		wire_inject(wire, C, A, 101 + i, 201, 1);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->rcv_nxt,
			101 + window);
	KUNIT_EXPECT_EQ(test, dropped,
			clasp_mib_read(&init_net, CLASP_MIB_InDropped));
	KUNIT_EXPECT_LE(test, sk_rmem_alloc_get(pair.server->sk),
			2 * window + 8192);
}

/*
 * An attack: segments of one byte with holes between them. They take no more
 * memory than the buffer, and go when there is none for what is in order.
 */
static void buffer_hole_attack(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 pruned = clasp_mib_read(&init_net, CLASP_MIB_QueuePruned);
	struct wire_pair pair;
	struct sock *sk;
	u32 window, i;
	u64 seq = 101;

	wire_open_idle(wire, &pair);
	wire_cut(wire, V);
	sk = pair.server->sk;
	window = clasp_sk(sk)->rcv_wnd;
	for (i = 2; i < window; i += 2)
		wire_inject(wire, C, A, 101 + i, 201, 1);
	KUNIT_EXPECT_LE(test, sk_rmem_alloc_get(sk), sk->sk_rcvbuf + 16384);
	KUNIT_EXPECT_LT(test, pruned,
			clasp_mib_read(&init_net, CLASP_MIB_QueuePruned));
	/* All of the window can still be filled. */
	for (; seq + 1000 <= 101 + window; seq += 1000)
		wire_inject(wire, C, A, seq, 201, 1000);
	KUNIT_EXPECT_GE(test, clasp_sk(sk)->rcv_nxt, seq);
	KUNIT_EXPECT_LE(test, sk_rmem_alloc_get(sk), sk->sk_rcvbuf + 16384);
	check_edge(test, V);
}

/* Segments of one byte without holes between them, behind one, take little. */
static void buffer_hole_small(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 pruned = clasp_mib_read(&init_net, CLASP_MIB_QueuePruned);
	struct wire_pair pair;
	struct sock *sk;
	u32 i;

	wire_open_idle(wire, &pair);
	wire_cut(wire, V);
	sk = pair.server->sk;
	for (i = 1; i < 20000; i++)
		wire_inject(wire, C, A, 101 + i, 201, 1);
	KUNIT_EXPECT_EQ(test, pruned,
			clasp_mib_read(&init_net, CLASP_MIB_QueuePruned));
	wire_inject(wire, C, A, 101, 201, 1);
	KUNIT_EXPECT_EQ(test, clasp_sk(sk)->rcv_nxt, 101 + 20000);
	KUNIT_EXPECT_LE(test, sk_rmem_alloc_get(sk), 2 * 20000 + 8192);
}

/* While memory is short, nothing grows, windows are small, and it goes on. */
static void buffer_pressure(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct buffer_flow flow;
	u64 got, pressures = clasp_mib_read(&init_net,
					    CLASP_MIB_MemoryPressures);
	long elsewhere = clasp_memory_limits[1] + 1;
	struct wire_pair pair;
	int rcvbuf, sndbuf;

	wire->delay = MS(50);
	wire_open_idle(wire, &pair);
	rcvbuf = pair.server->sk->sk_rcvbuf;
	sndbuf = pair.client->sk->sk_sndbuf;
	flow_init(test, &flow, &pair);
	/* Each processor counts some by itself: as if others used it. */
	atomic_long_add(elsewhere, &clasp_memory_allocated);
	flow_run(wire, &flow, MS(2000));
	KUNIT_EXPECT_TRUE(test, clasp_memory_pressed(pair.server->sk));
	atomic_long_sub(elsewhere, &clasp_memory_allocated);
	got = flow.got;
	KUNIT_EXPECT_LT(test, pressures,
			clasp_mib_read(&init_net, CLASP_MIB_MemoryPressures));
	KUNIT_EXPECT_GT(test, got, 40 * WIRE_MSS);
	KUNIT_EXPECT_EQ(test, pair.server->sk->sk_rcvbuf, rcvbuf);
	KUNIT_EXPECT_EQ(test, pair.client->sk->sk_sndbuf, sndbuf);
	flow_run(wire, &flow, MS(2000));
	KUNIT_EXPECT_FALSE(test, clasp_memory_pressed(pair.server->sk));
	KUNIT_EXPECT_GT(test, flow.got - got, 10 * got);
	check_edge(test, V);
}

static struct kunit_case buffer_cases[] = {
	KUNIT_CASE_SLOW(buffer_grows),
	KUNIT_CASE_SLOW(buffer_fixed),
	KUNIT_CASE(buffer_maxima),
	KUNIT_CASE(buffer_locked),
	KUNIT_CASE(buffer_slow_reader),
	KUNIT_CASE(buffer_no_reader),
	KUNIT_CASE(buffer_waiting_reader),
	KUNIT_CASE(buffer_slow_sender),
	KUNIT_CASE_SLOW(buffer_small_segments),
	KUNIT_CASE_SLOW(buffer_hole_attack),
	KUNIT_CASE_SLOW(buffer_hole_small),
	KUNIT_CASE_SLOW(buffer_pressure),
	{}
};

static struct kunit_suite buffer_suite = {
	.name = "clasp_buffer",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = buffer_cases,
};

kunit_test_suite(buffer_suite);
