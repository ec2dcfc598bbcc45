// SPDX-License-Identifier: GPL-2.0
/* Keep-alives (RFC 9293, section 3.8.4). */
#include "letters.h"

/* An open connection; the client's last ACK was heard at wire_log's zero. */
static void open_pair(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;

	wire->isn[C] = 100;
	wire->isn[V] = 200;
	wire_open(wire, pair);
	wire_clear(wire);
}

/* The time since something was last heard by an end's socket. */
static u64 silence(struct wire *wire, struct socket *sock)
{
	return wire->now - clasp_sk(sock->sk)->heard_at;
}

/* Off by default: not a segment in a week. */
static void keepalive_off(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	wire_run(wire, SECONDS(7 * 86400));
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
}

/* 3.8.4: no sooner than after two hours by default; a peer that is there answers. */
static void keepalive_answered(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	open_pair(test, &pair);
	sock_set_keepalive(pair.client->sk);
	wire_run(wire, SECONDS(7200) - silence(wire, pair.client) - 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	wire_run(wire, 1);
	WIRE_EXPECT(wire, 0, C, A, 100, 201, 0);
	/* Another one two hours after each answer, for as long as it answers. */
	for (i = 1; i < 100; i++) {
		wire_settle(wire);
		WIRE_EXPECT(wire, 1, V, A, 201, 101, 0);
		wire_clear(wire);
		wire_run(wire, SECONDS(7200) - 1);
		KUNIT_EXPECT_EQ(test, wire->logged, 0);
		wire_run(wire, 1);
		WIRE_EXPECT(wire, 0, C, A, 100, 201, 0);
	}
	KUNIT_EXPECT_EQ(test, 0, wire_error(pair.client));
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
}

/* Nobody answers: nine, 75 s apart, then the connection is given up. */
static void keepalive_unanswered(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	open_pair(test, &pair);
	sock_set_keepalive(pair.client->sk);
	wire_cut(wire, C);
	wire_run(wire, SECONDS(7200 + 9 * 75) - silence(wire, pair.client) - 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_error(pair.client));
	KUNIT_ASSERT_EQ(test, wire->logged, 9);
	for (i = 0; i < 9; i++)
		WIRE_EXPECT(wire, i, C, A, 100, 201, 0);
	for (i = 1; i < 9; i++)
		KUNIT_EXPECT_EQ(test, wire->log[i].at - wire->log[i - 1].at,
				SECONDS(75));
}

/* What ICMP reported in the meantime is the better reason. */
static void keepalive_soft_error(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	sock_set_keepalive(pair.client->sk);
	wire_cut(wire, C);
	wire_run(wire, SECONDS(7300));
	WRITE_ONCE(pair.client->sk->sk_err_soft, EHOSTUNREACH);
	wire_run(wire, SECONDS(1000));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -EHOSTUNREACH, wire_error(pair.client));
}

/* The options count for the socket: idle, interval, number. */
static void keepalive_options(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	wire_option(wire, pair.client, CLASP_KEEPIDLE, 10);
	wire_option(wire, pair.client, CLASP_KEEPINTVL, 3);
	wire_option(wire, pair.client, CLASP_KEEPCNT, 2);
	sock_set_keepalive(pair.client->sk);
	wire_cut(wire, C);
	wire_run(wire, SECONDS(16) - silence(wire, pair.client) - 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
	KUNIT_ASSERT_EQ(test, wire->logged, 2);
	KUNIT_EXPECT_EQ(test, wire->log[1].at - wire->log[0].at, SECONDS(3));
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_error(pair.client));
}

/* The knobs count for those without options. */
static void keepalive_knobs(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	wire_sysctl()->keepalive_idle_ms = 1500;
	wire_sysctl()->keepalive_interval_ms = 200;
	wire_sysctl()->keepalive_probes = 1;
	sock_set_keepalive(pair.client->sk);
	wire_cut(wire, C);
	wire_run(wire, MS(1700) - silence(wire, pair.client) - 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
}

/* After an answer the time of silence counts, though the interval is longer. */
static void keepalive_long_interval(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	wire_option(wire, pair.client, CLASP_KEEPIDLE, 5);
	wire_option(wire, pair.client, CLASP_KEEPINTVL, 50);
	sock_set_keepalive(pair.client->sk);
	wire_run(wire, SECONDS(61));
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, 0, 0), 12);
}

/* A shorter time counts at once, also when it is over already. */
static void keepalive_shorter(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	sock_set_keepalive(pair.client->sk);
	wire_run(wire, SECONDS(100));
	wire_option(wire, pair.client, CLASP_KEEPIDLE, 101);
	wire_run(wire, SECONDS(2));
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
	wire_run(wire, SECONDS(50));
	wire_option(wire, pair.client, CLASP_KEEPIDLE, 5);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire->logged, 3);
}

/* 3.8.4: not while something is on its way; that is waited for otherwise. */
static void keepalive_not_with_data(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u32 i;

	open_pair(test, &pair);
	wire_option(wire, pair.client, CLASP_KEEPIDLE, 1);
	wire_option(wire, pair.client, CLASP_KEEPINTVL, 1);
	wire_option(wire, pair.client, CLASP_KEEPCNT, 1);
	sock_set_keepalive(pair.client->sk);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 3, wire_send(pair.client, "abc", 3));
	wire_run(wire, SECONDS(600));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
	KUNIT_EXPECT_GT(test, wire->logged, 8);
	for (i = 0; i < wire->logged; i++)
		KUNIT_EXPECT_EQ(test, wire->log[i].len, 3);
}

/* Data, of the peer's too, makes the time start anew. */
static void keepalive_not_when_busy(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	open_pair(test, &pair);
	wire_option(wire, pair.client, CLASP_KEEPIDLE, 10);
	sock_set_keepalive(pair.client->sk);
	for (i = 0; i < 20; i++) {
		wire_run(wire, SECONDS(9));
		KUNIT_EXPECT_EQ(test, 1, wire_send(i % 2 ? pair.client :
						   pair.server, "x", 1));
	}
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, CLASP_PSH, CLASP_PSH), 10);
	for (i = 0; i < wire->logged; i++)
		KUNIT_EXPECT_NE(test, wire->log[i].seq, 100);
}

/*
 * Keep-alives without an answer take nothing from the tries of what is written
 * afterwards.
 */
static void keepalive_then_data(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_sysctl()->tail_loss_probe = 0;
	open_pair(test, &pair);
	wire_option(wire, pair.client, CLASP_KEEPIDLE, 10);
	wire_option(wire, pair.client, CLASP_KEEPINTVL, 1);
	sock_set_keepalive(pair.client->sk);
	wire_cut(wire, C);
	wire_run(wire, SECONDS(17));
	wire_clear(wire);
	KUNIT_EXPECT_EQ(test, 3, wire_send(pair.client, "abc", 3));
	wire_run(wire, SECONDS(930));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, wire->logged, 1 + 15);
}

/* The peer was rebooted: it answers with a RST. */
static void keepalive_reset(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	sock_set_keepalive(pair.client->sk);
	wire_cut(wire, V);
	sock_no_linger(pair.server->sk);
	wire_close(wire, &pair.server);
	WIRE_STATES(wire, ESTABLISHED, CLOSED);
	wire_mend(wire);
	wire_run(wire, SECONDS(7201));
	WIRE_STATES(wire, CLOSED, CLOSED);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, wire_error(pair.client));
}

/* In the other states that may last: FIN-WAIT-2 and CLOSE-WAIT. */
static void keepalive_half_closed(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	wire_option(wire, pair.client, CLASP_KEEPIDLE, 10);
	wire_option(wire, pair.server, CLASP_KEEPIDLE, 15);
	sock_set_keepalive(pair.client->sk);
	sock_set_keepalive(pair.server->sk);
	KUNIT_EXPECT_EQ(test, 0, kernel_sock_shutdown(pair.client, SHUT_WR));
	wire_settle(wire);
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	wire_run(wire, SECONDS(86400));
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	wire_cut(wire, V);
	wire_run(wire, SECONDS(15 + 9 * 75 + 1));
	WIRE_STATES(wire, CLOSED, CLOSED);
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_error(pair.client));
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_error(pair.server));
}

/* Set before the connection is there, on either side: it holds for it. */
static void keepalive_set_before(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire_option(wire, listener, CLASP_KEEPIDLE, 10);
	wire_option(wire, client, CLASP_KEEPIDLE, 60);
	sock_set_keepalive(listener->sk);
	sock_set_keepalive(client->sk);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	wire_clear(wire);
	wire_run(wire, SECONDS(11));
	/* The child's, and its answer; and so the client hears something. */
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
	KUNIT_EXPECT_EQ(test, wire->log[0].from, V);
	wire_cut(wire, V);
	wire_run(wire, SECONDS(60));
	KUNIT_EXPECT_GE(test, wire_count(wire, C, 0, 0), 2);
}

/* Turned off, none is sent any more. */
static void keepalive_turned_off(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	sock_set_keepalive(pair.client->sk);
	wire_run(wire, SECONDS(7000));
	lock_sock(pair.client->sk);
	pair.client->sk->sk_prot->keepalive(pair.client->sk, 0);
	sock_reset_flag(pair.client->sk, SOCK_KEEPOPEN);
	release_sock(pair.client->sk);
	wire_run(wire, SECONDS(86400));
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
}

/*
 * tcp(7), TCP_USER_TIMEOUT: it decides, instead of the number, how long a peer
 * may be silent that answers no keep-alive.
 */
static void keepalive_user_timeout(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	wire_option(wire, pair.client, CLASP_KEEPIDLE, 10);
	wire_option(wire, pair.client, CLASP_KEEPINTVL, 4);
	wire_option(wire, pair.client, CLASP_KEEPCNT, 1);
	wire_option(wire, pair.client, CLASP_USER_TIMEOUT, 25000);
	sock_set_keepalive(pair.client->sk);
	wire_cut(wire, C);
	wire_run(wire, SECONDS(25) - silence(wire, pair.client) - 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, wire->logged, 4);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_error(pair.client));
}

/* One shorter than the idle time leaves the first of them time for an answer. */
static void keepalive_short_user_timeout(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	wire_option(wire, pair.client, CLASP_KEEPIDLE, 10);
	wire_option(wire, pair.client, CLASP_USER_TIMEOUT, 1000);
	sock_set_keepalive(pair.client->sk);
	wire_run(wire, SECONDS(100));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
	wire_cut(wire, C);
	wire_run(wire, SECONDS(11));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
}

static struct kunit_case keepalive_cases[] = {
	WIRE_CASE(keepalive_off),
	WIRE_CASE(keepalive_answered),
	WIRE_CASE(keepalive_unanswered),
	WIRE_CASE(keepalive_soft_error),
	WIRE_CASE(keepalive_options),
	WIRE_CASE(keepalive_knobs),
	WIRE_CASE(keepalive_long_interval),
	WIRE_CASE(keepalive_shorter),
	WIRE_CASE(keepalive_not_with_data),
	WIRE_CASE(keepalive_not_when_busy),
	WIRE_CASE(keepalive_then_data),
	WIRE_CASE(keepalive_reset),
	WIRE_CASE_SLOW(keepalive_half_closed),
	WIRE_CASE(keepalive_set_before),
	WIRE_CASE(keepalive_turned_off),
	WIRE_CASE(keepalive_user_timeout),
	WIRE_CASE(keepalive_short_user_timeout),
	{}
};

static struct kunit_suite keepalive_suite = {
	.name = "clasp_keepalive",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = keepalive_cases,
};

kunit_test_suite(keepalive_suite);
