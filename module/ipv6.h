/* SPDX-License-Identifier: GPL-2.0 */
/* All that is IPv6's: addresses, scopes, routes, checksums, ICMPv6. */
#ifndef _CLASP_IPV6_H
#define _CLASP_IPV6_H

#include "clasp.h"

#if IS_ENABLED(CONFIG_IPV6)

/**
 * struct clasp6_sock - a CLASP socket of AF_INET6
 * @clasp: what it has as any other; must be first
 * @inet6: IPv6's part; must be last
 */
struct clasp6_sock {
	struct clasp_sock clasp;
	struct ipv6_pinfo inet6;
};

extern const struct clasp_af_ops clasp_ipv6_ops;
extern struct clasp_af_ops clasp_mapped_ops;

int clasp_ipv6_register(void);
void clasp_ipv6_unregister(void);

#else

static inline int clasp_ipv6_register(void)
{
	return 0;
}

static inline void clasp_ipv6_unregister(void)
{
}

#endif
#endif /* _CLASP_IPV6_H */
