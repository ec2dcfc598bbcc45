#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Bytes over a clean link, in the sizes at which mistakes of one show.

# shellcheck source=selftests/lib.sh
. ./lib.sh

MTU=1500
SMALL_MTU=576
BIG=64M
# Very much data takes its time, and is the same over both families.
[ "$FAMILY" = 4 ] || BIG=4M SMALL_MTU=1280
[ -z "$CLASP_DEBUG" ] || BIG=1M

setup_pair $MTU
MSS=$((MTU - IP_HEADER - 32))	# TCP's header has 32 bytes, too, with a timestamp
for size in 0 1 $((MSS - 1)) $MSS $((MSS + 1)); do
	check "$size bytes there" transfer -s $size
	check "$size bytes back" transfer -e $size
	check "$size bytes both ways at once" transfer -D -s $size -e $size
done

capture "$NC" ce "$TMP/wire" -p $PORT
check "five times the MSS" transfer -s $((5 * MSS))
capture_stop "$CAPTURE"
check_eq "no segment is larger than the MSS" "$(value len <"$TMP/wire" |
	awk -v mss=$MSS '$1 > mss' | wc -l | tr -d ' ')" 0
! is_clasp || check_eq "full segments are used" \
	"$(value len <"$TMP/wire" | grep -c -x $MSS)" 5
check_eq "no wrong checksum" "$(grep -c 'csum=BAD' "$TMP/wire")" 0

check "$BIG there" transfer -s $BIG
! is_clasp || check_eq "what the window invites waits for the reader, and is not dropped" \
	"$(mib BacklogDropped "$NS") $(mib RetransSegs)" "0 0"
check "a quarter of it back" transfer -e "$((${BIG%M} * 256))K"
check "4 MiB with small buffers" transfer -s 4M -b 8192 -B 8192
check "4 MiB over a small MTU" sh -c "
	ip -n $NC link set ce mtu $SMALL_MTU && ip -n $NS link set se mtu $SMALL_MTU"
check "1 MiB both ways with that MTU" transfer -D -s 1M -e 1M
finish
