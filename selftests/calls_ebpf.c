// SPDX-License-Identifier: GPL-2.0
/* Loads programs of eBPF. */
#include "calls_ebpf.h"
#include "calls.h"

#include <sys/syscall.h>

int ebpf_load(enum bpf_prog_type type, const struct bpf_insn *code,
	      size_t count)
{
	static char why[65536];
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (unsigned long)code,
		.insn_cnt = count,
		.license = (unsigned long)"GPL",
		.log_buf = (unsigned long)why,
		.log_size = sizeof(why),
		.log_level = 1,
	};
	int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (!expect(fd >= 0)) {
		printf("# %s\n", why);
		exit(1);
	}
	return fd;
}

int ebpf_returning(enum bpf_prog_type type, int value)
{
	const struct bpf_insn code[] = {
		EBPF_MOV_IMM(BPF_REG_0, value),
		EBPF_EXIT(),
	};

	return ebpf_load(type, code, 2);
}
