/* SPDX-License-Identifier: GPL-2.0 */
/* The listener: from a SYN to a socket that accept() returns. */
#ifndef _CLASP_LISTEN_H
#define _CLASP_LISTEN_H

#include "clasp.h"

struct clasp_request;

int clasp_listen(struct socket *sock, int backlog);
struct sock *clasp_accept(struct sock *listener, struct proto_accept_arg *arg);
bool clasp_listen_input(struct sock *listener, struct sk_buff **pskb);
void clasp_listen_stop(struct sock *listener);
struct sock *clasp_listen_hatch(const struct clasp_request *req);
void clasp_listen_welcome(struct sock *listener, struct sock *child,
			  struct sk_buff **pskb);

#endif /* _CLASP_LISTEN_H */
