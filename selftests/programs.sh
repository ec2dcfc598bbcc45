# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=busybox
#
# What the tests of Debian's programs share. The programs are in a tree of their
# own below /programs, where /clasp is, too. A test sets PORT, and calls
# begin, server, need_listener, client and check_protocol.

# shellcheck source=selftests/lib.sh
. ./lib.sh

need_clasp
[ -x /programs/bin/bash ] || skip_all "Debian's programs are not here"

# The server's address as a URL has it
case $SERVER_IP in
*:*) HOST="[$SERVER_IP]" ;;
*) HOST=$SERVER_IP ;;
esac
# Within the tree, this directory and the script
HERE=/clasp/selftests
CLASPRUN=$HERE/clasprun
# A directory for the test within the tree, and without
DATA=/tmp/data
ROOTED=/programs$DATA

# What the server had to say, where anything failed
on_exit()
{
	[ "$FAILED" = 0 ] || tail -n 20 "$TMP/server" | sed 's/^/# server: /'
}

begin()
{
	setup_pair
	trace_start
	rm -rf "$ROOTED"
	mkdir -p "$ROOTED"
	chmod 755 "$ROOTED"
}

# client COMMAND...: in the client's namespace, within the tree
client() { in_client chroot /programs "$@"; }

# server COMMAND...: the same in the server's, in the background; sets SERVER, and
# the output is in $TMP/server.
server()
{
	# No function here: its shell would be what $! names.
	ip netns exec "$NS" chroot /programs "$@" >"$TMP/server" 2>&1 </dev/null &
	SERVER=$!
	PIDS="$PIDS $SERVER"
}

listens_or_dead() { state_seen listener LISTEN || ! running "$SERVER"; }

# The server listens for CLASP at $PORT, which the kernel says.
need_listener()
{
	need listens_or_dead
	state_seen listener LISTEN || bail "no server: $(cat "$TMP/server")"
}

# make_file NAME MEGABYTES: in $DATA; no two megabytes are the same.
make_file()
{
	local n=0
	head -c 1048560 /dev/urandom >"$TMP/block"
	while [ $n -lt "$2" ]; do
		printf '%015d\n' $n
		cat "$TMP/block"
		n=$((n + 1))
	done >"$ROOTED/$1"
	rm "$TMP/block"
}

digest() { sha256sum "$@" | cut -d' ' -f1; }

# tcp_segments NS: that were sent or received by TCP in this namespace, ever
tcp_segments()
{
	ip netns exec "$1" awk '/^Tcp: [0-9]/ { print $11 + $12 }' /proc/net/snmp
}

# check_protocol MIN [MAX]: what was moved, IP protocol 253 moved: so many
# connections, all from the client to the server. Both namespaces are new, and so
# are their counters.
check_protocol()
{
	local max="${2:-1000000}"
	check_range "the client opened CLASP connections" "$(mib ActiveOpens)" "$1" "$max"
	check_range "the server took them" "$(mib PassiveOpens "$NS")" "$1" "$max"
	check_range "the client received segments" "$(mib InSegs)" "$1" 100000000
	check_range "the server received segments" "$(mib InSegs "$NS")" "$1" 100000000
	check_eq "none of TCP's at the client" "$(tcp_segments "$NC")" 0
	check_eq "none of TCP's at the server" "$(tcp_segments "$NS")" 0
}
