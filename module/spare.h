/* SPDX-License-Identifier: GPL-2.0 */
/* Pages that a socket's data was copied into, to be used again. */
#ifndef _CLASP_SPARE_H
#define _CLASP_SPARE_H

#include <linux/time64.h>
#include <linux/types.h>

/* If none is wanted for so long, all are given back, ns. */
#define CLASP_SPARE_IDLE	NSEC_PER_SEC

struct page_frag;
struct sock;

bool clasp_spare_refill(struct sock *sk, struct page_frag *pfrag);
void clasp_spare_drop(struct sock *sk);

#endif /* _CLASP_SPARE_H */
