/* SPDX-License-Identifier: GPL-2.0 */
/* Round-trip time and retransmission timeout (RFC 6298). */
#ifndef _CLASP_RTT_H
#define _CLASP_RTT_H

#include "clasp.h"

void clasp_rtt_init(struct clasp_rtt *rtt);
void clasp_rtt_sample(struct clasp_rtt *rtt, u64 sample,
		      const struct clasp_sysctl *sysctl);
void clasp_rtt_open(struct clasp_rtt *rtt);
u64 clasp_rtt_timeout(const struct clasp_rtt *rtt,
		      const struct clasp_sysctl *sysctl);

#endif /* _CLASP_RTT_H */
