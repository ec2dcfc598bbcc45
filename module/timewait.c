// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT: a small stand-in for a connection that is over.
 *
 * The socket and its buffers are free at once; what stays answers a repeated
 * FIN, keeps old segments from a new connection, and ends after 2 MSL.
 */
#include <linux/slab.h>

#include "classify.h"
#include "port.h"
#include "rcvq.h"
#include "reply.h"
#include "timewait.h"

static struct kmem_cache *clasp_timewait_cache;

static u64 clasp_timewait_end(const struct clasp_timewait *tw)
{
	return clasp_clock() + NSEC_PER_MSEC *
	       READ_ONCE(clasp_net(tw->net)->sysctl.timewait_ms);
}

static void clasp_timewait_free(struct rcu_head *rcu)
{
	kmem_cache_free(clasp_timewait_cache,
			container_of(rcu, struct clasp_timewait, rcu));
}

/**
 * clasp_timewait_put() - drop a reference
 * @tw: the stand-in
 */
void clasp_timewait_put(struct clasp_timewait *tw)
{
	if (refcount_dec_and_test(&tw->refs))
		call_rcu(&tw->rcu, clasp_timewait_free);
}

/*
 * Ends a stand-in, unless somebody else did: CLASP_DO_DESTROY. The caller has
 * a reference of its own.
 */
static bool clasp_timewait_destroy(struct clasp_timewait *tw)
{
	struct clasp_net *cnet = clasp_net(tw->net);

	if (!clasp_table_remove(&cnet->table, &tw->entry))
		return false;
	clasp_port_release(&cnet->table, &tw->binding);
	atomic_dec(&cnet->timewaits);
	if (clasp_alarm_stop(&tw->alarm))
		clasp_timewait_put(tw);
	clasp_timewait_put(tw);
	return true;
}

/* Answers for a connection that is over. */
static void clasp_timewait_ack(const struct clasp_timewait *tw)
{
	struct clasp_header header = {
		.flags = CLASP_ACK,
		.seq = tw->snd_nxt,
		.ack_seq = tw->rcv_nxt,
		.window = tw->rcv_wnd,
	};
	struct clasp_path path = {
		.flow = tw->entry.flow,
		.oif = tw->oif,
		.mark = tw->mark,
		.tos = tw->tos,
	};

	clasp_reply(tw->net, tw->af, &path, &header);
}

/*
 * The stand-in's executor. Its state is its existence: every cell of TIME-WAIT
 * either stays or leads to CLOSED by CLASP_DO_DESTROY.
 */
static u32 clasp_timewait_step(struct clasp_timewait *tw,
			       enum clasp_event event)
{
	u32 actions = clasp_fsm_cell(CLASP_TIME_WAIT, event)->actions;

	if (WARN_ON_ONCE(actions & CLASP_DO_NEVER))
		return 0;
	if (actions & CLASP_DO_SEND_ACK ||
	    (actions & (CLASP_DO_CHALLENGE | CLASP_DO_REPEAT_ACK) &&
	     clasp_challenge_permitted(tw->net)))
		clasp_timewait_ack(tw);
	if (actions & CLASP_DO_START_2MSL)
		clasp_alarm_postpone(&tw->alarm, clasp_timewait_end(tw));
	if (actions & CLASP_DO_DESTROY)
		clasp_timewait_destroy(tw);
	return actions;
}

/* Softirq: the alarm's reference keeps @tw alive until the last line. */
static void clasp_timewait_ring(struct timer_list *timer)
{
	struct clasp_timewait *tw = timer_container_of(tw, timer, alarm.timer);

	clasp_timewait_step(tw, CLASP_EV_TIME_WAIT_OVER);
	clasp_timewait_put(tw);
}

static struct clasp_timewait *clasp_timewait_create(const struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_timewait *tw;

	tw = kmem_cache_zalloc(clasp_timewait_cache, GFP_ATOMIC);
	if (!tw)
		return NULL;
	tw->entry.flow = csk->entry.flow;
	tw->entry.kind = CLASP_TIMEWAIT;
	tw->binding.laddr = csk->binding.laddr;
	tw->binding.ifindex = csk->binding.ifindex;
	tw->binding.kind = CLASP_TIMEWAIT;
	tw->binding.reuse = sk->sk_reuse;
	tw->net = sock_net(sk);
	tw->af = csk->af;
	tw->snd_nxt = csk->snd_nxt;
	tw->rcv_nxt = csk->rcv_nxt;
	tw->rcv_wnd = clasp_rcvq_remaining(csk);
	tw->mark = READ_ONCE(sk->sk_mark);
	tw->oif = sk->sk_bound_dev_if;
	tw->tos = inet_sk(sk)->tos;
	clasp_alarm_init(&tw->alarm, clasp_timewait_ring);
	/* The table's and the alarm's. */
	refcount_set(&tw->refs, 2);
	return tw;
}

/**
 * clasp_timewait_start() - let a stand-in take over from a socket
 * @sk: the socket, locked, in TIME-WAIT
 *
 * The first CLASP_DO_START_2MSL. The caller lets CLASP_EV_REPLACED follow
 * either way: without memory, or with too many stand-ins already, the
 * connection is just closed.
 *
 * Return: true if the table now holds a stand-in in the socket's place.
 */
bool clasp_timewait_start(struct sock *sk)
{
	struct clasp_net *cnet = clasp_net(sock_net(sk));
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_timewait *tw = NULL;

	if (atomic_inc_return(&cnet->timewaits) <=
	    READ_ONCE(cnet->sysctl.max_timewait))
		tw = clasp_timewait_create(sk);
	if (!tw) {
		atomic_dec(&cnet->timewaits);
		clasp_count_sk(sk, CLASP_MIB_TimeWaitOverflows);
		return false;
	}
	clasp_port_share(&cnet->table, &csk->binding, &tw->binding);
	/*
	 * Before it can be found, or a quick SYN would find no alarm to stop.
	 * It rings on this CPU only, and BHs are disabled: not too early.
	 */
	clasp_alarm_set(&tw->alarm, clasp_timewait_end(tw));
	WARN_ON_ONCE(!clasp_table_replace(&cnet->table, &csk->entry,
					  &tw->entry));
	csk->hashed = false;
	clasp_count_sk(sk, CLASP_MIB_TimeWaits);
	return true;
}

/**
 * clasp_timewait_input() - a segment for a connection in TIME-WAIT
 * @tw: the stand-in; the caller has a reference
 * @skb: the segment, parsed; stays the caller's
 * @wanted: somebody listens who would take a new connection; a SYN that nobody
 *	wants ends nothing
 *
 * Source: RFC 9293, section 3.10.7.4; RFC 1337; RFC 6191 for the new SYN.
 *
 * Return: true if that was all; false if the stand-in made room for a new
 * connection, which the segment opens.
 */
bool clasp_timewait_input(struct clasp_timewait *tw, struct sk_buff *skb,
			  bool wanted)
{
	struct clasp_view view = {
		.state = CLASP_TIME_WAIT,
		.rcv_shutdown = true,
		.snd_una = tw->snd_nxt,
		.snd_nxt = tw->snd_nxt,
		.write_seq = tw->snd_nxt,
		.max_window = U32_MAX,
		.rcv_nxt = tw->rcv_nxt,
		.rcv_wnd = tw->rcv_wnd,
	};
	enum clasp_event event;

	event = clasp_classify(&view, CLASP_CB(skb),
			       clasp_segment_text_len(skb));
	if (event == CLASP_EV_SYN && !wanted)
		event = CLASP_EV_SYN_UNEXPECTED;
	return !(clasp_timewait_step(tw, event) & CLASP_DO_YIELD);
}

/**
 * clasp_timewait_evict() - make room for a new connection of our own
 * @net: namespace
 * @flow: both ends
 *
 * Return: true if a stand-in was between these two ends, and is gone now.
 */
bool clasp_timewait_evict(struct net *net, const struct clasp_flow *flow)
{
	struct clasp_entry *entry;
	bool evicted = false;

	entry = clasp_table_find(&clasp_net(net)->table, flow);
	if (!entry)
		return false;
	if (entry->kind == CLASP_TIMEWAIT)
		evicted = clasp_timewait_destroy(clasp_timewait(entry));
	clasp_entry_put(entry);
	return evicted;
}

static bool clasp_timewait_abort(struct clasp_entry *entry)
{
	if (entry->kind != CLASP_TIMEWAIT ||
	    !refcount_inc_not_zero(&clasp_timewait(entry)->refs))
		return false;
	clasp_timewait_step(clasp_timewait(entry), CLASP_EV_ABORT);
	clasp_entry_put(entry);
	return true;
}

/* One walk; returns how many it ended. */
static u32 clasp_timewait_end_seen(struct rhashtable *connections)
{
	struct rhashtable_iter iter;
	struct clasp_entry *entry;
	u32 ended = 0, seen = 0;

	rhashtable_walk_enter(connections, &iter);
	rhashtable_walk_start(&iter);
	while ((entry = rhashtable_walk_next(&iter))) {
		/* -EAGAIN: the table was resized, the walk starts anew. */
		if (!IS_ERR(entry))
			ended += clasp_timewait_abort(entry);
		if (++seen % 1024 == 0) {
			rhashtable_walk_stop(&iter);
			cond_resched();
			rhashtable_walk_start(&iter);
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	return ended;
}

/**
 * clasp_timewait_end_all() - end every stand-in of a namespace
 * @net: the namespace, which no segment reaches any more
 *
 * CLASP_EV_ABORT for each. May sleep. Alarms that ring meanwhile may still run
 * when this returns; they are softirqs, so an RCU grace period waits for them.
 */
void clasp_timewait_end_all(struct net *net)
{
	/* A walk misses some, as it pauses while what it stands on goes. */
	while (clasp_timewait_end_seen(&clasp_net(net)->table.connections))
		;
}

/**
 * clasp_timewait_module_init() - on load
 *
 * Return: 0 or -ENOMEM.
 */
int clasp_timewait_module_init(void)
{
	clasp_timewait_cache = KMEM_CACHE(clasp_timewait, SLAB_ACCOUNT);
	return clasp_timewait_cache ? 0 : -ENOMEM;
}

/**
 * clasp_timewait_module_exit() - on unload, after an RCU barrier
 */
void clasp_timewait_module_exit(void)
{
	kmem_cache_destroy(clasp_timewait_cache);
}
