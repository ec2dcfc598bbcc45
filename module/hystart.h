/* SPDX-License-Identifier: GPL-2.0 */
/* When to end the first slow start (HyStart++, RFC 9406). */
#ifndef _CLASP_HYSTART_H
#define _CLASP_HYSTART_H

#include "cong.h"

void clasp_hystart_init(struct clasp_hystart *hystart);
u32 clasp_hystart_acked(struct clasp_hystart *hystart,
			const struct clasp_cong_sample *sample, u32 growth);
bool clasp_hystart_over(const struct clasp_hystart *hystart);

#endif /* _CLASP_HYSTART_H */
