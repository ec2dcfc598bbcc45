#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# SO_BINDTODEVICE: a socket is there for one interface; and a VRF is a network of
# its own, with its own ports.

# shellcheck source=selftests/lib.sh
. ./lib.sh

# through SERVER CLIENT: a transfer, with the options of either
through()
{
	# shellcheck disable=SC2086
	serve -s 10000 $1 && fetch -s 10000 $2 && wait "$SERVER"
}

# Whoever is at the server's port is not for the client.
refused()
{
	local status
	! fetch -s 1 >"$TMP/refused" 2>&1 &&
		grep -q 'ECONNREFUSED' "$TMP/refused"
	status=$?
	kill "$SERVER"
	wait "$SERVER" 2>/dev/null
	return $status
}

not_for_us()
{
	# shellcheck disable=SC2086
	serve $1 && refused
}

check_device()
{
	check "server at its device" through "-I se" ""
	check "client at its device" through "" "-I ce"
	check "server at another device" not_for_us "-I lo"
	check "no such device" sh -c '! ip netns exec '"$NS"' \
		xfer -l -I nobody -p 1 2>/dev/null'
}

has_vrf() { ip -n "$NS" link add red type vrf table 10 2>/dev/null; }

make_vrf()
{
	ip -n "$NS" link set red up &&
	ip -n "$NS" link set se master red &&
	ip -n "$NS" link set se up || bail "no VRF"
	mend_link
}

check_vrf()
{
	check "server at the VRF" through "-I red" ""
	check "server at a device of the VRF" through "-I se" ""
	check "server at none" not_for_us ""
	serve
	OTHER=$SERVER
	check "the same port in the VRF" through "-I red" ""
	kill "$OTHER"
	wait "$OTHER" 2>/dev/null
}

setup_pair
check_device
if has_vrf; then
	make_vrf
	check_vrf
else
	skip "VRF" "the kernel has none"
fi
finish
