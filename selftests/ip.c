// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdio.h>
#include <string.h>

#include "ip.h"

#define IP6_FRAG_BITS 0xfff9		/* offset and "more" */
#define EXT_SIZE 8

/* ---- checksums ---------------------------------------------------------- */

static u32 sum16(u32 sum, const u8 *p, size_t len)
{
	for (; len > 1; len -= 2, p += 2)
		sum += p[0] << 8 | p[1];
	return len ? sum + (*p << 8) : sum;
}

static u16 fold(u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

u16 checksum(const u8 *data, size_t len)
{
	return fold(sum16(0, data, len));
}

/* ---- IPv4 --------------------------------------------------------------- */

static struct in6_addr map4(u32 addr)
{
	struct in6_addr host = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(&host.s6_addr[12], &addr, 4);
	return host;
}

static u32 unmap4(const struct in6_addr *host)
{
	return host->s6_addr32[3];
}

static int decode4(struct ip_header *ip, const u8 *pkt, size_t have)
{
	struct iphdr hdr;
	size_t total;

	if (have < sizeof(hdr))
		return -1;
	memcpy(&hdr, pkt, sizeof(hdr));
	ip->hdr_len = hdr.ihl * 4;
	total = ntohs(hdr.tot_len);
	if (ip->hdr_len < sizeof(hdr) || total < ip->hdr_len ||
	    have < ip->hdr_len || ntohs(hdr.frag_off) & (IP_MF | IP_OFFMASK))
		return -1;
	ip->src = map4(hdr.saddr);
	ip->dst = map4(hdr.daddr);
	ip->proto = hdr.protocol;
	ip->ttl = hdr.ttl;
	ip->tos = hdr.tos;
	ip->df = !!(hdr.frag_off & htons(IP_DF));
	ip->id = ntohs(hdr.id);
	ip->opts_len = ip->hdr_len - sizeof(hdr);
	memcpy(ip->opts, pkt + sizeof(hdr), ip->opts_len);
	ip->len = total - ip->hdr_len;
	return 0;
}

static size_t size4(const struct ip_header *ip)
{
	return sizeof(struct iphdr) + ip->opts_len;
}

static void encode4(const struct ip_header *ip, size_t len, u8 *pkt)
{
	struct iphdr hdr = {
		.version = 4,
		.ihl = size4(ip) / 4,
		.tot_len = htons(size4(ip) + len),
		.tos = ip->tos,
		.ttl = ip->ttl,
		.id = htons(ip->id),
		.frag_off = htons(ip->df ? IP_DF : 0),
		.protocol = ip->proto,
		.saddr = unmap4(&ip->src),
		.daddr = unmap4(&ip->dst),
	};

	memcpy(pkt, &hdr, sizeof(hdr));
	memcpy(pkt + sizeof(hdr), ip->opts, ip->opts_len);
	hdr.check = htons(checksum(pkt, size4(ip)));
	memcpy(pkt, &hdr, sizeof(hdr));
}

static u32 pseudo4(const struct in6_addr *src, const struct in6_addr *dst,
		   int proto, size_t len)
{
	u8 pseudo[12] = { [9] = proto, [10] = len >> 8, [11] = len };

	memcpy(pseudo, &src->s6_addr[12], 4);
	memcpy(pseudo + 4, &dst->s6_addr[12], 4);
	return sum16(0, pseudo, sizeof(pseudo));
}

/* ---- IPv6 --------------------------------------------------------------- */

static int is_extension(u8 type)
{
	return type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING ||
	       type == IPPROTO_DSTOPTS || type == IPPROTO_FRAGMENT;
}

/* One after the other, until something else follows. */
static int decode_extensions(struct ip_header *ip, const u8 *pkt, size_t have)
{
	for (; is_extension(ip->proto); ip->ext_count++) {
		const u8 *ext = pkt + ip->hdr_len;
		size_t size = EXT_SIZE;

		if (have < ip->hdr_len + EXT_SIZE ||
		    ip->ext_count == IP_EXT_MAX)
			return -1;
		if (ip->proto != IPPROTO_FRAGMENT)
			size += ext[1] * 8;
		else if ((ext[2] << 8 | ext[3]) & IP6_FRAG_BITS)
			return -1;
		if (size > ip->len || have < ip->hdr_len + size)
			return -1;
		ip->ext[ip->ext_count] = ip->proto;
		ip->proto = ext[0];
		ip->hdr_len += size;
		ip->len -= size;
	}
	return 0;
}

static int decode6(struct ip_header *ip, const u8 *pkt, size_t have)
{
	struct ip6_hdr hdr;
	u32 first;

	if (have < sizeof(hdr))
		return -1;
	memcpy(&hdr, pkt, sizeof(hdr));
	first = ntohl(hdr.ip6_flow);
	ip->src = hdr.ip6_src;
	ip->dst = hdr.ip6_dst;
	ip->proto = hdr.ip6_nxt;
	ip->ttl = hdr.ip6_hlim;
	ip->tos = first >> 20;
	ip->flow = first & 0xfffff;
	ip->df = 1;
	ip->hdr_len = sizeof(hdr);
	ip->len = ntohs(hdr.ip6_plen);
	return decode_extensions(ip, pkt, have);
}

static size_t size6(const struct ip_header *ip)
{
	return sizeof(struct ip6_hdr) + ip->ext_count * EXT_SIZE;
}

/* Padding, a routing header that has been followed, the only fragment. */
static void encode_extension(u8 type, u8 next, u8 *ext)
{
	memset(ext, 0, EXT_SIZE);
	ext[0] = next;
	if (type == IPPROTO_HOPOPTS || type == IPPROTO_DSTOPTS) {
		ext[2] = IP6OPT_PADN;
		ext[3] = EXT_SIZE - 4;
	}
}

static void encode6(const struct ip_header *ip, size_t len, u8 *pkt)
{
	struct ip6_hdr hdr = {
		.ip6_flow = htonl(6u << 28 | ip->tos << 20 | ip->flow),
		.ip6_plen = htons(size6(ip) - sizeof(hdr) + len),
		.ip6_nxt = ip->ext_count ? ip->ext[0] : ip->proto,
		.ip6_hlim = ip->ttl,
		.ip6_src = ip->src,
		.ip6_dst = ip->dst,
	};
	size_t i;

	memcpy(pkt, &hdr, sizeof(hdr));
	for (i = 0; i < ip->ext_count; i++)
		encode_extension(ip->ext[i], i + 1 < ip->ext_count ?
				 ip->ext[i + 1] : ip->proto,
				 pkt + sizeof(hdr) + i * EXT_SIZE);
}

static u32 pseudo6(const struct in6_addr *src, const struct in6_addr *dst,
		   int proto, size_t len)
{
	u8 pseudo[40] = { [34] = len >> 8, [35] = len, [39] = proto };

	memcpy(pseudo, src, 16);
	memcpy(pseudo + 16, dst, 16);
	return sum16(0, pseudo, sizeof(pseudo));
}

/* ---- either ------------------------------------------------------------- */

/* All that differs. */
struct ip_version {
	int (*decode)(struct ip_header *ip, const u8 *pkt, size_t have);
	size_t (*size)(const struct ip_header *ip);
	void (*encode)(const struct ip_header *ip, size_t len, u8 *pkt);
	u32 (*pseudo)(const struct in6_addr *src, const struct in6_addr *dst,
		      int proto, size_t len);
};

static const struct ip_version ipv4 = { decode4, size4, encode4, pseudo4 };
static const struct ip_version ipv6 = { decode6, size6, encode6, pseudo6 };

static const struct ip_version *version_of(const struct in6_addr *dst)
{
	return IN6_IS_ADDR_V4MAPPED(dst) ? &ipv4 : &ipv6;
}

int ip_decode(struct ip_header *ip, const u8 *pkt, size_t have)
{
	memset(ip, 0, sizeof(*ip));
	if (!have)
		return -1;
	switch (pkt[0] >> 4) {
	case 4:
		return ipv4.decode(ip, pkt, have);
	case 6:
		return ipv6.decode(ip, pkt, have);
	}
	return -1;
}

size_t ip_size(const struct ip_header *ip)
{
	return version_of(&ip->dst)->size(ip);
}

void ip_encode(const struct ip_header *ip, size_t len, u8 *pkt)
{
	version_of(&ip->dst)->encode(ip, len, pkt);
}

u16 ip_checksum(const struct in6_addr *src, const struct in6_addr *dst,
		int proto, const u8 *data, size_t len)
{
	return fold(sum16(version_of(dst)->pseudo(src, dst, proto, len), data,
			  len));
}

struct in6_addr host_of(union address a)
{
	return a.sin_family == AF_INET6 ? a.v6.sin6_addr :
					  map4(a.v4.sin_addr.s_addr);
}

union address host_address(int family, const struct in6_addr *host, u16 port)
{
	union address a = { 0 };

	a.sin_family = family;
	a.sin_port = htons(port);
	if (family == AF_INET6)
		a.v6.sin6_addr = *host;
	else
		a.v4.sin_addr.s_addr = unmap4(host);
	return a;
}

const char *host_text(const struct in6_addr *host, u16 port, char *buf)
{
	char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED(host))
		snprintf(buf, HOST_TEXT, "%s:%u",
			 inet_ntop(AF_INET, &host->s6_addr[12], text,
				   sizeof(text)), port);
	else
		snprintf(buf, HOST_TEXT, "[%s]:%u",
			 inet_ntop(AF_INET6, host, text, sizeof(text)), port);
	return buf;
}
