// SPDX-License-Identifier: GPL-2.0
/* The flags and control messages of send and receive, and when data goes. */
#include "calls_bytes.h"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <netinet/tcp.h>
#include <sys/time.h>

#ifndef TCP_CM_INQ
#define TCP_CM_INQ TCP_INQ
#endif

#define LOST 99		/* a control message, or a flag, that nobody knows */

static int set_tcp(int fd, int option, int value)
{
	return setsockopt(fd, SOL_TCP, option, &value, sizeof(value));
}

static int get_tcp(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = -1;

	require(!getsockopt(fd, SOL_TCP, option, &value, &len));
	return value;
}

CASE(trunc_discards)
{
	char buf[16];
	struct pair p;

	pair_open(&p);
	expect_ret(send(p.c, "0123456789", 10, 0), 10);
	require(wait_count(p.s, SIOCINQ, 10));
	/* Not even looked at where they would go. */
	expect_ret(recv(p.s, (void *)8, 4, MSG_TRUNC), 4);
	expect_ret(recv(p.s, NULL, 2, MSG_TRUNC | MSG_PEEK), 2);
	expect_ret(recv(p.s, buf, 16, 0), 6);
	expect(!memcmp(buf, "456789", 6));
	expect_ret(send(p.c, "01234", 5, 0), 5);
	expect_ret(recv(p.s, NULL, 5, MSG_TRUNC | MSG_WAITALL), 5);
	expect_errno(recv(p.s, NULL, 5, MSG_TRUNC | MSG_DONTWAIT), EAGAIN);
}

CASE(peek_off)
{
	char buf[16];
	struct pair p;

	pair_open(&p);
	if (!kernel_since(6, 9)) {
		expect_errno(set_int(p.s, SO_PEEK_OFF, 0), EOPNOTSUPP);
		return;
	}
	expect_ret(get_int(p.s, SO_PEEK_OFF), -1);
	expect_ret(send(p.c, "0123456789", 10, 0), 10);
	require(wait_count(p.s, SIOCINQ, 10));
	expect_ret(set_int(p.s, SO_PEEK_OFF, 2), 0);
	/* Each peek begins where the last one ended. */
	expect_ret(recv(p.s, buf, 3, MSG_PEEK), 3);
	expect(!memcmp(buf, "234", 3));
	expect_ret(recv(p.s, buf, 3, MSG_PEEK), 3);
	expect(!memcmp(buf, "567", 3));
	expect_ret(get_int(p.s, SO_PEEK_OFF), 8);
	/* Reading takes it back by as much. */
	expect_ret(recv(p.s, buf, 4, 0), 4);
	expect(!memcmp(buf, "0123", 4));
	expect_ret(get_int(p.s, SO_PEEK_OFF), 4);
	expect_ret(recv(p.s, buf, 16, MSG_PEEK), 2);
	expect(!memcmp(buf, "89", 2));
	expect_errno(recv(p.s, buf, 16, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	expect_ret(send(p.c, "ab", 2, 0), 2);
	expect_ret(recv(p.s, buf, 2, MSG_PEEK | MSG_WAITALL), 2);
	expect(!memcmp(buf, "ab", 2));
	expect_ret(set_int(p.s, SO_PEEK_OFF, -1), 0);
	expect_ret(recv(p.s, buf, 2, MSG_PEEK), 2);
	expect(!memcmp(buf, "45", 2));
}

CASE(many_messages)
{
	char a[4] = "", b[8] = "";
	struct iovec out[3] = { { "one", 3 }, { "two", 3 }, { "three", 5 } };
	struct iovec in[3] = { { a, 3 }, { b, 4 }, { b + 4, 4 } };
	struct mmsghdr msg[3] = { };
	struct timespec ts = { .tv_sec = 5 };
	struct pair p;
	int i;

	pair_open(&p);
	for (i = 0; i < 3; i++)
		msg[i].msg_hdr = (struct msghdr){
			.msg_iov = &out[i], .msg_iovlen = 1 };
	expect_ret(sendmmsg(p.c, msg, 3, 0), 3);
	expect_ret(msg[2].msg_len, 5);
	require(wait_count(p.s, SIOCINQ, 11));
	for (i = 0; i < 3; i++)
		msg[i].msg_hdr = (struct msghdr){
			.msg_iov = &in[i], .msg_iovlen = 1 };
	expect_ret(recvmmsg(p.s, msg, 3, 0, &ts), 3);
	expect_ret(msg[0].msg_len, 3);
	expect_ret(msg[1].msg_len, 4);
	expect_ret(msg[2].msg_len, 4);
	expect(!memcmp(a, "one", 3) && !memcmp(b, "twothree", 8));
	/* The first waits, those after it not. */
	expect_ret(send(p.c, "x", 1, 0), 1);
	expect_ret(recvmmsg(p.s, msg, 3, MSG_WAITFORONE, NULL), 1);
	expect_errno(recvmmsg(p.s, msg, 3, MSG_DONTWAIT, NULL), EAGAIN);
	/* At the end of the stream each gets nothing. */
	close(p.c);
	expect_ret(recvmmsg(p.s, msg, 2, 0, NULL), 2);
	expect_ret(msg[0].msg_len, 0);
}

/* What is not for a stream does no harm. */
CASE(flags_without_meaning)
{
	struct pair p;
	char c;

	pair_open(&p);
	expect_ret(send(p.c, "a", 1, MSG_CONFIRM | MSG_DONTROUTE), 1);
	expect_ret(recv(p.s, &c, 1, MSG_CMSG_CLOEXEC), 1);
	expect_ret(set_int(p.s, SO_BUSY_POLL, 50), 0);
	expect_ret(send(p.c, "b", 1, MSG_EOR), 1);
	expect_ret(recv(p.s, &c, 1, 0), 1);
	expect_ret(c, 'b');
	expect_errno(recv(p.s, &c, 1, MSG_DONTWAIT), EAGAIN);
	expect_errno(recv(p.s, &c, 1, MSG_ERRQUEUE), EAGAIN);
}

/* With a first flight of data, connect() is for TCP with an option. */
CASE(fastopen)
{
	union address a;
	int l = sock_listen(&a, 4), fd = sock();
	struct pair p;

	/* So that TCP does without, too. */
	require(!sysctl_set("net/ipv4/tcp_fastopen", "0"));
	expect_errno(sendto(fd, "x", 1, MSG_FASTOPEN, &a.any,
			    address_len(family)), EOPNOTSUPP);
	expect_errno(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	pair_open(&p);
	expect_errno(send(p.c, "x", 1, MSG_FASTOPEN), EOPNOTSUPP);
	expect_ret(send(p.c, "x", 1, 0), 1);
	require(!sysctl_set("net/ipv4/tcp_fastopen", "1"));
	close(l);
}

/* ---- TCP_INQ ---- */

static int inq(int fd, size_t len, int flags, int *left)
{
	char buf[64], control[64];
	struct iovec iov = { buf, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	const struct cmsghdr *cmsg;
	int n = recvmsg(fd, &msg, flags);

	*left = -1;
	if (n < 0)
		return n;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg)
		return n;
	expect_ret(cmsg->cmsg_level, SOL_TCP);
	expect_ret(cmsg->cmsg_type, TCP_CM_INQ);
	expect_ret(cmsg->cmsg_len, CMSG_LEN(sizeof(int)));
	memcpy(left, CMSG_DATA(cmsg), sizeof(int));
	return n;
}

CASE(bytes_left)
{
	struct pair p;
	int left;

	pair_open(&p);
	expect_ret(send(p.c, "0123456789", 10, 0), 10);
	require(wait_count(p.s, SIOCINQ, 10));
	expect_ret(inq(p.s, 1, 0, &left), 1);
	expect_ret(left, -1);
	expect_ret(get_tcp(p.s, TCP_INQ), 0);
	expect_errno(set_tcp(p.s, TCP_INQ, 2), EINVAL);
	expect_errno(set_tcp(p.s, TCP_INQ, -1), EINVAL);
	expect_ret(set_tcp(p.s, TCP_INQ, 1), 0);
	expect_ret(get_tcp(p.s, TCP_INQ), 1);
	expect_ret(inq(p.s, 4, 0, &left), 4);
	expect_ret(left, 5);
	expect_ret(inq(p.s, 2, MSG_PEEK, &left), 2);
	expect_ret(left, 5);
	expect_ret(inq(p.s, 5, 0, &left), 5);
	expect_ret(left, 0);
	expect_errno(inq(p.s, 5, MSG_DONTWAIT, &left), EAGAIN);
	/* The end of the stream is something that is left, too. */
	expect_ret(send(p.c, "x", 1, 0), 1);
	close(p.c);
	require(wait_all_events(p.s, POLLRDHUP));
	expect_ret(inq(p.s, 1, 0, &left), 1);
	expect_ret(left, 1);
	expect_ret(inq(p.s, 1, 0, &left), 0);
	expect_ret(left, 1);
}

/* ---- SO_RCVLOWAT ---- */

CASE(low_water_mark)
{
	char buf[16];
	struct pair p;
	pid_t pid;

	pair_open(&p);
	expect_ret(get_int(p.s, SO_RCVLOWAT), 1);
	expect_ret(set_int(p.s, SO_RCVLOWAT, 5), 0);
	expect_ret(send(p.c, "0123", 4, 0), 4);
	require(wait_count(p.s, SIOCINQ, 4));
	expect_ret(events_now(p.s, POLLIN), 0);
	/* Lowered while somebody waits. */
	pid = fork();
	require(pid >= 0);
	if (!pid)
		exit(wait_events(p.s, POLLIN) != POLLIN);
	usleep(100000);
	expect_ret(set_int(p.s, SO_RCVLOWAT, 4), 0);
	bytes_join(pid);
	expect_ret(recv(p.s, buf, 16, 0), 4);
	/* 0 is 1, and a read returns with less at the end. */
	expect_ret(set_int(p.s, SO_RCVLOWAT, 0), 0);
	expect_ret(get_int(p.s, SO_RCVLOWAT), 1);
	expect_ret(set_int(p.s, SO_RCVLOWAT, 8), 0);
	expect_ret(send(p.c, "abc", 3, 0), 3);
	close(p.c);
	expect_ret(recv(p.s, buf, 16, 0), 3);
	expect_ret(recv(p.s, buf, 16, 0), 0);
}

/* More than there is room for would never come. */
CASE(low_water_mark_of_much)
{
	static char buf[65536];
	struct pair p;
	int i;

	pair_open(&p);
	require(!set_int(p.s, SO_RCVBUF, 100000));
	expect_ret(set_int(p.s, SO_RCVLOWAT, INT32_MAX), 0);
	expect(get_int(p.s, SO_RCVLOWAT) <= 200000);
	set_nonblock(p.c);
	for (i = 0; i < 100; i++)
		send(p.c, buf, sizeof(buf), 0);
	expect_ret(wait_events(p.s, POLLIN), POLLIN);
}

/* ---- when data goes: SIOCOUTQNSD tells what has not gone ---- */

static int unsent(int fd)
{
	return count_of(fd, SIOCOUTQNSD);
}

CASE(more)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	expect_ret(send(p.c, "a", 1, MSG_MORE), 1);
	expect_ret(send(p.c, "b", 1, MSG_MORE), 1);
	expect_ret(unsent(p.c), 2);
	expect_ret(send(p.c, "c", 1, 0), 1);
	expect_ret(unsent(p.c), 0);
	expect_ret(recv(p.s, buf, 8, 0), 3);
	/* Nothing comes: it goes all the same. */
	expect_ret(send(p.c, "d", 1, MSG_MORE), 1);
	expect_ret(unsent(p.c), 1);
	expect_ret(recv(p.s, buf, 8, 0), 1);
	require(wait_count(p.c, SIOCOUTQ, 0));
	/* Not weaker than TCP_NODELAY. */
	expect_ret(set_tcp(p.c, TCP_NODELAY, 1), 0);
	expect_ret(send(p.c, "e", 1, MSG_MORE), 1);
	expect_ret(unsent(p.c), 1);
	/* The end of the stream is the end of waiting. */
	expect_ret(shutdown(p.c, SHUT_WR), 0);
	expect_ret(recv(p.s, buf, 8, 0), 1);
	expect_ret(recv(p.s, buf, 8, 0), 0);
}

CASE(cork)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	expect_ret(get_tcp(p.c, TCP_CORK), 0);
	expect_ret(set_tcp(p.c, TCP_CORK, 7), 0);
	expect_ret(get_tcp(p.c, TCP_CORK), 1);
	expect_ret(send(p.c, "a", 1, 0), 1);
	expect_ret(send(p.c, "b", 1, 0), 1);
	expect_ret(unsent(p.c), 2);
	expect_ret(set_tcp(p.c, TCP_CORK, 0), 0);
	expect_ret(unsent(p.c), 0);
	expect_ret(recv(p.s, buf, 8, 0), 2);
	require(wait_count(p.c, SIOCOUTQ, 0));
	/* Not for ever. */
	expect_ret(set_tcp(p.c, TCP_CORK, 1), 0);
	expect_ret(send(p.c, "c", 1, 0), 1);
	expect_ret(unsent(p.c), 1);
	expect_ret(recv(p.s, buf, 8, 0), 1);
	require(wait_count(p.c, SIOCOUTQ, 0));
	/* It is there for each segment anew. */
	expect_ret(send(p.c, "d", 1, 0), 1);
	expect_ret(unsent(p.c), 1);
	expect_ret(shutdown(p.c, SHUT_WR), 0);
	expect_ret(recv(p.s, buf, 8, 0), 1);
	expect_ret(recv(p.s, buf, 8, 0), 0);
}

/* tcp(7): NODELAY is weaker, but setting it sends what is there. */
CASE(cork_and_nodelay)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	expect_ret(set_tcp(p.c, TCP_NODELAY, 1), 0);
	expect_ret(set_tcp(p.c, TCP_CORK, 1), 0);
	expect_ret(get_tcp(p.c, TCP_NODELAY), 1);
	expect_ret(get_tcp(p.c, TCP_CORK), 1);
	expect_ret(send(p.c, "a", 1, 0), 1);
	expect_ret(unsent(p.c), 1);
	expect_ret(set_tcp(p.c, TCP_NODELAY, 1), 0);
	expect_ret(unsent(p.c), 0);
	expect_ret(recv(p.s, buf, 8, 0), 1);
	require(wait_count(p.c, SIOCOUTQ, 0));
	expect_ret(send(p.c, "b", 1, 0), 1);
	expect_ret(unsent(p.c), 1);
	expect_ret(set_tcp(p.c, TCP_CORK, 0), 0);
	expect_ret(unsent(p.c), 0);
	expect_ret(recv(p.s, buf, 8, 0), 1);
	/* And both off again. */
	expect_ret(set_tcp(p.c, TCP_NODELAY, 0), 0);
	expect_ret(get_tcp(p.c, TCP_NODELAY), 0);
}

/* An urgent byte does not wait, whatever is before it. */
CASE(cork_and_urgent)
{
	struct pair p;

	pair_open(&p);
	expect_ret(set_tcp(p.c, TCP_CORK, 1), 0);
	expect_ret(send(p.c, "a", 1, 0), 1);
	expect_ret(unsent(p.c), 1);
	expect_ret(send(p.c, "b", 1, MSG_OOB), 1);
	expect_ret(unsent(p.c), 0);
}

CASE(cork_and_close)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	expect_ret(set_tcp(p.c, TCP_CORK, 1), 0);
	expect_ret(send(p.c, "a", 1, 0), 1);
	close(p.c);
	expect_ret(recv(p.s, buf, 8, MSG_WAITALL), 1);
}

/* ---- TCP_NOTSENT_LOWAT ---- */

CASE(notsent_low_water_mark)
{
	static char buf[4096];
	struct pair p;
	size_t sent;
	ssize_t n;

	pair_open(&p);
	expect_ret(get_tcp(p.c, TCP_NOTSENT_LOWAT), 0);
	/* The peer's window is shut, and there is room in the buffer. */
	sent = fill(p.c);
	require(unsent(p.c) > 4096);
	require(!set_int(p.c, SO_SNDBUFFORCE, 8 << 20));
	expect_ret(events_now(p.c, POLLOUT), POLLOUT);
	/* Who waits is told when half of it is free, who writes may do so now. */
	n = unsent(p.c);
	expect_ret(set_tcp(p.c, TCP_NOTSENT_LOWAT, n + n / 2), 0);
	expect_ret(events_now(p.c, POLLOUT), 0);
	expect_ret(send(p.c, buf, 1, MSG_DONTWAIT), 1);
	sent++;
	expect_ret(set_tcp(p.c, TCP_NOTSENT_LOWAT, 4096), 0);
	expect_ret(get_tcp(p.c, TCP_NOTSENT_LOWAT), 4096);
	expect_ret(events_now(p.c, POLLOUT), 0);
	/* A segment that was begun can be filled; then it is over. */
	set_nonblock(p.c);
	while ((n = send(p.c, buf, sizeof(buf), 0)) > 0)
		sent += n;
	expect_errno(n, EAGAIN);
	/* Taken back, there is room. */
	expect_ret(set_tcp(p.c, TCP_NOTSENT_LOWAT, -1), 0);
	expect_ret(get_tcp(p.c, TCP_NOTSENT_LOWAT), -1);
	expect_ret(events_now(p.c, POLLOUT), POLLOUT);
	expect_ret(set_tcp(p.c, TCP_NOTSENT_LOWAT, 4096), 0);
	expect_ret(events_now(p.c, POLLOUT), 0);
	/* It comes when that is sent; it need not be acknowledged. */
	drain(p.s, sent);
	expect_ret(wait_events(p.c, POLLOUT), POLLOUT);
}

/* Whoever waits hears of a mark that was raised. */
CASE(notsent_raised)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
	int ep = epoll_create1(0);
	struct pair p;

	require(ep >= 0);
	pair_open(&p);
	fill(p.c);
	require(!set_int(p.c, SO_SNDBUFFORCE, 8 << 20));
	expect_ret(set_tcp(p.c, TCP_NOTSENT_LOWAT, 1), 0);
	require(!epoll_ctl(ep, EPOLL_CTL_ADD, p.c, &event));
	expect_ret(epoll_wait(ep, &event, 1, 0), 0);
	expect_ret(set_tcp(p.c, TCP_NOTSENT_LOWAT, -1), 0);
	expect_ret(epoll_wait(ep, &event, 1, 0), 1);
}

/* A writer that the mark holds back goes on as what he wrote is sent. */
CASE(notsent_writer)
{
	struct pair p;
	pid_t writer;

	pair_open(&p);
	expect_ret(set_tcp(p.c, TCP_NOTSENT_LOWAT, 1), 0);
	require(!set_int(p.s, SO_RCVBUF, 20000));
	writer = bytes_writer(p.c, 0, 1 << 20);
	bytes_expect(p.s, 0, 1 << 20);
	bytes_join(writer);
}

/* ---- control messages of send ---- */

CASE(control_messages)
{
	struct pair p;
	int value = 7, wrong = 1 << 20, fd = sock();
	struct msghdr msg = { .msg_control = &value, .msg_controllen = 3 };
	struct iovec iov = { "x", 1 };

	pair_open(&p);
	expect_ret(send_with(p.c, SOL_SOCKET, SO_MARK, &value, 4), 1);
	expect_errno(send_with(p.c, SOL_SOCKET, SO_MARK, &value, 3), EINVAL);
	expect_errno(send_with(p.c, SOL_SOCKET, LOST, &value, 4), EINVAL);
	expect_errno(send_with(p.c, SOL_SOCKET, SO_TIMESTAMPING, &wrong, 4),
		     EINVAL);
	/* What is not the socket's is nobody's. */
	expect_ret(send_with(p.c, SOL_IP, IP_TTL, &value, 4), 1);
	expect_ret(send_with(p.c, SOL_TCP, LOST, &value, 4), 1);
	/* A connection comes first. */
	expect_errno(send_with(fd, SOL_SOCKET, LOST, &value, 4), EPIPE);
	/* Too short to be one. */
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	expect_ret(sendmsg(p.c, &msg, 0), 1);
	expect_errno(send_with(p.c, SOL_SOCKET, SO_MARK, &value, 0), EINVAL);
	require(wait_count(p.s, SIOCINQ, 4));
}

CASE(nothing_to_nobody)
{
	int fd = sock();
	struct pair p;

	expect_errno(send(fd, "", 0, MSG_NOSIGNAL), EPIPE);
	pair_open(&p);
	expect_ret(send(p.c, "", 0, 0), 0);
	expect_ret(shutdown(p.c, SHUT_WR), 0);
	expect_errno(send(p.c, "", 0, MSG_NOSIGNAL), EPIPE);
}

int main(void)
{
	return cases_main();
}
