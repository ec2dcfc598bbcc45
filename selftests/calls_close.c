// SPDX-License-Identifier: GPL-2.0
/* Every way in which a connection ends, as the programs see it. */
#include "calls.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

static void linger(int fd, int seconds)
{
	struct linger lg = { .l_onoff = 1, .l_linger = seconds };

	require(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg)));
}

CASE(close_is_an_end)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	expect_ret(send(p.c, "bye", 3, 0), 3);
	close(p.c);
	expect_ret(recv(p.s, buf, sizeof(buf), MSG_WAITALL), 3);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 0);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 0);
	expect_ret(so_error(p.s), 0);
}

/* A descriptor that was copied keeps the connection. */
CASE(close_of_a_copy)
{
	struct pair p;
	char c;
	int fd;

	pair_open(&p);
	fd = dup(p.c);
	close(p.c);
	expect_errno(recv(p.s, &c, 1, MSG_DONTWAIT), EAGAIN);
	expect_ret(send(fd, "x", 1, 0), 1);
	expect_ret(recv(p.s, &c, 1, 0), 1);
	close(fd);
	expect_ret(recv(p.s, &c, 1, 0), 0);
}

/* What comes after a full close is answered by a reset. */
CASE(data_after_close)
{
	struct pair p;
	char c;

	pair_open(&p);
	close(p.c);
	expect(wait_all_events(p.s, POLLRDHUP));
	expect_ret(send(p.s, "x", 1, MSG_NOSIGNAL), 1);
	expect(wait_all_events(p.s, POLLHUP));
	/* The end had been received: that is what reading tells. */
	expect_ret(so_error(p.s), EPIPE);
	expect_ret(recv(p.s, &c, 1, 0), 0);
	expect_errno(send(p.s, "x", 1, MSG_NOSIGNAL), EPIPE);
}

CASE(close_with_unread_data)
{
	struct pair p;
	char c;

	pair_open(&p);
	expect_ret(send(p.c, "unread", 6, 0), 6);
	require(wait_events(p.s, POLLIN) == POLLIN);
	close(p.s);
	expect(wait_all_events(p.c, POLLERR | POLLHUP));
	expect_errno(recv(p.c, &c, 1, 0), ECONNRESET);
	expect_ret(recv(p.c, &c, 1, 0), 0);
	expect_errno(send(p.c, &c, 1, MSG_NOSIGNAL), EPIPE);
}

CASE(linger_zero_resets)
{
	struct pair p;
	char c, buf[8];

	pair_open(&p);
	linger(p.c, 0);
	expect_ret(send(p.c, "here", 4, 0), 4);
	require(wait_events(p.s, POLLIN) == POLLIN);
	close(p.c);
	expect(wait_all_events(p.s, POLLERR));
	/* What had arrived can still be read. */
	expect_ret(recv(p.s, buf, sizeof(buf), MSG_DONTWAIT), 4);
	expect_errno(recv(p.s, &c, 1, MSG_DONTWAIT), ECONNRESET);
}

/* close() waits until all has been acknowledged. */
CASE(linger_waits)
{
	struct pair p;
	double start;
	size_t held;
	int ready[2];
	pid_t pid;
	char c;

	pair_open(&p);
	require(!pipe(ready));
	held = fill(p.c);
	pid = fork();
	if (!pid) {
		/* The parent's must be the last descriptor of it. */
		close(p.c);
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		usleep(400000);
		drain(p.s, held);
		_exit(0);
	}
	require(read(ready[0], &c, 1) == 1);
	close(p.s);
	linger(p.c, 60);
	start = now();
	expect_ret(close(p.c), 0);
	expect(now() - start > 0.3 && now() - start < 59);
	waitpid(pid, NULL, 0);
}

/* ... but not longer than it was told to; the rest is sent all the same. */
CASE(linger_gives_up)
{
	struct pair p;
	double start;
	size_t held;
	char c;

	pair_open(&p);
	held = fill(p.c);
	linger(p.c, 1);
	start = now();
	expect_ret(close(p.c), 0);
	expect(now() - start > 0.9 && now() - start < 30);
	drain(p.s, held);
	expect_ret(recv(p.s, &c, 1, 0), 0);
}

CASE(linger_option)
{
	struct linger lg = { 0 };
	socklen_t len = sizeof(lg);
	int fd = sock();

	linger(fd, 7);
	require(!getsockopt(fd, SOL_SOCKET, SO_LINGER, &lg, &len));
	expect_ret(lg.l_onoff, 1);
	expect_ret(lg.l_linger, 7);
}

/* Data that was written before close() arrives though the writer is gone. */
CASE(orphan_delivers)
{
	struct pair p;
	char c;
	size_t held;
	pid_t pid;
	int pipefd[2];

	pair_open(&p);
	require(!pipe(pipefd));
	pid = fork();
	if (!pid) {
		close(p.s);
		held = fill(p.c);
		if (write(pipefd[1], &held, sizeof(held)) != sizeof(held))
			_exit(1);
		_exit(0);
	}
	close(p.c);
	require(waitpid(pid, NULL, 0) == pid);
	require(read(pipefd[0], &held, sizeof(held)) == sizeof(held));
	drain(p.s, held);
	expect_ret(recv(p.s, &c, 1, 0), 0);
}

static void expect_killed_peer(int unread)
{
	struct pair p;
	int ready[2];
	pid_t pid;
	char c;

	pair_open(&p);
	require(!pipe(ready));
	pid = fork();
	if (!pid) {
		close(p.c);
		if (write(ready[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	close(p.s);
	require(read(ready[0], &c, 1) == 1);
	if (unread) {
		int left = 1;

		expect_ret(send(p.c, "x", 1, 0), 1);
		/* SIOCOUTQ: until it has arrived */
		while (left && !ioctl(p.c, SIOCOUTQ, &left))
			usleep(1000);
	}
	kill(pid, SIGKILL);
	require(waitpid(pid, NULL, 0) == pid);
	if (unread) {
		expect(wait_all_events(p.c, POLLERR));
		expect_errno(recv(p.c, &c, 1, 0), ECONNRESET);
	} else {
		expect_ret(recv(p.c, &c, 1, 0), 0);
	}
}

CASE(killed_peer_ends)
{
	expect_killed_peer(0);
}

CASE(killed_peer_with_unread_data_resets)
{
	expect_killed_peer(1);
}

CASE(reset_wakes_reader)
{
	struct pair p;
	char c;

	pair_open(&p);
	linger(p.s, 0);
	if (!fork()) {
		close(p.c);
		usleep(100000);
		close(p.s);
		_exit(0);
	}
	close(p.s);
	expect_errno(recv(p.c, &c, 1, 0), ECONNRESET);
}

/* An error is told once, by whoever asks first. */
CASE(error_is_told_once)
{
	struct pair p;
	char c;

	pair_open(&p);
	linger(p.s, 0);
	close(p.s);
	expect(wait_all_events(p.c, POLLERR));
	expect_ret(so_error(p.c), ECONNRESET);
	expect_ret(so_error(p.c), 0);
	expect_ret(recv(p.c, &c, 1, 0), 0);
	expect_errno(getpeername(p.c, (void *)&p.addr,
				 &(socklen_t){ sizeof(p.addr) }), ENOTCONN);
}

CASE(both_close_at_once)
{
	struct pair p;
	char c;

	pair_open(&p);
	require(!shutdown(p.c, SHUT_WR));
	require(!shutdown(p.s, SHUT_WR));
	expect_ret(recv(p.c, &c, 1, 0), 0);
	expect_ret(recv(p.s, &c, 1, 0), 0);
	expect_ret(close(p.c), 0);
	expect_ret(close(p.s), 0);
}

/* Queued data goes before the end, however much it is. */
CASE(shutdown_flushes)
{
	struct pair p;
	size_t held;
	char c;

	pair_open(&p);
	held = fill(p.c);
	require(!shutdown(p.c, SHUT_WR));
	expect_errno(send(p.c, "x", 1, MSG_NOSIGNAL), EPIPE);
	drain(p.s, held);
	expect_ret(recv(p.s, &c, 1, 0), 0);
}

static int connect_to_itself(void)
{
	int fd = sock();

	require(!do_bind(fd, loopback()));
	require(!do_connect(fd, name_of(fd)));
	return fd;
}

/* One socket is both ends: its FIN is its peer's, and it waits for nobody. */
CASE(self_connected_ends)
{
	char buf[8] = "";
	int fd = connect_to_itself();

	expect_ret(send(fd, "echo", 4, 0), 4);
	expect_ret(shutdown(fd, SHUT_WR), 0);
	expect_errno(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	expect_ret(recv(fd, buf, 4, MSG_WAITALL), 4);
	expect(!strcmp(buf, "echo"));
	expect_ret(recv(fd, buf, sizeof(buf), 0), 0);
	expect(wait_all_events(fd, POLLHUP));
	expect_ret(so_error(fd), 0);
	expect_errno(shutdown(fd, SHUT_WR), ENOTCONN);
	expect_ret(close(fd), 0);
}

/* What was not read is its own: close() resets itself. */
CASE(self_connected_unread)
{
	union address a;
	int fd = connect_to_itself(), again;

	a = name_of(fd);
	expect_ret(send(fd, "echo", 4, 0), 4);
	require(wait_events(fd, POLLIN) == POLLIN);
	linger(fd, 5);
	expect_ret(close(fd), 0);
	/* Nothing is left of it. */
	again = sock();
	expect_ret(do_bind(again, a), 0);
}

/* All that fits goes round. */
CASE(self_connected_full)
{
	int fd = connect_to_itself();
	size_t held = fill(fd);
	char c;

	require(!shutdown(fd, SHUT_WR));
	drain(fd, held);
	expect_ret(recv(fd, &c, 1, 0), 0);
	expect(wait_all_events(fd, POLLHUP));
}

/* Who was reset before accept() is accepted all the same, and tells then. */
CASE(accept_of_reset_peer)
{
	union address a, peer;
	socklen_t len = sizeof(peer);
	int l = sock_listen(&a, 4), c = sock_connect(&a), s;
	char buf[8];

	expect_ret(send(c, "last", 4, 0), 4);
	linger(c, 0);
	close(c);
	set_nonblock(l);
	require(wait_events(l, POLLIN) == POLLIN);
	s = accept(l, &peer.any, &len);
	require(s >= 0);
	expect(wait_all_events(s, POLLERR | POLLHUP));
	expect_errno(getpeername(s, &peer.any, &len), ENOTCONN);
	expect_ret(recv(s, buf, sizeof(buf), 0), 4);
	expect_errno(recv(s, buf, sizeof(buf), 0), ECONNRESET);
	expect_ret(recv(s, buf, sizeof(buf), 0), 0);
	expect_errno(shutdown(s, SHUT_RDWR), ENOTCONN);
	expect_errno(accept(l, NULL, NULL), EAGAIN);
}

/* Closing what never was connected, in each state that this can be. */
CASE(close_unconnected)
{
	union address a;
	int fd = sock();

	expect_ret(close(fd), 0);
	fd = sock();
	require(!do_bind(fd, loopback()));
	expect_ret(close(fd), 0);
	fd = sock_listen(&a, 1);
	expect_ret(close(fd), 0);
	fd = sock_nonblock();
	expect_errno(do_connect(fd, address(BLACK_HOLE, 9)), EINPROGRESS);
	expect_ret(close(fd), 0);
}

/*
 * A new connection between the same ports gets past the TIME-WAIT of the one
 * before, since its sequence numbers are past those of the old one.
 */
CASE(same_ports_again)
{
	union address from;
	struct pair p;
	char c;
	int i;

	p.l = sock_listen(&p.addr, 4);
	from = loopback();
	for (i = 0; i < 3; i++) {
		p.c = sock();
		require(!set_int(p.c, SO_REUSEADDR, 1));
		require(!do_bind(p.c, from));
		from = name_of(p.c);
		require(!do_connect(p.c, p.addr));
		p.s = accept(p.l, NULL, NULL);
		require(p.s >= 0);
		close(p.s);
		expect_ret(recv(p.c, &c, 1, 0), 0);
		close(p.c);
	}
}

int main(void)
{
	return cases_main();
}
