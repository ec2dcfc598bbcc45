/* SPDX-License-Identifier: GPL-2.0 */
/* What a segment means to a connection: every guard of the state machine. */
#ifndef _CLASP_CLASSIFY_H
#define _CLASP_CLASSIFY_H

#include "fsm.h"
#include "segment.h"

/**
 * struct clasp_view - what the classifier has to know of a connection
 * @state: enum clasp_state
 * @rcv_shutdown: nobody will read what arrives
 * @cookies_out: LISTEN: SYN cookies were sent lately
 * @acks_cookie: LISTEN: the segment acknowledges one of them
 * @wants_text: SYN-RECEIVED: an ACK without data is not enough
 * @fin_queued: the last number before @write_seq is our FIN
 * @snd_una: oldest unacknowledged number
 * @snd_nxt: next number to be sent
 * @write_seq: the number after all that is queued to be sent
 * @max_window: largest window the peer ever offered, bytes
 * @irs: initial receive sequence number
 * @rcv_nxt: next number expected
 * @rcv_wnd: bytes from @rcv_nxt on that are accepted
 *
 * A socket, a request and a TIME-WAIT stand-in fill it alike.
 */
struct clasp_view {
	u8 state;
	bool rcv_shutdown;
	bool cookies_out;
	bool acks_cookie;
	bool wants_text;
	bool fin_queued;
	u64 snd_una;
	u64 snd_nxt;
	u64 write_seq;
	u32 max_window;
	u64 irs;
	u64 rcv_nxt;
	u32 rcv_wnd;
};

enum clasp_event clasp_classify(const struct clasp_view *view,
				const struct clasp_cb *cb, u32 text_len);

#endif /* _CLASP_CLASSIFY_H */
