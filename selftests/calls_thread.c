// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that use one socket at once: readers, writers, and others that close
 * it or shut it down meanwhile. What TCP does is what is wanted.
 */
#include "calls_scene.h"

#include <pthread.h>

#define SETTLE 70000

static pthread_t start(void *(*run)(void *arg), void *arg)
{
	pthread_t thread;

	require(!pthread_create(&thread, NULL, run, arg));
	return thread;
}

static void *end_of(pthread_t thread)
{
	void *result;

	require(!pthread_join(thread, &result));
	return result;
}

/* ---- much of everything at once ---- */

#define RECORD 100
#define RECORDS 3000
#define WRITERS 3
#define READERS 3

struct writer {
	int fd;
	unsigned char mark;
};

/* Records, each of one byte again and again. */
static void *write_records(void *arg)
{
	struct writer *w = arg;
	char record[RECORD];
	int i;

	memset(record, w->mark, sizeof(record));
	for (i = 0; i < RECORDS; i++)
		require(send(w->fd, record, RECORD, 0) == RECORD);
	return NULL;
}

struct reader {
	int fd;
	size_t count[256];		/* bytes of each value */
};

static void *read_records(void *arg)
{
	struct reader *r = arg;
	unsigned char buf[777];
	ssize_t n, i;

	while ((n = recv(r->fd, buf, sizeof(buf), 0)) > 0)
		for (i = 0; i < n; i++)
			r->count[buf[i]]++;
	require(!n);
	return NULL;
}

/* Each byte arrives once, whoever wrote it and whoever reads it. */
CASE(readers_and_writers)
{
	pthread_t writing[2 * WRITERS], reading[2 * READERS];
	struct reader r[2 * READERS] = { 0 };
	struct writer w[2 * WRITERS];
	struct pair p;
	int i, j;

	pair_open(&p);
	for (i = 0; i < 2 * READERS; i++) {
		r[i].fd = i & 1 ? p.c : p.s;
		reading[i] = start(read_records, &r[i]);
	}
	for (i = 0; i < 2 * WRITERS; i++) {
		w[i] = (struct writer){ i & 1 ? p.s : p.c, i };
		writing[i] = start(write_records, &w[i]);
	}
	for (i = 0; i < 2 * WRITERS; i++)
		end_of(writing[i]);
	require(!shutdown(p.c, SHUT_WR));
	require(!shutdown(p.s, SHUT_WR));
	for (i = 0; i < 2 * READERS; i++)
		end_of(reading[i]);
	for (i = 0; i < 2 * WRITERS; i++) {
		size_t sum = 0;

		for (j = 0; j < 2 * READERS; j++) {
			sum += r[j].count[i];
			/* To the reader's side nothing of its own came. */
			if (((i ^ j) & 1) && r[j].count[i])
				expect_ret(r[j].count[i], 0);
		}
		expect_ret(sum, RECORD * RECORDS);
	}
}

#define WHOLE 40

static void *write_whole(void *arg)
{
	struct writer *w = arg;
	char record[RECORD];
	int i;

	memset(record, w->mark, sizeof(record));
	for (i = 0; i < WHOLE; i++)
		require(send(w->fd, record, RECORD, 0) == RECORD);
	return NULL;
}

/* Where there is room for a write, its bytes stay together. */
CASE(writes_stay_whole)
{
	pthread_t writing[WRITERS];
	struct writer w[WRITERS];
	unsigned char buf[RECORD];
	struct pair p;
	int i, j;

	pair_open(&p);
	for (i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ p.c, i + 1 };
		writing[i] = start(write_whole, &w[i]);
	}
	for (i = 0; i < WRITERS * WHOLE; i++) {
		require(recv(p.s, buf, RECORD, MSG_WAITALL) == RECORD);
		for (j = 1; j < RECORD; j++)
			require(buf[j] == buf[0]);
	}
	for (i = 0; i < WRITERS; i++)
		end_of(writing[i]);
}

/* ---- a thread that waits, and another that takes its socket away ---- */

struct waiter {
	int fd;
	long (*call)(int fd);
	long result;
	int err, done;
};

static long in_recv(int fd)
{
	char c;

	return recv(fd, &c, 1, 0);
}

static long in_send(int fd)
{
	return send(fd, "x", 1, MSG_NOSIGNAL);
}

static long in_accept(int fd)
{
	return accept(fd, NULL, NULL) < 0 ? -1 : 0;
}

static long in_connect(int fd)
{
	return do_connect(fd, address(BLACK_HOLE, 9));
}

static long in_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDHUP };

	return poll(&p, 1, 20000) < 0 ? -1 : p.revents;
}

static void *wait_in_call(void *arg)
{
	struct waiter *w = arg;

	w->result = w->call(w->fd);
	w->err = errno;
	__atomic_store_n(&w->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void note_waiter(struct log *log, const char *when, struct waiter *w)
{
	usleep(SETTLE);
	if (!__atomic_load_n(&w->done, __ATOMIC_ACQUIRE)) {
		note(log, "%s it waits; ", when);
		return;
	}
	errno = w->err;
	note_result(log, when, w->result);
}

struct taken {
	void (*be)(struct scene *s);
	long (*call)(int fd);
};

/* close() wakes nobody; what comes then is still told. */
static void play_closed(struct log *log, const void *what)
{
	const struct taken *t = what;
	struct waiter w = { .call = t->call };
	pthread_t thread;
	struct scene s;
	int peer;

	scene_begin(&s);
	t->be(&s);
	require(!fcntl(s.fd, F_SETFL, 0));
	w.fd = s.fd;
	thread = start(wait_in_call, &w);
	note_waiter(log, "before", &w);
	peer = s.peer;
	if (t->call == in_accept)
		peer = sock_nonblock();
	require(!close(s.fd));
	note_waiter(log, "closed", &w);
	/* Somebody who waited there takes up with it, or nobody. */
	if (t->call == in_accept)
		note_result(log, "connect", do_connect(peer, s.addr) ?: 0);
	else if (peer >= 0)
		note_result(log, "the peer's send",
			    send(peer, "data", 4, MSG_NOSIGNAL));
	note_waiter(log, "data", &w);
	if (peer >= 0)
		note_result(log, "the peer's disconnect", disconnect(peer));
	note_waiter(log, "reset", &w);
	if (t->call == in_accept)
		close(peer);
	if (w.done)
		end_of(thread);
	else
		pthread_cancel(thread);
	s.fd = sock();
	scene_end(&s);
}

#define CLOSED(wait, state)						\
	CASE_FLAGS(closed_during_##wait##_##state, CASE_CLASP)		\
	{								\
		struct taken t = { be_##state, in_##wait };		\
									\
		scene_compare(play_closed, &t);				\
	}

CLOSED(recv, established)
CLOSED(recv, fin_wait_2)
CLOSED(send, full)
CLOSED(accept, listening)
CLOSED(connect, closed)
CLOSED(poll, established)

/* ---- shutdown() wakes all ---- */

#define SLEEPERS 4

static void play_shutdown(struct log *log, const void *what)
{
	const struct taken *t = what;
	struct waiter w[SLEEPERS];
	pthread_t thread[SLEEPERS];
	struct scene s;
	int i;

	scene_begin(&s);
	t->be(&s);
	require(!fcntl(s.fd, F_SETFL, 0));
	for (i = 0; i < SLEEPERS; i++) {
		w[i] = (struct waiter){ .fd = s.fd, .call = t->call };
		thread[i] = start(wait_in_call, &w[i]);
	}
	usleep(SETTLE);
	note_result(log, "shutdown", shutdown(s.fd, SHUT_RDWR));
	for (i = 0; i < SLEEPERS; i++)
		note_waiter(log, "then", &w[i]);
	for (i = 0; i < SLEEPERS; i++)
		if (w[i].done)
			end_of(thread[i]);
		else
			pthread_cancel(thread[i]);
	set_nonblock(s.fd);
	scene_end(&s);
}

#define SHUTDOWN(wait, state)						\
	CASE_FLAGS(shutdown_wakes_##wait##_##state, CASE_CLASP)		\
	{								\
		struct taken t = { be_##state, in_##wait };		\
									\
		scene_compare(play_shutdown, &t);			\
	}

SHUTDOWN(recv, established)
SHUTDOWN(recv, fin_wait_2)
SHUTDOWN(send, full)
SHUTDOWN(accept, listening)
SHUTDOWN(poll, established)
SHUTDOWN(poll, syn_sent)
SHUTDOWN(poll, listening)

/* ---- several that wait for one thing ---- */

/* How many of them have returned, once all is quiet. */
static int returned(struct waiter *w)
{
	int i, count = 0;

	usleep(SETTLE);
	for (i = 0; i < SLEEPERS; i++)
		count += __atomic_load_n(&w[i].done, __ATOMIC_ACQUIRE);
	return count;
}

/* Each byte, and each connection, has one taker. */
CASE(each_is_taken_once)
{
	struct waiter readers[SLEEPERS], takers[SLEEPERS];
	pthread_t thread[2 * SLEEPERS];
	struct pair p;
	int i;

	pair_open(&p);
	for (i = 0; i < SLEEPERS; i++) {
		readers[i] = (struct waiter){ .fd = p.s, .call = in_recv };
		takers[i] = (struct waiter){ .fd = p.l, .call = in_accept };
		thread[2 * i] = start(wait_in_call, &readers[i]);
		thread[2 * i + 1] = start(wait_in_call, &takers[i]);
	}
	for (i = 0; i < SLEEPERS; i++) {
		expect_ret(returned(readers), i);
		require(send(p.c, "x", 1, 0) == 1);
		expect_ret(returned(takers), i);
		sock_connect(&p.addr);
	}
	for (i = 0; i < 2 * SLEEPERS; i++)
		end_of(thread[i]);
	for (i = 0; i < SLEEPERS; i++) {
		expect_ret(readers[i].result, 1);
		expect_ret(takers[i].result, 0);
	}
}

/* The end of the stream is told to all. */
CASE(end_is_for_all)
{
	struct waiter w[SLEEPERS];
	pthread_t thread[SLEEPERS];
	struct pair p;
	int i;

	pair_open(&p);
	for (i = 0; i < SLEEPERS; i++) {
		w[i] = (struct waiter){ .fd = p.s, .call = in_recv };
		thread[i] = start(wait_in_call, &w[i]);
	}
	expect_ret(returned(w), 0);
	close(p.c);
	for (i = 0; i < SLEEPERS; i++) {
		end_of(thread[i]);
		expect_ret(w[i].result, 0);
	}
}

/* A second connect() while one waits. */
static void play_connects(struct log *log, const void *what)
{
	struct waiter w[2] = { 0 };
	pthread_t thread[2];
	int fd = sock(), i;

	(void)what;
	for (i = 0; i < 2; i++) {
		w[i] = (struct waiter){ .fd = fd, .call = in_connect };
		thread[i] = start(wait_in_call, &w[i]);
		note_waiter(log, "connect", &w[i]);
	}
	note_result(log, "disconnect", disconnect(fd));
	for (i = 0; i < 2; i++) {
		note_waiter(log, "then", &w[i]);
		if (w[i].done)
			end_of(thread[i]);
		else
			pthread_cancel(thread[i]);
	}
	close(fd);
}

CASE_FLAGS(two_connects, CASE_CLASP)
{
	scene_compare(play_connects, NULL);
}

int main(void)
{
	return cases_main();
}
