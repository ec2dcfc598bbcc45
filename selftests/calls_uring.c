// SPDX-License-Identifier: GPL-2.0
/* io_uring: send, receive, accept, connect, poll, their many shots, cancel. */
#include "calls_bytes.h"

#include <linux/io_uring.h>
#include <linux/sockios.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "ksft.h"

#define ENTRIES 64

struct ring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned int queued;
};

static int ring_setup(struct io_uring_params *params)
{
	return syscall(__NR_io_uring_setup, ENTRIES, params);
}

static int ring_register(const struct ring *r, int what, void *arg, int count)
{
	return syscall(__NR_io_uring_register, r->fd, what, arg, count);
}

static void *ring_map(int fd, size_t size, off_t what)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_POPULATE, fd, what);

	require(mem != MAP_FAILED);
	return mem;
}

static void ring_open(struct ring *r)
{
	struct io_uring_params p = { };
	char *sq, *cq;

	r->fd = ring_setup(&p);
	require(r->fd >= 0);
	sq = ring_map(r->fd, p.sq_off.array + p.sq_entries * sizeof(unsigned int),
		      IORING_OFF_SQ_RING);
	cq = ring_map(r->fd, p.cq_off.cqes +
		      p.cq_entries * sizeof(struct io_uring_cqe),
		      IORING_OFF_CQ_RING);
	r->sqes = ring_map(r->fd, p.sq_entries * sizeof(struct io_uring_sqe),
			   IORING_OFF_SQES);
	r->sq_tail = (void *)(sq + p.sq_off.tail);
	r->sq_mask = (void *)(sq + p.sq_off.ring_mask);
	r->sq_array = (void *)(sq + p.sq_off.array);
	r->cq_head = (void *)(cq + p.cq_off.head);
	r->cq_tail = (void *)(cq + p.cq_off.tail);
	r->cq_mask = (void *)(cq + p.cq_off.ring_mask);
	r->cqes = (void *)(cq + p.cq_off.cqes);
	r->queued = 0;
}

/* The next request; what it is for comes back with its result. */
static struct io_uring_sqe *request(struct ring *r, int op, int fd,
				    const void *addr, unsigned int len, int id)
{
	unsigned int tail = *r->sq_tail, i = tail & *r->sq_mask;
	struct io_uring_sqe *sqe = &r->sqes[i];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = op;
	sqe->fd = fd;
	sqe->addr = (unsigned long)addr;
	sqe->len = len;
	sqe->user_data = id;
	r->sq_array[i] = i;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	r->queued++;
	return sqe;
}

static void submit(struct ring *r)
{
	unsigned int queued = r->queued;

	r->queued = 0;
	expect_ret(syscall(__NR_io_uring_enter, r->fd, queued, 0, 0, NULL, 0),
		   queued);
}

struct done {
	int id, res;
	unsigned int flags;
};

/* Is there a result? */
static int result_now(struct ring *r, struct done *done)
{
	unsigned int head = *r->cq_head;
	const struct io_uring_cqe *cqe = &r->cqes[head & *r->cq_mask];

	if (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
		return 0;
	*done = (struct done){ cqe->user_data, cqe->res, cqe->flags };
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return 1;
}

static struct done result(struct ring *r)
{
	struct done done;

	while (!result_now(r, &done))
		require(syscall(__NR_io_uring_enter, r->fd, 0, 1,
				IORING_ENTER_GETEVENTS, NULL, 0) >= 0);
	return done;
}

/* Submits, and the next result must be this request's, and this. */
static void expect_result(struct ring *r, int id, int res)
{
	struct done done;

	if (r->queued)
		submit(r);
	done = result(r);
	expect_ret(done.id, id);
	expect_ret(done.res, res);
}

CASE(all_calls)
{
	union address a;
	int l = sock_listen(&a, 4), c = sock(), s;
	struct done done;
	struct ring r;
	char buf[16];

	ring_open(&r);
	/* Both wait for each other, whichever comes first. */
	request(&r, IORING_OP_ACCEPT, l, NULL, 0, 1);
	submit(&r);
	request(&r, IORING_OP_CONNECT, c, &a, 0, 2)->off = address_len(family);
	submit(&r);
	done = result(&r);
	s = done.id == 1 ? done.res : -1;
	if (done.id == 2)
		expect_ret(done.res, 0);
	done = result(&r);
	if (done.id == 1)
		s = done.res;
	require(s >= 0);
	/* A receive that has to wait. */
	request(&r, IORING_OP_RECV, s, buf, sizeof(buf), 3);
	submit(&r);
	expect(!result_now(&r, &done));
	request(&r, IORING_OP_SEND, c, "hello", 5, 4);
	submit(&r);
	done = result(&r);
	expect_ret(done.res, 5);
	done = result(&r);
	expect_ret(done.res, 5);
	expect(!memcmp(buf, "hello", 5));
	request(&r, IORING_OP_SHUTDOWN, c, NULL, SHUT_WR, 5);
	expect_result(&r, 5, 0);
	request(&r, IORING_OP_RECV, s, buf, sizeof(buf), 6);
	expect_result(&r, 6, 0);
}

CASE(messages)
{
	struct iovec out[2] = { { "one", 3 }, { "two", 3 } };
	char buf[16] = "";
	struct iovec in = { buf, sizeof(buf) };
	struct msghdr send = { .msg_iov = out, .msg_iovlen = 2 };
	struct msghdr recv = { .msg_iov = &in, .msg_iovlen = 1 };
	struct ring r;
	struct pair p;

	ring_open(&r);
	pair_open(&p);
	request(&r, IORING_OP_SENDMSG, p.c, &send, 1, 1);
	expect_result(&r, 1, 6);
	request(&r, IORING_OP_RECVMSG, p.s, &recv, 1, 2);
	expect_result(&r, 2, 6);
	expect(!strcmp(buf, "onetwo"));
}

CASE(errors)
{
	struct linger lg = { .l_onoff = 1 };
	union address nobody = address("127.0.0.1", 1);
	int c = sock();
	struct ring r;
	struct pair p;
	char buf[4];

	ring_open(&r);
	request(&r, IORING_OP_RECV, c, buf, 4, 1);
	expect_result(&r, 1, -ENOTCONN);
	request(&r, IORING_OP_SEND, c, buf, 4, 2)->msg_flags = MSG_NOSIGNAL;
	expect_result(&r, 2, -EPIPE);
	request(&r, IORING_OP_CONNECT, c, &nobody, 0, 3)->off =
		address_len(family);
	expect_result(&r, 3, -ECONNREFUSED);
	request(&r, IORING_OP_ACCEPT, sock(), NULL, 0, 5);
	expect_result(&r, 5, -EINVAL);
	/* A reset ends a receive that waits. */
	pair_open(&p);
	request(&r, IORING_OP_RECV, p.s, buf, 4, 6);
	submit(&r);
	require(!setsockopt(p.c, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg)));
	close(p.c);
	expect_result(&r, 6, -ECONNRESET);
	request(&r, IORING_OP_RECV, p.s, (void *)8, 4, 7);
	expect_result(&r, 7, 0);
}

CASE(cancelled)
{
	struct done done;
	struct ring r;
	struct pair p;
	char buf[8];

	ring_open(&r);
	pair_open(&p);
	request(&r, IORING_OP_RECV, p.s, buf, 8, 1);
	submit(&r);
	request(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)1, 0, 2);
	submit(&r);
	done = result(&r);
	expect_ret(done.res, done.id == 1 ? -ECANCELED : 0);
	done = result(&r);
	expect_ret(done.res, done.id == 1 ? -ECANCELED : 0);
	/* It took nothing with it. */
	expect_ret(send(p.c, "data", 4, 0), 4);
	expect_ret(recv(p.s, buf, 8, 0), 4);
	/* A ring that goes away with a request. */
	request(&r, IORING_OP_RECV, p.s, buf, 8, 3);
	submit(&r);
	close(r.fd);
	expect_ret(send(p.c, "x", 1, 0), 1);
}

CASE(accept_many)
{
	union address a;
	int l = sock_listen(&a, 8), i;
	struct done done;
	struct ring r;

	ring_open(&r);
	request(&r, IORING_OP_ACCEPT, l, NULL, 0, 1)->ioprio =
		IORING_ACCEPT_MULTISHOT;
	submit(&r);
	for (i = 0; i < 3; i++) {
		int c = sock_connect(&a);

		done = result(&r);
		expect_ret(done.id, 1);
		require(done.res >= 0);
		expect_ret(done.flags & IORING_CQE_F_MORE, IORING_CQE_F_MORE);
		expect_ret(send(c, "x", 1, 0), 1);
		expect_ret(recv(done.res, &(char){ 0 }, 1, 0), 1);
		close(c);
		close(done.res);
	}
	request(&r, IORING_OP_ASYNC_CANCEL, -1, (void *)1, 0, 2);
	submit(&r);
	for (i = 0; i < 2; i++) {
		done = result(&r);
		expect_ret(done.res, done.id == 1 ? -ECANCELED : 0);
		expect_ret(done.flags & IORING_CQE_F_MORE, 0);
	}
}

#define BUFFERS 8
#define BUFFER_SIZE 4096

/* Buffers that the kernel takes one after the other. */
static struct io_uring_buf_ring *buffers_register(struct ring *r, char *mem)
{
	struct io_uring_buf_ring *ring =
		mmap(NULL, BUFFERS * sizeof(struct io_uring_buf),
		     PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	struct io_uring_buf_reg reg = {
		.ring_addr = (unsigned long)ring,
		.ring_entries = BUFFERS,
	};
	int i;

	require(ring != MAP_FAILED);
	require(!ring_register(r, IORING_REGISTER_PBUF_RING, &reg, 1));
	for (i = 0; i < BUFFERS; i++) {
		struct io_uring_buf *buf = &ring->bufs[i];

		buf->addr = (unsigned long)(mem + i * BUFFER_SIZE);
		buf->len = BUFFER_SIZE;
		buf->bid = i;
	}
	__atomic_store_n(&ring->tail, BUFFERS, __ATOMIC_RELEASE);
	return ring;
}

CASE(receive_many)
{
	static char mem[BUFFERS * BUFFER_SIZE], data[3 * BUFFER_SIZE];
	struct io_uring_sqe *sqe;
	struct done done;
	struct ring r;
	struct pair p;
	size_t at = 0;

	ring_open(&r);
	pair_open(&p);
	buffers_register(&r, mem);
	sqe = request(&r, IORING_OP_RECV, p.s, NULL, 0, 1);
	sqe->ioprio = IORING_RECV_MULTISHOT;
	sqe->flags = IOSQE_BUFFER_SELECT;
	submit(&r);
	bytes_fill(data, 0, sizeof(data));
	expect_ret(send(p.c, data, sizeof(data), 0), sizeof(data));
	while (at < sizeof(data)) {
		int id;

		done = result(&r);
		require(done.res > 0);
		expect_ret(done.flags & (IORING_CQE_F_MORE | IORING_CQE_F_BUFFER),
			   IORING_CQE_F_MORE | IORING_CQE_F_BUFFER);
		id = done.flags >> IORING_CQE_BUFFER_SHIFT;
		require(id < BUFFERS);
		require(bytes_right(mem + id * BUFFER_SIZE, at, done.res));
		at += done.res;
	}
	/* The end of the stream ends it. */
	close(p.c);
	done = result(&r);
	expect_ret(done.res, 0);
	expect_ret(done.flags & IORING_CQE_F_MORE, 0);
}

CASE(poll_many)
{
	struct io_uring_sqe *sqe;
	struct done done;
	struct ring r;
	struct pair p;
	char c;
	int i;

	ring_open(&r);
	pair_open(&p);
	sqe = request(&r, IORING_OP_POLL_ADD, p.s, NULL, IORING_POLL_ADD_MULTI,
		      1);
	sqe->poll32_events = POLLIN | POLLRDHUP;
	submit(&r);
	for (i = 0; i < 3; i++) {
		expect_ret(send(p.c, "x", 1, 0), 1);
		done = result(&r);
		expect_ret(done.res, POLLIN);
		expect_ret(done.flags & IORING_CQE_F_MORE, IORING_CQE_F_MORE);
		expect_ret(recv(p.s, &c, 1, 0), 1);
	}
	expect_ret(shutdown(p.c, SHUT_WR), 0);
	done = result(&r);
	expect_ret(done.res, POLLIN | POLLRDHUP);
}

/* ---- without copies ---- */

/* Waits for results and for notes that memory is free, so many of each. */
static void expect_free(struct ring *r, int calls, size_t bytes)
{
	int results = calls, notes = calls;
	size_t sent = 0;

	while (results || notes) {
		struct done done = result(r);

		if (done.flags & IORING_CQE_F_NOTIF) {
			notes--;
			continue;
		}
		require(done.res > 0);
		expect_ret(done.flags & IORING_CQE_F_MORE, IORING_CQE_F_MORE);
		sent += done.res;
		results--;
	}
	expect_ret(sent, bytes);
}

static void send_zc(struct ring *r, int fd, char *data, size_t len, int fixed)
{
	struct io_uring_sqe *sqe = request(r, IORING_OP_SEND_ZC, fd, data, len,
					   1);

	sqe->msg_flags = MSG_WAITALL;
	if (fixed)
		sqe->ioprio = IORING_RECVSEND_FIXED_BUF;
	submit(r);
}

#define ZC_SIZE 200000

static char *zc_data(struct ring *r)
{
	char *data = mmap(NULL, ZC_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct iovec iov = { data, ZC_SIZE };

	require(data != MAP_FAILED);
	bytes_fill(data, 0, ZC_SIZE);
	require(!ring_register(r, IORING_REGISTER_BUFFERS, &iov, 1));
	return data;
}

CASE(send_without_copy)
{
	struct ring r;
	struct pair p;
	pid_t reader;
	char *data;
	int fixed;

	ring_open(&r);
	data = zc_data(&r);
	pair_open(&p);
	for (fixed = 0; fixed < 2; fixed++) {
		reader = bytes_reader(p.s, 0, ZC_SIZE);
		send_zc(&r, p.c, data, ZC_SIZE, fixed);
		expect_free(&r, 1, ZC_SIZE);
		bytes_join(reader);
	}
}

/* Copies, and pages that have no references of their own, in one segment. */
CASE(mixed)
{
	struct ring r;
	struct pair p;
	size_t at = 0;
	char *data;
	int i;

	ring_open(&r);
	data = zc_data(&r);
	pair_open(&p);
	for (i = 0; i < 20; i++) {
		expect_ret(send(p.c, data + at, 701, MSG_MORE), 701);
		at += 701;
		send_zc(&r, p.c, data + at, 999, i % 2);
		at += 999;
		expect_ret(send(p.c, data + at, 11, MSG_MORE), 11);
		at += 11;
	}
	expect_ret(shutdown(p.c, SHUT_WR), 0);
	bytes_expect(p.s, 0, at);
	expect_free(&r, 20, 20 * 999);
}

/* Segments that are cut, and sent again. */
CASE(narrow_and_lossy)
{
	struct ring r;
	struct pair p;
	char *data;
	size_t full;

	if (!lossy_loopback("9000"))
		return;
	ring_open(&r);
	data = zc_data(&r);
	pair_open(&p);
	full = fill(p.c);
	require(!set_int(p.c, SO_SNDBUFFORCE, 8 << 20));
	send_zc(&r, p.c, data, ZC_SIZE, 1);
	require(!system("ip link set lo mtu 1400"));
	drain(p.s, full);
	bytes_expect(p.s, 0, ZC_SIZE);
	expect_free(&r, 1, ZC_SIZE);
}

int main(void)
{
	struct io_uring_params params = { };
	int fd = ring_setup(&params);

	if (fd < 0) {
		ksft_print_header();
		ksft_exit_skip("no io_uring");
	}
	close(fd);
	return cases_main();
}
