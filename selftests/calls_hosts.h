/* SPDX-License-Identifier: GPL-2.0 */
/* Two hosts and a link between them, for what one host alone never sees. */
#ifndef CLASP_SELFTEST_CALLS_HOSTS_H
#define CLASP_SELFTEST_CALLS_HOSTS_H

#include "calls.h"

enum host { HERE, THERE };

#define HERE_IP "192.0.2.1"
#define THERE_IP "192.0.2.2"
/* In a network of its own: whoever wants it has to route it. */
#define BEYOND_IP "198.51.100.1"
#define HOST_PORT 7253

/* Makes both; this process is on the first then. */
void hosts_make(void);
/* From now on this process is on that one; its sockets stay where they were made. */
void host_enter(enum host host);
/* Runs "ip WORDS..." there, with the version of IP that the case has. */
__printf(2, 3) void host_ip(enum host host, const char *fmt, ...);
/* One more address of that host. */
void host_add(enum host host, const char *ip);
void host_del(enum host host, const char *ip);
/* Somebody there who listens at HOST_PORT. */
int host_listen(enum host host, const char *ip);
/* An address in digits as the commands want it. */
const char *digits(const char *ip);

#endif
