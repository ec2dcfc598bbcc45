// SPDX-License-Identifier: GPL-2.0
/* Pages that data was copied into: used again, but not by two, and given back. */
#include "../actions.h"
#include "../memory.h"
#include "../spare.h"
#include "letters.h"

#define SPARE_CHUNK	4096
#define SPARE_BATCH	(64 * SPARE_CHUNK)	/* eight pages of 32 KiB */
#define SPARE_PAGES	16

/* A client with room for a batch, and a server that reads it. */
struct spare_flow {
	struct wire_pair pair;
	struct clasp_sock *csk;
	u8 *buf;
};

/* The pages of a batch, in order. */
struct spare_list {
	struct page *page[SPARE_PAGES];
	int count;
};

static void spare_open(struct kunit *test, struct spare_flow *flow)
{
	flow->buf = kunit_kzalloc(test, SPARE_CHUNK, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, flow->buf);
	wire_open_idle(test->priv, &flow->pair);
	flow->csk = clasp_sk(flow->pair.client->sk);
	WRITE_ONCE(flow->csk->inet.sk.sk_sndbuf, 4 * SPARE_BATCH);
	flow->csk->inet.sk.sk_userlocks |= SOCK_SNDBUF_LOCK;
}

static void spare_write(struct kunit *test, struct spare_flow *flow, u32 len)
{
	for (; len; len -= SPARE_CHUNK)
		KUNIT_ASSERT_EQ(test, SPARE_CHUNK,
				wire_send(flow->pair.client, flow->buf,
					  SPARE_CHUNK));
}

static void spare_note(struct spare_list *list, const struct sk_buff *skb)
{
	struct page *page;
	int i;

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		page = skb_frag_page(&skb_shinfo(skb)->frags[i]);
		if (list->count < SPARE_PAGES &&
		    (!list->count || list->page[list->count - 1] != page))
			list->page[list->count++] = page;
	}
}

static void spare_look(const struct spare_flow *flow, struct spare_list *list)
{
	const struct clasp_sock *csk = flow->csk;
	struct sk_buff *skb;

	list->count = 0;
	skb_rbtree_walk(skb, &csk->rtxq.tree)
		spare_note(list, skb);
	skb_queue_walk(&csk->inet.sk.sk_write_queue, skb)
		spare_note(list, skb);
}

/* All is read, and nobody has it any more. */
static void spare_read(struct kunit *test, struct spare_flow *flow)
{
	const struct clasp_sock *csk = flow->csk;
	int i;

	for (i = 0; i < 1000 && csk->snd_una != csk->write_seq; i++) {
		while (wire_receive(flow->pair.server, flow->buf, SPARE_CHUNK) > 0)
			;
		wire_run(test->priv, MS(1));
	}
	while (wire_receive(flow->pair.server, flow->buf, SPARE_CHUNK) > 0)
		;
	KUNIT_ASSERT_EQ(test, csk->snd_una, csk->write_seq);
}

/* What one batch was copied into is what the next one is, in the same order. */
static void spare_used_again(struct kunit *test)
{
	struct spare_list first, second;
	struct spare_flow flow;
	int i, k;

	spare_open(test, &flow);
	spare_write(test, &flow, SPARE_BATCH);
	spare_look(&flow, &first);
	KUNIT_ASSERT_GE(test, first.count, 7);
	spare_read(test, &flow);
	spare_write(test, &flow, SPARE_BATCH);
	spare_look(&flow, &second);
	/* The last page of the first had room left. */
	KUNIT_ASSERT_GE(test, second.count, 6);
	KUNIT_EXPECT_PTR_EQ(test, second.page[0], first.page[first.count - 1]);
	/* Of the first one, it was not yet known that there is so much. */
	k = second.page[1] == first.page[0] ? 0 : 1;
	for (i = 1; i < 5; i++, k++)
		KUNIT_EXPECT_PTR_EQ(test, second.page[i], first.page[k]);
	spare_read(test, &flow);
}

/* A page that somebody still has stays as it is. */
static void spare_held(struct kunit *test)
{
	struct spare_list list;
	struct spare_flow flow;
	struct page *held;
	int i;

	spare_open(test, &flow);
	memset(flow.buf, 'a', SPARE_CHUNK);
	spare_write(test, &flow, SPARE_BATCH);
	spare_look(&flow, &list);
	KUNIT_ASSERT_GE(test, list.count, 3);
	held = list.page[2];
	get_page(held);
	spare_read(test, &flow);
	/* Ours, and that of the socket. */
	KUNIT_EXPECT_EQ(test, page_ref_count(held), 2);
	for (i = 0; i < 3; i++) {
		memset(flow.buf, 'b', SPARE_CHUNK);
		spare_write(test, &flow, SPARE_BATCH);
		spare_read(test, &flow);
	}
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(held), 'a', page_size(held)));
	put_page(held);
}

/* A batch is written, and its pages are kept. */
static void spare_open_kept(struct kunit *test, struct spare_flow *flow)
{
	spare_open(test, flow);
	spare_write(test, flow, SPARE_BATCH);
	KUNIT_EXPECT_NOT_NULL(test, flow->csk->spare);
}

/* Small writes keep none; nor does who has not written for a while. */
static void spare_idle(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct spare_flow flow;
	int i;

	spare_open(test, &flow);
	for (i = 0; i < 64; i++) {
		spare_write(test, &flow, SPARE_CHUNK);
		spare_read(test, &flow);
	}
	KUNIT_EXPECT_NULL(test, flow.csk->spare);
	spare_write(test, &flow, SPARE_BATCH);
	spare_read(test, &flow);
	KUNIT_EXPECT_NOT_NULL(test, flow.csk->spare);
	wire_run(wire, CLASP_SPARE_IDLE / 2);
	KUNIT_EXPECT_NOT_NULL(test, flow.csk->spare);
	wire_run(wire, CLASP_SPARE_IDLE);
	KUNIT_EXPECT_NULL(test, flow.csk->spare);
}

/* They go with the connection, and the charge with them. */
static void spare_closed(struct kunit *test)
{
	struct spare_flow flow;
	struct sock *sk;

	spare_open_kept(test, &flow);
	sk = &flow.csk->inet.sk;
	lock_sock(sk);
	clasp_step(sk, CLASP_EV_ABORT, NULL);
	KUNIT_EXPECT_NULL(test, flow.csk->spare);
	KUNIT_EXPECT_EQ(test, sk->sk_wmem_queued, 0);
	sk_mem_reclaim(sk);
	KUNIT_EXPECT_LT(test, sk->sk_forward_alloc, PAGE_SIZE);
	release_sock(sk);
}

/* While memory is short, none are kept. */
static void spare_pressed(struct kunit *test)
{
	long elsewhere = clasp_memory_limits[1] + 1;
	struct spare_flow flow;

	spare_open_kept(test, &flow);
	spare_read(test, &flow);
	atomic_long_add(elsewhere, &clasp_memory_allocated);
	WRITE_ONCE(clasp_memory_short, 1);
	spare_write(test, &flow, SPARE_BATCH / 2);
	atomic_long_sub(elsewhere, &clasp_memory_allocated);
	WRITE_ONCE(clasp_memory_short, 0);
	KUNIT_EXPECT_NULL(test, flow.csk->spare);
	spare_read(test, &flow);
}

static struct kunit_case spare_cases[] = {
	KUNIT_CASE(spare_used_again),
	KUNIT_CASE(spare_held),
	KUNIT_CASE(spare_idle),
	KUNIT_CASE(spare_closed),
	KUNIT_CASE(spare_pressed),
	{}
};

static struct kunit_suite spare_suite = {
	.name = "clasp_spare",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = spare_cases,
};

kunit_test_suite(spare_suite);
