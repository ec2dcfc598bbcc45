#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Packets of several segments, made and cut on their way: through a router, a
# firewall, a bridge, VLANs, redirection and mirroring by tc, between devices that
# can more or less; and what captures show of them.
#
# The client's data goes by ce, nc, ns and se; xfer compares what arrives.

# shellcheck source=selftests/lib.sh
. ./lib.sh

need_clasp
# No more than a veth's ring of 256 takes at once, segment by segment: a loss would
# be none of the devices' doing that are looked at here.
SIZE=300K
MSS=$((1500 - IP_HEADER - 32))

# can NS DEV NAME on|off ...
can()
{
	local ns="$1"
	shift
	ip netns exec "$ns" features "$@"
}

# ---- the network between them ----------------------------------------------

setup_router()
{
	setup_path
	END=
}

# It looks at what it forwards, and at the connection that it is of.
setup_firewall()
{
	setup_router
	in_net firewall "$PROTO" 2>/dev/null
}

# The ends are on one link then, whatever it is made of.
setup_link()
{
	new_ns "$NC"
	new_ns "$NS"
	new_ns "$NN"
	veth "$NC" ce "$NN" nc 1500
	veth "$NS" se "$NN" ns 1500
	END="$1"
}

address_link()
{
	give "$NC" $CLIENT_IP 24 ce$END
	give "$NS" $SERVER_IP 24 se$END
	neighbour "$NC" ce$END $SERVER_IP "$NS" se$END
	neighbour "$NS" se$END $CLIENT_IP "$NC" ce$END
}

setup_bridge()
{
	setup_link ''
	ip -n "$NN" link add br0 type bridge 2>/dev/null || return 1
	ip -n "$NN" link set nc master br0
	ip -n "$NN" link set ns master br0
	ip -n "$NN" link set br0 up
	address_link
}

# The bridge in the middle does not know of them.
setup_vlan()
{
	setup_link .7
	ip -n "$NC" link add link ce name ce.7 type vlan id 7 2>/dev/null ||
		return 1
	ip -n "$NS" link add link se name se.7 type vlan id 7
	ip -n "$NC" link set ce.7 up
	ip -n "$NS" link set se.7 up
	ip -n "$NN" link add br0 type bridge || return 1
	ip -n "$NN" link set nc master br0
	ip -n "$NN" link set ns master br0
	ip -n "$NN" link set br0 up
	address_link
}

setup_redirect()
{
	setup_link ''
	pass_on nc redirect ns 2>/dev/null && pass_on ns redirect nc || return 1
	address_link
}

# pass_on FROM redirect|mirror TO: all that comes in at one device
pass_on()
{
	in_net tc qdisc add dev "$1" ingress &&
	in_net tc filter add dev "$1" parent ffff: matchall \
		action mirred egress "$2" dev "$3"
}

tear_down()
{
	for ns in "$NC" "$NS" "$NN"; do
		ip netns del "$ns"
	done
}

# ---- what the devices can ---------------------------------------------------

# Segments go one by one. That is how devices are set up.
plain() { :; }

# What comes in is merged, and cut again on its way out.
merging()
{
	can "$NN" nc rx-gro on
	can "$NN" ns rx-gro on
	can "$NC" ce rx-gro on
	can "$NS" se rx-gro on
}

# The same, and the last device computes no checksums, nor does it gather.
merging_simple()
{
	merging
	can "$NN" ns tx-checksum-ip-generic off tx-scatter-gather off
}

# The whole way is for large packets.
large()
{
	local side
	for side in "$NC ce" "$NN nc" "$NN ns" "$NS se"; do
		# shellcheck disable=SC2086
		can $side tx-generic-segmentation on tx-sctp-segmentation on
	done
}

# They are cut by the last device.
large_cut()
{
	large
	can "$NN" ns tx-sctp-segmentation off
}

# The same, by one that computes no checksums, nor gathers.
large_cut_simple()
{
	large_cut
	can "$NN" ns tx-checksum-ip-generic off tx-scatter-gather off
}

# ---- what comes of it ---------------------------------------------------------

# through WHERE WHAT: data in both directions, watched at both ends
through()
{
	local name="$1, $2"
	$2
	capture "$NS" se$END "$TMP/wire" -p $PORT
	local captures="$CAPTURE"
	capture "$NN" ns "$TMP/gate" -p $PORT
	captures="$captures $CAPTURE"
	check "$name: all arrives" transfer -D -s $SIZE -e $SIZE
	check "$name: sizes around whole segments" around
	for one in $captures; do
		capture_stop "$one"
	done
	check_eq "$name: no wrong checksum" \
		"$(cat "$TMP/wire" "$TMP/gate" | grep -c 'csum=BAD')" 0
	check_eq "$name: nothing is refused" "$(refused "$NC") $(refused "$NS")" \
		"0 0"
	check "$name: what was sent was received, by segments" wait_for by_segments
}

around()
{
	for count in 2 17 44; do
		for more in -1 0 1; do
			transfer -s $((count * MSS + more)) || return 1
		done
	done
}

fails() { ! "$@"; }

# An ACK may still wait, or be on its way.
by_segments() { [ "$(mib InSegs "$NS")" = "$(mib OutSegs "$NC")" ]; }

refused() { echo $(($(mib InChecksum "$1") + $(mib InLength "$1") + $(mib InFlags "$1"))); }

# most WHAT FILE DIRECTION LOW HIGH: the most data in a packet. At the end of the
# network (gate), what goes out is seen as it is on the link; at the server's (wire),
# what comes in is seen when it has been merged.
most()
{
	check_range "$1" "$(grep " $3 " "$TMP/$2" | value len | sort -n |
		tail -n 1)" "$4" "$5"
}

for where in router firewall bridge vlan redirect; do
	if ! setup_$where; then
		skip "$where" "not in this kernel"
		tear_down
		continue
	fi
	through $where plain
	most "segments go one by one" wire in $MSS $MSS
	tear_down

	setup_$where
	through $where merging
	most "what comes in is merged" wire in $((MSS + 1)) 65536
	most "what goes out is cut" gate out $MSS $MSS
	tear_down

	setup_$where
	through $where merging_simple
	most "what goes out is cut by hand" gate out $MSS $MSS
	tear_down

	setup_$where
	through $where large
	most "large packets go all the way" wire in $((10 * MSS)) 65536
	tear_down

	setup_$where
	through $where large_cut
	most "what goes out is cut" gate out $MSS $MSS
	tear_down

	setup_$where
	through $where large_cut_simple
	most "what goes out is cut by hand" gate out $MSS $MSS
	tear_down
done

# ---- a narrow way out -----------------------------------------------------------

# narrow WHAT MTU: the router takes no segment that is too long, be it in a packet of
# several, and says so.
narrow()
{
	local name="narrow by $((1500 - $2)), $1"
	setup_router
	$1
	ip -n "$NN" link set ns mtu "$2"
	capture "$NN" ns "$TMP/gate" -p $PORT
	check "$name: all arrives" transfer -D -s $SIZE -e $SIZE
	capture_stop "$CAPTURE"
	most "$name: what goes out fits" gate out $((MSS + $2 - 1500)) \
		$((MSS + $2 - 1500))
	check_eq "$name: nobody had to guess" "$(mib MtuReductions)" 0
	tear_down
}

for by in 1 20 21 88; do
	narrow merging $((1500 - by))
	narrow large_cut $((1500 - by))
done

# ---- a firewall that lets nothing pass --------------------------------------------

setup_router
if in_net firewall 254 2>/dev/null; then
	tunable "$NC" syn_retries 1
	serve
	check "another protocol's firewall is none for us" fails fetch
	kill "$SERVER"
fi
tear_down

# ---- a copy ------------------------------------------------------------------------

# The data that went one way, each byte once.
bytes()
{
	grep -v ' retx' "$TMP/$1" | grep ":$PORT flags" | value len |
		awk '{ sum += $1 } END { print sum }'
}

# copied NAME MOST: what is mirrored to the device mo is all there, in packets of that
# much data at most.
copied()
{
	setup_router
	veth "$NN" mo "$NN" mi 1500
	large
	$1
	if ! pass_on nc mirror mo 2>/dev/null; then
		skip "mirror, $1" "not in this kernel"
		tear_down
		return
	fi
	capture "$NN" mo "$TMP/copy" -o -p $PORT
	local captures="$CAPTURE"
	capture "$NN" nc "$TMP/wire" -p $PORT
	captures="$captures $CAPTURE"
	check "mirror, $1: all arrives" transfer -D -s $SIZE
	for one in $captures; do
		capture_stop "$one"
	done
	check_eq "mirror, $1: the copy is complete" "$(bytes copy)" "$(bytes wire)"
	check_eq "mirror, $1: no wrong checksum" \
		"$(cat "$TMP/wire" "$TMP/copy" | grep -c 'csum=BAD')" 0
	most "mirror, $1: the original is large" wire in $((10 * MSS)) 65536
	most "mirror, $1: the copy's size" copy out "$2" "$3"
	tear_down
}

copy_cut() { :; }
copy_cut_simple() { can "$NN" mo tx-checksum-ip-generic off tx-scatter-gather off; }
copy_large() { can "$NN" mo tx-generic-segmentation on tx-sctp-segmentation on; }

copied copy_cut $MSS $MSS
copied copy_cut_simple $MSS $MSS
copied copy_large $((10 * MSS)) 65536

# ---- what tcpdump shows -------------------------------------------------------------

dumped() { wire -r "$TMP/dump" -p $PORT | fields; }
# Numbers are relative to what was seen: only one way in the dump.
fields() { sed -n 's/.* \(flags=.*\) ack=[0-9]* \(.* csum=[^ ]*\).*/\1 \2/p'; }
dump_is_complete() { [ "$(dumped | wc -l)" = "$(wc -l <"$TMP/gate")" ]; }

# A device that is given whole segments, with their checksums, shows them so.
setup_router
large_cut_simple
capture "$NN" ns "$TMP/gate" -o -p $PORT
in_net tcpdump -i ns -Q out -B 16384 -w "$TMP/dump" --immediate-mode -U -Z root \
	ip proto "$PROTO" or ip6 proto "$PROTO" 2>"$TMP/tcpdump" &
DUMP=$!
PIDS="$PIDS $DUMP"
need grep -q listening "$TMP/tcpdump"
check "tcpdump: all arrives" transfer -D -s $SIZE
capture_stop "$CAPTURE"
check "tcpdump sees as many segments" wait_for dump_is_complete
check_eq "each has a checksum" "$(grep -vc 'csum=ok' "$TMP/gate")" 0
dumped >"$TMP/dumped"
fields <"$TMP/gate" >"$TMP/captured"
check "tcpdump sees what was sent" cmp "$TMP/dumped" "$TMP/captured"
kill "$DUMP"
tear_down
finish
