// SPDX-License-Identifier: GPL-2.0
/*
 * How much a socket has in the queues of this host: on a loopback device that has
 * one.
 */
#include "calls.h"

#include "calls_bytes.h"

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
static long backlog(void)
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
		long now = backlog();

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

int main(void)
{
	return cases_main();
}
