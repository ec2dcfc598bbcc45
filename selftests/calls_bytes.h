/* SPDX-License-Identifier: GPL-2.0 */
/* A stream whose bytes are known, for tests of everything that moves bytes. */
#ifndef CLASP_SELFTEST_CALLS_BYTES_H
#define CLASP_SELFTEST_CALLS_BYTES_H

#include "calls.h"

#include <sys/ioctl.h>

/* The bytes of the stream from this one on. */
void bytes_fill(void *buf, size_t at, size_t len);
/* Are they? */
int bytes_right(const void *buf, size_t at, size_t len);
/* Receives, with a few calls, and checks, up to the end of the stream or len. */
void bytes_expect(int fd, size_t at, size_t len);
/* The same in a process of its own, to be waited for. */
pid_t bytes_reader(int fd, size_t at, size_t len);
/* Sends them in a process of its own, and closes the sending side. */
pid_t bytes_writer(int fd, size_t at, size_t len);
/* Waits for such a process, which must have been content. */
void bytes_join(pid_t pid);
/* A file that has them. */
int bytes_file(size_t len);
/* Waits until an ioctl() that counts bytes says this; 1 if it did. */
int wait_count(int fd, int request, int want);
int count_of(int fd, int request);
/* From now on in a namespace of its own, with a loopback of this MTU. */
void own_loopback(const char *mtu);
/* And one that loses; 0 if it cannot be. */
int lossy_loopback(const char *mtu);
/* Is the kernel this one, or newer? */
int kernel_since(int major, int minor);

#endif
