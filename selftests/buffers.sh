#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Buffers that tune themselves: over a long, fat path a transfer is as fast as
# with TCP, and far faster than with a small buffer that somebody set.

# shellcheck source=selftests/lib.sh
. ./lib.sh

need_clasp
SIZE=24M
FIXED=32768		# which the kernel doubles
[ -z "$CLASP_DEBUG" ] || SIZE=8M

# goodput PROTO OPTIONS...: kilobytes in a second, from SYN to reply
goodput()
{
	local was="$PROTO"
	CLASP_PROTO=$1
	shift
	serve -s $SIZE "$@"
	fetch -s $SIZE "$@" >"$TMP/client" 2>&1 && wait "$SERVER" ||
		bail "no transfer: $(cat "$TMP/client" "$TMP/server")"
	CLASP_PROTO=$was
	awk -v size=${SIZE%M} '
		sub(/.*seconds=/, "") { printf "%d", size * 1024 / $1 }' \
		"$TMP/client"
}

# compare NAME NETEM...: tuned ones with TCP's, and with a fixed one
compare()
{
	local name="$1" tcp clasp fixed
	shift
	impair "$@" || bail "netem refuses $*"
	tcp=$(goodput 6)
	clasp=$(goodput "$PROTO")
	fixed=$(goodput "$PROTO" -B $FIXED)
	note "$name: TCP $tcp KB/s, CLASP $clasp KB/s, with a fixed buffer" \
		"$fixed KB/s: $((100 * clasp / tcp)) % of TCP"
	check_range "$name: at least 80 % of TCP's goodput" \
		$((100 * clasp / tcp)) 80 1000
	check_range "$name: at least 4 times that of a fixed buffer" \
		$((100 * clasp / fixed)) 400 100000
	impair none
}

setup_path
in_net tc qdisc add dev lo root netem loss 0% 2>/dev/null ||
	skip_all "no netem"
compare "100 Mbit/s, 100 ms" delay 50ms rate 100mbit limit 20000
# Of few bytes, slow start has too large a share there.
[ -n "$CLASP_DEBUG" ] || compare "50 Mbit/s, 300 ms" delay 150ms rate 50mbit limit 20000
finish
