/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many small cases, each in a process of its own, each for TCP and for the
 * protocol under test, over IPv4 and over IPv6: TCP is the reference that keeps
 * the cases honest.  All run in one network namespace that main() makes.
 */
#ifndef CLASP_SELFTEST_CALLS_H
#define CLASP_SELFTEST_CALLS_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

/* What a case is for. */
#define CASE_ALL 0
#define CASE_CLASP 1		/* TCP does this otherwise */
#define CASE_V4 2		/* of IPv4 only */
#define CASE_V6 4		/* of IPv6 only */

struct call_case {
	const char *name;
	void (*run)(void);
	int flags;
	struct call_case *next;
};

void case_add(struct call_case *c);

#define CASE_FLAGS(fn, fl)						\
	static void fn(void);						\
	static struct call_case case_##fn = {				\
		.name = #fn, .run = fn, .flags = fl,			\
	};								\
	static void __attribute__((constructor)) add_##fn(void)	\
	{								\
		case_add(&case_##fn);					\
	}								\
	static void fn(void)

#define CASE(fn) CASE_FLAGS(fn, CASE_ALL)

/* Note a failure and go on. */
#define expect(cond)							\
	((cond) ? 1 : case_failed(__FILE__, __LINE__, #cond))
/* Note a failure and end the case. */
#define require(cond)							\
	do {								\
		if (!expect(cond))					\
			exit(1);					\
	} while (0)
/* The call must return -1 with this errno. */
#define expect_errno(call, err)						\
	case_errno(__FILE__, __LINE__, #call, (long)(call), err)
/* The call must return this number. */
#define expect_ret(call, want)						\
	case_ret(__FILE__, __LINE__, #call, (long)(call), (long)(want))

int case_failed(const char *file, int line, const char *what);
int case_errno(const char *file, int line, const char *what, long got, int err);
int case_ret(const char *file, int line, const char *what, long got, long want);

/* Runs all cases; the tests' main(). */
int cases_main(void);

/* The protocol and the family that this case runs with. */
extern int proto, family;

/* ---- sockets, all of `proto`; they end the case if they can't be had ---- */

/* Addresses are told as those of IPv4; see address_of() for their twins. */
#define LINK "10.254.0.1"
#define BLACK_HOLE "10.254.0.2"	/* routed, and nobody answers */
#define NO_ROUTE "10.1.2.3"

struct pair {
	int l, c, s;			/* listener, client, accepted */
	union address addr;		/* of the listener */
};

int sock(void);
int sock_nonblock(void);
/* A bound, listening socket on loopback, and where it is. */
int sock_listen(union address *addr, int backlog);
int sock_connect(const union address *addr);
/* A connection within this process. */
void pair_open(struct pair *p);
/* Both hear what the other says. */
void expect_talk(int a, int b);
void set_nonblock(int fd);
int set_int(int fd, int option, int value);
int get_int(int fd, int option);
int so_error(int fd);
/* "10.0.0.1" or its twin; "fd00::1" in IPv6 only. */
union address address(const char *ip, int port);
/* Port 0 of loopback. */
union address loopback(void);
union address name_of(int fd);
union address peer_of(int fd);
int port_of(int fd);
/* Call bind, connect with the casts done. */
int do_bind(int fd, union address a);
int do_connect(int fd, union address a);

/* Sends a byte and a control message with this in it. */
int send_with(int fd, int level, int type, const void *data, size_t len);
/* Receives, and tells how many bytes of control messages came along. */
int recv_with(int fd, size_t *control_len);

/* revents after waiting for any of events for up to a minute. */
int wait_events(int fd, int events);
/* revents now. */
int events_now(int fd, int events);
/* Wait until fd's revents contain all of these; 1 if they do. */
int wait_all_events(int fd, int events);
/* Fill the way to a peer that doesn't read; returns the bytes written. */
size_t fill(int fd);
/* Read and throw away exactly this many bytes. */
void drain(int fd, size_t bytes);
/* Set a limit on retransmissions, TCP's or ours. */
void set_retries(const char *tcp, const char *clasp, const char *value);

#endif
