// SPDX-License-Identifier: GPL-2.0
/* Options at level SOL_SOCKET that say what a socket is, and how long it waits. */
#include "calls_scene.h"

#include <linux/sock_diag.h>
#include <sys/time.h>

/* Not in headers of 32-bit times; the numbers are those of all but a few. */
#ifndef SO_RCVTIMEO_NEW
#define SO_RCVTIMEO_NEW 66
#define SO_SNDTIMEO_NEW 67
#endif
#ifndef SO_MAX_PACING_RATE
#define SO_MAX_PACING_RATE 47
#endif

CASE(what_it_is)
{
	struct pair p;

	pair_open(&p);
	expect_ret(get_int(p.l, SO_ACCEPTCONN), 1);
	expect_ret(get_int(p.c, SO_ACCEPTCONN), 0);
	expect_ret(get_int(p.s, SO_ACCEPTCONN), 0);
	expect_ret(get_int(p.s, SO_TYPE), SOCK_STREAM);
	expect_ret(get_int(p.s, SO_DOMAIN), family);
	expect_ret(get_int(p.s, SO_PROTOCOL), proto);
	expect_errno(set_int(p.s, SO_ACCEPTCONN, 1), ENOPROTOOPT);
	expect_errno(set_int(p.s, SO_TYPE, 1), ENOPROTOOPT);
	expect_errno(set_int(p.s, SO_DOMAIN, 1), ENOPROTOOPT);
	expect_errno(set_int(p.s, SO_PROTOCOL, 1), ENOPROTOOPT);
	expect_errno(set_int(p.s, SO_ERROR, 1), ENOPROTOOPT);
}

CASE(error_is_told_once)
{
	int fd = sock();

	expect_errno(do_connect(fd, address("127.0.0.1", 1)), ECONNREFUSED);
	expect_ret(so_error(fd), 0);
	fd = sock_nonblock();
	do_connect(fd, address("127.0.0.1", 1));
	require(wait_all_events(fd, POLLERR));
	expect_ret(so_error(fd), ECONNREFUSED);
	expect_ret(so_error(fd), 0);
}

/* The same time in both forms. */
static void expect_timeout(int fd, int old, int new)
{
	struct timeval tv = { 2, 500000 };
	long long got[2] = { 0 };
	socklen_t len = sizeof(got);

	expect_ret(setsockopt(fd, SOL_SOCKET, old, &tv, sizeof(tv)), 0);
	expect_ret(getsockopt(fd, SOL_SOCKET, new, got, &len), 0);
	expect_ret(len, sizeof(got));
	expect_ret(got[0], 2);
	expect_ret(got[1], 500000);
	got[0] = 0;
	got[1] = 20000;
	expect_ret(setsockopt(fd, SOL_SOCKET, new, got, sizeof(got)), 0);
	len = sizeof(tv);
	expect_ret(getsockopt(fd, SOL_SOCKET, old, &tv, &len), 0);
	expect_ret(tv.tv_sec, 0);
	expect_ret(tv.tv_usec, 20000);
	got[1] = 1000000;
	expect_errno(setsockopt(fd, SOL_SOCKET, new, got, sizeof(got)), EDOM);
	expect_errno(setsockopt(fd, SOL_SOCKET, new, got, 8), EINVAL);
}

CASE(timeouts)
{
	struct pair p;
	double before;
	char c;

	pair_open(&p);
	expect_timeout(p.s, SO_RCVTIMEO, SO_RCVTIMEO_NEW);
	expect_timeout(p.s, SO_SNDTIMEO, SO_SNDTIMEO_NEW);
	before = now();
	expect_errno(recv(p.s, &c, 1, 0), EAGAIN);
	expect(now() - before >= .015);
	expect_timeout(p.l, SO_RCVTIMEO, SO_RCVTIMEO_NEW);
	expect_errno(accept(p.l, NULL, NULL), EAGAIN);
}

CASE(send_timeout)
{
	struct timeval tv = { 0, 20000 };
	static char buf[65536];
	struct pair p;
	ssize_t n;

	pair_open(&p);
	require(!setsockopt(p.c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	do
		n = send(p.c, buf, sizeof(buf), 0);
	while (n > 0);
	expect_errno(n, EAGAIN);
}

CASE(buffers_by_force)
{
	int fd = sock(), most = 64 << 20;

	expect_ret(set_int(fd, SO_SNDBUFFORCE, most), 0);
	expect_ret(get_int(fd, SO_SNDBUF), 2 * most);
	expect_ret(set_int(fd, SO_RCVBUFFORCE, most), 0);
	expect_ret(get_int(fd, SO_RCVBUF), 2 * most);
}

CASE(memory_in_use)
{
	unsigned int mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);
	struct pair p;

	pair_open(&p);
	require(send(p.c, "data", 4, 0) == 4);
	require(wait_events(p.s, POLLIN) == POLLIN);
	expect_ret(getsockopt(p.s, SOL_SOCKET, SO_MEMINFO, mem, &len), 0);
	expect_ret(len, sizeof(mem));
	expect(mem[SK_MEMINFO_RMEM_ALLOC] > 4);
	expect_ret(mem[SK_MEMINFO_RCVBUF], get_int(p.s, SO_RCVBUF));
	expect_ret(mem[SK_MEMINFO_SNDBUF], get_int(p.s, SO_SNDBUF));
	drain(p.s, 4);
	require(!getsockopt(p.s, SOL_SOCKET, SO_MEMINFO, mem, &len));
	expect_ret(mem[SK_MEMINFO_RMEM_ALLOC], 0);
}

static unsigned long long cookie(int fd)
{
	unsigned long long value = 0;
	socklen_t len = sizeof(value);

	require(!getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &len));
	return value;
}

CASE(cookies)
{
	struct pair p;

	pair_open(&p);
	expect(cookie(p.c) != 0);
	expect_ret(cookie(p.c), cookie(p.c));
	expect(cookie(p.c) != cookie(p.s));
	expect(cookie(p.l) != cookie(p.s));
}

CASE(pacing_rate)
{
	unsigned long rate = 5ul << 20, got = 0;
	socklen_t len = sizeof(got);
	int fd = sock();

	expect_ret(get_int(fd, SO_MAX_PACING_RATE), -1);
	expect_ret(setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate,
			      sizeof(rate)), 0);
	expect_ret(getsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &got, &len),
		   0);
	expect_ret(got, rate);
}

CASE(keepalive)
{
	struct pair p;

	pair_open(&p);
	expect_ret(get_int(p.s, SO_KEEPALIVE), 0);
	expect_ret(set_int(p.s, SO_KEEPALIVE, 7), 0);
	expect_ret(get_int(p.s, SO_KEEPALIVE), 1);
	expect_ret(set_int(p.s, SO_KEEPALIVE, 0), 0);
	expect_ret(get_int(p.s, SO_KEEPALIVE), 0);
}

/* ---- what sockets of AF_UNIX are told of each other ---- */

/* Not in all headers. */
#define PASSPIDFD 76
#define PEERPIDFD 77
#define PASSRIGHTS 83

static const struct {
	const char *name;
	int option;
} local[] = {
	{ "SO_PASSCRED", SO_PASSCRED }, { "SO_PEERCRED", SO_PEERCRED },
	{ "SO_PASSSEC", SO_PASSSEC }, { "SO_PEERSEC", SO_PEERSEC },
	{ "SO_PASSPIDFD", PASSPIDFD }, { "SO_PEERPIDFD", PEERPIDFD },
	{ "SO_PEERGROUPS", SO_PEERGROUPS }, { "SO_PASSRIGHTS", PASSRIGHTS },
};

#define LOCALS (sizeof(local) / sizeof(*local))

/* Kernels differ in whether they can be set, but a stream is told nothing. */
static void play_local(struct log *log, const void *what)
{
	size_t which = *(const size_t *)what;
	int option = local[which].option, value[16] = { -99, -99, -99 };
	socklen_t len = sizeof(value);
	struct pair p;
	size_t told;

	pair_open(&p);
	note_result(log, local[which].name, set_int(p.s, option, 1));
	note_result(log, "get", getsockopt(p.s, SOL_SOCKET, option, value,
					   &len));
	note(log, "length %u: %d %d %d; ", len, value[0], value[1], value[2]);
	require(send(p.c, "x", 1, 0) == 1);
	note_result(log, "recvmsg", recv_with(p.s, &told));
	note(log, "control %zu", told);
	expect_ret(told, 0);
	close(p.c);
	close(p.s);
	close(p.l);
}

CASE_FLAGS(labels_and_credentials, CASE_CLASP)
{
	size_t which;

	for (which = 0; which < LOCALS; which++)
		scene_compare(play_local, &which);
}

int main(void)
{
	return cases_main();
}
