// SPDX-License-Identifier: GPL-2.0
/*
 * The library that scripts/clasprun preloads: the program's TCP sockets become
 * CLASP sockets.
 *
 * socket() asks for the other protocol, and that is all where every socket is to
 * be one. Else what a socket is for, and at which port, is known only once the
 * program calls connect() or listen(). By then it may have set options, bound an
 * address and told epoll, so the socket is replaced under its number by one of
 * the other protocol that has all this, see move.c.
 *
 * A socket starts as CLASP, and connect() and listen() may make it TCP; if only
 * servers are wanted, it starts as TCP, and listen() may make it CLASP. So a
 * socket is replaced once at most, and mostly in listen(), where it is seldom
 * known to epoll. Nothing is kept of it in here: what it is, the kernel is asked.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <linux/tcp.h>

#include "preload.h"

/* Only what is to come before the C library's functions is seen outside. */
#define EXPORTED __attribute__((visibility("default")))

/* IPPROTO_TCP or CLASP's number; -1 if it is neither. */
static int protocol_of(int fd)
{
	int protocol = preload_get_int(fd, SOL_SOCKET, SO_PROTOCOL);

	if (protocol != IPPROTO_TCP && protocol != preload_config.protocol)
		return -1;
	return preload_get_int(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM ? protocol : -1;
}

static int port_of(const struct sockaddr_storage *addr)
{
	switch (addr->ss_family) {
	case AF_INET:
		return ntohs(((const struct sockaddr_in *)addr)->sin_port);
	case AF_INET6:
		return ntohs(((const struct sockaddr_in6 *)addr)->sin6_port);
	}
	return -1;
}

static bool is_tcp(int domain, int type, int protocol)
{
	return (domain == AF_INET || domain == AF_INET6) &&
	       (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM &&
	       (protocol == 0 || protocol == IPPROTO_TCP);
}

EXPORTED int socket(int domain, int type, int protocol)
{
	int fd;

	preload_ready();
	if (!is_tcp(domain, type, protocol) || !preload_config.client)
		return preload_next_socket(domain, type, protocol);
	fd = preload_next_socket(domain, type, preload_config.protocol);
	if (fd < 0 && errno == EPROTONOSUPPORT && preload_config.fallback)
		fd = preload_next_socket(domain, type, protocol);
	return fd;
}

/* Nobody listens for CLASP there, or the peer does not even know of it. */
static bool refused(int err)
{
	return err == ECONNREFUSED || err == ENOPROTOOPT;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/*
 * A connect() that does not block is on its way: wait for a refusal as long as
 * that may take, as the program does not know what to make of one. All else it
 * is told as if nobody had waited. Return: what errno is to be.
 */
static int await_refusal(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	long long left, end = now_ms() + preload_config.wait;
	int n = -1, err = EINPROGRESS;

	for (left = preload_config.wait; n < 0 && left >= 0; left = end - now_ms()) {
		n = poll(&poll_fd, 1, left);
		if (n < 0 && errno != EINTR)
			break;
	}
	if (n > 0)
		err = preload_get_int(fd, SOL_SOCKET, SO_ERROR) ?: err;
	return err;
}

static int connect_or_fall_back(int fd, const struct sockaddr *addr,
				socklen_t len)
{
	int err;

	if (!preload_next_connect(fd, addr, len))
		return 0;
	err = errno;
	if (err == EINPROGRESS && fcntl(fd, F_GETFL) & O_NONBLOCK)
		err = await_refusal(fd);
	if (refused(err) && !preload_move(fd, preload_config.protocol, IPPROTO_TCP))
		return preload_next_connect(fd, addr, len);
	errno = err;
	return -1;
}

EXPORTED int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_storage copy = {};
	int port;

	preload_ready();
	if (!preload_config.some_ports && !preload_config.fallback)
		return preload_next_connect(fd, addr, len);
	/* What is no address, the kernel shall say. */
	if (!addr || len > sizeof(copy) || protocol_of(fd) != preload_config.protocol)
		return preload_next_connect(fd, addr, len);
	memcpy(&copy, addr, len);
	port = port_of(&copy);
	if (port < 0)
		return preload_next_connect(fd, addr, len);
	if (!preload_port_wanted(port)) {
		if (preload_move(fd, preload_config.protocol, IPPROTO_TCP))
			return -1;
		return preload_next_connect(fd, addr, len);
	}
	if (preload_config.fallback)
		return connect_or_fall_back(fd, addr, len);
	return preload_next_connect(fd, addr, len);
}

/* Which protocol is to listen at the address that the socket has? */
static int listener_protocol(int fd)
{
	struct sockaddr_storage addr = {};
	socklen_t len = sizeof(addr);
	int port;

	if (!preload_config.server || getsockname(fd, (struct sockaddr *)&addr, &len))
		return IPPROTO_TCP;
	port = port_of(&addr);
	if (port < 0 || !preload_port_wanted(port))
		return IPPROTO_TCP;
	return preload_config.protocol;
}

EXPORTED int listen(int fd, int backlog)
{
	int protocol, wanted;

	preload_ready();
	if (preload_config.client && preload_config.server && !preload_config.some_ports)
		return preload_next_listen(fd, backlog);
	protocol = protocol_of(fd);
	if (protocol < 0 || preload_get_int(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1)
		return preload_next_listen(fd, backlog);
	wanted = listener_protocol(fd);
	/* If clients are wanted, TCP is what the kernel has. */
	if (wanted == protocol || (preload_config.client && protocol == IPPROTO_TCP))
		return preload_next_listen(fd, backlog);
	if (preload_move(fd, protocol, wanted) &&
	    !(preload_config.fallback && errno == EPROTONOSUPPORT))
		return -1;
	return preload_next_listen(fd, backlog);
}

/* A program that asks what its socket is shall hear what it asked for. */
EXPORTED int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int err, protocol;

	preload_ready();
	if (level == IPPROTO_TCP && name == TCP_INFO && value && len &&
	    preload_tcp_info(fd, value, len))
		return 0;
	err = preload_next_getsockopt(fd, level, name, value, len);
	if (!err && level == SOL_SOCKET && name == SO_PROTOCOL &&
	    *len == sizeof(protocol)) {
		memcpy(&protocol, value, sizeof(protocol));
		if (protocol == preload_config.protocol)
			*(int *)value = IPPROTO_TCP;
	}
	return err;
}
