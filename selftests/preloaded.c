// SPDX-License-Identifier: GPL-2.0
/*
 * A program for scripts/clasprun to run: it knows of TCP only, but asks the kernel
 * past the preloaded library what its sockets are. See clasprun.sh.
 *
 *   preloaded sockets PROTOCOL             what socket() makes
 *   preloaded listener PROTOCOL PORT       a socket that listens, with all that
 *                                          was set before it did
 *   preloaded connect PROTOCOL ADDR PORT   a socket that is connected
 *   preloaded epoll PROTOCOL ADDR PORT     the same without blocking: epoll, which
 *                                          knows it from before, tells when
 *   preloaded start PROTOCOL ADDR PORT     a socket that begins to connect
 *
 * ADDR is IPv4 or IPv6. Says what is wrong, and exits with status 1 then.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/tcp.h>

#include "util.h"

#define COOKIE 0x123456789abcdef0ULL
#define KEEPIDLE 77
#define SNDBUF 30000
#define TTL 33
#define WAIT_MS 60000

static int expected;

/* What the kernel says, and not what the library does. */
static int true_protocol(int fd)
{
	socklen_t len = sizeof(int);
	int protocol = -1;

	if (syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len))
		die_errno("SO_PROTOCOL");
	return protocol;
}

static void want(const char *what, long got, long wanted)
{
	if (got != wanted)
		die("%s: got %ld, wanted %ld", what, got, wanted);
}

static void want_protocol(const char *what, int fd, int protocol)
{
	if (fd < 0)
		die_errno(what);
	want(what, true_protocol(fd), protocol);
}

static int get_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	if (getsockopt(fd, level, name, &value, &len))
		die_errno("getsockopt");
	return value;
}

static void set_int(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		die_errno("setsockopt");
}

static int tcp_socket(int family, int flags)
{
	int fd = socket(family, SOCK_STREAM | flags, IPPROTO_TCP);

	if (fd < 0)
		die_errno("socket");
	return fd;
}

static socklen_t to_sockaddr(struct sockaddr_storage *addr, const char *ip, int port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;

	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, ip, &v6->sin6_addr) != 1)
		die("%s is no address", ip);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

/* What a socket of the other protocol must have as well */
static void prepare(int fd)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 5 };

	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(fd, SOL_SOCKET, SO_SNDBUF, SNDBUF);
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPIDLE);
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (get_int(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET)
		set_int(fd, SOL_IP, IP_TTL, TTL);
	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		die_errno("SO_LINGER");
}

static void want_prepared(int fd, int flags)
{
	struct linger linger = {};
	socklen_t len = sizeof(linger);

	want("SO_REUSEADDR", get_int(fd, SOL_SOCKET, SO_REUSEADDR), 1);
	want("SO_KEEPALIVE", get_int(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	want("SO_SNDBUF", get_int(fd, SOL_SOCKET, SO_SNDBUF), 2 * SNDBUF);
	want("TCP_KEEPIDLE", get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE), KEEPIDLE);
	want("TCP_NODELAY", get_int(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	if (get_int(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET)
		want("IP_TTL", get_int(fd, SOL_IP, IP_TTL), TTL);
	if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len))
		die_errno("SO_LINGER");
	want("SO_LINGER", linger.l_onoff && linger.l_linger == 5, true);
	want("O_NONBLOCK", !!(fcntl(fd, F_GETFL) & O_NONBLOCK),
	     !!(flags & SOCK_NONBLOCK));
	want("FD_CLOEXEC", fcntl(fd, F_GETFD), flags & SOCK_CLOEXEC ? FD_CLOEXEC : 0);
}

static void try_sockets(void)
{
	int fd;

	want_protocol("a TCP socket", socket(AF_INET, SOCK_STREAM, IPPROTO_TCP),
		      expected);
	want_protocol("a stream socket", socket(AF_INET, SOCK_STREAM, 0), expected);
	want_protocol("a UDP socket", socket(AF_INET, SOCK_DGRAM, 0), IPPROTO_UDP);
	want_protocol("a Unix socket", socket(AF_UNIX, SOCK_STREAM, 0), 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	want_protocol("a socket with flags", fd, expected);
	want("O_NONBLOCK", fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	want("FD_CLOEXEC", fcntl(fd, F_GETFD), FD_CLOEXEC);
	want("what the library says", get_int(fd, SOL_SOCKET, SO_PROTOCOL),
	     IPPROTO_TCP);
	want("what is no stream", socket(AF_INET, SOCK_SEQPACKET, IPPROTO_TCP), -1);
	want("errno", errno, ESOCKTNOSUPPORT);
}

/* As <netinet/tcp.h> has them, which does not go together with <linux/tcp.h> */
enum { TCP_ESTABLISHED = 1, TCP_LISTEN = 10 };

/* Of a new connection, whose SYN has been acknowledged and nothing since */
static void want_info(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);
	unsigned char state = 0;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		die_errno("TCP_INFO");
	want("its state", info.tcpi_state, TCP_ESTABLISHED);
	want("its MSS", info.tcpi_snd_mss > 1000 && info.tcpi_snd_mss < 1500, true);
	want("its path MTU", info.tcpi_pmtu, 1500);
	want("its congestion window", info.tcpi_snd_cwnd, 10);
	want("its slow start threshold", info.tcpi_snd_ssthresh, 0x7fffffff);
	want("its RTT", info.tcpi_rtt < 1000000, true);
	want("its segments sent", info.tcpi_segs_out, 2);
	want("its segments received", info.tcpi_segs_in, 1);
	want("its retransmissions", info.tcpi_total_retrans, 0);
	len = sizeof(state);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &len))
		die_errno("TCP_INFO");
	want("the part that fits", len, sizeof(state));
	want("is the state", state, TCP_ESTABLISHED);
}

/* It has no connection that waits, and 10 may. */
static void want_listener_info(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		die_errno("TCP_INFO");
	want("its state", info.tcpi_state, TCP_LISTEN);
	want("its queue", info.tcpi_unacked, 0);
	want("its backlog", info.tcpi_sacked, 10);
}

static int watch(int fd, unsigned int events)
{
	struct epoll_event event = { .events = events, .data.u64 = COOKIE };
	int epoll = epoll_create1(0);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die_errno("epoll");
	return epoll;
}

static void want_event(int epoll, unsigned int events)
{
	struct epoll_event event = {};

	want("events", epoll_wait(epoll, &event, 1, WAIT_MS), 1);
	want("the event", event.events & events, events);
	want("its data", event.data.u64 == COOKIE, true);
}

/* From past the library, to where a listener of that protocol must be */
static int raw_connect(const struct sockaddr_storage *addr, socklen_t len)
{
	int fd = syscall(SYS_socket, addr->ss_family, SOCK_STREAM, expected);

	if (fd < 0)
		die_errno("socket");
	if (syscall(SYS_connect, fd, addr, len))
		die_errno("connect");
	return fd;
}

static void try_listener(int port, int flags)
{
	struct sockaddr_storage addr, bound = {};
	socklen_t len = to_sockaddr(&addr, "127.0.0.1", port), bound_len = sizeof(bound);
	int fd = tcp_socket(AF_INET, flags), epoll, conn;

	prepare(fd);
	if (bind(fd, (struct sockaddr *)&addr, len))
		die_errno("bind");
	epoll = watch(fd, EPOLLIN | EPOLLET);
	if (listen(fd, 5))
		die_errno("listen");
	want_protocol("the listener", fd, expected);
	want_prepared(fd, flags);
	if (getsockname(fd, (struct sockaddr *)&bound, &bound_len))
		die_errno("getsockname");
	want("the address", !memcmp(&bound, &addr, len), true);
	close(raw_connect(&addr, len));
	want_event(epoll, EPOLLIN);
	conn = accept(fd, NULL, NULL);
	want_protocol("the connection", conn, expected);
	if (listen(fd, 10))
		die_errno("listen again");
	want_protocol("the listener then", fd, expected);
	want_listener_info(fd);
	close(conn);
	close(epoll);
	close(fd);
}

static void connect_to(const char *ip, int port)
{
	struct sockaddr_storage addr;
	socklen_t len = to_sockaddr(&addr, ip, port);
	int fd = tcp_socket(addr.ss_family, 0);

	prepare(fd);
	if (connect(fd, (struct sockaddr *)&addr, len))
		die_errno("connect");
	want_protocol("the client", fd, expected);
	want_prepared(fd, 0);
	want_info(fd);
	want("connecting again", connect(fd, (struct sockaddr *)&addr, len), -1);
	want("errno", errno, EISCONN);
}

static int start(const char *ip, int port, int *epoll)
{
	struct sockaddr_storage addr;
	socklen_t len = to_sockaddr(&addr, ip, port);
	int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = tcp_socket(addr.ss_family, flags);

	prepare(fd);
	*epoll = watch(fd, EPOLLOUT);
	want("connect", connect(fd, (struct sockaddr *)&addr, len), -1);
	if (errno != EINPROGRESS)
		die_errno("connect");
	want_protocol("the client", fd, expected);
	want_prepared(fd, flags);
	return fd;
}

static void connect_with_epoll(const char *ip, int port)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int epoll, fd = start(ip, port, &epoll);

	want_event(epoll, EPOLLOUT);
	want("SO_ERROR", get_int(fd, SOL_SOCKET, SO_ERROR), 0);
	if (getpeername(fd, (struct sockaddr *)&addr, &len))
		die_errno("getpeername");
}

int main(int argc, char **argv)
{
	const char *command = argc > 2 ? argv[1] : "";
	int epoll;

	expected = argc > 2 ? atoi(argv[2]) : 0;
	if (!strcmp(command, "sockets")) {
		try_sockets();
	} else if (!strcmp(command, "listener") && argc == 4) {
		try_listener(atoi(argv[3]), SOCK_CLOEXEC);
		try_listener(atoi(argv[3]), SOCK_NONBLOCK);
	} else if (!strcmp(command, "connect") && argc == 5) {
		connect_to(argv[3], atoi(argv[4]));
	} else if (!strcmp(command, "epoll") && argc == 5) {
		connect_with_epoll(argv[3], atoi(argv[4]));
	} else if (!strcmp(command, "start") && argc == 5) {
		start(argv[3], atoi(argv[4]), &epoll);
	} else {
		die("wrong arguments");
	}
	return 0;
}
