// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets and processes: descriptors that are passed on, inherited, duplicated
 * and fetched, and what becomes of the connection with the last of them.
 */
#include "calls_scene.h"

#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define SETTLE 70000

/* ---- SCM_RIGHTS ---- */

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static void pass(int channel, int fd)
{
	union control control = { .space = { 0 } };
	struct iovec iov = { .iov_base = "f", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	require(sendmsg(channel, &msg, 0) == 1);
}

static int fetch(int channel)
{
	union control control;
	char c;
	struct iovec iov = { .iov_base = &c, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *got;
	int fd;

	require(recvmsg(channel, &msg, 0) == 1);
	got = CMSG_FIRSTHDR(&msg);
	require(got && got->cmsg_type == SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(got), sizeof(fd));
	return fd;
}

/* What there is to be seen of a socket. */
static void look(struct log *log, const char *who, int fd)
{
	char buf[8];

	if (fd < 0)
		return;
	note(log, "%s poll %#x; ", who,
	     events_now(fd, POLLIN | POLLOUT | POLLRDHUP));
	note_result(log, "recv", recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	note_result(log, "SO_ERROR", so_error(fd));
	note_result(log, "send", send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
}

static void channel_open(int *channel)
{
	require(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel));
}

/* On its way, no process has it, and it lives on. */
static void play_passed(struct log *log, const void *what)
{
	void (*const *be)(struct scene *s) = what;
	int channel[2];
	struct scene s;

	channel_open(channel);
	scene_begin(&s);
	(*be)(&s);
	pass(channel[0], s.fd);
	close(s.fd);
	usleep(SETTLE);
	look(log, "meanwhile the peer's", s.peer);
	s.fd = fetch(channel[1]);
	look(log, "then its", s.fd);
	usleep(SETTLE);
	look(log, "the peer's", s.peer);
	scene_end(&s);
	close(channel[0]);
	close(channel[1]);
}

/* Nobody took it. */
static void play_lost(struct log *log, const void *what)
{
	void (*const *be)(struct scene *s) = what;
	int channel[2];
	struct scene s;

	channel_open(channel);
	scene_begin(&s);
	(*be)(&s);
	pass(channel[0], s.fd);
	close(s.fd);
	close(channel[1]);
	close(channel[0]);
	usleep(SETTLE);
	look(log, "the peer's", s.peer);
	usleep(SETTLE);
	look(log, "and then", s.peer);
	s.fd = sock();
	scene_end(&s);
}

#define PASSED(name)							\
	CASE_FLAGS(passed_##name, CASE_CLASP)				\
	{								\
		void (*be)(struct scene *s) = be_##name;		\
									\
		scene_compare(play_passed, &be);			\
		scene_compare(play_lost, &be);				\
	}
SCENES(PASSED)

/*
 * A channel that is on its way through itself, with a connection in it: only
 * the collector of AF_UNIX can find that nobody will ever take it.
 */
CASE(collected)
{
	int channel[2], other[2], i;
	struct pair p;

	pair_open(&p);
	channel_open(channel);
	pass(channel[0], p.s);
	pass(channel[0], channel[0]);
	pass(channel[0], channel[1]);
	close(p.s);
	close(channel[0]);
	close(channel[1]);
	expect_ret(events_now(p.c, POLLIN | POLLRDHUP), 0);
	/* It runs when somebody closes one that has something on its way. */
	for (i = 0; i < 600 && !events_now(p.c, POLLIN | POLLRDHUP); i++) {
		channel_open(other);
		pass(other[0], other[1]);
		close(other[0]);
		close(other[1]);
		usleep(10000);
	}
	expect(wait_all_events(p.c, POLLIN | POLLRDHUP));
}

/* Another process, which had nothing to do with it, uses it. */
CASE(passed_to_process)
{
	int channel[2], status;
	struct pair p;
	char buf[8];
	pid_t pid;

	channel_open(channel);
	pid = fork();
	require(pid >= 0);
	if (!pid) {
		int fd = fetch(channel[1]);

		_exit(send(fd, "hello", 5, 0) != 5);
	}
	pair_open(&p);
	pass(channel[0], p.s);
	close(p.s);
	require(waitpid(pid, &status, 0) == pid);
	expect_ret(status, 0);
	expect_ret(recv(p.c, buf, sizeof(buf), MSG_WAITALL), 5);
	expect_ret(recv(p.c, buf, sizeof(buf), 0), 0);
}

/* ---- fork() ---- */

/* Both use it; the last one that closes it ends the stream. */
CASE(forked)
{
	int go[2], status;
	struct pair p;
	char buf[8];
	pid_t pid;

	pair_open(&p);
	require(!pipe(go));
	pid = fork();
	require(pid >= 0);
	if (!pid) {
		send(p.c, "child", 5, 0);
		require(read(go[0], buf, 1) == 1);
		_exit(0);
	}
	expect_ret(recv(p.s, buf, 5, MSG_WAITALL), 5);
	expect_ret(send(p.c, "parent", 6, 0), 6);
	expect_ret(recv(p.s, buf, 6, MSG_WAITALL), 6);
	close(p.c);
	usleep(SETTLE);
	expect_ret(events_now(p.s, POLLIN | POLLRDHUP), 0);
	require(write(go[1], "g", 1) == 1);
	require(waitpid(pid, &status, 0) == pid);
	expect(wait_all_events(p.s, POLLIN | POLLRDHUP));
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 0);
}

/* shutdown() does not ask how many have it. */
CASE(forked_shutdown)
{
	struct pair p;
	char buf[8];
	pid_t pid;

	pair_open(&p);
	pid = fork();
	require(pid >= 0);
	if (!pid)
		_exit(shutdown(p.c, SHUT_WR));
	require(waitpid(pid, NULL, 0) == pid);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 0);
	expect_errno(send(p.c, "x", 1, MSG_NOSIGNAL), EPIPE);
}

/* A killed process closes what it has. */
CASE(killed)
{
	struct pair p;
	char buf[8];
	pid_t pid;

	pair_open(&p);
	pid = fork();
	require(pid >= 0);
	if (!pid) {
		for (;;)
			pause();
	}
	close(p.c);
	usleep(SETTLE);
	expect_ret(events_now(p.s, POLLIN | POLLRDHUP), 0);
	require(!kill(pid, SIGKILL));
	require(waitpid(pid, NULL, 0) == pid);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 0);
}

/* ---- one listener, many processes ---- */

#define HERD 5
#define VISITS 20

/* How often each process has gone to sleep; -1: it is gone. */
static long sleeps(pid_t pid)
{
	char path[64], line[128];
	long count = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		sscanf(line, "voluntary_ctxt_switches: %ld", &count);
	fclose(f);
	return count;
}

static void await_in_accept(int l)
{
	for (;;) {
		int fd = accept(l, NULL, NULL);

		require(fd >= 0);
		send(fd, "a", 1, 0);
		close(fd);
	}
}

static void await_in_epoll(int l, unsigned int how)
{
	struct epoll_event ev = { .events = EPOLLIN | how };
	int ep = epoll_create1(0);

	set_nonblock(l);
	require(!epoll_ctl(ep, EPOLL_CTL_ADD, l, &ev));
	for (;;) {
		int fd;

		require(epoll_wait(ep, &ev, 1, -1) == 1);
		fd = accept(l, NULL, NULL);
		if (fd < 0)
			continue;
		send(fd, "a", 1, 0);
		close(fd);
	}
}

static void visit(const union address *a)
{
	int fd = sock_connect(a);
	char c;

	expect_ret(recv(fd, &c, 1, 0), 1);
	expect_ret(recv(fd, &c, 1, 0), 0);
	close(fd);
	usleep(SETTLE);
}

/* How many of the herd each visitor wakes. */
static void play_herd(struct log *log, const void *what)
{
	int how = *(const int *)what, i, j;
	long before[HERD];
	pid_t herd[HERD];
	union address a;
	int l = sock_listen(&a, 8);

	for (i = 0; i < HERD; i++) {
		herd[i] = fork();
		require(herd[i] >= 0);
		if (herd[i])
			continue;
		if (how < 0)
			await_in_accept(l);
		await_in_epoll(l, how);
	}
	usleep(SETTLE);
	for (j = 0; j < VISITS; j++) {
		int woken = 0;

		for (i = 0; i < HERD; i++)
			before[i] = sleeps(herd[i]);
		visit(&a);
		for (i = 0; i < HERD; i++)
			woken += sleeps(herd[i]) != before[i];
		note(log, "%d ", woken);
	}
	for (i = 0; i < HERD; i++) {
		kill(herd[i], SIGKILL);
		require(waitpid(herd[i], NULL, 0) == herd[i]);
	}
	close(l);
}

CASE_FLAGS(herd, CASE_CLASP)
{
	static const int hows[] = { -1, 0, EPOLLET, EPOLLEXCLUSIVE };
	size_t i;

	for (i = 0; i < sizeof(hows) / sizeof(*hows); i++)
		scene_compare(play_herd, &hows[i]);
}

/* ---- descriptors ---- */

CASE(duplicated)
{
	struct pair p;
	char buf[8];
	int two;

	pair_open(&p);
	two = dup(p.c);
	require(two >= 0);
	close(p.c);
	expect_ret(send(two, "x", 1, 0), 1);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 1);
	/* Flags of the file are of both, whatever one they are set on. */
	p.c = dup(two);
	set_nonblock(p.c);
	expect_errno(recv(two, buf, 1, 0), EAGAIN);
	close(two);
	expect_ret(events_now(p.s, POLLIN | POLLRDHUP), 0);
	/* What dup2() replaces is closed. */
	require(dup2(p.l, p.c) == p.c);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 0);
}

CASE(pidfd)
{
	int status, fd, pidfd, told[2];
	struct pair p;
	char buf[8];
	pid_t pid;

	pair_open(&p);
	require(!pipe(told));
	pid = fork();
	require(pid >= 0);
	if (!pid) {
		require(read(told[0], buf, 1) == 1);
		_exit(0);
	}
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	require(pidfd >= 0);
	close(p.s);
	fd = syscall(SYS_pidfd_getfd, pidfd, p.s, 0);
	require(fd >= 0);
	require(write(told[1], "t", 1) == 1);
	require(waitpid(pid, &status, 0) == pid);
	expect_ret(send(fd, "x", 1, 0), 1);
	expect_ret(recv(p.c, buf, sizeof(buf), 0), 1);
	close(fd);
	expect_ret(recv(p.c, buf, sizeof(buf), 0), 0);
}

CASE(in_proc)
{
	char path[64], link[64] = "", want[64];
	struct stat st;
	int fd = sock();

	require(!fstat(fd, &st));
	expect(S_ISSOCK(st.st_mode));
	expect_ret(st.st_size, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	require(readlink(path, link, sizeof(link) - 1) > 0);
	snprintf(want, sizeof(want), "socket:[%lu]", (unsigned long)st.st_ino);
	expect(!strcmp(link, want));
	expect_errno(open(path, O_RDWR), ENXIO);
	expect_errno(lseek(fd, 0, SEEK_SET), ESPIPE);
	expect_errno(ftruncate(fd, 0), EINVAL);
	expect_errno(fsync(fd), EINVAL);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	expect_ret(access(path, R_OK), 0);
}

/* ---- exec and the flags of descriptors ---- */

/* Does a program that is executed have this descriptor? */
static int survives(int fd)
{
	char test[64];
	int status;
	pid_t pid;

	snprintf(test, sizeof(test), "test -e /proc/self/fd/%d", fd);
	pid = vfork();
	require(pid >= 0);
	if (!pid) {
		execl("/bin/sh", "sh", "-c", test, NULL);
		_exit(127);
	}
	require(waitpid(pid, &status, 0) == pid);
	require(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return !WEXITSTATUS(status);
}

CASE(executed)
{
	int one = socket(family, SOCK_STREAM, proto);
	int two = socket(family, SOCK_STREAM | SOCK_CLOEXEC, proto);

	require(one >= 0 && two >= 0);
	expect_ret(survives(one), 1);
	expect_ret(survives(two), 0);
	require(!fcntl(one, F_SETFD, FD_CLOEXEC));
	expect_ret(survives(one), 0);
}

/* The program that is executed instead closes the connection so. */
CASE(executed_closes)
{
	struct pair p;
	char buf[8];
	pid_t pid;

	pair_open(&p);
	require(!fcntl(p.c, F_SETFD, FD_CLOEXEC));
	pid = vfork();
	require(pid >= 0);
	if (!pid) {
		execl("/bin/sh", "sh", "-c", "exec sleep 1000", NULL);
		_exit(127);
	}
	close(p.c);
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 0);
	require(!kill(pid, SIGKILL));
	require(waitpid(pid, NULL, 0) == pid);
}

/* One connection accepted with these flags; the listener does not block. */
static int accepted(int l, const union address *a, int flags)
{
	int fd;

	sock_connect(a);
	require(wait_events(l, POLLIN) == POLLIN);
	fd = accept4(l, NULL, NULL, flags);
	require(fd >= 0);
	return fd;
}

CASE(accept4_flags)
{
	union address a;
	int l = sock_listen(&a, 8), fd;

	set_nonblock(l);
	fd = accepted(l, &a, 0);
	/* Nothing is inherited from the listener's descriptor. */
	expect_ret(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	expect_ret(fcntl(fd, F_GETFD), 0);
	fd = accepted(l, &a, SOCK_NONBLOCK);
	expect_ret(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	expect_ret(fcntl(fd, F_GETFD), 0);
	fd = accepted(l, &a, SOCK_CLOEXEC);
	expect_ret(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	expect_ret(fcntl(fd, F_GETFD), FD_CLOEXEC);
	fd = accepted(l, &a, SOCK_NONBLOCK | SOCK_CLOEXEC);
	expect_ret(survives(fd), 0);
	sock_connect(&a);
	require(wait_events(l, POLLIN) == POLLIN);
	expect_errno(accept4(l, NULL, NULL, 1), EINVAL);
	/* A mistake takes no connection away. */
	expect(accept4(l, NULL, NULL, 0) >= 0);
	expect_errno(accept4(l, NULL, NULL, 0), EAGAIN);
}

int main(void)
{
	return cases_main();
}
