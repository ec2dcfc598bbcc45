#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# No answer: the SYN, the SYN+ACK and data are sent again, each time after
# twice as long, until the limit; then the program is told ETIMEDOUT.

# shellcheck source=selftests/lib.sh
. ./lib.sh

check_syn()
{
	cut_link client
	tunable "$NC" syn_retries 3
	capture "$NC" ce "$TMP/syn" -p $PORT
	fetch >"$TMP/out" 2>&1
	capture_stop "$CAPTURE"
	check_eq "connect() fails" "$(cat "$TMP/out")" \
		"xfer: connect: ETIMEDOUT"
	check_eq "nothing but SYNs" "$(grep -c -v 'out .*flags=S ' "$TMP/syn")" 0
	check_eq "all have the same number" \
		"$(value seq <"$TMP/syn" | sort -u)" 0
	check "three more, after 1, 2 and 4 seconds" \
		gaps_double "$TMP/syn" 900 1200 3
	check_eq "states of the client" "$(states_of client)" \
		"CLOSE SYN_SENT CLOSE"
	mend_link
}

# A SYN that is late but not too late is as good as one in time.
check_late_syn()
{
	cut_link client
	capture "$NC" ce "$TMP/late" -p $PORT
	serve
	fetch_in_background
	need grep -q 'flags=S .* retx' "$TMP/late"
	mend_link
	check "the client gets through" wait "$CLIENT"
	check "server succeeds" wait "$SERVER"
	capture_stop "$CAPTURE"
}

# What an address that nobody has asks for, is never completed.
check_synack()
{
	tunable "$NS" synack_retries 2
	nobody ${NET}10.253.0.9
	serve
	capture "$NS" se "$TMP/synack" -p 999
	in_client inject -S ${NET}10.253.0.9 -D $SERVER_IP -s 999 -d $PORT -f S \
		-q 1000
	synacks() { [ "$(grep -c flags=SA "$TMP/synack")" -ge 3 ]; }
	need synacks
	grep flags=SA "$TMP/synack" >"$TMP/synack.only"
	check "two more, after 1 and 2 seconds" \
		gaps_double "$TMP/synack.only" 900 1200 2
	check_eq "all have the same number" \
		"$(value seq <"$TMP/synack.only" | sort -u)" 0
	# Where the request was, there is nothing after another 4 seconds: what
	# would have completed it is answered by a reset, once it is too late.
	gone() {
		in_client inject -S ${NET}10.253.0.9 -D $SERVER_IP -s 999 -d $PORT \
			-f A -q 1001 -a 77
		grep -q 'out .*flags=R' "$TMP/synack"
	}
	need gone
	capture_stop "$CAPTURE"
	check_eq "no fourth" "$(grep -c flags=SA "$TMP/synack")" 3
	check "others are served" fetch
	check "server succeeds" wait "$SERVER"
}

check_data()
{
	tunable "$NC" retries 5
	is_clasp || in_client sh -c 'echo 4 >/proc/sys/net/ipv4/tcp_retries2'
	serve -t 3600
	capture "$NC" ce "$TMP/data" -p $PORT
	fetch_in_background -s 100 -x -W "$TMP/connected" -g "$TMP/go"
	need test -e "$TMP/connected"
	cut_link client
	touch "$TMP/go"
	status_of "$CLIENT"
	check_eq "the client fails" $STATUS 1
	check_eq "with ETIMEDOUT" "$(cat "$TMP/client")" "xfer: recv: ETIMEDOUT"
	capture_stop "$CAPTURE"
	grep ' len=100 ' "$TMP/data" | sed 1d >"$TMP/again"
	check_range "data was sent again" "$(wc -l <"$TMP/again")" 3 7
	# The first repetition may be a tail-loss probe.
	sed 1d "$TMP/again" >"$TMP/rto"
	check "at doubling intervals" gaps_double "$TMP/rto" 100 2500 \
		$(($(wc -l <"$TMP/rto") - 1))
	mend_link
}

setup_pair
plain_timeouts
trace_start
check_syn
check_late_syn
if is_clasp; then
	check_synack
else
	skip "SYN+ACK" "inject speaks CLASP only"
fi
check_data
finish
