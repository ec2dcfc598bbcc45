// SPDX-License-Identifier: GPL-2.0
/* Streams in one direction: what arrives in a time. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench.h"

#define PORT 7253
#define ROOM (128 << 10)
#define EVENTS 64
#define TICK_USEC 10000

struct flow {
	int from, to;
	u64 bytes;		/* that arrived */
};

static char room[ROOM];
static double ends;

/* ---- senders: processes that never end by themselves ---------------------- */

static void send_one(int fd, size_t size)
{
	while (send(fd, room, size, MSG_NOSIGNAL) >= 0)
		;
	die_errno("send");
}

static int watch(struct flow *flows, int count, int events, int sender)
{
	int set = epoll_create1(0), i;

	for (i = 0; i < count; i++) {
		struct epoll_event e = { .events = events, .data.ptr = &flows[i] };
		int fd = sender ? flows[i].from : flows[i].to;

		if (fcntl(fd, F_SETFL, O_NONBLOCK) || epoll_ctl(set, EPOLL_CTL_ADD, fd, &e))
			die_errno("epoll_ctl");
	}
	return set;
}

static void send_many(struct flow *flows, int count, size_t size)
{
	int set = watch(flows, count, EPOLLOUT, 1), ready, i;
	struct epoll_event events[EVENTS];

	while ((ready = epoll_wait(set, events, EVENTS, -1)) > 0)
		for (i = 0; i < ready; i++) {
			struct flow *f = events[i].data.ptr;

			if (send(f->from, room, size, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
				die_errno("send");
		}
	die_errno("epoll_wait");
}

static void start_sender(struct flow *flows, int count, size_t size)
{
	if (bench_fork())
		return;
	if (count == 1)
		send_one(flows->from, size);
	else
		send_many(flows, count, size);
}

/* ---- receivers: they read until the time is over -------------------------- */

/* Only wakes whoever waits; again and again, since it may not wait just then. */
static void tick(int signal)
{
	(void)signal;
}

static void start_clock(void)
{
	struct itimerval every = { { 0, TICK_USEC }, { 0, TICK_USEC } };
	struct sigaction action = { .sa_handler = tick };

	if (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &every, NULL))
		die_errno("setitimer");
}

static void take(struct flow *f)
{
	ssize_t n = recv(f->to, room, ROOM, 0);

	if (n > 0)
		f->bytes += n;
	else if (!n || (errno != EAGAIN && errno != EINTR))
		die_errno("recv");
}

static void receive_one(struct flow *f)
{
	while (now() < ends)
		take(f);
}

static void receive_many(struct flow *flows, int count)
{
	int set = watch(flows, count, EPOLLIN, 0), ready, i;
	struct epoll_event events[EVENTS];

	while (now() < ends) {
		ready = epoll_wait(set, events, EVENTS, -1);
		for (i = 0; i < ready; i++)
			take(events[i].data.ptr);
	}
	close(set);
}

/* Sets what arrived at each in so many seconds from now, and returns how many it were. */
static double receive(struct flow *flows, int count, double seconds)
{
	double start = now();
	int i;

	for (i = 0; i < count; i++)
		flows[i].bytes = 0;
	ends = start + seconds;
	if (count == 1)
		receive_one(flows);
	else
		receive_many(flows, count);
	return now() - start;
}

static void end(struct flow *flows, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		net_abort(flows[i].from);
		net_abort(flows[i].to);
	}
}

/* ---- the measures --------------------------------------------------------- */

/* Megabytes in a second, of all flows together */
double measure_stream(const struct bench *b, const struct protocol *p, int round)
{
	struct flow *flows = calloc(b->count, sizeof(*flows));
	int listener = net_listen(p, PORT), i;
	double seconds;
	u64 bytes = 0;

	(void)round;
	for (i = 0; i < b->count; i++)
		flows[i].from = net_pair(p, listener, PORT, &flows[i].to);
	start_sender(flows, b->count, b->write);
	start_clock();
	receive(flows, b->count, b->warm);
	seconds = receive(flows, b->count, b->seconds);
	for (i = 0; i < b->count; i++)
		bytes += flows[i].bytes;
	end(flows, b->count);
	return bytes / seconds / 1e6;
}

/*
 * Jain's index of two flows: 1 if both have the same, 0.5 if one has all.  The second
 * starts later, by another time in each round.
 */
double measure_fairness(const struct bench *b, const struct protocol *p, int round)
{
	const struct protocol *second = b->rival ?: p;
	int first_listener = net_listen(p, PORT);
	int second_listener = net_listen(second, PORT + 1);
	struct flow flows[2];
	double x, y;

	flows[0].from = net_pair(p, first_listener, PORT, &flows[0].to);
	flows[1].from = net_pair(second, second_listener, PORT + 1, &flows[1].to);
	start_sender(&flows[0], 1, b->write);
	start_clock();
	receive(flows, 2, 0.3 * round);
	start_sender(&flows[1], 1, b->write);
	receive(flows, 2, b->warm);
	receive(flows, 2, b->seconds);
	x = flows[0].bytes;
	y = flows[1].bytes;
	end(flows, 2);
	return (x + y) * (x + y) / (2 * (x * x + y * y));
}
