/* SPDX-License-Identifier: GPL-2.0 */
/* The socket's life and its calls, but for the stream and the listener. */
#ifndef _CLASP_SOCKET_H
#define _CLASP_SOCKET_H

#include <linux/poll.h>

#include "clasp.h"

int clasp_socket_init(struct sock *sk, const struct clasp_af_ops *af);
void clasp_socket_reset(struct sock *sk);
void clasp_socket_free(struct sock *sk);
void clasp_socket_unhash(struct sock *sk);
void clasp_socket_leave(struct sock *sk);
void clasp_socket_destroy(struct sock *sk);
void clasp_socket_release_child(struct sock *child);

int clasp_connect(struct sock *sk, struct sockaddr_unsized *uaddr, int len);
int clasp_disconnect(struct sock *sk, int flags);
void clasp_shutdown(struct sock *sk, int how);
void clasp_close(struct sock *sk, long timeout);
void clasp_release_cb(struct sock *sk);
__poll_t clasp_poll(struct file *file, struct socket *sock, poll_table *wait);

#endif /* _CLASP_SOCKET_H */
