// SPDX-License-Identifier: GPL-2.0
/* The runner and the helpers of the calls_* tests. */
#include "calls.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "ksft.h"

#define CASE_SECONDS 120
#define WAIT_MS 60000

int proto;

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
		"ip addr add 10.254.0.1/24 dev bh0",
		"ip neigh add " BLACK_HOLE " lladdr 02:00:00:00:00:02 dev bh0",
	};
	size_t i;

	if (unshare(CLONE_NEWNET))
		ksft_exit_skip("no right to make a network namespace");
	for (i = 0; i < sizeof(command) / sizeof(*command); i++)
		if (system(command[i]))
			ksft_exit_fail_msg(command[i]);
}

int cases_main(void)
{
	int protos[2] = { IPPROTO_TCP, proto_env() };
	const char *only = getenv("CASE");
	struct call_case *c;
	int i, plan = 0;

	ksft_print_header();
	make_namespace();
	for (i = protos[0] == protos[1]; i < 2; i++)
		for (c = cases; c; c = c->next)
			plan += (!only || !strcmp(only, c->name)) &&
				(protos[i] != IPPROTO_TCP || !c->flags);
	ksft_set_plan(plan);
	for (i = protos[0] == protos[1]; i < 2; i++) {
		proto = protos[i];
		for (c = cases; c; c = c->next) {
			if (only && strcmp(only, c->name))
				continue;
			if (proto == IPPROTO_TCP && c->flags & CASE_CLASP)
				continue;
			ksft_test_result(run_case(c), "%s %s",
					 proto == IPPROTO_TCP ? "tcp" : "clasp",
					 c->name);
		}
	}
	ksft_finished();
}

int sock(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, proto);

	require(fd >= 0);
	return fd;
}

int sock_nonblock(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, proto);

	require(fd >= 0);
	return fd;
}

struct sockaddr_in loopback(void)
{
	return addr4("127.0.0.1", 0);
}

struct sockaddr_in name_of(int fd)
{
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof(a);

	require(!getsockname(fd, (struct sockaddr *)&a, &len));
	return a;
}

int do_bind(int fd, struct sockaddr_in a)
{
	return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

int do_connect(int fd, struct sockaddr_in a)
{
	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

int sock_listen(struct sockaddr_in *addr, int backlog)
{
	int fd = sock();

	require(!do_bind(fd, loopback()));
	require(!listen(fd, backlog));
	*addr = name_of(fd);
	return fd;
}

int sock_connect(const struct sockaddr_in *addr)
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
