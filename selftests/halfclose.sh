#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# One side has said its last word; the other still sends all that it has.

# shellcheck source=selftests/lib.sh
. ./lib.sh

REPLY=1048576

setup_pair
trace_start
capture "$NC" ce "$TMP/wire" -p $PORT
check "a megabyte comes back after the client's FIN" \
	transfer -s 1000 -e $REPLY
capture_stop "$CAPTURE"

fin=$(grep -n ' out .*flags=F' "$TMP/wire" | head -n 1 | cut -d: -f1)
check "the client sent a FIN" test -n "$fin"
bytes=$(sed "1,${fin}d" "$TMP/wire" | grep ' in ' | grep -v ' retx' |
	value len | awk '{ n += $1 } END { print n }')
check_eq "after it came the reply and the digest" "$bytes" $((REPLY + 65))
check_eq "the client sent nothing more than ACKs" \
	"$(sed "1,${fin}d" "$TMP/wire" | grep ' out ' |
	grep -v -c 'flags=A .* len=0 ')" 0
need state_seen client CLOSE
need state_seen server CLOSE
check_eq "states of the server" "$(states_of server)" \
	"LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE"
case "$(states_of client)" in
"CLOSE SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 "*CLOSE)
	pass "states of the client" ;;
*)
	note "$(states_of client)"
	fail "states of the client" ;;
esac

check "both directions at once" transfer -D -s 300000 -e 500000
finish
