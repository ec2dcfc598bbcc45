// SPDX-License-Identifier: GPL-2.0
/*
 * A call that waits, and what happens to its socket meanwhile: another thread
 * of the program shuts it down or disconnects it, its peer ends or sends. What
 * TCP returns is what is wanted, and whether it waits on.
 */
#include "calls_scene.h"

#include <sys/wait.h>

#define WAIT_MS 1000

/* ---- who waits ---- */

static long wait_recv(struct scene *s)
{
	char buf[8];

	return recv(s->fd, buf, sizeof(buf), 0);
}

static long wait_peek(struct scene *s)
{
	char buf[8];

	return recv(s->fd, buf, sizeof(buf), MSG_PEEK);
}

static long wait_for_all(struct scene *s)
{
	char buf[8];

	return recv(s->fd, buf, sizeof(buf), MSG_WAITALL);
}

static long wait_send(struct scene *s)
{
	return send(s->fd, "x", 1, MSG_NOSIGNAL);
}

static long wait_accept(struct scene *s)
{
	return accept(s->fd, NULL, NULL) < 0 ? -1 : 0;
}

static long wait_connect(struct scene *s)
{
	return do_connect(s->fd, address(BLACK_HOLE, 9));
}

static long wait_poll(struct scene *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLPRI | POLLRDHUP };

	poll(&p, 1, WAIT_MS);
	return p.revents;
}

/* ---- and what happens ---- */

struct play {
	void (*be)(struct scene *s);
	long (*call)(struct scene *s);
	const struct happening *h;
};

static void play(struct log *log, const void *what)
{
	struct timeval limit = { .tv_sec = WAIT_MS / 1000 };
	const struct play *p = what;
	struct scene s;
	double start;
	char buf[8];
	pid_t pid;

	scene_begin(&s);
	p->be(&s);
	require(!fcntl(s.fd, F_SETFL, 0));
	setsockopt(s.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(s.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	pid = fork();
	if (!pid) {
		run_first();
		usleep(WAIT_MS * 1000 / 3);
		p->h->happen(&s);
		_exit(0);
	}
	start = now();
	note_result(log, p->h->name, p->call(&s));
	note(log, now() - start < WAIT_MS * .0008 ? "soon; " : "late; ");
	require(waitpid(pid, NULL, 0) == pid);
	set_nonblock(s.fd);
	note_result(log, "then poll", events_now(s.fd, POLLIN | POLLPRI |
						       POLLRDHUP));
	note_result(log, "SO_ERROR", so_error(s.fd));
	note_result(log, "recv", recv(s.fd, buf, sizeof(buf), 0));
	scene_end(&s);
}

static void compare_happenings(void (*be)(struct scene *s),
			       long (*call)(struct scene *s))
{
	size_t i;

	for (i = 0; i < HAPPENINGS; i++) {
		struct play p = { be, call, &happenings[i] };

		scene_compare(play, &p);
	}
}

#define WAITS(call, state)						\
	CASE_FLAGS(call##_in_##state, CASE_CLASP)			\
	{								\
		compare_happenings(be_##state, wait_##call);		\
	}

WAITS(recv, established)
WAITS(recv, fin_wait_1)
WAITS(recv, fin_wait_2)
WAITS(recv, syn_sent)
WAITS(peek, established)
WAITS(for_all, established_unread)
WAITS(send, full)
WAITS(send, syn_sent)
WAITS(accept, listening)
WAITS(connect, closed)
WAITS(connect, syn_sent)
WAITS(poll, established)
WAITS(poll, fin_wait_2)
WAITS(poll, close_wait)
WAITS(poll, syn_sent)
WAITS(poll, listening)

int main(void)
{
	return cases_main();
}
