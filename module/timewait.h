/* SPDX-License-Identifier: GPL-2.0 */
/* TIME-WAIT: a small stand-in for a connection that is over. */
#ifndef _CLASP_TIMEWAIT_H
#define _CLASP_TIMEWAIT_H

#include "clasp.h"

/**
 * struct clasp_timewait - a connection in TIME-WAIT
 * @entry: in the connection table
 * @queue: in clasp_timewaits::queue; alone once its end has begun
 * @rcu: lookups may still see it for a grace period
 * @since: when its time began, ns of clasp_clock()
 * @net: namespace; its exit ends all stand-ins, so no reference
 * @waiters: its share of the local port
 * @snd_nxt: the number after our FIN
 * @rcv_nxt: the number after the peer's FIN
 * @rcv_wnd: window last offered, bytes
 * @mark: firewall mark of the socket
 * @oif: interface the socket was bound to, or 0
 * @refs: the table's and the queue's is one; who handles it for a moment, a
 *	segment or its end, has one more
 * @flowlabel: IPv6: flow label of the socket
 * @tos: type of service, or traffic class, of the socket
 * @af: enum clasp_af
 *
 * @queue and @since are protected by clasp_timewaits::lock, all else but @refs
 * is constant. Whoever takes it out of the table (expiry, a new SYN, eviction,
 * the end of the namespace) drops the reference of table and queue; that
 * happens once, as clasp_table_remove() tells who was first.
 */
struct clasp_timewait {
	struct clasp_entry entry;
	union {
		struct list_head queue;
		struct rcu_head rcu;
	};
	u64 since;
	struct net *net;
	struct clasp_waiters *waiters;
	u64 snd_nxt;
	u64 rcv_nxt;
	u32 rcv_wnd;
	u32 mark;
	int oif;
	refcount_t refs;
	__be32 flowlabel;
	u8 tos;
	u8 af;
};

/*
 * There may be millions. With 30 to a page, 8 bytes each for the control group
 * that pays, and at most 27 of the table, which has a bucket of 8 bytes for at
 * least every 0.3 of its entries, one takes up to 172 bytes.
 */
static_assert(sizeof(struct clasp_timewait) <= 136);

/**
 * clasp_timewait() - the stand-in that a table entry is
 * @entry: of kind CLASP_TIMEWAIT
 *
 * Return: the stand-in.
 */
static inline struct clasp_timewait *clasp_timewait(struct clasp_entry *entry)
{
	return container_of(entry, struct clasp_timewait, entry);
}

void clasp_timewaits_init(struct clasp_timewaits *waits);
void clasp_timewaits_retime(struct clasp_timewaits *waits);
bool clasp_timewait_start(struct sock *sk);
bool clasp_timewait_input(struct clasp_timewait *tw, struct sk_buff *skb,
			  bool wanted);
bool clasp_timewait_evict(struct net *net, const struct clasp_flow *flow);
void clasp_timewait_put(struct clasp_timewait *tw);
void clasp_timewait_end_all(struct net *net);
int clasp_timewait_module_init(void);
void clasp_timewait_module_exit(void);

#endif /* _CLASP_TIMEWAIT_H */
