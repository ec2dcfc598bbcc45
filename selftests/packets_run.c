// SPDX-License-Identifier: GPL-2.0
/*
 * Plays a script: each line at its time, which counts from when the one before
 * really happened, so that nothing adds up.
 *
 * What the kernel does about a segment or a call, it has done before the next
 * line: writing to the TUN device returns when the segment has been dealt
 * with, and each call runs in a thread that either is done or sleeps in the
 * kernel when we go on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "packets.h"
#include "util.h"

#define PENDING 16
#define LOG_LINES 64
#define DESCRIPTION 256
#define LOGGED_BYTES (IP_HDR_MAX + SEG_HDR_MAX)
#define SPARE_SECONDS 120

struct logged {
	double at;
	int to_kernel;
	size_t len;
	u8 packet[LOGGED_BYTES];
};

static struct {
	const struct script *script;
	const struct line *line;	/* the one that is played */
	double start;
	double base;			/* when the line before happened */
	double moment;			/* the same of the last not at +0 */
	double behind;			/* how late the lines were, in all */
	struct running *pending[PENDING];
	int done_fd;			/* told when a call returns */
	struct logged log[LOG_LINES];
	int logged;
} play;

static u8 packet[PACKET_MAX + 1];

/* ---- tolerance ---------------------------------------------------------- */

static int is_virtual(void)
{
	const char *clock = getenv("CLASP_CLOCK");

	return clock && !strcmp(clock, "virtual");
}

/*
 * How much later each line shall happen than the script says: a trial that
 * shows whether the script would pass on a slow machine.
 */
static double late(void)
{
	return number_env("PACKETS_LATE", 0) / 1e3;
}

/* Two ticks of the kernel's clock, and what the code takes to run. */
static double slack(void)
{
	struct timespec tick;

	if (!is_virtual())
		return 0.25;
	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	return 2 * tick.tv_nsec / 1e9 + (debug_env() ? 0.032 : 0) + late();
}

/* Kernel timers round up, by as much as an eighth of the time. */
static double latest(const struct span *span)
{
	return span->to + slack() + (span->given ? 0 : span->to / 8);
}

static double earliest(const struct span *span)
{
	return span->from - slack();
}

/* ---- telling ------------------------------------------------------------ */

static void leave(void);

static void note_packet(size_t len, int to_kernel)
{
	struct logged *entry = &play.log[play.logged++ % LOG_LINES];

	entry->at = now() - play.start;
	entry->to_kernel = to_kernel;
	entry->len = len < LOGGED_BYTES ? len : LOGGED_BYTES;
	memcpy(entry->packet, packet, entry->len);
}

static void print_log(void)
{
	int i = play.logged > LOG_LINES ? play.logged - LOG_LINES : 0;
	char text[DESCRIPTION];

	printf("  segments so far:%s\n", i ? " (the last ones)" : "");
	for (; i < play.logged; i++) {
		const struct logged *entry = &play.log[i % LOG_LINES];

		packet_describe(entry->packet, entry->len, entry->to_kernel,
				text, sizeof(text));
		printf("    %9.6f %c %s\n", entry->at,
		       entry->to_kernel ? '<' : '>', text);
	}
}

void mismatch(const char *fmt, ...)
{
	va_list args;

	if (play.line)
		printf("%s:%d: %s\n", play.script->path, play.line->number,
		       play.line->text);
	printf("  at %.6f: ", now() - play.start);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	print_log();
	fflush(stdout);
	leave();
	exit(1);
}

/* ---- packets ------------------------------------------------------------ */

static void send_packet(size_t len)
{
	note_packet(len, 1);
	tun_send(packet, len);
}

/* The next packet of the kernel's; 0 if there is none now. */
static size_t take_packet(void)
{
	size_t len = tun_receive(packet, PACKET_MAX);
	struct segment seg;
	struct conn *conn;

	if (!len)
		return 0;
	note_packet(len, 0);
	if (segment_decode(&seg, packet, len, proto_env(), 1))
		return len;
	conn = conn_of_segment(&seg, 0);
	if (conn)
		conn_learn(conn, &seg, 0);
	return len;
}

static void want_silence(void)
{
	char came[DESCRIPTION];
	size_t len = take_packet();

	if (!len)
		return;
	packet_describe(packet, len, 0, came, sizeof(came));
	mismatch("before this line came, unexpected: %s", came);
}

/* ---- calls -------------------------------------------------------------- */

static void *call_thread(void *arg)
{
	struct running *run = arg;
	sigset_t urgent;
	u64 one = 1;

	sigemptyset(&urgent);
	sigaddset(&urgent, SIGURG);
	sigaddset(&urgent, SIGIO);
	pthread_sigmask(SIG_BLOCK, &urgent, NULL);
	__atomic_store_n(&run->tid, gettid(), __ATOMIC_RELEASE);
	call_perform(run);
	run->ended = now();
	__atomic_store_n(&run->done, 1, __ATOMIC_RELEASE);
	if (write(play.done_fd, &one, sizeof(one)) != sizeof(one))
		die_errno("eventfd");
	return NULL;
}

static int is_done(const struct running *run)
{
	return __atomic_load_n(&run->done, __ATOMIC_ACQUIRE);
}

/* Does the thread wait for something that only we or time can bring? */
static int sleeps(const struct running *run)
{
	int tid = __atomic_load_n(&run->tid, __ATOMIC_ACQUIRE);
	char path[64], text[256], *state;
	FILE *f;
	size_t len;

	if (!tid)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = 0;
	state = strrchr(text, ')');
	return state && state[1] && state[2] == 'S';
}

static void settle_one(const struct running *run)
{
	static const struct timespec moment = { .tv_nsec = 100000 };
	int tries = 0;

	while (!is_done(run) && !sleeps(run)) {
		if (tries++ < 20)
			sched_yield();
		else
			nanosleep(&moment, NULL);
	}
}

static void settle(void)
{
	int i;

	for (i = 0; i < PENDING; i++)
		if (play.pending[i])
			settle_one(play.pending[i]);
}

static void start_call(const struct line *line)
{
	struct running *run = calloc(1, sizeof(*run));
	pthread_t thread;
	int i, err;

	for (i = 0; i < PENDING && play.pending[i]; i++)
		;
	if (!run || i == PENDING)
		mismatch("too many calls at once");
	run->call = &line->call;
	run->line = line;
	run->started = play.base;
	run->moment = play.moment;
	run->behind = play.behind;
	call_prepare(run);
	play.pending[i] = run;
	err = pthread_create(&thread, NULL, call_thread, run);
	if (err)
		die("pthread_create: %s", strerror(err));
	pthread_detach(thread);
	settle_one(run);
	if (!line->call.blocks && !is_done(run))
		mismatch("the call blocks");
}

/* No call is to blame for the lines that were late while it went on. */
static double call_latest(const struct running *run)
{
	return latest(&run->call->until) + play.behind - run->behind;
}

static void finish_call(struct running *run)
{
	const struct call *call = run->call;
	double took = run->ended - run->started;

	call_check(run);
	if (call->blocks &&
	    (run->ended - run->moment < earliest(&call->until) ||
	     took > call_latest(run)))
		mismatch("the call returned after %.6f s", took);
	free(run);
}

/* Calls that have returned, and such that should have; how many are left. */
static int reap(void)
{
	const struct line *line = play.line;
	int i, left = 0;

	for (i = 0; i < PENDING; i++) {
		struct running *run = play.pending[i];

		if (!run)
			continue;
		play.line = run->line;
		if (is_done(run)) {
			play.pending[i] = NULL;
			finish_call(run);
		} else if (now() - run->started > call_latest(run)) {
			mismatch("the call has not returned");
		} else {
			left++;
		}
	}
	play.line = line;
	return left;
}

/* ---- time --------------------------------------------------------------- */

/* Until a packet or the end of a call, or for so long. */
static void sleep_until(double when)
{
	struct pollfd fds[] = {
		{ .fd = tun_fd(), .events = POLLIN },
		{ .fd = play.done_fd, .events = POLLIN },
	};
	double left = when - now();
	struct timespec timeout;
	u64 count;

	if (left < 0)
		left = 0;
	timeout.tv_sec = left;
	timeout.tv_nsec = (left - timeout.tv_sec) * 1e9;
	if (ppoll(fds, 2, &timeout, NULL) < 0 && errno != EINTR)
		die_errno("ppoll");
	if (fds[1].revents && read(play.done_fd, &count, sizeof(count)) < 0 &&
	    errno != EAGAIN)
		die_errno("eventfd");
}

/* In silence. */
static void wait_until(double when)
{
	for (;;) {
		want_silence();
		reap();
		if (now() >= when)
			return;
		sleep_until(when);
	}
}

/* The next packet, until then at most. */
static size_t wait_packet(double when)
{
	size_t len;

	while (!(len = take_packet())) {
		reap();
		if (now() > when)
			return 0;
		sleep_until(when + 0.0005);
	}
	return len;
}

/* ---- the lines ---------------------------------------------------------- */

/* The line happened now, and the times of the next ones count from here. */
static void happened(const struct line *line, double at)
{
	double behind = at - play.base - line->when.to;

	if (behind > 0)
		play.behind += behind;
	play.base = at;
	if (line->when.to > 0)
		play.moment = at;
}

static void play_expect(const struct line *line)
{
	double due = play.base + latest(&line->when);
	char came[DESCRIPTION], why[DESCRIPTION];
	size_t len = wait_packet(due);
	double at, after;
	int ok;

	if (!len)
		mismatch("no segment came");
	usleep(late() * 1e6);
	at = now();
	after = at - play.base;
	ok = segment_spec_match(&line->segment, packet, len, why, sizeof(why));
	packet_describe(packet, len, 0, came, sizeof(came));
	if (!ok)
		mismatch("%s; there came: %s", why, came);
	if (at - play.moment < earliest(&line->when))
		mismatch("too early, after %.6f s: %s", after, came);
	if (at > due)
		mismatch("too late, after %.6f s: %s", after, came);
	happened(line, at);
}

static long counter_value(const char *name)
{
	FILE *f = fopen("/proc/net/clasp/snmp", "r");
	char found[64];
	long value = -1, one;

	if (!f)
		die_errno("/proc/net/clasp/snmp");
	while (fscanf(f, "%63s %ld", found, &one) == 2)
		if (!strcmp(found, name))
			value = one;
	fclose(f);
	return value;
}

static void play_counter(const struct counter *counter)
{
	long value = counter_value(counter->name);

	if (value < counter->low || value > counter->high)
		mismatch("it is %ld", value);
}

static void set(const struct setting *setting)
{
	if (sysctl_set(setting->name, setting->value))
		mismatch("%s: %s", setting->name, strerrorname_np(errno));
}

static void play_shell(const char *command)
{
	int status = system(command);

	if (status)
		mismatch("the command ended with %d", status);
	tun_settle();
}

/*
 * Until the kernel's tick has just come, on which timers run out: the coarse
 * clock is the time of the last one. Never asleep, as an idle processor has no
 * ticks; and where the time is virtual only reading the other clock costs some.
 */
static void await_tick(void)
{
	struct timespec last, tick;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &last);
	do {
		now();
		clock_gettime(CLOCK_MONOTONIC_COARSE, &tick);
	} while (tick.tv_sec == last.tv_sec && tick.tv_nsec == last.tv_nsec);
}

static void play_now(const struct line *line)
{
	switch (line->type) {
	case LINE_CALL:
		start_call(line);
		break;
	case LINE_INJECT:
		send_packet(segment_spec_build(&line->segment, packet));
		break;
	case LINE_ICMP:
		send_packet(icmp_spec_build(&line->icmp, packet));
		break;
	case LINE_COUNTER:
		play_counter(&line->counter);
		break;
	case LINE_SYSCTL:
		set(&line->setting);
		break;
	case LINE_MTU:
		tun_set_mtu(line->mtu);
		break;
	case LINE_SHELL:
		play_shell(line->shell);
		break;
	case LINE_STATES:
		states_check(&line->states);
		break;
	case LINE_TICK:
		await_tick();
		break;
	case LINE_NOTHING:
	case LINE_EXPECT:
		break;
	}
}

static void play_line(const struct line *line)
{
	play.line = line;
	if (line->type == LINE_EXPECT) {
		play_expect(line);
	} else {
		wait_until(play.base + line->when.from + late());
		happened(line, now());
		play_now(line);
	}
	settle();
	reap();
}

/* ---- the end ------------------------------------------------------------ */

/* A RST with the right number; with a wrong one, a challenge comes that tells. */
static void reset_conn(const struct conn *conn, u64 seq)
{
	struct segment_spec rst = {
		.flags = SEG_RST,
		.seq = { .value = seq, .absolute = 1, .named = 1 },
		.from = { .addr = conn->peer_addr, .has_addr = 1,
			  .port = conn->peer_port },
		.to = { .addr = conn->local_addr, .has_addr = 1,
			.port = conn->local_port },
	};

	send_packet(segment_spec_build(&rst, packet));
}

static void answer_challenge(size_t len)
{
	const struct conn *conn;
	struct segment seg;

	if (segment_decode(&seg, packet, len, proto_env(), 1) ||
	    seg.flags & SEG_RST)
		return;
	conn = conn_of_segment(&seg, 0);
	if (conn)
		reset_conn(conn, seg.ack);
}

/*
 * Sockets that live on without a program would keep the namespace alive, and
 * the module loaded.
 */
static void leave(void)
{
	const struct conn *conn;
	int i, rounds = 1000;
	size_t len;

	states_unwatch();
	sysctl_set("net/clasp/challenge_ack_ms", "0");
	call_abort_all();
	for (i = 0; (conn = conn_nth(i)); i++)
		if (conn->acked)
			reset_conn(conn, conn->acked);
	while (rounds-- && (len = take_packet()))
		answer_challenge(len);
}

/* In guest time, should a call never return. */
static void limit_time(const struct script *script)
{
	double total = SPARE_SECONDS;
	int i;

	for (i = 0; i < script->line_count; i++) {
		const struct line *line = &script->lines[i];

		total += latest(&line->when);
		if (line->type == LINE_CALL)
			total += latest(&line->call.until);
	}
	alarm(total);
}

static int has_line(const struct script *script, enum line_type type)
{
	int i;

	for (i = 0; i < script->line_count; i++)
		if (script->lines[i].type == type)
			return 1;
	return 0;
}

/* Commands take addresses as they are: "${NET}192.0.2.7/$((BITS + 24))". */
static void tell_shell(void)
{
	char bits[8];

	snprintf(bits, sizeof(bits), "%d", world->net_bits);
	setenv("NET", world->net ?: "", 1);
	setenv("BITS", bits, 1);
}

int script_run(const struct script *script)
{
	int i;

	play.script = script;
	play.start = now();
	play.done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (play.done_fd < 0)
		die_errno("eventfd");
	limit_time(script);
	tell_shell();
	tun_start(script->mtu);
	if (has_line(script, LINE_STATES))
		states_watch();
	/* Ahead of the kernel's threads: one clears away the last namespace. */
	run_first();
	for (i = 0; i < script->setting_count; i++)
		set(&script->settings[i]);
	play.start = now();
	play.base = play.start;
	play.moment = play.start;
	for (i = 0; i < script->line_count; i++)
		play_line(&script->lines[i]);
	while (reap()) {
		want_silence();
		sleep_until(now() + slack());
	}
	want_silence();
	leave();
	return 0;
}
