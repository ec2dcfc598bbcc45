// SPDX-License-Identifier: GPL-2.0
/* Options at the protocol's own level, with TCP's numbers and meanings. */
#include "calls.h"

#include <linux/clasp.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>

static int set_own(int fd, int option, int value)
{
	return setsockopt(fd, proto, option, &value, sizeof(value));
}

static int get_own(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = -99;

	require(!getsockopt(fd, proto, option, &value, &len));
	expect_ret(len, sizeof(int));
	return value;
}

static int accept_one(const union address *a, int l, int *c)
{
	int s;

	*c = sock_connect(a);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	return s;
}

CASE(nodelay)
{
	int fd = sock();

	expect_ret(get_own(fd, TCP_NODELAY), 0);
	expect_ret(set_own(fd, TCP_NODELAY, -5), 0);
	expect_ret(get_own(fd, TCP_NODELAY), 1);
	expect_ret(set_own(fd, TCP_NODELAY, 0), 0);
	expect_ret(get_own(fd, TCP_NODELAY), 0);
}

CASE(quickack)
{
	int fd = sock();

	expect_ret(set_own(fd, TCP_QUICKACK, 0), 0);
	expect_ret(get_own(fd, TCP_QUICKACK), 0);
	/* Nothing waits to be acknowledged: even numbers are like odd ones. */
	expect_ret(set_own(fd, TCP_QUICKACK, 2), 0);
	expect_ret(get_own(fd, TCP_QUICKACK), 1);
	expect_ret(set_own(fd, TCP_QUICKACK, 0), 0);
	require(!do_bind(fd, loopback()) && !listen(fd, 1));
	/* A listener begins anew. */
	expect_ret(get_own(fd, TCP_QUICKACK), 1);
}

CASE(maxseg)
{
	union address a;
	int l = sock_listen(&a, 4), c, s;

	expect_ret(get_own(l, TCP_MAXSEG), 536);
	expect_errno(set_own(l, TCP_MAXSEG, 87), EINVAL);
	expect_errno(set_own(l, TCP_MAXSEG, 32768), EINVAL);
	expect_errno(set_own(l, TCP_MAXSEG, -1), EINVAL);
	expect_ret(set_own(l, TCP_MAXSEG, 32767), 0);
	expect_ret(set_own(l, TCP_MAXSEG, 500), 0);
	s = accept_one(&a, l, &c);
	/* TCP counts its timestamps, too. */
	expect(get_own(s, TCP_MAXSEG) <= 500 && get_own(s, TCP_MAXSEG) > 450);
	expect(get_own(c, TCP_MAXSEG) <= 500 && get_own(c, TCP_MAXSEG) > 450);
	expect_ret(set_own(s, TCP_MAXSEG, 100), 0);
	expect(get_own(s, TCP_MAXSEG) > 450);
	expect_ret(set_own(l, TCP_MAXSEG, 0), 0);
	expect_ret(get_own(l, TCP_MAXSEG), 536);
}

CASE(window_clamp)
{
	union address a;
	int l = sock_listen(&a, 4), fd = sock(), c, s, least;

	expect_ret(get_own(fd, TCP_WINDOW_CLAMP), 0);
	expect_ret(set_own(fd, TCP_WINDOW_CLAMP, 1), 0);
	least = get_own(fd, TCP_WINDOW_CLAMP);
	expect(least > 1000 && least < 2000);
	expect_ret(set_own(fd, TCP_WINDOW_CLAMP, 0), 0);
	expect_ret(get_own(fd, TCP_WINDOW_CLAMP), 0);
	expect_errno(set_own(l, TCP_WINDOW_CLAMP, 0), EINVAL);
	expect_ret(set_own(l, TCP_WINDOW_CLAMP, 20000), 0);
	s = accept_one(&a, l, &c);
	expect_ret(get_own(s, TCP_WINDOW_CLAMP), 20000);
	expect_errno(set_own(s, TCP_WINDOW_CLAMP, 0), EINVAL);
}

CASE(window_clamp_lets_data_through)
{
	static char buf[100000];
	union address a;
	int l = sock_listen(&a, 4), c, s;

	require(!set_own(l, TCP_WINDOW_CLAMP, 1));
	s = accept_one(&a, l, &c);
	if (!fork())
		_exit(send(c, buf, sizeof(buf), 0) != sizeof(buf));
	expect_ret(recv(s, buf, sizeof(buf), MSG_WAITALL), sizeof(buf));
}

/* Seconds become time-outs of the SYN-ACK, and these seconds again. */
CASE(defer_accept_rounds)
{
	static const int want[][2] = {
		{ 1, 1 }, { 2, 3 }, { 3, 3 }, { 4, 7 }, { 7, 7 }, { 8, 15 },
		{ 100, 127 }, { 128, 247 }, { 200, 247 }, { 248, 367 },
		{ 2147483647, 29887 }, { 0, 0 }, { 5, 7 }, { -1, 0 },
	};
	int fd = sock();
	size_t i;

	expect_ret(get_own(fd, TCP_DEFER_ACCEPT), 0);
	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		expect_ret(set_own(fd, TCP_DEFER_ACCEPT, want[i][0]), 0);
		expect_ret(get_own(fd, TCP_DEFER_ACCEPT), want[i][1]);
	}
}

CASE(defer_accept_wakes_with_data)
{
	union address a;
	int l = sock_listen(&a, 4), c, s;
	char buf[8];

	require(!set_own(l, TCP_DEFER_ACCEPT, 100));
	c = sock_connect(&a);
	set_nonblock(l);
	/* To this socket, it is a connection like any other. */
	expect_ret(events_now(c, POLLOUT), POLLOUT);
	expect_ret(events_now(l, POLLIN), 0);
	expect_errno(accept(l, NULL, NULL), EAGAIN);
	require(send(c, "data", 4, 0) == 4);
	expect_ret(wait_events(l, POLLIN), POLLIN);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(recv(s, buf, sizeof(buf), 0), 4);
	expect_ret(get_own(s, TCP_DEFER_ACCEPT), 0);
	expect_ret(get_own(l, TCP_DEFER_ACCEPT), 127);
}

CASE(congestion)
{
	static const char zeros[12];
	char name[40] = "";
	socklen_t len = sizeof(name);
	union address a;
	int l = sock_listen(&a, 4), c, s;

	expect_ret(getsockopt(l, proto, TCP_CONGESTION, name, &len), 0);
	expect_ret(len, 16);
	expect(strlen(name) > 0 && strlen(name) < 16);
	expect_ret(setsockopt(l, proto, TCP_CONGESTION, "reno", 4), 0);
	memset(name, 'x', sizeof(name));
	len = sizeof(name);
	expect_ret(getsockopt(l, proto, TCP_CONGESTION, name, &len), 0);
	expect(!memcmp(name, "reno", 4) && !memcmp(name + 4, zeros, 12));
	expect_ret(name[16], 'x');
	len = 3;
	memset(name, 'x', sizeof(name));
	expect_ret(getsockopt(l, proto, TCP_CONGESTION, name, &len), 0);
	expect_ret(len, 3);
	expect(!memcmp(name, "renxx", 5));
	expect_errno(setsockopt(l, proto, TCP_CONGESTION, "nonesuch", 8),
		     ENOENT);
	expect_errno(setsockopt(l, proto, TCP_CONGESTION, "reno", 3), ENOENT);
	expect_errno(setsockopt(l, proto, TCP_CONGESTION, "reno", 0), EINVAL);
	expect_errno(setsockopt(l, proto, TCP_CONGESTION, (void *)8, 4),
		     EFAULT);
	expect_ret(setsockopt(l, proto, TCP_CONGESTION, "reno\0and more", 13),
		   0);
	s = accept_one(&a, l, &c);
	len = sizeof(name);
	expect_ret(getsockopt(s, proto, TCP_CONGESTION, name, &len), 0);
	expect(!strcmp(name, "reno"));
}

/* The algorithm's name, until the next call. */
static const char *algorithm(int fd)
{
	static char name[16];
	socklen_t len = sizeof(name);

	require(!getsockopt(fd, proto, TCP_CONGESTION, name, &len));
	return name;
}

static int set_default(const char *name)
{
	return sysctl_set(proto == IPPROTO_TCP ?
			  "net/ipv4/tcp_congestion_control" :
			  "net/clasp/congestion", name);
}

/* Of new sockets, and of children whose listener's program chose none. */
CASE(congestion_default)
{
	static const char *const wrong[] = {
		"nonesuch", "\n", " reno", "ren", "renoo", "RENO", "1",
		"reno cubic", "cubiccubiccubiccubiccubic",
	};
	union address a, chosen_a;
	int before = sock(), l = sock_listen(&a, 1), c, s;
	int chosen = sock_listen(&chosen_a, 1);
	size_t i;

	expect(!strcmp(algorithm(before), "cubic"));
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		expect_errno(set_default(wrong[i]), ENOENT);
		expect(!strcmp(algorithm(sock()), "cubic"));
	}
	expect_ret(setsockopt(chosen, proto, TCP_CONGESTION, "cubic", 5), 0);
	require(!set_default("reno\n"));
	expect(!strcmp(algorithm(before), "cubic"));
	expect(!strcmp(algorithm(sock()), "reno"));
	s = accept_one(&a, l, &c);
	expect(!strcmp(algorithm(l), "cubic"));
	expect(!strcmp(algorithm(c), "reno"));
	expect(!strcmp(algorithm(s), "reno"));
	s = accept_one(&chosen_a, chosen, &c);
	expect(!strcmp(algorithm(s), "cubic"));
	require(!set_default("cubic"));
}

/* At any time, and there and back. */
CASE(congestion_of_connection)
{
	static const char *const names[] = {
		"reno", "cubic", "cubic", "reno", "cubic"
	};
	struct pair p;
	size_t i;

	pair_open(&p);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		expect_ret(setsockopt(p.c, proto, TCP_CONGESTION, names[i],
				      strlen(names[i])), 0);
		expect(!strcmp(algorithm(p.c), names[i]));
		expect_talk(p.c, p.s);
	}
	expect_ret(shutdown(p.c, SHUT_RDWR), 0);
	expect_ret(setsockopt(p.c, proto, TCP_CONGESTION, "reno", 4), 0);
	expect(!strcmp(algorithm(p.c), "reno"));
}

/* The children's options are their listener's, but for the way to accept. */
CASE(handed_down)
{
	union address a;
	int l = sock_listen(&a, 1), c, s;

	require(!set_own(l, TCP_NODELAY, 1) && !set_own(l, TCP_SYNCNT, 3));
	require(!set_own(l, TCP_QUICKACK, 0));
	s = accept_one(&a, l, &c);
	expect_ret(get_own(s, TCP_NODELAY), 1);
	expect_ret(get_own(s, TCP_SYNCNT), 3);
	expect_ret(get_own(s, TCP_QUICKACK), 0);
}

/* ---- TCP_INFO and CLASP_INFO: the same call, each with its structure ---- */

CASE(info_lengths)
{
	int fd = sock(), v = 1;
	socklen_t len = 0, whole;
	unsigned char buf[1024], part[1024];

	expect_ret(getsockopt(fd, proto, TCP_INFO, buf, &len), 0);
	expect_ret(len, 0);
	whole = sizeof(buf);
	expect_ret(getsockopt(fd, proto, TCP_INFO, buf, &whole), 0);
	expect(whole > 100 && whole < sizeof(buf));
	memset(part, 'x', sizeof(part));
	len = 17;
	expect_ret(getsockopt(fd, proto, TCP_INFO, part, &len), 0);
	expect_ret(len, 17);
	expect(!memcmp(part, buf, 17) && part[17] == 'x');
	len = -1;
	expect_errno(getsockopt(fd, proto, TCP_INFO, buf, &len), EINVAL);
	len = 8;
	expect_errno(getsockopt(fd, proto, TCP_INFO, (void *)8, &len), EFAULT);
	expect_errno(setsockopt(fd, proto, TCP_INFO, &v, sizeof(v)),
		     ENOPROTOOPT);
}

static int state_of(int fd)
{
	unsigned char state = 0;
	socklen_t len = 1;

	require(!getsockopt(fd, proto, TCP_INFO, &state, &len));
	return state;
}

CASE(info_state)
{
	struct pair p;

	expect_ret(state_of(sock()), TCP_CLOSE);
	pair_open(&p);
	expect_ret(state_of(p.l), TCP_LISTEN);
	expect_ret(state_of(p.c), TCP_ESTABLISHED);
	require(!shutdown(p.c, SHUT_WR));
	require(wait_all_events(p.s, POLLRDHUP));
	expect_ret(state_of(p.s), TCP_CLOSE_WAIT);
	while (state_of(p.c) == TCP_FIN_WAIT1)
		usleep(1000);
	expect_ret(state_of(p.c), TCP_FIN_WAIT2);
}

static struct clasp_info info_of(int fd)
{
	struct clasp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0xff, sizeof(info));
	require(!getsockopt(fd, SOL_CLASP, CLASP_INFO, &info, &len));
	expect_ret(len, sizeof(info));
	expect(!info.reserved[0] && !info.reserved[1]);
	return info;
}

static void wait_acked(int fd)
{
	int left = 1;

	while (!ioctl(fd, SIOCOUTQ, &left) && left)
		usleep(1000);
}

CASE_FLAGS(info_counts, CASE_CLASP)
{
	struct clasp_info info;
	static char buf[5000];
	struct pair p;

	pair_open(&p);
	info = info_of(p.c);
	expect_ret(info.bytes_sent, 0);
	expect_ret(info.bytes_acked, 0);
	expect_ret(info.last_data_ms, CLASP_INFO_NEVER);
	expect(info.rtt_us > 0 && info.rto_us >= 200000);
	expect(info.snd_mss >= 536 && info.pmtu > info.snd_mss);
	expect(info.cwnd >= 2 * info.snd_mss && info.ssthresh >= info.cwnd);
	require(send(p.c, buf, sizeof(buf), 0) == sizeof(buf));
	require(recv(p.s, buf, sizeof(buf), MSG_WAITALL) == sizeof(buf));
	wait_acked(p.c);
	info = info_of(p.c);
	expect_ret(info.bytes_sent, sizeof(buf));
	expect_ret(info.bytes_acked, sizeof(buf));
	expect_ret(info.bytes_received, 0);
	expect_ret(info.unacked, 0);
	expect_ret(info.notsent, 0);
	expect_ret(info.retrans, 0);
	expect_ret(info.lost, 0);
	expect(info.data_segs_out >= 1 && info.segs_out > info.data_segs_out);
	expect(info.segs_in >= 2 && !info.data_segs_in);
	expect(info.last_sent_ms < 60000 && info.last_ack_ms < 60000);
	info = info_of(p.s);
	expect_ret(info.bytes_received, sizeof(buf));
	expect(info.data_segs_in >= 1 && !info.data_segs_out);
	expect(info.rcv_wnd > 0 && info.last_data_ms < 60000);
	/* SYN and FIN are no bytes. */
	require(!shutdown(p.c, SHUT_WR));
	require(wait_all_events(p.s, POLLRDHUP));
	wait_acked(p.c);
	expect_ret(info_of(p.c).bytes_acked, sizeof(buf));
	expect_ret(info_of(p.s).bytes_received, sizeof(buf));
}

/* How it reacts to congestion: by which algorithm, with ECN, how fast. */
CASE_FLAGS(info_of_congestion, CASE_CLASP)
{
	struct clasp_info info;
	struct pair p;

	require(!unshare(CLONE_NEWNET));
	require(!system("ip link set lo up"));
	if (system("tc qdisc add dev lo root netem delay 5ms")) {
		printf("# no netem\n");
		return;
	}
	pair_open(&p);
	info = info_of(p.c);
	expect(!strcmp(info.congestion, algorithm(p.c)));
	expect_ret(info.ecn, 0);
	expect_ret(info.sacked, 0);
	require(!setsockopt(p.c, proto, TCP_CONGESTION, "reno", 4));
	expect(!strcmp(info_of(p.c).congestion, "reno"));
	require(!set_int(p.c, SO_MAX_PACING_RATE, 100000));
	expect_ret(info_of(p.c).pacing_rate, 100000);
	require(!set_int(p.c, SO_MAX_PACING_RATE, -1));
	require(send(p.c, "data", 4, 0) == 4);
	wait_acked(p.c);
	info = info_of(p.c);
	/* Twice the window in a round trip, as it is slow start. */
	expect(info.pacing_rate > 100000 &&
	       info.pacing_rate != CLASP_INFO_UNLIMITED);
	expect(info.pacing_rate / 1e6 * info.rtt_us > 1.5 * info.cwnd &&
	       info.pacing_rate / 1e6 * info.rtt_us < 2.5 * info.cwnd);
}

CASE_FLAGS(info_of_ecn, CASE_CLASP)
{
	struct pair p;

	require(!unshare(CLONE_NEWNET));
	require(!system("ip link set lo up"));
	require(!sysctl_set("net/clasp/ecn", "1"));
	pair_open(&p);
	expect_ret(info_of(p.c).ecn, CLASP_INFO_ECN_AGREED);
	expect_ret(info_of(p.s).ecn, CLASP_INFO_ECN_AGREED);
}

CASE_FLAGS(info_of_a_full_way, CASE_CLASP)
{
	struct clasp_info info;
	struct pair p;
	size_t held;

	pair_open(&p);
	held = fill(p.c);
	info = info_of(p.c);
	expect_ret(info.bytes_acked + info.unacked + info.notsent, held);
	expect(info.notsent > 0);
	drain(p.s, held);
	wait_acked(p.c);
	expect_ret(info_of(p.c).bytes_acked, held);
	expect_ret(info_of(p.s).bytes_received, held);
}

CASE_FLAGS(info_of_a_listener, CASE_CLASP)
{
	struct clasp_info info;
	union address a;
	int l = sock_listen(&a, 7);

	sock_connect(&a);
	require(wait_events(l, POLLIN) == POLLIN);
	info = info_of(l);
	expect_ret(info.accept_queue, 1);
	expect_ret(info.accept_queue_max, 7);
	expect_ret(info.requests, 0);
	expect_ret(info.cwnd, 0);
}

/* The numbers outlive their connection until the next one begins. */
CASE_FLAGS(info_afterwards, CASE_CLASP)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct linger lg = { .l_onoff = 1 };
	struct pair p;

	pair_open(&p);
	require(send(p.c, "data", 4, 0) == 4);
	wait_acked(p.c);
	require(!setsockopt(p.s, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg)));
	close(p.s);
	require(wait_all_events(p.c, POLLHUP));
	expect_ret(info_of(p.c).state, TCP_CLOSE);
	expect_ret(info_of(p.c).bytes_acked, 4);
	require(!connect(p.c, &none, sizeof(none)));
	expect_ret(info_of(p.c).bytes_acked, 0);
	expect_ret(info_of(p.c).segs_in, 0);
	expect_ret(info_of(p.c).unacked, 0);
}

int main(void)
{
	return cases_main();
}
