#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# rsync with its daemon: a tree there and back, and what has changed in it

# shellcheck source=selftests/programs.sh
. ./programs.sh

PORT=873
FILES=200
MB=20

write_config()
{
	cat >"$ROOTED/rsyncd.conf" <<-END
		use chroot = no
		uid = root
		gid = root
		[box]
		path = $DATA/there
		read only = no
	END
}

make_tree()
{
	local n=0
	mkdir "$ROOTED/tree" "$ROOTED/tree/small" "$ROOTED/there"
	make_file tree/big $MB
	while [ $n -lt $FILES ]; do
		echo "this is file $n" >"$ROOTED/tree/small/$n"
		n=$((n + 1))
	done
	ln -s small/7 "$ROOTED/tree/link"
}

sync() { client $CLASPRUN rsync -a --delete "$@"; }

# same A B: the same names with the same contents
same() { [ "$(sums "$1")" = "$(sums "$2")" ]; }
sums() { (cd "$ROOTED/$1" && find . | sort && find . -type f | sort | xargs sha256sum); }

begin
write_config
make_tree
server $CLASPRUN rsync --daemon --no-detach --address=$SERVER_IP --port=$PORT \
	--config=$DATA/rsyncd.conf
need_listener
BOX=rsync://$HOST/box/
check "a tree there" sync $DATA/tree/ $BOX
check "it is the same" same there tree
check "and back" sync $BOX $DATA/back/
check "it is the same" same back tree

# A megabyte in the middle changes, a file comes, and some go.
dd if=/dev/urandom of="$ROOTED/tree/big" bs=1M count=1 seek=$((MB / 2)) \
	conv=notrunc 2>/dev/null
echo new >"$ROOTED/tree/new"
rm "$ROOTED/tree/small/1"*
sync --checksum --no-whole-file --stats $DATA/tree/ $BOX >"$TMP/stats" 2>&1
check_eq "what has changed" $? 0
check "it is the same" same there tree
check_range "and no more was sent than that" \
	"$(sed -n 's/^Literal data: \([0-9,]*\) .*/\1/p' "$TMP/stats" | tr -d ,)" \
	1000000 2000000
check_protocol 3 3
finish
