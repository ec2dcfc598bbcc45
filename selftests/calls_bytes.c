// SPDX-License-Identifier: GPL-2.0
/* A stream whose bytes are known. */
#include "calls_bytes.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define CHUNK 65536

void bytes_fill(void *buf, size_t at, size_t len)
{
	unsigned char *b = buf;
	size_t i;

	/* No period that a page, a segment or a buffer could hide behind. */
	for (i = 0; i < len; i++, at++)
		b[i] = at * 31 + at / 251 + at / 65521;
}

int bytes_right(const void *buf, size_t at, size_t len)
{
	unsigned char want[CHUNK];

	while (len) {
		size_t some = len < CHUNK ? len : CHUNK;

		bytes_fill(want, at, some);
		if (memcmp(buf, want, some))
			return 0;
		buf = (const char *)buf + some;
		at += some;
		len -= some;
	}
	return 1;
}

void bytes_expect(int fd, size_t at, size_t len)
{
	char buf[CHUNK];

	while (len) {
		ssize_t n = recv(fd, buf, len < CHUNK ? len : CHUNK, 0);

		require(n > 0);
		require(bytes_right(buf, at, n));
		at += n;
		len -= n;
	}
}

pid_t bytes_reader(int fd, size_t at, size_t len)
{
	pid_t pid = fork();

	require(pid >= 0);
	if (pid)
		return pid;
	bytes_expect(fd, at, len);
	exit(0);
}

pid_t bytes_writer(int fd, size_t at, size_t len)
{
	char buf[CHUNK];
	pid_t pid = fork();

	require(pid >= 0);
	if (pid)
		return pid;
	while (len) {
		size_t some = len < CHUNK ? len : CHUNK;

		bytes_fill(buf, at, some);
		require(send(fd, buf, some, 0) == (ssize_t)some);
		at += some;
		len -= some;
	}
	require(!shutdown(fd, SHUT_WR));
	exit(0);
}

void bytes_join(pid_t pid)
{
	int status = -1;

	require(waitpid(pid, &status, 0) == pid);
	expect_ret(status, 0);
}

int bytes_file(size_t len)
{
	int fd = memfd_create("bytes", 0);
	char buf[CHUNK];
	size_t at = 0;

	require(fd >= 0);
	while (at < len) {
		size_t some = len - at < CHUNK ? len - at : CHUNK;

		bytes_fill(buf, at, some);
		require(write(fd, buf, some) == (ssize_t)some);
		at += some;
	}
	require(!lseek(fd, 0, SEEK_SET));
	return fd;
}

int count_of(int fd, int request)
{
	int count = -1;

	require(!ioctl(fd, request, &count));
	return count;
}

int wait_count(int fd, int request, int want)
{
	int left;

	for (left = 6000; left; left--) {
		if (count_of(fd, request) == want)
			return 1;
		usleep(10000);
	}
	printf("# count %d, wanted %d\n", count_of(fd, request), want);
	return 0;
}

void own_loopback(const char *mtu)
{
	char command[128];

	require(!unshare(CLONE_NEWNET));
	snprintf(command, sizeof(command), "ip link set lo up mtu %s", mtu);
	require(!system(command));
}

int lossy_loopback(const char *mtu)
{
	own_loopback(mtu);
	if (!system("tc qdisc add dev lo root netem delay 1ms loss 3% limit 20000"))
		return 1;
	printf("# no netem\n");
	return 0;
}

int kernel_since(int major, int minor)
{
	struct utsname name;
	int have[2] = { 0, 0 };

	require(!uname(&name));
	require(sscanf(name.release, "%d.%d", &have[0], &have[1]) == 2);
	return have[0] > major || (have[0] == major && have[1] >= minor);
}
