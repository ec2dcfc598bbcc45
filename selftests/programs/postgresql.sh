#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# PostgreSQL and pgbench: its table is made, written and read by four clients.

# shellcheck source=selftests/programs.sh
. ./programs.sh

PORT=5432
BIN=/usr/lib/postgresql/15/bin
CLIENTS=4
EACH=25

# The server refuses to be root.
AS_POSTGRES="/usr/sbin/chroot --userspec=postgres:postgres /"

bench()
{
	client $CLASPRUN $BIN/pgbench -h $SERVER_IP -p $PORT -U postgres "$@" postgres
}

sql()
{
	client $CLASPRUN $BIN/psql -h $SERVER_IP -p $PORT -U postgres -X -A -t -c "$1" postgres
}

prepare()
{
	mkdir "$ROOTED/db"
	chown 101:101 "$ROOTED/db"
	chmod 700 "$ROOTED/db"
	client $AS_POSTGRES $BIN/initdb -D $DATA/db -A trust -E UTF8 --locale=C \
		--no-sync --no-instructions >"$TMP/initdb" 2>&1 ||
		bail "initdb: $(cat "$TMP/initdb")"
	echo "host all all all trust" >>"$ROOTED/db/pg_hba.conf"
}

begin
prepare
server $AS_POSTGRES $CLASPRUN $BIN/postgres -D $DATA/db -h $SERVER_IP -p $PORT \
	-k "" -F -c jit=off -c autovacuum=off
need_listener
ready() { [ "$(sql 'select 1')" = 1 ]; }
need ready
check "the tables are made" bench -i -q -s 1
check "$CLIENTS clients write $EACH times each" bench -n -c $CLIENTS -t $EACH
check "$CLIENTS clients read $EACH times each" bench -n -S -M prepared -c $CLIENTS -t $EACH
check_eq "all that was written is there" \
	"$(sql 'select count(*) from pgbench_history')" $((CLIENTS * EACH))
check_eq "the accounts have what the tellers have" \
	"$(sql 'select sum(abalance) from pgbench_accounts')" \
	"$(sql 'select sum(tbalance) from pgbench_tellers')"
# 4 MB in one answer
check_eq "a long answer" "$(sql "select repeat('0123456789abcdef', 262144)" | digest)" \
	"$( { yes 0123456789abcdef | head -n 262144 | tr -d '\n'; echo; } | digest)"
kill -INT "$SERVER"
check "the server ends well" wait "$SERVER"
check_protocol $((2 * CLIENTS + 6))
finish
