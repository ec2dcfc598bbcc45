// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion control: how much may be on its way (RFC 5681).
 *
 * What all algorithms share: where a window starts, that it is validated by
 * being used, and that a reduction can be taken back.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "cong.h"
#include "ecn.h"

static const struct clasp_cong_algorithm *const clasp_cong_algorithms[] = {
	&clasp_reno,
	&clasp_cubic,
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
		if (!strcmp(clasp_cong_algorithms[i]->name, name))
			return clasp_cong_algorithms[i];
	return NULL;
}

/**
 * clasp_cong_assign() - give a new socket an algorithm
 * @csk: the socket, not yet seen by others; a raw copy of its listener if it is
 *	a child
 *
 * The one that the user chose for the listener, or the namespace's.
 */
void clasp_cong_assign(struct clasp_sock *csk)
{
	const struct clasp_sysctl *sysctl = clasp_sysctl(&csk->inet.sk);

	csk->cong.algorithm = csk->options.congestion ?:
			      READ_ONCE(sysctl->congestion);
}

/**
 * clasp_cong_choose() - the user chooses an algorithm (CLASP_CONGESTION)
 * @csk: the socket, locked
 * @algorithm: the algorithm
 *
 * In the middle of a connection, the window stays as it is.
 */
void clasp_cong_choose(struct clasp_sock *csk,
		       const struct clasp_cong_algorithm *algorithm)
{
	csk->options.congestion = algorithm;
	WRITE_ONCE(csk->cong.algorithm, algorithm);
	algorithm->init(&csk->cong);
	csk->cong.undo.cwnd = 0;
}

/* RFC 6928, section 2: ten segments, but no more than 14600 bytes unless two. */
static u32 clasp_cong_initial_window(u32 mss)
{
	return min(10 * mss, max(2 * mss, 14600u));
}

/**
 * clasp_cong_init() - at the start of a connection
 * @csk: the socket, locked
 */
void clasp_cong_init(struct clasp_sock *csk)
{
	struct clasp_cong *cong = &csk->cong;

	cong->cwnd = clasp_cong_initial_window(csk->snd_mss);
	cong->ssthresh = CLASP_CWND_MAX;
	cong->decayed_at = 0;
	cong->undo.cwnd = 0;
	cong->algorithm->init(cong);
}

/*
 * RFC 7661, section 4.1: a window says how much the path takes only as far as
 * it was in use. In slow start, half of it is enough: it doubles in a round
 * trip, so this much is known of the path when it is used in the next one.
 */
static bool clasp_cong_in_use(const struct clasp_cong *cong,
			      const struct clasp_cong_sample *sample)
{
	return sample->limited ||
	       (cong->cwnd < cong->ssthresh &&
		sample->in_flight > cong->cwnd / 2);
}

/**
 * clasp_cong_acked() - an ACK delivered something, and nothing is recovered
 * @csk: the socket, locked
 * @sample: what the ACK says
 *
 * Or it is after a time-out, and slow start begins again. The window may grow.
 */
void clasp_cong_acked(struct clasp_sock *csk,
		      const struct clasp_cong_sample *sample)
{
	struct clasp_cong *cong = &csk->cong;

	if (!clasp_cong_in_use(cong, sample))
		return;
	cong->algorithm->acked(cong, sample, csk->snd_mss);
	cong->cwnd = min(cong->cwnd, CLASP_CWND_MAX);
}

/*
 * Lets the algorithm choose a threshold. More than the window may be in flight if
 * it has just been reduced: that does not count, nor does what limited transmit
 * sent (RFC 5681, section 3.2, step 2). Returns what the algorithm says; the
 * threshold is two segments at least (equation (4)).
 */
static u32 clasp_cong_lower(struct clasp_sock *csk, u32 in_flight)
{
	struct clasp_cong *cong = &csk->cong;
	u32 used = min(in_flight, cong->cwnd);
	u32 wanted = cong->algorithm->ssthresh(cong, used, csk->snd_mss);

	clasp_ecn_reduced(csk);
	cong->ssthresh = max(wanted, 2 * csk->snd_mss);
	return wanted;
}

/**
 * clasp_cong_reduce() - a segment was lost, the first time in this window
 * @csk: the socket, locked
 * @in_flight: FlightSize, bytes sent and not acknowledged (RFC 5681, section 2)
 * @in_doubt: the reduction before this one may still be undone
 *
 * What the window was before it, or before the first that is in doubt, is kept.
 */
void clasp_cong_reduce(struct clasp_sock *csk, u32 in_flight, bool in_doubt)
{
	struct clasp_cong *cong = &csk->cong;

	if (clasp_ecn_reacted(csk))
		return;
	/* Another algorithm forgets what was before it. */
	if (!in_doubt || !cong->undo.cwnd) {
		cong->undo.cwnd = cong->cwnd;
		cong->undo.ssthresh = cong->ssthresh;
		cong->undo.private = cong->private;
	}
	clasp_cong_lower(csk, in_flight);
	cong->goal = cong->ssthresh;
	cong->cwnd = cong->goal;
}

/**
 * clasp_cong_echoed() - a router tells of congestion, the first time in this window
 * @csk: the socket, locked
 * @in_flight: FlightSize, bytes
 *
 * That is without a doubt: it is not undone. Nothing has to be sent again, so one
 * segment is enough of a window; one that is less does not become larger.
 *
 * Source: RFC 9438, section 4.6, figure 5.
 */
void clasp_cong_echoed(struct clasp_sock *csk, u32 in_flight)
{
	struct clasp_cong *cong = &csk->cong;
	u32 wanted = clasp_cong_lower(csk, in_flight);

	cong->goal = min(max(wanted, csk->snd_mss), cong->cwnd);
	cong->cwnd = cong->goal;
	cong->undo.cwnd = 0;
}

/**
 * clasp_cong_timeout() - the retransmission timer ran out
 * @csk: the socket, locked; if what is in flight had not been found to be lost
 *	before, after clasp_cong_reduce()
 *
 * Source: RFC 5681, section 3.1: the loss window is one segment.
 */
void clasp_cong_timeout(struct clasp_sock *csk)
{
	csk->cong.cwnd = csk->snd_mss;
	csk->cong.algorithm->timeout(&csk->cong);
}

/**
 * clasp_cong_undo() - nothing was lost after all
 * @csk: the socket, locked
 *
 * Takes back the last clasp_cong_reduce(), those before with which it was in
 * doubt, and a clasp_cong_timeout() after it, if not taken back yet.
 *
 * Source: RFC 9438, section 4.9; RFC 4015, section 3.2, step (8).
 */
void clasp_cong_undo(struct clasp_sock *csk)
{
	struct clasp_cong *cong = &csk->cong;

	if (!cong->undo.cwnd)
		return;
	clasp_ecn_undone(csk);
	cong->cwnd = max(cong->cwnd, cong->undo.cwnd);
	cong->ssthresh = cong->undo.ssthresh;
	cong->private = cong->undo.private;
	cong->undo.cwnd = 0;
}

/**
 * clasp_cong_idle() - something is to be sent, and nothing is in flight
 * @csk: the socket, locked
 *
 * For each timeout that has passed with nothing sent, the window is halved,
 * down to the restart window (RFC 5681, section 4.1): it says little of a path
 * long unused. The threshold remembers the path.
 *
 * Source: RFC 2861, section 3.1.
 */
void clasp_cong_idle(struct clasp_sock *csk)
{
	struct clasp_cong *cong = &csk->cong;
	u32 restart = min(clasp_cong_initial_window(csk->snd_mss), cong->cwnd);
	u64 now = clasp_clock();
	u64 since = max(csk->rtxq.sent_at, cong->decayed_at);
	u64 idle = now > since ? now - since : 0;

	if (idle <= csk->rtt.rto)
		return;
	cong->decayed_at = now;
	cong->ssthresh = max(cong->ssthresh, cong->cwnd - cong->cwnd / 4);
	for (; idle > csk->rtt.rto && cong->cwnd > restart;
	     idle -= csk->rtt.rto)
		cong->cwnd /= 2;
	cong->cwnd = max(cong->cwnd, restart);
}
