// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies (RFC 4987, section 3.6): a request that is kept in the peer's
 * acknowledgment number.
 *
 * A listener that cannot or need not remember a SYN answers it with an initial
 * sequence number that says all that it would have to remember:
 *
 *	 63                                    17 16 15                0
 *	+----------------------------------------+--+-------------------+
 *	|                  MAC                   |p.|     peer's MSS    |
 *	+----------------------------------------+--+-------------------+
 *
 * The MAC is 47 bits of SipHash over both ends, the peer's initial number and
 * its MSS; p. is the lowest bit of the number of the period whose key it is
 * under. A cookie that comes back right is one that we sent to this peer at
 * most two periods ago.
 */
#include <linux/build_bug.h>
#include <linux/math64.h>
#include <linux/random.h>
#include <linux/time64.h>

#include "alarm.h"
#include "cookie.h"

/**
 * struct clasp_cookie_text - what the MAC is over
 * @flow: both ends
 * @mss: the peer's MSS option
 * @irs: the peer's initial sequence number
 *
 * No padding: it is hashed byte for byte.
 */
struct clasp_cookie_text {
	struct clasp_flow flow;
	u64 mss;
	u64 irs;
} __aligned(SIPHASH_ALIGNMENT);

static u64 clasp_cookie_epoch(void)
{
	return div_u64(div_u64(clasp_clock(), NSEC_PER_SEC),
		       CLASP_COOKIE_PERIOD_S);
}

static void clasp_cookie_rotate(struct clasp_cookie_keys *keys)
{
	u64 epoch = clasp_cookie_epoch();

	if (epoch == keys->epoch)
		return;
	/* Nobody made or checked one for longer than a period. */
	if (epoch != keys->epoch + 1)
		get_random_bytes(&keys->key[!(epoch & 1)],
				 sizeof(keys->key[0]));
	get_random_bytes(&keys->key[epoch & 1], sizeof(keys->key[0]));
	keys->epoch = epoch;
}

/* The keys of now, rotated if they were not. */
static void clasp_cookie_keys(struct clasp_cookies *cookies,
			      struct clasp_cookie_keys *keys)
{
	unsigned int seq;

	do {
		seq = read_seqbegin(&cookies->lock);
		*keys = cookies->keys;
	} while (read_seqretry(&cookies->lock, seq));
	if (keys->epoch == clasp_cookie_epoch())
		return;
	write_seqlock_bh(&cookies->lock);
	clasp_cookie_rotate(&cookies->keys);
	*keys = cookies->keys;
	write_sequnlock_bh(&cookies->lock);
}

static u64 clasp_cookie_under(const struct clasp_cookie_keys *keys, u64 parity,
			      const struct clasp_flow *flow, u64 irs, u16 mss)
{
	struct clasp_cookie_text text = {
		.flow = *flow,
		.mss = mss,
		.irs = irs,
	};

	BUILD_BUG_ON(sizeof(text) != sizeof(*flow) + 8 + 8);
	return siphash(&text, sizeof(text), &keys->key[parity]) << 17 |
	       parity << 16 | mss;
}

/**
 * clasp_cookies_init() - at the start of a namespace
 * @cookies: all zero
 */
void clasp_cookies_init(struct clasp_cookies *cookies)
{
	seqlock_init(&cookies->lock);
	get_random_bytes(cookies->keys.key, sizeof(cookies->keys.key));
}

/**
 * clasp_cookie_make() - the initial sequence number that remembers a SYN
 * @cookies: the namespace's
 * @flow: both ends
 * @irs: the SYN's number
 * @mss: its MSS option, or what stands for it
 *
 * Softirq, or process context with BHs disabled.
 *
 * Return: the number.
 */
u64 clasp_cookie_make(struct clasp_cookies *cookies,
		      const struct clasp_flow *flow, u64 irs, u16 mss)
{
	struct clasp_cookie_keys keys;

	clasp_cookie_keys(cookies, &keys);
	return clasp_cookie_under(&keys, keys.epoch & 1, flow, irs, mss);
}

/**
 * clasp_cookie_open() - what a cookie remembers
 * @cookies: the namespace's
 * @flow: both ends
 * @irs: what would be the peer's initial sequence number
 * @cookie: what would be ours
 *
 * Softirq, or process context with BHs disabled.
 *
 * Return: the peer's MSS, or 0: this is no cookie of ours, or no longer.
 */
u16 clasp_cookie_open(struct clasp_cookies *cookies,
		      const struct clasp_flow *flow, u64 irs, u64 cookie)
{
	struct clasp_cookie_keys keys;
	u16 mss = cookie;

	clasp_cookie_keys(cookies, &keys);
	if (clasp_cookie_under(&keys, cookie >> 16 & 1, flow, irs, mss) !=
	    cookie)
		return 0;
	return mss;
}
