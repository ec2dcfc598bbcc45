// SPDX-License-Identifier: GPL-2.0
/* Two hosts and a link between them: network namespaces, kept by open files. */
#include "calls_hosts.h"

#include <arpa/inet.h>
#include <sched.h>
#include <stdarg.h>

#define MAC_HERE "02:00:00:00:00:01"
#define MAC_THERE "02:00:00:00:00:02"

static int namespaces[2];

static int make(void)
{
	int fd;

	require(!unshare(CLONE_NEWNET));
	require(!system("ip link set lo up"));
	fd = open("/proc/self/ns/net", O_RDONLY);
	require(fd >= 0);
	return fd;
}

void host_enter(enum host host)
{
	require(!setns(namespaces[host], CLONE_NEWNET));
}

void host_ip(enum host host, const char *fmt, ...)
{
	char words[200], command[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	snprintf(command, sizeof(command), "ip -%d %s",
		 family == AF_INET6 ? 6 : 4, words);
	host_enter(host);
	if (!expect_ret(system(command), 0)) {
		printf("# %s\n", command);
		exit(1);
	}
	host_enter(HERE);
}

const char *digits(const char *ip)
{
	static char text[4][INET6_ADDRSTRLEN];
	static int next;
	union address a = address(ip, 0);
	char *to = text[next++ % 4];

	if (family == AF_INET6)
		inet_ntop(AF_INET6, &a.v6.sin6_addr, to, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET, &a.v4.sin_addr, to, INET6_ADDRSTRLEN);
	return to;
}

/* In IPv6, the kernel makes the way to a new address when it has the time. */
static void host_wait_way(enum host host, const char *ip)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "until ip -%d route show table local | grep -q 'local %s '; do sleep .01; done",
		 family == AF_INET6 ? 6 : 4, digits(ip));
	host_enter(host);
	require(!system(command));
	host_enter(HERE);
}

void host_add(enum host host, const char *ip)
{
	host_ip(host, "addr add %s dev lo%s", digits(ip),
		family == AF_INET6 ? " nodad" : "");
	host_wait_way(host, ip);
}

void host_del(enum host host, const char *ip)
{
	host_ip(host, "addr del %s/%d dev lo", digits(ip),
		family == AF_INET6 ? 128 : 32);
}

int host_listen(enum host host, const char *ip)
{
	int fd;

	host_enter(host);
	fd = sock();
	require(!do_bind(fd, address(ip, HOST_PORT)) && !listen(fd, 1));
	host_enter(HERE);
	return fd;
}

/* Each knows the other: nobody has to wait until IPv6 lets them ask. */
static void link_up(enum host host, const char *ip, const char *other)
{
	host_ip(host, "addr add %s/%d dev link0%s", digits(ip),
		family == AF_INET6 ? 120 : 24,
		family == AF_INET6 ? " nodad" : "");
	host_ip(host, "link set link0 up");
	host_ip(host, "neigh add %s lladdr %s dev link0", digits(other),
		host == HERE ? MAC_THERE : MAC_HERE);
}

void hosts_make(void)
{
	namespaces[THERE] = make();
	namespaces[HERE] = make();
	host_ip(HERE, "link add link0 address " MAC_HERE " type veth peer name link0 address "
		MAC_THERE " netns /proc/self/fd/%d", namespaces[THERE]);
	link_up(THERE, THERE_IP, HERE_IP);
	link_up(HERE, HERE_IP, THERE_IP);
}
