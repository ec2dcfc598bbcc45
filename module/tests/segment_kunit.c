// SPDX-License-Identifier: GPL-2.0
/* The header: every malformed segment, and every byte of a good one. */
#include <kunit/test.h>
#include <linux/unaligned.h>
#include <net/checksum.h>

#include "../segment.h"

#define PSEUDO	((__force __wsum)0x1234abcd)
#define POISON	0xa5

/* The numbers of a segment made by hand, all bytes of them different. */
#define SEQ	0x0102030405060708ull
#define ACK_SEQ	0x1112131415161718ull
#define WINDOW	0x21222324

/*
 * Writes a segment as protocol.md has it, without the help of the code under
 * test. hdr_len is what the header says, the memory has len bytes.
 */
static void write_segment(u8 *p, u32 len, u32 hdr_len, u8 flags)
{
	memset(p, 0, len);
	put_unaligned_be16(4660, p);
	put_unaligned_be16(7, p + 2);
	p[4] = 1 << 4 | hdr_len / 8;
	p[5] = flags;
	put_unaligned_be64(SEQ, p + 8);
	put_unaligned_be64(ACK_SEQ, p + 16);
	put_unaligned_be32(WINDOW, p + 24);
}

static void seal(u8 *p, u32 len)
{
	__sum16 check;

	put_unaligned_be16(0, p + 6);
	check = csum_fold(csum_partial(p, len, PSEUDO));
	memcpy(p + 6, &check, sizeof(check));
}

/*
 * An skb of some bytes, the first ones in the linear part and the rest in a
 * page, with nothing useful in its control block.
 */
static struct sk_buff *make_skb(struct kunit *test, const u8 *p, u32 len,
				u32 linear)
{
	struct sk_buff *skb = alloc_skb(16 + linear, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, 16);
	skb_put_data(skb, p, linear);
	if (linear < len) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page) {
			kfree_skb(skb);
			KUNIT_FAIL(test, "no memory");
			kunit_skip(test, "no memory");
		}
		memcpy(page_address(page) + 24, p + linear, len - linear);
		skb_add_rx_frag(skb, 0, page, 24, len - linear, PAGE_SIZE);
	}
	memset(skb->cb, POISON, sizeof(skb->cb));
	return skb;
}

/* What the parser thinks of some bytes that come with CHECKSUM_NONE. */
static enum clasp_verdict verdict(struct kunit *test, const u8 *p, u32 len,
				  struct clasp_cb *cb)
{
	struct sk_buff *skb = make_skb(test, p, len, len);
	enum clasp_verdict got = clasp_segment_parse(skb, PSEUDO);

	if (cb)
		*cb = *CLASP_CB(skb);
	kfree_skb(skb);
	return got;
}

static void segment_good(struct kunit *test)
{
	struct clasp_cb cb;
	u8 p[45];

	write_segment(p, sizeof(p), 32, CLASP_ACK | CLASP_FIN | CLASP_URG);
	put_unaligned_be16(0x3132, p + 28);
	seal(p, sizeof(p));
	KUNIT_ASSERT_EQ(test, verdict(test, p, sizeof(p), &cb), CLASP_VALID);
	KUNIT_EXPECT_EQ(test, cb.seq, SEQ);
	KUNIT_EXPECT_EQ(test, cb.end_seq, SEQ + 13 + 1);
	KUNIT_EXPECT_EQ(test, cb.ack_seq, ACK_SEQ);
	KUNIT_EXPECT_EQ(test, cb.window, WINDOW);
	KUNIT_EXPECT_EQ(test, cb.urg_ptr, 0x3132);
	KUNIT_EXPECT_EQ(test, cb.flags, CLASP_ACK | CLASP_FIN | CLASP_URG);
	KUNIT_EXPECT_EQ(test, cb.hdr_len, 32);
	KUNIT_EXPECT_EQ(test, cb.mss, 0);
	KUNIT_EXPECT_EQ(test, cb.state, 0);
}

/* Every length that is too short for a header, and some that are not. */
static void segment_short(struct kunit *test)
{
	u32 len;
	u8 p[40];

	for (len = 0; len <= 40; len++) {
		write_segment(p, sizeof(p), 32, CLASP_ACK);
		seal(p, len < 8 ? 8 : len);
		KUNIT_EXPECT_EQ_MSG(test, verdict(test, p, len, NULL),
				    len < 32 ? CLASP_BAD_SHORT : CLASP_VALID,
				    "%u bytes", len);
	}
}

static void segment_version(struct kunit *test)
{
	int version;
	u8 p[40];

	for (version = 0; version < 16; version++) {
		write_segment(p, sizeof(p), 32, CLASP_ACK);
		p[4] = version << 4 | 4;
		seal(p, sizeof(p));
		KUNIT_EXPECT_EQ_MSG(test, verdict(test, p, sizeof(p), NULL),
				    version == 1 ? CLASP_VALID :
						   CLASP_BAD_VERSION,
				    "version %d", version);
	}
}

/* Every header length in packets of every length around it. */
static void segment_header_length(struct kunit *test)
{
	enum clasp_verdict want;
	u32 hdr_len, len;
	struct clasp_cb cb;
	u8 p[128];

	for (hdr_len = 0; hdr_len <= 120; hdr_len += 8) {
		for (len = 32; len <= sizeof(p); len++) {
			write_segment(p, len, hdr_len, CLASP_ACK);
			seal(p, len);
			want = hdr_len < 32 || hdr_len > len ?
			       CLASP_BAD_LENGTH : CLASP_VALID;
			KUNIT_EXPECT_EQ_MSG(test, verdict(test, p, len, &cb),
					    want, "header %u in %u", hdr_len,
					    len);
			if (want != CLASP_VALID)
				continue;
			KUNIT_EXPECT_EQ(test, cb.hdr_len, hdr_len);
			KUNIT_EXPECT_EQ(test, cb.end_seq, SEQ + len - hdr_len);
		}
	}
}

/*
 * All 256 combinations: at most one of SYN, FIN and RST, and one of SYN, RST
 * and ACK at least. The others (PSH, URG, ECE, CWR) never matter.
 */
static void segment_flags(struct kunit *test)
{
	static const u8 good[] = {
		CLASP_SYN, CLASP_SYN | CLASP_ACK, CLASP_RST,
		CLASP_RST | CLASP_ACK, CLASP_ACK, CLASP_ACK | CLASP_FIN,
	};
	const u8 matter = CLASP_SYN | CLASP_FIN | CLASP_RST | CLASP_ACK;
	struct clasp_cb cb;
	int flags, i;
	bool want;
	u8 p[40];

	for (flags = 0; flags < 256; flags++) {
		write_segment(p, sizeof(p), 32, flags);
		seal(p, sizeof(p));
		want = false;
		for (i = 0; i < ARRAY_SIZE(good); i++)
			want |= (flags & matter) == good[i];
		KUNIT_EXPECT_EQ_MSG(test, verdict(test, p, sizeof(p), &cb),
				    want ? CLASP_VALID : CLASP_BAD_FLAGS,
				    "flags %#x", flags);
		if (!want)
			continue;
		KUNIT_EXPECT_EQ(test, cb.flags, flags);
		KUNIT_EXPECT_EQ_MSG(test, cb.end_seq, SEQ + 8 +
				    !!(flags & CLASP_SYN) +
				    !!(flags & CLASP_FIN), "flags %#x", flags);
	}
}

/* RFC 9293, section 3.1: reserved bits are ignored by who receives them. */
static void segment_reserved(struct kunit *test)
{
	u8 p[40];

	write_segment(p, sizeof(p), 32, CLASP_ACK);
	put_unaligned_be16(0xffff, p + 30);
	seal(p, sizeof(p));
	KUNIT_EXPECT_EQ(test, verdict(test, p, sizeof(p), NULL), CLASP_VALID);
}

/* Each single bit that changes on the way is noticed. */
static void segment_bit_flips(struct kunit *test)
{
	enum clasp_verdict got;
	u8 p[53];
	int bit;

	write_segment(p, sizeof(p), 32, CLASP_ACK);
	memset(p + 32, 'x', sizeof(p) - 32);
	seal(p, sizeof(p));
	KUNIT_ASSERT_EQ(test, verdict(test, p, sizeof(p), NULL), CLASP_VALID);
	for (bit = 0; bit < 8 * sizeof(p); bit++) {
		p[bit / 8] ^= 1 << bit % 8;
		got = verdict(test, p, sizeof(p), NULL);
		if (bit / 8 == 4)	/* version, header length */
			KUNIT_EXPECT_NE_MSG(test, got, CLASP_VALID,
					    "bit %d", bit);
		else
			KUNIT_EXPECT_EQ_MSG(test, got, CLASP_BAD_CHECKSUM,
					    "bit %d", bit);
		p[bit / 8] ^= 1 << bit % 8;
	}
}

/* What a device says of the checksum, with a good one and with a bad one. */
static void segment_checksum(struct kunit *test)
{
	static const struct {
		u8 ip_summed;
		bool good;
		enum clasp_verdict want;
	} rows[] = {
		{ CHECKSUM_NONE, true, CLASP_VALID },
		{ CHECKSUM_NONE, false, CLASP_BAD_CHECKSUM },
		{ CHECKSUM_COMPLETE, true, CLASP_VALID },
		{ CHECKSUM_COMPLETE, false, CLASP_BAD_CHECKSUM },
		/* From this host: it has not been computed yet. */
		{ CHECKSUM_PARTIAL, false, CLASP_VALID },
		{ CHECKSUM_UNNECESSARY, false, CLASP_VALID },
	};
	struct sk_buff *skb;
	u8 p[48];
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		write_segment(p, sizeof(p), 32, CLASP_ACK);
		seal(p, sizeof(p));
		if (!rows[i].good)
			p[40] ^= 1;
		skb = make_skb(test, p, sizeof(p), sizeof(p));
		skb->ip_summed = rows[i].ip_summed;
		if (rows[i].ip_summed == CHECKSUM_COMPLETE)
			skb->csum = csum_partial(p, sizeof(p), 0);
		if (rows[i].ip_summed == CHECKSUM_PARTIAL) {
			skb->csum_start = skb_headroom(skb);
			skb->csum_offset = 6;
		}
		KUNIT_EXPECT_EQ_MSG(test, clasp_segment_parse(skb, PSEUDO),
				    rows[i].want, "row %d", i);
		if (rows[i].want == CLASP_VALID)
			KUNIT_EXPECT_EQ(test, (int)skb->ip_summed,
					CHECKSUM_UNNECESSARY);
		kfree_skb(skb);
	}
}

/* The pseudo-header counts: a segment for somebody else is no good. */
static void segment_pseudo(struct kunit *test)
{
	struct sk_buff *skb;
	u8 p[40];

	write_segment(p, sizeof(p), 32, CLASP_ACK);
	seal(p, sizeof(p));
	skb = make_skb(test, p, sizeof(p), sizeof(p));
	KUNIT_EXPECT_EQ(test,
			clasp_segment_parse(skb, csum_add(PSEUDO,
							  (__force __wsum)1)),
			CLASP_BAD_CHECKSUM);
	kfree_skb(skb);
}

/* Whatever part of it is in pages, a segment is read the same. */
static void segment_nonlinear(struct kunit *test)
{
	struct sk_buff *skb;
	u8 p[60], copy[60];
	u32 linear;

	write_segment(p, sizeof(p), 40, CLASP_SYN);
	put_unaligned_be32(0x02040578, p + 32);
	memset(p + 40, 'x', sizeof(p) - 40);
	seal(p, sizeof(p));
	for (linear = 0; linear <= sizeof(p); linear++) {
		skb = make_skb(test, p, sizeof(p), linear);
		KUNIT_EXPECT_EQ_MSG(test, clasp_segment_parse(skb, PSEUDO),
				    CLASP_VALID, "%u linear", linear);
		KUNIT_EXPECT_EQ(test, CLASP_CB(skb)->seq, SEQ);
		KUNIT_EXPECT_EQ(test, CLASP_CB(skb)->mss, 0x578);
		KUNIT_EXPECT_GE(test, skb_headlen(skb), 40);
		KUNIT_EXPECT_EQ(test, skb->len, sizeof(p));
		KUNIT_EXPECT_EQ(test, skb_copy_bits(skb, 0, copy,
						    sizeof(copy)), 0);
		KUNIT_EXPECT_MEMEQ(test, copy, p, sizeof(p));
		kfree_skb(skb);
	}
}

/* A header cut off in the pages is as short as one cut off at the front. */
static void segment_nonlinear_short(struct kunit *test)
{
	struct sk_buff *skb;
	u32 linear;
	u8 p[39];

	write_segment(p, sizeof(p), 40, CLASP_ACK);
	seal(p, sizeof(p));
	for (linear = 0; linear <= sizeof(p); linear++) {
		skb = make_skb(test, p, sizeof(p), linear);
		KUNIT_EXPECT_EQ(test, clasp_segment_parse(skb, PSEUDO),
				CLASP_BAD_LENGTH);
		kfree_skb(skb);
	}
	for (linear = 0; linear <= 31; linear++) {
		skb = make_skb(test, p, 31, linear);
		KUNIT_EXPECT_EQ(test, clasp_segment_parse(skb, PSEUDO),
				CLASP_BAD_SHORT);
		kfree_skb(skb);
	}
}

/* Whoever else looks at the same data (a capture) sees it unchanged. */
static void segment_cloned(struct kunit *test)
{
	struct sk_buff *skb, *clone;
	u8 p[40];

	write_segment(p, sizeof(p), 32, CLASP_ACK);
	seal(p, sizeof(p));
	skb = make_skb(test, p, sizeof(p), sizeof(p));
	clone = skb_clone(skb, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, clone);
	if (clone)
		KUNIT_EXPECT_EQ(test, clasp_segment_parse(clone, PSEUDO),
				CLASP_VALID);
	KUNIT_EXPECT_MEMEQ(test, skb->data, p, sizeof(p));
	kfree_skb(clone);
	kfree_skb(skb);
}

struct option_row {
	const char *name;
	u8 flags;
	u8 len;		/* of the options, a multiple of 8 */
	u8 bytes[24];
	enum clasp_verdict want;
	u16 mss;
};

static const struct option_row option_rows[] = {
	{ "END", CLASP_ACK, 8, { 0 }, CLASP_VALID },
	{ "garbage behind END", CLASP_ACK, 8,
	  { 0, 2, 0, 9, 5, 1, 0xff, 0xff }, CLASP_VALID },
	{ "NOPs to the end", CLASP_ACK, 8,
	  { 1, 1, 1, 1, 1, 1, 1, 1 }, CLASP_VALID },
	{ "MSS", CLASP_SYN, 8, { 2, 4, 0x05, 0xb4 }, CLASP_VALID, 1460 },
	{ "MSS on SYN-ACK", CLASP_SYN | CLASP_ACK, 8,
	  { 2, 4, 0x05, 0xb4 }, CLASP_VALID, 1460 },
	{ "MSS behind NOPs", CLASP_SYN, 8,
	  { 1, 1, 1, 1, 2, 4, 0x02, 0x18 }, CLASP_VALID, 536 },
	{ "MSS without SYN", CLASP_ACK, 8, { 2, 4, 0x05, 0xb4 }, CLASP_VALID },
	{ "MSS 0", CLASP_SYN, 8, { 2, 4, 0, 0 }, CLASP_VALID, 64 },
	{ "MSS 63", CLASP_SYN, 8, { 2, 4, 0, 63 }, CLASP_VALID, 64 },
	{ "MSS 64", CLASP_SYN, 8, { 2, 4, 0, 64 }, CLASP_VALID, 64 },
	{ "MSS 65", CLASP_SYN, 8, { 2, 4, 0, 65 }, CLASP_VALID, 65 },
	{ "MSS 65535", CLASP_SYN, 8, { 2, 4, 0xff, 0xff }, CLASP_VALID, 65535 },
	{ "MSS of length 3", CLASP_SYN, 8, { 2, 3, 5 }, CLASP_BAD_OPTION },
	{ "MSS of length 5", CLASP_SYN, 8, { 2, 5, 5, 5, 5 },
	  CLASP_BAD_OPTION },
	{ "MSS past the end", CLASP_SYN, 8, { 1, 1, 1, 1, 1, 2, 4, 5 },
	  CLASP_BAD_OPTION },
	{ "length 0", CLASP_ACK, 8, { 77, 0 }, CLASP_BAD_OPTION },
	{ "length 1", CLASP_ACK, 8, { 77, 1 }, CLASP_BAD_OPTION },
	{ "length 2", CLASP_ACK, 8, { 77, 2 }, CLASP_VALID },
	{ "to the end", CLASP_ACK, 8, { 77, 8, 2, 0, 2, 0, 2, 0 },
	  CLASP_VALID },
	{ "one past the end", CLASP_ACK, 8, { 77, 9 }, CLASP_BAD_OPTION },
	{ "far past the end", CLASP_ACK, 8, { 77, 255 }, CLASP_BAD_OPTION },
	{ "no room for a length", CLASP_ACK, 8, { 1, 1, 1, 1, 1, 1, 1, 77 },
	  CLASP_BAD_OPTION },
	{ "unknown before MSS", CLASP_SYN, 8, { 254, 3, 2, 2, 4, 0x05, 0xb4 },
	  CLASP_VALID, 1460 },
	{ "unknown 255", CLASP_SYN, 8, { 255, 4, 0, 0, 2, 4, 0x05, 0xb4 },
	  CLASP_VALID, 1460 },
	{ "SACK, a block", CLASP_ACK, 16, { 5, 10, 0, 0, 0, 1, 0, 0, 0, 9 },
	  CLASP_VALID },
	{ "SACK, two blocks", CLASP_ACK, 24,
	  { 5, 18, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 20, 0, 0, 0, 29 },
	  CLASP_VALID },
	{ "SACK, no block", CLASP_ACK, 8, { 5, 2 }, CLASP_BAD_OPTION },
	{ "SACK, half a block", CLASP_ACK, 8, { 5, 6 }, CLASP_BAD_OPTION },
	{ "SACK, odd", CLASP_ACK, 16, { 5, 11 }, CLASP_BAD_OPTION },
	{ "SACK, one short", CLASP_ACK, 16, { 5, 9 }, CLASP_BAD_OPTION },
	{ "SACK past the end", CLASP_ACK, 16, { 5, 18 }, CLASP_BAD_OPTION },
	{ "bad behind good", CLASP_SYN, 16,
	  { 2, 4, 0x05, 0xb4, 1, 1, 1, 1, 77, 9 }, CLASP_BAD_OPTION },
};

static void segment_options(struct kunit *test)
{
	const struct option_row *row;
	struct clasp_cb cb;
	u32 len;
	u8 p[80];

	for (row = option_rows;
	     row < option_rows + ARRAY_SIZE(option_rows); row++) {
		/* Data that would make a good option follows, but is none. */
		len = 32 + row->len + 8;
		write_segment(p, len, 32 + row->len, row->flags);
		memcpy(p + 32, row->bytes, row->len);
		memset(p + 32 + row->len, 1, 8);
		seal(p, len);
		KUNIT_EXPECT_EQ_MSG(test, verdict(test, p, len, &cb),
				    row->want, "%s", row->name);
		if (row->want == CLASP_VALID)
			KUNIT_EXPECT_EQ_MSG(test, cb.mss, row->mss, "%s",
					    row->name);
	}
}

/* Every length with the known kinds and some others, alone in the header. */
static void segment_option_lengths(struct kunit *test)
{
	static const u8 kinds[] = { 0, 2, 3, 4, 5, 6, 8, 77, 255 };
	enum clasp_verdict want;
	int i, kind, len;
	u8 p[48];

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		kind = kinds[i];
		for (len = 0; len < 256; len++) {
			write_segment(p, sizeof(p), 48, CLASP_ACK);
			memset(p + 32, 1, 16);
			p[32] = kind;
			p[33] = len;
			seal(p, sizeof(p));
			want = len >= 2 && len <= 16 ? CLASP_VALID :
						       CLASP_BAD_OPTION;
			if (kind == CLASP_OPT_END)
				want = CLASP_VALID;
			if (kind == CLASP_OPT_MSS && len != 4)
				want = CLASP_BAD_OPTION;
			if (kind == CLASP_OPT_SACK && len != 10)
				want = CLASP_BAD_OPTION;
			KUNIT_EXPECT_EQ_MSG(test, verdict(test, p, sizeof(p),
							  NULL), want,
					    "kind %d length %d", kind, len);
		}
	}
}

/* RFC 9293, section 3.4: numbers go round. */
static void segment_wrap(struct kunit *test)
{
	struct clasp_cb cb;
	u8 p[40];

	write_segment(p, sizeof(p), 32, CLASP_ACK | CLASP_FIN);
	put_unaligned_be64(U64_MAX - 3, p + 8);
	seal(p, sizeof(p));
	KUNIT_ASSERT_EQ(test, verdict(test, p, sizeof(p), &cb), CLASP_VALID);
	KUNIT_EXPECT_EQ(test, cb.seq, U64_MAX - 3);
	KUNIT_EXPECT_EQ(test, cb.end_seq, 5);
}

/* A socket filter may cut off data, but not what it has of numbers. */
static void segment_trimmed(struct kunit *test)
{
	struct sk_buff *skb;
	u8 p[60];

	write_segment(p, sizeof(p), 32, CLASP_ACK | CLASP_FIN);
	seal(p, sizeof(p));
	skb = make_skb(test, p, sizeof(p), sizeof(p));
	KUNIT_EXPECT_EQ(test, clasp_segment_parse(skb, PSEUDO), CLASP_VALID);
	KUNIT_EXPECT_EQ(test, clasp_segment_text_len(skb), 28);
	KUNIT_EXPECT_EQ(test, CLASP_CB(skb)->end_seq, SEQ + 29);
	skb_trim(skb, 42);
	clasp_segment_update_end(skb);
	KUNIT_EXPECT_EQ(test, clasp_segment_text_len(skb), 10);
	KUNIT_EXPECT_EQ(test, CLASP_CB(skb)->end_seq, SEQ + 11);
	kfree_skb(skb);
}

/* A pushed header, with whatever was in the memory before it. */
static struct sk_buff *push(struct kunit *test, u8 flags, u16 mss,
			    const char *text)
{
	const struct clasp_header header = {
		.source = htons(0x4142),
		.dest = htons(0x5152),
		.seq = SEQ,
		.ack_seq = ACK_SEQ,
		.window = WINDOW,
		.mss = mss,
		.flags = flags,
	};
	struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	memset(skb->head, POISON, skb_end_offset(skb));
	skb_reserve(skb, 100);
	skb_put_data(skb, text, strlen(text));
	clasp_segment_push(skb, &header);
	return skb;
}

/* Byte by byte, so that no byte of the memory's former life gets out. */
static void segment_push(struct kunit *test)
{
	static const u8 want[] = {
		0x41, 0x42, 0x51, 0x52, 0x14, CLASP_ACK | CLASP_PSH, 0, 0,
		0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
		0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
		0x21, 0x22, 0x23, 0x24, 0, 0, 0, 0,
		'd', 'a', 't', 'a',
	};
	struct sk_buff *skb = push(test, CLASP_ACK | CLASP_PSH, 0, "data");

	KUNIT_EXPECT_EQ(test, skb->len, sizeof(want));
	KUNIT_EXPECT_MEMEQ(test, skb->data, want, sizeof(want));
	KUNIT_EXPECT_PTR_EQ(test, skb_transport_header(skb), skb->data);
	KUNIT_EXPECT_EQ(test, skb->data[-1], POISON);
	kfree_skb(skb);
}

/* With an option, and without an acknowledgment number to give away. */
static void segment_push_syn(struct kunit *test)
{
	static const u8 want[] = {
		0x41, 0x42, 0x51, 0x52, 0x15, CLASP_SYN, 0, 0,
		0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
		0, 0, 0, 0, 0, 0, 0, 0,
		0x21, 0x22, 0x23, 0x24, 0, 0, 0, 0,
		2, 4, 0x05, 0x9c, 0, 0, 0, 0,
	};
	struct sk_buff *skb = push(test, CLASP_SYN, 1436, "");

	KUNIT_EXPECT_EQ(test, skb->len, sizeof(want));
	KUNIT_EXPECT_MEMEQ(test, skb->data, want, sizeof(want));
	KUNIT_EXPECT_EQ(test, skb->data[-1], POISON);
	kfree_skb(skb);
}

/* What is pushed is what is parsed. */
static void segment_round_trip(struct kunit *test)
{
	static const u8 all_flags[] = {
		CLASP_SYN, CLASP_SYN | CLASP_ACK, CLASP_ACK, CLASP_RST,
		CLASP_ACK | CLASP_PSH, CLASP_ACK | CLASP_FIN,
		CLASP_RST | CLASP_ACK,
	};
	struct clasp_cb *cb;
	struct sk_buff *skb;
	u16 mss;
	int i;

	for (i = 0; i < ARRAY_SIZE(all_flags); i++) {
		mss = all_flags[i] & CLASP_SYN ? 1400 : 0;
		skb = push(test, all_flags[i], mss, "some text");
		seal(skb->data, skb->len);
		KUNIT_EXPECT_EQ(test, clasp_segment_parse(skb, PSEUDO),
				CLASP_VALID);
		cb = CLASP_CB(skb);
		KUNIT_EXPECT_EQ(test, cb->flags, all_flags[i]);
		KUNIT_EXPECT_EQ(test, cb->seq, SEQ);
		KUNIT_EXPECT_EQ(test, cb->ack_seq,
				all_flags[i] & CLASP_ACK ? ACK_SEQ : 0);
		KUNIT_EXPECT_EQ(test, cb->window, WINDOW);
		KUNIT_EXPECT_EQ(test, cb->mss, mss);
		KUNIT_EXPECT_EQ(test, clasp_segment_text_len(skb), 9);
		kfree_skb(skb);
	}
}

static struct kunit_case segment_cases[] = {
	KUNIT_CASE(segment_good),
	KUNIT_CASE(segment_short),
	KUNIT_CASE(segment_version),
	KUNIT_CASE(segment_header_length),
	KUNIT_CASE(segment_flags),
	KUNIT_CASE(segment_reserved),
	KUNIT_CASE(segment_bit_flips),
	KUNIT_CASE(segment_checksum),
	KUNIT_CASE(segment_pseudo),
	KUNIT_CASE(segment_nonlinear),
	KUNIT_CASE(segment_nonlinear_short),
	KUNIT_CASE(segment_cloned),
	KUNIT_CASE(segment_options),
	KUNIT_CASE(segment_option_lengths),
	KUNIT_CASE(segment_wrap),
	KUNIT_CASE(segment_trimmed),
	KUNIT_CASE(segment_push),
	KUNIT_CASE(segment_push_syn),
	KUNIT_CASE(segment_round_trip),
	{}
};

static struct kunit_suite segment_suite = {
	.name = "clasp_segment",
	.test_cases = segment_cases,
};

kunit_test_suite(segment_suite);
