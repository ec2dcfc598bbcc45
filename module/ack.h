/* SPDX-License-Identifier: GPL-2.0 */
/* What an acknowledgment means to the sender. */
#ifndef _CLASP_ACK_H
#define _CLASP_ACK_H

#include "clasp.h"

void clasp_ack_take(struct sock *sk, const struct sk_buff *skb);

#endif /* _CLASP_ACK_H */
