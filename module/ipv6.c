// SPDX-License-Identifier: GPL-2.0
/* All that is IPv6's: addresses, scopes, routes, checksums, ICMPv6. */
#include <linux/icmpv6.h>
#include <net/addrconf.h>
#include <net/inet_ecn.h>
#include <net/inet_hashtables.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/protocol.h>
#include <net/secure_seq.h>
#include <net/transp_v6.h>

#include "icmp.h"
#include "input.h"
#include "ipv4.h"
#include "ipv6.h"
#include "mtu.h"
#include "offload.h"
#include "reply.h"

static struct ipv6_pinfo *clasp_ipv6_pinfo(const struct sock *sk)
{
	return &((struct clasp6_sock *)sk)->inet6;
}

static void clasp_ipv6_path(const struct sk_buff *skb, struct clasp_path *path)
{
	const struct clasp_cb *cb = CLASP_CB(skb);
	const struct ipv6hdr *hdr = ipv6_hdr(skb);

	path->flow.laddr = hdr->daddr;
	path->flow.raddr = hdr->saddr;
	path->flow.scope = clasp_input_scope(&hdr->saddr, cb->iif, cb->sdif);
	path->oif = clasp_flow_link(&path->flow) ?: cb->sdif;
	path->flowlabel = ip6_flowlabel(hdr);
	path->tos = ipv6_get_dsfield(hdr) & ~INET_ECN_MASK;
}

/* RFC 6437: whether the peer's flow label is sent back is a setting. */
static void clasp_ipv6_path_options(const struct net *net,
				    const struct sock *sk,
				    struct clasp_path *path)
{
	if (!sk) {
		if (!(READ_ONCE(net->ipv6.sysctl.flowlabel_reflect) &
		      FLOWLABEL_REFLECT_TCP_RESET))
			path->flowlabel = 0;
		return;
	}
	path->tos = clasp_ipv6_pinfo(sk)->tclass & ~INET_ECN_MASK;
	path->hash = sk->sk_txhash ?: net_tx_rndhash();
	if (!clasp_compat_repflow(sk))
		path->flowlabel = 0;
}

static bool clasp_ipv6_near_enough(const struct sock *sk,
				   const struct sk_buff *skb)
{
	return ipv6_hdr(skb)->hop_limit >=
	       READ_ONCE(clasp_ipv6_pinfo(sk)->min_hopcount);
}

static u8 clasp_ipv6_dsfield(const struct sk_buff *skb)
{
	return ipv6_get_dsfield(ipv6_hdr(skb));
}

/* What IPV6_2292PKTOPTIONS tells of the segment received last. */
static void clasp_ipv6_heard(struct sock *sk, const struct sk_buff *skb)
{
	struct ipv6_pinfo *np = clasp_ipv6_pinfo(sk);
	const struct ipv6hdr *hdr = ipv6_hdr(skb);

	if (!np->rxopt.all)
		return;
	if (np->rxopt.bits.rxinfo || np->rxopt.bits.rxoinfo)
		np->mcast_oif = CLASP_CB(skb)->iif;
	if (np->rxopt.bits.rxhlim || np->rxopt.bits.rxohlim)
		np->mcast_hops = hdr->hop_limit;
	if (np->rxopt.bits.rxflow || np->rxopt.bits.rxtclass)
		np->rcv_flowinfo = ip6_flowinfo(hdr);
}

static struct dst_entry *clasp_ipv6_path_route(struct net *net,
					       const struct clasp_path *path,
					       struct flowi6 *fl6)
{
	struct in6_addr final, *final_p = NULL;

	*fl6 = (struct flowi6){
		.flowi6_oif = path->oif,
		.flowi6_mark = path->mark,
		.flowi6_proto = clasp_protocol,
		.flowi6_uid = sock_net_uid(net, path->sk),
		.flowlabel = ip6_make_flowinfo(path->tos, path->flowlabel),
		.daddr = path->flow.raddr,
		.saddr = path->flow.laddr,
		.fl6_dport = path->flow.rport,
		.fl6_sport = path->flow.lport,
	};
	clasp_compat_classify_flow(path->sk, flowi6_to_flowi_common(fl6));
	rcu_read_lock();
	/* With a routing header, the way is to its first hop. */
	if (path->sk)
		final_p = fl6_update_dst(fl6, rcu_dereference(clasp_ipv6_pinfo(path->sk)->opt),
					 &final);
	rcu_read_unlock();
	return ip6_dst_lookup_flow(net, path->sk, fl6, final_p);
}

/* With what the listener's user gave it: extension headers, a hop limit. */
static int clasp_ipv6_xmit_listener(const struct clasp_path *path,
				    struct flowi6 *fl6, struct sk_buff *skb)
{
	const struct ipv6_pinfo *np = clasp_ipv6_pinfo(path->sk);
	int err;

	fl6->daddr = path->flow.raddr;
	rcu_read_lock();
	err = ip6_xmit(path->sk, skb, fl6, path->mark, rcu_dereference(np->opt),
		       path->tos, READ_ONCE(path->sk->sk_priority));
	rcu_read_unlock();
	return err;
}

static int clasp_ipv6_xmit_plain(struct net *net, const struct clasp_path *path,
				 struct flowi6 *fl6, struct sk_buff *skb)
{
	struct ipv6hdr *hdr = skb_push(skb, sizeof(*hdr));

	skb_reset_network_header(skb);
	ip6_flow_hdr(hdr, path->tos,
		     ip6_make_flowlabel(net, skb, path->flowlabel,
					ip6_default_np_autolabel(net), fl6));
	/* The length is filled in below. */
	hdr->payload_len = 0;
	hdr->nexthdr = clasp_protocol;
	hdr->hop_limit = ip6_dst_hoplimit(skb_dst(skb));
	hdr->saddr = path->flow.laddr;
	hdr->daddr = path->flow.raddr;
	skb->protocol = htons(ETH_P_IPV6);
	skb->mark = path->mark;
	return ip6_local_out(net, NULL, skb);
}

static int clasp_ipv6_xmit_path(struct net *net, const struct clasp_path *path,
				struct clasp_header *header,
				struct sk_buff *skb)
{
	struct flowi6 fl6;
	struct dst_entry *dst = clasp_ipv6_path_route(net, path, &fl6);

	if (IS_ERR(dst)) {
		kfree_skb(skb);
		return PTR_ERR(dst);
	}
	skb_dst_set(skb, dst);
	clasp_reply_push(path, header, dst_mtu(dst), skb);
	clasp_segment_seal(skb, csum_ipv6_magic(&path->flow.laddr,
						&path->flow.raddr, skb->len,
						clasp_protocol, 0));
	if (path->hash)
		skb_set_hash(skb, path->hash, PKT_HASH_TYPE_L4);
	return path->sk ? clasp_ipv6_xmit_listener(path, &fl6, skb) :
			  clasp_ipv6_xmit_plain(net, path, &fl6, skb);
}

static struct ipv6_txoptions *clasp_ipv6_opt(const struct sock *sk)
{
	return rcu_dereference_protected(clasp_ipv6_pinfo(sk)->opt,
					 lockdep_sock_is_held(sk));
}

/* A route for the socket as it is; @fl6 is its flow then. */
static struct dst_entry *clasp_ipv6_lookup(struct sock *sk, struct flowi6 *fl6)
{
	const struct ipv6_pinfo *np = clasp_ipv6_pinfo(sk);
	struct in6_addr final, *final_p;

	*fl6 = (struct flowi6){
		.flowi6_oif = sk->sk_bound_dev_if,
		.flowi6_mark = READ_ONCE(sk->sk_mark),
		.flowi6_proto = clasp_protocol,
		.flowi6_uid = clasp_compat_uid(sk),
		.flowlabel = ip6_make_flowinfo(np->tclass, np->flow_label),
		.daddr = sk->sk_v6_daddr,
		.saddr = np->saddr,
		.fl6_dport = inet_sk(sk)->inet_dport,
		.fl6_sport = inet_sk(sk)->inet_sport,
	};
	clasp_compat_classify_flow(sk, flowi6_to_flowi_common(fl6));
	/* With a routing header, the way is to its first hop. */
	final_p = fl6_update_dst(fl6, clasp_ipv6_opt(sk), &final);
	return ip6_dst_lookup_flow(sock_net(sk), sk, fl6, final_p);
}

/* Also leaves the flow in cork.fl, where clasp_ipv6_xmit() finds it. */
static int clasp_ipv6_route(struct sock *sk)
{
	struct flowi6 *fl6 = &inet_sk(sk)->cork.fl.u.ip6;
	struct dst_entry *dst = clasp_ipv6_lookup(sk, fl6);

	/* Whatever the lookup did: what is sent is for the peer. */
	fl6->daddr = sk->sk_v6_daddr;
	if (IS_ERR(dst)) {
		sk->sk_route_caps = 0;
		return PTR_ERR(dst);
	}
	clasp_compat_ip6_dst_store(sk, dst);
	clasp_offload_route(sk, dst);
	return 0;
}

/* The socket's route, found again if it is out of date. */
static struct dst_entry *clasp_ipv6_dst(struct sock *sk)
{
	struct dst_entry *dst = __sk_dst_check(sk, clasp_ipv6_pinfo(sk)->dst_cookie);

	if (dst)
		return dst;
	return clasp_ipv6_route(sk) ? NULL : __sk_dst_get(sk);
}

static int clasp_ipv6_xmit(struct sock *sk, struct sk_buff *skb)
{
	const struct ipv6_pinfo *np = clasp_ipv6_pinfo(sk);
	struct dst_entry *dst = clasp_ipv6_dst(sk);
	int err;

	if (!dst) {
		kfree_skb(skb);
		return -EHOSTUNREACH;
	}
	clasp_segment_seal(skb, csum_ipv6_magic(&np->saddr, &sk->sk_v6_daddr,
						skb->len, clasp_protocol, 0));
	/* Flow labels that the kernel chooses are made of it. */
	skb_set_hash_from_sk(skb, sk);
	rcu_read_lock();
	skb_dst_set_noref(skb, dst);
	err = ip6_xmit(sk, skb, &inet_sk(sk)->cork.fl.u.ip6,
		       READ_ONCE(sk->sk_mark), rcu_dereference(np->opt),
		       np->tclass, READ_ONCE(sk->sk_priority));
	rcu_read_unlock();
	return err;
}

/* The flow label of an address, which the user must have asked for before. */
static int clasp_ipv6_connect_label(struct sock *sk,
				    const struct sockaddr_in6 *addr)
{
	struct ip6_flowlabel *label;
	__be32 info = 0;

	if (clasp_compat_sndflow(sk))
		info = addr->sin6_flowinfo & IPV6_FLOWLABEL_MASK;
	if (info) {
		label = fl6_sock_lookup(sk, info);
		if (IS_ERR(label))
			return -EINVAL;
		fl6_sock_release(label);
	}
	clasp_ipv6_pinfo(sk)->flow_label = info;
	return 0;
}

/* RFC 4007, 3493: a link-local address needs its interface. */
static int clasp_ipv6_connect_scope(struct sock *sk,
				    const struct sockaddr_in6 *addr, int len)
{
	if (len >= sizeof(*addr) && addr->sin6_scope_id) {
		if (!sk_dev_equal_l3scope(sk, addr->sin6_scope_id))
			return -EINVAL;
		sk->sk_bound_dev_if = addr->sin6_scope_id;
	}
	return sk->sk_bound_dev_if ? 0 : -EINVAL;
}

/* RFC 3493, section 3.7: the peer is an IPv4 host. */
static int clasp_ipv6_connect_mapped(struct sock *sk,
				     const struct in6_addr *daddr, __be16 port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = port,
		.sin_addr.s_addr = daddr->s6_addr32[3],
	};
	int err;

	if (sk->sk_ipv6only)
		return -ENETUNREACH;
	err = clasp_af_table[CLASP_IPV4]->connect(sk, (void *)&addr,
						  sizeof(addr));
	if (err)
		return err;
	clasp_ipv6_pinfo(sk)->saddr = sk->sk_v6_rcv_saddr;
	WRITE_ONCE(clasp_sk(sk)->af, clasp_af_table[CLASP_MAPPED]);
	return 0;
}

/* The same for an IPv6 host: find a route and, if there is none, an address. */
static int clasp_ipv6_connect_native(struct sock *sk,
				     const struct in6_addr *daddr, __be16 port)
{
	struct clasp_flow *flow = &clasp_sk(sk)->entry.flow;
	struct ipv6_pinfo *np = clasp_ipv6_pinfo(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct dst_entry *dst;
	struct flowi6 fl6;

	sk->sk_v6_daddr = *daddr;
	if (!ipv6_addr_any(&sk->sk_v6_rcv_saddr))
		np->saddr = sk->sk_v6_rcv_saddr;
	inet->inet_dport = port;
	sk_set_txhash(sk);
	dst = clasp_ipv6_lookup(sk, &fl6);
	if (IS_ERR(dst)) {
		inet->inet_dport = 0;
		return PTR_ERR(dst);
	}
	dst_release(dst);

	np->saddr = fl6.saddr;
	if (ipv6_addr_any(&sk->sk_v6_rcv_saddr))
		sk->sk_v6_rcv_saddr = fl6.saddr;
	inet->inet_rcv_saddr = LOOPBACK4_IPV6;
	flow->laddr = np->saddr;
	flow->raddr = *daddr;
	flow->rport = port;
	flow->scope = clasp_socket_scope(sk, daddr);
	WRITE_ONCE(clasp_sk(sk)->af, clasp_af_table[CLASP_IPV6]);
	return 0;
}

/* :: is this host, by the IP version that the socket is bound to. */
static void clasp_ipv6_connect_any(const struct sock *sk,
				   struct in6_addr *daddr)
{
	if (!ipv6_addr_any(daddr))
		return;
	*daddr = in6addr_loopback;
	if (ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
		ipv6_addr_set_v4mapped(htonl(INADDR_LOOPBACK), daddr);
}

/* Everything as tcp_v6_connect() has it. */
static int clasp_ipv6_connect(struct sock *sk, struct sockaddr_unsized *uaddr,
			      int len)
{
	const struct sockaddr_in6 *addr = (const struct sockaddr_in6 *)uaddr;
	struct in6_addr daddr;
	int err, type;

	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (addr->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	err = clasp_ipv6_connect_label(sk, addr);
	if (err)
		return err;
	daddr = addr->sin6_addr;
	clasp_ipv6_connect_any(sk, &daddr);
	type = ipv6_addr_type(&daddr);
	if (type & IPV6_ADDR_MULTICAST)
		return -ENETUNREACH;
	if (type & IPV6_ADDR_LINKLOCAL)
		err = clasp_ipv6_connect_scope(sk, addr, len);
	if (err)
		return err;
	if (type == IPV6_ADDR_MAPPED)
		return clasp_ipv6_connect_mapped(sk, &daddr, addr->sin6_port);
	return clasp_ipv6_connect_native(sk, &daddr, addr->sin6_port);
}

static void clasp_ipv6_disconnect(struct sock *sk)
{
	inet_sk(sk)->inet_daddr = 0;
	sk->sk_v6_daddr = in6addr_any;
	clasp_ipv6_pinfo(sk)->flow_label = 0;
	WRITE_ONCE(clasp_sk(sk)->af, clasp_af_table[CLASP_IPV6]);
}

static void clasp_ipv6_local(const struct sock *sk, struct in6_addr *laddr)
{
	*laddr = sk->sk_v6_rcv_saddr;
}

static u32 clasp_ipv6_mtu(struct sock *sk)
{
	const struct ipv6_txoptions *opt = clasp_ipv6_opt(sk);
	struct dst_entry *dst = clasp_ipv6_dst(sk);
	u32 mtu, headers = opt ? opt->opt_flen + opt->opt_nflen : 0;

	if (!dst)
		return 0;
	/* The user may set headers that leave no room. */
	mtu = dst_mtu(dst);
	return mtu > headers ? mtu - headers : 1;
}

/* RFC 8201: the route learns the MTU, then the segments shrink to it. */
static void clasp_ipv6_mtu_reduced(struct sock *sk)
{
	struct dst_entry *dst;

	if (!clasp_in_state(sk, CLASP_SYNCHRONIZED) || !ip6_sk_accept_pmtu(sk))
		return;
	dst = clasp_ipv6_dst(sk);
	if (!dst)
		return;
	dst->ops->update_pmtu(dst, sk, NULL, clasp_sk(sk)->mtu_reduced, true);
	if (!clasp_ipv6_route(sk))
		clasp_mtu_reduced(sk);
}

static void clasp_ipv6_redirect(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst = __sk_dst_check(sk, clasp_ipv6_pinfo(sk)->dst_cookie);

	if (dst)
		dst->ops->redirect(dst, sk, skb);
}

static bool clasp_ipv6_recverr(const struct sock *sk)
{
	return clasp_compat_recverr6(sk);
}

static void clasp_ipv6_queue_error(struct sock *sk, struct sk_buff *skb,
				   const struct clasp_icmp *icmp)
{
	clasp_compat_ipv6_icmp_error(sk, skb, icmp->err,
				     inet_sk(sk)->inet_dport, icmp->info,
				     skb->data + icmp->offset);
}

/*
 * IPv6's part of a child is so far a raw copy of the listener's: nothing of
 * that may be freed. Extension headers that the user gave the listener are the
 * child's as well, if there is memory for them.
 */
static void clasp_ipv6_child_own(struct sock *child)
{
	struct ipv6_pinfo *np = clasp_ipv6_pinfo(child);

	inet_sk(child)->pinet6 = np;
	np->ipv6_mc_list = NULL;
	np->ipv6_ac_list = NULL;
	np->pktoptions = NULL;
	np->rxpmtu = NULL;
	clasp_compat_no_flowlabels(child);
}

static void clasp_ipv6_child_opt(struct sock *child, bool wanted)
{
	struct ipv6_pinfo *np = clasp_ipv6_pinfo(child);
	/* The listener's, whose lock is held. */
	struct ipv6_txoptions *opt = rcu_dereference_protected(np->opt, true);

	if (opt)
		opt = wanted ? ipv6_dup_options(child, opt) : NULL;
	RCU_INIT_POINTER(np->opt, opt);
}

static void clasp_ipv6_child(struct sock *child, const struct clasp_path *path)
{
	bool mapped = ipv6_addr_v4mapped(&path->flow.laddr);
	struct ipv6_pinfo *np;

	clasp_ipv6_child_own(child);
	clasp_ipv6_child_opt(child, !mapped);
	np = clasp_ipv6_pinfo(child);
	if (mapped) {
		clasp_sk(child)->af = clasp_af_table[CLASP_MAPPED];
		clasp_af_table[CLASP_IPV4]->child(child, path);
	} else {
		child->sk_v6_rcv_saddr = path->flow.laddr;
		child->sk_v6_daddr = path->flow.raddr;
		inet_sk(child)->inet_saddr = LOOPBACK4_IPV6;
		inet_sk(child)->inet_rcv_saddr = LOOPBACK4_IPV6;
		inet_sk(child)->inet_daddr = LOOPBACK4_IPV6;
		np->flow_label = path->flowlabel;
		child->sk_txhash = path->hash;
	}
	np->saddr = child->sk_v6_rcv_saddr;
}

/* The tracepoint gets a shade of the socket: all that it looks at. */
static noinline_for_stack void clasp_ipv6_trace(const struct sock *sk,
						enum clasp_state from,
						enum clasp_state next)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct inet_sock shade = {
		.inet_saddr = inet->inet_saddr,
		.inet_sport = inet->inet_sport,
	};

	shade.sk.sk_family = sk->sk_family;
	shade.sk.sk_protocol = sk->sk_protocol;
	shade.sk.sk_state = from;
	shade.sk.sk_daddr = sk->sk_daddr;
	shade.sk.sk_dport = sk->sk_dport;
	shade.sk.sk_v6_daddr = sk->sk_v6_daddr;
	shade.sk.sk_v6_rcv_saddr = sk->sk_v6_rcv_saddr;
	inet_sk_set_state(&shade.sk, next);
}

/*
 * inet6_sk() is NULL for a socket in TIME-WAIT, as the kernel's own are small
 * ones then, and who calls it without the lock does not expect that of a file's.
 * So a socket of AF_INET6 is never seen in the state that it passes through.
 */
static void clasp_ipv6_enter(struct sock *sk, enum clasp_state from,
			     enum clasp_state next)
{
	if (from != CLASP_TIME_WAIT && next != CLASP_TIME_WAIT) {
		inet_sk_set_state(sk, next);
		return;
	}
	clasp_ipv6_trace(sk, from, next);
	if (next == CLASP_TIME_WAIT)
		return;
	/* As inet_sk_set_state() has it: what led here is seen by then. */
	smp_store_release(&sk->sk_state, next);
}

static u64 clasp_ipv6_port_offset(const struct clasp_flow *flow)
{
	return secure_ipv6_port_ephemeral(flow->laddr.s6_addr32,
					  flow->raddr.s6_addr32, flow->rport);
}

/* As IPv4's; but a value that is there is read first. */
static int clasp_ipv6_refuse_group(sockptr_t optval)
{
	int value;

	if (!sockptr_is_null(optval) &&
	    copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	return -EPROTO;
}

static int clasp_ipv6_setsockopt(struct sock *sk, int level, int optname,
				 sockptr_t optval, unsigned int optlen)
{
	if (level == SOL_IP)
		return clasp_af_table[CLASP_IPV4]->setsockopt(sk, level, optname,
							      optval, optlen);
	if (level == SOL_IPV6 && optlen >= sizeof(struct ipv6_mreq) &&
	    (optname == IPV6_ADD_MEMBERSHIP || optname == IPV6_DROP_MEMBERSHIP))
		return clasp_ipv6_refuse_group(optval);
	return ipv6_setsockopt(sk, level, optname, optval, optlen);
}

const struct clasp_af_ops clasp_ipv6_ops = {
	.af = CLASP_IPV6,
	.family = AF_INET6,
	.header_len = sizeof(struct ipv6hdr),
	.default_mss = CLASP_MSS_DEFAULT_IPV6,
	.path = clasp_ipv6_path,
	.path_options = clasp_ipv6_path_options,
	.near_enough = clasp_ipv6_near_enough,
	.dsfield = clasp_ipv6_dsfield,
	.heard = clasp_ipv6_heard,
	.connect = clasp_ipv6_connect,
	.disconnect = clasp_ipv6_disconnect,
	.route = clasp_ipv6_route,
	.local = clasp_ipv6_local,
	.mtu = clasp_ipv6_mtu,
	.mtu_reduced = clasp_ipv6_mtu_reduced,
	.redirect = clasp_ipv6_redirect,
	.recverr = clasp_ipv6_recverr,
	.queue_error = clasp_ipv6_queue_error,
	.child = clasp_ipv6_child,
	.enter = clasp_ipv6_enter,
	.xmit = clasp_ipv6_xmit,
	.xmit_path = clasp_ipv6_xmit_path,
	.port_offset = clasp_ipv6_port_offset,
	.setsockopt = clasp_ipv6_setsockopt,
	.getsockopt = ipv6_getsockopt,
};

/* IPv4's segments with IPv6's calls; filled by clasp_ipv6_register(). */
struct clasp_af_ops clasp_mapped_ops __ro_after_init;

/*
 * RFC 4291, section 2.5.5.2: addresses that stand for those of IPv4 are not on
 * the wire. In our tables they are IPv4's, whose sockets have no part of IPv6.
 */
static bool clasp_ipv6_disguised(const struct ipv6hdr *hdr)
{
	return ipv6_addr_v4mapped(&hdr->saddr) ||
	       ipv6_addr_v4mapped(&hdr->daddr);
}

/*
 * RFC 9293, section 3.9.2.3: nothing is for us that is for others, too. RFC
 * 4291: nobody sends from no address.
 */
static bool clasp_ipv6_for_us_alone(const struct sk_buff *skb)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);

	return skb->pkt_type == PACKET_HOST &&
	       ipv6_unicast_destination(skb) &&
	       !ipv6_addr_any(&hdr->saddr) && !clasp_ipv6_disguised(hdr);
}

/* Softirq, RCU read lock held; skb->data at our header. */
static int clasp_ipv6_rcv(struct sk_buff *skb)
{
	if (clasp_ipv6_for_us_alone(skb))
		clasp_input_packet(skb, ip6_compute_pseudo(skb, clasp_protocol),
				   inet6_iif(skb), inet6_sdif(skb));
	else
		kfree_skb(skb);
	return 0;
}

/*
 * What an ICMPv6 message means. RFC 9293, section 3.9.2.2: hard are those that
 * say that the host does not take it; what says that the path is troubled, or
 * that a header was not understood, is soft.
 */
static bool clasp_ipv6_icmp_read(struct clasp_icmp *icmp, u8 type, u8 code,
				 u32 info)
{
	bool fatal = icmpv6_err_convert(type, code, &icmp->err);

	icmp->info = info;
	icmp->event = CLASP_EV_SOFT_ERROR;
	switch (type) {
	case ICMPV6_DEST_UNREACH:
		if (fatal)
			icmp->event = CLASP_EV_UNREACHABLE;
		return code <= ICMPV6_REJECT_ROUTE;
	case ICMPV6_PKT_TOOBIG:
		icmp->mtu = info;
		/* RFC 8201, section 4: there are no such paths. */
		return info >= IPV6_MIN_MTU;
	case ICMPV6_TIME_EXCEED:
		/* That a fragment is missing says nothing about the path. */
		return code == ICMPV6_EXC_HOPLIMIT;
	case ICMPV6_PARAMPROB:
		return true;
	case NDISC_REDIRECT:
		icmp->redirect = true;
		return true;
	default:
		return false;
	}
}

/* Softirq, RCU read lock held; skb->data at the IP header that was returned. */
static int clasp_ipv6_err(struct sk_buff *skb, struct inet6_skb_parm *opt,
			  u8 type, u8 code, int offset, __be32 info)
{
	struct net *net = dev_net(skb->dev);
	const struct ipv6hdr *hdr;
	struct clasp_icmp icmp = {};
	int err;

	if (!pskb_may_pull(skb, offset + CLASP_ICMP_NEEDED) ||
	    !clasp_ipv6_icmp_read(&icmp, type, code, ntohl(info)))
		return 0;
	hdr = (const struct ipv6hdr *)skb->data;
	if (clasp_ipv6_disguised(hdr)) {
		clasp_count(net, CLASP_MIB_IcmpOutside);
		return -ENOENT;
	}
	icmp.flow.laddr = hdr->saddr;
	icmp.flow.raddr = hdr->daddr;
	icmp.flow.scope = clasp_input_scope(&hdr->daddr, inet6_iif(skb),
					    inet6_sdif(skb));
	clasp_icmp_quote(&icmp, skb, offset);
	err = clasp_icmp_input(net, &icmp, skb);
	if (err)
		__ICMP6_INC_STATS(net, __in6_dev_get(skb->dev),
				  ICMP6_MIB_INERRORS);
	return err;
}

static const struct inet6_protocol clasp_ipv6_protocol = {
	.handler = clasp_ipv6_rcv,
	.err_handler = clasp_ipv6_err,
	/* Policies are checked per socket: clasp_input(). */
	.flags = INET6_PROTO_NOPOLICY | INET6_PROTO_FINAL,
};

static struct sk_buff *clasp_ipv6_gro_receive(struct list_head *head,
					      struct sk_buff *skb)
{
	/* One that will not be merged is checked later. */
	if (!NAPI_GRO_CB(skb)->flush &&
	    skb_gro_checksum_validate(skb, clasp_protocol,
				      ip6_gro_compute_pseudo)) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	return clasp_offload_receive(head, skb);
}

static int clasp_ipv6_gro_complete(struct sk_buff *skb, int offset)
{
	const struct ipv6hdr *hdr = clasp_compat_gro_network(skb);

	clasp_offload_complete(skb, csum_ipv6_magic(&hdr->saddr, &hdr->daddr,
						    skb->len - offset,
						    clasp_protocol, 0));
	return 0;
}

static const struct net_offload clasp_ipv6_offload = {
	.callbacks = {
		.gso_segment = clasp_offload_segment,
		.gro_receive = clasp_ipv6_gro_receive,
		.gro_complete = clasp_ipv6_gro_complete,
	},
};

/**
 * clasp_ipv6_register() - let segments come in
 *
 * On load. With IPv6 disabled at boot (ipv6.disable=1), none ever will.
 *
 * Return: 0, or -EEXIST if somebody else has the protocol number.
 */
int __init clasp_ipv6_register(void)
{
	clasp_mapped_ops = clasp_ipv4_ops;
	clasp_mapped_ops.af = CLASP_MAPPED;
	clasp_mapped_ops.connect = clasp_ipv6_connect;
	clasp_mapped_ops.disconnect = clasp_ipv6_disconnect;
	clasp_mapped_ops.local = clasp_ipv6_local;
	clasp_mapped_ops.enter = clasp_ipv6_enter;
	clasp_mapped_ops.setsockopt = clasp_ipv6_setsockopt;
	clasp_mapped_ops.getsockopt = ipv6_getsockopt;
	if (inet6_add_protocol(&clasp_ipv6_protocol, clasp_protocol))
		return -EEXIST;
	if (!inet6_add_offload(&clasp_ipv6_offload, clasp_protocol))
		return 0;
	inet6_del_protocol(&clasp_ipv6_protocol, clasp_protocol);
	return -EEXIST;
}

/**
 * clasp_ipv6_unregister() - let no more segments come in
 *
 * When it returns, none is on its way in any more.
 */
void clasp_ipv6_unregister(void)
{
	inet6_del_offload(&clasp_ipv6_offload, clasp_protocol);
	inet6_del_protocol(&clasp_ipv6_protocol, clasp_protocol);
}
