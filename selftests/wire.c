// SPDX-License-Identifier: GPL-2.0
/*
 * wire: print the segments that pass a network device, a line each:
 *
 *   12.345678 out 10.253.0.1:40000 > 10.253.0.2:7253 flags=SA seq=0 end=1 ack=1
 *   win=65535 len=0 opt=mss:1448 csum=ok id=7
 *
 * (in one line). Times are the kernel's, in seconds. Numbers are relative to
 * the first segment seen of each direction unless -a is given. At the end
 * come "retx" for one that takes no number beyond those already seen, and
 * "bad=..." for one that breaks the format. SIGTERM ends it after the last segment captured.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "segment.h"
#include "util.h"
#include "wire.h"

#define PKT_MAX 65536

static struct {
	int proto, absolute, only_out, max, port;
	const char *dev, *file, *ready, *ladder;
} opt;

static const char usage[] =
"usage: wire -i DEV | -r FILE.pcap | -l OUT,IN,... [options]\n"
"  -P PROTO  default $CLASP_PROTO or 253\n"
"  -p PORT   only segments from or to this port\n"
"  -o        only print what the device sent, not what it received\n"
"  -a        absolute numbers\n"
"  -n COUNT  end after COUNT printed segments\n"
"  -W FILE   create FILE when the capture runs\n"
"  -l FILES  draw a ladder of the client's and the server's output of wire\n";

/* One direction of a connection. */
struct flow {
	struct in6_addr src, dst;
	u16 sport, dport;
	u64 base, seen;		/* first number, and the end of the last */
	struct flow *next;
};

static struct flow *flows;

static struct flow *flow_find(const struct segment *seg, int back)
{
	struct in6_addr src = back ? seg->dst : seg->src;
	struct in6_addr dst = back ? seg->src : seg->dst;
	u16 sport = back ? seg->dport : seg->sport;
	u16 dport = back ? seg->sport : seg->dport;
	struct flow *f;

	for (f = flows; f; f = f->next)
		if (same_in6(&f->src, &src) && same_in6(&f->dst, &dst) &&
		    f->sport == sport && f->dport == dport)
			return f;
	f = back ? NULL : calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->src = src;
	f->dst = dst;
	f->sport = sport;
	f->dport = dport;
	f->base = seg->seq;
	f->seen = seg->seq;
	f->next = flows;
	flows = f;
	return f;
}

/* TCP's numbers wrap at 32 bits. */
static u64 relative(u64 n, u64 base)
{
	return opt.proto == SEG_PROTO_TCP ? (u32)(n - base) : n - base;
}

static s64 distance(u64 a, u64 b)
{
	return opt.proto == SEG_PROTO_TCP ? (int)(u32)(a - b) : (s64)(a - b);
}

static int is_repeated(struct flow *f, const struct segment *seg)
{
	u64 end = seg->seq + segment_span(seg);

	if (seg->flags & SEG_RST || !segment_span(seg))
		return 0;
	/* A new connection between the same ports has a new start. */
	if (seg->flags & SEG_SYN && seg->seq != f->base) {
		f->base = seg->seq;
		f->seen = seg->seq;
	}
	if (distance(end, f->seen) <= 0)
		return 1;
	f->seen = end;
	return 0;
}

static int print_segment(const struct segment *seg, int out, u64 sec, u32 nsec)
{
	static const char * const verdict[] = { "ok", "BAD", "partial", "?" };
	struct flow *f = flow_find(seg, 0), *back = flow_find(seg, 1);
	char src[HOST_TEXT], dst[HOST_TEXT], flags[16];
	int repeated = is_repeated(f, seg);
	u64 seq = seg->seq, ack = seg->ack;

	if (opt.only_out && !out)
		return 0;
	if (!opt.absolute) {
		seq = relative(seq, f->base);
		if (back && seg->flags & SEG_ACK)
			ack = relative(ack, back->base);
	}
	printf("%llu.%06u %s %s > %s flags=%s seq=%llu end=%llu ack=%llu",
	       sec, nsec / 1000, out ? "out" : "in",
	       host_text(&seg->src, seg->sport, src),
	       host_text(&seg->dst, seg->dport, dst),
	       segment_flags(seg->flags, flags), seq,
	       seq + segment_span(seg), ack);
	printf(" win=%u len=%u opt=%s csum=%s id=%u", seg->win, seg->len,
	       *seg->opts ? seg->opts : "-", verdict[seg->verdict], seg->ip_id);
	printf("%s%s%s\n", repeated ? " retx" : "", *seg->bad ? " bad=" : "",
	       seg->bad);
	return 1;
}

static int show(const u8 *pkt, size_t have, int out, int ready, u64 sec,
		u32 nsec)
{
	struct segment seg;

	if (segment_decode(&seg, pkt, have, opt.proto, ready))
		return 0;
	if (opt.port && seg.sport != opt.port && seg.dport != opt.port)
		return 0;
	return print_segment(&seg, out, sec, nsec);
}

static int open_capture(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int one = 1, size = 64 << 20;
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(opt.dev),
	};

	if (fd < 0)
		die_errno("AF_PACKET");
	if (!ll.sll_ifindex)
		die("no device %s", opt.dev);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)))
		die_errno("setsockopt");
	if (bind(fd, (void *)&ll, sizeof(ll)))
		die_errno("bind");
	return fd;
}

/* One packet of the capture; 0 if there is none. */
static int take_packet(int fd, int *shown)
{
	static u8 pkt[PKT_MAX];
	char control[256];
	struct timespec ts = { 0 };
	struct sockaddr_ll from;
	struct iovec iov = { .iov_base = pkt, .iov_len = sizeof(pkt) };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	int ready = 1;
	ssize_t n = recvmsg(fd, &msg, 0);

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		die_errno("recvmsg");
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level == SOL_SOCKET)
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		if (c->cmsg_level != SOL_PACKET)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		ready = !(aux.tp_status & TP_STATUS_CSUMNOTREADY);
	}
	/* Loopback shows each packet twice, as sent and as received. */
	if (from.sll_hatype == ARPHRD_LOOPBACK &&
	    from.sll_pkttype != PACKET_OUTGOING)
		return 1;
	if (ntohs(from.sll_protocol) == ETH_P_IP ||
	    ntohs(from.sll_protocol) == ETH_P_IPV6)
		*shown += show(pkt, n, from.sll_pkttype == PACKET_OUTGOING,
			       ready, ts.tv_sec, ts.tv_nsec);
	return 1;
}

static int capture(void)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);
	sigset_t set;
	int shown = 0, end = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p[0].fd = open_capture();
	p[1].fd = signalfd(-1, &set, SFD_NONBLOCK);
	if (p[1].fd < 0)
		die_errno("signalfd");
	mark_ready(opt.ready);
	while (!end) {
		if (poll(p, 2, -1) < 0)
			die_errno("poll");
		/* What was on the wire before the signal is still shown. */
		end = p[1].revents;
		while (take_packet(p[0].fd, &shown))
			if (opt.max && shown >= opt.max)
				return 0;
	}
	if (getsockopt(p[0].fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		die_errno("PACKET_STATISTICS");
	if (stats.tp_drops)
		die("%u packets were not captured", stats.tp_drops);
	return 0;
}

/* A file of tcpdump: Ethernet (1), raw IP (101) or Linux cooked (113, 276). */
static int read_pcap(void)
{
	static u8 pkt[PKT_MAX];
	u32 head[6], rec[4];
	size_t skip;
	FILE *f = fopen(opt.file, "r");

	if (!f)
		die_errno(opt.file);
	if (fread(head, sizeof(head), 1, f) != 1 ||
	    (head[0] != 0xa1b2c3d4 && head[0] != 0xa1b23c4d))
		die("%s: no pcap file of this byte order", opt.file);
	switch (head[5]) {
	case 1:
		skip = 14;
		break;
	case 101:
		skip = 0;
		break;
	case 113:
		skip = 16;
		break;
	case 276:
		skip = 20;
		break;
	default:
		die("%s: link type %u is not known", opt.file, head[5]);
	}
	while (fread(rec, sizeof(rec), 1, f) == 1) {
		u32 nsec = head[0] == 0xa1b2c3d4 ? rec[1] * 1000 : rec[1];

		if (rec[2] > PKT_MAX || fread(pkt, rec[2], 1, f) != 1)
			die("%s: cut short", opt.file);
		if (rec[2] > skip)
			show(pkt + skip, rec[2] - skip, 0, 1, rec[0], nsec);
	}
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	int c;

	opt.proto = proto_env();
	while ((c = getopt(argc, argv, "i:r:l:P:p:oan:W:")) != -1) {
		switch (c) {
		case 'i':
			opt.dev = optarg;
			break;
		case 'r':
			opt.file = optarg;
			break;
		case 'l':
			opt.ladder = optarg;
			break;
		case 'P':
			opt.proto = atoi(optarg);
			break;
		case 'p':
			opt.port = atoi(optarg);
			break;
		case 'o':
			opt.only_out = 1;
			break;
		case 'a':
			opt.absolute = 1;
			break;
		case 'n':
			opt.max = atoi(optarg);
			break;
		case 'W':
			opt.ready = optarg;
			break;
		default:
			die("bad option\n%s", usage);
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (opt.ladder)
		return ladder(opt.ladder);
	if (opt.file)
		return read_pcap();
	if (!opt.dev)
		die("no device\n%s", usage);
	return capture();
}
