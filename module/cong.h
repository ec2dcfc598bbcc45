/* SPDX-License-Identifier: GPL-2.0 */
/* Congestion control: how much may be on its way (RFC 5681). */
#ifndef _CLASP_CONG_H
#define _CLASP_CONG_H

#include "clasp.h"

void clasp_cong_init(struct clasp_cong *cong, u32 mss);
void clasp_cong_acked(struct clasp_cong *cong, u32 bytes, u32 mss);
void clasp_cong_loss(struct clasp_cong *cong, u32 in_flight, u32 mss);
void clasp_cong_timeout(struct clasp_cong *cong, u32 mss);
void clasp_cong_idle(struct clasp_cong *cong, u32 mss);

#endif /* _CLASP_CONG_H */
