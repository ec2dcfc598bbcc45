// SPDX-License-Identifier: GPL-2.0
/*
 * Segments and timers that come while the socket is held by its user: they wait
 * and have their effect, in order, when it is released.
 */
#include "letters.h"

/* Data and FIN wait in the backlog, and nothing is answered before. */
static void busy_segments(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	char text[32] = { };

	wire_open_idle(test->priv, &pair);
	clasp_sk(pair.client->sk)->options.nodelay = true;
	wire_hold(pair.server->sk);
	KUNIT_EXPECT_EQ(test, 4, wire_send(pair.client, "some", 4));
	KUNIT_EXPECT_EQ(test, 5, wire_send(pair.client, " text", 5));
	KUNIT_EXPECT_EQ(test, 0, kernel_sock_shutdown(pair.client, SHUT_WR));
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, wire->logged, 3);
	WIRE_STATES(wire, FIN_WAIT_1, ESTABLISHED);
	release_sock(pair.server->sk);
	WIRE_STATES(wire, FIN_WAIT_1, CLOSE_WAIT);
	wire_settle(wire);
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, 9, wire_receive(pair.server, text, 32));
	KUNIT_EXPECT_STREQ(test, text, "some text");
}

/* A timer that rings meanwhile is not lost. */
static void busy_timer(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	wire_hold(pair.client->sk);
	wire_run(wire, SECONDS(10));
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	release_sock(pair.client->sk);
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
	wire_mend(wire);
	wire_run(wire, SECONDS(10));
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.client->sk)->snd_una,
			clasp_sk(pair.client->sk)->snd_nxt);
}

/* The connection ends while its socket is held. */
static void busy_reset(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_hold(pair.client->sk);
	wire_inject(wire, V, R, 201, 0, 0);
	/* Behind the RST: for a connection that is no more. */
	wire_inject(wire, V, A, 201, 101, 9);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	release_sock(pair.client->sk);
	WIRE_STATES(wire, CLOSED, ESTABLISHED);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, C, R, 101, 0, 0);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, wire_error(pair.client));
}

/* A whole handshake, data and FIN wait for the listener. */
static void busy_listener(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct socket *server;
	char text[80] = { };

	wire->isn[V] = 200;
	wire_hold(listener->sk);
	wire_inject(wire, C, S, 100, 0, 0);
	wire_inject(wire, C, A, 101, 201, 0);
	wire_inject(wire, C, A, 101, 201, 9);
	wire_inject(wire, C, F | A, 110, 201, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	KUNIT_EXPECT_EQ(test, wire_connections(), 0);
	release_sock(listener->sk);
	WIRE_EXPECT(wire, 0, V, S | A, 200, 101, 0);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSE_WAIT);
	server = wire_accept(wire, listener);
	KUNIT_ASSERT_NOT_NULL(test, server);
	KUNIT_EXPECT_EQ(test, 10, wire_receive(server, text, sizeof(text)));
	KUNIT_EXPECT_EQ(test, 0, wire_receive(server, text, sizeof(text)));
}

/* The alarms of requests ring meanwhile. */
static void busy_listener_timer(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);

	wire_cut(wire, V);
	wire_inject(wire, C, S, 100, 0, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	wire_hold(listener->sk);
	wire_run(wire, SECONDS(10));
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	release_sock(listener->sk);
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_SYN_RECEIVED);
	wire_run(wire, SECONDS(100));
	KUNIT_EXPECT_EQ(test, wire->logged, 6);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
}

/* The listener closes with all of that in its backlog. */
static void busy_listener_closed(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire_hold(listener->sk);
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	release_sock(listener->sk);
	wire_hold(listener->sk);
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_SYN_RECEIVED);
	release_sock(listener->sk);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_ESTABLISHED);
	wire_close(wire, &listener);
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, wire_error(client));
	KUNIT_EXPECT_EQ(test, wire_connections(), 0);
}

/* More than the backlog takes is dropped, and comes again. */
static void busy_backlog_full(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 before = clasp_mib_read(&init_net, CLASP_MIB_BacklogDropped);
	struct wire_stream stream;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	stream = (struct wire_stream){
		.from = pair.client, .to = pair.server, .size = 300000,
	};
	WRITE_ONCE(pair.server->sk->sk_rcvbuf, 4096);
	WRITE_ONCE(pair.server->sk->sk_sndbuf, 4096);
	wire_hold(pair.server->sk);
	do {
		wire_inject(wire, C, A, 1000000, 201, 64);
	} while (clasp_mib_read(&init_net, CLASP_MIB_BacklogDropped) == before &&
		 wire->steps < 10000);
	release_sock(pair.server->sk);
	KUNIT_EXPECT_GT(test, clasp_mib_read(&init_net,
					     CLASP_MIB_BacklogDropped), before);
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
}

static struct kunit_case busy_cases[] = {
	WIRE_CASE(busy_segments),
	WIRE_CASE(busy_timer),
	WIRE_CASE(busy_reset),
	WIRE_CASE(busy_listener),
	WIRE_CASE(busy_listener_timer),
	WIRE_CASE(busy_listener_closed),
	WIRE_CASE(busy_backlog_full),
	{}
};

static struct kunit_suite busy_suite = {
	.name = "clasp_busy",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = busy_cases,
};

kunit_test_suite(busy_suite);
