// SPDX-License-Identifier: GPL-2.0
/*
 * Every way to end a socket, in every state, with a peer that never answers
 * again (RFC 9293, 3.10.4 and 3.10.5): it ends by itself, and nothing is left.
 */
#include "letters.h"

/* The peer is played by injection; nothing of what is sent reaches anybody. */
static struct socket *be_closed(struct wire *wire)
{
	wire->isn[C] = 100;
	wire_mend(wire);
	wire_cut(wire, C);
	wire_cut(wire, V);
	wire_clear(wire);
	return wire_socket(wire, C, WIRE_CLIENT_PORT);
}

static struct socket *be_listening(struct wire *wire)
{
	struct socket *sock = be_closed(wire);

	KUNIT_EXPECT_EQ(wire->test, 0, kernel_listen(sock, 1));
	wire_inject(wire, V, S, 200, 0, 0);
	return sock;
}

static struct socket *be_syn_sent(struct wire *wire)
{
	struct socket *sock = be_closed(wire);

	KUNIT_EXPECT_EQ(wire->test, -EINPROGRESS, wire_connect(sock, V));
	return sock;
}

static struct socket *be_syn_received(struct wire *wire)
{
	struct socket *sock = be_syn_sent(wire);

	wire_inject(wire, V, S, 200, 0, 0);
	return sock;
}

static struct socket *be_established(struct wire *wire)
{
	struct socket *sock = be_syn_sent(wire);

	wire_inject(wire, V, S | A, 200, 101, 0);
	return sock;
}

static struct socket *be_unread(struct wire *wire)
{
	struct socket *sock = be_established(wire);

	wire_inject(wire, V, A, 201, 101, 10);
	return sock;
}

static struct socket *be_fin_wait_1(struct wire *wire)
{
	struct socket *sock = be_established(wire);

	KUNIT_EXPECT_EQ(wire->test, 0, kernel_sock_shutdown(sock, SHUT_WR));
	return sock;
}

static struct socket *be_fin_wait_2(struct wire *wire)
{
	struct socket *sock = be_fin_wait_1(wire);

	wire_inject(wire, V, A, 201, 102, 0);
	return sock;
}

static struct socket *be_close_wait(struct wire *wire)
{
	struct socket *sock = be_established(wire);

	wire_inject(wire, V, F | A, 201, 101, 0);
	return sock;
}

static struct socket *be_closing(struct wire *wire)
{
	struct socket *sock = be_fin_wait_1(wire);

	wire_inject(wire, V, F | A, 201, 101, 0);
	return sock;
}

static struct socket *be_last_ack(struct wire *wire)
{
	struct socket *sock = be_close_wait(wire);

	KUNIT_EXPECT_EQ(wire->test, 0, kernel_sock_shutdown(sock, SHUT_WR));
	return sock;
}

static struct socket *be_time_wait(struct wire *wire)
{
	struct socket *sock = be_fin_wait_2(wire);

	wire_inject(wire, V, F | A, 201, 102, 0);
	return sock;
}

/**
 * struct states_row - a state, and how it ends
 * @name: for messages
 * @be: brings a new socket there
 * @state: the state
 * @fins: close() sends a FIN if none was sent before
 * @resets: RSTs that an abort sends
 * @error: what connect() to AF_UNSPEC leaves to be told
 * @close_resets: close() aborts
 */
struct states_row {
	const char *name;
	struct socket *(*be)(struct wire *wire);
	int state;
	u32 fins;
	u32 resets;
	int error;
	bool close_resets;
};

static const struct states_row states_rows[] = {
	{ "CLOSED", be_closed, CLASP_CLOSED },
	{ "LISTEN", be_listening, CLASP_LISTEN, .resets = 1,
	  .close_resets = true },
	{ "SYN-SENT", be_syn_sent, CLASP_SYN_SENT, .error = -ECONNRESET },
	{ "SYN-RECEIVED", be_syn_received, CLASP_SYN_RECEIVED, 1, 1,
	  -ECONNRESET },
	{ "ESTABLISHED", be_established, CLASP_ESTABLISHED, 1, 1, -ECONNRESET },
	{ "unread", be_unread, CLASP_ESTABLISHED, 0, 1, -ECONNRESET, true },
	{ "FIN-WAIT-1", be_fin_wait_1, CLASP_FIN_WAIT_1, 1, 1, -ECONNRESET },
	{ "FIN-WAIT-2", be_fin_wait_2, CLASP_FIN_WAIT_2, 0, 1, -ECONNRESET },
	{ "CLOSE-WAIT", be_close_wait, CLASP_CLOSE_WAIT, 1, 1, -ECONNRESET },
	{ "CLOSING", be_closing, CLASP_CLOSING, 1, 1, -ECONNRESET },
	{ "LAST-ACK", be_last_ack, CLASP_LAST_ACK, 1, 1, -ECONNRESET },
	{ "TIME-WAIT", be_time_wait, CLASP_CLOSED },
};

static struct socket *states_begin(struct wire *wire,
				   const struct states_row *row)
{
	struct socket *sock = row->be(wire);

	KUNIT_EXPECT_EQ_MSG(wire->test, sock->sk->sk_state, row->state, "%s",
			    row->name);
	wire_clear(wire);
	return sock;
}

/* So many FINs at least and RSTs exactly, and an hour later nothing is left. */
static void states_end(struct wire *wire, const struct states_row *row,
		       u32 fins, u32 resets)
{
	struct kunit *test = wire->test;

	wire_run(wire, SECONDS(3600));
	KUNIT_EXPECT_GE_MSG(test, wire_count(wire, C, F, F), fins, "%s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, wire_count(wire, C, R, R), resets, "%s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, wire_connections(), 0, "%s", row->name);
}

static void states_close(struct kunit *test)
{
	struct wire *wire = test->priv;
	const struct states_row *row;
	struct socket *sock;
	int i;

	for (i = 0; i < ARRAY_SIZE(states_rows); i++) {
		row = &states_rows[i];
		sock = states_begin(wire, row);
		wire_close(wire, &sock);
		states_end(wire, row, row->fins,
			   row->close_resets ? row->resets : 0);
	}
}

/* In each state, something is done to the socket that ends what it is in. */
static void states_each(struct kunit *test,
			void (*end)(struct wire *wire,
				    const struct states_row *row,
				    struct socket *sock))
{
	struct wire *wire = test->priv;
	const struct states_row *row;
	struct socket *sock;
	int i;

	for (i = 0; i < ARRAY_SIZE(states_rows); i++) {
		row = &states_rows[i];
		sock = states_begin(wire, row);
		end(wire, row, sock);
		wire_close(wire, &sock);
		states_end(wire, row, 0, row->resets);
	}
}

static void states_no_linger(struct wire *wire, const struct states_row *row,
			     struct socket *sock)
{
	sock_no_linger(sock->sk);
}

/* SO_LINGER with a time of zero. */
static void states_abort(struct kunit *test)
{
	states_each(test, states_no_linger);
}

static int states_unconnect(struct socket *sock)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	return sock->ops->connect(sock, (void *)&none, sizeof(none), 0);
}

static void states_reconnect(struct wire *wire, const struct states_row *row,
			     struct socket *sock)
{
	struct kunit *test = wire->test;

	KUNIT_EXPECT_EQ(test, 0, states_unconnect(sock));
	KUNIT_EXPECT_EQ_MSG(test, wire_error(sock), row->error, "%s",
			    row->name);
	KUNIT_EXPECT_EQ(test, 0, wire_error(sock));
	KUNIT_EXPECT_EQ_MSG(test, wire_connect(sock, V), -EINPROGRESS,
			    "%s", row->name);
	KUNIT_EXPECT_EQ(test, sock->sk->sk_state, CLASP_SYN_SENT);
}

/* connect() to AF_UNSPEC, and the socket connects anew. */
static void states_disconnect(struct kunit *test)
{
	states_each(test, states_reconnect);
}

/**
 * struct states_waiter - who waits for a socket
 * @woken: how often it was
 * @shutdown: sk_shutdown as it has seen that
 */
struct states_waiter {
	u32 woken;
	int shutdown;
};

static struct states_waiter states_waiter;

static void states_wake(struct sock *sk)
{
	states_waiter.woken++;
	states_waiter.shutdown |= sk->sk_shutdown;
}

static void states_wait(struct wire *wire, const struct states_row *row,
			struct socket *sock)
{
	struct kunit *test = wire->test;

	states_waiter = (struct states_waiter){};
	sock->sk->sk_state_change = states_wake;
	sock->sk->sk_error_report = states_wake;
	KUNIT_EXPECT_EQ(test, 0, states_unconnect(sock));
	KUNIT_EXPECT_GT_MSG(test, states_waiter.woken, 0, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, states_waiter.shutdown, 0, "%s", row->name);
}

/* It never looks as if its peer had ended the stream. */
static void states_disconnect_wakes(struct kunit *test)
{
	states_each(test, states_wait);
}

static struct kunit_case states_cases[] = {
	WIRE_CASE(states_close),
	WIRE_CASE(states_abort),
	WIRE_CASE(states_disconnect),
	WIRE_CASE(states_disconnect_wakes),
	{}
};

static struct kunit_suite states_suite = {
	.name = "clasp_states",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = states_cases,
};

kunit_test_suite(states_suite);
