/* SPDX-License-Identifier: GPL-2.0 */
/* What routers and hosts say by ICMP about a segment of ours. */
#ifndef _CLASP_ICMP_H
#define _CLASP_ICMP_H

#include "clasp.h"

/**
 * struct clasp_icmp - what an ICMP message says
 * @flow: both ends of the segment that it returned
 * @seq: its sequence number
 * @event: CLASP_EV_UNREACHABLE or CLASP_EV_SOFT_ERROR, if @mtu is 0
 * @err: errno for the user
 * @mtu: the segment was too long for a path of this MTU; 0: it was not that
 * @info: what the message says beside its type and code
 */
struct clasp_icmp {
	struct clasp_flow flow;
	u64 seq;
	enum clasp_event event;
	int err;
	u32 mtu;
	u32 info;
};

int clasp_icmp_input(struct net *net, const struct clasp_icmp *icmp,
		     struct sk_buff *skb);
void clasp_icmp_run(struct sock *sk);

#endif /* _CLASP_ICMP_H */
