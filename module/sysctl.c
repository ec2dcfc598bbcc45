// SPDX-License-Identifier: GPL-2.0
/* The knobs, per network namespace: net.clasp.* */
#include <linux/slab.h>
#include <linux/sysctl.h>

#include "clasp.h"
#include "cong.h"
#include "sysctl.h"
#include "timewait.h"

/* Sizes of a buffer: a segment or so; and far less than an int holds. */
#define CLASP_BUFFER_MIN	4096
#define CLASP_BUFFER_MAX	0x40000000

static const struct clasp_sysctl clasp_sysctl_defaults = {
	/* 255 s in all: RFC 9293, section 3.8.3, wants 3 minutes at least. */
	.syn_retries = 7,
	.synack_retries = 5,
	.retries = 15,
	.orphan_retries = 7,
	.path_retries = 3,
	.user_timeout_ms = 0,
	.keepalive_idle_ms = 2 * 3600 * 1000,
	.keepalive_interval_ms = 75 * 1000,
	.keepalive_probes = 9,
	.max_syn_backlog = 1024,
	.max_requests = 65536,
	.syn_cookies = 1,
	.max_timewait = 262144,
	.max_orphans = 16384,
	.timewait_ms = 240 * 1000,
	.fin_wait2_timeout_ms = 60 * 1000,
	.rto_min_ms = 200,
	.rto_max_ms = 120 * 1000,
	.ack_delay_ms = 40,
	.quick_acks = 16,
	.tail_loss_probe = 1,
	.mtu_probing = 1,
	.base_mss_bytes = 1024,
	.min_mss_bytes = 512,
	.mtu_probe_interval_ms = 600 * 1000,
	.notsent_lowat_bytes = INT_MAX,
	.challenge_ack_ms = 500,
	.challenge_acks_per_s = 1000,
	.rmem_default_bytes = 128 * 1024,
	.rmem_max_bytes = 6 * 1024 * 1024,
	.wmem_default_bytes = 16 * 1024,
	.wmem_max_bytes = 4 * 1024 * 1024,
	.limit_output_bytes = 4 * 1024 * 1024,
	.ecn = 2,
	.congestion = &clasp_cubic,
};

/**
 * struct clasp_knob - one file under net.clasp
 * @name: its name
 * @offset: of the value in struct clasp_sysctl
 * @min: least value
 * @max: greatest value
 * @turned: called when it has a new value, or NULL
 * @handler: reads and writes it
 */
struct clasp_knob {
	const char *name;
	size_t offset;
	int min;
	int max;
	void (*turned)(struct clasp_net *cnet);
	proc_handler *handler;
};

static int clasp_sysctl_turn(clasp_compat_const struct ctl_table *table,
			     int write, void *buffer, size_t *lenp,
			     loff_t *ppos)
{
	const struct clasp_knob *knob = container_of(table->extra1,
						     struct clasp_knob, min);
	struct clasp_sysctl *sysctl = (void *)((char *)table->data -
					       knob->offset);
	int err = proc_dointvec_minmax(table, write, buffer, lenp, ppos);

	if (write && !err && knob->turned)
		knob->turned(container_of(sysctl, struct clasp_net, sysctl));
	return err;
}

/* Congestion control, by name; an unknown one is told as TCP tells it. */
static int clasp_sysctl_name(clasp_compat_const struct ctl_table *table,
			     int write, void *buffer, size_t *lenp,
			     loff_t *ppos)
{
	const struct clasp_cong_algorithm **chosen = table->data, *algorithm;
	char name[CLASP_CA_NAME_MAX];
	struct ctl_table text = { .data = name, .maxlen = sizeof(name) };
	int err;

	strscpy(name, READ_ONCE(*chosen)->name, sizeof(name));
	err = proc_dostring(&text, write, buffer, lenp, ppos);
	if (!write || err)
		return err;
	algorithm = clasp_cong_find(name);
	if (!algorithm)
		return -ENOENT;
	WRITE_ONCE(*chosen, algorithm);
	return 0;
}

#define CLASP_KNOB_CALL(name, min, max, turned)				\
	{ #name, offsetof(struct clasp_sysctl, name), (min), (max),	\
	  (turned), clasp_sysctl_turn }
#define CLASP_KNOB(name, min, max) CLASP_KNOB_CALL(name, min, max, NULL)

static void clasp_knob_timewait(struct clasp_net *cnet)
{
	clasp_timewaits_retime(&cnet->timewaits);
}

static struct clasp_knob clasp_knobs[] = {
	CLASP_KNOB(syn_retries, 1, 127),
	CLASP_KNOB(synack_retries, 1, 127),
	CLASP_KNOB(retries, 1, 127),
	CLASP_KNOB(orphan_retries, 1, 127),
	CLASP_KNOB(path_retries, 1, 127),
	CLASP_KNOB(user_timeout_ms, 0, INT_MAX),
	CLASP_KNOB(keepalive_idle_ms, 1, INT_MAX),
	CLASP_KNOB(keepalive_interval_ms, 1, INT_MAX),
	CLASP_KNOB(keepalive_probes, 1, 127),
	CLASP_KNOB(max_syn_backlog, 1, 65536),
	CLASP_KNOB(max_requests, 0, 1048576),
	CLASP_KNOB(syn_cookies, 0, 2),
	CLASP_KNOB(max_timewait, 0, 4194304),
	CLASP_KNOB(max_orphans, 0, 1048576),
	CLASP_KNOB_CALL(timewait_ms, 1, 86400000, clasp_knob_timewait),
	CLASP_KNOB(fin_wait2_timeout_ms, 1, 86400000),
	CLASP_KNOB(rto_min_ms, 1, 60000),
	CLASP_KNOB(rto_max_ms, 1000, 600000),
	CLASP_KNOB(ack_delay_ms, 1, 499),
	CLASP_KNOB(quick_acks, 0, 255),
	CLASP_KNOB(tail_loss_probe, 0, 1),
	CLASP_KNOB(mtu_probing, 0, 1),
	CLASP_KNOB(base_mss_bytes, CLASP_MSS_MIN, CLASP_MSS_MAX),
	CLASP_KNOB(min_mss_bytes, CLASP_MSS_MIN, CLASP_MSS_MAX),
	CLASP_KNOB(mtu_probe_interval_ms, 1, INT_MAX),
	CLASP_KNOB(notsent_lowat_bytes, 1, INT_MAX),
	CLASP_KNOB(challenge_ack_ms, 0, 60000),
	CLASP_KNOB(challenge_acks_per_s, 0, 1000000),
	CLASP_KNOB(rmem_default_bytes, CLASP_BUFFER_MIN, CLASP_BUFFER_MAX),
	CLASP_KNOB(rmem_max_bytes, CLASP_BUFFER_MIN, CLASP_BUFFER_MAX),
	CLASP_KNOB(wmem_default_bytes, CLASP_BUFFER_MIN, CLASP_BUFFER_MAX),
	CLASP_KNOB(wmem_max_bytes, CLASP_BUFFER_MIN, CLASP_BUFFER_MAX),
	CLASP_KNOB(limit_output_bytes, 0, INT_MAX),
	CLASP_KNOB(ecn, 0, 2),
	{ .name = "congestion", .handler = clasp_sysctl_name,
	  .offset = offsetof(struct clasp_sysctl, congestion) },
};

#ifdef CLASP_COMPAT_SYSCTL_END
#define CLASP_SYSCTL_ENTRIES	(ARRAY_SIZE(clasp_knobs) + 1)
#else
#define CLASP_SYSCTL_ENTRIES	ARRAY_SIZE(clasp_knobs)
#endif

/**
 * clasp_sysctl_init() - give a namespace its knobs, at their defaults
 * @net: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int clasp_sysctl_init(struct net *net)
{
	struct clasp_net *cnet = clasp_net(net);
	struct ctl_table *table;
	int i;

	cnet->sysctl = clasp_sysctl_defaults;
	table = kcalloc(CLASP_SYSCTL_ENTRIES, sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(clasp_knobs); i++) {
		table[i].procname = clasp_knobs[i].name;
		table[i].data = (char *)&cnet->sysctl + clasp_knobs[i].offset;
		table[i].maxlen = sizeof(int);
		table[i].mode = 0644;
		table[i].proc_handler = clasp_knobs[i].handler;
		table[i].extra1 = &clasp_knobs[i].min;
		table[i].extra2 = &clasp_knobs[i].max;
	}
	cnet->sysctl_header =
		clasp_compat_register_sysctl(net, "net/clasp", table,
					     ARRAY_SIZE(clasp_knobs));
	if (cnet->sysctl_header)
		return 0;
	kfree(table);
	return -ENOMEM;
}

/**
 * clasp_sysctl_exit() - take a namespace's knobs away
 * @net: the namespace
 */
void clasp_sysctl_exit(struct net *net)
{
	struct ctl_table_header *header = clasp_net(net)->sysctl_header;
	const struct ctl_table *table = header->ctl_table_arg;

	unregister_net_sysctl_table(header);
	kfree(table);
}
