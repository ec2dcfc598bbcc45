/* SPDX-License-Identifier: GPL-2.0 */
/* The send queue: what was written and waits for its turn to be sent. */
#ifndef _CLASP_SNDQ_H
#define _CLASP_SNDQ_H

#include "clasp.h"

struct sk_buff *clasp_sndq_alloc(struct sock *sk, gfp_t gfp);
void clasp_sndq_append(struct sock *sk, struct sk_buff *skb);
void clasp_sndq_free(struct sock *sk, struct sk_buff *skb);
void clasp_sndq_drop(struct sock *sk, struct sk_buff *skb);
int clasp_sndq_syn(struct sock *sk);
void clasp_sndq_fin(struct sock *sk);
struct sk_buff *clasp_sndq_cut(struct sock *sk, struct sk_buff *skb, u32 len);
int clasp_sndq_split(struct sock *sk, struct sk_buff *skb, u32 len);
void clasp_sndq_purge(struct sock *sk);

#endif /* _CLASP_SNDQ_H */
