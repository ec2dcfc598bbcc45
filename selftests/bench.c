// SPDX-License-Identifier: GPL-2.0
/*
 * bench: measure CLASP beside other protocols, on the same kernel in the same run.
 *
 *   bench [CASE...]   a case or, as "netem", all whose names begin with that and a slash
 *
 * In each round of a case the protocols take turns, each in a new process and in new
 * network namespaces.  All are used as a program would that says nothing: no option
 * and no setting is changed.  The results are lines "# bench CASE UNIT PROTOCOL ROUND
 * VALUE" among the TAP; scripts/bench makes a table of them.
 *
 * From the environment: ROUNDS, instead of each case's own number, and PROFILE=1 to show
 * where the instructions go, which costs some.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "ksft.h"

#define ROUNDS 3
#define FILES 8192
#define HANGS 900	/* seconds of the machine's clock for one value */

enum { TCP, CLASP, SCTP };

static struct protocol protocols[] = {
	[TCP] = { "TCP", IPPROTO_TCP },
	[CLASP] = { "CLASP", CLASP_PROTO_DEFAULT },
	[SCTP] = { "SCTP", IPPROTO_SCTP },
};

#define PROTOCOLS (int)(sizeof(protocols) / sizeof(*protocols))

#define BULK(name_, write_, ...) {					\
	.name = name_, .unit = "MB/s", .measure = measure_stream,	\
	.write = write_, .count = 1, .warm = 0.2, .seconds = 0.4, __VA_ARGS__ }

#define AT_ONCE(count_) {						\
	.name = "at-once/" #count_, .unit = "MB/s",			\
	.measure = measure_stream, .write = 16 << 10, .count = count_,	\
	.warm = 0.2, .seconds = 0.4 }

/*
 * Slow start is in it: a path is worth what it gives from the beginning on.  Where
 * nothing is lost at random, a second round would tell nothing new.
 */
#define NETEM(name_, rtt_, seconds_, ...) {				\
	.name = name_, .unit = "Mbit/s", .measure = measure_goodput,	\
	.place = PLACE_PATH, .write = 16 << 10, .count = 1,		\
	.seconds = seconds_,						\
	.netem = { .mbit = 100, .rtt_ms = rtt_, __VA_ARGS__ } }

#define NETEM_RTTS(percent, seconds1, seconds20, seconds100)		\
	NETEM("netem/" #percent "%/1ms", 1, seconds1, .loss = percent),	\
	NETEM("netem/" #percent "%/20ms", 20, seconds20, .loss = percent), \
	NETEM("netem/" #percent "%/100ms", 100, seconds100, .loss = percent)

#define FAIRNESS(name_, rival_) {					\
	.name = name_, .unit = "Jain", .measure = measure_fairness,	\
	.place = PLACE_PATH, .write = 16 << 10, .warm = 5, .seconds = 30, \
	.rival = rival_, .netem = { .mbit = 10, .rtt_ms = 40 } }

static double measure_goodput(const struct bench *b, const struct protocol *p, int round)
{
	return 8 * measure_stream(b, p, round);
}

static const struct bench benches[] = {
	BULK("loopback/1K", 1 << 10),
	BULK("loopback/16K", 16 << 10),
	BULK("loopback/128K", 128 << 10),
	BULK("veth/offloads", 128 << 10, .place = PLACE_LINK),
	BULK("veth/plain", 128 << 10, .place = PLACE_LINK, .plain = 1),
	{ .name = "request", .unit = "1/s", .measure = measure_requests, .count = 5000 },
	{ .name = "connect", .unit = "1/s", .measure = measure_connections, .count = 1000 },
	AT_ONCE(1), AT_ONCE(10), AT_ONCE(100), AT_ONCE(1000),
	{ .name = "memory/idle", .unit = "bytes", .measure = measure_idle_memory,
	  .count = 4000 },
	{ .name = "memory/time-wait", .unit = "bytes", .measure = measure_timewait_memory,
	  .count = 4000 },
	/* The slower, the longer: what counts is how many losses there are. */
	NETEM_RTTS(0, 2, 3, 6),
	NETEM_RTTS(0.1, 2, 12, 30),
	NETEM_RTTS(1, 3, 25, 100),
	NETEM_RTTS(5, 15, 60, 200),
	NETEM("netem/reorder-1%/20ms", 20, 3, .reorder = 1),
	FAIRNESS("fairness/own", NULL),
	FAIRNESS("fairness/TCP", &protocols[TCP]),
};

#define BENCHES (int)(sizeof(benches) / sizeof(*benches))

int bench_fork(void)
{
	int pid = fork();

	if (pid < 0)
		die_errno("fork");
	return pid;
}

/* ---- one value ------------------------------------------------------------ */

static pid_t running;

static void too_long(int signal)
{
	(void)signal;
	kill(-running, SIGKILL);
}

static __noreturn void run(const struct bench *b, const struct protocol *p, int round)
{
	int profile = number_env("PROFILE", 0);
	double value;

	/* Whatever it starts ends with it. */
	setpgid(0, 0);
	net_make(b, round);
	if (profile)
		profile_start();
	value = b->measure(b, p, round);
	if (profile)
		profile_show(b->name, p->name);
	printf("# bench %s %s %s %d %.6g\n", b->name, b->unit, p->name, round, value);
	fflush(stdout);
	_exit(0);
}

static int measure(const struct bench *b, const struct protocol *p, int round)
{
	int status;

	fflush(stdout);
	running = bench_fork();
	if (!running)
		run(b, p, round);
	setpgid(running, running);
	alarm(HANGS);
	while (waitpid(running, &status, 0) < 0 && errno == EINTR)
		;
	alarm(0);
	kill(-running, SIGKILL);
	/* What it leaves, such as its namespaces, goes now and not in the next one's time. */
	sleep(1);
	if (status)
		ksft_print_msg("%s with %s: status 0x%x\n", b->name, p->name, status);
	return !status;
}

/* ---- all of them ---------------------------------------------------------- */

static int is_there(const struct protocol *p)
{
	int fd = socket(AF_INET, SOCK_STREAM, p->number);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* SCTP's connections leave nothing, and TCP beside TCP is in another case. */
static int makes_sense(const struct bench *b, const struct protocol *p)
{
	if (!is_there(p) || p == b->rival)
		return 0;
	return b->measure != measure_timewait_memory || p != &protocols[SCTP];
}

/* All but the paths that lose and reorder nothing */
static int is_random(const struct bench *b)
{
	return b->measure != measure_goodput || b->netem.loss || b->netem.reorder;
}

static void run_bench(const struct bench *b)
{
	int rounds = number_env("ROUNDS", is_random(b) ? ROUNDS : 1), round, i, ok = 1;

	for (round = 1; round <= rounds; round++)
		for (i = 0; i < PROTOCOLS; i++)
			if (makes_sense(b, &protocols[i]))
				ok &= measure(b, &protocols[i], round);
	ksft_test_result(ok, "%s", b->name);
}

static int selected(const struct bench *b, int argc, char **argv)
{
	size_t len;
	int i;

	for (i = 1; i < argc; i++) {
		len = strlen(argv[i]);
		if (!strncmp(b->name, argv[i], len) && (!b->name[len] || b->name[len] == '/'))
			return 1;
	}
	return argc == 1;
}

int main(int argc, char **argv)
{
	struct rlimit files = { FILES, FILES };
	int i, count = 0;

	protocols[CLASP].number = proto_env();
	signal(SIGALRM, too_long);
	setrlimit(RLIMIT_NOFILE, &files);
	for (i = 0; i < BENCHES; i++)
		count += selected(&benches[i], argc, argv);
	ksft_print_header();
	ksft_set_plan(count);
	for (i = 0; i < BENCHES; i++)
		if (selected(&benches[i], argc, argv))
			run_bench(&benches[i]);
	ksft_finished();
}
