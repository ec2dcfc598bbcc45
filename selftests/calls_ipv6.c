// SPDX-License-Identifier: GPL-2.0
/* What sockets of IPv6 have of their own: mapped addresses, scopes, options. */
#include "calls.h"

#include <arpa/inet.h>
#include <net/if.h>

/* Of the kernel's headers, which do not go with the C library's. */
#define V6_FLOWINFO_SEND 33
#define V6_2292PKTOPTIONS 6
#define V6_MINHOPCOUNT 73

#define MAPPED "::ffff:127.0.0.1"

static int sock_v4(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, proto);

	require(fd >= 0);
	return fd;
}

/* IPv4's loopback, whatever the case runs with. */
static union address loopback_v4(int port)
{
	return address_of(AF_INET, "127.0.0.1", ntohs(port));
}

static int connect_to(int fd, union address a)
{
	return connect(fd, &a.any, address_len(a.sin_family));
}

static int set_v6(int fd, int option, int value)
{
	return setsockopt(fd, SOL_IPV6, option, &value, sizeof(value));
}

static int get_v6(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = -1;

	if (getsockopt(fd, SOL_IPV6, option, &value, &len))
		return -1;
	return value;
}

/* A listener at :: and where it is. */
static int listen_any(union address *addr)
{
	int fd = sock();

	require(!do_bind(fd, address("::", 0)));
	require(!listen(fd, 8));
	*addr = name_of(fd);
	return fd;
}

static void expect_talk(int a, int b)
{
	char buf[8];

	expect_ret(send(a, "hello", 5, 0), 5);
	expect_ret(recv(b, buf, sizeof(buf), 0), 5);
	expect(!memcmp(buf, "hello", 5));
	expect_ret(send(b, "you", 3, 0), 3);
	expect_ret(recv(a, buf, sizeof(buf), 0), 3);
}

CASE_FLAGS(any_takes_ipv4, CASE_V6)
{
	int l, c = sock_v4(), s;
	union address at;

	l = listen_any(&at);
	expect_ret(connect_to(c, loopback_v4(at.sin_port)), 0);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect(same_host(name_of(s), address(MAPPED, 0)));
	expect(same_host(peer_of(s), address(MAPPED, 0)));
	expect(name_of(s).sin_port == at.sin_port);
	expect(peer_of(s).sin_port == name_of(c).sin_port);
	expect_ret(get_int(s, SO_DOMAIN), AF_INET6);
	expect_talk(c, s);
	/* What belongs to the child outlives the listener. */
	close(l);
	expect_talk(s, c);
	close(c);
	expect_ret(recv(s, &at, 1, 0), 0);
}

CASE_FLAGS(v6only_takes_no_ipv4, CASE_V6)
{
	union address any = address("::", 0);
	int l = sock(), c = sock_v4();

	expect_ret(get_v6(l, IPV6_V6ONLY), 0);
	expect_ret(set_v6(l, IPV6_V6ONLY, 1), 0);
	require(!do_bind(l, any));
	expect_errno(set_v6(l, IPV6_V6ONLY, 0), EINVAL);
	expect_ret(get_v6(l, IPV6_V6ONLY), 1);
	require(!listen(l, 8));
	expect_errno(connect_to(c, loopback_v4(name_of(l).sin_port)),
		     ECONNREFUSED);
	any = loopback();
	any.sin_port = name_of(l).sin_port;
	expect_ret(do_connect(sock(), any), 0);
}

CASE_FLAGS(connect_mapped, CASE_V6)
{
	union address to = address(MAPPED, 0);
	int l = sock_v4(), c = sock(), s;
	union address at = loopback_v4(0);

	require(!bind(l, &at.any, sizeof(at.v4)) && !listen(l, 8));
	to.sin_port = name_of(l).sin_port;
	expect_ret(do_connect(c, to), 0);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect(same_host(name_of(c), to));
	expect(same_host(peer_of(c), to));
	expect(same_host(peer_of(s), at));
	expect_talk(c, s);
	expect_errno(do_connect(c, to), EISCONN);
	close(s);
	expect_ret(recv(c, &at, 1, 0), 0);
}

CASE_FLAGS(connect_mapped_refused, CASE_V6)
{
	int fd = sock();

	require(!do_bind(fd, address(MAPPED, 0)));
	expect_errno(do_connect(sock(), name_of(fd)), ECONNREFUSED);
}

CASE_FLAGS(connect_mapped_v6only, CASE_V6)
{
	int fd = sock();

	require(!set_v6(fd, IPV6_V6ONLY, 1));
	expect_errno(do_connect(fd, address(MAPPED, 7)), ENETUNREACH);
	expect_errno(do_bind(fd, address(MAPPED, 0)), EINVAL);
}

CASE_FLAGS(connect_mapped_any, CASE_V6)
{
	int l = sock(), c = sock();
	union address to;

	require(!do_bind(l, address(MAPPED, 0)) && !listen(l, 8));
	to = address("::ffff:0.0.0.0", 0);
	to.sin_port = name_of(l).sin_port;
	expect_ret(do_connect(c, to), 0);
	expect(same_host(peer_of(c), address(MAPPED, 0)));
	expect_ret(accept(l, NULL, NULL) >= 0, 1);
}

/* :: is loopback, that of IPv4 for who is bound to IPv4. */
CASE_FLAGS(connect_any, CASE_V6)
{
	union address at, to = address("::", 0);
	int l, c = sock(), d = sock();

	l = listen_any(&at);
	to.sin_port = at.sin_port;
	expect_ret(do_connect(c, to), 0);
	expect(same_host(peer_of(c), loopback()));
	require(!do_bind(d, address(MAPPED, 0)));
	expect_ret(do_connect(d, to), 0);
	expect(same_host(peer_of(d), address(MAPPED, 0)));
	expect(accept(l, NULL, NULL) >= 0 && accept(l, NULL, NULL) >= 0);
}

CASE_FLAGS(listen_mapped, CASE_V6)
{
	int l = sock(), c = sock_v4(), s;

	require(!do_bind(l, address(MAPPED, 0)) && !listen(l, 8));
	expect_ret(connect_to(c, loopback_v4(name_of(l).sin_port)), 0);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_talk(c, s);
	expect(same_host(peer_of(s), address(MAPPED, 0)));
}

/* One after the other, by both versions of IP. TCP's second one finds nobody. */
CASE_FLAGS(disconnect_changes_version, CASE_V6 | CASE_CLASP)
{
	union address at, to = address(MAPPED, 0), none = { 0 };
	int l, c = sock(), s, i;

	l = listen_any(&at);
	for (i = 0; i < 4; i++) {
		to = i & 1 ? loopback() : address(MAPPED, 0);
		to.sin_port = at.sin_port;
		expect_ret(do_connect(c, to), 0);
		s = accept(l, NULL, NULL);
		require(s >= 0);
		expect(same_host(peer_of(c), to));
		expect(same_host(peer_of(s), to));
		expect_talk(c, s);
		none.sin_family = AF_UNSPEC;
		expect_ret(connect(c, &none.any, sizeof(none)), 0);
		so_error(c);
		close(s);
	}
}

/* Who can be bound to a port beside whom: by what each would take. */
static const struct claim {
	int family, v6only;
	const char *ip;
} claims[] = {
	{ AF_INET, 0, "0.0.0.0" },
	{ AF_INET, 0, "127.0.0.1" },
	{ AF_INET, 0, "127.0.0.2" },
	{ AF_INET6, 0, "::" },
	{ AF_INET6, 1, "::" },
	{ AF_INET6, 0, "::1" },
	{ AF_INET6, 1, "::1" },
	{ AF_INET6, 0, MAPPED },
	{ AF_INET6, 0, "::ffff:0.0.0.0" },
};

#define CLAIMS (sizeof(claims) / sizeof(*claims))

/* For each claim, which others stand in its way: bit by bit. */
static const int conflicts[CLAIMS] = {
	0x18f, 0x18b, 0x10d, 0x1ff, 0x078, 0x078, 0x078, 0x18b, 0x18f,
};

static int claim(const struct claim *c, int port)
{
	union address a = address_of(c->family, c->ip, ntohs(port));
	int fd = socket(c->family, SOCK_STREAM, proto);

	require(fd >= 0);
	if (c->v6only)
		require(!set_v6(fd, IPV6_V6ONLY, 1));
	if (!bind(fd, &a.any, address_len(c->family)))
		return fd;
	expect(errno == EADDRINUSE);
	close(fd);
	return -1;
}

/* TCP of 6.1 does not see each conflict of mapped addresses. */
CASE_FLAGS(bind_both_versions, CASE_CLASP | CASE_V6)
{
	size_t i, k;
	int a, b;

	for (i = 0; i < CLAIMS; i++) {
		a = claim(&claims[i], 0);
		require(a >= 0);
		for (k = 0; k < CLAIMS; k++) {
			b = claim(&claims[k], name_of(a).sin_port);
			if (!expect_ret(b < 0, conflicts[i] >> k & 1))
				printf("# %s%s and %s%s\n", claims[i].ip,
				       claims[i].v6only ? " only" : "",
				       claims[k].ip,
				       claims[k].v6only ? " only" : "");
			if (b >= 0)
				close(b);
		}
		close(a);
	}
}

/* Each gets its own version's. */
CASE_FLAGS(listen_both_versions, CASE_V6)
{
	union address any = address("::", 0), v4, to;
	int l6 = sock(), l4 = sock_v4(), c4 = sock_v4(), c6 = sock(), s;

	require(!set_v6(l6, IPV6_V6ONLY, 1));
	require(!do_bind(l6, any) && !listen(l6, 8));
	v4 = address_of(AF_INET, "0.0.0.0", ntohs(name_of(l6).sin_port));
	require(!bind(l4, &v4.any, sizeof(v4.v4)) && !listen(l4, 8));
	expect_ret(connect_to(c4, loopback_v4(v4.sin_port)), 0);
	to = loopback();
	to.sin_port = v4.sin_port;
	expect_ret(do_connect(c6, to), 0);
	s = accept(l4, NULL, NULL);
	require(s >= 0);
	expect(peer_of(s).sin_port == name_of(c4).sin_port);
	s = accept(l6, NULL, NULL);
	require(s >= 0);
	expect(peer_of(s).sin_port == name_of(c6).sin_port);
}

CASE_FLAGS(connect_multicast, CASE_V6)
{
	expect_errno(do_connect(sock(), address("ff02::1", 7)), ENETUNREACH);
	expect_errno(do_connect(sock(), address("ff0e::1", 7)), ENETUNREACH);
}

/* The same link-local addresses on both ends of a link of its own. */
static void add_link_local(void)
{
	require(!system("ip addr add fe80::1/64 dev bh0 nodad"));
	require(!system("ip addr add fe80::2/64 dev bh0 nodad"));
	require(!system("ip addr add fe80::1/64 dev bh1 nodad"));
	require(!system("ip addr add fe80::2/64 dev bh1 nodad"));
}

static void remove_link_local(void)
{
	expect(!system("ip addr del fe80::1/64 dev bh0"));
	expect(!system("ip addr del fe80::2/64 dev bh0"));
	expect(!system("ip addr del fe80::1/64 dev bh1"));
	expect(!system("ip addr del fe80::2/64 dev bh1"));
}

static union address link_local(const char *ip, int port, const char *dev)
{
	union address a = address(ip, 0);

	a.sin_port = port;
	a.v6.sin6_scope_id = dev ? if_nametoindex(dev) : 0;
	return a;
}

CASE_FLAGS(link_local_needs_scope, CASE_V6)
{
	union address a;
	int fd = sock();

	expect_errno(do_connect(fd, link_local("fe80::9", 7, NULL)), EINVAL);
	expect_errno(do_bind(fd, link_local("fe80::9", 0, NULL)), EINVAL);
	require(!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "bh0", 4));
	expect_errno(do_connect(fd, link_local("fe80::9", 7, "bh1")), EINVAL);
	a = link_local("fe80::9", 7, "bh0");
	/* An address of RFC 2133 has no scope. */
	expect_errno(connect(sock(), &a.any, 24), EINVAL);
}

/* The same four-tuple, once on each link. */
CASE_FLAGS(link_local_twins, CASE_V6)
{
	static const char * const dev[] = { "bh0", "bh1" };
	union address at, from, who;
	socklen_t len;
	int l, c[2], s[2], i;

	add_link_local();
	l = listen_any(&at);
	for (i = 0; i < 2; i++) {
		c[i] = sock();
		from = link_local("fe80::2", i ? name_of(c[0]).sin_port : 0,
				  dev[i]);
		expect_ret(do_bind(c[i], from), 0);
		expect_ret(do_connect(c[i], link_local("fe80::1", at.sin_port,
						       dev[i])), 0);
		len = sizeof(who);
		s[i] = accept(l, &who.any, &len);
		require(s[i] >= 0);
		expect_ret(len, sizeof(who.v6));
		expect(same_host(who, from));
		expect_ret(who.v6.sin6_scope_id, if_nametoindex(dev[i]));
		expect_ret(peer_of(c[i]).v6.sin6_scope_id,
			   if_nametoindex(dev[i]));
	}
	expect(name_of(c[0]).sin_port == name_of(c[1]).sin_port);
	expect_talk(c[0], s[0]);
	expect_talk(s[1], c[1]);
	expect_talk(s[0], c[0]);
	/* Before their addresses go: an orphan has to reach its peer. */
	for (i = 0; i < 2; i++) {
		close(c[i]);
		close(s[i]);
	}
	remove_link_local();
}

/* The label of the address that the socket connects to. */
CASE_FLAGS(flow_label, CASE_V6)
{
	union address at, to = loopback();
	int l, c = sock();

	l = listen_any(&at);
	to.sin_port = at.sin_port;
	to.v6.sin6_flowinfo = htonl(0x12345);
	require(!set_v6(c, V6_FLOWINFO_SEND, 1));
	expect_ret(do_connect(c, to), 0);
	expect(peer_of(c).v6.sin6_flowinfo == to.v6.sin6_flowinfo);
	expect_talk(c, accept(l, NULL, NULL));
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

	l = listen_any(&at);
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
		{ V6_MINHOPCOUNT, 3 },
	};
	union address at, to = loopback();
	int l, c = sock(), s;
	size_t i;

	l = listen_any(&at);
	to.sin_port = at.sin_port;
	for (i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		expect_ret(set_v6(l, kept[i].option, kept[i].value), 0);
		expect_ret(get_v6(l, kept[i].option), kept[i].value);
	}
	require(!do_connect(c, to));
	s = accept(l, NULL, NULL);
	require(s >= 0);
	for (i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		expect_ret(get_v6(s, kept[i].option), kept[i].value);
	expect_ret(get_v6(c, IPV6_MTU), 65536);
	expect_errno(set_v6(c, IPV6_V6ONLY, 1), EINVAL);
	expect_errno(set_v6(c, IPV6_TCLASS, 256), EINVAL);
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
	require(!set_v6(p.s, IPV6_RECVHOPLIMIT, 1));
	require(!set_v6(p.s, IPV6_RECVTCLASS, 1));
	require(!set_v6(p.c, IPV6_UNICAST_HOPS, 77));
	require(!set_v6(p.c, IPV6_TCLASS, 0x28));
	expect_talk(p.c, p.s);
	expect_talk(p.c, p.s);
	require(!getsockopt(p.s, SOL_IPV6, V6_2292PKTOPTIONS, buf, &len));
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
	int least = family == AF_INET6 ? V6_MINHOPCOUNT : IP_MINTTL;
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

#define BLOCKED "2001:db8::127.0.0.2"

/* For kernels that have policies; most of those built for tests have none. */
static int block(const char *how)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "ip -6 xfrm policy %s dir in src " BLOCKED "/128 dst ::1/128 proto %d %s 2>/dev/null",
		 how, proto, strcmp(how, "add") ? "" : "action block");
	return system(command);
}

/* IPsec's policy tells one protocol, and one peer, from another. */
CASE_FLAGS(policy_blocks_a_peer, CASE_V6)
{
	int l, blocked = sock_nonblock(), near = sock(), s;
	union address at;

	if (block("add"))
		return;
	l = sock_listen(&at, 8);
	expect_ret(do_bind(blocked, address(BLOCKED, 0)), 0);
	expect_errno(do_connect(blocked, at), EINPROGRESS);
	expect_ret(do_connect(near, at), 0);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect(peer_of(s).sin_port == name_of(near).sin_port);
	expect_ret(events_now(blocked, POLLOUT), 0);
	expect(!block("delete"));
}

int main(void)
{
	return cases_main();
}
