// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "segment.h"

static const char flag_letters[] = "FSRPAUEC";

static u16 get16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static u32 get32(const u8 *p)
{
	return (u32)get16(p) << 16 | get16(p + 2);
}

static u64 get64(const u8 *p)
{
	return (u64)get32(p) << 32 | get32(p + 4);
}

static void put16(u8 *p, u16 v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(u8 *p, u32 v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static void put64(u8 *p, u64 v)
{
	put32(p, v >> 32);
	put32(p + 4, v);
}

const char *segment_flags(u8 flags, char *buf)
{
	/* SYN and FIN first, as one says "SYN+ACK". */
	static const u8 order[] = { 1, 0, 2, 3, 4, 5, 6, 7 };
	char *p = buf;
	size_t i;

	for (i = 0; i < sizeof(order); i++)
		if (flags & 1 << order[i])
			*p++ = flag_letters[order[i]];
	if (p == buf)
		*p++ = '-';
	*p = 0;
	return buf;
}

int segment_parse_flags(const char *s)
{
	int flags = 0;

	if (!strcmp(s, "-"))
		return 0;
	for (; *s; s++) {
		const char *at = strchr(flag_letters, *s);

		if (!at)
			return -1;
		flags |= 1 << (at - flag_letters);
	}
	return flags;
}

__printf(2, 3)
static void note(char *list, const char *fmt, ...)
{
	size_t used = strlen(list);
	va_list args;

	if (used && used + 1 < SEG_OPT_MAX) {
		list[used++] = ',';
		list[used] = 0;
	}
	va_start(args, fmt);
	vsnprintf(list + used, SEG_OPT_MAX - used, fmt, args);
	va_end(args);
}

static void decode_sack(struct segment *seg, const u8 *p, int len, int tcp)
{
	int i;

	if (len % 8 != 2 || len == 2)
		note(seg->bad, "sack-length");
	/* CLASP counts from the acknowledgment number, TCP doesn't. */
	for (i = 2; i + 8 <= len; i += 8)
		note(seg->opts, "sack:%u-%u",
		     get32(p + i) - (tcp ? (u32)seg->ack : 0),
		     get32(p + i + 4) - (tcp ? (u32)seg->ack : 0));
}

/* The options of both protocols have the same form. */
static void decode_options(struct segment *seg, const u8 *p, int len, int tcp)
{
	while (len > 0 && *p) {
		if (*p == 1) {
			p++;
			len--;
			continue;
		}
		if (len < 2 || p[1] < 2 || p[1] > len) {
			note(seg->bad, "option-length");
			return;
		}
		if (*p == 2 && p[1] == 4)
			note(seg->opts, "mss:%u", seg->mss = get16(p + 2));
		else if (*p == 5)
			decode_sack(seg, p, p[1], tcp);
		else
			note(seg->opts, "kind%u:%u", *p, p[1]);
		len -= p[1];
		p += p[1];
	}
	for (; len > 0; len--, p++)
		if (*p) {
			note(seg->bad, "padding");
			return;
		}
}

static int decode_tcp(struct segment *seg, const u8 *p, size_t len)
{
	if (len < 20)
		return -1;
	seg->seq = get32(p + 4);
	seg->ack = get32(p + 8);
	seg->hdr_len = (p[12] >> 4) * 4;
	seg->flags = p[13];
	seg->win = get16(p + 14);
	seg->csum = get16(p + 16);
	seg->urg = get16(p + 18);
	return 20;
}

static int decode_clasp(struct segment *seg, const u8 *p, size_t len)
{
	if (len < SEG_HDR)
		return -1;
	seg->version = p[4] >> 4;
	seg->hdr_len = (p[4] & 15) * 8;
	seg->flags = p[5];
	seg->csum = get16(p + 6);
	seg->seq = get64(p + 8);
	seg->ack = get64(p + 16);
	seg->win = get32(p + 24);
	seg->urg = get16(p + 28);
	seg->zero = get16(p + 30);
	if (seg->version != 1)
		note(seg->bad, "version");
	if (seg->zero)
		note(seg->bad, "reserved");
	if (!(seg->flags & SEG_ACK) && seg->ack)
		note(seg->bad, "ack-without-flag");
	if (!(seg->flags & SEG_URG) && seg->urg)
		note(seg->bad, "urg-without-flag");
	return SEG_HDR;
}

/* len is what the IP header says, have what the capture holds of it. */
static int decode_transport(struct segment *seg, const u8 *p, size_t len,
			    size_t have, int proto, int csum_ready)
{
	int tcp = proto == SEG_PROTO_TCP;
	int fixed = tcp ? decode_tcp(seg, p, have) : decode_clasp(seg, p, have);

	if (fixed < 0) {
		note(seg->bad, "short");
		return 0;
	}
	seg->sport = get16(p);
	seg->dport = get16(p + 2);
	if (!csum_ready)
		seg->verdict = CSUM_PARTIAL;
	else if (have < len)
		seg->verdict = CSUM_UNKNOWN;
	else if (ip_checksum(&seg->src, &seg->dst, proto, p, len))
		seg->verdict = CSUM_BAD;
	else
		seg->verdict = CSUM_OK;
	if (seg->hdr_len < fixed || seg->hdr_len > len) {
		note(seg->bad, "header-length");
		return 0;
	}
	if (seg->hdr_len <= have)
		decode_options(seg, p + fixed, seg->hdr_len - fixed, tcp);
	seg->len = len - seg->hdr_len;
	seg->payload = p + seg->hdr_len;
	return 0;
}

int segment_decode(struct segment *seg, const u8 *pkt, size_t have, int proto,
		   int csum_ready)
{
	struct ip_header ip;

	if (ip_decode(&ip, pkt, have) || ip.proto != proto)
		return -1;
	memset(seg, 0, sizeof(*seg));
	seg->ip_id = ip.id;
	seg->src = ip.src;
	seg->dst = ip.dst;
	have -= ip.hdr_len;
	if (have > ip.len)	/* Ethernet pads short frames */
		have = ip.len;
	return decode_transport(seg, pkt + ip.hdr_len, ip.len, have, proto,
				csum_ready);
}

size_t segment_encode(const struct segment *seg, int proto, const u8 *opts,
		      size_t opts_len, const u8 *payload, size_t len, u8 *out)
{
	size_t total = SEG_HDR + opts_len + len;

	put16(out, seg->sport);
	put16(out + 2, seg->dport);
	out[4] = seg->version << 4 | (seg->hdr_len / 8 & 15);
	out[5] = seg->flags;
	put16(out + 6, 0);
	put64(out + 8, seg->seq);
	put64(out + 16, seg->ack);
	put32(out + 24, seg->win);
	put16(out + 28, seg->urg);
	put16(out + 30, seg->zero);
	memcpy(out + SEG_HDR, opts, opts_len);
	memcpy(out + SEG_HDR + opts_len, payload, len);
	put16(out + 6, ip_checksum(&seg->src, &seg->dst, proto, out, total));
	return total;
}
