#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# python3's http.server, and urllib as the client

# shellcheck source=selftests/programs.sh
. ./programs.sh

PORT=8000

# get NAME: what the server answers
get()
{
	client $CLASPRUN python3 -c '
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=600) as answer:
    while block := answer.read(65536):
        sys.stdout.buffer.write(block)' "http://$HOST:$PORT/$1"
}

begin
make_file big 8
echo "small" >"$ROOTED/small"
server $CLASPRUN python3 -m http.server -b $SERVER_IP -d $DATA $PORT
need_listener
check_eq "a small file" "$(get small)" "small"
check_eq "8 MB" "$(get big | digest)" "$(digest "$ROOTED/big")"
get "" >"$TMP/list"
check "the list of the directory" grep -q '<a href="small">' "$TMP/list"
get nothing >"$TMP/nothing" 2>&1
check "a file that is not there" grep -q "HTTP Error 404" "$TMP/nothing"
check_protocol 4 4
finish
