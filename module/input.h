/* SPDX-License-Identifier: GPL-2.0 */
/* From IP to the connection: whose segment is it, and what does it do. */
#ifndef _CLASP_INPUT_H
#define _CLASP_INPUT_H

#include "clasp.h"

void clasp_input(struct clasp_net *home, struct sk_buff *skb);
void clasp_input_packet(struct sk_buff *skb, __wsum pseudo, int iif, int sdif);
void clasp_socket_input(struct sock *sk, struct sk_buff **pskb);
int clasp_backlog_rcv(struct sock *sk, struct sk_buff *skb);

#endif /* _CLASP_INPUT_H */
