// SPDX-License-Identifier: GPL-2.0
/* The socket's life and its calls, but for the stream and the listener. */
#include <net/xfrm.h>

#include "actions.h"
#include "buffer.h"
#include "cong.h"
#include "ecn.h"
#include "hostq.h"
#include "icmp.h"
#include "isn.h"
#include "mtu.h"
#include "offload.h"
#include "orphan.h"
#include "output.h"
#include "pace.h"
#include "port.h"
#include "rcvq.h"
#include "recovery.h"
#include "request.h"
#include "rtt.h"
#include "send.h"
#include "sndq.h"
#include "socket.h"
#include "timer.h"
#include "urgent.h"

/**
 * clasp_socket_reset() - the connection's part of a socket, as if new
 * @sk: a new socket, a listener's raw copy, or one that is CLOSED; locked
 *
 * Leaves alone what belongs to the socket: options, CLASP_QUICKACK among them,
 * and the port it is bound to.
 */
void clasp_socket_reset(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	INIT_LIST_HEAD(&csk->requests);
	INIT_LIST_HEAD(&csk->accept_queue);
	INIT_LIST_HEAD(&csk->accept_node);
	INIT_LIST_HEAD(&csk->orphan_node);
	csk->request_count = 0;
	csk->cookie_at = 0;
	csk->ofo = RB_ROOT;
	clasp_rtxq_init(&csk->rtxq);
	memset(&csk->sack, 0, sizeof(csk->sack));
	csk->snd_wnd = 0;
	csk->max_window = 0;
	csk->peer_mss = CLASP_MSS_DEFAULT;
	csk->iss = 0;
	csk->snd_una = 0;
	csk->snd_nxt = 0;
	csk->write_seq = 0;
	csk->irs = 0;
	csk->rcv_nxt = 0;
	csk->rcv_wup = 0;
	csk->copied_seq = 0;
	memset(&csk->urgent, 0, sizeof(csk->urgent));
	memset(&csk->totals, 0, sizeof(csk->totals));
	csk->rcv_wnd = clasp_rcvq_initial_window(sk);
	csk->rcv_mss = CLASP_MSS_DEFAULT;
	csk->last_text_len = 0;
	clasp_buffer_reset(csk);
	csk->text_at = 0;
	csk->heard_at = 0;
	csk->challenged_at = 0;
	csk->waiting_since = 0;
	csk->retries = 0;
	csk->probes = 0;
	csk->mtu_reduced = 0;
	csk->icmp_error = 0;
	csk->deferred = 0;
	csk->hashed = false;
	csk->ack_due = CLASP_ACK_NONE;
	csk->reader_asleep = false;
	csk->fin_queued = false;
	csk->fin_reached = false;
	csk->push = false;
	csk->syn_resent = false;
	sk->sk_max_ack_backlog = 0;
	sk->sk_ack_backlog = 0;
	clasp_rtt_init(&csk->rtt);
	clasp_mtu_init(csk);
	clasp_cong_init(csk);
	clasp_pace_init(sk);
	clasp_ecn_init(sk);
	clasp_recovery_init(csk);
	csk->quick_acks = READ_ONCE(clasp_sysctl(sk)->quick_acks);
	clasp_timer_init(sk);
}

/**
 * clasp_socket_init() - socket(2), the protocol's part
 * @sk: the new socket, all zero but for what struct sock and inet_sock have
 * @af: the address family's operations
 *
 * For struct proto::init.
 *
 * Return: 0.
 */
int clasp_socket_init(struct sock *sk, const struct clasp_af_ops *af)
{
	struct clasp_sock *csk = clasp_sk(sk);

	csk->af = af;
	csk->home = clasp_net(sock_net(sk));
	clasp_cong_assign(csk);
	csk->entry.kind = CLASP_SOCKET;
	/* Not in clasp_socket_reset(): lookups may still stand on it then. */
	INIT_HLIST_NODE(&csk->listener_node);
	clasp_hostq_init(csk);
	clasp_buffer_init(sk);
	clasp_socket_reset(sk);
	sk->sk_write_space = clasp_hostq_space;
	sk->sk_gso_type = CLASP_GSO_TYPE;
	/* Lookups hold no lock. */
	sock_set_flag(sk, SOCK_RCU_FREE);
	sk_sockets_allocated_inc(sk);
	/* io_uring asks for this; accept() hands it on. */
	set_bit(SOCK_SUPPORT_ZC, &sk->sk_socket->flags);
	clasp_compat_custom_options(sk->sk_socket);
	return 0;
}

/**
 * clasp_socket_free() - give back what a socket uses
 * @sk: the socket, CLOSED, which nobody but the caller can reach
 *
 * struct proto::destroy, for a socket that socket(2) refused after all.
 */
void clasp_socket_free(struct sock *sk)
{
	clasp_port_release(&clasp_sk(sk)->home->table,
			   &clasp_sk(sk)->binding);
	sk_stream_kill_queues(sk);
	sk_sockets_allocated_dec(sk);
}

/**
 * clasp_socket_unhash() - no segment finds the socket any more
 * @sk: the socket, locked
 *
 * struct proto::unhash.
 */
void clasp_socket_unhash(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (csk->hashed)
		clasp_table_remove(&clasp_sk(sk)->home->table,
				   &csk->entry);
	csk->hashed = false;
}

/**
 * clasp_socket_leave() - a connection leaves the tables
 * @sk: the socket, locked
 *
 * A port that bind() gave by number stays the socket's.
 */
void clasp_socket_leave(struct sock *sk)
{
	clasp_socket_unhash(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		clasp_port_put(sk);
}

/**
 * clasp_socket_destroy() - the end of an orphan
 * @sk: the socket, locked, CLOSED; the connection's reference is dropped, the
 *	caller holds one of its own
 */
void clasp_socket_destroy(struct sock *sk)
{
	WARN_ON_ONCE(sk->sk_state != CLASP_CLOSED);
	WARN_ON_ONCE(!sock_flag(sk, SOCK_DEAD));
	clasp_socket_free(sk);
	xfrm_sk_free_policy(sk);
	clasp_orphan_end(sk);
	sock_put(sk);
}

/**
 * clasp_socket_release_child() - let go of a child just made
 * @child: from sk_clone_lock(): locked, with a reference for the caller
 */
void clasp_socket_release_child(struct sock *child)
	__releases(&child->sk_lock.slock)
{
	bh_unlock_sock(child);
	sock_put(child);
}

/* Both addresses and the peer's port are known: choose ours, enter the table. */
static int clasp_connect_enter(struct sock *sk)
{
	int err = clasp_port_connect(sk);

	return err ?: clasp_sk(sk)->af->route(sk);
}

/**
 * clasp_connect() - connect(2), up to the SYN
 * @sk: the socket, locked, CLOSED
 * @uaddr: the peer's address
 * @len: its length
 *
 * struct proto::connect; waiting is inet_stream_connect()'s.
 *
 * Source: RFC 9293, section 3.10.1, active OPEN.
 *
 * Return: 0 or an error as connect(2) names it; then nothing has changed.
 */
int clasp_connect(struct sock *sk, struct sockaddr_unsized *uaddr, int len)
{
	struct clasp_sock *csk = clasp_sk(sk);
	int err;

	clasp_socket_reset(sk);
	err = csk->af->connect(sk, uaddr, len);
	if (err) {
		csk->af->disconnect(sk);
		return err;
	}
	/* Before it can be found by the peer's segments, all is in place. */
	err = clasp_connect_enter(sk);
	if (err)
		goto undo;
	clasp_mtu_sync(sk);
	csk->iss = clasp_isn(sock_net(sk), &csk->entry.flow);
	clasp_recovery_init(csk);
	err = clasp_sndq_syn(sk);
	if (err)
		goto undo;
	/* How the connection before it ended is not told of this one. */
	WRITE_ONCE(sk->sk_err, 0);
	clasp_step(sk, CLASP_EV_CONNECT, NULL);
	return 0;
undo:
	clasp_socket_leave(sk);
	clasp_disconnect(sk, 0);
	return err;
}

/* Forgets addresses, but for those that the user bound. */
static void clasp_disconnect_addresses(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	if (!inet->inet_num)
		inet->inet_sport = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet_reset_saddr(sk);
	clasp_port_readdress(sk);
	inet->inet_dport = 0;
	clasp_sk(sk)->af->disconnect(sk);
	sk_dst_reset(sk);
}

/**
 * clasp_disconnect() - connect(2) to AF_UNSPEC; also after a failed connect()
 * @sk: the socket, locked
 * @flags: unused
 *
 * struct proto::disconnect. Aborts the connection, if there is one; the socket
 * can be used again. The error stays to be told: ECONNRESET if there was a
 * connection, as with TCP, until it is told or the next connect().
 *
 * Return: 0.
 */
int clasp_disconnect(struct sock *sk, int flags)
{
	clasp_step(sk, CLASP_EV_ABORT, NULL);
	__skb_queue_purge(&sk->sk_receive_queue);
	clasp_sndq_purge(sk);
	clasp_disconnect_addresses(sk);
	clasp_socket_reset(sk);
	WRITE_ONCE(clasp_sk(sk)->interactive, false);
	sock_reset_flag(sk, SOCK_DONE);
	WRITE_ONCE(sk->sk_shutdown, 0);
	WRITE_ONCE(sk->sk_err_soft, 0);
	/* Only now: who wakes up finds the socket as it stays. */
	sk->sk_state_change(sk);
	sk_error_report(sk);
	return 0;
}

/**
 * clasp_shutdown() - shutdown(2)
 * @sk: the socket, locked; sk_shutdown is set by the caller
 * @how: RCV_SHUTDOWN, SEND_SHUTDOWN or both
 *
 * struct proto::shutdown. Source: RFC 9293, section 3.10.4, CLOSE.
 */
void clasp_shutdown(struct sock *sk, int how)
{
	if (how & SEND_SHUTDOWN && sk->sk_state != CLASP_LISTEN)
		clasp_step(sk, CLASP_EV_CLOSE, NULL);
}

/* Did the user leave data unread? Throws it away. */
static bool clasp_close_discards(struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	bool unread = false;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&sk->sk_receive_queue))) {
		if (clasp_after(CLASP_CB(skb)->end_seq, csk->copied_seq))
			unread = true;
		__kfree_skb(skb);
	}
	return unread;
}

/*
 * RFC 9293, section 3.6.1, and RFC 2525, section 2.17: data that the peer
 * believes delivered and nobody will read is told by a RST. SO_LINGER with a
 * time of zero asks for one.
 */
static enum clasp_event clasp_close_event(struct sock *sk)
{
	bool unread = clasp_close_discards(sk);

	if (sk->sk_state == CLASP_LISTEN || sk->sk_state == CLASP_CLOSED)
		return CLASP_EV_CLOSE;
	if (unread) {
		clasp_count_sk(sk, CLASP_MIB_AbortOnClose);
		return CLASP_EV_ABORT;
	}
	if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime)
		return CLASP_EV_ABORT;
	return CLASP_EV_CLOSE;
}

/* SO_LINGER: close(2) waits until all is acknowledged, or for so long. */
static void clasp_close_linger(struct sock *sk, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	if (!timeout)
		return;
	add_wait_queue(sk_sleep(sk), &wait);
	while (timeout && !signal_pending(current) &&
	       clasp_in_state(sk, 1u << CLASP_FIN_WAIT_1 |
			      1u << CLASP_CLOSING | 1u << CLASP_LAST_ACK))
		sk_wait_event(sk, &timeout,
			      !clasp_in_state(sk, 1u << CLASP_FIN_WAIT_1 |
					      1u << CLASP_CLOSING |
					      1u << CLASP_LAST_ACK), &wait);
	remove_wait_queue(sk_sleep(sk), &wait);
}

/* From here on the connection, if there still is one, is on its own. */
static void clasp_close_orphan(struct sock *sk)
{
	clasp_orphan_begin(sk);
	if (sk->sk_state == CLASP_CLOSED) {
		clasp_socket_destroy(sk);
	} else if (clasp_orphans_too_many(sk)) {
		clasp_count_sk(sk, CLASP_MIB_AbortOnMemory);
		clasp_step(sk, CLASP_EV_ABORT, NULL);
	} else if (sk->sk_state == CLASP_FIN_WAIT_2) {
		/* The FIN went before: now there is no reader to wait for. */
		clasp_step(sk, CLASP_EV_CLOSE, NULL);
	}
}

/**
 * clasp_close() - close(2)
 * @sk: the socket
 * @timeout: SO_LINGER's, in jiffies
 *
 * struct proto::close. Sends the FIN behind what is queued, or a RST; an orphan
 * finishes on its own.
 *
 * Source: RFC 9293, sections 3.10.4 and 3.10.5.
 */
void clasp_close(struct sock *sk, long timeout)
{
	/* An orphan does not hold its namespace: what follows needs it. */
	struct net *net = maybe_get_net(sock_net(sk));

	lock_sock(sk);
	/* For us: the connection's own may go at any step from here. */
	sock_hold(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	clasp_step(sk, clasp_close_event(sk), NULL);
	clasp_close_linger(sk, timeout);
	clasp_close_orphan(sk);
	release_sock(sk);
	sock_put(sk);
	/* NULL if it is ending, which a socket of the kernel can see. */
	if (net)
		put_net(net);
}

/**
 * clasp_release_cb() - what softirqs left to the socket's owner
 * @sk: the socket, locked with its spinlock held, about to be released
 *
 * struct proto::release_cb.
 */
void clasp_release_cb(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (!READ_ONCE(csk->deferred))
		return;
	if (test_and_clear_bit(CLASP_DEFERRED_TIMER, &csk->deferred))
		clasp_timer_run(sk);
	if (test_and_clear_bit(CLASP_DEFERRED_REQUEST, &csk->deferred))
		clasp_request_run_due(sk);
	if (test_and_clear_bit(CLASP_DEFERRED_MTU, &csk->deferred))
		csk->af->mtu_reduced(sk);
	if (test_and_clear_bit(CLASP_DEFERRED_ROOM, &csk->deferred))
		clasp_output_push(sk);
	clasp_icmp_run(sk);
}

static __poll_t clasp_poll_stream(const struct sock *sk,
				  const struct clasp_sock *csk)
{
	__poll_t mask = 0;
	u64 seq = READ_ONCE(csk->copied_seq);
	u32 target = sock_rcvlowat(sk, 0, INT_MAX) +
		     clasp_urgent_hidden(sk, seq);

	if (clasp_urgent_arrived(sk) &&
	    READ_ONCE(csk->urgent.phase) == CLASP_URGENT_UNREAD)
		mask |= EPOLLPRI;
	if (clasp_rcvq_enough(sk, seq, target) &&
	    !skb_queue_empty_lockless(&sk->sk_receive_queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
		return mask | EPOLLOUT | EPOLLWRNORM;
	if (!clasp_send_has_room(sk)) {
		sk_set_bit(SOCKWQ_ASYNC_NOSPACE, (struct sock *)sk);
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		/* Room may have come just before: pairs with clasp_send_wake(). */
		smp_mb__after_atomic();
	}
	if (clasp_send_has_room(sk))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/**
 * clasp_poll() - poll(2)
 * @file: the file
 * @sock: the socket
 * @wait: where to wait
 *
 * Reads without the lock, as tcp_poll() does: the events are those of tcp(7).
 *
 * Return: the events.
 */
__poll_t clasp_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	struct clasp_sock *csk = clasp_sk(sk);
	int state, shutdown;
	__poll_t mask = 0;

	sock_poll_wait(file, sock, wait);
	state = READ_ONCE(sk->sk_state);
	if (state == CLASP_LISTEN)
		return list_empty_careful(&csk->accept_queue) ? 0 :
			EPOLLIN | EPOLLRDNORM;
	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == CLASP_CLOSED)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != CLASP_SYN_SENT && state != CLASP_SYN_RECEIVED)
		mask |= clasp_poll_stream(sk, csk);
	/* Pairs with smp_wmb() in clasp_do_report(). */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) ||
	    !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}
