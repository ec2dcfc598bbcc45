// SPDX-License-Identifier: GPL-2.0
/*
 * waiting: very many connections in TIME-WAIT at once. What one of them costs,
 * whether bind() has to look at each, and whether their end holds anybody up.
 *
 * This program is the server and, on a TUN device, all of its peers. $WAITING
 * says how many; a million fit into a machine of 1 GiB.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ksft.h"
#include "packets.h"
#include "util.h"

#define BYTES_MAX 192
/* Peers have as many ports each. */
#define PEER_PORTS 50000
/* For what else the kernel allocates and frees meanwhile, bytes. */
#define NOISE 1000000

static int proto;
static u8 packet[2048];

static void peer_send(const struct segment *seg)
{
	struct ip_header ip = {
		.src = seg->src,
		.dst = seg->dst,
		.proto = proto,
		.ttl = 64,
	};
	u8 pkt[IP_HDR_MAX + SEG_HDR];
	size_t hdr_len = ip_size(&ip);
	size_t len = segment_encode(seg, proto, NULL, 0, NULL, 0, pkt + hdr_len);

	ip_encode(&ip, len, pkt);
	tun_send(pkt, hdr_len + len);
}

/* What the server sends next, which must have these flags. */
static void peer_receive(struct segment *seg, u8 flags)
{
	size_t len = tun_receive(packet, sizeof(packet));

	if (!len)
		die("no segment came");
	if (segment_decode(seg, packet, len, proto, 1))
		die("something else came");
	if (seg->flags != flags)
		die("flags %#x came instead of %#x", seg->flags, flags);
}

static struct in6_addr peer_host(u32 index)
{
	struct in6_addr host = world_host(PEER_ADDR);

	host.s6_addr32[3] = htonl(ntohl(host.s6_addr32[3]) + index);
	return host;
}

/* One connection, opened by a peer and closed by the server. */
static void connection(int listener, u32 index)
{
	struct segment out = {
		.src = peer_host(index / PEER_PORTS),
		.dst = world_host(LOCAL_ADDR),
		.sport = 1024 + index % PEER_PORTS,
		.dport = LOCAL_PORT,
		.version = 1,
		.flags = SEG_SYN,
		.hdr_len = SEG_HDR,
		.win = 65535,
		.seq = PEER_ISN,
	}, in;
	int fd;

	peer_send(&out);
	peer_receive(&in, SEG_SYN | SEG_ACK);
	out.flags = SEG_ACK;
	out.seq++;
	out.ack = in.seq + 1;
	peer_send(&out);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die_errno("accept");
	close(fd);
	peer_receive(&in, SEG_FIN | SEG_ACK);
	out.flags = SEG_FIN | SEG_ACK;
	out.ack++;
	peer_send(&out);
	peer_receive(&in, SEG_ACK);
}

static int server_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, proto);

	if (fd < 0)
		die_errno("socket");
	return fd;
}

/* 0, or errno: without SO_REUSEADDR, every one that waits is in the way. */
static int try_bind(void)
{
	struct sockaddr_in addr = addr4(LOCAL_ADDR, LOCAL_PORT);
	int fd = server_socket(), err;

	err = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ? errno : 0;
	close(fd);
	return err;
}

/* A number from a file with a name and a number in each line. */
static long number_of(const char *path, const char *name)
{
	FILE *f = fopen(path, "r");
	size_t len = strlen(name);
	char line[128];
	long value = -1;

	if (!f)
		die_errno(path);
	while (value < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len))
			sscanf(line + len, "%ld", &value);
	fclose(f);
	if (value < 0)
		die("%s has no %s", path, name);
	return value;
}

struct memory {
	long slab, used;	/* bytes: small objects; all that is in use */
};

static struct memory memory_now(void)
{
	return (struct memory){
		.slab = number_of("/proc/meminfo", "SUnreclaim:") * 1024,
		.used = -number_of("/proc/meminfo", "MemFree:") * 1024,
	};
}

/* Once what was freed behind grace periods is free. */
static struct memory memory_settled(void)
{
	struct memory before, after = memory_now();

	do {
		before = after;
		sleep(1);
		after = memory_now();
	} while (after.slab < before.slab);
	return after;
}

static void make_them(int listener, u32 count)
{
	struct memory before, after;
	u32 i;

	/* What the first ones bring to life is no cost of theirs. */
	for (i = 0; i < 1000; i++)
		connection(listener, i);
	before = memory_settled();
	for (; i < count + 1000; i++)
		connection(listener, i);
	after = memory_settled();
	ksft_test_result(number_of("/proc/net/clasp/snmp", "TimeWaits ") == i &&
			 !number_of("/proc/net/clasp/snmp", "TimeWaitOverflows "),
			 "%u connections in TIME-WAIT at once", i);
	ksft_print_msg("%ld bytes of small objects each, %ld of all memory\n",
		       (after.slab - before.slab) / (long)count,
		       (after.used - before.used) / (long)count);
	ksft_test_result(after.slab - before.slab <=
			 (long)count * BYTES_MAX + NOISE,
			 "each takes at most %d bytes", BYTES_MAX);
}

static void check_bind(double limit)
{
	double start = now();
	int err = try_bind();
	double took = now() - start;

	ksft_print_msg("bind() took %.6f s\n", took);
	ksft_test_result(err == EADDRINUSE && took < limit,
			 "bind() is told at once that they have the port");
}

/* All are over now: this program runs and runs, and sees when it does not. */
static void check_end(double limit)
{
	double start = now(), last = start, longest = 0, time;
	unsigned int round = 0;
	int err = EADDRINUSE;

	if (sysctl_set("net/clasp/timewait_ms", "1"))
		die_errno("timewait_ms");
	do {
		time = now();
		if (time - last > longest)
			longest = time - last;
		last = time;
		if (++round % 4096 == 0)
			err = try_bind();
	} while (err == EADDRINUSE && time < start + 300);
	ksft_print_msg("all ended within %.3f s, the longest pause %.6f s\n",
		       time - start, longest);
	ksft_test_result(!err, "they end when their time is over");
	ksft_test_result(longest < limit,
			 "and let others run meanwhile");
}

/* A kernel that is a program has a clock that computing does not move. */
static int is_program(void)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[128];
	int found = 0;

	while (f && !found && fgets(line, sizeof(line), f))
		found = !!strstr(line, "User Mode Linux");
	if (f)
		fclose(f);
	return found;
}

int main(void)
{
	u32 count = number_env("WAITING", debug_env() ? 2000 : 20000);
	struct sockaddr_in addr = addr4(LOCAL_ADDR, LOCAL_PORT);
	/* On emulated processors, and the sanitizers' slow ones. */
	double limit = debug_env() ? .1 : .01;
	int listener, one = 1;

	proto = proto_env();
	ksft_print_header();
	if (is_program())
		ksft_exit_skip("the time that it takes cannot be measured");
	ksft_set_plan(5);
	tun_start(1500);
	if (sysctl_set("net/clasp/timewait_ms", "86400000") ||
	    sysctl_set("net/clasp/max_timewait", "4194304"))
		die_errno("net/clasp");
	listener = server_socket();
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(listener, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(listener, 8))
		die_errno("listener");
	make_them(listener, count);
	close(listener);
	check_bind(limit);
	check_end(limit);
	ksft_finished();
}
