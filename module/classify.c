// SPDX-License-Identifier: GPL-2.0
/*
 * What a segment means to a connection: every guard of the state machine.
 *
 * Pure functions of the segment and a view of the connection. The order of the
 * questions is that of RFC 9293, section 3.10.7, with RFC 5961 worked in.
 */
#include "classify.h"
#include "seq.h"

/* RFC 9293, 3.10.7.1: all data in the incoming segment is discarded. */
static enum clasp_event clasp_classify_closed(const struct clasp_cb *cb)
{
	return cb->flags & CLASP_RST ? CLASP_EV_RST_STRAY : CLASP_EV_STRAY;
}

/*
 * RFC 9293, 3.10.7.2. With SYN cookies, an ACK may belong to a handshake that
 * only the peer remembers. One with data or FIN that cannot prove it may be
 * behind one that was lost; a RST would end a connection that is sound, and
 * what it brings comes again.
 */
static enum clasp_event clasp_classify_listen(const struct clasp_view *view,
					      const struct clasp_cb *cb,
					      u32 text_len)
{
	if (cb->flags & CLASP_RST)
		return CLASP_EV_RST_STRAY;
	if (cb->flags & CLASP_ACK && !(cb->flags & CLASP_SYN)) {
		if (view->acks_cookie)
			return CLASP_EV_ACK_OF_COOKIE;
		if (view->cookies_out && (text_len || cb->flags & CLASP_FIN))
			return CLASP_EV_ACK_UNPROVEN;
	}
	if (cb->flags & CLASP_ACK)
		return CLASP_EV_STRAY;
	if (cb->flags & CLASP_SYN)
		return CLASP_EV_SYN;
	return CLASP_EV_INCOMPLETE;
}

/* RFC 9293, 3.10.7.3 */
static enum clasp_event clasp_classify_syn_sent(const struct clasp_view *view,
						const struct clasp_cb *cb)
{
	bool ack = cb->flags & CLASP_ACK;

	if (ack && (!clasp_after(cb->ack_seq, view->snd_una) ||
		    clasp_after(cb->ack_seq, view->snd_nxt)))
		return cb->flags & CLASP_RST ? CLASP_EV_RST_STRAY :
					       CLASP_EV_ACK_UNSENT;
	if (cb->flags & CLASP_RST)
		return ack ? CLASP_EV_RST : CLASP_EV_RST_STRAY;
	if (cb->flags & CLASP_SYN)
		return ack ? CLASP_EV_SYN_ACK : CLASP_EV_SYN;
	return CLASP_EV_INCOMPLETE;
}

/*
 * RFC 9293, 3.10.7.4, first: check sequence number. Two allowances of every
 * implementation: what starts at rcv_nxt counts even if the window is shut, for
 * its ACK ("special allowance"); and an empty segment may lie at the right edge
 * of the window, where a peer that has filled it stands.
 */
static bool clasp_acceptable(const struct clasp_view *view,
			     const struct clasp_cb *cb)
{
	u64 right = view->rcv_nxt + view->rcv_wnd;

	if (cb->seq == cb->end_seq)
		return clasp_between(view->rcv_nxt, cb->seq, right);
	if (cb->seq == view->rcv_nxt)
		return true;
	return clasp_after(cb->end_seq, view->rcv_nxt) &&
	       clasp_before(cb->seq, right);
}

static enum clasp_event clasp_classify_outside(const struct clasp_view *view,
					       const struct clasp_cb *cb)
{
	if (cb->flags & CLASP_RST)
		return CLASP_EV_RST_STRAY;
	if (cb->flags & CLASP_SYN)
		return CLASP_EV_SYN_UNEXPECTED;
	if (view->state == CLASP_TIME_WAIT && cb->flags & CLASP_FIN &&
	    cb->end_seq == view->rcv_nxt)
		return CLASP_EV_FIN_REPEATED;
	return cb->seq == cb->end_seq ? CLASP_EV_OUTSIDE_EMPTY :
					CLASP_EV_OUTSIDE;
}

/* Is it data, and is there no program left that could read it? */
static bool clasp_text_unread(const struct clasp_view *view,
			      const struct clasp_cb *cb, u32 text_len)
{
	if (view->state != CLASP_FIN_WAIT_1 && view->state != CLASP_FIN_WAIT_2)
		return false;
	return view->rcv_shutdown && text_len &&
	       clasp_after(cb->seq + text_len, view->rcv_nxt);
}

static bool clasp_acks_fin(const struct clasp_view *view, u64 ack_seq)
{
	if (view->state != CLASP_FIN_WAIT_1 && view->state != CLASP_CLOSING &&
	    view->state != CLASP_LAST_ACK)
		return false;
	return view->fin_queued && ack_seq == view->write_seq;
}

/*
 * SYN-RECEIVED: the ACK of our SYN completes the handshake; unless the listener
 * wants data (CLASP_DEFER_ACCEPT), and neither that nor the stream's end is
 * there.
 */
static enum clasp_event clasp_classify_ack_of_syn(const struct clasp_view *view,
						  const struct clasp_cb *cb)
{
	if (!clasp_after(cb->ack_seq, view->snd_una))
		return CLASP_EV_ACK_UNSENT;
	if (view->wants_text && cb->seq == cb->end_seq)
		return CLASP_EV_INCOMPLETE;
	return CLASP_EV_ACK_OF_SYN;
}

/* RFC 9293, 3.10.7.4, fifth: check the ACK field. RFC 5961, section 5.2. */
static enum clasp_event clasp_classify_ack(const struct clasp_view *view,
					   const struct clasp_cb *cb,
					   u32 text_len)
{
	if (!(cb->flags & CLASP_ACK))
		return CLASP_EV_INCOMPLETE;
	if (clasp_after(cb->ack_seq, view->snd_nxt))
		return CLASP_EV_ACK_UNSENT;
	if (view->state == CLASP_SYN_RECEIVED)
		return clasp_classify_ack_of_syn(view, cb);
	if (clasp_before(cb->ack_seq, view->snd_una - view->max_window))
		return CLASP_EV_ACK_STALE;
	if (clasp_text_unread(view, cb, text_len))
		return CLASP_EV_TEXT_UNREAD;
	if (clasp_acks_fin(view, cb->ack_seq))
		return CLASP_EV_ACK_OF_FIN;
	return CLASP_EV_ACK;
}

/*
 * A SYN that belongs to a handshake under way or starts a new one, where the
 * general rules would refuse it.
 *
 * SYN-RECEIVED: the peer's SYN again; or, in a simultaneous open, with the ACK
 * of ours (RFC 9293, figure 8). TIME-WAIT: a new connection whose number is
 * ahead of the old one's (RFC 9293, section 3.6.1).
 */
static bool clasp_classify_syn(const struct clasp_view *view,
			       const struct clasp_cb *cb,
			       enum clasp_event *event)
{
	if (!(cb->flags & CLASP_SYN))
		return false;
	if (view->state == CLASP_SYN_RECEIVED && cb->seq == view->irs) {
		*event = cb->flags & CLASP_ACK && cb->ack_seq == view->snd_nxt ?
			CLASP_EV_ACK_OF_SYN : CLASP_EV_SYN_REPEATED;
		return true;
	}
	if (view->state == CLASP_TIME_WAIT && !(cb->flags & CLASP_ACK) &&
	    clasp_after(cb->seq, view->rcv_nxt)) {
		*event = CLASP_EV_SYN;
		return true;
	}
	return false;
}

/**
 * clasp_classify() - the event that a segment is
 * @view: the connection
 * @cb: the segment, as clasp_segment_parse() found it
 * @text_len: bytes of data in it
 *
 * Pure. Never names CLASP_EV_FIN: that is due when the stream is complete up to
 * the FIN, which may take other segments (clasp_rcvq_take()).
 *
 * Source: RFC 9293, section 3.10.7; RFC 5961, sections 3.2, 4.2 and 5.2.
 *
 * Return: the event.
 */
enum clasp_event clasp_classify(const struct clasp_view *view,
				const struct clasp_cb *cb, u32 text_len)
{
	enum clasp_event event;

	switch (view->state) {
	case CLASP_CLOSED:
		return clasp_classify_closed(cb);
	case CLASP_LISTEN:
		return clasp_classify_listen(view, cb, text_len);
	case CLASP_SYN_SENT:
		return clasp_classify_syn_sent(view, cb);
	}
	if (clasp_classify_syn(view, cb, &event))
		return event;
	if (!clasp_acceptable(view, cb))
		return clasp_classify_outside(view, cb);
	if (cb->flags & CLASP_RST)
		return cb->seq == view->rcv_nxt ? CLASP_EV_RST :
						  CLASP_EV_RST_UNSURE;
	if (cb->flags & CLASP_SYN)
		return CLASP_EV_SYN_UNEXPECTED;
	return clasp_classify_ack(view, cb, text_len);
}
