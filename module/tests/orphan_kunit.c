// SPDX-License-Identifier: GPL-2.0
/* Connections that no program holds, and the end of their namespace. */
#include "../memory.h"
#include "../orphan.h"
#include "letters.h"

static u32 orphans(void)
{
	return clasp_net(&init_net)->orphans.count;
}

/*
 * The namespace ends: so does the client, by this RST, and leaves nothing. Both
 * ends are on the wire, but the server is still held.
 */
static void end_client(struct kunit *test, u64 seq)
{
	struct wire *wire = test->priv;

	KUNIT_EXPECT_EQ(test, orphans(), 1);
	wire_clear(wire);
	clasp_orphans_end_all(&init_net);
	KUNIT_EXPECT_EQ(test, orphans(), 0);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_ASSERT_EQ(test, wire->logged, 1);
	KUNIT_EXPECT_EQ(test, wire->log[0].flags & R, R);
	KUNIT_EXPECT_EQ(test, wire->log[0].seq, seq);
	wire_run(wire, SECONDS(1000));
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
}

/* Nobody answers: data and a FIN that would be sent again for a minute. */
static void orphan_in_fin_wait_1(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(wire, &pair);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 4, wire_send(pair.client, "data", 4));
	wire_close(wire, &pair.client);
	wire_run(wire, SECONDS(5));
	WIRE_STATES(wire, FIN_WAIT_1, ESTABLISHED);
	end_client(test, 106);
}

/* The peer has nothing more to say than that it does not close. */
static void orphan_in_fin_wait_2(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(wire, &pair);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	WIRE_STATES(wire, FIN_WAIT_2, CLOSE_WAIT);
	end_client(test, 102);
}

static void orphan_in_closing(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(wire, &pair);
	wire_cut(wire, C);
	wire_close(wire, &pair.client);
	wire_inject(wire, V, F | A, 201, 101, 0);
	wire_settle(wire);
	WIRE_STATES(wire, CLOSING, ESTABLISHED);
	end_client(test, 102);
}

static void orphan_in_last_ack(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(wire, &pair);
	KUNIT_EXPECT_EQ(test, 0, kernel_sock_shutdown(pair.server, SHUT_WR));
	wire_settle(wire);
	wire_cut(wire, C);
	wire_close(wire, &pair.client);
	WIRE_STATES(wire, LAST_ACK, FIN_WAIT_2);
	end_client(test, 102);
}

/* However many there are, and whatever they wait for. */
static void orphan_many(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct socket *client, *server;
	u16 i;

	for (i = 0; i < 20; i++) {
		client = wire_socket(wire, C, 5000 + i);
		wire_connect(client, V);
		wire_settle(wire);
		server = wire_accept(wire, listener);
		wire_cut(wire, WIRE_ANY);
		wire_close(wire, &client);
		wire_close(wire, &server);
		wire_mend(wire);
	}
	KUNIT_EXPECT_EQ(test, orphans(), 40);
	clasp_orphans_end_all(&init_net);
	KUNIT_EXPECT_EQ(test, orphans(), 0);
	KUNIT_EXPECT_EQ(test, wire_connections(), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&wire->alarms));
	/* There may be none. */
	clasp_orphans_end_all(&init_net);
}

/* Those that nobody has accepted go with their listener, not before. */
static void orphan_unaccepted(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8), *client;

	client = wire_socket(wire, C, WIRE_CLIENT_PORT);
	wire_connect(client, V);
	wire_settle(wire);
	clasp_orphans_end_all(&init_net);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	wire_close(wire, &listener);
	KUNIT_EXPECT_EQ(test, orphans(), 0);
	wire_settle(wire);
	WIRE_STATES(wire, CLOSED, CLOSED);
}

/* The user's sockets hold the namespace for as long as he holds them. */
static void orphan_lets_go(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct sock *sk;

	wire_open_idle(wire, &pair);
	sk = pair.client->sk;
	/* As socket(2) makes it, which this was not. */
	sk->sk_net_refcnt = 1;
	get_net(&init_net);
	sock_inuse_add(&init_net, 1);
	sock_hold(sk);
	wire_close(wire, &pair.client);
	KUNIT_EXPECT_FALSE(test, sk->sk_net_refcnt);
	KUNIT_EXPECT_EQ(test, sk->sk_state, CLASP_FIN_WAIT_1);
	clasp_orphans_end_all(&init_net);
	KUNIT_EXPECT_EQ(test, sk->sk_state, CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, refcount_read(&sk->sk_refcnt), 1);
	sock_put(sk);
}

/* As if other sockets used all the memory there may be used, or no longer. */
static void use_memory(bool all)
{
	long pages = clasp_memory_limits[CLASP_MEMORY_LIMITS - 1] + 1;

	atomic_long_add(all ? pages : -pages, &clasp_memory_allocated);
}

/* Without memory, an orphan that holds some goes when its timer comes. */
static void orphan_without_memory(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 before = clasp_mib_read(&init_net, CLASP_MIB_AbortOnMemory);
	u8 *buf = kunit_kzalloc(test, 20000, GFP_KERNEL);
	struct wire_pair pair;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	wire_open_idle(wire, &pair);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 20000, wire_send(pair.client, buf, 20000));
	wire_close(wire, &pair.client);
	wire_run(wire, SECONDS(1));
	WIRE_STATES(wire, FIN_WAIT_1, ESTABLISHED);
	wire_mend(wire);
	wire_clear(wire);
	use_memory(true);
	/* The third of its retransmissions is due 1.4 s after the first segment. */
	wire_run(wire, MS(500));
	use_memory(false);
	WIRE_STATES(wire, CLOSED, CLOSED);
	KUNIT_EXPECT_EQ(test, wire->log[0].flags & R, R);
	KUNIT_EXPECT_EQ(test, orphans(), 0);
	KUNIT_EXPECT_EQ(test, before + 1,
			clasp_mib_read(&init_net, CLASP_MIB_AbortOnMemory));
}

/* Or at once, if there is none when it is closed. */
static void orphan_closed_without_memory(struct kunit *test)
{
	struct wire *wire = test->priv;
	u8 *buf = kunit_kzalloc(test, 20000, GFP_KERNEL);
	struct wire_pair pair;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	wire_open_idle(wire, &pair);
	KUNIT_EXPECT_EQ(test, 20000, wire_send(pair.client, buf, 20000));
	use_memory(true);
	wire_close(wire, &pair.client);
	use_memory(false);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, orphans(), 0);
}

static struct kunit_case orphan_cases[] = {
	WIRE_CASE(orphan_without_memory),
	WIRE_CASE(orphan_closed_without_memory),
	WIRE_CASE(orphan_in_fin_wait_1),
	WIRE_CASE(orphan_in_fin_wait_2),
	WIRE_CASE(orphan_in_closing),
	WIRE_CASE(orphan_in_last_ack),
	WIRE_CASE(orphan_many),
	WIRE_CASE(orphan_unaccepted),
	WIRE_CASE(orphan_lets_go),
	{}
};

static struct kunit_suite orphan_suite = {
	.name = "clasp_orphan",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = orphan_cases,
};

kunit_test_suite(orphan_suite);
