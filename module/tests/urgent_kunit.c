// SPDX-License-Identifier: GPL-2.0
/* Urgent data, and what a peer may lie about it (RFC 9293, 3.8.5; RFC 6093). */
#include "letters.h"
#include "../options.h"
#include "../urgent.h"

#include <linux/sockios.h>

#define DATA	101	/* the client's first byte */
#define ACKED	201	/* what it acknowledges */

/* The same; the client is played by injection from now on. */
static void open_receiver(struct kunit *test, struct wire_pair *pair)
{
	wire_open_idle(test->priv, pair);
	wire_cut(test->priv, V);
}

static int send_flags(struct socket *sock, const void *data, u32 len, int flags)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | flags };
	struct kvec vec = { .iov_base = (void *)data, .iov_len = len };

	return kernel_sendmsg(sock, &msg, &vec, 1, len);
}

static int send_urgent(struct socket *sock, const void *data, u32 len)
{
	return send_flags(sock, data, len, MSG_OOB);
}

static int receive(struct socket *sock, void *data, u32 len, int flags)
{
	struct msghdr msg = { };
	struct kvec vec = { .iov_base = data, .iov_len = len };

	return kernel_recvmsg(sock, &msg, &vec, 1, len, flags | MSG_DONTWAIT);
}

static int read_urgent(struct socket *sock)
{
	u8 byte;
	int err = receive(sock, &byte, 1, MSG_OOB);

	return err == 1 ? byte : err;
}

static bool at_mark(struct socket *sock)
{
	int result = -1;

	return !clasp_ioctl(sock->sk, SIOCATMARK, &result) && result == 1;
}

static __poll_t events(struct socket *sock)
{
	return sock->ops->poll(NULL, sock, NULL) & (EPOLLIN | EPOLLPRI);
}

/* SND.UP: the pointer says how far ahead the byte after it is. */
static void urgent_pointer(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	KUNIT_EXPECT_EQ(test, 3, send_urgent(pair.client, "abc", 3));
	WIRE_EXPECT(wire, 0, C, U, DATA, ACKED, 3);
	KUNIT_EXPECT_EQ(test, wire->log[0].urg_ptr, 3);
	wire_settle(wire);
	wire_clear(wire);
	/* All of it is acknowledged: the next segments are as any other. */
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "d", 1));
	WIRE_EXPECT(wire, 0, C, A, DATA + 3, ACKED, 1);
	KUNIT_EXPECT_EQ(test, wire->log[0].urg_ptr, 0);
}

/* Every segment before the mark has the pointer, again and again. */
static void urgent_in_all_segments(struct kunit *test)
{
	struct wire *wire = test->priv;
	u8 *buf = kunit_kzalloc(test, 3 * WIRE_MSS, GFP_KERNEL);
	struct wire_pair pair;
	int i;

	wire_sysctl()->tail_loss_probe = 0;
	KUNIT_ASSERT_NOT_NULL(test, buf);
	wire_open_idle(test->priv, &pair);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 3 * WIRE_MSS,
			send_urgent(pair.client, buf, 3 * WIRE_MSS));
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "x", 1));
	KUNIT_EXPECT_EQ(test, wire->logged, 4);
	for (i = 0; i < 3; i++) {
		WIRE_EXPECT(wire, i, C, U, DATA + i * WIRE_MSS, ACKED,
			    WIRE_MSS);
		KUNIT_EXPECT_EQ(test, wire->log[i].urg_ptr,
				(3 - i) * WIRE_MSS);
	}
	WIRE_EXPECT(wire, 3, C, A, DATA + 3 * WIRE_MSS, ACKED, 1);
	wire_run(wire, NSEC_PER_SEC / 2);
	WIRE_EXPECT(wire, 4, C, U, DATA, ACKED, WIRE_MSS);
	KUNIT_EXPECT_EQ(test, wire->log[4].urg_ptr, 3 * WIRE_MSS);
}

/* Neither Nagle's algorithm nor MSG_MORE makes it wait. */
static void urgent_at_once(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	wire_cut(wire, C);
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "a", 1));
	KUNIT_EXPECT_EQ(test, 1, wire_send(pair.client, "b", 1));
	KUNIT_EXPECT_EQ(test, wire->logged, 1);
	KUNIT_EXPECT_EQ(test, 1, send_flags(pair.client, "!", 1,
					    MSG_OOB | MSG_MORE));
	KUNIT_EXPECT_EQ(test, wire->logged, 2);
	WIRE_EXPECT(wire, 1, C, U, DATA + 1, ACKED, 2);
}

/* What 16 bits cannot say is said later. */
static void urgent_out_of_reach(struct kunit *test)
{
	static const u32 ahead[] = { 0, 1, 65535, 65536, 1 << 20 };
	struct clasp_sock *csk = kunit_kzalloc(test, sizeof(*csk), GFP_KERNEL);
	struct clasp_header header;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, csk);
	csk->snd_una = 1000;
	csk->urgent.snd_up = 1 << 22;
	for (i = 0; i < ARRAY_SIZE(ahead); i++) {
		bool told = ahead[i] && ahead[i] <= 65535;

		header = (struct clasp_header){
			.seq = csk->urgent.snd_up - ahead[i], .flags = A,
		};
		clasp_urgent_point(csk, &header);
		KUNIT_EXPECT_EQ(test, header.flags, told ? U : A);
		KUNIT_EXPECT_EQ(test, header.urg_ptr, told ? ahead[i] : 0);
	}
}

/* Numbers wrap around within the urgent data. */
static void urgent_wraps(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u8 buf[16];

	wire->isn[C] = U64_MAX - 3;
	wire->isn[V] = 200;
	wire_open(wire, &pair);
	KUNIT_EXPECT_EQ(test, 8, send_urgent(pair.client, "abcdefgh", 8));
	wire_settle(wire);
	KUNIT_EXPECT_EQ(test, 7, receive(pair.server, buf, sizeof(buf), 0));
	KUNIT_EXPECT_TRUE(test, at_mark(pair.server));
	KUNIT_EXPECT_EQ(test, 'h', read_urgent(pair.server));
}

/* 3.8.6: the window is shut, the pointer gets through. */
static void urgent_window_shut(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct clasp_sock *csk;
	struct wire_pair pair;

	wire_open_idle(test->priv, &pair);
	csk = clasp_sk(pair.server->sk);
	wire_inject_window(wire, V, A, ACKED, DATA, 0, 0);
	wire_clear(wire);
	KUNIT_EXPECT_EQ(test, 1, send_urgent(pair.client, "!", 1));
	KUNIT_EXPECT_EQ(test, wire->logged, 0);
	wire_next(wire, U64_MAX);
	WIRE_EXPECT(wire, 0, C, U, DATA, ACKED, 0);
	KUNIT_EXPECT_EQ(test, wire->log[0].urg_ptr, 1);
	KUNIT_EXPECT_EQ(test, wire->log[1].seq, DATA - 1);
	wire_next(wire, wire->now + wire->delay);
	KUNIT_EXPECT_EQ(test, csk->urgent.phase, CLASP_URGENT_UNREAD);
	KUNIT_EXPECT_EQ(test, csk->urgent.rcv_up, DATA);
	KUNIT_EXPECT_EQ(test, -EAGAIN, read_urgent(pair.server));
}

/* The pointer comes first, the byte in a later segment. */
static void urgent_ahead(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u8 buf[16];

	open_receiver(test, &pair);
	wire_inject_urgent(wire, C, DATA, ACKED, 4, 6);
	KUNIT_EXPECT_EQ(test, -EAGAIN, read_urgent(pair.server));
	KUNIT_EXPECT_EQ(test, events(pair.server), EPOLLIN);
	KUNIT_EXPECT_FALSE(test, at_mark(pair.server));
	KUNIT_EXPECT_EQ(test, 4, receive(pair.server, buf, sizeof(buf), 0));
	wire_inject_urgent(wire, C, DATA + 4, ACKED, 4, 2);
	KUNIT_EXPECT_EQ(test, events(pair.server), EPOLLIN | EPOLLPRI);
	KUNIT_EXPECT_EQ(test, 1, receive(pair.server, buf, sizeof(buf), 0));
	KUNIT_EXPECT_TRUE(test, at_mark(pair.server));
	KUNIT_EXPECT_EQ(test, 0, read_urgent(pair.server));
	KUNIT_EXPECT_EQ(test, 2, receive(pair.server, buf, sizeof(buf), 0));
}

/* The segment with the byte comes ahead of a hole. */
static void urgent_out_of_order(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u8 buf[16];

	open_receiver(test, &pair);
	wire_inject_urgent(wire, C, DATA + 4, ACKED, 4, 4);
	KUNIT_EXPECT_EQ(test, -EAGAIN, read_urgent(pair.server));
	KUNIT_EXPECT_EQ(test, events(pair.server), 0);
	wire_inject(wire, C, A, DATA, ACKED, 4);
	KUNIT_EXPECT_EQ(test, events(pair.server), EPOLLIN | EPOLLPRI);
	KUNIT_EXPECT_EQ(test, 7, receive(pair.server, buf, sizeof(buf), 0));
	KUNIT_EXPECT_EQ(test, 0, read_urgent(pair.server));
}

/* A pointer into what has long been received, of a segment that comes again. */
static void urgent_old_pointer(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct clasp_sock *csk;
	u8 buf[16];

	open_receiver(test, &pair);
	csk = clasp_sk(pair.server->sk);
	wire_inject(wire, C, P, DATA, ACKED, 8);
	/* Overlaps by 4, points to the last byte that is there. */
	wire_inject_urgent(wire, C, DATA + 4, ACKED, 8, 4);
	KUNIT_EXPECT_EQ(test, csk->urgent.phase, CLASP_URGENT_NONE);
	/* To nothing at all: a pointer of 0. */
	wire_inject_urgent(wire, C, DATA + 12, ACKED, 0, 0);
	KUNIT_EXPECT_EQ(test, csk->urgent.phase, CLASP_URGENT_NONE);
	KUNIT_EXPECT_EQ(test, 12, receive(pair.server, buf, sizeof(buf), 0));
	/* Outside of the window, it counts for nothing. */
	wire_inject_urgent(wire, C, DATA + 2, ACKED, 4, 100);
	KUNIT_EXPECT_EQ(test, csk->urgent.phase, CLASP_URGENT_NONE);
}

/* The same pointer in each segment is one mark, and a smaller one none. */
static void urgent_repeated(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	struct clasp_sock *csk;
	u8 buf[16];

	open_receiver(test, &pair);
	csk = clasp_sk(pair.server->sk);
	wire_inject_urgent(wire, C, DATA, ACKED, 4, 4);
	KUNIT_EXPECT_EQ(test, 3, receive(pair.server, buf, sizeof(buf), 0));
	KUNIT_EXPECT_EQ(test, 0, read_urgent(pair.server));
	wire_inject_urgent(wire, C, DATA + 4, ACKED, 0, 0);
	KUNIT_EXPECT_EQ(test, csk->urgent.phase, CLASP_URGENT_READ);
	KUNIT_EXPECT_EQ(test, -EINVAL, read_urgent(pair.server));
	wire_inject_urgent(wire, C, DATA + 4, ACKED, 4, 100);
	wire_inject_urgent(wire, C, DATA + 8, ACKED, 4, 50);
	KUNIT_EXPECT_EQ(test, csk->urgent.rcv_up, DATA + 103);
	KUNIT_EXPECT_EQ(test, 8, receive(pair.server, buf, sizeof(buf), 0));
}

/* A pointer far beyond the window, to what never comes: nothing but a mark. */
static void urgent_never_arrives(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u8 buf[16];

	open_receiver(test, &pair);
	wire_inject_urgent(wire, C, DATA, ACKED, 4, U16_MAX);
	KUNIT_EXPECT_EQ(test, 4, receive(pair.server, buf, sizeof(buf), 0));
	KUNIT_EXPECT_EQ(test, -EAGAIN, read_urgent(pair.server));
	wire_inject(wire, C, CLASP_FIN | A, DATA + 4, ACKED, 0);
	KUNIT_EXPECT_EQ(test, 0, read_urgent(pair.server));
	KUNIT_EXPECT_EQ(test, 0, receive(pair.server, buf, sizeof(buf), 0));
	WIRE_STATES(wire, ESTABLISHED, CLOSE_WAIT);
}

/* The number after the last byte is the FIN's: no byte to be read. */
static void urgent_points_to_fin(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;
	u8 buf[16];

	open_receiver(test, &pair);
	wire_inject_urgent(wire, C, DATA, ACKED, 4, 5);
	wire_inject(wire, C, CLASP_FIN | A, DATA + 4, ACKED, 0);
	KUNIT_EXPECT_EQ(test, events(pair.server), EPOLLIN);
	KUNIT_EXPECT_EQ(test, 0, read_urgent(pair.server));
	KUNIT_EXPECT_EQ(test, 4, receive(pair.server, buf, sizeof(buf), 0));
	KUNIT_EXPECT_EQ(test, 0, receive(pair.server, buf, sizeof(buf), 0));
	KUNIT_EXPECT_EQ(test, 0, read_urgent(pair.server));
}

/* 3.10.7.4, sixth: after the FIN, it should not occur, and is ignored. */
static void urgent_after_fin(struct kunit *test)
{
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_receiver(test, &pair);
	wire_inject(wire, C, CLASP_FIN | A, DATA, ACKED, 0);
	wire_inject_urgent(wire, C, DATA + 1, ACKED, 0, 10);
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->urgent.phase,
			CLASP_URGENT_NONE);
	KUNIT_EXPECT_EQ(test, -EINVAL, read_urgent(pair.server));
}

/* A new connection knows nothing of the old one's mark. */
static void urgent_disconnect(struct kunit *test)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct wire *wire = test->priv;
	struct wire_pair pair;

	open_receiver(test, &pair);
	wire_inject_urgent(wire, C, DATA, ACKED, 4, 2);
	KUNIT_EXPECT_EQ(test, 0,
			pair.server->ops->connect(pair.server, (void *)&none,
						  sizeof(none), 0));
	KUNIT_EXPECT_EQ(test, clasp_sk(pair.server->sk)->urgent.phase,
			CLASP_URGENT_NONE);
	KUNIT_EXPECT_EQ(test, -EINVAL, read_urgent(pair.server));
}

static struct kunit_case urgent_cases[] = {
	WIRE_CASE(urgent_pointer),
	WIRE_CASE(urgent_in_all_segments),
	WIRE_CASE(urgent_at_once),
	WIRE_CASE(urgent_out_of_reach),
	WIRE_CASE(urgent_wraps),
	WIRE_CASE(urgent_window_shut),
	WIRE_CASE(urgent_ahead),
	WIRE_CASE(urgent_out_of_order),
	WIRE_CASE(urgent_old_pointer),
	WIRE_CASE(urgent_repeated),
	WIRE_CASE(urgent_never_arrives),
	WIRE_CASE(urgent_points_to_fin),
	WIRE_CASE(urgent_after_fin),
	WIRE_CASE(urgent_disconnect),
	{}
};

static struct kunit_suite urgent_suite = {
	.name = "clasp_urgent",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = urgent_cases,
};

kunit_test_suite(urgent_suite);
