// SPDX-License-Identifier: GPL-2.0
/* ECN from one end to the other, over a wire that marks (RFC 3168). */
#include <net/inet_ecn.h>

#include "letters.h"

#define E	CLASP_ECE
#define W	CLASP_CWR

/* A client offers by 1 only, a server takes by 1 and 2. */
static void ecn_agreement(struct kunit *test)
{
	static const struct {
		int client;
		int server;
		bool agreed;
	} rows[] = {
		{ 0, 1, false }, { 2, 1, false }, { 1, 0, false },
		{ 1, 1, true }, { 1, 2, true },
	};
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	wire->delay = MS(10);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		wire_sysctl()->ecn = rows[i].client;
		pair.listener = wire_listen(wire, 1);
		pair.client = wire_socket(wire, C, WIRE_CLIENT_PORT);
		wire_connect(pair.client, V);
		wire_sysctl()->ecn = rows[i].server;
		wire_run(wire, SECONDS(1));
		pair.server = wire_accept(wire, pair.listener);
		KUNIT_ASSERT_NOT_NULL(test, pair.server);
		KUNIT_EXPECT_EQ(test, clasp_sk(pair.client->sk)->ecn.agreed,
				rows[i].agreed);
		KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->ecn.agreed,
				rows[i].agreed);
		wire_close(wire, &pair.listener);
		wire_close(wire, &pair.client);
		wire_close(wire, &pair.server);
		KUNIT_EXPECT_TRUE(test, wire_finish(wire));
	}
}

static void ecn_open(struct wire *wire, struct wire_pair *pair)
{
	wire_sysctl()->ecn = 1;
	wire->delay = MS(10);
	wire_open_idle(wire, pair);
}

/* The segments of this end that have data, and are or aren't marked so. */
static u32 ecn_count(struct wire *wire, enum wire_end from, bool text, u8 ecn)
{
	u32 i, count = 0;

	for (i = 0; i < min_t(u32, wire->logged, WIRE_LOG); i++)
		count += wire->log[i].from == from &&
			 !!wire->log[i].len == text && wire->log[i].ecn == ecn;
	return count;
}

static void ecn_transfer(struct wire *wire, struct wire_pair *pair)
{
	struct wire_stream stream = {
		.from = pair->client, .to = pair->server, .size = 200000,
	};

	KUNIT_EXPECT_TRUE(wire->test, wire_pump(wire, &stream, 1));
}

/* One mark: an echo until CWR, one reduction, and nothing goes twice. */
static void ecn_mark(struct kunit *test)
{
	static const struct wire_rule mark = {
		.from = C, .text = true, .skip = 20, .count = 1,
		.fate = WIRE_MARK,
	};
	u64 resent = clasp_mib_read(&init_net, CLASP_MIB_RetransSegs);
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct clasp_cong *cong;

	ecn_open(wire, &pair);
	cong = &clasp_sk(pair.client->sk)->cong;
	wire_rule(wire, &mark);
	ecn_transfer(wire, &pair);
	KUNIT_EXPECT_EQ(test, resent,
			clasp_mib_read(&init_net, CLASP_MIB_RetransSegs));
	KUNIT_EXPECT_GT(test, wire_count(wire, V, E, E), 0);
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, W, W), 1);
	KUNIT_EXPECT_FALSE(test, clasp_sk(pair.server->sk)->ecn.echo);
	/* From what slow start had reached, 0.7 once; and never undone. */
	KUNIT_EXPECT_GE(test, cong->ssthresh, 7 * WIRE_MSS);
	KUNIT_EXPECT_LE(test, cong->ssthresh, 42 * WIRE_MSS);
	KUNIT_EXPECT_EQ(test, cong->undo.cwnd, 0);
	/* All data is ECT(0), and nothing else is. */
	KUNIT_EXPECT_EQ(test, ecn_count(wire, C, true, INET_ECN_NOT_ECT), 0);
	KUNIT_EXPECT_EQ(test, ecn_count(wire, V, false, INET_ECN_ECT_0), 0);
}

/* A mark and a loss in one window are one reason; what goes again is not ECT. */
static void ecn_mark_and_loss(struct kunit *test)
{
	static const struct wire_rule mark = {
		.from = C, .text = true, .skip = 20, .count = 1,
		.fate = WIRE_MARK,
	}, drop = {
		.from = C, .text = true, .skip = 22, .count = 1,
		.fate = WIRE_DROP,
	};
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct clasp_cong *cong;
	u64 resent;

	ecn_open(wire, &pair);
	cong = &clasp_sk(pair.client->sk)->cong;
	resent = clasp_sk(pair.client->sk)->totals.retrans;
	wire_rule(wire, &mark);
	wire_rule(wire, &drop);
	ecn_transfer(wire, &pair);
	KUNIT_EXPECT_GT(test, clasp_sk(pair.client->sk)->totals.retrans, resent);
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, W, W), 1);
	KUNIT_EXPECT_GE(test, cong->ssthresh, 10 * WIRE_MSS);
	KUNIT_EXPECT_EQ(test, ecn_count(wire, C, true, INET_ECN_NOT_ECT),
			clasp_sk(pair.client->sk)->totals.retrans - resent);
}

/* Marks of all segments: the least window, and not the end of the connection. */
static void ecn_mark_all(struct kunit *test)
{
	static const struct wire_rule mark = {
		.from = C, .text = true, .count = U32_MAX, .fate = WIRE_MARK,
	};
	struct wire *wire = test->priv;
	struct wire_pair pair;

	ecn_open(wire, &pair);
	wire_rule(wire, &mark);
	ecn_transfer(wire, &pair);
	KUNIT_EXPECT_GT(test, wire_count(wire, C, W, W), 1);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.client->sk)->cong.ssthresh,
			2 * WIRE_MSS);
	KUNIT_EXPECT_LE(test, clasp_sk(pair.client->sk)->cong.cwnd, WIRE_MSS);
	KUNIT_EXPECT_TRUE(test, clasp_sk(pair.server->sk)->ecn.echo);
}

/* The next connection of a socket begins without. */
static void ecn_again(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	ecn_open(wire, &pair);
	ecn_transfer(wire, &pair);
	KUNIT_EXPECT_TRUE(test, clasp_sk(pair.client->sk)->ecn.agreed);
	lock_sock(pair.client->sk);
	pair.client->sk->sk_prot->disconnect(pair.client->sk, 0);
	release_sock(pair.client->sk);
	KUNIT_EXPECT_FALSE(test, clasp_sk(pair.client->sk)->ecn.agreed);
	KUNIT_EXPECT_EQ(test, inet_sk(pair.client->sk)->tos & INET_ECN_MASK, 0);
}

static struct kunit_case ecn_cases[] = {
	WIRE_CASE(ecn_agreement),
	WIRE_CASE(ecn_mark),
	WIRE_CASE(ecn_mark_and_loss),
	WIRE_CASE(ecn_mark_all),
	WIRE_CASE(ecn_again),
	{}
};

static struct kunit_suite ecn_suite = {
	.name = "clasp_ecn",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = ecn_cases,
};

kunit_test_suite(ecn_suite);
