// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP: what is believed, of whom, and what it does (RFC 9293, 3.9.2.2; RFC
 * 5927; RFC 5461). The messages themselves are read in ipv4.c, which scripts
 * on a TUN device test.
 */
#include <linux/errqueue.h>

#include "letters.h"

/* What the socket was told of the MTU, in place of its route. */
static u32 told_mtu;

static void tell_mtu(struct sock *sk)
{
	told_mtu = clasp_sk(sk)->mtu_reduced;
}

static u64 counted(enum clasp_counter counter)
{
	return clasp_mib_read(&init_net, counter);
}

#define HARD(number)							\
	(struct clasp_icmp){ .seq = (number), .err = ECONNREFUSED,	\
			     .event = CLASP_EV_UNREACHABLE }
#define SOFT(number)							\
	(struct clasp_icmp){ .seq = (number), .err = EHOSTUNREACH,	\
			     .event = CLASP_EV_SOFT_ERROR }
#define TOO_BIG(number, size)						\
	(struct clasp_icmp){ .seq = (number), .mtu = (size), .err = EMSGSIZE }

static struct socket *connecting(struct wire *wire)
{
	struct socket *sock = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire->isn[C] = 100;
	wire->isn[V] = 200;
	wire_cut(wire, C);
	KUNIT_ASSERT_EQ(wire->test, -EINPROGRESS, wire_connect(sock, V));
	return sock;
}

/* Open, with ten bytes of the client, from 101, on their way. */
static void sending(struct wire *wire, struct wire_pair *pair)
{
	wire->isn[C] = 100;
	wire->isn[V] = 200;
	wire_open(wire, pair);
	wire_settle(wire);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(wire->test, 10, wire_send(pair->client, "0123456789",
						  10));
}

/* RFC 5461, 4.1: connect() fails at once, whatever it is. */
static void icmp_connect(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *sock = connecting(wire);

	KUNIT_EXPECT_EQ(test, 0, wire_icmp(wire, C, HARD(100)));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ECONNREFUSED, wire_error(sock));
	wire_close(wire, &sock);
	sock = connecting(wire);
	wire_icmp(wire, C, SOFT(100));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -EHOSTUNREACH, wire_error(sock));
}

/* RFC 5927, 4.1: not with a number that is not on its way. */
static void icmp_connect_number(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 outside = counted(CLASP_MIB_IcmpOutside);
	struct socket *sock = connecting(wire);

	wire_icmp(wire, C, HARD(99));
	wire_icmp(wire, C, HARD(102));
	wire_icmp(wire, C, HARD(100 + (1ull << 32)));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_SYN_SENT);
	KUNIT_EXPECT_EQ(test, 0, wire_error(sock));
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_IcmpOutside) - outside, 3);
}

/* No connection of anybody's. */
static void icmp_stranger(struct kunit *test)
{
	struct wire *wire = test->priv;

	wire_listen(wire, 8);
	KUNIT_EXPECT_EQ(test, -ENOENT, wire_icmp(wire, V, HARD(0)));
	KUNIT_EXPECT_EQ(test, -ENOENT, wire_icmp(wire, C, HARD(0)));
}

/* The program holds the socket: the error waits, and is not lost. */
static void icmp_busy(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *sock = connecting(wire);

	lock_sock(sock->sk);
	wire_icmp(wire, C, HARD(100));
	/* Of two, the hard one is the reason. */
	wire_icmp(wire, C, SOFT(100));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_SYN_SENT);
	release_sock(sock->sk);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ECONNREFUSED, wire_error(sock));
	/* It is not kept for the next attempt. */
	wire_close(wire, &sock);
	sock = connecting(wire);
	lock_sock(sock->sk);
	release_sock(sock->sk);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_SYN_SENT);
}

/* What came while it was held is judged by the state when it is let go. */
static void icmp_busy_established(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *sock = connecting(wire);

	lock_sock(sock->sk);
	wire_inject(wire, V, S | A, 200, 101, 0);
	wire_icmp(wire, C, HARD(100));
	release_sock(sock->sk);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, READ_ONCE(sock->sk->sk_err_soft), ECONNREFUSED);
}

/* A connection is not ended; but if it ends by a time-out, this is why. */
static void icmp_established(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	sending(wire, &pair);
	wire_icmp(wire, C, HARD(101));
	KUNIT_EXPECT_EQ(test, READ_ONCE(pair.client->sk->sk_err_soft),
			ECONNREFUSED);
	wire_icmp(wire, C, SOFT(101));
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	KUNIT_EXPECT_EQ(test, 0, wire_error(pair.client));
	wire_run(wire, SECONDS(3000));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -EHOSTUNREACH, wire_error(pair.client));
}

/* What the peer acknowledges, it has got: the error is over. */
static void icmp_forgotten(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	sending(wire, &pair);
	wire_icmp(wire, C, SOFT(101));
	wire_mend(wire);
	wire_run(wire, SECONDS(2));
	KUNIT_EXPECT_EQ(test, READ_ONCE(pair.client->sk->sk_err_soft), 0);
	wire_icmp(wire, C, SOFT(101));
	KUNIT_EXPECT_EQ(test, READ_ONCE(pair.client->sk->sk_err_soft), 0);
}

/* IP_RECVERR: the program wants to be told, and the connection goes on. */
static void icmp_recverr(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	sending(wire, &pair);
	wire_recverr(pair.client);
	wire_icmp(wire, C, SOFT(101));
	KUNIT_EXPECT_EQ(test, -EHOSTUNREACH, wire_error(pair.client));
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&pair.client->sk->sk_error_queue));
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
}

/* While connecting, it gets the message itself. */
static void icmp_recverr_connect(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *sock = connecting(wire);
	struct sk_buff *skb;

	wire_recverr(sock);
	wire_icmp(wire, C, HARD(100));
	KUNIT_EXPECT_EQ(test, -ECONNREFUSED, wire_error(sock));
	skb = sock_dequeue_err_skb(sock->sk);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, SKB_EXT_ERR(skb)->ee.ee_errno, ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, SKB_EXT_ERR(skb)->ee.ee_origin,
			wire->family == AF_INET6 ? SO_EE_ORIGIN_ICMP6 :
						   SO_EE_ORIGIN_ICMP);
	KUNIT_EXPECT_EQ(test, SKB_EXT_ERR(skb)->ee.ee_code,
			wire->family == AF_INET6 ? ICMPV6_PORT_UNREACH :
						   ICMP_PORT_UNREACH);
	KUNIT_EXPECT_EQ(test, SKB_EXT_ERR(skb)->port, htons(WIRE_SERVER_PORT));
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
}

/* A request: only a hard error, and only with its own number. */
static void icmp_request(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 outside = counted(CLASP_MIB_IcmpOutside);
	struct socket *listener = wire_listen(wire, 8);

	wire->isn[V] = 200;
	wire_cut(wire, V);
	wire_inject(wire, C, S, 100, 0, 0);
	wire_icmp(wire, V, SOFT(200));
	wire_icmp(wire, V, HARD(199));
	wire_icmp(wire, V, HARD(201));
	wire_icmp(wire, V, TOO_BIG(200, 68));
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_SYN_RECEIVED);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_IcmpOutside) - outside, 2);
	wire_icmp(wire, V, HARD(200));
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, clasp_sk(listener->sk)->request_count, 0);
	KUNIT_EXPECT_EQ(test, 0, wire_error(listener));
	KUNIT_EXPECT_EQ(test, listener->sk->sk_state, CLASP_LISTEN);
}

/* And not lost either if the listener is in use. */
static void icmp_request_busy(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);

	wire->isn[V] = 200;
	wire_cut(wire, V);
	wire_inject(wire, C, S, 100, 0, 0);
	wire_inject_at(wire, WIRE_CLIENT_PORT + 1, S, 100, 0, 0);
	lock_sock(listener->sk);
	wire_icmp(wire, V, SOFT(200));
	wire_icmp(wire, V, HARD(200));
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_SYN_RECEIVED);
	release_sock(listener->sk);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, clasp_sk(listener->sk)->request_count, 1);
}

/* TIME-WAIT has nothing to be told. */
static void icmp_time_wait(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire->isn[C] = 100;
	wire->isn[V] = 200;
	wire_open(wire, &pair);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	wire_close(wire, &pair.server);
	wire_settle(wire);
	WIRE_STATES(wire, TIME_WAIT, CLOSED);
	KUNIT_EXPECT_EQ(test, 0, wire_icmp(wire, C, HARD(101)));
	KUNIT_EXPECT_EQ(test, 0, wire_icmp(wire, C, HARD(102)));
	WIRE_STATES(wire, TIME_WAIT, CLOSED);
}

/* The MTU: with a number that is on its way, now or when the socket is free. */
static void icmp_mtu(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_af.mtu_reduced = tell_mtu;
	told_mtu = 0;
	sending(wire, &pair);
	wire_icmp(wire, C, TOO_BIG(100, 600));
	wire_icmp(wire, C, TOO_BIG(112, 600));
	KUNIT_EXPECT_EQ(test, told_mtu, 0);
	wire_icmp(wire, C, TOO_BIG(101, 600));
	KUNIT_EXPECT_EQ(test, told_mtu, 600);
	lock_sock(pair.client->sk);
	wire_icmp(wire, C, TOO_BIG(111, 500));
	KUNIT_EXPECT_EQ(test, told_mtu, 600);
	release_sock(pair.client->sk);
	KUNIT_EXPECT_EQ(test, told_mtu, 500);
	/* It is no error. */
	KUNIT_EXPECT_EQ(test, READ_ONCE(pair.client->sk->sk_err_soft), 0);
}

static struct kunit_case icmp_cases[] = {
	WIRE_CASE(icmp_connect),
	WIRE_CASE(icmp_connect_number),
	WIRE_CASE(icmp_stranger),
	WIRE_CASE(icmp_busy),
	WIRE_CASE(icmp_busy_established),
	WIRE_CASE(icmp_established),
	WIRE_CASE(icmp_forgotten),
	WIRE_CASE(icmp_recverr),
	WIRE_CASE(icmp_recverr_connect),
	WIRE_CASE(icmp_request),
	WIRE_CASE(icmp_request_busy),
	WIRE_CASE(icmp_time_wait),
	WIRE_CASE(icmp_mtu),
	{}
};

static struct kunit_suite icmp_suite = {
	.name = "clasp_icmp",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = icmp_cases,
};

kunit_test_suite(icmp_suite);
