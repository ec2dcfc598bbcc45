// SPDX-License-Identifier: GPL-2.0
/* From IP to the connection: whose segment is it, and what does it do. */
#include <linux/filter.h>
#include <net/xfrm.h>

#include "actions.h"
#include "classify.h"
#include "input.h"
#include "listen.h"
#include "output.h"
#include "rcvq.h"
#include "reply.h"
#include "request.h"
#include "sndq.h"
#include "timewait.h"

static void clasp_input_view(const struct sock *sk, struct clasp_view *view)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	*view = (struct clasp_view){
		.state = sk->sk_state,
		.rcv_shutdown = sk->sk_shutdown & RCV_SHUTDOWN,
		.fin_queued = clasp_sndq_fin_queued(sk),
		.snd_una = csk->snd_una,
		.snd_nxt = csk->snd_nxt,
		.write_seq = csk->write_seq,
		.max_window = csk->max_window,
		.irs = csk->irs,
		.rcv_nxt = csk->rcv_nxt,
		.rcv_wnd = clasp_rcvq_remaining(csk),
	};
}

/**
 * clasp_socket_input() - what a segment does to its connection
 * @sk: the socket, locked, BHs disabled; the caller holds a reference
 * @pskb: the segment, parsed; set to NULL if it was kept
 *
 * Source: RFC 9293, section 3.10.7: first what the segment's header means, then
 * the FIN if the stream is complete up to it, then what may be sent now.
 */
void clasp_socket_input(struct sock *sk, struct sk_buff **pskb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_view view;
	enum clasp_event event;

	clasp_input_view(sk, &view);
	event = clasp_classify(&view, CLASP_CB(*pskb),
			       clasp_segment_text_len(*pskb));
	clasp_step(sk, event, pskb);
	if (csk->fin_reached) {
		csk->fin_reached = false;
		clasp_step(sk, CLASP_EV_FIN, NULL);
	}
	if (sk->sk_state == CLASP_CLOSED)
		return;
	clasp_output_push(sk);
	clasp_output_ack_if_due(sk);
}

/* RFC 9293, 3.10.7.1: it belongs to no connection. */
static void clasp_input_stray(struct net *net, const struct clasp_af_ops *af,
			      struct sk_buff *skb)
{
	struct clasp_view view = { .state = CLASP_CLOSED };
	enum clasp_event event = clasp_classify(&view, CLASP_CB(skb), 0);

	clasp_count(net, CLASP_MIB_InNoConnection);
	if (clasp_fsm_cell(CLASP_CLOSED, event)->actions & CLASP_DO_ANSWER_RST)
		clasp_reply_reset(net, af, skb);
}

/*
 * The segment's way once the socket is locked, in softirq or, from the backlog,
 * in process context. Returns what is left of it: the skb, if it turned out to
 * be another socket's.
 */
static struct sk_buff *clasp_input_locked(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *rest = NULL;

	switch (sk->sk_state) {
	case CLASP_LISTEN:
		if (!clasp_listen_input(sk, &skb))
			swap(rest, skb);
		break;
	case CLASP_CLOSED:
		/* It went away while the segment waited. */
		clasp_input_stray(sock_net(sk), clasp_sk(sk)->af, skb);
		break;
	default:
		clasp_socket_input(sk, &skb);
	}
	consume_skb(skb);
	return rest;
}

/**
 * clasp_backlog_rcv() - a segment that waited for a socket
 * @sk: the socket, locked
 * @skb: the segment, parsed; eaten
 *
 * struct proto::backlog_rcv.
 *
 * Return: 0.
 */
int clasp_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	/* As everywhere else on the way in: the backlog is run with BHs on. */
	local_bh_disable();
	skb = clasp_input_locked(sk, skb);
	if (skb)
		clasp_input(sock_net(sk), clasp_sk(sk)->af, skb);
	local_bh_enable();
	return 0;
}

/* May this socket have this segment? */
static bool clasp_input_permitted(struct sock *sk, struct sk_buff *skb,
				  u16 family)
{
	/* A segment that waited for a listener has been checked before. */
	if (!skb->dev)
		return true;
	if (!xfrm_policy_check(sk, XFRM_POLICY_IN, skb, family))
		return false;
	nf_reset_ct(skb);
	if (sk_filter_trim_cap(sk, skb, CLASP_CB(skb)->hdr_len))
		return false;
	clasp_segment_update_end(skb);
	skb->dev = NULL;
	return true;
}

/* Locks the socket, or lets the segment wait for whoever has locked it. */
static void clasp_input_to(struct sock *sk, struct sk_buff *skb)
{
	const struct clasp_af_ops *af = clasp_sk(sk)->af;
	/* ACKs have to get through when the receive buffer is full. */
	u32 limit = READ_ONCE(sk->sk_rcvbuf) + READ_ONCE(sk->sk_sndbuf) +
		    64 * 1024;

	if (!clasp_input_permitted(sk, skb, af->family)) {
		kfree_skb(skb);
		return;
	}
	bh_lock_sock_nested(sk);
	if (!sock_owned_by_user(sk)) {
		skb = clasp_input_locked(sk, skb);
	} else {
		if (sk_add_backlog(sk, skb, limit)) {
			clasp_count_sk(sk, CLASP_MIB_BacklogDropped);
			sk_drops_inc(sk);
			kfree_skb(skb);
		}
		skb = NULL;
	}
	bh_unlock_sock(sk);
	if (skb)
		clasp_input(sock_net(sk), af, skb);
}

static bool clasp_input_bound_elsewhere(const struct sock *sk,
					const struct clasp_cb *cb)
{
	int bound = READ_ONCE(sk->sk_bound_dev_if);

	return bound && bound != cb->iif && bound != cb->sdif;
}

/* The socket that takes the segment, with a reference, or NULL. */
static struct sock *clasp_input_socket_of(struct clasp_entry *entry,
					  const struct clasp_cb *cb)
{
	struct sock *sk;

	if (entry->kind == CLASP_REQUEST) {
		sk = clasp_request(entry)->listener;
		sock_hold(sk);
		return sk;
	}
	sk = &container_of(entry, struct clasp_sock, entry)->inet.sk;
	if (clasp_input_bound_elsewhere(sk, cb))
		return NULL;
	sock_hold(sk);
	return sk;
}

/* The listener that takes the segment, or NULL: then it has been dealt with. */
static struct sock *clasp_input_timewait(struct clasp_table *table,
					 struct clasp_timewait *tw,
					 struct sk_buff **pskb)
{
	const struct clasp_cb *cb = CLASP_CB(*pskb);
	struct sock *sk;

	sk = clasp_listener_find(table, &tw->entry.flow, cb->iif, cb->sdif);
	if (!clasp_timewait_input(tw, *pskb, sk))
		return sk;
	if (sk)
		sock_put(sk);
	consume_skb(*pskb);
	*pskb = NULL;
	return NULL;
}

/*
 * Whose segment is it? Returns the socket with a reference, or NULL. A
 * connection in TIME-WAIT handles it here and now: then *@pskb is NULL.
 */
static struct sock *clasp_input_lookup(struct clasp_table *table,
				       const struct clasp_flow *flow,
				       struct sk_buff **pskb)
{
	const struct clasp_cb *cb = CLASP_CB(*pskb);
	struct clasp_entry *entry = clasp_table_find(table, flow);
	struct sock *sk = NULL;

	if (!entry)
		return clasp_listener_find(table, flow, cb->iif, cb->sdif);
	if (entry->kind == CLASP_TIMEWAIT)
		sk = clasp_input_timewait(table, clasp_timewait(entry), pskb);
	else
		sk = clasp_input_socket_of(entry, cb);
	clasp_entry_put(entry);
	return sk;
}

/**
 * clasp_input() - take a segment in
 * @net: namespace
 * @af: address family it came by
 * @skb: parsed by clasp_segment_parse(), with the interfaces filled in; eaten
 *
 * In an RCU read-side critical section, with BHs disabled. Not under the lock
 * of any socket but, in process context, that of a listener.
 */
void clasp_input(struct net *net, const struct clasp_af_ops *af,
		 struct sk_buff *skb)
{
	struct clasp_path path;
	struct sock *sk;

	af->path(skb, &path);
	sk = clasp_input_lookup(&clasp_net(net)->table, &path.flow, &skb);
	if (sk) {
		clasp_input_to(sk, skb);
		sock_put(sk);
	} else if (skb) {
		if (!skb->dev ||
		    xfrm_policy_check(NULL, XFRM_POLICY_IN, skb, af->family))
			clasp_input_stray(net, af, skb);
		kfree_skb(skb);
	}
}
