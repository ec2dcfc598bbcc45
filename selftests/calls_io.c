// SPDX-License-Identifier: GPL-2.0
/* The send and receive families. */
#include "calls.h"

#include <sys/uio.h>
#include <sys/wait.h>

static struct timeval ms(int n)
{
	return (struct timeval){ .tv_sec = n / 1000,
				 .tv_usec = n % 1000 * 1000 };
}

static void expect_bytes(int fd, const char *want)
{
	size_t len = strlen(want);
	char buf[256] = "";

	expect_ret(recv(fd, buf, len, MSG_WAITALL), len);
	if (!expect(!memcmp(buf, want, len)))
		printf("# got '%s', wanted '%s'\n", buf, want);
}

CASE(every_way_to_send)
{
	struct iovec iov[3] = {
		{ "one", 3 }, { "", 0 }, { "two", 3 },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };
	struct pair p;

	pair_open(&p);
	expect_ret(write(p.c, "write", 5), 5);
	expect_bytes(p.s, "write");
	expect_ret(send(p.c, "send", 4, 0), 4);
	expect_bytes(p.s, "send");
	expect_ret(writev(p.c, iov, 3), 6);
	expect_bytes(p.s, "onetwo");
	expect_ret(sendmsg(p.s, &msg, 0), 6);
	expect_bytes(p.c, "onetwo");
	/* On a connection, an address is ignored. */
	expect_ret(sendto(p.s, "to", 2, 0, (void *)&p.addr, sizeof(p.addr)), 2);
	expect_bytes(p.c, "to");
}

CASE(every_way_to_receive)
{
	char a[4] = "", b[4] = "";
	struct iovec iov[2] = { { a, 3 }, { b, 3 } };
	union address from;
	struct msghdr msg = {
		.msg_iov = iov, .msg_iovlen = 2,
		.msg_name = &from, .msg_namelen = sizeof(from),
	};
	socklen_t len = sizeof(from);
	struct pair p;

	pair_open(&p);
	expect_ret(send(p.c, "abcdefghijklmnopqr", 18, 0), 18);
	require(wait_events(p.s, POLLIN) == POLLIN);
	expect_ret(read(p.s, a, 3), 3);
	expect(!strcmp(a, "abc"));
	expect_ret(readv(p.s, iov, 2), 6);
	expect(!strcmp(a, "def") && !strcmp(b, "ghi"));
	expect_ret(recvmsg(p.s, &msg, 0), 6);
	expect(!strcmp(a, "jkl") && !strcmp(b, "mno"));
	/* A stream tells no addresses. */
	expect_ret(msg.msg_namelen, 0);
	expect_ret(recvfrom(p.s, a, 3, 0, (void *)&from, &len), 3);
	expect(!strcmp(a, "pqr"));
}

CASE(stream_has_no_boundaries)
{
	struct pair p;
	char buf[64];
	int i;

	pair_open(&p);
	for (i = 0; i < 10; i++)
		expect_ret(send(p.c, "12345", 5, 0), 5);
	expect_ret(recv(p.s, buf, 50, MSG_WAITALL), 50);
	for (i = 0; i < 50; i++)
		expect(buf[i] == "12345"[i % 5]);
	expect_ret(send(p.c, "abcdef", 6, 0), 6);
	for (i = 0; i < 6; i++) {
		expect_ret(recv(p.s, buf, 1, 0), 1);
		expect(buf[0] == 'a' + i);
	}
}

CASE(not_connected)
{
	int fd = sock();
	char c = 0;

	expect_errno(send(fd, &c, 1, MSG_NOSIGNAL), EPIPE);
	expect_errno(recv(fd, &c, 1, 0), ENOTCONN);
	expect_errno(read(fd, &c, 1), ENOTCONN);
	expect_errno(shutdown(fd, SHUT_RDWR), ENOTCONN);
}

CASE(listener_carries_no_data)
{
	union address a;
	int l = sock_listen(&a, 1);
	char c = 0;

	expect_errno(send(l, &c, 1, MSG_NOSIGNAL), EPIPE);
	expect_errno(recv(l, &c, 1, 0), ENOTCONN);
}

CASE(zero_length)
{
	struct pair p;
	char c;

	pair_open(&p);
	expect_ret(send(p.c, "", 0, 0), 0);
	expect_ret(write(p.c, "", 0), 0);
	/* Nothing was sent, so nothing is there. */
	expect_errno(recv(p.s, &c, 1, MSG_DONTWAIT), EAGAIN);
	expect_ret(send(p.c, "x", 1, 0), 1);
	expect_bytes(p.s, "x");
	expect_ret(send(p.c, "y", 1, 0), 1);
	require(wait_events(p.s, POLLIN) == POLLIN);
	expect_ret(recv(p.s, &c, 0, 0), 0);
	expect_bytes(p.s, "y");
}

CASE(dontwait)
{
	struct pair p;
	char c;

	pair_open(&p);
	expect_errno(recv(p.c, &c, 1, MSG_DONTWAIT), EAGAIN);
	set_nonblock(p.c);
	expect_errno(recv(p.c, &c, 1, 0), EAGAIN);
	expect_errno(read(p.c, &c, 1), EAGAIN);
	expect(fill(p.c) > 0);
	expect_errno(send(p.c, &c, 1, 0), EAGAIN);
	expect_errno(write(p.c, &c, 1), EAGAIN);
}

CASE(peek)
{
	struct pair p;
	char buf[8] = "";

	pair_open(&p);
	expect_ret(send(p.c, "peek", 4, 0), 4);
	expect_ret(recv(p.s, buf, 2, MSG_PEEK), 2);
	expect(!strcmp(buf, "pe"));
	expect_ret(recv(p.s, buf, 8, MSG_PEEK), 4);
	expect(!strcmp(buf, "peek"));
	expect_bytes(p.s, "peek");
	expect_errno(recv(p.s, buf, 1, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	/* Across what were several segments. */
	expect_ret(send(p.c, "ab", 2, 0), 2);
	expect_ret(send(p.c, "cd", 2, 0), 2);
	expect_ret(recv(p.s, buf, 4, MSG_PEEK | MSG_WAITALL), 4);
	expect(!strcmp(buf, "abcd"));
	expect_bytes(p.s, "abcd");
	close(p.c);
	expect_ret(recv(p.s, buf, 1, MSG_PEEK), 0);
	expect_ret(recv(p.s, buf, 1, 0), 0);
}

static pid_t child_sends(int fd, const char *first, const char *second)
{
	pid_t pid = fork();

	require(pid >= 0);
	if (!pid) {
		send(fd, first, strlen(first), 0);
		usleep(200000);
		if (second)
			send(fd, second, strlen(second), 0);
		_exit(0);
	}
	return pid;
}

CASE(waitall)
{
	struct timeval tv = ms(1500);
	char buf[16] = "";
	struct pair p;

	pair_open(&p);
	child_sends(p.c, "half", "done");
	expect_ret(recv(p.s, buf, 8, MSG_WAITALL), 8);
	expect(!strcmp(buf, "halfdone"));
	/* Without it, the first part is enough. */
	child_sends(p.c, "half", "done");
	expect_ret(recv(p.s, buf, 8, 0), 4);
	expect_ret(recv(p.s, buf, 8, 0), 4);
	/* A time limit, and the end of the stream, end it early. */
	expect_ret(send(p.c, "part", 4, 0), 4);
	require(!setsockopt(p.s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	expect_ret(recv(p.s, buf, 8, MSG_WAITALL), 4);
	expect_ret(send(p.c, "rest", 4, 0), 4);
	require(!shutdown(p.c, SHUT_WR));
	expect_ret(recv(p.s, buf, 8, MSG_WAITALL), 4);
	expect_ret(recv(p.s, buf, 8, MSG_WAITALL), 0);
}

/* With MSG_TRUNC, a stream's bytes are counted and thrown away. */
CASE(truncate_stream)
{
	struct pair p;
	char buf[8] = "same";

	pair_open(&p);
	expect_ret(send(p.c, "gonekept", 8, 0), 8);
	require(wait_events(p.s, POLLIN) == POLLIN);
	expect_ret(recv(p.s, buf, 4, MSG_TRUNC), 4);
	expect(!strcmp(buf, "same"));
	expect_bytes(p.s, "kept");
}

/* SIGPIPEs since the last call; they are blocked, so they wait to be taken. */
static int sigpipes(void)
{
	struct timespec none = { 0 };
	sigset_t set;
	int n = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	while (sigtimedwait(&set, NULL, &none) == SIGPIPE)
		n++;
	return n;
}

CASE(broken_pipe)
{
	struct pair p;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	require(!sigprocmask(SIG_BLOCK, &set, NULL));
	pair_open(&p);
	require(!shutdown(p.c, SHUT_WR));
	expect_errno(send(p.c, "x", 1, 0), EPIPE);
	expect_ret(sigpipes(), 1);
	expect_errno(write(p.c, "x", 1), EPIPE);
	expect_ret(sigpipes(), 1);
	expect_errno(send(p.c, "x", 1, MSG_NOSIGNAL), EPIPE);
	expect_ret(sigpipes(), 0);
}

CASE(broken_pipe_kills)
{
	struct pair p;
	int status;
	pid_t pid;

	pair_open(&p);
	require(!shutdown(p.c, SHUT_WR));
	pid = fork();
	if (!pid) {
		send(p.c, "x", 1, 0);
		_exit(0);
	}
	require(waitpid(pid, &status, 0) == pid);
	expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

CASE(receive_timeout)
{
	struct timeval tv = ms(400), got = { 0 };
	socklen_t len = sizeof(got);
	struct pair p;
	double start;
	char c;

	pair_open(&p);
	require(!setsockopt(p.c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	require(!getsockopt(p.c, SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	expect_ret(got.tv_usec, 400000);
	start = now();
	expect_errno(recv(p.c, &c, 1, 0), EAGAIN);
	expect(now() - start > 0.35);
	/* It is over; the connection is not. */
	expect_ret(send(p.s, "x", 1, 0), 1);
	expect_bytes(p.c, "x");
}

CASE(send_timeout)
{
	struct timeval tv = ms(400);
	static char buf[65536];
	struct pair p;
	double start;

	pair_open(&p);
	fill(p.c);
	require(!setsockopt(p.c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	start = now();
	expect_errno(send(p.c, buf, sizeof(buf), 0), EAGAIN);
	expect(now() - start > 0.35);
}

static void on_alarm(int sig)
{
	(void)sig;
}

CASE(interrupted)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	static char buf[65536];
	struct pair p;
	char c;

	sigaction(SIGALRM, &sa, NULL);
	pair_open(&p);
	alarm(1);
	expect_errno(recv(p.c, &c, 1, 0), EINTR);
	fill(p.c);
	alarm(1);
	expect_errno(send(p.c, buf, sizeof(buf), 0), EINTR);
	alarm(60);
}

/* A writer that waits is woken by the reader, and by the end of the other. */
CASE(blocked_writer)
{
	static char buf[65536];
	struct pair p;
	size_t held;
	pid_t pid;
	int status;

	pair_open(&p);
	held = fill(p.c);
	pid = fork();
	if (!pid)
		_exit(send(p.c, buf, sizeof(buf), 0) != sizeof(buf));
	drain(p.s, held + sizeof(buf));
	require(waitpid(pid, &status, 0) == pid);
	expect_ret(status, 0);

	fill(p.c);
	pid = fork();
	if (!pid) {
		ssize_t n;

		close(p.s);
		do {
			n = send(p.c, buf, sizeof(buf), MSG_NOSIGNAL);
		} while (n > 0);
		_exit(errno);
	}
	usleep(100000);
	close(p.s);
	require(waitpid(pid, &status, 0) == pid);
	expect_ret(WEXITSTATUS(status), ECONNRESET);
}

CASE(bad_addresses)
{
	struct iovec iov = { (void *)8, 4 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct pair p;
	char c;

	pair_open(&p);
	expect_errno(send(p.c, (void *)8, 4, 0), EFAULT);
	expect_errno(sendmsg(p.c, &msg, 0), EFAULT);
	expect_errno(sendmsg(p.c, (void *)8, 0), EFAULT);
	expect_errno(recvmsg(p.c, (void *)8, MSG_DONTWAIT), EFAULT);
	expect_ret(send(p.c, "ok", 2, 0), 2);
	require(wait_events(p.s, POLLIN) == POLLIN);
	expect_errno(recv(p.s, (void *)8, 2, 0), EFAULT);
	/* What could not be copied is still there. */
	expect_bytes(p.s, "ok");
	expect_errno(recv(p.s, &c, 1, MSG_DONTWAIT), EAGAIN);
}

/* The part before a bad address is sent, and nothing of the rest. */
CASE(partly_bad_iovec)
{
	struct iovec iov[2] = { { "good", 4 }, { (void *)8, 4 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	char buf[16];
	struct pair p;
	ssize_t n;

	pair_open(&p);
	n = sendmsg(p.c, &msg, 0);
	expect(n == 4 || (n == -1 && errno == EFAULT));
	require(!shutdown(p.c, SHUT_WR));
	expect_ret(recv(p.s, buf, sizeof(buf), MSG_WAITALL), n < 0 ? 0 : n);
}

/* Somebody else reads what a peek is about to wake up for; it waits for more. */
CASE(peek_beside_reader)
{
	struct timeval tv = { .tv_sec = 5 };
	struct pair p;
	char buf[8] = "";
	int status;
	pid_t pid;

	pair_open(&p);
	require(!setsockopt(p.s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	pid = fork();
	if (!pid)
		_exit(recv(p.s, buf, sizeof(buf), MSG_PEEK) != 3 ||
		      strcmp(buf, "new"));
	run_first();
	usleep(200000);
	/* It wakes up, but runs only when this process waits. */
	expect_ret(send(p.c, "o", 1, 0), 1);
	recv(p.s, buf, 1, MSG_DONTWAIT);
	usleep(200000);
	expect_ret(send(p.c, "new", 3, 0), 3);
	require(waitpid(pid, &status, 0) == pid);
	expect_ret(status, 0);
}

/* A megabyte in one call, more than any buffer holds. */
CASE(one_big_write)
{
	size_t size = debug_env() ? 256 << 10 : 1 << 20, i;
	unsigned char *out = malloc(size), *in = malloc(size);
	struct gen g;
	struct pair p;
	pid_t pid;

	pair_open(&p);
	gen_init(&g, 7);
	gen_fill(&g, out, size);
	pid = fork();
	if (!pid)
		_exit(send(p.c, out, size, 0) != (ssize_t)size);
	expect_ret(recv(p.s, in, size, MSG_WAITALL), size);
	for (i = 0; i < size && in[i] == out[i]; i++)
		;
	expect_ret(i, size);
}

/* Both directions at once do not disturb each other. */
CASE(both_directions)
{
	static char out[2][65536], in[65536];
	struct pair p;
	int i;

	pair_open(&p);
	memset(out[0], 'c', sizeof(out[0]));
	memset(out[1], 's', sizeof(out[1]));
	for (i = 0; i < 16; i++) {
		if (!fork()) {
			send(p.c, out[0], sizeof(out[0]), 0);
			_exit(0);
		}
		if (!fork()) {
			send(p.s, out[1], sizeof(out[1]), 0);
			_exit(0);
		}
		expect_ret(recv(p.c, in, sizeof(in), MSG_WAITALL), sizeof(in));
		expect(!memcmp(in, out[1], sizeof(in)));
		expect_ret(recv(p.s, in, sizeof(in), MSG_WAITALL), sizeof(in));
		expect(!memcmp(in, out[0], sizeof(in)));
		while (waitpid(-1, NULL, 0) > 0)
			;
	}
}

/*
 * Small pieces written alternately to two sockets never lie side by side in
 * memory: the segment under way runs out of fragments long before it is full.
 */
CASE(pieces_to_two)
{
	struct pair p, q;
	char buf[128];
	int i;

	pair_open(&p);
	pair_open(&q);
	for (i = 0; i < 60; i++) {
		int flags = MSG_DONTWAIT | (i < 59 ? MSG_MORE : 0);

		expect_ret(send(p.c, "x", 1, flags), 1);
		expect_ret(send(q.c, "y", 1, flags), 1);
	}
	expect_ret(recv(p.s, buf, 60, MSG_WAITALL), 60);
	expect_ret(recv(q.s, buf, 60, MSG_WAITALL), 60);
}

int main(void)
{
	return cases_main();
}
