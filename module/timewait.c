// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT: a small stand-in for a connection that is over.
 *
 * The socket and its buffers are free at once; what stays answers a repeated
 * FIN, keeps old segments from a new connection, and ends after 2 MSL.
 *
 * All of a namespace wait equally long, so they end in the order in which they
 * began: one queue and one alarm do for all of them.
 */
#include <linux/slab.h>

#include "actions.h"
#include "classify.h"
#include "memory.h"
#include "port.h"
#include "rcvq.h"
#include "reply.h"
#include "timewait.h"

static struct kmem_cache *clasp_timewait_cache;

/* So many end at once; others are let run before the next. */
#define CLASP_TIMEWAIT_BATCH	256

static struct clasp_timewaits *clasp_timewaits(const struct clasp_timewait *tw)
{
	return &clasp_net(tw->net)->timewaits;
}

/* By the knob as it is now: the order of the queue depends on nothing else. */
static u64 clasp_timewait_end(const struct clasp_timewait *tw)
{
	return tw->since + NSEC_PER_MSEC *
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
	struct clasp_timewaits *waits = clasp_timewaits(tw);
	struct clasp_table *table = &clasp_net(tw->net)->table;

	if (!clasp_table_remove(table, &tw->entry))
		return false;
	spin_lock_bh(&waits->lock);
	list_del_init(&tw->queue);
	waits->count--;
	spin_unlock_bh(&waits->lock);
	clasp_port_wait_over(table, tw->waiters);
	clasp_timewait_put(tw);
	return true;
}

/* CLASP_DO_START_2MSL, again. One whose end has begun cannot be saved. */
static void clasp_timewait_restart(struct clasp_timewait *tw)
{
	struct clasp_timewaits *waits = clasp_timewaits(tw);

	spin_lock_bh(&waits->lock);
	if (!list_empty(&tw->queue)) {
		tw->since = clasp_clock();
		list_move_tail(&tw->queue, &waits->queue);
	}
	spin_unlock_bh(&waits->lock);
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
		.af = clasp_af_table[tw->af],
		.flow = tw->entry.flow,
		.oif = tw->oif,
		.mark = tw->mark,
		.flowlabel = tw->flowlabel,
		.tos = tw->tos,
	};

	clasp_reply(tw->net, &path, &header);
}

/*
 * The stand-in's executor. Its state is its existence: every cell of TIME-WAIT
 * either stays or leads to CLOSED by CLASP_DO_DESTROY.
 */
static u32 clasp_timewait_step(struct clasp_timewait *tw,
			       enum clasp_event event)
{
	u32 actions = clasp_fsm_cell(CLASP_TIME_WAIT, event)->actions;

	clasp_step_seen(NULL, CLASP_TIME_WAIT, event);
	if (WARN_ON_ONCE(actions & CLASP_DO_NEVER))
		return 0;
	if (actions & CLASP_DO_SEND_ACK ||
	    (actions & (CLASP_DO_CHALLENGE | CLASP_DO_REPEAT_ACK) &&
	     clasp_challenge_permitted(tw->net)))
		clasp_timewait_ack(tw);
	if (actions & CLASP_DO_START_2MSL)
		clasp_timewait_restart(tw);
	if (actions & CLASP_DO_DESTROY)
		clasp_timewait_destroy(tw);
	return actions;
}

/* The first of the queue. */
static struct clasp_timewait *clasp_timewaits_head(struct clasp_timewaits *waits)
{
	lockdep_assert_held(&waits->lock);
	return list_first_entry_or_null(&waits->queue, struct clasp_timewait,
					queue);
}

/*
 * Takes the first out of the queue, with a reference, if its time is over at
 * @now; or else NULL. Its end has begun then.
 */
static struct clasp_timewait *clasp_timewaits_take(struct clasp_timewaits *waits,
						   u64 now)
{
	struct clasp_timewait *tw;

	spin_lock_bh(&waits->lock);
	tw = clasp_timewaits_head(waits);
	if (tw && clasp_timewait_end(tw) > now)
		tw = NULL;
	if (tw) {
		list_del_init(&tw->queue);
		/* There still is the queue's: who drops it takes the lock. */
		refcount_inc(&tw->refs);
	}
	spin_unlock_bh(&waits->lock);
	return tw;
}

/**
 * clasp_timewaits_retime() - let the alarm ring when the next one is over
 * @waits: the namespace's
 *
 * After the knob has changed, which concerns those too that wait already.
 */
void clasp_timewaits_retime(struct clasp_timewaits *waits)
{
	struct clasp_timewait *tw;

	spin_lock_bh(&waits->lock);
	tw = clasp_timewaits_head(waits);
	if (tw)
		clasp_alarm_set(&waits->alarm, clasp_timewait_end(tw));
	spin_unlock_bh(&waits->lock);
}

/* Softirq. */
static void clasp_timewaits_ring(struct timer_list *timer)
{
	struct clasp_timewaits *waits = timer_container_of(waits, timer,
							   alarm.timer);
	u32 left = CLASP_TIMEWAIT_BATCH;
	struct clasp_timewait *tw;
	u64 now = clasp_clock();

	while (left-- && (tw = clasp_timewaits_take(waits, now))) {
		clasp_timewait_step(tw, CLASP_EV_TIME_WAIT_OVER);
		clasp_timewait_put(tw);
	}
	/* If more are over, it rings with the next tick. */
	clasp_timewaits_retime(waits);
}

/**
 * clasp_timewaits_init() - at the start of a namespace
 * @waits: all zero
 */
void clasp_timewaits_init(struct clasp_timewaits *waits)
{
	spin_lock_init(&waits->lock);
	INIT_LIST_HEAD(&waits->queue);
	clasp_alarm_init(&waits->alarm, clasp_timewaits_ring);
}

static struct clasp_timewait *clasp_timewait_create(struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_path path = {};
	struct clasp_timewait *tw;

	if (clasp_memory_refused())
		return NULL;
	tw = kmem_cache_zalloc(clasp_timewait_cache, GFP_ATOMIC);
	if (!tw)
		return NULL;
	tw->waiters = clasp_port_wait(sk);
	if (!tw->waiters) {
		kmem_cache_free(clasp_timewait_cache, tw);
		return NULL;
	}
	tw->entry.flow = csk->entry.flow;
	tw->entry.kind = CLASP_TIMEWAIT;
	tw->net = sock_net(sk);
	tw->af = csk->af->af;
	tw->snd_nxt = csk->snd_nxt;
	tw->rcv_nxt = csk->rcv_nxt;
	tw->rcv_wnd = clasp_rcvq_remaining(csk);
	tw->mark = READ_ONCE(sk->sk_mark);
	tw->oif = sk->sk_bound_dev_if;
	csk->af->path_options(sock_net(sk), sk, &path);
	tw->flowlabel = path.flowlabel;
	tw->tos = path.tos;
	refcount_set(&tw->refs, 1);
	return tw;
}

/*
 * Into the table in the socket's place and into the queue, both at once for who
 * ends it. Returns false if there are too many already.
 */
static bool clasp_timewait_enter(struct clasp_timewait *tw,
				 struct clasp_entry *socket)
{
	struct clasp_timewaits *waits = clasp_timewaits(tw);
	struct clasp_net *cnet = clasp_net(tw->net);
	bool room;

	spin_lock_bh(&waits->lock);
	room = waits->count < READ_ONCE(cnet->sysctl.max_timewait);
	if (room) {
		waits->count++;
		WARN_ON_ONCE(!clasp_table_replace(&cnet->table, socket,
						  &tw->entry));
		tw->since = clasp_clock();
		if (list_empty(&waits->queue))
			clasp_alarm_set(&waits->alarm, clasp_timewait_end(tw));
		list_add_tail(&tw->queue, &waits->queue);
	}
	spin_unlock_bh(&waits->lock);
	return room;
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
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_timewait *tw = clasp_timewait_create(sk);

	if (!tw) {
		clasp_count_sk(sk, CLASP_MIB_TimeWaitOverflows);
		return false;
	}
	if (!clasp_timewait_enter(tw, &csk->entry)) {
		clasp_count_sk(sk, CLASP_MIB_TimeWaitOverflows);
		clasp_port_wait_over(&clasp_sk(sk)->home->table,
				     tw->waiters);
		kmem_cache_free(clasp_timewait_cache, tw);
		return false;
	}
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

/**
 * clasp_timewait_end_all() - end every stand-in of a namespace
 * @net: the namespace, which no segment reaches any more
 *
 * CLASP_EV_ABORT for each. May sleep. The alarm may still be ringing when this
 * returns; it does so in a softirq, so an RCU grace period waits for it.
 */
void clasp_timewait_end_all(struct net *net)
{
	struct clasp_timewaits *waits = &clasp_net(net)->timewaits;
	struct clasp_timewait *tw;

	while ((tw = clasp_timewaits_take(waits, U64_MAX))) {
		clasp_timewait_step(tw, CLASP_EV_ABORT);
		clasp_timewait_put(tw);
		cond_resched();
	}
	spin_lock_bh(&waits->lock);
	clasp_alarm_stop(&waits->alarm);
	spin_unlock_bh(&waits->lock);
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
