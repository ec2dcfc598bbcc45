# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=busybox
#
# What the shell tests share: two network namespaces with a link between them,
# captures, state traces, waiting and TAP. For busybox ash.
#
# A test sources this, calls setup_pair or setup_path, checks things with
# check/check_eq, and calls finish. Nothing here sleeps for luck: what takes
# time is waited for, up to a deadline.

PROTO=${CLASP_PROTO:-253}
export CLASP_PROTO="$PROTO"
PORT=7253
# Over IPv6, an address of IPv4 stands for its twin in 2001:db8::/96.
FAMILY=${CLASP_FAMILY:-4}
case $FAMILY in
4) NET= BITS=0 IP_HEADER=20 ANY_IP=0.0.0.0 LOOPBACK_IP=127.0.0.1 ;;
6) NET=2001:db8:: BITS=96 IP_HEADER=40 ANY_IP=:: LOOPBACK_IP=::1 ;;
esac
CLIENT_IP=${NET}10.253.0.1
SERVER_IP=${NET}10.253.0.2
GATE_IP=${NET}10.253.0.254
WALL=02:00:00:00:00:99
NC=cl$$		# the client's namespace, with the device ce
NS=sv$$		# the server's, with se
NN=net$$	# the network between them, if there is one
TMP=$(mktemp -d)
DEADLINE=${CLASP_DEADLINE:-300}
PIDS=
PATH=.:$PATH

[ -d /sys/kernel/tracing/events ] ||
	mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
TRACE=/sys/kernel/tracing/instances/clasp$$

# ---- TAP ----------------------------------------------------------------

COUNT=0
FAILED=0
PASSED=0
[ -n "$PLAIN" ] || echo "TAP version 13"

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

pass()
{
	COUNT=$((COUNT + 1))
	PASSED=$((PASSED + 1))
	echo "ok $COUNT $*"
}

fail()
{
	COUNT=$((COUNT + 1))
	FAILED=$((FAILED + 1))
	echo "not ok $COUNT $*"
}

skip()
{
	COUNT=$((COUNT + 1))
	echo "ok $COUNT $1 # SKIP $2"
}

# check NAME COMMAND...: the command must succeed; its output shows why not.
check()
{
	local name="$1"
	shift
	if "$@" >"$TMP/check.out" 2>&1; then
		pass "$name"
	else
		note "failed: $*"
		sed 's/^/# /' "$TMP/check.out"
		fail "$name"
	fi
}

# check_eq NAME GOT WANTED
check_eq()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		note "got    '$2'"
		note "wanted '$3'"
		fail "$1"
	fi
}

# check_range NAME GOT LOW HIGH: whole numbers
check_range()
{
	if [ "${2:--1}" -ge "$3" ] && [ "${2:--1}" -le "$4" ]; then
		pass "$1"
	else
		note "got $2, wanted $3 to $4"
		fail "$1"
	fi
}

finish()
{
	echo "1..$COUNT"
	[ "$FAILED" = 0 ] || exit 1
	[ "$PASSED" != 0 ] || exit 4
	exit 0
}

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

# What a test can't go on without. In a check, too, it must be seen.
exec 3>&1
bail()
{
	echo "Bail out! $*" >&3
	exit 1
}

# ---- clean up -----------------------------------------------------------

on_exit() { :; }	# a test may define its own

clean_up()
{
	local status=$?
	trap - EXIT
	on_exit
	for pid in $PIDS; do
		kill -9 "$pid" 2>/dev/null
	done
	# shellcheck disable=SC2086
	[ -z "$PIDS" ] || wait $PIDS 2>/dev/null
	for ns in "$NC" "$NS" "$NN"; do
		[ ! -e "/run/netns/$ns" ] || ip netns del "$ns"
	done
	[ ! -d "$TRACE" ] || rmdir "$TRACE"
	rm -rf "$TMP"
	exit $status
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# ---- waiting ------------------------------------------------------------

# wait_for COMMAND...: poll until it succeeds, ever more seldom; 1 after the
# deadline.
wait_for()
{
	local pause=20 spent=0
	until "$@" >/dev/null 2>&1; do
		[ $spent -lt $((DEADLINE * 1000)) ] || return 1
		sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
		spent=$((spent + pause))
		[ $pause -ge 1000 ] || pause=$((pause * 5 / 4))
	done
}

running() { kill -0 "$1" 2>/dev/null; }

# Something that a test relies on has come true, or there is no going on.
need()
{
	wait_for "$@" || bail "never came true: $*"
}

# status_of PID: sets STATUS to the exit status of a background job.
status_of()
{
	wait "$1"
	STATUS=$?
}

# ---- namespaces and links -----------------------------------------------

in_client() { ip netns exec "$NC" "$@"; }
in_server() { ip netns exec "$NS" "$@"; }
in_net() { ip netns exec "$NN" "$@"; }

# Segments shall be on the link what they are in the network.
plain_device()
{
	ip netns exec "$1" features "$2" tx-generic-segmentation off \
		tx-sctp-segmentation off tx-tcp-segmentation off \
		tx-tcp6-segmentation off tx-tcp-ecn-segmentation off \
		tx-tcp-mangleid-segmentation off rx-gro off ||
		bail "no plain device"
}

new_ns()
{
	ip netns add "$1" && ip -n "$1" link set lo up ||
		bail "no network namespace"
	# Only the protocol under test shall be on the wire.
	case $FAMILY in
	4) set_ipv6 "$1" disable_ipv6 1 ;;
	6)
		set_ipv6 "$1" accept_dad 0
		set_ipv6 "$1" addr_gen_mode 1
		set_ipv6 "$1" router_solicitations 0
		;;
	esac
}

# set_ipv6 NS NAME VALUE: of all devices, also those to come
set_ipv6()
{
	ip netns exec "$1" sh -c '
		for f in /proc/sys/net/ipv6/conf/*/'"$2"'; do
			[ ! -e "$f" ] || echo '"$3"' >"$f"
		done'
}

# give NS ADDR BITS DEV: an address that can be used when this returns
give()
{
	ip -n "$1" addr add "$2/$((BITS + $3))" dev "$4"
	need settled "$1"
}

settled() { ! ip -n "$1" addr show | grep -q tentative; }

# veth NS1 DEV1 NS2 DEV2 MTU
veth()
{
	ip -n "$1" link add "$2" mtu "$5" type veth \
		peer name "$4" netns "$3" mtu "$5" || bail "no veth"
	plain_device "$1" "$2"
	plain_device "$3" "$4"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

mac_of() { ip netns exec "$1" cat "/sys/class/net/$2/address"; }

# Fixed neighbours: neither ARP nor its loss shall be part of a test.
neighbour()
{
	ip -n "$1" neigh replace "$3" lladdr "$(mac_of "$4" "$5")" dev "$2" \
		nud permanent
}

# What leaves for the other side ends at a wall, without a word to the sender.
# cut_link client: what the client sends; cut_link server: what the server sends
cut_link()
{
	case $1 in
	client) ip -n "$NC" neigh replace $SERVER_IP lladdr $WALL dev ce \
		nud permanent ;;
	server) ip -n "$NS" neigh replace $CLIENT_IP lladdr $WALL dev se \
		nud permanent ;;
	esac
}

mend_link()
{
	neighbour "$NC" ce $SERVER_IP "$NS" se
	neighbour "$NS" se $CLIENT_IP "$NC" ce
}

# nobody ADDR: the server knows a way to this address, and no one has it.
nobody()
{
	ip -n "$NS" neigh replace "$1" lladdr $WALL dev se nud permanent
}

# setup_pair [MTU]: client and server on one link.
setup_pair()
{
	new_ns "$NC"
	new_ns "$NS"
	veth "$NC" ce "$NS" se "${1:-1500}"
	give "$NC" $CLIENT_IP 24 ce
	give "$NS" $SERVER_IP 24 se
	neighbour "$NC" ce $SERVER_IP "$NS" se
	neighbour "$NS" se $CLIENT_IP "$NC" ce
}

# setup_path [MTU]: a network between them, whose devices can be impaired. A
# capture on ce and se then shows what was sent before any of it gets lost.
setup_path()
{
	new_ns "$NC"
	new_ns "$NS"
	new_ns "$NN"
	veth "$NC" ce "$NN" nc "${1:-1500}"
	veth "$NS" se "$NN" ns "${1:-1500}"
	path_end "$NC" ce $CLIENT_IP nc
	path_end "$NS" se $SERVER_IP ns
	in_net sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	[ "$FAMILY" = 4 ] || set_ipv6 "$NN" forwarding 1
}

# path_end NS DEV IP NETDEV
path_end()
{
	give "$1" "$3" 32 "$2"
	ip -n "$1" route add $GATE_IP dev "$2"
	ip -n "$1" route add default via $GATE_IP
	give "$NN" $GATE_IP 32 "$4"
	ip -n "$NN" route add "$3" dev "$4"
	neighbour "$1" "$2" $GATE_IP "$NN" "$4"
	neighbour "$NN" "$4" "$3" "$1" "$2"
}

# impair WHAT...: netem, in both directions; "impair none" takes it away.
impair()
{
	impair_one nc "$@" && impair_one ns "$@"
}

impair_one()
{
	local dev="$1"
	shift
	ip netns exec "$NN" tc qdisc del dev "$dev" root 2>/dev/null
	# shellcheck disable=SC2086
	[ "$1" = none ] ||
		ip netns exec "$NN" tc qdisc add dev "$dev" root netem $*
}

has_netem() { in_net tc qdisc add dev lo root netem loss 0%; }

# ---- captures -----------------------------------------------------------

# capture NS DEV FILE [OPTIONS]: sets CAPTURE to what capture_stop wants.
capture()
{
	local ns="$1" dev="$2" file="$3"
	shift 3
	rm -f "$file.ready"
	ip netns exec "$ns" wire -i "$dev" -W "$file.ready" "$@" >"$file" &
	CAPTURE=$!
	PIDS="$PIDS $CAPTURE"
	need test -e "$file.ready"
}

# All that was on the wire before this call is in the file after it.
capture_stop()
{
	kill "$1" && wait "$1"
}

# gaps_double FILE FIRST_LOW FIRST_HIGH COUNT: of times, one a line, the gaps
# double from one in that range of milliseconds; there must be COUNT gaps.
gaps_double()
{
	awk -v low="$2" -v high="$3" -v count="$4" '
		NR == 1 { at = $1; next }
		{
			gap = ($1 - at) * 1000
			printf "gap of %d ms\n", gap
			if (NR == 2 && (gap < low || gap > high))
				bad = 1
			if (NR > 2 && (gap < last * 1.8 || gap > last * 2.2))
				bad = 1
			at = $1
			last = gap
		}
		END { exit bad || NR - 1 != count }' "$1"
}

# isn FILE FLAGS: the number in the first segment with these flags
isn() { grep "flags=$2 " "$1" | head -n 1 | value seq; }

# client_port FILE: the port that is not ours
client_port()
{
	head -n 1 "$1" | sed 's/.*:\([0-9]*\) > .*:'$PORT' .*/\1/'
}

# value KEY: of lines of wire on standard input, the value of each
value() { sed -n "s/.* $1=\([^ ]*\).*/\1/p"; }

# ---- states -------------------------------------------------------------

# The kernel's own tracepoint, for this protocol and these addresses only.
trace_start()
{
	mkdir "$TRACE" || bail "no tracefs"
	echo "protocol == $PROTO" \
		>"$TRACE/events/sock/inet_sock_set_state/filter" &&
	echo 1 >"$TRACE/events/sock/inet_sock_set_state/enable" ||
		bail "no tracepoint"
}

trace_clear() { : >"$TRACE/trace"; }

# trace_time SIDE STATE: when that side came to this state, in milliseconds
trace_time()
{
	trace_lines "$1" | grep "newstate=\(TCP_\)*$2" | tail -n 1 |
		sed 's/.* \([0-9]*\)\.\([0-9]\{3\}\)[0-9]*: inet_sock.*/\1\2/
			s/^0*\(.\)/\1/'
}

# The changes that one side of the connection went through. The client's
# sockets have the port as theirs to connect to.
trace_lines()
{
	local mine
	case $1 in
	client) mine="dport=$PORT " ;;
	server) mine="sport=$PORT dport=[1-9]" ;;
	listener) mine="sport=$PORT dport=0 " ;;
	esac
	grep "inet_sock_set_state: .*$mine" "$TRACE/trace"
}

# "oldstate newstate" of them
trace_of()
{
	trace_lines "$1" |
		sed 's/.*oldstate=\(TCP_\)*\([^ ]*\).*newstate=\(TCP_\)*\([^ ]*\).*/\2 \4/'
}

# states_of SIDE: the names in order, "CLOSE SYN_SENT ESTABLISHED"; each change
# must start where the one before it ended.
states_of()
{
	trace_of "$1" | awk '
		NR == 1 { path = $1; at = $1 }
		$1 != at { path = path " !" $1 }
		{ path = path " " $2; at = $2 }
		END { print path }'
}

state_seen() { trace_of "$1" | grep -q " $2\$"; }

# ---- the module's counters and settings ---------------------------------

is_clasp() { [ "$PROTO" != 6 ]; }

# mib NAME [NS]: a counter of the client's or another namespace
mib()
{
	ip netns exec "${2:-$NC}" sed -n "s/^$1[[:space:]]\{1,\}//p" \
		/proc/net/clasp/snmp
}

# tunable NS NAME VALUE, or only read it; names as CLASP has them
tunable()
{
	local file="/proc/sys/net/clasp/$2"
	if ! is_clasp; then
		case $2 in
		syn_retries) file=/proc/sys/net/ipv4/tcp_syn_retries ;;
		synack_retries) file=/proc/sys/net/ipv4/tcp_synack_retries ;;
		retries) file=/proc/sys/net/ipv4/tcp_retries2 ;;
		orphan_retries) file=/proc/sys/net/ipv4/tcp_orphan_retries ;;
		*) return 1 ;;
		esac
	fi
	if [ $# = 2 ]; then
		ip netns exec "$1" cat "$file"
	else
		ip netns exec "$1" sh -c "echo $3 >$file"
	fi
}

need_clasp() { is_clasp || skip_all "of CLASP only"; }

# Linux 6.5 and later do not double TCP's first time-outs.
plain_timeouts()
{
	in_client sh -c '[ ! -e /proc/sys/net/ipv4/tcp_syn_linear_timeouts ] ||
		echo 0 >/proc/sys/net/ipv4/tcp_syn_linear_timeouts'
}

# ---- moving bytes -------------------------------------------------------

listening_or_dead() { [ -e "$TMP/listening" ] || ! running "$SERVER"; }

# serve [OPTIONS]: an xfer server in the background, listening when this
# returns; sets SERVER, and its output is in $TMP/server.
serve()
{
	rm -f "$TMP/listening"
	# No function here: its shell would be what $! names.
	ip netns exec "$NS" xfer -l -a $ANY_IP -p $PORT -W "$TMP/listening" -t "$DEADLINE" "$@" \
		>"$TMP/server" 2>&1 &
	SERVER=$!
	PIDS="$PIDS $SERVER"
	need listening_or_dead
	[ -e "$TMP/listening" ] || bail "no server: $(cat "$TMP/server")"
}

# fetch_in_background OPTIONS: sets CLIENT, output is in $TMP/client
fetch_in_background()
{
	ip netns exec "$NC" xfer -a $SERVER_IP -p $PORT -t "$DEADLINE" "$@" \
		>"$TMP/client" 2>&1 &
	CLIENT=$!
	PIDS="$PIDS $CLIENT"
}

fetch() { in_client xfer -a $SERVER_IP -p $PORT -t "$DEADLINE" "$@"; }

# transfer OPTIONS: both sides with the same options, both must succeed
transfer()
{
	serve "$@"
	fetch "$@" && wait "$SERVER"
}
