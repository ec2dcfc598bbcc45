/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the preloaded library share. */
#ifndef CLASP_PRELOAD_H
#define CLASP_PRELOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <linux/clasp.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PORTS 65536

/* The functions that are replaced, as whatever comes after this library has them */
extern int (*preload_next_socket)(int domain, int type, int protocol);
extern int (*preload_next_connect)(int fd, const struct sockaddr *addr,
				   socklen_t len);
extern int (*preload_next_listen)(int fd, int backlog);
extern int (*preload_next_getsockopt)(int fd, int level, int name, void *value,
				      socklen_t *len);

/* What scripts/clasprun was told, from the environment */
struct preload_config {
	int protocol;
	bool client;
	bool server;
	bool fallback;
	/* How long a connect() that does not block waits for a refusal, in ms */
	int wait;
	/* Not at all ports, but at those in the map */
	bool some_ports;
	unsigned char port_map[PORTS / 8];
};

extern struct preload_config preload_config;

/* To be called first in each function that a program calls. */
void preload_ready(void);
bool preload_port_wanted(int port);

/* An option's value, or -1. */
int preload_get_int(int fd, int level, int name);
/* Make fd, of one protocol, a socket of the other that is set up alike: 0 or -1. */
int preload_move(int fd, int from, int to);
/* TCP_INFO of a socket of CLASP's; false if it is none. */
bool preload_tcp_info(int fd, void *value, socklen_t *len);

#endif
