// SPDX-License-Identifier: GPL-2.0
/* Segments that no socket sends: for requests, TIME-WAIT and strangers. */
#include "memory.h"
#include "mtu.h"
#include "reply.h"

/**
 * clasp_reply_alloc() - an skb for a segment without data
 *
 * Any context.
 *
 * Return: an skb with room for all headers, or NULL.
 */
struct sk_buff *clasp_reply_alloc(void)
{
	struct sk_buff *skb;

	if (clasp_memory_refused())
		return NULL;
	skb = alloc_skb(CLASP_HEADROOM, GFP_ATOMIC);
	if (skb) {
		skb_reserve(skb, CLASP_HEADROOM);
		skb->ip_summed = CHECKSUM_PARTIAL;
	}
	return skb;
}

/**
 * clasp_reply_push() - put its header in front of a segment that no socket sends
 * @path: where to
 * @header: its fields; those that the path knows are filled in
 * @mtu: of the path, bytes; an MSS option says no more than what fits
 * @skb: from clasp_reply_alloc()
 */
void clasp_reply_push(const struct clasp_path *path,
		      struct clasp_header *header, u32 mtu, struct sk_buff *skb)
{
	header->source = path->flow.lport;
	header->dest = path->flow.rport;
	if (header->mss)
		header->mss = min(header->mss, clasp_mtu_to_mss(path->af, mtu));
	clasp_segment_push(skb, header);
}

/**
 * clasp_reply() - send a segment without a socket
 * @net: namespace
 * @path: where to
 * @header: its fields; the path fills in the rest
 *
 * Any context. If there is no memory, the segment counts as lost.
 */
void clasp_reply(struct net *net, const struct clasp_path *path,
		 struct clasp_header *header)
{
	struct sk_buff *skb = clasp_reply_alloc();

	if (!skb)
		return;
	clasp_count(net, CLASP_MIB_OutSegs);
	if (header->flags & CLASP_RST)
		clasp_count(net, CLASP_MIB_OutRsts);
	path->af->xmit_path(net, path, header, skb);
}

/**
 * clasp_reply_reset() - the RST that fits a segment
 * @net: namespace
 * @sk: the socket that the segment came to, whose firewall mark the RST has; or
 *	NULL
 * @skb: a parsed segment without RST
 *
 * Source: RFC 9293, section 3.10.7.1: numbers that make it acceptable to the
 * sender of the segment.
 */
void clasp_reply_reset(struct net *net, const struct sock *sk,
		       const struct sk_buff *skb)
{
	const struct clasp_cb *cb = CLASP_CB(skb);
	struct clasp_header header = { .flags = CLASP_RST };
	struct clasp_path path;

	clasp_path_back(skb, &path);
	path.af->path_options(net, NULL, &path);
	if (sk)
		path.mark = READ_ONCE(sk->sk_mark);
	if (cb->flags & CLASP_ACK) {
		header.seq = cb->ack_seq;
	} else {
		header.flags |= CLASP_ACK;
		header.ack_seq = cb->end_seq;
	}
	clasp_reply(net, &path, &header);
}
