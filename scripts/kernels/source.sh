# shellcheck shell=bash disable=SC2034,SC2154,SC2164
# A small kernel from Debian's packaged source: tinyconfig and the options of a
# fragment, all built in; with a patch, if there is one. ARCH is um if the fragment's
# name says so.

case $series in
7.*) recipe_suite=unstable ;;
*) recipe_suite='' ;;
esac

case $config in
*/um.config)
	arch=um image=linux steps=1250 minutes=6
	# What only this architecture has; the rest of it is x86's.
	arch_files="arch/um arch/x86/um"
	;;
*)
	arch=x86_64 image=arch/x86/boot/bzImage steps=2150 minutes=12
	arch_files="tools/objtool/objtool"
	;;
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
		[ $((n % 200)) != 0 ] || say "$name: $n of about $steps steps"
	done
}

# Newer kernels have in scripts/ only a link to it.
kernel_doc_files() {
	[ ! -d tools/docs ] || echo tools/docs tools/lib/python
}

recipe_build() {
	local work=$1 entry=$1/entry log
	log=$(cache)/kernels/$name.log
	mkdir "$work/src"
	tar -xf "$work/root/usr/src/linux-source-$series.tar.xz" -C "$work/src" --strip-components=1
	rm -rf "$work/root"
	cd "$work/src"
	[ -z "$patch" ] || patch -s -p1 <"$patch"

	# This may run under the make of the module, whose settings are not meant
	# for the kernel.
	unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL KBUILD_OUTPUT KBUILD_EXTMOD \
		KBUILD_VERBOSE ARCH CROSS_COMPILE M O C W V KCFLAGS KCPPFLAGS
	# What the kernel says of itself does not depend on who built it, and when.
	export KBUILD_BUILD_USER=clasp KBUILD_BUILD_HOST=clasp KBUILD_BUILD_TIMESTAMP=@0
	say "$name: building it takes about $minutes minutes on two cores, only this once"
	{
		make ARCH=$arch tinyconfig
		cat "$config" >>.config
		make ARCH=$arch olddefconfig
	} >"$log" 2>&1 || die "configuring failed, see $log"
	check_config
	make ARCH=$arch -j"$(nproc)" "${image##*/}" modules 2>&1 | tee -a "$log" | progress || {
		grep -E 'error|Error|\*\*\*' "$log" | head -n 5 >&2 || true
		die "the build failed, see $log"
	}

	make -s ARCH=$arch kernelrelease >"$entry/release"
	cp "$image" "$entry/vmlinuz"
	make -s ARCH=$arch modules_install INSTALL_MOD_PATH="$entry" >>"$log" 2>&1
	rm -f "$entry"/lib/modules/*/build "$entry"/lib/modules/*/source

	# Of 2 GB, what compiling a module takes, and what checks it.
	find . -name '*.o' -delete
	mkdir "$entry/build"
	# shellcheck disable=SC2046,SC2086
	cp -a --parents .config Makefile Kbuild Module.symvers System.map include scripts \
		arch/x86/Makefile* arch/x86/include $arch_files tools/testing/kunit \
		$(kernel_doc_files) "$entry/build"
	# make reads this first: who builds a module need not know the architecture.
	printf 'export ARCH := %s\ninclude Makefile\n' "$arch" >"$entry/build/GNUmakefile"
	cd /
}
