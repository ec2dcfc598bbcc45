// SPDX-License-Identifier: GPL-2.0
/* SO_TIMESTAMP and SO_TIMESTAMPING: times of what is received and sent. */
#include "calls_bytes.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <time.h>

#define TX (SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE | \
	    SOF_TIMESTAMPING_TX_ACK)
#define REPORT (SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | \
		SOF_TIMESTAMPING_OPT_TSONLY)

/* Seconds of the wall clock. */
static double wall(void)
{
	struct timespec ts;

	require(!clock_gettime(CLOCK_REALTIME, &ts));
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/*
 * Receives, and finds a control message of SOL_SOCKET of this type; returns
 * what recvmsg() does, and in *len how long it is, 0 if there is none.
 */
static int receive(int fd, int bytes, int flags, int type, void *data,
		   size_t *len)
{
	char buf[256], control[512];
	struct iovec iov = { buf, bytes };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int n = recvmsg(fd, &msg, flags);

	*len = 0;
	if (n < 0)
		return n;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != type)
			continue;
		*len = cmsg->cmsg_len - CMSG_LEN(0);
		require(*len <= 64);
		memcpy(data, CMSG_DATA(cmsg), *len);
	}
	return n;
}

static void send_now(int fd, const char *text)
{
	expect_ret(send(fd, text, strlen(text), 0), strlen(text));
}

/*
 * Has data come until its time is told, and copies that. The kernel begins to
 * note times a moment after it was asked to.
 */
static void receive_timed(const struct pair *p, int type, void *at, size_t size)
{
	double until = now() + 10;
	char data[64];
	size_t len;

	do {
		usleep(10000);
		send_now(p->c, "data");
		expect_ret(receive(p->s, 4, 0, type, data, &len), 4);
	} while (!len && now() < until);
	require(len == size);
	memcpy(at, data, size);
}

CASE(microseconds)
{
	double before = wall();
	struct timeval tv;
	struct pair p;
	char data[64];
	size_t len;

	pair_open(&p);
	expect_ret(set_int(p.s, SO_TIMESTAMP, 1), 0);
	expect_ret(get_int(p.s, SO_TIMESTAMP), 1);
	receive_timed(&p, SO_TIMESTAMP, &tv, sizeof(tv));
	expect(tv.tv_sec + tv.tv_usec / 1e6 > before - .001);
	expect(tv.tv_sec + tv.tv_usec / 1e6 < wall() + .001);
	expect_ret(set_int(p.s, SO_TIMESTAMP, 0), 0);
	send_now(p.c, "data");
	expect_ret(receive(p.s, 4, 0, SO_TIMESTAMP, data, &len), 4);
	expect_ret(len, 0);
}

CASE(nanoseconds)
{
	double before = wall();
	struct timespec ts;
	struct pair p;
	char data[64];
	size_t len;

	pair_open(&p);
	expect_ret(set_int(p.s, SO_TIMESTAMPNS, 1), 0);
	receive_timed(&p, SO_TIMESTAMPNS, &ts, sizeof(ts));
	send_now(p.c, "data");
	/* A peek is told as well. */
	expect_ret(receive(p.s, 4, MSG_PEEK, SO_TIMESTAMPNS, data, &len), 4);
	require(len == sizeof(ts));
	expect_ret(receive(p.s, 4, 0, SO_TIMESTAMPNS, data, &len), 4);
	require(len == sizeof(ts));
	memcpy(&ts, data, len);
	expect(ts.tv_sec + ts.tv_nsec / 1e9 > before - .001);
	expect(ts.tv_sec + ts.tv_nsec / 1e9 < wall() + .001);
}

/* Of what one call read, the newest counts, even if both are one by now. */
CASE(newest)
{
	struct timespec ts;
	double between;
	struct pair p;
	char data[64];
	size_t len;

	pair_open(&p);
	expect_ret(set_int(p.s, SO_TIMESTAMPNS, 1), 0);
	receive_timed(&p, SO_TIMESTAMPNS, &ts, sizeof(ts));
	send_now(p.c, "old");
	require(wait_count(p.s, SIOCINQ, 3));
	usleep(50000);
	between = wall();
	send_now(p.c, "new");
	require(wait_count(p.s, SIOCINQ, 6));
	expect_ret(receive(p.s, 6, 0, SO_TIMESTAMPNS, data, &len), 6);
	require(len == sizeof(ts));
	memcpy(&ts, data, len);
	expect(ts.tv_sec + ts.tv_nsec / 1e9 > between - .001);
}

CASE(timestamping_received)
{
	struct scm_timestamping tss;
	double before = wall();
	struct pair p;
	char data[64];
	size_t len;

	pair_open(&p);
	expect_errno(set_int(p.s, SO_TIMESTAMPING, 1 << 30), EINVAL);
	expect_ret(set_int(p.s, SO_TIMESTAMPING,
			   SOF_TIMESTAMPING_RX_SOFTWARE |
			   SOF_TIMESTAMPING_SOFTWARE), 0);
	receive_timed(&p, SO_TIMESTAMPING, &tss, sizeof(tss));
	expect(tss.ts[0].tv_sec + tss.ts[0].tv_nsec / 1e9 > before - .001);
	expect(tss.ts[0].tv_sec + tss.ts[0].tv_nsec / 1e9 < wall() + .001);
	expect_ret(tss.ts[2].tv_sec, 0);
	/* Made, but not reported. */
	expect_ret(set_int(p.s, SO_TIMESTAMPING, SOF_TIMESTAMPING_RX_SOFTWARE),
		   0);
	send_now(p.c, "data");
	expect_ret(receive(p.s, 4, 0, SO_TIMESTAMPING, data, &len), 4);
	expect_ret(len, 0);
}

/* ---- what was sent ---- */

struct told {
	unsigned int type, key;
	double at;
};

/* One message of the error queue, or -1. */
static int told(int fd, struct told *told)
{
	char control[512], buf[256];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	const struct sock_extended_err *err;
	struct scm_timestamping tss;
	struct cmsghdr *cmsg;
	int have = 0;

	if (recvmsg(fd, &msg, MSG_ERRQUEUE) < 0)
		return -1;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level == SOL_SOCKET &&
		    cmsg->cmsg_type == SO_TIMESTAMPING) {
			memcpy(&tss, CMSG_DATA(cmsg), sizeof(tss));
			told->at = tss.ts[0].tv_sec + tss.ts[0].tv_nsec / 1e9;
			have |= 1;
			continue;
		}
		err = (const void *)CMSG_DATA(cmsg);
		expect_ret(err->ee_errno, ENOMSG);
		expect_ret(err->ee_origin, SO_EE_ORIGIN_TIMESTAMPING);
		told->type = err->ee_info;
		told->key = err->ee_data;
		have |= 2;
	}
	expect_ret(have, 3);
	return 0;
}

/* All three times of the byte with this key, each once and in order. */
static void expect_told(int fd, unsigned int key, double before)
{
	static const unsigned int type[] = {
		SCM_TSTAMP_SCHED, SCM_TSTAMP_SND, SCM_TSTAMP_ACK,
	};
	double last = before - .001;
	struct told t;
	int i;

	for (i = 0; i < 3; i++) {
		require(wait_all_events(fd, POLLERR));
		require(!told(fd, &t));
		expect_ret(t.type, type[i]);
		expect_ret(t.key, key);
		expect(t.at >= last && t.at < wall() + .001);
		last = t.at;
	}
}

/* The key is the number of the last byte since the option was set, from 0. */
CASE(three_times)
{
	double before = wall();
	struct pair p;
	struct told t;

	pair_open(&p);
	send_now(p.c, "before");
	require(wait_count(p.c, SIOCOUTQ, 0));
	expect_ret(set_int(p.c, SO_TIMESTAMPING, TX | REPORT), 0);
	send_now(p.c, "0123456789");
	expect_told(p.c, 9, before);
	send_now(p.c, "a");
	expect_told(p.c, 10, before);
	send_now(p.c, "bc");
	expect_told(p.c, 12, before);
	expect_errno(told(p.c, &t), EAGAIN);
	expect_ret(so_error(p.c), 0);
}

/* Of a write of many segments, it is the last byte's. */
CASE(large_write)
{
	double before = wall();
	struct pair p;
	struct told t;
	char buf[50001];

	own_loopback("1500");
	pair_open(&p);
	bytes_fill(buf, 0, sizeof(buf));
	expect_ret(set_int(p.c, SO_TIMESTAMPING, TX | REPORT), 0);
	expect_ret(send(p.c, buf, sizeof(buf), 0), sizeof(buf));
	bytes_expect(p.s, 0, sizeof(buf));
	expect_told(p.c, sizeof(buf) - 1, before);
	expect_errno(told(p.c, &t), EAGAIN);
}

/* A byte that has to wait is cut off, and its time goes with it. */
CASE(cut_off)
{
	double before = wall();
	static char buf[6000];
	struct pair p;
	struct told t;
	size_t full;

	own_loopback("9000");
	pair_open(&p);
	full = fill(p.c);
	require(!set_int(p.c, SO_SNDBUFFORCE, 8 << 20));
	expect_ret(set_int(p.c, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_ACK |
			   REPORT), 0);
	expect_ret(send(p.c, buf, sizeof(buf), 0), sizeof(buf));
	expect_errno(told(p.c, &t), EAGAIN);
	require(!system("ip link set lo mtu 1400"));
	drain(p.s, full + sizeof(buf));
	require(wait_all_events(p.c, POLLERR));
	require(!told(p.c, &t));
	expect_ret(t.type, SCM_TSTAMP_ACK);
	expect(t.at > before);
	expect_errno(told(p.c, &t), EAGAIN);
}

static int send_asking(int fd, const char *text, unsigned int flags)
{
	char control[CMSG_SPACE(sizeof(flags))] = "";
	struct iovec iov = { (void *)text, strlen(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SO_TIMESTAMPING;
	cmsg->cmsg_len = CMSG_LEN(sizeof(flags));
	memcpy(CMSG_DATA(cmsg), &flags, sizeof(flags));
	return sendmsg(fd, &msg, 0);
}

/* Asked for by one call only; the bytes of all calls are counted. */
CASE(one_call)
{
	double before = wall();
	struct pair p;
	struct told t;

	pair_open(&p);
	expect_ret(set_int(p.c, SO_TIMESTAMPING, REPORT), 0);
	send_now(p.c, "0123");
	require(wait_count(p.c, SIOCOUTQ, 0));
	expect_errno(told(p.c, &t), EAGAIN);
	expect_ret(send_asking(p.c, "4567", TX), 4);
	expect_told(p.c, 7, before);
	expect_errno(send_asking(p.c, "8", SOF_TIMESTAMPING_SOFTWARE), EINVAL);
	send_now(p.c, "89");
	require(wait_count(p.c, SIOCOUTQ, 0));
	expect_errno(told(p.c, &t), EAGAIN);
}

int main(void)
{
	return cases_main();
}
