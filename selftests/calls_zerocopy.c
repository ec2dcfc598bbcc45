// SPDX-License-Identifier: GPL-2.0
/* MSG_ZEROCOPY, and the error queue that tells when pages are free again. */
#include "calls_bytes.h"

#include <linux/errqueue.h>
#include <linux/sockios.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define SIZE 300001

static char data[SIZE];

/*
 * Asks for it. Kernels before 6.2 refuse it to all but TCP and UDP, whatever
 * they could do: 0, and the case is over.
 */
static int zerocopy(int fd)
{
	if (proto == IPPROTO_TCP || kernel_since(6, 2)) {
		require(!set_int(fd, SO_ZEROCOPY, 1));
		return 1;
	}
	expect_errno(set_int(fd, SO_ZEROCOPY, 1), EOPNOTSUPP);
	return 0;
}

/*
 * One message of the error queue: 1, with the first and the last number, and
 * the code.
 */
static int completion(int fd, unsigned int *first, unsigned int *last,
		      int *code)
{
	char control[256], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	const struct sock_extended_err *err;
	const struct cmsghdr *cmsg;
	int n = recvmsg(fd, &msg, MSG_ERRQUEUE);

	if (n < 0)
		return n;
	expect_ret(n, 0);
	expect_ret(msg.msg_flags & MSG_ERRQUEUE, MSG_ERRQUEUE);
	cmsg = CMSG_FIRSTHDR(&msg);
	require(cmsg);
	expect_ret(cmsg->cmsg_level, family == AF_INET ? SOL_IP : SOL_IPV6);
	expect_ret(cmsg->cmsg_type,
		   family == AF_INET ? IP_RECVERR : IPV6_RECVERR);
	err = (const void *)CMSG_DATA(cmsg);
	expect_ret(err->ee_origin, SO_EE_ORIGIN_ZEROCOPY);
	expect_ret(err->ee_errno, 0);
	*first = err->ee_info;
	*last = err->ee_data;
	*code = err->ee_code;
	return 1;
}

/* There is none. */
static void not_completed(int fd)
{
	unsigned int first, last;
	int code;

	expect_errno(completion(fd, &first, &last, &code), EAGAIN);
}

/* Waits until so many have been told of, each once and in order. */
static void completed_with(int fd, unsigned int from, unsigned int until,
			   int want)
{
	unsigned int first, last;
	int code;

	while (from < until) {
		require(wait_all_events(fd, POLLERR));
		require(completion(fd, &first, &last, &code) == 1);
		expect_ret(code, want);
		expect_ret(first, from);
		require(last >= first);
		from = last + 1;
	}
	expect_ret(from, until);
}

/* Who receives on the same host gets a copy. */
static void completed(int fd, unsigned int from, unsigned int until)
{
	completed_with(fd, from, until, SO_EE_CODE_ZEROCOPY_COPIED);
}

CASE(the_option)
{
	int fd = sock(), one = 1;

	expect_ret(get_int(fd, SO_ZEROCOPY), 0);
	if (!zerocopy(fd))
		return;
	expect_ret(get_int(fd, SO_ZEROCOPY), 1);
	expect_errno(set_int(fd, SO_ZEROCOPY, 2), EINVAL);
	expect_errno(set_int(fd, SO_ZEROCOPY, -1), EINVAL);
	expect_errno(setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, 3), EINVAL);
	expect_errno(setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, NULL, 4), EFAULT);
	expect_ret(get_int(fd, SO_ZEROCOPY), 1);
	expect_ret(set_int(fd, SO_ZEROCOPY, 0), 0);
	expect_ret(get_int(fd, SO_ZEROCOPY), 0);
}

/* It is the listener's, and each accepted socket has it for itself. */
CASE(the_option_accepted)
{
	union address a;
	int l = sock_listen(&a, 4), c, s;

	if (!zerocopy(l))
		return;
	c = sock_connect(&a);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(get_int(s, SO_ZEROCOPY), 1);
	expect_ret(set_int(s, SO_ZEROCOPY, 0), 0);
	expect_ret(get_int(s, SO_ZEROCOPY), 0);
	expect_ret(set_int(s, SO_ZEROCOPY, 1), 0);
	expect_ret(get_int(c, SO_ZEROCOPY), 0);
	expect_ret(send(s, "data", 4, MSG_ZEROCOPY), 4);
	completed(s, 0, 1);
}

/* Without the option, the flag means nothing. */
CASE(flag_alone)
{
	struct pair p;

	pair_open(&p);
	bytes_fill(data, 0, 5000);
	expect_ret(send(p.c, data, 5000, MSG_ZEROCOPY), 5000);
	bytes_expect(p.s, 0, 5000);
	require(wait_count(p.c, SIOCOUTQ, 0));
	not_completed(p.c);
	expect_ret(events_now(p.c, POLLERR), 0);
}

CASE(sent_and_completed)
{
	struct pair p;
	pid_t reader;

	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	bytes_fill(data, 0, SIZE);
	reader = bytes_reader(p.s, 0, SIZE);
	expect_ret(send(p.c, data, SIZE, MSG_ZEROCOPY), SIZE);
	bytes_join(reader);
	completed(p.c, 0, 1);
	not_completed(p.c);
	expect_ret(events_now(p.c, POLLERR), 0);
	expect_ret(so_error(p.c), 0);
}

/* Each call has its number, whoever else writes between them. */
CASE(mixed_with_copies)
{
	struct pair p;
	size_t at = 0;
	pid_t reader;
	int i;

	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	bytes_fill(data, 0, SIZE);
	reader = bytes_reader(p.s, 0, 100 * 1501);
	for (i = 0; i < 100; i++, at += 1501)
		expect_ret(send(p.c, data + at, 1501,
				i % 3 ? MSG_ZEROCOPY : i % 2 ? MSG_MORE : 0),
			   1501);
	bytes_join(reader);
	completed(p.c, 0, 66);
}

/*
 * Calls share what tells of them up to 512 KiB. Beyond, the next one has another,
 * which cannot have the packet where the one before has ended.
 */
CASE(told_apart)
{
	char *all = malloc(2 * SIZE);
	struct pair p;
	size_t full;

	require(all);
	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	full = fill(p.c);
	require(!set_int(p.c, SO_SNDBUFFORCE, 8 << 20));
	bytes_fill(all, 0, 2 * SIZE);
	expect_ret(send(p.c, all, SIZE, MSG_ZEROCOPY | MSG_MORE), SIZE);
	expect_ret(send(p.c, all + SIZE, SIZE, MSG_ZEROCOPY), SIZE);
	drain(p.s, full);
	bytes_expect(p.s, 0, 2 * SIZE);
	completed(p.c, 0, 2);
	not_completed(p.c);
}

/* A call without bytes has none. */
CASE(nothing_sent)
{
	struct pair p;

	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	expect_ret(send(p.c, data, 0, MSG_ZEROCOPY), 0);
	/* Nor has one that fails; and its number is the next one's. */
	expect_errno(send(p.c, (void *)8, 100, MSG_ZEROCOPY), EFAULT);
	expect_ret(send(p.c, "data", 4, MSG_ZEROCOPY), 4);
	completed(p.c, 0, 1);
	not_completed(p.c);
}

/* Pages are in use until the peer has acknowledged what is on them. */
CASE(held_until_acknowledged)
{
	struct pair p;
	size_t full;

	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	full = fill(p.c);
	require(!set_int(p.c, SO_SNDBUFFORCE, 8 << 20));
	bytes_fill(data, 0, 4096);
	expect_ret(send(p.c, data, 4096, MSG_ZEROCOPY), 4096);
	not_completed(p.c);
	drain(p.s, full);
	bytes_expect(p.s, 0, 4096);
	completed(p.c, 0, 1);
}

/* Nobody ever gets them, but they are free all the same; nor was there a copy. */
CASE(completed_by_reset)
{
	struct linger lg = { .l_onoff = 1 };
	struct pair p;

	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	fill(p.c);
	require(!set_int(p.c, SO_SNDBUFFORCE, 8 << 20));
	expect_ret(send(p.c, data, 4096, MSG_ZEROCOPY), 4096);
	require(!setsockopt(p.s, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg)));
	close(p.s);
	require(wait_all_events(p.c, POLLHUP));
	completed_with(p.c, 0, 1, 0);
	expect_ret(so_error(p.c), ECONNRESET);
}

CASE(completed_by_disconnect)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct pair p;

	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	fill(p.c);
	require(!set_int(p.c, SO_SNDBUFFORCE, 8 << 20));
	expect_ret(send(p.c, data, 4096, MSG_ZEROCOPY), 4096);
	expect_ret(connect(p.c, &none, sizeof(none)), 0);
	completed_with(p.c, 0, 1, 0);
}

/* The user is gone, the pages are not, until the peer has the data. */
CASE(closed_with_pages)
{
	char *page = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pair p;
	size_t full;

	require(page != MAP_FAILED);
	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	full = fill(p.c);
	require(!set_int(p.c, SO_SNDBUFFORCE, 8 << 20));
	bytes_fill(page, 0, 65536);
	expect_ret(send(p.c, page, 65536, MSG_ZEROCOPY), 65536);
	close(p.c);
	expect_ret(munmap(page, 65536), 0);
	drain(p.s, full);
	bytes_expect(p.s, 0, 65536);
	expect_ret(recv(p.s, data, 1, 0), 0);
}

/* What the device takes gets smaller: segments are cut, pages and all. */
CASE(path_narrows)
{
	struct pair p;
	size_t full;
	int i;

	own_loopback("20000");
	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	full = fill(p.c);
	require(!set_int(p.c, SO_SNDBUFFORCE, 8 << 20));
	bytes_fill(data, 0, 10 * 9001);
	for (i = 0; i < 10; i++)
		expect_ret(send(p.c, data + i * 9001, 9001, MSG_ZEROCOPY),
			   9001);
	require(!system("ip link set lo mtu 1400"));
	drain(p.s, full);
	bytes_expect(p.s, 0, 10 * 9001);
	completed(p.c, 0, 10);
}

CASE(sent_again)
{
	struct pair p;
	size_t at = 0;
	pid_t reader;
	int calls = 0;

	if (!lossy_loopback("1500"))
		return;
	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	bytes_fill(data, 0, SIZE);
	reader = bytes_reader(p.s, 0, SIZE);
	for (; at < SIZE; calls++) {
		size_t some = SIZE - at < 7001 ? SIZE - at : 7001;

		require(send(p.c, data + at, some, MSG_ZEROCOPY) == (int)some);
		at += some;
	}
	bytes_join(reader);
	completed(p.c, 0, calls);
}

/* A user may lock so much memory, and no more. */
CASE(memory_locked)
{
	struct rlimit limit = { 4096, 4096 };
	struct pair p;

	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	require(!setrlimit(RLIMIT_MEMLOCK, &limit));
	require(!setresuid(65534, 65534, 65534));
	expect_errno(send(p.c, data, 65536, MSG_ZEROCOPY), ENOBUFS);
	not_completed(p.c);
	/* What is copied needs none. */
	expect_ret(send(p.c, data, 1000, 0), 1000);
}

/* The messages themselves take memory that is limited. */
CASE(option_memory)
{
	char old[32] = "", name[] = "/proc/sys/net/core/optmem_max";
	struct pair p;
	FILE *file;

	pair_open(&p);
	if (!zerocopy(p.c))
		return;
	file = fopen(name, "r");
	/* In the namespace since 6.8; before, it is not there in another. */
	if (!file)
		return;
	require(fgets(old, sizeof(old), file));
	fclose(file);
	require(!sysctl_set("net/core/optmem_max", "1"));
	expect_errno(send(p.c, data, 100, MSG_ZEROCOPY), ENOBUFS);
	require(!sysctl_set("net/core/optmem_max", old));
	expect_ret(send(p.c, data, 100, MSG_ZEROCOPY), 100);
	completed(p.c, 0, 1);
}

int main(void)
{
	return cases_main();
}
