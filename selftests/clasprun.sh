#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# scripts/clasprun: which sockets become CLASP sockets, what they keep when they
# do, and what becomes of the program that was asked for.

# shellcheck source=selftests/lib.sh
. ./lib.sh

need_clasp
TCP=6
ABSENT=254	# no kernel has this
SILENT_IP=10.253.0.66

# run OPTIONS... -- ARGUMENTS...: of preloaded, at the client
run()
{
	local options=''
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	# shellcheck disable=SC2086
	in_client ./clasprun $options ./preloaded "$@"
}

# told STATUS TEXT COMMAND...: the command fails with this and says that
told()
{
	local status=$1 text="$2"
	shift 2
	"$@" >"$TMP/told" 2>&1
	[ $? = "$status" ] && grep -q -- "$text" "$TMP/told" && return
	cat "$TMP/told"
	return 1
}

# --- the program ------------------------------------------------------------

check_program()
{
	./clasprun bash -c 'exit 7'
	check_eq "the exit status is the program's" $? 7
	./clasprun bash -c 'kill -TERM $$' 2>/dev/null
	check_eq "and so is its death by a signal" $? 143
	./clasprun bash -c 'echo $$; exec sleep 1000' >"$TMP/pid" &
	pid=$!
	PIDS="$PIDS $pid"
	need test -s "$TMP/pid"
	check_eq "the program is the process that was started" "$(cat "$TMP/pid")" $pid
	check_eq "arguments arrive as they are" \
		"$(./clasprun bash -c 'echo $#:$1:$2' x '-f a' '')" "2:-f a:"
	check "-h helps" told 0 "clasprun .*PROGRAM" ./clasprun -h
	check "no program" told 125 "clasprun .*PROGRAM" ./clasprun
	check "an unknown option" told 125 "clasprun .*PROGRAM" ./clasprun -x true
	check "both roles" told 125 "exclude" ./clasprun -c -s bash -c true
	check "no ports" told 125 "no list of ports" ./clasprun -p 80, bash -c true
	check "ports that there are not" told 125 "no ports" ./clasprun -p 1-65536 bash -c true
	check "TCP's number" told 125 "no protocol number" ./clasprun -P 6 bash -c true
	check "a program that is not there" told 127 "not found" ./clasprun ./nothing
	echo text >"$TMP/text"
	check "a file that is no program" told 126 "can't be executed" ./clasprun "$TMP/text"
	check "a static program" told 126 "statically linked" ./clasprun ./xfer -h
	printf '#!%s/xfer\n' "$PWD" >"$TMP/script"
	chmod 755 "$TMP/script"
	check "a script for a static program" told 126 "statically linked" \
		./clasprun "$TMP/script"
	cp /usr/bin/bash "$TMP/setuid"
	chown 65534 "$TMP/setuid"
	chmod 4755 "$TMP/setuid"
	check "a setuid program" told 126 "setuid" ./clasprun "$TMP/setuid" -c true
}

check_environment()
{
	local library="$PWD/clasprun.so" libc
	libc=$(ls /lib/x86_64-linux-gnu/libc.so.6)
	check_eq "LD_PRELOAD names the library" \
		"$(./clasprun bash -c 'echo $LD_PRELOAD')" "$library"
	check_eq "behind what it had" \
		"$(LD_PRELOAD=$libc ./clasprun bash -c 'echo $LD_PRELOAD')" \
		"$libc:$library"
	check_eq "once, where clasprun runs clasprun" \
		"$(./clasprun ./clasprun bash -c 'echo $LD_PRELOAD')" "$library"
	check_eq "the inner one's options count" \
		"$(./clasprun -c -p 80 ./clasprun -f bash -c \
			'echo $CLASPRUN_ROLE:$CLASPRUN_PORTS:$CLASPRUN_FALLBACK')" "::1"
	mkdir "$TMP/a b"
	cp clasprun clasprun.so "$TMP/a b"
	check "a path that LD_PRELOAD can't hold" told 125 "no path with a space" \
		"$TMP/a b/clasprun" bash -c true
	mkdir -p "$TMP/usr/bin" "$TMP/usr/lib/clasp" "$TMP/elsewhere"
	cp clasprun "$TMP/usr/bin"
	cp clasprun.so "$TMP/usr/lib/clasp"
	ln -s "$TMP/usr/bin/clasprun" "$TMP/elsewhere/clasprun"
	check "where it was installed, by a link" "$TMP/elsewhere/clasprun" \
		./preloaded sockets "$PROTO"
}

# --- its sockets ------------------------------------------------------------

check_roles()
{
	check "all: socket()" run -- sockets "$PROTO"
	check "all: listen()" run -- listener "$PROTO" 80
	check "all: connect()" run -- connect "$PROTO" $SERVER_IP $PORT
	check "all: connect() that does not block" run -- epoll "$PROTO" $SERVER_IP $PORT
	check "clients: socket()" run -c -- sockets "$PROTO"
	check "clients: listen()" run -c -- listener $TCP 80
	check "clients: connect()" run -c -- connect "$PROTO" $SERVER_IP $PORT
	check "servers: socket()" run -s -- sockets $TCP
	check "servers: listen()" run -s -- listener "$PROTO" 80
	check "servers: connect()" run -s -- connect $TCP $SERVER_IP $TCP_PORT
	check "servers: connect() that does not block" run -s -- epoll $TCP \
		$SERVER_IP $TCP_PORT
}

check_ports()
{
	local ports="80,$PORT-$((PORT + 2))"
	check "ports: socket()" run -p "$ports" -- sockets "$PROTO"
	check "ports: listen() at one" run -p "$ports" -- listener "$PROTO" 80
	check "ports: listen() at the last" run -p "$ports" -- listener "$PROTO" $((PORT + 2))
	check "ports: listen() at another" run -p "$ports" -- listener $TCP 81
	check "ports: connect() to one" run -p "$ports" -- connect "$PROTO" $SERVER_IP $PORT
	check "ports: connect() to another" run -p "$ports" -- connect $TCP \
		$SERVER_IP $TCP_PORT
	check "ports: the same without blocking" run -p "$ports" -- epoll $TCP \
		$SERVER_IP $TCP_PORT
	check "ports of servers: listen() at one" run -s -p "$ports" -- listener "$PROTO" 80
	check "ports of servers: listen() at another" run -s -p "$ports" -- listener $TCP 81
	check "ports of clients: listen()" run -c -p "$ports" -- listener $TCP 80
}

# A host says by ICMP that it has no such protocol.
unreachable()
{
	ip -n "$NC" neigh replace $SILENT_IP lladdr "$(mac_of "$NS" se)" dev ce \
		nud permanent
	ip netns exec "$NS" python3 - "$TMP/unreachable" <<-'END' &
		import socket, struct, sys

		packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
		packets.bind(("se", 0x800))
		icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
		open(sys.argv[1], "w").close()
		while True:
		    packet = packets.recv(2000)
		    if packet[9] != 253 or packet[16:20] != bytes([10, 253, 0, 66]):
		        continue
		    answer = struct.pack("!BBHI", 3, 2, 0, 0) + packet[:60]
		    total = sum(struct.unpack("!%dH" % (len(answer) // 2), answer))
		    total = (total >> 16) + (total & 0xffff)
		    total += total >> 16
		    answer = answer[:2] + struct.pack("!H", ~total & 0xffff) + answer[4:]
		    icmp.sendto(answer, (socket.inet_ntoa(packet[12:16]), 0))
	END
	PIDS="$PIDS $!"
	need test -e "$TMP/unreachable"
}

check_fallback()
{
	check "refused" told 1 ECONNREFUSED run -- connect "$PROTO" $SERVER_IP $TCP_PORT
	check "fall back: where CLASP is" run -f -- connect "$PROTO" $SERVER_IP $PORT
	check "fall back: where it is, without blocking" run -f -- epoll "$PROTO" \
		$SERVER_IP $PORT
	check "fall back: refused" run -f -- connect $TCP $SERVER_IP $TCP_PORT
	check "fall back: refused, without blocking" run -f -- epoll $TCP \
		$SERVER_IP $TCP_PORT
	check "fall back: neither is there" told 1 ECONNREFUSED \
		run -f -- connect "$PROTO" $SERVER_IP 99
	check "fall back: listen() stays" run -f -- listener "$PROTO" 80
	check "fall back: no answer" run -f -w 300 -- start "$PROTO" 10.253.0.99 80
	unreachable
	check "fall back: the peer does not know the protocol" run -f -- start $TCP \
		$SILENT_IP 80
	check_eq "no such protocol" "$(in_client ./clasprun -P $ABSENT ./preloaded \
		sockets $ABSENT 2>&1)" "preloaded: a TCP socket: EPROTONOSUPPORT"
	check "fall back: no such protocol" run -f -P $ABSENT -- sockets $TCP
	check "fall back: connect() without it" run -f -P $ABSENT -- connect $TCP \
		$SERVER_IP $TCP_PORT
	check "fall back: listen() without it" run -f -P $ABSENT -- listener $TCP 80
	check "fall back: servers without it" run -f -s -P $ABSENT -- listener $TCP 80
}

[ -e /lib/x86_64-linux-gnu/libc.so.6 ] || skip_all "no C library here"
check_program
check_environment
setup_pair
TCP_PORT=$((PORT + 10))
nobody 10.253.0.99
ip -n "$NC" neigh replace 10.253.0.99 lladdr $WALL dev ce nud permanent
serve -n 100
ip netns exec "$NS" xfer -l -P $TCP -p $TCP_PORT -n 100 -W "$TMP/tcp" \
	>"$TMP/tcp.out" 2>&1 &
PIDS="$PIDS $!"
need test -e "$TMP/tcp"
check_roles
check_ports
check_fallback
finish
