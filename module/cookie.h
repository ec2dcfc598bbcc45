/* SPDX-License-Identifier: GPL-2.0 */
/* SYN cookies: a request that is kept in the peer's acknowledgment number. */
#ifndef _CLASP_COOKIE_H
#define _CLASP_COOKIE_H

#include <linux/seqlock.h>
#include <linux/siphash.h>

#include "table.h"

/* Keys change this often: a cookie is good for one to two times as long. */
#define CLASP_COOKIE_PERIOD_S	60

/**
 * struct clasp_cookie_keys - the secrets that make cookies good
 * @epoch: number of the period that is now
 * @key: of this period and the one before, each at its number's lowest bit
 */
struct clasp_cookie_keys {
	u64 epoch;
	siphash_key_t key[2];
};

/**
 * struct clasp_cookies - the cookies of a namespace
 * @lock: protects @keys
 * @keys: rotated when the first cookie of a period is made or checked
 */
struct clasp_cookies {
	seqlock_t lock;		/* see above */
	struct clasp_cookie_keys keys;
};

void clasp_cookies_init(struct clasp_cookies *cookies);
u64 clasp_cookie_make(struct clasp_cookies *cookies,
		      const struct clasp_flow *flow, u64 irs, u16 mss);
u16 clasp_cookie_open(struct clasp_cookies *cookies,
		      const struct clasp_flow *flow, u64 irs, u64 cookie);

#endif /* _CLASP_COOKIE_H */
