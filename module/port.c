// SPDX-License-Identifier: GPL-2.0
/*
 * Who owns which local port.
 *
 * A port belongs to everybody who is bound to it: sockets that called bind(),
 * sockets that connect() gave a port of its choice, children of a listener, and
 * connections in TIME-WAIT.
 */
#include <linux/hash.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/ip.h>

#include "port.h"
#include "timewait.h"

static struct hlist_head *clasp_port_bucket(struct clasp_table *table,
					    u16 number)
{
	return &table->ports[hash_32(number, ilog2(CLASP_PORT_BUCKETS))];
}

static struct clasp_port *clasp_port_find(struct clasp_table *table, u16 number)
{
	struct clasp_port *port;

	lockdep_assert_held(&table->port_lock);
	hlist_for_each_entry(port, clasp_port_bucket(table, number), node)
		if (port->number == number)
			return port;
	return NULL;
}

static struct clasp_port *clasp_port_create(struct clasp_table *table,
					    u16 number)
{
	struct clasp_port *port;

	lockdep_assert_held(&table->port_lock);
	port = kzalloc(sizeof(*port), GFP_ATOMIC | __GFP_ACCOUNT);
	if (!port)
		return NULL;
	port->number = number;
	hlist_add_head(&port->node, clasp_port_bucket(table, number));
	return port;
}

static void clasp_port_join(struct clasp_table *table, struct clasp_port *port,
			    struct clasp_binding *binding)
{
	lockdep_assert_held(&table->port_lock);
	binding->port = port;
	port->bound += !binding->chosen;
	hlist_add_head(&binding->node, &port->owners);
}

/**
 * enum clasp_port_wish - how a port is asked for
 * @CLASP_PORT_GIVEN: by its number
 * @CLASP_PORT_FREE: any that nobody else has there
 * @CLASP_PORT_REUSED: any that others have too, but do not listen at and do not
 *	share by SO_REUSEPORT; by the kernel's knob ip_autobind_reuse
 */
enum clasp_port_wish {
	CLASP_PORT_GIVEN,
	CLASP_PORT_FREE,
	CLASP_PORT_REUSED,
};

static const struct sock *clasp_binding_sk(const struct clasp_binding *binding)
{
	return &container_of(binding, struct clasp_sock, binding)->inet.sk;
}

/* The interface bound to, or 0. */
static int clasp_binding_ifindex(const struct clasp_binding *binding)
{
	if (binding->kind == CLASP_TIMEWAIT)
		return binding->ifindex;
	return READ_ONCE(clasp_binding_sk(binding)->sk_bound_dev_if);
}

/* SO_REUSEADDR: may there be others, as long as they do not listen? */
static bool clasp_binding_reuse(const struct clasp_binding *binding)
{
	if (binding->kind == CLASP_TIMEWAIT)
		return binding->reuse;
	return clasp_binding_sk(binding)->sk_reuse;
}

/* SO_REUSEPORT: may there be others of the same user? */
static bool clasp_binding_reuseport(const struct clasp_binding *binding)
{
	if (binding->kind == CLASP_TIMEWAIT)
		return binding->reuseport;
	return clasp_binding_sk(binding)->sk_reuseport;
}

/* Do a new owner and one who was there before share by SO_REUSEPORT? */
static bool clasp_binding_share(const struct clasp_binding *new,
				const struct clasp_binding *old)
{
	const struct sock *sk = clasp_binding_sk(new);

	if (!sk->sk_reuseport || !clasp_binding_reuseport(old))
		return false;
	/* Who has a group of its own (SO_ATTACH_REUSEPORT_CBPF) joins no other. */
	if (rcu_access_pointer(sk->sk_reuseport_cb))
		return false;
	return old->kind == CLASP_TIMEWAIT ||
	       uid_eq(READ_ONCE(sk->sk_uid),
		      READ_ONCE(clasp_binding_sk(old)->sk_uid));
}

/* Do two owners of the same port get each other's segments? Not between VRFs. */
static bool clasp_binding_overlap(const struct clasp_binding *a,
				  const struct clasp_binding *b)
{
	int ifindex_a = clasp_binding_ifindex(a);
	int ifindex_b = clasp_binding_ifindex(b);

	if (a->vrf != b->vrf)
		return false;
	if (ifindex_a && ifindex_b && ifindex_a != ifindex_b)
		return false;
	return clasp_laddr_covers(&a->laddr, a->v6only, &b->laddr) ||
	       clasp_laddr_covers(&b->laddr, b->v6only, &a->laddr);
}

/*
 * Does an owner stand in a new one's way? socket(7) and, where it is silent,
 * inet_csk_bind_conflict().
 */
static bool clasp_binding_conflict(const struct clasp_binding *new,
				   const struct clasp_binding *old,
				   enum clasp_port_wish wish)
{
	bool reuse, share;

	if (new == old || !clasp_binding_overlap(new, old))
		return false;
	reuse = clasp_binding_reuse(new) && clasp_binding_reuse(old) &&
		!old->listening;
	share = clasp_binding_share(new, old);
	switch (wish) {
	case CLASP_PORT_GIVEN:
		return !reuse && !share;
	case CLASP_PORT_REUSED:
		return !reuse || share;
	default:
		return true;
	}
}

static bool clasp_owners_conflict(const struct hlist_head *owners,
				  const struct clasp_binding *new,
				  enum clasp_port_wish wish)
{
	const struct clasp_binding *old;

	hlist_for_each_entry(old, owners, node)
		if (clasp_binding_conflict(new, old, wish))
			return true;
	return false;
}

/* Does anybody stand in a socket's way? */
static bool clasp_port_conflict(const struct clasp_port *port,
				const struct clasp_binding *new,
				enum clasp_port_wish wish)
{
	return clasp_owners_conflict(&port->owners, new, wish) ||
	       clasp_owners_conflict(&port->waiters, new, wish);
}

static void clasp_binding_address(struct sock *sk)
{
	struct clasp_binding *binding = &clasp_sk(sk)->binding;

	binding->v6only = sk->sk_ipv6only;
	clasp_sk(sk)->af->local(sk, &binding->laddr);
}

static void clasp_binding_fill(struct sock *sk)
{
	struct clasp_binding *binding = &clasp_sk(sk)->binding;

	binding->kind = CLASP_SOCKET;
	binding->chosen = false;
	binding->vrf = clasp_socket_vrf(sk);
	clasp_binding_address(sk);
}

/* Binds to one port, if nobody minds. */
static int clasp_port_try(struct sock *sk, u16 number,
			  enum clasp_port_wish wish)
{
	struct clasp_table *table = &clasp_sk(sk)->home->table;
	struct clasp_binding *binding = &clasp_sk(sk)->binding;
	struct clasp_port *port = clasp_port_find(table, number);

	lockdep_assert_held(&table->port_lock);
	if (port && clasp_port_conflict(port, binding, wish))
		return -EADDRINUSE;
	if (!port)
		port = clasp_port_create(table, number);
	if (!port)
		return -ENOMEM;
	clasp_port_join(table, port, binding);
	return 0;
}

/**
 * struct clasp_port_walk - the ephemeral ports in the order of RFC 6056
 * @net: namespace
 * @low: first port of the range
 * @count: ports in the range
 * @start: offset of the first one to be tried
 * @step: how many have been tried
 */
struct clasp_port_walk {
	struct net *net;
	u32 low;
	u32 count;
	u32 start;
	u32 step;
};

static void clasp_port_walk_start(struct clasp_port_walk *walk,
				  struct sock *sk, u64 offset)
{
	int low, high;

	inet_sk_get_local_port_range(sk, &low, &high);
	walk->net = sock_net(sk);
	walk->low = low;
	walk->count = high - low + 1;
	walk->start = offset % walk->count;
	walk->step = 0;
}

/* The next port that is not reserved, or 0 after the last. */
static u16 clasp_port_walk_next(struct clasp_port_walk *walk)
{
	while (walk->step < walk->count) {
		u16 number = walk->low +
			     (walk->start + walk->step++) % walk->count;

		if (!inet_is_local_reserved_port(walk->net, number))
			return number;
	}
	return 0;
}

/* Binds to any port of the range, which goes to @number; 0 without one. */
static int clasp_port_try_any(struct sock *sk, enum clasp_port_wish wish,
			      u16 *number)
{
	struct clasp_port_walk walk;
	int err = -EADDRINUSE;

	clasp_port_walk_start(&walk, sk, get_random_u32());
	while (err == -EADDRINUSE && (*number = clasp_port_walk_next(&walk)))
		err = clasp_port_try(sk, *number, wish);
	return err;
}

static bool clasp_port_autobind_reuse(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_autobind_reuse);
}

/**
 * clasp_port_bind() - bind() and the bind that listen() implies
 * @sk: a socket that owns no port, locked; its local address is set
 * @number: the port wanted, host byte order, or 0 for any
 *
 * struct proto::get_port. Sets inet_num.
 *
 * Return: 0, -EADDRINUSE or -ENOMEM.
 */
int clasp_port_bind(struct sock *sk, unsigned short number)
{
	struct clasp_table *table = &clasp_sk(sk)->home->table;
	int err;

	spin_lock_bh(&table->port_lock);
	clasp_binding_fill(sk);
	if (number)
		err = clasp_port_try(sk, number, CLASP_PORT_GIVEN);
	else
		err = clasp_port_try_any(sk, CLASP_PORT_FREE, &number);
	if (err == -EADDRINUSE && !number && clasp_port_autobind_reuse(sk))
		err = clasp_port_try_any(sk, CLASP_PORT_REUSED, &number);
	spin_unlock_bh(&table->port_lock);
	if (!err)
		inet_sk(sk)->inet_num = number;
	return err;
}

/*
 * Enters the connection into the table. A connection between the same two ends
 * that is in TIME-WAIT makes room: our initial sequence number is ahead of all
 * that it ever sent (RFC 6528), and its peer has closed or will be told.
 */
static int clasp_port_enter(struct sock *sk)
{
	struct clasp_table *table = &clasp_sk(sk)->home->table;
	struct clasp_entry *entry = &clasp_sk(sk)->entry;
	int err = clasp_table_insert(table, entry);

	if (err == -EADDRNOTAVAIL &&
	    clasp_timewait_evict(sock_net(sk), &entry->flow))
		err = clasp_table_insert(table, entry);
	if (!err)
		clasp_sk(sk)->hashed = true;
	return err;
}

/* Connects from one ephemeral port, if that makes the connection unique. */
static int clasp_port_connect_from(struct sock *sk, u16 number)
{
	struct clasp_table *table = &clasp_sk(sk)->home->table;
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_port *port;
	int err = 0;

	csk->entry.flow.lport = htons(number);
	spin_lock_bh(&table->port_lock);
	port = clasp_port_find(table, number);
	if (port && port->bound)
		err = -EADDRNOTAVAIL;
	else if (!port)
		port = clasp_port_create(table, number);
	if (!err && !port)
		err = -ENOMEM;
	if (!err) {
		clasp_binding_fill(sk);
		csk->binding.chosen = true;
		clasp_port_join(table, port, &csk->binding);
	}
	spin_unlock_bh(&table->port_lock);
	if (err)
		return err;

	err = clasp_port_enter(sk);
	if (err)
		clasp_port_release(table, &csk->binding);
	return err;
}

/**
 * clasp_port_readdress() - a socket's local address has changed
 * @sk: the socket, locked; nothing happens if it owns no port
 *
 * One that was bound to any address has that of its connection while it has one.
 */
void clasp_port_readdress(struct sock *sk)
{
	struct clasp_table *table = &clasp_sk(sk)->home->table;
	struct clasp_binding *binding = &clasp_sk(sk)->binding;

	spin_lock_bh(&table->port_lock);
	if (binding->port)
		clasp_binding_address(sk);
	spin_unlock_bh(&table->port_lock);
}

/**
 * clasp_port_connect() - give a connection its local port and make it known
 * @sk: a socket with both addresses and the peer's port set, locked; it keeps
 *	the port that it is bound to, or gets one of the ephemeral range in the
 *	order of RFC 6056, section 3.3.3: a keyed hash plus a counter, so that
 *	the port used longest ago comes next
 *
 * Return: 0, -EADDRNOTAVAIL if every port is taken, or -ENOMEM.
 */
int clasp_port_connect(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_port_walk walk;
	u16 number;
	int err;

	if (csk->binding.port) {
		csk->entry.flow.lport = inet_sk(sk)->inet_sport;
		clasp_port_readdress(sk);
		return clasp_port_enter(sk);
	}
	clasp_port_walk_start(&walk, sk,
			      csk->af->port_offset(&csk->entry.flow) +
			      (u32)atomic_inc_return(&clasp_sk(sk)->home->next_port));
	while ((number = clasp_port_walk_next(&walk))) {
		err = clasp_port_connect_from(sk, number);
		if (!err) {
			inet_sk(sk)->inet_num = number;
			inet_sk(sk)->inet_sport = htons(number);
			return 0;
		}
		if (err != -EADDRNOTAVAIL)
			return err;
	}
	return -EADDRNOTAVAIL;
}

/**
 * clasp_port_share() - let a successor own the port too
 * @table: the table
 * @from: who owns it; may have lost it already
 * @to: the new owner; its other fields are filled in
 *
 * Any context.
 *
 * Return: 0, or -EINVAL if @from owns no port any more.
 */
int clasp_port_share(struct clasp_table *table, struct clasp_binding *from,
		     struct clasp_binding *to)
{
	int err = -EINVAL;

	spin_lock_bh(&table->port_lock);
	if (from->port) {
		to->vrf = from->vrf;
		clasp_port_join(table, from->port, to);
		err = 0;
	}
	spin_unlock_bh(&table->port_lock);
	return err;
}

static void clasp_port_leave(struct clasp_table *table,
			     struct clasp_binding *binding)
{
	struct clasp_port *port = binding->port;

	lockdep_assert_held(&table->port_lock);
	hlist_del_init(&binding->node);
	port->bound -= !binding->chosen;
	binding->port = NULL;
	if (hlist_empty(&port->owners) && hlist_empty(&port->waiters)) {
		hlist_del(&port->node);
		kfree(port);
	}
}

/**
 * clasp_port_release() - own the port no longer
 * @table: the table
 * @binding: an owner; nothing happens if it owns no port
 *
 * Any context.
 */
void clasp_port_release(struct clasp_table *table,
			struct clasp_binding *binding)
{
	spin_lock_bh(&table->port_lock);
	if (binding->port)
		clasp_port_leave(table, binding);
	spin_unlock_bh(&table->port_lock);
}

/* Those of a port whose share is the same as this one's. */
static struct clasp_waiters *
clasp_waiters_find(const struct clasp_port *port,
		   const struct clasp_binding *binding)
{
	struct clasp_waiters *waiters;

	hlist_for_each_entry(waiters, &port->waiters, binding.node)
		if (waiters->binding.ifindex == binding->ifindex &&
		    waiters->binding.vrf == binding->vrf &&
		    waiters->binding.reuse == binding->reuse &&
		    waiters->binding.reuseport == binding->reuseport &&
		    waiters->binding.chosen == binding->chosen &&
		    ipv6_addr_equal(&waiters->binding.laddr, &binding->laddr))
			return waiters;
	return NULL;
}

static struct clasp_waiters *
clasp_waiters_create(struct clasp_port *port,
		     const struct clasp_binding *binding)
{
	struct clasp_waiters *waiters;

	waiters = kzalloc(sizeof(*waiters), GFP_ATOMIC | __GFP_ACCOUNT);
	if (!waiters)
		return NULL;
	waiters->binding = *binding;
	waiters->binding.port = port;
	port->bound += !binding->chosen;
	hlist_add_head(&waiters->binding.node, &port->waiters);
	return waiters;
}

/**
 * clasp_port_wait() - keep a socket's port for its connection in TIME-WAIT
 * @sk: the socket, locked, bound and connected
 *
 * Return: the share that it has now, for clasp_port_wait_over(); NULL without
 * memory.
 */
struct clasp_waiters *clasp_port_wait(struct sock *sk)
{
	struct clasp_table *table = &clasp_sk(sk)->home->table;
	const struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_binding share = {
		/* However it was bound, it was from here that it connected. */
		.laddr = csk->entry.flow.laddr,
		.vrf = csk->binding.vrf,
		.ifindex = sk->sk_bound_dev_if,
		.kind = CLASP_TIMEWAIT,
		.reuse = sk->sk_reuse,
		.reuseport = sk->sk_reuseport,
		.chosen = csk->binding.chosen,
	};
	struct clasp_waiters *waiters;

	spin_lock_bh(&table->port_lock);
	waiters = clasp_waiters_find(csk->binding.port, &share) ?:
		  clasp_waiters_create(csk->binding.port, &share);
	if (waiters)
		waiters->count++;
	spin_unlock_bh(&table->port_lock);
	return waiters;
}

/**
 * clasp_port_wait_over() - one connection less in TIME-WAIT
 * @table: the table
 * @waiters: from clasp_port_wait()
 *
 * Any context.
 */
void clasp_port_wait_over(struct clasp_table *table,
			  struct clasp_waiters *waiters)
{
	spin_lock_bh(&table->port_lock);
	if (!--waiters->count) {
		clasp_port_leave(table, &waiters->binding);
		kfree(waiters);
	}
	spin_unlock_bh(&table->port_lock);
}

/**
 * clasp_port_put() - unbind a socket
 * @sk: the socket, locked
 *
 * struct proto::put_port.
 */
void clasp_port_put(struct sock *sk)
{
	clasp_port_release(&clasp_sk(sk)->home->table,
			   &clasp_sk(sk)->binding);
	inet_sk(sk)->inet_num = 0;
}

/**
 * clasp_port_listen() - claim the right to listen, or give it up
 * @sk: a socket that owns a port, locked
 * @listening: which of the two
 *
 * Others may be bound to the port too, by SO_REUSEADDR, but of these only one
 * may listen. Options may have changed since bind().
 *
 * Return: 0, or -EADDRINUSE if another one is in the way.
 */
int clasp_port_listen(struct sock *sk, bool listening)
{
	struct clasp_table *table = &clasp_sk(sk)->home->table;
	struct clasp_binding *binding = &clasp_sk(sk)->binding;
	int err = 0;

	spin_lock_bh(&table->port_lock);
	if (listening && clasp_port_conflict(binding->port, binding,
					     CLASP_PORT_GIVEN))
		err = -EADDRINUSE;
	binding->listening = listening && !err;
	spin_unlock_bh(&table->port_lock);
	return err;
}
