// SPDX-License-Identifier: GPL-2.0
/*
 * IP_RECVERR and IPV6_RECVERR: what a router says of a stream, as ip(7) and
 * ipv6(7) tell of it. The router is the other host, which has no way to BEYOND_IP.
 */
#include "calls_hosts.h"

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>

static int level(void)
{
	return family == AF_INET6 ? SOL_IPV6 : SOL_IP;
}

static int recverr(void)
{
	return family == AF_INET6 ? IPV6_RECVERR : IP_RECVERR;
}

static void ask(int fd)
{
	int on = 1;

	expect_ret(setsockopt(fd, level(), recverr(), &on, sizeof(on)), 0);
}

/* A way to BEYOND_IP, and the host that it leads over. */
static void make_way(void)
{
	hosts_make();
	host_enter(THERE);
	require(!sysctl_set(family == AF_INET6 ?
			    "net/ipv6/conf/all/forwarding" :
			    "net/ipv4/ip_forward", "1"));
	host_enter(HERE);
	host_ip(HERE, "route add %s via %s", digits(BEYOND_IP),
		digits(THERE_IP));
}

/* The host there knows no way on, and says so as this kind of route does. */
static void block(const char *kind)
{
	host_ip(THERE, "route add %s %s", kind, digits(BEYOND_IP));
}

/* The way ends there after all. */
static void unblock(void)
{
	host_ip(THERE, "route del unreachable %s", digits(BEYOND_IP));
	host_add(THERE, BEYOND_IP);
}

static int connect_beyond(int fd)
{
	return do_connect(fd, address(BEYOND_IP, HOST_PORT));
}

/* What a host says to whom it has no way for, and the error that this is. */
static const struct answer {
	const char *route;
	int code, err;
} no_way[] = {
	{ "unreachable", ICMP_HOST_UNREACH, EHOSTUNREACH },
	{ "unreachable", ICMPV6_NOROUTE, ENETUNREACH },
}, forbidden[] = {
	{ "prohibit", ICMP_PKT_FILTERED, EHOSTUNREACH },
	{ "prohibit", ICMPV6_ADM_PROHIBITED, EACCES },
};

static const struct answer *of_family(const struct answer *answers)
{
	return &answers[family == AF_INET6];
}

/* How many messages of that kind this host has heard. */
static long heard(void)
{
	const char *format = family == AF_INET6 ? "Icmp6InDestUnreachs %ld" :
						  "Icmp: %*d %*d %*d %ld";
	FILE *f = fopen(family == AF_INET6 ? "/proc/self/net/snmp6" :
					     "/proc/self/net/snmp", "r");
	char line[512];
	long count = -1;

	require(f);
	while (count < 0 && fgets(line, sizeof(line), f))
		sscanf(line, format, &count);
	fclose(f);
	require(count >= 0);
	return count;
}

/* ---- the error queue ----------------------------------------------------- */

struct told {
	struct sock_extended_err err;
	union address offender, about;
	int bytes, flags;
};

/* One message, or -1 with errno. */
static int read_queue(int fd, struct told *told)
{
	char control[512], data[512];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_name = &told->about, .msg_namelen = sizeof(told->about),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	struct {
		struct sock_extended_err err;
		union address offender;
	} had = { 0 };

	memset(told, 0, sizeof(*told));
	told->bytes = recvmsg(fd, &msg, MSG_ERRQUEUE);
	if (told->bytes < 0)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	require(cmsg);
	expect_ret(cmsg->cmsg_level, level());
	expect_ret(cmsg->cmsg_type, recverr());
	expect_ret(cmsg->cmsg_len, CMSG_LEN(sizeof(had.err) +
					    address_len(family)));
	memcpy(&had, CMSG_DATA(cmsg), cmsg->cmsg_len - CMSG_LEN(0));
	expect(!CMSG_NXTHDR(&msg, cmsg));
	told->err = had.err;
	told->offender = had.offender;
	told->flags = msg.msg_flags;
	return 0;
}

/* What came is what the host there said. */
static void expect_queued(int fd, const struct answer *answer)
{
	struct told told;

	require(!read_queue(fd, &told));
	expect_ret(told.flags & MSG_ERRQUEUE, MSG_ERRQUEUE);
	expect_ret(told.err.ee_errno, answer->err);
	expect_ret(told.err.ee_origin, family == AF_INET6 ?
		   SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP);
	expect_ret(told.err.ee_type, family == AF_INET6 ?
		   ICMPV6_DEST_UNREACH : ICMP_DEST_UNREACH);
	expect_ret(told.err.ee_code, answer->code);
	expect_ret(told.err.ee_info, 0);
	expect(same_host(told.offender, address(THERE_IP, 0)));
	expect(same_host(told.about, address(BEYOND_IP, 0)));
	expect_ret(told.about.sin_port, htons(HOST_PORT));
	/* Of the segment, there is its beginning at least: the ports. */
	expect(told.bytes >= 8);
}

static void expect_no_more(int fd)
{
	struct told told;

	expect_errno(read_queue(fd, &told), EAGAIN);
}

/* ---- who connects -------------------------------------------------------- */

/* The call fails, and the queue says why. */
static void refused(const struct answer *answer)
{
	int fd;

	make_way();
	block(answer->route);
	/* Without the option it is empty, but TCP's over IPv4. */
	fd = sock();
	expect_errno(connect_beyond(fd), answer->err);
	if (proto != IPPROTO_TCP || family == AF_INET6)
		expect_no_more(fd);
	close(fd);
	fd = sock();
	ask(fd);
	expect_errno(connect_beyond(fd), answer->err);
	expect_queued(fd, answer);
	close(fd);
}

CASE(unreachable_host)
{
	refused(of_family(no_way));
}

CASE(prohibited)
{
	refused(of_family(forbidden));
}

CASE(polled)
{
	const struct answer *answer = of_family(no_way);
	int fd;

	make_way();
	block(answer->route);
	fd = sock_nonblock();
	ask(fd);
	expect_errno(connect_beyond(fd), EINPROGRESS);
	require(wait_all_events(fd, POLLERR | POLLHUP));
	expect_ret(so_error(fd), answer->err);
	/* What is in the queue is an error to poll(), too. */
	expect(events_now(fd, 0) & POLLERR);
	expect_queued(fd, answer);
	close(fd);
}

/* With IP_MINTTL, who is too far away says nothing: the next SYN is sent. */
CASE(too_far_away)
{
	int option = family == AF_INET6 ? IPV6_MINHOPCOUNT : IP_MINTTL;
	int fd, near = 255, far = 1;

	make_way();
	block("unreachable");
	fd = sock_nonblock();
	expect_ret(setsockopt(fd, level(), option, &near, sizeof(near)), 0);
	expect_errno(connect_beyond(fd), EINPROGRESS);
	while (heard() < 2)
		usleep(10000);
	expect_ret(events_now(fd, 0), 0);
	expect_ret(setsockopt(fd, level(), option, &far, sizeof(far)), 0);
	require(wait_all_events(fd, POLLERR | POLLHUP));
	expect_ret(so_error(fd), of_family(no_way)->err);
	close(fd);
}

/* What is in the queue stays, and is not in the way of a next connection. */
CASE(connects_afterwards)
{
	const struct answer *answer = of_family(no_way);
	int fd;

	make_way();
	block(answer->route);
	fd = sock();
	ask(fd);
	expect_errno(connect_beyond(fd), answer->err);
	unblock();
	host_listen(THERE, BEYOND_IP);
	expect_ret(connect_beyond(fd), 0);
	expect_queued(fd, answer);
}

/* ---- who is connected ---------------------------------------------------- */

/* A connection to BEYOND_IP, which then is not to be reached any more. */
static void connect_and_lose(struct pair *p, int asks)
{
	make_way();
	host_add(THERE, BEYOND_IP);
	p->l = host_listen(THERE, BEYOND_IP);
	p->c = sock();
	if (asks)
		ask(p->c);
	require(!connect_beyond(p->c));
	p->s = accept(p->l, NULL, NULL);
	require(p->s >= 0);
	host_del(THERE, BEYOND_IP);
	block("unreachable");
}

/* The program is told as with TCP: an error, no message, and the way mends. */
CASE(connected_asks)
{
	char buf[4];
	struct pair p;

	connect_and_lose(&p, 1);
	expect_ret(send(p.c, "data", 4, 0), 4);
	require(wait_all_events(p.c, POLLERR));
	expect_ret(events_now(p.c, POLLHUP), POLLERR);
	expect_ret(so_error(p.c), of_family(no_way)->err);
	expect_no_more(p.c);
	unblock();
	expect_ret(recv(p.s, buf, 4, MSG_WAITALL), 4);
	expect(!memcmp(buf, "data", 4));
}

/* Who does not ask is not woken as long as it may come to good. */
CASE(connected_does_not_ask)
{
	char buf[4];
	struct pair p;

	connect_and_lose(&p, 0);
	expect_ret(send(p.c, "data", 4, 0), 4);
	while (heard() < 2)
		usleep(10000);
	expect_ret(events_now(p.c, 0), 0);
	expect_ret(so_error(p.c), of_family(no_way)->err);
	unblock();
	expect_ret(recv(p.s, buf, 4, MSG_WAITALL), 4);
	expect(!memcmp(buf, "data", 4));
}

int main(void)
{
	return cases_main();
}
