// SPDX-License-Identifier: GPL-2.0
/* poll and epoll in every state of a socket, and shutdown. */
#include "calls.h"

#include <sys/epoll.h>

#define ALL_IN (POLLIN | POLLRDNORM)
#define ALL_OUT (POLLOUT | POLLWRNORM)
#define EVERYTHING (ALL_IN | ALL_OUT | POLLPRI | POLLRDHUP)

static int epoll_with(int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };
	int ep = epoll_create1(0);

	require(ep >= 0);
	require(!epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	return ep;
}

/* The events of the one socket in the set, 0 if there are none. */
static int epoll_now(int ep, int timeout_ms)
{
	struct epoll_event ev = { 0 };
	int n = epoll_wait(ep, &ev, 1, timeout_ms);

	require(n >= 0);
	return n ? (int)ev.events : 0;
}

CASE(poll_new_socket)
{
	expect_ret(events_now(sock(), EVERYTHING), ALL_OUT | POLLHUP);
}

CASE(poll_listener)
{
	union address a;
	int l = sock_listen(&a, 4), s;

	expect_ret(events_now(l, EVERYTHING), 0);
	sock_connect(&a);
	expect_ret(wait_events(l, EVERYTHING), ALL_IN);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(events_now(l, EVERYTHING), 0);
}

CASE(poll_connected)
{
	struct pair p;
	char c;

	pair_open(&p);
	expect_ret(events_now(p.c, EVERYTHING), ALL_OUT);
	expect_ret(events_now(p.s, EVERYTHING), ALL_OUT);
	expect_ret(send(p.c, "x", 1, 0), 1);
	expect_ret(wait_events(p.s, ALL_IN), ALL_IN);
	expect_ret(events_now(p.s, EVERYTHING), ALL_IN | ALL_OUT);
	expect_ret(recv(p.s, &c, 1, 0), 1);
	expect_ret(events_now(p.s, EVERYTHING), ALL_OUT);
}

CASE(poll_writable_again)
{
	struct pair p;
	size_t held;

	pair_open(&p);
	held = fill(p.c);
	expect_ret(events_now(p.c, EVERYTHING), 0);
	drain(p.s, held);
	expect_ret(wait_events(p.c, ALL_OUT), ALL_OUT);
}

CASE(poll_half_closed)
{
	struct pair p;

	pair_open(&p);
	require(!shutdown(p.c, SHUT_WR));
	expect(wait_all_events(p.s, POLLRDHUP));
	/* CLOSE-WAIT: the end can be read, and there is much left to say. */
	expect_ret(events_now(p.s, EVERYTHING), ALL_IN | ALL_OUT | POLLRDHUP);
	/* FIN-WAIT: writing would fail at once, which poll calls writable. */
	expect_ret(events_now(p.c, EVERYTHING), ALL_OUT);
}

CASE(poll_fully_closed)
{
	struct pair p;

	pair_open(&p);
	require(!shutdown(p.c, SHUT_WR));
	require(!shutdown(p.s, SHUT_WR));
	expect(wait_all_events(p.c, POLLHUP));
	expect(wait_all_events(p.s, POLLHUP));
	expect_ret(events_now(p.c, EVERYTHING),
		   ALL_IN | ALL_OUT | POLLRDHUP | POLLHUP);
	expect_ret(events_now(p.s, EVERYTHING),
		   ALL_IN | ALL_OUT | POLLRDHUP | POLLHUP);
}

CASE(poll_reset)
{
	struct linger lg = { .l_onoff = 1 };
	struct pair p;

	pair_open(&p);
	require(!setsockopt(p.s, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg)));
	close(p.s);
	expect(wait_all_events(p.c, POLLERR | POLLHUP));
	expect_ret(events_now(p.c, EVERYTHING),
		   ALL_IN | ALL_OUT | POLLRDHUP | POLLHUP | POLLERR);
	expect_ret(so_error(p.c), ECONNRESET);
	/* The error is told once, the hang-up remains. */
	expect_ret(events_now(p.c, EVERYTHING),
		   ALL_IN | ALL_OUT | POLLRDHUP | POLLHUP);
}

CASE(poll_wakes_up)
{
	struct pair p;
	double start = now();

	pair_open(&p);
	if (!fork()) {
		usleep(200000);
		send(p.c, "x", 1, 0);
		_exit(0);
	}
	expect_ret(wait_events(p.s, POLLIN), POLLIN);
	expect(now() - start > 0.15 && now() - start < 30);
}

CASE(low_water_mark)
{
	struct pair p;
	char buf[16];

	pair_open(&p);
	require(!set_int(p.s, SO_RCVLOWAT, 4));
	expect_ret(get_int(p.s, SO_RCVLOWAT), 4);
	expect_ret(send(p.c, "abc", 3, 0), 3);
	/* The bytes are there, only poll() holds them to be too few. */
	while (recv(p.s, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT) != 3)
		usleep(1000);
	expect_ret(events_now(p.s, ALL_IN), 0);
	expect_ret(send(p.c, "d", 1, 0), 1);
	expect_ret(wait_events(p.s, ALL_IN), ALL_IN);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 4);
	/* The end of the stream is an event however little came before. */
	expect_ret(send(p.c, "e", 1, 0), 1);
	close(p.c);
	expect(wait_all_events(p.s, POLLIN | POLLRDHUP));
}

CASE(epoll_level)
{
	struct pair p;
	int ep, i;
	char c;

	pair_open(&p);
	ep = epoll_with(p.s, EPOLLIN | EPOLLRDHUP);
	expect_ret(epoll_now(ep, 0), 0);
	expect_ret(send(p.c, "xy", 2, 0), 2);
	for (i = 0; i < 2; i++) {
		expect_ret(epoll_now(ep, 10000), EPOLLIN);
		expect_ret(recv(p.s, &c, 1, 0), 1);
	}
	expect_ret(epoll_now(ep, 0), 0);
	close(p.c);
	expect(epoll_now(ep, 10000) & EPOLLIN);
	expect(wait_all_events(p.s, POLLRDHUP));
	expect_ret(epoll_now(ep, 10000), EPOLLIN | EPOLLRDHUP);
}

CASE(epoll_edge)
{
	struct pair p;
	char buf[8];
	int ep;

	pair_open(&p);
	ep = epoll_with(p.s, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	expect_ret(epoll_now(ep, 10000), EPOLLOUT);
	expect_ret(epoll_now(ep, 0), 0);
	expect_ret(send(p.c, "x", 1, 0), 1);
	expect_ret(epoll_now(ep, 10000), EPOLLIN | EPOLLOUT);
	/* No news although the byte is still there; then news. */
	expect_ret(epoll_now(ep, 0), 0);
	expect_ret(send(p.c, "y", 1, 0), 1);
	expect_ret(epoll_now(ep, 10000), EPOLLIN | EPOLLOUT);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 2);
	expect_ret(epoll_now(ep, 0), 0);
	require(!shutdown(p.c, SHUT_WR));
	expect(epoll_now(ep, 10000) & EPOLLRDHUP);
}

/* An edge that tells of room must come, or a program would wait for ever. */
CASE(epoll_edge_writable)
{
	struct pair p;
	size_t held;
	int ep, ev = 0;

	pair_open(&p);
	ep = epoll_with(p.c, EPOLLOUT | EPOLLET);
	expect_ret(epoll_now(ep, 0), EPOLLOUT);
	held = fill(p.c);
	while (epoll_now(ep, 0))
		;
	drain(p.s, held);
	ev = epoll_now(ep, 10000);
	expect_ret(ev & EPOLLOUT, EPOLLOUT);
}

CASE(epoll_edge_listener)
{
	union address a;
	int l = sock_listen(&a, 8), ep = epoll_with(l, EPOLLIN | EPOLLET);

	sock_connect(&a);
	expect_ret(epoll_now(ep, 10000), EPOLLIN);
	expect_ret(epoll_now(ep, 0), 0);
	sock_connect(&a);
	expect_ret(epoll_now(ep, 10000), EPOLLIN);
}

CASE(epoll_connect)
{
	union address a;
	int l = sock_listen(&a, 8), fd = sock_nonblock(), ep;

	ep = epoll_with(fd, EPOLLIN | EPOLLOUT | EPOLLET);
	expect_ret(epoll_now(ep, 0), EPOLLOUT | EPOLLHUP);
	expect_errno(do_connect(fd, a), EINPROGRESS);
	expect_ret(epoll_now(ep, 10000), EPOLLOUT);
	close(l);
	expect(epoll_now(ep, 10000) & (EPOLLERR | EPOLLHUP));
	expect_ret(so_error(fd), ECONNRESET);
}

CASE(shutdown_write)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	expect_ret(send(p.c, "last", 4, 0), 4);
	expect_ret(shutdown(p.c, SHUT_WR), 0);
	/* Twice is no error. */
	expect_ret(shutdown(p.c, SHUT_WR), 0);
	expect_errno(send(p.c, "x", 1, MSG_NOSIGNAL), EPIPE);
	expect_ret(recv(p.s, buf, sizeof(buf), MSG_WAITALL), 4);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 0);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 0);
	/* The other half goes on. */
	expect_ret(send(p.s, "reply", 5, 0), 5);
	expect_ret(recv(p.c, buf, 5, MSG_WAITALL), 5);
	expect_ret(shutdown(p.s, SHUT_WR), 0);
	expect_ret(recv(p.c, buf, sizeof(buf), 0), 0);
}

CASE(shutdown_read)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	expect_ret(send(p.s, "left", 4, 0), 4);
	require(wait_events(p.c, POLLIN) == POLLIN);
	expect_ret(shutdown(p.c, SHUT_RD), 0);
	/* What had arrived may still be read, then the end follows. */
	expect_ret(recv(p.c, buf, sizeof(buf), 0), 4);
	expect_ret(recv(p.c, buf, sizeof(buf), 0), 0);
	expect(events_now(p.c, EVERYTHING) & POLLRDHUP);
	/* Writing is as before. */
	expect_ret(send(p.c, "on", 2, 0), 2);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 2);
}

CASE(shutdown_both)
{
	struct pair p;
	char c;

	pair_open(&p);
	expect_ret(shutdown(p.c, SHUT_RDWR), 0);
	expect_ret(recv(p.c, &c, 1, 0), 0);
	expect_errno(send(p.c, "x", 1, MSG_NOSIGNAL), EPIPE);
	expect_ret(recv(p.s, &c, 1, 0), 0);
	close(p.s);
	expect(wait_all_events(p.c, POLLHUP));
	expect_errno(shutdown(p.c, SHUT_RDWR), ENOTCONN);
}

CASE(shutdown_bad_arguments)
{
	struct pair p;

	pair_open(&p);
	expect_errno(shutdown(p.c, 3), EINVAL);
	expect_errno(shutdown(p.c, -1), EINVAL);
}

/* Shutting a listener down wakes accept() and refuses callers. */
CASE(shutdown_listener)
{
	union address a;
	int l = sock_listen(&a, 4);

	if (!fork()) {
		usleep(100000);
		shutdown(l, SHUT_RDWR);
		_exit(0);
	}
	expect_errno(accept(l, NULL, NULL), EINVAL);
	expect_errno(do_connect(sock(), a), ECONNREFUSED);
	/* It can listen again; the port that it had not asked for may differ. */
	expect_ret(listen(l, 4), 0);
	a.sin_port = name_of(l).sin_port;
	sock_connect(&a);
}

CASE(shutdown_wakes_reader)
{
	struct pair p;
	char c;

	pair_open(&p);
	if (!fork()) {
		usleep(100000);
		shutdown(p.c, SHUT_RD);
		_exit(0);
	}
	expect_ret(recv(p.c, &c, 1, 0), 0);
}

CASE(shutdown_connecting)
{
	int fd = sock_nonblock();

	expect_errno(do_connect(fd, address(BLACK_HOLE, 9)), EINPROGRESS);
	expect_ret(shutdown(fd, SHUT_RDWR), 0);
	expect(wait_all_events(fd, POLLHUP));
}

int main(void)
{
	return cases_main();
}
