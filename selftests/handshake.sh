#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The three segments of the handshake and the four of the teardown, number by
# number, and the states that both sides went through.

# shellcheck source=selftests/lib.sh
. ./lib.sh

MTU=1400

# One connection that carries nothing: client half-closes, and the server,
# which waits for the gate, closes after its ACK of that FIN was on the wire.
run_connection()
{
	capture "$NC" ce "$TMP/wire" -p $PORT
	serve -x -C "$TMP/gate"
	fetch_in_background -x
	need grep -q ' out .*flags=FA' "$TMP/wire"
	need acked_fin client
	touch "$TMP/gate"
	check "client succeeds" wait "$CLIENT"
	check "server succeeds" wait "$SERVER"
	need acked_fin server
	capture_stop "$CAPTURE"
}

# acked_fin SIDE: has the other side's bare ACK of this side's FIN been seen?
acked_fin()
{
	local from=in to=out fin
	[ "$1" = server ] || { from=out; to=in; }
	fin=$(grep " $from .*flags=F" "$TMP/wire" | value end | head -n 1)
	[ -n "$fin" ] && grep -q " $to .*flags=A .* ack=$fin " "$TMP/wire"
}

# line N of the segments without payload, as "direction flags seq end ack"
bare()
{
	grep ' len=0 ' "$TMP/wire" | sed -n "$1p" |
		awk '{ print $2, $6, $7, $8, $9 }'
}

bare_count() { grep -c ' len=0 ' "$TMP/wire"; }

check_handshake()
{
	check_eq "SYN" "$(bare 1)" "out flags=S seq=0 end=1 ack=0"
	check_eq "SYN+ACK" "$(bare 2)" "in flags=SA seq=0 end=1 ack=1"
	check_eq "ACK" "$(bare 3)" "out flags=A seq=1 end=1 ack=1"
	for n in 1 2; do
		check_eq "segment $n tells the MSS of the route" \
			"$(sed -n ${n}p "$TMP/wire" | value opt |
			tr , '\n' | grep mss)" "mss:$((MTU - IP_HEADER - HEADER))"
	done
	check_eq "no option in the ACK" "$(is_clasp || echo -;
		is_clasp && sed -n 3p "$TMP/wire" | value opt)" -
}

# The reply has 65 bytes, which come before the client's FIN.
check_teardown()
{
	local last
	last=$(bare_count)
	check_eq "FIN of the client" "$(bare $((last - 3)))" \
		"out flags=FA seq=1 end=2 ack=66"
	check_eq "its ACK" "$(bare $((last - 2)))" \
		"in flags=A seq=66 end=66 ack=2"
	check_eq "FIN of the server" "$(bare $((last - 1)))" \
		"in flags=FA seq=66 end=67 ack=2"
	check_eq "its ACK" "$(bare "$last")" "out flags=A seq=2 end=2 ack=67"
	check_eq "nothing else, bar the ACK of the data" \
		"$((last >= 7 && last <= 8))" 1
	check_eq "nothing sent twice" "$(grep -c ' retx' "$TMP/wire")" 0
	check_eq "nothing malformed" "$(grep -c ' bad=' "$TMP/wire")" 0
	check_eq "no wrong checksum" "$(grep -c 'csum=BAD' "$TMP/wire")" 0
}

check_states()
{
	local wait_state=
	is_clasp && wait_state=" TIME_WAIT"
	need state_seen client CLOSE
	need state_seen server CLOSE
	check_eq "states of the client" "$(states_of client)" \
		"CLOSE SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2$wait_state CLOSE"
	check_eq "states of the server" "$(states_of server)" \
		"LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE"
	check_eq "states of the listener" "$(states_of listener)" \
		"CLOSE LISTEN CLOSE"
}

# Initial numbers and ports of two connections are not the same.
check_unpredictable()
{
	local first second
	for n in 1 2; do
		capture "$NC" ce "$TMP/isn$n" -p $PORT -a
		check "connection $n" transfer
		capture_stop "$CAPTURE"
	done
	first=$(value seq <"$TMP/isn1" | head -n 1)
	second=$(value seq <"$TMP/isn2" | head -n 1)
	note "initial sequence numbers $first and $second"
	check "two initial sequence numbers differ" \
		test -n "$first" -a "$first" != "$second"
}

HEADER=32
is_clasp || HEADER=20
setup_pair $MTU
trace_start
run_connection
check_handshake
check_teardown
check_states
check_unpredictable
finish
