// SPDX-License-Identifier: GPL-2.0
/* Socket options and ioctls. */
#include "calls.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

CASE(buffer_sizes)
{
	int fd = sock();

	/* The kernel doubles what is asked for, as socket(7) says. */
	require(!set_int(fd, SO_SNDBUF, 50000));
	expect_ret(get_int(fd, SO_SNDBUF), 100000);
	require(!set_int(fd, SO_RCVBUF, 60000));
	expect_ret(get_int(fd, SO_RCVBUF), 120000);
	/* There is a smallest size, and one can't go below. */
	require(!set_int(fd, SO_RCVBUF, 1));
	expect(get_int(fd, SO_RCVBUF) >= 2048);
	require(!set_int(fd, SO_SNDBUF, 1));
	expect(get_int(fd, SO_SNDBUF) >= 2048);
}

/* Even with the smallest buffers, data gets through. */
CASE(smallest_buffers)
{
	static unsigned char buf[50000], in[50000];
	union address a;
	int l = sock(), c = sock(), s;
	struct gen g;

	require(!set_int(l, SO_RCVBUF, 1));
	require(!set_int(c, SO_SNDBUF, 1));
	require(!do_bind(l, loopback()) && !listen(l, 1));
	a = name_of(l);
	require(!do_connect(c, a));
	s = accept(l, NULL, NULL);
	require(s >= 0);
	gen_init(&g, 3);
	gen_fill(&g, buf, sizeof(buf));
	if (!fork())
		_exit(send(c, buf, sizeof(buf), 0) != sizeof(buf));
	expect_ret(recv(s, in, sizeof(in), MSG_WAITALL), sizeof(in));
	expect(!memcmp(buf, in, sizeof(in)));
}

/* What is set on the listener holds for the accepted. */
CASE(options_are_handed_down)
{
	struct linger lg = { .l_onoff = 1, .l_linger = 9 }, got = { 0 };
	socklen_t len = sizeof(got);
	union address a;
	int l = sock_listen(&a, 1), s;

	require(!set_int(l, SO_KEEPALIVE, 1));
	require(!setsockopt(l, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg)));
	require(!set_int(l, SO_RCVBUF, 70000));
	sock_connect(&a);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(get_int(s, SO_KEEPALIVE), 1);
	expect_ret(get_int(s, SO_RCVBUF), 140000);
	require(!getsockopt(s, SOL_SOCKET, SO_LINGER, &got, &len));
	expect_ret(got.l_linger, 9);
	expect_ret(get_int(s, SO_ACCEPTCONN), 0);
	expect_ret(get_int(s, SO_PROTOCOL), proto);
}

CASE(bytes_to_read)
{
	struct pair p;
	int n = -1;
	char buf[8];

	pair_open(&p);
	expect_ret(ioctl(p.s, SIOCINQ, &n), 0);
	expect_ret(n, 0);
	expect_ret(send(p.c, "abc", 3, 0), 3);
	expect_ret(send(p.c, "de", 2, 0), 2);
	while (!ioctl(p.s, FIONREAD, &n) && n < 5)
		usleep(1000);
	expect_ret(n, 5);
	expect_ret(recv(p.s, buf, 2, 0), 2);
	expect_ret(ioctl(p.s, SIOCINQ, &n), 0);
	expect_ret(n, 3);
	expect_errno(ioctl(p.l, SIOCINQ, &n), EINVAL);
}

CASE(bytes_not_acknowledged)
{
	struct pair p;
	int n = -1;
	size_t held;

	pair_open(&p);
	expect_ret(ioctl(p.c, SIOCOUTQ, &n), 0);
	expect_ret(n, 0);
	held = fill(p.c);
	expect_ret(ioctl(p.c, SIOCOUTQ, &n), 0);
	expect(n > 0 && (size_t)n < held);
	drain(p.s, held);
	while (!ioctl(p.c, SIOCOUTQ, &n) && n > 0)
		usleep(1000);
	expect_ret(n, 0);
	expect_errno(ioctl(p.l, SIOCOUTQ, &n), EINVAL);
}

CASE(ioctl_unknown)
{
	struct pair p;

	pair_open(&p);
	expect_errno(ioctl(p.c, _IO('z', 99), NULL), ENOTTY);
	expect_errno(ioctl(p.c, SIOCINQ, (void *)8), EFAULT);
}

CASE(option_bad_arguments)
{
	int fd = sock(), v = 1;
	socklen_t len = sizeof(v);

	expect_errno(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &v, 1), EINVAL);
	expect_errno(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, (void *)8, 4),
		     EFAULT);
	expect_errno(getsockopt(fd, SOL_SOCKET, SO_TYPE, (void *)8, &len),
		     EFAULT);
	expect_errno(setsockopt(fd, SOL_SOCKET, 9999, &v, 4), ENOPROTOOPT);
	expect_errno(getsockopt(fd, SOL_SOCKET, 9999, &v, &len), ENOPROTOOPT);
	expect_errno(setsockopt(fd, SOL_SOCKET, SO_TYPE, &v, 4), ENOPROTOOPT);
	len = -1;
	expect_errno(getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, &len), EINVAL);
}

/* Options of the protocol's own level that nobody knows. */
CASE(option_unknown)
{
	int fd = sock(), v = 1;
	socklen_t len = sizeof(v);

	expect_errno(setsockopt(fd, proto, 9999, &v, 4), ENOPROTOOPT);
	expect_errno(getsockopt(fd, proto, 9999, &v, &len), ENOPROTOOPT);
	expect_errno(setsockopt(fd, IPPROTO_UDP, 9999, &v, 4), ENOPROTOOPT);
	expect_errno(getsockopt(fd, IPPROTO_UDP, 9999, &v, &len),
		     family == AF_INET ? EOPNOTSUPP : ENOPROTOOPT);
}

/* Options of the protocol's own level have TCP's numbers. */
static int set_own(int fd, int option, int value)
{
	return setsockopt(fd, proto, option, &value, sizeof(value));
}

static int get_own(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = -99;

	require(!getsockopt(fd, proto, option, &value, &len));
	expect_ret(len, sizeof(int));
	return value;
}

/* Programs that know of TCP only reach the same options. */
CASE(level_of_tcp)
{
	int fd = sock(), v = 1;
	socklen_t len = sizeof(v);

	expect_ret(setsockopt(fd, SOL_TCP, TCP_NODELAY, &v, sizeof(v)), 0);
	expect_ret(get_own(fd, TCP_NODELAY), 1);
	expect_ret(set_own(fd, TCP_KEEPCNT, 5), 0);
	expect_ret(getsockopt(fd, SOL_TCP, TCP_KEEPCNT, &v, &len), 0);
	expect_ret(v, 5);
	expect_errno(setsockopt(fd, SOL_TCP, 9999, &v, 4), ENOPROTOOPT);
	expect_errno(getsockopt(fd, SOL_TCP, 9999, &v, &len), ENOPROTOOPT);
}

CASE(timer_option_defaults)
{
	int fd = sock();

	expect_ret(get_int(fd, SO_KEEPALIVE), 0);
	expect_ret(get_own(fd, TCP_KEEPIDLE), 7200);
	expect_ret(get_own(fd, TCP_KEEPINTVL), 75);
	expect_ret(get_own(fd, TCP_KEEPCNT), 9);
	expect_ret(get_own(fd, TCP_USER_TIMEOUT), 0);
	expect_ret(get_own(fd, TCP_LINGER2), 60);
	expect_ret(get_own(fd, TCP_QUICKACK), 1);
	expect_ret(get_own(fd, TCP_NODELAY), 0);
	expect(get_own(fd, TCP_SYNCNT) > 0);
}

CASE(timer_options_are_kept)
{
	int fd = sock();

	expect_ret(set_own(fd, TCP_KEEPIDLE, 32767), 0);
	expect_ret(set_own(fd, TCP_KEEPINTVL, 1), 0);
	expect_ret(set_own(fd, TCP_KEEPCNT, 127), 0);
	expect_ret(set_own(fd, TCP_SYNCNT, 2), 0);
	expect_ret(set_own(fd, TCP_USER_TIMEOUT, 2147483647), 0);
	expect_ret(set_own(fd, TCP_LINGER2, 119), 0);
	expect_ret(set_own(fd, TCP_QUICKACK, 0), 0);
	expect_ret(get_own(fd, TCP_KEEPIDLE), 32767);
	expect_ret(get_own(fd, TCP_KEEPINTVL), 1);
	expect_ret(get_own(fd, TCP_KEEPCNT), 127);
	expect_ret(get_own(fd, TCP_SYNCNT), 2);
	expect_ret(get_own(fd, TCP_USER_TIMEOUT), 2147483647);
	expect_ret(get_own(fd, TCP_LINGER2), 119);
	expect_ret(get_own(fd, TCP_QUICKACK), 0);
	expect_ret(set_own(fd, TCP_QUICKACK, 1), 0);
	expect_ret(get_own(fd, TCP_QUICKACK), 1);
	expect_ret(set_own(fd, TCP_USER_TIMEOUT, 0), 0);
	expect_ret(get_own(fd, TCP_USER_TIMEOUT), 0);
}

CASE(timer_option_limits)
{
	int fd = sock();

	expect_errno(set_own(fd, TCP_KEEPIDLE, 0), EINVAL);
	expect_errno(set_own(fd, TCP_KEEPIDLE, 32768), EINVAL);
	expect_errno(set_own(fd, TCP_KEEPINTVL, 0), EINVAL);
	expect_errno(set_own(fd, TCP_KEEPINTVL, 32768), EINVAL);
	expect_errno(set_own(fd, TCP_KEEPCNT, 0), EINVAL);
	expect_errno(set_own(fd, TCP_KEEPCNT, 128), EINVAL);
	expect_errno(set_own(fd, TCP_SYNCNT, 0), EINVAL);
	expect_errno(set_own(fd, TCP_SYNCNT, 128), EINVAL);
	expect_errno(set_own(fd, TCP_USER_TIMEOUT, -1), EINVAL);
	expect_ret(get_own(fd, TCP_KEEPIDLE), 7200);
	expect_ret(get_own(fd, TCP_USER_TIMEOUT), 0);
	/* These are cut to size. */
	expect_ret(set_own(fd, TCP_LINGER2, -7), 0);
	expect_ret(get_own(fd, TCP_LINGER2), -1);
	expect_ret(set_own(fd, TCP_LINGER2, 121), 0);
	expect_ret(get_own(fd, TCP_LINGER2), 120);
	expect_ret(set_own(fd, TCP_LINGER2, 0), 0);
	expect_ret(get_own(fd, TCP_LINGER2), 60);
}

CASE(timer_option_lengths)
{
	int fd = sock(), v = 77;
	socklen_t len = 1;
	unsigned char small[4] = { 9, 9, 9, 9 };

	expect_errno(setsockopt(fd, proto, TCP_KEEPCNT, &v, 3), EINVAL);
	expect_errno(setsockopt(fd, proto, TCP_KEEPCNT, (void *)8, 4), EFAULT);
	expect_ret(setsockopt(fd, proto, TCP_KEEPCNT, &v, sizeof(v)), 0);
	/* A little of the value, if that is what is asked for. */
	expect_ret(getsockopt(fd, proto, TCP_KEEPCNT, small, &len), 0);
	expect_ret(len, 1);
	expect_ret(small[0], 77);
	expect_ret(small[1], 9);
	len = 400;
	expect_ret(getsockopt(fd, proto, TCP_KEEPCNT, &v, &len), 0);
	expect_ret(len, 4);
	len = -1;
	expect_errno(getsockopt(fd, proto, TCP_KEEPCNT, &v, &len), EINVAL);
	len = 4;
	expect_errno(getsockopt(fd, proto, TCP_KEEPCNT, (void *)8, &len),
		     EFAULT);
}

CASE(timer_options_are_handed_down)
{
	union address a;
	int l = sock_listen(&a, 1), s;

	require(!set_own(l, TCP_KEEPIDLE, 11) && !set_own(l, TCP_KEEPCNT, 12));
	require(!set_own(l, TCP_KEEPINTVL, 13) && !set_own(l, TCP_LINGER2, 14));
	require(!set_own(l, TCP_USER_TIMEOUT, 15000));
	sock_connect(&a);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(get_own(s, TCP_KEEPIDLE), 11);
	expect_ret(get_own(s, TCP_KEEPCNT), 12);
	expect_ret(get_own(s, TCP_KEEPINTVL), 13);
	expect_ret(get_own(s, TCP_LINGER2), 14);
	expect_ret(get_own(s, TCP_USER_TIMEOUT), 15000);
}

/* Options are the socket's, not the connection's. */
CASE(timer_options_outlive_connections)
{
	union address none = { .sin_family = AF_UNSPEC };
	struct pair p;

	pair_open(&p);
	require(!set_own(p.c, TCP_KEEPIDLE, 21));
	require(!set_own(p.c, TCP_USER_TIMEOUT, 22000));
	require(!do_connect(p.c, none));
	expect_ret(get_own(p.c, TCP_KEEPIDLE), 21);
	expect_ret(get_own(p.c, TCP_USER_TIMEOUT), 22000);
}

CASE(user_timeout_ends_connect)
{
	union address a = address(BLACK_HOLE, 1);
	int fd = sock();

	require(!set_own(fd, TCP_USER_TIMEOUT, 1500));
	expect_errno(do_connect(fd, a), ETIMEDOUT);
}

CASE(syncnt_ends_connect)
{
	union address a = address(BLACK_HOLE, 1);
	int fd = sock();

	require(!set_own(fd, TCP_SYNCNT, 1));
	expect_errno(do_connect(fd, a), ETIMEDOUT);
}

/* IP's path MTU options, as for TCP. */
CASE(path_mtu_options)
{
	struct pair p;
	int v, fd = sock();
	socklen_t len = sizeof(v);

	expect_errno(getsockopt(fd, IPPROTO_IP, IP_MTU, &v, &len), ENOTCONN);
	expect_ret(getsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &v, &len), 0);
	expect_ret(v, IP_PMTUDISC_WANT);
	pair_open(&p);
	expect_ret(getsockopt(p.c, IPPROTO_IP, IP_MTU, &v, &len), 0);
	expect(v >= 16384);
	v = IP_PMTUDISC_DO;
	expect_ret(setsockopt(p.c, IPPROTO_IP, IP_MTU_DISCOVER, &v, len), 0);
	expect_ret(getsockopt(p.c, IPPROTO_IP, IP_MTU_DISCOVER, &v, &len), 0);
	expect_ret(v, IP_PMTUDISC_DO);
	expect_errno(setsockopt(p.c, IPPROTO_IP, IP_MTU, &v, len), ENOPROTOOPT);
}

/* The level of IP goes on to IP. */
CASE(option_of_ip)
{
	int fd = sock(), v = 0x10, ttl = 9;
	socklen_t len = sizeof(v);

	expect_ret(setsockopt(fd, IPPROTO_IP, IP_TOS, &v, sizeof(v)), 0);
	v = 0;
	expect_ret(getsockopt(fd, IPPROTO_IP, IP_TOS, &v, &len), 0);
	expect_ret(v, 0x10);
	expect_ret(setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)), 0);
}

CASE(bind_to_device)
{
	union address a;
	int l = sock_listen(&a, 4), fd = sock();

	require(!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "bh0", 4));
	set_nonblock(fd);
	/* Loopback's addresses can't be reached through that device. */
	do_connect(fd, a);
	expect_ret(events_now(l, POLLIN), 0);
	fd = sock();
	require(!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	expect_ret(do_connect(fd, a), 0);
}

int main(void)
{
	return cases_main();
}
