#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Segments that lie: each is dropped, counted, answered if the rules say so, and
# harms nothing, not even the connection that it pretends to belong to.

# shellcheck source=selftests/lib.sh
. ./lib.sh

GHOST=${NET}10.253.0.9	# an address that nobody has
FUZZ=3000
[ -z "$CLASP_DEBUG" ] || FUZZ=300

# A connection that waits, with its absolute numbers in $TMP/wire
open_connection()
{
	rm -f "$TMP/connected" "$TMP/go"
	serve -s 50000
	capture "$NC" ce "$TMP/wire" -p $PORT -a
	fetch_in_background -s 50000 -W "$TMP/connected" -g "$TMP/go"
	need test -e "$TMP/connected"
	need grep -q 'flags=A ' "$TMP/wire"
	port=$(client_port "$TMP/wire")
	seq="$(isn "$TMP/wire" S)+1"
	ack="$(isn "$TMP/wire" SA)+1"
}

# What the client would send, but for the arguments
inj()
{
	in_client inject -S $CLIENT_IP -D $SERVER_IP -s "$port" -d $PORT \
		-q "$seq" -a "$ack" "$@"
}

counts() { [ "$(mib "$1" "$NS")" = "$2" ]; }

# bad COUNTER WHAT ARGUMENTS
bad()
{
	local counter="$1" what="$2" before
	shift 2
	before=$(mib "$counter" "$NS")
	inj "$@"
	check "$what is counted as $counter" \
		wait_for counts "$counter" $((before + 1))
}

check_header()
{
	for n in 0 1 8 31; do
		bad InShort "$n bytes" -t $n
	done
	for n in 0 2 15; do
		bad InVersion "version $n" -V $n
	done
	for n in 0 8 24; do
		bad InLength "a header of $n bytes" -H $n
	done
	bad InLength "a header longer than the segment" -H 120 -l 80
	bad InChecksum "a wrong checksum" -c bad
	bad InChecksum "one without data" -c bad -l 0
	bad InChecksum "one with odd data" -c bad -l 7
	for f in - F P U SF SR FR SFA SRA FRA SFRPAUEC; do
		bad InFlags "the flags $f" -f $f
	done
}

check_options()
{
	bad InOption "an option of length 0" -o 0200
	bad InOption "an option of length 1" -o 0201
	bad InOption "an option past the end" -o 0209
	bad InOption "an option far past the end" -o 02ff
	bad InOption "an MSS of 3 bytes" -o 020305
	bad InOption "an MSS of 8 bytes" -f S -o 0208050505050505
	bad InOption "a kind without a length" -o 0101010101010102
	bad InOption "half a SACK block" -o 050600000001
	bad InOption "a SACK option without a block" -o 0502
	bad InOption "an unknown kind of length 0" -o fe00
	bad InOption "an unknown kind past the end" -o fe20
	bad InOption "a bad option after good ones" -o 01fe030001010200
}

# RFC 5961: who does not know the exact numbers achieves nothing.
check_blind()
{
	tunable "$NS" challenge_ack_ms 0
	bad ChallengeAcks "a SYN in the middle" -f S
	bad ChallengeAcks "a reset in the window" -f R -q "$seq+100"
	bad ChallengeAcks "an ACK of what was never sent" -f A \
		-a "$ack+100000" -l 10
	inj -f R -q "$seq-1"
	inj -f R -q "$seq+100000000"
	inj -f RA -q 0 -a 0
	inj -f PA -q "$seq-1000" -l 500
	inj -f PA -q "$seq+1000000000" -l 500
	inj -f FA -q "$seq+1000000000"
	inj -f A -u 300
	inj -f A -o fe08010203040506
}

check_survives()
{
	touch "$TMP/go"
	check "the connection survives" wait "$CLIENT"
	capture_stop "$CAPTURE"
}

check_exact_reset()
{
	open_connection
	inj -f R
	wait "$SERVER"
	check_eq "a reset with the exact number ends it" \
		"$(cat "$TMP/server")" "xfer: recv: ECONNRESET"
	kill -9 "$CLIENT"
	wait "$CLIENT" 2>/dev/null
	capture_stop "$CAPTURE"
}

ghost()
{
	in_client inject -S $GHOST -D $SERVER_IP -s 999 "$@"
}

# answered WANTED WHAT ARGUMENTS: what the server says to the ghost, or nothing
answered()
{
	local wanted="$1" what="$2" before got
	shift 2
	before=$(wc -l <"$TMP/ghost")
	ghost "$@"
	taken() { tail -n +$((before + 1)) "$TMP/ghost" | grep -q ' in '; }
	need taken
	got() {
		tail -n +$((before + 1)) "$TMP/ghost" | grep ' out ' |
			awk '{ print $6, $7, $9 }'
	}
	if [ -n "$wanted" ]; then
		answer_came() { [ -n "$(got)" ]; }
		wait_for answer_came
	fi
	check_eq "$what" "$(got)" "$wanted"
}

# RFC 9293, 3.10.7.1 and 3.10.7.2
check_no_connection()
{
	nobody $GHOST
	capture "$NS" se "$TMP/ghost" -p 999 -a
	answered "flags=RA seq=0 ack=501" "a SYN to a closed port" \
		-d 9 -f S -q 500
	answered "flags=RA seq=0 ack=511" "its data counts" \
		-d 9 -f S -q 500 -l 10
	answered "flags=R seq=77 ack=0" "an ACK" -d 9 -f A -q 500 -a 77
	answered "flags=R seq=77 ack=0" "a FIN" -d 9 -f FA -q 500 -a 77
	answered "flags=R seq=77 ack=0" "a SYN+ACK" -d 9 -f SA -q 500 -a 77
	answered "" "a reset" -d 9 -f R -q 500
	answered "" "a reset with ACK" -d 9 -f RA -q 500 -a 77
	serve
	answered "flags=R seq=77 ack=0" "an ACK to a listener" \
		-d $PORT -f A -q 500 -a 77
	answered "flags=R seq=77 ack=0" "a SYN+ACK to a listener" \
		-d $PORT -f SA -q 500 -a 77
	answered "" "a reset to a listener" -d $PORT -f R -q 500
	check "the listener still serves" fetch
	wait "$SERVER"
	capture_stop "$CAPTURE"
}

# A peer that sends in disorder, twice, and with overlaps.
check_overlaps()
{
	local isn
	serve -x -s 10 -f "$TMP/file" -k
	capture "$NS" se "$TMP/ghost" -p 999 -a
	ghost -d $PORT -f S -q 1000 -o 02040578
	need grep -q 'flags=SA' "$TMP/ghost"
	isn="$(isn "$TMP/ghost" SA)+1"
	ghost -d $PORT -f A -q 1001 -a "$isn"
	ghost -d $PORT -f PA -q 1006 -a "$isn" -x 3536373839	# 56789
	ghost -d $PORT -f PA -q 1004 -a "$isn" -x 33343536	# 3456
	ghost -d $PORT -f PA -q 1004 -a "$isn" -x 33343536
	ghost -d $PORT -f PA -q 1001 -a "$isn" -x 30313233	# 0123
	ghost -d $PORT -f FA -q 1011 -a "$isn"
	need grep -q 'flags=.*A .* ack=1012 ' "$TMP/ghost"
	wait "$SERVER"
	# Nobody acknowledges the server's FIN: it would wait for a long time.
	ghost -d $PORT -f R -q 1012
	check_eq "each byte arrives once and in its place" \
		"$(cat "$TMP/file")" 0123456789
	capture_stop "$CAPTURE"
}

check_fuzz()
{
	open_connection
	inj -F 1 -n $FUZZ
	in_server inject -S $SERVER_IP -D $CLIENT_IP -s $PORT -d "$port" -F 2 \
		-n $FUZZ
	ghost -d $PORT -F 3 -n $FUZZ
	ghost -d 9 -F 4 -n 300
	check_survives
	check "so does the server" wait "$SERVER"
	serve
	check "the next one is served" fetch
	wait "$SERVER"
}

need_clasp
setup_pair
open_connection
check_header
check_options
check_blind
check_survives
check "so does the server" wait "$SERVER"
check_exact_reset
check_no_connection
check_overlaps
check_fuzz
finish
