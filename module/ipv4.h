/* SPDX-License-Identifier: GPL-2.0 */
/* All that is IPv4's: addresses, routes, checksums, ICMP. */
#ifndef _CLASP_IPV4_H
#define _CLASP_IPV4_H

#include "clasp.h"

extern const struct clasp_af_ops clasp_ipv4_ops;

int clasp_ipv4_register(void);
void clasp_ipv4_unregister(void);

#endif /* _CLASP_IPV4_H */
