#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Who pays for what lies in queues, and what happens when memory runs short.

# shellcheck source=selftests/lib.sh
. ./lib.sh

need_clasp
MEM=/proc/sys/net/clasp/mem_pages
SOCKETS=40
SIZE=1M
PER_CPU=256		# pages that each processor counts by itself
CPUS=$(grep -c '^processor' /proc/cpuinfo)
LIMIT=768		# far less than the buffers of all sockets
CGROUP=$TMP/cgroup

# Of the protocol, in pages: /proc/net/protocols
memory() { awk '$1 == "CLASP" { print $4 }' /proc/net/protocols; }
pressed() { awk '$1 == "CLASP" { print $5 }' /proc/net/protocols; }
under_pressure() { [ "$(pressed)" = yes ]; }

# The bytes of sockets in a control group
charged() { sed -n 's/^sock //p' "$CGROUP/$1/memory.stat"; }
is_charged() { [ "$(charged "$1")" -ge "$2" ]; }
is_free() { [ "$(charged "$1")" = 0 ]; }

on_exit()
{
	[ -z "$WAS" ] || echo "$WAS" >$MEM
	touch "$TMP/read"
	for pid in $PIDS; do
		kill -9 "$pid" 2>/dev/null
	done
	if [ -d "$CGROUP/clasp" ]; then
		# Its members have to be gone.
		wait_for rmdir "$CGROUP/clasp"
	fi
	umount "$CGROUP" 2>/dev/null
}

# ---- the limits ----------------------------------------------------------

WAS=$(cat $MEM)
refuses() { ! sh -c "echo '$1' >$MEM" && [ "$(cat $MEM)" = "$WAS" ]; }
check "limits that are not in order are refused" refuses "9 8 7"
check "and 0" refuses "0 0 0"
check "and words" refuses "many"

setup_pair
check_eq "they are the machine's: there are none in other namespaces" \
	"$(in_client sh -c "ls $MEM 2>/dev/null")" ""

# Readers that do not read: all that is written stays in queues.
echo "$((LIMIT / 2)) $((LIMIT * 3 / 4)) $LIMIT" >$MEM
serve -j $SOCKETS -s $SIZE -G "$TMP/read"
fetch_in_background -j $SOCKETS -s $SIZE
need under_pressure
pass "memory becomes short"
check "which is counted" test \
	$(($(mib MemoryPressures) + $(mib MemoryPressures "$NS"))) -ge 1
# What processors count by themselves, and a segment for each empty queue
check_range "no more is used than there may be" "$(memory)" 1 \
	$((LIMIT + PER_CPU * CPUS + 2 * SOCKETS))
check "writers wait" running "$CLIENT"
touch "$TMP/read"
check "when they read, all arrives, short as memory is" wait "$CLIENT"
check "at both ends" wait "$SERVER"
echo "$WAS" >$MEM
check "and pressure ends" transfer -s $SIZE
check_eq "says the kernel" "$(pressed)" no

# ---- control groups ------------------------------------------------------

mkdir "$CGROUP"
if ! mount -t cgroup2 cgroup2 "$CGROUP" 2>/dev/null ||
   ! echo +memory >"$CGROUP/cgroup.subtree_control" 2>/dev/null; then
	skip "a child is charged to who accepts it" "no memory control groups"
	finish
fi
mkdir "$CGROUP/clasp"

# The server's program is in the group, and so is what it does not read.
charge()
{
	rm -f "$TMP/listening" "$TMP/read"
	# shellcheck disable=SC2016
	ip netns exec "$NS" sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' \
		"$CGROUP/clasp" xfer -l -P "$1" -p $PORT -W "$TMP/listening" \
		-t "$DEADLINE" -s $SIZE -G "$TMP/read" >"$TMP/server" 2>&1 &
	SERVER=$!
	PIDS="$PIDS $SERVER"
	need listening_or_dead
	fetch_in_background -P "$1" -s $SIZE
	check "$2: what a child has in its queue is charged to its program" \
		wait_for is_charged clasp 20000
	touch "$TMP/read"
	check "$2: and all arrives" wait "$CLIENT"
	wait "$SERVER"
	check "$2: and nothing stays charged" wait_for is_free clasp
}

charge 6 TCP
charge "$PROTO" CLASP
finish
