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
	rm "$dir/clasp.ko"
	depmod
}

setup_pair
! loaded || check "unload what was loaded" unload
check_many
check_taken
check_other_number
check_busy
check_autoload
finish
