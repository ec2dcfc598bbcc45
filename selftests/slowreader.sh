#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A reader that does not read stops the writer, and costs no more memory than
# its buffer. When it reads again, all of it arrives.

# shellcheck source=selftests/lib.sh
. ./lib.sh

SIZE=4M
BUFFER=65536		# of the reader; the kernel doubles it
[ -z "$CLASP_DEBUG" ] || SIZE=1M

window_closed() { grep ' in ' "$TMP/wire" | grep -q ' win=0 '; }

# Segments that the client sends into the closed window.
probes()
{
	sed '1,/ in .* win=0 /d' "$TMP/wire" | grep ' out '
}
enough_probes() { [ "$(probes | wc -l)" -ge 4 ]; }

setup_pair
capture "$NC" ce "$TMP/wire" -p $PORT
serve -s $SIZE -B $BUFFER -G "$TMP/read"
fetch_in_background -s $SIZE -b 65536 -v
need window_closed
pass "the window closes"
need enough_probes
pass "the closed window is probed"
probes | sed 1d | head -n 3 >"$TMP/probes"
check "at doubling intervals" gaps_double "$TMP/probes" 100 3000 2
check "the writer waits" running "$CLIENT"
sent=$(grep ' out ' "$TMP/wire" | value end | sort -n | tail -n 1)
check_range "no more was sent than the buffer holds" "$sent" 10000 \
	$((2 * BUFFER + 2))
check_eq "no progress past both buffers" \
	"$(awk '/100%/ { print }' "$TMP/client")" ""
touch "$TMP/read"
check "then all of it arrives" wait "$CLIENT"
check "server succeeds" wait "$SERVER"
capture_stop "$CAPTURE"
is_clasp && check "probes are counted" test "$(mib Probes)" -ge 3

# One byte at a time with pauses, through a window that opens and closes.
check "a slow and steady reader" transfer -s 300000 -B 4096 -b 4096 -R 1000 \
	-r 1000
finish
