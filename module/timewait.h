/* SPDX-License-Identifier: GPL-2.0 */
/* TIME-WAIT: a small stand-in for a connection that is over. */
#ifndef _CLASP_TIMEWAIT_H
#define _CLASP_TIMEWAIT_H

#include "clasp.h"

/**
 * struct clasp_timewait - a connection in TIME-WAIT
 * @entry: in the connection table
 * @binding: its share of the local port
 * @alarm: rings when two maximum segment lifetimes are over
 * @net: namespace; its exit ends all stand-ins, so no reference
 * @af: address family
 * @snd_nxt: the number after our FIN
 * @rcv_nxt: the number after the peer's FIN
 * @rcv_wnd: window last offered, bytes
 * @mark: firewall mark of the socket
 * @oif: interface the socket was bound to, or 0
 * @tos: type of service of the socket
 * @refs: the table's and the alarm's share one while it is in the table;
 *	lookups hold theirs for the time of one segment
 * @rcu: lookups may still see it for a grace period
 *
 * Constant but for @alarm and @refs, so it needs no lock. Whoever takes it out
 * of the table (expiry, a new SYN, eviction, the end of the namespace) drops
 * the table's reference; that happens once, as clasp_table_remove() tells who
 * was first.
 */
struct clasp_timewait {
	struct clasp_entry entry;
	struct clasp_binding binding;
	struct clasp_alarm alarm;
	struct net *net;
	const struct clasp_af_ops *af;
	u64 snd_nxt;
	u64 rcv_nxt;
	u32 rcv_wnd;
	u32 mark;
	int oif;
	u8 tos;
	refcount_t refs;
	struct rcu_head rcu;
};

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

bool clasp_timewait_start(struct sock *sk);
bool clasp_timewait_input(struct clasp_timewait *tw, struct sk_buff *skb,
			  bool wanted);
bool clasp_timewait_evict(struct net *net, const struct clasp_flow *flow);
void clasp_timewait_put(struct clasp_timewait *tw);
void clasp_timewait_end_all(struct net *net);
int clasp_timewait_module_init(void);
void clasp_timewait_module_exit(void);

#endif /* _CLASP_TIMEWAIT_H */
