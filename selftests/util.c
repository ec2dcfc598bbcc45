// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

long number_env(const char *name, long def)
{
	const char *s = getenv(name);

	return s && *s ? strtol(s, NULL, 0) : def;
}

int proto_env(void)
{
	return number_env("CLASP_PROTO", CLASP_PROTO_DEFAULT);
}

int debug_env(void)
{
	return number_env("CLASP_DEBUG", 0) != 0;
}

/* A prime, so that each of what the cases are made of has its turn. */
int stride_env(void)
{
	return number_env("CASES_STRIDE", debug_env() ? 7 : 1);
}

void die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void die_errno(const char *what)
{
	die("%s: %s", what, strerrorname_np(errno));
}

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

void mark_ready(const char *path)
{
	int fd;

	if (!path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		die_errno(path);
	close(fd);
}

void wait_gate(const char *path)
{
	while (path && access(path, F_OK))
		usleep(10000);
}

struct sockaddr_in addr4(const char *ip, int port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	if (inet_pton(AF_INET, ip, &a.sin_addr) != 1)
		die("%s: not an IPv4 address", ip);
	return a;
}

socklen_t address_len(int family)
{
	return family == AF_INET6 ? sizeof(struct sockaddr_in6) :
				    sizeof(struct sockaddr_in);
}

/* Most twins are in the prefix for documentation, RFC 3849. */
static void twin_of(const char *ip, char *twin, size_t room)
{
	static const char * const special[][2] = {
		{ "0.0.0.0", "::" },
		{ "127.0.0.1", "::1" },
		{ "224.0.0.1", "ff0e::1" },
	};
	size_t i;

	for (i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (!strcmp(ip, special[i][0])) {
			snprintf(twin, room, "%s", special[i][1]);
			return;
		}
	snprintf(twin, room, "2001:db8::%s", ip);
}

union address address_of(int family, const char *ip, int port)
{
	union address a = { 0 };
	char twin[64];

	a.sin_family = family;
	a.sin_port = htons(port);
	if (family == AF_INET6 && !strchr(ip, ':'))
		twin_of(ip, twin, sizeof(twin));
	else
		snprintf(twin, sizeof(twin), "%s", ip);
	if (inet_pton(family, twin, family == AF_INET6 ?
		      (void *)&a.v6.sin6_addr : &a.v4.sin_addr) != 1)
		die("%s: not an address", ip);
	return a;
}

int same_host(union address a, union address b)
{
	if (a.sin_family != b.sin_family)
		return 0;
	if (a.sin_family == AF_INET6)
		return !memcmp(&a.v6.sin6_addr, &b.v6.sin6_addr,
			       sizeof(a.v6.sin6_addr));
	return a.v4.sin_addr.s_addr == b.v4.sin_addr.s_addr;
}

void gen_init(struct gen *g, u64 seed)
{
	/* xorshift must not start at zero. */
	g->state = seed * 0x9e3779b97f4a7c15ull | 1;
}

void gen_fill(struct gen *g, void *buf, size_t len)
{
	u8 *p = buf;
	u64 x = g->state;

	for (; len; len -= len < 8 ? len : 8, p += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(p, &x, len < 8 ? len : 8);
	}
	g->state = x;
}

void run_first(void)
{
	struct sched_param param = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		die_errno("sched_setscheduler");
}

int sysctl_set(const char *name, const char *value)
{
	char path[256];
	size_t len = strlen(value);
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	if (write(fd, value, len) != (ssize_t)len)
		err = errno;
	close(fd);
	errno = err;
	return err ? -1 : 0;
}
