#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The program at the other end dies: the kernel there ends the connection, with
# a reset if data was left unread.

# shellcheck source=selftests/lib.sh
. ./lib.sh

# A connection whose server reads nothing, for a client that then waits.
start()
{
	rm -f "$TMP/connected"
	capture "$NC" ce "$TMP/wire" -p $PORT
	serve -x "$@" -G "$TMP/never"
	fetch_in_background -x "$@" -W "$TMP/connected"
	need test -e "$TMP/connected"
}

acked() { grep -q " in .*flags=A .* ack=$1 " "$TMP/wire"; }

check_unread()
{
	start -s 100
	need acked 101
	kill -9 "$SERVER"
	status_of "$CLIENT"
	check_eq "unread data: the client fails" $STATUS 1
	check_eq "with ECONNRESET" "$(cat "$TMP/client")" \
		"xfer: recv: ECONNRESET"
	capture_stop "$CAPTURE"
	check "there was a reset on the wire" grep -q ' in .*flags=R' "$TMP/wire"
	check_eq "and no FIN" "$(grep -c ' in .*flags=F' "$TMP/wire")" 0
	wait "$SERVER" 2>/dev/null
}

check_nothing_unread()
{
	start -s 0
	need grep -q ' out .*flags=A ' "$TMP/wire"
	kill -9 "$SERVER"
	status_of "$CLIENT"
	check_eq "nothing unread: the client fails" $STATUS 1
	check "as the stream ends" grep -q "0 bytes instead of" "$TMP/client"
	capture_stop "$CAPTURE"
	check "there was a FIN on the wire" grep -q ' in .*flags=F' "$TMP/wire"
	check_eq "and no reset by the server" \
		"$(grep -c ' in .*flags=R' "$TMP/wire")" 0
	wait "$SERVER" 2>/dev/null
}

check_killed_client()
{
	capture "$NC" ce "$TMP/wire" -p $PORT
	serve -s 100
	fetch_in_background -s 100 -g "$TMP/never" -W "$TMP/connected2"
	need test -e "$TMP/connected2"
	kill -9 "$CLIENT"
	wait "$CLIENT" 2>/dev/null
	# It asks for nothing after its FIN; the reply meets a closed socket.
	wait "$SERVER"
	check "the server saw the end" grep -q "bytes=0" "$TMP/server"
	capture_stop "$CAPTURE"
}

setup_pair
check_unread
check_nothing_unread
check_killed_client
serve
check "the next one is served" fetch
check "server succeeds" wait "$SERVER"
finish
