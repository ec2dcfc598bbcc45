#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A path whose MTU falls in mid-stream, whether or not a router says so, and
# rises again.

# shellcheck source=selftests/lib.sh
. ./lib.sh

need_clasp
SIZE=2M
NARROW=1300

window_closed() { grep ' in ' "$TMP/wire" | grep -q ' win=0 '; }

# in_mid_stream NAME COMMAND...: narrows the path while the reader waits.
in_mid_stream()
{
	local name="$1"
	shift
	rm -f "$TMP/read"
	capture "$NC" ce "$TMP/wire" -p $PORT
	serve -s $SIZE -G "$TMP/read"
	fetch_in_background -s $SIZE
	need window_closed
	check_eq "$name: at first, segments are full" \
		"$(value len <"$TMP/wire" | sort -n | tail -n 1)" $((1500 - IP_HEADER - 32))
	"$@" || bail "no way to do this: $*"
	touch "$TMP/read"
	check "$name: all of it arrives" wait "$CLIENT"
	check "$name: the server has it" wait "$SERVER"
	capture_stop "$CAPTURE"
}

# The router has no room on its way out, and says so.
narrow_way_out() { ip -n "$NN" link set ns mtu $NARROW; }

# The router's device lets no larger packet in, and nobody ever knows.
narrow_way_in() { ip -n "$NN" link set nc mtu $NARROW; }

setup_path
in_mid_stream "with a router's word" narrow_way_out
check_eq "it needs no guess" "$(mib MtuReductions)" 0
check_eq "segments fit the path" \
	"$(grep ' out ' "$TMP/wire" | value len | tail -n 20 | sort -n |
		tail -n 1)" \
	$((NARROW - IP_HEADER - 32))
ip -n "$NN" link set ns mtu 1500
in_client ip "-$FAMILY" route flush cache

in_mid_stream "without a word" narrow_way_in
check "it was guessed" test "$(mib MtuReductions)" -ge 1
# Probes are larger, but few of them; the device allows for a VLAN's header.
check_range "segments fit the path" "$(grep ' out ' "$TMP/wire" | value len |
	tail -n 200 | sort -n | uniq -c | sort -n | tail -n 1 |
	sed 's/.* //')" 512 $((NARROW - IP_HEADER - 32 + 4))

ip -n "$NN" link set nc mtu 1500
check "wide again, all is as before" transfer -s $SIZE
finish
