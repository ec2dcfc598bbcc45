/* SPDX-License-Identifier: GPL-2.0 */
/* The host's queue: what a socket has sent and is still in this host. */
#ifndef _CLASP_HOSTQ_H
#define _CLASP_HOSTQ_H

#include "compat.h"

struct clasp_sock;

/**
 * struct clasp_hostq - what was sent and is still in this host; see hostq.c
 * @bh: lets the sender go on
 * @flags: atomic bits
 */
struct clasp_hostq {
	struct clasp_compat_bh bh;
	unsigned long flags;
};

void clasp_hostq_init(struct clasp_sock *csk);
u32 clasp_hostq_limit(const struct sock *sk, u32 truesize);
bool clasp_hostq_full(struct sock *sk, u32 truesize);
void clasp_hostq_space(struct sock *sk);

#endif /* _CLASP_HOSTQ_H */
