/* SPDX-License-Identifier: GPL-2.0 */
/* Segments that no socket sends: for requests, TIME-WAIT and strangers. */
#ifndef _CLASP_REPLY_H
#define _CLASP_REPLY_H

#include "clasp.h"

struct sk_buff *clasp_reply_alloc(void);
void clasp_reply_push(const struct clasp_path *path,
		      struct clasp_header *header, u32 mtu,
		      struct sk_buff *skb);
void clasp_reply(struct net *net, const struct clasp_path *path,
		 struct clasp_header *header);
void clasp_reply_reset(struct net *net, const struct sock *sk,
		       const struct sk_buff *skb);

#endif /* _CLASP_REPLY_H */
