/* SPDX-License-Identifier: GPL-2.0 */
/* What the order of delivery tells of losses: RACK-TLP (RFC 8985). */
#ifndef _CLASP_RACK_H
#define _CLASP_RACK_H

#include "clasp.h"
#include "rtxq.h"

void clasp_rack_init(struct clasp_sock *csk);
void clasp_rack_delivered(struct clasp_sock *csk,
			  const struct clasp_delivery *delivery);
void clasp_rack_widen(struct clasp_sock *csk);
void clasp_rack_recovered(struct clasp_rack *rack);
u64 clasp_rack_window(const struct clasp_sock *csk);
bool clasp_rack_detect(struct sock *sk, u64 now);
void clasp_rack_timeout(struct clasp_sock *csk);
bool clasp_rack_probe_due(const struct sock *sk);
u64 clasp_rack_probe_delay(const struct sock *sk);
bool clasp_rack_probe_repaired(struct clasp_sock *csk,
			       const struct clasp_delivery *delivery);

#endif /* _CLASP_RACK_H */
