// SPDX-License-Identifier: GPL-2.0
/* Whose operations a socket or a segment has: the address families. */
#include "clasp.h"
#include "ipv4.h"
#include "ipv6.h"

#ifdef CLASP_KUNIT
/* The tests put a wire in memory in IP's place. */
const struct clasp_af_ops *clasp_af_table[CLASP_AFS] = {
#else
const struct clasp_af_ops *const clasp_af_table[CLASP_AFS] = {
#endif
	[CLASP_IPV4] = &clasp_ipv4_ops,
#if IS_ENABLED(CONFIG_IPV6)
	[CLASP_IPV6] = &clasp_ipv6_ops,
	[CLASP_MAPPED] = &clasp_mapped_ops,
#endif
};

/**
 * clasp_path_back() - the way back to where a segment came from
 * @skb: a parsed segment, its IP header and its own still in front
 * @path: is filled in: both ends, as seen from here
 *
 * Any context.
 */
void clasp_path_back(const struct sk_buff *skb, struct clasp_path *path)
{
	const struct clasphdr *hdr = (const struct clasphdr *)skb->data;

	memset(path, 0, sizeof(*path));
	path->af = clasp_af_of(skb);
	path->af->path(skb, path);
	path->flow.lport = hdr->dest;
	path->flow.rport = hdr->source;
}
