/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's short names of the integer types, for userspace. */
#ifndef CLASP_SELFTEST_KTYPES_H
#define CLASP_SELFTEST_KTYPES_H

#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

/* The Makefile defines the kernel's __printf() and __noreturn. */

#endif
