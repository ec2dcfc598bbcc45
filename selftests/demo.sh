#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The main job, to be watched: a file crosses a network that loses 1 % and
# reorders, its digest comes back, and the connection's way is shown as the
# wire and the kernel's tracepoint saw it. The exit status is the verdict.

# shellcheck disable=SC2034
PLAIN=1
# shellcheck source=selftests/lib.sh
. ./lib.sh

SIZE=${SIZE:-16M}
IMPAIR=${IMPAIR:-delay 2ms loss 1% reorder 2% limit 20000}

problem()
{
	FAILED=$((FAILED + 1))
	echo "  PROBLEM: $*"
}

prepare()
{
	setup_path
	impair "$IMPAIR" || bail "no netem"
	# Where time is real, nobody wants to watch four minutes of TIME-WAIT.
	if [ "${CLASP_CLOCK:-virtual}" != virtual ]; then
		tunable "$NC" timewait_ms 1000 2>/dev/null
	fi
	trace_start
	capture "$NC" ce "$TMP/client.wire" -p $PORT
	client_capture=$CAPTURE
	capture "$NS" se "$TMP/server.wire" -p $PORT
	server_capture=$CAPTURE
}

move()
{
	echo "Moving $SIZE from $CLIENT_IP to $SERVER_IP:$PORT, IP protocol $PROTO"
	echo "each way through netem: $IMPAIR"
	serve -x -s "$SIZE" -c 100
	fetch -x -s "$SIZE" -v >"$TMP/client" || problem "the client failed"
	wait "$SERVER" || problem "the server failed: $(cat "$TMP/server")"
}

# The connection's end takes a moment longer than the programs' end.
settle()
{
	wait_for state_seen client CLOSE || problem "the client's socket stays"
	wait_for state_seen server CLOSE || problem "the server's socket stays"
	capture_stop "$client_capture" || problem "capture incomplete"
	capture_stop "$server_capture" || problem "capture incomplete"
}

show_ladder()
{
	echo
	echo "On the wire, each segment as its sender's device sent it:"
	wire -l "$TMP/client.wire,$TMP/server.wire" >"$TMP/ladder" ||
		problem "nothing was captured"
	grep -v '^segments sent again' "$TMP/ladder"
	! grep -q -e ' bad=' -e 'csum=BAD' "$TMP"/*.wire ||
		problem "a malformed segment or a wrong checksum was sent"
}

# The names of RFC 9293.
rfc_names()
{
	sed -e 's/CLOSE_WAIT/CLOSE-WAIT/g; s/CLOSE\( \|$\)/CLOSED\1/g' \
		-e 's/SYN_RECV/SYN-RECEIVED/g; s/FIN_WAIT/FIN-WAIT-/g' \
		-e 's/_/-/g; s/ / > /g'
}

show_states()
{
	local client server
	client=$(states_of client | rfc_names)
	server=$(states_of server | rfc_names)
	echo
	echo "The states, as the kernel's tracepoint inet_sock_set_state reported them:"
	echo "  client  $client"
	echo "  server  $server"
	case $client in
	"CLOSED > SYN-SENT > ESTABLISHED > FIN-WAIT-1 > FIN-WAIT-2 > "*CLOSED) ;;
	*) problem "this is not the way of an active close" ;;
	esac
	case $server in
	"LISTEN > SYN-RECEIVED > ESTABLISHED > CLOSE-WAIT > LAST-ACK > CLOSED") ;;
	*) problem "this is not the way of a passive close" ;;
	esac
}

field() { sed -n "s/.* $1=\([^ ]*\).*/\1/p" "$2"; }

show_numbers()
{
	local sent arrived
	sent=$(field sha256 "$TMP/client")
	arrived=$(field sha256 "$TMP/server")
	echo
	echo "  bytes            $(field bytes "$TMP/server") there, 65 back"
	echo "  seconds          $(field seconds "$TMP/client")"
	echo "  retransmissions  $(sed -n 's/^segments sent again: //p' "$TMP/ladder")"
	echo "  SHA-256 sent     $sent"
	echo "  SHA-256 arrived  $arrived"
	[ -n "$sent" ] && [ "$sent" = "$arrived" ] ||
		problem "the digests differ"
}

prepare
move
settle
show_ladder
show_states
show_numbers
[ "$FAILED" = 0 ]
