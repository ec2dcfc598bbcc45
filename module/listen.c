// SPDX-License-Identifier: GPL-2.0
/* The listener: from a SYN to a socket that accept() returns. */
#include "actions.h"
#include "classify.h"
#include "cong.h"
#include "hostq.h"
#include "input.h"
#include "listen.h"
#include "memory.h"
#include "mtu.h"
#include "orphan.h"
#include "output.h"
#include "port.h"
#include "recovery.h"
#include "reply.h"
#include "request.h"
#include "rtt.h"
#include "socket.h"
#include "timer.h"
#include "timewait.h"

static struct clasp_table *clasp_listen_table(const struct sock *sk)
{
	return &clasp_sk(sk)->home->table;
}

/* CLOSED to LISTEN. */
static int clasp_listen_start(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	int err = 0;

	if (!csk->binding.port)
		err = sk->sk_prot->get_port(sk, inet_sk(sk)->inet_num);
	if (err)
		return err;
	inet_sk(sk)->inet_sport = htons(inet_sk(sk)->inet_num);
	csk->entry.flow.laddr = csk->binding.laddr;
	csk->entry.flow.lport = inet_sk(sk)->inet_sport;
	err = clasp_port_listen(sk, true);
	if (err)
		return err;
	err = clasp_listener_add(clasp_listen_table(sk), sk);
	if (err) {
		clasp_port_listen(sk, false);
		return err;
	}
	WRITE_ONCE(csk->interactive, false);
	clasp_step(sk, CLASP_EV_LISTEN, NULL);
	return 0;
}

/**
 * clasp_listen() - listen(2)
 * @sock: the socket
 * @backlog: how many children may wait for accept()
 *
 * Return: 0, -EINVAL in the wrong state, -EADDRINUSE, -ENOMEM.
 */
int clasp_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED || sock->type != SOCK_STREAM)
		goto out;
	if (!clasp_in_state(sk, 1u << CLASP_CLOSED | 1u << CLASP_LISTEN))
		goto out;
	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	err = 0;
	if (sk->sk_state == CLASP_CLOSED)
		err = clasp_listen_start(sk);
out:
	release_sock(sk);
	return err;
}

/* Waits until there is a child, by the rules of accept(2). */
static int clasp_accept_wait(struct sock *listener, int flags)
{
	long timeo = sock_rcvtimeo(listener, flags & O_NONBLOCK);
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int err = 0;

	clasp_sk(listener)->patient = timeo;
	add_wait_queue_exclusive(sk_sleep(listener), &wait);
	while (!err && list_empty(&clasp_sk(listener)->accept_queue)) {
		if (listener->sk_state != CLASP_LISTEN)
			err = -EINVAL;
		else if (!timeo)
			err = -EAGAIN;
		else if (signal_pending(current))
			err = sock_intr_errno(timeo);
		else
			sk_wait_event(listener, &timeo,
				      !list_empty(&clasp_sk(listener)->accept_queue) ||
				      READ_ONCE(listener->sk_state) != CLASP_LISTEN,
				      &wait);
	}
	remove_wait_queue(sk_sleep(listener), &wait);
	return err;
}

static struct sock *clasp_accept_dequeue(struct sock *listener)
{
	struct clasp_sock *child;

	child = list_first_entry_or_null(&clasp_sk(listener)->accept_queue,
					 struct clasp_sock, accept_node);
	if (!child)
		return NULL;
	list_del_init(&child->accept_node);
	sk_acceptq_removed(listener);
	return &child->inet.sk;
}

/**
 * clasp_accept() - accept(2)
 * @listener: the socket
 * @arg: flags in, error and whether more are waiting out
 *
 * Return: the child, its reference the caller's; or NULL, with -EINVAL,
 * -EAGAIN or what a signal brings in @arg->err.
 */
struct sock *clasp_accept(struct sock *listener, struct proto_accept_arg *arg)
{
	struct sock *child = NULL;

	lock_sock(listener);
	arg->err = -EINVAL;
	if (listener->sk_state == CLASP_LISTEN)
		arg->err = clasp_accept_wait(listener, arg->flags);
	if (!arg->err)
		child = clasp_accept_dequeue(listener);
	arg->is_empty = list_empty(&clasp_sk(listener)->accept_queue);
	release_sock(listener);
	if (child)
		clasp_compat_charge_child(child);
	return child;
}

/* May a SYN cookie of this listener still be about? */
static bool clasp_listen_cookies_out(const struct sock *listener)
{
	u64 at = clasp_sk(listener)->cookie_at;

	return at && clasp_clock() - at <
	       2ull * CLASP_COOKIE_PERIOD_S * NSEC_PER_SEC;
}

/*
 * The MSS in the cookie that a segment acknowledges, 0 for none. Not asked of
 * listeners without cookies: there, no ACK costs more than its RST.
 */
static u16 clasp_listen_cookie(struct sock *listener,
			       const struct clasp_flow *flow,
			       const struct clasp_cb *cb)
{
	u16 mss;

	if (!(cb->flags & CLASP_ACK) || cb->flags & (CLASP_SYN | CLASP_RST))
		return 0;
	mss = clasp_cookie_open(&clasp_sk(listener)->home->cookies, flow,
				cb->seq - 1, cb->ack_seq - 1);
	clasp_count_sk(listener, mss ? CLASP_MIB_SyncookiesRecv :
				       CLASP_MIB_SyncookiesFailed);
	return mss;
}

/* A segment that belongs to no connection yet. */
static void clasp_listen_stranger(struct sock *listener,
				  const struct clasp_flow *flow,
				  struct sk_buff **pskb)
{
	struct clasp_view view = { .state = CLASP_LISTEN };
	const struct clasp_cb *cb = CLASP_CB(*pskb);
	enum clasp_event event;
	u16 mss = 0;
	u32 actions;

	view.cookies_out = clasp_listen_cookies_out(listener);
	if (view.cookies_out)
		mss = clasp_listen_cookie(listener, flow, cb);
	view.acks_cookie = mss;
	event = clasp_classify(&view, cb, clasp_segment_text_len(*pskb));
	clasp_step_seen(NULL, CLASP_LISTEN, event);
	actions = clasp_fsm_cell(CLASP_LISTEN, event)->actions;
	if (actions & CLASP_DO_ANSWER_RST)
		clasp_reply_reset(sock_net(listener), listener, *pskb);
	if (actions & CLASP_DO_TAKE_SYN)
		clasp_request_create(listener, *pskb);
	if (actions & CLASP_DO_RECALL_SYN)
		clasp_request_recall(listener, pskb, mss);
}

/**
 * clasp_listen_input() - a segment for a listener or one of its requests
 * @listener: a listening socket, locked, BHs disabled
 * @pskb: the segment, parsed; set to NULL if it was kept
 *
 * Looks the connection up again: while the segment waited for the lock, its
 * request may have come, become a socket or gone.
 *
 * Return: true if that was all; false if the segment turned out to be another
 * socket's.
 */
bool clasp_listen_input(struct sock *listener, struct sk_buff **pskb)
{
	struct clasp_entry *entry;
	struct clasp_path path;
	bool done = true;

	sock_owned_by_me(listener);
	clasp_path_back(*pskb, &path);
	entry = clasp_table_find(clasp_listen_table(listener), &path.flow);
	if (!entry) {
		clasp_listen_stranger(listener, &path.flow, pskb);
		return true;
	}
	if (entry->kind == CLASP_TIMEWAIT) {
		if (!clasp_timewait_input(clasp_timewait(entry), *pskb, true))
			clasp_listen_stranger(listener, &path.flow, pskb);
	} else if (entry->kind == CLASP_REQUEST &&
		   clasp_request(entry)->listener == listener) {
		clasp_request_input(clasp_request(entry), pskb);
	} else {
		done = false;
	}
	clasp_entry_put(entry);
	return done;
}

/* Everything that a child must not have from its listener. */
static void clasp_child_init(struct sock *child,
			     const struct clasp_request *req)
{
	struct clasp_sock *csk = clasp_sk(child);
	int link;

	/* A raw copy of the listener until here: nothing of it may be freed. */
	RCU_INIT_POINTER(inet_sk(child)->inet_opt, NULL);
	inet_sk(child)->mc_list = NULL;
	INIT_HLIST_NODE(&csk->listener_node);
	clasp_hostq_init(csk);
	clasp_socket_reset(child);
	csk->options.defer_accept = 0;
	WRITE_ONCE(child->sk_shutdown, 0);
	csk->entry = (struct clasp_entry){
		.flow = req->entry.flow,
		.kind = CLASP_SOCKET,
	};
	memset(&csk->binding, 0, sizeof(csk->binding));
	csk->iss = req->iss;
	csk->snd_una = req->iss;
	csk->urgent.snd_up = req->iss;
	csk->snd_nxt = req->iss + 1;
	csk->write_seq = req->iss + 1;
	csk->snd_wnd = req->snd_wnd;
	csk->max_window = req->snd_wnd;
	csk->snd_wl1 = req->irs;
	csk->snd_wl2 = req->iss;
	csk->irs = req->irs;
	csk->rcv_nxt = req->irs + 1;
	csk->rcv_wup = csk->rcv_nxt;
	csk->copied_seq = csk->rcv_nxt;
	csk->rcv_wnd = req->rcv_wnd;
	csk->peer_mss = req->peer_mss;
	inet_sk(child)->inet_num = ntohs(req->entry.flow.lport);
	inet_sk(child)->inet_sport = req->entry.flow.lport;
	inet_sk(child)->inet_dport = req->entry.flow.rport;
	/* So that link-local addresses have meaning. */
	link = clasp_flow_link(&req->path.flow);
	if (link)
		child->sk_bound_dev_if = link;
	child->sk_mark = req->path.mark;
	csk->af->child(child, &req->path);
	/* Without a route now, one is looked for each time. */
	csk->af->route(child);
	clasp_mtu_sync(child);
	clasp_cong_assign(csk);
	clasp_cong_init(csk);
	clasp_recovery_init(csk);
	csk->rcvbuf.rtt = clasp_request_rtt(req);
	csk->rtt.backoff = req->resent;
	csk->syn_resent = req->resent;
	csk->ecn.agreed = req->ecn;
	csk->ecn.until = req->iss;
}

/* Gives the child its place in the tables: the port's, then the request's. */
static bool clasp_child_enter(struct sock *child,
			      const struct clasp_request *req)
{
	struct clasp_table *table = clasp_listen_table(child);
	struct clasp_sock *csk = clasp_sk(child);

	csk->binding.kind = CLASP_SOCKET;
	csk->binding.laddr = csk->entry.flow.laddr;
	if (clasp_port_share(table, &clasp_sk(req->listener)->binding,
			     &csk->binding))
		return false;
	csk->hashed = clasp_table_replace(table,
					  (struct clasp_entry *)&req->entry,
					  &csk->entry);
	return csk->hashed;
}

/**
 * clasp_listen_hatch() - make the socket that a request becomes
 * @req: the request, its listener locked, BHs disabled
 *
 * Return: the child, locked (bh_lock_sock()), in SYN-RECEIVED and in the
 * request's place in the table, with one reference for the connection and one
 * for the caller; or NULL: the accept queue is full, or there is no memory,
 * and the request stays.
 */
struct sock *clasp_listen_hatch(const struct clasp_request *req)
{
	struct sock *child;

	if (sk_acceptq_is_full(req->listener)) {
		clasp_count_sk(req->listener, CLASP_MIB_ListenOverflows);
		return NULL;
	}
	child = clasp_memory_refused() ? NULL :
		sk_clone_lock(req->listener, GFP_ATOMIC);
	if (!child) {
		clasp_count_sk(req->listener, CLASP_MIB_ListenOverflows);
		return NULL;
	}
	clasp_child_init(child, req);
	clasp_step(child, CLASP_EV_HATCH, NULL);
	if (!clasp_child_enter(child, req)) {
		clasp_orphan_begin(child);
		clasp_step(child, CLASP_EV_ABORT, NULL);
		clasp_socket_release_child(child);
		return NULL;
	}
	return child;
}

/**
 * clasp_listen_welcome() - queue a child for accept()
 * @listener: the listening socket, locked, BHs disabled
 * @child: from clasp_listen_hatch(); unlocked here
 * @pskb: the segment that completed its handshake, set to NULL if it was kept
 */
void clasp_listen_welcome(struct sock *listener, struct sock *child,
			  struct sk_buff **pskb)
{
	clasp_count_sk(listener, CLASP_MIB_PassiveOpens);
	list_add_tail(&clasp_sk(child)->accept_node,
		      &clasp_sk(listener)->accept_queue);
	sk_acceptq_added(listener);
	clasp_socket_input(child, pskb);
	listener->sk_data_ready(listener);
	clasp_socket_release_child(child);
}

/* Nobody will accept it any more. */
static void clasp_listen_abandon(struct sock *child)
{
	local_bh_disable();
	bh_lock_sock(child);
	WARN_ON_ONCE(sock_owned_by_user(child));
	sock_hold(child);
	clasp_orphan_begin(child);
	if (child->sk_state == CLASP_CLOSED)
		clasp_socket_destroy(child);
	else
		clasp_step(child, CLASP_EV_ABORT, NULL);
	bh_unlock_sock(child);
	local_bh_enable();
	sock_put(child);
}

/**
 * clasp_listen_stop() - stop listening
 * @listener: the socket, locked, in process context
 *
 * Requests and children that nobody has accepted are aborted.
 */
void clasp_listen_stop(struct sock *listener)
{
	struct sock *child;

	if (hlist_unhashed(&clasp_sk(listener)->listener_node))
		return;
	clasp_listener_remove(clasp_listen_table(listener), listener);
	clasp_port_listen(listener, false);
	clasp_request_abort_all(listener);
	while ((child = clasp_accept_dequeue(listener)))
		clasp_listen_abandon(child);
}
