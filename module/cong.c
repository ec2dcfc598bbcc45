// SPDX-License-Identifier: GPL-2.0
/* Congestion control: how much may be on its way (RFC 5681). */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "cong.h"

/* Far more than any path holds; keeps sums of windows within 32 bits. */
#define CLASP_CWND_MAX	0x40000000u

static const struct clasp_cong_algorithm clasp_cong_algorithms[] = {
	{ .name = CLASP_CONG_DEFAULT },		/* RFC 5681: all that follows */
};

/**
 * clasp_cong_find() - the algorithm of a name
 * @name: the name
 *
 * Return: the algorithm, or NULL if there is none.
 */
const struct clasp_cong_algorithm *clasp_cong_find(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(clasp_cong_algorithms); i++)
		if (!strcmp(clasp_cong_algorithms[i].name, name))
			return &clasp_cong_algorithms[i];
	return NULL;
}

/* RFC 6928, section 2: ten segments, but no more than 14600 bytes unless two. */
static u32 clasp_cong_initial_window(u32 mss)
{
	return min(10 * mss, max(2 * mss, 14600u));
}

/**
 * clasp_cong_init() - at the start of a connection
 * @cong: congestion control
 * @mss: largest data part of a segment sent, bytes
 */
void clasp_cong_init(struct clasp_cong *cong, u32 mss)
{
	cong->cwnd = clasp_cong_initial_window(mss);
	cong->ssthresh = CLASP_CWND_MAX;
	cong->acked = 0;
}

/**
 * clasp_cong_acked() - new data was acknowledged, and nothing is being resent
 * @cong: congestion control
 * @bytes: how much
 * @mss: largest data part of a segment sent, bytes
 *
 * Source: RFC 5681, section 3.1: slow start by equation (2); congestion
 * avoidance by counting bytes, one segment for each window acknowledged.
 */
void clasp_cong_acked(struct clasp_cong *cong, u32 bytes, u32 mss)
{
	if (cong->cwnd < cong->ssthresh) {
		cong->cwnd += min(bytes, mss);
	} else {
		cong->acked += bytes;
		if (cong->acked < cong->cwnd)
			return;
		cong->acked -= cong->cwnd;
		cong->cwnd += mss;
	}
	cong->cwnd = min(cong->cwnd, CLASP_CWND_MAX);
}

/**
 * clasp_cong_loss() - a segment was lost, for the first time in this window
 * @cong: congestion control
 * @in_flight: bytes sent and not acknowledged
 * @mss: largest data part of a segment sent, bytes
 *
 * Source: RFC 5681, equation (4); the window is that of section 3.2, step 6,
 * since segments that left the network count as such (clasp_output_in_flight).
 */
void clasp_cong_loss(struct clasp_cong *cong, u32 in_flight, u32 mss)
{
	cong->ssthresh = max(in_flight / 2, 2 * mss);
	cong->cwnd = cong->ssthresh;
	cong->acked = 0;
}

/**
 * clasp_cong_timeout() - the retransmission timer ran out
 * @cong: congestion control; its ssthresh has been set by clasp_cong_loss()
 * @mss: largest data part of a segment sent, bytes
 *
 * Source: RFC 5681, section 3.1: the loss window is one segment.
 */
void clasp_cong_timeout(struct clasp_cong *cong, u32 mss)
{
	cong->cwnd = mss;
	cong->acked = 0;
}

/**
 * clasp_cong_idle() - nothing was sent for longer than the timeout
 * @cong: congestion control
 * @mss: largest data part of a segment sent, bytes
 *
 * Source: RFC 5681, section 4.1: restart with the restart window.
 */
void clasp_cong_idle(struct clasp_cong *cong, u32 mss)
{
	cong->cwnd = min(cong->cwnd, clasp_cong_initial_window(mss));
	cong->acked = 0;
}
