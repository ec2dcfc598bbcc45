// SPDX-License-Identifier: GPL-2.0
/* When a receiver acknowledges (RFC 9293, 3.8.6.3; RFC 5681, 4.2). */
#include "../rcvq.h"
#include "letters.h"

#define DATA	201	/* the server's first byte */

/* An open connection; the client's side is played by injection from now on. */
static void open_fresh(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;

	wire->isn[C] = 100;
	wire->isn[V] = 200;
	wire_open(wire, pair);
	wire_cut(wire, V);
	wire_clear(wire);
}

/*
 * The same, whose server received so many small segments that nothing is special
 * about the next.
 */
static void open_calm(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;
	int i;

	open_fresh(test, pair);
	for (i = 0; i < 16; i++)
		wire_inject(wire, C, P, 101 + i, DATA, 1);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair->server->sk)->rcv_nxt, 117);
	wire_run(wire, MS(100));
	wire_clear(wire);
}

/* An ACK that comes alone waits 40 ms and no longer. */
static void ackdelay_40_ms(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	wire_inject(wire, C, P, 117, DATA, 1);
	wire_run(wire, MS(40) - 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, V, A, DATA, 118, 0);
	wire_run(wire, SECONDS(1));
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
}

/* A second small segment does not make it wait longer. */
static void ackdelay_from_the_first(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	wire_inject(wire, C, P, 117, DATA, 1);
	wire_run(wire, MS(30));
	wire_inject(wire, C, P, 118, DATA, 1);
	wire_run(wire, MS(10));
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, V, A, DATA, 119, 0);
}

/* It goes with data, if there is some. */
static void ackdelay_piggyback(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	wire_inject(wire, C, P, 117, DATA, 1);
	wire_run(wire, MS(20));
	KUNIT_EXPECT_EQ(test, 2, wire_send(pair.server, "ok", 2));
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, V, A, DATA, 118, 2);
	wire_run(wire, MS(50));
	KUNIT_EXPECT_EQ(test, wire_count(wire, V, P, A), 0);
}

/* The knob. */
static void ackdelay_knob(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	wire_sysctl()->ack_delay_ms = 7;
	wire_inject(wire, C, P, 117, DATA, 1);
	wire_run(wire, MS(7) - 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
}

/* How many of so many full segments in a row are acknowledged before the next? */
static u32 acks_of_segments(struct wire *wire, u64 seq, u32 len, u32 count)
{
	u32 i;

	wire_clear(wire);
	for (i = 0; i < count; i++)
		wire_inject(wire, C, A, seq + i * len, DATA, len);
	return wire->logged;
}

/* 3.8.6.3: at least every second full segment is acknowledged at once. */
static void ackdelay_every_second(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	KUNIT_EXPECT_EQ(test, acks_of_segments(wire, 117, 1448, 20), 10);
}

/* The program reads what has come so far. */
static void read_all(struct wire_pair *pair)
{
	static char text[20 * 1448];

	wire_receive(pair->server, text, sizeof(text));
}

/* One whose server's program has just read a segment. */
static void open_just_read(struct kunit *test, struct wire_pair *pair)
{
	open_calm(test, pair);
	wire_inject(test->priv, C, A, 117, DATA, 1448);
	read_all(pair);
}

/* A reader who keeps up acknowledges when he has read. */
static void ackdelay_by_reader(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_just_read(test, &pair);
	KUNIT_EXPECT_EQ(test, acks_of_segments(wire, 117 + 1448, 1448, 10), 0);
	read_all(&pair);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, V, A, DATA, 117 + 11 * 1448, 0);
}

/* One that is held up has until the next tick, and is not waited for again. */
static void ackdelay_reader_late(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_just_read(test, &pair);
	KUNIT_EXPECT_EQ(test, acks_of_segments(wire, 117 + 1448, 1448, 2), 0);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, V, A, DATA, 117 + 3 * 1448, 0);
	wire_run(wire, TICK_NSEC);
	KUNIT_EXPECT_EQ(test, acks_of_segments(wire, 117 + 3 * 1448, 1448, 10),
			5);
}

/* Nor is one who slept, and was woken in vain. */
static void ackdelay_sleeper_late(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	clasp_sk(pair.server->sk)->reader_asleep = true;
	KUNIT_EXPECT_EQ(test, acks_of_segments(wire, 117, 1448, 2), 0);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	KUNIT_EXPECT_EQ(test, acks_of_segments(wire, 117 + 2 * 1448, 1448, 10),
			5);
}

/* To one who is not woken before there is more, nothing is left. */
static void ackdelay_low_water(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_just_read(test, &pair);
	WRITE_ONCE(pair.server->sk->sk_rcvlowat, 8 * 1448);
	KUNIT_EXPECT_EQ(test, acks_of_segments(wire, 117 + 1448, 1448, 6), 3);
}

/* Also of a peer whose segments are small, once it shows. */
static void ackdelay_small_mss(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	acks_of_segments(wire, 117, 200, 4);
	KUNIT_EXPECT_EQ(test, acks_of_segments(wire, 117 + 800, 200, 20), 10);
}

/* And of one whose path takes less than it did. */
static void ackdelay_smaller_mss(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	acks_of_segments(wire, 117, 1448, 4);
	acks_of_segments(wire, 117 + 4 * 1448, 512, 4);
	KUNIT_EXPECT_EQ(test, acks_of_segments(wire, 117 + 4 * 1448 + 4 * 512,
					       512, 20), 10);
}

/* Small writes are no full segments, however many of one size there are. */
static void ackdelay_small_writes(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	open_calm(test, &pair);
	for (i = 0; i < 8; i++)
		wire_inject(wire, C, P, 117 + i * 64, DATA, 64);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->rcv_mss, 536);
}

/* The first sixteen are acknowledged at once. */
static void ackdelay_quick_at_start(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	open_fresh(test, &pair);
	for (i = 0; i < 20; i++)
		wire_inject(wire, C, P, 101 + i, DATA, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 16);
}

/* One whose server's program calls what may sleep, on a fresh connection. */
static void open_read(struct kunit *test, struct wire_pair *pair)
{
	open_fresh(test, pair);
	clasp_sk(pair->server->sk)->patient = true;
}

/* It may have an answer to what ends a write; it has until the next tick. */
static void ackdelay_question(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_read(test, &pair);
	wire_inject(wire, C, P, 101, DATA, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, V, A, DATA, 102, 0);
}

static void ackdelay_question_answered(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_read(test, &pair);
	wire_inject(wire, C, P, 101, DATA, 1);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.server, "y", 1));
	WIRE_EXPECT(wire, 0, V, A, DATA, 102, 1);
	wire_run(wire, MS(1));
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
}

/* A child that no program has called yet goes by its listener. */
static void ackdelay_question_before_accept(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	clasp_sk(listener->sk)->patient = true;
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	wire_clear(wire);
	KUNIT_EXPECT_EQ(test, 1, wire_send(client, "x", 1));
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, wire_count(wire, V, A, A), 0);
	wire_run(wire, MS(1));
	KUNIT_EXPECT_EQ(test, wire_count(wire, V, A, A), 1);
}

/* Whoever does not want to sleep may not come back soon. */
static void ackdelay_impatient(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_read(test, &pair);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.server, "y", 1));
	wire_clear(wire);
	wire_inject(wire, C, P, 101, DATA, 1);
	WIRE_EXPECT(wire, 0, V, A, DATA + 1, 102, 0);
}

/* If it goes to sleep again, it has none. */
static void ackdelay_question_ignored(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	long timeo = 0;

	open_read(test, &pair);
	wire_inject(wire, C, P, 101, DATA, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	lock_sock(pair.server->sk);
	/* There is more than it says to have seen: it wakes at once. */
	clasp_rcvq_wait(pair.server->sk, &timeo, NULL);
	release_sock(pair.server->sk);
	WIRE_EXPECT(wire, 0, V, A, DATA, 102, 0);
	wire_run(wire, MS(1));
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
}

/* What does not end a write, or is as large as any so far, is no question. */
static void ackdelay_no_question(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_read(test, &pair);
	wire_inject(wire, C, A, 101, DATA, 1);
	WIRE_EXPECT(wire, 0, V, A, DATA, 102, 0);
	wire_inject(wire, C, P, 102, DATA, WIRE_MSS);
	WIRE_EXPECT(wire, 1, V, A, DATA, 102 + WIRE_MSS, 0);
}

/* A FIN is one: three segments end a connection, or four. */
static void ackdelay_fin_answered(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_read(test, &pair);
	wire_inject(wire, C, F | A, 101, DATA, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	wire_close(wire, &pair.server);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, V, F | A, DATA, 102, 0);
}

static void ackdelay_fin_ignored(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	clasp_sk(pair.server->sk)->patient = true;
	wire_inject(wire, C, F | A, 117, DATA, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, V, A, DATA, 118, 0);
}

/* And those after a pause: the sender's window is small again. */
static void ackdelay_quick_after_idle(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	wire_run(wire, SECONDS(2));
	wire_inject(wire, C, P, 117, DATA, 1);
	wire_inject(wire, C, P, 118, DATA, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
}

/* And those after a hole. */
static void ackdelay_quick_after_loss(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	wire_inject(wire, C, P, 118, DATA, 1);
	WIRE_EXPECT(wire, 0, V, A, DATA, 117, 0);
	wire_inject(wire, C, P, 117, DATA, 1);
	WIRE_EXPECT(wire, 1, V, A, DATA, 119, 0);
	wire_inject(wire, C, P, 119, DATA, 1);
	WIRE_EXPECT(wire, 2, V, A, DATA, 120, 0);
}

/* Who answers at once has the ACK go with the answer, after a pause too. */
static void ackdelay_interactive(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	open_calm(test, &pair);
	for (i = 0; i < 10; i++) {
		wire_run(wire, SECONDS(2));
		wire_clear(wire);
		wire_inject(wire, C, P, 117 + i, DATA + i, 1);
		wire_run(wire, MS(1));
		/* Only the first time it could not be known. */
		KUNIT_EXPECT_EQ(test, wire->logged, !i);
		KUNIT_EXPECT_EQ(test, 1, wire_send(pair.server, "y", 1));
		KUNIT_EXPECT_EQ(test, wire->logged, !i + 1);
		wire_inject(wire, C, A, 118 + i, DATA + i + 1, 0);
	}
	/* Once no answer comes, the next ACK is quick again. */
	wire_run(wire, SECONDS(2));
	wire_clear(wire);
	wire_inject(wire, C, P, 127, DATA + 10, 1);
	wire_run(wire, MS(40));
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	wire_inject(wire, C, P, 128, DATA + 10, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
}

/* CLASP_QUICKACK: what is pending goes at once, and what comes next. */
static void ackdelay_quickack_on(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_calm(test, &pair);
	wire_inject(wire, C, P, 117, DATA, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	wire_option(wire, pair.server, CLASP_QUICKACK, 1);
	WIRE_EXPECT(wire, 0, V, A, DATA, 118, 0);
	wire_inject(wire, C, P, 118, DATA, 1);
	WIRE_EXPECT(wire, 1, V, A, DATA, 119, 0);
	wire_run(wire, MS(100));
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
	/* Nothing pending, nothing sent. */
	wire_option(wire, pair.server, CLASP_QUICKACK, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
}

/* Off, even the first ACKs wait; every second full segment does not. */
static void ackdelay_quickack_off(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_fresh(test, &pair);
	wire_option(wire, pair.server, CLASP_QUICKACK, 0);
	wire_inject(wire, C, P, 101, DATA, 1);
	wire_run(wire, MS(40) - 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	wire_option(wire, pair.server, CLASP_QUICKACK, 0);
	KUNIT_EXPECT_EQ(test, acks_of_segments(wire, 102, 1448, 20), 10);
}

static struct kunit_case ackdelay_cases[] = {
	KUNIT_CASE(ackdelay_40_ms),
	KUNIT_CASE(ackdelay_from_the_first),
	KUNIT_CASE(ackdelay_piggyback),
	KUNIT_CASE(ackdelay_knob),
	KUNIT_CASE(ackdelay_every_second),
	KUNIT_CASE(ackdelay_by_reader),
	KUNIT_CASE(ackdelay_reader_late),
	KUNIT_CASE(ackdelay_sleeper_late),
	KUNIT_CASE(ackdelay_low_water),
	KUNIT_CASE(ackdelay_small_mss),
	KUNIT_CASE(ackdelay_smaller_mss),
	KUNIT_CASE(ackdelay_small_writes),
	KUNIT_CASE(ackdelay_quick_at_start),
	KUNIT_CASE(ackdelay_question),
	KUNIT_CASE(ackdelay_question_answered),
	KUNIT_CASE(ackdelay_question_before_accept),
	KUNIT_CASE(ackdelay_impatient),
	KUNIT_CASE(ackdelay_question_ignored),
	KUNIT_CASE(ackdelay_no_question),
	KUNIT_CASE(ackdelay_fin_answered),
	KUNIT_CASE(ackdelay_fin_ignored),
	KUNIT_CASE(ackdelay_quick_after_idle),
	KUNIT_CASE(ackdelay_quick_after_loss),
	KUNIT_CASE(ackdelay_interactive),
	KUNIT_CASE(ackdelay_quickack_on),
	KUNIT_CASE(ackdelay_quickack_off),
	{}
};

static struct kunit_suite ackdelay_suite = {
	.name = "clasp_ackdelay",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = ackdelay_cases,
};

kunit_test_suite(ackdelay_suite);
