// SPDX-License-Identifier: GPL-2.0
/* All that differs by the family that scripts are played over. */
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "packets.h"
#include "util.h"

static const struct icmp_kind icmp4[] = {
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
	{ NULL, 0, 0 },
};

/* By the names of what means the same in IPv4, where something does. */
static const struct icmp_kind icmp6[] = {
	{ "unreach net", ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE },
	{ "unreach host", ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR },
	{ "unreach scope", ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_BEYONDSCOPE },
	{ "unreach port", ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT },
	{ "unreach admin", ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN },
	{ "unreach policy", ICMP6_DST_UNREACH, 5 },	/* RFC 4443, 3.1 */
	{ "unreach reject", ICMP6_DST_UNREACH, 6 },
	{ "frag_needed", ICMP6_PACKET_TOO_BIG, 0 },
	{ "ttl exceeded", ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_TRANSIT },
	{ "reassembly exceeded", ICMP6_TIME_EXCEEDED,
	  ICMP6_TIME_EXCEED_REASSEMBLY },
	{ "parameter problem", ICMP6_PARAM_PROB, ICMP6_PARAMPROB_HEADER },
	{ "next header", ICMP6_PARAM_PROB, ICMP6_PARAMPROB_NEXTHEADER },
	{ NULL, 0, 0 },
};

static u16 icmp4_checksum(const struct ip_header *ip, const u8 *data, size_t len)
{
	(void)ip;
	return checksum(data, len);
}

static u16 icmp6_checksum(const struct ip_header *ip, const u8 *data, size_t len)
{
	return ip_checksum(&ip->src, &ip->dst, ip->proto, data, len);
}

static const struct world worlds[] = {
	{
		.name = "ipv4",
		.sock_family = AF_INET,
		.ip_family = AF_INET,
		.any = "0.0.0.0",
		.icmp_proto = IPPROTO_ICMP,
		.icmp_kinds = icmp4,
		.icmp_checksum = icmp4_checksum,
	}, {
		.name = "ipv6",
		.sock_family = AF_INET6,
		.ip_family = AF_INET6,
		.any = "::",
		.mtu_more = 20,
		.net = "2001:db8::",
		.net_bits = 96,
		.icmp_proto = IPPROTO_ICMPV6,
		.icmp_kinds = icmp6,
		.icmp_checksum = icmp6_checksum,
	}, {
		/* Sockets of IPv6, and IPv4 on the wire: RFC 3493, 3.7. */
		.name = "mapped",
		.sock_family = AF_INET6,
		.ip_family = AF_INET,
		.any = "::",
		.icmp_proto = IPPROTO_ICMP,
		.icmp_kinds = icmp4,
		.icmp_checksum = icmp4_checksum,
	},
};

const struct world *world = worlds;

void world_pick(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(worlds) / sizeof(*worlds); i++)
		if (!strcmp(worlds[i].name, name)) {
			world = &worlds[i];
			return;
		}
	die("no such family: %s", name);
}

struct in6_addr world_host(const char *ip)
{
	int family = strchr(ip, ':') ? AF_INET6 : world->ip_family;

	return host_of(address_of(family, ip, 0));
}

const char *world_text(const struct in6_addr *host, u16 port, char *buf)
{
	struct in6_addr twin = world_host(LOCAL_ADDR), mapped;

	if (!world->net || memcmp(host, &twin, world->net_bits / 8))
		return host_text(host, port, buf);
	mapped = host_of(address_of(AF_INET, LOCAL_ADDR, 0));
	mapped.s6_addr32[3] = host->s6_addr32[3];
	return host_text(&mapped, port, buf);
}
