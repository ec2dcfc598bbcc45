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

#define NAME(n) { #n, n, -1 }
#define OPTION(level, n) { #n, n, level }

static const struct {
	const char *name;
	long value;
	int level;		/* of an option, for setsockopt(); or -1 */
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
	NAME(IP_PMTUDISC_DONT), NAME(IP_PMTUDISC_DO),
	NAME(IP_PMTUDISC_INTERFACE),
	OPTION(SOL_SOCKET, SO_ERROR), OPTION(SOL_SOCKET, SO_KEEPALIVE),
	OPTION(SOL_SOCKET, SO_LINGER), OPTION(SOL_SOCKET, SO_OOBINLINE),
	OPTION(SOL_SOCKET, SO_RCVBUF), OPTION(SOL_SOCKET, SO_RCVLOWAT),
	OPTION(SOL_SOCKET, SO_RCVTIMEO), OPTION(SOL_SOCKET, SO_REUSEADDR),
	OPTION(SOL_SOCKET, SO_REUSEPORT), OPTION(SOL_SOCKET, SO_SNDBUF),
	OPTION(SOL_SOCKET, SO_SNDTIMEO), OPTION(SOL_SOCKET, SO_ACCEPTCONN),
	OPTION(SOL_SOCKET, SO_DONTROUTE), OPTION(SOL_SOCKET, SO_TYPE),
	OPTION(SOL_SOCKET, SO_PROTOCOL),
	OPTION(SOL_IP, IP_MTU), OPTION(SOL_IP, IP_MTU_DISCOVER),
	OPTION(SOL_IP, IP_TOS), OPTION(SOL_IP, IP_TTL),
	OPTION(SOL_IP, IP_OPTIONS),
	OPTION(SOL_CLASP, CLASP_NODELAY), OPTION(SOL_CLASP, CLASP_KEEPIDLE),
	OPTION(SOL_CLASP, CLASP_KEEPINTVL), OPTION(SOL_CLASP, CLASP_KEEPCNT),
	OPTION(SOL_CLASP, CLASP_SYNCNT), OPTION(SOL_CLASP, CLASP_LINGER2),
	OPTION(SOL_CLASP, CLASP_QUICKACK), OPTION(SOL_CLASP, CLASP_USER_TIMEOUT),
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

int name_level(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i].name, word))
			return names[i].level;
	return -1;
}
