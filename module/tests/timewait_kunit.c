// SPDX-License-Identifier: GPL-2.0
/* Many connections in TIME-WAIT: their queue, their alarm, their ports. */
#include <net/ipv6.h>

#include "../timewait.h"
#include "wire.h"

/* More than end at once, clasp_timewaits_ring(). */
#define MANY		300
#define BATCH		256

static u32 waiting(void)
{
	return clasp_net(&init_net)->timewaits.count;
}

/* A connection from this port, which the client closes: it waits then. */
static void wait_from(struct wire *wire, struct socket *listener, u16 port)
{
	struct socket *client = wire_socket(wire, WIRE_CLIENT, port);
	struct socket *server;

	KUNIT_ASSERT_EQ(wire->test, -EINPROGRESS,
			wire_connect(client, WIRE_SERVER));
	wire_settle(wire);
	server = wire_accept(wire, listener);
	KUNIT_ASSERT_NOT_NULL(wire->test, server);
	wire_close(wire, &client);
	wire_settle(wire);
	wire_close(wire, &server);
	wire_settle(wire);
}

/* So many of them, from a port each; returns when the first began. */
static u64 wait_many(struct kunit *test, u32 count)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	u64 first = 0;
	u32 i;

	for (i = 0; i < count; i++) {
		wait_from(wire, listener, 5000 + i);
		first = first ?: wire->now;
		KUNIT_ASSERT_EQ(test, waiting(), i + 1);
	}
	wire_close(wire, &listener);
	return first;
}

/* None early, each as soon as its time is over. */
static void timewait_each_in_time(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 first = wait_many(test, 3), last = wire->now;

	KUNIT_ASSERT_LT(test, first, last);
	wire_run(wire, first + SECONDS(240) - wire->now - SECONDS(1));
	KUNIT_EXPECT_EQ(test, waiting(), 3);
	wire_run(wire, SECONDS(1));
	KUNIT_EXPECT_EQ(test, waiting(), 2);
	wire_run(wire, last - first);
	KUNIT_EXPECT_EQ(test, waiting(), 0);
}

/* However many are over at once, a softirq ends only so many. */
static void timewait_batches(struct kunit *test)
{
	struct wire *wire = test->priv;

	wait_many(test, MANY);
	wire->now += SECONDS(241);
	wire_next(wire, wire->now);
	KUNIT_EXPECT_EQ(test, waiting(), MANY - BATCH);
	wire_next(wire, wire->now);
	KUNIT_EXPECT_EQ(test, waiting(), 0);
}

/* RFC 9293, 3.10.7.4, eighth: the FIN again starts the time again. */
static void timewait_restarts(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire->isn[WIRE_CLIENT] = 100;
	wire->isn[WIRE_SERVER] = 200;
	wire_open(wire, &pair);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	wire_close(wire, &pair.server);
	wire_settle(wire);
	wire_run(wire, SECONDS(100));
	wire_inject(wire, WIRE_SERVER, CLASP_FIN | CLASP_ACK, 201, 102, 0);
	wire_settle(wire);
	wire_run(wire, SECONDS(239));
	WIRE_STATES(wire, TIME_WAIT, CLOSED);
	wire_run(wire, SECONDS(2));
	WIRE_STATES(wire, CLOSED, CLOSED);
}

/* A new setting is for those too that wait already. */
static void timewait_knob(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 first = wait_many(test, 2);

	wire_sysctl()->timewait_ms = 20000;
	clasp_timewaits_retime(&clasp_net(&init_net)->timewaits);
	wire_run(wire, first + SECONDS(20) - wire->now - SECONDS(1));
	KUNIT_EXPECT_EQ(test, waiting(), 2);
	wire_run(wire, SECONDS(2));
	KUNIT_EXPECT_EQ(test, waiting(), 0);
}

/* What there is one too many of is closed at once, and leaves nothing. */
static void timewait_cap(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);

	wire_sysctl()->max_timewait = 2;
	wait_from(wire, listener, 5000);
	wait_from(wire, listener, 5001);
	wait_from(wire, listener, 5002);
	KUNIT_EXPECT_EQ(test, waiting(), 2);
	KUNIT_EXPECT_EQ(test, wire_connections(), 2);
}

static struct clasp_port *port_of(u16 number)
{
	struct clasp_table *table = &clasp_net(&init_net)->table;
	struct clasp_port *port;
	int i;

	for (i = 0; i < CLASP_PORT_BUCKETS; i++)
		hlist_for_each_entry(port, &table->ports[i], node)
			if (port->number == number)
				return port;
	return NULL;
}

/* All that wait on a server's port are one owner of it to look at. */
static void timewait_port(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8), *again;
	struct clasp_waiters *waiters;
	struct clasp_port *port;
	u16 i;

	for (i = 0; i < 5; i++) {
		struct socket *client, *server;

		client = wire_socket(wire, WIRE_CLIENT, 5000 + i);
		wire_connect(client, WIRE_SERVER);
		wire_settle(wire);
		server = wire_accept(wire, listener);
		wire_close(wire, &server);
		wire_settle(wire);
		wire_close(wire, &client);
		wire_settle(wire);
	}
	wire_close(wire, &listener);
	KUNIT_EXPECT_EQ(test, waiting(), 5);
	port = port_of(WIRE_SERVER_PORT);
	KUNIT_ASSERT_NOT_NULL(test, port);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&port->owners));
	waiters = hlist_entry(port->waiters.first, struct clasp_waiters,
			      binding.node);
	KUNIT_EXPECT_EQ(test, waiters->count, 5);
	KUNIT_EXPECT_NULL(test, waiters->binding.node.next);

	/* They are in the way of who is not willing to share, and only his. */
	KUNIT_ASSERT_EQ(test, 0,
			sock_create_kern(&init_net, AF_INET, SOCK_STREAM,
					 clasp_protocol, &again));
	KUNIT_EXPECT_EQ(test, -EADDRINUSE,
			wire_bind(again, WIRE_SERVER, WIRE_SERVER_PORT));
	again->sk->sk_reuse = SK_CAN_REUSE;
	KUNIT_EXPECT_EQ(test, 0,
			wire_bind(again, WIRE_SERVER, WIRE_SERVER_PORT));
	sock_release(again);
}

/* The end of a namespace: all at once, however many, and no alarm is left. */
static void timewait_end_all(struct kunit *test)
{
	struct wire *wire = test->priv;

	wait_many(test, 20);
	clasp_timewait_end_all(&init_net);
	KUNIT_EXPECT_EQ(test, waiting(), 0);
	KUNIT_EXPECT_EQ(test, wire_connections(), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&wire->alarms));
}

static struct kunit_case timewait_cases[] = {
	KUNIT_CASE(timewait_each_in_time),
	KUNIT_CASE(timewait_batches),
	KUNIT_CASE(timewait_restarts),
	KUNIT_CASE(timewait_knob),
	KUNIT_CASE(timewait_cap),
	KUNIT_CASE(timewait_port),
	KUNIT_CASE(timewait_end_all),
	{}
};

static struct kunit_suite timewait_suite = {
	.name = "clasp_timewait",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = timewait_cases,
};

kunit_test_suite(timewait_suite);
