// SPDX-License-Identifier: GPL-2.0
/*
 * The host's queue: what a socket has sent and is still in this host.
 *
 * It lies in queueing disciplines and drivers. More of it than keeps the device
 * busy only makes all wait who use the device. So the sender stops at a limit,
 * and goes on when something has left: sock_wfree(), of each packet, counts it
 * and calls sk_write_space(). TCP has a destructor of its own for this, which the
 * kernel knows; ours would be taken for a stranger's where packets are cut, and
 * by netem.
 */
#include "hostq.h"
#include "output.h"
#include "rtxq.h"
#include "send.h"

/* Bit of struct clasp_hostq::flags: the sender waits for room. */
#define CLASP_HOSTQ_WAITED_FOR	0

/*
 * In a softirq, as whoever frees a packet may hold any lock. What it took of
 * sk_wmem_alloc keeps the socket's memory, and only that: the socket may be closed.
 */
static void clasp_hostq_run(struct clasp_compat_bh *bh)
{
	struct clasp_sock *csk = container_of(bh, struct clasp_sock, hostq.bh);
	struct sock *sk = &csk->inet.sk;

	clasp_output_go_on(sk);
	sk_free(sk);
}

/**
 * clasp_hostq_init() - an empty queue
 * @csk: a new socket. Not of a new connection: what the last one sent may be
 *	there still
 */
void clasp_hostq_init(struct clasp_sock *csk)
{
	csk->hostq.flags = 0;
	clasp_compat_bh_init(&csk->hostq.bh, clasp_hostq_run);
}

/**
 * clasp_hostq_limit() - when the queue is full
 * @sk: the socket
 * @truesize: memory of the packet that is to be sent, bytes
 *
 * As tcp_small_queue_check(): what is sent in about a millisecond, but two packets,
 * and no more than the knob says.
 *
 * Return: bytes of memory.
 */
u32 clasp_hostq_limit(const struct sock *sk, u32 truesize)
{
	u64 limit = READ_ONCE(sk->sk_pacing_rate) >>
		    READ_ONCE(sk->sk_pacing_shift);

	limit = max_t(u64, limit, 2ull * truesize);
	return min_t(u64, limit,
		     READ_ONCE(clasp_sysctl(sk)->limit_output_bytes));
}

/**
 * clasp_hostq_full() - must the sender wait for room?
 * @sk: the socket, locked
 * @truesize: memory of the packet that is to be sent, bytes
 *
 * Never with nothing but one packet to be acknowledged: some drivers tell late
 * that a packet is gone, when its ACK is long there.
 *
 * Return: true if so; when there is room, clasp_output_push() is called.
 */
bool clasp_hostq_full(struct sock *sk, u32 truesize)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u32 limit = clasp_hostq_limit(sk, truesize);

	if (refcount_read(&sk->sk_wmem_alloc) <= limit ||
	    clasp_rtxq_first(csk) == clasp_rtxq_last(csk))
		return false;
	set_bit(CLASP_HOSTQ_WAITED_FOR, &csk->hostq.flags);
	/* Room may have come just before: pairs with clasp_hostq_space(). */
	smp_mb__after_atomic();
	return refcount_read(&sk->sk_wmem_alloc) > limit;
}

/* Lets the sender go on, whoever has the socket. */
static void clasp_hostq_wake(struct sock *sk)
{
	refcount_inc(&sk->sk_wmem_alloc);
	if (!clasp_compat_bh_schedule(&clasp_sk(sk)->hostq.bh))
		/* It has what it needs, and the caller has, too. */
		refcount_dec(&sk->sk_wmem_alloc);
}

/**
 * clasp_hostq_space() - a packet has left the host, or the send buffer has grown
 * @sk: the socket, not locked but for SO_SNDBUF; it may be closed
 *
 * struct sock::sk_write_space. Any context: by sock_wfree(), which keeps the memory
 * of the socket. Writers who wait for room in the send buffer are not waked by
 * packets that leave, as they are still to be acknowledged; but looking costs
 * little.
 */
void clasp_hostq_space(struct sock *sk)
{
	struct clasp_hostq *hostq = &clasp_sk(sk)->hostq;
	struct socket *sock;

	/* After sk_wmem_alloc has changed: pairs with clasp_hostq_full(). */
	smp_mb__after_atomic();
	if (test_bit(CLASP_HOSTQ_WAITED_FOR, &hostq->flags) &&
	    test_and_clear_bit(CLASP_HOSTQ_WAITED_FOR, &hostq->flags))
		clasp_hostq_wake(sk);
	rcu_read_lock();
	sock = READ_ONCE(sk->sk_socket);
	if (sock && test_bit(SOCK_NOSPACE, &sock->flags))
		clasp_send_space(sk);
	rcu_read_unlock();
}
