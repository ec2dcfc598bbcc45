// SPDX-License-Identifier: GPL-2.0
/* The table of connections: who chooses addresses does not choose buckets. */
#include <kunit/test.h>

#include "../clasp.h"

#define PEERS	256

/* Entries in the fullest bucket. */
static u32 longest(struct clasp_table *table)
{
	struct bucket_table *tbl;
	u32 i, most = 0;

	rcu_read_lock();
	tbl = rcu_dereference(table->connections.tbl);
	for (i = 0; i < tbl->size; i++) {
		struct rhash_head *pos;
		u32 count = 0;

		rht_for_each_rcu(pos, tbl, i)
			count++;
		most = max(most, count);
	}
	rcu_read_unlock();
	return most;
}

/* Each from another network, in a way that a weak hash does not see. */
static void table_peers_apart(struct kunit *test)
{
	struct clasp_entry *entries;
	struct clasp_table *table;
	u32 i, refused = 0;

	entries = kunit_kcalloc(test, PEERS, sizeof(*entries), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, entries);
	table = kunit_kzalloc(test, sizeof(*table), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table);
	KUNIT_ASSERT_EQ(test, clasp_table_init(table), 0);
	for (i = 0; i < PEERS; i++) {
		entries[i].flow.raddr.s6_addr32[0] = htonl(0x20010000 + i);
		entries[i].flow.raddr.s6_addr32[1] = htonl(i);
		entries[i].flow.raddr.s6_addr32[3] = htonl(1);
		if (clasp_table_insert(table, &entries[i]))
			refused++;
	}
	flush_work(&table->connections.run_work);
	KUNIT_EXPECT_LT(test, longest(table), 8);
	KUNIT_EXPECT_EQ(test, refused, 0);
	for (i = 0; i < PEERS; i++)
		clasp_table_remove(table, &entries[i]);
	clasp_table_destroy(table);
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(table_peers_apart),
	{}
};

static struct kunit_suite table_suite = {
	.name = "clasp_table",
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);
