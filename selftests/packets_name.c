// SPDX-License-Identifier: GPL-2.0
/* The constants that scripts know by name. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/clasp.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "packets.h"

#define NAME(n) { #n, n }

static const struct {
	const char *name;
	long value;
} names[] = {
	NAME(MSG_OOB), NAME(MSG_PEEK), NAME(MSG_DONTWAIT), NAME(MSG_WAITALL),
	NAME(MSG_MORE), NAME(MSG_TRUNC), NAME(MSG_NOSIGNAL), NAME(MSG_DONTROUTE),
	NAME(MSG_EOR),
	NAME(SHUT_RD), NAME(SHUT_WR), NAME(SHUT_RDWR),
	NAME(SOCK_NONBLOCK),
	NAME(O_NONBLOCK),
	NAME(POLLIN), NAME(POLLOUT), NAME(POLLPRI), NAME(POLLERR), NAME(POLLHUP),
	NAME(POLLRDHUP), NAME(POLLNVAL), NAME(POLLRDNORM), NAME(POLLWRNORM),
	NAME(POLLRDBAND), NAME(POLLWRBAND),
	NAME(SIOCINQ), NAME(SIOCOUTQ), NAME(SIOCOUTQNSD), NAME(SIOCATMARK),
	NAME(SIGURG), NAME(SIGPIPE), NAME(SIGIO),
	/* Options; SOL_SOCKET's unless the name begins with CLASP or IP. */
	NAME(SO_ERROR), NAME(SO_KEEPALIVE), NAME(SO_LINGER), NAME(SO_OOBINLINE),
	NAME(SO_RCVBUF), NAME(SO_RCVLOWAT), NAME(SO_RCVTIMEO), NAME(SO_REUSEADDR),
	NAME(SO_REUSEPORT), NAME(SO_SNDBUF), NAME(SO_SNDTIMEO),
	NAME(SO_ACCEPTCONN), NAME(SO_DONTROUTE), NAME(SO_TYPE), NAME(SO_PROTOCOL),
	NAME(IP_MTU), NAME(IP_MTU_DISCOVER), NAME(IP_PMTUDISC_DONT),
	NAME(IP_PMTUDISC_DO), NAME(IP_TOS), NAME(IP_TTL),
	{ "CLASP_NODELAY", 1 }, { "CLASP_KEEPIDLE", 4 }, { "CLASP_KEEPINTVL", 5 },
	{ "CLASP_KEEPCNT", 6 }, { "CLASP_SYNCNT", 7 }, { "CLASP_LINGER2", 8 },
	{ "CLASP_QUICKACK", 12 }, { "CLASP_USER_TIMEOUT", 18 },
};

static int one_name(const char *word, long *value)
{
	char *end;
	size_t i;
	int err;

	*value = strtol(word, &end, 0);
	if (end != word && !*end)
		return 0;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i].name, word)) {
			*value = names[i].value;
			return 0;
		}
	for (err = 1; err < 134; err++)
		if (strerrorname_np(err) && !strcmp(strerrorname_np(err), word)) {
			*value = err;
			return 0;
		}
	return -1;
}

int name_value(const char *word, long *value)
{
	char copy[256], *at = copy, *part;
	long bits;

	*value = 0;
	if (snprintf(copy, sizeof(copy), "%s", word) >= (int)sizeof(copy))
		return -1;
	while ((part = strsep(&at, "|"))) {
		if (one_name(part, &bits))
			return -1;
		*value |= bits;
	}
	return 0;
}
