// SPDX-License-Identifier: GPL-2.0
/*
 * SO_MARK and SO_PRIORITY: what the kernel sees of them with each segment that
 * leaves, and which way it goes.
 */
#include "calls_bytes.h"
#include "calls_ebpf.h"
#include "calls_hosts.h"
#include "calls_scene.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>

CASE(marks_and_priorities)
{
	union address at;
	int l = sock_listen(&at, 4), c = sock(), s;

	expect_ret(get_int(l, SO_MARK), 0);
	expect_ret(get_int(l, SO_PRIORITY), 0);
	require(!set_int(l, SO_MARK, 7));
	require(!set_int(l, SO_PRIORITY, 5));
	require(!set_int(c, SO_MARK, 9));
	require(!set_int(c, SO_PRIORITY, 6));
	require(!do_connect(c, at));
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(get_int(s, SO_MARK), 7);
	expect_ret(get_int(s, SO_PRIORITY), 0);
	expect_ret(get_int(c, SO_MARK), 9);
	expect_ret(get_int(c, SO_PRIORITY), 6);
}

/* ---- what leaves --------------------------------------------------------- */

/* Where the IP header has the protocol, and the first two bytes behind it. */
static int protocol_at(void)
{
	return family == AF_INET6 ? 6 : 9;
}

static int port_at(void)
{
	return family == AF_INET6 ? 40 : 20;
}

/*
 * A socket that hears of the segments that leave from this port with this mark
 * and priority; or, if others is set, of all others from that port.
 */
static int listen_in(int port, int mark, int priority, int others)
{
	const struct bpf_insn code[] = {
		EBPF_MOV(BPF_REG_6, BPF_REG_1),
		EBPF_FIELD(BPF_REG_0, BPF_REG_6, pkt_type),
		EBPF_UNLESS_EQUAL(BPF_REG_0, PACKET_OUTGOING, 12),
		EBPF_PACKET(BPF_B, protocol_at()),
		EBPF_UNLESS_EQUAL(BPF_REG_0, proto, 10),
		EBPF_PACKET(BPF_H, port_at()),
		EBPF_UNLESS_EQUAL(BPF_REG_0, port, 8),
		EBPF_FIELD(BPF_REG_0, BPF_REG_6, mark),
		EBPF_UNLESS_EQUAL(BPF_REG_0, mark, 4),
		EBPF_FIELD(BPF_REG_0, BPF_REG_6, priority),
		EBPF_UNLESS_EQUAL(BPF_REG_0, priority, 2),
		EBPF_MOV_IMM(BPF_REG_0, !others),
		EBPF_EXIT(),
		EBPF_MOV_IMM(BPF_REG_0, others),
		EBPF_EXIT(),
		EBPF_MOV_IMM(BPF_REG_0, 0),
		EBPF_EXIT(),
	};
	struct sockaddr_ll lo = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex("lo"),
	};
	int prog = ebpf_load(BPF_PROG_TYPE_SOCKET_FILTER, code,
			     sizeof(code) / sizeof(*code));
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	require(fd >= 0);
	require(!set_int(fd, SO_ATTACH_BPF, prog));
	require(!bind(fd, (struct sockaddr *)&lo, sizeof(lo)));
	close(prog);
	return fd;
}

/* How many it has heard of since it was last asked. */
static int heard(int fd)
{
	int count = 0;
	char byte;

	while (recv(fd, &byte, 1, 0) >= 0)
		count++;
	require(errno == EAGAIN);
	return count;
}

/* Both can be asked for, but a stream has no marks of single segments. */
CASE(mark_of_one_call)
{
	int mark = 4, marked, plain;
	struct pair p;
	size_t told;

	own_loopback("65536");
	pair_open(&p);
	marked = listen_in(port_of(p.c), mark, 0, 0);
	plain = listen_in(port_of(p.c), 0, 0, 0);
	expect_ret(set_int(p.s, SO_RCVMARK, 1), 0);
	expect_ret(get_int(p.s, SO_RCVMARK), 1);
	expect_ret(send_with(p.c, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)),
		   1);
	expect_ret(heard(plain), 1);
	expect_ret(heard(marked), 0);
	expect_ret(recv_with(p.s, &told), 1);
	expect_ret(told, 0);
}

/* A port that is free, for who has to be known before it is bound. */
static int free_port(void)
{
	int fd = sock(), port;

	require(!do_bind(fd, loopback()));
	port = port_of(fd);
	close(fd);
	return port;
}

/* A client that has both; who hears its segments, and the others. */
struct client {
	int fd, right, wrong;
};

/* Connects it, in a network of its own; returns the other end. */
static int client_connect(struct client *c, int mark, int priority)
{
	union address at;
	int port, l, s;

	own_loopback("65536");
	port = free_port();
	c->fd = sock();
	c->right = listen_in(port, mark, priority, 0);
	c->wrong = listen_in(port, mark, priority, 1);
	require(!set_int(c->fd, SO_MARK, mark));
	require(!set_int(c->fd, SO_PRIORITY, priority));
	require(!do_bind(c->fd, address("127.0.0.1", port)));
	l = sock_listen(&at, 1);
	require(!do_connect(c->fd, at));
	s = accept(l, NULL, NULL);
	require(s >= 0);
	return s;
}

/* SYN, ACKs, data, and FIN. */
CASE(each_segment_has_both)
{
	struct client c;
	int s = client_connect(&c, 9, 6);
	char byte;

	expect_ret(heard(c.right), 2);
	expect_ret(send(c.fd, "a", 1, 0), 1);
	expect_ret(heard(c.right), 1);
	expect_ret(recv(s, &byte, 1, 0), 1);
	expect_ret(shutdown(c.fd, SHUT_WR), 0);
	expect(heard(c.right) >= 1);
	expect_ret(recv(s, &byte, 1, 0), 0);
	close(s);
	expect_ret(recv(c.fd, &byte, 1, 0), 0);
	expect(heard(c.right) >= 1);
	expect_ret(heard(c.wrong), 0);
}

/* Of whoever resets as well. */
CASE(reset_has_both)
{
	struct client c;

	client_connect(&c, 9, 6);
	heard(c.right);
	reset(c.fd);
	expect_ret(heard(c.right), 1);
	expect_ret(heard(c.wrong), 0);
}

/*
 * Both of a listener's are in the SYN-ACK, and whom it makes has its mark, but
 * not its priority.
 */
CASE(answers_have_both)
{
	union address at;
	int l, c, s, synack, others, child;

	own_loopback("65536");
	l = sock_listen(&at, 1);
	require(!set_int(l, SO_MARK, 7));
	require(!set_int(l, SO_PRIORITY, 5));
	synack = listen_in(port_of(l), 7, 5, 0);
	others = listen_in(port_of(l), 7, 5, 1);
	child = listen_in(port_of(l), 7, 0, 0);
	c = sock_connect(&at);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(heard(synack), 1);
	expect_ret(heard(others), 0);
	expect_ret(send(s, "a", 1, 0), 1);
	expect_ret(heard(child), 1);
	expect_ret(heard(synack), 0);
	expect_ret(set_int(s, SO_PRIORITY, 5), 0);
	expect_ret(send(s, "b", 1, 0), 1);
	drain(c, 2);
	expect_ret(heard(synack), 1);
	expect_ret(heard(child), 0);
}

/*
 * What nobody asks for is still the connection's. Without a priority, as IPv4
 * forgets TCP's there.
 */
CASE(reset_after_close_is_marked)
{
	struct client c;
	int s = client_connect(&c, 9, 0);

	close(c.fd);
	require(wait_all_events(s, POLLRDHUP));
	heard(c.right);
	expect_ret(send(s, "a", 1, 0), 1);
	require(wait_all_events(s, POLLHUP));
	expect_ret(heard(c.right), 1);
	expect_ret(heard(c.wrong), 0);
}

CASE(time_wait_is_marked)
{
	struct client c;
	int s = client_connect(&c, 9, 0), left, deaf;
	char byte;

	require(!shutdown(c.fd, SHUT_WR));
	require(!recv(s, &byte, 1, 0));
	/* Its FIN goes again and again, as it hears of no answer. */
	deaf = ebpf_returning(BPF_PROG_TYPE_SOCKET_FILTER, 0);
	require(!set_int(s, SO_ATTACH_BPF, deaf));
	close(s);
	require(wait_all_events(c.fd, POLLHUP));
	close(c.fd);
	heard(c.right);
	for (left = 6000; left && !heard(c.right); left--)
		usleep(10000);
	expect(left);
	expect_ret(heard(c.wrong), 0);
}

/* A mark that is set later counts from then on. */
CASE(change_of_both)
{
	struct client c;
	int s = client_connect(&c, 9, 6), next;

	next = listen_in(port_of(c.fd), 4, 2, 0);
	require(!set_int(c.fd, SO_MARK, 4));
	require(!set_int(c.fd, SO_PRIORITY, 2));
	heard(c.right);
	expect_ret(send(c.fd, "a", 1, 0), 1);
	drain(s, 1);
	expect_ret(heard(next), 1);
	expect_ret(heard(c.right), 0);
}

/* Who connects gets the mark that was the listener's when he began to. */
CASE(mark_of_the_beginning)
{
	int deaf = ebpf_returning(BPF_PROG_TYPE_SOCKET_FILTER, 0);
	int l, c, s, answers;
	union address at;

	own_loopback("65536");
	l = sock_listen(&at, 1);
	require(!set_int(l, SO_MARK, 7));
	answers = listen_in(port_of(l), 7, 0, 0);
	c = sock_nonblock();
	/* It does not hear the SYN-ACK before its SYN goes again. */
	require(!set_int(c, SO_ATTACH_BPF, deaf));
	expect_errno(do_connect(c, at), EINPROGRESS);
	expect_ret(heard(answers), 1);
	require(!set_int(l, SO_MARK, 8));
	require(!set_int(c, SO_DETACH_FILTER, 0));
	require(wait_events(c, POLLOUT) == POLLOUT);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(get_int(s, SO_MARK), 7);
	expect(heard(answers) > 0);
}

/* ---- which way it goes --------------------------------------------------- */

#define SOMEBODY 65534

/* There is a way to BEYOND_IP for what a rule selects. */
static void way_for(const char *selector, enum host host, const char *to,
		    const char *via)
{
	host_ip(host, "rule add %s table 77", selector);
	host_ip(host, "route add %s via %s table 77", digits(to), digits(via));
}

CASE(way_of_who_connects)
{
	int l, c, s;

	hosts_make();
	way_for("fwmark 7", HERE, BEYOND_IP, THERE_IP);
	host_add(THERE, BEYOND_IP);
	l = host_listen(THERE, BEYOND_IP);
	c = sock();
	expect_errno(do_connect(c, address(BEYOND_IP, HOST_PORT)), ENETUNREACH);
	require(!set_int(c, SO_MARK, 8));
	expect_errno(do_connect(c, address(BEYOND_IP, HOST_PORT)), ENETUNREACH);
	require(!set_int(c, SO_MARK, 7));
	expect_ret(do_connect(c, address(BEYOND_IP, HOST_PORT)), 0);
	s = accept(l, NULL, NULL);
	require(s >= 0);
	expect_ret(send(c, "abc", 3, 0), 3);
	drain(s, 3);
	expect_ret(send(s, "de", 2, 0), 2);
	drain(c, 2);
}

/* A listener whose SYN-ACKs find no way back: only what is selected there does. */
static int listen_without_way(const char *selector)
{
	int l, c;

	hosts_make();
	host_add(HERE, BEYOND_IP);
	way_for(selector, THERE, BEYOND_IP, HERE_IP);
	l = host_listen(THERE, THERE_IP);
	c = sock_nonblock();
	require(!do_bind(c, address(BEYOND_IP, 0)));
	expect_errno(do_connect(c, address(THERE_IP, HOST_PORT)), EINPROGRESS);
	/* There and back takes no time at all, if it can. */
	expect_ret(events_now(c, POLLOUT), 0);
	close(c);
	return l;
}

/* Now they do. The client's end; the other one is *@s. */
static int connect_by_way(int l, int *s)
{
	int c = sock();

	require(!do_bind(c, address(BEYOND_IP, 0)));
	expect_ret(do_connect(c, address(THERE_IP, HOST_PORT)), 0);
	*s = accept(l, NULL, NULL);
	require(*s >= 0);
	return c;
}

static void talk(int s, int c)
{
	expect_ret(send(s, "de", 2, 0), 2);
	drain(c, 2);
	expect_ret(send(c, "abc", 3, 0), 3);
	drain(s, 3);
}

/* The SYN-ACK finds its way by its listener's mark, and the child its own. */
CASE(way_of_who_listens)
{
	int l = listen_without_way("fwmark 7"), c, s;

	require(!set_int(l, SO_MARK, 7));
	c = connect_by_way(l, &s);
	expect(peer_of(s).sin_port == name_of(c).sin_port);
	expect_ret(get_int(s, SO_MARK), 7);
	talk(s, c);
}

/* The same, if it is the listener's owner that has a way. */
CASE(way_of_whose_listener_it_is)
{
	int l = listen_without_way("uidrange 65534-65534"), c, s;

	require(!fchown(l, SOMEBODY, -1));
	c = connect_by_way(l, &s);
	require(!fchown(s, SOMEBODY, -1));
	talk(s, c);
}

int main(void)
{
	return cases_main();
}
