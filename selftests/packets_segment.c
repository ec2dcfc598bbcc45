// SPDX-License-Identifier: GPL-2.0
/* Segments and ICMP messages: as a line tells them, and as they are. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "util.h"

#define IP_HDR sizeof(struct iphdr)
#define ICMP_HDR 8

/* ---- from text ---------------------------------------------------------- */

static char *value_word(char **at, const char *key)
{
	char *word = next_word(at);

	if (!word)
		bad_line("\"%s\" lacks its value", key);
	return word;
}

static void parse_counted(struct number *number, char **at, const char *key)
{
	char *word = value_word(at, key);

	number->named = 1;
	number->absolute = !strcmp(word, "abs");
	if (number->absolute)
		word = value_word(at, key);
	number->value = parse_number(word);
}

/* Options in hexadecimal, padded to whole units; returns their length. */
static size_t parse_opts(const char *hex, u8 *opts, size_t room, size_t unit)
{
	unsigned int byte;
	size_t len = 0;

	for (; sscanf(hex, "%2x", &byte) == 1 && hex[1]; hex += 2) {
		if (len == room)
			bad_line("too many options");
		opts[len++] = byte;
	}
	if (*hex && strcmp(hex, "none"))
		bad_line("\"%s\" is not hexadecimal", hex);
	return (len + unit - 1) / unit * unit;
}

static void parse_win(struct segment_spec *spec, char *word)
{
	long low, high;

	parse_range(word, &low, &high);
	spec->win = low;
	spec->win_max = high;
}

static void parse_csum(struct segment_spec *spec, const char *word)
{
	if (strcmp(word, "bad"))
		bad_line("a checksum is only ever \"bad\"");
	spec->bad_csum = 1;
}

/* Of the fields that are a plain number and are told apart by a bit. */
static int parse_plain(struct segment_spec *spec, const char *key, char **at)
{
	static const struct {
		const char *key;
		u32 has;
		size_t where, size;
	} plain[] = {
#define PLAIN(key, has, field) { key, has, \
	offsetof(struct segment_spec, field), \
	sizeof(((struct segment_spec *)0)->field) }
		PLAIN("mss", HAS_MSS, mss), PLAIN("urg", HAS_URG, urg),
		PLAIN("ttl", HAS_TTL, ttl), PLAIN("tos", HAS_TOS, tos),
		PLAIN("df", HAS_DF, df), PLAIN("isn", HAS_ISN, isn),
		PLAIN("version", HAS_VERSION, version),
		PLAIN("hdrlen", HAS_HDRLEN, hdr_len),
		PLAIN("zero", HAS_ZERO, zero), PLAIN("cut", HAS_CUT, cut),
		PLAIN("len", 0, len),
#undef PLAIN
	};
	size_t i;
	u64 value;

	for (i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (strcmp(plain[i].key, key))
			continue;
		value = parse_number(value_word(at, key));
		if (plain[i].size < 8 && value >> plain[i].size * 8)
			bad_line("\"%s\": too large", key);
		/* All of these machines are little-endian. */
		memcpy((u8 *)spec + plain[i].where, &value, plain[i].size);
		spec->has |= plain[i].has;
		return 1;
	}
	return 0;
}

static void parse_field(struct segment_spec *spec, const char *key, char **at)
{
	if (parse_plain(spec, key, at))
		return;
	if (!strcmp(key, "seq")) {
		parse_counted(&spec->seq, at, key);
	} else if (!strcmp(key, "ack")) {
		parse_counted(&spec->ack, at, key);
	} else if (!strcmp(key, "win")) {
		parse_win(spec, value_word(at, key));
		spec->has |= HAS_WIN;
	} else if (!strcmp(key, "opt")) {
		spec->opts_len = parse_opts(value_word(at, key), spec->opts,
					    SEG_HDR_MAX - SEG_HDR, 8);
		spec->has |= HAS_OPTS;
	} else if (!strcmp(key, "ipopt")) {
		spec->ip_opts_len = parse_opts(value_word(at, key),
					       spec->ip_opts, IP_OPTS_MAX, 4);
		spec->has |= HAS_IPOPTS;
	} else if (!strcmp(key, "csum")) {
		parse_csum(spec, value_word(at, key));
	} else if (!strcmp(key, "from")) {
		parse_end(value_word(at, key), &spec->from);
	} else if (!strcmp(key, "to")) {
		parse_end(value_word(at, key), &spec->to);
	} else if (!strcmp(key, "junk")) {
		spec->junk = 1;
	} else if (!strcmp(key, "new")) {
		spec->renew = 1;
	} else {
		bad_line("no such field: \"%s\"", key);
	}
}

/* What makes no sense in this direction would be silently ignored. */
static void check_direction(const struct segment_spec *spec, int inject)
{
	u32 only_in = HAS_ISN | HAS_VERSION | HAS_HDRLEN | HAS_ZERO | HAS_CUT;

	if (!spec->seq.named)
		bad_line("\"seq\" must be told");
	if (spec->len > PACKET_MAX - IP_HDR - SEG_HDR_MAX)
		bad_line("\"len\" is too large");
	if (inject) {
		if (spec->renew)
			bad_line("\"new\" is for expected segments");
		if (spec->has & HAS_OPTS && spec->has & HAS_MSS)
			bad_line("either \"opt\" or \"mss\"");
		if (spec->from.any_port || spec->to.any_port)
			bad_line("which port?");
		return;
	}
	if (spec->has & only_in || spec->bad_csum || spec->junk)
		bad_line("a field that is for injected segments only");
	if (spec->flags & SEG_ACK && !spec->ack.named)
		bad_line("\"ack\" must be told");
}

void segment_spec_parse(struct segment_spec *spec, char *text, int inject)
{
	char *word = next_word(&text);
	int flags = word ? segment_parse_flags(word) : -1;

	if (flags < 0)
		bad_line("\"%s\": not flags", word ?: "");
	spec->flags = flags;
	while ((word = next_word(&text)))
		parse_field(spec, word, &text);
	check_direction(spec, inject);
}

static const struct {
	const char *name;
	u8 type, code;
} icmp_names[] = {
	{ "unreach net", ICMP_DEST_UNREACH, ICMP_NET_UNREACH },
	{ "unreach host", ICMP_DEST_UNREACH, ICMP_HOST_UNREACH },
	{ "unreach protocol", ICMP_DEST_UNREACH, ICMP_PROT_UNREACH },
	{ "unreach port", ICMP_DEST_UNREACH, ICMP_PORT_UNREACH },
	{ "unreach admin", ICMP_DEST_UNREACH, ICMP_PKT_FILTERED },
	{ "unreach srcroute", ICMP_DEST_UNREACH, ICMP_SR_FAILED },
	{ "frag_needed", ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED },
	{ "ttl exceeded", ICMP_TIME_EXCEEDED, ICMP_EXC_TTL },
	{ "reassembly exceeded", ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME },
	{ "source quench", ICMP_SOURCE_QUENCH, 0 },
	{ "parameter problem", ICMP_PARAMETERPROB, 0 },
	{ "redirect host", ICMP_REDIRECT, ICMP_REDIR_HOST },
};

static int icmp_named(struct icmp_spec *spec, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(icmp_names) / sizeof(*icmp_names); i++)
		if (!strcmp(icmp_names[i].name, name)) {
			spec->type = icmp_names[i].type;
			spec->code = icmp_names[i].code;
			return 1;
		}
	return 0;
}

static void icmp_kind_parse(struct icmp_spec *spec, char **at)
{
	char *word = value_word(at, "icmp"), name[64];

	if (!strcmp(word, "type")) {
		spec->type = parse_number(value_word(at, word));
		if (strcmp(value_word(at, word), "code"))
			bad_line("icmp type N code N");
		spec->code = parse_number(value_word(at, "code"));
		return;
	}
	if (icmp_named(spec, word))
		return;
	snprintf(name, sizeof(name), "%s %s", word, value_word(at, word));
	if (!icmp_named(spec, name))
		bad_line("no such ICMP message: \"%s\"", name);
}

void icmp_spec_parse(struct icmp_spec *spec, char *text)
{
	char *word;

	/* RFC 1812, 4.3.2.3, wants more of the segment than RFC 792's 8 bytes. */
	spec->quote = SEG_HDR;
	icmp_kind_parse(spec, &text);
	while ((word = next_word(&text)) && strcmp(word, "about")) {
		if (!strcmp(word, "mtu"))
			spec->mtu = parse_number(value_word(&text, word));
		else if (!strcmp(word, "quote"))
			spec->quote = parse_number(value_word(&text, word));
		else
			bad_line("no such field of ICMP: \"%s\"", word);
	}
	spec->about.flags = SEG_ACK;
	while ((word = next_word(&text)))
		parse_field(&spec->about, word, &text);
	if (!spec->about.seq.named)
		bad_line("about which \"seq\"?");
	if (spec->quote > SEG_HDR + spec->about.len)
		bad_line("cannot return more than the segment has");
}

/* ---- to packets --------------------------------------------------------- */

static u64 absolute(const struct number *number, u64 initial)
{
	return number->absolute ? number->value : initial + number->value;
}

static size_t spec_options(const struct segment_spec *spec, u8 *opts)
{
	if (spec->has & HAS_MSS) {
		u8 mss[8] = { 2, 4, spec->mss >> 8, spec->mss };

		memcpy(opts, mss, sizeof(mss));
		return sizeof(mss);
	}
	memcpy(opts, spec->opts, spec->opts_len);
	return spec->opts_len;
}

/* The header as told, of either direction. */
static void spec_header(const struct segment_spec *spec, const struct conn *conn,
			int to_kernel, size_t opts_len, struct segment *seg)
{
	*seg = (struct segment){
		.src = to_kernel ? conn->peer_addr : conn->local_addr,
		.dst = to_kernel ? conn->local_addr : conn->peer_addr,
		.sport = to_kernel ? conn->peer_port : conn->local_port,
		.dport = to_kernel ? conn->local_port : conn->peer_port,
		.version = spec->has & HAS_VERSION ? spec->version : 1,
		.hdr_len = spec->has & HAS_HDRLEN ? spec->hdr_len :
			   SEG_HDR + opts_len,
		.flags = spec->flags,
		.win = spec->has & HAS_WIN ? spec->win : 65535,
		.urg = spec->urg,
		.zero = spec->zero,
		.seq = absolute(&spec->seq, to_kernel ? conn->irs : conn->iss),
	};
	if (spec->ack.named)
		seg->ack = absolute(&spec->ack,
				    to_kernel ? conn->iss : conn->irs);
}

static void put_ip(u8 *pkt, size_t len, u32 src, u32 dst, int proto,
		   const struct segment_spec *spec)
{
	size_t hdr_len = IP_HDR + spec->ip_opts_len;
	struct iphdr ip = {
		.version = 4,
		.ihl = hdr_len / 4,
		.tot_len = htons(len),
		.tos = spec->tos,
		.ttl = spec->has & HAS_TTL ? spec->ttl : 64,
		.frag_off = htons(spec->has & HAS_DF && !spec->df ? 0 : IP_DF),
		.protocol = proto,
		.saddr = htonl(src),
		.daddr = htonl(dst),
	};

	memcpy(pkt, &ip, sizeof(ip));
	memcpy(pkt + IP_HDR, spec->ip_opts, spec->ip_opts_len);
	ip.check = htons(checksum(pkt, hdr_len));
	memcpy(pkt, &ip, sizeof(ip));
}

static void put_payload(const struct segment_spec *spec, u64 relative,
			u8 *payload)
{
	u64 offset = relative + !!(spec->flags & SEG_SYN) - 1;
	u32 i;

	stream_fill(1, offset, payload, spec->len);
	for (i = 0; spec->junk && i < spec->len; i++)
		payload[i] ^= 0xff;
}

/* Over what is really there, whatever the header says. */
static void put_csum(const struct segment *seg, u8 *p, size_t len, int bad)
{
	u16 sum;

	if (len < 8)
		return;
	p[6] = 0;
	p[7] = 0;
	sum = segment_csum(seg->src, seg->dst, proto_env(), p, len);
	sum ^= bad ? 0x5555 : 0;
	p[6] = sum >> 8;
	p[7] = sum;
}

size_t segment_spec_build(const struct segment_spec *spec, u8 *pkt)
{
	static u8 payload[PACKET_MAX];
	struct conn *conn = conn_of_spec(spec, 1);
	size_t ip_len = IP_HDR + spec->ip_opts_len;
	u8 opts[SEG_HDR_MAX], *p = pkt + ip_len;
	size_t opts_len = spec_options(spec, opts), len;
	struct segment seg;

	if (spec->has & HAS_ISN)
		conn->irs = spec->isn;
	spec_header(spec, conn, 1, opts_len, &seg);
	put_payload(spec, seg.seq - conn->irs, payload);
	len = segment_encode(&seg, proto_env(), opts, opts_len, payload,
			     spec->len, p);
	if (spec->has & HAS_CUT && spec->cut < len)
		len = spec->cut;
	put_csum(&seg, p, len, spec->bad_csum);
	put_ip(pkt, ip_len + len, seg.src, seg.dst, proto_env(), spec);
	return ip_len + len;
}

size_t icmp_spec_build(const struct icmp_spec *spec, u8 *pkt)
{
	static const struct segment_spec plain;
	struct conn *conn = conn_of_spec(&spec->about, 0);
	u8 *icmp = pkt + IP_HDR, *inner = icmp + ICMP_HDR;
	size_t len = ICMP_HDR + IP_HDR + spec->quote;
	struct icmphdr hdr = { .type = spec->type, .code = spec->code };
	static u8 payload[PACKET_MAX];
	struct segment seg;

	spec_header(&spec->about, conn, 0, 0, &seg);
	put_ip(inner, IP_HDR + SEG_HDR + spec->about.len, seg.src, seg.dst,
	       proto_env(), &spec->about);
	segment_encode(&seg, proto_env(), NULL, 0, payload, spec->about.len,
		       inner + IP_HDR);
	hdr.un.frag.mtu = htons(spec->mtu);
	memcpy(icmp, &hdr, ICMP_HDR);
	hdr.checksum = htons(checksum(icmp, len));
	memcpy(icmp, &hdr, ICMP_HDR);
	put_ip(pkt, IP_HDR + len, ROUTER_ADDR, seg.src, IPPROTO_ICMP, &plain);
	return IP_HDR + len;
}

/* ---- from packets ------------------------------------------------------- */

static const u8 *segment_options(const u8 *pkt)
{
	return pkt + (pkt[0] & 15) * 4 + SEG_HDR;
}

__printf(3, 4)
static int differs(char *why, size_t room, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, room, fmt, args);
	va_end(args);
	return 0;
}

/* The fields of IP and the options, as far as the line names them. */
static int match_named(const struct segment_spec *spec, const u8 *pkt,
		       const struct segment *seg, char *why, size_t room)
{
	const struct iphdr *ip = (const struct iphdr *)pkt;
	int df = !!(ip->frag_off & htons(IP_DF));
	size_t opts_len = seg->hdr_len - SEG_HDR;

	if (spec->has & HAS_WIN &&
	    (seg->win < spec->win || seg->win > spec->win_max))
		return differs(why, room, "the window is %u", seg->win);
	if (spec->has & HAS_MSS && seg->mss != spec->mss)
		return differs(why, room, "the MSS is %u", seg->mss);
	if (spec->has & HAS_URG && seg->urg != spec->urg)
		return differs(why, room, "the urgent pointer is %u", seg->urg);
	if (spec->has & HAS_TTL && ip->ttl != spec->ttl)
		return differs(why, room, "the TTL is %u", ip->ttl);
	if (spec->has & HAS_TOS && ip->tos != spec->tos)
		return differs(why, room, "the type of service is %u", ip->tos);
	if (spec->has & HAS_DF && df != spec->df)
		return differs(why, room, "DF is %d", df);
	if (spec->has & HAS_IPOPTS &&
	    (ip->ihl * 4 != IP_HDR + spec->ip_opts_len ||
	     memcmp(pkt + IP_HDR, spec->ip_opts, spec->ip_opts_len)))
		return differs(why, room, "the IP options are others, %zu bytes",
			       ip->ihl * 4 - IP_HDR);
	if (spec->has & HAS_OPTS &&
	    (opts_len != spec->opts_len ||
	     memcmp(segment_options(pkt), spec->opts, opts_len)))
		return differs(why, room, "the options are \"%s\", %zu bytes",
			       seg->opts, opts_len);
	return 1;
}

static int match_ends(struct conn *conn, const struct segment *seg)
{
	return seg->src == conn->local_addr && seg->dst == conn->peer_addr &&
	       seg->dport == conn->peer_port &&
	       (!conn->local_port || seg->sport == conn->local_port);
}

static int match_data(const struct segment *seg, u64 offset, char *why,
		      size_t room)
{
	size_t good = stream_check(0, offset, seg->payload, seg->len);

	if (good == seg->len)
		return 1;
	return differs(why, room, "wrong data from byte %zu of the segment on",
		       good);
}

int segment_spec_match(const struct segment_spec *spec, const u8 *pkt,
		       size_t len, char *why, size_t room)
{
	struct conn *conn = conn_of_spec(spec, 0);
	int syn = !!(spec->flags & SEG_SYN);
	struct segment seg;
	u64 want_ack = 0;

	if (segment_decode(&seg, pkt, len, proto_env(), 1))
		return differs(why, room, "no segment of the protocol");
	if (seg.verdict != CSUM_OK)
		return differs(why, room, "wrong checksum");
	if (*seg.bad)
		return differs(why, room, "malformed: %s", seg.bad);
	if (!match_ends(conn, &seg))
		return differs(why, room, "other addresses or ports");
	conn_learn(conn, &seg, spec->renew);
	if (seg.flags != spec->flags)
		return differs(why, room, "other flags");
	if (seg.seq != absolute(&spec->seq, conn->iss))
		return differs(why, room, "another sequence number");
	if (spec->ack.named)
		want_ack = absolute(&spec->ack, conn->irs);
	if (seg.ack != want_ack)
		return differs(why, room, "another acknowledgment number");
	if (seg.len != spec->len)
		return differs(why, room, "another length");
	return match_named(spec, pkt, &seg, why, room) &&
	       match_data(&seg, seg.seq - conn->iss + syn - 1, why, room);
}

/* Relative if it is known to what and not far from it. */
static int describe_number(char *buf, size_t room, const char *key, u64 value,
			   u64 initial)
{
	s64 relative = value - initial;

	if (relative > -(1ll << 33) && relative < 1ll << 33)
		return snprintf(buf, room, " %s %lld", key, (long long)relative);
	return snprintf(buf, room, " %s abs %llu", key,
			(unsigned long long)value);
}

static void describe_other(const u8 *pkt, size_t len, char *buf, size_t room)
{
	const struct iphdr *ip = (const struct iphdr *)pkt;
	const u8 *body = pkt + ip->ihl * 4;

	if (len < IP_HDR + 2)
		snprintf(buf, room, "a packet of %zu bytes", len);
	else if (ip->protocol == IPPROTO_ICMP)
		snprintf(buf, room, "icmp type %u code %u", body[0], body[1]);
	else
		snprintf(buf, room, "a packet of IP protocol %u, %zu bytes",
			 ip->protocol, len);
}

static void describe_port(char *buf, size_t room, const char *what, u32 addr,
			  u16 port, u32 usual_addr, u16 usual_port)
{
	struct in_addr in = { .s_addr = htonl(addr) };

	*buf = 0;
	if (addr != usual_addr || port != usual_port)
		snprintf(buf, room, " %s %s:%u", what, inet_ntoa(in), port);
}

void packet_describe(const u8 *pkt, size_t len, int to_kernel, char *buf,
		     size_t room)
{
	char flags[9], from[40], to[40];
	const struct conn *conn;
	struct segment seg;
	int n;

	if (segment_decode(&seg, pkt, len, proto_env(), 1)) {
		describe_other(pkt, len, buf, room);
		return;
	}
	conn = conn_of_segment(&seg, to_kernel);
	n = snprintf(buf, room, "%s", segment_flags(seg.flags, flags));
	n += describe_number(buf + n, room - n, "seq", seg.seq,
			     !conn ? 0 : to_kernel ? conn->irs : conn->iss);
	if (seg.flags & SEG_ACK || seg.ack)
		n += describe_number(buf + n, room - n, "ack", seg.ack,
				     !conn ? 0 : to_kernel ? conn->iss :
				     conn->irs);
	describe_port(from, sizeof(from), "from", seg.src, seg.sport,
		      to_kernel ? PEER_ADDR : LOCAL_ADDR,
		      to_kernel ? PEER_PORT : LOCAL_PORT);
	describe_port(to, sizeof(to), "to", seg.dst, seg.dport,
		      to_kernel ? LOCAL_ADDR : PEER_ADDR,
		      to_kernel ? LOCAL_PORT : PEER_PORT);
	snprintf(buf + n, room - n, " len %u win %u%s%s%s%s%s%s", seg.len,
		 seg.win, *seg.opts ? " options " : "", seg.opts, from, to,
		 *seg.bad ? ", malformed: " : "", seg.bad);
}
