// SPDX-License-Identifier: GPL-2.0
/* The runner and the helpers of the calls_* tests. */
#include "calls.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "ksft.h"

#define CASE_SECONDS 600	/* of a case that hangs */
#define WAIT_MS 60000

int proto, family;

/* What all cases run with; TCP comes first. */
static const struct world {
	const char *name;
	int tcp, family, only;
} worlds[] = {
	{ "tcp", 1, AF_INET, CASE_V4 },
	{ "clasp", 0, AF_INET, CASE_V4 },
	{ "tcp6", 1, AF_INET6, CASE_V6 },
	{ "clasp6", 0, AF_INET6, CASE_V6 },
};

#define WORLDS (sizeof(worlds) / sizeof(*worlds))

static struct call_case *cases, **cases_end = &cases;
static int failed;

void case_add(struct call_case *c)
{
	*cases_end = c;
	cases_end = &c->next;
}

int case_failed(const char *file, int line, const char *what)
{
	int err = errno;

	ksft_print_msg("%s:%d: not true: %s (errno %s)\n", file, line, what,
		       strerrorname_np(err) ?: "0");
	failed = 1;
	errno = 0;
	return 0;
}

int case_errno(const char *file, int line, const char *what, long got, int err)
{
	int have = errno;

	if (got == -1 && have == err)
		return 1;
	ksft_print_msg("%s:%d: %s: got %ld, errno %s, wanted %s\n", file, line,
		       what, got, got == -1 ? strerrorname_np(have) : "-",
		       strerrorname_np(err));
	failed = 1;
	return 0;
}

int case_ret(const char *file, int line, const char *what, long got, long want)
{
	int have = errno;

	if (got == want)
		return 1;
	ksft_print_msg("%s:%d: %s: got %ld (errno %s), wanted %ld\n", file,
		       line, what, got, got == -1 ? strerrorname_np(have) : "-",
		       want);
	failed = 1;
	return 0;
}

static int run_case(const struct call_case *c)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		ksft_exit_fail_msg("fork");
	if (!pid) {
		setpgid(0, 0);
		alarm(CASE_SECONDS);
		errno = 0;
		c->run();
		fflush(stdout);
		exit(failed);
	}
	if (waitpid(pid, &status, 0) != pid)
		ksft_exit_fail_msg("waitpid");
	/* Its children, if it left any behind. */
	kill(-pid, SIGKILL);
	if (WIFSIGNALED(status))
		ksft_print_msg("%s: ended by signal %s\n", c->name,
			       sigabbrev_np(WTERMSIG(status)));
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Loopback, and a link behind which nobody answers. */
static void make_namespace(void)
{
	static const char * const command[] = {
		"ip link set lo up",
		"ip link add bh0 type veth peer name bh1",
		"ip link set bh1 up",
		"ip link set bh0 up",
		"ip addr add " LINK "/24 dev bh0",
		"ip neigh add " BLACK_HOLE " lladdr 02:00:00:00:00:02 dev bh0",
		/* All of 127.0.0.0/8 is loopback, of IPv6 only ::1. */
		"ip addr add 2001:db8::127.0.0.2 dev lo nodad",
		"ip addr add 2001:db8::127.0.0.3 dev lo nodad",
		"ip addr add 2001:db8::" LINK "/120 dev bh0 nodad",
		"ip neigh add 2001:db8::" BLACK_HOLE
			" lladdr 02:00:00:00:00:02 dev bh0",
	};
	size_t i;

	if (unshare(CLONE_NEWNET))
		ksft_exit_skip("no right to make a network namespace");
	for (i = 0; i < sizeof(command) / sizeof(*command); i++)
		if (system(command[i]))
			ksft_exit_fail_msg(command[i]);
}

/* $CASE names the only one, if any. */
static int belongs(const struct call_case *c, const struct world *w)
{
	const char *only = getenv("CASE");

	if (only && strcmp(only, c->name))
		return 0;
	if (w->tcp ? c->flags & CASE_CLASP : proto_env() == IPPROTO_TCP)
		return 0;
	return !(c->flags & (CASE_V4 | CASE_V6)) || c->flags & w->only;
}

/* Run them, or only count them. */
static int run_world(const struct world *w, int dry)
{
	struct call_case *c;
	int count = 0;

	proto = w->tcp ? IPPROTO_TCP : proto_env();
	family = w->family;
	for (c = cases; c; c = c->next) {
		if (!belongs(c, w))
			continue;
		count++;
		if (!dry)
			ksft_test_result(run_case(c), "%s %s", w->name, c->name);
	}
	return count;
}

int cases_main(void)
{
	int plan = 0;
	size_t i;

	ksft_print_header();
	make_namespace();
	for (i = 0; i < WORLDS; i++)
		plan += run_world(&worlds[i], 1);
	ksft_set_plan(plan);
	for (i = 0; i < WORLDS; i++)
		run_world(&worlds[i], 0);
	ksft_finished();
}

int sock(void)
{
	int fd = socket(family, SOCK_STREAM, proto);

	require(fd >= 0);
	return fd;
}

int sock_nonblock(void)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, proto);

	require(fd >= 0);
	return fd;
}

union address address(const char *ip, int port)
{
	return address_of(family, ip, port);
}

union address loopback(void)
{
	return address("127.0.0.1", 0);
}

union address name_of(int fd)
{
	union address a = { 0 };
	socklen_t len = sizeof(a);

	require(!getsockname(fd, &a.any, &len));
	return a;
}

union address peer_of(int fd)
{
	union address a = { 0 };
	socklen_t len = sizeof(a);

	require(!getpeername(fd, &a.any, &len));
	return a;
}

int port_of(int fd)
{
	return ntohs(name_of(fd).sin_port);
}

int do_bind(int fd, union address a)
{
	return bind(fd, &a.any, address_len(family));
}

int do_connect(int fd, union address a)
{
	return connect(fd, &a.any, address_len(family));
}

int sock_listen(union address *addr, int backlog)
{
	int fd = sock();

	require(!do_bind(fd, loopback()));
	require(!listen(fd, backlog));
	*addr = name_of(fd);
	return fd;
}

int sock_connect(const union address *addr)
{
	int fd = sock();

	require(!do_connect(fd, *addr));
	return fd;
}

void pair_open(struct pair *p)
{
	p->l = sock_listen(&p->addr, 8);
	p->c = sock_connect(&p->addr);
	p->s = accept(p->l, NULL, NULL);
	require(p->s >= 0);
}

void expect_talk(int a, int b)
{
	char buf[8];

	expect_ret(send(a, "hello", 5, MSG_NOSIGNAL), 5);
	expect_ret(recv(b, buf, 5, MSG_WAITALL), 5);
	expect(!memcmp(buf, "hello", 5));
	expect_ret(send(b, "you", 3, MSG_NOSIGNAL), 3);
	expect_ret(recv(a, buf, 3, MSG_WAITALL), 3);
	expect(!memcmp(buf, "you", 3));
}

void set_nonblock(int fd)
{
	require(!fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}

int set_int(int fd, int option, int value)
{
	return setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value));
}

int get_int(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = -1;

	require(!getsockopt(fd, SOL_SOCKET, option, &value, &len));
	return value;
}

int so_error(int fd)
{
	return get_int(fd, SO_ERROR);
}

int send_with(int fd, int level, int type, const void *data, size_t len)
{
	char control[128] = "";
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = CMSG_SPACE(len),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cmsg), data, len);
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

int recv_with(int fd, size_t *control_len)
{
	char data[8], control[256];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int n = recvmsg(fd, &msg, 0);

	*control_len = msg.msg_controllen;
	return n;
}

int wait_events(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = events };

	require(poll(&p, 1, WAIT_MS) == 1);
	return p.revents;
}

int events_now(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = events };

	require(poll(&p, 1, 0) >= 0);
	return p.revents;
}

int wait_all_events(int fd, int events)
{
	int left;

	for (left = WAIT_MS / 10; left; left--) {
		if ((events_now(fd, events) & events) == events)
			return 1;
		usleep(10000);
	}
	return 0;
}

size_t fill(int fd)
{
	static char buf[16384];
	size_t done = 0;
	int quiet = 0;

	/* Full is what stays full after ACKs had time to make room. */
	while (quiet < 2) {
		ssize_t n = send(fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n > 0) {
			done += n;
			quiet = 0;
			continue;
		}
		require(n == -1 && errno == EAGAIN);
		quiet++;
		usleep(300000);
	}
	return done;
}

void drain(int fd, size_t bytes)
{
	static char buf[65536];

	while (bytes) {
		size_t want = bytes < sizeof(buf) ? bytes : sizeof(buf);
		ssize_t n = recv(fd, buf, want, 0);

		require(n > 0);
		bytes -= n;
	}
}

void set_retries(const char *tcp, const char *clasp, const char *value)
{
	char name[64];

	snprintf(name, sizeof(name), "net/%s/%s",
		 proto == IPPROTO_TCP ? "ipv4" : "clasp",
		 proto == IPPROTO_TCP ? tcp : clasp);
	require(!sysctl_set(name, value));
}
