/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A socket in each state that there is, and a log of what calls return: tests
 * that do the same with TCP and with the protocol under test, and compare.
 */
#ifndef CLASP_SELFTEST_CALLS_SCENE_H
#define CLASP_SELFTEST_CALLS_SCENE_H

#include "calls.h"

/* One socket under test, and whoever it talks to. */
struct scene {
	union address addr;	/* of somebody who listens */
	int l, fd, peer;
	int visitor;			/* who connects to fd meanwhile */
};

#define LOG_SIZE 1024

/* What all calls returned, in words. */
struct log {
	char text[LOG_SIZE];
	size_t len;
};

/* Adds words to the log. */
__printf(2, 3) void note(struct log *log, const char *fmt, ...);
/* Adds what a call returned, or its errno. */
void note_result(struct log *log, const char *what, long result);
/* Closes a socket with a RST. */
void reset(int fd);
/* A connect() to nowhere. */
int disconnect(int fd);
/* The same with TCP and with what is tested must leave the same log. */
void scene_compare(void (*play)(struct log *log, const void *what),
		   const void *what);
/* Somebody who listens, to begin with; and the end of all of them. */
void scene_begin(struct scene *s);
void scene_end(struct scene *s);

/* The states. Each begins with scene_begin(); all sockets are nonblocking. */
void be_closed(struct scene *s);
void be_bound(struct scene *s);
void be_listening(struct scene *s);
void be_refused(struct scene *s);
void be_syn_sent(struct scene *s);
void be_established(struct scene *s);
void be_accepted(struct scene *s);
void be_established_unread(struct scene *s);
void be_full(struct scene *s);
void be_fin_wait_1(struct scene *s);
void be_fin_wait_2(struct scene *s);
void be_close_wait(struct scene *s);
void be_close_wait_unread(struct scene *s);
void be_last_ack(struct scene *s);
void be_closing(struct scene *s);
void be_time_wait(struct scene *s);
void be_over(struct scene *s);
void be_was_reset(struct scene *s);
void be_reset_unread(struct scene *s);
void be_reset_in_close_wait(struct scene *s);

/* X(name) for each of them. */
#define SCENES(X)							\
	X(closed) X(bound) X(listening) X(refused) X(syn_sent)		\
	X(established) X(accepted) X(established_unread) X(full)	\
	X(fin_wait_1) X(fin_wait_2) X(close_wait) X(close_wait_unread)	\
	X(last_ack) X(closing) X(time_wait) X(over) X(was_reset)	\
	X(reset_unread) X(reset_in_close_wait)

/* What may happen to a socket meanwhile, in calls_happen.c. */
struct happening {
	const char *name;
	void (*happen)(struct scene *s);
};

#define HAPPENINGS 16
extern const struct happening happenings[HAPPENINGS];
/* Is it among Documentation/differences.md what it does in this state? */
int happens_otherwise(void (*be)(struct scene *s), const struct happening *h);

#endif
