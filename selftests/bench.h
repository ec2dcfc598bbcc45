/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the benchmark share: bench.c has its table of cases. */
#ifndef CLASP_SELFTEST_BENCH_H
#define CLASP_SELFTEST_BENCH_H

#include "util.h"

/* Where the two ends are: in one network namespace, or in two. */
enum place {
	PLACE_LOOPBACK,
	PLACE_LINK,		/* two, with a link between them */
	PLACE_PATH,		/* two, with a router between them that impairs */
};

/* What a router does to what it forwards, in either direction. */
struct netem {
	double mbit;		/* of a second, 1,500 bytes at a time */
	double rtt_ms;		/* half of it in each direction */
	double loss, reorder;	/* percent of the packets */
};

struct protocol {
	const char *name;
	int number;
};

struct bench {
	const char *name;
	const char *unit;
	/* Measures once, in a process and network namespaces of its own. */
	double (*measure)(const struct bench *b, const struct protocol *p, int round);
	enum place place;
	int plain;		/* devices without offloads */
	struct netem netem;
	size_t write;		/* bytes in a call */
	int count;		/* connections, transactions */
	double warm, seconds;	/* not counted yet, and counted */
	const struct protocol *rival;
};

/* ---- bench_net.c ---------------------------------------------------------- */

enum host { HERE, THERE, BETWEEN, HOSTS };

/* Makes the hosts of a place; this process is HERE then. */
void net_make(const struct bench *b, int seed);
/* From now on this process is on that host; its sockets stay where they were made. */
void net_enter(enum host host);
/* A socket THERE that listens. */
int net_listen(const struct protocol *p, int port);
/* A socket HERE that is connected to it. */
int net_connect(const struct protocol *p, int port);
/* net_connect(), and the other end in *peer. */
int net_pair(const struct protocol *p, int listener, int port, int *peer);
/*
 * Closes a socket; with the last copy its connection ends at once.  Otherwise it would
 * go on for minutes to send what was written, to a host that is gone.
 */
void net_abort(int fd);

/* ---- bench_netem.c -------------------------------------------------------- */

/* Packets that leave this host by this device are impaired. */
void netem_add(const char *device, const struct netem *netem, int seed);

/* ---- what is measured ----------------------------------------------------- */

double measure_stream(const struct bench *b, const struct protocol *p, int round);
double measure_fairness(const struct bench *b, const struct protocol *p, int round);
double measure_requests(const struct bench *b, const struct protocol *p, int round);
double measure_connections(const struct bench *b, const struct protocol *p, int round);
double measure_idle_memory(const struct bench *b, const struct protocol *p, int round);
double measure_timewait_memory(const struct bench *b, const struct protocol *p, int round);

/* ---- bench_profile.c ------------------------------------------------------ */

void profile_start(void);
/* Prints what was executed most since then. */
void profile_show(const char *what, const char *protocol);

/* fork() that can't fail. */
int bench_fork(void);

#endif
