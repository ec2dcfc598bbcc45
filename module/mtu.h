/* SPDX-License-Identifier: GPL-2.0 */
/* How large a segment the path takes. */
#ifndef _CLASP_MTU_H
#define _CLASP_MTU_H

#include "clasp.h"

u32 clasp_mtu_maxseg(const struct clasp_sock *csk);
u16 clasp_mtu_max_mss(const struct clasp_sock *csk,
		      const struct clasp_af_ops *af, u32 mtu);
u32 clasp_mtu_peer_mss(const struct clasp_sock *csk,
		       const struct clasp_af_ops *af, u16 option);
u16 clasp_mtu_to_mss(const struct clasp_af_ops *af, u32 mtu);
void clasp_mtu_init(struct clasp_sock *csk);
void clasp_mtu_sync(struct sock *sk);
void clasp_mtu_reduced(struct sock *sk);
void clasp_mtu_doubt(struct sock *sk);
u32 clasp_mtu_build_len(const struct clasp_sock *csk);
bool clasp_mtu_is_probe(const struct clasp_sock *csk,
			const struct sk_buff *skb);
u32 clasp_mtu_segment_len(const struct clasp_sock *csk,
			  const struct sk_buff *skb, u32 room);
void clasp_mtu_sent(struct clasp_sock *csk, const struct sk_buff *skb);
void clasp_mtu_acked(struct sock *sk);
bool clasp_mtu_resent(struct sock *sk, const struct sk_buff *skb);

#endif /* _CLASP_MTU_H */
