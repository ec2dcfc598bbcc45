// SPDX-License-Identifier: GPL-2.0
/*
 * inject: send hand-made CLASP segments, every field as told, right or wrong.
 *
 * The IP header is made here, too, so the source may be any address; from
 * one that nobody has, a script can play a whole peer, since no real stack
 * there answers with a reset.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "segment.h"
#include "util.h"

#define DATA_MAX 60000

static const char usage[] =
"usage: inject -S ADDR -D ADDR [options]\n"
"  -s PORT -d PORT  source and destination port\n"
"  -f FLAGS         letters of FSRPAUEC, - for none (default A)\n"
"  -q SEQ -a ACK    -w WINDOW  -u URGENT  -z RESERVED; sums like 5+3-1, too\n"
"  -V VERSION       default 1\n"
"  -H BYTES         header length to claim, default the true one\n"
"  -o HEX           options, padded to 8 bytes with zeros\n"
"  -O HEX           options, not padded\n"
"  -x HEX | -l LEN  payload\n"
"  -c CSUM          ok (default), bad, or a number\n"
"  -t BYTES         cut the segment short; the checksum is of what is left\n"
"  -n COUNT         send it so many times\n"
"  -r               each time from the next source port, with another number\n"
"  -F SEED          random segments instead (-n of them); of each four, one is\n"
"                   noise and three are right up to where the checksum ends\n"
"  -P PROTO         default $CLASP_PROTO or 253\n";

static struct {
	struct segment seg;
	int proto, claim, truncate, count, csum_mode, fuzz, roam;
	unsigned int seed;
	u16 csum;
	u8 opts[SEG_OPT_MAX], data[DATA_MAX];
	size_t opts_len, data_len;
} opt = { .count = 1, .truncate = -1, .claim = -1 };

enum { CSUM_MODE_OK, CSUM_MODE_BAD, CSUM_MODE_SET };

static size_t parse_hex(const char *s, u8 *out, size_t room)
{
	size_t n = 0;
	unsigned int byte;

	for (; sscanf(s, "%2x", &byte) == 1 && s[1]; s += 2) {
		if (n == room)
			die("%s: too long", s);
		out[n++] = byte;
	}
	if (*s)
		die("%s: not hexadecimal", s);
	return n;
}

static struct in6_addr parse_addr(const char *s)
{
	return host_of(address_of(strchr(s, ':') ? AF_INET6 : AF_INET, s, 0));
}

static void parse_csum(const char *s)
{
	if (!strcmp(s, "ok")) {
		opt.csum_mode = CSUM_MODE_OK;
	} else if (!strcmp(s, "bad")) {
		opt.csum_mode = CSUM_MODE_BAD;
	} else {
		opt.csum_mode = CSUM_MODE_SET;
		opt.csum = strtoul(s, NULL, 0);
	}
}

static void put_csum(u8 *buf, size_t len)
{
	u16 sum;

	if (len < 8)
		return;
	buf[6] = 0;
	buf[7] = 0;
	sum = ip_checksum(&opt.seg.src, &opt.seg.dst, opt.proto, buf, len);
	if (opt.csum_mode == CSUM_MODE_BAD)
		sum ^= 0x5555;
	else if (opt.csum_mode == CSUM_MODE_SET)
		sum = opt.csum;
	buf[6] = sum >> 8;
	buf[7] = sum;
}

static size_t build(u8 *buf)
{
	size_t len;

	if (opt.roam) {
		opt.seg.sport++;
		opt.seg.seq += 0x9e3779b97f4a7c15;
		opt.seg.ack += 0x9e3779b97f4a7c15;
	}
	opt.seg.hdr_len = opt.claim >= 0 ? opt.claim : SEG_HDR +
			  (int)opt.opts_len;
	len = segment_encode(&opt.seg, opt.proto, opt.opts, opt.opts_len,
			     opt.data, opt.data_len, buf);
	if (opt.truncate >= 0 && (size_t)opt.truncate < len)
		len = opt.truncate;
	put_csum(buf, len);
	return len;
}

/* The ports are right, so that each finds someone to listen to it. */
static size_t build_random(u8 *buf)
{
	static const u8 likely_flags[8] = {
		SEG_SYN, SEG_ACK, SEG_FIN | SEG_ACK, SEG_PSH | SEG_ACK,
		SEG_SYN | SEG_ACK, SEG_RST, SEG_RST | SEG_ACK,
		SEG_URG | SEG_ACK,
	};
	size_t len = rand_r(&opt.seed) % 256, i;
	int kind = rand_r(&opt.seed) % 4;

	if (kind && len < SEG_HDR)
		len = SEG_HDR;
	for (i = 0; i < len; i++)
		buf[i] = rand_r(&opt.seed);
	if (len < SEG_HDR)
		return len;
	buf[0] = opt.seg.sport >> 8;
	buf[1] = opt.seg.sport;
	buf[2] = opt.seg.dport >> 8;
	buf[3] = opt.seg.dport;
	if (kind > 0)
		buf[4] = 0x10 | (4 + rand_r(&opt.seed) % 12);
	if (kind > 1)
		buf[5] = likely_flags[rand_r(&opt.seed) % 8];
	if (kind)
		put_csum(buf, len);
	return len;
}

static void send_all(void)
{
	static u8 pkt[IP_HDR_MAX + SEG_HDR_MAX + DATA_MAX + 256];
	struct ip_header ip = {
		.src = opt.seg.src,
		.dst = opt.seg.dst,
		.proto = opt.proto,
		.ttl = 64,
	};
	int family = IN6_IS_ADDR_V4MAPPED(&ip.dst) ? AF_INET : AF_INET6;
	union address to = host_address(family, &ip.dst, 0);
	int fd = socket(family, SOCK_RAW, IPPROTO_RAW);
	size_t hdr_len = ip_size(&ip);

	if (fd < 0)
		die_errno("socket");
	for (; opt.count > 0; opt.count--) {
		u8 *buf = pkt + hdr_len;
		size_t len = opt.fuzz ? build_random(buf) : build(buf);

		ip_encode(&ip, len, pkt);
		if (sendto(fd, pkt, hdr_len + len, 0, &to.any,
			   address_len(family)) < 0)
			die_errno("sendto");
	}
	close(fd);
}

static void parse_options_of_header(const char *hex, int pad)
{
	opt.opts_len = parse_hex(hex, opt.opts, SEG_OPT_MAX);
	if (pad)
		opt.opts_len = (opt.opts_len + 7) & ~7ul;
}

/* "5+3-1": no shell can reckon with unsigned numbers of 64 bits. */
static u64 parse_number(const char *arg)
{
	char *end;
	u64 n = strtoull(arg, &end, 0);

	while (*end == '+' || *end == '-') {
		int minus = *end == '-';
		u64 term = strtoull(end + 1, &end, 0);

		n = minus ? n - term : n + term;
	}
	if (*end)
		die("%s: not a number", arg);
	return n;
}

static void parse_field(int c, const char *arg)
{
	u64 n = parse_number(arg);

	switch (c) {
	case 's':
		opt.seg.sport = n;
		break;
	case 'd':
		opt.seg.dport = n;
		break;
	case 'q':
		opt.seg.seq = n;
		break;
	case 'a':
		opt.seg.ack = n;
		break;
	case 'w':
		opt.seg.win = n;
		break;
	case 'u':
		opt.seg.urg = n;
		break;
	case 'z':
		opt.seg.zero = n;
		break;
	case 'V':
		opt.seg.version = n;
		break;
	default:
		die("bad option\n%s", usage);
	}
}

static void parse_option(int c, const char *arg)
{
	int flags;

	switch (c) {
	case 'S':
		opt.seg.src = parse_addr(arg);
		break;
	case 'D':
		opt.seg.dst = parse_addr(arg);
		break;
	case 'f':
		flags = segment_parse_flags(arg);
		if (flags < 0)
			die("%s: not flags", arg);
		opt.seg.flags = flags;
		break;
	case 'H':
		opt.claim = atoi(arg);
		break;
	case 'o':
	case 'O':
		parse_options_of_header(arg, c == 'o');
		break;
	case 'x':
		opt.data_len = parse_hex(arg, opt.data, DATA_MAX);
		break;
	case 'l':
		opt.data_len = atoi(arg);
		if (opt.data_len > DATA_MAX)
			die("%s: too long", arg);
		break;
	case 'c':
		parse_csum(arg);
		break;
	case 't':
		opt.truncate = atoi(arg);
		break;
	case 'n':
		opt.count = atoi(arg);
		break;
	case 'r':
		opt.roam = 1;
		break;
	case 'F':
		opt.fuzz = 1;
		opt.seed = atoi(arg);
		break;
	case 'P':
		opt.proto = atoi(arg);
		break;
	default:
		parse_field(c, arg);
	}
}

int main(int argc, char **argv)
{
	static const char letters[] =
		"S:D:s:d:f:q:a:w:u:z:V:H:o:O:x:l:c:t:n:rF:P:";
	int c;

	opt.proto = proto_env();
	opt.seg.version = 1;
	opt.seg.flags = SEG_ACK;
	opt.seg.win = 65536;
	while ((c = getopt(argc, argv, letters)) != -1)
		parse_option(c, optarg);
	if (IN6_IS_ADDR_UNSPECIFIED(&opt.seg.src) ||
	    IN6_IS_ADDR_UNSPECIFIED(&opt.seg.dst))
		die("two addresses, please\n%s", usage);
	send_all();
	return 0;
}
