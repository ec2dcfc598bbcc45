#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Many connections, one after the other and at the same time.

# shellcheck source=selftests/lib.sh
. ./lib.sh

SEQUENTIAL=1000
CONCURRENT=200
if [ -n "$CLASP_DEBUG" ]; then
	SEQUENTIAL=100
	CONCURRENT=32
fi

setup_pair
check "$SEQUENTIAL connections, one after the other" \
	transfer -n $SEQUENTIAL -s 100
if is_clasp; then
	check_eq "each was counted by the client" "$(mib ActiveOpens)" \
		$SEQUENTIAL
	check_eq "and by the server" "$(mib PassiveOpens "$NS")" $SEQUENTIAL
	check_eq "none was reset" "$(mib OutRsts)$(mib OutRsts "$NS")" 00
fi
check "$CONCURRENT connections at the same time" \
	transfer -j $CONCURRENT -s 20000 -e 5000
finish
