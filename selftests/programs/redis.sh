#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# redis-server under redis-benchmark: 16 commands are on their way at a time on
# each of 8 connections.

# shellcheck source=selftests/programs.sh
. ./programs.sh

PORT=6379
COMMANDS=10000

cli() { client $CLASPRUN redis-cli -h $SERVER_IP -p $PORT "$@"; }

begin
server $CLASPRUN redis-server --bind $SERVER_IP --port $PORT \
	--protected-mode no --save "" --appendonly no
need_listener
client $CLASPRUN redis-benchmark -h $SERVER_IP -p $PORT -P 16 -c 8 -n $COMMANDS \
	-r 1000000 -t set,get,rpush --csv >"$TMP/report" 2>&1
check_eq "redis-benchmark is content" $? 0
check_eq "it measured all three" \
	"$(grep -c -E '^"(SET|GET|RPUSH)","[1-9]' "$TMP/report")" 3
check_eq "all is in the list" "$(cli llen mylist)" $COMMANDS
check_range "and in the keys" "$(cli dbsize)" $((COMMANDS * 9 / 10)) $((COMMANDS + 1))
head -c 1000000 /dev/urandom | base64 >"$ROOTED/value"
check_eq "a long value is set" "$(cli -x set long <"$ROOTED/value")" OK
check_eq "and comes back" "$(cli --raw get long | head -c -1 | digest)" \
	"$(digest "$ROOTED/value")"
cli shutdown nosave
check "the server ends well" wait "$SERVER"
check_protocol 25
finish
