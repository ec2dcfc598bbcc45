/* SPDX-License-Identifier: GPL-2.0 */
/* Programs of eBPF, so short that they are written in its machine language. */
#ifndef CLASP_SELFTEST_CALLS_EBPF_H
#define CLASP_SELFTEST_CALLS_EBPF_H

#include <linux/bpf.h>
#include <stddef.h>

#define EBPF(c, dst, src, o, i)						\
	((struct bpf_insn){ .code = (c), .dst_reg = (dst),		\
			    .src_reg = (src), .off = (o), .imm = (i) })
#define EBPF_MOV(dst, src) EBPF(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define EBPF_MOV_IMM(dst, i) EBPF(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, i)
/* A field of what register src points to. */
#define EBPF_FIELD(dst, src, field)					\
	EBPF(BPF_LDX | BPF_MEM | BPF_W, dst, src,			\
	     offsetof(struct __sk_buff, field), 0)
/* Register 0: a byte, or two, of the packet; register 6 points to its context. */
#define EBPF_PACKET(size, at) EBPF(BPF_LD | BPF_ABS | (size), 0, 0, 0, at)
/* 32 bits. */
#define EBPF_UNLESS_EQUAL(dst, i, skip)					\
	EBPF(BPF_JMP32 | BPF_JNE | BPF_K, dst, 0, skip, i)
#define EBPF_EXIT() EBPF(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* A file descriptor of the program, which the kernel must take. */
int ebpf_load(enum bpf_prog_type type, const struct bpf_insn *code,
	      size_t count);
/* Of one that returns this number, whatever it is given. */
int ebpf_returning(enum bpf_prog_type type, int value);

#endif
