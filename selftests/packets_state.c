// SPDX-License-Identifier: GPL-2.0
/*
 * The states that a socket went through, as the kernel's own tracepoint
 * inet_sock_set_state tells them: no call of the module's is asked.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "packets.h"
#include "util.h"

#define TRACING "/sys/kernel/tracing/instances"
#define EVENT "events/sock/inet_sock_set_state"

static char instance[64];

/* Of the RFC, and of the tracepoint. */
static const struct {
	const char *name, *traced;
} states[] = {
	{ "CLOSED", "TCP_CLOSE" }, { "LISTEN", "TCP_LISTEN" },
	{ "SYN-SENT", "TCP_SYN_SENT" }, { "SYN-RECEIVED", "TCP_SYN_RECV" },
	{ "ESTABLISHED", "TCP_ESTABLISHED" }, { "FIN-WAIT-1", "TCP_FIN_WAIT1" },
	{ "FIN-WAIT-2", "TCP_FIN_WAIT2" }, { "CLOSE-WAIT", "TCP_CLOSE_WAIT" },
	{ "CLOSING", "TCP_CLOSING" }, { "LAST-ACK", "TCP_LAST_ACK" },
	{ "TIME-WAIT", "TCP_TIME_WAIT" },
};

#define STATES (sizeof(states) / sizeof(*states))

void states_parse(struct states *want, char *text)
{
	char *word;
	size_t i;

	while ((word = next_word(&text))) {
		if (!strcmp(word, "from") || !strcmp(word, "to")) {
			char *end = next_word(&text);

			parse_end(end ?: "", *word == 'f' ? &want->ends.from :
				  &want->ends.to);
			continue;
		}
		for (i = 0; i < STATES && strcmp(states[i].name, word); i++)
			;
		if (i == STATES)
			bad_line("no such state: \"%s\"", word);
		if (want->count == STATE_PATH)
			bad_line("too many states");
		want->path[want->count++] = i;
	}
	if (!want->count)
		bad_line("which states?");
}

__printf(2, 3)
static void put(const char *file, const char *fmt, ...)
{
	char path[192], text[64];
	va_list args;
	int fd, len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s/%s", instance, file);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, text, len) != len)
		die_errno(path);
	close(fd);
}

void states_watch(void)
{
	snprintf(instance, sizeof(instance), TRACING "/packets.%d", getpid());
	if (mkdir(instance, 0700))
		die_errno(instance);
	put("buffer_size_kb", "64");
	put(EVENT "/filter", "protocol == %d", proto_env());
	put(EVENT "/enable", "1");
}

void states_unwatch(void)
{
	if (*instance && rmdir(instance))
		die_errno(instance);
	*instance = 0;
}

/* "key=value" of a line, the value compared. */
static int has_value(const char *line, const char *key, const char *value)
{
	const char *at = strstr(line, key);
	size_t len = strlen(value);

	return at && !strncmp(at + strlen(key), value, len) &&
	       strchr("\n ", at[strlen(key) + len]);
}

/* The tracepoint has IPv4's addresses as IPv6 maps them, too. */
static int has_end(const char *line, char which, const struct in6_addr *addr,
		   u16 port)
{
	char text[INET6_ADDRSTRLEN], key[16];

	snprintf(key, sizeof(key), " %cport=", which);
	snprintf(text, sizeof(text), "%u", port);
	if (!has_value(line, key, text))
		return 0;
	snprintf(key, sizeof(key), " %caddrv6=", which);
	inet_ntop(AF_INET6, addr, text, sizeof(text));
	return has_value(line, key, text);
}

static int is_about(const char *line, const struct conn *conn)
{
	return has_end(line, 's', &conn->local_addr, conn->local_port) &&
	       has_end(line, 'd', &conn->peer_addr, conn->peer_port);
}

/* The newest states of the connection; how many there are. */
static int traced_path(const struct conn *conn, int *path, int most)
{
	char file[192], line[1024];
	int count = 0;
	size_t i;
	FILE *f;

	snprintf(file, sizeof(file), "%s/trace", instance);
	f = fopen(file, "r");
	if (!f)
		die_errno(file);
	while (fgets(line, sizeof(line), f)) {
		if (!is_about(line, conn))
			continue;
		for (i = 0; i < STATES; i++)
			if (has_value(line, " newstate=", states[i].traced))
				break;
		if (count == most)
			memmove(path, path + 1, --count * sizeof(*path));
		path[count++] = i;
	}
	fclose(f);
	return count;
}

void states_check(const struct states *want)
{
	char text[512];
	int path[STATE_PATH], count, i, n = 0;

	count = traced_path(conn_of_spec(&want->ends, 0), path, want->count);
	if (count == want->count && !memcmp(path, want->path,
					    count * sizeof(*path)))
		return;
	for (i = 0; i < count; i++)
		n += snprintf(text + n, sizeof(text) - n, " %s",
			      states[path[i]].name);
	mismatch("the states were%s", count ? text : " none");
}
