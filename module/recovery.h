/* SPDX-License-Identifier: GPL-2.0 */
/* Loss recovery: what is believed to be lost, and until when. */
#ifndef _CLASP_RECOVERY_H
#define _CLASP_RECOVERY_H

#include "clasp.h"

void clasp_recovery_init(struct clasp_sock *csk);
void clasp_recovery_duplicate_ack(struct sock *sk);
void clasp_recovery_new_ack(struct sock *sk, u64 acked, u64 rtt);
void clasp_recovery_timeout(struct sock *sk);

#endif /* _CLASP_RECOVERY_H */
