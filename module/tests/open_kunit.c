// SPDX-License-Identifier: GPL-2.0
/* Opening a connection, as two sockets on a wire do it (RFC 9293, 3.5). */
#include "letters.h"

/* Three segments, to the number, and the states on the way. */
static void open_textbook(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener, *client;

	wire->isn[C] = 100;
	wire->isn[V] = 200;
	listener = wire_listen(wire, 8);
	client = wire_socket(wire, C, WIRE_CLIENT_PORT);
	KUNIT_EXPECT_EQ(test, listener->sk->sk_state, CLASP_LISTEN);
	WIRE_STATES(wire, CLOSED, CLOSED);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	WIRE_STATES(wire, SYN_SENT, CLOSED);
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, SYN_SENT, SYN_RECEIVED);
	KUNIT_EXPECT_NULL(test, wire_accept(wire, listener));
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, ESTABLISHED, SYN_RECEIVED);
	KUNIT_EXPECT_EQ(test, 0, wire_connect(client, V));
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	KUNIT_EXPECT_EQ(test, listener->sk->sk_state, CLASP_LISTEN);
	KUNIT_EXPECT_NOT_NULL(test, wire_accept(wire, listener));
	KUNIT_EXPECT_EQ(test, wire->logged, 3);
	WIRE_EXPECT(wire, 0, C, S, 100, 0, 0);
	WIRE_EXPECT(wire, 1, V, S | A, 200, 101, 0);
	WIRE_EXPECT(wire, 2, C, A, 101, 201, 0);
}

/* 3.10.7.1: nobody listens. */
static void open_refused(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire->isn[C] = 100;
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
	WIRE_EXPECT(wire, 1, V, R | A, 0, 101, 0);
	KUNIT_EXPECT_EQ(test, client->sk->sk_state, CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ECONNREFUSED, wire_error(client));
	WIRE_STATES(wire, CLOSED, CLOSED);
}

/* A socket that was refused can try again. */
static void open_again(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);
	struct socket *listener;

	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, -ECONNREFUSED, wire_connect(client, V));
	listener = wire_listen(wire, 8);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, 0, wire_connect(client, V));
	KUNIT_EXPECT_NOT_NULL(test, wire_accept(wire, listener));
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
}

/* Opens, whatever is lost or repeated; tells how long it took, ns. */
static u64 open_through(struct kunit *test, const struct wire_rule *rule)
{
	struct wire *wire = test->priv;
	struct wire_pair pair = { };
	u64 start = wire->now;

	wire_rule(wire, rule);
	pair.listener = wire_listen(wire, 8);
	pair.client = wire_socket(wire, C, WIRE_CLIENT_PORT);
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(pair.client, V));
	while (!pair.server) {
		if (!wire_next(wire, start + 60 * NSEC_PER_SEC))
			break;
		pair.server = wire_accept(wire, pair.listener);
	}
	KUNIT_ASSERT_NOT_NULL(test, pair.server);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	KUNIT_EXPECT_EQ(test, 0, wire_connect(pair.client, V));
	start = wire->now - start;
	wire_settle(wire);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	return start;
}

/* Each of the three segments is lost: RFC 6298, (2.1), says for how long. */
static void open_lost_syn(struct kunit *test)
{
	u64 took = open_through(test, &(struct wire_rule){
		.mask = S | A, .flags = S, .count = 1, .fate = WIRE_DROP,
		.from = C,
	});

	KUNIT_EXPECT_EQ(test, took, 1030 * NSEC_PER_MSEC);
}

static void open_lost_syn_ack(struct kunit *test)
{
	u64 took = open_through(test, &(struct wire_rule){
		.mask = S | A, .flags = S | A, .count = 1, .fate = WIRE_DROP,
		.from = V,
	});

	KUNIT_EXPECT_GE(test, took, 1010 * NSEC_PER_MSEC);
	KUNIT_EXPECT_LE(test, took, 1030 * NSEC_PER_MSEC);
}

/* The SYN-ACK comes again and is acknowledged again. */
static void open_lost_ack(struct kunit *test)
{
	u64 took = open_through(test, &(struct wire_rule){
		.mask = S | A, .flags = A, .count = 1, .fate = WIRE_DROP,
		.from = C,
	});

	KUNIT_EXPECT_EQ(test, took, 1030 * NSEC_PER_MSEC);
}

/* Data does what the lost ACK should have done. */
static void open_lost_ack_data(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);
	struct socket *server;
	char text[8] = { };

	wire_rule(wire, &(struct wire_rule){
		.mask = S | A, .flags = A, .count = 1, .fate = WIRE_DROP,
		.from = C,
	});
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	WIRE_STATES(wire, ESTABLISHED, SYN_RECEIVED);
	KUNIT_EXPECT_EQ(test, 5, wire_send(client, "hello", 5));
	wire_settle(wire);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	server = wire_accept(wire, listener);
	KUNIT_ASSERT_NOT_NULL(test, server);
	KUNIT_EXPECT_EQ(test, 5, wire_receive(server, text, sizeof(text)));
	KUNIT_EXPECT_STREQ(test, text, "hello");
}

/* Each of the three segments comes twice, at once or much later. */
static void open_repeated(struct kunit *test)
{
	static const u64 delays[] = { 0, NSEC_PER_MSEC, 15 * NSEC_PER_MSEC,
				      500 * NSEC_PER_MSEC };
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i, n;

	for (i = 0; i < ARRAY_SIZE(delays); i++) {
		for (n = 0; n < 3; n++) {
			wire_clear(wire);
			wire_rule(wire, &(struct wire_rule){
				.skip = n, .count = 1, .fate = WIRE_TWICE,
				.delay = delays[i], .from = WIRE_ANY,
			});
			wire_open(wire, &pair);
			wire_run(wire, NSEC_PER_SEC);
			WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
			KUNIT_EXPECT_NULL(test,
					  wire_accept(wire, pair.listener));
			/* No storm: an answer or two for the copy. */
			KUNIT_EXPECT_LE(test, wire->logged, 5);
			wire_mend(wire);
			wire_close(wire, &pair.listener);
			wire_close(wire, &pair.client);
			wire_close(wire, &pair.server);
			KUNIT_EXPECT_TRUE(test, wire_finish(wire));
		}
	}
}

/* Figure 8 of 3.5: both ends open at once, and it is one connection. */
static void open_simultaneous(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *a = wire_socket(wire, C, WIRE_CLIENT_PORT);
	struct socket *b = wire_socket(wire, V, WIRE_SERVER_PORT);

	wire->isn[C] = 100;
	wire->isn[V] = 300;
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(a, V));
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(b, C));
	WIRE_STATES(wire, SYN_SENT, SYN_SENT);
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, SYN_SENT, SYN_RECEIVED);
	wire_next(wire, U64_MAX);
	WIRE_STATES(wire, SYN_RECEIVED, SYN_RECEIVED);
	wire_settle(wire);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	WIRE_EXPECT(wire, 0, C, S, 100, 0, 0);
	WIRE_EXPECT(wire, 1, V, S, 300, 0, 0);
	WIRE_EXPECT(wire, 2, V, S | A, 300, 101, 0);
	WIRE_EXPECT(wire, 3, C, S | A, 100, 301, 0);
	KUNIT_EXPECT_EQ(test, 0, wire_connect(a, V));
	KUNIT_EXPECT_EQ(test, 0, wire_connect(b, C));
}

/* The same, and any one of its segments is lost. */
static void open_simultaneous_lost(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *a, *b;
	int n;

	for (n = 0; n < 4; n++) {
		a = wire_socket(wire, C, WIRE_CLIENT_PORT);
		b = wire_socket(wire, V, WIRE_SERVER_PORT);
		wire_rule(wire, &(struct wire_rule){
			.skip = n, .count = 1, .fate = WIRE_DROP,
			.from = WIRE_ANY,
		});
		KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(a, V));
		KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(b, C));
		wire_run(wire, 10 * NSEC_PER_SEC);
		WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
		wire_close(wire, &a);
		wire_close(wire, &b);
		KUNIT_EXPECT_TRUE(test, wire_finish(wire));
	}
}

/* Half-open: the ACK of a SYN-ACK that was never sent is reset (3.10.7.2). */
static void open_stray_ack(struct kunit *test)
{
	struct wire *wire = test->priv;

	wire_listen(wire, 8);
	wire_inject(wire, C, A, 1000, 2000, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, V, R, 2000, 0, 0);
	wire_inject(wire, C, R, 1000, 0, 0);
	wire_inject(wire, C, R | A, 1000, 2000, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
}

/* A request is not opened by any ACK, but by the right one (3.10.7.4). */
static void open_wrong_ack(struct kunit *test)
{
	struct wire *wire = test->priv;

	wire->isn[V] = 200;
	wire_listen(wire, 8);
	wire_inject(wire, C, S, 100, 0, 0);
	WIRE_EXPECT(wire, 0, V, S | A, 200, 101, 0);
	wire_inject(wire, C, A, 101, 202, 0);
	WIRE_EXPECT(wire, 1, V, R, 202, 0, 0);
	wire_inject(wire, C, A, 101, 200, 0);
	WIRE_EXPECT(wire, 2, V, R, 200, 0, 0);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_SYN_RECEIVED);
	wire_inject(wire, C, R, 102, 0, 0);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_SYN_RECEIVED);
	wire_inject(wire, C, R, 101, 0, 0);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
}

/* RFC 5961: what an attacker may send without seeing the numbers. */
static void open_blind_attack(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire->isn[C] = 100;
	wire->isn[V] = 200;
	wire_open(wire, &pair);
	wire_clear(wire);
	wire_inject(wire, C, R, 102, 0, 0);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	WIRE_EXPECT(wire, 0, V, A, 201, 101, 0);
	wire_run(wire, 10 * NSEC_PER_SEC);
	wire_clear(wire);
	wire_inject(wire, C, S, 5000, 0, 0);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	WIRE_EXPECT(wire, 0, V, A, 201, 101, 0);
	wire_settle(wire);
	wire_clear(wire);
	/* Not more than one in a while (RFC 5961, section 7). */
	wire_inject(wire, C, S, 5000, 0, 0);
	wire_inject(wire, C, R, 103, 0, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	wire_run(wire, 10 * NSEC_PER_SEC);
	wire_clear(wire);
	wire_inject(wire, C, A, 101, 90000, 0);
	WIRE_EXPECT(wire, 0, V, A, 201, 101, 0);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	wire_inject(wire, C, R, 101, 0, 0);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, wire_error(pair.server));
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
}

/* Figure 9 of 3.5: a SYN from another time confuses nobody for long. */
static void open_old_duplicate(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire->isn[C] = 100;
	wire->isn[V] = 200;
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_inject(wire, C, S, 90, 0, 0);
	WIRE_EXPECT(wire, 1, V, S | A, 200, 91, 0);
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_SYN_SENT);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
	KUNIT_EXPECT_GE(test, wire_count(wire, C, R, R), 1);
	wire_run(wire, 2 * NSEC_PER_SEC);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	KUNIT_EXPECT_EQ(test, 0, wire_connect(client, V));
	KUNIT_EXPECT_NOT_NULL(test, wire_accept(wire, listener));
}

/* Ends a socket without its peer hearing of it, as a crash would. */
static void crash(struct kunit *test, struct socket **sock, enum wire_end end)
{
	struct wire *wire = test->priv;

	wire_cut(wire, end);
	sock_set_flag((*sock)->sk, SOCK_LINGER);
	(*sock)->sk->sk_lingertime = 0;
	wire_close(wire, sock);
	wire_mend(wire);
	KUNIT_EXPECT_EQ(test, wire_state(wire, end), CLASP_CLOSED);
}

/* Figure 10 of 3.5.1, with RFC 5961: the one that crashed comes again. */
static void open_half_open(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open(wire, &pair);
	wire_settle(wire);
	crash(test, &pair.client, C);
	WIRE_STATES(wire, CLOSED, ESTABLISHED);
	pair.client = wire_socket(wire, C, WIRE_CLIENT_PORT);
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(pair.client, V));
	wire_settle(wire);
	WIRE_STATES(wire, SYN_SENT, CLOSED);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, wire_error(pair.server));
	wire_run(wire, 2 * NSEC_PER_SEC);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	KUNIT_EXPECT_NOT_NULL(test, wire_accept(wire, pair.listener));
}

/* Figure 11: the one that did not crash sends. */
static void open_half_open_send(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open(wire, &pair);
	wire_settle(wire);
	crash(test, &pair.server, V);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	wire_settle(wire);
	WIRE_STATES(wire, CLOSED, CLOSED);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, wire_error(pair.client));
}

/* Data that comes with a SYN is not taken: it is not acknowledged either. */
static void open_syn_data(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct socket *server;
	char text[64];

	wire->isn[V] = 200;
	wire_inject(wire, C, S, 100, 0, 9);
	WIRE_EXPECT(wire, 0, V, S | A, 200, 101, 0);
	wire_inject(wire, C, A, 101, 201, 9);
	server = wire_accept(wire, listener);
	KUNIT_ASSERT_NOT_NULL(test, server);
	KUNIT_EXPECT_EQ(test, 9, wire_receive(server, text, sizeof(text)));
	KUNIT_EXPECT_EQ(test, clasp_sk(server->sk)->rcv_nxt, 110);
}

/* The listener goes: requests and children that nobody accepted are reset. */
static void open_listener_closed(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);
	struct socket *late = wire_socket(wire, C, WIRE_CLIENT_PORT + 10);

	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(late, V));
	wire_next(wire, U64_MAX);
	KUNIT_EXPECT_EQ(test, wire_connections(), 4);
	wire_close(wire, &listener);
	KUNIT_EXPECT_EQ(test, wire_connections(), 2);
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, wire_connections(), 0);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, wire_error(client));
	KUNIT_EXPECT_LT(test, wire_error(late), 0);
}

#define CROWD	8

/* More connect than the listener lets wait: the others have patience. */
static void open_overflow(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 1);
	struct socket *clients[CROWD], *server;
	u64 until = wire->now + 200 * NSEC_PER_SEC;
	int i, accepted = 0;

	for (i = 0; i < CROWD; i++) {
		clients[i] = wire_socket(wire, C, WIRE_CLIENT_PORT + i);
		KUNIT_ASSERT_EQ(test, -EINPROGRESS,
				wire_connect(clients[i], V));
	}
	wire_settle(wire);
	/* As with TCP: one more than the backlog. */
	KUNIT_EXPECT_EQ(test, READ_ONCE(listener->sk->sk_ack_backlog), 2);
	while (accepted < CROWD) {
		server = wire_accept(wire, listener);
		if (server)
			accepted++;
		else if (!wire_next(wire, until))
			break;
	}
	KUNIT_EXPECT_EQ(test, accepted, CROWD);
	for (i = 0; i < CROWD; i++)
		KUNIT_EXPECT_EQ(test, 0, wire_connect(clients[i], V));
}

/* Requests are limited too; the limit is a knob. */
static void open_request_limit(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 100);
	struct socket *client;
	int i;

	wire_sysctl()->max_syn_backlog = 4;
	wire_cut(wire, V);
	for (i = 0; i < CROWD; i++) {
		client = wire_socket(wire, C, WIRE_CLIENT_PORT + i);
		KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	}
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, clasp_sk(listener->sk)->request_count, 4);
	KUNIT_EXPECT_EQ(test, wire_connections(), CROWD + 4);
}

/* Ports: a connection is unique, and errno is that of bind(2), connect(2). */
static void open_addresses(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *sock;
	struct wire_pair pair;

	wire_open(wire, &pair);
	sock = wire_socket(wire, C, WIRE_CLIENT_PORT);
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, wire_connect(sock, V));
	KUNIT_EXPECT_EQ(test, -EISCONN, wire_connect(pair.client, V));
	KUNIT_EXPECT_EQ(test, -EINVAL, kernel_listen(pair.client, 1));
}

static struct kunit_case open_cases[] = {
	WIRE_CASE(open_textbook),
	WIRE_CASE(open_refused),
	WIRE_CASE(open_again),
	WIRE_CASE(open_lost_syn),
	WIRE_CASE(open_lost_syn_ack),
	WIRE_CASE(open_lost_ack),
	WIRE_CASE(open_lost_ack_data),
	WIRE_CASE(open_repeated),
	WIRE_CASE(open_simultaneous),
	WIRE_CASE(open_simultaneous_lost),
	WIRE_CASE(open_stray_ack),
	WIRE_CASE(open_wrong_ack),
	WIRE_CASE(open_blind_attack),
	WIRE_CASE(open_old_duplicate),
	WIRE_CASE(open_half_open),
	WIRE_CASE(open_half_open_send),
	WIRE_CASE(open_syn_data),
	WIRE_CASE(open_listener_closed),
	WIRE_CASE(open_overflow),
	WIRE_CASE(open_request_limit),
	WIRE_CASE(open_addresses),
	{}
};

static struct kunit_suite open_suite = {
	.name = "clasp_open",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = open_cases,
};

kunit_test_suite(open_suite);
