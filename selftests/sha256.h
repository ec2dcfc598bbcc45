/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CLASP_SELFTEST_SHA256_H
#define CLASP_SELFTEST_SHA256_H

#include <stddef.h>

#include "ktypes.h"

#define SHA256_HEX_LEN 64

struct sha256 {
	u32 h[8];
	u64 bytes;
	u8 block[64];
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t len);
/* Writes 64 hexadecimal digits and a NUL. */
void sha256_hex(struct sha256 *s, char hex[SHA256_HEX_LEN + 1]);

#endif
