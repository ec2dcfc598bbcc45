// SPDX-License-Identifier: GPL-2.0
/* Segments: as a line tells them, and as they are. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "util.h"

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

static u8 *put_be32(u8 *to, u32 value)
{
	int i;

	for (i = 24; i >= 0; i -= 8)
		*to++ = value >> i;
	return to;
}

/* "1001-2001,3001-4001", blocks counted as "ack" is: the option's offsets from it. */
static void parse_sack(struct segment_spec *spec, char *word)
{
	u8 *at = spec->opts + 2;
	char *block, *end;

	if (!spec->ack.named || spec->ack.absolute)
		bad_line("\"sack\" wants an \"ack\" before it");
	while ((block = strsep(&word, ","))) {
		end = strchr(block, '-');
		if (!end || at + 8 > spec->opts + SEG_HDR_MAX - SEG_HDR)
			bad_line("\"sack\": not a block, or too many");
		*end++ = 0;
		at = put_be32(at, parse_number(block) - spec->ack.value);
		at = put_be32(at, parse_number(end) - spec->ack.value);
	}
	spec->opts[0] = 5;
	spec->opts[1] = at - spec->opts;
	spec->opts_len = (spec->opts[1] + 7) / 8 * 8;
	spec->has |= HAS_OPTS;
}

static const struct {
	const char *name;
	u8 type;
} extensions[] = {
	{ "hop", IPPROTO_HOPOPTS }, { "dest", IPPROTO_DSTOPTS },
	{ "routing", IPPROTO_ROUTING }, { "fragment", IPPROTO_FRAGMENT },
};

#define EXTENSIONS (sizeof(extensions) / sizeof(*extensions))

/* "hop+dest", or "none" */
static void parse_ext(struct segment_spec *spec, char *word)
{
	char *name;
	size_t i;

	spec->has |= HAS_EXT;
	if (!strcmp(word, "none"))
		return;
	while ((name = strsep(&word, "+"))) {
		for (i = 0; i < EXTENSIONS &&
		     strcmp(extensions[i].name, name); i++)
			;
		if (i == EXTENSIONS || spec->ext_count == IP_EXT_MAX)
			bad_line("no such extension header, or too many");
		spec->ext[spec->ext_count++] = extensions[i].type;
	}
}

/* A number, "new" for another than before, "same" for that one. */
static void parse_flow(struct segment_spec *spec, const char *word)
{
	spec->has |= HAS_FLOW;
	if (!strcmp(word, "new"))
		spec->flow_rule = FLOW_NEW;
	else if (!strcmp(word, "same"))
		spec->flow_rule = FLOW_SAME;
	else
		spec->flow = parse_number(word);
	if (spec->flow >> 20)
		bad_line("a flow label has 20 bits");
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
	} else if (!strcmp(key, "sack")) {
		parse_sack(spec, value_word(at, key));
	} else if (!strcmp(key, "ipopt")) {
		spec->ip_opts_len = parse_opts(value_word(at, key),
					       spec->ip_opts, IP_OPTS_MAX, 4);
		spec->has |= HAS_IPOPTS;
	} else if (!strcmp(key, "flow")) {
		parse_flow(spec, value_word(at, key));
	} else if (!strcmp(key, "ext")) {
		parse_ext(spec, value_word(at, key));
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
	if (spec->len > PACKET_MAX - IP_HDR_MAX - SEG_HDR_MAX)
		bad_line("\"len\" is too large");
	if (inject) {
		if (spec->renew)
			bad_line("\"new\" is for expected segments");
		if (spec->has & HAS_OPTS && spec->has & HAS_MSS)
			bad_line("either \"opt\" or \"mss\"");
		if (spec->flow_rule != FLOW_TOLD)
			bad_line("which flow label?");
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

void segment_about_parse(struct segment_spec *spec, char *text)
{
	char *word;

	spec->flags = SEG_ACK;
	while ((word = next_word(&text)))
		parse_field(spec, word, &text);
	if (!spec->seq.named)
		bad_line("about which \"seq\"?");
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

/* The header of IP as told, with what is usual where nothing is. */
static struct ip_header spec_ip(const struct segment_spec *spec,
				const struct segment *seg)
{
	struct ip_header ip = {
		.src = seg->src,
		.dst = seg->dst,
		.proto = proto_env(),
		.ttl = spec->has & HAS_TTL ? spec->ttl : 64,
		.tos = spec->tos,
		.df = spec->has & HAS_DF ? spec->df : 1,
		.flow = spec->flow,
		.opts_len = spec->ip_opts_len,
		.ext_count = spec->ext_count,
	};

	memcpy(ip.opts, spec->ip_opts, sizeof(ip.opts));
	memcpy(ip.ext, spec->ext, sizeof(ip.ext));
	return ip;
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
	sum = ip_checksum(&seg->src, &seg->dst, proto_env(), p, len);
	sum ^= bad ? 0x5555 : 0;
	p[6] = sum >> 8;
	p[7] = sum;
}

size_t segment_spec_build(const struct segment_spec *spec, u8 *pkt)
{
	static u8 payload[PACKET_MAX];
	struct conn *conn = conn_of_spec(spec, 1);
	u8 opts[SEG_HDR_MAX], *p;
	size_t opts_len = spec_options(spec, opts), hdr_len, len;
	struct segment seg;
	struct ip_header ip;

	if (spec->has & HAS_ISN)
		conn->irs = spec->isn;
	spec_header(spec, conn, 1, opts_len, &seg);
	ip = spec_ip(spec, &seg);
	hdr_len = ip_size(&ip);
	p = pkt + hdr_len;
	put_payload(spec, seg.seq - conn->irs, payload);
	len = segment_encode(&seg, proto_env(), opts, opts_len, payload,
			     spec->len, p);
	if (spec->has & HAS_CUT && spec->cut < len)
		len = spec->cut;
	put_csum(&seg, p, len, spec->bad_csum);
	ip_encode(&ip, len, pkt);
	return hdr_len + len;
}

size_t segment_about_build(const struct segment_spec *spec, u8 *pkt,
			   struct in6_addr *from)
{
	struct conn *conn = conn_of_spec(spec, 0);
	static u8 payload[PACKET_MAX];
	struct segment seg;
	struct ip_header ip;

	spec_header(spec, conn, 0, 0, &seg);
	ip = spec_ip(spec, &seg);
	ip_encode(&ip, SEG_HDR + spec->len, pkt);
	segment_encode(&seg, proto_env(), NULL, 0, payload, spec->len,
		       pkt + ip_size(&ip));
	*from = seg.src;
	return ip_size(&ip);
}

/* ---- from packets ------------------------------------------------------- */

__printf(3, 4)
static int differs(char *why, size_t room, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, room, fmt, args);
	va_end(args);
	return 0;
}

/* The fields of IP, as far as the line names them. */
static int match_ip(const struct segment_spec *spec, const struct ip_header *ip,
		    char *why, size_t room)
{
	if (spec->has & HAS_TTL && ip->ttl != spec->ttl)
		return differs(why, room, "the TTL is %u", ip->ttl);
	if (spec->has & HAS_TOS && ip->tos != spec->tos)
		return differs(why, room, "the type of service is %u", ip->tos);
	if (spec->has & HAS_DF && ip->df != spec->df)
		return differs(why, room, "DF is %d", ip->df);
	if (spec->has & HAS_IPOPTS &&
	    (ip->opts_len != spec->ip_opts_len ||
	     memcmp(ip->opts, spec->ip_opts, ip->opts_len)))
		return differs(why, room, "the IP options are others, %zu bytes",
			       ip->opts_len);
	if (spec->has & HAS_EXT &&
	    (ip->ext_count != spec->ext_count ||
	     memcmp(ip->ext, spec->ext, ip->ext_count)))
		return differs(why, room, "the extension headers are others, %zu",
			       ip->ext_count);
	return 1;
}

static int match_flow(const struct segment_spec *spec, struct conn *conn,
		      u32 flow, char *why, size_t room)
{
	u32 last = conn->flow;

	conn->flow = flow;
	if (!(spec->has & HAS_FLOW))
		return 1;
	if (spec->flow_rule == FLOW_TOLD && flow != spec->flow)
		return differs(why, room, "the flow label is %#x", flow);
	if (spec->flow_rule == FLOW_NEW && (!flow || flow == last))
		return differs(why, room, flow ? "the flow label is as before" :
						 "the flow label is 0");
	if (spec->flow_rule == FLOW_SAME && flow != last)
		return differs(why, room, "the flow label is another");
	return 1;
}

/* The same of our own header. */
static int match_named(const struct segment_spec *spec, const u8 *options,
		       const struct segment *seg, char *why, size_t room)
{
	size_t opts_len = seg->hdr_len - SEG_HDR;

	if (spec->has & HAS_WIN &&
	    (seg->win < spec->win || seg->win > spec->win_max))
		return differs(why, room, "the window is %u", seg->win);
	if (spec->has & HAS_MSS && seg->mss != spec->mss)
		return differs(why, room, "the MSS is %u", seg->mss);
	if (spec->has & HAS_URG && seg->urg != spec->urg)
		return differs(why, room, "the urgent pointer is %u", seg->urg);
	if (spec->has & HAS_OPTS &&
	    (opts_len != spec->opts_len ||
	     memcmp(options, spec->opts, opts_len)))
		return differs(why, room, "the options are \"%s\", %zu bytes",
			       seg->opts, opts_len);
	return 1;
}

static int match_ends(struct conn *conn, const struct segment *seg)
{
	return same_in6(&seg->src, &conn->local_addr) &&
	       same_in6(&seg->dst, &conn->peer_addr) && seg->dport == conn->peer_port &&
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
	struct ip_header ip;

	ip_decode(&ip, pkt, len);
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
	return match_ip(spec, &ip, why, room) &&
	       match_flow(spec, conn, ip.flow, why, room) &&
	       match_named(spec, pkt + ip.hdr_len + SEG_HDR, &seg, why, room) &&
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
	struct ip_header ip;

	if (ip_decode(&ip, pkt, len) || len < ip.hdr_len + 2)
		snprintf(buf, room, "a packet of %zu bytes", len);
	else if (ip.proto == world->icmp_proto)
		snprintf(buf, room, "icmp type %u code %u", pkt[ip.hdr_len],
			 pkt[ip.hdr_len + 1]);
	else
		snprintf(buf, room, "a packet of IP protocol %u, %zu bytes",
			 ip.proto, len);
}

static void describe_end(char *buf, size_t room, const char *what,
			 const struct in6_addr *host, u16 port, int is_peer)
{
	struct in6_addr usual = world_host(is_peer ? PEER_ADDR : LOCAL_ADDR);
	u16 usual_port = is_peer ? PEER_PORT : LOCAL_PORT;
	char text[HOST_TEXT];

	*buf = 0;
	if (!same_in6(host, &usual) || port != usual_port)
		snprintf(buf, room, " %s %s", what, world_text(host, port, text));
}

void packet_describe(const u8 *pkt, size_t len, int to_kernel, char *buf,
		     size_t room)
{
	char flags[9], from[HOST_TEXT + 8], to[HOST_TEXT + 8];
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
	describe_end(from, sizeof(from), "from", &seg.src, seg.sport, to_kernel);
	describe_end(to, sizeof(to), "to", &seg.dst, seg.dport, !to_kernel);
	snprintf(buf + n, room - n, " len %u win %u%s%s%s%s%s%s", seg.len,
		 seg.win, *seg.opts ? " options " : "", seg.opts, from, to,
		 *seg.bad ? ", malformed: " : "", seg.bad);
}
