#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# python3's asyncio streams: an echo server and 50 connections at once, see
# streams.py.

# shellcheck source=selftests/programs.sh
. ./programs.sh

PORT=8001
CONNECTIONS=50

begin
server $CLASPRUN python3 $HERE/programs/streams.py serve $SERVER_IP $PORT
need_listener
check "$CONNECTIONS connections at once" client $CLASPRUN \
	python3 $HERE/programs/streams.py echo $SERVER_IP $PORT $CONNECTIONS
kill "$SERVER"
check_protocol $CONNECTIONS $CONNECTIONS
finish
