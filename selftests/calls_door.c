// SPDX-License-Identifier: GPL-2.0
/* The second door, AF_CLASP: the very same sockets. */
#include "calls.h"

#include <linux/clasp.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int door(int flags)
{
	int fd = socket(AF_CLASP, SOCK_STREAM | flags,
			family == AF_INET6 ? AF_CLASP_IPV6 : AF_CLASP_IPV4);

	require(fd >= 0);
	return fd;
}

CASE_FLAGS(it_is_the_same_socket, CASE_CLASP)
{
	struct stat st;
	int fd = door(0);

	expect_ret(get_int(fd, SO_DOMAIN), family);
	expect_ret(get_int(fd, SO_TYPE), SOCK_STREAM);
	expect_ret(get_int(fd, SO_PROTOCOL), proto);
	expect_ret(get_int(fd, SO_ACCEPTCONN), 0);
	expect_ret(so_error(fd), 0);
	require(!fstat(fd, &st));
	expect(S_ISSOCK(st.st_mode));
	expect(name_of(fd).any.sa_family == family);
	expect_ret(close(fd), 0);
}

/* What the kernel asks of the file, and not of the socket, is told alike. */
CASE_FLAGS(options_are_the_same, CASE_CLASP)
{
	int first = sock(), second = door(0), on = 1, err;

	err = setsockopt(first, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on));
	expect_ret(setsockopt(second, SOL_SOCKET, SO_ZEROCOPY, &on,
			      sizeof(on)), err);
	expect_ret(get_int(second, SO_ZEROCOPY), get_int(first, SO_ZEROCOPY));
}

/* Without IPv6, what the first door says. */
CASE_FLAGS(ipv6_is_behind_it_if_anywhere, CASE_CLASP | CASE_V4)
{
	int first = socket(AF_INET6, SOCK_STREAM, proto);
	int err = errno;
	int second = socket(AF_CLASP, SOCK_STREAM, AF_CLASP_IPV6);

	expect_ret(second < 0, first < 0);
	expect(second >= 0 || errno == err);
}

CASE_FLAGS(nothing_else_is, CASE_CLASP)
{
	static const int types[] = {
		SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, SOCK_DCCP,
	};
	static const int protocols[] = { 2, IPPROTO_TCP, 253, 255, 65536, -1 };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		expect_errno(socket(AF_CLASP, types[i], 0), ESOCKTNOSUPPORT);
	for (i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		expect_errno(socket(AF_CLASP, SOCK_STREAM, protocols[i]),
			     EPROTONOSUPPORT);
	expect_errno(socket(AF_CLASP, 15, 0), EINVAL);
}

CASE_FLAGS(there_are_no_pairs, CASE_CLASP)
{
	int fd[2];

	expect_errno(socketpair(AF_CLASP, SOCK_STREAM, 0, fd), EOPNOTSUPP);
}

CASE_FLAGS(flags_are_heeded, CASE_CLASP)
{
	int fd = door(SOCK_NONBLOCK | SOCK_CLOEXEC);

	expect(fcntl(fd, F_GETFL) & O_NONBLOCK);
	expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	expect_errno(do_connect(fd, address(BLACK_HOLE, 9)), EINPROGRESS);
	fd = door(0);
	expect(!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	expect(!(fcntl(fd, F_GETFD) & FD_CLOEXEC));
}

/* Talks over a connection, both ways, to its end. */
static void converse(int c, int s)
{
	char buf[8];

	expect_ret(send(c, "there", 5, 0), 5);
	expect_ret(recv(s, buf, sizeof(buf), 0), 5);
	expect(!memcmp(buf, "there", 5));
	expect_ret(send(s, "back", 4, 0), 4);
	expect_ret(recv(c, buf, sizeof(buf), 0), 4);
	expect(!memcmp(buf, "back", 4));
	expect_ret(shutdown(c, SHUT_WR), 0);
	expect_ret(recv(s, buf, sizeof(buf), 0), 0);
	expect_ret(close(s), 0);
	expect_ret(recv(c, buf, sizeof(buf), 0), 0);
	expect_ret(close(c), 0);
}

/* l listens at a; c, of the one door or the other, connects to it. */
static void meet(int l, int c)
{
	union address a, peer;
	socklen_t len = sizeof(peer);
	int s;

	require(!do_bind(l, loopback()));
	require(!listen(l, 4));
	a = name_of(l);
	require(!do_connect(c, a));
	s = accept4(l, &peer.any, &len, SOCK_CLOEXEC);
	require(s >= 0);
	expect_ret(peer.any.sa_family, family);
	expect_ret(len, address_len(family));
	expect_ret(peer.sin_port, name_of(c).sin_port);
	expect_ret(get_int(s, SO_DOMAIN), family);
	expect_ret(get_int(s, SO_PROTOCOL), proto);
	expect_ret(get_int(l, SO_ACCEPTCONN), 1);
	converse(c, s);
	expect_ret(close(l), 0);
}

CASE_FLAGS(one_listens_behind_it, CASE_CLASP)
{
	meet(door(0), sock());
}

CASE_FLAGS(one_connects_from_it, CASE_CLASP)
{
	meet(sock(), door(0));
}

CASE_FLAGS(both_are_behind_it, CASE_CLASP)
{
	meet(door(0), door(0));
}

CASE_FLAGS(addresses_are_those_of_ip, CASE_CLASP)
{
	union address a = loopback();
	int fd = door(0);

	a.any.sa_family = AF_CLASP;
	expect_errno(do_bind(fd, a), EAFNOSUPPORT);
	expect_errno(do_connect(fd, a), EAFNOSUPPORT);
}

/* Whoever sleeps is woken: the queue is that of the file it came to. */
CASE_FLAGS(sleepers_are_woken, CASE_CLASP)
{
	union address a;
	int l = door(0), s, status;
	char c;

	require(!do_bind(l, loopback()));
	require(!listen(l, 4));
	a = name_of(l);
	if (!fork()) {
		int fd = door(0);

		require(!do_connect(fd, a));
		require(wait_events(fd, POLLIN) == POLLIN);
		require(recv(fd, &c, 1, 0) == 1);
		require(recv(fd, &c, 1, 0) == 1);
		_exit(0);
	}
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(send(s, "a", 1, 0), 1);
	usleep(1000);
	expect_ret(send(s, "b", 1, 0), 1);
	expect(wait(&status) > 0 && !status);
}

CASE_FLAGS(signals_come, CASE_CLASP)
{
	struct pair p;
	sigset_t wanted, waiting;
	int fd = door(0);

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGIO);
	require(!sigprocmask(SIG_BLOCK, &wanted, NULL));
	require(!fcntl(fd, F_SETOWN, getpid()));
	require(!fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK));
	p.l = sock_listen(&p.addr, 1);
	require(!do_connect(fd, p.addr) || errno == EINPROGRESS);
	p.s = accept(p.l, NULL, NULL);
	require(p.s >= 0);
	expect_ret(send(p.s, "a", 1, 0), 1);
	expect_ret(wait_events(fd, POLLIN), POLLIN);
	require(!sigpending(&waiting));
	expect(sigismember(&waiting, SIGIO));
}

/* Nothing is left of the socket that each of them was taken from. */
CASE_FLAGS(many_come_and_go, CASE_CLASP)
{
	int i;

	for (i = 0; i < 2000; i++)
		expect_ret(close(door(0)), 0);
}

int main(void)
{
	return cases_main();
}
