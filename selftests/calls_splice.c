// SPDX-License-Identifier: GPL-2.0
/* sendfile, splice both ways, vmsplice and tee. */
#include "calls_bytes.h"

#include <linux/sockios.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>

#define SIZE 700001		/* of many segments and pipes, and odd */
#define PAGE 4096

static void pipe_open(int p[2])
{
	require(!pipe(p));
}

/* From the socket by a pipe, to the end of the stream. */
static void splice_expect(int fd, size_t at, size_t len)
{
	char buf[65536];
	int p[2];

	pipe_open(p);
	while (len) {
		ssize_t in = splice(fd, NULL, p[1], NULL, len, 0), out;

		require(in > 0);
		len -= in;
		while (in) {
			out = read(p[0], buf, sizeof(buf));
			require(out > 0);
			require(bytes_right(buf, at, out));
			at += out;
			in -= out;
		}
	}
	expect_ret(splice(fd, NULL, p[1], NULL, 1, 0), 0);
}

CASE(splice_from)
{
	struct pair p;
	pid_t writer;

	pair_open(&p);
	writer = bytes_writer(p.c, 0, SIZE);
	splice_expect(p.s, 0, SIZE);
	bytes_join(writer);
}

/* Of one segment as well, no more than was asked for, and the rest stays. */
CASE(splice_some)
{
	char buf[16];
	struct pair p;
	int q[2];

	pipe_open(q);
	pair_open(&p);
	expect_ret(send(p.c, "0123456789", 10, 0), 10);
	require(wait_count(p.s, SIOCINQ, 10));
	expect_ret(splice(p.s, NULL, q[1], NULL, 4, 0), 4);
	expect_ret(read(q[0], buf, sizeof(buf)), 4);
	expect(!memcmp(buf, "0123", 4));
	expect_ret(count_of(p.s, SIOCINQ), 6);
	expect_ret(splice(p.s, NULL, q[1], NULL, 1, 0), 1);
	expect_ret(read(q[0], buf, sizeof(buf)), 1);
	expect_ret(buf[0], '4');
	expect_ret(recv(p.s, buf, sizeof(buf), 0), 5);
	expect(!memcmp(buf, "56789", 5));
}

CASE(splice_to)
{
	size_t done = 0;
	char buf[PAGE];
	struct pair p;
	pid_t reader;
	int q[2];

	pair_open(&p);
	pipe_open(q);
	reader = bytes_reader(p.s, 0, SIZE);
	while (done < SIZE) {
		size_t some = SIZE - done < 3001 ? SIZE - done : 3001;

		bytes_fill(buf, done, some);
		expect_ret(write(q[1], buf, some), some);
		expect_ret(splice(q[0], NULL, p.c, NULL, some,
				  done % 2 ? SPLICE_F_MORE : 0), some);
		done += some;
	}
	bytes_join(reader);
}

/* From one connection to another, as a proxy does. */
CASE(splice_through)
{
	struct pair in, out;
	pid_t writer, reader;
	ssize_t n, done;
	size_t all = 0;
	int q[2];

	pair_open(&in);
	pair_open(&out);
	pipe_open(q);
	writer = bytes_writer(in.c, 0, SIZE);
	reader = bytes_reader(out.s, 0, SIZE);
	while ((n = splice(in.s, NULL, q[1], NULL, 65536, 0)) > 0) {
		for (all += n; n; n -= done) {
			done = splice(q[0], NULL, out.c, NULL, n,
				      SPLICE_F_MORE);
			require(done > 0);
		}
	}
	expect_ret(n, 0);
	expect_ret(all, SIZE);
	/* The rest waits for more; the end of the stream is the end of that. */
	expect_ret(shutdown(out.c, SHUT_WR), 0);
	bytes_join(writer);
	bytes_join(reader);
}

CASE(tee_and_splice)
{
	char buf[8192];
	struct pair in, out;
	int a[2], b[2];

	pair_open(&in);
	pair_open(&out);
	pipe_open(a);
	pipe_open(b);
	bytes_fill(buf, 0, sizeof(buf));
	expect_ret(send(in.c, buf, sizeof(buf), 0), sizeof(buf));
	require(wait_count(in.s, SIOCINQ, sizeof(buf)));
	expect_ret(splice(in.s, NULL, a[1], NULL, sizeof(buf), 0), sizeof(buf));
	expect_ret(tee(a[0], b[1], sizeof(buf), 0), sizeof(buf));
	expect_ret(splice(a[0], NULL, out.c, NULL, sizeof(buf), 0), sizeof(buf));
	bytes_expect(out.s, 0, sizeof(buf));
	expect_ret(read(b[0], buf, sizeof(buf)), sizeof(buf));
	expect(bytes_right(buf, 0, sizeof(buf)));
}

CASE(vmsplice_to)
{
	char *page = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov[2] = { { page + 5, 2 * PAGE }, { page, 5 } };
	struct pair p;
	int q[2];

	require(page != MAP_FAILED);
	pair_open(&p);
	pipe_open(q);
	bytes_fill(page + 5, 0, 2 * PAGE);
	bytes_fill(page, 2 * PAGE, 5);
	expect_ret(vmsplice(q[1], iov, 2, 0), 2 * PAGE + 5);
	expect_ret(splice(q[0], NULL, p.c, NULL, 2 * PAGE + 5, 0),
		   2 * PAGE + 5);
	bytes_expect(p.s, 0, 2 * PAGE + 5);
	/* Its pages are the user's own again. */
	expect_ret(munmap(page, 4 * PAGE), 0);
}

/*
 * What waits to be sent is the user's page: what he writes there goes, but the
 * stream around it stays whole, and the checksum right.
 */
CASE(page_changes)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov = { page, PAGE };
	char got[PAGE];
	struct pair p;
	int q[2], i;
	size_t full;

	require(page != MAP_FAILED);
	pair_open(&p);
	pipe_open(q);
	full = fill(p.c);
	require(!set_int(p.c, SO_SNDBUFFORCE, 8 << 20));
	memset(page, 1, PAGE);
	expect_ret(vmsplice(q[1], &iov, 1, 0), PAGE);
	expect_ret(splice(q[0], NULL, p.c, NULL, PAGE, 0), PAGE);
	memset(page, 2, PAGE);
	expect_ret(send(p.c, "end", 3, 0), 3);
	drain(p.s, full);
	expect_ret(recv(p.s, got, PAGE, MSG_WAITALL), PAGE);
	for (i = 0; i < PAGE; i++)
		require(got[i] == 2);
	expect_ret(recv(p.s, got, 3, MSG_WAITALL), 3);
	expect(!memcmp(got, "end", 3));
}

CASE(sendfile_all)
{
	int file = bytes_file(SIZE);
	off_t at = 1000;
	struct pair p;
	pid_t reader;

	pair_open(&p);
	reader = bytes_reader(p.s, 0, SIZE);
	expect_ret(sendfile(p.c, file, NULL, SIZE), SIZE);
	bytes_join(reader);
	expect_ret(lseek(file, 0, SEEK_CUR), SIZE);
	expect_ret(sendfile(p.c, file, &at, 2000), 2000);
	expect_ret(at, 3000);
	bytes_expect(p.s, 1000, 2000);
	expect_ret(sendfile(p.c, file, NULL, 5), 0);
}

/* The file ends before what was asked for: nothing waits for more then. */
CASE(sendfile_short)
{
	int file = bytes_file(3000);
	struct pair p;

	pair_open(&p);
	expect_ret(sendfile(p.c, file, NULL, 9000), 3000);
	if (kernel_since(6, 5))
		expect_ret(count_of(p.c, SIOCOUTQNSD), 0);
	bytes_expect(p.s, 0, 3000);
}

CASE(sendfile_lossy)
{
	int file = bytes_file(SIZE);
	struct pair p;
	pid_t reader;

	if (!lossy_loopback("1500"))
		return;
	pair_open(&p);
	reader = fork();
	require(reader >= 0);
	if (!reader) {
		splice_expect(p.s, 0, SIZE);
		exit(0);
	}
	expect_ret(sendfile(p.c, file, NULL, SIZE), SIZE);
	expect_ret(shutdown(p.c, SHUT_WR), 0);
	bytes_join(reader);
}

CASE(nonblocking)
{
	int file = bytes_file(SIZE), q[2];
	size_t done = 0;
	char buf[65536];
	struct pair p;
	ssize_t n;

	pair_open(&p);
	pipe_open(q);
	set_nonblock(p.c);
	expect_errno(splice(p.c, NULL, q[1], NULL, 10, 0), EAGAIN);
	require(!set_int(p.c, SO_SNDBUF, 20000));
	while ((n = sendfile(p.c, file, NULL, SIZE - done)) > 0)
		done += n;
	expect(done > 0 && done < SIZE);
	expect_errno(sendfile(p.c, file, NULL, 1), EAGAIN);
	bytes_expect(p.s, 0, done);
	require(wait_events(p.c, POLLOUT) == POLLOUT);
	expect(sendfile(p.c, file, NULL, 1) == 1);
	bytes_expect(p.s, done, 1);
	/* A full pipe is no full socket. */
	require(!fcntl(q[1], F_SETFL, O_NONBLOCK));
	memset(buf, 0, sizeof(buf));
	while (write(q[1], buf, PAGE) > 0)
		;
	expect_ret(send(p.c, "x", 1, 0), 1);
	require(wait_events(p.s, POLLIN) == POLLIN);
	expect_errno(splice(p.s, NULL, q[1], NULL, 1, SPLICE_F_NONBLOCK),
		     EAGAIN);
	expect_ret(recv(p.s, buf, 1, 0), 1);
}

CASE(waits_and_times_out)
{
	struct timeval tv = { .tv_usec = 100000 };
	struct pair p;
	pid_t writer;
	int q[2];

	pair_open(&p);
	pipe_open(q);
	require(!setsockopt(p.s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	expect_errno(splice(p.s, NULL, q[1], NULL, 10, 0), EAGAIN);
	tv.tv_usec = 0;
	require(!setsockopt(p.s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	writer = fork();
	require(writer >= 0);
	if (!writer) {
		usleep(100000);
		exit(send(p.c, "late", 4, 0) != 4);
	}
	expect_ret(splice(p.s, NULL, q[1], NULL, 10, 0), 4);
	bytes_join(writer);
}

CASE(wrong_calls)
{
	struct pair p;
	loff_t at = 0;
	int q[2], fd = sock();

	signal(SIGPIPE, SIG_IGN);
	pair_open(&p);
	pipe_open(q);
	expect_errno(splice(p.s, &at, q[1], NULL, 10, 0), EINVAL);
	expect_errno(splice(q[0], NULL, p.s, &at, 10, 0), EINVAL);
	expect_errno(splice(p.s, NULL, p.c, NULL, 10, 0), EINVAL);
	expect_ret(splice(p.s, NULL, q[1], NULL, 0, 0), 0);
	expect_errno(splice(p.s, NULL, q[1], NULL, 10, 0xff00), EINVAL);
	expect_errno(splice(fd, NULL, q[1], NULL, 10, 0), ENOTCONN);
	expect_errno(splice(p.l, NULL, q[1], NULL, 10, 0), ENOTCONN);
	expect_ret(write(q[1], "data", 4), 4);
	expect_errno(splice(q[0], NULL, fd, NULL, 4, 0), EPIPE);
	expect_errno(splice(q[0], NULL, p.l, NULL, 4, 0), EPIPE);
	/* It is still there. */
	expect_ret(splice(q[0], NULL, p.c, NULL, 4, 0), 4);
}

CASE(pipe_without_reader)
{
	struct pair p;
	int q[2];
	char c;

	signal(SIGPIPE, SIG_IGN);
	pair_open(&p);
	pipe_open(q);
	expect_ret(send(p.c, "x", 1, 0), 1);
	require(wait_events(p.s, POLLIN) == POLLIN);
	close(q[0]);
	expect_errno(splice(p.s, NULL, q[1], NULL, 1, 0), EPIPE);
	/* Nothing was lost. */
	expect_ret(recv(p.s, &c, 1, MSG_DONTWAIT), 1);
}

static int piped;

static void on_sigpipe(int sig)
{
	piped = sig;
}

CASE(peer_is_gone)
{
	int file = bytes_file(10), q[2];
	struct linger lg = { .l_onoff = 1 };
	struct pair p;

	signal(SIGPIPE, on_sigpipe);
	pair_open(&p);
	pipe_open(q);
	expect_ret(send(p.s, "rest", 4, 0), 4);
	close(p.s);
	require(wait_all_events(p.c, POLLRDHUP));
	expect_ret(splice(p.c, NULL, q[1], NULL, 10, 0), 4);
	expect_ret(splice(p.c, NULL, q[1], NULL, 10, 0), 0);
	close(p.c);

	pair_open(&p);
	require(!setsockopt(p.s, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg)));
	close(p.s);
	require(wait_all_events(p.c, POLLHUP));
	expect_errno(splice(p.c, NULL, q[1], NULL, 10, 0), ECONNRESET);
	expect_ret(splice(p.c, NULL, q[1], NULL, 10, 0), 0);
	expect(!piped);
	expect_errno(sendfile(p.c, file, NULL, 10), EPIPE);
	expect_ret(piped, SIGPIPE);
}

/* The peer resets in the middle of a sendfile() that waits for room. */
CASE(reset_in_the_middle)
{
	int file = bytes_file(SIZE);
	struct linger lg = { .l_onoff = 1 };
	struct pair p;
	ssize_t n;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	pair_open(&p);
	require(!set_int(p.c, SO_SNDBUF, 20000));
	require(!set_int(p.s, SO_RCVBUF, 20000));
	pid = fork();
	require(pid >= 0);
	if (!pid) {
		usleep(300000);
		setsockopt(p.s, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg));
		exit(close(p.s));
	}
	close(p.s);
	n = sendfile(p.c, file, NULL, SIZE);
	expect(n > 0 && n < SIZE);
	bytes_join(pid);
	expect_errno(sendfile(p.c, file, NULL, 10), EPIPE);
}

/* splice() does not go past the urgent mark, and does not tell of it. */
CASE(splice_and_urgent)
{
	struct pair p;
	int q[2];
	char c;

	pair_open(&p);
	pipe_open(q);
	expect_ret(send(p.c, "abc", 3, 0), 3);
	expect_ret(send(p.c, "d", 1, MSG_OOB), 1);
	expect_ret(send(p.c, "ef", 2, 0), 2);
	require(wait_all_events(p.s, POLLPRI | POLLIN));
	set_nonblock(p.s);
	expect_ret(splice(p.s, NULL, q[1], NULL, 10, 0), 3);
	expect_errno(splice(p.s, NULL, q[1], NULL, 10, 0), EAGAIN);
	expect_ret(recv(p.s, &c, 1, MSG_OOB), 1);
	expect_ret(c, 'd');
	expect_errno(splice(p.s, NULL, q[1], NULL, 10, 0), EAGAIN);
	expect_ret(recv(p.s, &c, 1, 0), 1);
	expect_ret(c, 'e');
	expect_ret(splice(p.s, NULL, q[1], NULL, 10, 0), 1);
}

int main(void)
{
	return cases_main();
}
