#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A network namespace goes at once, whatever connections are in it; and so does
# the module then.

# shellcheck source=selftests/lib.sh
. ./lib.sh

need_clasp
[ -n "$CLASP_KO" ] || skip_all "no module at hand"

# All these would take most of a minute or more on their own.
AT_ONCE=10000
STRANGER=${NET}10.253.0.66

# Without zeros in front, which make a number octal
uptime_ms()
{
	sed 's/^\([0-9]*\)\.\([0-9][0-9]\) .*/\1\20/
		s/^0*\(.\)/\1/' /proc/uptime
}

# The time that a command takes to come true, in milliseconds
time_to()
{
	local from
	from=$(uptime_ms)
	wait_for "$@" || return
	echo $(($(uptime_ms) - from))
}

device_gone() { ! ip -n "$1" link show dev "$2"; }

begin()
{
	setup_pair
	trace_clear
	rm -f "$TMP"/gate*
}

# connect_gated OPTIONS: a server that reads nothing, and a client that waits
# with all that follows for open_gate
connect_gated()
{
	serve -k -G "$TMP/gate.never"
	rm -f "$TMP/connected"
	fetch_in_background -k -W "$TMP/connected" -g "$TMP/gate" "$@"
	need test -e "$TMP/connected"
}

open_gate() { touch "$TMP/gate"; }

kill_all()
{
	for pid in $PIDS; do
		kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	PIDS=
}

# dies WHAT NS OTHER DEVICE: that namespace, and with it the other end of its
# link: DEVICE in OTHER
dies()
{
	ip netns del "$2"
	check_range "$1: the namespace is gone at once" \
		"$(time_to device_gone "$3" "$4")" 0 $AT_ONCE
}

client_dies() { dies "$1" "$NC" "$NS" se; }
server_dies() { dies "$1" "$NS" "$NC" ce; }

# The other side, too; then there is nothing that needs the module.
end()
{
	kill_all
	for ns in "$NC" "$NS"; do
		[ ! -e "/run/netns/$ns" ] || ip netns del "$ns"
	done
	check_range "and so is the module" "$(time_to rmmod clasp)" 0 $AT_ONCE
	insmod "$CLASP_KO" || bail "can't load the module again"
}

check_fin_wait1()
{
	begin
	connect_gated -s 200000 -b 524288
	cut_link client
	open_gate
	wait "$CLIENT"
	need state_seen client FIN_WAIT1
	client_dies "an orphan in FIN-WAIT-1 with data, and no peer"
	end
}

check_fin_wait2()
{
	begin
	connect_gated
	open_gate
	wait "$CLIENT"
	need state_seen client FIN_WAIT2
	client_dies "an orphan in FIN-WAIT-2"
	check "and its peer has been told" wait_for state_seen server CLOSE
	end
}

# Its own FIN is lost, the other side's is not.
check_closing()
{
	begin
	connect_gated -s 0
	cut_link client
	open_gate
	wait "$CLIENT"
	need state_seen client FIN_WAIT1
	kill -9 "$SERVER"
	need state_seen client CLOSING
	client_dies "an orphan in CLOSING"
	end
}

check_last_ack()
{
	begin
	serve
	rm -f "$TMP/connected"
	fetch_in_background -s 1000 -W "$TMP/connected" -g "$TMP/gate"
	need test -e "$TMP/connected"
	cut_link server
	open_gate
	wait "$SERVER"
	need state_seen server LAST_ACK
	server_dies "an orphan in LAST-ACK"
	end
}

check_killed()
{
	begin
	connect_gated
	cut_link client
	kill -9 "$CLIENT"
	wait "$CLIENT" 2>/dev/null
	client_dies "a connection whose program is killed"
	end
}

synack_sent() { grep -q ' out .*flags=SA' "$TMP/wire"; }

# Three that nobody has accepted, and three that are not open yet
check_listener()
{
	begin
	nobody $STRANGER
	serve -n 10
	kill -STOP "$SERVER"
	for _ in 1 2 3; do
		rm -f "$TMP/connected"
		fetch_in_background -W "$TMP/connected" -g "$TMP/gate"
		need test -e "$TMP/connected"
	done
	capture "$NS" se "$TMP/wire" -p $PORT
	in_client inject -r -S $STRANGER -D $SERVER_IP -d $PORT -f S -n 3
	need synack_sent
	capture_stop "$CAPTURE"
	kill -9 "$SERVER"
	wait "$SERVER" 2>/dev/null
	server_dies "a listener with requests and children"
	end
}

check_time_wait()
{
	begin
	check "a connection comes and goes" transfer -s 1000
	need state_seen client TIME_WAIT
	client_dies "TIME-WAIT"
	end
}

queued() { in_client tc -s qdisc show dev ce | grep -q 'backlog [1-9]'; }

# Segments that wait in a queue keep the memory of their socket.
check_delayed()
{
	in_client tc qdisc add dev lo root netem delay 1s 2>/dev/null ||
		return 1
	connect_gated -s 20000 -b 524288
	in_client tc qdisc add dev ce root netem delay 100s
	open_gate
	wait "$CLIENT"
	need state_seen client FIN_WAIT1
	need queued
	client_dies "an orphan with segments on their way"
}

trace_start
check_fin_wait1
check_fin_wait2
check_closing
check_last_ack
check_killed
check_listener
check_time_wait
begin
check_delayed || skip "segments on their way" "no netem"
end
finish
