// SPDX-License-Identifier: GPL-2.0
/*
 * SYN-RECEIVED of a passive open: a small object instead of a socket, so that
 * a SYN costs the listener little until the peer has proved that it exists; or
 * nothing at all, if the object is kept in a SYN cookie (cookie.c).
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "actions.h"
#include "classify.h"
#include "ecn.h"
#include "isn.h"
#include "listen.h"
#include "memory.h"
#include "mtu.h"
#include "output.h"
#include "rcvq.h"
#include "reply.h"
#include "request.h"
#include "rtt.h"

static struct kmem_cache *clasp_request_cache;

static struct net *clasp_request_net(const struct clasp_request *req)
{
	return sock_net(req->listener);
}

static void clasp_request_free(struct rcu_head *rcu)
{
	kmem_cache_free(clasp_request_cache,
			container_of(rcu, struct clasp_request, rcu));
}

/**
 * clasp_request_put() - drop a reference
 * @req: the request
 */
void clasp_request_put(struct clasp_request *req)
{
	if (!refcount_dec_and_test(&req->refs))
		return;
	sock_put(req->listener);
	call_rcu(&req->rcu, clasp_request_free);
}

/* The control group that pays for a listener's requests. */
static struct mem_cgroup *clasp_request_memcg(const struct sock *listener)
{
#ifdef CONFIG_MEMCG
	return listener->sk_memcg;
#else
	return NULL;
#endif
}

/* Is it still in the list, and so alive? */
static bool clasp_request_listed(const struct clasp_request *req)
{
	return !list_empty(&req->node);
}

/* Leaves the list and stops the alarm; the table is the caller's. */
static void clasp_request_unlist(struct clasp_request *req)
{
	list_del_init(&req->node);
	clasp_sk(req->listener)->request_count--;
	atomic_dec(&clasp_net(clasp_request_net(req))->requests);
	if (clasp_alarm_stop(&req->alarm))
		clasp_request_put(req);
}

/* CLASP_DO_DESTROY. The caller holds a reference of its own. */
static void clasp_request_destroy(struct clasp_request *req)
{
	clasp_request_unlist(req);
	clasp_table_remove(&clasp_net(clasp_request_net(req))->table,
			   &req->entry);
	clasp_request_put(req);
}

static void clasp_request_send(struct clasp_request *req, u8 flags)
{
	struct clasp_header header = {
		.flags = flags | CLASP_ACK,
		.seq = flags & CLASP_SYN ? req->iss : req->iss + 1,
		.ack_seq = req->irs + 1,
		.window = req->rcv_wnd,
	};

	if (flags & CLASP_SYN) {
		header.mss = clasp_mtu_maxseg(clasp_sk(req->listener));
		header.flags |= req->ecn ? CLASP_ECE : 0;
	}
	clasp_reply(clasp_request_net(req), &req->path, &header);
}

/* RFC 6298, doubling from its initial value, ns. */
static u64 clasp_request_rto(const struct clasp_request *req)
{
	struct clasp_rtt rtt;

	clasp_rtt_init(&rtt);
	rtt.backoff = req->retries;
	return clasp_rtt_timeout(&rtt, clasp_sysctl(req->listener));
}

/**
 * clasp_request_rtt() - how long the SYN-ACK and its ACK took
 * @req: the request, whose ACK has just come; its listener locked
 *
 * Return: ns; 0 if it is not known: the SYN-ACK was sent again (Karn, RFC 6298,
 * section 3); its ACK came before, but data was waited for; or nobody kept the
 * time, as with a SYN cookie.
 */
u64 clasp_request_rtt(const struct clasp_request *req)
{
	u64 sent_at = req->due - clasp_request_rto(req);

	if (!req->due || req->retries || req->acked)
		return 0;
	return clasp_clock() - sent_at;
}

/* (Re)starts the wait for the ACK. */
static void clasp_request_wait(struct clasp_request *req)
{
	req->due = clasp_clock() + clasp_request_rto(req);
	/* First the reference: the alarm may ring at once, on this CPU or another. */
	refcount_inc(&req->refs);
	if (clasp_alarm_set(&req->alarm, req->due))
		clasp_request_put(req);
}

/*
 * What answers a segment. One that a SYN or an empty ACK can provoke is limited:
 * a request must be no mirror that multiplies, nor half of a loop.
 */
static void clasp_request_answer(struct clasp_request *req, u32 actions)
{
	const u32 limited = CLASP_DO_SEND_SYN_ACK | CLASP_DO_CHALLENGE |
			    CLASP_DO_REPEAT_ACK;
	struct net *net = clasp_request_net(req);

	if (actions & limited &&
	    !clasp_challenge_due(net, &req->challenged_at))
		return;
	if (actions & CLASP_DO_CHALLENGE && !clasp_challenge_permitted(net))
		return;
	clasp_request_send(req, actions & CLASP_DO_SEND_SYN_ACK ? CLASP_SYN : 0);
}

/*
 * The request's executor: its state is its existence, as every cell of
 * SYN-RECEIVED that concerns it stays, leads to CLOSED by CLASP_DO_DESTROY, or
 * to ESTABLISHED, which takes a socket (clasp_request_input()).
 */
static void clasp_request_act(struct clasp_request *req, u32 actions,
			      const struct sk_buff *skb)
{
	sock_owned_by_me(req->listener);
	if (actions & CLASP_DO_RESET_PEER)
		clasp_request_send(req, CLASP_RST);
	if (actions & CLASP_DO_ANSWER_RST)
		clasp_reply_reset(clasp_request_net(req), req->listener, skb);
	if (actions & CLASP_DO_RETRANSMIT) {
		clasp_count(clasp_request_net(req), CLASP_MIB_RetransSegs);
		clasp_request_send(req, CLASP_SYN);
	}
	if (actions & (CLASP_DO_SEND_SYN_ACK | CLASP_DO_SEND_ACK |
		       CLASP_DO_CHALLENGE | CLASP_DO_REPEAT_ACK))
		clasp_request_answer(req, actions);
	if (actions & CLASP_DO_DESTROY) {
		clasp_count(clasp_request_net(req), CLASP_MIB_AttemptFails);
		clasp_request_destroy(req);
	}
}

static const struct clasp_cell *clasp_request_cell(enum clasp_event event)
{
	const struct clasp_cell *cell;

	clasp_step_seen(NULL, CLASP_SYN_RECEIVED, event);
	cell = clasp_fsm_cell(CLASP_SYN_RECEIVED, event);
	WARN_ON_ONCE(cell->actions & CLASP_DO_NEVER);
	return cell;
}

static void clasp_request_step(struct clasp_request *req,
			       enum clasp_event event)
{
	clasp_request_act(req, clasp_request_cell(event)->actions, NULL);
}

/* No more time-outs for the peer to acknowledge, or then to send data? */
static bool clasp_request_hopeless(const struct clasp_request *req)
{
	int limit = READ_ONCE(clasp_sk(req->listener)->options.syn_retries) ?:
		    READ_ONCE(clasp_sysctl(req->listener)->synack_retries);

	if (req->acked && req->retries < req->defer)
		return false;
	return req->retries >= limit;
}

/*
 * Listener locked; the caller holds a reference to the request.
 *
 * A peer that has acknowledged, and from which data is awaited, is left alone
 * until the last time-out. Then the SYN-ACK brings an ACK that is enough.
 */
static void clasp_request_timeout(struct clasp_request *req)
{
	if (clasp_request_hopeless(req)) {
		clasp_request_step(req, CLASP_EV_GIVE_UP);
		return;
	}
	req->retries++;
	clasp_request_wait(req);
	if (req->acked && req->retries < req->defer)
		return;
	if (!req->acked)
		req->resent = true;
	clasp_request_step(req, CLASP_EV_RETRANSMIT);
}

/**
 * clasp_request_run_due() - run the requests whose time has come
 * @listener: a listening socket, locked
 *
 * For alarms that rang, and ICMP messages that came, while the user held the
 * lock.
 */
void clasp_request_run_due(struct sock *listener)
{
	struct clasp_request *req, *next;
	u64 now = clasp_clock();

	list_for_each_entry_safe(req, next, &clasp_sk(listener)->requests,
				 node) {
		if (req->due > now && !req->unreachable)
			continue;
		refcount_inc(&req->refs);
		if (req->unreachable)
			clasp_request_step(req, CLASP_EV_UNREACHABLE);
		else
			clasp_request_timeout(req);
		clasp_request_put(req);
	}
}

/* Softirq. The alarm's reference keeps @req alive until the last line. */
static void clasp_request_ring(struct timer_list *timer)
{
	struct clasp_request *req = timer_container_of(req, timer, alarm.timer);
	struct sock *listener = req->listener;

	bh_lock_sock(listener);
	if (sock_owned_by_user(listener))
		set_bit(CLASP_DEFERRED_REQUEST, &clasp_sk(listener)->deferred);
	else if (clasp_request_listed(req) && req->due <= clasp_clock())
		clasp_request_timeout(req);
	bh_unlock_sock(listener);
	clasp_request_put(req);
}

/*
 * Charged to whoever listens: the SYN comes from nobody. The listener's limit
 * and the namespace's bound what a flood can take.
 */
static struct clasp_request *clasp_request_alloc(struct sock *listener)
{
	struct mem_cgroup *old;
	struct clasp_request *req;

	if (clasp_memory_refused())
		return NULL;
	old = set_active_memcg(clasp_request_memcg(listener));
	req = kmem_cache_zalloc(clasp_request_cache, GFP_ATOMIC | __GFP_NOWARN);
	set_active_memcg(old);
	return req;
}

/* All but the numbers of a request that is answered, or was, by a SYN-ACK. */
static void clasp_request_fill(struct clasp_request *req, struct sock *listener,
			       const struct sk_buff *skb)
{
	clasp_path_back(skb, &req->path);
	req->path.af->path_options(sock_net(listener), listener, &req->path);
	req->path.sk = listener;
	if (sk_fullsock(listener) && READ_ONCE(listener->sk_mark))
		req->path.mark = READ_ONCE(listener->sk_mark);
	if (listener->sk_bound_dev_if && !clasp_flow_link(&req->path.flow))
		req->path.oif = listener->sk_bound_dev_if;
	req->entry.flow = req->path.flow;
	req->entry.kind = CLASP_REQUEST;
	req->listener = listener;
	req->rcv_wnd = clasp_rcvq_initial_window(listener);
	req->snd_wnd = CLASP_CB(skb)->window;
}

/* Lists the request, which is filled, and enters it into the table. */
static bool clasp_request_enter(struct clasp_request *req)
{
	struct clasp_net *cnet = clasp_net(clasp_request_net(req));
	struct clasp_sock *csk = clasp_sk(req->listener);

	clasp_alarm_init(&req->alarm, clasp_request_ring);
	refcount_set(&req->refs, 1);
	sock_hold(req->listener);
	list_add_tail(&req->node, &csk->requests);
	csk->request_count++;
	atomic_inc(&cnet->requests);
	if (!clasp_table_insert(&cnet->table, &req->entry))
		return true;
	clasp_count_sk(req->listener, CLASP_MIB_RequestsDropped);
	clasp_request_unlist(req);
	clasp_request_put(req);
	return false;
}

/* Learns what the SYN says. */
static void clasp_request_take_syn(struct clasp_request *req,
				   struct sock *listener,
				   const struct sk_buff *skb)
{
	const struct clasp_cb *cb = CLASP_CB(skb);

	clasp_request_fill(req, listener, skb);
	req->irs = cb->seq;
	req->peer_mss = clasp_mtu_peer_mss(clasp_sk(listener), req->path.af,
					   cb->mss);
	req->defer = READ_ONCE(clasp_sk(listener)->options.defer_accept);
}

/* Is there a place for one more? */
static bool clasp_request_fits(const struct sock *listener)
{
	const struct clasp_sysctl *sysctl = clasp_sysctl(listener);

	return clasp_sk(listener)->request_count <
	       READ_ONCE(sysctl->max_syn_backlog) &&
	       atomic_read(&clasp_sk(listener)->home->requests) <
	       READ_ONCE(sysctl->max_requests);
}

/* Answers a SYN and remembers nothing. */
static void clasp_request_send_cookie(struct sock *listener,
				      const struct sk_buff *skb)
{
	struct clasp_request req = {};

	clasp_request_take_syn(&req, listener, skb);
	req.iss = clasp_cookie_make(&clasp_sk(listener)->home->cookies,
				    &req.entry.flow, req.irs, req.peer_mss);
	clasp_sk(listener)->cookie_at = max_t(u64, clasp_clock(), 1);
	clasp_count_sk(listener, CLASP_MIB_SyncookiesSent);
	clasp_request_send(&req, CLASP_SYN);
}

/**
 * clasp_request_create() - answer a SYN: CLASP_DO_TAKE_SYN and _SEND_SYN_ACK
 * @listener: a listening socket, locked, BHs disabled
 * @skb: the SYN
 *
 * Without a place for one more request, a cookie does it, or nothing if the
 * knob says so. A listener with as many children as its program lets wait
 * stays silent in any case: the peer tries again.
 */
void clasp_request_create(struct sock *listener, const struct sk_buff *skb)
{
	int cookies = READ_ONCE(clasp_sysctl(listener)->syn_cookies);
	struct clasp_request *req = NULL;

	sock_owned_by_me(listener);
	if (sk_acceptq_is_full(listener)) {
		clasp_count_sk(listener, CLASP_MIB_ListenOverflows);
		return;
	}
	if (cookies != CLASP_COOKIES_ALWAYS && clasp_request_fits(listener))
		req = clasp_request_alloc(listener);
	if (!req && cookies != CLASP_COOKIES_NEVER) {
		clasp_request_send_cookie(listener, skb);
		return;
	}
	if (!req) {
		clasp_count_sk(listener, CLASP_MIB_RequestsDropped);
		return;
	}
	clasp_request_take_syn(req, listener, skb);
	/* A cookie does not remember it, so it gives it up. */
	req->ecn = clasp_ecn_offered(listener, skb);
	req->iss = clasp_isn(sock_net(listener), &req->entry.flow);
	if (!clasp_request_enter(req))
		return;
	clasp_request_wait(req);
	clasp_request_send(req, CLASP_SYN);
}

/**
 * clasp_request_recall() - the request that a cookie kept: CLASP_DO_RECALL_SYN
 * @listener: a listening socket, locked, BHs disabled
 * @pskb: the segment that acknowledges the cookie; set to NULL if it was kept
 * @mss: what the cookie says of the peer's MSS
 *
 * It becomes a socket at once, or else is forgotten again: as long as the peer
 * has something to send, it sends the cookie too.
 */
void clasp_request_recall(struct sock *listener, struct sk_buff **pskb,
			  u16 mss)
{
	const struct clasp_cb *cb = CLASP_CB(*pskb);
	struct clasp_request *req;

	sock_owned_by_me(listener);
	req = clasp_request_alloc(listener);
	if (!req) {
		clasp_count_sk(listener, CLASP_MIB_RequestsDropped);
		return;
	}
	clasp_request_fill(req, listener, *pskb);
	req->iss = cb->ack_seq - 1;
	req->irs = cb->seq - 1;
	req->peer_mss = mss;
	if (!clasp_request_enter(req))
		return;
	refcount_inc(&req->refs);
	clasp_request_input(req, pskb);
	if (clasp_request_listed(req))
		clasp_request_destroy(req);
	clasp_request_put(req);
}

/* ESTABLISHED: a socket takes the request's place and gets the segment. */
static void clasp_request_hatch(struct clasp_request *req,
				struct sk_buff **pskb)
{
	struct sock *child = clasp_listen_hatch(req);

	if (!child)
		return;
	clasp_request_unlist(req);
	clasp_listen_welcome(req->listener, child, pskb);
	/* The table's reference: the child is in its place. */
	clasp_request_put(req);
}

/**
 * clasp_request_input() - a segment for a request
 * @req: the request, its listener locked, BHs disabled; the caller holds a
 *	reference
 * @pskb: the segment, set to NULL if it was kept
 */
void clasp_request_input(struct clasp_request *req, struct sk_buff **pskb)
{
	struct clasp_view view = {
		.state = CLASP_SYN_RECEIVED,
		.snd_una = req->iss,
		.snd_nxt = req->iss + 1,
		.write_seq = req->iss + 1,
		.max_window = req->snd_wnd,
		.irs = req->irs,
		.rcv_nxt = req->irs + 1,
		.rcv_wnd = req->rcv_wnd,
		.wants_text = req->retries < req->defer,
	};
	const struct clasp_cell *cell;
	enum clasp_event event;

	if (!clasp_request_listed(req))
		return;
	event = clasp_classify(&view, CLASP_CB(*pskb),
			       clasp_segment_text_len(*pskb));
	if (event == CLASP_EV_INCOMPLETE && CLASP_CB(*pskb)->flags & CLASP_ACK)
		req->acked = true;
	if (event == CLASP_EV_SYN_REPEATED)
		req->ecn &= clasp_ecn_offered(req->listener, *pskb);
	cell = clasp_request_cell(event);
	if (cell->next == CLASP_ESTABLISHED)
		clasp_request_hatch(req, pskb);
	else
		clasp_request_act(req, cell->actions, *pskb);
}

/**
 * clasp_request_icmp() - ICMP reports an error of the SYN-ACK
 * @req: the request; the caller holds a reference
 * @event: CLASP_EV_UNREACHABLE or CLASP_EV_SOFT_ERROR
 *
 * Softirq, the listener not locked.
 */
void clasp_request_icmp(struct clasp_request *req, enum clasp_event event)
{
	struct sock *listener = req->listener;

	bh_lock_sock(listener);
	if (!sock_owned_by_user(listener)) {
		if (clasp_request_listed(req))
			clasp_request_step(req, event);
	} else if (event == CLASP_EV_UNREACHABLE) {
		req->unreachable = true;
		set_bit(CLASP_DEFERRED_REQUEST, &clasp_sk(listener)->deferred);
	}
	bh_unlock_sock(listener);
}

/**
 * clasp_request_abort_all() - the listener closes
 * @listener: the socket, locked
 */
void clasp_request_abort_all(struct sock *listener)
{
	struct clasp_request *req, *next;

	list_for_each_entry_safe(req, next, &clasp_sk(listener)->requests,
				 node) {
		refcount_inc(&req->refs);
		clasp_request_step(req, CLASP_EV_ABORT);
		clasp_request_put(req);
	}
}

/**
 * clasp_request_module_init() - on load
 *
 * Return: 0 or -ENOMEM.
 */
int clasp_request_module_init(void)
{
	clasp_request_cache = KMEM_CACHE(clasp_request, SLAB_ACCOUNT);
	return clasp_request_cache ? 0 : -ENOMEM;
}

/**
 * clasp_request_module_exit() - on unload, after an RCU barrier
 */
void clasp_request_module_exit(void)
{
	kmem_cache_destroy(clasp_request_cache);
}
