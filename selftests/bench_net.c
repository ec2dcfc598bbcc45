// SPDX-License-Identifier: GPL-2.0
/* The hosts between which is measured: network namespaces, kept by open files. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define SERVER_IP "10.253.2.1"
#define BACKLOG 4096
/* Of a network's number */
#define HOST_MAC "02:00:00:00:%02x:01"
#define GATE_MAC "02:00:00:00:%02x:fe"

static int namespaces[HOSTS];
static const char *server_ip;

static int new_namespace(void)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		die_errno("unshare");
	/* What hosts say by themselves over IPv6 is none of what is measured. */
	sysctl_set("net/ipv6/conf/all/disable_ipv6", "1");
	sysctl_set("net/ipv6/conf/default/disable_ipv6", "1");
	if (system("ip link set lo up"))
		die("no loopback");
	fd = open("/proc/self/ns/net", O_RDONLY);
	if (fd < 0)
		die_errno("/proc/self/ns/net");
	return fd;
}

void net_enter(enum host host)
{
	if (setns(namespaces[host], CLONE_NEWNET))
		die_errno("setns");
}

/* Runs ip's commands, one a line, on a host. */
static __printf(2, 3) void run_ip(enum host host, const char *fmt, ...)
{
	va_list args;
	FILE *ip;

	net_enter(host);
	ip = popen("ip -batch -", "w");
	va_start(args, fmt);
	if (!ip || vfprintf(ip, fmt, args) < 0 || pclose(ip))
		die("ip failed on host %d", host);
	va_end(args);
}

/*
 * A link between a host's device "eth0", which has .1 in network 10.253.NET.0, and a
 * device of another host, which has .254.  Neighbours are fixed: a lost question for
 * one is nothing to be measured.
 */
static void link_hosts(enum host host, int net, enum host gate, const char *device)
{
	run_ip(gate,
	       "link add %s address " GATE_MAC " type veth peer name eth0 address " HOST_MAC
	       " netns /proc/self/fd/%d\n"
	       "addr add 10.253.%d.254/24 dev %s\n"
	       "link set %s up\n"
	       "neigh add 10.253.%d.1 lladdr " HOST_MAC " dev %s\n",
	       device, net, net, namespaces[host], net, device, device, net, net, device);
	run_ip(host,
	       "addr add 10.253.%d.1/24 dev eth0\n"
	       "link set eth0 up\n"
	       "neigh add 10.253.%d.254 lladdr " GATE_MAC " dev eth0\n"
	       "route add default via 10.253.%d.254\n",
	       net, net, net, net);
}

/* No offload of any kind: what a program sends in one go leaves in many packets. */
static void make_plain(enum host host, const char *device)
{
	static const char * const features[] = {
		"tx-checksum-ip-generic", "tx-generic-segmentation",
		"tx-tcp-segmentation", "tx-sctp-segmentation", "rx-gro",
	};
	char command[128];
	size_t i;

	net_enter(host);
	for (i = 0; i < sizeof(features) / sizeof(*features); i++) {
		snprintf(command, sizeof(command), "./features %s %s off", device, features[i]);
		if (system(command))
			die("%s keeps its features", device);
	}
}

static void make_link(const struct bench *b)
{
	namespaces[HERE] = new_namespace();
	namespaces[THERE] = new_namespace();
	link_hosts(THERE, 2, HERE, "eth0");
	if (!b->plain)
		return;
	make_plain(THERE, "eth0");
	make_plain(HERE, "eth0");
}

/*
 * Packets have the size of the wire there, as in the network of somebody else: netem
 * would count, delay and lose what is to be segmented later as one.
 */
static void make_path(const struct bench *b, int seed)
{
	static const char * const devices[] = { "left", "right" };
	int i;

	namespaces[HERE] = new_namespace();
	namespaces[THERE] = new_namespace();
	namespaces[BETWEEN] = new_namespace();
	sysctl_set("net/ipv4/ip_forward", "1");
	for (i = 0; i < 2; i++) {
		link_hosts(i ? THERE : HERE, i + 1, BETWEEN, devices[i]);
		make_plain(i ? THERE : HERE, "eth0");
		make_plain(BETWEEN, devices[i]);
		netem_add(devices[i], &b->netem, 2 * seed + i);
	}
}

void net_make(const struct bench *b, int seed)
{
	server_ip = SERVER_IP;
	switch (b->place) {
	case PLACE_LOOPBACK:
		namespaces[HERE] = new_namespace();
		namespaces[THERE] = namespaces[HERE];
		server_ip = "127.0.0.1";
		break;
	case PLACE_LINK:
		make_link(b);
		break;
	case PLACE_PATH:
		make_path(b, seed);
		break;
	}
	net_enter(HERE);
}

static int new_socket(const struct protocol *p)
{
	int fd = socket(AF_INET, SOCK_STREAM, p->number);

	if (fd < 0)
		die_errno("socket");
	return fd;
}

int net_listen(const struct protocol *p, int port)
{
	union address a = address_of(AF_INET, "0.0.0.0", port);
	int fd;

	net_enter(THERE);
	fd = new_socket(p);
	if (bind(fd, &a.any, address_len(AF_INET)) || listen(fd, BACKLOG))
		die_errno("listen");
	net_enter(HERE);
	return fd;
}

int net_connect(const struct protocol *p, int port)
{
	union address a = address_of(AF_INET, server_ip, port);
	int fd = new_socket(p);

	if (connect(fd, &a.any, address_len(AF_INET)))
		die_errno("connect");
	return fd;
}

int net_pair(const struct protocol *p, int listener, int port, int *peer)
{
	int fd = net_connect(p, port);

	*peer = accept(listener, NULL, NULL);
	if (*peer < 0)
		die_errno("accept");
	return fd;
}

void net_abort(int fd)
{
	struct linger none = { .l_onoff = 1 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)))
		die_errno("SO_LINGER");
	close(fd);
}
