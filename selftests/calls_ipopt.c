// SPDX-License-Identifier: GPL-2.0
/* Options at level IPPROTO_IP, as ip(7) has them for TCP. */
#include "calls.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

static int set_ip(int fd, int option, int value)
{
	return setsockopt(fd, IPPROTO_IP, option, &value, sizeof(value));
}

static int get_ip(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = -99;

	require(!getsockopt(fd, IPPROTO_IP, option, &value, &len));
	return value;
}

/* One byte is enough, and has a limit of its own. */
static int set_byte(int fd, int option, unsigned char value)
{
	return setsockopt(fd, IPPROTO_IP, option, &value, 1);
}

/* A connection whose listener has the option. */
static void open_with(struct pair *p, int option, int value)
{
	p->l = sock_listen(&p->addr, 4);
	require(!set_ip(p->l, option, value));
	p->c = sock_connect(&p->addr);
	p->s = accept(p->l, NULL, NULL);
	require(p->s >= 0);
}

CASE_FLAGS(tos, CASE_V4)
{
	struct pair p;

	open_with(&p, IP_TOS, 0x48);
	expect_ret(get_ip(p.s, IP_TOS), 0x48);
	expect_ret(get_ip(p.c, IP_TOS), 0);
	/* The two bits of ECN are not the program's. */
	expect_ret(set_ip(p.c, IP_TOS, 0xff), 0);
	expect_ret(get_ip(p.c, IP_TOS), 0xfc);
	expect_ret(set_byte(p.c, IP_TOS, 0x10), 0);
	expect_ret(get_ip(p.c, IP_TOS), 0x10);
	expect_ret(get_int(p.c, SO_PRIORITY), 6);
}

CASE_FLAGS(ttl, CASE_V4)
{
	struct pair p;

	open_with(&p, IP_TTL, 9);
	expect_ret(get_ip(p.s, IP_TTL), 9);
	expect_ret(get_ip(p.c, IP_TTL), 64);
	expect_errno(set_ip(p.c, IP_TTL, 0), EINVAL);
	expect_errno(set_ip(p.c, IP_TTL, 256), EINVAL);
	expect_ret(set_ip(p.c, IP_TTL, 255), 0);
	expect_ret(get_ip(p.c, IP_TTL), 255);
	expect_ret(set_ip(p.c, IP_TTL, -1), 0);
	expect_ret(get_ip(p.c, IP_TTL), 64);
}

CASE_FLAGS(minttl, CASE_V4)
{
	struct pair p;

	open_with(&p, IP_MINTTL, 60);
	expect_ret(get_ip(p.s, IP_MINTTL), 60);
	expect_ret(get_ip(p.c, IP_MINTTL), 0);
	expect_errno(set_ip(p.c, IP_MINTTL, 256), EINVAL);
	expect_errno(set_ip(p.c, IP_MINTTL, -1), EINVAL);
	expect_ret(set_ip(p.c, IP_MINTTL, 255), 0);
	expect_ret(get_ip(p.c, IP_MINTTL), 255);
	/* Else neither end hears of the other's FIN. */
	expect_ret(set_ip(p.c, IP_MINTTL, 0), 0);
}

CASE_FLAGS(mtu_discover, CASE_V4)
{
	struct pair p;
	int i;

	open_with(&p, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	expect_ret(get_ip(p.s, IP_MTU_DISCOVER), IP_PMTUDISC_PROBE);
	for (i = IP_PMTUDISC_DONT; i <= IP_PMTUDISC_OMIT; i++) {
		expect_ret(set_ip(p.c, IP_MTU_DISCOVER, i), 0);
		expect_ret(get_ip(p.c, IP_MTU_DISCOVER), i);
	}
	expect_errno(set_ip(p.c, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT + 1),
		     EINVAL);
	expect(get_ip(p.c, IP_MTU) > 1000);
	expect_errno(set_ip(p.c, IP_MTU, 1000), ENOPROTOOPT);
}

/* Can be had, but a stream has no control messages about single packets. */
CASE_FLAGS(pktinfo, CASE_V4)
{
	struct pair p;
	size_t told;

	open_with(&p, IP_PKTINFO, 1);
	expect_ret(get_ip(p.s, IP_PKTINFO), 1);
	expect_ret(set_ip(p.s, IP_RECVTTL, 1), 0);
	expect_ret(set_ip(p.s, IP_RECVTOS, 1), 0);
	require(send(p.c, "data", 4, 0) == 4);
	expect_ret(recv_with(p.s, &told), 4);
	expect_ret(told, 0);
}

CASE_FLAGS(recverr, CASE_V4)
{
	struct pair p;

	open_with(&p, IP_RECVERR, 1);
	expect_ret(get_ip(p.s, IP_RECVERR), 1);
	expect_ret(set_ip(p.s, IP_RECVERR, 0), 0);
	expect_ret(get_ip(p.s, IP_RECVERR), 0);
}

CASE_FLAGS(options_in_the_header, CASE_V4)
{
	static const unsigned char nops[] = { 1, 1, 1, 0 }, bad[] = { 7, 1 };
	unsigned char got[40];
	socklen_t len = sizeof(got);
	struct pair p;

	pair_open(&p);
	expect_ret(setsockopt(p.c, IPPROTO_IP, IP_OPTIONS, nops, 4), 0);
	expect_ret(getsockopt(p.c, IPPROTO_IP, IP_OPTIONS, got, &len), 0);
	expect_ret(len, 4);
	expect(!memcmp(got, nops, 4));
	expect_errno(setsockopt(p.c, IPPROTO_IP, IP_OPTIONS, bad, 2), EINVAL);
	expect_errno(setsockopt(p.c, IPPROTO_IP, IP_OPTIONS, nops, 41), EINVAL);
	require(send(p.c, "data", 4, 0) == 4);
	drain(p.s, 4);
	expect_ret(setsockopt(p.c, IPPROTO_IP, IP_OPTIONS, NULL, 0), 0);
	len = sizeof(got);
	expect_ret(getsockopt(p.c, IPPROTO_IP, IP_OPTIONS, got, &len), 0);
	expect_ret(len, 0);
}

/* Addresses of others. */
CASE_FLAGS(freebind_and_transparent, CASE_V4)
{
	static const int options[] = { IP_FREEBIND, IP_TRANSPARENT };
	union address other = address("192.0.2.77", 0);
	size_t i;
	int fd;

	fd = sock();
	expect_errno(do_bind(fd, other), EADDRNOTAVAIL);
	for (i = 0; i < 2; i++) {
		fd = sock();
		expect_ret(get_ip(fd, options[i]), 0);
		expect_ret(set_ip(fd, options[i], 1), 0);
		expect_ret(get_ip(fd, options[i]), 1);
		expect_ret(do_bind(fd, other), 0);
		expect_ret(listen(fd, 1), 0);
		expect(same_host(name_of(fd), other));
	}
}

CASE_FLAGS(bind_address_no_port, CASE_V4)
{
	union address a;
	int fd = sock(), l = sock_listen(&a, 4);

	expect_ret(set_ip(fd, IP_BIND_ADDRESS_NO_PORT, 1), 0);
	expect_ret(get_ip(fd, IP_BIND_ADDRESS_NO_PORT), 1);
	expect_ret(do_bind(fd, address("127.0.0.2", 0)), 0);
	expect_ret(name_of(fd).sin_port, 0);
	expect(same_host(name_of(fd), address("127.0.0.2", 0)));
	expect_ret(do_connect(fd, a), 0);
	expect(name_of(fd).sin_port != 0);
	expect(same_host(name_of(fd), address("127.0.0.2", 0)));
	expect(accept(l, NULL, NULL) >= 0);
	/* It listens at a port of its own, too. */
	fd = sock();
	require(!set_ip(fd, IP_BIND_ADDRESS_NO_PORT, 1));
	require(!do_bind(fd, address("127.0.0.2", 0)));
	expect_ret(listen(fd, 1), 0);
	expect(name_of(fd).sin_port != 0);
}

static int set_range(int fd, unsigned int low, unsigned int high)
{
	unsigned int range = high << 16 | low;

	return setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range,
			  sizeof(range));
}

/* TCP of 6.1 leaves out every other port, and takes none of so few. */
CASE_FLAGS(local_port_range, CASE_CLASP | CASE_V4)
{
	union address a;
	int fd = sock(), c, i;

	/* Since 6.3. */
	if (set_range(fd, 40000, 40003)) {
		expect(errno == ENOPROTOOPT);
		return;
	}
	expect_ret(get_ip(fd, IP_LOCAL_PORT_RANGE), 40003 << 16 | 40000);
	expect_errno(set_range(fd, 40003, 40000), EINVAL);
	expect_ret(do_bind(fd, loopback()), 0);
	expect(port_of(fd) >= 40000 && port_of(fd) <= 40003);
	sock_listen(&a, 8);
	for (i = 0; i < 3; i++) {
		c = sock();
		require(!set_range(c, 41000, 41002));
		expect_ret(do_connect(c, a), 0);
		expect(port_of(c) >= 41000 && port_of(c) <= 41002);
	}
	c = sock();
	require(!set_range(c, 41000, 41002));
	expect_errno(do_connect(c, a), EADDRNOTAVAIL);
}

CASE_FLAGS(groups_are_not_for_streams, CASE_V4)
{
	struct ip_mreqn mreq = { .imr_ifindex = 1 };
	int fd = sock();

	mreq.imr_multiaddr.s_addr = htonl(0xe0000101);
	expect_errno(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq,
				sizeof(mreq)), EPROTO);
	expect_errno(setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &mreq,
				sizeof(mreq)), EPROTO);
}

int main(void)
{
	return cases_main();
}
