// SPDX-License-Identifier: GPL-2.0
/* How large the buffers of a socket are, and who says so. */
#include "calls.h"

#include <limits.h>
#include <linux/sock_diag.h>
#include <sys/ioctl.h>

/* SO_MEMINFO: one of its numbers. */
static unsigned int meminfo(int fd, int which)
{
	unsigned int info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	require(!getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len));
	return info[which];
}

/* tcp(7): what a new socket has. */
CASE(initial_sizes)
{
	int fd = sock();

	expect_ret(get_int(fd, SO_RCVBUF), 131072);
	expect_ret(get_int(fd, SO_SNDBUF), 16384);
}

/* socket(7): doubled; no less than the least; no more than the most. */
static void check_sizes(int option, int force, int least)
{
	int fd = sock(), most;

	require(!set_int(fd, option, 30000));
	expect_ret(get_int(fd, option), 60000);
	require(!set_int(fd, option, 0));
	expect(get_int(fd, option) >= least);
	least = get_int(fd, option);
	require(!set_int(fd, option, least / 2 - 1));
	expect_ret(get_int(fd, option), least);
	require(!set_int(fd, option, least / 2 + 1));
	expect_ret(get_int(fd, option), least + 2);
	require(!set_int(fd, option, INT_MAX));
	most = get_int(fd, option);
	expect(most < INT_MAX / 2);
	require(!set_int(fd, option, most / 2 - 1));
	expect_ret(get_int(fd, option), most - 2);
	require(!set_int(fd, option, most));
	expect_ret(get_int(fd, option), most);
	/* Who may, may have more. */
	require(!set_int(fd, force, most));
	expect_ret(get_int(fd, option), 2 * most);
	require(!set_int(fd, force, -1));
	expect_ret(get_int(fd, option), least);
}

CASE(rcvbuf_sizes)
{
	check_sizes(SO_RCVBUF, SO_RCVBUFFORCE, 2048);
}

CASE(sndbuf_sizes)
{
	check_sizes(SO_SNDBUF, SO_SNDBUFFORCE, 4096);
}

CASE(force_is_privileged)
{
	int fd = sock(), rcvbuf = get_int(fd, SO_RCVBUF);

	require(!seteuid(65534));
	expect_errno(set_int(fd, SO_RCVBUFFORCE, 1 << 24), EPERM);
	expect_errno(set_int(fd, SO_SNDBUFFORCE, 1 << 24), EPERM);
	expect_ret(get_int(fd, SO_RCVBUF), rcvbuf);
}

/* What was set does not change, whatever the connection carries. */
CASE(set_sizes_stay)
{
	size_t all = 0;
	struct pair p;
	int i;

	pair_open(&p);
	require(!set_int(p.s, SO_RCVBUF, 100000));
	require(!set_int(p.c, SO_SNDBUF, 100000));
	for (i = 0; i < 5; i++) {
		size_t held = fill(p.c);

		drain(p.s, held);
		all += held;
	}
	expect(all > 100000);
	expect_ret(get_int(p.s, SO_RCVBUF), 200000);
	expect_ret(get_int(p.c, SO_SNDBUF), 200000);
}

/* The largest there is holds as much as a large one. */
CASE(largest_sizes)
{
	static char data[500000];
	struct pair p;
	int got = 0;

	pair_open(&p);
	require(!set_int(p.s, SO_RCVBUFFORCE, INT_MAX));
	require(!set_int(p.c, SO_SNDBUFFORCE, INT_MAX));
	expect(get_int(p.s, SO_RCVBUF) >= INT_MAX - 1);
	expect(get_int(p.c, SO_SNDBUF) >= INT_MAX - 1);
	expect_ret(send(p.c, data, sizeof(data), 0), sizeof(data));
	while (got < (int)sizeof(data) && !ioctl(p.s, FIONREAD, &got))
		usleep(1000);
	expect_ret(got, sizeof(data));
}

/* A child has what was set on its listener, before or after listen(). */
CASE(children_inherit)
{
	union address a;
	int l = sock_listen(&a, 1), s;

	require(!set_int(l, SO_RCVBUF, 40000));
	require(!set_int(l, SO_SNDBUF, 50000));
	sock_connect(&a);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(get_int(s, SO_RCVBUF), 80000);
	expect_ret(get_int(s, SO_SNDBUF), 100000);
}

/*
 * A reader that does not read holds what its buffer says, and the writer too,
 * but for the last packet that is begun.
 */
CASE(unread_is_bounded)
{
	struct pair p;
	size_t held;

	pair_open(&p);
	held = fill(p.c);
	expect(held <= (size_t)get_int(p.c, SO_SNDBUF) +
	       (size_t)get_int(p.s, SO_RCVBUF) + 65536);
	expect(meminfo(p.s, SK_MEMINFO_RMEM_ALLOC) <=
	       2 * meminfo(p.s, SK_MEMINFO_RCVBUF));
	expect(!(events_now(p.c, POLLOUT) & POLLOUT));
	drain(p.s, held);
	expect(wait_events(p.c, POLLOUT) & POLLOUT);
	expect(fill(p.c) > 0);
}

CASE(meminfo_tells)
{
	struct pair p;
	size_t held;

	pair_open(&p);
	expect_ret(meminfo(p.c, SK_MEMINFO_SNDBUF), get_int(p.c, SO_SNDBUF));
	expect_ret(meminfo(p.s, SK_MEMINFO_RCVBUF), get_int(p.s, SO_RCVBUF));
	expect_ret(meminfo(p.s, SK_MEMINFO_RMEM_ALLOC), 0);
	expect_ret(meminfo(p.c, SK_MEMINFO_WMEM_QUEUED), 0);
	held = fill(p.c);
	expect(meminfo(p.s, SK_MEMINFO_RMEM_ALLOC) > 10000);
	expect(meminfo(p.c, SK_MEMINFO_WMEM_QUEUED) > 10000);
	drain(p.s, held);
	expect_ret(meminfo(p.s, SK_MEMINFO_RMEM_ALLOC), 0);
	while (meminfo(p.c, SK_MEMINFO_WMEM_QUEUED))
		usleep(1000);
}

int main(void)
{
	return cases_main();
}
