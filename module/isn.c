// SPDX-License-Identifier: GPL-2.0
/* Initial sequence numbers. */
#include "isn.h"

#ifdef CLASP_KUNIT
/* Set by the tests: numbers of their choice. */
u64 (*clasp_isn_hook)(const struct clasp_flow *flow);
#endif

/**
 * clasp_isn() - the initial sequence number of a connection opened now
 * @net: the namespace
 * @flow: both ends
 *
 * A keyed hash of the four-tuple plus a clock (RFC 6528, section 3). The clock
 * runs at 256 per nanosecond, faster than any link: a later connection between
 * the same two ends starts ahead of all that an earlier one can have sent, and
 * 64 bits last for two years of that before they come round.
 *
 * Return: the number.
 */
u64 clasp_isn(struct net *net, const struct clasp_flow *flow)
{
#ifdef CLASP_KUNIT
	if (clasp_isn_hook)
		return clasp_isn_hook(flow);
#endif
	return siphash(flow, sizeof(*flow), &clasp_net(net)->isn_key) +
	       (clasp_clock() << 8);
}
