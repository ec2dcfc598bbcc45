// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine, cell by cell, against what RFC 9293 says.
 *
 * What is expected was written from section 3.10 of the RFC and from the
 * meanings of the events in fsm.h, not from the table in fsm.c. Where the RFC
 * leaves a choice, or where a later RFC or Linux's TCP has made one, a comment
 * says which. An event that is not listed for a state cannot happen there.
 */
#include <kunit/test.h>
#include <net/tcp_states.h>

#include "../fsm.h"

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

/* What one event does, as the RFC has it. */
struct expected {
	enum clasp_event event;
	enum clasp_state next;
	u32 actions;
};

#define ON(event, next, actions) \
	{ CLASP_EV_##event, CLASP_##next, actions }
#define DO(action)	CLASP_DO_##action

/*
 * RFC 9293, 3.10.1 (OPEN), 3.10.4 (CLOSE), 3.10.5 (ABORT), 3.10.7.1: all that
 * arrives is answered with a RST but a RST. CLOSE and ABORT of a connection
 * that does not exist are errors in the RFC; close(2) is not one. ICMP may
 * come for a connection that has just ended.
 */
static const struct expected in_closed[] = {
	ON(CONNECT, SYN_SENT, DO(SEND_SYN)),
	ON(LISTEN, LISTEN, 0),
	ON(CLOSE, CLOSED, DO(IGNORE)),
	ON(ABORT, CLOSED, DO(IGNORE)),
	ON(RST_STRAY, CLOSED, DO(IGNORE)),
	ON(STRAY, CLOSED, DO(ANSWER_RST)),
	ON(UNREACHABLE, CLOSED, DO(IGNORE)),
	ON(SOFT_ERROR, CLOSED, DO(IGNORE)),
};

/*
 * 3.10.4, 3.10.5: delete the TCB. 3.10.7.2: first a RST is ignored, second
 * any ACK is bad and reset (its connection is unknown: STRAY), third a SYN
 * opens, fourth anything else is dropped. listen(2) may be called again. A
 * request's socket begins as a copy of its listener and becomes what the
 * request was. RFC 4987, 3.6: the ACK of a SYN cookie finds the listener in
 * SYN-RECEIVED, as if the SYN had been remembered; what may be behind a lost one
 * is not reset.
 */
static const struct expected in_listen[] = {
	ON(CLOSE, CLOSED, DO(DESTROY)),
	ON(ABORT, CLOSED, DO(DESTROY)),
	ON(SYN, SYN_RECEIVED, DO(TAKE_SYN) | DO(SEND_SYN_ACK)),
	ON(LISTEN, LISTEN, DO(IGNORE)),
	ON(STRAY, LISTEN, DO(ANSWER_RST)),
	ON(RST_STRAY, LISTEN, DO(IGNORE)),
	ON(INCOMPLETE, LISTEN, DO(IGNORE)),
	ON(ACK_OF_COOKIE, SYN_RECEIVED, DO(RECALL_SYN)),
	ON(ACK_UNPROVEN, LISTEN, DO(IGNORE)),
	ON(UNREACHABLE, LISTEN, DO(IGNORE)),
	ON(SOFT_ERROR, LISTEN, DO(IGNORE)),
	ON(HATCH, SYN_RECEIVED, 0),
};

/*
 * 3.10.4, 3.10.5: delete the TCB, nothing is sent, and who waits is told
 * "connection reset" by an ABORT. 3.10.7.3: an ACK of what was never sent is
 * reset; a RST with a good ACK refuses, any other RST is dropped; SYN with ACK
 * establishes; SYN alone is a simultaneous open;
 * anything else is dropped. Unlike the RFC, and like Linux, text that comes
 * with the SYN-ACK is not taken: it is not acknowledged and comes again.
 * 3.8.3: the SYN is retransmitted, and R2 ends it. 3.9.2.2 and Linux: ICMP
 * ends an attempt to connect.
 */
static const struct expected in_syn_sent[] = {
	ON(CLOSE, CLOSED, DO(DESTROY)),
	ON(ABORT, CLOSED, DO(REPORT_RESET) | DO(DESTROY)),
	ON(SYN, SYN_RECEIVED, DO(TAKE_SYN) | DO(SEND_SYN_ACK)),
	ON(SYN_ACK, ESTABLISHED, DO(TAKE_SYN) | DO(TAKE_ACK) | DO(ESTABLISH) |
				 DO(SEND_ACK)),
	ON(ACK_UNSENT, SYN_SENT, DO(ANSWER_RST)),
	ON(RST, CLOSED, DO(REPORT_REFUSED) | DO(DESTROY) | DO(HANG_UP)),
	ON(RST_STRAY, SYN_SENT, DO(IGNORE)),
	ON(INCOMPLETE, SYN_SENT, DO(IGNORE)),
	ON(RETRANSMIT, SYN_SENT, DO(RETRANSMIT)),
	ON(GIVE_UP, CLOSED, DO(REPORT_TIMEOUT) | DO(DESTROY) | DO(HANG_UP)),
	ON(UNREACHABLE, CLOSED, DO(REPORT_ICMP) | DO(DESTROY) | DO(HANG_UP)),
	ON(SOFT_ERROR, CLOSED, DO(REPORT_ICMP) | DO(DESTROY) | DO(HANG_UP)),
};

/*
 * 3.10.4: queue a FIN, go to FIN-WAIT-1. 3.10.5: RST, and who waits is told
 * "connection reset", in all states from here on. 3.10.7.4: what is outside of
 * the window is acknowledged; a RST that fits refuses (the request
 * of a passive open goes, its listener was in LISTEN all along); RFC 5961 for
 * the other RSTs and for a SYN; the repeated SYN gets its SYN-ACK again, as
 * everywhere; an ACK of our SYN establishes, and its text is taken; any other
 * ACK is reset; without an ACK it is dropped; a FIN leads to CLOSE-WAIT.
 * 3.9.2.2: hard errors end it, soft ones must not. As on Linux, what is answered
 * although it carries nothing is answered less often.
 */
static const struct expected in_syn_received[] = {
	ON(CLOSE, FIN_WAIT_1, DO(QUEUE_FIN)),
	ON(ABORT, CLOSED, DO(REPORT_RESET) | DO(RESET_PEER) | DO(DESTROY)),
	ON(SYN_REPEATED, SYN_RECEIVED, DO(SEND_SYN_ACK)),
	ON(SYN_UNEXPECTED, SYN_RECEIVED, DO(CHALLENGE)),
	ON(ACK_OF_SYN, ESTABLISHED, DO(TAKE_ACK) | DO(ESTABLISH) |
				    DO(TAKE_TEXT)),
	ON(ACK_UNSENT, SYN_RECEIVED, DO(ANSWER_RST)),
	ON(FIN, CLOSE_WAIT, DO(TAKE_FIN)),
	ON(INCOMPLETE, SYN_RECEIVED, DO(IGNORE)),
	ON(RST, CLOSED, DO(REPORT_REFUSED) | DO(DESTROY) | DO(HANG_UP)),
	ON(RST_UNSURE, SYN_RECEIVED, DO(CHALLENGE)),
	ON(RST_STRAY, SYN_RECEIVED, DO(IGNORE)),
	ON(OUTSIDE, SYN_RECEIVED, DO(SEND_ACK)),
	ON(OUTSIDE_EMPTY, SYN_RECEIVED, DO(REPEAT_ACK)),
	ON(RETRANSMIT, SYN_RECEIVED, DO(RETRANSMIT)),
	ON(GIVE_UP, CLOSED, DO(REPORT_TIMEOUT) | DO(DESTROY) | DO(HANG_UP)),
	ON(UNREACHABLE, CLOSED, DO(REPORT_ICMP) | DO(DESTROY) | DO(HANG_UP)),
	ON(SOFT_ERROR, SYN_RECEIVED, DO(NOTE_ICMP)),
};

/* What 3.10.7.4 and RFC 5961 say of all synchronized states alike. */
#define SYNCHRONIZED(state)						\
	ON(SYN_UNEXPECTED, state, DO(CHALLENGE)),			\
	ON(ACK_UNSENT, state, DO(CHALLENGE)),				\
	ON(ACK_STALE, state, DO(CHALLENGE)),				\
	ON(RST_UNSURE, state, DO(CHALLENGE)),				\
	ON(RST_STRAY, state, DO(IGNORE)),				\
	ON(OUTSIDE, state, DO(NOTE_DUPLICATE) | DO(SEND_ACK)),		\
	ON(OUTSIDE_EMPTY, state, DO(REPEAT_ACK)),			\
	ON(INCOMPLETE, state, DO(IGNORE)),				\
	/* 3.9.2.2 with RFC 5927: not on the word of an ICMP message. */ \
	ON(UNREACHABLE, state, DO(NOTE_ICMP)),				\
	ON(SOFT_ERROR, state, DO(NOTE_ICMP))

/* 3.8.3 and 3.8.6.1, in the states where something may be unacknowledged. */
#define SENDING(state)							\
	ON(RETRANSMIT, state, DO(RETRANSMIT)),				\
	ON(ACK_OVERDUE, state, DO(FIND_LOSS)),				\
	ON(GIVE_UP, CLOSED, DO(REPORT_TIMEOUT) |			\
	   DO(DESTROY) | DO(HANG_UP)),					\
	ON(PROBE, state, DO(SEND_PROBE))

/*
 * 3.8.4: a keep-alive goes only when nothing is on its way, so not while a FIN
 * waits for its ACK. A peer that answers none is gone.
 */
#define IDLE(state)							\
	ON(KEEPALIVE, state, DO(SEND_PROBE))

static const struct expected in_established[] = {
	SYNCHRONIZED(ESTABLISHED),
	SENDING(ESTABLISHED),
	IDLE(ESTABLISHED),
	ON(CLOSE, FIN_WAIT_1, DO(QUEUE_FIN)),
	ON(ABORT, CLOSED, DO(REPORT_RESET) | DO(RESET_PEER) | DO(DESTROY)),
	ON(ACK, ESTABLISHED, DO(TAKE_ACK) | DO(TAKE_TEXT)),
	ON(FIN, CLOSE_WAIT, DO(TAKE_FIN)),
	ON(RST, CLOSED, DO(REPORT_RESET) | DO(DESTROY) | DO(HANG_UP)),
	ON(ACK_DUE, ESTABLISHED, DO(SEND_ACK)),
};

/*
 * 3.10.4: a second CLOSE is all right as long as no second FIN is sent.
 * RFC 1122, 4.2.2.13: data for a program that is gone is answered with a RST.
 */
static const struct expected in_fin_wait_1[] = {
	SYNCHRONIZED(FIN_WAIT_1),
	SENDING(FIN_WAIT_1),
	ON(CLOSE, FIN_WAIT_1, DO(IGNORE)),
	ON(ABORT, CLOSED, DO(REPORT_RESET) | DO(RESET_PEER) | DO(DESTROY)),
	ON(ACK, FIN_WAIT_1, DO(TAKE_ACK) | DO(TAKE_TEXT)),
	ON(ACK_OF_FIN, FIN_WAIT_2, DO(TAKE_ACK) | DO(TAKE_TEXT) |
				   DO(AWAIT_FIN)),
	ON(FIN, CLOSING, DO(TAKE_FIN) | DO(SEND_ACK)),
	ON(RST, CLOSED, DO(REPORT_RESET) | DO(DESTROY) | DO(HANG_UP)),
	ON(TEXT_UNREAD, CLOSED, DO(ANSWER_RST) | DO(DESTROY) | DO(HANG_UP)),
	ON(ACK_DUE, FIN_WAIT_1, DO(SEND_ACK)),
};

/*
 * All that was sent is acknowledged, so nothing is sent again; only keep-alives
 * can be in vain. A CLOSE that comes after a half close starts the wait for a
 * FIN that may never come.
 */
static const struct expected in_fin_wait_2[] = {
	SYNCHRONIZED(FIN_WAIT_2),
	IDLE(FIN_WAIT_2),
	ON(GIVE_UP, CLOSED, DO(REPORT_TIMEOUT) | DO(DESTROY) | DO(HANG_UP)),
	ON(CLOSE, FIN_WAIT_2, DO(AWAIT_FIN)),
	ON(ABORT, CLOSED, DO(REPORT_RESET) | DO(RESET_PEER) | DO(DESTROY)),
	ON(ACK, FIN_WAIT_2, DO(TAKE_ACK) | DO(TAKE_TEXT)),
	ON(FIN, TIME_WAIT, DO(TAKE_FIN) | DO(SEND_ACK) | DO(START_2MSL)),
	ON(RST, CLOSED, DO(REPORT_RESET) | DO(DESTROY) | DO(HANG_UP)),
	ON(TEXT_UNREAD, CLOSED, DO(ANSWER_RST) | DO(DESTROY) | DO(HANG_UP)),
	ON(ACK_DUE, FIN_WAIT_2, DO(SEND_ACK)),
	ON(FIN_WAIT_2_OVER, CLOSED, DO(DESTROY)),
};

/*
 * No more text comes behind the FIN: it is ignored. The FIN once more is old
 * and outside of the window, as any other repeated segment. Linux: a RST here
 * gives EPIPE, since the stream that the reader saw was whole.
 */
static const struct expected in_close_wait[] = {
	SYNCHRONIZED(CLOSE_WAIT),
	SENDING(CLOSE_WAIT),
	IDLE(CLOSE_WAIT),
	ON(CLOSE, LAST_ACK, DO(QUEUE_FIN)),
	ON(ABORT, CLOSED, DO(REPORT_RESET) | DO(RESET_PEER) | DO(DESTROY)),
	ON(ACK, CLOSE_WAIT, DO(TAKE_ACK)),
	ON(ACK_DUE, CLOSE_WAIT, DO(SEND_ACK)),
	ON(RST, CLOSED, DO(REPORT_PIPE) | DO(DESTROY) | DO(HANG_UP)),
};

/*
 * 3.10.5 has an ABORT send nothing from here on. That would leave a peer that
 * our FIN, or the data before it, has not reached waiting for ever; a RST does
 * no harm to one that it has reached (RFC 1337). Linux does so too if
 * something is left unsent.
 */
static const struct expected in_closing[] = {
	SYNCHRONIZED(CLOSING),
	SENDING(CLOSING),
	ON(CLOSE, CLOSING, DO(IGNORE)),
	ON(ABORT, CLOSED, DO(REPORT_RESET) | DO(RESET_PEER) | DO(DESTROY)),
	ON(ACK, CLOSING, DO(TAKE_ACK)),
	ON(ACK_OF_FIN, TIME_WAIT, DO(TAKE_ACK) | DO(START_2MSL)),
	ON(ACK_DUE, CLOSING, DO(SEND_ACK)),
	ON(RST, CLOSED, DO(DESTROY) | DO(HANG_UP)),
};

static const struct expected in_last_ack[] = {
	SYNCHRONIZED(LAST_ACK),
	SENDING(LAST_ACK),
	ON(CLOSE, LAST_ACK, DO(IGNORE)),
	ON(ABORT, CLOSED, DO(REPORT_RESET) | DO(RESET_PEER) | DO(DESTROY)),
	ON(ACK, LAST_ACK, DO(TAKE_ACK)),
	ON(ACK_OF_FIN, CLOSED, DO(TAKE_ACK) | DO(DESTROY) | DO(HANG_UP)),
	ON(ACK_DUE, LAST_ACK, DO(SEND_ACK)),
	ON(RST, CLOSED, DO(DESTROY) | DO(HANG_UP)),
};

/*
 * A repeated FIN is acknowledged and the time starts anew. RFC 1337: a RST
 * ends nothing here. 3.10.7.4: a SYN with a new number may take the place.
 */
static const struct expected in_time_wait[] = {
	ON(CLOSE, TIME_WAIT, DO(IGNORE)),
	ON(ABORT, CLOSED, DO(DESTROY)),
	ON(SYN, CLOSED, DO(YIELD) | DO(DESTROY)),
	ON(SYN_UNEXPECTED, TIME_WAIT, DO(CHALLENGE)),
	ON(ACK, TIME_WAIT, DO(IGNORE)),
	ON(FIN_REPEATED, TIME_WAIT, DO(SEND_ACK) | DO(START_2MSL)),
	ON(RST, TIME_WAIT, DO(IGNORE)),
	ON(ACK_UNSENT, TIME_WAIT, DO(CHALLENGE)),
	ON(ACK_STALE, TIME_WAIT, DO(CHALLENGE)),
	ON(INCOMPLETE, TIME_WAIT, DO(IGNORE)),
	ON(RST_UNSURE, TIME_WAIT, DO(IGNORE)),
	ON(RST_STRAY, TIME_WAIT, DO(IGNORE)),
	ON(OUTSIDE, TIME_WAIT, DO(SEND_ACK)),
	ON(OUTSIDE_EMPTY, TIME_WAIT, DO(REPEAT_ACK)),
	ON(TIME_WAIT_OVER, CLOSED, DO(DESTROY)),
	ON(UNREACHABLE, TIME_WAIT, DO(IGNORE)),
	ON(SOFT_ERROR, TIME_WAIT, DO(IGNORE)),
	ON(REPLACED, CLOSED, DO(DESTROY) | DO(HANG_UP)),
};

#define EVENT_NAME(name)	#name,
static const char *const event_names[] = { CLASP_EVENTS(EVENT_NAME) };

static const char *const state_names[CLASP_STATES] = {
	[CLASP_ESTABLISHED] = "ESTABLISHED",
	[CLASP_SYN_SENT] = "SYN-SENT",
	[CLASP_SYN_RECEIVED] = "SYN-RECEIVED",
	[CLASP_FIN_WAIT_1] = "FIN-WAIT-1",
	[CLASP_FIN_WAIT_2] = "FIN-WAIT-2",
	[CLASP_TIME_WAIT] = "TIME-WAIT",
	[CLASP_CLOSED] = "CLOSED",
	[CLASP_CLOSE_WAIT] = "CLOSE-WAIT",
	[CLASP_LAST_ACK] = "LAST-ACK",
	[CLASP_LISTEN] = "LISTEN",
	[CLASP_CLOSING] = "CLOSING",
};

/* Compares every cell of a state with the list of what is expected there. */
static void check_state(struct kunit *test, enum clasp_state state,
			const struct expected *list, size_t count)
{
	const struct clasp_cell *cell;
	struct expected want;
	int event, found;
	size_t i;

	for (event = 0; event < CLASP_EVENT_COUNT; event++) {
		want.next = state;
		want.actions = CLASP_DO_NEVER;
		found = 0;
		for (i = 0; i < count; i++) {
			if (list[i].event != event)
				continue;
			want = list[i];
			found++;
		}
		KUNIT_EXPECT_LE_MSG(test, found, 1, "%s is listed twice",
				    event_names[event]);
		cell = clasp_fsm_cell(state, event);
		KUNIT_ASSERT_NOT_NULL(test, cell);
		KUNIT_EXPECT_TRUE_MSG(test, cell->next == want.next &&
				      cell->actions == want.actions,
				      "%s in %s: expected %s %#x, got %s %#x",
				      event_names[event], state_names[state],
				      state_names[want.next], want.actions,
				      cell->next < CLASP_STATES ?
				      state_names[cell->next] : "?",
				      cell->actions);
	}
}

#define STATE_CASE(name, state)						\
static void fsm_##name(struct kunit *test)				\
{									\
	check_state(test, CLASP_##state, in_##name, ARRAY_SIZE(in_##name)); \
}

STATE_CASE(closed, CLOSED)
STATE_CASE(listen, LISTEN)
STATE_CASE(syn_sent, SYN_SENT)
STATE_CASE(syn_received, SYN_RECEIVED)
STATE_CASE(established, ESTABLISHED)
STATE_CASE(fin_wait_1, FIN_WAIT_1)
STATE_CASE(fin_wait_2, FIN_WAIT_2)
STATE_CASE(close_wait, CLOSE_WAIT)
STATE_CASE(closing, CLOSING)
STATE_CASE(last_ack, LAST_ACK)
STATE_CASE(time_wait, TIME_WAIT)

/* No cell is forgotten, and none says two things at once. */
static void fsm_total(struct kunit *test)
{
	const u32 nothing = CLASP_DO_NEVER | CLASP_DO_IGNORE;
	const u32 known = nothing | ((CLASP_DO_FIND_LOSS << 1) - 1);
	const struct clasp_cell *cell;
	int state, event;
	const char *name;

	for (state = 1; state < CLASP_STATES; state++) {
		for (event = 0; event < CLASP_EVENT_COUNT; event++) {
			cell = clasp_fsm_cell(state, event);
			name = event_names[event];
			KUNIT_ASSERT_NOT_NULL(test, cell);
			KUNIT_EXPECT_TRUE_MSG(test, cell->next &&
					      cell->next < CLASP_STATES,
					      "%s in %s is forgotten", name,
					      state_names[state]);
			KUNIT_EXPECT_EQ_MSG(test, cell->actions & ~known, 0,
					    "%s in %s: unknown action", name,
					    state_names[state]);
			if (!(cell->actions & nothing))
				continue;
			KUNIT_EXPECT_EQ_MSG(test, (int)cell->next, state,
					    "%s moves %s", name,
					    state_names[state]);
			KUNIT_EXPECT_TRUE_MSG(test,
					      is_power_of_2(cell->actions),
					      "%s in %s does and does not",
					      name, state_names[state]);
		}
	}
}

static void fsm_out_of_range(struct kunit *test)
{
	static const int bad_state[] = { -1, 0, CLASP_STATES, 255, INT_MAX };
	static const int bad_event[] = { -1, CLASP_EVENT_COUNT, INT_MAX };
	int i;

	for (i = 0; i < ARRAY_SIZE(bad_state); i++)
		KUNIT_EXPECT_NULL(test, clasp_fsm_cell(bad_state[i],
						       CLASP_EV_CLOSE));
	for (i = 0; i < ARRAY_SIZE(bad_event); i++)
		KUNIT_EXPECT_NULL(test, clasp_fsm_cell(CLASP_CLOSED,
						       bad_event[i]));
}

/* Marks each state that some events lead to from the one given. */
static void visit(enum clasp_state from, bool *seen)
{
	const struct clasp_cell *cell;
	int event;

	seen[from] = true;
	for (event = 0; event < CLASP_EVENT_COUNT; event++) {
		cell = clasp_fsm_cell(from, event);
		if (cell && cell->next < CLASP_STATES && !seen[cell->next])
			visit(cell->next, seen);
	}
}

/* Every state can be reached from CLOSED, and CLOSED from every state. */
static void fsm_connected(struct kunit *test)
{
	int from, state;

	for (from = 1; from < CLASP_STATES; from++) {
		bool seen[CLASP_STATES] = { };

		visit(from, seen);
		KUNIT_EXPECT_TRUE_MSG(test, seen[CLASP_CLOSED],
				      "%s never ends", state_names[from]);
		if (from != CLASP_CLOSED)
			continue;
		for (state = 1; state < CLASP_STATES; state++)
			KUNIT_EXPECT_TRUE_MSG(test, seen[state],
					      "no way to %s",
					      state_names[state]);
	}
}

/*
 * What dies leaves the tables and stops its timers, what lives does not; the
 * user hears of no error but at the end.
 */
static void fsm_destroys_in_closed(struct kunit *test)
{
	const u32 reports = CLASP_DO_RESET_PEER - 1;
	const struct clasp_cell *cell;
	int state, event;

	for (state = 1; state < CLASP_STATES; state++) {
		for (event = 0; event < CLASP_EVENT_COUNT; event++) {
			bool dies;

			cell = clasp_fsm_cell(state, event);
			KUNIT_ASSERT_NOT_NULL(test, cell);
			dies = state != CLASP_CLOSED &&
			       cell->next == CLASP_CLOSED;
			KUNIT_EXPECT_EQ_MSG(test, dies, !!(cell->actions &
							   CLASP_DO_DESTROY),
					    "%s in %s", event_names[event],
					    state_names[state]);
			if (cell->actions & reports)
				KUNIT_EXPECT_TRUE_MSG(test, dies, "%s in %s",
						      event_names[event],
						      state_names[state]);
		}
	}
}

static struct kunit_case fsm_cases[] = {
	KUNIT_CASE(fsm_closed),
	KUNIT_CASE(fsm_listen),
	KUNIT_CASE(fsm_syn_sent),
	KUNIT_CASE(fsm_syn_received),
	KUNIT_CASE(fsm_established),
	KUNIT_CASE(fsm_fin_wait_1),
	KUNIT_CASE(fsm_fin_wait_2),
	KUNIT_CASE(fsm_close_wait),
	KUNIT_CASE(fsm_closing),
	KUNIT_CASE(fsm_last_ack),
	KUNIT_CASE(fsm_time_wait),
	KUNIT_CASE(fsm_total),
	KUNIT_CASE(fsm_out_of_range),
	KUNIT_CASE(fsm_connected),
	KUNIT_CASE(fsm_destroys_in_closed),
	{}
};

static struct kunit_suite fsm_suite = {
	.name = "clasp_fsm",
	.test_cases = fsm_cases,
};

kunit_test_suite(fsm_suite);
