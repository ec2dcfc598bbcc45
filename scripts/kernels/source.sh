# shellcheck shell=bash disable=SC2034,SC2154,SC2164
# A small kernel with every check switched on, from Debian's packaged source:
# tinyconfig and the options of debug.config, all built in.

case $series in
7.*) recipe_suite=unstable ;;
*) recipe_suite='' ;;
esac

# A module must be compiled by the compiler that compiled the kernel.
recipe_key() { gcc -dumpfullversion 2>/dev/null || true; }

recipe_packages() {
	local version
	version=$(apt_version "linux-source-$series")
	[ -n "$version" ] || die "apt offers no linux-source-$series"
	echo "linux-source-$series $version"
}

# Every option of the fragment has to be in the finished configuration as it is
# written; one that kconfig dropped would be a check that silently isn't made.
check_config() {
	local line option bad=''
	while read -r line; do
		case $line in
		CONFIG_*) grep -qxF "$line" .config || bad+=" ${line%%=*}" ;;
		'# CONFIG_'*)
			option=${line#\# }
			! grep -q "^${option%% *}=" .config || bad+=" ${option%% *}"
			;;
		esac
	done <"$config"
	[ -z "$bad" ] || die "these options of ${config##*/} did not take:$bad"
}

# One line for every 200 files: a build of many minutes should show that it lives.
progress() {
	local step n=0
	while read -r step _; do
		case $step in
		CC | AS | AR | LD) n=$((n + 1)) ;;
		*) continue ;;
		esac
		[ $((n % 200)) != 0 ] || say "$name: $n of about 2150 steps"
	done
}

recipe_build() {
	local work=$1 entry=$1/entry log
	log=$(cache)/kernels/$name.log
	mkdir "$work/src"
	tar -xf "$work/root/usr/src/linux-source-$series.tar.xz" -C "$work/src" --strip-components=1
	rm -rf "$work/root"
	cd "$work/src"

	# This may run under the make of the module, whose settings are not meant
	# for the kernel.
	unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL KBUILD_OUTPUT KBUILD_EXTMOD \
		KBUILD_VERBOSE ARCH CROSS_COMPILE M O C W V KCFLAGS KCPPFLAGS
	# What the kernel says of itself does not depend on who built it, and when.
	export KBUILD_BUILD_USER=clasp KBUILD_BUILD_HOST=clasp KBUILD_BUILD_TIMESTAMP=@0
	say "$name: building it takes about 12 minutes on two cores, only this once"
	{
		make ARCH=x86_64 tinyconfig
		cat "$config" >>.config
		make ARCH=x86_64 olddefconfig
	} >"$log" 2>&1 || die "configuring failed, see $log"
	check_config
	make ARCH=x86_64 -j"$(nproc)" bzImage modules 2>&1 | tee -a "$log" | progress || {
		grep -E 'error|Error|\*\*\*' "$log" | head -n 5 >&2 || true
		die "the build failed, see $log"
	}

	make -s ARCH=x86_64 kernelrelease >"$entry/release"
	cp arch/x86/boot/bzImage "$entry/vmlinuz"
	make -s ARCH=x86_64 modules_install INSTALL_MOD_PATH="$entry" >>"$log" 2>&1
	rm -f "$entry"/lib/modules/*/build "$entry"/lib/modules/*/source

	# Of 2 GB, what compiling a module takes, and what checks it.
	find . -name '*.o' -delete
	mkdir "$entry/build"
	cp -a --parents .config Makefile Kbuild Module.symvers System.map include scripts \
		arch/x86/Makefile* arch/x86/include tools/objtool/objtool tools/testing/kunit \
		"$entry/build"
	cd /
}
