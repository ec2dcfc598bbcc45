/* SPDX-License-Identifier: GPL-2.0 */
/* SYN-RECEIVED of a passive open: a small object instead of a socket. */
#ifndef _CLASP_REQUEST_H
#define _CLASP_REQUEST_H

#include "clasp.h"

/**
 * struct clasp_request - a connection in SYN-RECEIVED that a listener opens
 * @entry: in the connection table
 * @node: in clasp_sock::requests of @listener
 * @alarm: rings when the SYN-ACK has to be sent again
 * @listener: who opens it; a reference, until the memory goes
 * @path: where to send the SYN-ACK
 * @iss: our initial sequence number
 * @irs: the peer's
 * @due: when @alarm is to ring, ns
 * @challenged_at: when a segment that fitted nothing was last answered, ns
 * @rcv_wnd: window offered, bytes
 * @snd_wnd: window the peer offered, bytes
 * @peer_mss: what the peer's MSS option allows, bytes
 * @retries: time-outs so far, of as many retransmissions of the SYN-ACK but for
 *	those that @acked spares
 * @defer: before so many of them, an ACK without data opens nothing
 * @acked: such an ACK has come
 * @resent: the SYN-ACK was sent again before any ACK came
 * @ecn: all SYNs offered it, and the SYN-ACK agrees
 * @unreachable: ICMP said so while the user held the listener
 * @refs: one for the table and the list, one while the alarm is pending, one
 *	for each lookup
 * @rcu: lookups may still see it for a grace period
 *
 * Everything but @refs is protected by the lock of @listener. It leaves table
 * and list together: when it becomes a socket, is refused, given up, or its
 * listener closes.
 */
struct clasp_request {
	struct clasp_entry entry;
	struct list_head node;
	struct clasp_alarm alarm;
	struct sock *listener;
	struct clasp_path path;
	u64 iss;
	u64 irs;
	u64 due;
	u64 challenged_at;
	u32 rcv_wnd;
	u32 snd_wnd;
	u32 peer_mss;
	u8 retries;
	u8 defer;
	bool acked;
	bool resent;
	bool ecn;
	bool unreachable;
	refcount_t refs;
	struct rcu_head rcu;
};

/**
 * clasp_request() - the request that a table entry is
 * @entry: of kind CLASP_REQUEST
 *
 * Return: the request.
 */
static inline struct clasp_request *clasp_request(struct clasp_entry *entry)
{
	return container_of(entry, struct clasp_request, entry);
}

void clasp_request_create(struct sock *listener, const struct sk_buff *skb);
void clasp_request_recall(struct sock *listener, struct sk_buff **pskb,
			  u16 mss);
void clasp_request_input(struct clasp_request *req, struct sk_buff **pskb);
void clasp_request_icmp(struct clasp_request *req, enum clasp_event event);
void clasp_request_run_due(struct sock *listener);
void clasp_request_abort_all(struct sock *listener);
void clasp_request_put(struct clasp_request *req);
u64 clasp_request_rtt(const struct clasp_request *req);
int clasp_request_module_init(void);
void clasp_request_module_exit(void);

#endif /* _CLASP_REQUEST_H */
