// SPDX-License-Identifier: GPL-2.0
/* Closing a connection, as two sockets on a wire do it (RFC 9293, 3.6). */
#include "letters.h"

static bool at_end(struct socket *sock)
{
	u8 byte;

	return wire_receive(sock, &byte, 1) == 0;
}

/* Four segments, to the number, and the states on the way. */
static void close_textbook(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct wire_stream both[2] = { };

	wire_open_idle(test->priv, &pair);
	both[0] = (struct wire_stream){
		.from = pair.client, .to = pair.server, .size = 199,
	};
	both[1] = (struct wire_stream){
		.from = pair.server, .to = pair.client, .size = 199,
	};
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, both, 2));
	wire_run(wire, NSEC_PER_SEC);
	wire_clear(wire);

	KUNIT_EXPECT_EQ(test, 0, kernel_sock_shutdown(pair.client, SHUT_WR));
	WIRE_STATES(wire, FIN_WAIT_1, ESTABLISHED);
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, FIN_WAIT_1, CLOSE_WAIT);
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	KUNIT_EXPECT_TRUE(test, at_end(pair.server));
	KUNIT_EXPECT_EQ(test, 0, kernel_sock_shutdown(pair.server, SHUT_WR));
	WIRE_STATES(wire, FIN_WAIT_2, LAST_ACK);
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, TIME_WAIT, LAST_ACK);
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, TIME_WAIT, CLOSED);
	KUNIT_EXPECT_TRUE(test, at_end(pair.client));
	wire_run(wire, SECONDS(300));
	WIRE_STATES(wire, CLOSED, CLOSED);

	KUNIT_EXPECT_EQ(test, wire->logged, 4);
	WIRE_EXPECT(wire, 0, C, F | A, 300, 400, 0);
	WIRE_EXPECT(wire, 1, V, A, 400, 301, 0);
	WIRE_EXPECT(wire, 2, V, F | A, 400, 301, 0);
	WIRE_EXPECT(wire, 3, C, A, 301, 401, 0);
}

/* Either side may be the first; close() instead of shutdown(). */
static void close_server_first(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_close(wire, &pair.server);
	WIRE_STATES(wire, ESTABLISHED, FIN_WAIT_1);
	wire_settle(wire);
	WIRE_STATES(wire, CLOSE_WAIT, FIN_WAIT_2);
	KUNIT_EXPECT_TRUE(test, at_end(pair.client));
	wire_close(wire, &pair.client);
	WIRE_STATES(wire, LAST_ACK, FIN_WAIT_2);
	wire_settle(wire);
	WIRE_STATES(wire, CLOSED, TIME_WAIT);
	KUNIT_EXPECT_EQ(test, wire->logged, 4);
	WIRE_EXPECT(wire, 0, V, F | A, 201, 101, 0);
	WIRE_EXPECT(wire, 1, C, A, 101, 202, 0);
	WIRE_EXPECT(wire, 2, C, F | A, 101, 202, 0);
	WIRE_EXPECT(wire, 3, V, A, 202, 102, 0);
}

/* Figure 13 of 3.6: both at once, through CLOSING, and both wait. */
static void close_simultaneous(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_close(wire, &pair.client);
	wire_close(wire, &pair.server);
	WIRE_STATES(wire, FIN_WAIT_1, FIN_WAIT_1);
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, FIN_WAIT_1, CLOSING);
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, CLOSING, CLOSING);
	wire_next(wire, U64_MAX);
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, TIME_WAIT, TIME_WAIT);
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, wire->logged, 4);
	WIRE_EXPECT(wire, 0, C, F | A, 101, 201, 0);
	WIRE_EXPECT(wire, 1, V, F | A, 201, 101, 0);
	WIRE_EXPECT(wire, 2, V, A, 202, 102, 0);
	WIRE_EXPECT(wire, 3, C, A, 102, 202, 0);
	wire_run(wire, SECONDS(239));
	WIRE_STATES(wire, TIME_WAIT, TIME_WAIT);
	wire_run(wire, SECONDS(2));
	WIRE_STATES(wire, CLOSED, CLOSED);
}

/* After its FIN, a side still receives: as much and as long as it takes. */
static void close_half(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct wire_stream back;
	u8 byte = 'x';

	wire_open_idle(test->priv, &pair);
	KUNIT_EXPECT_EQ(test, 0, kernel_sock_shutdown(pair.client, SHUT_WR));
	KUNIT_EXPECT_EQ(test, -EPIPE, wire_send(pair.client, &byte, 1));
	wire_run(wire, SECONDS(3600));
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	back = (struct wire_stream){
		.from = pair.server, .to = pair.client, .size = 100000,
		.fin = true,
	};
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &back, 1));
	wire_settle(wire);
	WIRE_STATES(wire, TIME_WAIT, CLOSED);
	KUNIT_EXPECT_TRUE(test, at_end(pair.client));
	KUNIT_EXPECT_TRUE(test, at_end(pair.server));
}

/* The FIN goes behind all that was written, and what it was, arrives. */
static void close_with_data_queued(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct wire_stream stream;
	u32 all, sent = 0;
	int got;
	u8 *buf = kunit_kzalloc(test, 65536, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	wire_open_idle(test->priv, &pair);
	while ((got = wire_send(pair.client, buf, 4096)) > 0)
		sent += got;
	KUNIT_EXPECT_EQ(test, got, -EAGAIN);
	wire_close(wire, &pair.client);
	WIRE_STATES(wire, FIN_WAIT_1, ESTABLISHED);
	stream.got = 0;
	do {
		got = wire_receive(pair.server, buf, 65536);
		if (got > 0)
			stream.got += got;
		else if (got == -EAGAIN)
			wire_next(wire, U64_MAX);
	} while (got > 0 || got == -EAGAIN);
	all = stream.got;
	KUNIT_EXPECT_EQ(test, got, 0);
	KUNIT_EXPECT_EQ(test, all, sent);
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, F, F), 1);
	wire_settle(wire);
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
}

/* 240 seconds of TIME-WAIT: not a moment less, not long after. */
static void close_time_wait(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u64 start;

	wire_open_idle(test->priv, &pair);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	wire_close(wire, &pair.server);
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, TIME_WAIT, LAST_ACK);
	start = wire->now;
	wire_run(wire, SECONDS(240) - 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_TIME_WAIT);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, wire->now - start, SECONDS(240));
	KUNIT_EXPECT_EQ(test, wire->logged, 4);
}

/* A FIN that comes again is answered, and the time starts anew. */
static void close_time_wait_fin(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	wire_close(wire, &pair.server);
	wire_settle(wire);
	wire_run(wire, SECONDS(200));
	wire_clear(wire);
	wire_inject(wire, V, F | A, 201, 102, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, C, A, 102, 202, 0);
	wire_run(wire, SECONDS(240) - 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_TIME_WAIT);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
}

/* Old data is answered but keeps nothing alive; a RST kills it not. */
static void close_time_wait_others(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	wire_close(wire, &pair.server);
	wire_settle(wire);
	wire_run(wire, SECONDS(200));
	wire_clear(wire);
	wire_inject(wire, V, A, 150, 102, 9);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, C, A, 102, 202, 0);
	/* RFC 1337. */
	wire_inject(wire, V, R, 202, 0, 0);
	wire_inject(wire, V, R, 203, 0, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_TIME_WAIT);
	wire_run(wire, SECONDS(41));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
}

/* 3.6.1: a new connection between the same ends need not wait. */
static void close_time_wait_reopened(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct socket *client;

	wire_open_idle(test->priv, &pair);
	/* The server keeps TIME-WAIT, so the client may come again. */
	wire_close(wire, &pair.server);
	wire_settle(wire);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	WIRE_STATES(wire, CLOSED, TIME_WAIT);
	wire->isn[C] = 1000;
	wire->isn[V] = 2000;
	client = wire_socket(wire, C, WIRE_CLIENT_PORT);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	KUNIT_EXPECT_NOT_NULL(test, wire_accept(wire, pair.listener));
}

/* Our own end waits: connect() takes the place, too. */
static void close_time_wait_own(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct socket *client;

	wire_open_idle(test->priv, &pair);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	wire_close(wire, &pair.server);
	wire_settle(wire);
	WIRE_STATES(wire, TIME_WAIT, CLOSED);
	wire->isn[C] = 1000;
	client = wire_socket(wire, C, WIRE_CLIENT_PORT);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
}

/* RFC 2525, 2.17: data left unread is told by a RST. */
static void close_unread(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u8 byte;

	wire_open_idle(test->priv, &pair);
	KUNIT_EXPECT_EQ(test, 5, wire_send(pair.client, "hello", 5));
	wire_run(wire, NSEC_PER_SEC);
	wire_clear(wire);
	wire_close(wire, &pair.server);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
	WIRE_EXPECT(wire, 0, V, R | A, 201, 106, 0);
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	KUNIT_EXPECT_EQ(test, wire_connections(), 0);
	KUNIT_EXPECT_EQ(test, -ECONNRESET,
			wire_receive(pair.client, &byte, 1));
}

/* RFC 1122, 4.2.2.13: data that comes for a program that is gone. */
static void close_data_after(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	wire_clear(wire);
	KUNIT_EXPECT_EQ(test, 5, wire_send(pair.server, "hello", 5));
	wire_settle(wire);
	WIRE_EXPECT(wire, 1, C, R, 102, 0, 0);
	WIRE_STATES(wire, CLOSED, CLOSED);
	KUNIT_EXPECT_EQ(test, -EPIPE, wire_error(pair.server));
	KUNIT_EXPECT_EQ(test, -EPIPE, wire_send(pair.server, "x", 1));
}

/* SO_LINGER with a time of 0: RST at once, whatever is queued. */
static void close_linger_0(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u8 byte;

	wire_open_idle(test->priv, &pair);
	wire_cut(wire, V);
	KUNIT_EXPECT_EQ(test, 5, wire_send(pair.client, "hello", 5));
	sock_set_flag(pair.client->sk, SOCK_LINGER);
	pair.client->sk->sk_lingertime = 0;
	wire_close(wire, &pair.client);
	WIRE_STATES(wire, CLOSED, ESTABLISHED);
	WIRE_EXPECT(wire, 1, C, R | A, 106, 201, 0);
	wire_settle(wire);
	WIRE_STATES(wire, CLOSED, CLOSED);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, wire_error(pair.server));
	KUNIT_EXPECT_EQ(test, 0, wire_receive(pair.server, &byte, 0));
}

/* The peer of a closed socket never closes: 60 s, then it is forgotten. */
static void close_fin_wait_2(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	wire_run(wire, SECONDS(59));
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	wire_run(wire, SECONDS(2));
	WIRE_STATES(wire, CLOSED, CLOSE_WAIT);
	/* What the peer sends then is reset. */
	wire_close(wire, &pair.server);
	wire_settle(wire);
	WIRE_STATES(wire, CLOSED, CLOSED);
}

/* The time starts with close(), not with an earlier shutdown(). */
static void close_fin_wait_2_late(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	KUNIT_EXPECT_EQ(test, 0, kernel_sock_shutdown(pair.client, SHUT_WR));
	wire_run(wire, SECONDS(1000));
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	wire_close(wire, &pair.client);
	wire_run(wire, SECONDS(59));
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	wire_run(wire, SECONDS(2));
	WIRE_STATES(wire, CLOSED, CLOSE_WAIT);
}

/* The errors of a RST that comes in each state (3.10.7.4, tcp(7)). */
static void close_reset(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_inject(wire, V, R, 201, 0, 0);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, wire_error(pair.client));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_TRUE(test, at_end(pair.client));
	kernel_sock_shutdown(pair.server, SHUT_WR);
	wire_settle(wire);
	/* The client knows nothing any more and says so. */
	KUNIT_EXPECT_EQ(test, -ECONNRESET, wire_error(pair.server));
	WIRE_STATES(wire, CLOSED, CLOSED);
}

/* 3.10.7.4, eighth: behind a FIN there is nothing, whatever the peer sends. */
static void close_text_behind_fin(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_inject(wire, V, A, 202, 101, 9);
	wire_inject(wire, V, F | A, 215, 101, 9);
	wire_clear(wire);
	wire_inject(wire, V, F | A, 201, 101, 0);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSE_WAIT);
	WIRE_EXPECT(wire, 0, C, A, 101, 202, 0);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.client->sk)->rcv_nxt, 202);
	KUNIT_EXPECT_TRUE(test, at_end(pair.client));
	wire_inject(wire, V, A, 202, 101, 9);
	wire_inject(wire, V, F | A, 202, 101, 0);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.client->sk)->rcv_nxt, 202);
	KUNIT_EXPECT_TRUE(test, at_end(pair.client));
}

/* The whole life of a connection, with one fault somewhere in it. */
static u32 live_through(struct kunit *test, bool simultaneous)
{
	struct wire *wire = test->priv;
	struct wire_stream both[2] = { };
	struct wire_pair pair = { };
	u32 logged;
	int i;

	pair.listener = wire_listen(wire, 8);
	pair.client = wire_socket(wire, C, WIRE_CLIENT_PORT);
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(pair.client, V));
	do
		pair.server = wire_accept(wire, pair.listener);
	while (!pair.server && wire_next(wire, U64_MAX));
	KUNIT_ASSERT_NOT_NULL(test, pair.server);
	for (i = 0; i < 2; i++) {
		both[i].from = i ? pair.server : pair.client;
		both[i].to = i ? pair.client : pair.server;
		both[i].size = 3000;
		both[i].fin = simultaneous || !i;
	}
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, both, 2));
	if (!simultaneous)
		kernel_sock_shutdown(pair.server, SHUT_WR);
	/* A SYN that comes when all is over opens a request: it gives up. */
	wire_run(wire, SECONDS(100));
	KUNIT_EXPECT_EQ(test, pair.client->sk->sk_state, CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, pair.server->sk->sk_state, CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, 0, wire_error(pair.client));
	KUNIT_EXPECT_EQ(test, 0, wire_error(pair.server));
	KUNIT_EXPECT_GE(test, wire_connections(), 1);
	KUNIT_EXPECT_LE(test, wire_connections(), 1 + simultaneous);
	logged = wire->logged;
	wire_mend(wire);
	wire_close(wire, &pair.listener);
	wire_close(wire, &pair.client);
	wire_close(wire, &pair.server);
	KUNIT_EXPECT_TRUE(test, wire_finish(wire));
	KUNIT_EXPECT_EQ(test, wire_connections(), 0);
	return logged;
}

/*
 * Every segment of a connection, from SYN to the last ACK, is lost once,
 * doubled once, late once: it always ends as it should.
 */
static void every_fault(struct kunit *test, u8 fate, u64 delay)
{
	struct wire *wire = test->priv;
	u32 n, total;
	int way;

	for (way = 0; way < 2; way++) {
		total = live_through(test, way);
		KUNIT_ASSERT_GE(test, total, 10);
		for (n = 0; n < total; n++) {
			wire_clear(wire);
			wire_rule(wire, &(struct wire_rule){
				.skip = n, .count = 1, .fate = fate,
				.delay = delay, .from = WIRE_ANY,
			});
			live_through(test, way);
		}
	}
}

static void close_every_loss(struct kunit *test)
{
	every_fault(test, WIRE_DROP, 0);
}

static void close_every_repeat(struct kunit *test)
{
	every_fault(test, WIRE_TWICE, 0);
	every_fault(test, WIRE_TWICE, 15 * NSEC_PER_MSEC);
}

/* Longer than anything is retransmitted after: the copy overtakes it. */
static void close_every_delay(struct kunit *test)
{
	every_fault(test, WIRE_LATE, 15 * NSEC_PER_MSEC);
	every_fault(test, WIRE_LATE, 1500 * NSEC_PER_MSEC);
}

static void close_every_damage(struct kunit *test)
{
	struct wire *wire = test->priv;

	every_fault(test, WIRE_CORRUPT, 0);
	KUNIT_EXPECT_GE(test, wire->caught, 20);
}

static struct kunit_case close_cases[] = {
	WIRE_CASE(close_textbook),
	WIRE_CASE(close_server_first),
	WIRE_CASE(close_simultaneous),
	WIRE_CASE(close_half),
	WIRE_CASE(close_with_data_queued),
	WIRE_CASE(close_time_wait),
	WIRE_CASE(close_time_wait_fin),
	WIRE_CASE(close_time_wait_others),
	WIRE_CASE(close_time_wait_reopened),
	WIRE_CASE(close_time_wait_own),
	WIRE_CASE(close_unread),
	WIRE_CASE(close_data_after),
	WIRE_CASE(close_linger_0),
	WIRE_CASE(close_fin_wait_2),
	WIRE_CASE(close_fin_wait_2_late),
	WIRE_CASE(close_reset),
	WIRE_CASE(close_text_behind_fin),
	WIRE_CASE_SLOW(close_every_loss),
	WIRE_CASE_SLOW(close_every_repeat),
	WIRE_CASE_SLOW(close_every_delay),
	WIRE_CASE_SLOW(close_every_damage),
	{}
};

static struct kunit_suite close_suite = {
	.name = "clasp_close",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = close_cases,
};

kunit_test_suite(close_suite);
