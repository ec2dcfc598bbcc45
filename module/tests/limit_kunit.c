// SPDX-License-Identifier: GPL-2.0
/* How long a socket waits for its peer, and who says so. */
#include <net/dst.h>

#include "letters.h"

/* This socket ends after exactly so long, with ETIMEDOUT. */
static void check_ends_after(struct kunit *test, struct socket *sock, u64 time)
{
	struct wire *wire = test->priv;

	wire_run(wire, time - 1);
	KUNIT_EXPECT_NE(test, (int)sock->sk->sk_state, CLASP_CLOSED);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, (int)sock->sk->sk_state, CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_error(sock));
}

/* tcp(7), TCP_USER_TIMEOUT: data is unacknowledged for so long. */
static void limit_user_timeout(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_sysctl()->tail_loss_probe = 0;
	wire_open_idle(test->priv, &pair);
	wire_option(wire, pair.client, CLASP_USER_TIMEOUT, 5500);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	check_ends_after(test, pair.client, MS(5500));
	/* At 0, 0.2, 0.6, 1.4 and 3 s; 6.2 s would be too late. */
	KUNIT_EXPECT_EQ(test, wire->logged, 5);
}

/* It is in place of the number of tries: a long one has more of them. */
static void limit_long_user_timeout(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_option(wire, pair.client, CLASP_USER_TIMEOUT, 3600000);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	check_ends_after(test, pair.client, SECONDS(3600));
	KUNIT_EXPECT_GT(test, wire->logged, 16);
}

/* One that was never measured is no reason to give up before the first answer. */
static void limit_user_timeout_below_rto(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_option(wire, pair.client, CLASP_USER_TIMEOUT, 1);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	wire_run(wire, SECONDS(1));
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	check_ends_after(test, pair.client, MS(200));
}

/* Whatever is acknowledged makes the time start anew. */
static void limit_user_timeout_progress(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	wire_open_idle(test->priv, &pair);
	wire_option(wire, pair.client, CLASP_USER_TIMEOUT, 3000);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 10, wire_send(pair.client, "0123456789", 10));
	for (i = 0; i < 10; i++) {
		wire_run(wire, MS(2900));
		KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
		wire_inject(wire, V, A, 201, 102 + i, 0);
	}
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
}

/* Set while data waits, it counts from when that was sent. */
static void limit_user_timeout_set_late(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	wire_run(wire, SECONDS(60));
	wire_option(wire, pair.client, CLASP_USER_TIMEOUT, 61000);
	check_ends_after(test, pair.client, SECONDS(1));
}

/* 0 is the default again. */
static void limit_user_timeout_unset(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_option(wire, pair.client, CLASP_USER_TIMEOUT, 1000);
	wire_option(wire, pair.client, CLASP_USER_TIMEOUT, 0);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	wire_run(wire, SECONDS(920));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
}

/* The knob, for sockets without the option. */
static void limit_user_timeout_knob(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_sysctl()->user_timeout_ms = 2000;
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	check_ends_after(test, pair.client, SECONDS(2));
}

/* A handshake is data too. */
static void limit_user_timeout_syn(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire_cut(wire, C);
	wire_option(wire, client, CLASP_USER_TIMEOUT, 10000);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	check_ends_after(test, client, SECONDS(10));
	KUNIT_EXPECT_EQ(test, wire->logged, 4);
}

/* But it makes connect() wait no longer than the number of SYNs does. */
static void limit_long_user_timeout_syn(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire_cut(wire, C);
	wire_option(wire, client, CLASP_USER_TIMEOUT, 3600000);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	check_ends_after(test, client, SECONDS(127));
}

/* Nor does it make an orphan last longer. */
static void limit_user_timeout_orphan(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_option(wire, pair.client, CLASP_USER_TIMEOUT, INT_MAX);
	wire_cut(wire, C);
	wire_close(wire, &pair.client);
	wire_run(wire, SECONDS(103));
	WIRE_STATES(wire, CLOSED, ESTABLISHED);
}

/* Shuts the peer's window with some data unsent; the peer's ACKs go on. */
static void shut_window(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;
	u8 *buf = kunit_kzalloc(test, 4096, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	do {
		while (wire_send(pair->client, buf, 4096) > 0)
			;
		wire_run(wire, SECONDS(1));
	} while (wire_send(pair->client, buf, 4096) > 0);
	KUNIT_ASSERT_EQ(test, clasp_sk(pair->client->sk)->snd_una,
			clasp_sk(pair->client->sk)->snd_nxt);
}

/* tcp(7): data kept back by a window of zero counts, though the peer answers. */
static void limit_user_timeout_window(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u64 since;

	wire_open_idle(test->priv, &pair);
	shut_window(test, &pair);
	since = clasp_sk(pair.client->sk)->waiting_since;
	wire_option(wire, pair.client, CLASP_USER_TIMEOUT, 100000);
	check_ends_after(test, pair.client,
			 since + SECONDS(100) - wire->now);
}

static u32 advised;

static void count_advice(struct sock *sk, struct dst_entry *dst)
{
	advised++;
}

/* 3.8.3: at R1, IP is told that its path may be dead, and each time after it. */
static void limit_path_advice(struct kunit *test)
{
	static struct dst_ops ops = { .negative_advice = count_advice };
	struct wire *wire = test->priv;
	struct dst_entry *dst = kunit_kzalloc(test, sizeof(*dst), GFP_KERNEL);
	struct wire_pair pair;

	wire_sysctl()->tail_loss_probe = 0;
	KUNIT_ASSERT_NOT_NULL(test, dst);
	wire_open_idle(test->priv, &pair);
	dst_init(dst, &ops, NULL, DST_OBSOLETE_NONE, DST_NOCOUNT);
	/* One reference is the socket's, one is kept. */
	dst_hold(dst);
	sk_dst_set(pair.client->sk, dst);
	advised = 0;
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	wire_run(wire, MS(1400) - 1);
	KUNIT_EXPECT_EQ(test, advised, 0);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, advised, 1);
	wire_run(wire, MS(1600));
	KUNIT_EXPECT_EQ(test, advised, 2);
	sk_dst_reset(pair.client->sk);
}

/* CLASP_SYNCNT: the SYNs of one socket, and the SYN-ACKs of one listener. */
static void limit_syncnt(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire_cut(wire, C);
	wire_option(wire, client, CLASP_SYNCNT, 3);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	check_ends_after(test, client, SECONDS(15));
	KUNIT_EXPECT_EQ(test, wire->logged, 4);
}

static void limit_syncnt_listener(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);

	wire_option(wire, listener, CLASP_SYNCNT, 2);
	wire_cut(wire, V);
	wire_inject(wire, C, S, 100, 0, 0);
	wire_run(wire, SECONDS(7) - 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_SYN_RECEIVED);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, wire->logged, 3);
}

/* FIN-WAIT-2 has no end while a program holds the socket. */
static void limit_fin_wait_2_held(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	KUNIT_EXPECT_EQ(test, 0, kernel_sock_shutdown(pair.client, SHUT_RDWR));
	wire_run(wire, SECONDS(30 * 86400));
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
}

/* Then it ends after the knob's time, without a word. */
static void limit_fin_wait_2(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	wire_clear(wire);
	/* The ACK of the FIN was there 10 ms after it. */
	wire_run(wire, SECONDS(60) - 1);
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	wire_run(wire, 1);
	WIRE_STATES(wire, CLOSED, CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
}

/* CLASP_LINGER2 says how long for one socket. */
static void limit_linger2(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_option(wire, pair.client, CLASP_LINGER2, 7);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	wire_run(wire, SECONDS(7) - 1);
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	wire_run(wire, 1);
	WIRE_STATES(wire, CLOSED, CLOSE_WAIT);
}

/* Below 0, the peer's FIN is not waited for; the peer is told, as by TCP. */
static void limit_linger2_none(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_option(wire, pair.client, CLASP_LINGER2, -1);
	wire_close(wire, &pair.client);
	wire_run(wire, SECONDS(1));
	WIRE_STATES(wire, CLOSED, CLOSED);
	WIRE_EXPECT(wire, 0, C, F | A, 101, 201, 0);
	WIRE_EXPECT(wire, 1, V, A, 201, 102, 0);
	WIRE_EXPECT(wire, 2, C, R | A, 102, 201, 0);
	KUNIT_EXPECT_EQ(test, -EPIPE, wire_error(pair.server));
}

/* And no FIN-WAIT-2 after a half close is cut short by that. */
static void limit_linger2_half_close(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_option(wire, pair.client, CLASP_LINGER2, -1);
	KUNIT_EXPECT_EQ(test, 0, kernel_sock_shutdown(pair.client, SHUT_WR));
	wire_run(wire, SECONDS(100));
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	wire_close(wire, &pair.client);
	wire_run(wire, SECONDS(1));
	WIRE_STATES(wire, CLOSED, CLOSED);
}

/*
 * 3.8.6: a peer that shuts its window again, with data on its way, must not be
 * given up as long as it says that it is there.
 */
static void limit_window_shrunk(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	wire_open_idle(test->priv, &pair);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 4, wire_send(pair.client, "data", 4));
	for (i = 0; i < 100; i++) {
		wire_run(wire, SECONDS(110));
		wire_inject_window(wire, V, A, 201, 101, 0, 0);
	}
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
	/* An orphan's memory would never be free: it has its tries. */
	wire_close(wire, &pair.client);
	for (i = 0; i < 20; i++) {
		wire_run(wire, SECONDS(110));
		wire_inject_window(wire, V, A, 201, 101, 0, 0);
	}
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
}

static struct kunit_case limit_cases[] = {
	KUNIT_CASE(limit_user_timeout),
	KUNIT_CASE(limit_long_user_timeout),
	KUNIT_CASE(limit_user_timeout_below_rto),
	KUNIT_CASE(limit_user_timeout_progress),
	KUNIT_CASE(limit_user_timeout_set_late),
	KUNIT_CASE(limit_user_timeout_unset),
	KUNIT_CASE(limit_user_timeout_knob),
	KUNIT_CASE(limit_user_timeout_syn),
	KUNIT_CASE(limit_long_user_timeout_syn),
	KUNIT_CASE(limit_user_timeout_orphan),
	KUNIT_CASE(limit_user_timeout_window),
	KUNIT_CASE(limit_path_advice),
	KUNIT_CASE(limit_syncnt),
	KUNIT_CASE(limit_syncnt_listener),
	KUNIT_CASE(limit_fin_wait_2_held),
	KUNIT_CASE(limit_fin_wait_2),
	KUNIT_CASE(limit_linger2),
	KUNIT_CASE(limit_linger2_none),
	KUNIT_CASE(limit_linger2_half_close),
	KUNIT_CASE(limit_window_shrunk),
	{}
};

static struct kunit_suite limit_suite = {
	.name = "clasp_limit",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = limit_cases,
};

kunit_test_suite(limit_suite);
