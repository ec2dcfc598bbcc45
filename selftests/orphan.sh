#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The program has closed its socket and is gone: the kernel finishes what it
# left, but not for ever.

# shellcheck source=selftests/lib.sh
. ./lib.sh

SIZE=200000

check_delivery()
{
	local digest
	digest=$(xfer -H -s $SIZE)
	serve -k -G "$TMP/read"
	check "the writer is done before anything is read" \
		fetch -k -s $SIZE -b 262144
	touch "$TMP/read"
	wait "$SERVER"
	check_eq "all that it wrote arrives" "$(sed 's/.*served //' \
		"$TMP/server")" "bytes=$SIZE sha256=$digest"
	need state_seen server CLOSE
}

# The other side never closes.
check_fin_wait2()
{
	local from to
	tunable "$NC" fin_wait2_timeout_ms 2000
	trace_clear
	capture "$NC" ce "$TMP/wire" -p $PORT
	serve -k -G "$TMP/read2"
	check "the client closes" fetch -k
	need state_seen client FIN_WAIT2
	need state_seen client CLOSE
	from=$(trace_time client FIN_WAIT2)
	to=$(trace_time client CLOSE)
	check_range "FIN-WAIT-2 of a closed socket ends after its time" \
		$((to - from)) 1900 2700
	check_eq "without a word to the other side" \
		"$(grep -c ' out .*flags=R' "$TMP/wire")" 0
	touch "$TMP/read2"
	wait "$SERVER"
	reset_sent() { grep -q ' out .*flags=R' "$TMP/wire"; }
	check "what it sends later is answered by a reset" wait_for reset_sent
	capture_stop "$CAPTURE"
}

# Nobody answers: the limit for closed sockets is a lower one.
check_give_up()
{
	local before
	tunable "$NC" orphan_retries 3
	before=$(mib AbortOnTimeout)
	trace_clear
	capture "$NC" ce "$TMP/wire" -p $PORT
	serve -k -G "$TMP/never"
	fetch_in_background -k -s 1000 -W "$TMP/connected" -g "$TMP/go"
	need test -e "$TMP/connected"
	cut_link client
	touch "$TMP/go"
	check "the program is gone at once" wait "$CLIENT"
	need state_seen client CLOSE
	pass "its connection is gone some time later"
	capture_stop "$CAPTURE"
	check_eq "and counted" "$(mib AbortOnTimeout)" $((before + 1))
	grep ' len=1000 ' "$TMP/wire" | grep ' retx' >"$TMP/again"
	check_range "after as many repetitions as allowed" \
		"$(wc -l <"$TMP/again")" 3 4
	mend_link
}

setup_pair
trace_start
check_delivery
if is_clasp; then
	check_fin_wait2
	check_give_up
fi
finish
