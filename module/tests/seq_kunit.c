// SPDX-License-Identifier: GPL-2.0
/* Sequence number arithmetic modulo 2^64 (RFC 9293, section 3.4). */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../seq.h"

/* Numbers around which arithmetic goes wrong if it goes wrong anywhere. */
static const u64 origins[] = {
	0, 1, 100, U32_MAX - 1, U32_MAX, 1ull << 32, S64_MAX - 1, S64_MAX,
	1ull << 63, (1ull << 63) + 1, U64_MAX - U32_MAX, U64_MAX - 1, U64_MAX,
};

/* How far apart the numbers of one connection may be. */
static const u64 distances[] = {
	1, 2, 1460, S32_MAX, U32_MAX, 1ull << 32, 1ull << 33, S64_MAX,
};

static void seq_equal(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(origins); i++) {
		KUNIT_EXPECT_FALSE(test, clasp_before(origins[i], origins[i]));
		KUNIT_EXPECT_FALSE(test, clasp_after(origins[i], origins[i]));
		KUNIT_EXPECT_TRUE(test, clasp_between(origins[i], origins[i],
						      origins[i]));
	}
}

static void seq_order(struct kunit *test)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(origins); i++) {
		for (k = 0; k < ARRAY_SIZE(distances); k++) {
			u64 a = origins[i], b = a + distances[k];

			KUNIT_EXPECT_TRUE_MSG(test, clasp_before(a, b),
					      "%#llx %#llx", a, b);
			KUNIT_EXPECT_FALSE_MSG(test, clasp_before(b, a),
					       "%#llx %#llx", a, b);
			KUNIT_EXPECT_TRUE_MSG(test, clasp_after(b, a),
					      "%#llx %#llx", a, b);
			KUNIT_EXPECT_FALSE_MSG(test, clasp_after(a, b),
					       "%#llx %#llx", a, b);
		}
	}
}

/* Both ends of a range belong to it, their neighbours do not. */
static void seq_range(struct kunit *test)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(origins); i++) {
		for (k = 0; k < ARRAY_SIZE(distances); k++) {
			u64 a = origins[i], b = a + distances[k];
			u64 middle = a + distances[k] / 2;

			KUNIT_EXPECT_TRUE(test, clasp_between(a, a, b));
			KUNIT_EXPECT_TRUE(test, clasp_between(a, middle, b));
			KUNIT_EXPECT_TRUE(test, clasp_between(a, b, b));
			KUNIT_EXPECT_FALSE_MSG(test,
					       clasp_between(a, a - 1, b),
					       "%#llx %#llx", a, b);
			KUNIT_EXPECT_FALSE_MSG(test,
					       clasp_between(a, b + 1, b),
					       "%#llx %#llx", a, b);
		}
	}
}

/* The wrap of 2^32, TCP's, is nothing special here; that of 2^64 is one. */
static void seq_wrap(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, clasp_before(0, 1ull << 31));
	KUNIT_EXPECT_TRUE(test, clasp_before(0, (1ull << 31) + 1));
	KUNIT_EXPECT_TRUE(test, clasp_before(0, U32_MAX));
	KUNIT_EXPECT_TRUE(test, clasp_before(U64_MAX, 0));
	KUNIT_EXPECT_TRUE(test, clasp_after(5, U64_MAX - 5));
	KUNIT_EXPECT_TRUE(test, clasp_between(U64_MAX - 1, 0, 1));
	KUNIT_EXPECT_FALSE(test, clasp_between(U64_MAX - 1, 2, 1));
	KUNIT_EXPECT_FALSE(test, clasp_between(1, 0, U64_MAX - 1));
}

static struct kunit_case seq_cases[] = {
	KUNIT_CASE(seq_equal),
	KUNIT_CASE(seq_order),
	KUNIT_CASE(seq_range),
	KUNIT_CASE(seq_wrap),
	{}
};

static struct kunit_suite seq_suite = {
	.name = "clasp_seq",
	.test_cases = seq_cases,
};

kunit_test_suite(seq_suite);
