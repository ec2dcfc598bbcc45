#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Small segments cost a receiver many times their data in memory. A reader that
# does not read for long must stop a writer of such all the same, by its window:
# nothing that the window invited may be dropped, and all of it arrives.

# shellcheck source=selftests/lib.sh
. ./lib.sh

SIZE=100	# bytes of a write
WRITES=3000	# writes

cat >"$TMP/reader.py" <<-END
	import os, socket, time
	listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $PROTO)
	listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
	listener.bind(("", $PORT))
	listener.listen()
	open("$TMP/listening", "w").close()
	conn, peer = listener.accept()
	while not os.path.exists("$TMP/read"):
	    time.sleep(0.1)
	total = 0
	while True:
	    data = conn.recv(65536)
	    if not data:
	        break
	    assert data == bytes((total + i) % 251 for i in range(len(data)))
	    total += len(data)
	print(total)
END
cat >"$TMP/writer.py" <<-END
	import socket
	data = bytes(i % 251 for i in range($SIZE * $WRITES))
	conn = socket.socket(socket.AF_INET, socket.SOCK_STREAM, $PROTO)
	conn.connect(("$SERVER_IP", $PORT))
	conn.setsockopt($PROTO, 1, 1)
	conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
	for i in range(0, len(data), $SIZE):
	    conn.sendall(data[i:i + $SIZE])
	conn.close()
END

reader_is_there() { test -e "$TMP/listening"; }
window_closed() { grep ' in ' "$TMP/wire" | grep -q ' win=0 '; }

setup_pair
capture "$NC" ce "$TMP/wire" -p $PORT
in_server python3 "$TMP/reader.py" >"$TMP/reader" 2>&1 &
READER=$!
PIDS="$PIDS $READER"
need reader_is_there
in_client python3 "$TMP/writer.py" >"$TMP/writer" 2>&1 &
WRITER=$!
PIDS="$PIDS $WRITER"
check "the window closes" wait_for window_closed
check "the writer waits" running $WRITER
touch "$TMP/read"
check "the writer ends well" wait $WRITER
check "the reader ends well" wait $READER
check_eq "all of it arrives" "$(cat "$TMP/reader")" $((SIZE * WRITES))
is_clasp && check_eq "nothing was dropped" "$(ip netns exec "$NS" \
	awk '$1 == "InDropped" { print $2 }' /proc/net/clasp/snmp)" 0
capture_stop "$CAPTURE"
finish
