// SPDX-License-Identifier: GPL-2.0
/*
 * Many threads do everything at once to the same few sockets, of IPv4 and of
 * IPv6, through either door: connect, accept, send, receive, splice, set options,
 * shut down, abort, disconnect, close and listen again. What the calls return is
 * of no interest; that the kernel survives it is, with nothing left over, which
 * the runner checks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/clasp.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>

#include "ksft.h"
#include "util.h"

#define THREADS		6
#define SOCKETS		8
#define PORTS		3
#define FIRST_PORT	7300

/* Of the kernel's headers, which do not go with the C library's. */
#define V6_FLOWINFO_SEND 33
#define V6_FLOWLABEL_MGR 32

static _Atomic int sockets[SOCKETS];
static int watch;			/* an epoll set */
static int file;			/* to be sent */
static atomic_long connected, accepted, moved;
static long rounds;

static unsigned int pick(unsigned int *seed, unsigned int n)
{
	return (unsigned int)rand_r(seed) % n;
}

/* Of this host, in some form: also one that the socket may not take. */
static union address any_place(unsigned int *seed, const char * const *hosts,
			       unsigned int count)
{
	const char *host = hosts[pick(seed, count)];

	return address_of(strchr(host, ':') ? AF_INET6 : AF_INET, host,
			  FIRST_PORT + (int)pick(seed, PORTS));
}

static union address somewhere(unsigned int *seed)
{
	static const char * const hosts[] = {
		"127.0.0.1", "::1", "::ffff:127.0.0.1", "::", "127.0.0.2",
	};

	return any_place(seed, hosts, sizeof(hosts) / sizeof(*hosts));
}

static union address anywhere(unsigned int *seed)
{
	static const char * const hosts[] = {
		"0.0.0.0", "127.0.0.1", "::", "::", "::1", "::ffff:127.0.0.1",
		"::ffff:0.0.0.0",
	};

	return any_place(seed, hosts, sizeof(hosts) / sizeof(*hosts));
}

/* Puts a descriptor into a slot and closes the one that was there. */
static void replace(unsigned int *seed, int fd)
{
	int old = atomic_exchange(&sockets[pick(seed, SOCKETS)], fd);

	if (old >= 0)
		close(old);
}

/* Two of three are of the address's family; one comes by the second door. */
static int new_socket(unsigned int *seed, union address a)
{
	int family = pick(seed, 3) ? a.sin_family : AF_INET6;

	if (proto_env() == CLASP_PROTO_DEFAULT && !pick(seed, 3))
		return socket(AF_CLASP, SOCK_STREAM | SOCK_NONBLOCK,
			      family == AF_INET6 ? AF_CLASP_IPV6 :
						   AF_CLASP_IPV4);
	return socket(family, SOCK_STREAM | SOCK_NONBLOCK, proto_env());
}

static void set(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

static void do_connect(unsigned int *seed, int other)
{
	union address to = somewhere(seed);
	int fd = new_socket(seed, to);

	(void)other;
	if (fd < 0)
		return;
	if (!connect(fd, &to.any, address_len(to.sin_family)) ||
	    errno == EINPROGRESS)
		connected++;
	replace(seed, fd);
}

/* One that was something else before, or still is. */
static void do_reconnect(unsigned int *seed, int fd)
{
	union address to = somewhere(seed);

	connect(fd, &to.any, address_len(to.sin_family));
}

static void do_listen(unsigned int *seed, int other)
{
	union address at = anywhere(seed);
	int fd = new_socket(seed, at);

	(void)other;
	if (fd < 0)
		return;
	set(fd, SOL_IPV6, IPV6_V6ONLY, pick(seed, 2));
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set(fd, SOL_SOCKET, SO_REUSEPORT, pick(seed, 2));
	if (!bind(fd, &at.any, address_len(at.sin_family)))
		listen(fd, 1 + (int)pick(seed, 4));
	replace(seed, fd);
}

static void do_filter(unsigned int *seed, int fd)
{
	static const int options[] = {
		SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF, SO_DETACH_FILTER,
		SO_DETACH_REUSEPORT_BPF,
	};
	struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, pick(seed, 3) ?
					   0xffff : pick(seed, 2));
	struct sock_fprog program = { .len = 1, .filter = &pass };

	set(fd, SOL_SOCKET, SO_REUSEPORT, pick(seed, 2));
	set(fd, SOL_SOCKET, SO_INCOMING_CPU, 0);
	setsockopt(fd, SOL_SOCKET, options[pick(seed, 4)], &program,
		   sizeof(program));
}

/* What IPv6 keeps for a socket, and its children must not share. */
static void do_ipv6(unsigned int *seed, int fd)
{
	static const unsigned char padding[] = { 0, 0, 1, 4, 0, 0, 0, 0 };
	static const int headers[] = { IPV6_HOPOPTS, IPV6_DSTOPTS };
	struct in6_addr group = { .s6_addr = { 0xff, 1, [15] = 9 } };
	/* struct in6_flowlabel_req: get a label of one's own, make it */
	unsigned char label[32] = {
		[15] = 1, [17] = 0x12, [18] = (unsigned char)pick(seed, 4),
		[20] = 0, [21] = 255, [22] = 1,
	};
	struct group_req req = { .gr_interface = 1 };
	char out[256];
	socklen_t len = sizeof(out);

	setsockopt(fd, SOL_IPV6, headers[pick(seed, 2)], padding,
		   pick(seed, 2) ? sizeof(padding) : 0);
	set(fd, SOL_IPV6, V6_FLOWINFO_SEND, pick(seed, 2));
	setsockopt(fd, SOL_IPV6, V6_FLOWLABEL_MGR, label, sizeof(label));
	memcpy(&req.gr_group, &(struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_addr = group,
	}, sizeof(struct sockaddr_in6));
	setsockopt(fd, SOL_IPV6, pick(seed, 2) ? MCAST_JOIN_GROUP :
		   MCAST_LEAVE_GROUP, &req, sizeof(req));
	set(fd, SOL_IPV6, IPV6_RECVERR, pick(seed, 2));
	set(fd, SOL_IPV6, IPV6_RECVPKTINFO, pick(seed, 2));
	set(fd, SOL_IPV6, IPV6_TCLASS, (int)pick(seed, 256));
	set(fd, SOL_IPV6, IPV6_ADDRFORM, AF_INET);
	getsockopt(fd, SOL_IPV6, 6 /* IPV6_2292PKTOPTIONS */, out, &len);
}

/* What is told later, by the queue of errors. */
static void do_tell(unsigned int *seed, int fd)
{
	char data[64], control[512];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	set(fd, SOL_SOCKET, SO_ZEROCOPY, pick(seed, 2));
	set(fd, SOL_SOCKET, SO_TIMESTAMPING, pick(seed, 3) ?
	    SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK |
	    SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_RX_SOFTWARE |
	    SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
	    (pick(seed, 2) ? SOF_TIMESTAMPING_OPT_TSONLY : 0) : 0);
	set(fd, SOL_IP, IP_RECVERR, pick(seed, 2));
	while (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
		msg.msg_controllen = sizeof(control);
}

static void do_splice(unsigned int *seed, int fd)
{
	int other = sockets[pick(seed, SOCKETS)];
	const unsigned int flags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;
	int pipe[2];
	off_t from = pick(seed, 9000);
	ssize_t n;

	if (pipe2(pipe, O_NONBLOCK | O_CLOEXEC))
		return;
	if (pick(seed, 2))
		sendfile(fd, file, &from, pick(seed, 100000));
	n = splice(fd, NULL, pipe[1], NULL, pick(seed, 100000), flags);
	if (n > 0)
		splice(pipe[0], NULL, other, NULL, n, flags |
		       (pick(seed, 2) ? SPLICE_F_MORE : 0));
	close(pipe[0]);
	close(pipe[1]);
}

static void do_accept(unsigned int *seed, int fd)
{
	int child = accept4(fd, NULL, NULL, SOCK_NONBLOCK);

	if (child < 0)
		return;
	accepted++;
	replace(seed, child);
}

static void do_linger(unsigned int *seed, int fd)
{
	struct linger linger = { .l_onoff = pick(seed, 2) };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static void do_urgent(unsigned int *seed, int fd)
{
	int inline_too = pick(seed, 2);

	fcntl(fd, F_SETOWN, pick(seed, 2) ? getpid() : 0);
	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &inline_too,
		   sizeof(inline_too));
}

/* Whoever waits on it meanwhile is woken, whatever it has become. */
static void do_wait(unsigned int *seed, int fd)
{
	struct timeval soon = { .tv_usec = 1000 };
	char c;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon));
	fcntl(fd, F_SETFL, 0);
	if (pick(seed, 2))
		recv(fd, &c, 1, 0);
	else
		send(fd, &c, 1, MSG_NOSIGNAL);
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* The options with TCP's numbers, whatever they do in this state. */
static void do_timers(unsigned int *seed, int fd)
{
	static const int names[] = {
		TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT,
		TCP_SYNCNT, TCP_LINGER2, TCP_QUICKACK, TCP_USER_TIMEOUT,
		TCP_CORK, TCP_DEFER_ACCEPT, TCP_WINDOW_CLAMP, TCP_INQ,
		TCP_NOTSENT_LOWAT, CLASP_INFO,
	};
	int name = names[pick(seed, sizeof(names) / sizeof(*names))];
	int value = (int)pick(seed, 5) - 1, on = pick(seed, 2);
	socklen_t len = sizeof(value);

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, SOL_CLASP, name, &value, sizeof(value));
	getsockopt(fd, SOL_CLASP, name, &value, &len);
}

static void do_disconnect(unsigned int *seed, int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	(void)seed;
	connect(fd, &none, sizeof(none));
}

static void do_move(unsigned int *seed, int fd)
{
	static char buffer[65536];
	size_t len = pick(seed, sizeof(buffer));
	ssize_t n;

	if (pick(seed, 2))
		n = send(fd, buffer, len, MSG_NOSIGNAL | MSG_DONTWAIT |
			 (pick(seed, 4) ? 0 : MSG_OOB) |
			 (pick(seed, 4) ? 0 : MSG_MORE) |
			 (pick(seed, 3) ? 0 : MSG_ZEROCOPY));
	else
		n = recv(fd, buffer, len, MSG_DONTWAIT |
			 (pick(seed, 4) ? 0 : MSG_PEEK) |
			 (pick(seed, 8) ? 0 : MSG_OOB));
	if (n > 0)
		moved += n;
}

static void do_look(unsigned int *seed, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };
	int value = 4096 << pick(seed, 8);
	socklen_t len = sizeof(value);

	poll(&pfd, 1, pick(seed, 2));
	ioctl(fd, SIOCOUTQ, &value);
	ioctl(fd, SIOCINQ, &value);
	sockatmark(fd);
	if (pick(seed, 2))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof(value));
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &len);
}

/* Sets that come and go, and signals about whatever happens. */
static void do_watch(unsigned int *seed, int fd)
{
	struct epoll_event ev = {
		.events = EPOLLIN | (pick(seed, 2) ? EPOLLOUT : EPOLLRDHUP) |
			  (pick(seed, 2) ? EPOLLET : EPOLLONESHOT),
	};

	epoll_ctl(watch, pick(seed, 3) ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd,
		  &ev);
	epoll_wait(watch, &ev, 1, 0);
	fcntl(fd, F_SETFL, O_NONBLOCK | (pick(seed, 2) ? O_ASYNC : 0));
}

static void do_shutdown(unsigned int *seed, int fd)
{
	shutdown(fd, pick(seed, 3));
}

/* Whatever is in a slot is closed. */
static void do_close(unsigned int *seed, int fd)
{
	(void)fd;
	replace(seed, -1);
}

/* What happens, and how often of a hundred times; the last has the rest. */
static const struct {
	void (*run)(unsigned int *seed, int fd);
	unsigned int share;
} deeds[] = {
	{ do_listen, 4 }, { do_connect, 8 }, { do_accept, 8 },
	{ do_reconnect, 4 }, { do_disconnect, 1 }, { do_shutdown, 4 },
	{ do_linger, 4 }, { do_close, 1 }, { do_look, 4 }, { do_wait, 1 },
	{ do_watch, 4 }, { do_tell, 4 }, { do_timers, 4 }, { do_ipv6, 4 },
	{ do_filter, 4 }, { do_urgent, 4 }, { do_splice, 4 }, { do_move, 100 },
};

static void do_something(unsigned int *seed)
{
	int fd = sockets[pick(seed, SOCKETS)];
	unsigned int left = pick(seed, 100), i = 0;

	while (left >= deeds[i].share)
		left -= deeds[i++].share;
	deeds[i].run(seed, fd);
}

static void *storm(void *arg)
{
	unsigned int seed = (unsigned long)arg;
	long i;

	for (i = 0; i < rounds; i++)
		do_something(&seed);
	return NULL;
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		die_errno("loopback");
	close(fd);
}

int main(void)
{
	pthread_t threads[THREADS];
	long i;

	ksft_print_header();
	ksft_set_plan(1);
	if (unshare(CLONE_NEWNET))
		die_errno("unshare");
	loopback_up();
	watch = epoll_create1(EPOLL_CLOEXEC);
	/* splice(2) and sendfile(2) have no MSG_NOSIGNAL. */
	if (watch < 0 || signal(SIGIO, SIG_IGN) == SIG_ERR ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_errno("watching");
	file = memfd_create("file", MFD_CLOEXEC);
	if (file < 0 || ftruncate(file, 100000))
		die_errno("file");
	rounds = number_env("CLASP_ROUNDS", debug_env() ? 6000 : 25000);
	for (i = 0; i < SOCKETS; i++)
		sockets[i] = -1;
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, storm, (void *)(i + 1)))
			die("no thread");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < SOCKETS; i++)
		if (sockets[i] >= 0)
			close(sockets[i]);
	ksft_print_msg("%ld connects, %ld accepts, %ld bytes\n",
		       (long)connected, (long)accepted, (long)moved);
	ksft_test_result(connected > 0 && accepted > 0 && moved > 0,
			 "a storm of calls from %d threads\n", THREADS);
	ksft_finished();
}
