// SPDX-License-Identifier: GPL-2.0
/*
 * Blind attacks: what somebody can send who does not see the connection (RFC
 * 5961), and the numbers that he would have to guess (RFC 6528, RFC 6056).
 */
#include <linux/sort.h>

#include "../isn.h"
#include "letters.h"

#define CROWD_PORT	20000
#define CROWD		64

static u64 counted(enum clasp_counter counter)
{
	return clasp_mib_read(&init_net, counter);
}

/* Open, idle for long enough, at 101 and 201. */
static void open_pair(struct kunit *test, struct wire_pair *pair)
{
	struct wire *wire = test->priv;

	wire->isn[C] = 100;
	wire->isn[V] = 200;
	wire_open(wire, pair);
	wire_run(wire, SECONDS(10));
	wire_clear(wire);
}

/* One ACK in half a second, however many ways the connection is attacked. */
static void attack_one_connection(struct kunit *test)
{
	struct wire *wire = test->priv;
	u64 skipped = counted(CLASP_MIB_AcksSkipped);
	struct wire_pair pair;
	int i;

	open_pair(test, &pair);
	wire_cut(wire, V);
	for (i = 0; i < 10; i++) {
		wire_inject(wire, C, S, 5000, 0, 0);
		wire_inject(wire, C, R, 102, 0, 0);
		wire_inject(wire, C, A, 101, 90000, 0);
		wire_inject(wire, C, A, 101, 201 - 1000000, 0);
	}
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	WIRE_EXPECT(wire, 0, V, A, 201, 101, 0);
	KUNIT_EXPECT_EQ(test, counted(CLASP_MIB_AcksSkipped) - skipped, 39);
	wire_run(wire, NSEC_PER_SEC / 2);
	wire_inject(wire, C, R, 102, 0, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
	WIRE_STATES(wire, ESTABLISHED, ESTABLISHED);
}

/* All connections together: the crowd's challenge ACKs in one second. */
static u32 attack_crowd(struct wire *wire)
{
	int i;

	wire_run(wire, SECONDS(1));
	wire_clear(wire);
	for (i = 0; i < CROWD; i++)
		wire_inject_at(wire, CROWD_PORT + i, R, 102, 0, 0);
	return wire_count(wire, V, S | A, A);
}

/*
 * A namespace sends only so many in a second, and how many is not to be known:
 * CVE-2016-5696.
 */
static void attack_namespace(struct kunit *test)
{
	struct wire *wire = test->priv;
	u32 i, count, seen[17] = { }, different = 0;

	wire->isn[V] = 200;
	wire_sysctl()->challenge_acks_per_s = 8;
	wire_sysctl()->challenge_ack_ms = 0;
	wire_sysctl()->synack_retries = 127;
	wire_listen(wire, 8);
	wire_cut(wire, V);
	for (i = 0; i < CROWD; i++)
		wire_inject_at(wire, CROWD_PORT + i, S, 100, 0, 0);
	for (i = 0; i < 50; i++) {
		count = attack_crowd(wire);
		KUNIT_EXPECT_GE(test, count, 4);
		KUNIT_EXPECT_LE(test, count, 11);
		different += !seen[min(count, 16u)]++;
	}
	KUNIT_EXPECT_GT(test, different, 3);
	wire_sysctl()->challenge_acks_per_s = 0;
	KUNIT_EXPECT_EQ(test, attack_crowd(wire), 0);
}

/* In the very first second, too: the clock starts at 0 with the host. */
static void attack_namespace_first(struct kunit *test)
{
	struct clasp_challenges *challenges = &clasp_net(&init_net)->challenges;
	struct wire *wire = test->priv;

	memset(challenges, 0, sizeof(*challenges));
	clasp_challenges_init(challenges);
	wire->now = 1;
	KUNIT_EXPECT_TRUE(test, clasp_challenge_permitted(&init_net));
}

/* Two ends that disagree do not answer each other's answers for ever. */
static void attack_ack_loop(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_pair(test, &pair);
	/* Each is now far outside of the other's window. */
	clasp_sk(pair.client->sk)->snd_una += 1ull << 40;
	clasp_sk(pair.client->sk)->snd_nxt += 1ull << 40;
	clasp_sk(pair.client->sk)->write_seq += 1ull << 40;
	clasp_sk(pair.server->sk)->snd_una += 1ull << 40;
	clasp_sk(pair.server->sk)->snd_nxt += 1ull << 40;
	clasp_sk(pair.server->sk)->write_seq += 1ull << 40;
	wire_inject(wire, C, A, 1, 201, 0);
	wire_run(wire, SECONDS(10));
	KUNIT_EXPECT_LE(test, wire->logged, 2 * 20 + 1);
}

/* Old data is answered each time: its sender may have missed the ACK. */
static void attack_old_data(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	open_pair(test, &pair);
	wire_cut(wire, V);
	for (i = 0; i < 10; i++)
		wire_inject(wire, C, A, 92, 201, 9);
	KUNIT_EXPECT_EQ(test, wire->logged, 10);
}

/*
 * Who asks whether we are still there gets his answer, though others use up all
 * challenge ACKs.
 */
static void attack_keepalive(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	int i;

	open_pair(test, &pair);
	wire_cut(wire, V);
	wire_sysctl()->challenge_acks_per_s = 0;
	for (i = 0; i < 5; i++) {
		wire_inject(wire, C, A, 100, 201, 0);
		wire_inject(wire, C, A, 100, 201, 0);
		KUNIT_EXPECT_EQ(test, wire->logged, i + 1);
		wire_run(wire, NSEC_PER_SEC / 2);
	}
	wire_inject(wire, C, R, 102, 0, 0);
	KUNIT_EXPECT_EQ(test, wire->logged, 5);
}

/* RFC 5961, 5.2: data with an ACK that the peer cannot have sent is not taken. */
static void attack_blind_data(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct clasp_sock *csk;
	u64 edge;

	open_pair(test, &pair);
	csk = clasp_sk(pair.server->sk);
	edge = csk->snd_una - csk->max_window;
	wire_inject(wire, C, A, 101, edge - 1, 9);
	KUNIT_EXPECT_EQ(test, csk->rcv_nxt, 101);
	wire_inject(wire, C, A, 101, csk->snd_nxt + 1, 9);
	KUNIT_EXPECT_EQ(test, csk->rcv_nxt, 101);
	KUNIT_EXPECT_EQ(test, wire_count(wire, V, A, A), 1);
	wire_inject(wire, C, A, 101, edge, 9);
	KUNIT_EXPECT_EQ(test, csk->rcv_nxt, 110);
}

static void make_flow(struct clasp_flow *flow, u32 n)
{
	flow->scope = 0;
	ipv6_addr_set_v4mapped(htonl(0xc0000201), &flow->laddr);
	ipv6_addr_set_v4mapped(htonl(0xc0000202 + n / 1000), &flow->raddr);
	flow->lport = htons(80);
	flow->rport = htons(40000 + n % 1000);
}

/* RFC 6528: a later connection of the same ends starts ahead of the earlier. */
static void attack_isn_order(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_flow flow;
	u64 last, isn;
	int i;

	clasp_isn_hook = NULL;
	make_flow(&flow, 0);
	last = clasp_isn(&init_net, &flow);
	for (i = 0; i < 1000; i++) {
		/* From 1 ns to days. */
		wire->now += 1ull << i % 48;
		isn = clasp_isn(&init_net, &flow);
		KUNIT_EXPECT_TRUE(test, clasp_after(isn, last));
		KUNIT_EXPECT_EQ(test, isn - last, 256ull << i % 48);
		last = isn;
	}
}

static int compare(const void *a, const void *b)
{
	return *(const u64 *)a < *(const u64 *)b ? -1 :
	       *(const u64 *)a > *(const u64 *)b;
}

/* And of other ends tells nothing: each has a place of its own on the circle. */
static void attack_isn_spread(struct kunit *test)
{
	const int count = 4096;
	u64 *isn = kunit_kmalloc(test, count * sizeof(*isn), GFP_KERNEL);
	u64 last = 0, least = U64_MAX;
	struct clasp_flow flow;
	u32 ones = 0;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, isn);
	clasp_isn_hook = NULL;
	for (i = 0; i < count; i++) {
		make_flow(&flow, i);
		isn[i] = clasp_isn(&init_net, &flow);
		ones += hweight64(isn[i] ^ last);
		last = isn[i];
	}
	/* From one port to the next, half of the bits change. */
	KUNIT_EXPECT_GT(test, ones, count * 31);
	KUNIT_EXPECT_LT(test, ones, count * 33);
	sort(isn, count, sizeof(*isn), compare, NULL);
	for (i = 1; i < count; i++)
		least = min(least, isn[i] - isn[i - 1]);
	/* No two are neighbours: expected is 2^64 / 2^24. */
	KUNIT_EXPECT_GT(test, least, 1ull << 28);
}

/* connect() of a socket that has no port: which one does it get? */
static u16 connect_from(struct wire *wire, u32 raddr)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(raddr),
		.sin_port = htons(WIRE_SERVER_PORT),
	};
	struct socket *sock;
	u16 port;

	KUNIT_ASSERT_EQ(wire->test, 0,
			sock_create_kern(&init_net, AF_INET, SOCK_STREAM,
					 clasp_protocol, &sock));
	inet_sk(sock->sk)->inet_saddr = htonl(0x0afd0001);
	KUNIT_EXPECT_EQ(wire->test, -EINPROGRESS,
			kernel_connect(sock, (struct sockaddr_unsized *)&addr,
				       sizeof(addr), O_NONBLOCK));
	port = inet_sk(sock->sk)->inet_num;
	sock_release(sock);
	return port;
}

/* RFC 6056: out of the range, and not the next one for the next peer. */
static void attack_ports(struct kunit *test)
{
	struct wire *wire = test->priv;
	int low, high, i, near = 0;
	u16 port, last = 0;

	inet_get_local_port_range(&init_net, &low, &high);
	wire_cut(wire, WIRE_ANY);
	for (i = 0; i < 64; i++) {
		port = connect_from(wire, 0x0afd0100 + i);
		KUNIT_EXPECT_GE(test, port, low);
		KUNIT_EXPECT_LE(test, port, high);
		near += abs(port - last) < 64;
		last = port;
	}
	KUNIT_EXPECT_LT(test, near, 8);
}

static struct kunit_case attack_cases[] = {
	KUNIT_CASE(attack_one_connection),
	KUNIT_CASE(attack_namespace),
	KUNIT_CASE(attack_namespace_first),
	KUNIT_CASE(attack_ack_loop),
	KUNIT_CASE(attack_old_data),
	KUNIT_CASE(attack_keepalive),
	KUNIT_CASE(attack_blind_data),
	KUNIT_CASE(attack_isn_order),
	KUNIT_CASE(attack_isn_spread),
	KUNIT_CASE(attack_ports),
	{}
};

static struct kunit_suite attack_suite = {
	.name = "clasp_attack",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = attack_cases,
};

kunit_test_suite(attack_suite);
