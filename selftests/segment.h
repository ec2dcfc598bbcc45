/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One segment as it is on the wire, decoded and encoded without any help of
 * the module: a mistake there must not be repeated here.
 */
#ifndef CLASP_SELFTEST_SEGMENT_H
#define CLASP_SELFTEST_SEGMENT_H

#include <stddef.h>

#include "ip.h"
#include "ktypes.h"

#define SEG_FIN 0x01
#define SEG_SYN 0x02
#define SEG_RST 0x04
#define SEG_PSH 0x08
#define SEG_ACK 0x10
#define SEG_URG 0x20
#define SEG_ECE 0x40
#define SEG_CWR 0x80

#define SEG_HDR 32		/* CLASP's header without options */
#define SEG_HDR_MAX 120
#define SEG_OPT_MAX 128
#define SEG_PROTO_TCP 6

enum seg_csum { CSUM_OK, CSUM_BAD, CSUM_PARTIAL, CSUM_UNKNOWN };

struct segment {
	struct in6_addr src, dst;
	u16 sport, dport;	/* all numbers in host byte order */
	u8 version;		/* 1; 0 for TCP */
	u8 flags;
	u16 hdr_len;		/* bytes of header and options */
	u16 csum;
	u16 ip_id;		/* 0 in IPv6 */
	u16 urg;
	u16 zero;		/* the reserved field, whatever it holds */
	u32 win;
	u32 len;		/* bytes of payload */
	u64 seq, ack;
	u16 mss;		/* 0: no such option */
	enum seg_csum verdict;
	char opts[SEG_OPT_MAX];	/* readable, "-" if none */
	char bad[SEG_OPT_MAX];	/* what is wrong, "" if nothing */
	const u8 *payload;
};

/*
 * Decode an IP packet of which `have` bytes are at hand. csum_ready is 0 if
 * the sender left the checksum to the device. Returns 0, or -1 if this is no
 * packet of that protocol or a fragment of one.
 */
int segment_decode(struct segment *seg, const u8 *pkt, size_t have, int proto,
		   int csum_ready);

/*
 * Encode a header of seg->hdr_len bytes with these options and this payload
 * as the fields say, truthful or not, except for the checksum, which is
 * computed for protocol `proto`. Returns the number of bytes.
 */
size_t segment_encode(const struct segment *seg, int proto, const u8 *opts,
		      size_t opts_len, const u8 *payload, size_t len,
		      u8 *out);

/* "SA" for SYN and ACK; buf takes at least 9 characters. */
const char *segment_flags(u8 flags, char *buf);
/* The other way round; letters of FSRPAUEC, "-" for none. */
int segment_parse_flags(const char *s);

/* Sequence numbers that this segment takes. */
static inline u64 segment_span(const struct segment *seg)
{
	return seg->len + !!(seg->flags & SEG_SYN) + !!(seg->flags & SEG_FIN);
}

#endif
