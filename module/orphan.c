// SPDX-License-Identifier: GPL-2.0
/*
 * Connections that no program holds any more.
 *
 * An orphan has data or a FIN to deliver, for minutes if the peer is gone. The
 * network namespace does not wait for it: an orphan gives its reference back,
 * and is found in a list and ended when the namespace ends.
 */
#include "actions.h"
#include "memory.h"
#include "orphan.h"

static struct clasp_orphans *clasp_orphans(const struct sock *sk)
{
	return &clasp_sk(sk)->home->orphans;
}

/**
 * clasp_orphans_init() - at the start of a namespace
 * @orphans: all zero
 */
void clasp_orphans_init(struct clasp_orphans *orphans)
{
	spin_lock_init(&orphans->lock);
	INIT_LIST_HEAD(&orphans->list);
}

/**
 * clasp_orphans_too_many() - are there more than there may be?
 * @sk: an orphan, locked
 *
 * Return: true if one, this for instance, has to go; or this one, as it holds
 * memory and there is none left.
 */
bool clasp_orphans_too_many(const struct sock *sk)
{
	return READ_ONCE(clasp_orphans(sk)->count) >
	       READ_ONCE(clasp_sysctl(sk)->max_orphans) ||
	       clasp_memory_exhausted(sk);
}

/**
 * clasp_orphan_begin() - no program holds the socket any more
 * @sk: the socket, locked; its reference now is the connection's. The caller
 *	sees to it that the namespace lives on until the lock is released.
 */
void clasp_orphan_begin(struct sock *sk)
{
	struct clasp_orphans *orphans = clasp_orphans(sk);

	sock_orphan(sk);
	spin_lock_bh(&orphans->lock);
	list_add_tail(&clasp_sk(sk)->orphan_node, &orphans->list);
	WRITE_ONCE(orphans->count, orphans->count + 1);
	spin_unlock_bh(&orphans->lock);
	/* Not before: who ends the namespace looks for it in the list. */
	clasp_compat_release_net(sk);
}

/**
 * clasp_orphan_end() - an orphan is over
 * @sk: the socket, locked, with its connection's reference still there; does
 *	not need its namespace from here on
 */
void clasp_orphan_end(struct sock *sk)
{
	struct clasp_orphans *orphans = clasp_orphans(sk);

	spin_lock_bh(&orphans->lock);
	list_del_init(&clasp_sk(sk)->orphan_node);
	WRITE_ONCE(orphans->count, orphans->count - 1);
	spin_unlock_bh(&orphans->lock);
}

/* The first of them, with a reference, or NULL. */
static struct sock *clasp_orphans_get(struct clasp_orphans *orphans)
{
	struct clasp_sock *csk;

	spin_lock_bh(&orphans->lock);
	csk = list_first_entry_or_null(&orphans->list, struct clasp_sock,
				       orphan_node);
	/* It leaves the list before the connection's reference goes. */
	if (csk)
		sock_hold(&csk->inet.sk);
	spin_unlock_bh(&orphans->lock);
	return csk ? &csk->inet.sk : NULL;
}

/**
 * clasp_orphans_end_all() - end every orphan of a namespace
 * @net: the namespace, in which no program can make another one
 *
 * CLASP_EV_ABORT for each: peers are told by a RST. May sleep. Softirqs may
 * still have one of them in hand when this returns; a grace period ends that.
 */
void clasp_orphans_end_all(struct net *net)
{
	struct sock *sk;

	while ((sk = clasp_orphans_get(&clasp_net(net)->orphans))) {
		lock_sock(sk);
		clasp_step(sk, CLASP_EV_ABORT, NULL);
		release_sock(sk);
		sock_put(sk);
		cond_resched();
	}
}
