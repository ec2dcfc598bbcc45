// SPDX-License-Identifier: GPL-2.0
/*
 * What is found to be lost, and when (RFC 8985), and what if it was not. Segments
 * take 10 ms in each direction; so what the ACK of one tells is 20 ms old.
 */
#include "../rack.h"
#include "letters.h"

#define RTT	MS(20)

/* What is sent at one moment counts as sent one after the other, a ns each. */
#define ABOUT	1000
#define EXPECT_TIME(test, time, expected)				\
	KUNIT_EXPECT_LE(test, abs((s64)((time) - (expected))), ABOUT)

/* An open connection whose client has measured the path, and a clean log. */
static void open_measured(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;

	wire_open(wire, pair);
	stream = (struct wire_stream){
		.from = pair->client, .to = pair->server, .size = 4 * WIRE_MSS,
	};
	KUNIT_ASSERT_TRUE(test, wire_pump(wire, &stream, 1));
	wire_run(wire, MS(100));
	EXPECT_TIME(test, clasp_sk(pair->client->sk)->rack.min_rtt, RTT);
	wire_clear(wire);
}

static void send_segments(struct kunit *test, struct socket *sock, u32 segments)
{
	u32 len = segments * WIRE_MSS;
	u8 *buf = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_EQ(test, wire_send(sock, buf, len), len);
	kunit_kfree(test, buf);
}

/* Of the segments sent from now on, one after @skip others meets its fate. */
static void one_segment(struct wire *wire, u32 skip, u8 fate, u64 delay)
{
	wire_rule(wire, &(struct wire_rule){
		.text = true, .skip = skip, .count = 1, .fate = fate,
		.delay = delay, .from = C,
	});
}

/* When a number was sent for the n-th time after the log was cleared, ns; or 0. */
static u64 sent_at(struct wire *wire, u64 seq, u32 n)
{
	u32 i;

	for (i = 0; i < wire->logged; i++)
		if (wire->log[i].from == C && wire->log[i].seq == seq &&
		    wire->log[i].len && !n--)
			return wire->log[i].at;
	return 0;
}

/* Of so many segments the first is lost: it goes again, once, after this time. */
static void check_lost_first(struct kunit *test, u32 segments, u64 after)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u64 seq, now;

	open_measured(test, &pair);
	seq = clasp_sk(pair.client->sk)->snd_nxt;
	now = wire->now;
	one_segment(wire, 0, WIRE_DROP, 0);
	send_segments(test, pair.client, segments);
	wire_run(wire, MS(100));
	EXPECT_TIME(test, sent_at(wire, seq, 1), now + after);
	KUNIT_EXPECT_EQ(test, sent_at(wire, seq, 2), 0);
}

/*
 * Section 6.2, step 4: with less than three segments behind it, a hole may still be
 * filled in a quarter of the round-trip time.
 */
static void rack_waits(struct kunit *test)
{
	check_lost_first(test, 3, RTT + RTT / 4);
}

/* With three, it is lost, as long as nothing has ever been reordered. */
static void rack_threshold(struct kunit *test)
{
	check_lost_first(test, 4, RTT);
}

/* Step 3: once there was reordering, the number of segments means nothing. */
static void rack_reordered(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u64 seq, now;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	one_segment(wire, 0, WIRE_LATE, MS(2));
	send_segments(test, pair.client, 3);
	wire_run(wire, MS(200));
	KUNIT_EXPECT_TRUE(test, csk->rack.reordered);
	KUNIT_EXPECT_EQ(test, csk->totals.retrans, 0);
	wire_clear(wire);
	seq = csk->snd_nxt;
	now = wire->now;
	one_segment(wire, 0, WIRE_DROP, 0);
	send_segments(test, pair.client, 6);
	wire_run(wire, MS(100));
	EXPECT_TIME(test, sent_at(wire, seq, 1), now + RTT + RTT / 4);
}

/* Step 4: a DSACK widens the window, and it stays so for a while. */
static void rack_widens(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u32 i;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	KUNIT_EXPECT_EQ(test, csk->rack.steps, 1);
	one_segment(wire, 0, WIRE_LATE, MS(15));
	send_segments(test, pair.client, 6);
	wire_run(wire, MS(500));
	KUNIT_EXPECT_GT(test, csk->totals.retrans, 0);
	KUNIT_EXPECT_EQ(test, csk->rack.steps, 2);
	for (i = 0; i < 15; i++)
		clasp_rack_recovered(&csk->rack);
	KUNIT_EXPECT_EQ(test, csk->rack.steps, 2);
	clasp_rack_recovered(&csk->rack);
	KUNIT_EXPECT_EQ(test, csk->rack.steps, 1);
}

/* Section 6.2, step 4: however far it was widened, it is no more than SRTT. */
static void rack_bounded(struct kunit *test)
{
	struct clasp_sock *csk;
	struct wire_pair pair;
	u64 widest = 0;
	u32 steps;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	for (steps = 1; steps <= U8_MAX; steps++) {
		csk->rack.steps = steps;
		widest = max(widest, clasp_rack_window(csk));
	}
	KUNIT_EXPECT_EQ(test, widest, csk->rtt.srtt);
}

/*
 * A path on which something once took no time at all: the least round-trip time says
 * nothing of how late a segment may be. One that is late by two fifths of the real one
 * is sent again in vain only once.
 */
static void rack_overtaken(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u32 i;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	wire->delay = 1;
	send_segments(test, pair.client, 2);
	wire_run(wire, MS(100));
	KUNIT_ASSERT_LT(test, csk->rack.min_rtt, MS(1));
	wire->delay = RTT / 2;
	for (i = 0; i < 8; i++) {
		wire_clear(wire);
		one_segment(wire, 0, WIRE_LATE, MS(8));
		send_segments(test, pair.client, 8);
		wire_run(wire, MS(200));
		KUNIT_EXPECT_EQ(test, csk->totals.retrans, 1);
	}
	KUNIT_EXPECT_EQ(test, csk->rack.steps, 2);
}

/*
 * What comes twice but was not sent again in a recovery says nothing of reordering: a
 * network that doubles segments, or the probe of a tail loss.
 */
static void rack_doubled(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	one_segment(wire, 0, WIRE_TWICE, MS(5));
	send_segments(test, pair.client, 8);
	wire_run(wire, MS(200));
	one_segment(wire, 0, WIRE_LATE, MS(120));
	send_segments(test, pair.client, 1);
	wire_run(wire, MS(500));
	KUNIT_EXPECT_EQ(test, csk->totals.retrans, 1);
	KUNIT_EXPECT_EQ(test, csk->rack.steps, 1);
	KUNIT_EXPECT_FALSE(test, csk->rack.reordered);
}

/* What was sent again and lost again goes a third time without a time-out. */
static void rack_lost_again(struct kunit *test)
{
	u64 late = clasp_mib_read(&init_net, CLASP_MIB_Timeouts);
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct wire_pair pair;
	u64 seq;

	open_measured(test, &pair);
	seq = clasp_sk(pair.client->sk)->snd_nxt;
	one_segment(wire, 0, WIRE_DROP, 0);
	wire_rule(wire, &(struct wire_rule){
		.text = true, .skip = 10, .count = 1, .fate = WIRE_DROP,
		.from = C,
	});
	stream = (struct wire_stream){
		.from = pair.client, .to = pair.server, .size = 60 * WIRE_MSS,
	};
	KUNIT_EXPECT_TRUE(test, wire_pump(wire, &stream, 1));
	wire_run(wire, SECONDS(1));
	KUNIT_EXPECT_EQ(test, late,
			clasp_mib_read(&init_net, CLASP_MIB_Timeouts));
	KUNIT_EXPECT_NE(test, sent_at(wire, seq, 1), 0);
}

/*
 * Section 7.2: the end of what was sent is probed after two round-trip times, and
 * as long again as an ACK may be delayed if it is all there is.
 */
static void rack_probes_end(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u64 seq, now, delay;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	delay = 2 * csk->rtt.srtt;
	seq = csk->snd_nxt;
	now = wire->now;
	wire_cut(wire, C);
	send_segments(test, pair.client, 3);
	wire_run(wire, delay + ABOUT);
	EXPECT_TIME(test, sent_at(wire, seq + 2 * WIRE_MSS, 1), now + delay);
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, 0, 0), 4);
	/* Once; then the time-out comes, counted from it. */
	wire_run(wire, csk->rtt.rto);
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, 0, 0), 5);
	EXPECT_TIME(test, sent_at(wire, seq, 1), now + delay + csk->rtt.rto);
}

static void rack_probes_lone(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u64 seq, now, delay;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	delay = 2 * csk->rtt.srtt + MS(wire_sysctl()->ack_delay_ms);
	seq = csk->snd_nxt;
	now = wire->now;
	wire_cut(wire, C);
	send_segments(test, pair.client, 1);
	wire_run(wire, MS(199));
	EXPECT_TIME(test, sent_at(wire, seq, 1), now + delay);
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, 0, 0), 2);
}

/* Section 7.3: the probe is new data, if there is some. */
static void rack_probes_new(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u64 seq, delay;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	csk->cong.cwnd = 3 * WIRE_MSS;
	seq = csk->snd_nxt;
	delay = 2 * csk->rtt.srtt;
	wire_cut(wire, C);
	send_segments(test, pair.client, 5);
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, 0, 0), 3);
	wire_run(wire, delay + ABOUT);
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, 0, 0), 4);
	KUNIT_EXPECT_NE(test, sent_at(wire, seq + 3 * WIRE_MSS, 0), 0);
	/* For the probe itself, nobody waits to probe. */
	KUNIT_EXPECT_EQ(test, csk->deadline[CLASP_TIMER_OVERDUE], 0);
}

/*
 * Section 7.2: where the time-out is due before the probe, the probe goes in its
 * place, and then the time-out is counted from it.
 */
static void rack_probes_in_time(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_stream stream;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u64 seq, now, rto;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	wire->delay = MS(75);
	stream = (struct wire_stream){
		.from = pair.client, .to = pair.server,
		.size = 2000 * WIRE_MSS,
	};
	KUNIT_ASSERT_TRUE(test, wire_pump(wire, &stream, 1));
	wire_run(wire, SECONDS(1));
	rto = csk->rtt.rto;
	KUNIT_ASSERT_LT(test, rto, 2 * csk->rtt.srtt);
	wire_clear(wire);
	seq = csk->snd_nxt;
	now = wire->now;
	wire_cut(wire, C);
	send_segments(test, pair.client, 3);
	wire_run(wire, 2 * rto - MS(1));
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, 0, 0), 4);
	EXPECT_TIME(test, sent_at(wire, seq + 2 * WIRE_MSS, 1), now + rto);
	wire_run(wire, MS(2));
	EXPECT_TIME(test, sent_at(wire, seq, 1), now + 2 * rto);
}

/*
 * Section 7.3: a path that has become slower than the wait for a probe is measured
 * between two of them, until the wait is long enough.
 */
static void rack_probes_measured(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u64 retrans;
	u32 i;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	wire->delay = MS(60);
	for (i = 0; i < 2; i++) {
		send_segments(test, pair.client, 1);
		wire_run(wire, MS(500));
		KUNIT_EXPECT_EQ(test, csk->totals.retrans, 1);
	}
	for (i = 0; i < 20; i++) {
		retrans = csk->totals.retrans;
		send_segments(test, pair.client, 1);
		wire_run(wire, MS(500));
	}
	KUNIT_EXPECT_EQ(test, csk->totals.retrans, retrans);
	KUNIT_EXPECT_GT(test, csk->rtt.srtt, MS(60));
}

/* And where no probe may go, the time-out comes when it would have come. */
static void rack_probes_skipped(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u64 seq, now;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	one_segment(wire, 0, WIRE_LATE, MS(120));
	send_segments(test, pair.client, 1);
	wire_run(wire, MS(500));
	KUNIT_ASSERT_EQ(test, csk->totals.retrans, 1);
	KUNIT_ASSERT_EQ(test, csk->rack.probe_end, 0);
	wire_clear(wire);
	seq = csk->snd_nxt;
	now = wire->now;
	wire_cut(wire, C);
	send_segments(test, pair.client, 1);
	wire_run(wire, csk->rtt.rto + ABOUT);
	KUNIT_EXPECT_EQ(test, wire_count(wire, C, 0, 0), 2);
	EXPECT_TIME(test, sent_at(wire, seq, 1), now + csk->rtt.rto);
}

/* Sends four segments, of which the last is lost; a probe brings it. */
static void mend_last(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;

	open_measured(test, pair);
	csk = clasp_sk(pair->client->sk);
	one_segment(wire, 3, WIRE_DROP, 0);
	send_segments(test, pair->client, 4);
	wire_run(wire, MS(150));
	KUNIT_ASSERT_EQ(test, csk->totals.retrans, 1);
	KUNIT_ASSERT_EQ(test, csk->snd_una, csk->snd_nxt);
}

/* Section 7.4: the last segment was lost, and the probe mended it. */
static void rack_probe_repairs(struct kunit *test)
{
	u64 late = clasp_mib_read(&init_net, CLASP_MIB_Timeouts);
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u32 cwnd;

	mend_last(test, &pair);
	csk = clasp_sk(pair.client->sk);
	cwnd = csk->cong.cwnd;
	/* What follows tells that it arrived but once. */
	send_segments(test, pair.client, 1);
	wire_run(wire, MS(150));
	KUNIT_EXPECT_LT(test, csk->cong.ssthresh, cwnd);
	KUNIT_EXPECT_EQ(test, late,
			clasp_mib_read(&init_net, CLASP_MIB_Timeouts));
}

/* It was only late: it arrives twice, and there was no congestion. */
static void rack_probe_in_vain(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u32 ssthresh;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	ssthresh = csk->cong.ssthresh;
	one_segment(wire, 3, WIRE_LATE, MS(120));
	send_segments(test, pair.client, 4);
	wire_run(wire, MS(200));
	KUNIT_EXPECT_GT(test, csk->totals.retrans, 0);
	send_segments(test, pair.client, 1);
	wire_run(wire, MS(150));
	KUNIT_EXPECT_EQ(test, csk->cong.ssthresh, ssthresh);
	KUNIT_EXPECT_EQ(test, csk->rack.probe_end, 0);
}

/*
 * Section 7.4.2: what is acknowledged twice, and nothing else is said, arrived twice.
 * That says no ACK with data, with another window or with SACKs.
 */
static void rack_probe_acked_twice(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_block block;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u32 ssthresh;
	u64 una;

	mend_last(test, &pair);
	csk = clasp_sk(pair.client->sk);
	ssthresh = csk->cong.ssthresh;
	una = csk->snd_una;
	wire_inject(wire, V, P, csk->rcv_nxt, una, 10);
	KUNIT_EXPECT_EQ(test, csk->rack.probe_end, una);
	wire_inject_window(wire, V, A, csk->rcv_nxt, una, 0, 65536 + 1000);
	KUNIT_EXPECT_EQ(test, csk->rack.probe_end, una);
	wire_inject_window(wire, V, A, csk->rcv_nxt, una, 0, 65536);
	KUNIT_EXPECT_EQ(test, csk->rack.probe_end, una);
	wire_cut(wire, C);
	send_segments(test, pair.client, 2);
	block = (struct clasp_block){ una + WIRE_MSS, una + 2 * WIRE_MSS };
	wire_inject_sack(wire, V, csk->rcv_nxt, una, &block, 1);
	KUNIT_EXPECT_EQ(test, csk->rack.probe_end, una);
	wire_inject(wire, V, A, csk->rcv_nxt, una, 0);
	KUNIT_EXPECT_EQ(test, csk->rack.probe_end, 0);
	KUNIT_EXPECT_EQ(test, csk->cong.ssthresh, ssthresh);
}

/* So the peer's own data hides no loss that a probe mended. */
static void rack_probe_answered(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u32 cwnd;

	mend_last(test, &pair);
	csk = clasp_sk(pair.client->sk);
	cwnd = csk->cong.cwnd;
	send_segments(test, pair.server, 1);
	wire_run(wire, MS(150));
	send_segments(test, pair.client, 1);
	wire_run(wire, MS(150));
	KUNIT_EXPECT_LT(test, csk->cong.ssthresh, cwnd);
}

/*
 * Section 7.1: in a recovery that begins after a probe, the probe no longer counts;
 * else the window would be reduced twice.
 */
static void rack_probe_recovers(struct kunit *test)
{
	u64 count = clasp_mib_read(&init_net, CLASP_MIB_FastRetransmits);
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	one_segment(wire, 2, WIRE_DROP, 0);
	one_segment(wire, 2, WIRE_DROP, 0);
	send_segments(test, pair.client, 4);
	wire_run(wire, MS(200));
	KUNIT_EXPECT_EQ(test, csk->totals.retrans, 2);
	KUNIT_EXPECT_EQ(test, csk->snd_una, csk->snd_nxt);
	send_segments(test, pair.client, 1);
	wire_run(wire, MS(150));
	KUNIT_EXPECT_EQ(test, count + 1,
			clasp_mib_read(&init_net, CLASP_MIB_FastRetransmits));
}

/*
 * RFC 5682: nothing is heard for a while, as if all was lost, then all ACKs come.
 * The window is as before, and little was sent again.
 */
static void rack_spurious_timeout(struct kunit *test)
{
	u64 undone = clasp_mib_read(&init_net, CLASP_MIB_SpuriousRecoveries);
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u32 cwnd;

	wire_sysctl()->tail_loss_probe = 0;
	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	cwnd = csk->cong.cwnd;
	wire->delay = MS(150);
	send_segments(test, pair.client, 20);
	wire_run(wire, SECONDS(2));
	KUNIT_EXPECT_EQ(test, csk->snd_una, csk->write_seq);
	KUNIT_EXPECT_EQ(test, undone + 1,
			clasp_mib_read(&init_net, CLASP_MIB_SpuriousRecoveries));
	KUNIT_EXPECT_LE(test, csk->totals.retrans, 1);
	KUNIT_EXPECT_GE(test, csk->cong.cwnd, cwnd);
}

/* RFC 3708: what was taken for lost in fast recovery arrives, and so twice. */
static void rack_spurious_recovery(struct kunit *test)
{
	u64 undone = clasp_mib_read(&init_net, CLASP_MIB_SpuriousRecoveries);
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u32 cwnd;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	cwnd = csk->cong.cwnd;
	one_segment(wire, 0, WIRE_LATE, MS(15));
	send_segments(test, pair.client, 8);
	wire_run(wire, MS(25));
	KUNIT_EXPECT_EQ(test, csk->recovery.phase, CLASP_FAST_RECOVERY);
	wire_run(wire, SECONDS(1));
	KUNIT_EXPECT_EQ(test, csk->totals.retrans, 1);
	KUNIT_EXPECT_EQ(test, undone + 1,
			clasp_mib_read(&init_net, CLASP_MIB_SpuriousRecoveries));
	KUNIT_EXPECT_GE(test, csk->cong.cwnd, cwnd);
}

/*
 * RFC 6937: the window shrinks in proportion to what is delivered: half of the
 * segments that arrive let one out, and at the end it is what was wanted.
 */
static void rack_proportional(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;
	u32 flight;

	open_measured(test, &pair);
	csk = clasp_sk(pair.client->sk);
	csk->cong.cwnd = 20 * WIRE_MSS;
	one_segment(wire, 0, WIRE_DROP, 0);
	send_segments(test, pair.client, 36);
	KUNIT_ASSERT_EQ(test, wire_count(wire, C, 0, 0), 20);
	/* All of the first flight has arrived or is lost. */
	wire_run(wire, RTT + MS(1));
	KUNIT_EXPECT_EQ(test, csk->recovery.phase, CLASP_FAST_RECOVERY);
	flight = csk->cong.ssthresh / WIRE_MSS;
	KUNIT_EXPECT_LE(test, wire_count(wire, C, 0, 0), 20 + flight + 1);
	KUNIT_EXPECT_GE(test, wire_count(wire, C, 0, 0), 20 + flight - 4);
	wire_run(wire, SECONDS(1));
	KUNIT_EXPECT_EQ(test, csk->snd_una, csk->write_seq);
}

static struct kunit_case rack_cases[] = {
	WIRE_CASE(rack_waits),
	WIRE_CASE(rack_threshold),
	WIRE_CASE(rack_reordered),
	WIRE_CASE(rack_widens),
	WIRE_CASE(rack_bounded),
	WIRE_CASE(rack_overtaken),
	WIRE_CASE(rack_doubled),
	WIRE_CASE(rack_lost_again),
	WIRE_CASE(rack_probes_end),
	WIRE_CASE(rack_probes_lone),
	WIRE_CASE(rack_probes_new),
	WIRE_CASE(rack_probes_in_time),
	WIRE_CASE(rack_probes_measured),
	WIRE_CASE(rack_probes_skipped),
	WIRE_CASE(rack_probe_repairs),
	WIRE_CASE(rack_probe_in_vain),
	WIRE_CASE(rack_probe_acked_twice),
	WIRE_CASE(rack_probe_answered),
	WIRE_CASE(rack_probe_recovers),
	WIRE_CASE(rack_spurious_timeout),
	WIRE_CASE(rack_spurious_recovery),
	WIRE_CASE(rack_proportional),
	{}
};

static struct kunit_suite rack_suite = {
	.name = "clasp_rack",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = rack_cases,
};

kunit_test_suite(rack_suite);
