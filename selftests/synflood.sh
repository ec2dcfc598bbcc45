#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A flood of SYNs from an address that nobody has, and of ACKs that guess at
# cookies: what the listener does about it, and what becomes of a real client.

# shellcheck source=selftests/lib.sh
. ./lib.sh

need_clasp

NOWHERE=${NET}10.253.0.66
FLOOD=5000
ROOM=64
[ -z "$CLASP_DEBUG" ] || FLOOD=500

# flood FLAGS COUNT: so many segments at once
flood()
{
	in_client inject -r -S $NOWHERE -D $SERVER_IP -d $PORT -f "$1" -n "$2"
}

# flood_on FLAGS: in the background, until flood_off; twice as many SYNs as there
# is room for, twenty times a second
flood_on()
{
	touch "$TMP/flood"
	while [ -e "$TMP/flood" ]; do
		flood "$1" $((2 * ROOM)) && sleep 0.05
	done &
	FLOODER=$!
	PIDS="$PIDS $FLOODER"
}

flood_off()
{
	rm "$TMP/flood"
	wait "$FLOODER"
}

counted() { [ "$(mib "$1" "$NS")" -ge "$2" ]; }

fetch_fails()
{
	! fetch "$@" 2>"$TMP/err" && grep -q ETIMEDOUT "$TMP/err"
}

setup_pair
nobody $NOWHERE
tunable "$NS" max_syn_backlog $ROOM

# ---- never a cookie -----------------------------------------------------

tunable "$NS" syn_cookies 0
tunable "$NS" synack_retries 2
serve -s 10000
check "a flood against a listener without cookies" flood S $FLOOD
check_eq "it remembers as many SYNs as it may" \
	"$(mib RequestsDropped "$NS")" $((FLOOD - ROOM))
tunable "$NC" syn_retries 1
check "a client finds no place" fetch_fails -s 10000
tunable "$NC" syn_retries 7
check "when the flood is over, it does" fetch -s 10000
check "and the server is served" wait "$SERVER"
check_eq "no cookie was sent" "$(mib SyncookiesSent "$NS")" 0

# ---- cookies when the queue is full -------------------------------------

tunable "$NS" syn_cookies 1
flood_on S
serve -s 100000
need counted SyncookiesSent 1000
check "a client gets through in the middle of a flood" fetch -s 100000
check "with all that it sent" wait "$SERVER"
check_eq "by a cookie" "$(mib SyncookiesRecv "$NS")" 1
serve -j 20 -s 10000
sent=$(mib SyncookiesSent "$NS")
need counted SyncookiesSent $((sent + 1000))
check "and so do twenty at a time" fetch -j 20 -s 10000
check "with all that they sent" wait "$SERVER"
flood_off

# ---- always -------------------------------------------------------------

tunable "$NS" syn_cookies 2
recv=$(mib SyncookiesRecv "$NS")
flood_on S
check "with cookies always, a client gets through, too" transfer -s 100000
check_eq "by a cookie" "$(mib SyncookiesRecv "$NS")" $((recv + 1))
flood_off

# ---- guesses ------------------------------------------------------------

serve -s 10000
# Only who has sent a cookie looks for one.
flood S 1
opens=$(mib PassiveOpens "$NS")
failed=$(mib SyncookiesFailed "$NS")
check "a flood of ACKs that guess at cookies" flood A $FLOOD
check "each is seen to be wrong" counted SyncookiesFailed $((failed + FLOOD))
check_eq "none opens a connection" "$(mib PassiveOpens "$NS")" "$opens"
check "and a client still gets through" fetch -s 10000
check "to the end" wait "$SERVER"
finish
