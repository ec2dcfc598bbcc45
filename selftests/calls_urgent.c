// SPDX-License-Identifier: GPL-2.0
/* Urgent data, as tcp(7), socket(7) and sockatmark(3) have it. */
#include "calls.h"

#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

static atomic_int urgent;

static void on_urgent(int sig)
{
	(void)sig;
	urgent++;
}

/* SIGURG for this socket is counted from now on. */
static void count_signals(int fd)
{
	struct sigaction sa = { .sa_handler = on_urgent };

	require(!sigaction(SIGURG, &sa, NULL));
	require(!fcntl(fd, F_SETOWN, getpid()));
}

static int queued(int fd)
{
	int bytes = -1;

	require(!ioctl(fd, SIOCINQ, &bytes));
	return bytes;
}

/* Sends the middle part as urgent data, and waits until all is there. */
static void send_parts(struct pair *p, const char *before, const char *oob,
		       const char *after)
{
	int left = 1;

	expect_ret(send(p->c, before, strlen(before), 0), strlen(before));
	expect_ret(send(p->c, oob, strlen(oob), MSG_OOB), strlen(oob));
	expect_ret(send(p->c, after, strlen(after), 0), strlen(after));
	while (left && !ioctl(p->c, SIOCOUTQ, &left))
		usleep(1000);
}

static void expect_text(int fd, int flags, const char *want)
{
	char buf[64] = "";
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, flags);

	if (!expect_ret(n, strlen(want)))
		return;
	if (!expect(!strcmp(buf, want)))
		printf("# got '%s', wanted '%s'\n", buf, want);
}

/* Reads stop at the mark; the byte is not part of the stream. */
CASE(read_stops_at_mark)
{
	struct pair p;

	pair_open(&p);
	send_parts(&p, "abc", "!", "def");
	expect_ret(sockatmark(p.s), 0);
	expect_ret(queued(p.s), 3);
	expect_text(p.s, 0, "abc");
	expect_ret(sockatmark(p.s), 1);
	expect_text(p.s, MSG_OOB, "!");
	expect_ret(sockatmark(p.s), 1);
	expect_text(p.s, 0, "def");
	expect_ret(sockatmark(p.s), 0);
}

/* Whoever does not read it, loses it. */
CASE(byte_passed_is_gone)
{
	struct pair p;
	char c;

	pair_open(&p);
	send_parts(&p, "abc", "!", "def");
	expect_text(p.s, 0, "abc");
	expect_text(p.s, 0, "def");
	expect_errno(recv(p.s, &c, 1, MSG_OOB), EINVAL);
}

CASE(oob_is_read_once)
{
	struct pair p;
	char c;

	pair_open(&p);
	expect_errno(recv(p.s, &c, 1, MSG_OOB), EINVAL);
	send_parts(&p, "", "!", "x");
	expect_text(p.s, MSG_OOB | MSG_PEEK, "!");
	expect_text(p.s, MSG_OOB, "!");
	expect_errno(recv(p.s, &c, 1, MSG_OOB), EINVAL);
	expect_text(p.s, 0, "x");
}

/* Of several bytes, the last one is it. */
CASE(last_byte_is_urgent)
{
	struct pair p;

	pair_open(&p);
	send_parts(&p, "ab", "cde", "fg");
	expect_text(p.s, 0, "abcd");
	expect_text(p.s, MSG_OOB, "e");
	expect_text(p.s, 0, "fg");
}

CASE(inline_byte_stays)
{
	struct pair p;
	char c;

	pair_open(&p);
	require(!set_int(p.s, SO_OOBINLINE, 1));
	send_parts(&p, "abc", "!", "def");
	expect_ret(queued(p.s), 7);
	expect_errno(recv(p.s, &c, 1, MSG_OOB), EINVAL);
	expect_text(p.s, 0, "abc");
	expect_ret(sockatmark(p.s), 1);
	expect_text(p.s, 0, "!def");
	expect_ret(sockatmark(p.s), 0);
}

/* A peek stops at the mark, and begins behind it. */
CASE(peek_and_mark)
{
	struct pair p;

	pair_open(&p);
	send_parts(&p, "abc", "!", "def");
	expect_text(p.s, MSG_PEEK, "abc");
	expect_text(p.s, 0, "abc");
	expect_text(p.s, MSG_PEEK, "def");
	expect_ret(sockatmark(p.s), 1);
	expect_text(p.s, MSG_OOB, "!");
	expect_text(p.s, 0, "def");
}

CASE(waitall_stops_at_mark)
{
	struct pair p;

	pair_open(&p);
	send_parts(&p, "abc", "!", "def");
	expect_text(p.s, MSG_WAITALL, "abc");
}

/* A second mark makes the first byte one of the stream again. */
CASE(mark_moves_on)
{
	struct pair p;

	pair_open(&p);
	send_parts(&p, "a", "b", "");
	send_parts(&p, "c", "d", "e");
	expect_text(p.s, MSG_OOB, "d");
	expect_text(p.s, 0, "abc");
	expect_text(p.s, 0, "e");
}

/* ... unless the reader stands right before it. */
CASE(mark_moves_on_before_reader)
{
	struct pair p;

	pair_open(&p);
	send_parts(&p, "a", "b", "");
	expect_text(p.s, 0, "a");
	send_parts(&p, "c", "d", "e");
	expect_text(p.s, 0, "c");
	expect_text(p.s, MSG_OOB, "d");
	expect_text(p.s, 0, "e");
}

CASE(signal_for_each_mark)
{
	struct pair p;

	pair_open(&p);
	count_signals(p.s);
	send_parts(&p, "abc", "!", "");
	expect_ret(urgent, 1);
	send_parts(&p, "def", "!", "ghi");
	expect_ret(urgent, 2);
}

CASE(signal_interrupts_read)
{
	struct sigaction sa = { .sa_handler = on_urgent };
	struct pair p;
	char c;

	pair_open(&p);
	count_signals(p.s);
	require(!sigaction(SIGURG, &sa, NULL));
	if (!fork()) {
		close(p.s);
		usleep(100000);
		send(p.c, "!", 1, MSG_OOB);
		pause();
	}
	expect_errno(recv(p.s, &c, 1, 0), EINTR);
	expect_ret(urgent, 1);
}

CASE(poll_urgent)
{
	struct pair p;
	char c;

	pair_open(&p);
	expect_ret(events_now(p.s, POLLPRI), 0);
	send_parts(&p, "", "!", "");
	expect_ret(wait_events(p.s, POLLPRI), POLLPRI);
	/* The byte itself is nothing to be read, one behind it is. */
	expect_ret(events_now(p.s, POLLIN), 0);
	send_parts(&p, "x", "", "");
	expect_ret(events_now(p.s, POLLIN | POLLPRI), POLLIN | POLLPRI);
	expect_ret(recv(p.s, &c, 1, MSG_OOB), 1);
	expect_ret(events_now(p.s, POLLIN | POLLPRI), POLLIN);
}

CASE(poll_urgent_inline)
{
	struct pair p;

	pair_open(&p);
	require(!set_int(p.s, SO_OOBINLINE, 1));
	send_parts(&p, "", "!", "");
	expect_ret(wait_events(p.s, POLLIN | POLLPRI), POLLIN | POLLPRI);
	expect_text(p.s, 0, "!");
	expect_ret(events_now(p.s, POLLIN | POLLPRI), 0);
}

CASE(epoll_edge_urgent)
{
	struct epoll_event ev = { .events = EPOLLPRI | EPOLLET }, got;
	int ep = epoll_create1(0);
	struct pair p;

	pair_open(&p);
	require(!epoll_ctl(ep, EPOLL_CTL_ADD, p.s, &ev));
	expect_ret(epoll_wait(ep, &got, 1, 0), 0);
	send_parts(&p, "", "1", "");
	expect_ret(epoll_wait(ep, &got, 1, 10000), 1);
	expect_ret(epoll_wait(ep, &got, 1, 0), 0);
	send_parts(&p, "", "2", "");
	expect_ret(epoll_wait(ep, &got, 1, 10000), 1);
}

CASE(message_says_oob)
{
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct pair p;

	pair_open(&p);
	send_parts(&p, "a", "!", "");
	expect_ret(recvmsg(p.s, &msg, 0), 1);
	expect_ret(msg.msg_flags & MSG_OOB, 0);
	expect_ret(recvmsg(p.s, &msg, MSG_OOB), 1);
	expect_ret(msg.msg_flags & MSG_OOB, MSG_OOB);
}

/* MSG_OOB never waits, and says so. */
CASE(oob_in_other_states)
{
	union address a;
	struct pair p;
	char c;
	int fd = sock();

	expect_errno(recv(fd, &c, 1, MSG_OOB), EINVAL);
	expect_errno(send(fd, &c, 1, MSG_OOB | MSG_NOSIGNAL), EPIPE);
	expect_ret(sockatmark(fd), 0);
	fd = sock_listen(&a, 1);
	expect_errno(recv(fd, &c, 1, MSG_OOB), ENOTCONN);
	expect_errno(send(fd, &c, 1, MSG_OOB | MSG_NOSIGNAL), EPIPE);
	expect_ret(sockatmark(fd), 0);
	pair_open(&p);
	send_parts(&p, "a", "!", "b");
	require(!shutdown(p.c, SHUT_WR));
	expect(wait_all_events(p.s, POLLRDHUP));
	expect_errno(send(p.c, "x", 1, MSG_OOB | MSG_NOSIGNAL), EPIPE);
	expect_text(p.s, 0, "a");
	expect_text(p.s, MSG_OOB, "!");
	expect_text(p.s, 0, "b");
	expect_ret(recv(p.s, &c, 1, 0), 0);
}

CASE(oob_lengths)
{
	struct pair p;
	char c;

	pair_open(&p);
	expect_ret(send(p.c, "", 0, MSG_OOB), 0);
	send_parts(&p, "a", "!", "");
	expect_ret(recv(p.s, &c, 0, MSG_OOB | MSG_PEEK), 0);
	expect_text(p.s, MSG_OOB, "!");
}

/* The peer's window is shut: it learns that something urgent comes. */
CASE(notice_though_window_shut)
{
	struct pair p;
	char c;
	int tries;
	size_t held;

	pair_open(&p);
	count_signals(p.s);
	require(!set_int(p.c, SO_SNDBUF, 4096));
	held = fill(p.c);
	require(!set_int(p.c, SO_SNDBUF, 1 << 16));
	require(send(p.c, "!", 1, MSG_OOB) == 1);
	for (tries = 0; !urgent && tries < 3000; tries++)
		usleep(10000);
	expect_ret(urgent, 1);
	expect_errno(recv(p.s, &c, 1, MSG_OOB), EAGAIN);
	drain(p.s, held);
	expect(wait_all_events(p.s, POLLPRI));
	expect_text(p.s, MSG_OOB, "!");
}

/* A megabyte of urgent data: every byte comes, and the mark is its end. */
CASE(long_urgent_data)
{
	static char data[256 << 10], got[sizeof(data)];
	size_t done = 0, i;
	struct pair p;
	ssize_t n;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (i * 7) ^ (i >> 8);
	pair_open(&p);
	require(!set_int(p.s, SO_OOBINLINE, 1));
	if (!fork()) {
		send(p.c, data, sizeof(data), MSG_OOB);
		close(p.c);
		_exit(0);
	}
	close(p.c);
	while ((n = recv(p.s, got + done, sizeof(got) - done, 0)) > 0)
		done += n;
	expect_ret(done, sizeof(data));
	expect(!memcmp(data, got, sizeof(data)));
}

int main(void)
{
	return cases_main();
}
