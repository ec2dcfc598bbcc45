#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Nobody listens: the SYN is answered by a reset, and connect() says so.

# shellcheck source=selftests/lib.sh
. ./lib.sh

setup_pair
trace_start
capture "$NC" ce "$TMP/wire" -p $PORT
fetch >"$TMP/out" 2>&1
check_eq "the client fails" "$(cat "$TMP/out")" "xfer: connect: ECONNREFUSED"
capture_stop "$CAPTURE"
check_eq "two segments" "$(wc -l <"$TMP/wire" | tr -d ' ')" 2
check_eq "SYN" "$(awk 'NR == 1 { print $2, $6, $7, $9 }' "$TMP/wire")" \
	"out flags=S seq=0 ack=0"
check_eq "RST with the ACK of the SYN" \
	"$(awk 'NR == 2 { print $2, $6, $9 }' "$TMP/wire")" "in flags=RA ack=1"
check_eq "states of the client" "$(states_of client)" "CLOSE SYN_SENT CLOSE"
if is_clasp; then
	check_eq "AttemptFails counts" "$(mib AttemptFails)" 1
	check_eq "OutRsts counts" "$(mib OutRsts "$NS")" 1
fi
serve
check "the same port works once someone listens" fetch
check "server succeeds" wait "$SERVER"
finish
