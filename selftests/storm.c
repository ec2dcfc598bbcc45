// SPDX-License-Identifier: GPL-2.0
/*
 * Many threads do everything at once to the same few sockets: connect, accept,
 * send, receive, set timers, shut down, abort, disconnect, close and listen
 * again. What the calls return is of no interest; that the kernel survives it
 * is, with nothing left over, which the runner checks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/clasp.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>

#include "ksft.h"
#include "util.h"

#define THREADS		6
#define SOCKETS		8
#define PORTS		3
#define FIRST_PORT	7300

static _Atomic int sockets[SOCKETS];
static int watch;			/* an epoll set */
static atomic_long connected, accepted, moved;
static long rounds;

static unsigned int pick(unsigned int *seed, unsigned int n)
{
	return (unsigned int)rand_r(seed) % n;
}

static struct sockaddr_in any_port(unsigned int *seed)
{
	return addr4("127.0.0.1", FIRST_PORT + pick(seed, PORTS));
}

/* Puts a descriptor into a slot and closes the one that was there. */
static void replace(unsigned int *seed, int fd)
{
	int old = atomic_exchange(&sockets[pick(seed, SOCKETS)], fd);

	if (old >= 0)
		close(old);
}

static int new_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, proto_env());
}

static void do_connect(unsigned int *seed)
{
	struct sockaddr_in to = any_port(seed);
	int fd = new_socket();

	if (fd < 0)
		return;
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    errno == EINPROGRESS)
		connected++;
	replace(seed, fd);
}

static void do_listen(unsigned int *seed)
{
	struct sockaddr_in at = any_port(seed);
	int fd = new_socket(), one = 1;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, (struct sockaddr *)&at, sizeof(at)))
		listen(fd, 1 + pick(seed, 4));
	replace(seed, fd);
}

static void do_accept(unsigned int *seed, int fd)
{
	int child = accept4(fd, NULL, NULL, SOCK_NONBLOCK);

	if (child < 0)
		return;
	accepted++;
	replace(seed, child);
}

static void do_linger(unsigned int *seed, int fd)
{
	struct linger linger = { .l_onoff = pick(seed, 2) };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static void do_urgent(unsigned int *seed, int fd)
{
	int inline_too = pick(seed, 2);

	fcntl(fd, F_SETOWN, pick(seed, 2) ? getpid() : 0);
	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &inline_too,
		   sizeof(inline_too));
}

/* Whoever waits on it meanwhile is woken, whatever it has become. */
static void do_wait(unsigned int *seed, int fd)
{
	struct timeval soon = { .tv_usec = 1000 };
	char c;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon));
	fcntl(fd, F_SETFL, 0);
	if (pick(seed, 2))
		recv(fd, &c, 1, 0);
	else
		send(fd, &c, 1, MSG_NOSIGNAL);
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* The options with TCP's numbers, whatever they do in this state. */
static void do_timers(unsigned int *seed, int fd)
{
	static const int names[] = {
		TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT,
		TCP_SYNCNT, TCP_LINGER2, TCP_QUICKACK, TCP_USER_TIMEOUT,
	};
	int name = names[pick(seed, sizeof(names) / sizeof(*names))];
	int value = (int)pick(seed, 5) - 1, on = pick(seed, 2);
	socklen_t len = sizeof(value);

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, SOL_CLASP, name, &value, sizeof(value));
	getsockopt(fd, SOL_CLASP, name, &value, &len);
}

static void do_disconnect(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	connect(fd, &none, sizeof(none));
}

static void do_move(unsigned int *seed, int fd)
{
	static char buffer[65536];
	size_t len = pick(seed, sizeof(buffer));
	ssize_t n;

	if (pick(seed, 2))
		n = send(fd, buffer, len, MSG_NOSIGNAL | MSG_DONTWAIT |
			 (pick(seed, 4) ? 0 : MSG_OOB));
	else
		n = recv(fd, buffer, len, MSG_DONTWAIT |
			 (pick(seed, 4) ? 0 : MSG_PEEK) |
			 (pick(seed, 8) ? 0 : MSG_OOB));
	if (n > 0)
		moved += n;
}

static void do_look(unsigned int *seed, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };
	int value = 4096 << pick(seed, 8);
	socklen_t len = sizeof(value);

	poll(&pfd, 1, pick(seed, 2));
	ioctl(fd, SIOCOUTQ, &value);
	ioctl(fd, SIOCINQ, &value);
	sockatmark(fd);
	if (pick(seed, 2))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof(value));
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &len);
}

/* Sets that come and go, and signals about whatever happens. */
static void do_watch(unsigned int *seed, int fd)
{
	struct epoll_event ev = {
		.events = EPOLLIN | (pick(seed, 2) ? EPOLLOUT : EPOLLRDHUP) |
			  (pick(seed, 2) ? EPOLLET : EPOLLONESHOT),
	};

	epoll_ctl(watch, pick(seed, 3) ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd,
		  &ev);
	epoll_wait(watch, &ev, 1, 0);
	fcntl(fd, F_SETFL, O_NONBLOCK | (pick(seed, 2) ? O_ASYNC : 0));
}

static void do_something(unsigned int *seed)
{
	int fd = sockets[pick(seed, SOCKETS)];

	switch (pick(seed, 21)) {
	case 0:
		do_listen(seed);
		break;
	case 1:
	case 2:
		do_connect(seed);
		break;
	case 3:
	case 4:
		do_accept(seed, fd);
		break;
	case 5:
		shutdown(fd, pick(seed, 3));
		break;
	case 6:
		do_linger(seed, fd);
		break;
	case 7:
		if (!pick(seed, 4))
			do_disconnect(fd);
		break;
	case 8:
		do_look(seed, fd);
		break;
	case 9:
		if (!pick(seed, 4))
			replace(seed, -1);
		break;
	case 10:
		do_urgent(seed, fd);
		break;
	case 11:
		if (!pick(seed, 4))
			do_wait(seed, fd);
		break;
	case 12:
		do_timers(seed, fd);
		break;
	case 13:
		do_watch(seed, fd);
		break;
	default:
		do_move(seed, fd);
	}
}

static void *storm(void *arg)
{
	unsigned int seed = (unsigned long)arg;
	long i;

	for (i = 0; i < rounds; i++)
		do_something(&seed);
	return NULL;
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		die_errno("loopback");
	close(fd);
}

int main(void)
{
	pthread_t threads[THREADS];
	long i;

	ksft_print_header();
	ksft_set_plan(1);
	if (unshare(CLONE_NEWNET))
		die_errno("unshare");
	loopback_up();
	watch = epoll_create1(EPOLL_CLOEXEC);
	if (watch < 0 || signal(SIGIO, SIG_IGN) == SIG_ERR)
		die_errno("watching");
	rounds = number_env("CLASP_ROUNDS", debug_env() ? 10000 : 40000);
	for (i = 0; i < SOCKETS; i++)
		sockets[i] = -1;
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, storm, (void *)(i + 1)))
			die("no thread");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < SOCKETS; i++)
		if (sockets[i] >= 0)
			close(sockets[i]);
	ksft_print_msg("%ld connects, %ld accepts, %ld bytes\n",
		       (long)connected, (long)accepted, (long)moved);
	ksft_test_result(connected > 0 && accepted > 0 && moved > 0,
			 "a storm of calls from %d threads\n", THREADS);
	ksft_finished();
}
