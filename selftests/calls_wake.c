// SPDX-License-Identifier: GPL-2.0
/*
 * A call that waits, and what happens to its socket meanwhile: another thread
 * of the program shuts it down or disconnects it, its peer ends or sends. What
 * TCP returns is what is wanted, and whether it waits on.
 */
#include "calls_scene.h"

#include <sys/wait.h>

#include "ksft.h"

#define WAIT_MS 300

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
	return do_connect(s->fd, addr4(BLACK_HOLE, 9));
}

static long wait_poll(struct scene *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLPRI | POLLRDHUP };

	poll(&p, 1, WAIT_MS);
	return p.revents;
}

/* ---- what happens ---- */

static void shut_rd(struct scene *s)
{
	shutdown(s->fd, SHUT_RD);
}

static void shut_wr(struct scene *s)
{
	shutdown(s->fd, SHUT_WR);
}

static void shut_rdwr(struct scene *s)
{
	shutdown(s->fd, SHUT_RDWR);
}

static void be_disconnected(struct scene *s)
{
	disconnect(s->fd);
}

/* Gone and back before whoever waits can look. */
static void connect_again(struct scene *s)
{
	disconnect(s->fd);
	fcntl(s->fd, F_SETFL, O_NONBLOCK);
	do_connect(s->fd, s->addr);
	fcntl(s->fd, F_SETFL, 0);
}

static void listen_again(struct scene *s)
{
	disconnect(s->fd);
	listen(s->fd, 4);
}

static void peer_sends(struct scene *s)
{
	send(s->peer, "data", 4, MSG_NOSIGNAL);
}

static void peer_sends_urgent(struct scene *s)
{
	send(s->peer, "!", 1, MSG_NOSIGNAL | MSG_OOB);
}

static void peer_shuts(struct scene *s)
{
	shutdown(s->peer, SHUT_WR);
}

static void peer_resets(struct scene *s)
{
	disconnect(s->peer);
}

static void nothing(struct scene *s)
{
	(void)s;
}

static const struct {
	const char *name;
	void (*happen)(struct scene *s);
} happenings[] = {
	{ "nothing", nothing },
	{ "shutdown RD", shut_rd },
	{ "shutdown WR", shut_wr },
	{ "shutdown RDWR", shut_rdwr },
	{ "connect AF_UNSPEC", be_disconnected },
	{ "connect AF_UNSPEC and again", connect_again },
	{ "connect AF_UNSPEC and listen", listen_again },
	{ "the peer sends", peer_sends },
	{ "the peer sends urgent data", peer_sends_urgent },
	{ "the peer shuts down", peer_shuts },
	{ "the peer disconnects", peer_resets },
};

#define HAPPENINGS (sizeof(happenings) / sizeof(*happenings))

static void play(struct log *log, void (*be)(struct scene *s),
		 long (*call)(struct scene *s), int what)
{
	struct timeval limit = { .tv_usec = WAIT_MS * 1000 };
	struct scene s;
	double start;
	char buf[8];
	pid_t pid;

	log->len = 0;
	scene_begin(&s);
	be(&s);
	require(!fcntl(s.fd, F_SETFL, 0));
	setsockopt(s.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(s.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	pid = fork();
	if (!pid) {
		run_first();
		usleep(WAIT_MS * 1000 / 3);
		happenings[what].happen(&s);
		_exit(0);
	}
	start = now();
	note_result(log, happenings[what].name, call(&s));
	note(log, now() - start < WAIT_MS * .0008 ? "soon; " : "late; ");
	require(waitpid(pid, NULL, 0) == pid);
	set_nonblock(s.fd);
	note_result(log, "then poll", events_now(s.fd, POLLIN | POLLPRI |
						       POLLRDHUP));
	note_result(log, "SO_ERROR", so_error(s.fd));
	note_result(log, "recv", recv(s.fd, buf, sizeof(buf), 0));
	scene_end(&s);
}

static void compare(void (*be)(struct scene *s), long (*call)(struct scene *s))
{
	int clasp = proto;
	struct log want, got;
	size_t i;

	for (i = 0; i < HAPPENINGS; i++) {
		proto = IPPROTO_TCP;
		play(&want, be, call, i);
		proto = clasp;
		play(&got, be, call, i);
		if (!strcmp(want.text, got.text))
			continue;
		case_failed(__FILE__, __LINE__, "CLASP does what TCP does");
		ksft_print_msg("TCP:   %s\n", want.text);
		ksft_print_msg("CLASP: %s\n", got.text);
	}
}

#define WAITS(call, state)						\
	CASE_FLAGS(call##_in_##state, CASE_CLASP)			\
	{								\
		compare(be_##state, wait_##call);			\
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
