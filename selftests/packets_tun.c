// SPDX-License-Identifier: GPL-2.0
/*
 * The network of a script: a namespace with one TUN device. What the kernel
 * sends to 192.0.2.0/24, or to the twin of this network, is read here, what is
 * written here comes to it from there, and has been dealt with when the write
 * returns.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "packets.h"
#include "util.h"

#define NET_BITS 24

static int device = -1;

static void request(int fd, unsigned long what, void *arg)
{
	if (ioctl(fd, what, arg))
		die_errno("network device");
}

static int control_socket(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die_errno("socket");
	return fd;
}

static void device_up(int fd, const char *name)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, IFNAMSIZ, "%s", name);
	request(fd, SIOCGIFFLAGS, &ifr);
	ifr.ifr_flags |= IFF_UP;
	request(fd, SIOCSIFFLAGS, &ifr);
}

/* ---- of each family ------------------------------------------------------ */

static void set_address4(int fd, unsigned long what, u32 addr)
{
	struct ifreq ifr = { .ifr_name = TUN_DEVICE };
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(addr),
	};

	memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
	request(fd, what, &ifr);
}

static void give_address4(int fd)
{
	struct sockaddr_in sin = addr4(LOCAL_ADDR, 0);

	set_address4(fd, SIOCSIFADDR, ntohl(sin.sin_addr.s_addr));
	set_address4(fd, SIOCSIFNETMASK, ~0u << (32 - NET_BITS));
}

static void give_address6(int fd)
{
	struct ifreq ifr = { .ifr_name = TUN_DEVICE };
	struct in6_ifreq ifr6 = {
		.ifr6_addr = world_host(LOCAL_ADDR),
		.ifr6_prefixlen = world->net_bits + NET_BITS,
	};

	request(fd, SIOCGIFINDEX, &ifr);
	ifr6.ifr6_ifindex = ifr.ifr_ifindex;
	request(fd, SIOCSIFADDR, &ifr6);
}

static int has_tentative(void)
{
	FILE *f = fopen("/proc/net/if_inet6", "r");
	unsigned int flags;
	int found = 0;

	if (!f)
		die_errno("if_inet6");
	while (fscanf(f, "%*s %*x %*x %*x %x %*s", &flags) == 1)
		found |= flags & IFA_F_TENTATIVE;
	fclose(f);
	return found;
}

/* An address can be used when a thread of the kernel's has looked at it. */
static void await_addresses6(void)
{
	while (has_tentative())
		usleep(1000);
}

static void await_nothing(void)
{
}

/* Nothing but segments shall be on the wire: no solicitations. */
static void keep_quiet4(void)
{
	sysctl_set("net/ipv6/conf/all/disable_ipv6", "1");
	sysctl_set("net/ipv6/conf/default/disable_ipv6", "1");
}

static void keep_quiet6(void)
{
	sysctl_set("net/ipv6/conf/default/addr_gen_mode", "1");
	sysctl_set("net/ipv6/conf/default/accept_ra", "0");
	sysctl_set("net/ipv6/conf/default/router_solicitations", "0");
}

/* All IPv6 there is to be quiet about, too. */
static int is_noise4(const u8 *pkt)
{
	return pkt[0] >> 4 != 4;
}

/* To the link's groups goes what a host says when it gets an address. */
static int is_noise6(const u8 *pkt)
{
	return pkt[0] >> 4 != 6 || (pkt[24] == 0xff && pkt[25] == 0x02);
}

static const struct {
	int family;
	void (*keep_quiet)(void);
	void (*give_address)(int fd);
	void (*await_addresses)(void);
	int (*is_noise)(const u8 *pkt);
} nets[] = {
	{ AF_INET, keep_quiet4, give_address4, await_nothing, is_noise4 },
	{ AF_INET6, keep_quiet6, give_address6, await_addresses6, is_noise6 },
}, *net;

/* ---- of both ------------------------------------------------------------- */

static void open_device(void)
{
	struct ifreq ifr = {
		.ifr_name = TUN_DEVICE,
		.ifr_flags = IFF_TUN | IFF_NO_PI,
	};

	device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (device < 0)
		die_errno("/dev/net/tun");
	request(device, TUNSETIFF, &ifr);
}

void tun_start(int mtu)
{
	int fd;

	for (net = nets; net->family != world->ip_family; net++)
		;
	if (unshare(CLONE_NEWNET))
		die_errno("unshare");
	net->keep_quiet();
	open_device();
	tun_set_mtu(mtu);
	fd = control_socket(net->family);
	net->give_address(fd);
	device_up(fd, "lo");
	tun_settle();
	close(fd);
}

void tun_settle(void)
{
	int fd = control_socket(net->family);

	device_up(fd, TUN_DEVICE);
	net->await_addresses();
	/* The thread has that lock until the address has its route. */
	device_up(fd, TUN_DEVICE);
	close(fd);
}

int tun_fd(void)
{
	return device;
}

void tun_set_mtu(int mtu)
{
	struct ifreq ifr = { .ifr_name = TUN_DEVICE, .ifr_mtu = mtu };
	int fd = control_socket(AF_INET);

	request(fd, SIOCSIFMTU, &ifr);
	close(fd);
}

void tun_send(const u8 *pkt, size_t len)
{
	if (write(device, pkt, len) != (ssize_t)len)
		die_errno("writing to " TUN_DEVICE);
}

size_t tun_receive(u8 *pkt, size_t room)
{
	ssize_t len;

	do {
		len = read(device, pkt, room);
		if (len < 0 && errno == EAGAIN)
			return 0;
		if (len < 0)
			die_errno("reading from " TUN_DEVICE);
	} while (!len || net->is_noise(pkt));
	return len;
}
