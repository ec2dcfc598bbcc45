/* SPDX-License-Identifier: GPL-2.0 */
/* How large a socket's buffers are. */
#ifndef _CLASP_BUFFER_H
#define _CLASP_BUFFER_H

#include "clasp.h"

void clasp_buffer_init(struct sock *sk);
void clasp_buffer_reset(struct clasp_sock *csk);
void clasp_buffer_received(struct sock *sk);
void clasp_buffer_read(struct sock *sk);
void clasp_buffer_grow_send(struct sock *sk);

#endif /* _CLASP_BUFFER_H */
