// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of IPv6, and sockets of IPv6 and IPv4 at once: RFC 3493, 3.7 and 5.3,
 * ipv6(7), RFC 4007. What both families have alike is tested by the other calls_*,
 * options by calls_opt6.
 */
#include "calls_scene.h"

#include <arpa/inet.h>
#include <net/if.h>

#define ANY "0.0.0.0"
#define LOOPBACK "127.0.0.1"

static int sock4(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, proto);

	require(fd >= 0);
	return fd;
}

static union address address4(const char *ip, int port)
{
	return address_of(AF_INET, ip, port);
}

/* An address of IPv4 as a socket of IPv6 takes it. */
static union address mapped(const char *ip, int port)
{
	char text[64];

	snprintf(text, sizeof(text), "::ffff:%s", ip);
	return address(text, port);
}

static int set6(int fd, int option, int value)
{
	return setsockopt(fd, SOL_IPV6, option, &value, sizeof(value));
}

static int get6(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = -99;

	require(!getsockopt(fd, SOL_IPV6, option, &value, &len));
	return value;
}

static int listen_at(union address a)
{
	int fd = socket(a.sin_family, SOCK_STREAM, proto);

	require(fd >= 0);
	require(!do_bind(fd, a));
	require(!listen(fd, 8));
	return fd;
}

/* ---- mapped addresses ---------------------------------------------------- */

CASE_FLAGS(connect_mapped, CASE_V6)
{
	int l = listen_at(address4(LOOPBACK, 0)), port = port_of(l);
	int c = sock(), s;
	char byte;

	require(!do_connect(c, mapped(LOOPBACK, port)));
	expect(same_host(name_of(c), mapped(LOOPBACK, 0)));
	expect(same_host(peer_of(c), mapped(LOOPBACK, 0)));
	expect_ret(ntohs(peer_of(c).sin_port), port);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect(same_host(peer_of(s), address4(LOOPBACK, 0)));
	expect_ret(peer_of(s).sin_port, name_of(c).sin_port);
	expect_talk(c, s);
	expect_errno(do_connect(c, mapped(LOOPBACK, port)), EISCONN);
	close(s);
	expect_ret(recv(c, &byte, 1, 0), 0);
}

CASE_FLAGS(connect_mapped_refused, CASE_V6)
{
	int fd = sock();

	require(!do_bind(fd, mapped(LOOPBACK, 0)));
	expect_errno(do_connect(sock(), name_of(fd)), ECONNREFUSED);
}

/* One listener for both families. */
CASE_FLAGS(any_takes_ipv4, CASE_V6)
{
	int l = listen_at(address(ANY, 0)), port = port_of(l);
	int c4 = sock4(), c6 = sock(), s;
	union address peer = { 0 };
	socklen_t len = sizeof(peer);
	char byte;

	require(!do_connect(c6, address(LOOPBACK, port)));
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect(same_host(peer_of(s), address(LOOPBACK, 0)));
	expect_talk(c6, s);
	require(!do_connect(c4, address4(LOOPBACK, port)));
	s = accept(l, &peer.any, &len);
	require(s >= 0);
	expect_ret(len, sizeof(struct sockaddr_in6));
	expect_ret(peer.sin_family, AF_INET6);
	expect(same_host(peer, mapped(LOOPBACK, 0)));
	expect_ret(peer.sin_port, name_of(c4).sin_port);
	expect(same_host(name_of(s), mapped(LOOPBACK, 0)));
	expect(same_host(peer_of(s), mapped(LOOPBACK, 0)));
	expect_ret(port_of(s), port);
	expect_ret(get_int(s, SO_DOMAIN), AF_INET6);
	expect_talk(c4, s);
	/* What belongs to the child outlives the listener. */
	close(l);
	expect_talk(s, c4);
	close(c4);
	expect_ret(recv(s, &byte, 1, 0), 0);
}

CASE_FLAGS(listen_mapped, CASE_V6)
{
	int l = listen_at(mapped(LOOPBACK, 0)), port = port_of(l);
	int c = sock4(), s;

	expect(same_host(name_of(l), mapped(LOOPBACK, 0)));
	expect_errno(do_connect(sock(), address(LOOPBACK, port)), ECONNREFUSED);
	require(!do_connect(c, address4(LOOPBACK, port)));
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect(same_host(peer_of(s), mapped(LOOPBACK, 0)));
	expect_talk(c, s);
	expect_errno(do_bind(sock(), mapped("10.77.77.77", 0)), EADDRNOTAVAIL);
}

/* "::" is loopback in connect(), that of IPv4 for who is bound to IPv4. */
CASE_FLAGS(connect_any, CASE_V6)
{
	int l = listen_at(address(ANY, 0)), port = port_of(l);
	int c6 = sock(), bound = sock(), i;

	require(!do_connect(c6, address(ANY, port)));
	expect(same_host(peer_of(c6), address(LOOPBACK, 0)));
	require(!do_bind(bound, mapped(LOOPBACK, 0)));
	expect_ret(do_connect(bound, address(ANY, port)), 0);
	expect(same_host(peer_of(bound), mapped(LOOPBACK, 0)));
	for (i = 0; i < 2; i++)
		expect(accept(l, NULL, NULL) >= 0);
}

/* And so is its mapped twin. */
CASE_FLAGS(connect_mapped_any, CASE_V6)
{
	const union address at[] = { address(ANY, 0), mapped(LOOPBACK, 0) };
	int l, c, i;

	for (i = 0; i < 2; i++) {
		l = listen_at(at[i]);
		c = sock();
		expect_ret(do_connect(c, mapped(ANY, port_of(l))), 0);
		expect(same_host(peer_of(c), mapped(LOOPBACK, 0)));
		expect(accept(l, NULL, NULL) >= 0);
	}
}

/*
 * A socket can belong to one family after the other; with TCP, it remains with
 * IPv4 for ever and sends its SYNs to nobody.
 */
static void change_version(int first)
{
	union address none = { .sin_family = AF_UNSPEC };
	int l = listen_at(address(ANY, 0)), port = port_of(l);
	int c = sock(), i, s;

	for (i = first; i < first + 4; i++) {
		union address to = i % 2 ? mapped(LOOPBACK, port) :
					   address(LOOPBACK, port);

		require(!do_connect(c, to));
		expect(same_host(peer_of(c), to));
		s = accept(l, NULL, NULL);
		require(s >= 0);
		expect(same_host(name_of(s), to));
		expect(same_host(peer_of(s), to));
		expect_talk(c, s);
		require(!do_connect(c, none));
		expect(same_host(name_of(c), address(ANY, 0)));
		so_error(c);
		close(s);
	}
}

CASE_FLAGS(disconnect_changes_version, CASE_CLASP | CASE_V6)
{
	change_version(0);
	change_version(1);
}

CASE_FLAGS(mapped_after_refused, CASE_V6)
{
	int l = listen_at(address4(LOOPBACK, 0)), c = sock();

	expect_errno(do_connect(c, address(LOOPBACK, port_of(l))),
		     ECONNREFUSED);
	expect_ret(do_connect(c, mapped(LOOPBACK, port_of(l))), 0);
	expect_talk(c, accept(l, NULL, NULL));
}

/* Whom a bound socket can and cannot connect to. */
static void play_bound(struct log *log, const void *what)
{
	int how = *(const int *)what;
	const union address from[] = {
		address(ANY, 0), address(LOOPBACK, 0), mapped(ANY, 0),
		mapped(LOOPBACK, 0),
	};
	int l = listen_at(address(ANY, 0)), port = port_of(l), c;
	const union address to[] = {
		address(LOOPBACK, port), mapped(LOOPBACK, port),
		address(ANY, port), mapped(ANY, port),
		address4(LOOPBACK, port),
	};

	c = sock_nonblock();
	note_result(log, "bind", do_bind(c, from[how / 5]));
	note_result(log, "connect", do_connect(c, to[how % 5]));
	note_result(log, "connect again", do_connect(c, to[how % 5]));
	close(c);
	close(l);
}

CASE_FLAGS(connect_from_each, CASE_CLASP | CASE_V6)
{
	int how;

	for (how = 0; how < 20; how++)
		scene_compare(play_bound, &how);
}

/* ---- IPV6_V6ONLY --------------------------------------------------------- */

CASE_FLAGS(v6only, CASE_V6)
{
	int fd = sock(), bound = sock();

	expect_ret(get6(fd, IPV6_V6ONLY), 0);
	require(!set6(fd, IPV6_V6ONLY, 1));
	expect_ret(get6(fd, IPV6_V6ONLY), 1);
	expect_errno(do_connect(fd, mapped(LOOPBACK, 9)), ENETUNREACH);
	expect_errno(do_bind(fd, mapped(LOOPBACK, 0)), EINVAL);
	require(!do_bind(bound, address(ANY, 0)));
	expect_errno(set6(bound, IPV6_V6ONLY, 1), EINVAL);
	expect_ret(get6(bound, IPV6_V6ONLY), 0);
}

CASE_FLAGS(v6only_by_setting, CASE_V6)
{
	require(!sysctl_set("net/ipv6/bindv6only", "1"));
	expect_ret(get6(sock(), IPV6_V6ONLY), 1);
	require(!sysctl_set("net/ipv6/bindv6only", "0"));
	expect_ret(get6(sock(), IPV6_V6ONLY), 0);
}

CASE_FLAGS(v6only_takes_no_ipv4, CASE_V6)
{
	int l = sock(), c = sock4();

	require(!set6(l, IPV6_V6ONLY, 1));
	require(!do_bind(l, address(ANY, 0)));
	expect_errno(set6(l, IPV6_V6ONLY, 0), EINVAL);
	expect_ret(get6(l, IPV6_V6ONLY), 1);
	require(!listen(l, 8));
	expect_errno(do_connect(c, address4(LOOPBACK, port_of(l))),
		     ECONNREFUSED);
	expect_ret(do_connect(sock(), address(LOOPBACK, port_of(l))), 0);
}

/* A port has two listeners then, and each its callers. */
CASE_FLAGS(listen_both_versions, CASE_V6)
{
	int l6 = sock(), l4, c4 = sock4(), c6 = sock(), port;

	require(!set6(l6, IPV6_V6ONLY, 1));
	require(!do_bind(l6, address(ANY, 0)) && !listen(l6, 1));
	port = port_of(l6);
	expect_errno(do_connect(sock4(), address4(LOOPBACK, port)),
		     ECONNREFUSED);
	l4 = listen_at(address4(ANY, port));
	require(!do_connect(c4, address4(LOOPBACK, port)));
	require(!do_connect(c6, address(LOOPBACK, port)));
	expect_talk(c4, accept(l4, NULL, NULL));
	expect_talk(c6, accept(l6, NULL, NULL));
}

/* Whoever is accepted has what its listener has. */
CASE_FLAGS(v6only_is_handed_down, CASE_V6)
{
	int l = sock(), c = sock(), s;

	require(!set6(l, IPV6_V6ONLY, 1));
	require(!do_bind(l, loopback()) && !listen(l, 1));
	require(!do_connect(c, name_of(l)));
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(get6(s, IPV6_V6ONLY), 1);
	expect_ret(get6(c, IPV6_V6ONLY), 0);
}

/* ---- who is in whose way ------------------------------------------------- */

/*
 * What can be bound: to where, and whether for IPv6 only; and bit by bit, which of
 * these are in the way of it.
 */
struct owner {
	const char *name;
	int family, v6only;
	const char *ip;
	int rivals;
};

static const struct owner owners[] = {
	{ "0.0.0.0", AF_INET, 0, ANY, 0x30f },
	{ "127.0.0.1", AF_INET, 0, LOOPBACK, 0x30b },
	{ "127.0.0.2", AF_INET, 0, "127.0.0.2", 0x10d },
	{ "::", AF_INET6, 0, "::", 0x3ff },
	{ ":: only", AF_INET6, 1, "::", 0x0f8 },
	{ "::1", AF_INET6, 0, "::1", 0x078 },
	{ "::1 only", AF_INET6, 1, "::1", 0x078 },
	{ "2001:db8::", AF_INET6, 0, "2001:db8::127.0.0.2", 0x098 },
	{ "mapped 0.0.0.0", AF_INET6, 0, "::ffff:0.0.0.0", 0x30f },
	{ "mapped 127.0.0.1", AF_INET6, 0, "::ffff:127.0.0.1", 0x30b },
};

#define OWNERS ((int)(sizeof(owners) / sizeof(*owners)))

/* Which of the two ask for SO_REUSEADDR, and whether the first one listens. */
#define REUSE_FIRST 1
#define REUSE_SECOND 2
#define LISTENS 4
#define MANNERS 8

static int own(struct log *log, const struct owner *o, int reuse, int port)
{
	int fd = socket(o->family, SOCK_STREAM, proto);

	require(fd >= 0);
	require(!o->v6only || !set6(fd, IPV6_V6ONLY, 1));
	require(!set_int(fd, SO_REUSEADDR, reuse));
	note_result(log, o->name, do_bind(fd, address_of(o->family, o->ip,
							 port)));
	return fd;
}

static void play_owners(struct log *log, const void *what)
{
	int how = *(const int *)what;
	int manner = how % MANNERS, first = how / MANNERS % OWNERS;
	int second = how / MANNERS / OWNERS, x, y;
	/* Not one that connections of other cases may still have. */
	static int port = 2000;

	x = own(log, &owners[first], manner & REUSE_FIRST, port++);
	if (manner & LISTENS)
		note_result(log, "listen", listen(x, 1));
	y = own(log, &owners[second], manner & REUSE_SECOND, port_of(x));
	note_result(log, "listen", port_of(y) ? listen(y, 1) : -1);
	close(x);
	close(y);
}

/* TCP of 6.1 does not see that these have an address in common. */
static int tcp_misses(int first, int second)
{
	return !strcmp(owners[first].name, "mapped 0.0.0.0") &&
	       !strcmp(owners[second].name, "mapped 127.0.0.1");
}

CASE_FLAGS(bind_conflicts, CASE_CLASP | CASE_V6)
{
	int how;

	for (how = 0; how < MANNERS * OWNERS * OWNERS; how++)
		if (!tcp_misses(how / MANNERS % OWNERS, how / MANNERS / OWNERS))
			scene_compare(play_owners, &how);
}

/* Whatever TCP does: who has an address in common with whom. */
CASE_FLAGS(bind_both_versions, CASE_CLASP | CASE_V6)
{
	struct log log = { .len = 0 };
	int first, second, x, y;

	for (first = 0; first < OWNERS; first++)
		for (second = 0; second < OWNERS; second++) {
			log.len = 0;
			x = own(&log, &owners[first], 0, 0);
			y = own(&log, &owners[second], 0, port_of(x));
			if (!expect_ret(!port_of(y),
					owners[first].rivals >> second & 1))
				printf("# %s\n", log.text);
			close(x);
			close(y);
		}
}

/* The port of a connection in TIME-WAIT is in the way as its listener was. */
static void play_time_wait(struct log *log, const void *what)
{
	int how = *(const int *)what;
	int reuse = how % 2, next = how / 2 % OWNERS, over6 = how / 2 / OWNERS;
	int l = sock(), c, s, fd, port;
	char byte;

	note(log, "over IPv%d, reuse %d: ", over6 ? 6 : 4, reuse);
	require(!set_int(l, SO_REUSEADDR, 1));
	require(!do_bind(l, address(ANY, 0)) && !listen(l, 1));
	port = port_of(l);
	c = over6 ? sock() : sock4();
	require(!do_connect(c, over6 ? address(LOOPBACK, port) :
				       address4(LOOPBACK, port)));
	s = accept(l, NULL, NULL);
	require(s >= 0);
	close(s);
	close(l);
	require(!recv(c, &byte, 1, 0));
	close(c);
	fd = own(log, &owners[next], reuse, port);
	note_result(log, "listen", port_of(fd) ? listen(fd, 1) : -1);
	close(fd);
}

CASE_FLAGS(bind_after_time_wait, CASE_CLASP | CASE_V6)
{
	/* To TCP, IPv4's any address is in the way of IPv6's alone; not here. */
	const int too_careful = 2 * OWNERS;
	int how;

	for (how = 0; how < 2 * 2 * OWNERS; how++)
		if (how != too_careful)
			scene_compare(play_time_wait, &how);
}

/* The most specific listener is the one that is called. */
CASE_FLAGS(most_specific_listener, CASE_V6)
{
	int any = sock(), one = sock(), c = sock(), c4 = sock4(), port;

	require(!set6(any, IPV6_V6ONLY, 0));
	require(!set_int(any, SO_REUSEADDR, 1) &&
		!set_int(one, SO_REUSEADDR, 1));
	require(!do_bind(any, address(ANY, 0)));
	port = port_of(any);
	require(!do_bind(one, mapped("127.0.0.2", port)));
	require(!listen(one, 1));
	expect_errno(listen(any, 1), EADDRINUSE);
	require(!do_connect(c4, address4("127.0.0.2", port)));
	expect_talk(c4, accept(one, NULL, NULL));
	expect_errno(do_connect(c, address(LOOPBACK, port)), ECONNREFUSED);
}

/* ---- scopes -------------------------------------------------------------- */

#define LINK_LOCAL "fe80::1"

static union address scoped(const char *device, int port)
{
	union address a = address(LINK_LOCAL, port);

	a.v6.sin6_scope_id = device ? if_nametoindex(device) : 0;
	return a;
}

static void give_link_local(void)
{
	require(!system("ip addr replace " LINK_LOCAL "/64 dev bh0 nodad"));
}

CASE_FLAGS(scope_is_told, CASE_V6)
{
	int l, c = sock(), s;

	give_link_local();
	expect_errno(do_bind(sock(), scoped(NULL, 0)), EINVAL);
	expect_errno(do_bind(sock(), scoped("lo", 0)), EADDRNOTAVAIL);
	l = listen_at(scoped("bh0", 0));
	expect_ret(name_of(l).v6.sin6_scope_id, if_nametoindex("bh0"));
	expect_errno(do_connect(sock(), scoped(NULL, port_of(l))), EINVAL);
	require(!do_connect(c, scoped("bh0", port_of(l))));
	expect_ret(peer_of(c).v6.sin6_scope_id, if_nametoindex("bh0"));
	expect_ret(name_of(c).v6.sin6_scope_id, if_nametoindex("bh0"));
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(name_of(s).v6.sin6_scope_id, if_nametoindex("bh0"));
	expect_ret(peer_of(s).v6.sin6_scope_id, if_nametoindex("bh0"));
	expect_talk(c, s);
}

/* A device that the socket is bound to is a scope, until another is told. */
CASE_FLAGS(scope_of_the_device, CASE_V6)
{
	int fd = sock(), other = sock();

	give_link_local();
	require(!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "bh0", 4));
	expect_ret(do_bind(fd, scoped(NULL, 0)), 0);
	expect_ret(name_of(fd).v6.sin6_scope_id, if_nametoindex("bh0"));
	expect_errno(do_connect(fd, scoped("lo", 9)), EINVAL);
	require(!setsockopt(other, SOL_SOCKET, SO_BINDTODEVICE, "bh0", 4));
	expect_errno(do_bind(other, scoped("lo", 0)), EADDRNOTAVAIL);
	expect_errno(do_bind(other, scoped(NULL, 0)), EADDRNOTAVAIL);
}

/* What has a scope of its own needs none told, and is given none. */
CASE_FLAGS(scope_of_global, CASE_V6)
{
	union address a = loopback();
	struct pair p;

	a.v6.sin6_scope_id = 77;
	expect_ret(do_bind(sock(), a), 0);
	pair_open(&p);
	expect_ret(name_of(p.c).v6.sin6_scope_id, 0);
	expect_ret(peer_of(p.s).v6.sin6_scope_id, 0);
}

/* The same link-local addresses on both ends of a link of its own. */
static void add_link_local(void)
{
	require(!system("ip addr replace fe80::1/64 dev bh0 nodad"));
	require(!system("ip addr replace fe80::2/64 dev bh0 nodad"));
	require(!system("ip addr replace fe80::1/64 dev bh1 nodad"));
	require(!system("ip addr replace fe80::2/64 dev bh1 nodad"));
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
	l = listen_at(address("::", 0));
	at = name_of(l);
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

/* ---- addresses that are none --------------------------------------------- */

static const int families[] = { AF_UNSPEC, AF_INET, AF_INET6, 99 };

#define FAMILIES 4
#define LENGTHS 33

static void play_wrong(struct log *log, const void *what)
{
	int how = *(const int *)what;
	int len = how % LENGTHS, which = how / LENGTHS % FAMILIES;
	struct { union address a; char more[16]; } to = {
		.a = how / LENGTHS / FAMILIES ? loopback() :
						mapped(LOOPBACK, 0),
	};
	int fd = sock_nonblock();

	to.a.sin_family = families[which];
	to.a.sin_port = htons(9);
	note_result(log, "connect", connect(fd, &to.a.any, len));
	note_result(log, "error", so_error(fd));
	close(fd);
	fd = sock();
	to.a.sin_port = 0;
	note_result(log, "bind", bind(fd, &to.a.any, len));
	close(fd);
}

CASE_FLAGS(wrong_addresses, CASE_CLASP | CASE_V6)
{
	int how;

	for (how = 0; how < 2 * LENGTHS * FAMILIES; how++)
		scene_compare(play_wrong, &how);
}

CASE_FLAGS(connect_multicast, CASE_V6)
{
	expect_errno(do_connect(sock(), address("ff02::1", 7)), ENETUNREACH);
	expect_errno(do_connect(sock(), address("ff0e::1", 7)), ENETUNREACH);
}

#define BLOCKED "2001:db8::127.0.0.2"

/* For kernels that have policies; most of those built for tests have none. */
static int block(const char *how)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "ip -6 xfrm policy %s dir in src %s dst ::1 proto %d %s 2>/dev/null",
		 how, BLOCKED, proto, strcmp(how, "add") ? "" : "action block");
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
