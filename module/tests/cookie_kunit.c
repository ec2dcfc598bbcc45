// SPDX-License-Identifier: GPL-2.0
/* SYN cookies: what they remember, what they refuse, and for how long. */
#include <linux/prandom.h>
#include <net/ipv6.h>

#include "wire.h"

#define PERIOD	((u64)CLASP_COOKIE_PERIOD_S * NSEC_PER_SEC)
#define IRS	0x123456789abcdef0ull

static struct clasp_cookies *cookies(void)
{
	return &clasp_net(&init_net)->cookies;
}

static void make_flow(struct clasp_flow *flow)
{
	flow->scope = 0;
	ipv6_addr_set_v4mapped(htonl(0xc0000201), &flow->laddr);
	ipv6_addr_set_v4mapped(htonl(0xc0000202), &flow->raddr);
	flow->lport = htons(80);
	flow->rport = htons(40000);
}

/* At the start of a period. */
static void align(struct wire *wire)
{
	wire->now = (div64_u64(wire->now, PERIOD) + 1) * PERIOD;
}

/* Every MSS comes back as it was: nothing is rounded to a table of eight. */
static void cookie_mss(struct kunit *test)
{
	struct clasp_flow flow;
	u32 mss;
	u64 cookie;

	make_flow(&flow);
	for (mss = CLASP_MSS_MIN; mss <= U16_MAX; mss++) {
		cookie = clasp_cookie_make(cookies(), &flow, IRS, mss);
		if (clasp_cookie_open(cookies(), &flow, IRS, cookie) != mss)
			KUNIT_FAIL(test, "MSS %u was forgotten", mss);
	}
}

/* It is for one pair of ends and one SYN, to the last bit. */
static void cookie_other_connection(struct kunit *test)
{
	struct clasp_flow flow, other;
	u64 cookie;
	int bit;

	make_flow(&flow);
	cookie = clasp_cookie_make(cookies(), &flow, IRS, 1448);
	for (bit = 0; bit < 8 * sizeof(flow); bit++) {
		other = flow;
		((u8 *)&other)[bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_EQ(test, 0, clasp_cookie_open(cookies(), &other,
							   IRS, cookie));
	}
	for (bit = 0; bit < 64; bit++)
		KUNIT_EXPECT_EQ(test, 0,
				clasp_cookie_open(cookies(), &flow,
						  IRS ^ 1ull << bit, cookie));
}

/* No bit of it can be changed: the MSS and the period are under the MAC too. */
static void cookie_forged(struct kunit *test)
{
	struct rnd_state rnd;
	struct clasp_flow flow;
	u64 cookie, guess;
	int i;

	make_flow(&flow);
	cookie = clasp_cookie_make(cookies(), &flow, IRS, 1448);
	for (i = 0; i < 64; i++)
		KUNIT_EXPECT_EQ(test, 0, clasp_cookie_open(cookies(), &flow, IRS,
							   cookie ^ 1ull << i));
	prandom_seed_state(&rnd, 47);
	for (i = 0; i < 100000; i++) {
		guess = (u64)prandom_u32_state(&rnd) << 32 |
			prandom_u32_state(&rnd);
		if (clasp_cookie_open(cookies(), &flow, IRS, guess))
			KUNIT_FAIL(test, "a guess was right");
	}
}

/* Good for at least one period and at most two. */
static void cookie_expiry(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_flow flow;
	u64 early, late;

	make_flow(&flow);
	align(wire);
	early = clasp_cookie_make(cookies(), &flow, IRS, 1000);
	wire->now += PERIOD - 1;
	late = clasp_cookie_make(cookies(), &flow, IRS, 1000);
	KUNIT_EXPECT_EQ(test, early, late);
	wire->now += PERIOD;
	KUNIT_EXPECT_EQ(test, 1000, clasp_cookie_open(cookies(), &flow, IRS,
						      early));
	wire->now += 1;
	KUNIT_EXPECT_EQ(test, 0, clasp_cookie_open(cookies(), &flow, IRS,
						   early));
}

/* The key is another one in each period, and so are the cookies. */
static void cookie_rotation(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_flow flow;
	u64 last, cookie;
	int i;

	make_flow(&flow);
	align(wire);
	last = clasp_cookie_make(cookies(), &flow, IRS, 1000);
	for (i = 0; i < 8; i++) {
		wire->now += PERIOD;
		cookie = clasp_cookie_make(cookies(), &flow, IRS, 1000);
		/* Not the MAC either, to any extent worth speaking of. */
		KUNIT_EXPECT_GT(test, hweight64((cookie ^ last) >> 17), 8);
		KUNIT_EXPECT_EQ(test, 1000, clasp_cookie_open(cookies(), &flow,
							      IRS, last));
		last = cookie;
	}
}

/* After a pause, of any length, no old key is left. */
static void cookie_pause(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_flow flow;
	u64 old, older;
	int periods;

	make_flow(&flow);
	for (periods = 2; periods < 6; periods++) {
		align(wire);
		older = clasp_cookie_make(cookies(), &flow, IRS, 1000);
		wire->now += PERIOD;
		old = clasp_cookie_make(cookies(), &flow, IRS, 1000);
		wire->now += periods * PERIOD;
		KUNIT_EXPECT_EQ(test, 0, clasp_cookie_open(cookies(), &flow,
							   IRS, older));
		KUNIT_EXPECT_EQ(test, 0, clasp_cookie_open(cookies(), &flow,
							   IRS, old));
	}
}

static struct kunit_case cookie_cases[] = {
	KUNIT_CASE(cookie_mss),
	KUNIT_CASE(cookie_other_connection),
	KUNIT_CASE(cookie_forged),
	KUNIT_CASE(cookie_expiry),
	KUNIT_CASE(cookie_rotation),
	KUNIT_CASE(cookie_pause),
	{}
};

static struct kunit_suite cookie_suite = {
	.name = "clasp_cookie",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = cookie_cases,
};

kunit_test_suite(cookie_suite);
