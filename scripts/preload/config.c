// SPDX-License-Identifier: GPL-2.0
/* What scripts/clasprun was told, and the functions that are replaced. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "preload.h"

int (*preload_next_socket)(int domain, int type, int protocol);
int (*preload_next_connect)(int fd, const struct sockaddr *addr, socklen_t len);
int (*preload_next_listen)(int fd, int backlog);
int (*preload_next_getsockopt)(int fd, int level, int name, void *value,
			       socklen_t *len);

struct preload_config preload_config = {
	.protocol = IPPROTO_CLASP,
	.client = true,
	.server = true,
	.wait = 1000,
};

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
	preload_config.some_ports = true;
	while (*text) {
		int from = number(&text), to = from;

		if (*text == '-') {
			text++;
			to = number(&text);
		}
		for (; from <= to && from < PORTS; from++)
			preload_config.port_map[from / 8] |= 1 << from % 8;
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

	preload_next_socket = dlsym(RTLD_NEXT, "socket");
	preload_next_connect = dlsym(RTLD_NEXT, "connect");
	preload_next_listen = dlsym(RTLD_NEXT, "listen");
	preload_next_getsockopt = dlsym(RTLD_NEXT, "getsockopt");

	set_number(&preload_config.protocol, "CLASPRUN_PROTOCOL");
	set_number(&preload_config.wait, "CLASPRUN_WAIT");
	preload_config.fallback = getenv("CLASPRUN_FALLBACK");
	if (role) {
		preload_config.client = !strcmp(role, "client");
		preload_config.server = !strcmp(role, "server");
	}
	if (ports)
		set_ports(ports);
}

/* The constructor of another library may come before that of this one. */
void __attribute__((constructor)) preload_ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, configure);
}

bool preload_port_wanted(int port)
{
	return !preload_config.some_ports || preload_config.port_map[port / 8] & 1 << port % 8;
}
