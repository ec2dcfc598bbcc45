// SPDX-License-Identifier: GPL-2.0
/*
 * Long streams over a wire that loses at random, both data and ACKs: every byte
 * arrives, and no time-out follows another unless the wire is to blame.
 */
#include "letters.h"

#define LOSSY_MTU	256

/**
 * struct lossy - what becomes of a stream
 * @client: who sends it
 * @una: oldest number not acknowledged when last looked
 * @retries: time-outs since it is that
 * @since: when the last one was, ns
 * @timeouts: time-outs
 * @blameless: those that followed another, though both directions had worked
 */
struct lossy {
	struct socket *client;
	u64 una;
	u32 retries;
	u64 since;
	u32 timeouts;
	u32 blameless;
};

/*
 * Was nothing sent since the last time-out, or did something get through, and an
 * ACK after it?
 */
static bool lossy_blameless(const struct wire *wire, u64 since)
{
	bool sent = false, through = false;
	u32 i;

	for (i = 0; i < min_t(u32, wire->logged, WIRE_LOG); i++) {
		const struct wire_segment *seg = &wire->log[i];

		if (seg->at < since || seg->at + wire->delay >= wire->now)
			continue;
		sent |= seg->from == C && seg->len;
		if (seg->fate == WIRE_DROP)
			continue;
		if (seg->from == V && through)
			return true;
		through |= seg->from == C && seg->len;
	}
	return !sent;
}

static void lossy_watch(struct wire *wire)
{
	struct lossy *lossy = wire->watched;
	const struct clasp_sock *csk = clasp_sk(lossy->client->sk);

	if (csk->snd_una != lossy->una) {
		lossy->una = csk->snd_una;
		lossy->retries = 0;
		wire->steps = 0;
	}
	if (csk->retries > lossy->retries) {
		lossy->timeouts++;
		if (lossy->retries && lossy_blameless(wire, lossy->since))
			lossy->blameless++;
		lossy->retries = csk->retries;
		lossy->since = wire->now;
	}
	/* The log needs to reach no farther back than to the last time-out. */
	if (!lossy->retries)
		wire_clear(wire);
}

/* So many segments over a wire that loses @drop of a thousand. */
static void lossy_stream(struct kunit *test, u32 segments, u16 drop)
{
	struct wire *wire = test->priv;
	struct lossy lossy = {};
	struct wire_stream stream;
	struct wire_pair pair;

	wire->mtu = LOSSY_MTU;
	wire->delay = MS(1);
	wire_open(wire, &pair);
	lossy.client = pair.client;
	lossy.una = clasp_sk(pair.client->sk)->snd_una;
	wire->watched = &lossy;
	wire->watch = lossy_watch;
	wire_random(wire, &(struct wire_chance){ .seed = 1, .drop = drop });
	stream = (struct wire_stream){
		.from = pair.client, .to = pair.server, .fin = true,
		.size = segments * clasp_sk(pair.client->sk)->snd_mss,
	};
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
	wire->watch = NULL;
	KUNIT_EXPECT_EQ(test, stream.got, stream.size);
	KUNIT_EXPECT_GE(test, clasp_sk(pair.client->sk)->totals.data_segs_out,
			segments);
	KUNIT_EXPECT_GT(test, clasp_sk(pair.client->sk)->totals.retrans,
			segments / 1000 * drop / 2);
	KUNIT_EXPECT_EQ(test, lossy.blameless, 0);
	/* Nearly all is mended without one. */
	KUNIT_EXPECT_LT(test, lossy.timeouts, segments / 1000 * drop / 10);
	kunit_info(test, "%u time-outs", lossy.timeouts);
}

static void lossy_five_percent(struct kunit *test)
{
	lossy_stream(test, 20000, 50);
}

static void lossy_million(struct kunit *test)
{
	lossy_stream(test, 1000000, 10);
}

static struct kunit_case lossy_cases[] = {
	WIRE_CASE(lossy_five_percent),
	/* Minutes, with sanitizers. */
	KUNIT_CASE_ATTR(lossy_million, { KUNIT_SPEED_VERY_SLOW }),
	{}
};

static struct kunit_suite lossy_suite = {
	.name = "clasp_lossy",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = lossy_cases,
};

kunit_test_suite(lossy_suite);
