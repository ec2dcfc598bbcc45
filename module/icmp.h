/* SPDX-License-Identifier: GPL-2.0 */
/* What routers and hosts say by ICMP about a segment of ours. */
#ifndef _CLASP_ICMP_H
#define _CLASP_ICMP_H

#include "clasp.h"

/* Of our header, the fields that ICMP must show us. */
#define CLASP_ICMP_NEEDED	(offsetof(struct clasphdr, seq) + sizeof(__be64))

/**
 * struct clasp_icmp - what an ICMP message says
 * @flow: both ends of the segment that it returned
 * @seq: its sequence number
 * @event: CLASP_EV_UNREACHABLE or CLASP_EV_SOFT_ERROR, if @mtu is 0
 * @err: errno for the user
 * @mtu: the segment was too long for a path of this MTU; 0: it was not that
 * @offset: where in the message our header is, bytes after skb->data
 * @info: what the message says beside its type and code
 * @redirect: it is no error, but names a better first hop
 */
struct clasp_icmp {
	struct clasp_flow flow;
	u64 seq;
	enum clasp_event event;
	int err;
	u32 mtu;
	u32 offset;
	u32 info;
	bool redirect;
};

void clasp_icmp_quote(struct clasp_icmp *icmp, const struct sk_buff *skb,
		      u32 offset);
int clasp_icmp_input(struct net *net, const struct clasp_icmp *icmp,
		     struct sk_buff *skb);
void clasp_icmp_run(struct sock *sk);

#endif /* _CLASP_ICMP_H */
