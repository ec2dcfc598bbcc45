#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# socat, without a preloaded library: its generic addresses take any protocol.

# shellcheck source=selftests/programs.sh
. ./programs.sh

PORT=4000
# A socket address without its family: of IPv4 port, address, eight zeros; of IPv6
# port, flow label, address, scope.
case $FAMILY in
4)
	SOCKET=2:253
	ANY=$(printf 'x%04x%08x%016x' $PORT 0 0)
	SERVER_ADDR=$(printf 'x%04x%08x%016x' $PORT 0x0afd0002 0)
	;;
6)
	SOCKET=10:253
	ANY=$(printf 'x%04x%08x%032x%08x' $PORT 0 0 0)
	SERVER_ADDR=$(printf 'x%04x%08x%08x%016x%08x%08x' $PORT 0 \
		0x20010db8 0 0x0afd0002 0)
	;;
esac
MB=16

begin
make_file sent $MB
server socat -u "SOCKET-LISTEN:$SOCKET:$ANY" "CREATE:$DATA/received"
need_listener
check "$MB MB there" client socat -u "OPEN:$DATA/sent" \
	"SOCKET-CONNECT:$SOCKET:$SERVER_ADDR"
check "the server ends well" wait "$SERVER"
check_eq "the same arrived" "$(digest "$ROOTED/received")" "$(digest "$ROOTED/sent")"

# The client ends its half, and what it sent comes back.
trace_clear
server socat "SOCKET-LISTEN:$SOCKET:$ANY,reuseaddr" EXEC:cat
need_listener
client socat -t 60 "OPEN:$DATA/sent!!CREATE:$DATA/returned" \
	"SOCKET-CONNECT:$SOCKET:$SERVER_ADDR" >"$TMP/client" 2>&1
check_eq "$MB MB there and back" $? 0
sed 's/^/# /' "$TMP/client"
check "the server ends well again" wait "$SERVER"
check_eq "the same came back" "$(digest "$ROOTED/returned")" "$(digest "$ROOTED/sent")"
check_protocol 2 2
finish
