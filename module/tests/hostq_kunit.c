// SPDX-License-Identifier: GPL-2.0
/* How much of what a socket has sent may be in the host, and who waits for it. */
#include "../hostq.h"
#include "letters.h"

#define WRITTEN	50000

static void hostq_limit(struct kunit *test)
{
	static const struct {
		u64 rate;
		u32 truesize;
		u32 limit;
	} rows[] = {
		/* 2^-10 of a second, */
		{ 100 << 20, 1000, 100 << 10 },
		/* but two packets, */
		{ 1 << 20, 1000, 2000 },
		{ 0, 70000, 140000 },
		/* and no more than the knob says. */
		{ ULONG_MAX, 1000, 1 << 20 },
		{ 0, 600 << 10, 1 << 20 },
	};
	struct wire *wire = test->priv;
	struct socket *sock = wire_socket(wire, WIRE_CLIENT, 0);
	int i;

	wire_sysctl()->limit_output_bytes = 1 << 20;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		sock->sk->sk_pacing_rate = rows[i].rate;
		KUNIT_EXPECT_EQ(test, rows[i].limit,
				clasp_hostq_limit(sock->sk, rows[i].truesize));
	}
}

/* A connection whose client has this much in the host's queue. */
static struct sk_buff *hostq_fill(struct wire *wire, struct wire_pair *pair,
				  u32 truesize)
{
	struct sk_buff *skb = alloc_skb(64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(wire->test, skb);
	wire_open_idle(wire, pair);
	skb->truesize = truesize;
	skb_set_owner_w(skb, pair->client->sk);
	return skb;
}

/* It leaves the host, and softirqs have run when this returns. */
static void hostq_leave(struct sk_buff *skb)
{
	local_bh_disable();
	kfree_skb(skb);
	local_bh_enable();
}

static void hostq_write(struct wire *wire, struct wire_pair *pair)
{
	u8 *data = kunit_kzalloc(wire->test, WRITTEN, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(wire->test, data);
	wire_option(wire, pair->client, CLASP_NODELAY, 1);
	KUNIT_ASSERT_GT(wire->test, wire_send(pair->client, data, WRITTEN), 0);
}

/* What has been sent. */
static u64 hostq_sent(const struct wire_pair *pair)
{
	const struct clasp_sock *csk = clasp_sk(pair->client->sk);

	return csk->snd_nxt - csk->snd_una;
}

/* Two packets go, whatever is there; the others when it has left. */
static void hostq_waits(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct sk_buff *skb = hostq_fill(wire, &pair, 8 << 20);
	u64 before;

	hostq_write(wire, &pair);
	before = hostq_sent(&pair);
	KUNIT_EXPECT_LT(test, before, 10 * WIRE_MSS);
	hostq_leave(skb);
	KUNIT_EXPECT_GE(test, hostq_sent(&pair), 10 * WIRE_MSS - WIRE_MSS);
	KUNIT_EXPECT_GT(test, hostq_sent(&pair), before);
}

/* As long as there is room, nobody waits. */
static void hostq_has_room(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct sk_buff *skb = hostq_fill(wire, &pair, 1 << 20);

	WRITE_ONCE(pair.client->sk->sk_pacing_rate, ~0UL);
	hostq_write(wire, &pair);
	KUNIT_EXPECT_GE(test, hostq_sent(&pair), 10 * WIRE_MSS - WIRE_MSS);
	hostq_leave(skb);
}

/* Room comes while a program is in a call: it is seen when that ends. */
static void hostq_user_holds(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct sk_buff *skb = hostq_fill(wire, &pair, 8 << 20);
	u64 before;

	hostq_write(wire, &pair);
	before = hostq_sent(&pair);
	lock_sock(pair.client->sk);
	hostq_leave(skb);
	KUNIT_EXPECT_EQ(test, hostq_sent(&pair), before);
	release_sock(pair.client->sk);
	KUNIT_EXPECT_GT(test, hostq_sent(&pair), before);
}

/* The last packet leaves after the end of the socket, and frees it. */
static void hostq_socket_gone(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct sk_buff *skb = hostq_fill(wire, &pair, 8 << 20);

	hostq_write(wire, &pair);
	sock_no_linger(pair.client->sk);
	wire_close(wire, &pair.client);
	hostq_leave(skb);
	KUNIT_EXPECT_EQ(test, 1, wire_count(wire, WIRE_CLIENT, R, R));
}

static struct kunit_case hostq_cases[] = {
	KUNIT_CASE(hostq_limit),
	KUNIT_CASE(hostq_waits),
	KUNIT_CASE(hostq_has_room),
	KUNIT_CASE(hostq_user_holds),
	KUNIT_CASE(hostq_socket_gone),
	{}
};

static struct kunit_suite hostq_suite = {
	.name = "clasp_hostq",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = hostq_cases,
};

kunit_test_suite(hostq_suite);
