# shellcheck shell=bash
# Helpers that several scripts share. Source this file; don't run it.
#
#   say TEXT...               one line of progress, on stderr
#   die TEXT...               the same, and the script ends with status 1
#   cache                     print the cache directory
#   cache_lock KIND NAME      hold the lock of a cache entry until the script ends
#   cache_begin KIND NAME     make a work directory for the entry and print its path
#   cache_commit WORK ENTRY   put a finished work directory in its place
#
# An entry is built in a work directory beside its final place and renamed when
# it is complete, so that a run that was interrupted never leaves half an entry.
# Whoever holds the lock next clears away what such a run left behind.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
	say "$@"
	exit 1
}

cache() { printf '%s\n' "${CLASP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/clasp}"; }

# The lock belongs to the open file, so it ends with the script, however that ends.
cache_lock() {
	local dir
	dir=$(cache)/$1
	mkdir -p "$dir"
	exec 9>"$dir/.lock-$2"
	flock -n 9 || {
		say "another run is at work on $1/$2, waiting for it"
		flock 9
	}
}

# Only for the holder of the lock: any work directory of that name is a leftover.
cache_begin() {
	local dir
	dir=$(cache)/$1
	rm -rf "$dir/.work-$2".*
	mktemp -d "$dir/.work-$2.XXXXXX"
}

cache_commit() {
	rm -rf "$2"
	# mktemp gives the owner alone access; a cache is nothing secret.
	chmod 755 "$1"
	mv -T "$1" "$2"
}
