// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification (RFC 3168).
 *
 * A router that would drop a segment marks it instead: of ECT(0), which its
 * sender has put into the IP header, it makes CE. Whoever receives that says ECE
 * until the sender, who has reduced its window, answers CWR.
 */
#include <net/inet_ecn.h>

#include "cong.h"
#include "ecn.h"
#include "rcvq.h"

/* What a SYN has that offers ECN; a SYN-ACK that agrees has ECE only. */
#define CLASP_ECN_SETUP	(CLASP_ECE | CLASP_CWR)

/**
 * clasp_ecn_init() - before a connection
 * @sk: the socket, locked or new
 */
void clasp_ecn_init(struct sock *sk)
{
	memset(&clasp_sk(sk)->ecn, 0, sizeof(clasp_sk(sk)->ecn));
	INET_ECN_dontxmit(sk);
}

/*
 * Does a SYN offer ECN, or a SYN-ACK agree? Whoever sends back whatever flags it
 * gets does not.
 */
static bool clasp_ecn_setup(u8 flags)
{
	u8 wanted = flags & CLASP_ACK ? CLASP_ECE : CLASP_ECN_SETUP;

	return (flags & CLASP_ECN_SETUP) == wanted;
}

static bool clasp_ecn_marked(const struct sk_buff *skb, u8 codepoint)
{
	return (clasp_af_of(skb)->dsfield(skb) & INET_ECN_MASK) == codepoint;
}

/**
 * clasp_ecn_offered() - does a SYN want ECN, and its listener, too?
 * @listener: the listener
 * @skb: the SYN
 *
 * A SYN must not be marked: one that is has met somebody who does not know what
 * these bits mean.
 *
 * Source: RFC 3168, section 6.1.1.
 *
 * Return: true if the SYN-ACK should agree.
 */
bool clasp_ecn_offered(const struct sock *listener, const struct sk_buff *skb)
{
	return READ_ONCE(clasp_sysctl(listener)->ecn) &&
	       clasp_ecn_setup(CLASP_CB(skb)->flags) &&
	       clasp_ecn_marked(skb, INET_ECN_NOT_ECT);
}

/**
 * clasp_ecn_take_syn() - in SYN-SENT, the peer's SYN or SYN-ACK has come
 * @sk: the socket, locked
 * @skb: the SYN or SYN-ACK
 *
 * It may agree to our first SYN when the second is on its way, which does not
 * offer: then marks are echoed, but nothing is ECT.
 *
 * Source: RFC 3168, section 6.1.1.
 */
void clasp_ecn_take_syn(struct sock *sk, const struct sk_buff *skb)
{
	struct clasp_ecn *ecn = &clasp_sk(sk)->ecn;

	ecn->until = clasp_sk(sk)->iss;
	ecn->agreed = ecn->offered && clasp_ecn_setup(CLASP_CB(skb)->flags);
}

/*
 * Section 6.1.1.1: a SYN that was lost may have been dropped for what it offers,
 * so the next ones don't.
 */
static u8 clasp_ecn_mark_syn(struct sock *sk, bool first)
{
	struct clasp_ecn *ecn = &clasp_sk(sk)->ecn;

	if (sk->sk_state != CLASP_SYN_SENT)
		return ecn->agreed && !ecn->declined ? CLASP_ECE : 0;
	if (!first || READ_ONCE(clasp_sysctl(sk)->ecn) != CLASP_ECN_ALWAYS) {
		ecn->declined = true;
		return 0;
	}
	ecn->offered = true;
	return CLASP_ECN_SETUP;
}

/**
 * clasp_ecn_mark() - a segment is to be sent
 * @sk: the socket, locked
 * @flags: its control bits
 * @seq: its number
 * @len: bytes of data in it
 *
 * Only new data is ECT: what is lost of the rest would not be noticed as a sign
 * of congestion, or is sent again, or nobody could be told to send less of it.
 * CWR goes with new data, too, as it is not repeated.
 *
 * Source: RFC 3168, sections 6.1.2 to 6.1.6.
 *
 * Return: what more control bits it has.
 */
u8 clasp_ecn_mark(struct sock *sk, u8 flags, u64 seq, u32 len)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_ecn *ecn = &csk->ecn;
	bool fresh = seq == csk->snd_nxt;
	u8 more = ecn->echo ? CLASP_ECE : 0;

	if (flags & CLASP_SYN)
		return clasp_ecn_mark_syn(sk, fresh);
	if (!ecn->agreed)
		return 0;
	INET_ECN_dontxmit(sk);
	if (flags & CLASP_RST)
		return 0;
	if (!len || !fresh)
		return more;
	if (!ecn->declined)
		INET_ECN_xmit(sk);
	if (ecn->reduced)
		more |= CLASP_CWR;
	ecn->reduced = false;
	return more;
}

/* The peer's SYN again: the first one was taken by clasp_ecn_take_syn(). */
static void clasp_ecn_heard_syn(struct clasp_sock *csk,
				const struct clasp_cb *cb)
{
	if (csk->inet.sk.sk_state != CLASP_SYN_SENT && cb->seq == csk->irs &&
	    !clasp_ecn_setup(cb->flags))
		csk->ecn.declined = true;
}

/**
 * clasp_ecn_heard() - a segment has come
 * @csk: the socket, locked
 * @skb: the segment; what it is made of matters if it has data that is new
 *
 * Source: RFC 3168, section 6.1.3: CWR ends the echo, and CE begins it anew;
 * section 6.1.1: a SYN or SYN-ACK that does not offer or agree ends ECT.
 */
void clasp_ecn_heard(struct clasp_sock *csk, const struct sk_buff *skb)
{
	const struct clasp_cb *cb = CLASP_CB(skb);
	u64 right = csk->rcv_nxt + clasp_rcvq_remaining(csk);

	if (cb->flags & CLASP_SYN)
		clasp_ecn_heard_syn(csk, cb);
	if (!csk->ecn.agreed || !clasp_segment_text_len(skb) ||
	    !clasp_before(cb->seq, right) ||
	    !clasp_after(cb->end_seq, csk->rcv_nxt))
		return;
	if (cb->flags & CLASP_CWR)
		csk->ecn.echo = false;
	if (!clasp_ecn_marked(skb, INET_ECN_CE))
		return;
	/* The sooner it is known the better, but it is to be told once. */
	if (!csk->ecn.echo)
		clasp_rcvq_ack_due(csk, CLASP_ACK_NOW);
	csk->ecn.echo = true;
}

/**
 * clasp_ecn_reduced() - the window was reduced, for whatever reason
 * @csk: the socket, locked
 *
 * Source: RFC 3168, section 6.1.2: the peer is told, in any case.
 */
void clasp_ecn_reduced(struct clasp_sock *csk)
{
	csk->ecn.until = csk->snd_nxt;
	csk->ecn.reduced = csk->ecn.agreed;
}

/**
 * clasp_ecn_undone() - the reduction was taken back
 * @csk: the socket, locked
 *
 * There was no congestion yet: what there is of it counts.
 */
void clasp_ecn_undone(struct clasp_sock *csk)
{
	csk->ecn.until = csk->snd_una;
	csk->ecn.reduced = false;
}

/**
 * clasp_ecn_reacted() - was the window reduced for what is in flight?
 * @csk: the socket, locked
 *
 * Source: RFC 3168, section 6.1.2: once for a window, be the congestion known by
 * an echo, or a loss, or both.
 *
 * Return: true if so.
 */
bool clasp_ecn_reacted(const struct clasp_sock *csk)
{
	return csk->ecn.agreed && clasp_before(csk->snd_una, csk->ecn.until);
}

/**
 * clasp_ecn_echoed() - does an ACK tell of congestion?
 * @csk: the socket, locked; snd_una not yet advanced
 * @cb: the ACK
 *
 * The peer cannot know that the window was reduced before it has the first of
 * what was sent since, so its echo is new again only from there on.
 *
 * Source: RFC 3168, section 6.1.2.
 *
 * Return: if it does, and whether of any that is new.
 */
enum clasp_echo clasp_ecn_echoed(const struct clasp_sock *csk,
				 const struct clasp_cb *cb)
{
	if (!csk->ecn.agreed || !(cb->flags & CLASP_ECE) ||
	    cb->flags & CLASP_SYN)
		return CLASP_ECHO_NONE;
	return clasp_after(cb->ack_seq, csk->ecn.until) ? CLASP_ECHO_NEW :
							  CLASP_ECHO_KNOWN;
}
