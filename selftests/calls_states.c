// SPDX-License-Identifier: GPL-2.0
/*
 * Every call in every state. For each state of a socket, any two calls are made
 * one after the other, and then it is asked what there is to be seen, and its
 * peer too. What TCP returns is what is wanted.
 */
#include "calls_scene.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include <linux/sockios.h>

/* ---- the calls ---- */

static long call_shut_rd(struct scene *s)
{
	return shutdown(s->fd, SHUT_RD);
}

static long call_shut_wr(struct scene *s)
{
	return shutdown(s->fd, SHUT_WR);
}

static long call_shut_rdwr(struct scene *s)
{
	return shutdown(s->fd, SHUT_RDWR);
}

static long call_send(struct scene *s)
{
	return send(s->fd, "x", 1, MSG_NOSIGNAL);
}

static long call_send_oob(struct scene *s)
{
	return send(s->fd, "!", 1, MSG_NOSIGNAL | MSG_OOB);
}

static long call_recv(struct scene *s)
{
	char buf[64];

	return recv(s->fd, buf, sizeof(buf), 0);
}

static long call_recv_oob(struct scene *s)
{
	char c;

	return recv(s->fd, &c, 1, MSG_OOB);
}

static long call_peek(struct scene *s)
{
	char c;

	return recv(s->fd, &c, 1, MSG_PEEK);
}

/* Into a pipe that is made for it, and goes with what it got. */
static long call_splice(struct scene *s)
{
	int pipe_fd[2];
	long got;

	require(!pipe(pipe_fd));
	got = splice(s->fd, NULL, pipe_fd[1], NULL, 64, 0);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	return got;
}

static long call_sendfile(struct scene *s)
{
	static int file = -1;
	off_t at = 0;

	if (file < 0) {
		file = memfd_create("states", 0);
		require(file >= 0 && write(file, "f", 1) == 1);
		signal(SIGPIPE, SIG_IGN);
	}
	return sendfile(s->fd, file, &at, 1);
}

static long call_connect(struct scene *s)
{
	return do_connect(s->fd, s->addr);
}

static long call_disconnect(struct scene *s)
{
	return disconnect(s->fd);
}

static long call_bind(struct scene *s)
{
	return do_bind(s->fd, loopback());
}

static long call_listen(struct scene *s)
{
	return listen(s->fd, 1);
}

static long call_accept(struct scene *s)
{
	return accept(s->fd, NULL, NULL) < 0 ? -1 : 0;
}

static long call_poll(struct scene *s)
{
	return events_now(s->fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP);
}

static long call_error(struct scene *s)
{
	return so_error(s->fd);
}

static long call_getpeername(struct scene *s)
{
	union address a;
	socklen_t len = sizeof(a);

	return getpeername(s->fd, &a.any, &len);
}

static long call_inq(struct scene *s)
{
	int value;

	return ioctl(s->fd, SIOCINQ, &value) ?: value;
}

static long call_atmark(struct scene *s)
{
	int value;

	return ioctl(s->fd, SIOCATMARK, &value) ?: value;
}

static const struct {
	const char *name;
	long (*call)(struct scene *s);
} calls[] = {
	/* CHANGES of them change the socket most: */
	{ "shutdown RD", call_shut_rd },
	{ "shutdown WR", call_shut_wr },
	{ "shutdown RDWR", call_shut_rdwr },
	{ "send", call_send },
	{ "recv", call_recv },
	{ "connect AF_UNSPEC", call_disconnect },
	/* The others: */
	{ "send OOB", call_send_oob },
	{ "recv OOB", call_recv_oob },
	{ "peek", call_peek },
	{ "splice", call_splice },
	{ "sendfile", call_sendfile },
	{ "connect", call_connect },
	{ "bind", call_bind },
	{ "listen", call_listen },
	{ "accept", call_accept },
	{ "poll", call_poll },
	{ "SO_ERROR", call_error },
	{ "getpeername", call_getpeername },
	{ "SIOCINQ", call_inq },
	{ "SIOCATMARK", call_atmark },
};

#define CHANGES 6
#define CALLS (sizeof(calls) / sizeof(*calls))

/* ---- what there is to be seen afterwards ---- */

static void look(struct log *log, const char *who, int fd)
{
	char buf[8];

	note_result(log, who, events_now(fd, POLLIN | POLLOUT | POLLRDHUP));
	note_result(log, "recv", recv(fd, buf, sizeof(buf), 0));
	note_result(log, "SO_ERROR", so_error(fd));
	note_result(log, "recv", recv(fd, buf, sizeof(buf), 0));
	note_result(log, "send", send(fd, "x", 1, MSG_NOSIGNAL));
	note_result(log, "poll", events_now(fd, POLLIN | POLLOUT | POLLRDHUP));
}

/* A state, and two calls in it. */
struct play {
	void (*be)(struct scene *s);
	int first, second;
};

static void play(struct log *log, const void *what)
{
	const struct play *p = what;
	struct scene s;

	scene_begin(&s);
	p->be(&s);
	note_result(log, calls[p->first].name, calls[p->first].call(&s));
	note_result(log, calls[p->second].name, calls[p->second].call(&s));
	look(log, "then poll", s.fd);
	if (s.peer >= 0)
		look(log, "the peer's poll", s.peer);
	scene_end(&s);
}

static void compare_calls(void (*be)(struct scene *s), size_t firsts)
{
	size_t i;

	for (i = 0; i < firsts * CALLS; i += stride_env()) {
		struct play p = { be, i / CALLS, i % CALLS };

		scene_compare(play, &p);
	}
}

#define STATE_OF(name, firsts)						\
	CASE_FLAGS(name, CASE_CLASP)					\
	{								\
		compare_calls(be_##name, firsts);			\
	}
#define STATE(name) STATE_OF(name, CALLS)
/* A full buffer takes its time to make. */
#define STATE_FULL(name) STATE_OF(name, CHANGES)

STATE(closed)
STATE(bound)
STATE(listening)
STATE(refused)
STATE(syn_sent)
STATE(established)
STATE(accepted)
STATE(established_unread)
STATE_FULL(full)
STATE_FULL(fin_wait_1)
STATE(fin_wait_2)
STATE(close_wait)
STATE(close_wait_unread)
STATE_FULL(last_ack)
STATE_FULL(closing)
STATE(time_wait)
STATE(over)
STATE(was_reset)
STATE(reset_unread)
STATE(reset_in_close_wait)

int main(void)
{
	return cases_main();
}
