// SPDX-License-Identifier: GPL-2.0
/*
 * Signals: those that interrupt a call that waits, those that tell of events,
 * and SIGPIPE. What TCP does is what is wanted.
 */
#include "calls_scene.h"

#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>

/* In which all is done on loopback that is done at once, microseconds. */
#define SETTLE 70000
/* When the signal comes, and when what is waited for; milliseconds. */
#define SIGNAL_MS 300
#define END_MS 1000
#define LIMIT_MS 3000

static int signals;		/* how many came since asked last */

static void count_signal(int sig)
{
	(void)sig;
	__atomic_fetch_add(&signals, 1, __ATOMIC_RELAXED);
}

static int take_signals(void)
{
	return __atomic_exchange_n(&signals, 0, __ATOMIC_RELAXED);
}

static void catch(int sig, int flags)
{
	struct sigaction action = {
		.sa_handler = count_signal,
		.sa_flags = flags,
	};

	take_signals();
	require(!sigaction(sig, &action, NULL));
}

/* ---- calls that are interrupted ---- */

static long wait_recv(struct scene *s)
{
	char buf[64];

	return recv(s->fd, buf, sizeof(buf), 0);
}

static long wait_read(struct scene *s)
{
	char buf[64];

	return read(s->fd, buf, sizeof(buf));
}

static long wait_peek(struct scene *s)
{
	char buf[64];

	return recv(s->fd, buf, sizeof(buf), MSG_PEEK);
}

/* Has four bytes already, and wants eight. */
static long wait_for_all(struct scene *s)
{
	char buf[8];

	return recv(s->fd, buf, sizeof(buf), MSG_WAITALL);
}

static long wait_send(struct scene *s)
{
	return send(s->fd, "x", 1, MSG_NOSIGNAL);
}

/* So much that only a part of it finds room: how much is not the question. */
static long wait_send_much(struct scene *s)
{
	static char buf[8 << 20];
	long sent = send(s->fd, buf, sizeof(buf), MSG_NOSIGNAL);

	return sent > 0 ? sent == sizeof(buf) : sent;
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
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	return poll(&p, 1, LIMIT_MS);
}

static long wait_select(struct scene *s)
{
	struct timeval limit = { .tv_sec = LIMIT_MS / 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(s->fd, &set);
	return select(s->fd + 1, &set, NULL, NULL, &limit);
}

static long wait_epoll(struct scene *s)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0);

	require(!epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &ev));
	return epoll_wait(ep, &ev, 1, LIMIT_MS);
}

struct wait {
	void (*be)(struct scene *s);
	long (*call)(struct scene *s);
	const char *end;		/* what ends the waiting */
	int flags;			/* of the signal's handler */
	int limited;			/* SO_RCVTIMEO, SO_SNDTIMEO */
};

static void happen(struct scene *s, const char *name)
{
	size_t i;

	for (i = 0; i < HAPPENINGS; i++)
		if (!strcmp(happenings[i].name, name))
			break;
	require(i < HAPPENINGS);
	happenings[i].happen(s);
}

static void set_limits(int fd)
{
	struct timeval limit = { .tv_sec = LIMIT_MS / 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

/* The signal first, then what is waited for. */
static pid_t start_disturber(struct scene *s, const struct wait *w)
{
	pid_t pid = fork();

	require(pid >= 0);
	if (pid)
		return pid;
	run_first();
	usleep(SIGNAL_MS * 1000);
	kill(getppid(), SIGUSR1);
	usleep((END_MS - SIGNAL_MS) * 1000);
	happen(s, w->end);
	/* Who came must stay for a while. */
	usleep(END_MS * 1000);
	_exit(0);
}

static void play_wait(struct log *log, const void *what)
{
	const struct wait *w = what;
	double start, middle = (SIGNAL_MS + END_MS) / 2000.0;
	struct scene s;
	pid_t pid;

	scene_begin(&s);
	w->be(&s);
	require(!fcntl(s.fd, F_SETFL, 0));
	if (w->limited)
		set_limits(s.fd);
	catch(SIGUSR1, w->flags);
	start = now();
	pid = start_disturber(&s, w);
	note_result(log, "returns", w->call(&s));
	note(log, now() - start < middle ? "at the signal; " :
	     now() - start < LIMIT_MS * .0009 ? "at the end; " : "late; ");
	note(log, "%d signals; ", take_signals());
	set_nonblock(s.fd);
	if (w->call == wait_connect)
		note_result(log, "then connect", wait_connect(&s));
	note_result(log, "SO_ERROR", so_error(s.fd));
	while (waitpid(pid, NULL, 0) != pid)
		;
	scene_end(&s);
}

static void compare_wait(struct wait w)
{
	int i;

	for (i = 0; i < 4; i++) {
		w.flags = i & 1 ? SA_RESTART : 0;
		w.limited = i & 2;
		scene_compare(play_wait, &w);
	}
}

/* Not even a byte goes when the rest of the window has gone. */
static void be_stuffed(struct scene *s)
{
	be_full(s);
	fill(s->fd);
}

#define INTERRUPTS(name, state, what)					\
	CASE_FLAGS(name##_in_##state, CASE_CLASP)			\
	{								\
		compare_wait((struct wait){				\
			.be = be_##state,				\
			.call = wait_##name,				\
			.end = what,					\
		});							\
	}

INTERRUPTS(recv, established, "the peer sends")
INTERRUPTS(recv, fin_wait_2, "the peer shuts down")
INTERRUPTS(read, established, "the peer disconnects")
INTERRUPTS(peek, established, "the peer sends")
INTERRUPTS(for_all, established_unread, "the peer sends")
INTERRUPTS(recv, syn_sent, "shutdown RDWR")
INTERRUPTS(send, stuffed, "the peer reads all")
INTERRUPTS(send, syn_sent, "shutdown RDWR")
INTERRUPTS(send_much, established, "the peer disconnects")
INTERRUPTS(accept, listening, "somebody connects")
INTERRUPTS(connect, closed, "shutdown RDWR")
INTERRUPTS(connect, syn_sent, "shutdown RDWR")
INTERRUPTS(poll, established, "the peer sends")
INTERRUPTS(select, established, "the peer sends")
INTERRUPTS(epoll, established, "the peer sends")

/* A close() that waits for what is left to be acknowledged goes no further. */
CASE(linger_is_interrupted)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 60 };
	double began;
	struct pair p;
	int flags;

	for (flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
		pair_open(&p);
		fill(p.c);
		require(!setsockopt(p.c, SOL_SOCKET, SO_LINGER, &linger,
				    sizeof(linger)));
		catch(SIGALRM, flags);
		began = now();
		alarm(1);
		expect_ret(close(p.c), 0);
		expect(now() - began > 0.9 && now() - began < 30);
		expect_ret(take_signals(), 1);
		reset(p.s);
	}
}

/* ---- SIGIO ---- */

#define TELL SIGRTMIN
#define NSIGPOLL 6		/* POLL_IN to POLL_HUP */

struct start {
	void (*be)(struct scene *s);
	const struct happening *h;
};

/* Which came; how many of a kind, and in which order, says nothing. */
static void note_signals(struct log *log, const char *when, int fd)
{
	static const struct timespec none;
	long bands[NSIGPOLL + 1] = { 0 };
	siginfo_t info;
	sigset_t set;
	int i;

	sigemptyset(&set);
	sigaddset(&set, TELL);
	note(log, "%s", when);
	while (sigtimedwait(&set, &info, &none) == TELL) {
		expect_ret(info.si_fd, fd);
		require(info.si_code > 0 && info.si_code <= NSIGPOLL);
		bands[info.si_code] |= info.si_band;
	}
	for (i = 1; i <= NSIGPOLL; i++)
		if (bands[i])
			note(log, " %d:%#lx", i, bands[i]);
	note(log, "; ");
}

static void want_signals(int fd)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, TELL);
	require(!sigprocmask(SIG_BLOCK, &set, NULL));
	require(!fcntl(fd, F_SETOWN, getpid()));
	require(!fcntl(fd, F_SETSIG, TELL));
	require(!fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC));
}

static void play_async(struct log *log, const void *what)
{
	const struct start *a = what;
	struct scene s;

	catch(SIGURG, 0);
	scene_begin(&s);
	a->be(&s);
	want_signals(s.fd);
	note_signals(log, "at first", s.fd);
	a->h->happen(&s);
	usleep(SETTLE);
	note_signals(log, a->h->name, s.fd);
	require(!fcntl(s.fd, F_SETFL, O_NONBLOCK));
	a->h->happen(&s);
	usleep(SETTLE);
	note_signals(log, "no more", s.fd);
	scene_end(&s);
}

static void compare_async(void (*be)(struct scene *s))
{
	size_t i;

	for (i = 0; i < HAPPENINGS; i++) {
		struct start a = { be, &happenings[i] };

		if (!happens_otherwise(be, a.h))
			scene_compare(play_async, &a);
	}
}

#define ASYNC(name)							\
	CASE_FLAGS(async_##name, CASE_CLASP)				\
	{								\
		compare_async(be_##name);				\
	}
SCENES(ASYNC)

/* To a process group, and without a signal of one's own choice. */
CASE(async_group)
{
	struct pair p;

	pair_open(&p);
	catch(SIGIO, SA_RESTART);
	require(!fcntl(p.s, F_SETOWN, -getpgrp()));
	expect_ret(fcntl(p.s, F_GETOWN), -getpgrp());
	require(!fcntl(p.s, F_SETFL, O_ASYNC));
	expect_ret(send(p.c, "x", 1, 0), 1);
	require(wait_events(p.s, POLLIN) == POLLIN);
	expect(take_signals() >= 1);
}

/* Room is told of if it was asked for when there was none. */
CASE(async_room)
{
	struct pair p;
	size_t full;

	pair_open(&p);
	catch(SIGIO, SA_RESTART);
	require(!fcntl(p.c, F_SETOWN, getpid()));
	require(!fcntl(p.c, F_SETFL, O_ASYNC | O_NONBLOCK));
	full = fill(p.c);
	expect_ret(events_now(p.c, POLLOUT), 0);
	take_signals();
	drain(p.s, full);
	require(wait_events(p.c, POLLOUT) == POLLOUT);
	expect(take_signals() >= 1);
	expect_ret(fcntl(p.c, F_SETFL, 0), 0);
}

/* ---- SIGPIPE ---- */

static void note_pipe(struct log *log, const char *what, long result)
{
	int err = errno;

	note(log, "%d signals, ", take_signals());
	errno = err;
	note_result(log, what, result);
}

static void play_pipe(struct log *log, const void *what)
{
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	const struct start *a = what;
	struct scene s;

	catch(SIGPIPE, 0);
	scene_begin(&s);
	a->be(&s);
	note_pipe(log, "write", write(s.fd, "x", 1));
	note_pipe(log, "send", send(s.fd, "x", 1, 0));
	note_pipe(log, "quiet send", send(s.fd, "x", 1, MSG_NOSIGNAL));
	note_pipe(log, "sendmsg", sendmsg(s.fd, &msg, 0));
	note_pipe(log, "empty send", send(s.fd, "", 0, 0));
	note_pipe(log, "shutdown", shutdown(s.fd, SHUT_WR));
	note_pipe(log, "write", write(s.fd, "x", 1));
	note_pipe(log, "quiet send", send(s.fd, "x", 1, MSG_NOSIGNAL));
	note_pipe(log, "empty send", send(s.fd, "", 0, 0));
	scene_end(&s);
}

#define PIPE(name)							\
	CASE_FLAGS(pipe_##name, CASE_CLASP)				\
	{								\
		struct start a = { .be = be_##name };			\
									\
		scene_compare(play_pipe, &a);				\
	}
SCENES(PIPE)

int main(void)
{
	return cases_main();
}
