// SPDX-License-Identifier: GPL-2.0
/*
 * IPv6 packets with addresses that stand for those of IPv4, ::ffff:192.0.2.1.
 * Outside of a host there are none (RFC 4291, 2.5.5.2), but a route may lead
 * them in, and anybody may quote them. What is IPv4's must not see them.
 */
#include "calls.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>

#include "segment.h"

#define SOMEBODY "2001:db8::127.0.0.2"
#define DISGUISED "::ffff:10.254.9.1"

#define IP6_HDR sizeof(struct ip6_hdr)

static struct in6_addr in6(const char *text)
{
	struct in6_addr addr;

	require(inet_pton(AF_INET6, text, &addr) == 1);
	return addr;
}

static int raw6(int protocol)
{
	int fd = socket(AF_INET6, SOCK_RAW, protocol);

	require(fd >= 0);
	return fd;
}

static void send_raw(int protocol, const char *to, const void *buf, size_t len)
{
	union address a = { .v6 = { .sin6_family = AF_INET6,
				    .sin6_addr = in6(to) } };
	int fd = raw6(protocol);

	expect_ret(sendto(fd, buf, len, 0, &a.any, sizeof(a.v6)), len);
	close(fd);
}

static void put_ip6(u8 *pkt, const char *from, const char *to)
{
	struct ip6_hdr hdr = {
		.ip6_flow = htonl(6u << 28),
		.ip6_plen = htons(SEG_HDR),
		.ip6_nxt = proto,
		.ip6_hlim = 64,
		.ip6_src = in6(from),
		.ip6_dst = in6(to),
	};

	memcpy(pkt, &hdr, sizeof(hdr));
}

static void send_syn(const char *from, const char *to, in_port_t port)
{
	/* The checksum does not tell one end from the other; ip.c does. */
	struct segment seg = {
		.src = in6(to), .dst = in6(from), .sport = 4001,
		.dport = ntohs(port), .version = 1, .flags = SEG_SYN,
		.hdr_len = SEG_HDR, .win = 65535,
	};
	u8 pkt[IP6_HDR + SEG_HDR];

	put_ip6(pkt, from, to);
	segment_encode(&seg, proto, NULL, 0, NULL, 0, pkt + IP6_HDR);
	send_raw(IPPROTO_RAW, to, pkt, sizeof(pkt));
}

static long counted(const char *name)
{
	FILE *f = fopen("/proc/net/clasp/snmp", "r");
	char found[64];
	long value = -1, one;

	require(f);
	while (fscanf(f, "%63s %ld", found, &one) == 2)
		if (!strcmp(found, name))
			value = one;
	fclose(f);
	return value;
}

/* A listener of IPv4, at any address, is not there for it. */
CASE_FLAGS(a_syn_finds_no_listener, CASE_CLASP | CASE_V4)
{
	union address at;
	int l = sock();
	long before;

	require(!do_bind(l, address("0.0.0.0", 0)));
	require(!listen(l, 1));
	at = name_of(l);
	require(!system("ip -6 route add local " DISGUISED " dev lo"));
	before = counted("InSegs");
	send_syn(SOMEBODY, DISGUISED, at.sin_port);
	/* By the same way, and so behind it: a segment and its answer. */
	send_syn(SOMEBODY, "::1", at.sin_port);
	while (counted("InSegs") < before + 2)
		usleep(1000);
	expect_ret(counted("InSegs"), before + 2);
	expect(!system("ip -6 route del local " DISGUISED " dev lo"));
}

/* A connection of IPv4 that is being opened, and the segment it has sent. */
static int sending_syn(struct segment *seg)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = if_nametoindex("bh1"),
	};
	int tap = socket(AF_PACKET, SOCK_DGRAM, 0), fd = sock_nonblock();
	u8 pkt[256];
	ssize_t len;

	require(tap >= 0 && !bind(tap, (void *)&at, sizeof(at)));
	expect_errno(do_connect(fd, address(BLACK_HOLE, 9)), EINPROGRESS);
	do {
		len = recv(tap, pkt, sizeof(pkt), 0);
		require(len > 0);
	} while (segment_decode(seg, pkt, len, proto, 0));
	close(tap);
	return fd;
}

/* What a host says that does not take a segment: this one, in disguise. */
CASE_FLAGS(an_error_finds_no_connection, CASE_CLASP | CASE_V4)
{
	struct {
		struct icmp6_hdr icmp;
		u8 quote[IP6_HDR + SEG_HDR];
	} msg = { .icmp = { .icmp6_type = ICMP6_DST_UNREACH,
			    .icmp6_code = ICMP6_DST_UNREACH_NOPORT } };
	long before = counted("IcmpHard") + counted("IcmpOutside");
	struct segment seg;
	int fd = sending_syn(&seg);

	put_ip6(msg.quote, "::ffff:" LINK, "::ffff:" BLACK_HOLE);
	segment_encode(&seg, proto, NULL, 0, NULL, 0, msg.quote + IP6_HDR);
	send_raw(IPPROTO_ICMPV6, "::1", &msg, sizeof(msg));
	while (counted("IcmpHard") + counted("IcmpOutside") == before)
		usleep(1000);
	expect_ret(events_now(fd, POLLIN | POLLOUT), 0);
	expect_ret(so_error(fd), 0);
}

int main(void)
{
	return cases_main();
}
