/* SPDX-License-Identifier: GPL-2.0 */
/* Explicit congestion notification (RFC 3168). */
#ifndef _CLASP_ECN_H
#define _CLASP_ECN_H

#include "clasp.h"

void clasp_ecn_init(struct sock *sk);
bool clasp_ecn_offered(const struct sock *listener, const struct sk_buff *skb);
void clasp_ecn_take_syn(struct sock *sk, const struct sk_buff *skb);
u8 clasp_ecn_mark(struct sock *sk, u8 flags, u64 seq, u32 len);
void clasp_ecn_heard(struct clasp_sock *csk, const struct sk_buff *skb);
void clasp_ecn_reduced(struct clasp_sock *csk);
void clasp_ecn_undone(struct clasp_sock *csk);
bool clasp_ecn_reacted(const struct clasp_sock *csk);
enum clasp_echo clasp_ecn_echoed(const struct clasp_sock *csk,
				 const struct clasp_cb *cb);

#endif /* _CLASP_ECN_H */
