// SPDX-License-Identifier: GPL-2.0
/* What time does to a connection whose peer does not answer (RFC 9293, 3.8). */
#include "letters.h"

/*
 * All that was sent is the same segment: so many times, after a first wait that
 * doubles each time up to a limit (RFC 6298, section 5).
 */
static void check_backoff(struct kunit *test, u32 times, u64 wait, u64 limit)
{
	struct wire *wire = test->priv;
	const struct wire_segment *first = &wire->log[0];
	u32 i;

	KUNIT_EXPECT_EQ(test, wire->logged, times);
	for (i = 1; i < min(times, wire->logged); i++) {
		const struct wire_segment *seg = &wire->log[i];

		KUNIT_EXPECT_EQ_MSG(test, seg->at - seg[-1].at, wait,
				    "retransmission %u", i);
		KUNIT_EXPECT_EQ(test, seg->seq, first->seq);
		KUNIT_EXPECT_EQ(test, seg->flags, first->flags);
		KUNIT_EXPECT_EQ(test, seg->len, first->len);
		wait = min(2 * wait, limit);
	}
}

/* 3.8.3: the SYN is sent 1 + 6 times: at 0, 1, 3, 7, 15, 31 and 63 s. */
static void timeout_syn(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_run(wire, SECONDS(127) - 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_SYN_SENT);
	KUNIT_EXPECT_EQ(test, 0, wire_error(client));
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_connect(client, V));
	check_backoff(test, 7, SECONDS(1), SECONDS(120));
}

/* The number of tries is a knob. */
static void timeout_syn_retries(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire_sysctl()->syn_retries = 2;
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_run(wire, SECONDS(7));
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_error(client));
	check_backoff(test, 3, SECONDS(1), SECONDS(120));
}

/* The SYN-ACK: 1 + 5 times, then the request is gone, without a word. */
static void timeout_syn_ack(struct kunit *test)
{
	struct wire *wire = test->priv;

	wire_listen(wire, 8);
	wire_cut(wire, V);
	wire_inject(wire, C, S, 100, 0, 0);
	wire_run(wire, SECONDS(63) - 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_SYN_RECEIVED);
	wire_run(wire, 1);
	KUNIT_EXPECT_EQ(test, wire_state(wire, V), CLASP_CLOSED);
	check_backoff(test, 6, SECONDS(1), SECONDS(120));
}

/*
 * Data: 1 + 15 times. The round-trip time was measured once, 20 ms, so the
 * first wait is the least there is; no wait is longer than 120 s.
 */
static void timeout_data(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_sysctl()->tail_loss_probe = 0;
	wire_open_idle(test->priv, &pair);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 5, wire_send(pair.client, "hello", 5));
	wire_run(wire, SECONDS(920));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, 0, wire_error(pair.client));
	wire_run(wire, SECONDS(10));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_error(pair.client));
	check_backoff(test, 16, MS(200), SECONDS(120));
	KUNIT_EXPECT_EQ(test, -EPIPE, wire_send(pair.client, "x", 1));
}

/* The FIN of a connection that no program holds: 1 + 8 times, then forgotten. */
static void timeout_orphan(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_sysctl()->tail_loss_probe = 0;
	wire_open_idle(test->priv, &pair);
	wire_cut(wire, C);
	wire_close(wire, &pair.client);
	WIRE_STATES(wire, FIN_WAIT_1, ESTABLISHED);
	wire_run(wire, SECONDS(102));
	WIRE_STATES(wire, FIN_WAIT_1, ESTABLISHED);
	wire_run(wire, SECONDS(1));
	WIRE_STATES(wire, CLOSED, ESTABLISHED);
	check_backoff(test, 9, MS(200), SECONDS(120));
}

/*
 * The same in another state that waits for the ACK of a FIN. This end has
 * never measured anything, so the first wait is a second.
 */
static void timeout_closing(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_close(wire, &pair.client);
	wire_settle(wire);
	wire_cut(wire, V);
	wire_clear(wire);
	wire_close(wire, &pair.server);
	WIRE_STATES(wire, FIN_WAIT_2, LAST_ACK);
	wire_run(wire, SECONDS(366));
	/* FIN-WAIT-2 has its own time. */
	WIRE_STATES(wire, CLOSED, LAST_ACK);
	wire_run(wire, SECONDS(2));
	WIRE_STATES(wire, CLOSED, CLOSED);
	check_backoff(test, 9, SECONDS(1), SECONDS(120));
}

/* A program that holds its socket is told of it, and the FIN has more tries. */
static void timeout_half_closed(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_sysctl()->tail_loss_probe = 0;
	wire_open_idle(test->priv, &pair);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 0, kernel_sock_shutdown(pair.client, SHUT_WR));
	wire_run(wire, SECONDS(930));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_error(pair.client));
	check_backoff(test, 16, MS(200), SECONDS(120));
}

/* The peer answers before the last try: as if nothing had happened. */
static void timeout_recovers(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_cut(wire, C);
	stream = (struct wire_stream){
		.from = pair.client, .to = pair.server, .size = 20000,
	};
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "", 1));
	stream.sent = 1;
	wire_run(wire, SECONDS(800));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_ESTABLISHED);
	wire_mend(wire);
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.client->sk)->retries, 0);
	KUNIT_EXPECT_EQ(test, 0, wire_error(pair.client));
}

/*
 * RFC 6298, section 5, (5.7): if the SYN had to be sent again, the timeout for
 * data begins at 3 seconds: nothing is known of the path but that it is slow.
 */
static void timeout_after_lost_syn(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct socket *client = wire_socket(wire, C, WIRE_CLIENT_PORT);

	wire_sysctl()->tail_loss_probe = 0;
	wire_listen(wire, 8);
	wire_rule(wire, &(struct wire_rule){
		.count = 1, .fate = WIRE_DROP, .from = C,
	});
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, wire_connect(client, V));
	wire_run(wire, SECONDS(2));
	KUNIT_EXPECT_EQ(test, 0, wire_connect(client, V));
	wire_clear(wire);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 5, wire_send(client, "hello", 5));
	wire_run(wire, SECONDS(5));
	KUNIT_ASSERT_EQ(test, wire->logged, 2);
	KUNIT_EXPECT_EQ(test, wire->log[1].at - wire->log[0].at, SECONDS(3));
}

/*
 * Karn (RFC 6298, sections 3 and 5): on a path that is slower than the first
 * timeout, the doubled timeout stays until a segment that was sent once has
 * been acknowledged, or it would never be measured.
 */
static void timeout_slow_path(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;

	wire->delay = SECONDS(2);
	wire_open(wire, &pair);
	stream = (struct wire_stream){
		.from = pair.client, .to = pair.server, .size = 50000,
	};
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
	wire_run(wire, SECONDS(100));
	/* But for what is rounded down, some ns. */
	KUNIT_EXPECT_GT(test, clasp_sk(pair.client->sk)->rtt.srtt,
			SECONDS(4) - MS(1));
	wire_clear(wire);
	stream.size += 10;
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, 0, 0), 1);
}

/* Fills the peer's buffer until its window is shut; returns what was taken. */
static u32 fill_window(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;
	u32 filled = 0;
	u8 *buf = kunit_kzalloc(test, 4096, GFP_KERNEL);
	int got;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	do {
		while ((got = wire_send(pair->client, buf, 4096)) > 0)
			filled += got;
		KUNIT_ASSERT_EQ(test, got, -EAGAIN);
		wire_settle(wire);
		wire_run(wire, MS(100));
		got = wire_send(pair->client, buf, 4096);
		if (got > 0)
			filled += got;
	} while (got > 0);
	return filled;
}

/* 3.8.6.1: a window that is shut is probed for as long as the peer answers. */
static void timeout_zero_window(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u32 filled, got = 0;
	u64 wait;
	u32 i, probes = 0;
	u8 *buf = kunit_kzalloc(test, 4096, GFP_KERNEL);
	int n;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	wire_open_idle(test->priv, &pair);
	filled = fill_window(test, &pair);
	wire_run(wire, SECONDS(10));
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.client->sk)->snd_una,
			clasp_sk(pair.client->sk)->snd_nxt);
	wire_clear(wire);
	wire_run(wire, SECONDS(3600));
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
	probes = wire_count(wire, C, 0, 0);
	/* At least every two minutes, and not much more often. */
	KUNIT_EXPECT_GE(test, probes, 29);
	KUNIT_EXPECT_LE(test, probes, 45);
	KUNIT_EXPECT_EQ(test, wire_count(wire, V, 0, 0), probes);
	for (i = 4; i + 2 < min_t(u32, wire->logged, WIRE_LOG); i += 2) {
		wait = wire->log[i + 2].at - wire->log[i].at;
		KUNIT_EXPECT_LE(test, wait, SECONDS(120));
	}
	KUNIT_EXPECT_EQ(test, 0, wire_error(pair.client));
	/* The reader wakes up: all of it arrives. */
	while (got < filled) {
		n = wire_receive(pair.server, buf, 4096);
		if (n > 0)
			got += n;
		else if (!wire_next(wire, wire->now + SECONDS(300)))
			break;
	}
	KUNIT_EXPECT_EQ(test, got, filled);
}

/* A reader that wakes up says so itself: nobody waits for the next probe. */
static void timeout_window_opens(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u32 filled, got = 0;
	u8 *buf = kunit_kzalloc(test, 4096, GFP_KERNEL);
	u64 start;
	int n;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	wire_open_idle(test->priv, &pair);
	filled = fill_window(test, &pair);
	wire_run(wire, SECONDS(1000));
	start = wire->now;
	while (got < filled) {
		n = wire_receive(pair.server, buf, 4096);
		if (n > 0)
			got += n;
		else if (!wire_next(wire, start + SECONDS(300)))
			break;
	}
	KUNIT_EXPECT_EQ(test, got, filled);
	KUNIT_EXPECT_LE(test, wire->now - start, SECONDS(5));
}

/* The peer is gone while its window is shut: the probes give up. */
static void timeout_probe_unanswered(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	fill_window(test, &pair);
	wire_run(wire, SECONDS(10));
	wire_clear(wire);
	wire_cut(wire, C);
	wire_run(wire, SECONDS(3000));
	KUNIT_EXPECT_EQ(test, wire_state(wire, C), CLASP_CLOSED);
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, wire_error(pair.client));
	KUNIT_EXPECT_EQ(test, wire->logged, 15);
}

/* Nothing to do, nothing is done: not a segment in a day. */
static void timeout_idle(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_run(wire, SECONDS(86400));
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	stream = (struct wire_stream){
		.from = pair.server, .to = pair.client, .size = 5000,
	};
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
}

/*
 * The alarm may ring, on this CPU, before the next instruction of who sets it, and
 * drops its reference then: so that must be there.
 */
static void timeout_holds_first(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u32 before;

	wire_open_idle(wire, &pair);
	KUNIT_ASSERT_TRUE(test, list_empty(&wire->alarms));
	wire->alarmed = pair.client->sk;
	wire->least_refs = U32_MAX;
	before = refcount_read(&wire->alarmed->sk_refcnt);
	KUNIT_EXPECT_EQ(test, wire_send(pair.client, "x", 1), 1);
	KUNIT_EXPECT_GT(test, wire->least_refs, before);
	wire->alarmed = NULL;
}

static struct kunit_case timeout_cases[] = {
	KUNIT_CASE(timeout_syn),
	KUNIT_CASE(timeout_syn_retries),
	KUNIT_CASE(timeout_syn_ack),
	KUNIT_CASE(timeout_data),
	KUNIT_CASE(timeout_orphan),
	KUNIT_CASE(timeout_closing),
	KUNIT_CASE(timeout_half_closed),
	KUNIT_CASE(timeout_recovers),
	KUNIT_CASE(timeout_after_lost_syn),
	KUNIT_CASE(timeout_slow_path),
	KUNIT_CASE(timeout_zero_window),
	KUNIT_CASE(timeout_window_opens),
	KUNIT_CASE(timeout_probe_unanswered),
	KUNIT_CASE(timeout_idle),
	KUNIT_CASE(timeout_holds_first),
	{}
};

static struct kunit_suite timeout_suite = {
	.name = "clasp_timeout",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = timeout_cases,
};

kunit_test_suite(timeout_suite);
