// SPDX-License-Identifier: GPL-2.0
/* Counters, per CPU and network namespace: /proc/net/clasp/snmp. */
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>

#include "clasp.h"

#define CLASP_COUNTER_NAME(name)	#name,
static const char * const clasp_counter_names[] = {
	CLASP_COUNTERS(CLASP_COUNTER_NAME)
};

/**
 * clasp_count() - count something
 * @net: the namespace
 * @counter: what
 *
 * Any context.
 */
void clasp_count(struct net *net, enum clasp_counter counter)
{
	clasp_mib_add(clasp_net(net)->mib, counter, 1);
}

/**
 * clasp_mib_read() - read a counter
 * @net: the namespace
 * @counter: which one
 *
 * Return: its sum over all CPUs.
 */
u64 clasp_mib_read(struct net *net, enum clasp_counter counter)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(clasp_net(net)->mib, cpu)->value[counter];
	return sum;
}

static int clasp_mib_show(struct seq_file *seq, void *v)
{
	struct net *net = seq_file_single_net(seq);
	int i;

	for (i = 0; i < CLASP_COUNTER_COUNT; i++)
		seq_printf(seq, "%s %llu\n", clasp_counter_names[i],
			   clasp_mib_read(net, i));
	return 0;
}

/**
 * clasp_mib_init() - start counting in a namespace
 * @net: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int clasp_mib_init(struct net *net)
{
	struct clasp_net *cnet = clasp_net(net);
	struct proc_dir_entry *dir;

	cnet->mib = alloc_percpu(struct clasp_mib);
	if (!cnet->mib)
		return -ENOMEM;
	if (!IS_ENABLED(CONFIG_PROC_FS))
		return 0;
	dir = proc_net_mkdir(net, "clasp", net->proc_net);
	if (dir && proc_create_net_single("snmp", 0444, dir, clasp_mib_show,
					  NULL))
		return 0;
	clasp_mib_exit(net);
	return -ENOMEM;
}

/**
 * clasp_mib_exit() - stop counting in a namespace
 * @net: the namespace; nobody counts in it any more
 */
void clasp_mib_exit(struct net *net)
{
	remove_proc_subtree("clasp", net->proc_net);
	free_percpu(clasp_net(net)->mib);
}
