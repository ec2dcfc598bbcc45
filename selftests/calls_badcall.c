// SPDX-License-Identifier: GPL-2.0
/*
 * Calls with arguments that are wrong or odd, in every state. A TCP socket and
 * one of the protocol under test are given the same ones after each other, and
 * must answer the same each time: so none of them changes more than it should.
 */
#include "calls_scene.h"

#include <limits.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "ksft.h"

/* A page, and one behind it that can't be reached. */
static char *good, *unmapped;

static void memory_init(void)
{
	long page = sysconf(_SC_PAGESIZE);

	good = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	require(good != MAP_FAILED);
	unmapped = good + page;
	require(!mprotect(unmapped, page, PROT_NONE));
}

/* Where a wrong pointer points to: nowhere, or to three bytes and no more. */
#define POINTERS 3

static void *pointer(int i)
{
	void *pointers[POINTERS] = { NULL, unmapped, unmapped - 3 };

	return pointers[i];
}

/* ---- what all calls returned ---- */

#define RESULTS 1024

struct results {
	size_t count;
	struct {
		const char *what;
		long arg, ret;
		int err;
	} of[RESULTS];
};

static void add(struct results *r, const char *what, long arg, long ret)
{
	require(r->count < RESULTS);
	r->of[r->count].what = what;
	r->of[r->count].arg = arg;
	r->of[r->count].ret = ret;
	r->of[r->count].err = ret < 0 ? errno : 0;
	r->count++;
}

/* ---- the calls ---- */

static void call_names(struct results *r, int fd)
{
	static const int lengths[] = { 0, 1, 2, 15, 16, 28, 200, -1, INT_MIN };
	union address a;
	socklen_t len;
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		len = lengths[i];
		add(r, "getsockname", lengths[i],
		    getsockname(fd, &a.any, &len));
		add(r, "its length", lengths[i], len);
		len = lengths[i];
		add(r, "getpeername", lengths[i],
		    getpeername(fd, &a.any, &len));
		add(r, "its length", lengths[i], len);
	}
	for (i = 0; i < POINTERS; i++) {
		len = sizeof(a);
		add(r, "getsockname to", i, getsockname(fd, pointer(i), &len));
		add(r, "getpeername to", i, getpeername(fd, pointer(i), &len));
		add(r, "getsockname length", i,
		    getsockname(fd, &a.any, pointer(i)));
		add(r, "getpeername length", i,
		    getpeername(fd, &a.any, pointer(i)));
	}
}

/* Only such as no state takes. */
static void call_addresses(struct results *r, int fd)
{
	static const int lengths[] = { 0, 1, 2, 8, 15, 27, 129, -1, INT_MIN };
	static const int families[] = {
		AF_UNIX, AF_NETLINK, AF_PACKET, AF_MAX, AF_MAX + 1, 65535
	};
	union address a = loopback();
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		/* Long enough for IPv4 is too short for IPv6 only. */
		if (lengths[i] == 27 && family == AF_INET)
			continue;
		add(r, "bind length", lengths[i],
		    bind(fd, &a.any, lengths[i]));
		add(r, "connect length", lengths[i],
		    connect(fd, &a.any, lengths[i]));
	}
	for (i = 0; i < sizeof(families) / sizeof(*families); i++) {
		a.sin_family = families[i];
		add(r, "bind family", families[i], do_bind(fd, a));
		add(r, "connect family", families[i], do_connect(fd, a));
	}
	for (i = 0; i < POINTERS; i++) {
		add(r, "bind to", i, bind(fd, pointer(i), sizeof(a)));
		add(r, "connect to", i, connect(fd, pointer(i), sizeof(a)));
	}
}

static void call_accepts(struct results *r, int fd)
{
	union address a;
	socklen_t len = -1;
	int i;

	add(r, "accept4 flags", 1, accept4(fd, NULL, NULL, 1));
	add(r, "accept4 flags", -1, accept4(fd, NULL, NULL, -1));
	add(r, "accept length", -1, accept(fd, &a.any, &len));
	for (i = 0; i < POINTERS; i++) {
		len = sizeof(a);
		add(r, "accept to", i, accept(fd, pointer(i), &len));
		add(r, "accept length", i, accept(fd, &a.any, pointer(i)));
	}
}

static void call_shutdowns(struct results *r, int fd)
{
	static const int hows[] = { -1, 3, 4, INT_MAX, INT_MIN };
	size_t i;

	for (i = 0; i < sizeof(hows) / sizeof(*hows); i++)
		add(r, "shutdown", hows[i], shutdown(fd, hows[i]));
}

static void call_ioctls(struct results *r, int fd)
{
	static const unsigned long cmds[] = {
		SIOCATMARK, SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, FIONBIO, FIOASYNC,
		SIOCGPGRP, SIOCSPGRP, SIOCGSTAMP, SIOCADDRT, _IO('z', 99), 0,
		ULONG_MAX,
	};
	size_t i;
	int p;

	for (i = 0; i < sizeof(cmds) / sizeof(*cmds); i++)
		for (p = 0; p < POINTERS; p++)
			add(r, "ioctl", cmds[i], ioctl(fd, cmds[i], pointer(p)));
	for (i = 0; i < 4; i++) {
		p = 0;
		add(r, "ioctl", cmds[i], ioctl(fd, cmds[i], &p));
		/* How much is on its way takes its time. */
		if (cmds[i] == SIOCATMARK || cmds[i] == SIOCINQ)
			add(r, "its value", cmds[i], p);
	}
	/* It stays nonblocking. */
	p = 1;
	add(r, "FIONBIO", p, ioctl(fd, FIONBIO, &p));
}

/* A message whose data is wrong; how, by number. */
static int spoil_data(struct msghdr *msg, int which)
{
	switch (which) {
	case 0:
		msg->msg_iov = (struct iovec *)unmapped;
		return 1;
	case 1:
		msg->msg_iov = NULL;
		return 1;
	case 2:
		msg->msg_iovlen = UIO_MAXIOV + 1;
		return 1;
	case 3:
		msg->msg_iovlen = -1;
		return 1;
	case 4:
		msg->msg_iov->iov_len = -1;
		return 1;
	case 5:
	case 6:
	case 7:
		msg->msg_iov->iov_base = pointer(which - 5);
		return 1;
	}
	return 0;
}

/* One whose control messages or address are. */
static int spoil_rest(struct msghdr *msg, int which)
{
	static struct {
		struct cmsghdr head;
		char room[64];
	} control;

	memset(&control, 0, sizeof(control));
	control.head = (struct cmsghdr){ CMSG_LEN(4), SOL_SOCKET, 9999 };
	msg->msg_control = &control;
	msg->msg_controllen = sizeof(control);
	switch (which) {
	case 0:
		msg->msg_control = unmapped;
		return 1;
	case 1:
		msg->msg_controllen = -1;
		return 1;
	case 2:
		msg->msg_control = NULL;
		msg->msg_controllen = 0;
		msg->msg_name = unmapped;
		msg->msg_namelen = 16;
		return 1;
	case 3:
		msg->msg_control = NULL;
		msg->msg_controllen = 0;
		msg->msg_name = good;
		msg->msg_namelen = -1;
		return 1;
	case 4:
		/* A control message that nobody knows. */
		return 1;
	case 5:
		/* Shorter than its header, and longer than all there is. */
		control.head.cmsg_len = 1;
		return 1;
	case 6:
		control.head.cmsg_len = sizeof(control) + 1;
		return 1;
	}
	return 0;
}

static int spoil(struct msghdr *msg, int which)
{
	return which < 8 ? spoil_data(msg, which) : spoil_rest(msg, which - 8);
}

static void call_messages(struct results *r, int fd)
{
	struct iovec iov;
	struct msghdr msg;
	int i;

	for (i = 0;; i++) {
		iov = (struct iovec){ good, 10 };
		msg = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
		if (!spoil(&msg, i))
			break;
		add(r, "sendmsg", i, sendmsg(fd, &msg, MSG_NOSIGNAL));
	}
	for (i = 0;; i++) {
		iov = (struct iovec){ good, 1 };
		msg = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
		if (!spoil(&msg, i))
			break;
		add(r, "recvmsg", i, recvmsg(fd, &msg, 0));
	}
	for (i = 0; i < POINTERS; i++) {
		add(r, "sendmsg of", i,
		    sendmsg(fd, pointer(i), MSG_NOSIGNAL));
		add(r, "recvmsg to", i, recvmsg(fd, pointer(i), 0));
		add(r, "send of", i, send(fd, pointer(i), 10, MSG_NOSIGNAL));
		add(r, "recv to", i, recv(fd, pointer(i), 10, 0));
	}
	add(r, "send nothing", 0, send(fd, NULL, 0, MSG_NOSIGNAL));
	add(r, "recv nothing", 0, recv(fd, NULL, 0, 0));
}

/* MSG_FASTOPEN is told of in Documentation/differences.md. */
static void call_flags(struct results *r, int fd)
{
	char c;
	int i;

	for (i = 0; i < 32; i++) {
		int flag = 1u << i;

		if (flag == MSG_FASTOPEN)
			continue;
		add(r, "recv flag", flag, recv(fd, &c, 1, flag | MSG_DONTWAIT));
		add(r, "send flag", flag,
		    send(fd, "x", 1, flag | MSG_DONTWAIT | MSG_NOSIGNAL));
	}
}

static void call_socketpair(struct results *r)
{
	int fds[2];

	add(r, "socketpair", 0,
	    socketpair(family, SOCK_STREAM, proto, fds));
}

static void all_calls(struct results *r, const struct scene *s)
{
	r->count = 0;
	call_shutdowns(r, s->fd);
	call_names(r, s->fd);
	call_addresses(r, s->fd);
	call_accepts(r, s->fd);
	call_ioctls(r, s->fd);
	call_messages(r, s->fd);
	call_flags(r, s->fd);
	call_socketpair(r);
	add(r, "poll", 0, events_now(s->fd, POLLIN | POLLPRI | POLLRDHUP));
}

static void play(struct results *r, void (*be)(struct scene *s))
{
	struct scene s;

	scene_begin(&s);
	be(&s);
	/* How often a program is told of the same error is another test's. */
	all_calls(r, &s);
	scene_end(&s);
}

static void compare(void (*be)(struct scene *s))
{
	static struct results want, got;
	int clasp = proto, said = 0;
	size_t i;

	memory_init();
	proto = IPPROTO_TCP;
	play(&want, be);
	proto = clasp;
	play(&got, be);
	require(want.count == got.count);
	for (i = 0; i < want.count; i++) {
		if (want.of[i].ret == got.of[i].ret &&
		    want.of[i].err == got.of[i].err)
			continue;
		case_failed(__FILE__, __LINE__, "CLASP answers as TCP does");
		if (++said > 20)
			exit(1);
		ksft_print_msg("%s %#lx: TCP %ld %s, CLASP %ld %s\n",
			       want.of[i].what, want.of[i].arg, want.of[i].ret,
			       strerrorname_np(want.of[i].err) ?: "0",
			       got.of[i].ret,
			       strerrorname_np(got.of[i].err) ?: "0");
	}
}

#define STATE(name) CASE_FLAGS(name, CASE_CLASP) { compare(be_##name); }

STATE(closed)
STATE(bound)
STATE(listening)
STATE(refused)
STATE(syn_sent)
STATE(established)
STATE(established_unread)
STATE(full)
STATE(fin_wait_1)
STATE(fin_wait_2)
STATE(close_wait)
STATE(close_wait_unread)
STATE(last_ack)
STATE(closing)
STATE(time_wait)
STATE(over)
STATE(was_reset)
STATE(reset_in_close_wait)

/* ---- what odd numbers change ---- */

CASE(odd_backlogs)
{
	static const int backlogs[] = { -1, 0, INT_MAX, INT_MIN, 1 };
	union address a;
	int l = sock();
	size_t i;

	require(!do_bind(l, loopback()));
	for (i = 0; i < sizeof(backlogs) / sizeof(*backlogs); i++)
		expect_ret(listen(l, backlogs[i]), 0);
	a = name_of(l);
	sock_connect(&a);
	expect(accept(l, NULL, NULL) >= 0);
}

/* A child that can't be told of is lost, for TCP as well. */
CASE(accept_to_nowhere)
{
	union address a;
	int l = sock_listen(&a, 4);
	socklen_t len = sizeof(a);

	memory_init();
	set_nonblock(l);
	sock_connect(&a);
	require(wait_events(l, POLLIN) == POLLIN);
	expect_errno(accept(l, (struct sockaddr *)unmapped, &len), EFAULT);
	expect_errno(accept(l, NULL, NULL), EAGAIN);
}

int main(void)
{
	return cases_main();
}
