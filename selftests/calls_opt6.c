// SPDX-License-Identifier: GPL-2.0
/* Options of the level of IPv6, as ipv6(7) and RFC 3542 have them. */
#include "calls_bytes.h"
#include "calls_scene.h"

#include <arpa/inet.h>
#include <linux/in6.h>
#include <linux/ipv6.h>

/* ---- all of them, right and wrong ---------------------------------------- */

#define OPTION(n) { #n, n }

static const struct {
	const char *name;
	int option;
} options[] = {
	OPTION(IPV6_UNICAST_HOPS), OPTION(IPV6_TCLASS), OPTION(IPV6_MTU),
	OPTION(IPV6_MTU_DISCOVER), OPTION(IPV6_RECVERR),
	OPTION(IPV6_FLOWINFO_SEND), OPTION(IPV6_V6ONLY),
	OPTION(IPV6_DONTFRAG), OPTION(IPV6_AUTOFLOWLABEL),
	OPTION(IPV6_RECVPKTINFO), OPTION(IPV6_RECVHOPLIMIT),
	OPTION(IPV6_RECVTCLASS), OPTION(IPV6_RECVHOPOPTS),
	OPTION(IPV6_RECVDSTOPTS), OPTION(IPV6_RECVRTHDR),
	OPTION(IPV6_FLOWINFO), OPTION(IPV6_PKTINFO), OPTION(IPV6_HOPOPTS),
	OPTION(IPV6_DSTOPTS), OPTION(IPV6_RTHDR), OPTION(IPV6_NEXTHOP),
	OPTION(IPV6_CHECKSUM), OPTION(IPV6_MINHOPCOUNT),
	OPTION(IPV6_ADDR_PREFERENCES), OPTION(IPV6_FREEBIND),
	OPTION(IPV6_TRANSPARENT), OPTION(IPV6_UNICAST_IF),
	OPTION(IPV6_MULTICAST_HOPS), OPTION(IPV6_MULTICAST_LOOP),
	OPTION(IPV6_MULTICAST_IF), OPTION(IPV6_ROUTER_ALERT),
	OPTION(IPV6_PATHMTU), OPTION(IPV6_FLOWLABEL_MGR), { "none", 9999 },
};

static const int values[] = { -2, -1, 0, 1, 2, 7, 64, 255, 256, 1280, 70000 };
static const socklen_t lengths[] = { 0, 1, 3, 4, 8, 20, 32 };

#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

static void note_option(struct log *log, int fd, int option, socklen_t len)
{
	unsigned char buf[64] = { 0 };
	socklen_t i;
	int err = getsockopt(fd, SOL_IPV6, option, buf, &len);

	note_result(log, "get", err);
	for (i = 0; !err && i < len; i++)
		note(log, "%02x", buf[i]);
	note(log, " ");
}

static int set6(int fd, int option, int value)
{
	return setsockopt(fd, SOL_IPV6, option, &value, sizeof(value));
}

static void play_option(struct log *log, int fd, int how)
{
	int option = options[how % COUNT(options)].option;
	socklen_t len = lengths[how / COUNT(options) % COUNT(lengths)];
	int value[16] = { values[how / COUNT(options) / COUNT(lengths)] };

	note(log, "%s %d, %u bytes: ", options[how % COUNT(options)].name,
	     *value, len);
	note_result(log, "set", setsockopt(fd, SOL_IPV6, option, value, len));
	note_option(log, fd, option, len);
	note_option(log, fd, option, 4);
	/* Else nothing of the peer's would arrive, its FIN included. */
	if (option == IPV6_MINHOPCOUNT)
		set6(fd, option, 0);
}

/* On a new socket, and on connections over both versions of IP. */
static void play_new(struct log *log, const void *what)
{
	int fd = sock();

	play_option(log, fd, *(const int *)what);
	close(fd);
}

static struct pair pairs[2];

static struct pair *pair_once(int which, union address to)
{
	struct pair *p = &pairs[which];

	if (!p->l) {
		p->l = sock();
		require(!do_bind(p->l, address("0.0.0.0", 0)));
		require(!listen(p->l, 1));
		to.sin_port = name_of(p->l).sin_port;
		p->c = sock_connect(&to);
		p->s = accept(p->l, NULL, NULL);
		require(p->s >= 0);
	}
	return p;
}

static void play_connected(struct log *log, const void *what)
{
	play_option(log, pair_once(proto == IPPROTO_TCP, loopback())->c,
		    *(const int *)what);
}

static void play_mapped(struct log *log, const void *what)
{
	play_option(log, pair_once(proto == IPPROTO_TCP,
				   address("::ffff:127.0.0.1", 0))->c,
		    *(const int *)what);
}

static void play_all(void (*play)(struct log *log, const void *what))
{
	int how, all = COUNT(options) * COUNT(lengths) * COUNT(values);

	for (how = 0; how < all; how += stride_env())
		scene_compare(play, &how);
}

CASE_FLAGS(options_of_a_new_socket, CASE_CLASP | CASE_V6)
{
	play_all(play_new);
}

CASE_FLAGS(options_of_a_connection, CASE_CLASP | CASE_V6)
{
	play_all(play_connected);
}

CASE_FLAGS(options_of_a_mapped_connection, CASE_CLASP | CASE_V6)
{
	play_all(play_mapped);
}

/* ---- what some of them do ------------------------------------------------ */

static int get6(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = -99;

	require(!getsockopt(fd, SOL_IPV6, option, &value, &len));
	return value;
}

CASE_FLAGS(options_are_handed_down, CASE_V6)
{
	union address a;
	int l = sock_listen(&a, 1), s;

	require(!set6(l, IPV6_UNICAST_HOPS, 9));
	require(!set6(l, IPV6_TCLASS, 0x28));
	require(!set6(l, IPV6_RECVERR, 1));
	require(!set6(l, IPV6_AUTOFLOWLABEL, 0));
	sock_connect(&a);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(get6(s, IPV6_UNICAST_HOPS), 9);
	expect_ret(get6(s, IPV6_TCLASS), 0x28);
	expect_ret(get6(s, IPV6_RECVERR), 1);
	expect_ret(get6(s, IPV6_AUTOFLOWLABEL), 0);
}

CASE_FLAGS(path_mtu, CASE_V6)
{
	int fd = sock(), v;
	socklen_t len = sizeof(v);
	struct ip6_mtuinfo info;
	struct pair p;

	expect_errno(getsockopt(fd, SOL_IPV6, IPV6_MTU, &v, &len), ENOTCONN);
	pair_open(&p);
	expect_ret(get6(p.c, IPV6_MTU), 65536);
	len = sizeof(info);
	expect_ret(getsockopt(p.c, SOL_IPV6, IPV6_PATHMTU, &info, &len), 0);
	expect_ret(info.ip6m_mtu, 65536);
	expect_errno(set6(p.c, IPV6_MTU, 1279), EINVAL);
	expect_ret(set6(p.c, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO), 0);
	expect_ret(get6(p.c, IPV6_MTU_DISCOVER), IPV6_PMTUDISC_DO);
}

static int lease_label(int fd, const union address *to, u32 label)
{
	struct in6_flowlabel_req req = {
		.flr_label = htonl(label),
		.flr_action = IPV6_FL_A_GET,
		.flr_share = IPV6_FL_S_EXCL,
		.flr_flags = IPV6_FL_F_CREATE,
	};

	memcpy(&req.flr_dst, &to->v6.sin6_addr, sizeof(req.flr_dst));
	return setsockopt(fd, SOL_IPV6, IPV6_FLOWLABEL_MGR, &req, sizeof(req));
}

/* As soon as somebody has a label for himself, nobody takes what is no lease. */
CASE_FLAGS(flow_label_of_connect, CASE_V6)
{
	u32 mine = 0x12300 + proto, free = 0x45600 + proto;
	union address a;
	int l = sock_listen(&a, 1), c = sock();

	require(l >= 0);
	require(!lease_label(c, &a, mine));
	require(!set6(c, IPV6_FLOWINFO_SEND, 1));
	a.v6.sin6_flowinfo = htonl(free);
	expect_errno(do_connect(c, a), EINVAL);
	a.v6.sin6_flowinfo = htonl(mine);
	expect_ret(do_connect(c, a), 0);
	expect_ret(ntohl(peer_of(c).v6.sin6_flowinfo), mine);
	/* Without the option it is not looked at. */
	c = sock();
	expect_ret(do_connect(c, a), 0);
	expect_ret(peer_of(c).v6.sin6_flowinfo, 0);
}

/* The label of the address that the socket connects to; nobody has a lease. */
CASE_FLAGS(flow_label, CASE_V6)
{
	union address at, to = loopback();
	int l, c;

	own_loopback("65536");
	l = sock_listen(&at, 8);
	c = sock();
	to.sin_port = at.sin_port;
	to.v6.sin6_flowinfo = htonl(0x12345);
	require(!set6(c, IPV6_FLOWINFO_SEND, 1));
	expect_ret(do_connect(c, to), 0);
	expect(peer_of(c).v6.sin6_flowinfo == to.v6.sin6_flowinfo);
	expect_talk(c, accept(l, NULL, NULL));
}

/* There is no way to that host. */
static void connect_fails_early(int fd, union address to)
{
	to.v6.sin6_addr = address(NO_ROUTE, 0).v6.sin6_addr;
	expect_errno(do_connect(fd, to), ENETUNREACH);
}

/* No port is left for another connection to that one. */
static void connect_fails_late(int fd, union address to)
{
	require(!sysctl_set("net/ipv4/ip_local_port_range", "40000 40000"));
	sock_connect(&to);
	expect_errno(do_connect(fd, to), EADDRNOTAVAIL);
	require(!sysctl_set("net/ipv4/ip_local_port_range", "40000 50000"));
}

static void connect_and_disconnect(int fd, union address to)
{
	expect_ret(do_connect(fd, to), 0);
	expect_ret(disconnect(fd), 0);
}

/*
 * A socket that lost the peer which the label was for: as a listener, it has
 * none. TCP's hands it down.
 */
static void listen_afterwards(void (*fail)(int fd, union address to))
{
	union address to, own = loopback();
	int l, fd;

	own_loopback("65536");
	fd = sock();
	l = sock_listen(&to, 8);
	require(l >= 0);
	to.v6.sin6_flowinfo = htonl(0x12345);
	require(!set6(fd, IPV6_FLOWINFO_SEND, 1));
	fail(fd, to);
	own.sin_port = htons(7253);
	require(!do_bind(fd, own) && !listen(fd, 1));
	sock_connect(&own);
	expect_ret(peer_of(accept(fd, NULL, NULL)).v6.sin6_flowinfo, 0);
}

CASE_FLAGS(flow_label_of_no_way, CASE_CLASP | CASE_V6)
{
	listen_afterwards(connect_fails_early);
}

CASE_FLAGS(flow_label_of_no_port, CASE_CLASP | CASE_V6)
{
	listen_afterwards(connect_fails_late);
}

CASE_FLAGS(flow_label_of_disconnect, CASE_CLASP | CASE_V6)
{
	listen_afterwards(connect_and_disconnect);
}

/* Padding: what the peer has to skip. */
static const unsigned char padding[] = { 0, 0, 1, 4, 0, 0, 0, 0 };

static void expect_padding(int fd, int option)
{
	unsigned char buf[16];
	socklen_t len = sizeof(buf);

	expect_ret(getsockopt(fd, SOL_IPV6, option, buf, &len), 0);
	expect_ret(len, sizeof(padding));
	expect(!memcmp(buf, padding, sizeof(padding)));
}

/* They go before and after the connection is made; a child inherits them. */
CASE_FLAGS(extension_headers, CASE_V6)
{
	union address at, to = loopback();
	int l, c = sock(), s;

	l = sock_listen(&at, 8);
	to.sin_port = at.sin_port;
	expect_ret(setsockopt(l, SOL_IPV6, IPV6_DSTOPTS, padding,
			      sizeof(padding)), 0);
	expect_ret(setsockopt(c, SOL_IPV6, IPV6_HOPOPTS, padding,
			      sizeof(padding)), 0);
	expect_ret(do_connect(c, to), 0);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	close(l);
	expect_padding(c, IPV6_HOPOPTS);
	expect_padding(s, IPV6_DSTOPTS);
	expect_talk(c, s);
	expect_ret(setsockopt(c, SOL_IPV6, IPV6_DSTOPTS, padding,
			      sizeof(padding)), 0);
	expect_talk(c, s);
	expect_ret(setsockopt(c, SOL_IPV6, IPV6_HOPOPTS, NULL, 0), 0);
	expect_ret(setsockopt(s, SOL_IPV6, IPV6_DSTOPTS, NULL, 0), 0);
	expect_talk(s, c);
}

CASE_FLAGS(options_kept, CASE_V6)
{
	static const struct {
		int option, value;
	} kept[] = {
		{ IPV6_TCLASS, 0xb8 },
		{ IPV6_UNICAST_HOPS, 33 },
		{ IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO },
		{ IPV6_RECVERR, 1 },
		{ IPV6_RECVPKTINFO, 1 },
		{ IPV6_RECVTCLASS, 1 },
		{ IPV6_MINHOPCOUNT, 3 },
	};
	union address at, to = loopback();
	int l, c = sock(), s;
	size_t i;

	l = sock_listen(&at, 8);
	to.sin_port = at.sin_port;
	for (i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		expect_ret(set6(l, kept[i].option, kept[i].value), 0);
		expect_ret(get6(l, kept[i].option), kept[i].value);
	}
	require(!do_connect(c, to));
	s = accept(l, NULL, NULL);
	require(s >= 0);
	for (i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		expect_ret(get6(s, kept[i].option), kept[i].value);
	expect_ret(get6(c, IPV6_MTU), 65536);
	expect_errno(set6(c, IPV6_V6ONLY, 1), EINVAL);
	expect_errno(set6(c, IPV6_TCLASS, 256), EINVAL);
}

/* A stream's segments are told of one at a time, when asked. */
CASE_FLAGS(packet_options, CASE_V6)
{
	char buf[256];
	struct msghdr msg = { .msg_control = buf };
	socklen_t len = sizeof(buf);
	struct cmsghdr *cmsg;
	struct pair p;
	int hops = -1, class = -1;

	pair_open(&p);
	require(!set6(p.s, IPV6_RECVHOPLIMIT, 1));
	require(!set6(p.s, IPV6_RECVTCLASS, 1));
	require(!set6(p.c, IPV6_UNICAST_HOPS, 77));
	require(!set6(p.c, IPV6_TCLASS, 0x28));
	expect_talk(p.c, p.s);
	expect_talk(p.c, p.s);
	require(!getsockopt(p.s, SOL_IPV6, IPV6_2292PKTOPTIONS, buf, &len));
	msg.msg_controllen = len;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		expect_ret(cmsg->cmsg_level, SOL_IPV6);
		if (cmsg->cmsg_type == IPV6_HOPLIMIT)
			memcpy(&hops, CMSG_DATA(cmsg), sizeof(hops));
		if (cmsg->cmsg_type == IPV6_TCLASS)
			memcpy(&class, CMSG_DATA(cmsg), sizeof(class));
	}
	expect_ret(hops, 77);
	expect_ret(class, 0x28);
}

/* Who comes from too far is not heard: IP_MINTTL and its twin. */
CASE(min_ttl)
{
	int level = family == AF_INET6 ? SOL_IPV6 : SOL_IP;
	int hops = family == AF_INET6 ? IPV6_UNICAST_HOPS : IP_TTL;
	int least = family == AF_INET6 ? IPV6_MINHOPCOUNT : IP_MINTTL;
	int l, far = sock_nonblock(), near = sock(), s, value = 100;
	union address at;

	l = sock_listen(&at, 8);
	require(!setsockopt(l, level, least, &value, sizeof(value)));
	value = 99;
	require(!setsockopt(far, level, hops, &value, sizeof(value)));
	value = 100;
	require(!setsockopt(near, level, hops, &value, sizeof(value)));
	expect_errno(do_connect(far, at), EINPROGRESS);
	expect_ret(do_connect(near, at), 0);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect(peer_of(s).sin_port == name_of(near).sin_port);
	expect_ret(events_now(far, POLLOUT), 0);
}

/* ---- IPV6_ADDRFORM ------------------------------------------------------- */

/* TCP makes a mapped connection one of IPv4. Here, nothing changes. */
CASE_FLAGS(addrform, CASE_CLASP | CASE_V6)
{
	union address a = address("::ffff:127.0.0.1", 0);
	struct pair p;
	char byte;

	p.l = sock();
	require(!do_bind(p.l, address("::", 0)) && !listen(p.l, 1));
	a.sin_port = name_of(p.l).sin_port;
	p.c = sock_connect(&a);
	expect_errno(set6(p.c, IPV6_ADDRFORM, AF_INET), ENOPROTOOPT);
	expect_ret(name_of(p.c).sin_family, AF_INET6);
	expect_ret(send(p.c, "x", 1, MSG_NOSIGNAL), 1);
	p.s = accept(p.l, NULL, NULL);
	expect_ret(recv(p.s, &byte, 1, 0), 1);
}

/* ---- control messages ---------------------------------------------------- */

/* A stream takes none of IPv6's with its data. */
static void play_control(struct log *log, const void *what)
{
	int how = *(const int *)what;
	static const int types[] = {
		IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_TCLASS, IPV6_DSTOPTS, 9999,
	};
	struct in6_pktinfo info = { 0 };
	struct pair p;
	char byte;

	pair_open(&p);
	note_result(log, "sendmsg", send_with(p.c, SOL_IPV6, types[how], &info,
					      sizeof(info)));
	note_result(log, "recv", recv(p.s, &byte, 1, MSG_DONTWAIT));
	close(p.c);
	close(p.s);
	close(p.l);
}

CASE_FLAGS(control_messages, CASE_CLASP | CASE_V6)
{
	int how;

	for (how = 0; how < 5; how++)
		scene_compare(play_control, &how);
}

/* What was asked to be told with data is not, by a stream, but kept ready. */
static void play_received(struct log *log, const void *what)
{
	int how = *(const int *)what;
	static const int asked[] = {
		IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS,
		IPV6_2292PKTINFO, IPV6_2292HOPLIMIT,
	};
	char options[256];
	socklen_t len = sizeof(options);
	struct pair p;
	size_t told;

	pair_open(&p);
	note_result(log, "set", set6(p.s, asked[how], 1));
	require(send(p.c, "x", 1, 0) == 1);
	require(wait_events(p.s, POLLIN) == POLLIN);
	note_result(log, "recvmsg", recv_with(p.s, &told));
	note_result(log, "control", told);
	note_result(log, "options", getsockopt(p.s, SOL_IPV6,
					       IPV6_2292PKTOPTIONS, options,
					       &len));
	note_result(log, "length", len);
	close(p.c);
	close(p.s);
	close(p.l);
}

CASE_FLAGS(received_control, CASE_CLASP | CASE_V6)
{
	int how;

	for (how = 0; how < 5; how++)
		scene_compare(play_received, &how);
}

int main(void)
{
	return cases_main();
}
