#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Bytes over a network that loses, reorders, repeats and damages: what arrives
# is what was sent, in both directions.

# shellcheck source=selftests/lib.sh
. ./lib.sh

SIZE=${SIZE:-64M}
BACK=${BACK:-4M}
if [ -n "$CLASP_DEBUG" ]; then
	SIZE=512K
	BACK=64K
fi

# impaired NAME NETEM...
impaired()
{
	local name="$1" before=0 after=0
	shift
	impair "$@" || bail "netem refuses $*"
	! is_clasp || before=$(mib RetransSegs)
	serve -s $SIZE -e $BACK
	if fetch -s $SIZE -e $BACK -d "$DIGEST" >"$TMP/client" 2>&1 &&
	   wait "$SERVER"; then
		pass "$SIZE there and $BACK back, $name"
	else
		sed 's/^/# /' "$TMP/client" "$TMP/server"
		fail "$SIZE there and $BACK back, $name"
	fi
	! is_clasp || after=$(mib RetransSegs)
	note "$(sed -n 's/.*seconds=\([^ ]*\).*/\1/p' "$TMP/client") seconds," \
		"$((after - before)) segments sent again"
	check "the server has the digest, too" grep -q "$DIGEST" "$TMP/server"
	impair none
}

setup_path
in_net tc qdisc add dev lo root netem loss 0% 2>/dev/null ||
	skip_all "no netem"
# Once for all: it takes as long as the transfer.
DIGEST=$(xfer -H -s $SIZE)
impaired "5 % lost" delay 1ms loss 5% limit 20000
! is_clasp || check "something was sent again" test "$(mib RetransSegs)" -gt 0
impaired "reordered" delay 4ms 3ms reorder 5% limit 20000
impaired "repeated" delay 1ms duplicate 10% limit 20000
impaired "damaged" delay 1ms corrupt 2% limit 20000
! is_clasp || check "damage was noticed" \
	test "$(($(mib InChecksum "$NS") + $(mib InVersion "$NS") +
		$(mib InLength "$NS")))" -gt 0
impaired "all of it" delay 3ms 2ms loss 2% reorder 2% duplicate 2% \
	corrupt 1% limit 20000
finish
