# shellcheck shell=bash
# Packages from Debian without touching the system: apt with lists and caches of
# its own, in a directory that goes away afterwards. That needs no root, and the
# lists are always fresh (a list that is some weeks old names packages that the
# mirrors no longer have). Signatures are checked as ever.
#
#   apt_begin DIR SUITE     SUITE '' is the system's own sources
#   apt_fetch DEBS ROOT     download the packages on stdin ("name version") and unpack them
#
# After apt_begin, apt-get and apt-cache see only what it set up.

apt_begin() {
	local dir=$1 suite=$2 mirror
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	# The command line's options come too early for #clear, hence a file.
	# Sandbox: apt's own user cannot see into a home directory.
	cat >"$dir/apt.conf" <<-EOF
		Dir::State "$dir";
		Dir::State::lists "$dir/lists";
		Dir::State::status "/dev/null";
		Dir::Cache "$dir/cache";
		APT::Sandbox::User "root";
		APT::Get::AllowUnauthenticated "false";
		Acquire::AllowInsecureRepositories "false";
		Acquire::Languages "none";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	EOF
	apt_conf=$dir/apt.conf
	apt_update

	[ -n "$suite" ] || return 0
	# The system's mirror of Debian serves the other suites as well.
	# shellcheck disable=SC2016 # apt expands these
	mirror=$(apt_get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' |
		awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
	[ -n "$mirror" ] || die "apt has no source of Debian packages set up"
	cat >"$dir/debian.sources" <<-EOF
		Types: deb
		URIs: $mirror
		Suites: $suite
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	EOF
	cat >>"$dir/apt.conf" <<-EOF
		Dir::Etc::sourcelist "$dir/debian.sources";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
	EOF
	apt_update
}

apt_get() { apt-get -c "$apt_conf" -q "$@"; }
apt_cache() { apt-cache -c "$apt_conf" "$@"; }

# A source that fails, say a third party's, is no concern unless a package is
# missing then, and that gets reported where it is looked for.
apt_update() {
	apt_get update >"$apt_conf.log" 2>&1 || true
	grep -E '^(E:|W: Failed)' "$apt_conf.log" | head -n 3 >&2 || true
}

# The version that apt would take, empty if there is no such package.
apt_version() {
	LC_ALL=C apt_cache policy "$1" | sed -n 's/^  Candidate: //p' | grep -vxF '(none)' || true
}

# What a package depends on directly, one name in a line.
apt_depends() {
	LC_ALL=C apt_cache depends --important "$1" | sed -n 's/^[ |]*\(Pre\)\?Depends: //p'
}

apt_fetch() {
	local debs=$1 root=$2 deb
	mkdir "$debs" "$root"
	(cd "$debs" && sed 's/ /=/' | xargs apt-get -c "$apt_conf" -q download >apt.log 2>&1) ||
		die "the download failed: $(grep -m1 '^E:' "$debs/apt.log")"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$root"
		rm "$deb"
	done
}
