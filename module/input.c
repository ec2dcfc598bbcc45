// SPDX-License-Identifier: GPL-2.0
/* From IP to the connection: whose segment is it, and what does it do. */
#include <linux/filter.h>

#include "actions.h"
#include "backlog.h"
#include "classify.h"
#include "ecn.h"
#include "input.h"
#include "listen.h"
#include "offload.h"
#include "output.h"
#include "rcvq.h"
#include "reply.h"
#include "request.h"
#include "send.h"
#include "sndq.h"
#include "timewait.h"

static void clasp_input_view(const struct sock *sk, struct clasp_view *view)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	*view = (struct clasp_view){
		.state = sk->sk_state,
		.rcv_shutdown = sk->sk_shutdown & RCV_SHUTDOWN,
		.fin_queued = csk->fin_queued,
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
	u32 text_len = clasp_segment_text_len(*pskb);
	u32 segments = clasp_offload_segments(*pskb);
	enum clasp_event event;

	csk->totals.segs_in += segments;
	csk->totals.data_segs_in += text_len ? segments : 0;
	if (CLASP_CB(*pskb)->seq == csk->rcv_nxt)
		csk->af->heard(sk, *pskb);
	clasp_ecn_heard(csk, *pskb);
	clasp_input_view(sk, &view);
	event = clasp_classify(&view, CLASP_CB(*pskb), text_len);
	clasp_step(sk, event, pskb);
	if (csk->fin_reached) {
		csk->fin_reached = false;
		clasp_step(sk, CLASP_EV_FIN, NULL);
	}
	/* What was sent has left it, and what came has taken it: the rest goes. */
	sk_mem_reclaim(sk);
	if (sk->sk_state == CLASP_CLOSED)
		return;
	clasp_output_push(sk);
	clasp_send_wake(sk);
	clasp_output_ack_if_due(sk);
}

/* RFC 9293, 3.10.7.1: it belongs to no connection. */
static void clasp_input_stray(struct net *net, struct sk_buff *skb)
{
	struct clasp_view view = { .state = CLASP_CLOSED };
	enum clasp_event event = clasp_classify(&view, CLASP_CB(skb), 0);

	clasp_count(net, CLASP_MIB_InNoConnection);
	if (clasp_fsm_cell(CLASP_CLOSED, event)->actions & CLASP_DO_ANSWER_RST)
		clasp_reply_reset(net, NULL, skb);
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
		/*
		 * It went away while the segment waited, and is in no table any
		 * more: TIME-WAIT or another listener may have the segment.
		 */
		swap(rest, skb);
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
		clasp_input(clasp_sk(sk)->home, skb);
	local_bh_enable();
	return 0;
}

/* May this socket have this segment? */
static bool clasp_input_permitted(struct sock *sk, struct sk_buff *skb)
{
	const struct clasp_af_ops *af = clasp_af_of(skb);

	/* A segment that waited for a listener has been checked before. */
	if (!skb->dev)
		return true;
	if (!af->near_enough(sk, skb) ||
	    !clasp_compat_policy_check(sk, skb, af->family))
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
	if (!clasp_input_permitted(sk, skb)) {
		kfree_skb(skb);
		return;
	}
	/* A listener's is a wish: SO_INCOMING_CPU. */
	if (READ_ONCE(sk->sk_state) != CLASP_LISTEN)
		sk_incoming_cpu_update(sk);
	bh_lock_sock_nested(sk);
	if (!sock_owned_by_user(sk)) {
		skb = clasp_input_locked(sk, skb);
	} else {
		clasp_backlog_add(sk, skb);
		skb = NULL;
	}
	bh_unlock_sock(sk);
	if (skb)
		clasp_input(clasp_sk(sk)->home, skb);
}

static bool clasp_input_bound_elsewhere(const struct sock *sk,
					const struct clasp_cb *cb)
{
	return !clasp_bound_to(READ_ONCE(sk->sk_bound_dev_if), cb->iif,
			       cb->sdif);
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
	struct sock *sk = clasp_listener_find(table, &tw->entry.flow, *pskb);

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
	struct clasp_entry *entry = clasp_table_find(table, flow);
	struct sock *sk = NULL;

	if (!entry)
		return clasp_listener_find(table, flow, *pskb);
	if (entry->kind == CLASP_TIMEWAIT)
		sk = clasp_input_timewait(table, clasp_timewait(entry), pskb);
	else
		sk = clasp_input_socket_of(entry, CLASP_CB(*pskb));
	clasp_entry_put(entry);
	return sk;
}

/**
 * clasp_input() - take a segment in
 * @home: of its namespace
 * @skb: parsed by clasp_segment_parse(), with the interfaces filled in; eaten
 *
 * In an RCU read-side critical section, with BHs disabled. Not under the lock
 * of any socket but, in process context, that of a listener.
 */
void clasp_input(struct clasp_net *home, struct sk_buff *skb)
{
	struct clasp_path path;
	struct sock *sk;

	clasp_path_back(skb, &path);
	sk = clasp_input_lookup(&home->table, &path.flow, &skb);
	if (sk) {
		clasp_input_to(sk, skb);
		sock_put(sk);
	} else if (skb) {
		if (!skb->dev ||
		    clasp_compat_policy_check(NULL, skb, path.af->family))
			clasp_input_stray(home->net, skb);
		kfree_skb(skb);
	}
}

static const enum clasp_counter clasp_verdict_counter[] = {
	[CLASP_BAD_SHORT] = CLASP_MIB_InShort,
	[CLASP_BAD_VERSION] = CLASP_MIB_InVersion,
	[CLASP_BAD_LENGTH] = CLASP_MIB_InLength,
	[CLASP_BAD_CHECKSUM] = CLASP_MIB_InChecksum,
	[CLASP_BAD_FLAGS] = CLASP_MIB_InFlags,
	[CLASP_BAD_OPTION] = CLASP_MIB_InOption,
};

/**
 * clasp_input_packet() - take in what IP hands over
 * @skb: a packet for us alone, skb->data at our header; eaten. What IP left in
 *	skb->cb goes
 * @pseudo: unfolded sum of the pseudo-header
 * @iif: interface index it came in on
 * @sdif: index of the enslaved device that it came in on, or 0
 *
 * Softirq, RCU read lock held.
 */
void clasp_input_packet(struct sk_buff *skb, __wsum pseudo, int iif, int sdif)
{
	enum clasp_verdict verdict = clasp_segment_parse(skb, pseudo);
	struct clasp_net *home = clasp_net(dev_net(skb->dev));

	clasp_mib_add(home->mib, CLASP_MIB_InSegs, clasp_offload_segments(skb));
	if (verdict != CLASP_VALID) {
		clasp_mib_add(home->mib, clasp_verdict_counter[verdict], 1);
		kfree_skb(skb);
		return;
	}
	CLASP_CB(skb)->iif = iif;
	CLASP_CB(skb)->sdif = sdif;
	clasp_input(home, skb);
}
