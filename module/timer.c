// SPDX-License-Identifier: GPL-2.0
/*
 * What time does to a socket.
 *
 * A socket has one alarm for all its timers: it rings at the earliest deadline,
 * or before it, for a deadline may move away after the alarm was set. Others
 * never set a deadline themselves; they say what happened, by the verbs below.
 */
#include "actions.h"
#include "mtu.h"
#include "orphan.h"
#include "output.h"
#include "rack.h"
#include "rtt.h"
#include "spare.h"
#include "timer.h"

static u64 clasp_timer_earliest(const struct clasp_sock *csk)
{
	u64 earliest = 0;
	int i;

	for (i = 0; i < CLASP_TIMERS; i++)
		if (csk->deadline[i] &&
		    (!earliest || csk->deadline[i] < earliest))
			earliest = csk->deadline[i];
	return earliest;
}

/* Lets the alarm ring at some time, if it does not do so before. */
static void clasp_timer_alarm_by(struct sock *sk, u64 at)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (csk->alarm_at && csk->alarm_at <= at)
		return;
	csk->alarm_at = at;
	/* First the reference: it may ring before this returns. */
	sock_hold(sk);
	if (clasp_alarm_set(&csk->alarm, at))
		__sock_put(sk);
}

static void clasp_timer_set_alarm(struct sock *sk)
{
	u64 at = clasp_timer_earliest(clasp_sk(sk));

	if (at)
		clasp_timer_alarm_by(sk, at);
}

/* Starts a timer that runs out at some time, in place of the same if it runs. */
static void clasp_timer_set_at(struct sock *sk, enum clasp_timer which, u64 at)
{
	sock_owned_by_me(sk);
	clasp_sk(sk)->deadline[which] = at;
	clasp_timer_alarm_by(sk, at);
}

static void clasp_timer_set(struct sock *sk, enum clasp_timer which, u64 delay)
{
	clasp_timer_set_at(sk, which, clasp_clock() + delay);
}

/**
 * clasp_timer_stop() - stop one timer
 * @sk: the socket, locked
 * @which: the timer
 */
void clasp_timer_stop(struct sock *sk, enum clasp_timer which)
{
	clasp_sk(sk)->deadline[which] = 0;
}

/**
 * clasp_timer_stop_all() - stop them all, and what rings for them
 * @sk: the socket, locked; the caller holds a reference of its own
 */
void clasp_timer_stop_all(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	memset(csk->deadline, 0, sizeof(csk->deadline));
	csk->alarm_at = 0;
	if (clasp_alarm_stop(&csk->alarm))
		__sock_put(sk);
	clasp_pace_stop(sk);
}

/* A socket option in its own unit, else the namespace's knob: nanoseconds. */
static u64 clasp_timer_either(int option, u64 unit, int knob_ms)
{
	return option ? option * unit : (u64)knob_ms * NSEC_PER_MSEC;
}

/* What CLASP_USER_TIMEOUT or its knob says, ns; 0 for no limit. */
static u64 clasp_timer_user_timeout(const struct sock *sk)
{
	return clasp_timer_either(READ_ONCE(clasp_sk(sk)->options.user_timeout),
				  NSEC_PER_MSEC,
				  READ_ONCE(clasp_sysctl(sk)->user_timeout_ms));
}

/*
 * When the user timeout ends what began at @since, ns of clasp_clock(). Whatever
 * was sent has at least one timeout to be acknowledged (RFC 5482, section 3.1).
 */
static u64 clasp_timer_user_limit(const struct sock *sk, u64 since)
{
	u64 timeout = clasp_timer_user_timeout(sk);

	return timeout ? since + max(timeout, clasp_sk(sk)->rtt.rto) : U64_MAX;
}

/* How many retransmissions before the connection is given up. */
static u8 clasp_timer_limit(const struct sock *sk)
{
	const struct clasp_sysctl *sysctl = clasp_sysctl(sk);
	int syn_retries = READ_ONCE(clasp_sk(sk)->options.syn_retries);

	if (sk->sk_state == CLASP_SYN_SENT)
		return syn_retries ?: READ_ONCE(sysctl->syn_retries);
	if (sk->sk_state == CLASP_SYN_RECEIVED)
		return syn_retries ?: READ_ONCE(sysctl->synack_retries);
	if (sock_flag(sk, SOCK_DEAD))
		return READ_ONCE(sysctl->orphan_retries);
	return READ_ONCE(sysctl->retries);
}

/*
 * RFC 6429: an orphan whose peer answers every probe, but never opens its
 * window, holds memory that nobody can give back. It gets as many probes as a
 * connection has tries whose peer does not answer.
 */
static bool clasp_timer_orphan_shut_out(const struct sock *sk)
{
	return sock_flag(sk, SOCK_DEAD) &&
	       clasp_sk(sk)->probes >= READ_ONCE(clasp_sysctl(sk)->retries);
}

/*
 * Has the peer been waited for long enough? A user timeout decides alone, but
 * cannot make an attempt to connect or an orphan last longer.
 */
static bool clasp_timer_hopeless(const struct sock *sk, enum clasp_event event)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	if (clasp_clock() >= clasp_timer_user_limit(sk, csk->waiting_since) ||
	    (event == CLASP_EV_PROBE && clasp_timer_orphan_shut_out(sk)))
		return true;
	if (clasp_timer_user_timeout(sk) && !sock_flag(sk, SOCK_DEAD) &&
	    clasp_in_state(sk, CLASP_SYNCHRONIZED))
		return false;
	return csk->retries >= clasp_timer_limit(sk);
}

static void clasp_timer_give_up(struct sock *sk)
{
	clasp_count_sk(sk, CLASP_MIB_AbortOnTimeout);
	clasp_step(sk, CLASP_EV_GIVE_UP, NULL);
}

/* One more try, which has not been answered yet. */
static void clasp_timer_retry(struct sock *sk, enum clasp_event event)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (csk->retries < U8_MAX)
		csk->retries++;
	/*
	 * RFC 9293, section 3.8.3: at R1, IP may look for another path; or this
	 * one is too narrow.
	 */
	if (event == CLASP_EV_RETRANSMIT &&
	    csk->retries >= READ_ONCE(clasp_sysctl(sk)->path_retries)) {
		dst_negative_advice(sk);
		clasp_mtu_doubt(sk);
	}
	clasp_step(sk, event, NULL);
}

/*
 * The retransmission timer or the probe timer ran out. Retries start anew
 * whenever the peer acknowledges something: a peer that answers zero-window
 * probes is probed for as long as it does (RFC 9293, section 3.8.6.1). An orphan
 * makes room for others when there is none.
 */
static void clasp_timer_unanswered(struct sock *sk, enum clasp_event event)
{
	if (clasp_sk(sk)->snd_una == clasp_sk(sk)->write_seq)
		return;
	if (clasp_timer_hopeless(sk, event)) {
		clasp_timer_give_up(sk);
	} else if (sock_flag(sk, SOCK_DEAD) && clasp_orphans_too_many(sk)) {
		clasp_count_sk(sk, CLASP_MIB_AbortOnMemory);
		clasp_step(sk, CLASP_EV_ABORT, NULL);
	} else {
		clasp_timer_retry(sk, event);
	}
}

static u64 clasp_timer_keepalive_idle(const struct sock *sk)
{
	return clasp_timer_either(READ_ONCE(clasp_sk(sk)->options.keepalive_idle),
				  NSEC_PER_SEC,
				  READ_ONCE(clasp_sysctl(sk)->keepalive_idle_ms));
}

static u64 clasp_timer_keepalive_interval(const struct sock *sk)
{
	const struct clasp_options *options = &clasp_sk(sk)->options;

	return clasp_timer_either(READ_ONCE(options->keepalive_interval),
				  NSEC_PER_SEC,
				  READ_ONCE(clasp_sysctl(sk)->keepalive_interval_ms));
}

static u8 clasp_timer_keepalive_probes(const struct sock *sk)
{
	return READ_ONCE(clasp_sk(sk)->options.keepalive_probes) ?:
	       READ_ONCE(clasp_sysctl(sk)->keepalive_probes);
}

/* Starts the wait for the next keep-alive, from when the peer was last heard. */
static void clasp_timer_keepalive_wait(struct sock *sk)
{
	u64 at = clasp_sk(sk)->heard_at + clasp_timer_keepalive_idle(sk);
	u64 now = clasp_clock();

	clasp_timer_set(sk, CLASP_TIMER_KEEPALIVE, at > now ? at - now : 0);
}

/* No keep-alive was answered. When is that enough? tcp(7), TCP_USER_TIMEOUT. */
static bool clasp_timer_keepalive_hopeless(const struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	if (!csk->retries)
		return false;
	if (clasp_timer_user_timeout(sk))
		return clasp_clock() >=
		       clasp_timer_user_limit(sk, csk->heard_at);
	return csk->retries >= clasp_timer_keepalive_probes(sk);
}

/*
 * The time for a keep-alive has come, unless something was heard meanwhile, or
 * something is on its way, which is as good.
 *
 * Source: RFC 9293, section 3.8.4.
 */
static void clasp_timer_keepalive(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u64 idle = clasp_timer_keepalive_idle(sk), now = clasp_clock();
	u64 delay = clasp_timer_keepalive_interval(sk);

	if (csk->snd_una != csk->write_seq) {
		clasp_timer_set(sk, CLASP_TIMER_KEEPALIVE, idle);
		return;
	}
	if (now - csk->heard_at < idle) {
		clasp_timer_keepalive_wait(sk);
		return;
	}
	if (clasp_timer_keepalive_hopeless(sk)) {
		clasp_timer_give_up(sk);
		return;
	}
	clasp_count_sk(sk, CLASP_MIB_KeepAlives);
	delay = min(delay, max(clasp_timer_user_limit(sk, csk->heard_at),
			       now + csk->rtt.rto) - now);
	clasp_timer_set(sk, CLASP_TIMER_KEEPALIVE, delay);
	clasp_timer_retry(sk, CLASP_EV_KEEPALIVE);
}

/*
 * CLASP_LINGER2 below 0: the peer's FIN is not waited for, and the peer is told
 * so, as by TCP.
 */
static void clasp_timer_fin_wait_2(struct sock *sk)
{
	bool impatient = READ_ONCE(clasp_sk(sk)->options.linger2) < 0;

	clasp_step(sk, impatient ? CLASP_EV_ABORT : CLASP_EV_FIN_WAIT_2_OVER,
		   NULL);
}

static void clasp_timer_expired(struct sock *sk, enum clasp_timer which)
{
	switch (which) {
	case CLASP_TIMER_RETRANSMIT:
		clasp_timer_unanswered(sk, CLASP_EV_RETRANSMIT);
		break;
	case CLASP_TIMER_OVERDUE:
		clasp_step(sk, CLASP_EV_ACK_OVERDUE, NULL);
		break;
	case CLASP_TIMER_PROBE:
		clasp_timer_unanswered(sk, CLASP_EV_PROBE);
		break;
	case CLASP_TIMER_ACK:
		/* Nothing came to go with it, nor did a reader. */
		clasp_sk(sk)->interactive = false;
		clasp_sk(sk)->reader_asleep = false;
		if (clasp_sk(sk)->ack_due)
			clasp_step(sk, CLASP_EV_ACK_DUE, NULL);
		break;
	case CLASP_TIMER_KEEPALIVE:
		clasp_timer_keepalive(sk);
		break;
	case CLASP_TIMER_SPARE:
		clasp_spare_drop(sk);
		break;
	default:
		clasp_timer_fin_wait_2(sk);
		break;
	}
}

/**
 * clasp_timer_run() - let every timer whose time has come have its effect
 * @sk: the socket, locked; the caller holds a reference of its own
 */
void clasp_timer_run(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u64 now = clasp_clock();
	int i;

	sock_owned_by_me(sk);
	for (i = 0; i < CLASP_TIMERS; i++) {
		if (!csk->deadline[i] || csk->deadline[i] > now)
			continue;
		csk->deadline[i] = 0;
		clasp_timer_expired(sk, i);
	}
	if (sk->sk_state != CLASP_CLOSED) {
		clasp_output_push(sk);
		clasp_timer_set_alarm(sk);
	}
}

/* Softirq. A socket that its user holds is left to clasp_release_cb(). */
static void clasp_timer_ring(struct timer_list *timer)
{
	struct clasp_sock *csk = timer_container_of(csk, timer, alarm.timer);
	struct sock *sk = &csk->inet.sk;

	bh_lock_sock(sk);
	csk->alarm_at = 0;
	if (sock_owned_by_user(sk))
		set_bit(CLASP_DEFERRED_TIMER, &csk->deferred);
	else
		clasp_timer_run(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
}

/**
 * clasp_timer_init() - prepare the timers
 * @sk: a new socket
 */
void clasp_timer_init(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	clasp_alarm_init(&csk->alarm, clasp_timer_ring);
	csk->alarm_at = 0;
	memset(csk->deadline, 0, sizeof(csk->deadline));
}

/*
 * Starts a timer that ends a wait for the peer, no later than the user timeout
 * ends it.
 */
static void clasp_timer_await(struct sock *sk, enum clasp_timer which, u64 at)
{
	u64 limit = clasp_timer_user_limit(sk, clasp_sk(sk)->waiting_since);

	clasp_timer_set_at(sk, which, min(at, limit));
}

/* What sch_fq still has cannot be acknowledged. */
static void clasp_timer_await_ack(struct sock *sk, u64 now)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	clasp_timer_await(sk, CLASP_TIMER_RETRANSMIT,
			  max(now, csk->pace.at) +
			  clasp_rtt_timeout(&csk->rtt, clasp_sysctl(sk)));
}

/* From now on something waits for the peer. */
static void clasp_timer_wait_begins(struct clasp_sock *csk, u64 now)
{
	csk->waiting_since = now;
	csk->retries = 0;
}

/**
 * clasp_timer_segment_sent() - a segment that wants an ACK was sent
 * @sk: the socket, locked
 * @now: when, ns
 *
 * Source: RFC 6298, section 5, (5.1).
 */
void clasp_timer_segment_sent(struct sock *sk, u64 now)
{
	if (clasp_sk(sk)->deadline[CLASP_TIMER_RETRANSMIT])
		return;
	clasp_timer_wait_begins(clasp_sk(sk), now);
	clasp_timer_await_ack(sk, now);
}

/**
 * clasp_timer_new_ack() - the peer acknowledged something new
 * @sk: the socket, locked, snd_una advanced
 * @now: when, ns
 *
 * The timeout stays doubled until a segment has been measured that was sent
 * once: on a path slower than the timeout, none ever would be otherwise.
 *
 * Source: RFC 6298, section 5, (5.2) and (5.3), and the note at its end.
 */
void clasp_timer_new_ack(struct sock *sk, u64 now)
{
	struct clasp_sock *csk = clasp_sk(sk);

	clasp_timer_wait_begins(csk, now);
	if (csk->snd_una == csk->snd_nxt)
		clasp_timer_stop(sk, CLASP_TIMER_RETRANSMIT);
	else
		clasp_timer_await_ack(sk, now);
}

/**
 * clasp_timer_backed_off() - the retransmission timer ran out
 * @sk: the socket, locked
 *
 * Source: RFC 6298, section 5, (5.5) and (5.6).
 */
void clasp_timer_backed_off(struct sock *sk)
{
	struct clasp_rtt *rtt = &clasp_sk(sk)->rtt;

	if (rtt->backoff < U8_MAX)
		rtt->backoff++;
	clasp_timer_await_ack(sk, clasp_clock());
}

/**
 * clasp_timer_reordering() - segments may be late, or lost
 * @sk: the socket, locked
 * @at: when they are lost, ns
 *
 * Source: RFC 8985, section 6.2, step 5.
 */
void clasp_timer_reordering(struct sock *sk, u64 at)
{
	clasp_timer_set_at(sk, CLASP_TIMER_OVERDUE, at);
}

/**
 * clasp_timer_end_sent() - new data was sent, or acknowledged
 * @sk: the socket, locked, the retransmission timer up to date
 * @now: when, ns
 *
 * If nothing is heard of the end of what was sent, it is probed, unless other
 * losses are being looked after. Where the time-out would come before the probe,
 * the probe goes in its place.
 *
 * Source: RFC 8985, section 7.2.
 */
void clasp_timer_end_sent(struct sock *sk, u64 now)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u64 at;

	if (csk->rack.pending)
		return;
	if (!clasp_in_state(sk, CLASP_SYNCHRONIZED) ||
	    !clasp_rack_probe_due(sk)) {
		clasp_timer_stop(sk, CLASP_TIMER_OVERDUE);
		return;
	}
	at = max(now, csk->pace.at) + clasp_rack_probe_delay(sk);
	clasp_timer_set_at(sk, CLASP_TIMER_OVERDUE,
			   min(at, csk->deadline[CLASP_TIMER_RETRANSMIT]));
}

/**
 * clasp_timer_restart() - a segment was sent that has a whole timeout
 * @sk: the socket, locked
 * @now: when, ns
 *
 * A tail-loss probe has, and the oldest segment that is sent again in a recovery:
 * its ACK takes another round trip.
 *
 * Source: RFC 8985, section 7.3; RFC 6675, section 6.
 */
void clasp_timer_restart(struct sock *sk, u64 now)
{
	clasp_timer_await_ack(sk, now);
}

/**
 * clasp_timer_window_checked() - all was sent that may be sent now
 * @sk: the socket, locked
 * @open: the windows allow more, which waits for its time only
 *
 * If something is left, and nothing is on its way whose ACK could open the
 * window, the window has to be probed, at intervals that double whether the peer
 * answers or not (RFC 9293, section 3.8.6.1).
 */
void clasp_timer_window_checked(struct sock *sk, bool open)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u64 now, delay;

	if (open || csk->write_seq == csk->snd_nxt ||
	    csk->snd_una != csk->snd_nxt) {
		clasp_timer_stop(sk, CLASP_TIMER_PROBE);
		csk->probes = 0;
		return;
	}
	if (csk->deadline[CLASP_TIMER_PROBE])
		return;
	now = clasp_clock();
	if (!csk->probes)
		clasp_timer_wait_begins(csk, now);
	delay = (u64)READ_ONCE(clasp_sysctl(sk)->rto_max_ms) * NSEC_PER_MSEC;
	delay = min(csk->rtt.rto << min_t(u8, csk->probes, 16), delay);
	clasp_timer_await(sk, CLASP_TIMER_PROBE, now + delay);
}

/**
 * clasp_timer_user_timeout_set() - the user timeout is another one now
 * @sk: the socket, locked
 *
 * A wait that it would end earlier is cut short.
 */
void clasp_timer_user_timeout_set(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u64 limit = clasp_timer_user_limit(sk, csk->waiting_since);
	u64 *retransmit = &csk->deadline[CLASP_TIMER_RETRANSMIT];
	u64 *probe = &csk->deadline[CLASP_TIMER_PROBE];

	if (*retransmit)
		*retransmit = min(*retransmit, limit);
	if (*probe)
		*probe = min(*probe, limit);
	clasp_timer_set_alarm(sk);
}

/**
 * clasp_timer_keepalive_set() - SO_KEEPALIVE or its times have been set
 * @sk: the socket, locked
 * @on: keep-alives are wanted
 *
 * Also for a connection that is just established, when the option was set
 * before; until then it has no effect, as for TCP.
 */
void clasp_timer_keepalive_set(struct sock *sk, bool on)
{
	if (!on)
		clasp_timer_stop(sk, CLASP_TIMER_KEEPALIVE);
	else if (clasp_in_state(sk, CLASP_SYNCHRONIZED))
		clasp_timer_keepalive_wait(sk);
}

/**
 * clasp_timer_peer_heard() - an acceptable ACK came
 * @sk: the socket, locked
 *
 * A keep-alive that is due later than it would be without those before it is
 * brought forward; one that is due sooner finds out itself.
 *
 * Return: the time, ns.
 */
u64 clasp_timer_peer_heard(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u64 now = clasp_clock();

	csk->heard_at = now;
	if (csk->deadline[CLASP_TIMER_KEEPALIVE] >
	    now + clasp_timer_keepalive_idle(sk))
		clasp_timer_keepalive_wait(sk);
	return now;
}

/**
 * clasp_timer_ack_delayed() - an ACK may wait a moment for company
 * @sk: the socket, locked; ack_due says for how long
 * @now: from when on, ns
 */
void clasp_timer_ack_delayed(struct sock *sk, u64 now)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	if (csk->ack_due == CLASP_ACK_SOON)
		clasp_timer_set_at(sk, CLASP_TIMER_ACK, now);
	else if (!csk->deadline[CLASP_TIMER_ACK])
		clasp_timer_set_at(sk, CLASP_TIMER_ACK,
				   now + clasp_ack_delay(sk));
}

/**
 * clasp_timer_fin_awaited() - only the peer's FIN is missing
 * @sk: the socket, locked, in FIN-WAIT-2, closed by its user
 */
void clasp_timer_fin_awaited(struct sock *sk)
{
	int linger2 = READ_ONCE(clasp_sk(sk)->options.linger2);
	int knob_ms = READ_ONCE(clasp_sysctl(sk)->fin_wait2_timeout_ms);

	clasp_timer_set(sk, CLASP_TIMER_FIN_WAIT_2, linger2 < 0 ? 0 :
			clasp_timer_either(linger2, NSEC_PER_SEC, knob_ms));
}

/**
 * clasp_timer_page_kept() - a page is kept in clasp_sock::spare
 * @sk: the socket, locked
 */
void clasp_timer_page_kept(struct sock *sk)
{
	clasp_timer_set(sk, CLASP_TIMER_SPARE, CLASP_SPARE_IDLE);
}
