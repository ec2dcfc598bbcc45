#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# TIME-WAIT answers a repeated FIN, is not ended by a reset (RFC 1337), starts
# anew with each FIN, and is over after 2 MSL.

# shellcheck source=selftests/lib.sh
. ./lib.sh

need_clasp
setup_pair
trace_start

check_eq "it takes four minutes" "$(tunable "$NC" timewait_ms)" 240000
# Seconds: once less than the time, twice that is more; and longer than it, by
# the 16 seconds and more that a timer of the kernel's wheel may be late.
LESS=200
MORE=260
if [ "${CLASP_CLOCK:-real}" != virtual ]; then
	LESS=4
	MORE=7
	tunable "$NC" timewait_ms 6000
fi

capture "$NC" ce "$TMP/wire" -p $PORT -a
check "a connection comes and goes" transfer
need state_seen client TIME_WAIT
check_eq "it is counted" "$(mib TimeWaits)" 1

port=$(client_port "$TMP/wire")
fin=$(grep ' in .*flags=F' "$TMP/wire" | tail -n 1)
seq=$(echo "$fin" | value seq)
end=$(echo "$fin" | value end)
ack=$(echo "$fin" | value ack)

# As the server's FIN, or with other flags
repeat()
{
	before=$(wc -l <"$TMP/wire")
	in_server inject -S $SERVER_IP -D $CLIENT_IP -s $PORT -d "$port" \
		-f "$1" -q "$2" -a "$ack"
	seen() { [ "$(wc -l <"$TMP/wire")" -gt "$before" ]; }
	need seen
}

# The first segment that the client sent after the repeated one
answer()
{
	answered() { tail -n +$((before + 1)) "$TMP/wire" | grep -q ' out '; }
	wait_for answered
	tail -n +$((before + 1)) "$TMP/wire" | grep ' out ' | head -n 1 |
		awk '{ print $6, $7, $9 }'
}

ACKED="flags=A seq=$ack ack=$end"
repeat FA "$seq"
check_eq "a repeated FIN is acknowledged" "$(answer)" "$ACKED"
repeat R "$end"
repeat FA "$seq"
check_eq "so it is after a reset" "$(answer)" "$ACKED"
sleep $LESS
repeat FA "$seq"
check_eq "and after $LESS seconds" "$(answer)" "$ACKED"
sleep $LESS
repeat FA "$seq"
check_eq "and after $LESS more, since the FIN started it anew" "$(answer)" \
	"$ACKED"
sleep $MORE
repeat FA "$seq"
check_eq "$MORE seconds later, nobody knows of it" "$(answer)" \
	"flags=R seq=$ack ack=0"
capture_stop "$CAPTURE"
finish
