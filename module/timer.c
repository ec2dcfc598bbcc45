// SPDX-License-Identifier: GPL-2.0
/*
 * What time does to a socket.
 *
 * A socket has one alarm for all its timers: it rings at the earliest deadline,
 * or before it, for a deadline may move away after the alarm was set. Others
 * never set a deadline themselves; they say what happened, by the verbs below.
 */
#include "actions.h"
#include "output.h"
#include "rtt.h"
#include "sndq.h"
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

static void clasp_timer_set_alarm(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u64 at = clasp_timer_earliest(csk);

	if (!at || (csk->alarm_at && csk->alarm_at <= at))
		return;
	csk->alarm_at = at;
	if (!clasp_alarm_set(&csk->alarm, at))
		sock_hold(sk);
}

/* Starts a timer, in place of the same one if it runs. */
static void clasp_timer_set(struct sock *sk, enum clasp_timer which, u64 delay)
{
	sock_owned_by_me(sk);
	clasp_sk(sk)->deadline[which] = clasp_clock() + delay;
	clasp_timer_set_alarm(sk);
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
 * clasp_timer_stop_all() - stop them all, and the alarm
 * @sk: the socket, locked; the caller holds a reference of its own
 */
void clasp_timer_stop_all(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	memset(csk->deadline, 0, sizeof(csk->deadline));
	csk->alarm_at = 0;
	if (clasp_alarm_stop(&csk->alarm))
		__sock_put(sk);
}

/* How many retransmissions before the connection is given up. */
static u8 clasp_timer_limit(const struct sock *sk)
{
	const struct clasp_sysctl *sysctl = clasp_sysctl(sk);

	if (sk->sk_state == CLASP_SYN_SENT)
		return READ_ONCE(sysctl->syn_retries);
	if (sk->sk_state == CLASP_SYN_RECEIVED)
		return READ_ONCE(sysctl->synack_retries);
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
 * The retransmission timer or the probe timer ran out. Retries start anew
 * whenever the peer acknowledges something: a peer that answers zero-window
 * probes is probed for as long as it does (RFC 9293, section 3.8.6.1).
 */
static void clasp_timer_unanswered(struct sock *sk, enum clasp_event event)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (skb_queue_empty(&sk->sk_write_queue))
		return;
	if (csk->retries >= clasp_timer_limit(sk) ||
	    (event == CLASP_EV_PROBE && clasp_timer_orphan_shut_out(sk))) {
		clasp_count_sk(sk, CLASP_MIB_AbortOnTimeout);
		event = CLASP_EV_GIVE_UP;
	} else {
		csk->retries++;
	}
	clasp_step(sk, event, NULL);
}

static void clasp_timer_expired(struct sock *sk, enum clasp_timer which)
{
	switch (which) {
	case CLASP_TIMER_RETRANSMIT:
		clasp_timer_unanswered(sk, CLASP_EV_RETRANSMIT);
		break;
	case CLASP_TIMER_PROBE:
		clasp_timer_unanswered(sk, CLASP_EV_PROBE);
		break;
	case CLASP_TIMER_ACK:
		if (clasp_sk(sk)->ack_pending)
			clasp_step(sk, CLASP_EV_ACK_DUE, NULL);
		break;
	default:
		clasp_step(sk, CLASP_EV_FIN_WAIT_2_OVER, NULL);
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

static u64 clasp_timer_rto(const struct sock *sk)
{
	return clasp_rtt_timeout(&clasp_sk(sk)->rtt, clasp_sysctl(sk));
}

/**
 * clasp_timer_segment_sent() - a segment that wants an ACK was sent
 * @sk: the socket, locked
 *
 * Source: RFC 6298, section 5, (5.1).
 */
void clasp_timer_segment_sent(struct sock *sk)
{
	if (!clasp_sk(sk)->deadline[CLASP_TIMER_RETRANSMIT])
		clasp_timer_set(sk, CLASP_TIMER_RETRANSMIT,
				clasp_timer_rto(sk));
}

/**
 * clasp_timer_new_ack() - the peer acknowledged something new
 * @sk: the socket, locked, snd_una advanced
 *
 * The timeout stays doubled until a segment has been measured that was sent
 * once: on a path slower than the timeout, none ever would be otherwise.
 *
 * Source: RFC 6298, section 5, (5.2) and (5.3), and the note at its end.
 */
void clasp_timer_new_ack(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	csk->retries = 0;
	if (csk->snd_una == csk->snd_nxt)
		clasp_timer_stop(sk, CLASP_TIMER_RETRANSMIT);
	else
		clasp_timer_set(sk, CLASP_TIMER_RETRANSMIT,
				clasp_timer_rto(sk));
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
	clasp_timer_set(sk, CLASP_TIMER_RETRANSMIT, clasp_timer_rto(sk));
}

/**
 * clasp_timer_window_checked() - all was sent that the windows allow
 * @sk: the socket, locked
 *
 * If something is left, and nothing is on its way whose ACK could open the
 * window, the window has to be probed, at intervals that double whether the peer
 * answers or not (RFC 9293, section 3.8.6.1).
 */
void clasp_timer_window_checked(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u64 delay;

	if (!csk->send_head || csk->snd_una != csk->snd_nxt) {
		clasp_timer_stop(sk, CLASP_TIMER_PROBE);
		csk->probes = 0;
		return;
	}
	if (csk->deadline[CLASP_TIMER_PROBE])
		return;
	delay = (u64)READ_ONCE(clasp_sysctl(sk)->rto_max_ms) * NSEC_PER_MSEC;
	delay = min(csk->rtt.rto << min_t(u8, csk->probes, 16), delay);
	clasp_timer_set(sk, CLASP_TIMER_PROBE, delay);
}

/**
 * clasp_timer_ack_delayed() - an ACK may wait a moment for company
 * @sk: the socket, locked
 */
void clasp_timer_ack_delayed(struct sock *sk)
{
	clasp_sk(sk)->ack_pending = true;
	if (!clasp_sk(sk)->deadline[CLASP_TIMER_ACK])
		clasp_timer_set(sk, CLASP_TIMER_ACK, NSEC_PER_MSEC *
				READ_ONCE(clasp_sysctl(sk)->ack_delay_ms));
}

/**
 * clasp_timer_fin_awaited() - only the peer's FIN is missing
 * @sk: the socket, locked, in FIN-WAIT-2, closed by its user
 */
void clasp_timer_fin_awaited(struct sock *sk)
{
	clasp_timer_set(sk, CLASP_TIMER_FIN_WAIT_2, NSEC_PER_MSEC *
			READ_ONCE(clasp_sysctl(sk)->fin_wait2_timeout_ms));
}
