// SPDX-License-Identifier: GPL-2.0
/*
 * How large a segment the path takes.
 *
 * The route knows its MTU, and learns from ICMP when a router further on has a
 * smaller one (RFC 1191). Where no router says so, large segments vanish; after
 * some time-outs the segments shrink, and grow again by probes: segments of the
 * stream that are larger than the others, one at a time (RFC 4821).
 */
#include "mtu.h"
#include "offload.h"
#include "output.h"
#include "recovery.h"
#include "rtxq.h"

/* Less than this is not worth a probe, bytes. */
#define CLASP_MTU_STEP	32

/**
 * clasp_mtu_to_mss() - the most data in a segment that fits in a packet
 * @af: the address family's operations
 * @mtu: size of the packet, bytes
 *
 * Source: RFC 9293, section 3.7.1, RFC 6691: without regard to options.
 *
 * Return: bytes of data.
 */
u16 clasp_mtu_to_mss(const struct clasp_af_ops *af, u32 mtu)
{
	u32 headers = af->header_len + CLASP_HEADER_MIN;

	return clamp_t(u32, mtu > headers ? mtu - headers : 0,
		       CLASP_MSS_MIN, CLASP_MSS_MAX);
}

/**
 * clasp_mtu_maxseg() - CLASP_MAXSEG: no segment has more data, in either direction
 * @csk: the socket, or the listener whose child it will be
 *
 * Return: bytes of data.
 */
u32 clasp_mtu_maxseg(const struct clasp_sock *csk)
{
	return READ_ONCE(csk->options.maxseg) ?: CLASP_MSS_MAX;
}

/**
 * clasp_mtu_max_mss() - what our MSS option says
 * @csk: the socket, or the listener whose child it will be
 * @af: the address family's operations
 * @mtu: of the path, bytes
 *
 * Return: bytes of data.
 */
u16 clasp_mtu_max_mss(const struct clasp_sock *csk,
		      const struct clasp_af_ops *af, u32 mtu)
{
	return min_t(u32, clasp_mtu_to_mss(af, mtu), clasp_mtu_maxseg(csk));
}

/**
 * clasp_mtu_peer_mss() - the most data to be sent in a segment
 * @csk: the socket, or the listener whose child it will be
 * @af: the address family's operations
 * @option: the peer's MSS option, 0 for none
 *
 * Source: RFC 9293, section 3.7.1.
 *
 * Return: bytes of data, without regard to the path.
 */
u32 clasp_mtu_peer_mss(const struct clasp_sock *csk,
		       const struct clasp_af_ops *af, u16 option)
{
	return min_t(u32, option ?: af->default_mss, clasp_mtu_maxseg(csk));
}

/**
 * clasp_mtu_init() - at the start of a connection
 * @csk: the socket, locked
 */
void clasp_mtu_init(struct clasp_sock *csk)
{
	memset(&csk->mtu, 0, sizeof(csk->mtu));
	csk->mtu.limit = CLASP_MSS_MAX;
	csk->mtu.path = CLASP_MSS_DEFAULT;
	csk->snd_mss = CLASP_MSS_DEFAULT;
}

static void clasp_mtu_set_limit(struct clasp_sock *csk, u32 limit)
{
	csk->mtu.limit = limit;
	csk->snd_mss = min(csk->mtu.path, limit);
}

/**
 * clasp_mtu_sync() - fit the segment size to the route and the peer
 * @sk: the socket, locked, both ends known
 *
 * Without a route, it stays as it is.
 */
void clasp_mtu_sync(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u32 mtu = csk->af->mtu(sk);

	if (!mtu)
		return;
	csk->mtu.path = min_t(u32, clasp_mtu_to_mss(csk->af, mtu),
			      csk->peer_mss);
	clasp_mtu_set_limit(csk, csk->mtu.limit);
}

/**
 * clasp_mtu_reduced() - ICMP: the path takes only smaller packets now
 * @sk: the socket, locked, its route up to date
 *
 * What was sent in larger segments is lost, and goes again in smaller ones. It
 * says nothing of congestion.
 *
 * Source: RFC 1191, section 6.4.
 */
void clasp_mtu_reduced(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb;

	clasp_mtu_sync(sk);
	skb_rbtree_walk(skb, &csk->rtxq.tree)
		if (min_t(u32, skb->len, CLASP_CB(skb)->mss) > csk->snd_mss &&
		    !(CLASP_CB(skb)->state & CLASP_SKB_SACKED))
			clasp_rtxq_mark_lost(csk, skb);
	clasp_output_push(sk);
}

/* The next smaller segment size that may get through a black hole. */
static u32 clasp_mtu_smaller(const struct sock *sk)
{
	const struct clasp_sysctl *sysctl = clasp_sysctl(sk);
	u32 base = READ_ONCE(sysctl->base_mss_bytes);
	u32 least = READ_ONCE(sysctl->min_mss_bytes);
	u32 now = clasp_sk(sk)->snd_mss;

	return max(now > base ? base : now / 2, least);
}

/**
 * clasp_mtu_doubt() - segments have been lost again and again
 * @sk: the socket, locked
 *
 * If they were large, the path may have become too narrow for them without a
 * router's saying so.
 *
 * Source: RFC 4821, section 7.7; RFC 8899, section 4.3.
 */
void clasp_mtu_doubt(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	const struct sk_buff *head = clasp_rtxq_first(csk);
	u32 smaller = clasp_mtu_smaller(sk);

	if (!READ_ONCE(clasp_sysctl(sk)->mtu_probing) || !head ||
	    head->len <= READ_ONCE(clasp_sysctl(sk)->min_mss_bytes) ||
	    smaller >= csk->snd_mss)
		return;
	clasp_count_sk(sk, CLASP_MIB_MtuReductions);
	csk->mtu.high = csk->mtu.path;
	csk->mtu.retry_at = 0;
	clasp_mtu_set_limit(csk, smaller);
}

/*
 * The size of a probe that is due now, or 0. First all that the route takes, as
 * it may have been an outage and no black hole; then the middle of what is left.
 */
static u32 clasp_mtu_probe_len(const struct clasp_sock *csk)
{
	const struct clasp_mtu *mtu = &csk->mtu;
	u32 high = min(mtu->high, mtu->path);

	if (csk->snd_mss == mtu->path || mtu->probe_len ||
	    high < csk->snd_mss + CLASP_MTU_STEP ||
	    csk->recovery.phase != CLASP_OPEN || csk->rtxq.lost ||
	    clasp_clock() < mtu->retry_at)
		return 0;
	return high == mtu->path ? high : (csk->snd_mss + high) / 2;
}

/**
 * clasp_mtu_build_len() - how much data an skb of the send queue may have
 * @csk: the socket, locked
 *
 * As many segments as one packet may have; of a small window half, so that one
 * can be sent while the other is read.
 *
 * Return: bytes; more than these segments if there should be a probe.
 */
u32 clasp_mtu_build_len(const struct clasp_sock *csk)
{
	u32 half = rounddown(csk->max_window / 2, csk->snd_mss);
	u32 most = min(clasp_offload_largest(&csk->inet.sk, csk->snd_mss), half);

	return max3(clasp_mtu_probe_len(csk), csk->snd_mss, most);
}

/**
 * clasp_mtu_is_probe() - is this skb to be sent as one segment, too large or not?
 * @csk: the socket, locked
 * @skb: in the send queue
 *
 * Return: true if it is a probe.
 */
bool clasp_mtu_is_probe(const struct clasp_sock *csk, const struct sk_buff *skb)
{
	return skb->len && skb->len == clasp_mtu_probe_len(csk);
}

/**
 * clasp_mtu_segment_len() - how much of an skb makes a segment
 * @csk: the socket, locked
 * @skb: in the send queue, not sent yet
 * @room: what the windows allow, bytes
 *
 * Return: bytes of data; more than @snd_mss if it is a probe.
 */
u32 clasp_mtu_segment_len(const struct clasp_sock *csk,
			  const struct sk_buff *skb, u32 room)
{
	u32 probe = clasp_mtu_probe_len(csk);

	if (probe && skb->len >= probe && room >= probe)
		return probe;
	return min_t(u32, skb->len, csk->snd_mss);
}

/**
 * clasp_mtu_sent() - a segment was sent for the first time
 * @csk: the socket, locked
 * @skb: the segment, in the send queue
 */
void clasp_mtu_sent(struct clasp_sock *csk, const struct sk_buff *skb)
{
	if (!clasp_mtu_is_probe(csk, skb))
		return;
	csk->mtu.probe_len = skb->len;
	csk->mtu.probe_end = CLASP_CB(skb)->end_seq;
}

/* The search rests when it has found what gets through. */
static void clasp_mtu_rest(const struct sock *sk, struct clasp_mtu *mtu)
{
	if (mtu->high >= mtu->limit + CLASP_MTU_STEP)
		return;
	mtu->high = mtu->path;
	mtu->retry_at = clasp_clock() + NSEC_PER_MSEC *
			READ_ONCE(clasp_sysctl(sk)->mtu_probe_interval_ms);
}

/**
 * clasp_mtu_acked() - the peer acknowledged something new
 * @sk: the socket, locked, snd_una advanced
 */
void clasp_mtu_acked(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_mtu *mtu = &csk->mtu;
	u32 len = mtu->probe_len;

	if (!len || clasp_before(csk->snd_una, mtu->probe_end))
		return;
	mtu->probe_len = 0;
	clasp_mtu_set_limit(csk, len < mtu->path ? len : CLASP_MSS_MAX);
	clasp_mtu_rest(sk, mtu);
}

/**
 * clasp_mtu_resent() - a segment is about to be sent again
 * @sk: the socket, locked
 * @skb: the segment, in the send queue
 *
 * Return: true if it was a probe: then the probe has failed.
 */
bool clasp_mtu_resent(struct sock *sk, const struct sk_buff *skb)
{
	struct clasp_mtu *mtu = &clasp_sk(sk)->mtu;

	if (!mtu->probe_len || CLASP_CB(skb)->end_seq != mtu->probe_end)
		return false;
	mtu->high = mtu->probe_len - 1;
	mtu->probe_len = 0;
	clasp_mtu_rest(sk, mtu);
	return true;
}
