// SPDX-License-Identifier: GPL-2.0
/* What each call of a script does, and whether it did it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/clasp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "packets.h"
#include "util.h"

/* A script's descriptor. */
struct descriptor {
	int open, real;
	u64 written, read;	/* where in the streams the next byte is */
};

static struct descriptor descriptors[DESCRIPTORS];
static int signals[NSIG];		/* how many came */

struct call_type {
	const char *name;
	int least, most;	/* arguments */
	int on_fd;		/* is the first one a descriptor? */
	long (*perform)(struct running *run);
	/* Where a value other than the number tells how it went. */
	void (*check)(struct running *run);
	void (*prepare)(struct running *run);
};

/* ---- arguments ---------------------------------------------------------- */

static int has_arg(const struct running *run, int i)
{
	return i < run->call->count;
}

/* The i-th argument as a number, or what it is if the script doesn't say. */
static long arg(const struct running *run, int i, long usual)
{
	return has_arg(run, i) ? run->call->args[i].value : usual;
}

/* As a socket takes it. */
static union address end_address(const struct end *end)
{
	union address a = host_address(world->sock_family, &end->addr,
				       end->port);

	if (end->scoped)
		a.v6.sin6_scope_id = if_nametoindex(TUN_DEVICE);
	return a;
}

static union address arg_address(const struct running *run, int i,
				 const char *addr, u16 port)
{
	struct end usual = { .addr = world_host(addr), .port = port };

	if (!has_arg(run, i))
		return end_address(&usual);
	if (run->call->args[i].type == ARG_UNSPEC)
		return (union address){ .sin_family = AF_UNSPEC };
	return end_address(&run->call->args[i].end);
}

static struct descriptor *descriptor(const struct running *run)
{
	return &descriptors[run->call->args[0].value];
}

/* ---- the streams -------------------------------------------------------- */

static void want_buffer(struct running *run)
{
	long len = arg(run, 1, 0);

	if (len < 0 || len > CALL_BYTES)
		mismatch("%ld bytes are too many", len);
	run->buf = malloc(len + 1);
	if (!run->buf)
		die_errno("malloc");
}

static void prepare_write(struct running *run)
{
	const struct call *call = run->call;

	want_buffer(run);
	stream_fill(0, call->has_at ? call->at : descriptor(run)->written,
		    run->buf, arg(run, 1, 0));
}

static void check_write(struct running *run)
{
	if (run->ret > 0)
		descriptor(run)->written += run->ret;
}

static void check_read(struct running *run)
{
	struct descriptor *d = descriptor(run);
	long flags = arg(run, 2, 0);
	u64 at = run->call->has_at ? run->call->at : d->read;
	size_t good;

	if (run->ret <= 0)
		return;
	/* What is thrown away in the kernel isn't here to be looked at. */
	good = flags & MSG_TRUNC ? (size_t)run->ret :
	       stream_check(1, at, run->buf, run->ret);
	if (good < (size_t)run->ret)
		mismatch("byte %llu of the stream is wrong: %#x, not %#x",
			 (unsigned long long)(at + good), run->buf[good],
			 stream_byte(1, at + good));
	if (!(flags & (MSG_PEEK | MSG_OOB)))
		d->read = at + run->ret;
}

/* ---- the calls ---------------------------------------------------------- */

static long do_socket(struct running *run)
{
	return socket(world->sock_family, SOCK_STREAM | SOCK_CLOEXEC | arg(run, 0, 0),
		      proto_env());
}

static long do_bind(struct running *run)
{
	union address a = arg_address(run, 1, LOCAL_ADDR, LOCAL_PORT);

	return bind(run->fds[0], &a.any, sizeof(a));
}

static long do_listen(struct running *run)
{
	return listen(run->fds[0], arg(run, 1, 0));
}

static long do_accept(struct running *run)
{
	socklen_t len = sizeof(run->addr);

	return accept4(run->fds[0], &run->addr.any, &len,
		       SOCK_CLOEXEC | arg(run, 1, 0));
}

static long do_connect(struct running *run)
{
	union address a = arg_address(run, 1, PEER_ADDR, PEER_PORT);

	return connect(run->fds[0], &a.any, sizeof(a));
}

static void check_connect(struct running *run)
{
	struct descriptor *d = descriptor(run);

	/* Streams start with a connection. */
	if (!run->ret || run->err == EINPROGRESS)
		*d = (struct descriptor){ .open = 1, .real = d->real };
}

static long do_read(struct running *run)
{
	if (!has_arg(run, 2))
		return read(run->fds[0], run->buf, arg(run, 1, 0));
	return recv(run->fds[0], run->buf, arg(run, 1, 0), arg(run, 2, 0));
}

static long do_write(struct running *run)
{
	if (!has_arg(run, 2))
		return write(run->fds[0], run->buf, arg(run, 1, 0));
	return send(run->fds[0], run->buf, arg(run, 1, 0), arg(run, 2, 0));
}

static long do_shutdown(struct running *run)
{
	return shutdown(run->fds[0], arg(run, 1, 0));
}

static long do_close(struct running *run)
{
	descriptor(run)->open = 0;
	return close(run->fds[0]);
}

static int option_level(const struct running *run)
{
	return run->call->args[1].level;
}

static int is_time(const struct running *run)
{
	return option_level(run) == SOL_SOCKET &&
	       (arg(run, 1, 0) == SO_RCVTIMEO || arg(run, 1, 0) == SO_SNDTIMEO);
}

/* Of options with two values, the two numbers follow each other in memory. */
static long do_setsockopt(struct running *run)
{
	int values[2] = { arg(run, 2, 0), arg(run, 3, 0) };
	struct timeval tv = { .tv_sec = values[0] / 1000,
			      .tv_usec = values[0] % 1000 * 1000 };

	if (is_time(run))
		return setsockopt(run->fds[0], SOL_SOCKET, arg(run, 1, 0), &tv,
				  sizeof(tv));
	return setsockopt(run->fds[0], option_level(run), arg(run, 1, 0), values,
			  has_arg(run, 3) ? sizeof(values) : sizeof(*values));
}

static long do_getsockopt(struct running *run)
{
	socklen_t len = sizeof(int);
	int value = 0;

	if (getsockopt(run->fds[0], option_level(run), arg(run, 1, 0), &value,
		       &len))
		return -1;
	return value;
}

static long do_ioctl(struct running *run)
{
	int value = 0;

	if (ioctl(run->fds[0], arg(run, 1, 0), &value))
		return -1;
	return value;
}

/* The events, instead of how many descriptors have some. */
static long do_poll(struct running *run)
{
	struct pollfd p = {
		.fd = run->fds[0],
		.events = arg(run, 1, 0),
	};

	if (poll(&p, 1, arg(run, 2, 0)) < 0)
		return -1;
	return p.revents;
}

static long do_fcntl(struct running *run)
{
	return fcntl(run->fds[0], F_SETFL, arg(run, 1, 0));
}

/* Has signals about the socket sent to this process. */
static long do_own(struct running *run)
{
	return fcntl(run->fds[0], F_SETOWN, getpid());
}

static long do_signals(struct running *run)
{
	long sig = arg(run, 0, 0);

	if (sig < 0 || sig >= NSIG)
		mismatch("no such signal");
	return __atomic_exchange_n(&signals[sig], 0, __ATOMIC_RELAXED);
}

static long do_getsockname(struct running *run)
{
	socklen_t len = sizeof(run->addr);

	return getsockname(run->fds[0], &run->addr.any, &len);
}

static long do_getpeername(struct running *run)
{
	socklen_t len = sizeof(run->addr);

	return getpeername(run->fds[0], &run->addr.any, &len);
}

/* The number that the script has for what the kernel returned. */
static void check_new(struct running *run)
{
	long mine = run->call->want.low;

	if (run->ret < 0 || run->call->want.type != RESULT_NUMBER)
		return;
	if (mine < 0 || mine >= DESCRIPTORS)
		mismatch("descriptors are 0 to %d", DESCRIPTORS - 1);
	if (descriptors[mine].open)
		mismatch("descriptor %ld is open already", mine);
	descriptors[mine] = (struct descriptor){ .open = 1, .real = run->ret };
	run->ret = mine;
}

static const struct call_type types[] = {
	{ "socket", 0, 1, 0, do_socket, check_new, NULL },
	{ "bind", 1, 2, 1, do_bind, NULL, NULL },
	{ "listen", 2, 2, 1, do_listen, NULL, NULL },
	{ "accept", 1, 2, 1, do_accept, check_new, NULL },
	{ "connect", 1, 2, 1, do_connect, check_connect, NULL },
	{ "read", 2, 2, 1, do_read, check_read, want_buffer },
	{ "recv", 3, 3, 1, do_read, check_read, want_buffer },
	{ "write", 2, 2, 1, do_write, check_write, prepare_write },
	{ "send", 3, 3, 1, do_write, check_write, prepare_write },
	{ "shutdown", 2, 2, 1, do_shutdown, NULL, NULL },
	{ "close", 1, 1, 1, do_close, NULL, NULL },
	{ "setsockopt", 3, 4, 1, do_setsockopt, NULL, NULL },
	{ "getsockopt", 2, 2, 1, do_getsockopt, NULL, NULL },
	{ "ioctl", 2, 2, 1, do_ioctl, NULL, NULL },
	{ "poll", 3, 3, 1, do_poll, NULL, NULL },
	{ "fcntl", 2, 2, 1, do_fcntl, NULL, NULL },
	{ "own", 1, 1, 1, do_own, NULL, NULL },
	{ "signals", 1, 1, 0, do_signals, NULL, NULL },
	{ "getsockname", 1, 1, 1, do_getsockname, NULL, NULL },
	{ "getpeername", 1, 1, 1, do_getpeername, NULL, NULL },
};

/* ---- from text ---------------------------------------------------------- */

/* "any:5", or what parse_end() knows. */
static struct end told_end(const char *word, const char *usual)
{
	int any = !strncmp(word, "any", 3);
	struct end end;

	parse_end(any ? word + 3 : word, &end);
	if (!end.has_addr)
		end.addr = world_host(any ? world->any : usual);
	return end;
}

static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t");
	end = s + strlen(s);
	while (end > s && isblank(end[-1]))
		*--end = 0;
	return s;
}

static void parse_arg(struct call *call, char *word)
{
	struct arg *arg = &call->args[call->count];

	if (!strncmp(word, "at ", 3)) {
		call->has_at = 1;
		call->at = parse_number(trim(word + 3));
		return;
	}
	if (call->count == CALL_ARGS)
		bad_line("too many arguments");
	if (!strcmp(word, "unspec"))
		arg->type = ARG_UNSPEC;
	else if (!strncmp(word, "any", 3) || strpbrk(word, ":."))
		*arg = (struct arg){
			.type = ARG_ADDRESS,
			.end = told_end(word, strcmp(call->type->name, "bind") ?
					PEER_ADDR : LOCAL_ADDR),
		};
	else if (name_value(word, &arg->value))
		bad_line("what is \"%s\"?", word);
	arg->level = name_level(word);
	call->count++;
}

static void parse_args(struct call *call, char *text)
{
	const struct call_type *type = call->type;
	char *word;

	while (*trim(text) && (word = strsep(&text, ","))) {
		parse_arg(call, trim(word));
		if (!text)
			break;
	}
	if (call->count < type->least || call->count > type->most)
		bad_line("%s() takes %d to %d arguments", type->name,
			 type->least, type->most);
	if (type->on_fd && (call->args[0].type != ARG_NUMBER ||
			    call->args[0].value < 0 ||
			    call->args[0].value >= DESCRIPTORS))
		bad_line("the first argument is a descriptor");
}

static void parse_result(struct result *want, char *text)
{
	char *word = next_word(&text), *more = next_word(&text);
	long value;

	if (!word)
		bad_line("a call returns something");
	if (more) {
		if (strcmp(word, "-1") || name_value(more, &value) ||
		    next_word(&text))
			bad_line("an error is -1 and its name");
		want->type = RESULT_ERRNO;
		want->err = value;
	} else if (strchr(word, ':')) {
		want->type = RESULT_ADDRESS;
		want->end = told_end(word, LOCAL_ADDR);
	} else if (strchr(word, '~')) {
		parse_range(word, &want->low, &want->high);
	} else if (name_value(word, &value)) {
		bad_line("what is \"%s\"?", word);
	} else {
		want->low = value;
		want->high = value;
	}
}

static const struct call_type *find_type(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i].name, name))
			return &types[i];
	bad_line("no such call: \"%s\"", name);
}

void call_parse(struct call *call, char *text)
{
	char *args = strchr(text, '('), *end = strchr(text, ')'), *equals;

	if (!args || !end || end < args)
		bad_line("neither a call nor anything else");
	*args++ = 0;
	*end++ = 0;
	call->type = find_type(trim(text));
	parse_args(call, args);
	equals = strchr(end, '=');
	if (!equals || *trim(end) != '=')
		bad_line("what does it return?");
	parse_result(&call->want, equals + 1);
}

/* ---- playing them ------------------------------------------------------- */

static void count_signal(int sig)
{
	__atomic_fetch_add(&signals[sig], 1, __ATOMIC_RELAXED);
}

static void watch_signals(void)
{
	static const int watched[] = { SIGURG, SIGPIPE, SIGIO };
	struct sigaction action = {
		.sa_handler = count_signal,
		.sa_flags = SA_RESTART,
	};
	static int done;
	size_t i;

	if (done)
		return;
	done = 1;
	for (i = 0; i < sizeof(watched) / sizeof(*watched); i++)
		sigaction(watched[i], &action, NULL);
}

void call_prepare(struct running *run)
{
	const struct call *call = run->call;

	watch_signals();
	if (call->type->on_fd) {
		if (!descriptor(run)->open)
			mismatch("descriptor %ld is not open",
				 call->args[0].value);
		run->fds[0] = descriptor(run)->real;
	}
	if (call->type->prepare)
		call->type->prepare(run);
}

void call_perform(struct running *run)
{
	errno = 0;
	run->ret = run->call->type->perform(run);
	run->err = run->ret == -1 ? errno : 0;
}

static void check_address(const struct running *run)
{
	union address want = end_address(&run->call->want.end);
	struct in6_addr got = host_of(run->addr);
	char text[HOST_TEXT];

	if (run->ret)
		mismatch("returned %ld", run->ret);
	if (memcmp(&want, &run->addr, sizeof(want)))
		mismatch("returned %s", world_text(&got, ntohs(run->addr.sin_port),
						   text));
}

static void check_result(const struct running *run)
{
	const struct result *want = &run->call->want;

	if (want->type == RESULT_ADDRESS) {
		check_address(run);
		return;
	}
	if (run->err && (want->type != RESULT_ERRNO || run->err != want->err))
		mismatch("returned -1 %s", strerrorname_np(run->err));
	if (!run->err && (want->type != RESULT_NUMBER || run->ret < want->low ||
			  run->ret > want->high))
		mismatch("returned %ld", run->ret);
}

void call_check(struct running *run)
{
	if (run->call->type->check)
		run->call->type->check(run);
	check_result(run);
	free(run->buf);
	run->buf = NULL;
}

void call_abort_all(void)
{
	struct linger now = { .l_onoff = 1 };
	int i;

	for (i = 0; i < DESCRIPTORS; i++) {
		if (!descriptors[i].open)
			continue;
		setsockopt(descriptors[i].real, SOL_SOCKET, SO_LINGER, &now,
			   sizeof(now));
		close(descriptors[i].real);
		descriptors[i].open = 0;
	}
}
