// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of several segments: cut where they must be (GSO), made where they
 * can be (GRO).
 *
 * Such a packet has one header, that of its first segment, and behind it the
 * data of all, as much of each but the last. It is made by the sender, or
 * of segments that a device received, and cut where a device on its way can't
 * take it whole. What is cut again is what there was before.
 *
 * The kernel asks of such a packet whether its segments fit: a router's way out, a
 * tunnel, a token bucket. For this type it adds SCTP's header to gso_size. What
 * ours has more is part of gso_size, then, all the way.
 */
#include <linux/percpu.h>
#include <linux/sched.h>

#include "clasp.h"
#include "offload.h"

/* The length of a packet without IPv6's jumbo option, which the kernel has for TCP. */
#define CLASP_OFFLOAD_LARGEST	65536u

/* 2^19 ns; see clasp_offload_most(). */
#define CLASP_OFFLOAD_RTT_LOG	19

/*
 * Packets of more than one segment that devices still hold. The kernel has
 * clasp_offload_complete() finish each, and complains if that is gone.
 */
static DEFINE_PER_CPU(int, clasp_offload_held);
static bool clasp_offload_stopped;

/**
 * clasp_offload_route() - what the socket's route can take
 * @sk: the socket, locked, its route just set, with what the kernel thinks of it
 * @dst: the route
 *
 * The kernel takes it that only TCP makes large packets for a device that wants
 * none: they are cut just before it, and until there one takes no longer than a
 * segment. That holds for ours as well. What is to be encrypted goes segment by
 * segment.
 */
void clasp_offload_route(struct sock *sk, const struct dst_entry *dst)
{
	const struct net_device *dev;

	if (sk_can_gso(sk) || sk->sk_gso_disabled || dst->header_len)
		return;
	sk->sk_route_caps |= NETIF_F_GSO | NETIF_F_GSO_SOFTWARE | NETIF_F_SG |
			     NETIF_F_HW_CSUM;
	/* A device that goes leaves the route at any time. */
	rcu_read_lock();
	dev = READ_ONCE(dst->dev);
	sk->sk_gso_max_size = min(READ_ONCE(dev->gso_max_size),
				  CLASP_OFFLOAD_LARGEST) - (MAX_TCP_HEADER + 1);
	sk->sk_gso_max_segs = max_t(u32, READ_ONCE(dev->gso_max_segs), 1);
	rcu_read_unlock();
}

/**
 * clasp_offload_largest() - how much data one packet can have
 * @sk: the socket, locked
 * @size: bytes of a full segment's data
 *
 * Return: bytes, of whole segments: what the route takes.
 */
u32 clasp_offload_largest(const struct sock *sk, u32 size)
{
	u32 segments = READ_ONCE(sk->sk_gso_max_size) / size;

	if (!sk_can_gso(sk))
		return size;
	return clamp(segments, 1u, max_t(u32, sk->sk_gso_max_segs, 1)) * size;
}

/**
 * clasp_offload_most() - how much of it should be sent in one packet
 * @sk: the socket, locked
 * @size: bytes of a full segment's data
 *
 * As tcp_tso_autosize(): what is sent in about a millisecond, but two segments,
 * so that bursts are short on slow links. On a short path, where the rate says
 * little, more: as much again as the route takes, halved for each half of a
 * millisecond that a round trip has.
 *
 * Return: bytes, of whole segments.
 */
u32 clasp_offload_most(const struct sock *sk, u32 size)
{
	u64 burst = READ_ONCE(sk->sk_pacing_rate) >>
		    READ_ONCE(sk->sk_pacing_shift);
	u64 halves = clasp_sk(sk)->rack.min_rtt >> CLASP_OFFLOAD_RTT_LOG;
	u32 largest = clasp_offload_largest(sk, size);

	if (halves < BITS_PER_TYPE(u32))
		burst += READ_ONCE(sk->sk_gso_max_size) >> halves;
	burst = max_t(u64, burst, 2ull * size);
	return burst < largest ? rounddown((u32)burst, size) : largest;
}

/* Bytes of a header with its options, or 0 if it is none of ours. */
static u32 clasp_offload_header_len(const struct clasphdr *hdr)
{
	u32 len = (hdr->ver_len & 0xf) * 8;

	if (hdr->ver_len >> 4 != CLASP_VERSION || len < CLASP_HEADER_MIN)
		return 0;
	return len;
}

/* Says what segments there are in a packet. */
static void clasp_offload_describe(struct sk_buff *skb, u32 hdr_len, u32 size,
				   u32 segments)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	shinfo->gso_size = size ? size + clasp_offload_excess(hdr_len) : 0;
	shinfo->gso_type = size ? CLASP_GSO_TYPE : 0;
	shinfo->gso_segs = min_t(u32, segments, U16_MAX);
}

/**
 * clasp_offload_mark() - say what segments a packet is to be cut into
 * @skb: the data behind its header; whatever shares it is not on its way
 * @size: bytes of data in a full one, 0 if there is no data
 */
void clasp_offload_mark(struct sk_buff *skb, u32 size)
{
	u32 hdr_len = clasp_offload_header_len((void *)skb->data);
	u32 len = skb->len - hdr_len;

	if (size && len > size)
		clasp_offload_describe(skb, hdr_len, size,
				       DIV_ROUND_UP(len, size));
	else
		clasp_offload_describe(skb, hdr_len, 0, 1);
}

/**
 * clasp_offload_joined() - a received packet has become one of more segments
 * @skb: the packet, parsed, the caller's alone
 * @size: bytes of data in the largest of them
 * @segments: how many
 */
void clasp_offload_joined(struct sk_buff *skb, u32 size, u32 segments)
{
	clasp_offload_describe(skb, CLASP_CB(skb)->hdr_len, size, segments);
}

/*
 * Bytes of header of a packet that can be cut; 0 if it can't. Programs can make
 * odd ones (tap devices, packet sockets), and what rewrites addresses can make
 * another protocol's ours.
 */
static u32 clasp_offload_may_cut(struct sk_buff *skb)
{
	u32 len, size;

	if (!(skb_shinfo(skb)->gso_type & CLASP_GSO_TYPE) ||
	    skb_shinfo(skb)->gso_size == GSO_BY_FRAGS)
		return 0;
	if (skb->ip_summed != CHECKSUM_PARTIAL ||
	    skb_checksum_start(skb) != skb_transport_header(skb) ||
	    skb->csum_offset != offsetof(struct clasphdr, check))
		return 0;
	if (!pskb_may_pull(skb, CLASP_HEADER_MIN))
		return 0;
	len = clasp_offload_header_len((const struct clasphdr *)skb->data);
	if (!len || !pskb_may_pull(skb, len))
		return 0;
	size = clasp_offload_size(skb, len);
	return size && skb->len - len > size ? len : 0;
}

/*
 * RFC 9293, section 3.8.5: the pointer counts from the segment's own number.
 * Segments behind the urgent data have none.
 */
static void clasp_offload_mend_urgent(struct clasphdr *hdr, u32 offset)
{
	u16 up = be16_to_cpu(hdr->urg_ptr);

	if (!(hdr->flags & CLASP_URG))
		return;
	if (up <= offset)
		hdr->flags &= ~CLASP_URG;
	hdr->urg_ptr = up <= offset ? 0 : cpu_to_be16(up - offset);
}

/* The pseudo-header in the checksum had the whole packet's length, @whole. */
static void clasp_offload_mend_checksum(struct sk_buff *seg,
					struct clasphdr *hdr, u32 whole)
{
	u32 len = seg->len - skb_transport_offset(seg);
	__wsum delta = (__force __wsum)htonl(~whole + len);
	__sum16 pseudo = csum_fold(csum_add(csum_unfold(hdr->check), delta));

	hdr->check = ~pseudo;
	if (seg->ip_summed == CHECKSUM_PARTIAL)
		gso_reset_checksum(seg, csum_unfold(pseudo));
	else
		hdr->check = gso_make_checksum(seg, csum_unfold(pseudo));
}

/* Of a packet of several segments, the size is that of their data so far. */
static void clasp_offload_mend_size(struct sk_buff *skb,
				    const struct clasphdr *hdr)
{
	u32 hdr_len = clasp_offload_header_len(hdr);

	skb_shinfo(skb)->gso_size += clasp_offload_excess(hdr_len);
}

/*
 * Each segment begins with a copy of the packet's header. What happens once
 * happens at one end: CWR (RFC 3168, section 6.1.2) in the first segment, PSH
 * and FIN in the last.
 */
static void clasp_offload_mend(struct sk_buff *segs, u32 whole, u32 size)
{
	const struct clasphdr *first = (void *)skb_transport_header(segs);
	u64 seq = be64_to_cpu(first->seq);
	struct sk_buff *seg;
	u32 offset = 0;

	for (seg = segs; seg; seg = seg->next, offset += size) {
		struct clasphdr *hdr = (void *)skb_transport_header(seg);

		hdr->seq = cpu_to_be64(seq + offset);
		if (offset)
			hdr->flags &= ~CLASP_CWR;
		if (seg->next)
			hdr->flags &= ~(CLASP_FIN | CLASP_PSH);
		clasp_offload_mend_urgent(hdr, offset);
		clasp_offload_mend_checksum(seg, hdr, whole);
		if (skb_is_gso(seg))
			clasp_offload_mend_size(seg, hdr);
	}
}

/* The byte whose times a program wants to know may be the last one. */
static void clasp_offload_mend_stamp(struct sk_buff *last,
				     const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);

	skb_shinfo(last)->tx_flags |= shinfo->tx_flags & SKBTX_ANY_TSTAMP;
	skb_shinfo(last)->tskey = shinfo->tskey;
}

/*
 * skb_segment() takes gso_size for the size of the data. Who has another clone of
 * the packet, the sender's queue for one, must not see it change.
 */
static struct sk_buff *clasp_offload_cut(struct sk_buff *skb, u32 size,
					 netdev_features_t features)
{
	struct sk_buff *segs;
	u32 excess;

	if (skb_unclone(skb, GFP_ATOMIC))
		return ERR_PTR(-ENOMEM);
	excess = skb_shinfo(skb)->gso_size - size;
	skb_shinfo(skb)->gso_size = size;
	segs = skb_segment(skb, features);
	skb_shinfo(skb)->gso_size += excess;
	return segs;
}

/**
 * clasp_offload_segment() - cut a packet into its segments
 * @skb: the packet, skb->data at our header; stays the caller's
 * @features: what the device that gets the segments can do
 *
 * struct net_offload's gso_segment, for any IP version. The segments' checksums
 * are left to the device, or complete if it can't.
 *
 * Any context, RCU read lock held.
 *
 * Return: the segments; NULL if the device takes the packet as it is; -EINVAL if
 * it is none that can be cut, -ENOMEM.
 */
struct sk_buff *clasp_offload_segment(struct sk_buff *skb,
				      netdev_features_t features)
{
	u32 hdr_len = clasp_offload_may_cut(skb);
	bool alone = skb->ooo_okay;
	u32 whole = skb->len;
	struct sk_buff *segs;
	u32 size;

	if (!hdr_len)
		return ERR_PTR(-EINVAL);
	size = clasp_offload_size(skb, hdr_len);
	__skb_pull(skb, hdr_len);
	if (skb_gso_ok(skb, features | NETIF_F_GSO_ROBUST)) {
		/* Who made it may have miscounted. */
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(skb->len, size);
		return NULL;
	}
	/* Behind the first, another queue would overtake. */
	skb->ooo_okay = 0;
	segs = clasp_offload_cut(skb, size, features);
	if (IS_ERR(segs))
		return segs;
	segs->ooo_okay = alone;
	/* Of a list, packets may come that are large still, but have none. */
	if (skb_is_gso(segs))
		size *= skb_shinfo(segs)->gso_segs;
	clasp_offload_mend(segs, whole, size);
	clasp_offload_mend_stamp(segs->prev, skb);
	return segs;
}

/*
 * The header of a segment that was received, with its options, or NULL. The
 * data is at skb_gro_offset() then.
 */
static const struct clasphdr *clasp_offload_pull(struct sk_buff *skb)
{
	u32 at = skb_gro_offset(skb);
	const struct clasphdr *hdr;
	u32 len;

	hdr = skb_gro_header(skb, at + CLASP_HEADER_MIN, at);
	if (!hdr)
		return NULL;
	len = clasp_offload_header_len(hdr);
	if (!len)
		return NULL;
	hdr = skb_gro_header(skb, at + len, at);
	if (hdr)
		skb_gro_pull(skb, len);
	return hdr;
}

/* The packet of this connection that the device holds, or NULL. */
static struct sk_buff *clasp_offload_find(struct list_head *head,
					  const struct clasphdr *hdr)
{
	const struct clasphdr *held;
	struct sk_buff *p;

	list_for_each_entry(p, head, list) {
		if (!NAPI_GRO_CB(p)->same_flow)
			continue;
		held = (const struct clasphdr *)skb_transport_header(p);
		if (held->source == hdr->source && held->dest == hdr->dest)
			return p;
		NAPI_GRO_CB(p)->same_flow = 0;
	}
	return NULL;
}

/*
 * Does a segment continue a packet that is held? As tcp_gro_receive() has it: all
 * but the last are of one size, and the headers say the same, so that one is
 * enough.
 */
static bool clasp_offload_continues(struct sk_buff *p,
				    const struct sk_buff *skb,
				    const struct clasphdr *hdr)
{
	const struct clasphdr *held = (void *)skb_transport_header(p);
	u32 len = skb_gro_len(skb);

	if (!len || len > skb_shinfo(p)->gso_size ||
	    be64_to_cpu(hdr->seq) != be64_to_cpu(held->seq) + skb_gro_len(p))
		return false;
	if (hdr->ver_len != held->ver_len || hdr->flags & CLASP_CWR ||
	    (hdr->flags ^ held->flags) & ~(CLASP_CWR | CLASP_FIN | CLASP_PSH))
		return false;
	/* Acknowledgment number, window, urgent pointer and options. */
	if (memcmp(&hdr->ack_seq, &held->ack_seq,
		   clasp_offload_header_len(hdr) -
		   offsetof(struct clasphdr, ack_seq)))
		return false;
	return !clasp_compat_gro_network_flush(hdr, held, p);
}

/*
 * Gives the pages of a segment to the packet, or to the last of its list. What
 * has room behind their linear part would be copied there: the segment would
 * keep its pages, and skb_segment() can't split the linear part of a list's.
 */
static bool clasp_offload_move(struct sk_buff *p, struct sk_buff *skb)
{
	struct sk_buff *last = NAPI_GRO_CB(p)->last;
	u32 len = skb->len;
	bool stolen;
	int delta;

	if (len <= skb_tailroom(last) ||
	    !skb_try_coalesce(last, skb, &stolen, &delta))
		return false;
	/* Whoever is charged for both pays for what is where now. */
	skb->truesize -= delta;
	if (last != p) {
		p->len += len;
		p->data_len += len;
		p->truesize += delta;
	}
	/* napi_get_frags() hands it out again: empty. */
	skb->len -= skb->data_len;
	skb->data_len = 0;
	NAPI_GRO_CB(skb)->free = stolen ? NAPI_GRO_FREE_STOLEN_HEAD :
					  NAPI_GRO_FREE;
	return true;
}

/* Puts a segment into the packet's list. Who paid for it pays for the packet. */
static void clasp_offload_chain(struct sk_buff *p, struct sk_buff *skb)
{
	skb->destructor = NULL;
	skb->sk = NULL;
	if (NAPI_GRO_CB(p)->last == p)
		skb_shinfo(p)->frag_list = skb;
	else
		NAPI_GRO_CB(p)->last->next = skb;
	NAPI_GRO_CB(p)->last = skb;
	__skb_header_release(skb);
	p->len += skb->len;
	p->data_len += skb->len;
	p->truesize += skb->truesize;
	skb_shinfo(p)->flags |= skb_shinfo(skb)->flags & SKBFL_SHARED_FRAG;
}

/*
 * Puts the data of a segment behind a packet's, if there is room. This is
 * skb_gro_receive(), which modules can't call.
 */
static bool clasp_offload_merge(struct sk_buff *p, struct sk_buff *skb)
{
	u32 offset = skb_gro_offset(skb);

	if (NAPI_GRO_CB(skb)->flush ||
	    p->len + skb_gro_len(skb) >= clasp_compat_gro_max_size(p))
		return false;
	/* Pages of a pool and others do not mix, nor do a user's. */
	if (p->pp_recycle != skb->pp_recycle || skb_zcopy(p) || skb_zcopy(skb))
		return false;
	if (!pskb_may_pull(skb, offset))
		return false;
	__skb_pull(skb, offset);
	if (!clasp_offload_move(p, skb))
		clasp_offload_chain(p, skb);
	if (NAPI_GRO_CB(p)->count++ == 1)
		this_cpu_inc(clasp_offload_held);
	NAPI_GRO_CB(skb)->same_flow = 1;
	return true;
}

/* Does nothing come behind a segment with these flags? */
static bool clasp_offload_ends(u8 flags)
{
	return !(flags & CLASP_ACK) || flags & (CLASP_FIN | CLASP_SYN |
						CLASP_RST | CLASP_PSH |
						CLASP_URG);
}

/**
 * clasp_offload_receive() - make one packet of segments
 * @head: packets that the device holds
 * @skb: a segment that it received, behind its IP header, of a good checksum if
 *	it may be merged
 *
 * struct net_offload's gro_receive, for any IP version, after the checksum. A
 * segment goes into the packet that it continues, or is held to be continued.
 *
 * Softirq, RCU read lock held.
 *
 * Return: a held packet that is complete now, or NULL.
 */
struct sk_buff *clasp_offload_receive(struct list_head *head,
				      struct sk_buff *skb)
{
	const struct clasphdr *hdr = clasp_offload_pull(skb);
	u32 len = skb_gro_len(skb);
	struct clasphdr *held;
	bool ends = true;
	struct sk_buff *p;
	u8 flags;

	if (!hdr) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	/* The header goes when the segment's pages do. */
	flags = hdr->flags;
	p = clasp_offload_find(head, hdr);
	if (!READ_ONCE(clasp_offload_stopped)) {
		ends = !len || clasp_offload_ends(flags);
		if (p && clasp_offload_continues(p, skb, hdr) &&
		    clasp_offload_merge(p, skb)) {
			held = (void *)skb_transport_header(p);
			held->flags |= flags & (CLASP_FIN | CLASP_PSH);
			ends |= len < skb_shinfo(p)->gso_size;
		}
	}
	NAPI_GRO_CB(skb)->flush |= ends;
	return ends || !NAPI_GRO_CB(skb)->same_flow ? p : NULL;
}

/**
 * clasp_offload_complete() - a packet goes up: make it one that can be cut again
 * @skb: the packet, of more than one segment
 * @pseudo: folded checksum of its pseudo-header
 *
 * Softirq.
 */
void clasp_offload_complete(struct sk_buff *skb, __sum16 pseudo)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct clasphdr *hdr = (void *)skb_transport_header(skb);

	this_cpu_dec(clasp_offload_held);
	if (skb->encapsulation)
		skb->inner_transport_header = skb->transport_header;
	skb->ip_summed = CHECKSUM_PARTIAL;
	clasp_segment_seal(skb, pseudo);
	clasp_offload_mend_size(skb, hdr);
	shinfo->gso_type |= CLASP_GSO_TYPE;
	shinfo->gso_segs = NAPI_GRO_CB(skb)->count;
}

static int clasp_offload_held_count(void)
{
	int cpu, count = 0;

	for_each_possible_cpu(cpu)
		count += per_cpu(clasp_offload_held, cpu);
	return count;
}

/**
 * clasp_offload_stop() - hold no segment any more, and wait for those that are
 *
 * Before gro_complete goes. Devices let go of what they hold when they are next
 * polled, or after their gro_flush_timeout; one that is stopped meanwhile frees
 * it without a word, so this does not wait for ever.
 *
 * Process context.
 */
void clasp_offload_stop(void)
{
	unsigned long until = jiffies + HZ;

	WRITE_ONCE(clasp_offload_stopped, true);
	synchronize_net();
	while (clasp_offload_held_count() && time_before(jiffies, until))
		schedule_timeout_uninterruptible(1);
}
