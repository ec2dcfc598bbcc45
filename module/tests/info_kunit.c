// SPDX-License-Identifier: GPL-2.0
/* CLASP_INFO: what is hard to bring about from outside. */
#include "../info.h"
#include "letters.h"

/* The peer has three of ten segments, of which the first seem to be lost. */
static void info_losses(struct kunit *test)
{
	struct wire *wire = test->priv;
	const struct clasp_block block = {
		.start = 101 + 7 * WIRE_MSS, .end = 101 + 10 * WIRE_MSS,
	};
	struct clasp_info info = {};
	struct wire_pair pair;
	u8 *data;

	data = kunit_kzalloc(test, 10 * WIRE_MSS, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, data);
	wire_open_idle(wire, &pair);
	wire_cut(wire, WIRE_CLIENT);
	KUNIT_ASSERT_EQ(test, wire_send(pair.client, data, 10 * WIRE_MSS),
			10 * WIRE_MSS);
	wire_inject_sack(wire, WIRE_SERVER, 201, 101, &block, 1);
	clasp_info_fill(pair.client->sk, &info);
	KUNIT_EXPECT_EQ(test, info.unacked, 10 * WIRE_MSS);
	KUNIT_EXPECT_EQ(test, info.sacked, 3 * WIRE_MSS);
	KUNIT_EXPECT_LE(test, info.lost, 7 * WIRE_MSS);
	KUNIT_EXPECT_STREQ(test, info.congestion, "cubic");
}

/* A mark is echoed by who sees it, and told to who is to slow down. */
static void info_ecn(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct clasp_info info;

	wire_sysctl()->ecn = 1;
	wire_open_idle(wire, &pair);
	wire_rule(wire, &(struct wire_rule){
		.text = true, .count = 1, .fate = WIRE_MARK,
		.from = WIRE_CLIENT,
	});
	KUNIT_ASSERT_EQ(test, wire_send(pair.client, "data", 4), 4);
	wire_settle(wire);
	info = (struct clasp_info){};
	clasp_info_fill(pair.server->sk, &info);
	KUNIT_EXPECT_EQ(test, info.ecn,
			CLASP_INFO_ECN_AGREED | CLASP_INFO_ECN_ECHO);
	info = (struct clasp_info){};
	clasp_info_fill(pair.client->sk, &info);
	KUNIT_EXPECT_EQ(test, info.ecn & CLASP_INFO_ECN_AGREED,
			CLASP_INFO_ECN_AGREED);
}

static struct kunit_case info_cases[] = {
	KUNIT_CASE(info_losses),
	KUNIT_CASE(info_ecn),
	{}
};

static struct kunit_suite info_suite = {
	.name = "clasp_info",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = info_cases,
};

kunit_test_suite(info_suite);
