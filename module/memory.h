/* SPDX-License-Identifier: GPL-2.0 */
/* The memory of all sockets together, and when there is none. */
#ifndef _CLASP_MEMORY_H
#define _CLASP_MEMORY_H

#include <linux/percpu_counter.h>
#include <linux/types.h>

struct sock;

/*
 * net.clasp.mem_pages: in peace below the first; above the second until below
 * the first again, memory is short; above the third, there is none.
 */
#define CLASP_MEMORY_LIMITS	3

/* What struct proto points to. */
extern atomic_long_t clasp_memory_allocated;
DECLARE_PER_CPU(int, clasp_memory_per_cpu_fw_alloc);
extern struct percpu_counter clasp_memory_sockets;
extern unsigned long clasp_memory_short;
extern long clasp_memory_limits[CLASP_MEMORY_LIMITS];
extern int clasp_memory_least;

void clasp_memory_enter_pressure(struct sock *sk);
bool clasp_memory_pressed(const struct sock *sk);
bool clasp_memory_spare(const struct sock *sk);
bool clasp_memory_exhausted(const struct sock *sk);
int clasp_memory_init(void);
void clasp_memory_exit(void);

#ifdef CLASP_KUNIT
extern bool (*clasp_memory_hook)(void);
#endif

/**
 * clasp_memory_refused() - is an allocation to fail, for a test?
 *
 * Asked before each allocation that nobody can wait for.
 *
 * Return: true if it is to be as if there was no memory; never without KUnit.
 */
static inline bool clasp_memory_refused(void)
{
#ifdef CLASP_KUNIT
	return clasp_memory_hook && clasp_memory_hook();
#else
	return false;
#endif
}

#endif /* _CLASP_MEMORY_H */
