/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The headers of IPv4 and of IPv6, decoded and encoded without any help of the
 * kernel.
 *
 * An address of either is a `struct in6_addr`: one of IPv4 is held as RFC 4291,
 * 2.5.5.2, maps it, ::ffff:192.0.2.1. So addresses are all that tells which
 * version of IP a packet has, and the only place that asks is ip.c.
 */
#ifndef CLASP_SELFTEST_IP_H
#define CLASP_SELFTEST_IP_H

#include <netinet/in.h>
#include <stddef.h>

#include "ktypes.h"
#include "util.h"

#define IP_OPTS_MAX 40
#define IP_EXT_MAX 4
#define IP_HDR_MAX 72			/* of IPv6, with so many extensions */
#define HOST_TEXT (INET6_ADDRSTRLEN + 9)	/* "[address]:port" */

struct ip_header {
	struct in6_addr src, dst;
	u8 proto;		/* of what follows all headers */
	u8 ttl;			/* or hop limit */
	u8 tos;			/* or traffic class */
	u8 df;			/* always 1 in IPv6 */
	u16 id;			/* always 0 in IPv6 */
	u32 flow;		/* the flow label; always 0 in IPv4 */
	u8 opts[IP_OPTS_MAX];	/* only in IPv4, whole words */
	size_t opts_len;
	u8 ext[IP_EXT_MAX];	/* only in IPv6: which extension headers */
	size_t ext_count;
	/* Set by ip_decode(): */
	size_t hdr_len;		/* of all headers */
	size_t len;		/* of what follows, as the header says */
};

/* 0, or -1 if it is malformed or a fragment. */
int ip_decode(struct ip_header *ip, const u8 *pkt, size_t have);
/* How many bytes ip_encode() will write. */
size_t ip_size(const struct ip_header *ip);
/* The headers in front of `len` bytes; extension headers have no content. */
void ip_encode(const struct ip_header *ip, size_t len, u8 *pkt);

/* The Internet checksum over len bytes; 0 if all is well. */
u16 checksum(const u8 *data, size_t len);
/* The same over a pseudo-header as well. */
u16 ip_checksum(const struct in6_addr *src, const struct in6_addr *dst,
		int proto, const u8 *data, size_t len);

static inline int same_in6(const struct in6_addr *a, const struct in6_addr *b)
{
	return IN6_ARE_ADDR_EQUAL(a, b);
}

/* From and to what sockets take. */
struct in6_addr host_of(union address a);
union address host_address(int family, const struct in6_addr *host, u16 port);
/* "192.0.2.1:5" or "[2001:db8::1]:5"; buf takes HOST_TEXT. */
const char *host_text(const struct in6_addr *host, u16 port, char *buf);

#endif
