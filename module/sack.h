/* SPDX-License-Identifier: GPL-2.0 */
/* Selective acknowledgments (RFC 2018, RFC 2883). */
#ifndef _CLASP_SACK_H
#define _CLASP_SACK_H

#include "clasp.h"
#include "rtxq.h"

void clasp_sack_received(struct clasp_sock *csk, u64 seq);
void clasp_sack_repeated(struct clasp_sock *csk, u64 start, u64 end);
void clasp_sack_duplicate(struct clasp_sock *csk, const struct clasp_cb *cb);
int clasp_sack_tell(struct clasp_sock *csk, struct clasp_block *blocks);
void clasp_sack_take(struct sock *sk, const struct sk_buff *skb,
		     struct clasp_delivery *delivery);

/**
 * clasp_sack_due() - is there anything to tell?
 * @csk: the socket, locked
 *
 * Return: true if the next ACK has a SACK option.
 */
static inline bool clasp_sack_due(const struct clasp_sock *csk)
{
	return !RB_EMPTY_ROOT(&csk->ofo) ||
	       csk->sack.duplicate.start != csk->sack.duplicate.end;
}

#endif /* _CLASP_SACK_H */
