// SPDX-License-Identifier: GPL-2.0
/* Which segment belongs to whom: connections and listeners of a namespace. */
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netns/hash.h>
#include <net/sock_reuseport.h>

#include "clasp.h"
#include "request.h"
#include "timewait.h"

/* So many are there from the start, 8 KiB of them: few connections are in a chain. */
#define CLASP_CONNECTION_BUCKETS	1024

/* What clasp_flow_hash() takes as it lies is all but the last. */
static_assert(offsetofend(struct clasp_flow, scope) ==
	      sizeof(struct clasp_flow));

/*
 * A chain of more than 16 is refused by the kernel's table, so nobody may be able to
 * make one: every bit counts, and where an address means something else in every
 * scope, each has a seed of its own.
 */
static u32 clasp_flow_hash(const void *key, u32 len, u32 seed)
{
	const struct clasp_flow *flow = key;

	return jhash2(key, offsetof(struct clasp_flow, scope) / sizeof(u32),
		      seed ^ flow->scope);
}

/* 0 if an entry is the connection that is looked for. */
static int clasp_flow_compare(struct rhashtable_compare_arg *arg,
			      const void *obj)
{
	const struct clasp_flow *a = arg->key;
	const struct clasp_flow *b = &((const struct clasp_entry *)obj)->flow;

	return a->rport != b->rport || a->lport != b->lport ||
	       a->scope != b->scope ||
	       !ipv6_addr_equal(&a->raddr, &b->raddr) ||
	       !ipv6_addr_equal(&a->laddr, &b->laddr);
}

static const struct rhashtable_params clasp_connection_params = {
	.key_len = sizeof(struct clasp_flow),
	.key_offset = offsetof(struct clasp_entry, flow),
	.head_offset = offsetof(struct clasp_entry, node),
	.hashfn = clasp_flow_hash,
	.obj_cmpfn = clasp_flow_compare,
	.min_size = CLASP_CONNECTION_BUCKETS,
	.automatic_shrinking = true,
};

/**
 * clasp_table_init() - make an empty table
 * @table: memory for it
 *
 * Return: 0 or -ENOMEM.
 */
int clasp_table_init(struct clasp_table *table)
{
	int err;

	BUILD_BUG_ON(sizeof(struct clasp_flow) != 40);
	spin_lock_init(&table->listener_lock);
	spin_lock_init(&table->port_lock);
	table->ports = kvcalloc(CLASP_PORT_BUCKETS, sizeof(*table->ports),
				GFP_KERNEL);
	if (!table->ports)
		return -ENOMEM;
	err = rhashtable_init(&table->connections, &clasp_connection_params);
	if (err)
		kvfree(table->ports);
	return err;
}

/**
 * clasp_table_destroy() - free a table
 * @table: nothing is left in it, and nobody looks things up in it any more
 */
void clasp_table_destroy(struct clasp_table *table)
{
	WARN_ON_ONCE(atomic_read(&table->connections.nelems));
	rhashtable_destroy(&table->connections);
	kvfree(table->ports);
}

/**
 * clasp_table_insert() - make a connection known
 * @table: the table
 * @entry: the connection, its flow filled in
 *
 * Any context.
 *
 * Return: 0, -EADDRNOTAVAIL if there is one between these two ends already,
 * or -ENOMEM.
 */
int clasp_table_insert(struct clasp_table *table, struct clasp_entry *entry)
{
	int err = rhashtable_lookup_insert_fast(&table->connections,
						&entry->node,
						clasp_connection_params);

	if (!err)
		return 0;
	return err == -EEXIST ? -EADDRNOTAVAIL : -ENOMEM;
}

/**
 * clasp_table_replace() - let one entry take another's place at once
 * @table: the table
 * @old: an entry
 * @new: its successor, of the same flow
 *
 * A lookup finds either the one or the other, never neither. Any context.
 *
 * Return: false if @old is not in the table any more; then nothing changes.
 */
bool clasp_table_replace(struct clasp_table *table, struct clasp_entry *old,
			 struct clasp_entry *new)
{
	return !rhashtable_replace_fast(&table->connections, &old->node,
					&new->node, clasp_connection_params);
}

/**
 * clasp_table_remove() - forget a connection
 * @table: the table
 * @entry: the connection
 *
 * Any context.
 *
 * Return: true if this call removed it, false if somebody else did before.
 */
bool clasp_table_remove(struct clasp_table *table, struct clasp_entry *entry)
{
	return !rhashtable_remove_fast(&table->connections, &entry->node,
				       clasp_connection_params);
}

static struct clasp_sock *clasp_entry_sock(struct clasp_entry *entry)
{
	return container_of(entry, struct clasp_sock, entry);
}

/* Takes a reference, unless the last one is gone already. */
static bool clasp_entry_get(struct clasp_entry *entry)
{
	switch (entry->kind) {
	case CLASP_REQUEST:
		return refcount_inc_not_zero(&clasp_request(entry)->refs);
	case CLASP_TIMEWAIT:
		return refcount_inc_not_zero(&clasp_timewait(entry)->refs);
	default:
		return refcount_inc_not_zero(&clasp_entry_sock(entry)->inet.sk.sk_refcnt);
	}
}

/**
 * clasp_entry_put() - drop a reference that clasp_table_find() took
 * @entry: what it found
 */
void clasp_entry_put(struct clasp_entry *entry)
{
	switch (entry->kind) {
	case CLASP_REQUEST:
		clasp_request_put(clasp_request(entry));
		break;
	case CLASP_TIMEWAIT:
		clasp_timewait_put(clasp_timewait(entry));
		break;
	default:
		sock_put(&clasp_entry_sock(entry)->inet.sk);
	}
}

/**
 * clasp_table_find() - whose connection is it?
 * @table: the table
 * @flow: both ends
 *
 * Any context.
 *
 * Return: the entry with a reference, for clasp_entry_put(), or NULL.
 */
struct clasp_entry *clasp_table_find(struct clasp_table *table,
				     const struct clasp_flow *flow)
{
	struct clasp_entry *entry;

	rcu_read_lock();
	do {
		entry = rhashtable_lookup(&table->connections, flow,
					  clasp_connection_params);
		/* One that is dying has left the table when we look again. */
	} while (entry && !clasp_entry_get(entry));
	rcu_read_unlock();
	return entry;
}

/**
 * clasp_socket_vrf() - the VRF that a socket is in
 * @sk: the socket
 *
 * Any context.
 *
 * Return: the VRF's interface, or 0.
 */
int clasp_socket_vrf(const struct sock *sk)
{
	return l3mdev_master_ifindex_by_index(sock_net(sk),
					      READ_ONCE(sk->sk_bound_dev_if));
}

/**
 * clasp_socket_scope() - where a peer's address has its meaning for a socket
 * @sk: the socket
 * @raddr: the address
 *
 * Any context.
 *
 * Return: as clasp_scope().
 */
u32 clasp_socket_scope(const struct sock *sk, const struct in6_addr *raddr)
{
	return clasp_scope(raddr, READ_ONCE(sk->sk_bound_dev_if),
			   clasp_socket_vrf(sk));
}

/* Does it stand for any: ::, or ::ffff:0.0.0.0 for any of IPv4? */
static bool clasp_laddr_any(const struct in6_addr *laddr)
{
	return ipv6_addr_any(laddr) ||
	       (ipv6_addr_v4mapped(laddr) && !laddr->s6_addr32[3]);
}

/**
 * clasp_laddr_covers() - does one local address take in another?
 * @laddr: what somebody is bound to: an address, :: for any, or ::ffff:0.0.0.0
 *	for any of IPv4
 * @v6only: for ::, none of IPv4
 * @other: another address, or what stands for any
 *
 * Source: RFC 3493, sections 3.7 and 5.3.
 *
 * Return: true if it does.
 */
bool clasp_laddr_covers(const struct in6_addr *laddr, bool v6only,
			const struct in6_addr *other)
{
	if (!clasp_laddr_any(laddr))
		return ipv6_addr_equal(laddr, other);
	if (ipv6_addr_v4mapped(laddr))
		return ipv6_addr_v4mapped(other);
	return !v6only || !ipv6_addr_v4mapped(other);
}

static struct hlist_head *clasp_listener_bucket(struct clasp_table *table,
						u16 port)
{
	return &table->listeners[hash_32(port, ilog2(CLASP_LISTENER_BUCKETS))];
}

static bool clasp_listener_any(const struct clasp_sock *listener)
{
	return clasp_laddr_any(&listener->entry.flow.laddr);
}

/* Do two listeners get the same segments, and share them by SO_REUSEPORT? */
static bool clasp_listener_same(const struct clasp_sock *a,
				const struct clasp_sock *b)
{
	const struct sock *x = &a->inet.sk, *y = &b->inet.sk;

	return a->inet.inet_num == b->inet.inet_num &&
	       x->sk_family == y->sk_family &&
	       x->sk_ipv6only == y->sk_ipv6only &&
	       x->sk_bound_dev_if == y->sk_bound_dev_if &&
	       ipv6_addr_equal(&a->entry.flow.laddr, &b->entry.flow.laddr) &&
	       y->sk_reuseport &&
	       uid_eq(READ_ONCE(x->sk_uid), READ_ONCE(y->sk_uid));
}

/* Joins the group of those who share a port by SO_REUSEPORT, or founds one. */
static int clasp_listener_join(struct clasp_table *table,
			       struct clasp_sock *listener)
{
	struct sock *sk = &listener->inet.sk;
	bool any = clasp_listener_any(listener);
	struct clasp_sock *other;

	lockdep_assert_held(&table->listener_lock);
	hlist_for_each_entry(other,
			     clasp_listener_bucket(table, inet_sk(sk)->inet_num),
			     listener_node)
		if (clasp_listener_same(listener, other))
			return reuseport_add_sock(sk, &other->inet.sk, any);
	return reuseport_alloc(sk, any);
}

/**
 * clasp_listener_add() - let a listening socket be found
 * @table: its namespace's table
 * @sk: a socket bound to a port, locked
 *
 * Return: 0, or -ENOMEM if there is no room for it in its group.
 */
int clasp_listener_add(struct clasp_table *table, struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	int err = 0;

	spin_lock_bh(&table->listener_lock);
	if (sk->sk_reuseport)
		err = clasp_listener_join(table, csk);
	if (!err)
		hlist_add_head_rcu(&csk->listener_node,
				   clasp_listener_bucket(table,
							 inet_sk(sk)->inet_num));
	spin_unlock_bh(&table->listener_lock);
	return err;
}

/**
 * clasp_listener_remove() - let a listening socket no longer be found
 * @table: its namespace's table
 * @sk: a socket that listens, locked
 */
void clasp_listener_remove(struct clasp_table *table, struct sock *sk)
{
	spin_lock_bh(&table->listener_lock);
	hlist_del_init_rcu(&clasp_sk(sk)->listener_node);
	if (rcu_access_pointer(sk->sk_reuseport_cb))
		reuseport_detach_sock(sk);
	spin_unlock_bh(&table->listener_lock);
}

/*
 * How well a listener fits a segment: -1 not at all; the more it was bound to,
 * the better: to its address, to its interface, at least to its IP version; of
 * those bound to the same, one that asked for segments of this processor
 * (SO_INCOMING_CPU).
 */
static int clasp_listener_score(const struct clasp_sock *listener,
				const struct clasp_flow *flow,
				int iif, int sdif)
{
	const struct sock *sk = &listener->inet.sk;
	const struct in6_addr *laddr = &listener->entry.flow.laddr;
	int bound = READ_ONCE(sk->sk_bound_dev_if);
	int score = 0;

	if (inet_sk(sk)->inet_num != ntohs(flow->lport) ||
	    !clasp_laddr_covers(laddr, sk->sk_ipv6only, &flow->laddr))
		return -1;
	if (!clasp_bound_to(bound, iif, sdif))
		return -1;
	if (ipv6_addr_equal(laddr, &flow->laddr))
		score += 8;
	else if (!ipv6_addr_any(laddr))
		score += 2;
	if (bound)
		score += 4;
	if (READ_ONCE(sk->sk_incoming_cpu) == raw_smp_processor_id())
		score++;
	return score;
}

/*
 * Of those who share with a listener, the one that a connection belongs to: the
 * same for all of its segments, as long as none comes or goes.
 */
static struct sock *clasp_listener_select(struct sock *sk,
					  const struct clasp_flow *flow,
					  struct sk_buff *skb)
{
	struct sock *chosen = NULL;
	u32 hash;

	if (rcu_access_pointer(sk->sk_reuseport_cb)) {
		hash = jhash2((const u32 *)flow, sizeof(*flow) / sizeof(u32),
			      net_hash_mix(sock_net(sk)));
		chosen = reuseport_select_sock(sk, hash, skb,
					       CLASP_CB(skb)->hdr_len);
	}
	/* ERR_PTR(-ECONNREFUSED): a program of the group's says so. */
	if (IS_ERR(chosen))
		return NULL;
	return chosen ?: sk;
}

/* The best listener for a segment, or NULL. In an RCU critical section. */
static struct sock *clasp_listener_lookup(struct clasp_table *table,
					  const struct clasp_flow *flow,
					  struct sk_buff *skb)
{
	const struct clasp_cb *cb = CLASP_CB(skb);
	struct clasp_sock *listener, *best = NULL;
	int score, best_score = -1;

	hlist_for_each_entry_rcu(listener,
				 clasp_listener_bucket(table, ntohs(flow->lport)),
				 listener_node) {
		score = clasp_listener_score(listener, flow, cb->iif, cb->sdif);
		if (score > best_score) {
			best = listener;
			best_score = score;
		}
	}
	return best ? clasp_listener_select(&best->inet.sk, flow, skb) : NULL;
}

/**
 * clasp_listener_find() - who listens at a flow's local end?
 * @table: the table
 * @flow: both ends of a segment
 * @skb: the segment, parsed, with the interfaces filled in
 *
 * Any context.
 *
 * Return: the best listener with a reference, for sock_put(), or NULL.
 */
struct sock *clasp_listener_find(struct clasp_table *table,
				 const struct clasp_flow *flow,
				 struct sk_buff *skb)
{
	struct sock *sk;

	rcu_read_lock();
	do {
		sk = clasp_listener_lookup(table, flow, skb);
		/* One that is dying is not there when we look again. */
	} while (sk && !refcount_inc_not_zero(&sk->sk_refcnt));
	rcu_read_unlock();
	return sk;
}
