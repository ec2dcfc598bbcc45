// SPDX-License-Identifier: GPL-2.0
/* The CLASP header: parsed and validated once, built once. */
#include <linux/build_bug.h>
#include <linux/bitops.h>
#include <net/checksum.h>

#include "compat.h"
#include "segment.h"

/*
 * SYN opens, FIN and RST close: no two of them go together. A segment with
 * none of SYN, RST and ACK means nothing in any state (RFC 9293, 3.10.7).
 */
static bool clasp_flags_valid(u8 flags)
{
	u8 control = flags & (CLASP_SYN | CLASP_FIN | CLASP_RST);

	if (control & (control - 1))
		return false;
	return flags & (CLASP_SYN | CLASP_RST | CLASP_ACK);
}

/*
 * Takes one option of a known kind, @offset bytes from the header's start. RFC
 * 9293, section 3.1: unknown kinds are skipped by their length.
 */
static bool clasp_option_take(struct clasp_cb *cb, const u8 *opt, u8 len,
			      u8 offset)
{
	switch (opt[0]) {
	case CLASP_OPT_MSS:
		if (len != CLASP_OPT_MSS_LEN)
			return false;
		if (cb->flags & CLASP_SYN)
			cb->mss = max_t(u16, get_unaligned_be16(opt + 2),
					CLASP_MSS_MIN);
		return true;
	case CLASP_OPT_SACK:
		cb->sack = offset;
		return len > CLASP_OPT_SACK_BASE &&
		       (len - CLASP_OPT_SACK_BASE) % 8 == 0;
	default:
		return true;
	}
}

static bool clasp_options_parse(struct clasp_cb *cb, const u8 *opt, u32 left)
{
	while (left) {
		u8 len = 1;

		if (opt[0] == CLASP_OPT_END)
			return true;
		if (opt[0] != CLASP_OPT_NOP) {
			if (left < 2)
				return false;
			len = opt[1];
			if (len < 2 || len > left)
				return false;
			if (!clasp_option_take(cb, opt, len,
					       cb->hdr_len - left))
				return false;
		}
		opt += len;
		left -= len;
	}
	return true;
}

/*
 * Checks the checksum over the whole segment. Afterwards skb->csum means
 * nothing any more, so that whoever queues or joins skbs need not keep it.
 */
static bool clasp_checksum_valid(struct sk_buff *skb, __wsum pseudo)
{
	if (!skb_csum_unnecessary(skb)) {
		if (skb->ip_summed == CHECKSUM_COMPLETE &&
		    !csum_fold(csum_add(pseudo, skb->csum)))
			goto valid;
		skb->csum = pseudo;
		if (__skb_checksum_complete(skb))
			return false;
	}
valid:
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return true;
}

/**
 * clasp_segment_parse() - validate a received segment and fill its control block
 * @skb: packet, skb->data at the CLASP header; may be non-linear or cloned
 * @pseudo: unfolded sum of the pseudo-header
 *
 * The only reader of the header. On CLASP_VALID the header with its options is
 * in the linear part and struct clasp_cb is filled but for the interfaces; it
 * overwrites what IP left in skb->cb. Any context, no locks.
 *
 * Source: RFC 9293, sections 3.1 and 3.2.
 *
 * Return: the verdict; the caller counts and frees what is not valid.
 */
enum clasp_verdict clasp_segment_parse(struct sk_buff *skb, __wsum pseudo)
{
	struct clasp_cb *cb = CLASP_CB(skb);
	const struct clasphdr *hdr;
	u32 hdr_len;

	BUILD_BUG_ON(sizeof(struct clasphdr) != CLASP_HEADER_MIN);
	BUILD_BUG_ON(sizeof(*cb) > sizeof(skb->cb));

	if (!pskb_may_pull(skb, CLASP_HEADER_MIN))
		return CLASP_BAD_SHORT;
	hdr = (const struct clasphdr *)skb->data;
	if (hdr->ver_len >> 4 != CLASP_VERSION)
		return CLASP_BAD_VERSION;
	hdr_len = (hdr->ver_len & 0xf) * 8;
	if (hdr_len < CLASP_HEADER_MIN || !pskb_may_pull(skb, hdr_len))
		return CLASP_BAD_LENGTH;
	if (!clasp_checksum_valid(skb, pseudo))
		return CLASP_BAD_CHECKSUM;

	hdr = (const struct clasphdr *)skb->data;
	memset(cb, 0, sizeof(*cb));
	cb->seq = be64_to_cpu(hdr->seq);
	cb->ack_seq = be64_to_cpu(hdr->ack_seq);
	cb->window = be32_to_cpu(hdr->window);
	cb->urg_ptr = be16_to_cpu(hdr->urg_ptr);
	cb->flags = hdr->flags;
	cb->hdr_len = hdr_len;
	clasp_segment_update_end(skb);

	if (!clasp_flags_valid(cb->flags))
		return CLASP_BAD_FLAGS;
	if (!clasp_options_parse(cb, skb->data + CLASP_HEADER_MIN,
				 hdr_len - CLASP_HEADER_MIN))
		return CLASP_BAD_OPTION;
	return CLASP_VALID;
}

/**
 * clasp_segment_update_end() - set the end of a segment from its length
 * @skb: parsed segment, still with its header
 *
 * To be called again after a socket filter may have cut off data.
 */
void clasp_segment_update_end(struct sk_buff *skb)
{
	struct clasp_cb *cb = CLASP_CB(skb);

	cb->end_seq = cb->seq + clasp_segment_text_len(skb) +
		      clasp_segment_control_len(cb->flags);
}

/**
 * clasp_segment_blocks() - read the SACK option
 * @skb: parsed segment, still with its header
 * @blocks: room for CLASP_SACK_BLOCKS_MAX
 *
 * An offset is one from the acknowledgment number, and negative for what lies
 * before it (RFC 2883). No window is so large that 32 bits cannot hold it.
 *
 * Return: how many blocks there are.
 */
int clasp_segment_blocks(const struct sk_buff *skb, struct clasp_block *blocks)
{
	const struct clasp_cb *cb = CLASP_CB(skb);
	const u8 *opt = skb->data + cb->sack;
	int i, count;

	if (!cb->sack)
		return 0;
	count = (opt[1] - CLASP_OPT_SACK_BASE) / 8;
	opt += CLASP_OPT_SACK_BASE;
	for (i = 0; i < count; i++, opt += 8) {
		blocks[i].start = cb->ack_seq + (s32)get_unaligned_be32(opt);
		blocks[i].end = cb->ack_seq + (s32)get_unaligned_be32(opt + 4);
	}
	return count;
}

/* Bytes of the options, padded; what follows them is zero: CLASP_OPT_END. */
static u32 clasp_options_len(const struct clasp_header *header)
{
	u32 len = 0;

	if (header->mss)
		len += CLASP_OPT_MSS_LEN;
	if (header->block_count)
		len += CLASP_OPT_SACK_BASE + 8 * header->block_count;
	return ALIGN(len, 8);
}

static u8 *clasp_option_put_mss(u8 *opt, u16 mss)
{
	*opt++ = CLASP_OPT_MSS;
	*opt++ = CLASP_OPT_MSS_LEN;
	put_unaligned_be16(mss, opt);
	return opt + 2;
}

static void clasp_option_put_sack(u8 *opt, const struct clasp_header *header)
{
	int i;

	*opt++ = CLASP_OPT_SACK;
	*opt++ = CLASP_OPT_SACK_BASE + 8 * header->block_count;
	for (i = 0; i < header->block_count; i++, opt += 8) {
		put_unaligned_be32(header->blocks[i].start - header->ack_seq,
				   opt);
		put_unaligned_be32(header->blocks[i].end - header->ack_seq,
				   opt + 4);
	}
}

/**
 * clasp_segment_push() - put a header in front of the data
 * @skb: data, or nothing, with room in front of it
 * @header: the fields
 *
 * The checksum field is left zero; the address family fills it in. Every byte
 * of the header is written: nothing of the skb's former life leaks out.
 */
void clasp_segment_push(struct sk_buff *skb, const struct clasp_header *header)
{
	u32 len = CLASP_HEADER_MIN + clasp_options_len(header);
	struct clasphdr *hdr = skb_push(skb, len);
	u8 *opt = (u8 *)(hdr + 1);

	skb_reset_transport_header(skb);
	memset(hdr, 0, len);
	hdr->source = header->source;
	hdr->dest = header->dest;
	hdr->ver_len = CLASP_VERSION << 4 | len / 8;
	hdr->flags = header->flags;
	hdr->seq = cpu_to_be64(header->seq);
	if (header->flags & CLASP_ACK)
		hdr->ack_seq = cpu_to_be64(header->ack_seq);
	hdr->window = cpu_to_be32(header->window);
	hdr->urg_ptr = cpu_to_be16(header->urg_ptr);
	if (header->mss)
		opt = clasp_option_put_mss(opt, header->mss);
	if (header->block_count)
		clasp_option_put_sack(opt, header);
}

/**
 * clasp_segment_seal() - leave the checksum to the device
 * @skb: a segment that is complete, of CHECKSUM_PARTIAL
 * @pseudo: folded checksum of the pseudo-header
 *
 * Checksum offload, or skb_checksum_help() for it, does the rest.
 */
void clasp_segment_seal(struct sk_buff *skb, __sum16 pseudo)
{
	struct clasphdr *hdr = (struct clasphdr *)skb_transport_header(skb);

	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct clasphdr, check);
	hdr->check = ~pseudo;
}
