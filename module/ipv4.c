// SPDX-License-Identifier: GPL-2.0
/* All that is IPv4's: addresses, routes, checksums, ICMP. */
#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/secure_seq.h>

#include "icmp.h"
#include "input.h"
#include "ipv4.h"
#include "mtu.h"
#include "offload.h"
#include "reply.h"

static void clasp_ipv4_checksum(struct sk_buff *skb, __be32 saddr, __be32 daddr)
{
	clasp_segment_seal(skb, csum_tcpudp_magic(saddr, daddr, skb->len,
						  clasp_protocol, 0));
}

static void clasp_ipv4_path(const struct sk_buff *skb, struct clasp_path *path)
{
	const struct clasp_cb *cb = CLASP_CB(skb);
	const struct iphdr *iph = ip_hdr(skb);

	ipv6_addr_set_v4mapped(iph->daddr, &path->flow.laddr);
	ipv6_addr_set_v4mapped(iph->saddr, &path->flow.raddr);
	path->flow.scope = clasp_input_scope(&path->flow.raddr, cb->iif,
					     cb->sdif);
	path->oif = cb->sdif;
	path->tos = iph->tos & ~INET_ECN_MASK;
}

static void clasp_ipv4_path_options(const struct net *net,
				    const struct sock *sk,
				    struct clasp_path *path)
{
	if (sk)
		path->tos = inet_sk(sk)->tos & ~INET_ECN_MASK;
}

static bool clasp_ipv4_near_enough(const struct sock *sk,
				   const struct sk_buff *skb)
{
	return ip_hdr(skb)->ttl >= READ_ONCE(inet_sk(sk)->min_ttl);
}

static u8 clasp_ipv4_dsfield(const struct sk_buff *skb)
{
	return ipv4_get_dsfield(ip_hdr(skb));
}

/* A stream socket is told nothing of single segments. */
static void clasp_ipv4_heard(struct sock *sk, const struct sk_buff *skb)
{
}

static struct rtable *clasp_ipv4_path_route(struct net *net,
					    const struct clasp_path *path)
{
	/* IP_TRANSPARENT: also from an address that is not ours. */
	u8 flags = path->sk ? inet_sk_flowi_flags(path->sk) : 0;
	struct flowi4 fl4;

	flowi4_init_output(&fl4, path->oif, path->mark, path->tos & INET_DSCP_MASK,
			   RT_SCOPE_UNIVERSE, clasp_protocol, flags,
			   path->flow.raddr.s6_addr32[3],
			   path->flow.laddr.s6_addr32[3],
			   path->flow.rport, path->flow.lport,
			   sock_net_uid(net, path->sk));
	clasp_compat_classify_flow(path->sk, flowi4_to_flowi_common(&fl4));
	return ip_route_output_flow(net, &fl4, path->sk);
}

/* IP_TTL of the listener, if it has set that. */
static u8 clasp_ipv4_ttl(const struct clasp_path *path,
			 const struct dst_entry *dst)
{
	int ttl = path->sk ? READ_ONCE(inet_sk(path->sk)->uc_ttl) : -1;

	return ttl < 0 ? ip4_dst_hoplimit(dst) : ttl;
}

static int clasp_ipv4_xmit_path(struct net *net, const struct clasp_path *path,
				struct clasp_header *header,
				struct sk_buff *skb)
{
	struct rtable *rt = clasp_ipv4_path_route(net, path);
	struct iphdr *iph;

	if (IS_ERR(rt)) {
		kfree_skb(skb);
		return PTR_ERR(rt);
	}
	skb_dst_set(skb, &rt->dst);
	clasp_reply_push(path, header, dst_mtu(&rt->dst), skb);
	clasp_ipv4_checksum(skb, path->flow.laddr.s6_addr32[3],
			    path->flow.raddr.s6_addr32[3]);
	skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph = ip_hdr(skb);
	*iph = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.tos = path->tos,
		.frag_off = htons(IP_DF),
		.ttl = clasp_ipv4_ttl(path, &rt->dst),
		.protocol = clasp_protocol,
		.saddr = path->flow.laddr.s6_addr32[3],
		.daddr = path->flow.raddr.s6_addr32[3],
	};
	skb->mark = path->mark;
	if (path->sk)
		skb->priority = READ_ONCE(path->sk->sk_priority);
	return ip_local_out(net, NULL, skb);
}

static int clasp_ipv4_xmit(struct sock *sk, struct sk_buff *skb)
{
	clasp_ipv4_checksum(skb, inet_sk(sk)->inet_saddr,
			    inet_sk(sk)->inet_daddr);
	return ip_queue_xmit(sk, skb, &inet_sk(sk)->cork.fl);
}

/* The first hop, if IP options give one: RFC 791, source routing. */
static __be32 clasp_ipv4_nexthop(const struct sock *sk, __be32 daddr)
{
	const struct ip_options_rcu *opt;

	opt = rcu_dereference_protected(inet_sk(sk)->inet_opt,
					lockdep_sock_is_held(sk));
	return opt && opt->opt.srr ? opt->opt.faddr : daddr;
}

/* Both ends, from the socket into the flow. */
static void clasp_ipv4_flow(struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct clasp_flow *flow = &clasp_sk(sk)->entry.flow;

	ipv6_addr_set_v4mapped(inet->inet_saddr, &flow->laddr);
	ipv6_addr_set_v4mapped(inet->inet_daddr, &flow->raddr);
	flow->rport = inet->inet_dport;
	flow->scope = clasp_socket_scope(sk, &flow->raddr);
}

static int clasp_ipv4_connect(struct sock *sk, struct sockaddr_unsized *uaddr,
			      int len)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)uaddr;
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 *fl4 = &inet->cork.fl.u.ip4;
	struct rtable *rt;

	if (len < sizeof(*sin))
		return -EINVAL;
	if (sin->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	rt = ip_route_connect(fl4, clasp_ipv4_nexthop(sk, sin->sin_addr.s_addr),
			      inet->inet_saddr, sk->sk_bound_dev_if,
			      clasp_protocol, inet->inet_sport, sin->sin_port,
			      sk);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return -ENETUNREACH;
	}
	ip_rt_put(rt);

	if (!inet->inet_saddr)
		inet->inet_saddr = fl4->saddr;
	sk_rcv_saddr_set(sk, inet->inet_saddr);
	/* INADDR_ANY is this host: the route has the address. */
	sk_daddr_set(sk, sin->sin_addr.s_addr ?: fl4->daddr);
	inet->inet_dport = sin->sin_port;
	atomic_set(&inet->inet_id, (u16)get_random_u32());
	clasp_ipv4_flow(sk);
	return 0;
}

static void clasp_ipv4_disconnect(struct sock *sk)
{
	inet_sk(sk)->inet_daddr = 0;
}

static void clasp_ipv4_local(const struct sock *sk, struct in6_addr *laddr)
{
	ipv6_addr_set_v4mapped(inet_sk(sk)->inet_rcv_saddr, laddr);
}

/* Also leaves the flow in cork.fl, where ip_queue_xmit() wants the addresses. */
static int clasp_ipv4_route(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 *fl4 = &inet->cork.fl.u.ip4;
	struct rtable *rt;

	rt = ip_route_output_ports(sock_net(sk), fl4, sk,
				   clasp_ipv4_nexthop(sk, inet->inet_daddr),
				   inet->inet_saddr, inet->inet_dport,
				   inet->inet_sport, clasp_protocol,
				   inet->tos & INET_DSCP_MASK,
				   sk->sk_bound_dev_if);
	if (IS_ERR(rt)) {
		sk->sk_route_caps = 0;
		return PTR_ERR(rt);
	}
	sk_setup_caps(sk, &rt->dst);
	clasp_offload_route(sk, &rt->dst);
	return 0;
}

/* The socket's route, found again if it is out of date. */
static struct dst_entry *clasp_ipv4_dst(struct sock *sk)
{
	struct dst_entry *dst = __sk_dst_check(sk, 0);

	if (dst)
		return dst;
	return clasp_ipv4_route(sk) ? NULL : __sk_dst_get(sk);
}

static u32 clasp_ipv4_mtu(struct sock *sk)
{
	const struct ip_options_rcu *opt;
	struct dst_entry *dst = clasp_ipv4_dst(sk);
	u32 mtu;

	if (!dst)
		return 0;
	mtu = dst_mtu(dst);
	opt = rcu_dereference_protected(inet_sk(sk)->inet_opt,
					lockdep_sock_is_held(sk));
	return mtu - (opt ? opt->opt.optlen : 0);
}

static void clasp_ipv4_child(struct sock *child, const struct clasp_path *path)
{
	inet_sk(child)->inet_saddr = path->flow.laddr.s6_addr32[3];
	sk_rcv_saddr_set(child, path->flow.laddr.s6_addr32[3]);
	sk_daddr_set(child, path->flow.raddr.s6_addr32[3]);
	atomic_set(&inet_sk(child)->inet_id, (u16)get_random_u32());
}

static void clasp_ipv4_enter(struct sock *sk, enum clasp_state from,
			     enum clasp_state next)
{
	inet_sk_set_state(sk, next);
}

static u64 clasp_ipv4_port_offset(const struct clasp_flow *flow)
{
	return secure_ipv4_port_ephemeral(flow->laddr.s6_addr32[3],
					  flow->raddr.s6_addr32[3],
					  flow->rport);
}

/*
 * RFC 1191: the route learns the MTU, then the segments shrink to it. One below
 * what the route believes (net.ipv4.route.min_pmtu) makes it allow fragments.
 */
static void clasp_ipv4_mtu_reduced(struct sock *sk)
{
	u32 mtu = clasp_sk(sk)->mtu_reduced;
	struct dst_entry *dst;

	if (!clasp_in_state(sk, CLASP_SYNCHRONIZED))
		return;
	dst = clasp_ipv4_dst(sk);
	if (!dst)
		return;
	dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
	if (inet_sk(sk)->pmtudisc == IP_PMTUDISC_DONT || !ip_sk_accept_pmtu(sk))
		return;
	clasp_mtu_reduced(sk);
}

static void clasp_ipv4_redirect(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst = __sk_dst_check(sk, 0);

	if (dst)
		dst->ops->redirect(dst, sk, skb);
}

static bool clasp_ipv4_recverr(const struct sock *sk)
{
	return clasp_compat_recverr(sk);
}

static void clasp_ipv4_queue_error(struct sock *sk, struct sk_buff *skb,
				   const struct clasp_icmp *icmp)
{
	if (clasp_compat_recverr(sk))
		clasp_compat_icmp_error(sk, skb, icmp->err,
					inet_sk(sk)->inet_dport, icmp->info,
					skb->data + icmp->offset);
}

/* What IP refuses to TCP, but does not know us for: a stream joins no group. */
static int clasp_ipv4_setsockopt(struct sock *sk, int level, int optname,
				 sockptr_t optval, unsigned int optlen)
{
	if (level == SOL_IP && (optname == IP_ADD_MEMBERSHIP ||
				optname == IP_DROP_MEMBERSHIP))
		return -EPROTO;
	return ip_setsockopt(sk, level, optname, optval, optlen);
}

const struct clasp_af_ops clasp_ipv4_ops = {
	.af = CLASP_IPV4,
	.family = AF_INET,
	.header_len = sizeof(struct iphdr),
	.default_mss = CLASP_MSS_DEFAULT,
	.path = clasp_ipv4_path,
	.path_options = clasp_ipv4_path_options,
	.near_enough = clasp_ipv4_near_enough,
	.dsfield = clasp_ipv4_dsfield,
	.heard = clasp_ipv4_heard,
	.connect = clasp_ipv4_connect,
	.disconnect = clasp_ipv4_disconnect,
	.route = clasp_ipv4_route,
	.local = clasp_ipv4_local,
	.mtu = clasp_ipv4_mtu,
	.mtu_reduced = clasp_ipv4_mtu_reduced,
	.redirect = clasp_ipv4_redirect,
	.recverr = clasp_ipv4_recverr,
	.queue_error = clasp_ipv4_queue_error,
	.child = clasp_ipv4_child,
	.enter = clasp_ipv4_enter,
	.xmit = clasp_ipv4_xmit,
	.xmit_path = clasp_ipv4_xmit_path,
	.port_offset = clasp_ipv4_port_offset,
	.setsockopt = clasp_ipv4_setsockopt,
	.getsockopt = ip_getsockopt,
};

/*
 * RFC 9293, section 3.9.2.3: nothing is for us that is for others, too. Not
 * every device knows, but the route does.
 */
static bool clasp_ipv4_for_us_alone(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_HOST &&
	       !(skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST));
}

/* Softirq, RCU read lock held; skb->data at our header. */
static int clasp_ipv4_rcv(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (clasp_ipv4_for_us_alone(skb))
		clasp_input_packet(skb,
				   csum_tcpudp_nofold(iph->saddr, iph->daddr,
						      skb->len,
						      clasp_protocol, 0),
				   inet_iif(skb), inet_sdif(skb));
	else
		kfree_skb(skb);
	return 0;
}

/*
 * What an ICMP message means. RFC 1122, section 4.2.3.9: hard are those that
 * say that the host does not take it; what says that the path is troubled is
 * soft. Source quench means nothing any more (RFC 6633).
 */
static bool clasp_ipv4_icmp_read(struct clasp_icmp *icmp,
				 const struct icmphdr *hdr, u32 info)
{
	icmp->info = info;
	icmp->event = CLASP_EV_SOFT_ERROR;
	switch (hdr->type) {
	case ICMP_DEST_UNREACH:
		if (hdr->code > NR_ICMP_UNREACH)
			return false;
		if (hdr->code == ICMP_FRAG_NEEDED)
			icmp->mtu = max_t(u32, info, IPV4_MIN_MTU);
		if (icmp_err_convert[hdr->code].fatal)
			icmp->event = CLASP_EV_UNREACHABLE;
		icmp->err = icmp_err_convert[hdr->code].errno;
		return true;
	case ICMP_TIME_EXCEEDED:
		icmp->err = EHOSTUNREACH;
		return true;
	case ICMP_PARAMETERPROB:
		icmp->err = EPROTO;
		return true;
	case ICMP_REDIRECT:
		icmp->redirect = true;
		return true;
	default:
		return false;
	}
}

/* Softirq, RCU read lock held; skb->data at the IP header that was returned. */
static int clasp_ipv4_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	struct net *net = dev_net(skb->dev);
	struct clasp_icmp icmp = {};
	int err;

	if (!pskb_may_pull(skb, iph->ihl * 4 + CLASP_ICMP_NEEDED) ||
	    !clasp_ipv4_icmp_read(&icmp, icmp_hdr(skb), info))
		return 0;
	iph = (const struct iphdr *)skb->data;
	ipv6_addr_set_v4mapped(iph->saddr, &icmp.flow.laddr);
	ipv6_addr_set_v4mapped(iph->daddr, &icmp.flow.raddr);
	icmp.flow.scope = clasp_input_scope(&icmp.flow.raddr, inet_iif(skb),
					    inet_sdif(skb));
	clasp_icmp_quote(&icmp, skb, iph->ihl * 4);
	err = clasp_icmp_input(net, &icmp, skb);
	if (err)
		__ICMP_INC_STATS(net, ICMP_MIB_INERRORS);
	return err;
}

static const struct net_protocol clasp_ipv4_protocol = {
	.handler = clasp_ipv4_rcv,
	.err_handler = clasp_ipv4_err,
	/* Policies are checked per socket: clasp_input(). */
	.no_policy = 1,
	.icmp_strict_tag_validation = 1,
};

static struct sk_buff *clasp_ipv4_gro_receive(struct list_head *head,
					      struct sk_buff *skb)
{
	/* One that will not be merged is checked later. */
	if (!NAPI_GRO_CB(skb)->flush &&
	    skb_gro_checksum_validate(skb, clasp_protocol,
				      inet_gro_compute_pseudo)) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	return clasp_offload_receive(head, skb);
}

static int clasp_ipv4_gro_complete(struct sk_buff *skb, int offset)
{
	const struct iphdr *iph = clasp_compat_gro_network(skb);

	skb_shinfo(skb)->gso_type |= clasp_compat_gro_fixed_id(skb);
	clasp_offload_complete(skb, csum_tcpudp_magic(iph->saddr, iph->daddr,
						      skb->len - offset,
						      clasp_protocol, 0));
	return 0;
}

static const struct net_offload clasp_ipv4_offload = {
	.callbacks = {
		.gso_segment = clasp_offload_segment,
		.gro_receive = clasp_ipv4_gro_receive,
		.gro_complete = clasp_ipv4_gro_complete,
	},
};

/**
 * clasp_ipv4_register() - let segments come in
 *
 * Return: 0, or -EEXIST if somebody else has the protocol number.
 */
int clasp_ipv4_register(void)
{
	if (inet_add_protocol(&clasp_ipv4_protocol, clasp_protocol))
		return -EEXIST;
	if (!inet_add_offload(&clasp_ipv4_offload, clasp_protocol))
		return 0;
	inet_del_protocol(&clasp_ipv4_protocol, clasp_protocol);
	return -EEXIST;
}

/**
 * clasp_ipv4_unregister() - let no more segments come in
 *
 * When it returns, none is on its way in any more.
 */
void clasp_ipv4_unregister(void)
{
	inet_del_offload(&clasp_ipv4_offload, clasp_protocol);
	inet_del_protocol(&clasp_ipv4_protocol, clasp_protocol);
}
