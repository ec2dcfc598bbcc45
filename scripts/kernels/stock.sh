# shellcheck shell=bash disable=SC2034,SC2154
# A kernel as Debian ships it, unpacked from its packages instead of installed,
# since installing would put it into the boot loader of this machine.

recipe_suite=''

recipe_key() { :; }

recipe_packages() {
	local meta image='' headers part
	# The package that stands for "the newest 6.12" is named after the series
	# only where the series is not the release's default.
	for meta in "linux-image-$series-cloud-amd64" linux-image-cloud-amd64; do
		image=$(apt_depends "$meta" 2>/dev/null | grep -m1 "^linux-image-${series//./\\.}\.[0-9]" || true)
		[ -z "$image" ] || break
	done
	[ -n "$image" ] || die "apt offers no Debian kernel $series; on Debian 12 it is in bookworm-security"
	headers=${image/image/headers}
	# All that the headers need of the kernel's packages, gcc aside.
	for part in "$image" "$headers" \
		$(apt_depends "$headers" | grep -E '^linux-(headers|kbuild)-'); do
		echo "$part $(apt_version "$part")"
	done | sort
}

recipe_build() {
	local root=$1/root entry=$1/entry release headers common gcc
	release=$(cd "$root/lib/modules" && echo *)
	headers=usr/src/linux-headers-$release

	gcc=$(sed -n 's/^CC = .*)\(gcc-[0-9]*\)$/\1/p' "$root/$headers/.kernelvariables")
	command -v "${gcc:-gcc}" >/dev/null || die "the headers of $release want $gcc, which is not installed"

	echo "$release" >"$entry/release"
	mv "$root/boot/vmlinuz-$release" "$entry/vmlinuz"
	mv "$root/lib" "$entry/lib"
	mkdir "$entry/usr"
	mv "$root/usr/src" "$root/usr/lib" "$entry/usr"

	# The links between the packages are relative and stay good. What names
	# /usr/src has to become relative as well.
	common=$(sed -n 's,^include /usr/src/\(.*\)/Makefile$,\1,p' "$entry/$headers/Makefile")
	[ -d "$entry/usr/src/$common" ] || die "the headers of $release are not laid out as expected"
	sed -i 's,^include /usr/src/,include ../,' "$entry/$headers/Makefile"
	rm -f "$entry/lib/modules/$release/build" "$entry/lib/modules/$release/source"
	# Type information for modules needs this file and pahole; nothing here uses it.
	rm -f "$entry/$headers/vmlinux"
	ln -s "$headers" "$entry/build"
	depmod -b "$entry" "$release"
}
