/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state machine of RFC 9293, section 3.3.2, as one constant table.
 *
 * This header and fsm.c need nothing from the kernel but its integer types, so
 * that a program can be built from them too (scripts/fsm-picture).
 */
#ifndef _CLASP_FSM_H
#define _CLASP_FSM_H

#include <linux/types.h>

/*
 * enum clasp_state - the states, numbered as TCP_ESTABLISHED and so on are
 *
 * The numbers are those of enum in <net/tcp_states.h> (checked where both are
 * visible), so that inet_sk_set_state() and the tools read them right.
 */
enum clasp_state {
	CLASP_ESTABLISHED = 1,
	CLASP_SYN_SENT = 2,
	CLASP_SYN_RECEIVED = 3,
	CLASP_FIN_WAIT_1 = 4,
	CLASP_FIN_WAIT_2 = 5,
	CLASP_TIME_WAIT = 6,
	CLASP_CLOSED = 7,
	CLASP_CLOSE_WAIT = 8,
	CLASP_LAST_ACK = 9,
	CLASP_LISTEN = 10,
	CLASP_CLOSING = 11,
	CLASP_STATES		/* one more than the last state; 0 is none */
};

/*
 * Everything that can happen to a connection. The classifier (classify.c) has
 * looked at every condition before it names the event, so that a cell of the
 * table holds no hidden ones.
 *
 * What the user asks for:
 *  CONNECT		active open
 *  LISTEN		passive open
 *  CLOSE		no more data to send: close(), shutdown(SHUT_WR)
 *  ABORT		end it at once: SO_LINGER 0, unread data, disconnect
 *
 * What a segment means:
 *  SYN			opens a connection
 *  SYN_ACK		accepts the one that we opened
 *  SYN_REPEATED	the SYN that we answered already
 *  SYN_UNEXPECTED	a SYN where the peers are synchronized (RFC 5961)
 *  ACK_OF_SYN		acknowledges our SYN
 *  ACK			acknowledges data, or nothing new
 *  ACK_OF_FIN		acknowledges our FIN, for the first time
 *  ACK_UNSENT		acknowledges what was never sent
 *  ACK_STALE		acknowledges what left the window long ago (RFC 5961)
 *  ACK_OF_COOKIE	acknowledges a SYN-ACK whose number is a SYN cookie
 *  ACK_UNPROVEN	may come behind a lost ACK_OF_COOKIE, and will come again
 *  FIN			the stream has been received up to the peer's FIN
 *  FIN_REPEATED	the FIN that was received already
 *  RST			ends the connection, its number is exactly right
 *  RST_UNSURE		a RST elsewhere in the window (RFC 5961)
 *  RST_STRAY		a RST outside of the window or for no connection
 *  OUTSIDE		data or FIN, nothing of which is in the window
 *  OUTSIDE_EMPTY	has neither, and its number is not in the window
 *  INCOMPLETE		lacks the control bit that the state demands
 *  TEXT_UNREAD		data that nobody will ever read
 *  STRAY		belongs to no connection
 *
 * What time brings:
 *  RETRANSMIT		the retransmission timer ran out, tries are left
 *  ACK_OVERDUE	nothing was heard for long enough of what was sent last
 *  GIVE_UP		the peer was waited for in vain, no try is left
 *  PROBE		the peer's window has been shut for long enough
 *  KEEPALIVE		nothing was heard of the peer for long enough
 *  ACK_DUE		a delayed acknowledgment is due
 *  FIN_WAIT_2_OVER	the peer of a closed socket did not send its FIN
 *  TIME_WAIT_OVER	two maximum segment lifetimes are over
 *
 * And the rest:
 *  UNREACHABLE		ICMP says that the peer does not take it: a hard error
 *  SOFT_ERROR		ICMP says that the path is troubled: a soft error
 *  HATCH		a request of the passive open becomes a socket
 *  REPLACED		a small stand-in takes over TIME-WAIT from the socket
 */
#define CLASP_EVENTS(X)							\
	X(CONNECT) X(LISTEN) X(CLOSE) X(ABORT)				\
	X(SYN) X(SYN_ACK) X(SYN_REPEATED) X(SYN_UNEXPECTED)		\
	X(ACK_OF_SYN) X(ACK) X(ACK_OF_FIN) X(ACK_UNSENT) X(ACK_STALE)	\
	X(ACK_OF_COOKIE) X(ACK_UNPROVEN)				\
	X(FIN) X(FIN_REPEATED)						\
	X(RST) X(RST_UNSURE) X(RST_STRAY)				\
	X(OUTSIDE) X(OUTSIDE_EMPTY)					\
	X(INCOMPLETE) X(TEXT_UNREAD) X(STRAY)				\
	X(RETRANSMIT) X(ACK_OVERDUE) X(GIVE_UP)				\
	X(PROBE) X(KEEPALIVE) X(ACK_DUE)				\
	X(FIN_WAIT_2_OVER) X(TIME_WAIT_OVER)				\
	X(UNREACHABLE) X(SOFT_ERROR) X(HATCH) X(REPLACED)

#define CLASP_EVENT_ENUM(name)	CLASP_EV_##name,
/* What can happen to a connection, see CLASP_EVENTS(). */
enum clasp_event {
	CLASP_EVENTS(CLASP_EVENT_ENUM)
	CLASP_EVENT_COUNT
};

/*
 * What is to be done, a bit each. The executor (actions.c) runs them from the
 * lowest bit to the highest; those of the first group before the state
 * changes, so that whoever sees the new state sees the reason too.
 */
#define CLASP_DO_REPORT_REFUSED		0x00000001 /* user: ECONNREFUSED */
#define CLASP_DO_REPORT_RESET		0x00000002 /* user: ECONNRESET */
#define CLASP_DO_REPORT_PIPE		0x00000004 /* user: EPIPE */
#define CLASP_DO_REPORT_TIMEOUT		0x00000008 /* user: ETIMEDOUT */
#define CLASP_DO_REPORT_ICMP		0x00000010 /* user: what ICMP said */

#define CLASP_DO_RESET_PEER		0x00000020 /* RST out of our own numbers */
#define CLASP_DO_ANSWER_RST		0x00000040 /* RST that fits the segment */
#define CLASP_DO_TAKE_SYN		0x00000080 /* learn the peer's numbers */
#define CLASP_DO_TAKE_ACK		0x00000100 /* free what is acknowledged */
#define CLASP_DO_NOTE_DUPLICATE		0x00000200 /* for the next SACK option */
#define CLASP_DO_ESTABLISH		0x00000400 /* ready for data, wake user */
#define CLASP_DO_TAKE_TEXT		0x00000800 /* urgent pointer, data */
#define CLASP_DO_TAKE_FIN		0x00001000 /* tell the reader: no more */
#define CLASP_DO_QUEUE_FIN		0x00002000 /* FIN behind the last byte */
#define CLASP_DO_SEND_SYN		0x00004000
#define CLASP_DO_SEND_SYN_ACK		0x00008000
#define CLASP_DO_RETRANSMIT		0x00010000
#define CLASP_DO_SEND_PROBE		0x00020000
#define CLASP_DO_SEND_ACK		0x00040000
#define CLASP_DO_CHALLENGE		0x00080000 /* ACK, rate-limited */
#define CLASP_DO_AWAIT_FIN		0x00100000 /* FIN-WAIT-2 timer, if closed */
#define CLASP_DO_START_2MSL		0x00200000 /* (re)start TIME-WAIT's time */
#define CLASP_DO_YIELD			0x00400000 /* make room for a new SYN */
#define CLASP_DO_DESTROY		0x00800000 /* leave tables, stop timers */
#define CLASP_DO_HANG_UP		0x01000000 /* user: it is over, wake up */

/* Each of these is alone in its cell, so that their order is no matter. */
#define CLASP_DO_RECALL_SYN		0x02000000 /* out of the SYN cookie */
#define CLASP_DO_REPEAT_ACK		0x04000000 /* rate-limited per connection */
#define CLASP_DO_NOTE_ICMP		0x08000000 /* user: if all else fails */
#define CLASP_DO_FIND_LOSS		0x10000000 /* or probe for one */

/* Explicitly nothing: the event is legal here and changes nothing. */
#define CLASP_DO_IGNORE			0x40000000
/* The classifier cannot name this event in this state. */
#define CLASP_DO_NEVER			0x80000000

/**
 * struct clasp_cell - what one event does in one state
 * @next: enum clasp_state afterwards; 0 in a cell that was forgotten
 * @actions: CLASP_DO_... bits
 */
struct clasp_cell {
	__u8	next;
	__u32	actions;
};

const struct clasp_cell *clasp_fsm_cell(enum clasp_state state,
					enum clasp_event event);

#endif /* _CLASP_FSM_H */
