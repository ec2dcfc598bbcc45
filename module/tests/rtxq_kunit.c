// SPDX-License-Identifier: GPL-2.0
/* The scoreboard, against one that is as simple as can be. */
#include <linux/prandom.h>

#include "../output.h"
#include "../rtxq.h"
#include "letters.h"

#define SEGMENTS	32
#define ROUNDS		200
#define STEPS		60

/**
 * struct model - what the peer has told, segment by segment
 * @una: segments acknowledged by number
 * @part: bytes of the next one that are, too
 * @sacked: segments that a block has covered
 */
struct model {
	u32 una;
	u32 part;
	bool sacked[SEGMENTS];
};

static struct rnd_state rnd;

static u32 any(u32 below)
{
	return prandom_u32_state(&rnd) % below;
}

/*
 * The client has sent SEGMENTS segments, of which none arrives, and goes on to send
 * again what it believes to be lost; time stands still.
 */
static u64 send_all(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;
	u8 *buf = kunit_kzalloc(test, SEGMENTS * WIRE_MSS, GFP_KERNEL);
	struct clasp_sock *csk;
	u64 start;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	wire_open(wire, pair);
	csk = clasp_sk(pair->client->sk);
	csk->cong.cwnd = SEGMENTS * WIRE_MSS;
	start = csk->snd_nxt;
	wire_cut(wire, C);
	KUNIT_ASSERT_EQ(test, wire_send(pair->client, buf, SEGMENTS * WIRE_MSS),
			SEGMENTS * WIRE_MSS);
	KUNIT_ASSERT_EQ(test, csk->snd_nxt - start, SEGMENTS * WIRE_MSS);
	return start;
}

/* RFC 2018, section 8: who acknowledges up to what it had has thrown it away. */
static void model_ack(struct model *model, u32 bytes)
{
	u32 at = model->una * WIRE_MSS + model->part + bytes;

	if (!bytes)
		return;
	model->una = at / WIRE_MSS;
	model->part = at % WIRE_MSS;
	if (model->una < SEGMENTS && model->sacked[model->una])
		memset(model->sacked, 0, sizeof(model->sacked));
}

/* From one byte up to another. */
static void model_sack(struct model *model, u32 from, u32 to)
{
	u32 i;

	for (i = 0; i < SEGMENTS; i++)
		if (i * WIRE_MSS >= from && (i + 1) * WIRE_MSS <= to)
			model->sacked[i] = true;
}

/* Each skb is what the model says; each sum is that of its parts. */
static void check_board(struct kunit *test, struct clasp_sock *csk, u64 start,
			const struct model *model)
{
	u64 sacked = 0, lost = 0, flying = 0, last = 0;
	struct sk_buff *skb;

	skb_rbtree_walk(skb, &csk->rtxq.tree) {
		const struct clasp_cb *cb = CLASP_CB(skb);
		u64 len = cb->end_seq - max(cb->seq, csk->snd_una);
		bool has = cb->state & CLASP_SKB_SACKED;

		KUNIT_EXPECT_EQ(test, has,
				model->sacked[(cb->seq - start) / WIRE_MSS]);
		sacked += has ? len : 0;
		lost += cb->state & CLASP_SKB_LOST ? len : 0;
		KUNIT_EXPECT_FALSE(test, has && cb->state & CLASP_SKB_LOST);
	}
	list_for_each_entry(skb, &csk->rtxq.flying, tcp_tsorted_anchor) {
		const struct clasp_cb *cb = CLASP_CB(skb);

		flying += cb->end_seq - max(cb->seq, csk->snd_una);
		KUNIT_EXPECT_GT(test, cb->sent_at, last);
		last = cb->sent_at;
	}
	KUNIT_EXPECT_EQ(test, csk->rtxq.sacked, sacked);
	KUNIT_EXPECT_EQ(test, csk->rtxq.lost, lost);
	KUNIT_EXPECT_EQ(test, clasp_output_in_flight(csk), flying);
}

/* An ACK of anything that was sent, with blocks anywhere behind it. */
static void any_ack(struct kunit *test, struct wire_pair *pair, u64 start,
		    struct model *model)
{
	struct clasp_sock *csk = clasp_sk(pair->client->sk);
	struct clasp_block blocks[CLASP_SACK_BLOCKS_MAX];
	u32 una = csk->snd_una - start;
	u32 left = SEGMENTS * WIRE_MSS - una;
	u32 acked = any(4) ? 0 : any(min(left, 3u * WIRE_MSS));
	u32 i, count = 1 + any(4);

	model_ack(model, acked);
	una += acked;
	for (i = 0; i < count; i++) {
		u32 from = una + 1 + any(left - acked);
		u32 to = from + 1 + any(8 * WIRE_MSS);

		if (any(2)) {
			from = roundup(from, WIRE_MSS);
			to = roundup(to, WIRE_MSS);
		}
		to = min_t(u32, to, SEGMENTS * WIRE_MSS);
		blocks[i] = (struct clasp_block){ start + from, start + to };
		if (from < to)
			model_sack(model, from, to);
	}
	wire_inject_sack(test->priv, V, clasp_sk(pair->server->sk)->snd_nxt,
			 start + una, blocks, count);
}

static void rtxq_reference(struct kunit *test)
{
	struct wire *wire = test->priv;
	u32 round, step;

	prandom_seed_state(&rnd, 5);
	for (round = 0; round < ROUNDS; round++) {
		struct model model = {};
		struct wire_pair pair;
		u64 start = send_all(test, &pair);

		for (step = 0; step < STEPS && model.una < SEGMENTS - 3; step++) {
			any_ack(test, &pair, start, &model);
			check_board(test, clasp_sk(pair.client->sk), start,
				    &model);
		}
		wire_mend(wire);
		wire_close(wire, &pair.listener);
		wire_close(wire, &pair.client);
		wire_close(wire, &pair.server);
		KUNIT_ASSERT_TRUE(test, wire_finish(wire));
	}
}

/*
 * One ACK tells of two segments: the first has waited for it, and may again (RFC 7323,
 * section 4.3, (A)), but the path is no longer than it was for the last.
 */
static void rtxq_measures(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_delivery delivery = {};
	struct wire_pair pair;
	struct sock *sk;
	u8 byte = 0;

	wire_open(wire, &pair);
	sk = pair.client->sk;
	clasp_sk(sk)->options.nodelay = true;
	wire_cut(wire, C);
	KUNIT_ASSERT_EQ(test, wire_send(pair.client, &byte, 1), 1);
	wire_run(wire, MS(8));
	KUNIT_ASSERT_EQ(test, wire_send(pair.client, &byte, 1), 1);
	wire_run(wire, MS(4));
	lock_sock(sk);
	delivery.now = clasp_clock();
	clasp_rtxq_acked(sk, clasp_sk(sk)->snd_nxt, &delivery);
	release_sock(sk);
	KUNIT_EXPECT_EQ(test, delivery.rtt, MS(12));
	KUNIT_EXPECT_EQ(test, delivery.rtt_least, MS(4));
}

static struct kunit_case rtxq_cases[] = {
	KUNIT_CASE(rtxq_measures),
	KUNIT_CASE_SLOW(rtxq_reference),
	{}
};

static struct kunit_suite rtxq_suite = {
	.name = "clasp_rtxq",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = rtxq_cases,
};

kunit_test_suite(rtxq_suite);
