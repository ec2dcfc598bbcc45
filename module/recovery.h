/* SPDX-License-Identifier: GPL-2.0 */
/* Loss recovery: what is done about losses, and about marks instead of them. */
#ifndef _CLASP_RECOVERY_H
#define _CLASP_RECOVERY_H

#include "clasp.h"
#include "rtxq.h"

void clasp_recovery_init(struct clasp_sock *csk);
void clasp_recovery_acked(struct sock *sk,
			  const struct clasp_delivery *delivery);
void clasp_recovery_overdue(struct sock *sk);
void clasp_recovery_timeout(struct sock *sk);
void clasp_recovery_sent(struct clasp_sock *csk, u32 bytes, bool again);

#endif /* _CLASP_RECOVERY_H */
