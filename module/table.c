// SPDX-License-Identifier: GPL-2.0
/* Which segment belongs to whom: connections and listeners of a namespace. */
#include <linux/hash.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "clasp.h"
#include "request.h"
#include "timewait.h"

static const struct rhashtable_params clasp_connection_params = {
	.key_len = sizeof(struct clasp_flow),
	.key_offset = offsetof(struct clasp_entry, flow),
	.head_offset = offsetof(struct clasp_entry, node),
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

	BUILD_BUG_ON(sizeof(struct clasp_flow) != 36);
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

static struct hlist_head *clasp_listener_bucket(struct clasp_table *table,
						u16 port)
{
	return &table->listeners[hash_32(port, ilog2(CLASP_LISTENER_BUCKETS))];
}

/**
 * clasp_listener_add() - let a listening socket be found
 * @table: its namespace's table
 * @sk: a socket bound to a port, locked
 */
void clasp_listener_add(struct clasp_table *table, struct sock *sk)
{
	spin_lock_bh(&table->listener_lock);
	hlist_add_head_rcu(&clasp_sk(sk)->listener_node,
			   clasp_listener_bucket(table, inet_sk(sk)->inet_num));
	spin_unlock_bh(&table->listener_lock);
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
	spin_unlock_bh(&table->listener_lock);
}

/*
 * How well a listener fits a segment: -1 not at all; the more it was bound to,
 * the better.
 */
static int clasp_listener_score(const struct clasp_sock *listener,
				const struct clasp_flow *flow,
				int iif, int sdif)
{
	const struct sock *sk = &listener->inet.sk;
	int bound = READ_ONCE(sk->sk_bound_dev_if);
	int score = 0;

	if (inet_sk(sk)->inet_num != ntohs(flow->lport))
		return -1;
	if (!ipv6_addr_any(&listener->entry.flow.laddr)) {
		if (!ipv6_addr_equal(&listener->entry.flow.laddr, &flow->laddr))
			return -1;
		score += 2;
	}
	if (bound) {
		if (bound != iif && bound != sdif)
			return -1;
		score++;
	}
	return score;
}

/**
 * clasp_listener_find() - who listens at a flow's local end?
 * @table: the table
 * @flow: both ends of a segment
 * @iif: interface index it came in on
 * @sdif: that interface's L3 master, or 0
 *
 * Any context.
 *
 * Return: the best listener with a reference, for sock_put(), or NULL.
 */
struct sock *clasp_listener_find(struct clasp_table *table,
				 const struct clasp_flow *flow,
				 int iif, int sdif)
{
	struct clasp_sock *listener, *best = NULL;
	int score, best_score = -1;

	rcu_read_lock();
	hlist_for_each_entry_rcu(listener,
				 clasp_listener_bucket(table, ntohs(flow->lport)),
				 listener_node) {
		score = clasp_listener_score(listener, flow, iif, sdif);
		if (score > best_score) {
			best = listener;
			best_score = score;
		}
	}
	if (best && !refcount_inc_not_zero(&best->inet.sk.sk_refcnt))
		best = NULL;
	rcu_read_unlock();
	return best ? &best->inet.sk : NULL;
}
