// SPDX-License-Identifier: GPL-2.0
/*
 * Floods: what a listener does about more SYNs, and more connections, than it
 * has room for (RFC 4987).
 */
#include "letters.h"

#define FLOOD_PORT	20000
#define FLOOD		200

static u64 counted(enum clasp_counter counter)
{
	return clasp_mib_read(&init_net, counter);
}

static u32 requests(void)
{
	return atomic_read(&clasp_net(&init_net)->requests);
}

/* SYNs from nowhere: their SYN-ACKs reach nobody. */
static void flood(struct wire *wire, int count)
{
	int i;

	wire_cut(wire, V);
	for (i = 0; i < count; i++)
		wire_inject_at(wire, FLOOD_PORT + i, S, 1000 + i, 0, 0);
}

/* The number of the last segment that the server sent. */
static u64 last_seq(struct wire *wire)
{
	return wire->log[wire->logged - 1].seq;
}

/* A SYN by hand, answered by a cookie; returns that. */
static u64 take_cookie(struct wire *wire, u64 irs)
{
	wire_inject(wire, C, S, irs, 0, 0);
	wire_settle(wire);
	wire_clear(wire);
	wire_inject(wire, C, S, irs, 0, 0);
	KUNIT_EXPECT_EQ(wire->test, wire->logged, 1);
	KUNIT_EXPECT_EQ(wire->test, wire_state(wire, V), CLASP_CLOSED);
	return last_seq(wire);
}

/* With a full queue, a client that is real connects at once, by a cookie. */
static void flood_cookies(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 sent = counted(CLASP_MIB_SyncookiesSent);
	u64 good = counted(CLASP_MIB_SyncookiesRecv);
	struct socket *listener = wire_listen(wire, 8);
	struct wire_stream stream = { .size = 100000, .fin = true };

	wire_sysctl()->max_syn_backlog = 16;
	flood(wire, FLOOD);
	wire_mend(wire);
	KUNIT_EXPECT_EQ(test, requests(), 16);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_SyncookiesSent) - sent,
			FLOOD - 16);
	stream.from = wire_socket(wire, C, WIRE_CLIENT_PORT);
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(stream.from, V));
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, requests(), 16);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_SyncookiesRecv) - good, 1);
	stream.to = wire_accept(wire, listener);
	KUNIT_ASSERT_NOT_NULL(test, stream.to);
	/* Nothing is lost: it is as if there had been a request. */
	KUNIT_EXPECT_EQ(test, clasp_sk(stream.to->sk)->peer_mss, WIRE_MSS);
	KUNIT_EXPECT_EQ(test, clasp_sk(stream.to->sk)->snd_mss, WIRE_MSS);
	KUNIT_EXPECT_EQ(test, clasp_sk(stream.to->sk)->snd_wnd,
			clasp_sk(stream.from->sk)->rcv_wnd);
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
}

/* Without them, the SYN is dropped, until the requests have had their time. */
static void flood_without_cookies(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 sent = counted(CLASP_MIB_SyncookiesSent);
	u64 dropped = counted(CLASP_MIB_RequestsDropped);
	struct socket *listener = wire_listen(wire, 8);
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire_sysctl()->max_syn_backlog = 16;
	wire_sysctl()->syn_cookies = 0;
	flood(wire, FLOOD);
	KUNIT_EXPECT_EQ(test, requests(), 16);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_RequestsDropped) - dropped,
			FLOOD - 16);
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_run(wire, SECONDS(60));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_SYN_SENT);
	wire_mend(wire);
	wire_run(wire, SECONDS(10));
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	KUNIT_EXPECT_NOT_NULL(test, wire_accept(wire, listener));
	KUNIT_EXPECT_EQ(test, requests(), 0);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_SyncookiesSent), sent);
}

/* Always: no SYN costs any memory. */
static void flood_always(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_sysctl()->syn_cookies = 2;
	wire_open(wire, &pair);
	flood(wire, FLOOD);
	KUNIT_EXPECT_EQ(test, requests(), 0);
	KUNIT_EXPECT_EQ(test, wire_connections(), 2);
	KUNIT_EXPECT_TRUE(test, list_empty(&clasp_sk(pair.listener->sk)->requests));
}

/* Listeners share the namespace's limit. */
static void flood_namespace(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 dropped = counted(CLASP_MIB_RequestsDropped);
	struct socket *other = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire_sysctl()->syn_cookies = 0;
	wire_sysctl()->max_requests = 10;
	wire_listen(wire, 8);
	KUNIT_ASSERT_EQ(test, 0, kernel_listen(other, 8));
	wire_cut(wire, C);
	wire_inject(wire, V, S, 1, 0, 0);
	wire_mend(wire);
	KUNIT_EXPECT_EQ(test, requests(), 1);
	flood(wire, FLOOD);
	KUNIT_EXPECT_EQ(test, requests(), 10);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_RequestsDropped) - dropped,
			FLOOD - 9);
	wire_close(wire, &other);
	KUNIT_EXPECT_EQ(test, requests(), 9);
}

/* Data and FIN that come with the ACK of a cookie are taken. */
static void flood_cookie_data(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct socket *server;
	char text[64];
	u64 iss;

	wire_sysctl()->syn_cookies = 2;
	iss = take_cookie(wire, 100);
	wire_inject(wire, C, F | A, 101, iss + 1, 9);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSE_WAIT);
	server = wire_accept(wire, listener);
	KUNIT_ASSERT_NOT_NULL(test, server);
	/* The SYN had no MSS option: RFC 9293, 3.7.1. */
	KUNIT_EXPECT_EQ(test, clasp_sk(server->sk)->peer_mss,
			wire_af.default_mss);
	KUNIT_EXPECT_EQ(test, clasp_sk(server->sk)->snd_wnd, 65536);
	KUNIT_EXPECT_EQ(test, 9, wire_receive(server, text, sizeof(text)));
	KUNIT_EXPECT_EQ(test, 0, wire_receive(server, text, sizeof(text)));
}

/* The ACK is lost, and so is the first data: what follows harms nothing. */
static void flood_cookie_behind(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct socket *server;
	char text[64];
	u64 iss;

	wire_sysctl()->syn_cookies = 2;
	iss = take_cookie(wire, 100);
	wire_clear(wire);
	wire_inject(wire, C, A, 110, iss + 1, 9);
	wire_inject(wire, C, F | A, 119, iss + 1, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
	wire_inject(wire, C, A, 101, iss + 1, 9);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_ESTABLISHED);
	wire_inject(wire, C, A, 110, iss + 1, 9);
	server = wire_accept(wire, listener);
	KUNIT_ASSERT_NOT_NULL(test, server);
	KUNIT_EXPECT_EQ(test, 18, wire_receive(server, text, sizeof(text)));
}

/* Whichever of a real client's segments is lost, it connects and gets through. */
static void flood_cookie_loss(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 8);
	struct wire_stream stream;
	int n;

	wire_sysctl()->syn_cookies = 2;
	for (n = 0; n < 8; n++) {
		stream = (struct wire_stream){ .size = 20000, .fin = true };
		stream.from = wire_socket(wire, C, WIRE_CLIENT_PORT);
		wire_rule(wire, &(struct wire_rule){
			.skip = n, .count = 2, .fate = WIRE_DROP,
			.from = WIRE_ANY,
		});
		KUNIT_ASSERT_EQ(test, -EINPROGRESS,
				wire_connect(stream.from, V));
		while (wire_connect(stream.from, V) == -EALREADY)
			if (!wire_next(wire, U64_MAX))
				break;
		KUNIT_EXPECT_GT(test, wire_send(stream.from, "", 1), 0);
		while (!(stream.to = wire_accept(wire, listener)))
			if (!wire_next(wire, U64_MAX))
				break;
		KUNIT_ASSERT_NOT_NULL(test, stream.to);
		stream.sent = 1;
		KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
		wire_mend(wire);
		wire_close(wire, &stream.from);
		wire_close(wire, &stream.to);
		KUNIT_EXPECT_TRUE(test, wire_finish(wire));
	}
}

/* A guess is reset, and costs a hash only while cookies are about. */
static void flood_stray_ack(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 failed = counted(CLASP_MIB_SyncookiesFailed);
	u64 iss;

	wire_listen(wire, 8);
	wire_inject(wire, C, A, 101, 5000, 9);
	WIRE_EXPECT(wire, 0, V, R, 5000, 0, 0);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_SyncookiesFailed), failed);
	wire_sysctl()->syn_cookies = 2;
	iss = take_cookie(wire, 100);
	wire_clear(wire);
	wire_inject(wire, C, A, 101, iss + 2, 0);
	WIRE_EXPECT(wire, 0, V, R, iss + 2, 0, 0);
	wire_inject(wire, C, A, 102, iss + 1, 0);
	WIRE_EXPECT(wire, 1, V, R, iss + 1, 0, 0);
	wire_inject_at(wire, FLOOD_PORT, A, 101, iss + 1, 0);
	WIRE_EXPECT(wire, 2, V, R, iss + 1, 0, 0);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_SyncookiesFailed) - failed, 3);
	KUNIT_EXPECT_EQ(test, wire_connections(), 0);
}

/* An old cookie is none; and then data without a connection is reset again. */
static void flood_cookie_old(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 iss;

	wire_listen(wire, 8);
	wire_sysctl()->syn_cookies = 2;
	iss = take_cookie(wire, 100);
	wire_run(wire, SECONDS(2 * CLASP_COOKIE_PERIOD_S));
	wire_clear(wire);
	wire_inject(wire, C, A, 101, iss + 1, 9);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
	WIRE_EXPECT(wire, 0, V, R, iss + 1, 0, 0);
}

/* With a full accept queue, the ACK of a cookie leaves no trace, and no RST. */
static void flood_cookie_overflow(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 0);
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT + 1);
	u64 overflows = counted(CLASP_MIB_ListenOverflows);
	struct socket *server;
	char text[64];
	u64 iss;

	wire_sysctl()->syn_cookies = 2;
	iss = take_cookie(wire, 100);
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	wire_clear(wire);
	wire_inject(wire, C, A, 101, iss + 1, 9);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	KUNIT_EXPECT_EQ(test, requests(), 0);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_ListenOverflows) - overflows,
			1);
	KUNIT_ASSERT_NOT_NULL(test, wire_accept(wire, listener));
	wire_inject(wire, C, A, 101, iss + 1, 9);
	server = wire_accept(wire, listener);
	KUNIT_ASSERT_NOT_NULL(test, server);
	KUNIT_EXPECT_EQ(test, 9, wire_receive(server, text, sizeof(text)));
}

/* A full accept queue drops the last ACK; the SYN-ACK goes on until accept(). */
static void flood_accept_queue(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 0);
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT + 1);
	u64 overflows = counted(CLASP_MIB_ListenOverflows);

	wire->isn[V] = 200;
	/* Both have a request before there is no place left. */
	wire_rule(wire, &(struct wire_rule){
		.count = 1, .fate = WIRE_DROP, .from = V,
	});
	wire_inject(wire, C, S, 100, 0, 0);
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, listener->sk->sk_ack_backlog, 1);
	wire_clear(wire);
	wire_inject(wire, C, A, 101, 201, 0);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_SYN_RECEIVED);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_ListenOverflows) - overflows,
			1);
	wire_cut(wire, V);
	wire_run(wire, SECONDS(10));
	KUNIT_EXPECT_EQ(test, wire_count(wire, V, S | A, S | A), 3);
	KUNIT_ASSERT_NOT_NULL(test, wire_accept(wire, listener));
	wire_inject(wire, C, A, 101, 201, 0);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_ESTABLISHED);
	KUNIT_EXPECT_NOT_NULL(test, wire_accept(wire, listener));
}

/* A new SYN finds no place either, and no cookie would make one. */
static void flood_accept_queue_syn(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT + 1);
	u64 overflows = counted(CLASP_MIB_ListenOverflows);

	wire_listen(wire, 0);
	wire_sysctl()->syn_cookies = 2;
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_settle(wire);
	wire_clear(wire);
	wire_inject(wire, C, S, 100, 0, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_ListenOverflows) - overflows,
			1);
}

/* listen(2) again changes the backlog; as with TCP, one more than it waits. */
static void flood_backlog(struct kunit *test)
{
	static const int backlogs[] = { 0, 1, 5, 2 };
	struct wire *wire = test->priv;
	struct socket *listener = wire_listen(wire, 3);
	struct socket *server;
	int i, n, port = FLOOD_PORT;

	wire->isn[V] = 200;
	for (i = 0; i < ARRAY_SIZE(backlogs); i++) {
		KUNIT_EXPECT_EQ(test, 0, kernel_listen(listener, backlogs[i]));
		for (n = 0; n < 8; n++, port++) {
			wire_inject_at(wire, port, S, 100, 0, 0);
			wire_inject_at(wire, port, A, 101, 201, 0);
		}
		KUNIT_EXPECT_EQ(test, listener->sk->sk_ack_backlog,
				backlogs[i] + 1);
		for (n = 0; (server = wire_accept(wire, listener)); n++)
			wire_close(wire, &server);
		KUNIT_EXPECT_EQ(test, n, backlogs[i] + 1);
	}
}

/* A SYN again and again is no way to have SYN-ACKs sent to a third party. */
static void flood_reflection(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 skipped = counted(CLASP_MIB_AcksSkipped);
	int i;

	wire_listen(wire, 8);
	wire_cut(wire, V);
	for (i = 0; i < 100; i++)
		wire_inject(wire, C, S, 100, 0, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_AcksSkipped) - skipped, 98);
	wire_run(wire, NSEC_PER_SEC / 2);
	wire_inject(wire, C, S, 100, 0, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 3);
}

static struct kunit_case flood_cases[] = {
	WIRE_CASE(flood_cookies),
	WIRE_CASE(flood_without_cookies),
	WIRE_CASE(flood_always),
	WIRE_CASE(flood_namespace),
	WIRE_CASE(flood_cookie_data),
	WIRE_CASE(flood_cookie_behind),
	WIRE_CASE(flood_cookie_loss),
	WIRE_CASE(flood_stray_ack),
	WIRE_CASE(flood_cookie_old),
	WIRE_CASE(flood_cookie_overflow),
	WIRE_CASE(flood_accept_queue),
	WIRE_CASE(flood_accept_queue_syn),
	WIRE_CASE(flood_backlog),
	WIRE_CASE(flood_reflection),
	{}
};

static struct kunit_suite flood_suite = {
	.name = "clasp_flood",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = flood_cases,
};

kunit_test_suite(flood_suite);
