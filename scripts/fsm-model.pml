/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two ends and the wire between them, for SPIN: what the state machine lives in.
 *
 * The machine itself is fsm.pml, which scripts/fsm-picture prints out of the
 * module's table.  Here is the rest, as small as it can be: programs that call
 * what they like, timers that run out when they like, a wire that loses,
 * repeats and reorders, and the classifier (module/classify.c) with sequence
 * numbers below 32.  Windows are two numbers wide; a stream is a byte at most.
 *
 * First there is a storm, in which all of that may happen at any time.  It ends
 * at any time too.  In the calm that follows nothing is lost, the programs close
 * what they have, and timers run out only when nothing is on its way.  Then both
 * ends must come to CLOSED without anybody giving up.
 *
 * An end is a connection and perhaps a listener behind it.  That a request
 * becomes a socket (HATCH) and a socket a stand-in (REPLACED) is left out: to
 * the peer, it is one connection.
 */
#include "fsm.pml"

#ifndef OPENS
#define OPENS 1			/* connections of an end, one after the other */
#endif

#ifndef WRITERS
#define WRITERS 0		/* ends whose program may write */
#endif
#ifndef PLACES
#define PLACES 2		/* segments on their way to an end, at most */
#endif

#define FIN 1
#define SYN 2
#define RST 4
#define ACK 8
#define TEXT 16			/* the byte */

#define WINDOW 2
#define NOTHING 255		/* no event */

/* A segment is a number, and 0 is none. */
#define SEGMENT(flags, seq, ack)	((flags) | (seq) << 5 | (ack) << 10)
#define HAS(flag)		((flags & (flag)) != 0)
#define TEXT_LEN		((flags & TEXT) >> 4)

typedef End {
	byte state = CLOSED;
	bool listens;		/* a listener stands behind the connection */
	bool request;		/* the connection is the listener's */
	bool orphan;		/* the program has closed it */
	bool deaf;		/* nobody will read */
	bool fin_queued;
	bool fin_heard;		/* all is received, up to the peer's FIN */
	bool fin_awaited;	/* the FIN-WAIT-2 timer runs */
	bool waits_2msl;	/* the TIME-WAIT timer runs */
	bool baked;		/* a SYN was answered by a cookie */
	byte opens;		/* connections so far */
	byte iss, una, nxt, end;
	byte irs, rcv_nxt;
	byte fin_at;		/* number of a FIN that came too early */
	byte tries;		/* in the calm: that were not answered */
	bool spoke		/* in the calm: no challenge again, for a time */
};

End ends[2];
int wire[4];			/* two places towards each end, the lower first */
bool calm;

#define my		ends[me]
#define near		wire[2 * me]
#define far		wire[2 * (1 - me)]
#define near2		wire[2 * me + 1]
#define far2		wire[2 * (1 - me) + 1]
#define ROOM		(PLACES == 2 && far2 == 0)
#define QUIET		(wire[0] == 0 && wire[2] == 0)
#define LEFT(it)	(it.state == CLOSED || it.state == TIME_WAIT || \
			 it.orphan)
#define ALL_LEFT	(calm && QUIET && LEFT(ends[0]) && LEFT(ends[1]) && \
			 !ends[0].listens && !ends[1].listens)
#define BOTH_CLOSED	(ends[0].state == CLOSED && ends[1].state == CLOSED)

#define SENDS		(my.state == ESTABLISHED || my.state == CLOSE_WAIT || \
			 my.state == FIN_WAIT_1 || my.state == CLOSING ||     \
			 my.state == LAST_ACK)
#define SYNCHRONIZED	(my.state == ESTABLISHED || my.state == FIN_WAIT_1 || \
			 my.state == FIN_WAIT_2 || my.state == CLOSE_WAIT ||  \
			 my.state == CLOSING || my.state == LAST_ACK)
#define UNACKED		(my.una != my.nxt)
#define UNSENT		(SENDS && my.nxt != my.end)
#define KEPT_ALIVE	((my.state == ESTABLISHED || my.state == CLOSE_WAIT || \
			  my.state == FIN_WAIT_2) && !UNACKED && !UNSENT)
#define OWNED		(!my.orphan && !my.request && my.state != CLOSED && \
			 my.state != TIME_WAIT)

/* --- the wire -------------------------------------------------------------- */

inline put(segment)
{
	if
	:: far == 0 -> far = segment
	:: far != 0 && ROOM && segment < far -> far2 = far; far = segment
	:: far != 0 && ROOM && segment > far -> far2 = segment
	:: else			/* is there already, or finds no room */
	fi
}

/* What an end sends in one go is gathered, then each may be lost. */
inline send(segment)
{
	if
	:: out == 0 -> out = segment
	:: out != 0 && out2 == 0 -> out2 = segment
	:: else -> assert(out3 == 0); out3 = segment
	fi
}

inline lose(it)
{
	if
	:: it == 0
	:: it != 0
	:: it != 0 && !calm -> it = 0
	fi
}

inline deliver(it)
{
	if
	:: it != 0 -> put(it); it = 0
	:: else
	fi
}

inline take_away()
{
	if
	:: got == near -> near = near2; near2 = 0
	:: else -> near2 = 0
	fi
}

/* One of the two that are on their way; the wire may keep it, for once more. */
inline receive()
{
	if
	:: near != 0 -> got = near
	:: near2 != 0 -> got = near2
	fi;
	if
	:: true -> take_away()
	:: !calm
	fi
}

inline unpack()
{
	flags = got & 31;
	seq = (got >> 5) & 31;
	ack = (got >> 10) & 31;
	got = 0;
	seq_end = seq + TEXT_LEN + (flags & FIN) + ((flags & SYN) >> 1)
}

/* --- the classifier: module/classify.c, function by function ---------------- */

inline classify_syn_sent()
{
	if
	:: HAS(ACK) && (ack <= my.una || ack > my.nxt) ->
		event = (HAS(RST) -> EV_RST_STRAY : EV_ACK_UNSENT)
	:: else ->
		if
		:: HAS(RST) -> event = (HAS(ACK) -> EV_RST : EV_RST_STRAY)
		:: !HAS(RST) && HAS(SYN) ->
			event = (HAS(ACK) -> EV_SYN_ACK : EV_SYN)
		:: else -> event = EV_INCOMPLETE
		fi
	fi
}

#define ACCEPTABLE	(seq == seq_end ->				\
			 (my.rcv_nxt <= seq && seq <= my.rcv_nxt + WINDOW) : \
			 (seq == my.rcv_nxt || (seq_end > my.rcv_nxt &&	\
						seq < my.rcv_nxt + WINDOW)))
#define IN_FIN_WAIT	(my.state == FIN_WAIT_1 || my.state == FIN_WAIT_2)
#define FIN_UNACKED	(my.state == FIN_WAIT_1 || my.state == CLOSING || \
			 my.state == LAST_ACK)

inline classify_outside()
{
	if
	:: HAS(RST) -> event = EV_RST_STRAY
	:: HAS(SYN) -> event = EV_SYN_UNEXPECTED
	:: !HAS(RST | SYN) && my.state == TIME_WAIT && HAS(FIN) &&
	   seq_end == my.rcv_nxt -> event = EV_FIN_REPEATED
	:: else -> event = (seq == seq_end -> EV_OUTSIDE_EMPTY : EV_OUTSIDE)
	fi
}

inline classify_ack()
{
	if
	:: !HAS(ACK) -> event = EV_INCOMPLETE
	:: HAS(ACK) && ack > my.nxt -> event = EV_ACK_UNSENT
	:: HAS(ACK) && ack <= my.nxt ->
		if
		:: my.state == SYN_RECEIVED ->
			event = (ack > my.una -> EV_ACK_OF_SYN : EV_ACK_UNSENT)
		:: my.state != SYN_RECEIVED && my.state != TIME_WAIT &&
		   ack + WINDOW < my.una -> event = EV_ACK_STALE
		:: else ->
			if
			:: IN_FIN_WAIT && my.deaf && HAS(TEXT) &&
			   seq + 1 > my.rcv_nxt -> event = EV_TEXT_UNREAD
			:: FIN_UNACKED && my.fin_queued && ack == my.end ->
				event = EV_ACK_OF_FIN
			:: else -> event = EV_ACK
			fi
		fi
	fi
}

/* A SYN of a handshake under way, or of a new connection. */
#define SYN_AGAIN	(HAS(SYN) && my.state == SYN_RECEIVED && seq == my.irs)
#define SYN_ANEW	(HAS(SYN) && !HAS(ACK) && my.state == TIME_WAIT && \
			 seq > my.rcv_nxt)

inline classify_synchronized()
{
	if
	:: SYN_AGAIN -> event = (HAS(ACK) && ack == my.nxt ->
				 EV_ACK_OF_SYN : EV_SYN_REPEATED)
	:: SYN_ANEW -> event = (my.listens -> EV_SYN : EV_SYN_UNEXPECTED)
	:: !SYN_AGAIN && !SYN_ANEW && !ACCEPTABLE -> classify_outside()
	:: !SYN_AGAIN && !SYN_ANEW && ACCEPTABLE ->
		if
		:: HAS(RST) -> event = (seq == my.rcv_nxt -> EV_RST :
							    EV_RST_UNSURE)
		:: !HAS(RST) && HAS(SYN) -> event = EV_SYN_UNEXPECTED
		:: else -> classify_ack()
		fi
	fi
}

/*
 * A cookie is the number that a request would have.  It proves the peer's, so
 * there are cookies only where both ends have a single one.
 */
#define COOKIE		8
#define COOKIES		(BAKERS == 1 && my.opens == 0)
#define ACKS_COOKIE	(COOKIES && my.baked && ack == COOKIE + 1 && seq == COOKIE + 1)

inline classify_listen()
{
	if
	:: HAS(RST) -> event = EV_RST_STRAY
	:: !HAS(RST) && HAS(ACK) && !HAS(SYN) && ACKS_COOKIE ->
		event = EV_ACK_OF_COOKIE
	:: !HAS(RST) && HAS(ACK) && !HAS(SYN) && !ACKS_COOKIE ->
		event = (my.baked && HAS(TEXT | FIN) -> EV_ACK_UNPROVEN : EV_STRAY)
	:: !HAS(RST) && HAS(SYN) ->
		event = (HAS(ACK) -> EV_STRAY :
			 (my.opens < OPENS -> EV_SYN : NOTHING))
	:: else -> event = EV_INCOMPLETE
	fi
}

inline classify()
{
	listener = (my.state == CLOSED && my.listens);
	if
	:: listener -> classify_listen()
	:: !listener && my.state == CLOSED ->
		event = (HAS(RST) -> EV_RST_STRAY : EV_STRAY)
	:: my.state == SYN_SENT -> classify_syn_sent()
	:: else -> classify_synchronized()
	fi
}

/* --- what a program calls --------------------------------------------------- */

inline open()
{
	my.opens++;
	my.iss = my.opens * 8;
	my.una = my.iss;
	my.nxt = my.iss + 1;
	my.end = my.nxt
}

/* It may find the window shut: then what is queued waits. */
inline call()
{
	if
	:: !calm && my.state == CLOSED && !my.listens && my.opens < OPENS ->
		event = EV_CONNECT
	:: !calm && my.state == CLOSED && !my.listens -> event = EV_LISTEN
	:: my.listens -> listener = true; event = EV_CLOSE
	:: !calm && OWNED && me < WRITERS && my.end == my.iss + 1 &&
	   (my.state == ESTABLISHED || my.state == CLOSE_WAIT) -> my.end++
	:: !calm && OWNED -> event = EV_CLOSE	/* shutdown(), for sending */
	:: OWNED -> event = EV_CLOSE; closes = true
	:: !calm && (OWNED || my.state == TIME_WAIT) -> event = EV_ABORT
	fi;
	if
	:: true
	:: !calm && OWNED -> held = true
	fi
}

/* --- what time brings ------------------------------------------------------- */

/* A timer runs out at any time in the storm, and if need be in the calm. */
#define TIME		(!calm || ALL_LEFT)

#define TIRED		(calm && my.tries == 3)

inline ring()
{
	if
	:: TIME && !TIRED && UNACKED -> event = EV_RETRANSMIT
	:: TIME && !TIRED && !UNACKED && UNSENT -> event = EV_PROBE
	:: !calm && !UNACKED && UNSENT -> event = EV_PROBE; held = true
	:: TIME && TIRED && (UNACKED || UNSENT) -> event = EV_GIVE_UP
	:: !calm && (UNACKED || UNSENT || KEPT_ALIVE) -> event = EV_GIVE_UP
	:: !calm && SYNCHRONIZED -> event = EV_ACK_DUE
	:: !calm && SYNCHRONIZED && UNACKED -> event = EV_ACK_OVERDUE
	:: !calm && KEPT_ALIVE -> event = EV_KEEPALIVE; held = true
	:: TIME && my.fin_awaited -> event = EV_FIN_WAIT_2_OVER
	:: TIME && my.waits_2msl -> event = EV_TIME_WAIT_OVER
	:: !calm && my.state != CLOSED -> event = EV_UNREACHABLE
	:: !calm && my.state != CLOSED -> event = EV_SOFT_ERROR
	fi;
	if
	:: calm ->
		assert(!TIRED || OPENS > 1);	/* nobody has to give up */
		my.tries = (UNACKED || UNSENT -> my.tries + 1 : 0);
		ends[0].spoke = false;
		ends[1].spoke = false
	:: else
	fi
}

/* --- the actions: module/actions.c ------------------------------------------ */

#define DO(action)	((actions & DO_##action) != 0)

inline send_ack()
{
	send(SEGMENT(ACK, my.nxt, my.rcv_nxt))
}

/* RFC 5961, 7: not too often. */
inline challenge()
{
	if
	:: !my.spoke -> my.spoke = calm; send_ack()
	:: else
	fi
}

inline send_syn()
{
	send(SEGMENT(SYN | (my.state == SYN_SENT -> 0 : ACK), my.iss,
		     (my.state == SYN_SENT -> 0 : my.rcv_nxt)))
}

/* Everything from a number on; the FIN has no byte. */
inline send_from(number)
{
	my.nxt = my.end;
	send(SEGMENT(ACK | my.fin_queued |
		     (my.end - my.fin_queued > number -> TEXT : 0),
		     number, my.rcv_nxt))
}

/* Instead of a request, a SYN-ACK that remembers it. */
inline bake()
{
	event = NOTHING;
	my.baked = true;
	send(SEGMENT(SYN | ACK, COOKIE, seq + 1))
}

inline answer_rst()
{
	if
	:: HAS(ACK) -> send(SEGMENT(RST, ack, 0))
	:: else -> send(SEGMENT(RST | ACK, 0, seq_end))
	fi
}

inline take_syn()
{
	my.irs = seq;
	my.rcv_nxt = seq + 1
}

inline take_ack()
{
	if :: ack > my.una -> my.tries = 0 :: else fi;
	my.una = (ack > my.una -> ack : my.una)
}

inline take_text()
{
	owes_ack = HAS(TEXT | FIN);
	if
	:: !owes_ack || seq_end <= my.rcv_nxt
	:: owes_ack && seq > my.rcv_nxt ->
		my.fin_at = (HAS(FIN) -> seq_end - 1 : 0)
	:: else ->
		my.rcv_nxt = seq + TEXT_LEN;
		fin_reached = HAS(FIN) || my.fin_at == my.rcv_nxt;
		my.rcv_nxt = my.rcv_nxt + fin_reached
	fi
}

inline retransmit()
{
	if
	:: my.una == my.iss -> send_syn()
	:: else -> send_from(my.una)
	fi
}

inline probe()
{
	if
	:: held -> send(SEGMENT(ACK, my.una - 1, my.rcv_nxt))
	:: else -> send_from(my.nxt)
	fi
}

/* A stand-in takes over; the program has nothing left to close. */
inline start_2msl()
{
	my.waits_2msl = true;
	my.fin_awaited = false;
	my.orphan = false;
	my.deaf = false;
	my.fin_queued = false;
	my.irs = 0;
	my.iss = 0;
	my.tries = 0
}

inline destroy()
{
	my.request = false;
	my.orphan = false;
	my.deaf = false;
	my.fin_queued = false;
	my.fin_heard = false;
	my.fin_awaited = false;
	my.waits_2msl = false;
	my.iss = 0;
	my.una = 0;
	my.nxt = 0;
	my.end = 0;
	my.irs = 0;
	my.rcv_nxt = 0;
	my.fin_at = 0;
	my.tries = 0;
	my.spoke = false
}

inline act()
{
	if :: DO(RESET_PEER) -> send(SEGMENT(RST | ACK, my.nxt, my.rcv_nxt))
	   :: else fi;
	if :: DO(ANSWER_RST) -> answer_rst() :: else fi;
	if :: DO(TAKE_SYN) -> take_syn() :: else fi;
	if :: DO(TAKE_ACK) -> take_ack() :: else fi;
	if :: DO(RECALL_SYN) -> my.irs = seq - 1; my.rcv_nxt = seq :: else fi;
	if :: DO(ESTABLISH) -> my.request = false :: else fi;
	if :: DO(TAKE_TEXT) -> take_text() :: else fi;
	if :: DO(TAKE_FIN) -> my.fin_heard = true; my.fin_at = 0 :: else fi;
	if :: DO(QUEUE_FIN) -> my.fin_queued = true; my.end++ :: else fi;
	if :: DO(SEND_SYN) || DO(SEND_SYN_ACK) -> send_syn() :: else fi;
	if :: DO(RETRANSMIT) || DO(FIND_LOSS) -> retransmit() :: else fi;
	if :: DO(SEND_PROBE) -> probe() :: else fi;
	if :: DO(SEND_ACK) -> send_ack() :: else fi;
	if :: DO(CHALLENGE) || DO(REPEAT_ACK) -> challenge() :: else fi;
	if :: DO(AWAIT_FIN) -> my.fin_awaited = my.orphan :: else fi;
	if :: DO(START_2MSL) -> start_2msl() :: else fi;
	if :: DO(DESTROY) && !listener -> destroy() :: else fi
}

/* --- an end ----------------------------------------------------------------- */

/* The event happens to the connection, to the listener, or makes either. */
inline step()
{
	fsm_cell((listener -> LISTEN : my.state), event, next, actions);
	if
	:: listener && next == SYN_RECEIVED ->
		listener = false;
		my.request = true;
		open();
		my.state = next
	:: next == LISTEN -> my.listens = true
	:: listener && next == CLOSED -> my.listens = false; my.baked = false
	:: !listener && my.state == CLOSED && next != CLOSED && next != LISTEN ->
		open();
		my.state = next
	:: else -> my.state = next
	fi;
	act()
}

/*
 * What each state says of the numbers (RFC 9293, 3.3.2): is there a connection,
 * is our SYN acknowledged, have we sent a FIN, is that acknowledged, has the
 * peer's come?
 */
inline check_state()
{
	assert((my.state == CLOSED) == (my.una == 0));
	if
	:: my.state == SYN_SENT || my.state == SYN_RECEIVED ->
		assert(my.una == my.iss && !my.fin_queued && !my.fin_heard)
	:: my.state == ESTABLISHED || my.state == CLOSE_WAIT ->
		assert(my.una > my.iss && !my.fin_queued);
		assert(my.fin_heard == (my.state == CLOSE_WAIT))
	:: FIN_UNACKED ->
		assert(my.una < my.end && my.fin_queued);
		assert(my.fin_heard == (my.state != FIN_WAIT_1))
	:: my.state == FIN_WAIT_2 ->
		assert(my.una == my.end && my.fin_queued && !my.fin_heard)
	:: my.state == TIME_WAIT ->
		assert(my.una == my.end && my.fin_heard)
	:: else
	fi
}

/* What happens at once because of what happened. */
inline follow()
{
	if
	:: fin_reached -> fin_reached = false; event = EV_FIN
	:: DO(YIELD) || DO(RECALL_SYN) -> actions = 0; classify()
	:: listener && !my.listens && my.request -> listener = false; event = EV_ABORT
	:: closes && my.state != CLOSED && my.state != TIME_WAIT ->
		closes = false;
		my.orphan = true;
		my.deaf = true;
		event = (my.state == FIN_WAIT_2 -> EV_CLOSE : NOTHING)
	:: else -> event = NOTHING
	fi
}

/*
 * What may be sent now; it has the ACK that is due.  That a delayed ACK comes
 * late is as if it was lost, and due again.
 */
inline push()
{
	if
	:: UNSENT && !held -> send_from(my.nxt)
	:: else ->
		if
		:: owes_ack -> send_ack()
		:: else
		fi
	fi
}

inline run_events()
{
	do
	:: event != NOTHING -> step(); follow()
	:: else -> break
	od;
	push()
}

inline forget()
{
	next = 0;
	flags = 0;
	seq = 0;
	ack = 0;
	seq_end = 0;
	actions = 0;
	listener = false;
	closes = false;
	owes_ack = false;
	held = false
}

proctype Run(bit me)
{
	byte event = NOTHING, next, flags, seq, ack, seq_end;
	int actions, got, out, out2, out3;
	bool listener, closes, fin_reached, owes_ack, held;

	do
	:: atomic {
		if
		:: call()
		:: ring()
		:: receive();
			d_step { unpack(); classify() };
			if
			:: true
			:: event == EV_SYN && listener && COOKIES && !calm ->
				bake()
			fi
		fi;
		d_step { run_events(); check_state(); forget() };
		fsm_mark(my.state);
		if :: my.listens -> fsm_mark(LISTEN) :: else fi;
		lose(out);
		lose(out2);
		lose(out3);
		d_step { deliver(out); deliver(out2); deliver(out3) }
	   }
	:: calm && QUIET && BOTH_CLOSED && !ends[0].listens && !ends[1].listens ->
		break
	od
}

init {
	atomic {
		run Run(0);
		run Run(1)
	}
	calm = true
}

ltl closes { [] (calm -> <> BOTH_CLOSED) }
