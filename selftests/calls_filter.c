// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that say which segments a socket gets, of both kinds:
 * SO_ATTACH_FILTER with classic BPF, SO_ATTACH_BPF with eBPF.
 */
#include "calls_ebpf.h"
#include "calls.h"

#include <linux/filter.h>

enum kind { CLASSIC, EXTENDED };

#define KINDS 2

/* The header of either protocol, as both ends of a connection send it. */
#define HEADER 32
#define ALL -1

static int attach_classic(int fd, struct sock_filter *code, int count)
{
	struct sock_fprog prog = { .len = count, .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			  sizeof(prog));
}

/* The socket has the program then, whoever closes it. */
static int attach_extended(int fd, const struct bpf_insn *code, int count)
{
	int prog = ebpf_load(BPF_PROG_TYPE_SOCKET_FILTER, code, count);
	int ret = set_int(fd, SO_ATTACH_BPF, prog), err = errno;

	close(prog);
	errno = err;
	return ret;
}

/* So many bytes of each segment, the header included. */
static int attach(int fd, enum kind kind, int bytes)
{
	struct sock_filter classic[] = { BPF_STMT(BPF_RET | BPF_K, bytes) };
	const struct bpf_insn extended[] = {
		EBPF_MOV_IMM(BPF_REG_0, bytes),
		EBPF_EXIT(),
	};

	return kind == CLASSIC ? attach_classic(fd, classic, 1) :
				 attach_extended(fd, extended, 2);
}

/* Those to this port only: what it sees begins with the protocol's header. */
static int attach_port(int fd, enum kind kind, int port)
{
	struct sock_filter classic[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ALL),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct bpf_insn extended[] = {
		EBPF_MOV(BPF_REG_6, BPF_REG_1),
		EBPF_PACKET(BPF_H, 2),
		EBPF_UNLESS_EQUAL(BPF_REG_0, port, 2),
		EBPF_MOV_IMM(BPF_REG_0, ALL),
		EBPF_EXIT(),
		EBPF_MOV_IMM(BPF_REG_0, 0),
		EBPF_EXIT(),
	};

	return kind == CLASSIC ? attach_classic(fd, classic, 4) :
				 attach_extended(fd, extended, 7);
}

/* Those without data only. */
static int attach_empty(int fd, enum kind kind)
{
	const int most = HEADER + 8;
	struct sock_filter classic[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, most, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, ALL),
	};
	const struct bpf_insn extended[] = {
		EBPF_FIELD(BPF_REG_2, BPF_REG_1, len),
		EBPF_MOV_IMM(BPF_REG_0, 0),
		EBPF(BPF_JMP32 | BPF_JGT | BPF_K, BPF_REG_2, 0, 1, most),
		EBPF_MOV_IMM(BPF_REG_0, ALL),
		EBPF_EXIT(),
	};

	return kind == CLASSIC ? attach_classic(fd, classic, 4) :
				 attach_extended(fd, extended, 5);
}

static int detach(int fd)
{
	return set_int(fd, SO_DETACH_FILTER, 0);
}

static void each_kind(void (*run)(enum kind kind))
{
	enum kind kind;

	for (kind = CLASSIC; kind < KINDS; kind++)
		run(kind);
}

/* ---- who has one --------------------------------------------------------- */

static void of_a_listener(enum kind kind)
{
	union address at;
	int l = sock_listen(&at, 4), c = sock_nonblock();

	set_nonblock(l);
	require(!attach(l, kind, 0));
	expect_errno(do_connect(c, at), EINPROGRESS);
	expect_ret(events_now(c, POLLOUT), 0);
	expect_errno(accept(l, NULL, NULL), EAGAIN);
	require(!detach(l));
	/* The SYN comes again. */
	expect_ret(wait_events(c, POLLOUT), POLLOUT);
	expect_ret(wait_events(l, POLLIN), POLLIN);
	expect_errno(detach(l), ENOENT);
}

CASE(filter_of_a_listener)
{
	each_kind(of_a_listener);
}

static void of_a_connection(enum kind kind)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	set_nonblock(p.s);
	require(!attach(p.s, kind, 0));
	expect_ret(send(p.c, "abc", 3, 0), 3);
	expect_errno(recv(p.s, buf, sizeof(buf), 0), EAGAIN);
	require(!detach(p.s));
	/* The data comes again. */
	expect_ret(wait_events(p.s, POLLIN), POLLIN);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 3);
	expect(!memcmp(buf, "abc", 3));
}

CASE(filter_of_a_connection)
{
	each_kind(of_a_connection);
}

/* Who is accepted has his listener's, and keeps it when that is gone. */
static void of_a_child(enum kind kind)
{
	char data[100] = "data", buf[100];
	union address at;
	int l = sock_listen(&at, 4), c, s;

	require(!attach_empty(l, kind));
	c = sock_connect(&at);
	s = accept4(l, NULL, NULL, SOCK_NONBLOCK);
	require(s >= 0);
	close(l);
	expect_ret(send(c, data, sizeof(data), 0), sizeof(data));
	expect_errno(recv(s, buf, sizeof(buf), 0), EAGAIN);
	expect_errno(detach(c), ENOENT);
	require(!detach(s));
	expect_ret(wait_events(s, POLLIN), POLLIN);
	expect_ret(recv(s, buf, sizeof(buf), 0), sizeof(data));
	expect(!memcmp(buf, data, sizeof(data)));
}

CASE(filter_of_a_child)
{
	each_kind(of_a_child);
}

static void locked(enum kind kind)
{
	union address at;
	int l = sock_listen(&at, 4), c, s;

	require(!attach(l, kind, ALL));
	expect_ret(get_int(l, SO_LOCK_FILTER), 0);
	require(!set_int(l, SO_LOCK_FILTER, 1));
	expect_errno(detach(l), EPERM);
	expect_errno(attach(l, CLASSIC, ALL), EPERM);
	expect_errno(attach(l, EXTENDED, ALL), EPERM);
	expect_errno(set_int(l, SO_LOCK_FILTER, 0), EPERM);
	/* Children have it. */
	c = sock_connect(&at);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(get_int(s, SO_LOCK_FILTER), 1);
	expect_errno(detach(s), EPERM);
	expect_errno(detach(c), ENOENT);
}

CASE(filter_locked)
{
	each_kind(locked);
}

/* There is one at a time, of either kind. */
CASE(filter_takes_the_place_of_one)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	require(!attach(p.s, CLASSIC, 0));
	require(!attach(p.s, EXTENDED, ALL));
	expect_ret(send(p.c, "abc", 3, 0), 3);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 3);
	require(!attach(p.s, CLASSIC, ALL));
	expect_ret(send(p.c, "de", 2, 0), 2);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 2);
	expect_ret(detach(p.s), 0);
	expect_errno(detach(p.s), ENOENT);
}

/* ---- what it does -------------------------------------------------------- */

/* What it cuts off counts as not received. */
static void cuts_off(enum kind kind)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	require(!attach(p.s, kind, HEADER + 1));
	expect_ret(send(p.c, "abc", 3, 0), 3);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 1);
	expect_ret(buf[0], 'a');
	require(!detach(p.s));
	expect_ret(recv(p.s, buf, 2, MSG_WAITALL), 2);
	expect(!memcmp(buf, "bc", 2));
}

CASE(filter_cuts_off)
{
	each_kind(cuts_off);
}

/* The header is not cut. */
static void leaves_the_header(enum kind kind)
{
	union address at;
	int l = sock_listen(&at, 4), c, s;
	char byte;

	require(!attach(l, kind, 1));
	c = sock_connect(&at);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(shutdown(c, SHUT_WR), 0);
	expect_ret(recv(s, &byte, 1, 0), 0);
}

CASE(filter_leaves_the_header)
{
	each_kind(leaves_the_header);
}

static void sees_the_header(enum kind kind)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	set_nonblock(p.s);
	require(!attach_port(p.s, kind, ntohs(p.addr.sin_port)));
	expect_ret(send(p.c, "abc", 3, 0), 3);
	expect_ret(wait_events(p.s, POLLIN), POLLIN);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 3);
	require(!attach_port(p.s, kind, ntohs(p.addr.sin_port) ^ 1));
	expect_ret(send(p.c, "de", 2, 0), 2);
	expect_errno(recv(p.s, buf, sizeof(buf), 0), EAGAIN);
	require(!detach(p.s));
	expect_ret(wait_events(p.s, POLLIN), POLLIN);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 2);
}

CASE(filter_sees_the_header)
{
	each_kind(sees_the_header);
}

/* ---- what is none -------------------------------------------------------- */

CASE(wrong_programs)
{
	int fd = sock(), prog, file = open("/dev/null", O_RDONLY);
	struct sock_filter endless[] = { BPF_STMT(BPF_LD | BPF_IMM, 0) };

	require(file >= 0);
	expect_errno(set_int(fd, SO_ATTACH_BPF, -1), EBADF);
	expect_errno(set_int(fd, SO_ATTACH_BPF, file), EINVAL);
	prog = ebpf_returning(BPF_PROG_TYPE_SCHED_CLS, 0);
	expect_errno(set_int(fd, SO_ATTACH_BPF, prog), EINVAL);
	expect_errno(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, 2),
		     EINVAL);
	expect_errno(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, 8),
		     EINVAL);
	expect_errno(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, NULL, 4),
		     EFAULT);
	expect_errno(attach_classic(fd, endless, 1), EINVAL);
	expect_errno(attach_classic(fd, endless, 0), EINVAL);
	expect_errno(attach_classic(fd, NULL, 1), EINVAL);
	expect_errno(detach(fd), ENOENT);
}

int main(void)
{
	return cases_main();
}
