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
	struct sockaddr_in addr;	/* of somebody who listens */
	int l, fd, peer;
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

#endif
