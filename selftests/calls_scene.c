// SPDX-License-Identifier: GPL-2.0
/* Sockets in each state, for tests that compare with TCP. */
#include "calls_scene.h"

#include <stdarg.h>

#include "ksft.h"

void note(struct log *log, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log->len += vsnprintf(log->text + log->len, LOG_SIZE - log->len, fmt,
			      ap);
	va_end(ap);
	require(log->len < LOG_SIZE);
}

void note_result(struct log *log, const char *what, long result)
{
	if (result < 0)
		note(log, "%s %s; ", what, strerrorname_np(errno));
	else
		note(log, "%s %ld; ", what, result);
}

void reset(int fd)
{
	struct linger lg = { .l_onoff = 1 };

	require(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg)));
	close(fd);
}

int disconnect(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	return connect(fd, &none, sizeof(none));
}

void scene_compare(void (*play)(struct log *log, const void *what),
		   const void *what)
{
	int clasp = proto;
	struct log want = { .len = 0 }, got = { .len = 0 };

	proto = IPPROTO_TCP;
	play(&want, what);
	proto = clasp;
	play(&got, what);
	if (!strcmp(want.text, got.text))
		return;
	case_failed(__FILE__, __LINE__, "CLASP does what TCP does");
	ksft_print_msg("TCP:   %s\n", want.text);
	ksft_print_msg("CLASP: %s\n", got.text);
}

void scene_begin(struct scene *s)
{
	s->peer = -1;
	s->visitor = -1;
	s->l = sock_listen(&s->addr, 4);
	set_nonblock(s->l);
}

void scene_end(struct scene *s)
{
	int fd;

	while ((fd = accept(s->l, NULL, NULL)) >= 0)
		reset(fd);
	close(s->l);
	reset(s->fd);
	if (s->peer >= 0)
		reset(s->peer);
	if (s->visitor >= 0)
		reset(s->visitor);
}

void be_closed(struct scene *s)
{
	s->fd = sock_nonblock();
}

void be_bound(struct scene *s)
{
	be_closed(s);
	require(!do_bind(s->fd, loopback()));
}

void be_listening(struct scene *s)
{
	be_bound(s);
	require(!listen(s->fd, 4));
}

void be_refused(struct scene *s)
{
	be_closed(s);
	do_connect(s->fd, address("127.0.0.1", 1));
	require(wait_all_events(s->fd, POLLERR));
}

void be_syn_sent(struct scene *s)
{
	be_closed(s);
	expect_errno(do_connect(s->fd, address(BLACK_HOLE, 9)), EINPROGRESS);
}

void be_established(struct scene *s)
{
	be_closed(s);
	expect_errno(do_connect(s->fd, s->addr), EINPROGRESS);
	require(wait_events(s->fd, POLLOUT) == POLLOUT);
	/* The last ACK of the handshake may still be on its way. */
	require(wait_events(s->l, POLLIN) == POLLIN);
	s->peer = accept4(s->l, NULL, NULL, SOCK_NONBLOCK);
	require(s->peer >= 0);
	/* The first call after success says so. */
	require(!do_connect(s->fd, s->addr));
}

void be_accepted(struct scene *s)
{
	int fd;

	be_established(s);
	fd = s->fd;
	s->fd = s->peer;
	s->peer = fd;
}

void be_established_unread(struct scene *s)
{
	be_established(s);
	require(send(s->peer, "data", 4, 0) == 4);
	require(wait_events(s->fd, POLLIN) == POLLIN);
}

void be_full(struct scene *s)
{
	struct pollfd room = { .events = POLLOUT };
	static char buf[16384];

	be_established(s);
	require(!set_int(s->fd, SO_SNDBUF, 4096));
	room.fd = s->fd;
	do {
		while (send(s->fd, buf, sizeof(buf), 0) > 0)
			;
	} while (poll(&room, 1, 60));
}

void be_fin_wait_1(struct scene *s)
{
	be_full(s);
	require(!shutdown(s->fd, SHUT_WR));
}

void be_fin_wait_2(struct scene *s)
{
	be_established(s);
	require(!shutdown(s->fd, SHUT_WR));
	require(wait_all_events(s->peer, POLLRDHUP));
}

void be_close_wait(struct scene *s)
{
	be_established(s);
	require(!shutdown(s->peer, SHUT_WR));
	require(wait_all_events(s->fd, POLLRDHUP));
}

void be_close_wait_unread(struct scene *s)
{
	be_established_unread(s);
	require(!shutdown(s->peer, SHUT_WR));
	require(wait_all_events(s->fd, POLLRDHUP));
}

void be_last_ack(struct scene *s)
{
	be_full(s);
	require(!shutdown(s->peer, SHUT_WR));
	require(wait_all_events(s->fd, POLLRDHUP));
	require(!shutdown(s->fd, SHUT_WR));
}

void be_closing(struct scene *s)
{
	be_fin_wait_1(s);
	require(!shutdown(s->peer, SHUT_WR));
	require(wait_all_events(s->fd, POLLRDHUP));
}

void be_time_wait(struct scene *s)
{
	be_fin_wait_2(s);
	require(!shutdown(s->peer, SHUT_WR));
	require(wait_all_events(s->fd, POLLHUP));
}

void be_over(struct scene *s)
{
	be_close_wait(s);
	require(!shutdown(s->fd, SHUT_WR));
	require(wait_all_events(s->peer, POLLHUP));
}

void be_was_reset(struct scene *s)
{
	be_established(s);
	reset(s->peer);
	s->peer = -1;
	require(wait_all_events(s->fd, POLLHUP));
}

void be_reset_unread(struct scene *s)
{
	be_established_unread(s);
	reset(s->peer);
	s->peer = -1;
	require(wait_all_events(s->fd, POLLHUP));
}

void be_reset_in_close_wait(struct scene *s)
{
	be_close_wait(s);
	reset(s->peer);
	s->peer = -1;
	require(wait_all_events(s->fd, POLLHUP));
}
