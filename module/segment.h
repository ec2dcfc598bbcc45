/* SPDX-License-Identifier: GPL-2.0 */
/* The CLASP header: parsed and validated once, built once. */
#ifndef _CLASP_SEGMENT_H
#define _CLASP_SEGMENT_H

#include <linux/cache.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/clasp.h>

/* RFC 9293, section 3.7.1: what a peer that sends no MSS option takes. */
#define CLASP_MSS_DEFAULT	536
#define CLASP_MSS_DEFAULT_IPV6	1220
/* An MSS below this is taken for this (RFC 9293 sets no floor, safety does). */
#define CLASP_MSS_MIN		64
/* The data part that fits with the largest IPv4 packet and a plain header. */
#define CLASP_MSS_MAX		(65535 - 20 - CLASP_HEADER_MIN)

/* SYN segments carry an MSS option, padded to the header's unit of 8 bytes. */
#define CLASP_SYN_HEADER_LEN	(CLASP_HEADER_MIN + 8)

/* Most blocks that a SACK option tells, and that one may have. */
#define CLASP_SACK_BLOCKS	4
#define CLASP_SACK_BLOCKS_MAX	\
	((CLASP_HEADER_MAX - CLASP_HEADER_MIN - CLASP_OPT_SACK_BASE) / 8)

/* Room in front of the data for every header, IP's with options included. */
#define CLASP_HEADROOM	L1_CACHE_ALIGN(MAX_HEADER + 60 + CLASP_HEADER_MAX)

/* struct clasp_cb::state of an skb that is or was in the send queue. */
#define CLASP_SKB_LOST		0x01	/* to be sent again */
#define CLASP_SKB_RESENT	0x02	/* was sent again: no RTT (Karn) */
#define CLASP_SKB_SEALED	0x04	/* takes no more data: MSG_EOR, or full */
#define CLASP_SKB_STAMP_ACK	0x08	/* the ACK's time is to be told */
#define CLASP_SKB_SACKED	0x10	/* the peer has it */

/**
 * struct clasp_block - a range of sequence numbers
 * @start: its first
 * @end: the one after its last
 */
struct clasp_block {
	u64 start;
	u64 end;
};

/**
 * struct clasp_cb - what is known of the segment in an skb, in skb->cb
 * @seq: first sequence number
 * @end_seq: the one after the last; SYN and FIN count
 * @ack_seq: received: acknowledgment number
 * @sent_at: send queue: time of the last transmission, ns of clasp_clock(); no
 *	two of a connection have the same
 * @stamp_seq: send queue: number of the byte whose times are to be told
 * @window: received: window in bytes
 * @iif: received: interface index it came in on
 * @sdif: received: index of that interface's L3 master, or 0
 * @mss: received: MSS option, or 0; send queue: bytes of data in each segment
 *	that it was sent in but the last
 * @urg_ptr: received: urgent pointer
 * @flags: CLASP_FIN and the others
 * @hdr_len: received: bytes of header and options
 * @sack: received: where in them the SACK option is, or 0
 * @state: send queue: CLASP_SKB_... bits
 *
 * Host byte order. Filled by clasp_segment_parse() for a segment received, by
 * sndq.c for one to be sent; of the header itself, only clasp_path_back()
 * still reads the ports after that.
 */
struct clasp_cb {
	u64 seq;
	u64 end_seq;
	union {
		u64 ack_seq;
		u64 sent_at;
	};
	union {
		u64 stamp_seq;
		struct {
			u32 window;
			int iif;
		};
	};
	int sdif;
	u16 mss;
	u16 urg_ptr;
	u8 flags;
	u8 hdr_len;
	u8 sack;
	u8 state;
};

#define CLASP_CB(skb)	((struct clasp_cb *)(skb)->cb)

/**
 * enum clasp_verdict - what clasp_segment_parse() thinks of a segment
 * @CLASP_VALID: every field is sound
 * @CLASP_BAD_SHORT: fewer bytes than a header
 * @CLASP_BAD_VERSION: not version 1
 * @CLASP_BAD_LENGTH: header length below 32 or beyond the packet
 * @CLASP_BAD_CHECKSUM: checksum wrong
 * @CLASP_BAD_FLAGS: control bits that exclude each other, or none that counts
 * @CLASP_BAD_OPTION: an option's length is impossible
 */
enum clasp_verdict {
	CLASP_VALID,
	CLASP_BAD_SHORT,
	CLASP_BAD_VERSION,
	CLASP_BAD_LENGTH,
	CLASP_BAD_CHECKSUM,
	CLASP_BAD_FLAGS,
	CLASP_BAD_OPTION,
};

/**
 * struct clasp_header - the fields of a header to be built, in host byte order
 * @source: source port, network byte order as sockets hold it
 * @dest: destination port, likewise
 * @seq: sequence number
 * @ack_seq: acknowledgment number; zero on the wire without CLASP_ACK
 * @window: receive window in bytes
 * @mss: MSS option to be sent, 0 for none
 * @urg_ptr: urgent pointer, 0 without CLASP_URG
 * @flags: CLASP_FIN and the others
 * @blocks: SACK blocks to be sent; with no MSS option
 * @block_count: how many
 */
struct clasp_header {
	__be16 source;
	__be16 dest;
	u64 seq;
	u64 ack_seq;
	u32 window;
	u16 mss;
	u16 urg_ptr;
	u8 flags;
	const struct clasp_block *blocks;
	u8 block_count;
};

enum clasp_verdict clasp_segment_parse(struct sk_buff *skb, __wsum pseudo);
void clasp_segment_update_end(struct sk_buff *skb);
int clasp_segment_blocks(const struct sk_buff *skb, struct clasp_block *blocks);
void clasp_segment_push(struct sk_buff *skb, const struct clasp_header *header);
void clasp_segment_seal(struct sk_buff *skb, __sum16 pseudo);

/**
 * clasp_segment_text_len() - bytes of data in a received segment
 * @skb: parsed segment
 *
 * Return: the length of the data, without SYN and FIN.
 */
static inline u32 clasp_segment_text_len(const struct sk_buff *skb)
{
	return skb->len - CLASP_CB(skb)->hdr_len;
}

/**
 * clasp_segment_control_len() - sequence numbers that the control bits take
 * @flags: control bits
 *
 * Return: 0, 1 or 2 (RFC 9293, section 3.4: SYN and FIN take one each).
 */
static inline u32 clasp_segment_control_len(u8 flags)
{
	return !!(flags & CLASP_SYN) + !!(flags & CLASP_FIN);
}

#endif /* _CLASP_SEGMENT_H */
