/* SPDX-License-Identifier: GPL-2.0 */
/* What the helper programs share. */
#ifndef CLASP_SELFTEST_UTIL_H
#define CLASP_SELFTEST_UTIL_H

#include <netinet/in.h>
#include <stddef.h>

#include "ktypes.h"

#define CLASP_PROTO_DEFAULT 253

/* A stream of bytes that a size and a seed determine. */
struct gen {
	u64 state;
};

/* The protocol under test: $CLASP_PROTO, or 253. */
int proto_env(void);
/* Is this a kernel with sanitizers, where loads are scaled down? */
int debug_env(void);
/* Of very many cases that are alike, take each so many-th: $CASES_STRIDE. */
int stride_env(void);
/* $name as a number, or the default. */
long number_env(const char *name, long def);

/* Print "<program>: <message>" and exit with status 1. */
__printf(1, 2) __noreturn void die(const char *fmt, ...);
/* The same with the name of errno, "xfer: connect: ECONNREFUSED". */
__noreturn void die_errno(const char *what);

/* Seconds of the monotonic clock. */
double now(void);
/* Create an empty file, to tell a waiting script that we are ready. */
void mark_ready(const char *path);
/* Wait until a script creates this file. */
void wait_gate(const char *path);
struct sockaddr_in addr4(const char *ip, int port);

/* Of either family; what is in the same place in both is without a name. */
union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct {
		sa_family_t sin_family;
		in_port_t sin_port;
	};
};

/*
 * An address in digits; for AF_INET6, one of IPv4 stands for its twin there:
 * "0.0.0.0" for "::", "127.0.0.1" for "::1", "192.0.2.1" for
 * "2001:db8::192.0.2.1".
 */
union address address_of(int family, const char *ip, int port);
socklen_t address_len(int family);
/* The same host, whatever the port? */
int same_host(union address a, union address b);

void gen_init(struct gen *g, u64 seed);
/* len must be a multiple of 8 except in the last call for a stream. */
void gen_fill(struct gen *g, void *buf, size_t len);

/*
 * From now on no other process of this processor runs before this one waits for
 * something.
 */
void run_first(void);

/* Write a value to a file below /proc/sys; 0, or -1 with errno. */
int sysctl_set(const char *name, const char *value);

#endif
