// SPDX-License-Identifier: GPL-2.0
/*
 * xfer: move bytes over a stream socket and prove that they arrived.
 *
 * The client sends a payload, half-closes and waits. The server reads to the
 * end of the stream, sends a payload of its own if told to, then the SHA-256
 * of what it read in hexadecimal and a newline, and closes. The client checks
 * both. Payloads are files, or made from a size and a seed, so that either
 * side knows what to expect.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sha256.h"
#include "util.h"

#define CHUNK 65536
#define TRAILER_LEN (SHA256_HEX_LEN + 1)

static struct {
	int listen, proto, port, sndbuf, rcvbuf, delay_us, chunk, timeout;
	int count, parallel, duplex, exact, leave, progress, close_ms, backlog;
	int door;
	u64 size, seed, back_size, back_seed;
	const char *addr, *from, *device, *file, *digest, *ready, *read_gate;
	const char *close_gate, *send_gate;
} opt = {
	.port = 7253, .chunk = CHUNK, .timeout = 600, .count = 1,
	.parallel = 1, .addr = "0.0.0.0", .seed = 1, .back_seed = 2,
	.backlog = 256,
};

static const char usage[] =
"usage: xfer [-l] [options]\n"
"  -l            be the server (serves -n connections, then exits)\n"
"  -a ADDR       server: bind to, client: connect to\n"
"  -A ADDR       client: bind to this address first\n"
"  -p PORT       default 7253      -P PROTO     default $CLASP_PROTO or 253\n"
"  -I DEVICE     SO_BINDTODEVICE\n"
"  -F FAMILY     take the socket from this address family, protocol 0\n"
"  -s SIZE       payload of the client in bytes, K and M allowed\n"
"  -S SEED       its seed\n"
"  -f FILE       client: send this file, server: write what arrives there\n"
"  -e SIZE       payload of the server (both sides must be told)\n"
"  -E SEED       its seed\n"
"  -D            duplex: server sends its payload while the client sends\n"
"  -x            exact: the server replies after -s bytes, not at the end of\n"
"                the stream, and the client closes after the reply\n"
"  -d HEX        known digest of the client's payload\n"
"  -n COUNT      connections, one after the other\n"
"  -j COUNT      connections at the same time (instead of -n)\n"
"  -q BACKLOG    of listen(), default 256\n"
"  -k            client: close after the last write, wait for nothing\n"
"  -r USEC       pause before each read of the payload\n"
"  -R BYTES      read at most so many bytes at a time\n"
"  -b BYTES      SO_SNDBUF         -B BYTES     SO_RCVBUF\n"
"  -t SECONDS    give up after so long, default 600\n"
"  -W FILE       create FILE when listening (server), connected (client)\n"
"  -G FILE       read nothing of the payload until FILE exists\n"
"  -g FILE       client: send nothing until FILE exists\n"
"  -C FILE       do not close until FILE exists\n"
"  -c MSEC       server: pause between end of stream and close\n"
"  -H            only print the digest of the client's payload\n"
"  -v            progress on standard error\n";

static u64 parse_size(const char *s)
{
	char *end;
	u64 n = strtoull(s, &end, 0);

	if (*end == 'K')
		n <<= 10;
	else if (*end == 'M')
		n <<= 20;
	else if (*end)
		die("%s: not a size", s);
	return n;
}

static int family_of(const char *ip)
{
	return strchr(ip, ':') ? AF_INET6 : AF_INET;
}

static union address address(const char *ip, int port)
{
	return address_of(family_of(ip), ip, port);
}

static int new_socket(void)
{
	int family = family_of(opt.addr);
	/* AF_CLASP's third argument says which version of IP. */
	int fd = opt.door ? socket(opt.door, SOCK_STREAM, family == AF_INET6) :
			    socket(family, SOCK_STREAM, opt.proto);

	if (fd < 0)
		die_errno("socket");
	if (opt.device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
				     opt.device, strlen(opt.device)))
		die_errno("SO_BINDTODEVICE");
	if (opt.sndbuf && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &opt.sndbuf,
				     sizeof(opt.sndbuf)))
		die_errno("SO_SNDBUF");
	if (opt.rcvbuf && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &opt.rcvbuf,
				     sizeof(opt.rcvbuf)))
		die_errno("SO_RCVBUF");
	return fd;
}

static void write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

		if (n < 0)
			die_errno("send");
		buf += n;
		len -= n;
	}
}

static void progress(u64 done, u64 total)
{
	static int shown = -1;
	int tenth = total ? done * 10 / total : 10;

	if (!opt.progress || tenth == shown)
		return;
	shown = tenth;
	fprintf(stderr, "%3d%%  %llu bytes\n", tenth * 10,
		done);
}

/* The digest of a generated payload. */
static void gen_digest(u64 size, u64 seed, char hex[TRAILER_LEN])
{
	static char buf[CHUNK];
	struct sha256 sum;
	u64 done = 0;
	struct gen g;

	sha256_init(&sum);
	gen_init(&g, seed);
	while (done < size) {
		size_t n = size - done < CHUNK ? size - done : CHUNK;

		gen_fill(&g, buf, n);
		sha256_update(&sum, buf, n);
		done += n;
	}
	sha256_hex(&sum, hex);
}

/* Send a generated payload, or the file if there is one. */
static u64 send_payload(int fd, u64 size, u64 seed, const char *file,
			struct sha256 *sum)
{
	static char buf[CHUNK];
	struct gen g;
	u64 done = 0;
	int in = -1;

	if (file) {
		struct stat st;

		in = open(file, O_RDONLY);
		if (in < 0 || fstat(in, &st))
			die_errno(file);
		size = st.st_size;
	}
	gen_init(&g, seed);
	while (done < size) {
		size_t n = size - done < CHUNK ? size - done : CHUNK;

		if (file) {
			ssize_t got = read(in, buf, n);

			if (got <= 0)
				die("%s: changed while it was read", file);
			n = got;
		} else {
			gen_fill(&g, buf, n);
		}
		if (sum)
			sha256_update(sum, buf, n);
		write_all(fd, buf, n);
		done += n;
		progress(done, size);
	}
	if (in >= 0)
		close(in);
	return done;
}

/* Read up to limit bytes or the end of the stream, whichever comes first. */
static u64 recv_payload(int fd, u64 limit, const char *file,
			struct sha256 *sum)
{
	static char buf[CHUNK];
	u64 done = 0;
	int out = -1;

	if (file) {
		out = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (out < 0)
			die_errno(file);
	}
	wait_gate(opt.read_gate);
	while (done < limit) {
		size_t want = limit - done < (u64)opt.chunk ?
			      limit - done : (size_t)opt.chunk;
		ssize_t n;

		if (opt.delay_us)
			usleep(opt.delay_us);
		n = recv(fd, buf, want, 0);
		if (n < 0)
			die_errno("recv");
		if (!n)
			break;
		sha256_update(sum, buf, n);
		if (out >= 0 && write(out, buf, n) != n)
			die_errno(file);
		done += n;
	}
	if (out >= 0)
		close(out);
	return done;
}

/* In duplex mode the payload is sent by a child while we read. */
static pid_t send_in_child(int fd, u64 size, u64 seed, int how)
{
	pid_t pid = fork();

	if (pid < 0)
		die_errno("fork");
	if (!pid) {
		alarm(opt.timeout);
		send_payload(fd, size, seed, NULL, NULL);
		if (how >= 0 && shutdown(fd, how))
			die_errno("shutdown");
		_exit(0);
	}
	return pid;
}

static void reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0)
		die_errno("waitpid");
	if (status)
		die("a child failed, status 0x%x", status);
}

static void serve(int fd)
{
	u64 limit = opt.exact ? opt.size : ~0ull, bytes;
	char hex[TRAILER_LEN + 1];
	struct sha256 sum;
	pid_t pid = 0;

	sha256_init(&sum);
	if (opt.duplex)
		pid = send_in_child(fd, opt.back_size, opt.back_seed, -1);
	bytes = recv_payload(fd, limit, opt.file, &sum);
	if (pid)
		reap(pid);
	else
		send_payload(fd, opt.back_size, opt.back_seed, NULL, NULL);
	sha256_hex(&sum, hex);
	printf("xfer: served bytes=%llu sha256=%s\n",
	       bytes, hex);
	fflush(stdout);
	hex[SHA256_HEX_LEN] = '\n';
	/* A client that waits for nothing may be gone; that is no error. */
	if (send(fd, hex, TRAILER_LEN, MSG_NOSIGNAL) != TRAILER_LEN &&
	    !opt.leave)
		die_errno("send");
	if (opt.exact && recv(fd, hex, 1, 0) != 0)
		die("more than -s bytes arrived, or no clean end");
	usleep(opt.close_ms * 1000);
	wait_gate(opt.close_gate);
	if (close(fd))
		die_errno("close");
}

static int server(void)
{
	union address a = address(opt.addr, opt.port);
	int total = opt.parallel > 1 ? opt.parallel : opt.count;
	int lfd = new_socket(), one = 1, i;

	setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(lfd, &a.any, sizeof(a)))
		die_errno("bind");
	if (listen(lfd, opt.backlog))
		die_errno("listen");
	mark_ready(opt.ready);
	for (i = 0; i < total; i++) {
		int fd = accept(lfd, NULL, NULL);

		if (fd < 0)
			die_errno("accept");
		if (opt.parallel == 1) {
			serve(fd);
			continue;
		}
		switch (fork()) {
		case -1:
			die_errno("fork");
		case 0:
			close(lfd);
			alarm(opt.timeout);
			serve(fd);
			exit(0);
		}
		close(fd);
	}
	if (opt.parallel > 1)
		for (i = 0; i < total; i++)
			reap(-1);
	return 0;
}

/* The server's payload and then the digest that it computed of ours. */
static void check_reply(int fd, char reply[TRAILER_LEN + 1])
{
	char got_hex[TRAILER_LEN], want_hex[TRAILER_LEN];
	struct sha256 got;
	ssize_t n;

	sha256_init(&got);
	if (recv_payload(fd, opt.back_size, NULL, &got) != opt.back_size)
		die("the server's payload is cut short");
	sha256_hex(&got, got_hex);
	gen_digest(opt.back_size, opt.back_seed, want_hex);
	if (strcmp(got_hex, want_hex))
		die("the server's payload is damaged");

	n = recv(fd, reply, TRAILER_LEN, MSG_WAITALL);
	if (n < 0)
		die_errno("recv");
	if (n != TRAILER_LEN)
		die("the reply has %zd bytes instead of %d", n, TRAILER_LEN);
	reply[SHA256_HEX_LEN] = 0;
	if (!opt.exact && recv(fd, got_hex, 1, 0) != 0)
		die("no clean end after the reply");
}

static int client_connect(void)
{
	union address a = address(opt.addr, opt.port);
	int fd = new_socket();

	if (opt.from) {
		union address from = address(opt.from, 0);

		if (bind(fd, &from.any, sizeof(from)))
			die_errno("bind");
	}
	if (connect(fd, &a.any, sizeof(a)))
		die_errno("connect");
	mark_ready(opt.ready);
	return fd;
}

static void client(int fd, int quiet)
{
	char hex[TRAILER_LEN + 1], reply[TRAILER_LEN + 1];
	struct sha256 sum;
	double start = now();
	u64 bytes;
	pid_t pid = 0;

	sha256_init(&sum);
	wait_gate(opt.send_gate);
	if (opt.duplex)
		pid = send_in_child(fd, opt.size, opt.seed, SHUT_WR);
	bytes = pid ? opt.size :
		send_payload(fd, opt.size, opt.seed, opt.file,
			     opt.digest ? NULL : &sum);
	if (opt.leave) {
		close(fd);
		return;
	}
	if (!opt.exact && !pid && shutdown(fd, SHUT_WR))
		die_errno("shutdown");
	check_reply(fd, reply);
	if (pid)
		reap(pid);
	wait_gate(opt.close_gate);
	if (close(fd))
		die_errno("close");
	if (opt.digest)
		snprintf(hex, sizeof(hex), "%s", opt.digest);
	else if (pid)
		gen_digest(opt.size, opt.seed, hex);
	else
		sha256_hex(&sum, hex);
	if (strcmp(hex, reply))
		die("digest differs: sent %s, arrived %s", hex, reply);
	if (!quiet)
		printf("xfer: ok bytes=%llu seconds=%.3f sha256=%s\n",
		       bytes, now() - start, hex);
}

/* All are connected before the first of them sends a byte. */
static void client_parallel(void)
{
	int up[2], go[2], i;
	char c = 0;

	if (pipe(up) || pipe(go))
		die_errno("pipe");
	for (i = 0; i < opt.parallel; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die_errno("fork");
		if (!pid) {
			int fd;

			close(go[1]);
			alarm(opt.timeout);
			fd = client_connect();
			opt.seed += i;
			if (write(up[1], &c, 1) != 1 || read(go[0], &c, 1) != 0)
				die("lost the parent");
			client(fd, 1);
			exit(0);
		}
	}
	close(up[1]);
	for (i = 0; i < opt.parallel; i++)
		if (read(up[0], &c, 1) != 1)
			die("a connection failed");
	close(go[1]);
	for (i = 0; i < opt.parallel; i++)
		reap(-1);
	printf("xfer: ok connections=%d at once\n", opt.parallel);
}

static int parse_number_option(int c)
{
	switch (c) {
	case 'p':
		opt.port = atoi(optarg);
		break;
	case 'P':
		opt.proto = atoi(optarg);
		break;
	case 's':
		opt.size = parse_size(optarg);
		break;
	case 'S':
		opt.seed = strtoull(optarg, NULL, 0);
		break;
	case 'e':
		opt.back_size = parse_size(optarg);
		break;
	case 'E':
		opt.back_seed = strtoull(optarg, NULL, 0);
		break;
	case 'n':
		opt.count = atoi(optarg);
		break;
	case 'j':
		opt.parallel = atoi(optarg);
		break;
	case 'q':
		opt.backlog = atoi(optarg);
		break;
	case 'r':
		opt.delay_us = atoi(optarg);
		break;
	case 'R':
		opt.chunk = parse_size(optarg);
		break;
	case 'b':
		opt.sndbuf = parse_size(optarg);
		break;
	case 'B':
		opt.rcvbuf = parse_size(optarg);
		break;
	case 'F':
		opt.door = atoi(optarg);
		break;
	case 't':
		opt.timeout = atoi(optarg);
		break;
	case 'c':
		opt.close_ms = atoi(optarg);
		break;
	default:
		return 0;
	}
	return 1;
}

static int parse_options(int argc, char **argv)
{
	static const char letters[] =
		"lDxkvHa:A:I:f:d:W:G:g:C:p:P:s:S:e:E:n:j:q:r:R:b:B:t:c:F:";
	int c, digest_only = 0;

	while ((c = getopt(argc, argv, letters)) != -1) {
		switch (c) {
		case 'l':
			opt.listen = 1;
			break;
		case 'D':
			opt.duplex = 1;
			break;
		case 'x':
			opt.exact = 1;
			break;
		case 'k':
			opt.leave = 1;
			break;
		case 'v':
			opt.progress = 1;
			break;
		case 'a':
			opt.addr = optarg;
			break;
		case 'A':
			opt.from = optarg;
			break;
		case 'I':
			opt.device = optarg;
			break;
		case 'f':
			opt.file = optarg;
			break;
		case 'd':
			opt.digest = optarg;
			break;
		case 'W':
			opt.ready = optarg;
			break;
		case 'G':
			opt.read_gate = optarg;
			break;
		case 'g':
			opt.send_gate = optarg;
			break;
		case 'C':
			opt.close_gate = optarg;
			break;
		case 'H':
			digest_only = 1;
			break;
		default:
			if (!parse_number_option(c))
				die("bad option\n%s", usage);
		}
	}
	if (opt.chunk < 1 || opt.chunk > CHUNK)
		opt.chunk = CHUNK;
	return digest_only;
}

int main(int argc, char **argv)
{
	char hex[TRAILER_LEN];
	int i;

	opt.proto = proto_env();
	if (parse_options(argc, argv)) {
		gen_digest(opt.size, opt.seed, hex);
		puts(hex);
		return 0;
	}
	alarm(opt.timeout);
	if (opt.listen)
		return server();
	if (opt.parallel > 1) {
		client_parallel();
		return 0;
	}
	for (i = 0; i < opt.count; i++)
		client(client_connect(), opt.count > 1);
	if (opt.count > 1)
		printf("xfer: ok connections=%d\n", opt.count);
	return 0;
}
