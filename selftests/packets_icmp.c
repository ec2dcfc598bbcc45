// SPDX-License-Identifier: GPL-2.0
/* ICMP errors as a line tells them, and as they are. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "packets.h"
#include "util.h"

/* In both versions of IP, which put the MTU into the same place. */
struct icmp_header {
	u8 type, code;
	u16 checksum;
	u32 mtu;
};

static int find_kind(struct icmp_spec *spec, const char *name)
{
	const struct icmp_kind *kind;

	for (kind = world->icmp_kinds; kind->name; kind++)
		if (!strcmp(kind->name, name)) {
			spec->type = kind->type;
			spec->code = kind->code;
			return 1;
		}
	return 0;
}

static char *value_word(char **at, const char *key)
{
	char *word = next_word(at);

	if (!word)
		bad_line("\"%s\" lacks its value", key);
	return word;
}

static void parse_kind(struct icmp_spec *spec, char **at)
{
	char *word = value_word(at, "icmp"), name[64];

	if (!strcmp(word, "type")) {
		spec->type = parse_number(value_word(at, word));
		if (strcmp(value_word(at, word), "code"))
			bad_line("icmp type N code N");
		spec->code = parse_number(value_word(at, "code"));
		return;
	}
	if (find_kind(spec, word))
		return;
	snprintf(name, sizeof(name), "%s %s", word, value_word(at, word));
	if (!find_kind(spec, name))
		bad_line("no such ICMP message: \"%s\"", name);
}

void icmp_spec_parse(struct icmp_spec *spec, char *text)
{
	char *word;

	/* RFC 1812, 4.3.2.3, wants more of the segment than RFC 792's 8 bytes. */
	spec->quote = SEG_HDR;
	spec->ttl = 64;
	parse_kind(spec, &text);
	while ((word = next_word(&text)) && strcmp(word, "about")) {
		if (!strcmp(word, "mtu"))
			spec->mtu = parse_mtu(value_word(&text, word));
		else if (!strcmp(word, "quote"))
			spec->quote = parse_number(value_word(&text, word));
		else if (!strcmp(word, "ttl"))
			spec->ttl = parse_number(value_word(&text, word));
		else
			bad_line("no such field of ICMP: \"%s\"", word);
	}
	segment_about_parse(&spec->about, text);
	if (spec->quote > SEG_HDR + spec->about.len)
		bad_line("cannot return more than the segment has");
}

size_t icmp_spec_build(const struct icmp_spec *spec, u8 *pkt)
{
	struct icmp_header hdr = {
		.type = spec->type,
		.code = spec->code,
		.mtu = htonl(spec->mtu),
	};
	struct ip_header ip = {
		.src = world_host(ROUTER_ADDR),
		.proto = world->icmp_proto,
		.ttl = spec->ttl,
		.df = 1,
	};
	static u8 quoted[PACKET_MAX];
	struct in6_addr from;
	size_t hdr_len, len;
	u8 *icmp;

	len = segment_about_build(&spec->about, quoted, &from) + spec->quote;
	ip.dst = from;
	hdr_len = ip_size(&ip);
	icmp = pkt + hdr_len;
	memcpy(icmp + sizeof(hdr), quoted, len);
	len += sizeof(hdr);
	memcpy(icmp, &hdr, sizeof(hdr));
	hdr.checksum = htons(world->icmp_checksum(&ip, icmp, len));
	memcpy(icmp, &hdr, sizeof(hdr));
	ip_encode(&ip, len, pkt);
	return hdr_len + len;
}
