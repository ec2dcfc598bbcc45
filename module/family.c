// SPDX-License-Identifier: GPL-2.0
/* The door: what socket(2) finds. */
#include <linux/module.h>
#include <net/inet_common.h>
#include <net/protocol.h>
#include <net/transp_v6.h>

#include "family.h"
#include "input.h"
#include "ipv6.h"
#include "listen.h"
#include "memory.h"
#include "options.h"
#include "port.h"
#include "rcvq.h"
#include "recv.h"
#include "send.h"
#include "socket.h"

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
	int err = clasp_recvmsg(sk, msg, len, flags);

	*addr_len = msg->msg_namelen;
	return err;
}

#define clasp_recvmsg	clasp_recvmsg_compat
#endif

#ifdef CLASP_COMPAT_SENDPAGE
/* What follows from the pipe is more, even if the call is over with it. */
static ssize_t clasp_sendpage_compat(struct socket *sock, struct page *page,
				     int offset, size_t size, int flags)
{
	struct bio_vec bvec = {
		.bv_page = page,
		.bv_offset = offset,
		.bv_len = size,
	};
	struct msghdr msg = { .msg_flags = flags };

	if (flags & MSG_SENDPAGE_NOTLAST)
		msg.msg_flags |= MSG_MORE;
	/* Pages that must not have references of others are copied. */
	if (sendpage_ok(page))
		msg.msg_flags |= MSG_SPLICE_PAGES;
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &bvec, 1, size);
	return clasp_sendmsg(sock->sk, &msg, size);
}
#endif

/* sock_setsockopt() must ask us first, of an accepted socket, too. */
static int clasp_stream_accepted(struct socket *child, int err)
{
	if (!err)
		clasp_compat_custom_options(child);
	return err;
}

#ifdef CLASP_COMPAT_ACCEPT_ARGS
static int clasp_stream_accept(struct socket *sock, struct socket *child,
			       int flags, bool kern)
{
	return clasp_stream_accepted(child,
				     inet_accept(sock, child, flags, kern));
}
#else
static int clasp_stream_accept(struct socket *sock, struct socket *child,
			       struct proto_accept_arg *arg)
{
	return clasp_stream_accepted(child, inet_accept(sock, child, arg));
}
#endif

/* The same for both families. */
#define CLASP_PROTO							\
	.owner = THIS_MODULE,						\
	.max_header = CLASP_HEADER_MAX + 60,				\
	.no_autobind = true,						\
	.destroy = clasp_socket_free,					\
	.unhash = clasp_socket_unhash,					\
	.get_port = clasp_port_bind,					\
	.put_port = clasp_port_put,					\
	.connect = clasp_connect,					\
	.disconnect = clasp_disconnect,					\
	.accept = clasp_accept,						\
	.shutdown = clasp_shutdown,					\
	.keepalive = clasp_keepalive,					\
	.close = clasp_close,						\
	.sendmsg = clasp_sendmsg,					\
	.recvmsg = clasp_recvmsg,					\
	.setsockopt = clasp_setsockopt,					\
	.getsockopt = clasp_getsockopt,					\
	.ioctl = clasp_ioctl,						\
	.backlog_rcv = clasp_backlog_rcv,				\
	.release_cb = clasp_release_cb,					\
	.stream_memory_free = clasp_send_memory_free,			\
	.memory_allocated = &clasp_memory_allocated,			\
	.per_cpu_fw_alloc = &clasp_memory_per_cpu_fw_alloc,		\
	.sockets_allocated = &clasp_memory_sockets,			\
	.memory_pressure = &clasp_memory_short,				\
	.enter_memory_pressure = clasp_memory_enter_pressure,		\
	.sysctl_mem = clasp_memory_limits,				\
	/* The rest of the buffers' sizes is of a namespace. */		\
	.sysctl_wmem = &clasp_memory_least,				\
	.sysctl_rmem = &clasp_memory_least

static int clasp_family_init_ipv4(struct sock *sk)
{
	return clasp_socket_init(sk, clasp_af_table[CLASP_IPV4]);
}

struct proto clasp_prot = {
	CLASP_PROTO,
	.name = "CLASP",
	.obj_size = sizeof(struct clasp_sock),
	.init = clasp_family_init_ipv4,
};

#ifdef CLASP_COMPAT_SENDPAGE
#define CLASP_STREAM_SPLICE	.sendpage = clasp_sendpage_compat,
#else
#define CLASP_STREAM_SPLICE	.splice_eof = clasp_send_splice_eof,
#endif

#ifdef CLASP_COMPAT_PEEK_OFF
#define CLASP_STREAM_PEEK_OFF	.set_peek_off = sk_set_peek_off,
#else
#define CLASP_STREAM_PEEK_OFF
#endif

#define CLASP_STREAM_OPS						\
	.owner = THIS_MODULE,						\
	.connect = inet_stream_connect,					\
	.socketpair = sock_no_socketpair,				\
	.accept = clasp_stream_accept,					\
	.poll = clasp_poll,						\
	.gettstamp = sock_gettstamp,					\
	.listen = clasp_listen,						\
	.shutdown = inet_shutdown,					\
	.setsockopt = sock_common_setsockopt,				\
	.getsockopt = sock_common_getsockopt,				\
	.sendmsg = inet_sendmsg,					\
	.recvmsg = inet_recvmsg,					\
	.mmap = sock_no_mmap,						\
	.read_sock = clasp_recv_actor,					\
	.set_rcvlowat = clasp_rcvq_set_low_water,			\
	.splice_read = clasp_recv_splice,				\
	CLASP_STREAM_SPLICE						\
	CLASP_STREAM_PEEK_OFF

static const struct proto_ops clasp_stream_ops = {
	CLASP_STREAM_OPS
	.family = PF_INET,
	.release = inet_release,
	.bind = inet_bind,
	.getname = inet_getname,
	.ioctl = inet_ioctl,
};

static struct inet_protosw clasp_protosw = {
	.type = SOCK_STREAM,
	.prot = &clasp_prot,
	.ops = &clasp_stream_ops,
};

#if IS_ENABLED(CONFIG_IPV6)
static int clasp_family_init_ipv6(struct sock *sk)
{
	return clasp_socket_init(sk, clasp_af_table[CLASP_IPV6]);
}

struct proto clasp6_prot = {
	CLASP_PROTO,
	.name = "CLASPv6",
	.obj_size = sizeof(struct clasp6_sock),
	CLASP_COMPAT_PINFO_OFFSET(struct clasp6_sock, inet6)
	.init = clasp_family_init_ipv6,
};

static const struct proto_ops clasp6_stream_ops = {
	CLASP_STREAM_OPS
	.family = PF_INET6,
	.release = inet6_release,
	.bind = inet6_bind,
	.getname = inet6_getname,
	.ioctl = inet6_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl = inet6_compat_ioctl,
#endif
};

static struct inet_protosw clasp6_protosw = {
	.type = SOCK_STREAM,
	.prot = &clasp6_prot,
	.ops = &clasp6_stream_ops,
};

static int clasp_family_init6(void)
{
	return proto_register(&clasp6_prot, 1);
}

static void clasp_family_exit6(void)
{
	proto_unregister(&clasp6_prot);
}

static int clasp_family_register6(void)
{
	clasp6_protosw.protocol = clasp_protocol;
	return inet6_register_protosw(&clasp6_protosw);
}

static void clasp_family_unregister6(void)
{
	inet6_unregister_protosw(&clasp6_protosw);
}
#else
static int clasp_family_init6(void)
{
	return 0;
}

static void clasp_family_exit6(void)
{
}

static int clasp_family_register6(void)
{
	return 0;
}

static void clasp_family_unregister6(void)
{
}
#endif

/**
 * clasp_family_init() - on load: sockets can be allocated
 *
 * Return: 0 or -ENOMEM.
 */
int clasp_family_init(void)
{
	int err = clasp_memory_init();

	if (err)
		return err;
	err = proto_register(&clasp_prot, 1);
	if (err)
		goto out_memory;
	err = clasp_family_init6();
	if (err)
		goto out_proto;
	return 0;
out_proto:
	proto_unregister(&clasp_prot);
out_memory:
	clasp_memory_exit();
	return err;
}

/**
 * clasp_family_exit() - on unload: there are no sockets
 */
void clasp_family_exit(void)
{
	clasp_family_exit6();
	proto_unregister(&clasp_prot);
	clasp_memory_exit();
}

/**
 * clasp_family_register() - let socket(2) find the protocol
 *
 * Return: 0, or what IPv6 says if it does not want it.
 */
int clasp_family_register(void)
{
	int err;

	err = clasp_family_register6();
	if (err)
		return err;
	/* Last, as it cannot fail: from here on there may be sockets. */
	clasp_protosw.protocol = clasp_protocol;
	inet_register_protosw(&clasp_protosw);
	return 0;
}

/**
 * clasp_family_unregister() - let socket(2) find it no longer
 */
void clasp_family_unregister(void)
{
	inet_unregister_protosw(&clasp_protosw);
	clasp_family_unregister6();
}
