// SPDX-License-Identifier: GPL-2.0
/*
 * The network of a script: a namespace with one TUN device. What the kernel
 * sends to 192.0.2.0/24 is read here, what is written here comes to it from
 * there, and has been dealt with when the write returns.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "packets.h"
#include "util.h"

#define DEVICE "tun0"

static int device = -1;

static void set_address(struct ifreq *ifr, u32 addr)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(addr),
	};

	memcpy(&ifr->ifr_addr, &sin, sizeof(sin));
}

static void request(int fd, unsigned long what, struct ifreq *ifr)
{
	if (ioctl(fd, what, ifr))
		die_errno("network device");
}

static void device_up(int fd, const char *name)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, IFNAMSIZ, "%s", name);
	request(fd, SIOCGIFFLAGS, &ifr);
	ifr.ifr_flags |= IFF_UP;
	request(fd, SIOCSIFFLAGS, &ifr);
}

void tun_start(void)
{
	struct ifreq ifr = {
		.ifr_name = DEVICE,
		.ifr_flags = IFF_TUN | IFF_NO_PI,
	};
	int fd;

	if (unshare(CLONE_NEWNET))
		die_errno("unshare");
	/* Its solicitations are not wanted here; without IPv6 all the better. */
	sysctl_set("net/ipv6/conf/all/disable_ipv6", "1");
	sysctl_set("net/ipv6/conf/default/disable_ipv6", "1");
	device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (device < 0)
		die_errno("/dev/net/tun");
	request(device, TUNSETIFF, &ifr);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die_errno("socket");
	set_address(&ifr, LOCAL_ADDR);
	request(fd, SIOCSIFADDR, &ifr);
	set_address(&ifr, 0xffffff00);
	request(fd, SIOCSIFNETMASK, &ifr);
	device_up(fd, "lo");
	device_up(fd, DEVICE);
	close(fd);
}

int tun_fd(void)
{
	return device;
}

void tun_set_mtu(int mtu)
{
	struct ifreq ifr = { .ifr_name = DEVICE, .ifr_mtu = mtu };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die_errno("socket");
	request(fd, SIOCSIFMTU, &ifr);
	close(fd);
}

void tun_send(const u8 *pkt, size_t len)
{
	if (write(device, pkt, len) != (ssize_t)len)
		die_errno("writing to " DEVICE);
}

size_t tun_receive(u8 *pkt, size_t room)
{
	ssize_t len;

	do {
		len = read(device, pkt, room);
		if (len < 0 && errno == EAGAIN)
			return 0;
		if (len < 0)
			die_errno("reading from " DEVICE);
	} while (!len || pkt[0] >> 4 != 4);
	return len;
}
