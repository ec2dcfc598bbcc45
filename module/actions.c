// SPDX-License-Identifier: GPL-2.0
/*
 * The executor: does what a cell of the state machine says.
 *
 * One small function per action, run in the order of the bits in fsm.h, and the
 * only place that changes the state of a socket.
 */
#include <net/sock.h>
#include <net/tcp_states.h>

#include "ack.h"
#include "actions.h"
#include "buffer.h"
#include "cong.h"
#include "ecn.h"
#include "listen.h"
#include "mtu.h"
#include "output.h"
#include "rcvq.h"
#include "recovery.h"
#include "reply.h"
#include "rtt.h"
#include "rtxq.h"
#include "sack.h"
#include "sndq.h"
#include "socket.h"
#include "timer.h"
#include "timewait.h"
#include "urgent.h"

#ifdef CLASP_KUNIT
/* Set by the tests: sees every event before it takes effect. */
void (*clasp_step_hook)(const struct sock *sk, enum clasp_state state,
			enum clasp_event event);
#endif

static_assert((int)CLASP_ESTABLISHED == TCP_ESTABLISHED);
static_assert((int)CLASP_SYN_SENT == TCP_SYN_SENT);
static_assert((int)CLASP_SYN_RECEIVED == TCP_SYN_RECV);
static_assert((int)CLASP_FIN_WAIT_1 == TCP_FIN_WAIT1);
static_assert((int)CLASP_FIN_WAIT_2 == TCP_FIN_WAIT2);
static_assert((int)CLASP_TIME_WAIT == TCP_TIME_WAIT);
static_assert((int)CLASP_CLOSED == TCP_CLOSE);
static_assert((int)CLASP_CLOSE_WAIT == TCP_CLOSE_WAIT);
static_assert((int)CLASP_LAST_ACK == TCP_LAST_ACK);
static_assert((int)CLASP_LISTEN == TCP_LISTEN);
static_assert((int)CLASP_CLOSING == TCP_CLOSING);

#define CLASP_DO_REPORT							\
	(CLASP_DO_REPORT_REFUSED | CLASP_DO_REPORT_RESET |		\
	 CLASP_DO_REPORT_PIPE | CLASP_DO_REPORT_TIMEOUT |		\
	 CLASP_DO_REPORT_ICMP)

/* Before the state changes: who sees CLOSED sees the reason too. */
static void clasp_do_report(struct sock *sk, u32 actions)
{
	int err = 0;

	if (actions & CLASP_DO_REPORT_REFUSED)
		err = ECONNREFUSED;
	else if (actions & CLASP_DO_REPORT_RESET)
		err = ECONNRESET;
	else if (actions & CLASP_DO_REPORT_PIPE)
		err = EPIPE;
	else if (actions & CLASP_DO_REPORT_TIMEOUT)
		/* RFC 9293, 3.9.2.2: ICMP may know better why. */
		err = READ_ONCE(sk->sk_err_soft) ?: ETIMEDOUT;
	else if (actions & CLASP_DO_REPORT_ICMP)
		err = clasp_sk(sk)->icmp_error;
	if (!err)
		return;
	WRITE_ONCE(sk->sk_err, err);
	/* Pairs with smp_rmb() in clasp_poll(). */
	smp_wmb();
}

static void clasp_do_answer_rst(struct sock *sk, const struct sk_buff *skb)
{
	clasp_reply_reset(sock_net(sk), sk, skb);
}

static void clasp_do_take_syn(struct sock *sk, const struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);
	const struct clasp_cb *cb = CLASP_CB(skb);

	csk->irs = cb->seq;
	csk->rcv_nxt = cb->seq + 1;
	csk->rcv_wup = csk->rcv_nxt;
	csk->copied_seq = csk->rcv_nxt;
	csk->snd_wl1 = cb->seq;
	csk->snd_wl2 = csk->snd_una;
	csk->snd_wnd = cb->window;
	csk->max_window = cb->window;
	csk->peer_mss = clasp_mtu_peer_mss(csk, csk->af, cb->mss);
	clasp_mtu_sync(sk);
	clasp_cong_init(csk);
	clasp_ecn_take_syn(sk, skb);
}

/*
 * The handshake is over. RFC 5681, section 3.1: if a SYN or SYN-ACK was lost,
 * the window starts with one segment.
 */
static void clasp_do_establish(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	clasp_recovery_init(csk);
	clasp_cong_init(csk);
	if (csk->syn_resent)
		clasp_cong_timeout(csk);
	clasp_rtt_open(&csk->rtt);
	clasp_buffer_grow_send(sk);
	clasp_timer_keepalive_set(sk, sock_flag(sk, SOCK_KEEPOPEN));
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
}

/* RFC 9293, 3.9.2.2: no reason to end, but the reason to tell if it ends. */
static void clasp_do_note_icmp(struct sock *sk)
{
	int err = clasp_sk(sk)->icmp_error;

	if (!clasp_sk(sk)->af->recverr(sk)) {
		WRITE_ONCE(sk->sk_err_soft, err);
		return;
	}
	WRITE_ONCE(sk->sk_err, err);
	sk_error_report(sk);
}

/* RFC 9293, 3.10.7.4, sixth and seventh: an urgent pointer is one into text. */
static void clasp_do_take_text(struct sock *sk, struct sk_buff **pskb)
{
	clasp_urgent_take(sk, *pskb);
	clasp_rcvq_take(sk, pskb);
}

static void clasp_do_take_fin(struct sock *sk)
{
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);
	clasp_rcvq_purge_ofo(sk);
	if (sock_flag(sk, SOCK_DEAD))
		return;
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_WAITD,
		      sk->sk_shutdown == SHUTDOWN_MASK ? POLL_HUP : POLL_IN);
}

static void clasp_do_queue_fin(struct sock *sk)
{
	clasp_sndq_fin(sk);
	clasp_output_push(sk);
}

static void clasp_do_retransmit(struct sock *sk)
{
	if (clasp_in_state(sk, 1u << CLASP_SYN_SENT | 1u << CLASP_SYN_RECEIVED))
		clasp_sk(sk)->syn_resent = true;
	clasp_recovery_timeout(sk);
}

static void clasp_do_await_fin(struct sock *sk)
{
	if (sock_flag(sk, SOCK_DEAD))
		clasp_timer_fin_awaited(sk);
	else
		sk->sk_state_change(sk);
}

static void clasp_do_destroy(struct sock *sk)
{
	clasp_listen_stop(sk);
	clasp_timer_stop_all(sk);
	clasp_socket_leave(sk);
	clasp_sndq_purge(sk);
	clasp_rtxq_purge(sk);
	clasp_rcvq_purge_ofo(sk);
	if (sock_flag(sk, SOCK_DEAD))
		clasp_socket_destroy(sk);
}

/* Not for what the user asked for: disconnect() has more to do before it wakes. */
static void clasp_do_hang_up(struct sock *sk)
{
	if (sock_flag(sk, SOCK_DEAD))
		return;
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	sk->sk_state_change(sk);
	if (sk->sk_err)
		sk_error_report(sk);
}

/* What concerns the segment that came, but for its text. */
static void clasp_do_segment(struct sock *sk, u32 actions, struct sk_buff *skb)
{
	if (actions & CLASP_DO_ANSWER_RST)
		clasp_do_answer_rst(sk, skb);
	if (actions & CLASP_DO_TAKE_SYN)
		clasp_do_take_syn(sk, skb);
	if (actions & CLASP_DO_TAKE_ACK)
		clasp_ack_take(sk, skb);
	if (actions & CLASP_DO_NOTE_DUPLICATE)
		clasp_sack_duplicate(clasp_sk(sk), CLASP_CB(skb));
}

/* What sends. */
static void clasp_do_send(struct sock *sk, u32 actions)
{
	if (actions & CLASP_DO_QUEUE_FIN)
		clasp_do_queue_fin(sk);
	if (actions & (CLASP_DO_SEND_SYN | CLASP_DO_SEND_SYN_ACK))
		clasp_output_head(sk);
	if (actions & CLASP_DO_RETRANSMIT)
		clasp_do_retransmit(sk);
	if (actions & CLASP_DO_FIND_LOSS)
		clasp_recovery_overdue(sk);
	if (actions & CLASP_DO_SEND_PROBE)
		clasp_output_probe(sk);
	if (actions & CLASP_DO_SEND_ACK)
		clasp_output_ack(sk);
	if (actions & CLASP_DO_CHALLENGE)
		clasp_output_challenge(sk);
	if (actions & CLASP_DO_REPEAT_ACK)
		clasp_output_ack_again(sk);
}

static void clasp_step_from(struct sock *sk, enum clasp_state state,
			    enum clasp_event event, struct sk_buff **pskb);

/* What ends a connection. */
static void clasp_do_end(struct sock *sk, u32 actions)
{
	if (actions & CLASP_DO_AWAIT_FIN)
		clasp_do_await_fin(sk);
	if (actions & CLASP_DO_START_2MSL) {
		clasp_timewait_start(sk);
		clasp_step_from(sk, CLASP_TIME_WAIT, CLASP_EV_REPLACED, NULL);
	}
	if (actions & CLASP_DO_DESTROY)
		clasp_do_destroy(sk);
	if (actions & CLASP_DO_HANG_UP)
		clasp_do_hang_up(sk);
}

static void clasp_count_transition(const struct sock *sk,
				   enum clasp_state next)
{
	if (next == CLASP_SYN_SENT)
		clasp_count_sk(sk, CLASP_MIB_ActiveOpens);
	if (next != CLASP_CLOSED)
		return;
	if (clasp_in_state(sk, 1u << CLASP_SYN_SENT | 1u << CLASP_SYN_RECEIVED))
		clasp_count_sk(sk, CLASP_MIB_AttemptFails);
	if (clasp_in_state(sk, 1u << CLASP_ESTABLISHED | 1u << CLASP_CLOSE_WAIT))
		clasp_count_sk(sk, CLASP_MIB_EstabResets);
}

/* clasp_step(), in a state that need not be the one that others see. */
static void clasp_step_from(struct sock *sk, enum clasp_state state,
			    enum clasp_event event, struct sk_buff **pskb)
{
	const struct clasp_cell *cell = clasp_fsm_cell(state, event);
	u32 actions;

	sock_owned_by_me(sk);
	clasp_step_seen(sk, state, event);
	if (WARN_ON_ONCE(!cell || !cell->next ||
			 cell->actions & CLASP_DO_NEVER))
		return;
	actions = cell->actions;
	if (actions & CLASP_DO_REPORT)
		clasp_do_report(sk, actions);
	if (cell->next != state) {
		clasp_count_transition(sk, cell->next);
		clasp_sk(sk)->af->enter(sk, state, cell->next);
	}
	if (actions & CLASP_DO_RESET_PEER)
		clasp_output_reset(sk);
	if (pskb)
		clasp_do_segment(sk, actions, *pskb);
	if (actions & CLASP_DO_ESTABLISH)
		clasp_do_establish(sk);
	if (actions & CLASP_DO_TAKE_TEXT)
		clasp_do_take_text(sk, pskb);
	if (actions & CLASP_DO_TAKE_FIN)
		clasp_do_take_fin(sk);
	clasp_do_send(sk, actions);
	if (actions & CLASP_DO_NOTE_ICMP)
		clasp_do_note_icmp(sk);
	clasp_do_end(sk, actions);
}

/**
 * clasp_step() - let an event happen to a socket
 * @sk: the socket, locked; the caller holds a reference of its own, as the
 *	connection's may be dropped
 * @event: what happened
 * @pskb: the segment that is the event, set to NULL if it was kept; NULL if the
 *	event is not a segment
 *
 * Source: RFC 9293, section 3.10, by way of clasp_fsm_cell().
 */
void clasp_step(struct sock *sk, enum clasp_event event,
		struct sk_buff **pskb)
{
	clasp_step_from(sk, sk->sk_state, event, pskb);
}
