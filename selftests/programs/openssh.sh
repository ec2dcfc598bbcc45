#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# OpenSSH: a command at a terminal, and 50 MB by scp both ways

# shellcheck source=selftests/programs.sh
. ./programs.sh

PORT=22
MB=50
SESSIONS=4
# What an emulated machine is quickest with
OPTIONS="-q -o BatchMode=yes -o StrictHostKeyChecking=yes
	-o UserKnownHostsFile=$DATA/known -o IdentityFile=$DATA/user
	-o Ciphers=aes128-ctr -o MACs=umac-64@openssh.com"

new_key() { client ssh-keygen -q -t ed25519 -N "" -f "$DATA/$1"; }

prepare()
{
	new_key host
	new_key user
	cp "$ROOTED/user.pub" "$ROOTED/authorized"
	echo "* $(cat "$ROOTED/host.pub")" >"$ROOTED/known"
	cat >"$ROOTED/sshd.conf" <<-END
		ListenAddress $HOST:$PORT
		HostKey $DATA/host
		AuthorizedKeysFile $DATA/authorized
		PidFile none
		StrictModes no
		PrintMotd no
		PrintLastLog no
		Subsystem sftp /usr/lib/openssh/sftp-server
	END
}

# ssh_in ARGUMENT...: at the server
ssh_in()
{
	# shellcheck disable=SC2086
	client $CLASPRUN ssh $OPTIONS "$@"
}

copy()
{
	# shellcheck disable=SC2086
	client $CLASPRUN scp $OPTIONS "$@"
}

check_terminal()
{
	{
		echo 'stty -echo; echo terminal: $(tty)'
		echo 'echo sum: $((6 * 7)); exit'
	} | ssh_in -tt root@$SERVER_IP >"$TMP/terminal" 2>&1
	check "a terminal" grep -q '^terminal: /dev/pts/' "$TMP/terminal"
	check "and what was typed into it" grep -q 'sum: 42' "$TMP/terminal"
}

begin
prepare
make_file sent $MB
# sshd wants to be called by its full path.
server $CLASPRUN /usr/sbin/sshd -D -e -f $DATA/sshd.conf
need_listener
check_eq "a command" "$(ssh_in root@$SERVER_IP 'echo $((6 * 7))')" 42
ssh_in root@$SERVER_IP 'exit 33'
check_eq "its exit status" $? 33
if [ -e /programs/dev/pts/ptmx ]; then
	check_terminal
	SESSIONS=$((SESSIONS + 1))
else
	skip "a terminal" "the kernel has none"
fi
check "$MB MB there" copy $DATA/sent root@$HOST:$DATA/there
check_eq "the same arrived" "$(digest "$ROOTED/there")" "$(digest "$ROOTED/sent")"
check "$MB MB back" copy root@$HOST:$DATA/there $DATA/back
check_eq "the same came back" "$(digest "$ROOTED/back")" "$(digest "$ROOTED/sent")"
check_protocol $SESSIONS $SESSIONS
finish
