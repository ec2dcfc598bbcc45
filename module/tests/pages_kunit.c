// SPDX-License-Identifier: GPL-2.0
/* Pages of others in the send queue: cut, sent again, and given back. */
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "letters.h"

#define PAGES_LEN	3897	/* three segments, each to be cut; odd */
#define PAGES_OFFSET	101

static struct page *pages_make(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);
	u8 *bytes;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	bytes = page_address(page);
	for (i = 0; i < PAGE_SIZE; i++)
		bytes[i] = i * 7 + i / 256;
	return page;
}

static int pages_send(struct socket *sock, struct page *page, int flags)
{
	struct bio_vec bvec = {
		.bv_page = page,
		.bv_offset = PAGES_OFFSET,
		.bv_len = PAGES_LEN,
	};
	struct msghdr msg = { .msg_flags = flags | MSG_DONTWAIT };

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &bvec, 1, PAGES_LEN);
	return sock->sk->sk_prot->sendmsg(sock->sk, &msg, PAGES_LEN);
}

/* All of it, once and in order. */
static void pages_expect(struct kunit *test, struct socket *sock,
			 struct page *page)
{
	u8 *got = kunit_kzalloc(test, PAGES_LEN + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, got);
	KUNIT_EXPECT_EQ(test, wire_receive(sock, got, PAGES_LEN + 1),
			PAGES_LEN);
	KUNIT_EXPECT_EQ(test, 0, memcmp(got, page_address(page) + PAGES_OFFSET,
					PAGES_LEN));
}

/* The socket's charge is that of its queue, to the byte. */
static void pages_expect_charge(struct kunit *test, struct socket *sock)
{
	struct sk_buff *skb;
	int sum = 0;

	skb_queue_walk(&sock->sk->sk_write_queue, skb)
		sum += skb->truesize;
	skb_rbtree_walk(skb, &clasp_sk(sock->sk)->rtxq.tree)
		sum += skb->truesize;
	KUNIT_EXPECT_EQ(test, sock->sk->sk_wmem_queued, sum);
}

/*
 * The page is sent, with the path cut; then the path takes less, and each
 * segment is cut when it is sent again.
 */
static void pages_cut(struct kunit *test, struct wire_pair *pair,
		      struct page *page, int flags, u32 stamps)
{
	struct wire *wire = test->priv;
	struct sk_buff *skb;
	u32 shared = 0, count = 0;

	wire_open_idle(wire, pair);
	pair->client->sk->sk_route_caps |= NETIF_F_SG;
	sock_set_flag(pair->client->sk, SOCK_ZEROCOPY);
	pair->client->sk->sk_tsflags = stamps;
	wire_cut(wire, WIRE_CLIENT);
	KUNIT_ASSERT_EQ(test, pages_send(pair->client, page, flags),
			PAGES_LEN);
	pages_expect_charge(test, pair->client);
	wire->mtu = 600;
	wire_run(wire, SECONDS(4));
	pages_expect_charge(test, pair->client);
	skb_rbtree_walk(skb, &clasp_sk(pair->client->sk)->rtxq.tree) {
		shared += skb_has_shared_frag(skb);
		count++;
	}
	/* All of them, the two halves of the one that was cut, too. */
	KUNIT_EXPECT_GT(test, count, 3);
	KUNIT_EXPECT_EQ(test, shared, flags ? count : 0);
	KUNIT_EXPECT_EQ(test, page_count(page) > 1, flags != 0);
}

static void pages_arrive(struct kunit *test, struct wire_pair *pair,
			 struct page *page)
{
	struct wire *wire = test->priv;

	wire_mend(wire);
	wire_run(wire, SECONDS(30));
	pages_expect(test, pair->server, page);
	KUNIT_EXPECT_EQ(test, pair->client->sk->sk_wmem_queued, 0);
}

static void pages_close(struct kunit *test, struct wire_pair *pair,
			struct page *page)
{
	struct wire *wire = test->priv;

	wire_close(wire, &pair->listener);
	wire_close(wire, &pair->client);
	wire_close(wire, &pair->server);
	KUNIT_EXPECT_TRUE(test, wire_finish(wire));
	KUNIT_EXPECT_EQ(test, wire_connections(), 0);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	__free_page(page);
}

/* sendfile(2): segments refer to the page, whatever becomes of them. */
static void pages_spliced(struct kunit *test)
{
	struct page *page = pages_make(test);
	struct wire_pair pair;

	pages_cut(test, &pair, page, MSG_SPLICE_PAGES, 0);
	pages_arrive(test, &pair, page);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	pages_close(test, &pair, page);
}

/* A connection that is given up gives its pages back, too. */
static void pages_given_up(struct kunit *test)
{
	struct page *page = pages_make(test);
	struct wire *wire = test->priv;
	struct wire_pair pair;

	pages_cut(test, &pair, page, MSG_SPLICE_PAGES, 0);
	wire_run(wire, SECONDS(2000));
	KUNIT_EXPECT_EQ(test, wire_error(pair.client), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	wire_mend(wire);
	pages_close(test, &pair, page);
}

/* The one message of the error queue, which is about the only send(2). */
static void pages_expect_told(struct kunit *test, struct socket *sock)
{
	struct sk_buff *skb = sock_dequeue_err_skb(sock->sk);
	const struct sock_exterr_skb *serr;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	serr = SKB_EXT_ERR(skb);
	KUNIT_EXPECT_EQ(test, serr->ee.ee_origin, SO_EE_ORIGIN_ZEROCOPY);
	KUNIT_EXPECT_EQ(test, serr->ee.ee_info, 0);
	KUNIT_EXPECT_EQ(test, serr->ee.ee_data, 0);
	/* The wire takes copies. */
	KUNIT_EXPECT_EQ(test, serr->ee.ee_code, SO_EE_CODE_ZEROCOPY_COPIED);
	consume_skb(skb);
	KUNIT_EXPECT_NULL(test, sock_dequeue_err_skb(sock->sk));
	KUNIT_EXPECT_EQ(test, atomic_read(&sock->sk->sk_omem_alloc), 0);
}

/* MSG_ZEROCOPY: told once, when the last piece is acknowledged. */
static void pages_zerocopy(struct kunit *test)
{
	struct page *page = pages_make(test);
	struct wire_pair pair;

	pages_cut(test, &pair, page, MSG_ZEROCOPY, 0);
	KUNIT_EXPECT_NULL(test, sock_dequeue_err_skb(pair.client->sk));
	pages_arrive(test, &pair, page);
	pages_expect_told(test, pair.client);
	pages_close(test, &pair, page);
}

static void pages_zerocopy_given_up(struct kunit *test)
{
	struct page *page = pages_make(test);
	struct wire *wire = test->priv;
	struct wire_pair pair;

	pages_cut(test, &pair, page, MSG_ZEROCOPY, 0);
	wire_run(wire, SECONDS(2000));
	KUNIT_EXPECT_EQ(test, wire_error(pair.client), -ETIMEDOUT);
	pages_expect_told(test, pair.client);
	wire_mend(wire);
	pages_close(test, &pair, page);
}

/* The program is gone before the peer has anything: nobody is to be told. */
static void pages_zerocopy_closed(struct kunit *test)
{
	struct page *page = pages_make(test);
	struct wire *wire = test->priv;
	struct wire_pair pair;

	pages_cut(test, &pair, page, MSG_ZEROCOPY, 0);
	wire_close(wire, &pair.client);
	KUNIT_EXPECT_GT(test, page_count(page), 1);
	wire_mend(wire);
	wire_run(wire, SECONDS(30));
	pages_expect(test, pair.server, page);
	pages_close(test, &pair, page);
}

/* The time of the last byte goes with it, into whatever segment it comes. */
static void pages_stamped(struct kunit *test)
{
	struct page *page = pages_make(test);
	struct wire_pair pair;
	struct sk_buff *skb;
	struct sock *sk;

	pages_cut(test, &pair, page, 0,
		  SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_SOFTWARE |
		  SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY);
	sk = pair.client->sk;
	pages_arrive(test, &pair, page);
	skb = sock_dequeue_err_skb(sk);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, SKB_EXT_ERR(skb)->ee.ee_info, SCM_TSTAMP_ACK);
	KUNIT_EXPECT_EQ(test, SKB_EXT_ERR(skb)->ee.ee_data, PAGES_LEN - 1);
	consume_skb(skb);
	KUNIT_EXPECT_NULL(test, sock_dequeue_err_skb(sk));
	pages_close(test, &pair, page);
}

static struct kunit_case pages_cases[] = {
	KUNIT_CASE(pages_spliced),
	KUNIT_CASE(pages_given_up),
	KUNIT_CASE(pages_zerocopy),
	KUNIT_CASE(pages_zerocopy_given_up),
	KUNIT_CASE(pages_zerocopy_closed),
	KUNIT_CASE(pages_stamped),
	{}
};

static struct kunit_suite pages_suite = {
	.name = "clasp_pages",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = pages_cases,
};

kunit_test_suite(pages_suite);
