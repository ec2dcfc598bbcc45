// SPDX-License-Identifier: GPL-2.0
/*
 * The library that scripts/clasprun preloads: the program's TCP sockets become
 * CLASP sockets.
 *
 * socket() asks for the other protocol, and that is all where every socket is to
 * be one. Else what a socket is for, and at which port, is known only once the
 * program calls connect() or listen(). By then it may have set options, bound an
 * address and told epoll, so the socket is replaced under its number by one of
 * the other protocol that has all this, see move().
 *
 * A socket starts as CLASP, and connect() and listen() may make it TCP; if only
 * servers are wanted, it starts as TCP, and listen() may make it CLASP. So a
 * socket is replaced once at most, and mostly in listen(), where it is seldom
 * known to epoll. Nothing is kept of it in here: what it is, the kernel is asked.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/clasp.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PORTS 65536

/* The functions that are replaced, as whatever comes after this library has them. */
static int (*next_socket)(int domain, int type, int protocol);
static int (*next_connect)(int fd, const struct sockaddr *addr, socklen_t len);
static int (*next_listen)(int fd, int backlog);
static int (*next_getsockopt)(int fd, int level, int name, void *value,
			      socklen_t *len);

/* What scripts/clasprun was told, from the environment. */
static struct {
	int protocol;
	bool client;
	bool server;
	bool fallback;
	/* How long a connect() that does not block waits for a refusal, in ms */
	int wait;
	/* Not in all ports, but those in the map */
	bool some_ports;
	unsigned char port_map[PORTS / 8];
} config = {
	.protocol = IPPROTO_CLASP,
	.client = true,
	.server = true,
	.wait = 1000,
};

/* --- settings --------------------------------------------------------------- */

/* No strtol(): newer headers make it a function that older libraries lack. */
static int number(const char **text)
{
	int value = 0;

	while (**text >= '0' && **text <= '9' && value < PORTS)
		value = value * 10 + *(*text)++ - '0';
	return value;
}

/* "80,8000-8099"; scripts/clasprun has checked it. */
static void set_ports(const char *text)
{
	config.some_ports = true;
	while (*text) {
		int from = number(&text), to = from;

		if (*text == '-') {
			text++;
			to = number(&text);
		}
		for (; from <= to && from < PORTS; from++)
			config.port_map[from / 8] |= 1 << from % 8;
		if (*text)
			text++;
	}
}

static void set_number(int *setting, const char *name)
{
	const char *text = getenv(name);

	if (text)
		*setting = number(&text);
}

static void configure(void)
{
	const char *role = getenv("CLASPRUN_ROLE");
	const char *ports = getenv("CLASPRUN_PORTS");

	next_socket = dlsym(RTLD_NEXT, "socket");
	next_connect = dlsym(RTLD_NEXT, "connect");
	next_listen = dlsym(RTLD_NEXT, "listen");
	next_getsockopt = dlsym(RTLD_NEXT, "getsockopt");

	set_number(&config.protocol, "CLASPRUN_PROTOCOL");
	set_number(&config.wait, "CLASPRUN_WAIT");
	config.fallback = getenv("CLASPRUN_FALLBACK");
	if (role) {
		config.client = !strcmp(role, "client");
		config.server = !strcmp(role, "server");
	}
	if (ports)
		set_ports(ports);
}

/* The constructor of another library may come before that of this one. */
static void __attribute__((constructor)) ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, configure);
}

static bool port_wanted(int port)
{
	return !config.some_ports || config.port_map[port / 8] & 1 << port % 8;
}

/* --- what a socket is ------------------------------------------------------- */

static int get_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	if (next_getsockopt(fd, level, name, &value, &len))
		return -1;
	return value;
}

/* IPPROTO_TCP or CLASP's number; -1 if it is neither. */
static int protocol_of(int fd)
{
	int protocol = get_int(fd, SOL_SOCKET, SO_PROTOCOL);

	if (protocol != IPPROTO_TCP && protocol != config.protocol)
		return -1;
	return get_int(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM ? protocol : -1;
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

/* --- one socket for another ------------------------------------------------- */

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
	{ .level = SOL_TCP, .name = TCP_NODELAY },
	{ .level = SOL_TCP, .name = TCP_MAXSEG },
	{ .level = SOL_TCP, .name = TCP_CORK },
	{ .level = SOL_TCP, .name = TCP_KEEPIDLE },
	{ .level = SOL_TCP, .name = TCP_KEEPINTVL },
	{ .level = SOL_TCP, .name = TCP_KEEPCNT },
	{ .level = SOL_TCP, .name = TCP_SYNCNT },
	{ .level = SOL_TCP, .name = TCP_LINGER2 },
	{ .level = SOL_TCP, .name = TCP_DEFER_ACCEPT },
	{ .level = SOL_TCP, .name = TCP_WINDOW_CLAMP },
	{ .level = SOL_TCP, .name = TCP_QUICKACK },
	{ .level = SOL_TCP, .name = TCP_CONGESTION },
	{ .level = SOL_TCP, .name = TCP_USER_TIMEOUT },
	{ .level = SOL_TCP, .name = TCP_NOTSENT_LOWAT },
	{ .level = SOL_TCP, .name = TCP_INQ },
	{ .level = SOL_TCP, .name = TCP_FASTOPEN },
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

		if (next_getsockopt(from, level, name, set, &len) ||
		    next_getsockopt(fresh, level, name, unset, &unset_len))
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

/* Make fd, of one protocol, a socket of the other that is set up alike. */
static int move(int fd, int from, int to)
{
	int domain = get_int(fd, SOL_SOCKET, SO_DOMAIN);
	int fresh = next_socket(domain, SOCK_STREAM | SOCK_CLOEXEC, from);
	int other = next_socket(domain, SOCK_STREAM | SOCK_CLOEXEC, to);
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

/* --- what the program calls ------------------------------------------------- */

static bool is_tcp(int domain, int type, int protocol)
{
	return (domain == AF_INET || domain == AF_INET6) &&
	       (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM &&
	       (protocol == 0 || protocol == IPPROTO_TCP);
}

int socket(int domain, int type, int protocol)
{
	int fd;

	ready();
	if (!is_tcp(domain, type, protocol) || !config.client)
		return next_socket(domain, type, protocol);
	fd = next_socket(domain, type, config.protocol);
	if (fd < 0 && errno == EPROTONOSUPPORT && config.fallback)
		fd = next_socket(domain, type, protocol);
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
	long long left, end = now_ms() + config.wait;
	int n = -1, err = EINPROGRESS;

	for (left = config.wait; n < 0 && left >= 0; left = end - now_ms()) {
		n = poll(&poll_fd, 1, left);
		if (n < 0 && errno != EINTR)
			break;
	}
	if (n > 0)
		err = get_int(fd, SOL_SOCKET, SO_ERROR) ?: err;
	return err;
}

static int connect_or_fall_back(int fd, const struct sockaddr *addr,
				socklen_t len)
{
	int err;

	if (!next_connect(fd, addr, len))
		return 0;
	err = errno;
	if (err == EINPROGRESS && fcntl(fd, F_GETFL) & O_NONBLOCK)
		err = await_refusal(fd);
	if (refused(err) && !move(fd, config.protocol, IPPROTO_TCP))
		return next_connect(fd, addr, len);
	errno = err;
	return -1;
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_storage copy = {};
	int port;

	ready();
	if (!config.some_ports && !config.fallback)
		return next_connect(fd, addr, len);
	/* What is no address, the kernel shall say. */
	if (!addr || len > sizeof(copy) || protocol_of(fd) != config.protocol)
		return next_connect(fd, addr, len);
	memcpy(&copy, addr, len);
	port = port_of(&copy);
	if (port < 0)
		return next_connect(fd, addr, len);
	if (!port_wanted(port)) {
		if (move(fd, config.protocol, IPPROTO_TCP))
			return -1;
		return next_connect(fd, addr, len);
	}
	if (config.fallback)
		return connect_or_fall_back(fd, addr, len);
	return next_connect(fd, addr, len);
}

/* Which protocol is to listen at the address that the socket has? */
static int listener_protocol(int fd)
{
	struct sockaddr_storage addr = {};
	socklen_t len = sizeof(addr);
	int port;

	if (!config.server || getsockname(fd, (struct sockaddr *)&addr, &len))
		return IPPROTO_TCP;
	port = port_of(&addr);
	if (port < 0 || !port_wanted(port))
		return IPPROTO_TCP;
	return config.protocol;
}

int listen(int fd, int backlog)
{
	int protocol, wanted;

	ready();
	if (config.client && config.server && !config.some_ports)
		return next_listen(fd, backlog);
	protocol = protocol_of(fd);
	if (protocol < 0 || get_int(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1)
		return next_listen(fd, backlog);
	wanted = listener_protocol(fd);
	/* If clients are wanted, TCP is what the kernel has. */
	if (wanted == protocol || (config.client && protocol == IPPROTO_TCP))
		return next_listen(fd, backlog);
	if (move(fd, protocol, wanted) &&
	    !(config.fallback && errno == EPROTONOSUPPORT))
		return -1;
	return next_listen(fd, backlog);
}

/* A program that asks shall hear what it asked for. */
int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int err, protocol;

	ready();
	err = next_getsockopt(fd, level, name, value, len);
	if (!err && level == SOL_SOCKET && name == SO_PROTOCOL &&
	    *len == sizeof(protocol)) {
		memcpy(&protocol, value, sizeof(protocol));
		if (protocol == config.protocol)
			*(int *)value = IPPROTO_TCP;
	}
	return err;
}
