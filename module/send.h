/* SPDX-License-Identifier: GPL-2.0 */
/* What the user's bytes do on their way out. */
#ifndef _CLASP_SEND_H
#define _CLASP_SEND_H

#include "clasp.h"

int clasp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
void clasp_send_splice_eof(struct socket *sock);
bool clasp_send_memory_free(const struct sock *sk, int wake);
bool clasp_send_has_room(const struct sock *sk);
void clasp_send_wake(struct sock *sk);
void clasp_send_space(struct sock *sk);

#endif /* _CLASP_SEND_H */
