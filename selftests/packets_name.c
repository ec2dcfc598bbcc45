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

struct meaning {
	long value;
	int level;		/* of an option, for setsockopt(); or -1 */
};

#define SAME(value, level) { { value, level }, { value, level } }
#define NAME(n) { #n, SAME(n, -1) }
#define OPTION(level, n) { #n, SAME(n, level) }
/* An option of IPv4 stands for its twin where there is IPv6 on the wire. */
#define TWIN(n, twin) { #n, { { n, SOL_IP }, { twin, SOL_IPV6 } } }

static const struct {
	const char *name;
	struct meaning in[2];	/* over IPv4 and over IPv6 */
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
	TWIN(IP_MTU, IPV6_MTU), TWIN(IP_MTU_DISCOVER, IPV6_MTU_DISCOVER),
	TWIN(IP_TOS, IPV6_TCLASS), TWIN(IP_TTL, IPV6_UNICAST_HOPS),
	TWIN(IP_MINTTL, IPV6_MINHOPCOUNT),
	OPTION(SOL_IP, IP_OPTIONS),
	OPTION(SOL_IPV6, IPV6_V6ONLY), OPTION(SOL_IPV6, IPV6_DSTOPTS),
	OPTION(SOL_IPV6, IPV6_AUTOFLOWLABEL), OPTION(SOL_IPV6, IPV6_DONTFRAG),
	OPTION(SOL_CLASP, CLASP_NODELAY), OPTION(SOL_CLASP, CLASP_KEEPIDLE),
	OPTION(SOL_CLASP, CLASP_KEEPINTVL), OPTION(SOL_CLASP, CLASP_KEEPCNT),
	OPTION(SOL_CLASP, CLASP_MAXSEG), OPTION(SOL_CLASP, CLASP_DEFER_ACCEPT),
	OPTION(SOL_CLASP, CLASP_WINDOW_CLAMP),
	OPTION(SOL_CLASP, CLASP_SYNCNT), OPTION(SOL_CLASP, CLASP_LINGER2),
	OPTION(SOL_CLASP, CLASP_CORK), OPTION(SOL_CLASP, CLASP_NOTSENT_LOWAT),
	OPTION(SOL_CLASP, CLASP_QUICKACK), OPTION(SOL_CLASP, CLASP_USER_TIMEOUT),
};

static const struct meaning *find(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i].name, word))
			return &names[i].in[world->ip_family == AF_INET6];
	return NULL;
}

static int one_name(const char *word, long *value)
{
	const struct meaning *meaning = find(word);
	char *end;
	int err;

	if (meaning) {
		*value = meaning->value;
		return 0;
	}
	*value = strtol(word, &end, 0);
	if (end != word && !*end)
		return 0;
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
	const struct meaning *meaning = find(word);

	return meaning ? meaning->level : -1;
}
