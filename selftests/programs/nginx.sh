#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# nginx and curl: 1,000 requests over 8 connections that are kept, and a download
# of 100 MB

# shellcheck source=selftests/programs.sh
. ./programs.sh

PORT=80
REQUESTS=1000
AT_ONCE=8
MB=100

write_config()
{
	cat >"$ROOTED/nginx.conf" <<-END
		daemon off;
		pid $DATA/pid;
		error_log stderr;
		user www-data;
		worker_processes 2;
		events { worker_connections 256; }
		http {
			access_log off;
			sendfile on;
			tcp_nopush off;
			keepalive_requests 10000;
			server {
				listen $HOST:$PORT;
				root $DATA/www;
			}
		}
	END
}

begin
write_config
mkdir "$ROOTED/www"
make_file www/big $MB
n=1
while [ $n -le $REQUESTS ]; do
	echo "this is file $n" >"$ROOTED/www/$n"
	n=$((n + 1))
done

server $CLASPRUN nginx -c $DATA/nginx.conf
need_listener
client $CLASPRUN curl -s --parallel --parallel-max $AT_ONCE --parallel-immediate \
	-w '%{http_code}\n' -o "$DATA/got#1" "http://$HOST/[1-$REQUESTS]" \
	>"$TMP/codes" 2>"$TMP/client"
check_eq "$REQUESTS requests, $AT_ONCE at a time" $? 0
sed 's/^/# /' "$TMP/client"
check_eq "each is answered" "$(grep -c -x 200 "$TMP/codes")" $REQUESTS
check_eq "with what was asked for" "$(cat "$ROOTED"/got* | sort | digest)" \
	"$(cat "$ROOTED"/www/[0-9]* | sort | digest)"
check_range "connections were kept" "$(mib ActiveOpens)" $AT_ONCE $((AT_ONCE * 3))

check_eq "$MB MB" "$(client $CLASPRUN curl -s "http://$HOST/big" | digest)" \
	"$(digest "$ROOTED/www/big")"
client $CLASPRUN curl -s -r 1000-1999 "http://$HOST/big" >"$TMP/part"
check_eq "a part of it" "$(digest "$TMP/part")" \
	"$(head -c 2000 "$ROOTED/www/big" | tail -c 1000 | digest)"
kill -QUIT "$SERVER"
check "nginx ends when it is told to" wait "$SERVER"
check_protocol $((AT_ONCE + 2)) $((AT_ONCE * 3 + 2))
finish
