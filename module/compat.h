/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that differs between the kernels that CLASP builds on (6.1 to 7.2), by
 * kernel version. The rest of the module is written for the newest one.
 */
#ifndef _CLASP_COMPAT_H
#define _CLASP_COMPAT_H

#include <linux/version.h>
#include <linux/net.h>
#include <linux/sysctl.h>
#include <linux/timer.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/ip.h>
#include <net/inet_common.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* 6.16 renamed from_timer(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define timer_container_of(var, callback_timer, timer_fieldname) \
	from_timer(var, callback_timer, timer_fieldname)
#endif

/* 6.19 gave socket addresses of unknown length a type of their own. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define sockaddr_unsized sockaddr
#endif

/* 6.10 put the arguments of accept into a structure. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define CLASP_COMPAT_ACCEPT_ARGS	1
struct proto_accept_arg {
	int flags;
	int err;
	int is_empty;
	bool kern;
};
#endif

/* 6.5 gave struct proto::ioctl a kernel pointer for its result. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define CLASP_COMPAT_IOCTL_ARG		1
#endif

/* 7.1 dropped the address length from struct proto::recvmsg. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
#define CLASP_COMPAT_RECVMSG_LEN	1
#endif

static inline int clasp_compat_recv_error(struct sock *sk, struct msghdr *msg,
					  int len)
{
#ifdef CLASP_COMPAT_RECVMSG_LEN
	int addr_len = 0;

	return inet_recv_error(sk, msg, len, &addr_len);
#else
	return inet_recv_error(sk, msg, len);
#endif
}

/* 6.6 made flags of the bit fields in struct inet_sock. */
static inline bool clasp_compat_recverr(const struct sock *sk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	return inet_sk(sk)->recverr;
#else
	return inet_test_bit(RECVERR, sk);
#endif
}

/* 6.2 exported ip_icmp_error(). Before, the same without RFC 4884. */
static inline void clasp_compat_icmp_error(struct sock *sk, struct sk_buff *skb,
					   int err, __be16 port, u32 info,
					   u8 *payload)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	struct sock_exterr_skb *serr;

	skb = skb_clone(skb, GFP_ATOMIC);
	if (!skb)
		return;
	serr = SKB_EXT_ERR(skb);
	memset(&serr->ee, 0, sizeof(serr->ee));
	serr->ee.ee_errno = err;
	serr->ee.ee_origin = SO_EE_ORIGIN_ICMP;
	serr->ee.ee_type = icmp_hdr(skb)->type;
	serr->ee.ee_code = icmp_hdr(skb)->code;
	serr->ee.ee_info = info;
	serr->addr_offset = (u8 *)&((struct iphdr *)(icmp_hdr(skb) + 1))->daddr -
			    skb_network_header(skb);
	serr->port = port;
	if (skb_pull(skb, payload - skb->data)) {
		skb_reset_transport_header(skb);
		if (!sock_queue_err_skb(sk, skb))
			return;
	}
	kfree_skb(skb);
#else
	ip_icmp_error(sk, skb, err, port, info, payload);
#endif
}

/* 6.18 gave sockets drop counters that need not be atomic. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
static inline void sk_drops_inc(struct sock *sk)
{
	atomic_inc(&sk->sk_drops);
}
#endif

/* 6.11 made the tables that handlers of sysctls see constant. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define clasp_compat_const
#else
#define clasp_compat_const		const
#endif

/* 6.11 counts a sysctl table; before, an empty entry ended it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define CLASP_COMPAT_SYSCTL_END		1
#endif
static inline struct ctl_table_header *
clasp_compat_register_sysctl(struct net *net, const char *path,
			     struct ctl_table *table, size_t entries)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	return register_net_sysctl(net, path, table);
#else
	return register_net_sysctl_sz(net, path, table, entries);
#endif
}

/*
 * Makes a socket one that does not hold its namespace, as the kernel's own do
 * not: the opposite of sk_net_refcnt_upgrade(). The socket locked; any context.
 *
 * 6.2 tracks such sockets, too. 6.14, and whoever took it from there, lets them
 * keep the memory of struct net, which sk_free() gives back; before, sk_free()
 * does not look at it.
 */
static inline void clasp_compat_release_net(struct sock *sk)
{
	struct net *net = sock_net(sk);

	if (!sk->sk_net_refcnt)
		return;
	sk->sk_net_refcnt = 0;
	sock_inuse_add(net, -1);
#ifdef CLASP_COMPAT_NET_PASSIVE
	net_passive_inc(net);
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	netns_tracker_free(net, &sk->ns_tracker);
#else
	__netns_tracker_free(net, &sk->ns_tracker, true);
	__netns_tracker_alloc(net, &sk->ns_tracker, false, GFP_ATOMIC);
#endif
	put_net(net);
}

#endif /* _CLASP_COMPAT_H */
