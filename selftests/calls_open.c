// SPDX-License-Identifier: GPL-2.0
/* socket, bind, listen, connect, accept and the names of sockets. */
#include "calls.h"

#include <arpa/inet.h>

CASE(socket_types)
{
	int fd = sock();

	expect_ret(get_int(fd, SO_TYPE), SOCK_STREAM);
	expect_ret(get_int(fd, SO_PROTOCOL), proto);
	expect_ret(get_int(fd, SO_DOMAIN), family);
	expect_ret(get_int(fd, SO_ACCEPTCONN), 0);
	expect_errno(socket(family, SOCK_DGRAM, proto), EPROTONOSUPPORT);
	expect_errno(socket(family, SOCK_SEQPACKET, proto),
		     ESOCKTNOSUPPORT);
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
	require(fd >= 0);
	expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	expect(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

CASE(bind_port_zero)
{
	int a = sock(), b = sock();

	expect_ret(ntohs(name_of(a).sin_port), 0);
	expect(same_host(name_of(a), address("0.0.0.0", 0)));
	require(!do_bind(a, loopback()));
	require(!do_bind(b, loopback()));
	expect(name_of(a).sin_port != 0);
	expect(name_of(a).sin_port != name_of(b).sin_port);
	expect(same_host(name_of(a), loopback()));
}

CASE(bind_twice)
{
	int fd = sock();

	require(!do_bind(fd, loopback()));
	expect_errno(do_bind(fd, loopback()), EINVAL);
}

CASE(bind_in_use)
{
	union address any = address("0.0.0.0", 0), other;
	int a = sock(), b = sock(), c = sock();

	require(!do_bind(a, loopback()));
	expect_errno(do_bind(b, name_of(a)), EADDRINUSE);
	any.sin_port = name_of(a).sin_port;
	expect_errno(do_bind(b, any), EADDRINUSE);
	other = address("127.0.0.2", 0);
	other.sin_port = name_of(a).sin_port;
	expect_ret(do_bind(b, other), 0);
	close(a);
	close(b);
	expect_ret(do_bind(c, any), 0);
}

CASE(bind_any_blocks_specific)
{
	union address a = address("0.0.0.0", 0);
	int x = sock(), y = sock();

	require(!do_bind(x, a));
	a = loopback();
	a.sin_port = name_of(x).sin_port;
	expect_errno(do_bind(y, a), EADDRINUSE);
}

CASE(bind_foreign_address)
{
	int fd = sock();

	expect_errno(do_bind(fd, address("10.77.77.77", 0)), EADDRNOTAVAIL);
	expect_ret(do_bind(fd, loopback()), 0);
}

/* An address of IPv6 may lack what RFC 2553 added to it. */
static socklen_t least_len(void)
{
	return family == AF_INET6 ? 24 : sizeof(struct sockaddr_in);
}

static int other_family(void)
{
	return family == AF_INET6 ? AF_INET : AF_INET6;
}

CASE(bind_bad_arguments)
{
	union address a = loopback();
	int fd = sock();

	expect_errno(bind(fd, &a.any, least_len() - 1), EINVAL);
	expect_errno(bind(fd, (void *)1, sizeof(a)), EFAULT);
	a.sin_family = other_family();
	expect_errno(do_bind(fd, a), EAFNOSUPPORT);
	a.sin_family = AF_UNSPEC;
	expect_errno(do_bind(fd, a), EAFNOSUPPORT);
	a.sin_family = family;
	expect_ret(bind(fd, &a.any, least_len()), 0);
}

/* AF_UNSPEC with INADDR_ANY is taken for AF_INET, for old programs. */
CASE_FLAGS(bind_unspec, CASE_V4)
{
	union address a = address("0.0.0.0", 0);

	a.sin_family = AF_UNSPEC;
	expect_ret(do_bind(sock(), a), 0);
}

CASE(bind_low_port_needs_privilege)
{
	int fd = sock();

	require(!setuid(65534));
	expect_errno(do_bind(fd, address("127.0.0.1", 80)), EACCES);
	expect_ret(do_bind(fd, loopback()), 0);
}

CASE(reuseaddr)
{
	union address a;
	int x = sock(), y = sock();

	require(!set_int(x, SO_REUSEADDR, 1));
	require(!set_int(y, SO_REUSEADDR, 1));
	expect_ret(get_int(x, SO_REUSEADDR), 1);
	require(!do_bind(x, loopback()));
	a = name_of(x);
	expect_ret(do_bind(y, a), 0);
	expect_ret(listen(x, 1), 0);
	/* Bound by both is fine, listened on by both is not. */
	expect_errno(listen(y, 1), EADDRINUSE);
	close(x);
	expect_ret(listen(y, 1), 0);
}

CASE(reuseaddr_one_sided)
{
	int x = sock(), y = sock();

	require(!set_int(y, SO_REUSEADDR, 1));
	require(!do_bind(x, loopback()));
	expect_errno(do_bind(y, name_of(x)), EADDRINUSE);
}

/* A server that closed first can start again, if it asks for that. */
CASE(reuseaddr_after_time_wait)
{
	struct pair p;
	char c;
	int fd = sock();

	p.l = sock();
	require(!set_int(p.l, SO_REUSEADDR, 1));
	require(!do_bind(p.l, loopback()));
	require(!listen(p.l, 1));
	p.addr = name_of(p.l);
	p.c = sock_connect(&p.addr);
	p.s = accept(p.l, NULL, NULL);
	close(p.s);
	close(p.l);
	expect_ret(recv(p.c, &c, 1, 0), 0);
	close(p.c);
	expect_errno(do_bind(fd, p.addr), EADDRINUSE);
	require(!set_int(fd, SO_REUSEADDR, 1));
	expect_ret(do_bind(fd, p.addr), 0);
	expect_ret(listen(fd, 1), 0);
}

CASE(listen_unbound)
{
	union address a;
	int fd = sock();

	require(!listen(fd, 1));
	expect_ret(get_int(fd, SO_ACCEPTCONN), 1);
	a = name_of(fd);
	expect(a.sin_port != 0);
	a = address("127.0.0.1", ntohs(a.sin_port));
	sock_connect(&a);
	expect(accept(fd, NULL, NULL) >= 0);
	/* A second listen() changes the backlog. */
	expect_ret(listen(fd, 5), 0);
}

/* A listen() that failed leaves no trace on the next one's connections. */
CASE(listen_after_failure)
{
	union address a;
	int first = sock(), second = sock(), c, s;

	set_int(first, SO_REUSEADDR, 1);
	set_int(second, SO_REUSEADDR, 1);
	require(!do_bind(first, loopback()));
	a = name_of(first);
	require(!do_bind(second, a));
	require(!listen(first, 1));
	expect_errno(listen(second, 1), EADDRINUSE);
	close(first);
	require(!listen(second, 1));
	c = sock_connect(&a);
	s = accept(second, NULL, NULL);
	require(s >= 0);
	expect_ret(send(s, "x", 1, MSG_NOSIGNAL), 1);
	expect_ret(send(c, "x", 1, MSG_NOSIGNAL), 1);
}

CASE(listen_on_connected)
{
	struct pair p;

	pair_open(&p);
	expect_errno(listen(p.c, 1), EINVAL);
	expect_errno(listen(p.s, 1), EINVAL);
}

CASE(accept_nonblock)
{
	union address a;
	int l = sock_listen(&a, 4), s;

	set_nonblock(l);
	expect_errno(accept(l, NULL, NULL), EAGAIN);
	sock_connect(&a);
	expect_ret(wait_events(l, POLLIN), POLLIN);
	s = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	require(s >= 0);
	expect(fcntl(s, F_GETFL) & O_NONBLOCK);
	expect(fcntl(s, F_GETFD) & FD_CLOEXEC);
	sock_connect(&a);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	/* The listener's mode is not handed down. */
	expect(!(fcntl(s, F_GETFL) & O_NONBLOCK));
	expect_errno(accept4(l, NULL, NULL, 1), EINVAL);
}

CASE(accept_not_listening)
{
	struct pair p;
	int fd = sock();

	expect_errno(accept(fd, NULL, NULL), EINVAL);
	require(!do_bind(fd, loopback()));
	expect_errno(accept(fd, NULL, NULL), EINVAL);
	pair_open(&p);
	expect_errno(accept(p.c, NULL, NULL), EINVAL);
}

CASE(accept_timeout)
{
	struct timeval tv = { .tv_usec = 300000 };
	union address a;
	int l = sock_listen(&a, 1);
	double start = now();

	require(!setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	expect_errno(accept(l, NULL, NULL), EAGAIN);
	expect(now() - start > 0.25);
}

CASE(accept_tells_the_peer)
{
	union address a, peer = { 0 };
	socklen_t len = sizeof(peer);
	int l = sock_listen(&a, 4), c = sock_connect(&a), s;

	s = accept(l, &peer.any, &len);
	require(s >= 0);
	expect_ret(len, address_len(family));
	expect_ret(peer.sin_family, family);
	expect_ret(peer.sin_port, name_of(c).sin_port);
	expect(same_host(peer, loopback()));
	expect_ret(name_of(s).sin_port, a.sin_port);
	sock_connect(&a);
	expect_errno(accept(l, (void *)1, &len), EFAULT);
}

CASE(names)
{
	union address peer = { 0 };
	socklen_t len = sizeof(peer);
	struct pair p;
	int fd = sock();

	expect_errno(getpeername(fd, &peer.any, &len), ENOTCONN);
	pair_open(&p);
	expect_errno(getpeername(p.l, &peer.any, &len), ENOTCONN);
	expect_ret(getpeername(p.c, &peer.any, &len), 0);
	expect_ret(peer.sin_port, p.addr.sin_port);
	expect(same_host(peer, p.addr));
	len = sizeof(peer);
	expect_ret(getpeername(p.s, &peer.any, &len), 0);
	expect_ret(peer.sin_port, name_of(p.c).sin_port);
	/* Less room is filled and the full length told. */
	len = 2;
	expect_ret(getsockname(p.c, &peer.any, &len), 0);
	expect_ret(len, address_len(family));
	len = sizeof(peer);
	expect_errno(getsockname(p.c, (void *)1, &len), EFAULT);
}

CASE(connect_refused)
{
	union address a;
	int l = sock_listen(&a, 1), fd = sock();

	close(l);
	expect_errno(do_connect(fd, a), ECONNREFUSED);
	expect_ret(so_error(fd), 0);
	/* The same socket may try again. */
	expect_errno(do_connect(fd, a), ECONNREFUSED);
	l = sock();
	require(!set_int(l, SO_REUSEADDR, 1));
	require(!do_bind(l, a) && !listen(l, 1));
	expect_ret(do_connect(fd, a), 0);
}

CASE(connect_refused_by_bound_only)
{
	int b = sock(), fd = sock();

	require(!do_bind(b, loopback()));
	expect_errno(do_connect(fd, name_of(b)), ECONNREFUSED);
}

CASE(connect_nonblock)
{
	union address a;
	int l = sock_listen(&a, 4), fd = sock_nonblock();

	expect_errno(do_connect(fd, a), EINPROGRESS);
	expect_ret(wait_events(fd, POLLOUT), POLLOUT);
	expect_ret(so_error(fd), 0);
	/* The first call after success reports it, further ones EISCONN. */
	expect_ret(do_connect(fd, a), 0);
	expect_errno(do_connect(fd, a), EISCONN);
	expect(accept(l, NULL, NULL) >= 0);
}

CASE(connect_nonblock_refused)
{
	union address a;
	int l = sock_listen(&a, 1), fd = sock_nonblock(), ev;

	close(l);
	expect_errno(do_connect(fd, a), EINPROGRESS);
	ev = wait_events(fd, POLLOUT);
	expect((ev & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP));
	expect_ret(so_error(fd), ECONNREFUSED);
	expect_ret(so_error(fd), 0);
}

CASE(connect_in_progress)
{
	union address a = address(BLACK_HOLE, 9);
	char c = 0;
	int fd = sock_nonblock();

	expect_errno(do_connect(fd, a), EINPROGRESS);
	expect_errno(do_connect(fd, a), EALREADY);
	expect_ret(events_now(fd, POLLIN | POLLOUT), 0);
	expect_errno(send(fd, &c, 1, MSG_NOSIGNAL), EAGAIN);
	expect_errno(recv(fd, &c, 1, 0), EAGAIN);
	expect_errno(listen(fd, 1), EINVAL);
}

CASE(connect_again)
{
	struct pair p;

	pair_open(&p);
	expect_errno(do_connect(p.c, p.addr), EISCONN);
	expect_errno(do_connect(p.s, p.addr), EISCONN);
	expect_errno(do_connect(p.l, p.addr), EISCONN);
}

CASE(connect_bad_arguments)
{
	union address a = address("127.0.0.1", 9);
	int fd = sock();

	expect_errno(connect(fd, &a.any, 1), EINVAL);
	expect_errno(connect(fd, &a.any, least_len() - 1), EINVAL);
	expect_errno(connect(fd, (void *)1, sizeof(a)), EFAULT);
	a.sin_family = other_family();
	expect_errno(do_connect(fd, a), EAFNOSUPPORT);
}

CASE(connect_no_way_there)
{
	expect_errno(do_connect(sock(), address(NO_ROUTE, 9)), ENETUNREACH);
	expect_errno(do_connect(sock(), address("224.0.0.1", 9)), ENETUNREACH);
}

CASE_FLAGS(connect_broadcast, CASE_V4)
{
	expect_errno(do_connect(sock(), address("255.255.255.255", 9)),
		     ENETUNREACH);
	expect_errno(do_connect(sock(), address("10.254.0.255", 9)),
		     ENETUNREACH);
}

CASE(connect_from_bound)
{
	union address a, from = address("127.0.0.3", 0);
	int l = sock_listen(&a, 4), fd = sock(), port;

	require(!do_bind(fd, from));
	port = name_of(fd).sin_port;
	require(!do_connect(fd, a));
	expect_ret(name_of(fd).sin_port, port);
	expect(same_host(name_of(fd), from));
	expect(accept(l, NULL, NULL) >= 0);
}

/* Two connections may share a port as long as one end differs. */
CASE(connect_same_four_tuple)
{
	union address a, b, from;
	int x = sock(), y = sock();

	sock_listen(&a, 4);
	sock_listen(&b, 4);
	require(!set_int(x, SO_REUSEADDR, 1));
	require(!set_int(y, SO_REUSEADDR, 1));
	require(!do_bind(x, loopback()));
	from = name_of(x);
	require(!do_bind(y, from));
	expect_ret(do_connect(x, a), 0);
	expect_errno(do_connect(y, a), EADDRNOTAVAIL);
	expect_ret(do_connect(y, b), 0);
}

CASE(connect_timeout)
{
	double start, spent;
	int fd;

	set_retries("tcp_syn_retries", "syn_retries", "1");
	fd = sock();
	start = now();
	expect_errno(do_connect(fd, address(BLACK_HOLE, 9)), ETIMEDOUT);
	spent = now() - start;
	/* One second, then two. */
	expect(spent > 2.5 && spent < 4.5);
	expect_ret(so_error(fd), 0);
	set_retries("tcp_syn_retries", "syn_retries", "6");
}

CASE(connect_nonblock_timeout)
{
	int fd;

	set_retries("tcp_syn_retries", "syn_retries", "1");
	fd = sock_nonblock();
	expect_errno(do_connect(fd, address(BLACK_HOLE, 9)), EINPROGRESS);
	expect(wait_events(fd, POLLOUT) & POLLERR);
	expect_ret(so_error(fd), ETIMEDOUT);
	set_retries("tcp_syn_retries", "syn_retries", "6");
}

/* SO_SNDTIMEO limits how long connect() waits, not how long it goes on. */
CASE(connect_send_timeout)
{
	struct timeval tv = { .tv_usec = 200000 };
	int fd = sock();

	require(!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	expect_errno(do_connect(fd, address(BLACK_HOLE, 9)), EINPROGRESS);
	expect_errno(do_connect(fd, address(BLACK_HOLE, 9)), EALREADY);
}

static void on_alarm(int sig)
{
	(void)sig;
}

CASE(connect_interrupted)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	union address a = address(BLACK_HOLE, 9);
	int fd = sock();

	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	expect_errno(do_connect(fd, a), EINTR);
	alarm(60);
	set_nonblock(fd);
	expect_errno(do_connect(fd, a), EALREADY);
}

/* connect() to AF_UNSPEC dissolves the connection; the socket is new again. */
CASE(connect_unspec)
{
	union address un = { .sin_family = AF_UNSPEC };
	struct pair p;
	char c;
	int s;

	pair_open(&p);
	require(!do_connect(p.c, un));
	expect(wait_events(p.s, POLLIN) & POLLIN);
	expect_errno(recv(p.s, &c, 1, 0), ECONNRESET);
	expect_ret(do_connect(p.c, p.addr), 0);
	s = accept(p.l, NULL, NULL);
	expect(s >= 0);
	expect_ret(send(p.c, "x", 1, 0), 1);
	expect_ret(recv(s, &c, 1, 0), 1);
	/* A listener stops listening. */
	require(!do_connect(p.l, un));
	expect_errno(do_connect(sock(), p.addr), ECONNREFUSED);
}

/* Two sockets that connect to each other at once become one connection. */
CASE(connect_to_itself)
{
	char buf[8] = "";
	int fd = sock();

	require(!do_bind(fd, loopback()));
	require(!do_connect(fd, name_of(fd)));
	expect_ret(send(fd, "echo", 4, 0), 4);
	expect_ret(recv(fd, buf, sizeof(buf), 0), 4);
	expect(!strcmp(buf, "echo"));
}

#define CALLERS 8

/*
 * Send a byte once connected: that byte, sent again, is what gets a client in
 * whose last ACK of the handshake met a full queue.
 */
static void greet(struct pollfd *p)
{
	if (p->revents & POLLOUT) {
		expect_ret(send(p->fd, "x", 1, MSG_NOSIGNAL), 1);
		p->fd = -1;
	}
}

/* More callers than the queue takes: the rest waits, and none is lost. */
CASE(backlog_holds_up)
{
	struct pollfd p[CALLERS + 1];
	union address a;
	int l = sock_listen(&a, 2), i, accepted = 0, open = 0;

	for (i = 0; i < CALLERS; i++) {
		p[i].fd = sock_nonblock();
		p[i].events = POLLOUT;
		expect_errno(do_connect(p[i].fd, a), EINPROGRESS);
	}
	for (i = 0; i < 3; i++)
		open += wait_events(p[i].fd, POLLOUT) == POLLOUT;
	expect_ret(open, 3);
	p[CALLERS].fd = l;
	p[CALLERS].events = POLLIN;
	while (accepted < CALLERS) {
		require(poll(p, CALLERS + 1, 60000) > 0);
		for (i = 0; i < CALLERS; i++)
			greet(&p[i]);
		if (!(p[CALLERS].revents & POLLIN))
			continue;
		i = accept(l, NULL, NULL);
		require(i >= 0);
		accepted++;
		close(i);
	}
}

/* What waits in the queue of a listener that goes away is reset. */
CASE(listener_closed_with_queue)
{
	union address a;
	int l = sock_listen(&a, 4), c = sock_connect(&a);
	char b;

	close(l);
	expect(wait_events(c, POLLIN) & POLLIN);
	expect_errno(recv(c, &b, 1, 0), ECONNRESET);
}

int main(void)
{
	return cases_main();
}
