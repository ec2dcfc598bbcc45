// SPDX-License-Identifier: GPL-2.0
/*
 * How much a socket has in the queues of this host, and how fast it sends: on a
 * loopback device that has a queue of its own.
 */
#include "calls.h"

#include "calls_bytes.h"

#define SECOND_BYTES 500000	/* bytes in a second, as SO_MAX_PACING_RATE has it */

/* Returns false if the kernel lacks this queueing discipline. */
static int queue_on_loopback(const char *qdisc)
{
	char command[128];

	own_loopback("1500");
	snprintf(command, sizeof(command), "tc qdisc add dev lo root %s", qdisc);
	if (!system(command))
		return 1;
	printf("# no %s\n", qdisc);
	return 0;
}

/* 8 Mbit/s, in packets of two segments, as on any slow device. */
static int slow_loopback(void)
{
	return queue_on_loopback("tbf rate 8mbit burst 4000 limit 4000000") &&
	       !system("ip link set lo gso_max_size 4000");
}

/* Bytes that wait on the loopback device. */
static long waiting(void)
{
	FILE *tc = popen("tc -j -s qdisc show dev lo", "r");
	char text[4096], *found;
	size_t len;

	require(tc);
	len = fread(text, 1, sizeof(text) - 1, tc);
	require(!pclose(tc));
	text[len] = '\0';
	found = strstr(text, "\"backlog\":");
	require(found);
	return atol(found + strlen("\"backlog\":"));
}

/* A process that writes as long as it can. */
static void write_for_ever(struct pair *p)
{
	static char buf[65536];

	if (fork())
		return;
	close(p->l);
	close(p->s);
	while (send(p->c, buf, sizeof(buf), MSG_NOSIGNAL) > 0)
		;
	_exit(0);
}

/* Reads this much, and returns the seconds that takes. */
static double read_for(int fd, size_t bytes)
{
	double start = now();

	drain(fd, bytes);
	return now() - start;
}

/*
 * What is written waits in the socket, not in the device's queue: there, it would
 * make all others wait too. That holds about a millisecond's worth, but not
 * less than three packets of two segments, and some ACKs.
 */
CASE(small_queue)
{
	struct pair p;
	long most = 0;
	int i;

	if (!slow_loopback())
		return;
	pair_open(&p);
	write_for_ever(&p);
	for (i = 0; i < 200; i++) {
		long now = waiting();

		most = now > most ? now : most;
		drain(p.s, 20000);
	}
	printf("# %ld bytes waited at most\n", most);
	expect(most > 0 && most < 30000);
}

/* One may be closed that has something in the queue, and the other read it. */
CASE(small_queue_of_a_closed_socket)
{
	static char buf[100000];
	struct pair p;

	if (!slow_loopback())
		return;
	pair_open(&p);
	require(send(p.c, buf, 60000, 0) == 60000);
	close(p.c);
	expect_ret(recv(p.s, buf, sizeof(buf), MSG_WAITALL), 60000);
}

static void check_rate(int c, int s)
{
	/* TCP over fq was seen 3.8 % off. */
	double rate, slack = proto == IPPROTO_TCP ? 0.05 : 0.03;

	/* Before, the first segments go at once. */
	drain(s, 100000);
	rate = 3 * SECOND_BYTES / read_for(s, 3 * SECOND_BYTES);
	printf("# %.0f bytes in a second\n", rate);
	expect_ret(get_int(c, SO_MAX_PACING_RATE), SECOND_BYTES);
	expect(rate > (1 - slack) * SECOND_BYTES && rate < (1 + slack) * SECOND_BYTES);
}

static void check_paced(void)
{
	struct pair p;

	pair_open(&p);
	require(!set_int(p.c, SO_MAX_PACING_RATE, SECOND_BYTES));
	write_for_ever(&p);
	check_rate(p.c, p.s);
}

/* The socket has a timer of its own. */
CASE(max_pacing_rate)
{
	own_loopback("1500");
	check_paced();
}

/* The device's queue keeps each segment until its time. */
CASE(max_pacing_rate_with_fq)
{
	if (queue_on_loopback("fq"))
		check_paced();
}

CASE(max_pacing_rate_is_inherited)
{
	struct pair p;

	own_loopback("1500");
	p.l = sock_listen(&p.addr, 4);
	require(!set_int(p.l, SO_MAX_PACING_RATE, SECOND_BYTES));
	p.s = sock_connect(&p.addr);
	p.c = accept(p.l, NULL, NULL);
	require(p.c >= 0);
	write_for_ever(&p);
	check_rate(p.c, p.s);
}

/* It may be set while a connection is in full swing, and taken away. */
CASE(max_pacing_rate_changes)
{
	struct pair p;

	own_loopback("1500");
	pair_open(&p);
	write_for_ever(&p);
	drain(p.s, 1000000);
	require(!set_int(p.c, SO_MAX_PACING_RATE, SECOND_BYTES));
	/* What is on its way was sent before. */
	drain(p.s, 10 * SECOND_BYTES);
	check_rate(p.c, p.s);
	require(!set_int(p.c, SO_MAX_PACING_RATE, -1));
	expect(read_for(p.s, 10 * SECOND_BYTES) < 5);
}

int main(void)
{
	return cases_main();
}
