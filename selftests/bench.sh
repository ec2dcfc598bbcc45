#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What scripts/bench runs in the VM; CASES says which, with commas between.

# SCTP, and what it needs, in order.
for module in "${CLASP_KO%/*}"/sctp-*.ko; do
	[ ! -e "$module" ] || insmod "$module" || exit
done

echo "# clock $CLASP_CLOCK"
# shellcheck disable=SC2046
exec ./bench $(echo "$CASES" | tr , ' ')
