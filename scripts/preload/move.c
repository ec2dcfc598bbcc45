// SPDX-License-Identifier: GPL-2.0
/* A socket of one protocol is replaced by one of the other, under its number. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <linux/tcp.h>

#include "preload.h"

int preload_get_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	if (preload_next_getsockopt(fd, level, name, &value, &len))
		return -1;
	return value;
}

/* What of a socket is set before it is connected, or listens. */
static const struct {
	int level;
	int name;
	/* The kernel answers with twice what it was told. */
	bool doubled;
} options[] = {
	{ .level = SOL_SOCKET, .name = SO_REUSEADDR },
	{ .level = SOL_SOCKET, .name = SO_REUSEPORT },
	{ .level = SOL_SOCKET, .name = SO_KEEPALIVE },
	{ .level = SOL_SOCKET, .name = SO_DONTROUTE },
	{ .level = SOL_SOCKET, .name = SO_OOBINLINE },
	{ .level = SOL_SOCKET, .name = SO_LINGER },
	{ .level = SOL_SOCKET, .name = SO_SNDBUF, .doubled = true },
	{ .level = SOL_SOCKET, .name = SO_RCVBUF, .doubled = true },
	{ .level = SOL_SOCKET, .name = SO_RCVLOWAT },
	{ .level = SOL_SOCKET, .name = SO_SNDTIMEO },
	{ .level = SOL_SOCKET, .name = SO_RCVTIMEO },
	{ .level = SOL_SOCKET, .name = SO_PRIORITY },
	{ .level = SOL_SOCKET, .name = SO_MARK },
	{ .level = SOL_SOCKET, .name = SO_BINDTODEVICE },
	{ .level = SOL_SOCKET, .name = SO_INCOMING_CPU },
	{ .level = SOL_SOCKET, .name = SO_TIMESTAMP },
	{ .level = SOL_SOCKET, .name = SO_BUSY_POLL },
	{ .level = SOL_SOCKET, .name = SO_ZEROCOPY },
	{ .level = SOL_IP, .name = IP_TOS },
	{ .level = SOL_IP, .name = IP_TTL },
	{ .level = SOL_IP, .name = IP_MTU_DISCOVER },
	{ .level = SOL_IP, .name = IP_FREEBIND },
	{ .level = SOL_IP, .name = IP_TRANSPARENT },
	{ .level = SOL_IP, .name = IP_BIND_ADDRESS_NO_PORT },
	{ .level = SOL_IPV6, .name = IPV6_V6ONLY },
	{ .level = SOL_IPV6, .name = IPV6_TCLASS },
	{ .level = SOL_IPV6, .name = IPV6_UNICAST_HOPS },
	{ .level = SOL_IPV6, .name = IPV6_MTU_DISCOVER },
	{ .level = IPPROTO_TCP, .name = TCP_NODELAY },
	{ .level = IPPROTO_TCP, .name = TCP_MAXSEG },
	{ .level = IPPROTO_TCP, .name = TCP_CORK },
	{ .level = IPPROTO_TCP, .name = TCP_KEEPIDLE },
	{ .level = IPPROTO_TCP, .name = TCP_KEEPINTVL },
	{ .level = IPPROTO_TCP, .name = TCP_KEEPCNT },
	{ .level = IPPROTO_TCP, .name = TCP_SYNCNT },
	{ .level = IPPROTO_TCP, .name = TCP_LINGER2 },
	{ .level = IPPROTO_TCP, .name = TCP_DEFER_ACCEPT },
	{ .level = IPPROTO_TCP, .name = TCP_WINDOW_CLAMP },
	{ .level = IPPROTO_TCP, .name = TCP_QUICKACK },
	{ .level = IPPROTO_TCP, .name = TCP_CONGESTION },
	{ .level = IPPROTO_TCP, .name = TCP_USER_TIMEOUT },
	{ .level = IPPROTO_TCP, .name = TCP_NOTSENT_LOWAT },
	{ .level = IPPROTO_TCP, .name = TCP_INQ },
	{ .level = IPPROTO_TCP, .name = TCP_FASTOPEN },
};

/*
 * What differs from a fresh socket has been set. An option that the new one does
 * not have is lost, as it would have been had the program had CLASP at once.
 */
static void copy_options(int from, int fresh, int to)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		int level = options[i].level, name = options[i].name;
		unsigned char set[64] = {}, unset[64] = {};
		socklen_t len = sizeof(set), unset_len = sizeof(unset);
		int half;

		if (preload_next_getsockopt(from, level, name, set, &len) ||
		    preload_next_getsockopt(fresh, level, name, unset, &unset_len))
			continue;
		if (len == unset_len && !memcmp(set, unset, len))
			continue;
		if (options[i].doubled) {
			memcpy(&half, set, sizeof(half));
			half /= 2;
			memcpy(set, &half, sizeof(half));
		}
		setsockopt(to, level, name, set, len);
	}
}

/* The two protocols do not share ports: the new one can have the same. */
static int copy_address(int from, int to)
{
	struct sockaddr_storage addr = {}, unbound = {};
	socklen_t len = sizeof(addr), unbound_len = sizeof(unbound);

	if (getsockname(from, (struct sockaddr *)&addr, &len) ||
	    getsockname(to, (struct sockaddr *)&unbound, &unbound_len))
		return -1;
	if (!memcmp(&addr, &unbound, sizeof(addr)))
		return 0;
	return bind(to, (struct sockaddr *)&addr, len);
}

static int copy_flags(int from, int to)
{
	struct f_owner_ex owner;
	int flags = fcntl(from, F_GETFL);

	if (!fcntl(from, F_GETOWN_EX, &owner) && owner.pid)
		fcntl(to, F_SETOWN_EX, &owner);
	fcntl(to, F_SETSIG, fcntl(from, F_GETSIG));
	return flags < 0 ? -1 : fcntl(to, F_SETFL, flags);
}

/* One descriptor's place in an epoll set */
struct watch {
	int epoll;
	struct epoll_event event;
};

/* Add to the list what this set has of fd; how many there are then. */
static size_t read_watch(int epoll, int fd, struct watch *list, size_t n,
			 size_t max)
{
	unsigned long long data;
	unsigned int events;
	char path[64];
	char line[256];
	FILE *info;
	int target;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", epoll);
	info = fopen(path, "re");
	if (!info)
		return n;
	while (n < max && fgets(line, sizeof(line), info)) {
		if (sscanf(line, "tfd: %d events: %x data: %llx", &target,
			   &events, &data) != 3 || target != fd)
			continue;
		list[n].epoll = epoll;
		list[n].event.events = events;
		list[n].event.data.u64 = data;
		n++;
	}
	fclose(info);
	return n;
}

/* Where the program has told epoll of this descriptor; the kernel lists it. */
static size_t find_watches(int fd, struct watch *list, size_t max)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	size_t n = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		char target[32] = {};

		if (readlinkat(dirfd(dir), entry->d_name, target,
			       sizeof(target) - 1) > 0 &&
		    !strcmp(target, "anon_inode:[eventpoll]"))
			n = read_watch(atoi(entry->d_name), fd, list, n, max);
	}
	closedir(dir);
	return n;
}

/* Put the socket "to" in the place of fd, in the epoll sets as well. */
static int replace(int fd, int to)
{
	int flags = fcntl(fd, F_GETFD);
	struct watch list[16];
	size_t i, n;
	int err;

	if (flags < 0)
		return -1;
	n = find_watches(fd, list, ARRAY_SIZE(list));
	for (i = 0; i < n; i++)
		epoll_ctl(list[i].epoll, EPOLL_CTL_DEL, fd, NULL);
	err = dup3(to, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
	for (i = 0; i < n; i++)
		epoll_ctl(list[i].epoll, EPOLL_CTL_ADD, fd, &list[i].event);
	return err < 0 ? -1 : 0;
}

int preload_move(int fd, int from, int to)
{
	int domain = preload_get_int(fd, SOL_SOCKET, SO_DOMAIN);
	int fresh = preload_next_socket(domain, SOCK_STREAM | SOCK_CLOEXEC, from);
	int other = preload_next_socket(domain, SOCK_STREAM | SOCK_CLOEXEC, to);
	int err = -1, number;

	if (other >= 0) {
		if (fresh >= 0)
			copy_options(fd, fresh, other);
		if (!copy_address(fd, other) && !copy_flags(fd, other))
			err = replace(fd, other);
	}
	number = errno;
	if (fresh >= 0)
		close(fresh);
	if (other >= 0)
		close(other);
	errno = number;
	return err;
}
