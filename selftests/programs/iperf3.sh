#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# iperf3: one stream and eight, to the server, to the client, and both at once

# shellcheck source=selftests/programs.sh
. ./programs.sh

PORT=5201
MB=16

# received [DIRECTION]: how many bytes arrived; "_bidir_reverse" is the server's
# sending where both send.
received()
{
	sed -n "/\"sum_received$1\"/,/}/s/.*\"bytes\":[[:space:]]*\([0-9]*\).*/\1/p" \
		"$TMP/report" | tail -n 1
}

# run WHAT OPTIONS...
run()
{
	local what="$1"
	shift
	client $CLASPRUN iperf3 -c $SERVER_IP -p $PORT -n ${MB}M -J "$@" \
		>"$TMP/report" 2>&1
	check_eq "$what: iperf3 is content" $? 0
	check_eq "$what: there is no error" "$(grep '"error":' "$TMP/report")" ""
}

# iperf3 ends when all has been sent, and counts nothing that is read later: there
# may be as much in the sockets' buffers as has arrived.
one_way()
{
	run "$@"
	check_range "$1: most arrived" "$(received)" $((MB * 1024 * 1024 / 4)) \
		$((MB * 1024 * 1024 * 2))
}

# It ends when all have arrived at either end.
both_ways()
{
	run "$@" --bidir
	check_range "$1: much arrived" "$(received)" 1000000 100000000
	check_range "$1: and much at the other end" "$(received _bidir_reverse)" \
		100000 100000000
}

begin
server $CLASPRUN iperf3 -s -p $PORT
need_listener
one_way "one stream, to the server"
one_way "one stream, to the client" -R
both_ways "one stream, both ways"
one_way "eight streams, to the server" -P 8
one_way "eight streams, to the client" -P 8 -R
both_ways "eight streams, both ways" -P 8
# Each run has a connection for control: 2 + 2 + 3 + 9 + 9 + 17.
check_protocol 42 42
finish
