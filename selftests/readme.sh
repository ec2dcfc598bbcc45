#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The examples of README.md work as they stand there, each client with each
# server. The Makefile took them out of it and compiled those in C.

# shellcheck source=selftests/lib.sh
. ./lib.sh

need_clasp
for file in clasp-server clasp-client clasp_server.py clasp_client.py; do
	[ -s $file ] || skip_all "README.md has no $file"
done

# answered COMMAND: a client that comes before its server is refused, so that
# it may have to come again.
answered()
{
	# shellcheck disable=SC2086
	in_client $1 $SERVER_IP >"$TMP/client" 2>&1
}

# try NAME SERVER CLIENT GREETING
try()
{
	local pid
	# shellcheck disable=SC2086
	ip netns exec "$NS" $2 >"$TMP/server" 2>&1 </dev/null &
	pid=$!
	PIDS="$PIDS $pid"
	wait_for answered "$3" || sed 's/^/# /' "$TMP/server"
	check_eq "$1: the line comes back" "$(cat "$TMP/client")" "$4"
	check "$1: the server ends well" wait $pid
}

setup_pair
try "C and C" ./clasp-server ./clasp-client "Hello from C"
try "C and Python" ./clasp-server "python3 clasp_client.py" \
	"Hello from Python"
try "Python and C" "python3 clasp_server.py" ./clasp-client "Hello from C"
try "Python and Python" "python3 clasp_server.py" "python3 clasp_client.py" \
	"Hello from Python"
finish
