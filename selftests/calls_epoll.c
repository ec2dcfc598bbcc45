// SPDX-License-Identifier: GPL-2.0
/*
 * What poll(), select() and epoll tell of a socket in each state, and which
 * edges there are for whatever happens to it then. What TCP tells is what is
 * wanted.
 */
#include "calls_scene.h"

#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>

#define EVERYTHING (EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP |	\
		    EPOLLRDNORM | EPOLLRDBAND | EPOLLWRNORM |		\
		    EPOLLWRBAND | EPOLLMSG)
/* In which all is done on loopback that is done at once, microseconds. */
#define SETTLE 70000

static int epoll_with(int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	require(ep >= 0);
	require(!epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	return ep;
}

/* The events of the one socket in the set, 0 if there are none. */
static int epoll_events(int ep, int timeout_ms)
{
	struct epoll_event ev = { 0 };
	int n = epoll_wait(ep, &ev, 1, timeout_ms);

	require(n >= 0);
	return n ? (int)ev.events : 0;
}

/* ---- levels ---- */

static int select_bits(int fd)
{
	struct timeval none = { 0 };
	fd_set r, w, x;

	FD_ZERO(&r);
	FD_SET(fd, &r);
	w = r;
	x = r;
	require(select(fd + 1, &r, &w, &x, &none) >= 0);
	return FD_ISSET(fd, &r) | FD_ISSET(fd, &w) << 1 | FD_ISSET(fd, &x) << 2;
}

static void note_levels(struct log *log, int fd)
{
	int ep = epoll_with(fd, EVERYTHING);

	note(log, "poll %#x; ", events_now(fd, EVERYTHING));
	note(log, "level %#x; ", epoll_events(ep, 0));
	note(log, "again %#x; ", epoll_events(ep, 0));
	note(log, "select %d; ", select_bits(fd));
	close(ep);
}

/* ---- edges ---- */

/* Who wants only one kind of event is not woken by the others. */
static const unsigned int wants[] = {
	EVERYTHING, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP, 0,
};

#define WATCHERS (sizeof(wants) / sizeof(*wants))

static void note_edges(struct log *log, const char *when, const int *ep)
{
	size_t i;

	note(log, "%s", when);
	for (i = 0; i < WATCHERS; i++)
		note(log, " %#x", epoll_events(ep[i], 0));
	note(log, "; ");
}

struct play {
	void (*be)(struct scene *s);
	const struct happening *h;
};

static void play(struct log *log, const void *what)
{
	const struct play *p = what;
	int ep[WATCHERS];
	struct scene s;
	size_t i;

	scene_begin(&s);
	p->be(&s);
	usleep(SETTLE);
	for (i = 0; i < WATCHERS; i++)
		ep[i] = epoll_with(s.fd, wants[i] | EPOLLET);
	note_edges(log, "at first", ep);
	note_edges(log, "no news", ep);
	p->h->happen(&s);
	usleep(SETTLE);
	note_edges(log, p->h->name, ep);
	note_levels(log, s.fd);
	/* Once more of the same, with nothing of the first taken away. */
	if (s.visitor < 0)
		p->h->happen(&s);
	usleep(SETTLE);
	note_edges(log, "again", ep);
	for (i = 0; i < WATCHERS; i++)
		close(ep[i]);
	scene_end(&s);
}

static void compare_edges(void (*be)(struct scene *s))
{
	size_t i;

	for (i = 0; i < HAPPENINGS; i++) {
		struct play p = { be, &happenings[i] };

		if (!happens_otherwise(be, p.h))
			scene_compare(play, &p);
	}
}

#define STATE(name)							\
	CASE_FLAGS(edges_##name, CASE_CLASP)				\
	{								\
		compare_edges(be_##name);				\
	}
SCENES(STATE)

/* ---- the ways to watch ---- */

CASE(oneshot)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLONESHOT };
	struct pair p;
	int ep;

	pair_open(&p);
	ep = epoll_with(p.s, EPOLLIN | EPOLLONESHOT);
	expect_ret(epoll_events(ep, 0), 0);
	expect_ret(send(p.c, "x", 1, 0), 1);
	expect_ret(epoll_events(ep, 10000), EPOLLIN);
	expect_ret(epoll_events(ep, 0), 0);
	/* Neither news nor the end are told before it is armed again. */
	expect_ret(send(p.c, "y", 1, 0), 1);
	require(!shutdown(p.c, SHUT_WR));
	require(wait_all_events(p.s, POLLRDHUP));
	expect_ret(epoll_events(ep, 0), 0);
	require(!epoll_ctl(ep, EPOLL_CTL_MOD, p.s, &ev));
	expect_ret(epoll_events(ep, 10000), EPOLLIN);
	expect_ret(epoll_events(ep, 0), 0);
}

/* Changing what is wanted tells at once of what is there already. */
CASE(modified)
{
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
	struct pair p;
	int ep;

	pair_open(&p);
	ep = epoll_with(p.s, EPOLLIN | EPOLLET);
	expect_ret(epoll_events(ep, 0), 0);
	require(!epoll_ctl(ep, EPOLL_CTL_MOD, p.s, &ev));
	expect_ret(epoll_events(ep, 0), EPOLLOUT);
	expect_ret(epoll_events(ep, 0), 0);
	require(!epoll_ctl(ep, EPOLL_CTL_MOD, p.s, &ev));
	expect_ret(epoll_events(ep, 0), EPOLLOUT);
	require(!epoll_ctl(ep, EPOLL_CTL_DEL, p.s, NULL));
	expect_errno(epoll_ctl(ep, EPOLL_CTL_MOD, p.s, &ev), ENOENT);
}

CASE(exclusive)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	union address a;
	int l = sock_listen(&a, 8), ep = epoll_create1(0);

	require(!epoll_ctl(ep, EPOLL_CTL_ADD, l, &ev));
	expect_errno(epoll_ctl(ep, EPOLL_CTL_MOD, l, &ev), EINVAL);
	sock_connect(&a);
	expect_ret(epoll_events(ep, 10000), EPOLLIN);
	require(!epoll_ctl(ep, EPOLL_CTL_DEL, l, &ev));
	ev.events |= EPOLLRDHUP;
	expect_errno(epoll_ctl(ep, EPOLL_CTL_ADD, l, &ev), EINVAL);
}

/* Two sets of one process each have their edge; a duplicate has one, too. */
CASE(two_sets)
{
	struct pair p;
	int one, two;

	pair_open(&p);
	one = epoll_with(p.s, EPOLLIN | EPOLLET);
	two = epoll_with(dup(p.s), EPOLLIN | EPOLLET);
	expect_ret(send(p.c, "x", 1, 0), 1);
	expect_ret(epoll_events(one, 10000), EPOLLIN);
	expect_ret(epoll_events(two, 10000), EPOLLIN);
}

/* A set in a set. */
CASE(nested)
{
	struct pair p;
	int inner, outer;

	pair_open(&p);
	inner = epoll_with(p.s, EPOLLIN | EPOLLET);
	outer = epoll_with(inner, EPOLLIN | EPOLLET);
	expect_ret(epoll_events(outer, 0), 0);
	expect_ret(send(p.c, "x", 1, 0), 1);
	expect_ret(epoll_events(outer, 10000), EPOLLIN);
	expect_ret(epoll_events(inner, 0), EPOLLIN);
}

/* ---- SO_RCVLOWAT ---- */

/* Too few bytes are no edge; enough are, and so is the end. */
static void play_low_water(struct log *log, const void *what)
{
	int mark = *(const int *)what, ep, i;
	struct pair p;
	char buf[64];

	pair_open(&p);
	require(!set_int(p.s, SO_RCVLOWAT, mark));
	ep = epoll_with(p.s, EVERYTHING | EPOLLET);
	note(log, "at first %#x; ", epoll_events(ep, 0));
	for (i = 1; i <= 8; i++) {
		require(send(p.c, "xy", 2, 0) == 2);
		usleep(SETTLE);
		note(log, "%d bytes %#x, poll %#x; ", 2 * i,
		     epoll_events(ep, 0), events_now(p.s, EVERYTHING));
	}
	note_result(log, "recv", recv(p.s, buf, 15, MSG_DONTWAIT));
	note(log, "left %#x, poll %#x; ", epoll_events(ep, 0),
	     events_now(p.s, EVERYTHING));
	/* A lower mark makes what is there enough. */
	require(!set_int(p.s, SO_RCVLOWAT, 1));
	note(log, "lower %#x, poll %#x; ", epoll_events(ep, 0),
	     events_now(p.s, EVERYTHING));
	require(!set_int(p.s, SO_RCVLOWAT, mark));
	require(!shutdown(p.c, SHUT_WR));
	usleep(SETTLE);
	note(log, "the end %#x, poll %#x; ", epoll_events(ep, 0),
	     events_now(p.s, EVERYTHING));
	close(ep);
	close(p.l);
	reset(p.c);
	reset(p.s);
}

CASE_FLAGS(low_water_edges, CASE_CLASP)
{
	static const int marks[] = { 0, 1, 2, 5, 8, 15, 16, 17, 1000000 };
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		scene_compare(play_low_water, &marks[i]);
}

/* ---- a program of edges ---- */

#define STREAM (3 << 20)

struct stream {
	int fd, ep;
	size_t sent, got;
	int ended;
};

static void stream_send(struct stream *st)
{
	static char buf[20000];

	while (st->sent < STREAM) {
		size_t left = STREAM - st->sent;
		ssize_t n;

		memset(buf, 'x', sizeof(buf));
		n = send(st->fd, buf, left < sizeof(buf) ? left : sizeof(buf),
			 MSG_NOSIGNAL);
		if (n < 0) {
			require(errno == EAGAIN);
			return;
		}
		st->sent += n;
		if (st->sent == STREAM)
			require(!shutdown(st->fd, SHUT_WR));
	}
}

static void stream_receive(struct stream *st)
{
	static char buf[30000];
	ssize_t n;

	while (!st->ended) {
		n = recv(st->fd, buf, sizeof(buf), 0);
		if (n < 0) {
			require(errno == EAGAIN);
			return;
		}
		st->got += n;
		st->ended = !n;
	}
}

/*
 * Both ends send and receive much, and do so only when an edge says that they
 * can: one that does not come is a program that hangs.
 */
CASE(program_of_edges)
{
	struct stream ends[2] = { 0 };
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	};
	int ep = epoll_create1(0), i;
	struct pair p;

	pair_open(&p);
	ends[0].fd = p.c;
	ends[1].fd = p.s;
	for (i = 0; i < 2; i++) {
		set_nonblock(ends[i].fd);
		ev.data.u32 = i;
		require(!epoll_ctl(ep, EPOLL_CTL_ADD, ends[i].fd, &ev));
	}
	while (!ends[0].ended || !ends[1].ended) {
		struct epoll_event got = { 0 };

		require(epoll_wait(ep, &got, 1, 60000) == 1);
		if (got.events & EPOLLOUT)
			stream_send(&ends[got.data.u32]);
		if (got.events & EPOLLIN)
			stream_receive(&ends[got.data.u32]);
	}
	expect_ret(ends[0].got, STREAM);
	expect_ret(ends[1].got, STREAM);
}

int main(void)
{
	return cases_main();
}
