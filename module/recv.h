/* SPDX-License-Identifier: GPL-2.0 */
/* What the user's bytes do on their way in. */
#ifndef _CLASP_RECV_H
#define _CLASP_RECV_H

#include "clasp.h"

int clasp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags);
int clasp_recv_actor(struct sock *sk, read_descriptor_t *desc,
		     sk_read_actor_t actor);
ssize_t clasp_recv_splice(struct socket *sock, loff_t *ppos,
			  struct pipe_inode_info *pipe, size_t len,
			  unsigned int flags);
int clasp_recv_queued(struct sock *sk);

#endif /* _CLASP_RECV_H */
