#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Load and unload, many times and with connections in between; and all that a
# load or an unload may be refused for.

# shellcheck source=selftests/lib.sh
. ./lib.sh

TIMES=100
[ -z "$CLASP_DEBUG" ] || TIMES=10

need_clasp
[ -n "$CLASP_KO" ] || skip_all "no module at hand"

loaded() { [ -d /sys/module/clasp ]; }
# A socket that was just closed holds the module for a moment yet.
unload() { wait_for rmmod clasp; }
load() { insmod "$CLASP_KO" "$@"; }

load_fails()
{
	! load "$@" >"$TMP/insmod" 2>&1 && ! loaded
}

check_many()
{
	local n=0
	while [ $n -lt $TIMES ]; do
		load && transfer -s 1000 >"$TMP/client" && unload || break
		n=$((n + 1))
	done
	check_eq "load, connect, unload, $TIMES times" $n $TIMES
}

AF_CLASP=18

log_lines() { dmesg | grep -c "clasp: .*$1"; }

check_taken()
{
	local before
	before=$(log_lines taken)
	check "a protocol that is taken is refused" load_fails protocol=6
	# Of a module's EEXIST, kernels since 7.0 make EBUSY.
	check "with EEXIST" grep -qE 'File exists|resource busy' "$TMP/insmod"
	check_eq "and one line in the log" "$(log_lines taken)" $((before + 1))
	for number in 0 255 256 70000; do
		check "protocol=$number is refused" load_fails protocol=$number
	done
	check "protocol=x is refused" load_fails protocol=x
}

check_family_taken()
{
	local before
	before=$(log_lines taken)
	check "an address family that is taken is refused" load_fails family=1
	check "with EEXIST" grep -qE 'File exists|resource busy' "$TMP/insmod"
	check_eq "and one line in the log" "$(log_lines taken)" $((before + 1))
	for number in 1000 -1 x; do
		check "family=$number is refused" load_fails family=$number
	done
}

# through SERVER CLIENT: a transfer; options that say by which door each of them
# gets its socket
through()
{
	# shellcheck disable=SC2086
	serve -s 10000 $1 && fetch -s 10000 $2 && wait "$SERVER"
}

no_door()
{
	! xfer -F "$1" -l -p $PORT >"$TMP/door" 2>&1 &&
		grep -q 'socket: EAFNOSUPPORT' "$TMP/door"
}

check_door()
{
	check "load" load
	check "in by the second door" through "-F $AF_CLASP" ""
	check "out by the second door" through "" "-F $AF_CLASP"
	check "unload" unload
	check "it is shut then" no_door $AF_CLASP
	check "another family loads" load family=27
	check "and works" through "-F 27" "-F 27"
	check "the usual one is unknown then" no_door $AF_CLASP
	check "unload" unload
	check "no family loads" load family=0
	check "and leaves the first door" through "" ""
	check "and no second" no_door $AF_CLASP
	check "unload" unload
	check "another protocol loads" load protocol=200
	CLASP_PROTO=200
	check "and is behind the second door" through "-F $AF_CLASP" ""
	CLASP_PROTO=$PROTO
	check "unload" unload
	check "load" load
	serve -F $AF_CLASP
	check "no unload while a socket of the second door listens" \
		sh -c '! rmmod clasp 2>/dev/null && [ -d /sys/module/clasp ]'
	check "it still serves" fetch
	wait "$SERVER"
	check "unload" unload
}

some_were_there() { grep -qv 'socket: EAFNOSUPPORT' "$TMP/racer"; }
some_were_not() { grep -q 'socket: EAFNOSUPPORT' "$TMP/racer"; }

# Sockets are asked for again and again, whatever becomes of them. Not all the
# time: the memory of each holds the module for a grace period.
check_race()
{
	local n=0 times=$((TIMES / 2)) racer
	: >"$TMP/racing"
	while [ -e "$TMP/racing" ]; do
		xfer -F $AF_CLASP -a 127.0.0.1 -p 1 2>&1
		sleep 0.1
	done >"$TMP/racer" &
	racer=$!
	# Both with the module and without, where only sleep takes time.
	while [ $n -lt $((10 * TIMES)) ]; do
		[ $n -lt $times ] || ! some_were_there || ! some_were_not || break
		load && sleep 0.03 && unload && sleep 0.04 || break
		n=$((n + 1))
	done
	rm "$TMP/racing"
	wait $racer
	check_range "load and unload while sockets are asked for" \
		$n $times $((10 * TIMES))
	check "of which some were there" some_were_there
	check "and some were not" some_were_not
}

check_other_number()
{
	check "another number loads" load protocol=200
	CLASP_PROTO=200
	check "and works" transfer -s 100000
	CLASP_PROTO=$PROTO
	fetch >"$TMP/out" 2>&1
	check_eq "the usual number is unknown then" "$(cat "$TMP/out")" \
		"xfer: socket: EPROTONOSUPPORT"
	check "unload" unload
}

check_busy()
{
	check "load" load
	serve
	check "no unload while a socket listens" \
		sh -c '! rmmod clasp 2>/dev/null && [ -d /sys/module/clasp ]'
	check "it still serves" fetch
	wait "$SERVER"
	check "unload when it is gone, TIME-WAIT or not" unload
	check "load" load
	serve
	ip -n "$NC" link set ce down
	ip -n "$NC" link set ce up
	kill -9 "$SERVER"
	wait "$SERVER" 2>/dev/null
	check "unload after the program was killed" unload
}

# The one that belongs to modprobe: busybox has another, with other files.
depmod()
{
	ln -sf "$(readlink -f /sbin/modprobe)" "$TMP/depmod"
	"$TMP/depmod"
}

check_autoload()
{
	local dir
	dir=/lib/modules/$(uname -r)/extra
	mkdir -p "$dir" && cp "$CLASP_KO" "$dir/clasp.ko" && depmod ||
		bail "can't install the module"
	check "not loaded" sh -c '[ ! -d /sys/module/clasp ]'
	check "a socket loads it" transfer -s 1000
	check "it is loaded" loaded
	check "unload" unload
	check "a socket of the second door loads it" through "-F $AF_CLASP" ""
	check "it is loaded" loaded
	check "unload" unload
	rm "$dir/clasp.ko"
	depmod
}

setup_pair
! loaded || check "unload what was loaded" unload
check_many
check_taken
check_other_number
check_busy
check_family_taken
check_door
check_race
check_autoload
finish
