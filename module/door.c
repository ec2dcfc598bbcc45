// SPDX-License-Identifier: GPL-2.0
/*
 * The second door: socket(AF_CLASP, SOCK_STREAM, 0), and 1 for IPv6. It leads to
 * the very same sockets as family.c's: what is made here is one of those, and
 * says so (SO_DOMAIN).
 */
#include <linux/module.h>
#include <net/sock.h>

#include "clasp.h"
#include "door.h"

unsigned int clasp_family = AF_CLASP;

module_param_named(family, clasp_family, uint, 0444);
MODULE_PARM_DESC(family, "address family of the second door, 0 for none (default 18)");

/* By the third argument of socket(2). */
static const u8 clasp_door_families[] = {
	[AF_CLASP_IPV4] = PF_INET,
	[AF_CLASP_IPV6] = PF_INET6,
};

/* Lets a file have the socket that another one was made for. */
static void clasp_door_move(struct socket *from, struct socket *to)
{
	struct sock *sk = from->sk;

	sock_orphan(sk);
	from->sk = NULL;
	to->ops = from->ops;
	/* What the protocol has promised: clasp_socket_init(). */
	to->flags |= from->flags;
	sock_graft(sk, to);
	/* sock_orphan() sets it. Nobody else has seen the socket yet. */
	sock_reset_flag(sk, SOCK_DEAD);
}

/*
 * struct net_proto_family::create. The module is held by who calls, and then by
 * the socket's operations, as with any other.
 */
static int clasp_door_create(struct net *net, struct socket *sock, int protocol,
			     int kern)
{
	struct socket *inner;
	int err;

	if (sock->type != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	if (protocol < 0 || protocol >= ARRAY_SIZE(clasp_door_families))
		return -EPROTONOSUPPORT;
	/* Security modules and control groups are asked of it as of any. */
	err = __sock_create(net, clasp_door_families[protocol], SOCK_STREAM,
			    clasp_protocol, &inner, kern);
	if (err)
		return err;
	clasp_door_move(inner, sock);
	sock_release(inner);
	return 0;
}

static struct net_proto_family clasp_door = {
	.create = clasp_door_create,
	.owner = THIS_MODULE,
};

/**
 * clasp_door_register() - let socket(2) find the second door
 *
 * Before the first, which cannot fail: until it is open, this one leads nowhere,
 * so that a load that fails has not made a socket.
 *
 * Return: 0, also if there is to be none; -EINVAL if the parameter is no address
 * family, -EEXIST if somebody else has it. The log says which.
 */
int clasp_door_register(void)
{
	int err;

	if (!clasp_family)
		return 0;
	if (clasp_family >= NPROTO) {
		pr_err("clasp: family=%u is no address family\n", clasp_family);
		return -EINVAL;
	}
	clasp_door.family = clasp_family;
	err = sock_register(&clasp_door);
	if (err)
		pr_err("clasp: address family %u is taken already\n",
		       clasp_family);
	return err;
}

/**
 * clasp_door_unregister() - let socket(2) find it no longer
 *
 * When it returns, nobody is on its way through any more.
 */
void clasp_door_unregister(void)
{
	if (clasp_family)
		sock_unregister(clasp_family);
}

MODULE_ALIAS_NETPROTO(18);
