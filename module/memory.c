// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of all sockets together: how much there is, and what happens when
 * it runs short.
 *
 * What lies in a socket's queues is charged to the protocol, in pages, and to
 * the memory control group of its program: by the kernel's sk_wmem_schedule()
 * and sk_rmem_schedule(), which refuse beyond the limits here.
 */
#include <linux/swap.h>
#include <linux/sysctl.h>

#include "clasp.h"
#include "memory.h"

atomic_long_t clasp_memory_allocated;
DEFINE_PER_CPU(int, clasp_memory_per_cpu_fw_alloc);
struct percpu_counter clasp_memory_sockets;
unsigned long clasp_memory_short;
long clasp_memory_limits[CLASP_MEMORY_LIMITS];

/* So much each socket may have even when memory is short, bytes. */
int clasp_memory_least = 4096;

static struct ctl_table_header *clasp_memory_sysctl;

/**
 * clasp_memory_enter_pressure() - memory has become short
 * @sk: whose charge it was
 *
 * struct proto::enter_memory_pressure. The kernel ends it by itself.
 */
void clasp_memory_enter_pressure(struct sock *sk)
{
	if (READ_ONCE(clasp_memory_short))
		return;
	WRITE_ONCE(clasp_memory_short, 1);
	clasp_count_sk(sk, CLASP_MIB_MemoryPressures);
}

/**
 * clasp_memory_pressed() - is memory short?
 * @sk: the socket
 *
 * Return: true if it is, for all sockets or for this one's control group.
 */
bool clasp_memory_pressed(const struct sock *sk)
{
	return READ_ONCE(clasp_memory_short) || clasp_compat_memcg_pressed(sk);
}

/**
 * clasp_memory_spare() - may buffers grow?
 * @sk: the socket
 *
 * Return: true if there is far more memory than is used.
 */
bool clasp_memory_spare(const struct sock *sk)
{
	return !clasp_memory_pressed(sk) &&
	       sk_memory_allocated(sk) < READ_ONCE(clasp_memory_limits[0]);
}

/**
 * clasp_memory_exhausted() - is there none left, and does this socket hold some?
 * @sk: the socket, locked
 *
 * As tcp_out_of_memory(): then a socket that no program holds has to go.
 *
 * Return: true if so.
 */
bool clasp_memory_exhausted(const struct sock *sk)
{
	return sk->sk_wmem_queued > SOCK_MIN_SNDBUF &&
	       sk_memory_allocated(sk) >
	       READ_ONCE(clasp_memory_limits[CLASP_MEMORY_LIMITS - 1]);
}

/* All three or none of them change, and only if they are in order. */
static int clasp_memory_turn(clasp_compat_const struct ctl_table *table,
			     int write, void *buffer, size_t *lenp,
			     loff_t *ppos)
{
	static const unsigned long least = 1, most = INT_MAX;
	long limits[CLASP_MEMORY_LIMITS];
	struct ctl_table copy = {
		.procname = table->procname,
		.data = limits,
		.maxlen = sizeof(limits),
		.mode = table->mode,
		.extra1 = (void *)&least,
		.extra2 = (void *)&most,
	};
	int i, err;

	memcpy(limits, clasp_memory_limits, sizeof(limits));
	err = proc_doulongvec_minmax(&copy, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	for (i = 1; i < CLASP_MEMORY_LIMITS; i++)
		if (limits[i] < limits[i - 1])
			return -EINVAL;
	for (i = 0; i < CLASP_MEMORY_LIMITS; i++)
		WRITE_ONCE(clasp_memory_limits[i], limits[i]);
	return 0;
}

/* Of the machine, so in the first namespace only. */
static struct ctl_table clasp_memory_table[] = {
	{
		.procname = "mem_pages",
		.mode = 0644,
		.proc_handler = clasp_memory_turn,
	},
	/* Ends the table on kernels that do not count. */
	{ }
};

/* As for TCP: a sixteenth of what there is, three quarters of it in peace. */
static void clasp_memory_limit(void)
{
	unsigned long limit = max(nr_free_buffer_pages() / 16, 128UL);

	clasp_memory_limits[0] = limit / 4 * 3;
	clasp_memory_limits[1] = limit;
	clasp_memory_limits[2] = clasp_memory_limits[0] * 2;
}

/**
 * clasp_memory_init() - on load
 *
 * Return: 0 or -ENOMEM.
 */
int clasp_memory_init(void)
{
	int err;

	clasp_memory_limit();
	err = percpu_counter_init(&clasp_memory_sockets, 0, GFP_KERNEL);
	if (err)
		return err;
	clasp_memory_sysctl =
		clasp_compat_register_sysctl(&init_net, "net/clasp",
					     clasp_memory_table, 1);
	if (clasp_memory_sysctl)
		return 0;
	percpu_counter_destroy(&clasp_memory_sockets);
	return -ENOMEM;
}

/**
 * clasp_memory_exit() - on unload: there are no sockets
 */
void clasp_memory_exit(void)
{
	unregister_net_sysctl_table(clasp_memory_sysctl);
	percpu_counter_destroy(&clasp_memory_sockets);
}
