/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that differs between the kernels that CLASP builds on (6.1 to 7.2), by
 * kernel version. The rest of the module is written for the newest one.
 */
#ifndef _CLASP_COMPAT_H
#define _CLASP_COMPAT_H

#include <linux/version.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/memcontrol.h>
#include <linux/net.h>
#include <linux/security.h>
#include <linux/sysctl.h>
#include <linux/timer.h>
#include <linux/uio.h>
#include <linux/workqueue.h>
#include <linux/bvec.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/ip.h>
#include <net/gro.h>
#include <net/inet_common.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/xfrm.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* 6.5 moved what cuts large packets out of linux/skbuff.h. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

/* 6.10 moved what protocols' memory is counted with out of net/sock.h. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#include <net/proto_memory.h>
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
	int err = inet_recv_error(sk, msg, len, &addr_len);

	msg->msg_namelen = addr_len;
	return err;
#else
	return inet_recv_error(sk, msg, len);
#endif
}

/* 6.6 is told where struct ipv6_pinfo is; before, it had to be the last part. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define CLASP_COMPAT_PINFO_OFFSET(type, member)
#else
#define CLASP_COMPAT_PINFO_OFFSET(type, member)				\
	.ipv6_pinfo_offset = offsetof(type, member),
#endif

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

/*
 * Does IPsec's policy let a segment in? By 6.12, the kernel reads the packet for
 * that; before, it begins where IPv6 has left in skb->cb, unless that is zero.
 */
static inline bool clasp_compat_policy_check(struct sock *sk,
					     struct sk_buff *skb, u16 family)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	char cb[sizeof(skb->cb)];
	bool passed;

	memcpy(cb, skb->cb, sizeof(cb));
	memset(skb->cb, 0, sizeof(cb));
	passed = xfrm_policy_check(sk, XFRM_POLICY_IN, skb, family);
	memcpy(skb->cb, cb, sizeof(cb));
	return passed;
#else
	return xfrm_policy_check(sk, XFRM_POLICY_IN, skb, family);
#endif
}

#if IS_ENABLED(CONFIG_IPV6)
/* 6.7 made flags of the bit fields in struct ipv6_pinfo. */
static inline bool clasp_compat_recverr6(const struct sock *sk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	return inet6_sk(sk)->recverr;
#else
	return inet6_test_bit(RECVERR6, sk);
#endif
}

static inline bool clasp_compat_repflow(const struct sock *sk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	return inet_sk(sk)->pinet6->repflow;
#else
	return inet6_test_bit(REPFLOW, sk);
#endif
}

static inline bool clasp_compat_sndflow(const struct sock *sk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	return inet6_sk(sk)->sndflow;
#else
	return inet6_test_bit(SNDFLOW, sk);
#endif
}

/* By 6.12, the list of flow labels had moved to struct inet_sock. */
static inline void clasp_compat_no_flowlabels(struct sock *sk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	inet6_sk(sk)->ipv6_fl_list = NULL;
#else
	inet_sk(sk)->ipv6_fl_list = NULL;
#endif
}

/* Pointers to addresses became flags one by one: by 6.12, and after it. */
static inline void clasp_compat_ip6_dst_store(struct sock *sk,
					      struct dst_entry *dst)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	ip6_dst_store(sk, dst, NULL, NULL);
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
	ip6_dst_store(sk, dst, NULL, false);
#else
	ip6_dst_store(sk, dst, false, false);
#endif
}

/* 6.2 exported ipv6_icmp_error(). Before, the same without RFC 4884. */
static inline void clasp_compat_ipv6_icmp_error(struct sock *sk,
						struct sk_buff *skb, int err,
						__be16 port, u32 info,
						u8 *payload)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	struct icmp6hdr *icmph = icmp6_hdr(skb);
	struct sock_exterr_skb *serr;

	if (!inet6_sk(sk)->recverr)
		return;
	skb = skb_clone(skb, GFP_ATOMIC);
	if (!skb)
		return;
	skb->protocol = htons(ETH_P_IPV6);
	serr = SKB_EXT_ERR(skb);
	memset(&serr->ee, 0, sizeof(serr->ee));
	serr->ee.ee_errno = err;
	serr->ee.ee_origin = SO_EE_ORIGIN_ICMP6;
	serr->ee.ee_type = icmph->icmp6_type;
	serr->ee.ee_code = icmph->icmp6_code;
	serr->ee.ee_info = info;
	serr->addr_offset = (u8 *)&((struct ipv6hdr *)(icmph + 1))->daddr -
			    skb_network_header(skb);
	serr->port = port;
	__skb_pull(skb, payload - skb->data);
	skb_reset_transport_header(skb);
	if (sock_queue_err_skb(sk, skb))
		kfree_skb(skb);
#else
	ipv6_icmp_error(sk, skb, err, port, info, payload);
#endif
}
#endif

/* 6.17 lets the owner of a socket change while it is used. */
static inline kuid_t clasp_compat_uid(const struct sock *sk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
	return sk->sk_uid;
#else
	return sk_uid(sk);
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

/* 6.18 hid the memory control group of a socket. Is its memory short? */
static inline bool clasp_compat_memcg_pressed(const struct sock *sk)
{
#ifdef CONFIG_MEMCG
	if (!mem_cgroup_sockets_enabled || !sk->sk_memcg)
		return false;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
	return mem_cgroup_under_socket_pressure(sk->sk_memcg);
#else
	return mem_cgroup_sk_under_memory_pressure(sk);
#endif
#else
	return false;
#endif
}

#if defined(CONFIG_MEMCG) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
/* The control group that pays for what we do, with a reference, or NULL. */
static inline struct mem_cgroup *clasp_compat_memcg_get(void)
{
	struct mem_cgroup *memcg;

	if (!mem_cgroup_sockets_enabled ||
	    !cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return NULL;
	rcu_read_lock();
	memcg = mem_cgroup_from_task(current);
	/* The root's memory is not counted. */
	if (memcg && (!memcg->css.parent || !css_tryget(&memcg->css)))
		memcg = NULL;
	rcu_read_unlock();
	return memcg;
}

/*
 * Charges a child to the control group of who accepts it (cgroup v2). In process
 * context; the child not locked.
 *
 * 6.19 has inet_accept() do that; before, each protocol did, by functions that
 * modules cannot call: mem_cgroup_sk_alloc(), which this repeats, and
 * mem_cgroup_charge_skmem(). What the child's queues have already is given back
 * and taken anew instead. If the group has no room for it, it is owed.
 */
static inline void clasp_compat_charge_child(struct sock *child)
{
	struct mem_cgroup *memcg = clasp_compat_memcg_get();
	int size;

	if (!memcg)
		return;
	lock_sock(child);
	size = child->sk_forward_alloc + child->sk_wmem_queued +
	       atomic_read(&child->sk_rmem_alloc);
	if (size > 0)
		__sk_mem_reclaim(child, size);
	child->sk_memcg = memcg;
	if (size > 0)
		__sk_mem_schedule(child, size, SK_MEM_RECV);
	release_sock(child);
}
#else
static inline void clasp_compat_charge_child(struct sock *child)
{
}
#endif

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

/*
 * Lets the protocol have the options at level SOL_SOCKET first, which 6.2 made
 * possible. Before, those that it has for TCP only the kernel refuses to others.
 */
static inline void clasp_compat_custom_options(struct socket *sock)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
#endif
}

/* 6.9 gave TCP SO_PEEK_OFF. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define CLASP_COMPAT_PEEK_OFF		1
#endif

/*
 * 6.5 made of struct proto_ops::sendpage a flag of sendmsg. Before, the flag is
 * ours alone: clasp_sendpage_compat() sets it with an iterator of its one page.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define CLASP_COMPAT_SENDPAGE		1
#define MSG_SPLICE_PAGES		0x8000000
#endif

static inline bool clasp_compat_splice_wanted(const struct msghdr *msg)
{
#ifdef CLASP_COMPAT_SENDPAGE
	/* Users can set the flag here, but have no such iterator. */
	if (!iov_iter_is_bvec(&msg->msg_iter))
		return false;
#endif
	return msg->msg_flags & MSG_SPLICE_PAGES;
}

/* Bytes whose pages are in the skb now, with references; or an error. */
static inline ssize_t clasp_compat_splice_iter(struct sk_buff *skb,
					       struct iov_iter *iter, int len)
{
#ifdef CLASP_COMPAT_SENDPAGE
	struct page *page;
	ssize_t some;
	size_t off;
	int err;

	some = iov_iter_get_pages2(iter, &page, len, 1, &off);
	if (some <= 0)
		return some ?: -EIO;
	err = skb_append_pagefrags(skb, page, off, some);
	put_page(page);
	if (err) {
		iov_iter_revert(iter, some);
		return err;
	}
	skb->len += some;
	skb->data_len += some;
	skb->truesize += some;
	return some;
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
	return skb_splice_from_iter(skb, iter, len, GFP_KERNEL);
#else
	return skb_splice_from_iter(skb, iter, len);
#endif
}

/* 6.16 can send memory of devices. */
static inline struct ubuf_info *
clasp_compat_zerocopy_realloc(struct sock *sk, size_t size,
			      struct ubuf_info *uarg)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
	return msg_zerocopy_realloc(sk, size, uarg);
#else
	return msg_zerocopy_realloc(sk, size, uarg, false);
#endif
}

static inline int clasp_compat_zerocopy_iter(struct sock *sk,
					     struct sk_buff *skb,
					     struct msghdr *msg, int len,
					     struct ubuf_info *uarg)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
	return skb_zerocopy_iter_stream(sk, skb, msg, len, uarg);
#else
	return skb_zerocopy_iter_stream(sk, skb, msg, len, uarg, NULL);
#endif
}

/* What a control message may ask of other protocols, TCP refuses. */
static inline bool clasp_compat_sockcm_refused(const struct sockcm_cookie *sockc)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
	if (sockc->dmabuf_id)
		return true;
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	return sockc->tsflags & SOCKCM_FLAG_TS_OPT_ID;
#else
	return false;
#endif
}

/* 6.15 looks for TCP's control block in an skb whose ACK is told. */
static inline void clasp_compat_stamp_ack(struct sock *sk, struct sk_buff *skb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
	__skb_tstamp_tx(skb, NULL, NULL, sk, SCM_TSTAMP_ACK);
#else
	char cb[sizeof(skb->cb)];

	memcpy(cb, skb->cb, sizeof(cb));
	TCP_SKB_CB(skb)->txstamp_ack = TSTAMP_ACK_SK;
	__skb_tstamp_tx(skb, NULL, NULL, sk, SCM_TSTAMP_ACK);
	memcpy(skb->cb, cb, sizeof(cb));
#endif
}

/* 6.12 can keep from a socket the times that others had made. */
static inline bool clasp_compat_stamp_filtered(u32 flags)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	return false;
#else
	return flags & SOF_TIMESTAMPING_OPT_RX_FILTER;
#endif
}

/* 7.1 hands these times on as they are. */
static inline void clasp_compat_put_stamps(struct msghdr *msg, ktime_t software,
					   ktime_t hardware, bool wide)
{
	struct scm_timestamping_internal tss = {};

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
	tss.ts[0] = ktime_to_timespec64(software);
	tss.ts[2] = ktime_to_timespec64(hardware);
#else
	tss.ts[0] = software;
	tss.ts[2] = hardware;
#endif
	if (wide)
		put_cmsg_scm_timestamping64(msg, &tss);
	else
		put_cmsg_scm_timestamping(msg, &tss);
}

/*
 * Do the IP headers of two segments forbid to make one packet of them? From 6.10
 * on, the protocol compares them; before, IP has done it.
 */
static inline bool clasp_compat_gro_network_flush(const void *hdr,
						  const void *held,
						  struct sk_buff *p)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	struct napi_gro_cb *cb = NAPI_GRO_CB(p);
	bool flush = cb->flush;

	/* The second packet tells whether the numbers of IPv4 count. */
	if (cb->flush_id == 1 && cb->count == 1 && cb->is_atomic)
		cb->is_atomic = false;
	else
		flush |= cb->flush_id;
	return flush;
#else
	return gro_receive_network_flush(hdr, held, p);
#endif
}

/* The same fact, for IPv4, as a type of packet: all segments have one number. */
static inline u32 clasp_compat_gro_fixed_id(const struct sk_buff *skb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	return NAPI_GRO_CB(skb)->is_atomic * SKB_GSO_TCP_FIXEDID;
#else
	return NAPI_GRO_CB(skb)->ip_fixedid * SKB_GSO_TCP_FIXEDID;
#endif
}

/* The IP header of a packet that was made of segments. */
static inline const void *clasp_compat_gro_network(const struct sk_buff *skb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	return skb_network_header(skb);
#else
	return skb->data +
	       NAPI_GRO_CB(skb)->network_offsets[skb->encapsulation];
#endif
}

/* 6.3 has a limit for each IP version. Larger ones than 64 KiB are TCP's. */
static inline u32 clasp_compat_gro_max_size(const struct sk_buff *p)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	u32 size = READ_ONCE(p->dev->gro_max_size);
#else
	u32 size = netif_get_gro_max_size(p->dev, p);
#endif

	return min(size, 65536u);
}

/* 6.9 has work that is done in softirqs; before, that is a tasklet. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define clasp_compat_bh			tasklet_struct
#define clasp_compat_bh_init(bh, run)	tasklet_setup(bh, run)
#else
#define clasp_compat_bh			work_struct
#define clasp_compat_bh_init(bh, run)	INIT_WORK(bh, run)
#endif

/* Any context. False if it is about to be done already. */
static inline bool clasp_compat_bh_schedule(struct clasp_compat_bh *bh)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	if (test_and_set_bit(TASKLET_STATE_SCHED, &bh->state))
		return false;
	__tasklet_schedule(bh);
	return true;
#else
	return queue_work(system_bh_wq, bh);
#endif
}

/* 6.13 set a timer up in one step. */
static inline void
clasp_compat_hrtimer_setup(struct hrtimer *timer,
			   enum hrtimer_restart (*function)(struct hrtimer *),
			   clockid_t clock, enum hrtimer_mode mode)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(timer, clock, mode);
	timer->function = function;
#else
	hrtimer_setup(timer, function, clock, mode);
#endif
}

/* By 6.12, clocks had names. When a packet is to leave; 0 for at once. */
static inline void clasp_compat_delivery_time(struct sk_buff *skb, u64 at)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	skb_set_delivery_time(skb, at, true);
#else
	skb_set_delivery_time(skb, at, SKB_CLOCK_MONOTONIC);
#endif
}

/*
 * By 6.12, the hook took a const. Says whose a flow is, if it is a socket's, to
 * security modules and IPsec.
 */
static inline void clasp_compat_classify_flow(const struct sock *sk,
					      struct flowi_common *flow)
{
	if (sk)
		security_sk_classify_flow((struct sock *)sk, flow);
}

#endif /* _CLASP_COMPAT_H */
