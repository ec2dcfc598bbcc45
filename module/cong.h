/* SPDX-License-Identifier: GPL-2.0 */
/* Congestion control: how much may be on its way (RFC 5681). */
#ifndef _CLASP_CONG_H
#define _CLASP_CONG_H

#include "clasp.h"

/* The algorithm of a socket whose program asks for none. */
#define CLASP_CONG_DEFAULT	"reno"

/**
 * struct clasp_cong_algorithm - a way of congestion control
 * @name: as CLASP_CONGESTION names it
 */
struct clasp_cong_algorithm {
	const char *name;
};

const struct clasp_cong_algorithm *clasp_cong_find(const char *name);
void clasp_cong_init(struct clasp_cong *cong, u32 mss);
void clasp_cong_acked(struct clasp_cong *cong, u32 bytes, u32 mss);
void clasp_cong_loss(struct clasp_cong *cong, u32 in_flight, u32 mss);
void clasp_cong_timeout(struct clasp_cong *cong, u32 mss);
void clasp_cong_idle(struct clasp_cong *cong, u32 mss);

#endif /* _CLASP_CONG_H */
