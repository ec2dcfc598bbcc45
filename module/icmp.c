// SPDX-License-Identifier: GPL-2.0
/*
 * What routers and hosts say by ICMP about a segment of ours, once the address
 * family has read it. Anybody can send such a message: it counts only with a
 * sequence number that is on its way (RFC 5927, section 4.1), and from no
 * further away than segments may come (RFC 5082, section 3).
 */
#include "actions.h"
#include "icmp.h"
#include "request.h"

/*
 * snd_nxt counts too: it is the number of an ACK, and of a segment whose answer
 * is faster than we are.
 */
static bool clasp_icmp_in_flight(const struct clasp_sock *csk, u64 seq)
{
	return clasp_between(csk->snd_una, seq, csk->snd_nxt);
}

static void clasp_icmp_mtu(struct sock *sk, u32 mtu)
{
	struct clasp_sock *csk = clasp_sk(sk);

	clasp_count_sk(sk, CLASP_MIB_IcmpMtu);
	csk->mtu_reduced = mtu;
	if (sock_owned_by_user(sk))
		set_bit(CLASP_DEFERRED_MTU, &csk->deferred);
	else
		csk->af->mtu_reduced(sk);
}

/* If the user holds the socket, the next packet provokes it again. */
static void clasp_icmp_redirect(struct sock *sk, struct sk_buff *skb)
{
	if (!sock_owned_by_user(sk))
		clasp_sk(sk)->af->redirect(sk, skb);
}

/* Of several that came while the user held the socket, the hard one counts. */
static void clasp_icmp_keep(struct clasp_sock *csk,
			    const struct clasp_icmp *icmp)
{
	if (test_and_set_bit(CLASP_DEFERRED_ICMP, &csk->deferred) &&
	    csk->icmp_event == CLASP_EV_UNREACHABLE)
		return;
	csk->icmp_event = icmp->event;
	csk->icmp_error = icmp->err;
}

static void clasp_icmp_error(struct sock *sk, const struct clasp_icmp *icmp,
			     struct sk_buff *skb)
{
	struct clasp_sock *csk = clasp_sk(sk);

	clasp_count_sk(sk, icmp->event == CLASP_EV_UNREACHABLE ?
		       CLASP_MIB_IcmpHard : CLASP_MIB_IcmpSoft);
	/* As TCP: only who is still connecting gets the message itself. */
	if (clasp_in_state(sk, 1u << CLASP_SYN_SENT | 1u << CLASP_SYN_RECEIVED))
		csk->af->queue_error(sk, skb, icmp);
	clasp_icmp_keep(csk, icmp);
	if (!sock_owned_by_user(sk))
		clasp_icmp_run(sk);
}

/**
 * clasp_icmp_run() - let the message that was kept have its effect
 * @sk: the socket, locked; the caller holds a reference
 */
void clasp_icmp_run(struct sock *sk)
{
	if (test_and_clear_bit(CLASP_DEFERRED_ICMP, &clasp_sk(sk)->deferred))
		clasp_step(sk, clasp_sk(sk)->icmp_event, NULL);
}

static void clasp_icmp_socket(struct sock *sk, const struct clasp_icmp *icmp,
			      struct sk_buff *skb)
{
	bh_lock_sock(sk);
	if (!clasp_sk(sk)->af->near_enough(sk, skb) ||
	    !clasp_icmp_in_flight(clasp_sk(sk), icmp->seq))
		clasp_count_sk(sk, CLASP_MIB_IcmpOutside);
	else if (icmp->redirect)
		clasp_icmp_redirect(sk, skb);
	else if (icmp->mtu)
		clasp_icmp_mtu(sk, icmp->mtu);
	else
		clasp_icmp_error(sk, icmp, skb);
	bh_unlock_sock(sk);
}

/*
 * A SYN-ACK fits into every MTU, and for what is only troubled it is sent
 * again. Of a request nobody knows any number but our SYN's.
 */
static void clasp_icmp_request(struct clasp_request *req,
			       const struct clasp_icmp *icmp,
			       const struct sk_buff *skb)
{
	struct net *net = sock_net(req->listener);

	if (!req->path.af->near_enough(req->listener, skb) ||
	    icmp->seq != req->iss) {
		clasp_count(net, CLASP_MIB_IcmpOutside);
		return;
	}
	if (icmp->mtu || icmp->redirect)
		return;
	clasp_count(net, icmp->event == CLASP_EV_UNREACHABLE ?
		    CLASP_MIB_IcmpHard : CLASP_MIB_IcmpSoft);
	clasp_request_icmp(req, icmp->event);
}

/**
 * clasp_icmp_quote() - read the segment that a message returned
 * @icmp: the message; its ports and its number are filled in
 * @skb: the message, skb->data at the IP header that was returned
 * @offset: of our header behind that; CLASP_ICMP_NEEDED bytes of it are there
 */
void clasp_icmp_quote(struct clasp_icmp *icmp, const struct sk_buff *skb,
		      u32 offset)
{
	const struct clasphdr *hdr = (const void *)(skb->data + offset);

	icmp->offset = offset;
	icmp->flow.lport = hdr->source;
	icmp->flow.rport = hdr->dest;
	icmp->seq = be64_to_cpu(hdr->seq);
}

/**
 * clasp_icmp_input() - take an ICMP message in
 * @net: namespace
 * @icmp: what it says
 * @skb: the message, its IP header where skb_network_header() is; stays the
 *	caller's
 *
 * In softirq, or with BHs disabled, not under the lock of any socket. Nothing
 * is said to TIME-WAIT: what it might have to hear, it would ignore.
 *
 * Source: RFC 9293, section 3.9.2.2; RFC 5927; RFC 5461.
 *
 * Return: 0, or -ENOENT if the message concerns no connection.
 */
int clasp_icmp_input(struct net *net, const struct clasp_icmp *icmp,
		     struct sk_buff *skb)
{
	struct clasp_entry *entry;

	entry = clasp_table_find(&clasp_net(net)->table, &icmp->flow);
	if (!entry) {
		clasp_count(net, CLASP_MIB_IcmpOutside);
		return -ENOENT;
	}
	if (entry->kind == CLASP_SOCKET)
		clasp_icmp_socket(&container_of(entry, struct clasp_sock,
						entry)->inet.sk, icmp, skb);
	else if (entry->kind == CLASP_REQUEST)
		clasp_icmp_request(clasp_request(entry), icmp, skb);
	clasp_entry_put(entry);
	return 0;
}
