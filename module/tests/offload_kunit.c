// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of several segments: cut by the kernel's own skb_gso_segment(), made by
 * the NAPI of a device, in every form that their data can have.
 */
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <net/gro_cells.h>
#include <net/ip6_checksum.h>

#include "../compat.h"
#include "../offload.h"
#include "../segment.h"
#include "wire.h"

#define SIZE	1000	/* of a full segment's data */

/* Where the data of a packet is. */
enum form {
	LINEAR,
	PAGES,
	LIST_OF_PAGES,	/* a segment each in a list, the first one linear */
	LIST_OF_LINEAR,
	FORMS
};

/* A packet: headers, and data that tells its number in the stream. */
struct packet {
	u64 seq;
	u64 ack_seq;
	u32 window;
	u32 len;
	u32 gso_size;
	enum form form;
	u16 source;
	u16 urg_ptr;
	u16 reserved;
	u16 id;
	u8 flags;
	u8 hops;
	u8 tos;
	u8 option;	/* 0 for none, or a value that it has */
	u8 version;
	bool corrupt;
};

static const struct packet plain = {
	.seq = 0x0102030405060708ull,
	.ack_seq = 0x1112131415161718ull,
	.window = 0x21222324,
	.len = SIZE,
	.source = 4001,
	.id = 0xfff0,
	.flags = CLASP_ACK,
	.hops = 64,
	.version = CLASP_VERSION,
};

struct offload_dev {
	u16 family;
	struct net_device *dev;
	struct gro_cells cells;
	struct sk_buff_head up;
};

static u8 byte_at(u64 seq)
{
	return seq * 7 + (seq >> 8);
}

static u32 header_len(const struct packet *packet)
{
	return CLASP_HEADER_MIN + (packet->option ? 8 : 0);
}

/* The kernel counts 12 bytes of header; what ours has more, the size has. */
static u32 counted_size(const struct packet *packet)
{
	return packet->gso_size + header_len(packet) - 12;
}

static u32 network_len(u16 family)
{
	return family == AF_INET6 ? sizeof(struct ipv6hdr) :
				    sizeof(struct iphdr);
}

static __wsum pseudo_of(const struct sk_buff *skb, u16 family, u32 len)
{
	__sum16 sum;

	if (family == AF_INET6)
		sum = csum_ipv6_magic(&ipv6_hdr(skb)->saddr,
				      &ipv6_hdr(skb)->daddr, len,
				      clasp_protocol, 0);
	else
		sum = csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr,
					len, clasp_protocol, 0);
	return csum_unfold(~sum);
}

static void fill(u8 *p, u64 seq, u32 len)
{
	while (len--)
		*p++ = byte_at(seq++);
}

static bool fill_page(struct sk_buff *skb, u64 seq, u32 len)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return false;
	fill(page_address(page), seq, len);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 0, len,
			PAGE_SIZE);
	return true;
}

static bool fill_pages(struct sk_buff *skb, u64 seq, u32 len)
{
	u32 some;

	for (; len; len -= some, seq += some) {
		some = min_t(u32, len, PAGE_SIZE);
		if (!fill_page(skb, seq, some))
			return false;
	}
	return true;
}

static bool fill_list(struct sk_buff *skb, const struct packet *packet)
{
	struct sk_buff **next = &skb_shinfo(skb)->frag_list, *member;
	u32 at = packet->gso_size, some;

	fill(skb_put(skb, at), packet->seq, at);
	for (; at < packet->len; at += some) {
		some = min(packet->len - at, packet->gso_size);
		member = alloc_skb(packet->form == LIST_OF_LINEAR ? some : 0,
				   GFP_KERNEL);
		if (!member)
			return false;
		*next = member;
		next = &member->next;
		if (packet->form == LIST_OF_LINEAR)
			fill(skb_put(member, some), packet->seq + at, some);
		else if (!fill_page(member, packet->seq + at, some))
			return false;
		skb->len += some;
		skb->data_len += some;
		skb->truesize += member->truesize;
	}
	return true;
}

static bool fill_data(struct sk_buff *skb, const struct packet *packet)
{
	switch (packet->form) {
	case LINEAR:
		fill(skb_put(skb, packet->len), packet->seq, packet->len);
		return true;
	case PAGES:
		return fill_pages(skb, packet->seq, packet->len);
	default:
		return fill_list(skb, packet);
	}
}

static void write_network(struct sk_buff *skb, u16 family,
			  const struct packet *packet)
{
	if (family == AF_INET6) {
		struct ipv6hdr *hdr = skb_put_zero(skb, sizeof(*hdr));

		ip6_flow_hdr(hdr, packet->tos, 0);
		hdr->payload_len = htons(header_len(packet) + packet->len);
		hdr->nexthdr = clasp_protocol;
		hdr->hop_limit = packet->hops;
		hdr->saddr.s6_addr[15] = 1;
		hdr->daddr.s6_addr[15] = 2;
	} else {
		struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

		iph->version = 4;
		iph->ihl = 5;
		iph->tos = packet->tos;
		iph->tot_len = htons(sizeof(*iph) + header_len(packet) +
				     packet->len);
		iph->id = htons(packet->id);
		iph->frag_off = htons(IP_DF);
		iph->ttl = packet->hops;
		iph->protocol = clasp_protocol;
		iph->saddr = htonl(0x0afd0001);
		iph->daddr = htonl(0x0afd0002);
		ip_send_check(iph);
	}
}

static void write_header(struct sk_buff *skb, const struct packet *packet)
{
	struct clasphdr *hdr = skb_put_zero(skb, header_len(packet));

	hdr->source = htons(packet->source);
	hdr->dest = htons(4002);
	hdr->ver_len = packet->version << 4 | header_len(packet) / 8;
	hdr->flags = packet->flags;
	hdr->seq = cpu_to_be64(packet->seq);
	hdr->ack_seq = cpu_to_be64(packet->ack_seq);
	hdr->window = cpu_to_be32(packet->window);
	hdr->urg_ptr = htons(packet->urg_ptr);
	hdr->reserved = htons(packet->reserved);
	if (packet->option) {
		u8 *opt = (u8 *)(hdr + 1);

		opt[0] = 100;
		opt[1] = 8;
		opt[7] = packet->option;
	}
}

/* As it is on its way out, or, of a single segment, as it was received. */
static void seal(struct sk_buff *skb, u16 family, const struct packet *packet)
{
	u32 offset = skb_transport_offset(skb);
	u32 len = skb->len - offset;
	__wsum pseudo = pseudo_of(skb, family, len);
	struct clasphdr *hdr = (void *)skb_transport_header(skb);

	if (packet->gso_size) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		clasp_segment_seal(skb, csum_fold(pseudo));
		skb_shinfo(skb)->gso_size = counted_size(packet);
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(packet->len,
							 packet->gso_size);
		skb_shinfo(skb)->gso_type = CLASP_GSO_TYPE;
	} else {
		hdr->check = csum_fold(skb_checksum(skb, offset, len, pseudo));
		if (packet->corrupt)
			hdr->check ^= 1;
	}
}

static struct sk_buff *make_packet(struct kunit *test,
				   const struct packet *packet)
{
	struct offload_dev *od = test->priv;
	struct sk_buff *skb = alloc_skb(256 + packet->len, GFP_KERNEL);
	struct ethhdr *eth;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, 64);
	skb_reset_mac_header(skb);
	eth = skb_put_zero(skb, ETH_HLEN);
	ether_addr_copy(eth->h_dest, od->dev->dev_addr);
	eth->h_proto = htons(od->family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP);
	skb->protocol = eth->h_proto;
	skb->dev = od->dev;
	skb_set_network_header(skb, skb->len);
	write_network(skb, od->family, packet);
	skb_set_transport_header(skb, skb->len);
	write_header(skb, packet);
	if (!fill_data(skb, packet)) {
		kfree_skb(skb);
		KUNIT_FAIL(test, "no memory");
		kunit_skip(test, "no memory");
	}
	seal(skb, od->family, packet);
	return skb;
}

/* --- what comes out ---------------------------------------------------------- */

static void check_network(struct kunit *test, const struct sk_buff *skb,
			  const struct packet *want)
{
	struct offload_dev *od = test->priv;

	if (od->family == AF_INET6) {
		KUNIT_EXPECT_EQ(test, ntohs(ipv6_hdr(skb)->payload_len),
				header_len(want) + want->len);
		return;
	}
	KUNIT_EXPECT_EQ(test, ntohs(ip_hdr(skb)->tot_len),
			sizeof(struct iphdr) + header_len(want) + want->len);
	KUNIT_EXPECT_EQ(test, ntohs(ip_hdr(skb)->id), want->id);
	KUNIT_EXPECT_EQ(test, ip_fast_csum(ip_hdr(skb), 5), 0);
}

static void check_data(struct kunit *test, const u8 *data,
		       const struct packet *want)
{
	u32 i;

	for (i = 0; i < want->len; i++)
		if (data[i] != byte_at(want->seq + i))
			break;
	KUNIT_EXPECT_EQ_MSG(test, i, want->len, "wrong data");
}

/* One segment, skb->data at its Ethernet header; not kept. */
static void check_segment(struct kunit *test, struct sk_buff *skb,
			  const struct packet *want)
{
	struct offload_dev *od = test->priv;
	u32 front = ETH_HLEN + network_len(od->family);
	const struct clasphdr *hdr;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		KUNIT_EXPECT_EQ(test, skb_checksum_help(skb), 0);
	KUNIT_ASSERT_EQ(test, skb->len, front + header_len(want) + want->len);
	KUNIT_ASSERT_EQ(test, skb_linearize(skb), 0);
	skb_set_network_header(skb, ETH_HLEN);
	hdr = (const struct clasphdr *)(skb->data + front);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(hdr->seq), want->seq);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(hdr->ack_seq), want->ack_seq);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(hdr->window), want->window);
	KUNIT_EXPECT_EQ(test, hdr->flags, want->flags);
	KUNIT_EXPECT_EQ(test, ntohs(hdr->urg_ptr), want->urg_ptr);
	KUNIT_EXPECT_EQ(test, skb_is_gso(skb), false);
	KUNIT_EXPECT_EQ(test, csum_fold(csum_partial(hdr, skb->len - front,
						     pseudo_of(skb, od->family,
							       skb->len - front))),
			0);
	check_network(test, skb, want);
	check_data(test, (const u8 *)hdr + header_len(want), want);
}

/* The segment at this place of a packet. */
static struct packet segment_of(const struct packet *whole, u32 at)
{
	struct packet want = *whole;

	want.seq += at;
	want.len = min(whole->len - at, whole->gso_size);
	want.id += at / whole->gso_size;
	if (at)
		want.flags &= ~CLASP_CWR;
	if (at + want.len < whole->len)
		want.flags &= ~(CLASP_FIN | CLASP_PSH);
	want.urg_ptr = whole->urg_ptr > at ? whole->urg_ptr - at : 0;
	if (!want.urg_ptr)
		want.flags &= ~CLASP_URG;
	want.gso_size = 0;
	return want;
}

/* Cuts a packet and looks at each segment; the packet goes. */
static void check_cut(struct kunit *test, struct sk_buff *skb,
		      const struct packet *whole, netdev_features_t features)
{
	struct sk_buff *segs = skb_gso_segment(skb, features), *seg;
	struct packet want;
	u32 at = 0;

	kfree_skb(skb);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(segs));
	while ((seg = segs)) {
		segs = seg->next;
		skb_mark_not_on_list(seg);
		if (at < whole->len) {
			want = segment_of(whole, at);
			check_segment(test, seg, &want);
		}
		at += whole->gso_size;
		kfree_skb(seg);
	}
	KUNIT_EXPECT_EQ(test, at, roundup(whole->len, whole->gso_size));
}

/* --- cut ------------------------------------------------------------------------ */

static const netdev_features_t abilities[] = {
	0,
	NETIF_F_SG,
	NETIF_F_SG | NETIF_F_HW_CSUM,
	NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_FRAGLIST,
};

/* Sizes around whole numbers of segments, in every form, for every device. */
static void cut_sizes(struct kunit *test)
{
	static const u32 sizes[] = {
		SIZE + 1, 2 * SIZE - 1, 2 * SIZE, 2 * SIZE + 1, 17 * SIZE,
		45 * SIZE + 123, 64 * SIZE,
	};
	struct packet whole = plain;
	int i, j;

	whole.gso_size = SIZE;
	whole.flags |= CLASP_PSH;
	for (whole.form = 0; whole.form < FORMS; whole.form++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			whole.len = sizes[i];
			for (j = 0; j < ARRAY_SIZE(abilities); j++)
				check_cut(test, make_packet(test, &whole),
					  &whole, abilities[j]);
		}
	}
}

static void cut_flags(struct kunit *test)
{
	static const u8 flags[] = {
		CLASP_FIN, CLASP_PSH, CLASP_ECE, CLASP_CWR,
		CLASP_FIN | CLASP_PSH | CLASP_ECE | CLASP_CWR,
	};
	struct packet whole = plain;
	int i;

	whole.gso_size = SIZE;
	whole.form = PAGES;
	whole.len = 3 * SIZE;
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		whole.flags = CLASP_ACK | flags[i];
		check_cut(test, make_packet(test, &whole), &whole, NETIF_F_SG);
	}
}

/* Wherever the mark is, each segment before it points there. */
static void cut_urgent(struct kunit *test)
{
	static const u16 marks[] = {
		1, SIZE, SIZE + 1, 2 * SIZE, 3 * SIZE, 3 * SIZE + 1, 65535,
	};
	struct packet whole = plain;
	int i;

	whole.gso_size = SIZE;
	whole.len = 3 * SIZE;
	whole.flags |= CLASP_URG;
	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		whole.urg_ptr = marks[i];
		check_cut(test, make_packet(test, &whole), &whole,
			  NETIF_F_SG | NETIF_F_HW_CSUM);
	}
}

static void cut_options(struct kunit *test)
{
	struct packet whole = plain;

	whole.gso_size = SIZE;
	whole.len = 3 * SIZE;
	whole.option = 7;
	for (whole.form = 0; whole.form < FORMS; whole.form++)
		check_cut(test, make_packet(test, &whole), &whole, 0);
}

/* The number may pass its end in the packet. */
static void cut_wrap(struct kunit *test)
{
	struct packet whole = plain;

	whole.gso_size = SIZE;
	whole.len = 3 * SIZE;
	whole.seq = -(u64)(SIZE + 1);
	check_cut(test, make_packet(test, &whole), &whole, 0);
}

/* Whoever has the times is told of the last byte, and of one segment. */
static void cut_stamp(struct kunit *test)
{
	struct packet whole = plain;
	struct sk_buff *skb, *segs;

	whole.gso_size = SIZE;
	whole.len = 2 * SIZE;
	skb = make_packet(test, &whole);
	skb_shinfo(skb)->tx_flags = SKBTX_SW_TSTAMP;
	skb_shinfo(skb)->tskey = 42;
	segs = skb_gso_segment(skb, NETIF_F_SG);
	kfree_skb(skb);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(segs));
	KUNIT_EXPECT_EQ(test, skb_shinfo(segs)->tx_flags, 0);
	KUNIT_EXPECT_EQ(test, skb_shinfo(segs->next)->tx_flags,
			SKBTX_SW_TSTAMP);
	KUNIT_EXPECT_EQ(test, skb_shinfo(segs->next)->tskey, 42);
	kfree_skb_list(segs);
}

/* A device that takes it as it is needs only the count to be true. */
static void cut_not_at_all(struct kunit *test)
{
	netdev_features_t features = NETIF_F_GSO_SCTP | NETIF_F_SG |
				     NETIF_F_HW_CSUM;
	struct packet whole = plain;
	struct sk_buff *skb;

	whole.gso_size = SIZE;
	whole.len = 2 * SIZE + 1;
	skb = make_packet(test, &whole);
	skb_shinfo(skb)->gso_type |= SKB_GSO_DODGY;
	skb_shinfo(skb)->gso_segs = 77;
	KUNIT_EXPECT_NULL(test, skb_gso_segment(skb, features));
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_segs, 3);
	kfree_skb(skb);
}

/*
 * The kernel tells of what fits a router's way out whether it does, by a byte. A
 * clone, as the sender keeps one, says the same after a cut.
 */
static void cut_validate(struct kunit *test)
{
	struct offload_dev *od = test->priv;
	struct packet whole = plain;
	struct sk_buff *skb, *clone;
	u32 mtu;

	whole.gso_size = SIZE;
	whole.len = 3 * SIZE;
	for (whole.option = 0; whole.option < 2; whole.option++) {
		mtu = network_len(od->family) + header_len(&whole) + SIZE;
		skb = make_packet(test, &whole);
		clone = skb_clone(skb, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, clone);
		KUNIT_EXPECT_TRUE(test, skb_gso_validate_network_len(skb, mtu));
		KUNIT_EXPECT_FALSE(test,
				   skb_gso_validate_network_len(skb, mtu - 1));
		check_cut(test, skb, &whole, NETIF_F_SG);
		KUNIT_EXPECT_FALSE(test, skb_gso_validate_network_len(clone,
								      mtu - 1));
		kfree_skb(clone);
	}
}

static void odd_size_none(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_size = 0;
}

/* What is no data, but header. */
static void odd_size_excess(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_size = CLASP_HEADER_MIN - 12;
}

static void odd_size_all(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_size = skb->len;
}

static void odd_size_frags(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_size = GSO_BY_FRAGS;
}

static void odd_type_tcp4(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4 | SKB_GSO_DODGY;
}

static void odd_type_tcp6(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV6 | SKB_GSO_DODGY;
}

static void odd_type_udp(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP | SKB_GSO_DODGY;
}

static void odd_type_none(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_type = 0;
}

static void odd_no_checksum(struct sk_buff *skb)
{
	skb->ip_summed = CHECKSUM_UNNECESSARY;
}

static void odd_checksum_start(struct sk_buff *skb)
{
	skb->csum_start += 2;
}

static void odd_checksum_offset(struct sk_buff *skb)
{
	skb->csum_offset += 2;
}

static void odd_version(struct sk_buff *skb)
{
	skb_transport_header(skb)[4] ^= 0x30;
}

static void odd_header_short(struct sk_buff *skb)
{
	skb_transport_header(skb)[4] = CLASP_VERSION << 4 | 3;
}

static void odd_header_only(struct sk_buff *skb)
{
	pskb_trim(skb, skb_transport_offset(skb) + CLASP_HEADER_MIN);
}

static void odd_header_cut(struct sk_buff *skb)
{
	pskb_trim(skb, skb_transport_offset(skb) + CLASP_HEADER_MIN - 1);
}

static void odd_header_long(struct sk_buff *skb)
{
	skb_transport_header(skb)[4] = CLASP_VERSION << 4 | 15;
	pskb_trim(skb, skb_transport_offset(skb) + CLASP_HEADER_MIN + 8);
}

/* What can't be cut is refused, whoever made it, and stays whole for the caller. */
static void cut_odd(struct kunit *test)
{
	static void (*const odd[])(struct sk_buff *skb) = {
		odd_size_none, odd_size_excess, odd_size_all, odd_size_frags,
		odd_type_tcp4,
		odd_type_tcp6, odd_type_udp, odd_type_none, odd_no_checksum,
		odd_checksum_start, odd_checksum_offset, odd_version,
		odd_header_short, odd_header_only, odd_header_cut,
		odd_header_long,
	};
	struct packet whole = plain;
	struct sk_buff *skb;
	int i;

	whole.gso_size = SIZE;
	whole.len = 3 * SIZE;
	for (whole.form = 0; whole.form < FORMS; whole.form++) {
		for (i = 0; i < ARRAY_SIZE(odd); i++) {
			skb = make_packet(test, &whole);
			odd[i](skb);
			KUNIT_EXPECT_PTR_EQ_MSG(test, skb_gso_segment(skb, 0),
						ERR_PTR(-EINVAL), "odd %d", i);
			kfree_skb(skb);
		}
	}
}

/* --- made ----------------------------------------------------------------------- */

/*
 * The device receives these, one after the other, before it lets any go. They are
 * paid for by a socket, or by none.
 */
static void receive_from(struct kunit *test, struct sock *sk,
			 const struct packet *packets, int count)
{
	struct offload_dev *od = test->priv;
	struct sk_buff_head queue;
	struct sk_buff *skb;
	int i;

	__skb_queue_head_init(&queue);
	for (i = 0; i < count; i++) {
		skb = make_packet(test, &packets[i]);
		skb->protocol = eth_type_trans(skb, od->dev);
		if (sk)
			skb_set_owner_w(skb, sk);
		__skb_queue_tail(&queue, skb);
	}
	local_bh_disable();
	while ((skb = __skb_dequeue(&queue)))
		gro_cells_receive(&od->cells, skb);
	local_bh_enable();
}

static void receive(struct kunit *test, const struct packet *packets, int count)
{
	receive_from(test, NULL, packets, count);
}

/* The next packet that went up, skb->data at its Ethernet header, or NULL. */
static struct sk_buff *next_up(struct kunit *test)
{
	struct offload_dev *od = test->priv;
	struct sk_buff *skb = skb_dequeue(&od->up);

	if (skb)
		skb_push(skb, ETH_HLEN);
	return skb;
}

/* The next that went up is this one, of many segments if it has a gso_size. */
static void expect_up(struct kunit *test, const struct packet *want)
{
	struct sk_buff *skb = next_up(test);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	if (!want->gso_size) {
		check_segment(test, skb, want);
		kfree_skb(skb);
		return;
	}
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_size, counted_size(want));
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_segs,
			DIV_ROUND_UP(want->len, want->gso_size));
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_type & CLASP_GSO_TYPE,
			CLASP_GSO_TYPE);
	KUNIT_EXPECT_TRUE(test, skb->ip_summed == CHECKSUM_PARTIAL);
	check_cut(test, skb, want, NETIF_F_SG | NETIF_F_HW_CSUM);
}

static void expect_none_up(struct kunit *test)
{
	struct sk_buff *skb = next_up(test);

	KUNIT_EXPECT_NULL(test, skb);
	kfree_skb(skb);
}

/* As many segments as a packet of 64 KiB has room for become one, and so on. */
static void merge_many(struct kunit *test)
{
	static const enum form forms[] = { LINEAR, PAGES };
	struct packet *packets = kunit_kcalloc(test, 60, sizeof(*packets),
					       GFP_KERNEL);
	struct packet whole = plain, rest = plain;
	int i, j;

	KUNIT_ASSERT_NOT_NULL(test, packets);
	whole.gso_size = SIZE;
	rest.gso_size = SIZE;
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		for (j = 0; j < 60; j++) {
			packets[j] = plain;
			packets[j].form = forms[i];
			packets[j].seq += j * SIZE;
			packets[j].id += j;
		}
		receive(test, packets, 60);
		whole.len = 60 * SIZE;
		expect_up(test, &whole);
		expect_none_up(test);
	}
	/* 65,536 is where a packet ends. */
	for (j = 0; j < 60; j++) {
		packets[j].len = 1300;
		packets[j].seq = plain.seq + j * 1300;
	}
	receive(test, packets, 60);
	whole.gso_size = 1300;
	whole.len = 50 * 1300;
	expect_up(test, &whole);
	rest = segment_of(&whole, whole.len);
	rest.gso_size = 1300;
	rest.len = 10 * 1300;
	expect_up(test, &rest);
	expect_none_up(test);
}

/* Pages and linear data may follow each other in any order. */
static void merge_mixed(struct kunit *test)
{
	struct packet packets[8], whole = plain;
	int i, j;

	for (i = 0; i < 256; i++) {
		for (j = 0; j < ARRAY_SIZE(packets); j++) {
			packets[j] = plain;
			packets[j].form = i >> j & 1 ? LINEAR : PAGES;
			packets[j].seq += j * SIZE;
			packets[j].id += j;
		}
		packets[7].len = 1 + i;
		packets[7].flags |= CLASP_PSH | CLASP_FIN;
		receive(test, packets, ARRAY_SIZE(packets));
		whole.gso_size = SIZE;
		whole.len = 7 * SIZE + 1 + i;
		whole.flags = packets[7].flags;
		expect_up(test, &whole);
		expect_none_up(test);
	}
}

struct change {
	const char *name;
	struct packet by;	/* what is not 0 is set, or added to the numbers */
};

/* Each of these makes a segment one that continues nothing. */
static const struct change changes[] = {
	{ "gap", { .seq = 1 } },
	{ "overlap", { .seq = -1 } },
	{ "repeated", { .seq = -SIZE } },
	{ "longer", { .len = SIZE + 1 } },
	{ "other port", { .source = 4003 } },
	{ "acknowledgment", { .ack_seq = 1 } },
	{ "window", { .window = 1 } },
	{ "urgent pointer", { .urg_ptr = 1 } },
	{ "reserved", { .reserved = 1 } },
	{ "option", { .option = 1 } },
	{ "hops", { .hops = 63 } },
	{ "congested", { .tos = INET_ECN_CE } },
	{ "version", { .version = 2 } },
	{ "checksum", { .corrupt = true } },
	{ "CWR", { .flags = CLASP_ACK | CLASP_CWR } },
	{ "ECE", { .flags = CLASP_ACK | CLASP_ECE } },
	{ "URG", { .flags = CLASP_ACK | CLASP_URG } },
	{ "RST", { .flags = CLASP_ACK | CLASP_RST } },
	{ "SYN", { .flags = CLASP_ACK | CLASP_SYN } },
	{ "no ACK", { .flags = CLASP_PSH } },
};

static void change(struct packet *packet, const struct packet *by)
{
	packet->seq += by->seq;
	packet->ack_seq += by->ack_seq;
	packet->window += by->window;
	packet->len = by->len ?: packet->len;
	packet->source = by->source ?: packet->source;
	packet->flags = by->flags ?: packet->flags;
	packet->hops = by->hops ?: packet->hops;
	packet->version = by->version ?: packet->version;
	packet->urg_ptr = by->urg_ptr;
	packet->reserved = by->reserved;
	packet->option = by->option;
	packet->tos = by->tos;
	packet->corrupt = by->corrupt;
}

static void merge_unlike(struct kunit *test)
{
	struct packet packets[3];
	struct sk_buff *skb;
	int i, up;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		packets[0] = plain;
		packets[1] = plain;
		packets[1].seq += SIZE;
		packets[1].id++;
		change(&packets[1], &changes[i].by);
		receive(test, packets, 2);
		for (up = 0; (skb = next_up(test)); up++) {
			KUNIT_EXPECT_FALSE_MSG(test, skb_is_gso(skb),
					       changes[i].name);
			kfree_skb(skb);
		}
		KUNIT_EXPECT_EQ_MSG(test, up, 2, changes[i].name);
	}
}

/* Options that say the same don't keep segments apart. */
static void merge_options(struct kunit *test)
{
	struct packet packets[2] = { plain, plain }, whole = plain;

	packets[0].option = 3;
	packets[1].option = 3;
	packets[1].seq += SIZE;
	packets[1].id++;
	receive(test, packets, 2);
	whole.option = 3;
	whole.gso_size = SIZE;
	whole.len = 2 * SIZE;
	expect_up(test, &whole);
	expect_none_up(test);
}

/* What ends a packet goes up at once, in its order: PSH, FIN, or a short one. */
static void merge_ends(struct kunit *test)
{
	static const u8 flags[] = { CLASP_PSH, CLASP_FIN, 0 };
	struct packet packets[3], whole;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		for (j = 0; j < ARRAY_SIZE(packets); j++) {
			packets[j] = plain;
			packets[j].seq += j * SIZE;
			packets[j].id += j;
		}
		packets[1].flags |= flags[i];
		packets[1].len = flags[i] ? SIZE : SIZE - 1;
		packets[2].seq -= SIZE - packets[1].len;
		receive(test, packets, ARRAY_SIZE(packets));
		whole = plain;
		whole.gso_size = SIZE;
		whole.len = SIZE + packets[1].len;
		whole.flags |= flags[i];
		expect_up(test, &whole);
		expect_up(test, &packets[2]);
		expect_none_up(test);
	}
}

/* An ACK without data comes behind the data before it. */
static void merge_order(struct kunit *test)
{
	struct packet packets[4] = { plain, plain, plain, plain }, whole = plain;

	packets[1].seq += SIZE;
	packets[1].id++;
	packets[2].seq += 2 * SIZE;
	packets[2].id += 2;
	packets[2].len = 0;
	packets[3].seq += 2 * SIZE;
	packets[3].id += 3;
	receive(test, packets, ARRAY_SIZE(packets));
	whole.gso_size = SIZE;
	whole.len = 2 * SIZE;
	expect_up(test, &whole);
	expect_up(test, &packets[2]);
	expect_up(test, &packets[3]);
	expect_none_up(test);
}

/* Segments of two connections, in turns. */
static void merge_two(struct kunit *test)
{
	struct packet packets[20], whole = plain;
	int i;

	for (i = 0; i < ARRAY_SIZE(packets); i++) {
		packets[i] = plain;
		packets[i].form = i & 1 ? PAGES : LINEAR;
		packets[i].source += i & 1;
		packets[i].seq += i / 2 * SIZE;
		packets[i].id += i / 2;
	}
	receive(test, packets, ARRAY_SIZE(packets));
	whole.gso_size = SIZE;
	whole.len = 10 * SIZE;
	expect_up(test, &whole);
	expect_up(test, &whole);
	expect_none_up(test);
}

/* Whoever paid for the segments pays for the packet, and for all of it. */
static void merge_owned(struct kunit *test)
{
	struct offload_dev *od = test->priv;
	struct packet packets[6];
	struct socket *sock;
	struct sk_buff *skb;
	int i;

	KUNIT_ASSERT_EQ(test, sock_create_kern(&init_net, od->family,
					       SOCK_STREAM, clasp_protocol,
					       &sock), 0);
	for (i = 0; i < ARRAY_SIZE(packets); i++) {
		packets[i] = plain;
		packets[i].form = i & 1 ? LINEAR : PAGES;
		packets[i].seq += i * SIZE;
		packets[i].id += i;
	}
	receive_from(test, sock->sk, packets, ARRAY_SIZE(packets));
	skb = next_up(test);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_segs, 6);
	KUNIT_EXPECT_EQ(test, sk_wmem_alloc_get(sock->sk), skb->truesize);
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, sk_wmem_alloc_get(sock->sk), 0);
	sock_release(sock);
}

/* --- the device -------------------------------------------------------------- */

static netdev_tx_t offload_dev_xmit(struct sk_buff *skb, struct net_device *dev)
{
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops offload_dev_ops = {
	.ndo_start_xmit = offload_dev_xmit,
};

static rx_handler_result_t offload_dev_up(struct sk_buff **pskb)
{
	struct net_device *dev = (*pskb)->dev;
	struct offload_dev *od = *(struct offload_dev **)netdev_priv(dev);

	skb_queue_tail(&od->up, *pskb);
	return RX_HANDLER_CONSUMED;
}

static void offload_dev_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &offload_dev_ops;
	eth_hw_addr_random(dev);
}

static int offload_init(struct kunit *test)
{
	struct offload_dev *od = kunit_kzalloc(test, sizeof(*od), GFP_KERNEL);
	const u16 *family = test->param_value;

	KUNIT_ASSERT_NOT_NULL(test, od);
	od->family = *family;
	skb_queue_head_init(&od->up);
	od->dev = alloc_netdev(sizeof(od), "offload%d", NET_NAME_ENUM,
			       offload_dev_setup);
	KUNIT_ASSERT_NOT_NULL(test, od->dev);
	*(struct offload_dev **)netdev_priv(od->dev) = od;
	KUNIT_ASSERT_EQ(test, gro_cells_init(&od->cells, od->dev), 0);
	KUNIT_ASSERT_EQ(test, register_netdev(od->dev), 0);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, netdev_rx_handler_register(od->dev,
							 offload_dev_up, NULL),
			0);
	KUNIT_EXPECT_EQ(test, dev_open(od->dev, NULL), 0);
	rtnl_unlock();
	test->priv = od;
	return 0;
}

static void offload_exit(struct kunit *test)
{
	struct offload_dev *od = test->priv;

	if (!od)
		return;
	rtnl_lock();
	netdev_rx_handler_unregister(od->dev);
	rtnl_unlock();
	unregister_netdev(od->dev);
	gro_cells_destroy(&od->cells);
	free_netdev(od->dev);
	skb_queue_purge(&od->up);
}

static struct kunit_case offload_cases[] = {
	WIRE_CASE(cut_sizes),
	WIRE_CASE(cut_flags),
	WIRE_CASE(cut_urgent),
	WIRE_CASE(cut_options),
	WIRE_CASE(cut_wrap),
	WIRE_CASE(cut_stamp),
	WIRE_CASE(cut_not_at_all),
	WIRE_CASE(cut_validate),
	WIRE_CASE(cut_odd),
	WIRE_CASE(merge_many),
	WIRE_CASE(merge_mixed),
	WIRE_CASE(merge_unlike),
	WIRE_CASE(merge_options),
	WIRE_CASE(merge_ends),
	WIRE_CASE(merge_order),
	WIRE_CASE(merge_two),
	WIRE_CASE(merge_owned),
	{}
};

static struct kunit_suite offload_suite = {
	.name = "clasp_offload",
	.init = offload_init,
	.exit = offload_exit,
	.test_cases = offload_cases,
};

kunit_test_suite(offload_suite);
