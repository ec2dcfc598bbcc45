// SPDX-License-Identifier: GPL-2.0
/* The rules that hold after each step of a simulation, and at its end. */
#include <net/sock.h>

#include "../actions.h"
#include "../memory.h"
#include "../request.h"
#include "sim.h"

u32 sim_hits[CLASP_STATES][CLASP_EVENT_COUNT];

/* The hook of the executor knows no simulation, so there is one at a time. */
static struct sim *the_sim;

/* No two neighbours are alike, so that a byte left out is found out. */
u8 sim_byte(const struct sim_stream *stream, u32 offset)
{
	return stream->iss + offset + offset / 251 * 7;
}

struct sim_stream *sim_stream(struct sim *sim, u64 iss)
{
	u32 i;

	for (i = 0; i < sim->stream_count; i++)
		if (sim->streams[i].iss == iss)
			return &sim->streams[i];
	if (sim->stream_count == SIM_STREAMS)
		return NULL;
	sim->streams[sim->stream_count].iss = iss;
	return &sim->streams[sim->stream_count++];
}

static bool sim_is_urgent(const struct sim_stream *stream, u32 offset)
{
	u32 i;

	for (i = 0; i < stream->urgents; i++)
		if (stream->urgent[i] == offset)
			return true;
	return false;
}

/* What was read is what comes next, but for urgent bytes out of band. */
void sim_check_read(struct sim *sim, struct sim_program *prog, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		while (!prog->inlined && sim_is_urgent(prog->in, prog->read) &&
		       sim->buf[i] != sim_byte(prog->in, prog->read))
			prog->read++;
		if (sim->buf[i] != sim_byte(prog->in, prog->read)) {
			SIM_FAIL(sim, "data: end %u reads %#x as byte %u",
				 prog->end, sim->buf[i], prog->read);
			return;
		}
		prog->read++;
	}
	if (prog->read > prog->in->written && !prog->in->again)
		SIM_FAIL(sim, "data: end %u reads %u bytes, %u were written",
			 prog->end, prog->read, prog->in->written);
}

/* An end without an error: after all that was written, and when it was ended. */
void sim_check_eof(struct sim *sim, struct sim_program *prog)
{
	prog->eof = true;
	if (prog->deaf || prog->broken || prog->in->again)
		return;
	while (!prog->inlined && sim_is_urgent(prog->in, prog->read))
		prog->read++;
	if (!prog->in->ended)
		SIM_FAIL(sim, "data: end %u reads an end that nobody wrote",
			 prog->end);
	if (prog->read != prog->in->written)
		SIM_FAIL(sim, "data: end %u reads the end at %u, not at %u",
			 prog->end, prog->read, prog->in->written);
}

/* MSG_OOB: one of the urgent bytes, not one before what was read. */
void sim_check_urgent(struct sim *sim, struct sim_program *prog, u8 byte)
{
	u32 i, at;

	for (i = 0; i < prog->in->urgents; i++) {
		at = prog->in->urgent[i];
		if (at + 1 >= prog->read && byte == sim_byte(prog->in, at))
			return;
	}
	SIM_FAIL(sim, "data: end %u reads urgent byte %#x", prog->end, byte);
}

/* Nothing ends a connection before its time without a cause. */
void sim_check_error(struct sim *sim, struct sim_program *prog, int err)
{
	prog->broken = true;
	if (!sim->cause)
		SIM_FAIL(sim, "error: end %u is told %d for no reason",
			 prog->end, err);
	sim->cause = true;
}

/* --- the state machine ------------------------------------------------------ */

static struct sim_shadow *sim_shadow(struct sim *sim, const struct sock *sk)
{
	u32 i;

	for (i = 0; i < sim->shadow_count; i++)
		if (sim->shadows[i].sk == sk)
			return &sim->shadows[i];
	if (sim->shadow_count == SIM_SHADOWS)
		return NULL;
	sim->shadows[sim->shadow_count].sk = sk;
	return &sim->shadows[sim->shadow_count++];
}

/* What may end a connection before its time. */
static bool sim_is_cause(enum clasp_state state, enum clasp_event event)
{
	switch (event) {
	case CLASP_EV_ABORT:
		return state != CLASP_CLOSED;
	case CLASP_EV_STRAY:
		/* A keep-alive, when the ACK of a SYN cookie was lost. */
		return state == CLASP_LISTEN;
	case CLASP_EV_GIVE_UP:
	case CLASP_EV_FIN_WAIT_2_OVER:
	case CLASP_EV_TEXT_UNREAD:
	case CLASP_EV_UNREACHABLE:
		return true;
	default:
		return false;
	}
}

/* Before an event takes effect: from where the one before led, and in the table. */
static void sim_event(const struct sock *sk, enum clasp_state state,
		      enum clasp_event event)
{
	const struct clasp_cell *cell = clasp_fsm_cell(state, event);
	struct sim *sim = the_sim;
	struct sim_shadow *shadow;

	sim_hits[state][event]++;
	if (!cell || !cell->next || cell->actions & CLASP_DO_NEVER) {
		SIM_FAIL(sim, "states: event %u in state %u", event, state);
		return;
	}
	if (sim_is_cause(state, event))
		sim->cause = true;
	sim->aborts += event == CLASP_EV_ABORT;
	if (!sk)
		return;
	shadow = sim_shadow(sim, sk);
	if (!shadow)
		return;
	if (event == CLASP_EV_CONNECT || event == CLASP_EV_LISTEN ||
	    event == CLASP_EV_HATCH)
		memset(&shadow->iss, 0, sizeof(*shadow) -
		       offsetof(struct sim_shadow, iss));
	else if (shadow->state && shadow->state != state)
		SIM_FAIL(sim, "states: from %u to %u without an event",
			 shadow->state, state);
	shadow->state = cell->next;
}

/* Without memory a connection may fail, as long as it is told. */
static bool sim_scarce(void)
{
	bool refused = the_sim->scarce && !sim_random(the_sim, the_sim->scarce);

	the_sim->cause |= refused;
	return refused;
}

void sim_watch(struct sim *sim)
{
	the_sim = sim;
	WRITE_ONCE(clasp_step_hook, sim ? sim_event : NULL);
	WRITE_ONCE(clasp_memory_hook, sim ? sim_scarce : NULL);
}

/* --- after each step -------------------------------------------------------- */

/* A deadline without an alarm is none. */
static void sim_check_alarm(struct sim *sim, const struct clasp_sock *csk)
{
	u64 earliest = U64_MAX;
	int i;

	for (i = 0; i < CLASP_TIMERS; i++)
		if (csk->deadline[i])
			earliest = min(earliest, csk->deadline[i]);
	if (earliest != U64_MAX &&
	    (list_empty(&csk->alarm.node) || csk->alarm.at > earliest))
		SIM_FAIL(sim, "timers: no alarm for a deadline in state %u",
			 csk->inet.sk.sk_state);
}

/* Whose turn is it? Time's, the program's or the peer's; never nobody's. */
static void sim_check_alive(struct sim *sim, const struct clasp_sock *csk)
{
	const struct sock *sk = &csk->inet.sk;
	bool held = !sock_flag(sk, SOCK_DEAD) ||
		    !list_empty(&csk->accept_node);
	bool sends = csk->deadline[CLASP_TIMER_RETRANSMIT] ||
		     csk->deadline[CLASP_TIMER_PROBE];
	bool alive;

	switch (sk->sk_state) {
	case CLASP_SYN_SENT:
	case CLASP_SYN_RECEIVED:
	case CLASP_FIN_WAIT_1:
	case CLASP_CLOSING:
	case CLASP_LAST_ACK:
		alive = sends;
		break;
	case CLASP_ESTABLISHED:
	case CLASP_CLOSE_WAIT:
		alive = held &&
			(sends || csk->snd_una == csk->write_seq);
		break;
	case CLASP_FIN_WAIT_2:
		alive = held || csk->deadline[CLASP_TIMER_FIN_WAIT_2];
		break;
	default:
		alive = false;
	}
	if (!alive)
		SIM_FAIL(sim, "life: nothing leads out of state %u%s",
			 sk->sk_state, held ? "" : " of an orphan");
}

static void sim_check_numbers(struct sim *sim, const struct clasp_sock *csk)
{
	if (clasp_after(csk->snd_una, csk->snd_nxt) ||
	    clasp_after(csk->snd_nxt, csk->write_seq))
		SIM_FAIL(sim, "windows: una %llu nxt %llu write %llu",
			 csk->snd_una, csk->snd_nxt, csk->write_seq);
	if (clasp_in_state(&csk->inet.sk, CLASP_SYNCHRONIZED) &&
	    clasp_after(csk->copied_seq, csk->rcv_nxt))
		SIM_FAIL(sim, "windows: read up to %llu, received to %llu",
			 csk->copied_seq, csk->rcv_nxt);
}

/*
 * RFC 9293, 3.8.6: the right edge of a window never moves left. Nor is anything
 * sent beyond it, but for one byte of a probe and a FIN. The edge that a sender
 * believes in may move left, when ACKs overtake each other.
 */
static void sim_check_edges(struct sim *sim, const struct clasp_sock *csk)
{
	struct sim_shadow *shadow = sim_shadow(sim, &csk->inet.sk);
	u64 edge = csk->rcv_wup + csk->rcv_wnd;
	u64 offered = csk->snd_una + csk->snd_wnd;

	if (!shadow || !clasp_in_state(&csk->inet.sk, CLASP_SYNCHRONIZED))
		return;
	if (!shadow->known || shadow->iss != csk->iss || shadow->irs != csk->irs) {
		shadow->known = true;
		shadow->iss = csk->iss;
		shadow->irs = csk->irs;
		shadow->edge = edge;
		shadow->offered = offered;
	}
	if (clasp_before(edge, shadow->edge))
		SIM_FAIL(sim, "windows: right edge moves left, %llu to %llu",
			 shadow->edge, edge);
	shadow->edge = edge;
	if (clasp_after(offered, shadow->offered))
		shadow->offered = offered;
	if (clasp_after(csk->snd_nxt, shadow->offered + 2))
		SIM_FAIL(sim, "windows: sent up to %llu, window ends at %llu",
			 csk->snd_nxt, shadow->offered);
}

/* Out of order: behind a hole, in order, none covering another. */
static void sim_check_ofo(struct sim *sim, const struct clasp_sock *csk)
{
	u64 seq = csk->rcv_nxt, end = csk->rcv_nxt;
	struct rb_node *node;

	for (node = rb_first(&csk->ofo); node; node = rb_next(node)) {
		const struct clasp_cb *cb = CLASP_CB(rb_to_skb(node));

		if (!clasp_after(cb->seq, seq) || !clasp_after(cb->end_seq, end))
			SIM_FAIL(sim, "order: %llu to %llu behind %llu to %llu",
				 cb->seq, cb->end_seq, seq, end);
		seq = cb->seq;
		end = cb->end_seq;
	}
}

static void sim_check_socket(struct sim *sim, const struct clasp_sock *csk)
{
	struct sim_shadow *shadow = sim_shadow(sim, &csk->inet.sk);

	if (shadow && shadow->state && shadow->state != csk->inet.sk.sk_state)
		SIM_FAIL(sim, "states: from %u to %u without an event",
			 shadow->state, csk->inet.sk.sk_state);
	sim_check_alarm(sim, csk);
	sim_check_alive(sim, csk);
	sim_check_numbers(sim, csk);
	sim_check_edges(sim, csk);
	sim_check_ofo(sim, csk);
}

static void sim_check_entry(struct sim *sim, struct clasp_entry *entry)
{
	switch (entry->kind) {
	case CLASP_SOCKET:
		sim_check_socket(sim, container_of(entry, struct clasp_sock,
						   entry));
		break;
	case CLASP_REQUEST:
		if (list_empty(&container_of(entry, struct clasp_request,
					     entry)->alarm.node))
			SIM_FAIL(sim, "life: a request without an alarm");
		break;
	default:
		break;
	}
}

void sim_check_step(struct sim *sim)
{
	struct clasp_entry *entry;
	struct rhashtable_iter iter;

	sim->step++;
	rhashtable_walk_enter(&clasp_net(&init_net)->table.connections, &iter);
	rhashtable_walk_start(&iter);
	while ((entry = rhashtable_walk_next(&iter)))
		if (!IS_ERR(entry))
			sim_check_entry(sim, entry);
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
}

/* Nothing is left of any connection, at either end. */
void sim_check_end(struct sim *sim)
{
	struct clasp_net *cnet = clasp_net(&init_net);

	if (!list_empty(&sim->wire->alarms))
		SIM_FAIL(sim, "end: an alarm is pending");
	if (!skb_queue_empty(&sim->wire->flights))
		SIM_FAIL(sim, "end: segments are on their way");
	if (wire_connections())
		SIM_FAIL(sim, "end: %u connections", wire_connections());
	if (atomic_read(&cnet->requests))
		SIM_FAIL(sim, "end: %d requests", atomic_read(&cnet->requests));
	if (cnet->timewaits.count)
		SIM_FAIL(sim, "end: %u in TIME-WAIT", cnet->timewaits.count);
	if (cnet->orphans.count)
		SIM_FAIL(sim, "end: %u orphans", cnet->orphans.count);
}
