/* SPDX-License-Identifier: GPL-2.0 */
/* Which segment belongs to whom: connections and listeners of a namespace. */
#ifndef _CLASP_TABLE_H
#define _CLASP_TABLE_H

#include <linux/in6.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <net/ipv6.h>

struct clasp_sock;
struct sk_buff;
struct sock;

#define CLASP_LISTENER_BUCKETS	64
#define CLASP_PORT_BUCKETS	1024

/**
 * struct clasp_flow - both ends of a connection, as seen from this host
 * @laddr: local address; IPv4 addresses are mapped (RFC 4291, 2.5.5.2)
 * @raddr: the peer's address, likewise
 * @lport: local port
 * @rport: the peer's port
 * @scope: where the peer's address means what it does: clasp_scope()
 *
 * A key: no padding, all of it counts.
 */
struct clasp_flow {
	struct in6_addr laddr;
	struct in6_addr raddr;
	__be16 lport;
	__be16 rport;
	u32 scope;
};

/**
 * enum clasp_kind - what a table entry is embedded in
 * @CLASP_SOCKET: struct clasp_sock
 * @CLASP_REQUEST: struct clasp_request
 * @CLASP_TIMEWAIT: struct clasp_timewait
 */
enum clasp_kind {
	CLASP_SOCKET,
	CLASP_REQUEST,
	CLASP_TIMEWAIT,
};

/**
 * struct clasp_entry - what a connection is in the table
 * @node: in clasp_table::connections
 * @flow: the key; constant while in the table
 * @kind: what the entry is embedded in
 *
 * The table holds no reference: an entry leaves it before its owner's last
 * reference goes, and the owner's memory stays for an RCU grace period.
 */
struct clasp_entry {
	struct rhash_head node;
	struct clasp_flow flow;
	u8 kind;
};

/**
 * struct clasp_port - a local port that somebody owns
 * @node: in clasp_table::ports
 * @owners: bindings of sockets (struct clasp_binding::node)
 * @waiters: those of connections in TIME-WAIT (struct clasp_waiters)
 * @number: the port, host byte order
 * @bound: owners and waiters to whom it was not connect() that gave it; if there
 *	are none, others may connect from it
 *
 * Lives from its first owner to its last, under clasp_table::port_lock.
 */
struct clasp_port {
	struct hlist_node node;
	struct hlist_head owners;
	struct hlist_head waiters;
	u16 number;
	u32 bound;
};

/**
 * struct clasp_binding - one owner's share of a port
 * @node: in clasp_port::owners or, of CLASP_TIMEWAIT, clasp_port::waiters
 * @port: the port, NULL if none
 * @laddr: local address; :: for any, ::ffff:0.0.0.0 for any of IPv4
 * @kind: CLASP_SOCKET: part of a socket; CLASP_TIMEWAIT: of clasp_waiters
 * @vrf: L3 master of the interface bound to, or 0
 * @ifindex: interface that sockets that are no more (CLASP_TIMEWAIT) were bound
 *	to, or 0; of a socket, struct sock says it, and the next two
 * @reuse: their SO_REUSEADDR
 * @reuseport: their SO_REUSEPORT
 * @chosen: connect() chose the port
 * @listening: the owner listens, or is about to
 * @v6only: with @laddr of ::, none of IPv4 (IPV6_V6ONLY)
 *
 * All fields are protected by clasp_table::port_lock.
 */
struct clasp_binding {
	struct hlist_node node;
	struct clasp_port *port;
	struct in6_addr laddr;
	u8 kind;
	int vrf;
	int ifindex;
	bool reuse;
	bool reuseport;
	bool chosen;
	bool listening;
	bool v6only;
};

/**
 * struct clasp_waiters - what connections in TIME-WAIT share of a port
 * @binding: the same for all of them
 * @count: how many
 *
 * There may be a million on a port, which bind() must not have to look at one by
 * one. Lives from the first to the last, under clasp_table::port_lock.
 */
struct clasp_waiters {
	struct clasp_binding binding;
	u32 count;
};

/**
 * struct clasp_table - who owns what in one network namespace
 * @connections: every struct clasp_entry by its flow; RCU for readers
 * @listeners: listening sockets by port, struct clasp_sock::listener_node
 * @listener_lock: protects changes to @listeners; readers use RCU. The kernel's
 *	lock of groups (SO_REUSEPORT) is taken inside it
 * @ports: every struct clasp_port by its number
 * @port_lock: protects @ports and all bindings; taken inside socket locks,
 *	nothing is taken inside it
 */
struct clasp_table {
	struct rhashtable connections;
	struct hlist_head listeners[CLASP_LISTENER_BUCKETS];
	spinlock_t listener_lock;	/* see above */
	struct hlist_head *ports;
	spinlock_t port_lock;		/* see above */
};

/**
 * clasp_bound_to() - does what came in by an interface concern a socket?
 * @bound: interface that the socket is bound to, or 0
 * @iif: interface index that the segment came in on; its L3 master's, if any
 * @sdif: index of the enslaved interface that it came in on, or 0
 *
 * A VRF is a network of its own: who is not bound to it, or to an interface in
 * it, gets nothing from there (Documentation/networking/vrf.rst).
 *
 * Return: true if it does.
 */
static inline bool clasp_bound_to(int bound, int iif, int sdif)
{
	return bound ? bound == iif || bound == sdif : !sdif;
}

/**
 * clasp_scope() - where an address has its meaning
 * @raddr: the peer's address
 * @link: interface towards the peer
 * @vrf: L3 master of that interface, or 0
 *
 * The same address elsewhere is another host: on another link, if it is
 * link-local (RFC 4007), in another VRF in any case.
 *
 * Return: an interface index, or 0 for where most addresses are.
 */
static inline u32 clasp_scope(const struct in6_addr *raddr, int link, int vrf)
{
	bool local = (raddr->s6_addr32[0] & htonl(0xffc00000)) ==
		     htonl(0xfe800000);

	return local ? link : vrf;
}

/**
 * clasp_input_scope() - where the peer's address of a segment has its meaning
 * @raddr: the address
 * @iif: interface that the segment came in on; its L3 master, if there is one
 * @sdif: interface that is enslaved to @iif, or 0
 *
 * Return: as clasp_scope().
 */
static inline u32 clasp_input_scope(const struct in6_addr *raddr, int iif,
				    int sdif)
{
	return clasp_scope(raddr, sdif ?: iif, sdif ? iif : 0);
}

/**
 * clasp_flow_link() - the only link that a peer can be reached by
 * @flow: both ends
 *
 * Return: its interface index, or 0 if the route is to say it.
 */
static inline int clasp_flow_link(const struct clasp_flow *flow)
{
	return clasp_scope(&flow->raddr, flow->scope, 0);
}

int clasp_table_init(struct clasp_table *table);
void clasp_table_destroy(struct clasp_table *table);
int clasp_table_insert(struct clasp_table *table, struct clasp_entry *entry);
bool clasp_table_replace(struct clasp_table *table, struct clasp_entry *old,
			 struct clasp_entry *new);
bool clasp_table_remove(struct clasp_table *table, struct clasp_entry *entry);
struct clasp_entry *clasp_table_find(struct clasp_table *table,
				     const struct clasp_flow *flow);
void clasp_entry_put(struct clasp_entry *entry);
int clasp_socket_vrf(const struct sock *sk);
u32 clasp_socket_scope(const struct sock *sk, const struct in6_addr *raddr);
bool clasp_laddr_covers(const struct in6_addr *laddr, bool v6only,
			const struct in6_addr *other);

int clasp_listener_add(struct clasp_table *table, struct sock *sk);
void clasp_listener_remove(struct clasp_table *table, struct sock *sk);
struct sock *clasp_listener_find(struct clasp_table *table,
				 const struct clasp_flow *flow,
				 struct sk_buff *skb);

#endif /* _CLASP_TABLE_H */
