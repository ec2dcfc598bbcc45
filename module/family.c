// SPDX-License-Identifier: GPL-2.0
/* The door: what socket(2) finds. */
#include <linux/module.h>
#include <net/inet_common.h>
#include <net/protocol.h>

#include "family.h"
#include "input.h"
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
	return clasp_recvmsg(sk, msg, len, flags);
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
	.stream_memory_free = clasp_send_memory_free,

	.memory_allocated = &clasp_memory_allocated,
	.per_cpu_fw_alloc = &clasp_memory_per_cpu_fw_alloc,
	.sockets_allocated = &clasp_memory_sockets,
	.memory_pressure = &clasp_memory_short,
	.enter_memory_pressure = clasp_memory_enter_pressure,
	.sysctl_mem = clasp_memory_limits,
	/* The rest of the buffers' sizes is of a namespace: struct clasp_sysctl. */
	.sysctl_wmem = &clasp_memory_least,
	.sysctl_rmem = &clasp_memory_least,
};

static const struct proto_ops clasp_stream_ops = {
	.family = PF_INET,
	.owner = THIS_MODULE,
	.release = inet_release,
	.bind = inet_bind,
	.connect = inet_stream_connect,
	.socketpair = sock_no_socketpair,
	.accept = clasp_stream_accept,
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
	.read_sock = clasp_recv_actor,
	.set_rcvlowat = clasp_rcvq_set_low_water,
	.splice_read = clasp_recv_splice,
#ifdef CLASP_COMPAT_SENDPAGE
	.sendpage = clasp_sendpage_compat,
#else
	.splice_eof = clasp_send_splice_eof,
#endif
#ifdef CLASP_COMPAT_PEEK_OFF
	.set_peek_off = sk_set_peek_off,
#endif
};

static struct inet_protosw clasp_protosw = {
	.type = SOCK_STREAM,
	.prot = &clasp_prot,
	.ops = &clasp_stream_ops,
};

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
		clasp_memory_exit();
	return err;
}

/**
 * clasp_family_exit() - on unload: there are no sockets
 */
void clasp_family_exit(void)
{
	proto_unregister(&clasp_prot);
	clasp_memory_exit();
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
