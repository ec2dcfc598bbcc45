// SPDX-License-Identifier: GPL-2.0
/*
 * What a segment means: every guard, from both sides of every edge.
 *
 * What is expected is RFC 9293, section 3.10.7, with RFC 5961. The numbers of
 * a row are relative to the connection's, so that all of them can be tried
 * where sequence numbers go round, too.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/prandom.h>

#include "../classify.h"

#define SENT	500	/* bytes sent and not acknowledged, the FIN included */
#define WINDOW	4000	/* receive window */
#define OFFERED	5000	/* largest window the peer ever offered */
#define FAR	((s64)BIT_ULL(62))

#define IN(state)	(1u << CLASP_##state)
#define MAY_ACK_FIN	(IN(FIN_WAIT_1) | IN(CLOSING) | IN(LAST_ACK))
#define SYNCHRONIZED	(IN(ESTABLISHED) | IN(FIN_WAIT_2) | \
			 IN(CLOSE_WAIT) | MAY_ACK_FIN)
#define UNLESS(state)	(SYNCHRONIZED & ~IN(state))

struct row {
	const char *name;
	u32 states;
	u8 flags;
	s64 seq;	/* from rcv_nxt */
	u32 len;	/* of the data */
	s64 ack;	/* from snd_una */
	enum clasp_event want;
};

/* Where a connection's numbers may be when the segment comes. */
static const struct {
	u64 snd_una;
	u64 rcv_nxt;
} places[] = {
	{ 1000, 90000 },
	{ U32_MAX - 100, U32_MAX - 200 },
	{ U64_MAX - 100, U64_MAX - 200 },
	{ 0, 0 },
	{ 1ull << 63, S64_MAX - 3 },
};

/* All that was sent is acknowledged in FIN-WAIT-2 and TIME-WAIT. */
static void make_view(struct clasp_view *view, enum clasp_state state,
		      int place)
{
	u32 sent = 1u << state & (IN(FIN_WAIT_2) | IN(TIME_WAIT)) ? 0 : SENT;

	if (1u << state & (IN(SYN_SENT) | IN(SYN_RECEIVED)))
		sent = 1;
	*view = (struct clasp_view){
		.state = state,
		.fin_queued = 1u << state & MAY_ACK_FIN,
		.snd_una = places[place].snd_una,
		.snd_nxt = places[place].snd_una + sent,
		.write_seq = places[place].snd_una + sent,
		.max_window = OFFERED,
		.irs = places[place].rcv_nxt - 1,
		.rcv_nxt = places[place].rcv_nxt,
		.rcv_wnd = WINDOW,
	};
}

static enum clasp_event classify(const struct clasp_view *view,
				 const struct row *row)
{
	struct clasp_cb cb = {
		.seq = view->rcv_nxt + row->seq,
		.ack_seq = view->snd_una + row->ack,
		.flags = row->flags,
	};

	cb.end_seq = cb.seq + row->len +
		     clasp_segment_control_len(row->flags);
	return clasp_classify(view, &cb, row->len);
}

static void check_row(struct kunit *test, const struct row *row,
		      const struct clasp_view *view, int place)
{
	int got = classify(view, row);

	KUNIT_EXPECT_EQ_MSG(test, got, (int)row->want,
			    "%s, state %d, place %d", row->name, view->state,
			    place);
}

/* Tries rows in all their states and places, the view changed by a hook. */
static void check_rows(struct kunit *test, const struct row *rows, int count,
		       void (*change)(struct clasp_view *view))
{
	struct clasp_view view;
	int i, state, place;

	for (i = 0; i < count; i++) {
		KUNIT_ASSERT_NE(test, rows[i].states, 0);
		for (state = 1; state < CLASP_STATES; state++) {
			if (!(1u << state & rows[i].states))
				continue;
			for (place = 0; place < ARRAY_SIZE(places); place++) {
				make_view(&view, state, place);
				if (change)
					change(&view);
				check_row(test, &rows[i], &view, place);
			}
		}
	}
}

#define A	CLASP_ACK
#define S	CLASP_SYN
#define F	CLASP_FIN
#define R	CLASP_RST
#define EV(event)	CLASP_EV_##event

/* 3.10.7.1: everything but a RST is answered by one. */
static const struct row closed_rows[] = {
	{ "RST", IN(CLOSED), R, 0, 0, 0, EV(RST_STRAY) },
	{ "RST+ACK", IN(CLOSED), R | A, 0, 0, 0, EV(RST_STRAY) },
	{ "SYN", IN(CLOSED), S, 0, 0, 0, EV(STRAY) },
	{ "SYN+ACK", IN(CLOSED), S | A, 0, 0, 0, EV(STRAY) },
	{ "ACK", IN(CLOSED), A, 0, 0, 0, EV(STRAY) },
	{ "data", IN(CLOSED), A, 0, 9, 0, EV(STRAY) },
	{ "FIN", IN(CLOSED), F | A, 0, 0, 0, EV(STRAY) },
};

/* 3.10.7.2: first RST, second ACK, third SYN, fourth the rest. */
static const struct row listen_rows[] = {
	{ "RST", IN(LISTEN), R, 0, 0, 0, EV(RST_STRAY) },
	{ "RST+ACK", IN(LISTEN), R | A, 0, 0, 0, EV(RST_STRAY) },
	{ "SYN+ACK", IN(LISTEN), S | A, 0, 0, 0, EV(STRAY) },
	{ "ACK", IN(LISTEN), A, 0, 0, 0, EV(STRAY) },
	{ "FIN", IN(LISTEN), F | A, 0, 0, 0, EV(STRAY) },
	{ "SYN", IN(LISTEN), S, 0, 0, 0, EV(SYN) },
	{ "SYN with data", IN(LISTEN), S, 0, 9, 0, EV(SYN) },
	{ "nothing", IN(LISTEN), 0, 0, 9, 0, EV(INCOMPLETE) },
};

/* 3.10.7.3: ISS < SEG.ACK =< SND.NXT is acceptable. */
static const struct row syn_sent_rows[] = {
	{ "SYN+ACK", IN(SYN_SENT), S | A, 77, 0, 1, EV(SYN_ACK) },
	{ "SYN+ACK with data", IN(SYN_SENT), S | A, 77, 9, 1, EV(SYN_ACK) },
	{ "SYN+ACK of ISS", IN(SYN_SENT), S | A, 0, 0, 0, EV(ACK_UNSENT) },
	{ "SYN+ACK too high", IN(SYN_SENT), S | A, 0, 0, 2, EV(ACK_UNSENT) },
	{ "SYN+ACK too low", IN(SYN_SENT), S | A, 0, 0, -1, EV(ACK_UNSENT) },
	{ "SYN+ACK far", IN(SYN_SENT), S | A, 0, 0, FAR, EV(ACK_UNSENT) },
	{ "ACK of ISS", IN(SYN_SENT), A, 0, 0, 0, EV(ACK_UNSENT) },
	{ "ACK too high", IN(SYN_SENT), A, 0, 0, 2, EV(ACK_UNSENT) },
	{ "SYN", IN(SYN_SENT), S, 77, 0, 0, EV(SYN) },
	{ "RST+ACK", IN(SYN_SENT), R | A, 0, 0, 1, EV(RST) },
	{ "RST+ACK of ISS", IN(SYN_SENT), R | A, 0, 0, 0, EV(RST_STRAY) },
	{ "RST+ACK too high", IN(SYN_SENT), R | A, 0, 0, 2, EV(RST_STRAY) },
	{ "RST", IN(SYN_SENT), R, 0, 0, 1, EV(RST_STRAY) },
	{ "ACK", IN(SYN_SENT), A, 0, 0, 1, EV(INCOMPLETE) },
	{ "FIN", IN(SYN_SENT), F | A, 0, 0, 1, EV(INCOMPLETE) },
	{ "data", IN(SYN_SENT), A, 0, 9, 1, EV(INCOMPLETE) },
	{ "nothing", IN(SYN_SENT), 0, 0, 0, 1, EV(INCOMPLETE) },
};

/* The SYN could not be sent yet: nothing can acknowledge it. */
static const struct row syn_unsent_rows[] = {
	{ "SYN+ACK of ISS", IN(SYN_SENT), S | A, 0, 0, 0, EV(ACK_UNSENT) },
	{ "SYN+ACK", IN(SYN_SENT), S | A, 0, 0, 1, EV(ACK_UNSENT) },
	{ "SYN+ACK far", IN(SYN_SENT), S | A, 0, 0, FAR, EV(ACK_UNSENT) },
	{ "RST+ACK", IN(SYN_SENT), R | A, 0, 0, 1, EV(RST_STRAY) },
};

/* 3.10.7.4 for SYN-RECEIVED; figure 8 for the SYN-ACK. */
static const struct row syn_received_rows[] = {
	{ "SYN again", IN(SYN_RECEIVED), S, -1, 0, 0, EV(SYN_REPEATED) },
	{ "SYN+ACK", IN(SYN_RECEIVED), S | A, -1, 0, 1, EV(ACK_OF_SYN) },
	{ "another SYN", IN(SYN_RECEIVED), S, 0, 0, 0, EV(SYN_UNEXPECTED) },
	{ "SYN far", IN(SYN_RECEIVED), S, FAR, 0, 0, EV(SYN_UNEXPECTED) },
	{ "ACK", IN(SYN_RECEIVED), A, 0, 0, 1, EV(ACK_OF_SYN) },
	{ "data", IN(SYN_RECEIVED), A, 0, 9, 1, EV(ACK_OF_SYN) },
	{ "FIN", IN(SYN_RECEIVED), F | A, 0, 0, 1, EV(ACK_OF_SYN) },
	{ "data ahead", IN(SYN_RECEIVED), A, 9, 9, 1, EV(ACK_OF_SYN) },
	{ "ACK of ISS", IN(SYN_RECEIVED), A, 0, 0, 0, EV(ACK_UNSENT) },
	{ "ACK too low", IN(SYN_RECEIVED), A, 0, 0, -1, EV(ACK_UNSENT) },
	{ "ACK too high", IN(SYN_RECEIVED), A, 0, 0, 2, EV(ACK_UNSENT) },
	{ "ACK outside", IN(SYN_RECEIVED), A, -1, 0, 1, EV(OUTSIDE_EMPTY) },
	{ "ACK beyond", IN(SYN_RECEIVED), A, WINDOW + 1, 0, 1, EV(OUTSIDE_EMPTY) },
	{ "RST", IN(SYN_RECEIVED), R, 0, 0, 0, EV(RST) },
	{ "RST+ACK", IN(SYN_RECEIVED), R | A, 0, 0, 1, EV(RST) },
	{ "RST inside", IN(SYN_RECEIVED), R, 1, 0, 0, EV(RST_UNSURE) },
	{ "RST outside", IN(SYN_RECEIVED), R, -1, 0, 0, EV(RST_STRAY) },
	{ "nothing", IN(SYN_RECEIVED), 0, 0, 9, 0, EV(INCOMPLETE) },
};

/* 3.10.7.4, first: the sequence number, with and without data. */
static const struct row window_rows[] = {
	{ "empty, next", SYNCHRONIZED, A, 0, 0, 0, EV(ACK) },
	{ "empty, old", SYNCHRONIZED, A, -1, 0, 0, EV(OUTSIDE_EMPTY) },
	{ "empty, very old", SYNCHRONIZED, A, -FAR, 0, 0, EV(OUTSIDE_EMPTY) },
	{ "empty, last", SYNCHRONIZED, A, WINDOW - 1, 0, 0, EV(ACK) },
	/* Where a peer stands that has filled the window. */
	{ "empty, full", SYNCHRONIZED, A, WINDOW, 0, 0, EV(ACK) },
	{ "empty, beyond", SYNCHRONIZED, A, WINDOW + 1, 0, 0, EV(OUTSIDE_EMPTY) },
	{ "empty, far", SYNCHRONIZED, A, FAR, 0, 0, EV(OUTSIDE_EMPTY) },
	{ "data, next", SYNCHRONIZED, A, 0, 9, 0, EV(ACK) },
	{ "data, all old", SYNCHRONIZED, A, -9, 9, 0, EV(OUTSIDE) },
	{ "data, last new", SYNCHRONIZED, A, -8, 9, 0, EV(ACK) },
	{ "data, ahead", SYNCHRONIZED, A, 9, 9, 0, EV(ACK) },
	{ "data, last", SYNCHRONIZED, A, WINDOW - 1, 1, 0, EV(ACK) },
	{ "data, half in", SYNCHRONIZED, A, WINDOW - 1, 9, 0, EV(ACK) },
	{ "data, all around", SYNCHRONIZED, A, -1, WINDOW + 2, 0, EV(ACK) },
	{ "data, beyond", SYNCHRONIZED, A, WINDOW, 1, 0, EV(OUTSIDE) },
	{ "data, far", SYNCHRONIZED, A, FAR, 9, 0, EV(OUTSIDE) },
	{ "FIN, next", SYNCHRONIZED, F | A, 0, 0, 0, EV(ACK) },
	{ "FIN, old", SYNCHRONIZED, F | A, -1, 0, 0, EV(OUTSIDE) },
	{ "FIN, old data", SYNCHRONIZED, F | A, -9, 9, 0, EV(ACK) },
	{ "FIN, ahead", SYNCHRONIZED, F | A, 9, 9, 0, EV(ACK) },
	{ "FIN, far", SYNCHRONIZED, F | A, FAR, 0, 0, EV(OUTSIDE) },
	/* RFC 5961, section 3.2. */
	{ "RST, next", SYNCHRONIZED, R, 0, 0, 0, EV(RST) },
	{ "RST+ACK, next", SYNCHRONIZED, R | A, 0, 0, 0, EV(RST) },
	{ "RST, bad ACK", SYNCHRONIZED, R | A, 0, 0, FAR, EV(RST) },
	{ "RST with data", SYNCHRONIZED, R, 0, 9, 0, EV(RST) },
	{ "RST, ahead", SYNCHRONIZED, R, 1, 0, 0, EV(RST_UNSURE) },
	{ "RST, last", SYNCHRONIZED, R, WINDOW - 1, 0, 0, EV(RST_UNSURE) },
	{ "RST, beyond", SYNCHRONIZED, R, WINDOW + 1, 0, 0, EV(RST_STRAY) },
	{ "RST, old", SYNCHRONIZED, R, -1, 0, 0, EV(RST_STRAY) },
	{ "RST, far", SYNCHRONIZED, R, FAR, 0, 0, EV(RST_STRAY) },
	/* RFC 5961, section 4.2: irrespective of the sequence number. */
	{ "SYN, next", SYNCHRONIZED, S, 0, 0, 0, EV(SYN_UNEXPECTED) },
	{ "SYN, ahead", SYNCHRONIZED, S, 9, 0, 0, EV(SYN_UNEXPECTED) },
	{ "SYN, the first", SYNCHRONIZED, S, -1, 0, 0, EV(SYN_UNEXPECTED) },
	{ "SYN, far", SYNCHRONIZED, S, FAR, 0, 0, EV(SYN_UNEXPECTED) },
	{ "SYN+ACK", SYNCHRONIZED, S | A, -1, 0, 0, EV(SYN_UNEXPECTED) },
};

/* 3.10.7.4, fifth, and RFC 5961, section 5.2: the acknowledgment number. */
static const struct row ack_rows[] = {
	{ "ACK of nothing new", SYNCHRONIZED, A, 0, 0, 0, EV(ACK) },
	{ "ACK, old", SYNCHRONIZED, A, 0, 0, -1, EV(ACK) },
	{ "ACK, oldest", SYNCHRONIZED, A, 0, 0, -OFFERED, EV(ACK) },
	{ "ACK, too old", SYNCHRONIZED, A, 0, 0, -OFFERED - 1, EV(ACK_STALE) },
	{ "ACK, very old", SYNCHRONIZED, A, 0, 9, -FAR, EV(ACK_STALE) },
	{ "ACK of some", UNLESS(FIN_WAIT_2), A, 0, 0, SENT - 1, EV(ACK) },
	{ "ACK of all", IN(ESTABLISHED) | IN(CLOSE_WAIT), A, 0, 0, SENT,
	  EV(ACK) },
	{ "ACK of FIN", MAY_ACK_FIN, A, 0, 0, SENT, EV(ACK_OF_FIN) },
	{ "ACK of FIN, data", MAY_ACK_FIN, A, 0, 9, SENT, EV(ACK_OF_FIN) },
	{ "ACK of FIN, FIN", MAY_ACK_FIN, F | A, 0, 0, SENT, EV(ACK_OF_FIN) },
	{ "ACK of FIN, outside", MAY_ACK_FIN, A, -1, 0, SENT, EV(OUTSIDE_EMPTY) },
	{ "ACK of FIN again", IN(FIN_WAIT_2), A, 0, 0, 0, EV(ACK) },
	{ "ACK of unsent", SYNCHRONIZED, A, 0, 0, SENT + 1, EV(ACK_UNSENT) },
	{ "ACK far ahead", SYNCHRONIZED, A, 0, 9, FAR, EV(ACK_UNSENT) },
	{ "no ACK", SYNCHRONIZED, 0, 0, 9, 0, EV(INCOMPLETE) },
	{ "FIN without ACK", SYNCHRONIZED, F, 0, 0, 0, EV(INCOMPLETE) },
};

/* The window is shut: only what starts at its edge counts, for its ACK. */
static const struct row shut_rows[] = {
	{ "empty", SYNCHRONIZED, A, 0, 0, 0, EV(ACK) },
	{ "empty, old", SYNCHRONIZED, A, -1, 0, 0, EV(OUTSIDE_EMPTY) },
	{ "empty, ahead", SYNCHRONIZED, A, 1, 0, 0, EV(OUTSIDE_EMPTY) },
	{ "data", SYNCHRONIZED, A, 0, 1, 0, EV(ACK) },
	{ "data, ahead", SYNCHRONIZED, A, 1, 1, 0, EV(OUTSIDE) },
	{ "RST", SYNCHRONIZED, R, 0, 0, 0, EV(RST) },
	{ "RST, ahead", SYNCHRONIZED, R, 1, 0, 0, EV(RST_STRAY) },
};

/* RFC 1122, 4.2.2.13: data that nobody will read. */
#define FIN_WAITS	(IN(FIN_WAIT_1) | IN(FIN_WAIT_2))
static const struct row unread_rows[] = {
	{ "data", FIN_WAITS, A, 0, 1, 0, EV(TEXT_UNREAD) },
	{ "data, ahead", FIN_WAITS, A, 9, 1, 0, EV(TEXT_UNREAD) },
	{ "data and FIN", FIN_WAITS, F | A, 0, 1, 0, EV(TEXT_UNREAD) },
	{ "data, last new", FIN_WAITS, A, -8, 9, 0, EV(TEXT_UNREAD) },
	{ "data, old", FIN_WAITS, A, -9, 9, 0, EV(OUTSIDE) },
	{ "old data and FIN", FIN_WAITS, F | A, -9, 9, 0, EV(ACK) },
	{ "FIN", FIN_WAITS, F | A, 0, 0, 0, EV(ACK) },
	{ "empty", FIN_WAITS, A, 0, 0, 0, EV(ACK) },
	{ "ACK of FIN", IN(FIN_WAIT_1), A, 0, 0, SENT, EV(ACK_OF_FIN) },
	{ "data, ACK of FIN", IN(FIN_WAIT_1), A, 0, 9, SENT,
	  EV(TEXT_UNREAD) },
	{ "data, ACK of unsent", FIN_WAITS, A, 0, 9, FAR, EV(ACK_UNSENT) },
	/* Behind the peer's FIN there is no data to speak of. */
	{ "data", IN(CLOSE_WAIT) | IN(CLOSING) | IN(LAST_ACK), A, 0, 9, 0,
	  EV(ACK) },
	/* shutdown(SHUT_RD) alone: the peer is not told, as with TCP. */
	{ "data", IN(ESTABLISHED), A, 0, 9, 0, EV(ACK) },
};

/* 3.10.7.4 for TIME-WAIT; 3.6.1 for a SYN that may take its place. */
static const struct row time_wait_rows[] = {
	{ "FIN again", IN(TIME_WAIT), F | A, -1, 0, 0, EV(FIN_REPEATED) },
	{ "data, FIN again", IN(TIME_WAIT), F | A, -10, 9, 0,
	  EV(FIN_REPEATED) },
	{ "old data", IN(TIME_WAIT), A, -10, 9, 0, EV(OUTSIDE) },
	{ "older FIN", IN(TIME_WAIT), F | A, -2, 0, 0, EV(OUTSIDE) },
	{ "empty", IN(TIME_WAIT), A, 0, 0, 0, EV(ACK) },
	{ "empty, old", IN(TIME_WAIT), A, -1, 0, 0, EV(OUTSIDE_EMPTY) },
	{ "ACK of unsent", IN(TIME_WAIT), A, 0, 0, 1, EV(ACK_UNSENT) },
	{ "new SYN", IN(TIME_WAIT), S, 1, 0, 0, EV(SYN) },
	{ "new SYN, far", IN(TIME_WAIT), S, FAR, 0, 0, EV(SYN) },
	{ "old SYN", IN(TIME_WAIT), S, -1, 0, 0, EV(SYN_UNEXPECTED) },
	{ "very old SYN", IN(TIME_WAIT), S, -FAR, 0, 0, EV(SYN_UNEXPECTED) },
	{ "SYN+ACK", IN(TIME_WAIT), S | A, 1, 0, 0, EV(SYN_UNEXPECTED) },
	{ "RST", IN(TIME_WAIT), R, 0, 0, 0, EV(RST) },
	{ "RST, old", IN(TIME_WAIT), R, -1, 0, 0, EV(RST_STRAY) },
};

/* SYN cookies are about, but this is none: what will come again is not reset. */
static const struct row listen_cookies_rows[] = {
	{ "SYN", IN(LISTEN), S, 0, 0, 0, EV(SYN) },
	{ "SYN with data", IN(LISTEN), S, 0, 9, 0, EV(SYN) },
	{ "SYN+ACK", IN(LISTEN), S | A, 0, 0, 0, EV(STRAY) },
	{ "SYN+ACK, data", IN(LISTEN), S | A, 0, 9, 0, EV(STRAY) },
	{ "ACK", IN(LISTEN), A, 0, 0, 0, EV(STRAY) },
	{ "ACK, data", IN(LISTEN), A, 0, 9, 0, EV(ACK_UNPROVEN) },
	{ "FIN", IN(LISTEN), F | A, 0, 0, 0, EV(ACK_UNPROVEN) },
	{ "RST", IN(LISTEN), R, 0, 0, 0, EV(RST_STRAY) },
	{ "RST+ACK", IN(LISTEN), R | A, 0, 0, 0, EV(RST_STRAY) },
	{ "data", IN(LISTEN), 0, 0, 9, 0, EV(INCOMPLETE) },
};

static const struct row listen_cookie_rows[] = {
	{ "ACK", IN(LISTEN), A, 0, 0, 0, EV(ACK_OF_COOKIE) },
	{ "ACK, data", IN(LISTEN), A, 0, 9, 0, EV(ACK_OF_COOKIE) },
	{ "FIN", IN(LISTEN), F | A, 0, 0, 0, EV(ACK_OF_COOKIE) },
	{ "SYN+ACK", IN(LISTEN), S | A, 0, 0, 0, EV(STRAY) },
	{ "RST+ACK", IN(LISTEN), R | A, 0, 0, 0, EV(RST_STRAY) },
};

static void not_sent(struct clasp_view *view)
{
	view->snd_nxt = view->snd_una;
}

static void shut_window(struct clasp_view *view)
{
	view->rcv_wnd = 0;
}

static void close_reader(struct clasp_view *view)
{
	view->rcv_shutdown = true;
}

#define ROWS_CASE(name, rows, change)				\
static void classify_##name(struct kunit *test)			\
{								\
	check_rows(test, rows, ARRAY_SIZE(rows), change);	\
}

static void send_cookies(struct clasp_view *view)
{
	view->cookies_out = true;
}

static void take_cookie(struct clasp_view *view)
{
	view->cookies_out = true;
	view->acks_cookie = true;
}

ROWS_CASE(closed, closed_rows, NULL)
ROWS_CASE(listen, listen_rows, NULL)
ROWS_CASE(listen_cookies, listen_cookies_rows, send_cookies)
ROWS_CASE(listen_cookie, listen_cookie_rows, take_cookie)
ROWS_CASE(syn_sent, syn_sent_rows, NULL)
ROWS_CASE(syn_unsent, syn_unsent_rows, not_sent)
ROWS_CASE(syn_received, syn_received_rows, NULL)
ROWS_CASE(window, window_rows, NULL)
ROWS_CASE(ack, ack_rows, NULL)
ROWS_CASE(window_shut, shut_rows, shut_window)
ROWS_CASE(unread, unread_rows, close_reader)
ROWS_CASE(time_wait, time_wait_rows, NULL)

/* More is queued than has been sent: then the FIN cannot be acknowledged. */
static void classify_fin_unsent(struct kunit *test)
{
	static const int states[] = {
		CLASP_FIN_WAIT_1, CLASP_CLOSING, CLASP_LAST_ACK,
	};
	struct row row = { "ACK of all sent", 0, A, 0, 0, SENT, EV(ACK) };
	struct clasp_view view;
	int i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		make_view(&view, states[i], 0);
		view.write_seq += 100;
		check_row(test, &row, &view, 0);
	}
}

/* Takes whatever comes, of numbers in the window, near it and far from it. */
static void random_row(struct row *row, struct rnd_state *rnd)
{
	static const u8 flags[] = {
		S, S | A, A, A, A, F | A, F | A, R, R | A, 0, F,
	};

	row->flags = flags[prandom_u32_state(rnd) % ARRAY_SIZE(flags)];
	row->len = prandom_u32_state(rnd) % 3 * 700;
	row->seq = (s64)(prandom_u32_state(rnd) % 12000) - 4000;
	row->ack = (s64)(prandom_u32_state(rnd) % 12000) - 8000;
	if (prandom_u32_state(rnd) % 4 == 0)
		row->seq = (s64)(prandom_u32_state(rnd) % 5) - 2;
	if (prandom_u32_state(rnd) % 2 == 0)
		row->ack = (s64)(prandom_u32_state(rnd) % 5) - 2;
	if (prandom_u32_state(rnd) % 8 == 0)
		row->ack += SENT;
}

/*
 * The promise between classifier and table: no segment, whatever is in it,
 * makes an event that cannot happen in that state, or one of another source.
 */
static void classify_never(struct kunit *test)
{
	const struct clasp_cell *cell;
	struct rnd_state rnd;
	struct clasp_view view;
	struct row row = { };
	int state, event, i;

	prandom_seed_state(&rnd, 253);
	for (state = 1; state < CLASP_STATES; state++) {
		for (i = 0; i < 5000; i++) {
			make_view(&view, state, i % ARRAY_SIZE(places));
			view.rcv_shutdown = prandom_u32_state(&rnd) & 1;
			view.cookies_out = prandom_u32_state(&rnd) & 1;
			view.acks_cookie = prandom_u32_state(&rnd) & 1;
			if (prandom_u32_state(&rnd) % 8 == 0)
				view.rcv_wnd = 0;
			random_row(&row, &rnd);
			event = classify(&view, &row);
			cell = clasp_fsm_cell(state, event);
			KUNIT_ASSERT_NOT_NULL(test, cell);
			if (!(cell->actions & CLASP_DO_NEVER) &&
			    event >= CLASP_EV_SYN && event <= CLASP_EV_STRAY)
				continue;
			KUNIT_FAIL(test, "event %d in state %d", event, state);
			kunit_err(test, "flags %#x seq %lld len %u ack %lld",
				  row.flags, row.seq, row.len, row.ack);
		}
	}
}

/* CLASP_DEFER_ACCEPT: an ACK opens with data or FIN only. */
static const struct row text_wanted_rows[] = {
	{ "ACK", IN(SYN_RECEIVED), A, 0, 0, 1, EV(INCOMPLETE) },
	{ "data", IN(SYN_RECEIVED), A, 0, 9, 1, EV(ACK_OF_SYN) },
	{ "FIN", IN(SYN_RECEIVED), F | A, 0, 0, 1, EV(ACK_OF_SYN) },
	{ "data ahead", IN(SYN_RECEIVED), A, 9, 9, 1, EV(ACK_OF_SYN) },
	{ "ACK of ISS", IN(SYN_RECEIVED), A, 0, 0, 0, EV(ACK_UNSENT) },
	{ "SYN again", IN(SYN_RECEIVED), S, -1, 0, 0, EV(SYN_REPEATED) },
	{ "RST", IN(SYN_RECEIVED), R, 0, 0, 0, EV(RST) },
};

static void want_text(struct clasp_view *view)
{
	view->wants_text = true;
}

static void classify_text_wanted(struct kunit *test)
{
	check_rows(test, text_wanted_rows, ARRAY_SIZE(text_wanted_rows),
		   want_text);
}

static struct kunit_case classify_cases[] = {
	KUNIT_CASE(classify_closed),
	KUNIT_CASE(classify_listen),
	KUNIT_CASE(classify_listen_cookies),
	KUNIT_CASE(classify_listen_cookie),
	KUNIT_CASE(classify_syn_sent),
	KUNIT_CASE(classify_syn_unsent),
	KUNIT_CASE(classify_syn_received),
	KUNIT_CASE(classify_text_wanted),
	KUNIT_CASE(classify_window),
	KUNIT_CASE(classify_ack),
	KUNIT_CASE(classify_window_shut),
	KUNIT_CASE(classify_unread),
	KUNIT_CASE(classify_time_wait),
	KUNIT_CASE(classify_fin_unsent),
	KUNIT_CASE(classify_never),
	{}
};

static struct kunit_suite classify_suite = {
	.name = "clasp_classify",
	.test_cases = classify_cases,
};

kunit_test_suite(classify_suite);
