// SPDX-License-Identifier: GPL-2.0
/*
 * Who of many gets a connection: SO_REUSEPORT and its programs, SO_INCOMING_CPU,
 * SO_BINDTODEVICE.
 */
#include "calls_ebpf.h"
#include "calls.h"

#include <linux/filter.h>
#include <sched.h>

#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68
#endif

#define GROUP 4
#define CONNECTS 240

/* ---- a group ---- */

struct group {
	union address at;
	int fd[GROUP];
};

/* One more who shares the port, not yet listening. */
static int member(union address *at)
{
	int fd = sock();

	require(!set_int(fd, SO_REUSEPORT, 1));
	require(!do_bind(fd, *at));
	*at = name_of(fd);
	set_nonblock(fd);
	return fd;
}

static void group_open(struct group *g)
{
	int i;

	g->at = address("127.0.0.1", 0);
	for (i = 0; i < GROUP; i++) {
		g->fd[i] = member(&g->at);
		require(!listen(g->fd[i], CONNECTS));
	}
}

static void connect_many(const union address *at, int *fd, int count)
{
	int i;

	for (i = 0; i < count; i++)
		fd[i] = sock_connect(at);
}

/*
 * Accepts all that waits. Of each it takes the byte that its client sends, so
 * that all of its segments have come to it.
 */
static int accept_all(int l)
{
	int count = 0, fd;
	char c;

	while ((fd = accept(l, NULL, NULL)) >= 0) {
		expect_ret(recv(fd, &c, 1, 0), 1);
		close(fd);
		count++;
	}
	require(errno == EAGAIN);
	return count;
}

static void send_each(const int *fd, int count)
{
	int i;

	for (i = 0; i < count; i++)
		require(send(fd[i], "x", 1, MSG_NOSIGNAL) == 1);
}

/* How many of so many connections each of them gets. */
static void share_out(const struct group *g, int *share)
{
	int fd[CONNECTS], i, sum = 0;

	connect_many(&g->at, fd, CONNECTS);
	send_each(fd, CONNECTS);
	for (i = 0; i < GROUP; i++) {
		share[i] = g->fd[i] < 0 ? 0 : accept_all(g->fd[i]);
		sum += share[i];
	}
	expect_ret(sum, CONNECTS);
	for (i = 0; i < CONNECTS; i++)
		close(fd[i]);
}

/* By chance, one in four: less than a third of that is less than one in 10^9. */
#define SOME(n) ((n) > CONNECTS / GROUP / 3)

CASE(each_gets_a_share)
{
	int share[GROUP], i;
	struct group g;

	group_open(&g);
	share_out(&g, share);
	for (i = 0; i < GROUP; i++)
		expect(SOME(share[i]));
}

/* Those who go lose what waits for them, and nobody else anything. */
CASE(who_closes_loses_only_its_own)
{
	int fd[CONNECTS], share[GROUP], i, lost = 0, kept = 0;
	struct group g;

	group_open(&g);
	connect_many(&g.at, fd, CONNECTS);
	close(g.fd[1]);
	g.fd[1] = -1;
	for (i = 0; i < CONNECTS; i++) {
		if (events_now(fd[i], POLLIN) & POLLHUP)
			lost++;
		else
			require(send(fd[i], "x", 1, MSG_NOSIGNAL) == 1);
	}
	for (i = 0; i < GROUP; i++)
		kept += g.fd[i] < 0 ? 0 : accept_all(g.fd[i]);
	expect(SOME(lost));
	expect_ret(lost + kept, CONNECTS);
	share_out(&g, share);
	for (i = 0; i < GROUP; i++)
		expect(g.fd[i] < 0 || SOME(share[i]));
}

CASE(one_leaves_and_comes_back)
{
	union address none = { .any.sa_family = AF_UNSPEC };
	int share[GROUP], fd;
	struct group g;

	group_open(&g);
	fd = g.fd[2];
	require(!connect(fd, &none.any, sizeof(none)));
	g.fd[2] = -1;
	share_out(&g, share);
	/* It still has the port, as it asked for it by number. */
	require(!listen(fd, CONNECTS));
	g.fd[2] = fd;
	share_out(&g, share);
	expect(SOME(share[2]));
}

/* Who has bound to the very address comes before a group at any. */
CASE(address_comes_first)
{
	union address any = address("0.0.0.0", 0);
	int a = member(&any), b = member(&any), c, fd[20];
	union address one;

	one = address("127.0.0.1", ntohs(any.sin_port));
	c = member(&one);
	require(!listen(a, 32) && !listen(c, 32) && !listen(b, 32));
	connect_many(&one, fd, 20);
	send_each(fd, 20);
	expect_ret(accept_all(a), 0);
	expect_ret(accept_all(b), 0);
	expect_ret(accept_all(c), 20);
}

/* ---- programs that choose ---- */

static int attach(int fd, int option, u32 result)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, result) };
	struct sock_fprog prog = { .len = 1, .filter = code };

	return setsockopt(fd, SOL_SOCKET, option, &prog, sizeof(prog));
}

CASE(program_chooses)
{
	int share[GROUP], i;
	struct group g;

	group_open(&g);
	require(!attach(g.fd[0], SO_ATTACH_REUSEPORT_CBPF, 2));
	share_out(&g, share);
	expect_ret(share[2], CONNECTS);
	/* Whom there is not it cannot choose. */
	require(!attach(g.fd[3], SO_ATTACH_REUSEPORT_CBPF, GROUP));
	share_out(&g, share);
	for (i = 0; i < GROUP; i++)
		expect(SOME(share[i]));
	require(!attach(g.fd[3], SO_ATTACH_REUSEPORT_CBPF, 1));
	require(!set_int(g.fd[2], SO_DETACH_REUSEPORT_BPF, 0));
	share_out(&g, share);
	for (i = 0; i < GROUP; i++)
		expect(SOME(share[i]));
	expect_errno(set_int(g.fd[2], SO_DETACH_REUSEPORT_BPF, 0), ENOENT);
}

static int attach_extended(int fd, enum bpf_prog_type type, int result)
{
	int prog = ebpf_returning(type, result);
	int ret = set_int(fd, SO_ATTACH_REUSEPORT_EBPF, prog), err = errno;

	close(prog);
	errno = err;
	return ret;
}

CASE(extended_program_chooses)
{
	int share[GROUP], i;
	struct group g;

	group_open(&g);
	require(!attach_extended(g.fd[0], BPF_PROG_TYPE_SOCKET_FILTER, 3));
	share_out(&g, share);
	expect_ret(share[3], CONNECTS);
	/* One of the other kind takes its place. */
	require(!attach(g.fd[1], SO_ATTACH_REUSEPORT_CBPF, 1));
	share_out(&g, share);
	expect_ret(share[1], CONNECTS);
	require(!attach_extended(g.fd[2], BPF_PROG_TYPE_SOCKET_FILTER, 0));
	share_out(&g, share);
	expect_ret(share[0], CONNECTS);
	require(!set_int(g.fd[2], SO_DETACH_REUSEPORT_BPF, 0));
	share_out(&g, share);
	for (i = 0; i < GROUP; i++)
		expect(SOME(share[i]));
	expect_errno(set_int(g.fd[2], SO_ATTACH_REUSEPORT_EBPF, -1), EBADF);
}

/* The kernel has them for TCP and UDP, by their numbers. */
CASE_FLAGS(program_of_another_type, CASE_CLASP)
{
	struct group g;

	group_open(&g);
	expect_errno(attach_extended(g.fd[0], BPF_PROG_TYPE_SK_REUSEPORT,
				     SK_PASS), 524);
}

/* A program sees what the segment carries: of a SYN, nothing. */
CASE(program_sees_the_segment)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 2),
	};
	struct sock_fprog prog = { .len = 4, .filter = code };
	int share[GROUP];
	struct group g;

	group_open(&g);
	require(!setsockopt(g.fd[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF,
			    &prog, sizeof(prog)));
	share_out(&g, share);
	expect_ret(share[1], CONNECTS);
}

CASE(program_of_its_own)
{
	union address at = address("127.0.0.1", 0);
	int first = member(&at), fd = sock();

	expect_errno(attach(fd, SO_ATTACH_REUSEPORT_CBPF, 0), EINVAL);
	expect_errno(set_int(fd, SO_DETACH_REUSEPORT_BPF, 0), EINVAL);
	require(!set_int(fd, SO_REUSEPORT, 1));
	expect_errno(set_int(fd, SO_DETACH_REUSEPORT_BPF, 0), ENOENT);
	require(!attach(fd, SO_ATTACH_REUSEPORT_CBPF, 0));
	/* It has a group, and joins no other. */
	expect_errno(do_bind(fd, at), EADDRINUSE);
	close(first);
	expect_ret(do_bind(fd, at), 0);
	expect_ret(listen(fd, 4), 0);
	/* But others join its group. */
	expect_ret(listen(member(&at), 4), 0);
}

/* ---- processors ---- */

CASE(processor_of_a_listener)
{
	int cpu = sched_getcpu(), share[GROUP];
	cpu_set_t set;
	struct group g;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	require(!sched_setaffinity(0, sizeof(set), &set));
	group_open(&g);
	expect_ret(get_int(g.fd[0], SO_INCOMING_CPU), -1);
	require(!set_int(g.fd[0], SO_INCOMING_CPU, cpu + 1));
	require(!set_int(g.fd[1], SO_INCOMING_CPU, cpu));
	require(!set_int(g.fd[2], SO_INCOMING_CPU, cpu + 2));
	share_out(&g, share);
	expect_ret(share[1], CONNECTS);
	expect_ret(get_int(g.fd[0], SO_INCOMING_CPU), cpu + 1);
	expect_ret(get_int(g.fd[1], SO_INCOMING_CPU), cpu);
}

/* Of a connection, it is where its segments come in. */
CASE(processor_of_a_connection)
{
	struct pair p;
	cpu_set_t set;
	int cpu = sched_getcpu();
	char c;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	require(!sched_setaffinity(0, sizeof(set), &set));
	pair_open(&p);
	require(!set_int(p.s, SO_INCOMING_CPU, cpu + 1));
	require(send(p.c, "x", 1, 0) == 1);
	require(recv(p.s, &c, 1, 0) == 1);
	expect_ret(get_int(p.s, SO_INCOMING_CPU), cpu);
	expect_ret(get_int(p.c, SO_INCOMING_CPU), cpu);
	expect_ret(get_int(p.l, SO_INCOMING_CPU), -1);
}

/* ---- devices ---- */

static int member_at(const char *device, union address *at)
{
	int fd = sock();

	require(!set_int(fd, SO_REUSEPORT, 1));
	require(!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
			    strlen(device)));
	require(!do_bind(fd, *at));
	*at = name_of(fd);
	set_nonblock(fd);
	return fd;
}

/*
 * A listener at a device gets what comes by it, and before one at none; of
 * TCP's, if it is the last to listen.
 */
static void device_first(int last)
{
	union address at = address("127.0.0.1", 0);
	int lo = member_at("lo", &at), other = member_at("bh0", &at);
	int any = member(&at), fd[8];
	char name[16] = "";
	socklen_t len = sizeof(name);

	require(!listen(other, 8));
	require(!listen(last ? any : lo, 8));
	require(!listen(last ? lo : any, 8));
	connect_many(&at, fd, 8);
	send_each(fd, 8);
	expect_ret(accept_all(lo), 8);
	expect_ret(accept_all(any), 0);
	expect_ret(accept_all(other), 0);
	require(!getsockopt(lo, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	expect(!strcmp(name, "lo"));
	close(lo);
	connect_many(&at, fd, 8);
	send_each(fd, 8);
	expect_ret(accept_all(any), 8);
	expect_ret(accept_all(other), 0);
}

CASE_FLAGS(device_comes_first, CASE_ALL | CASE_V4)
{
	device_first(1);
}

CASE_FLAGS(device_comes_first_in_any_order, CASE_CLASP | CASE_V4)
{
	device_first(0);
}

int main(void)
{
	return cases_main();
}
