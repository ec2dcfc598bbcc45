// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel spends on connections that do nothing: by how much less memory is
 * free when there are thousands of them, so that nothing can be forgotten, be it a
 * socket, its file and inode, an entry in a table, a timer or a page half used.  A
 * second figure, from the allocator's own list, says where it is.
 *
 * Pages that processors keep for themselves are free as well.  Before the first look,
 * as many connections were there and went away: what the kernel allocates once, or
 * keeps for the next, is nobody's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define PORT 7253
#define CACHES 512
#define RESERVE 64	/* descriptors beside those of connections */

/* Entries of an allocator's cache */
struct cache {
	char name[64];
	long objects, size;
};

static struct cache caches[CACHES];

struct pair {
	int client, server;
};

/* ---- what the kernel says ------------------------------------------------- */

/* What frees objects late is over: RCU, the work of destroying a namespace. */
static void settle(void)
{
	sleep(2);
	sysctl_set("vm/drop_caches", "3");
	sysctl_set("vm/stat_refresh", "1");
}

/* The sum of what a file of the kernel's has after this word, at the start of lines */
static long sum_of(const char *path, const char *word)
{
	FILE *f = fopen(path, "r");
	size_t len = strlen(word);
	char line[256], *at;
	long sum = 0;

	if (!f)
		die_errno(path);
	while (fgets(line, sizeof(line), f)) {
		at = line + strspn(line, " ");
		if (!strncmp(at, word, len))
			sum += strtol(at + len, NULL, 10);
	}
	fclose(f);
	return sum;
}

static long free_bytes(void)
{
	return 1024 * sum_of("/proc/meminfo", "MemFree:") +
		getpagesize() * sum_of("/proc/zoneinfo", "count:");
}

static struct cache *cache_of(const char *name)
{
	int i;

	for (i = 0; i < CACHES - 1 && *caches[i].name; i++)
		if (!strcmp(caches[i].name, name))
			break;
	return &caches[i];
}

/* Show by how much each cache has grown for each connection, or take note of it. */
static void read_caches(int show, const char *protocol, int count)
{
	FILE *f = fopen("/proc/slabinfo", "r");
	struct cache now, *then;
	char line[256];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %ld %*d %ld", now.name, &now.objects, &now.size) != 3)
			continue;
		then = cache_of(now.name);
		if (show && now.objects - then->objects >= count / 2)
			printf("# memory: %s: %.2f objects of %ld bytes in %s\n", protocol,
			       (double)(now.objects - then->objects) / count, now.size,
			       now.name);
		*then = now;
	}
	fclose(f);
}

/* ---- connections ---------------------------------------------------------- */

static void allow_files(int count)
{
	struct rlimit limit = { count + RESERVE, count + RESERVE };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die_errno("RLIMIT_NOFILE");
}

/* Each has carried a byte in both directions. */
static void open_pair(const struct protocol *p, int listener, struct pair *pair)
{
	char c = 'x';

	pair->client = net_pair(p, listener, PORT, &pair->server);
	if (send(pair->client, &c, 1, 0) != 1 || recv(pair->server, &c, 1, 0) != 1 ||
	    send(pair->server, &c, 1, 0) != 1 || recv(pair->client, &c, 1, 0) != 1)
		die_errno("a byte");
}

/* The client first, so that what is left of it is in TIME-WAIT. */
static void close_pair(struct pair *pair)
{
	char c;

	close(pair->client);
	if (recv(pair->server, &c, 1, 0))
		die_errno("no end");
	close(pair->server);
}

static void abort_pair(struct pair *pair)
{
	net_abort(pair->client);
	net_abort(pair->server);
}

struct scene {
	struct pair *pairs;
	int listener, count;
	long before;		/* bytes that were free */
};

static void open_all(struct scene *s, const struct protocol *p)
{
	int i;

	for (i = 0; i < s->count; i++)
		open_pair(p, s->listener, &s->pairs[i]);
}

static void for_all(struct scene *s, void (*end)(struct pair *))
{
	int i;

	for (i = 0; i < s->count; i++)
		end(&s->pairs[i]);
}

static void begin(struct scene *s, const struct bench *b, const struct protocol *p)
{
	s->count = b->count;
	s->pairs = calloc(b->count, sizeof(*s->pairs));
	allow_files(2 * b->count);
	s->listener = net_listen(p, PORT);
	open_all(s, p);
	for_all(s, abort_pair);
	read_caches(0, p->name, b->count);
	settle();
	read_caches(0, p->name, b->count);
	s->before = free_bytes();
}

static double bytes_each(struct scene *s, const struct protocol *p, int round)
{
	double bytes;

	settle();
	bytes = (double)(s->before - free_bytes()) / s->count;
	read_caches(round == 1, p->name, s->count);
	return bytes;
}

/* Bytes of one connection, both ends */
double measure_idle_memory(const struct bench *b, const struct protocol *p, int round)
{
	struct scene s;

	begin(&s, b, p);
	open_all(&s, p);
	return bytes_each(&s, p, round);
}

/* Bytes of what is left for a while of the end that closed first */
double measure_timewait_memory(const struct bench *b, const struct protocol *p, int round)
{
	struct scene s;

	begin(&s, b, p);
	open_all(&s, p);
	for_all(&s, close_pair);
	return bytes_each(&s, p, round);
}
