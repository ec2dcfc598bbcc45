# SPDX-License-Identifier: GPL-2.0
#
# The verbs of the project; each is a script in scripts/.  The kernel's build
# system does not read this file but Kbuild.

# The running kernel if its headers are here, else the test VM's.
KDIR ?= $(dir $(firstword $(wildcard /lib/modules/$(shell uname -r)/build/Makefile)))
VM_KERNEL := 6.1

export KERNEL TESTS CASES ROUNDS PROFILE CLOCK SEED SEEDS

all:
	@cp "$$(scripts/build $(or $(KDIR),$(VM_KERNEL)))/clasp.ko" .
	@echo "clasp.ko is for $$(/sbin/modinfo -F vermagic ./clasp.ko | cut -d' ' -f1)"

demo check bench soak lint:
	@scripts/$@

vm:
	@scripts/vm -k $(or $(KERNEL),$(VM_KERNEL)) shell

help:
	@echo 'make         build clasp.ko for KDIR (default: the running kernel, else $(VM_KERNEL))'
	@echo 'make demo    send a file over a lossy link in a VM and look at the connection'
	@echo 'make check   run all tests; KERNEL="6.1 ..." and TESTS="name ..." select'
	@echo 'make bench   measure CLASP beside TCP and SCTP in a VM; KERNEL=6.12 and CASES="name ..." select'
	@echo 'make soak    simulate two programs on a bad wire; SEEDS=100000 SEED=1 are how many and the first'
	@echo 'make vm      open a shell in a VM with the module loaded; KERNEL=6.1 selects'
	@echo 'make lint    check the style and the warnings of the source'
	@echo 'make clean   remove all that was built here (the caches stay)'
	@echo 'make help    print this'

# The patterns are for a module that was built in place, by hand.
clean:
	@rm -rf build
	@$(MAKE) -s -C selftests clean
	@find . -path ./.git -prune -o -type f \( -name '*.o' -o -name '*.ko' \
		-o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name 'modules.order' -o -name 'Module.symvers' \) -exec rm -f {} +

.PHONY: all demo check bench soak lint vm help clean
