/* SPDX-License-Identifier: GPL-2.0 */
/* Packets of several segments: cut where they must be, made where they can be. */
#ifndef _CLASP_OFFLOAD_H
#define _CLASP_OFFLOAD_H

#include <linux/netdev_features.h>
#include <linux/sctp.h>
#include <linux/skbuff.h>
#include <net/sock.h>

#include "segment.h"

/*
 * What a large packet is to the kernel. Of all types it is the one that loopback
 * and veth carry whole, and no device cuts by itself: one of TCP's would have a
 * device take our header for TCP's.
 */
#define CLASP_GSO_TYPE	SKB_GSO_SCTP

/**
 * clasp_offload_segments() - how many segments a packet is
 * @skb: of any
 *
 * Return: 1 or more.
 */
static inline u32 clasp_offload_segments(const struct sk_buff *skb)
{
	return max_t(u32, skb_shinfo(skb)->gso_segs, 1);
}

/* What our header has more than the kernel counts for this type. */
static inline u32 clasp_offload_excess(u32 hdr_len)
{
	return hdr_len - sizeof(struct sctphdr);
}

/**
 * clasp_offload_size() - how much data a full segment of a packet has
 * @skb: of any
 * @hdr_len: bytes of header and options
 *
 * Return: bytes, 0 if it is of one segment only.
 */
static inline u32 clasp_offload_size(const struct sk_buff *skb, u32 hdr_len)
{
	u32 size = skb_shinfo(skb)->gso_size;
	u32 excess = clasp_offload_excess(hdr_len);

	return size > excess ? size - excess : 0;
}

/**
 * clasp_offload_full() - how much data a received packet's first segment has
 * @skb: of any, parsed
 * @text_len: bytes of data that the packet has
 *
 * Return: bytes.
 */
static inline u32 clasp_offload_full(const struct sk_buff *skb, u32 text_len)
{
	u32 size = clasp_offload_size(skb, CLASP_CB(skb)->hdr_len);

	return size ? min(size, text_len) : text_len;
}

void clasp_offload_route(struct sock *sk, const struct dst_entry *dst);
u32 clasp_offload_largest(const struct sock *sk, u32 size);
u32 clasp_offload_most(const struct sock *sk, u32 size);
void clasp_offload_mark(struct sk_buff *skb, u32 size);
struct sk_buff *clasp_offload_segment(struct sk_buff *skb,
				      netdev_features_t features);
struct sk_buff *clasp_offload_receive(struct list_head *head,
				      struct sk_buff *skb);
void clasp_offload_complete(struct sk_buff *skb, __sum16 pseudo);
void clasp_offload_joined(struct sk_buff *skb, u32 size, u32 segments);
void clasp_offload_stop(void);

#endif /* _CLASP_OFFLOAD_H */
