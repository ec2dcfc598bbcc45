// SPDX-License-Identifier: GPL-2.0
/* Questions and answers of one byte. */
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define PORT 7253
#define WARM 100

/* ---- the server, a process of its own ------------------------------------- */

static void answer(int fd)
{
	char c;

	while (recv(fd, &c, 1, 0) == 1)
		if (send(fd, &c, 1, MSG_NOSIGNAL) != 1)
			die_errno("send");
}

static void start_server(int listener)
{
	if (bench_fork())
		return;
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			die_errno("accept");
		answer(fd);
		close(fd);
	}
}

/* ---- the client ----------------------------------------------------------- */

static void ask(int fd)
{
	char c = 'x';

	if (send(fd, &c, 1, MSG_NOSIGNAL) != 1 || recv(fd, &c, 1, 0) != 1)
		die_errno("no answer");
}

static void ask_often(int fd, int count)
{
	while (count--)
		ask(fd);
}

static void connect_often(const struct protocol *p, int count)
{
	while (count--) {
		int fd = net_connect(p, PORT);

		ask(fd);
		close(fd);
	}
}

/* Transactions in a second */
double measure_requests(const struct bench *b, const struct protocol *p, int round)
{
	double start;
	int fd;

	(void)round;
	start_server(net_listen(p, PORT));
	fd = net_connect(p, PORT);
	ask_often(fd, WARM);
	start = now();
	ask_often(fd, b->count);
	return b->count / (now() - start);
}

/* Connections in a second, from socket() to close() */
double measure_connections(const struct bench *b, const struct protocol *p, int round)
{
	double start;

	(void)round;
	start_server(net_listen(p, PORT));
	connect_often(p, WARM);
	start = now();
	connect_often(p, b->count);
	return b->count / (now() - start);
}
