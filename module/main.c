// SPDX-License-Identifier: GPL-2.0
/* Load and unload, and the start and end of each network namespace. */
#include <linux/module.h>
#include <net/netns/generic.h>

#include "clasp.h"
#include "door.h"
#include "family.h"
#include "ipv4.h"
#include "ipv6.h"
#include "offload.h"
#include "orphan.h"
#include "request.h"
#include "sysctl.h"
#include "timewait.h"

unsigned int clasp_net_id;
unsigned int clasp_protocol = IPPROTO_CLASP;

module_param_named(protocol, clasp_protocol, uint, 0444);
MODULE_PARM_DESC(protocol, "IP protocol number (default 253)");

/**
 * clasp_net() - what a namespace holds
 * @net: the namespace
 *
 * Return: CLASP's part of it.
 */
struct clasp_net *clasp_net(const struct net *net)
{
	return net_generic(net, clasp_net_id);
}

static int __net_init clasp_net_start(struct net *net)
{
	struct clasp_net *cnet = clasp_net(net);
	int err;

	cnet->net = net;
	get_random_bytes(&cnet->isn_key, sizeof(cnet->isn_key));
	clasp_cookies_init(&cnet->cookies);
	clasp_challenges_init(&cnet->challenges);
	clasp_timewaits_init(&cnet->timewaits);
	clasp_orphans_init(&cnet->orphans);
	atomic_set(&cnet->next_port, (u16)get_random_u32());
	err = clasp_table_init(&cnet->table);
	if (err)
		return err;
	err = clasp_mib_init(net);
	if (err)
		goto out_table;
	err = clasp_sysctl_init(net);
	if (err)
		goto out_mib;
	return 0;
out_mib:
	clasp_mib_exit(net);
out_table:
	clasp_table_destroy(&cnet->table);
	return err;
}

/*
 * No program is left, so neither is a listener, a request or a connection but
 * orphans. The devices are still there: their peers can be told.
 */
static void __net_exit clasp_net_before_end(struct net *net)
{
	clasp_orphans_end_all(net);
}

/*
 * No device is left. TIME-WAIT is, and segments or alarms still being handled;
 * and orphans that sockets of the kernel have become since.
 */
static void __net_exit clasp_net_end(struct list_head *nets)
{
	struct net *net;

	list_for_each_entry(net, nets, exit_list) {
		clasp_sysctl_exit(net);
		clasp_orphans_end_all(net);
		clasp_timewait_end_all(net);
	}
	/* Alarms run in softirqs, which a grace period waits for. */
	synchronize_rcu();
	list_for_each_entry(net, nets, exit_list) {
		clasp_mib_exit(net);
		clasp_table_destroy(&clasp_net(net)->table);
	}
}

static struct pernet_operations clasp_net_ops = {
	.init = clasp_net_start,
	.pre_exit = clasp_net_before_end,
	.exit_batch = clasp_net_end,
	.id = &clasp_net_id,
	.size = sizeof(struct clasp_net),
};

static int __init clasp_caches_init(void)
{
	int err = clasp_request_module_init();

	if (err)
		return err;
	err = clasp_timewait_module_init();
	if (err)
		clasp_request_module_exit();
	return err;
}

static void clasp_caches_exit(void)
{
	/* Requests and stand-ins are freed after a grace period. */
	rcu_barrier();
	clasp_timewait_module_exit();
	clasp_request_module_exit();
}

static int __init clasp_protocols_register(void)
{
	int err = clasp_ipv4_register();

	if (err)
		return err;
	err = clasp_ipv6_register();
	if (err) {
		clasp_offload_stop();
		clasp_ipv4_unregister();
	}
	return err;
}

static void clasp_protocols_unregister(void)
{
	clasp_offload_stop();
	clasp_ipv6_unregister();
	clasp_ipv4_unregister();
}

static int __init clasp_init(void)
{
	int err;

	if (!clasp_protocol || clasp_protocol >= IPPROTO_RAW) {
		pr_err("clasp: protocol=%u is no IP protocol number\n",
		       clasp_protocol);
		return -EINVAL;
	}
	err = clasp_caches_init();
	if (err)
		return err;
	err = clasp_family_init();
	if (err)
		goto out_caches;
	err = register_pernet_subsys(&clasp_net_ops);
	if (err)
		goto out_family;
	err = clasp_protocols_register();
	if (err) {
		pr_err("clasp: IP protocol %u is taken already\n",
		       clasp_protocol);
		goto out_net;
	}
	err = clasp_door_register();
	if (err)
		goto out_protocols;
	err = clasp_family_register();
	if (err)
		goto out_door;
	pr_info("clasp: ready, IP protocol %u, address family %u\n",
		clasp_protocol, clasp_family);
	return 0;
out_door:
	clasp_door_unregister();
out_protocols:
	clasp_protocols_unregister();
out_net:
	unregister_pernet_subsys(&clasp_net_ops);
out_family:
	clasp_family_exit();
out_caches:
	clasp_caches_exit();
	return err;
}

static void __exit clasp_exit(void)
{
	clasp_family_unregister();
	clasp_door_unregister();
	clasp_protocols_unregister();
	unregister_pernet_subsys(&clasp_net_ops);
	clasp_family_exit();
	clasp_caches_exit();
}

module_init(clasp_init);
module_exit(clasp_exit);

MODULE_DESCRIPTION("CLASP, the Connection Lifecycle And Stream Protocol");
MODULE_AUTHOR("The CLASP developers");
MODULE_LICENSE("GPL");
/* IPPROTO_CLASP, SOCK_STREAM: socket(2) finds literal numbers only. */
MODULE_ALIAS_NET_PF_PROTO_TYPE(2, 253, 1);	/* PF_INET */
MODULE_ALIAS_NET_PF_PROTO_TYPE(10, 253, 1);	/* PF_INET6 */
