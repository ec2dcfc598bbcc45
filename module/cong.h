/* SPDX-License-Identifier: GPL-2.0 */
/* Congestion control: how much may be on its way (RFC 5681). */
#ifndef _CLASP_CONG_H
#define _CLASP_CONG_H

#include "clasp.h"

/* Far more than any path holds; keeps sums of windows within 32 bits. */
#define CLASP_CWND_MAX	0x40000000u

/**
 * struct clasp_cong_sample - what an ACK says of the path
 * @now: time, ns of clasp_clock()
 * @rtt: round-trip time that this ACK measured, ns; 0 if it did not
 * @srtt: the smoothed one, ns; 0 before the first measurement
 * @acked: bytes newly acknowledged, or selectively so
 * @in_flight: bytes that were in flight before this ACK
 * @paced: what is sent is, so that a large step of the window makes no burst
 * @limited: the window kept more from being sent, not the program or the peer
 */
struct clasp_cong_sample {
	u64 now;
	u64 rtt;
	u64 srtt;
	u32 acked;
	u32 in_flight;
	bool paced;
	bool limited;
};

/**
 * struct clasp_cong_algorithm - a way of congestion control
 * @name: as CLASP_CONGESTION names it
 * @init: a connection begins, or takes this algorithm in its middle
 * @acked: an ACK was received, nothing is being recovered, and the window was in
 *	use: let it grow. It is cut to CLASP_CWND_MAX afterwards
 * @ssthresh: a loss or a mark; the window is still as it was. The new threshold,
 *	which becomes two segments afterwards if it is less
 * @timeout: the retransmission timer ran out: the window is one segment
 *
 * All are functions of what they are given: no socket, no clock, no lock. @mss
 * is the largest data part of a segment sent, bytes; @in_flight is RFC 5681's
 * FlightSize, bytes.
 */
struct clasp_cong_algorithm {
	const char *name;
	void (*init)(struct clasp_cong *cong);
	void (*acked)(struct clasp_cong *cong,
		      const struct clasp_cong_sample *sample, u32 mss);
	u32 (*ssthresh)(struct clasp_cong *cong, u32 in_flight, u32 mss);
	void (*timeout)(struct clasp_cong *cong);
};

extern const struct clasp_cong_algorithm clasp_reno;
extern const struct clasp_cong_algorithm clasp_cubic;

const struct clasp_cong_algorithm *clasp_cong_find(const char *name);
void clasp_cong_assign(struct clasp_sock *csk);
void clasp_cong_choose(struct clasp_sock *csk,
		       const struct clasp_cong_algorithm *algorithm);

void clasp_cong_init(struct clasp_sock *csk);
void clasp_cong_acked(struct clasp_sock *csk,
		      const struct clasp_cong_sample *sample);
void clasp_cong_reduce(struct clasp_sock *csk, u32 in_flight, bool in_doubt);
void clasp_cong_echoed(struct clasp_sock *csk, u32 in_flight);
void clasp_cong_timeout(struct clasp_sock *csk);
void clasp_cong_undo(struct clasp_sock *csk);
void clasp_cong_idle(struct clasp_sock *csk);

/**
 * clasp_cong_slow_start() - let the window grow up to the threshold
 * @cong: congestion control
 * @bytes: by how much
 *
 * Return: by how much less it did.
 */
static inline u32 clasp_cong_slow_start(struct clasp_cong *cong, u32 bytes)
{
	u32 room = cong->ssthresh > cong->cwnd ? cong->ssthresh - cong->cwnd : 0;
	u32 grown = min(bytes, room);

	cong->cwnd += grown;
	return bytes - grown;
}

/**
 * clasp_cong_window_acked() - has as much as a window been acknowledged?
 * @acked: bytes acknowledged and not yet accounted for, less than the window
 * @bytes: acknowledged now
 * @window: bytes
 *
 * So the window grows by one segment in each round trip, however many ACKs there
 * are and whatever they divide it into (RFC 5681, section 3.1).
 *
 * Return: true if so; that much is accounted for then.
 */
static inline bool clasp_cong_window_acked(u32 *acked, u32 bytes, u32 window)
{
	*acked += min(bytes, window);
	if (*acked < window)
		return false;
	*acked -= window;
	return true;
}

#endif /* _CLASP_CONG_H */
