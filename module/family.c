// SPDX-License-Identifier: GPL-2.0
/* The door: what socket(2) finds. */
#include <linux/module.h>
#include <linux/swap.h>
#include <net/inet_common.h>
#include <net/protocol.h>

#include "family.h"
#include "input.h"
#include "listen.h"
#include "options.h"
#include "port.h"
#include "recv.h"
#include "send.h"
#include "socket.h"

static atomic_long_t clasp_memory_allocated;
static DEFINE_PER_CPU(int, clasp_memory_per_cpu_fw_alloc);
static struct percpu_counter clasp_sockets_allocated;
static unsigned long clasp_memory_pressure;
static long clasp_sysctl_mem[3];
static int clasp_sysctl_wmem[3] = { 4096, 256 * 1024, 4 * 1024 * 1024 };
static int clasp_sysctl_rmem[3] = { 4096, 256 * 1024, 6 * 1024 * 1024 };

#ifdef CLASP_COMPAT_ACCEPT_ARGS
static struct sock *clasp_accept_compat(struct sock *sk, int flags, int *err,
					bool kern)
{
	struct proto_accept_arg arg = { .flags = flags, .kern = kern };
	struct sock *child = clasp_accept(sk, &arg);

	*err = arg.err;
	return child;
}

#define clasp_accept	clasp_accept_compat
#endif

#ifdef CLASP_COMPAT_IOCTL_ARG
static int clasp_ioctl_compat(struct sock *sk, int cmd, unsigned long arg)
{
	int result, err = clasp_ioctl(sk, cmd, &result);

	return err ?: put_user(result, (int __user *)arg);
}

#define clasp_ioctl	clasp_ioctl_compat
#endif

#ifdef CLASP_COMPAT_RECVMSG_LEN
static int clasp_recvmsg_compat(struct sock *sk, struct msghdr *msg,
				size_t len, int flags, int *addr_len)
{
	return clasp_recvmsg(sk, msg, len, flags);
}

#define clasp_recvmsg	clasp_recvmsg_compat
#endif

struct proto clasp_prot = {
	.name = "CLASP",
	.owner = THIS_MODULE,
	.obj_size = sizeof(struct clasp_sock),
	.max_header = CLASP_HEADER_MAX + 60,
	.no_autobind = true,

	.init = clasp_socket_init,
	.destroy = clasp_socket_free,
	.unhash = clasp_socket_unhash,
	.get_port = clasp_port_bind,
	.put_port = clasp_port_put,
	.connect = clasp_connect,
	.disconnect = clasp_disconnect,
	.accept = clasp_accept,
	.shutdown = clasp_shutdown,
	.keepalive = clasp_keepalive,
	.close = clasp_close,
	.sendmsg = clasp_sendmsg,
	.recvmsg = clasp_recvmsg,
	.setsockopt = clasp_setsockopt,
	.getsockopt = clasp_getsockopt,
	.ioctl = clasp_ioctl,
	.backlog_rcv = clasp_backlog_rcv,
	.release_cb = clasp_release_cb,

	.memory_allocated = &clasp_memory_allocated,
	.per_cpu_fw_alloc = &clasp_memory_per_cpu_fw_alloc,
	.sockets_allocated = &clasp_sockets_allocated,
	.memory_pressure = &clasp_memory_pressure,
	.sysctl_mem = clasp_sysctl_mem,
	.sysctl_wmem = clasp_sysctl_wmem,
	.sysctl_rmem = clasp_sysctl_rmem,
};

static const struct proto_ops clasp_stream_ops = {
	.family = PF_INET,
	.owner = THIS_MODULE,
	.release = inet_release,
	.bind = inet_bind,
	.connect = inet_stream_connect,
	.socketpair = sock_no_socketpair,
	.accept = inet_accept,
	.getname = inet_getname,
	.poll = clasp_poll,
	.ioctl = inet_ioctl,
	.gettstamp = sock_gettstamp,
	.listen = clasp_listen,
	.shutdown = inet_shutdown,
	.setsockopt = sock_common_setsockopt,
	.getsockopt = sock_common_getsockopt,
	.sendmsg = inet_sendmsg,
	.recvmsg = inet_recvmsg,
	.mmap = sock_no_mmap,
};

static struct inet_protosw clasp_protosw = {
	.type = SOCK_STREAM,
	.prot = &clasp_prot,
	.ops = &clasp_stream_ops,
};

/* As for TCP: a sixteenth of what there is, three quarters of it in peace. */
static void clasp_family_limit_memory(void)
{
	unsigned long limit = max(nr_free_buffer_pages() / 16, 128UL);

	clasp_sysctl_mem[0] = limit / 4 * 3;
	clasp_sysctl_mem[1] = limit;
	clasp_sysctl_mem[2] = clasp_sysctl_mem[0] * 2;
}

/**
 * clasp_family_init() - on load: sockets can be allocated
 *
 * Return: 0 or -ENOMEM.
 */
int clasp_family_init(void)
{
	int err;

	clasp_family_limit_memory();
	err = percpu_counter_init(&clasp_sockets_allocated, 0, GFP_KERNEL);
	if (err)
		return err;
	err = proto_register(&clasp_prot, 1);
	if (err)
		percpu_counter_destroy(&clasp_sockets_allocated);
	return err;
}

/**
 * clasp_family_exit() - on unload: there are no sockets
 */
void clasp_family_exit(void)
{
	proto_unregister(&clasp_prot);
	percpu_counter_destroy(&clasp_sockets_allocated);
}

/**
 * clasp_family_register() - let socket(2) find the protocol
 */
void clasp_family_register(void)
{
	clasp_protosw.protocol = clasp_protocol;
	inet_register_protosw(&clasp_protosw);
}

/**
 * clasp_family_unregister() - let socket(2) find it no longer
 */
void clasp_family_unregister(void)
{
	inet_unregister_protosw(&clasp_protosw);
}
