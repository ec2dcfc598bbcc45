/* SPDX-License-Identifier: GPL-2.0 */
/* What a socket may send now, and sending it. */
#ifndef _CLASP_OUTPUT_H
#define _CLASP_OUTPUT_H

#include "clasp.h"

u32 clasp_output_in_flight(const struct clasp_sock *csk);
void clasp_output_push(struct sock *sk);
void clasp_output_go_on(struct sock *sk);
void clasp_output_push_full(struct sock *sk);
bool clasp_output_has_new(const struct sock *sk);
bool clasp_output_tail(struct sock *sk);
void clasp_output_head(struct sock *sk);
void clasp_output_ack(struct sock *sk);
void clasp_output_ack_if_due(struct sock *sk);
void clasp_output_challenge(struct sock *sk);
void clasp_output_ack_again(struct sock *sk);
void clasp_output_probe(struct sock *sk);
void clasp_output_reset(struct sock *sk);

#endif /* _CLASP_OUTPUT_H */
