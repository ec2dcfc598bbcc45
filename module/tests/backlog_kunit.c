// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that wait for a socket that is held by its user: what goes on where
 * the last one ends is made one with it, and means the same.
 */
#include <net/inet_ecn.h>

#include "letters.h"

/* Data of a byte in each segment, from here on */
#define DATA 201

static const u64 first = 101;

static struct clasp_sock *open_cut(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;

	wire->isn[C] = 100;
	wire->isn[V] = 200;
	wire_open(wire, pair);
	wire_cut(wire, C);
	wire_cut(wire, V);
	wire_clear(wire);
	clasp_sk(pair->server->sk)->options.nodelay = true;
	return clasp_sk(pair->server->sk);
}

static void open_held(struct kunit *test, struct wire_pair *pair)
{
	open_cut(test, pair);
	wire_hold(pair->server->sk);
}

static u64 joined(void)
{
	return clasp_mib_read(&init_net, CLASP_MIB_BacklogCoalesce);
}

/* Many ACKs are one, that acknowledges all, with the window of the last. */
static void backlog_acks(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u64 before = joined();
	u64 segs_in;
	int i;

	csk = open_cut(test, &pair);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, 1, wire_send(pair.server, "x", 1));
	segs_in = csk->totals.segs_in;
	wire_hold(pair.server->sk);
	for (i = 1; i <= 8; i++)
		wire_inject_window(wire, C, A, first, DATA + i, 0, 60000 + i);
	KUNIT_EXPECT_EQ(test, csk->snd_una, DATA);
	release_sock(pair.server->sk);
	KUNIT_EXPECT_EQ(test, joined(), before + 7);
	KUNIT_EXPECT_EQ(test, csk->totals.segs_in, segs_in + 8);
	KUNIT_EXPECT_EQ(test, csk->totals.data_segs_in, 0);
	KUNIT_EXPECT_EQ(test, csk->snd_una, DATA + 8);
	KUNIT_EXPECT_EQ(test, csk->snd_wnd, 60008);
}

/* Data is one, up to the FIN. */
static void backlog_text(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u64 before = joined();
	char text[32] = { };
	int i;

	open_held(test, &pair);
	for (i = 0; i < 4; i++)
		wire_inject(wire, C, i % 2 ? P : A, first + i, DATA, 1);
	wire_inject(wire, C, F | A, first + 4, DATA, 1);
	release_sock(pair.server->sk);
	KUNIT_EXPECT_EQ(test, joined(), before + 4);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->totals.data_segs_in,
			5);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->rcv_nxt, first + 6);
	KUNIT_EXPECT_EQ(test, 5, wire_receive(pair.server, text, 32));
}

/* The size of a segment is what it was: the next ACKs depend on it. */
static void backlog_segment_size(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_held(test, &pair);
	wire_inject(wire, C, A, first, DATA, 100);
	wire_inject(wire, C, A, first + 100, DATA, 100);
	wire_inject(wire, C, P, first + 200, DATA, 7);
	release_sock(pair.server->sk);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->last_text_len, 100);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->rcv_nxt, first + 207);
}

/* The same ACK again is one more (RFC 5681, section 2), and a new window is. */
static void backlog_same_ack(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u64 before = joined();

	open_held(test, &pair);
	wire_inject(wire, C, A, first, DATA, 0);
	wire_inject(wire, C, A, first, DATA, 0);
	wire_inject_window(wire, C, A, first, DATA, 0, 1000);
	release_sock(pair.server->sk);
	KUNIT_EXPECT_EQ(test, joined(), before);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->snd_wnd, 1000);
}

/* What is not like the one before it, or goes on elsewhere, is left alone. */
static void backlog_unlike(struct kunit *test)
{
	static const struct clasp_block block = { DATA, DATA + 1 };
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u64 before = joined();

	open_held(test, &pair);
	wire_inject(wire, C, A, first, DATA, 1);
	wire_inject(wire, C, A, first + 2, DATA, 1);	/* a hole */
	wire_inject(wire, C, A, first + 2, DATA, 1);	/* again */
	wire_inject(wire, C, A, first + 3, DATA + 1, 0);	/* empty */
	wire_inject(wire, C, A, first + 3, DATA - 1, 1);	/* older */
	wire_inject(wire, C, A | CLASP_ECE, first + 4, DATA, 1);
	wire_inject(wire, C, A | CLASP_CWR, first + 5, DATA, 1);
	wire_inject(wire, C, A | CLASP_CWR, first + 6, DATA, 1);
	wire_inject_ecn(wire, C, A, first + 7, DATA, 1, INET_ECN_CE);
	wire_inject_ecn(wire, C, A, first + 8, DATA, 1, INET_ECN_ECT_0);
	wire_inject_urgent(wire, C, first + 9, DATA, 1, 1);
	wire_inject(wire, C, A, first + 10, DATA, 1);
	wire_inject(wire, C, A, first + 11, DATA, 0);
	wire_inject_sack(wire, C, first + 11, DATA + 1, &block, 1);
	wire_inject(wire, C, A, first + 11, DATA + 2, 0);
	wire_inject(wire, C, R, first + 11, 0, 0);
	KUNIT_EXPECT_EQ(test, joined(), before);
	release_sock(pair.server->sk);
}

/* A listener's ACKs are of its requests. */
static void backlog_listener(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	u64 before = joined();

	wire_hold(listener->sk);
	wire_inject(wire, C, A, first, DATA, 1);
	wire_inject(wire, C, A, first + 1, DATA, 1);
	release_sock(listener->sk);
	KUNIT_EXPECT_EQ(test, joined(), before);
	KUNIT_EXPECT_EQ(test, wire_count(wire, V, R, R), 2);
}

/* A window that came with the last of what was joined counts. */
static void backlog_window_behind_hole(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;

	csk = open_cut(test, &pair);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.server, "x", 1));
	wire_inject_window(wire, C, A, first + 1, DATA, 1, 5000);
	wire_hold(pair.server->sk);
	wire_inject_window(wire, C, A, first, DATA + 1, 1, 7000);
	wire_inject_window(wire, C, A, first + 1, DATA + 1, 1, 7000);
	wire_inject_window(wire, C, A, first + 2, DATA + 1, 1, 7000);
	release_sock(pair.server->sk);
	KUNIT_EXPECT_EQ(test, csk->snd_una, DATA + 1);
	KUNIT_EXPECT_EQ(test, csk->snd_wnd, 7000);
}

static struct kunit_case backlog_cases[] = {
	WIRE_CASE(backlog_acks),
	WIRE_CASE(backlog_text),
	WIRE_CASE(backlog_segment_size),
	WIRE_CASE(backlog_same_ack),
	WIRE_CASE(backlog_unlike),
	WIRE_CASE(backlog_listener),
	WIRE_CASE(backlog_window_behind_hole),
	{}
};

static struct kunit_suite backlog_suite = {
	.name = "clasp_backlog",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = backlog_cases,
};

kunit_test_suite(backlog_suite);
