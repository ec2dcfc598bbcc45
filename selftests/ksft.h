/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP output for the C selftests, with the names that the kernel's own
 * kselftest.h uses, cut down to what is needed here.
 */
#ifndef CLASP_SELFTEST_KSFT_H
#define CLASP_SELFTEST_KSFT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ktypes.h"

#define KSFT_PASS 0
#define KSFT_FAIL 1
#define KSFT_SKIP 4

static struct {
	unsigned int plan;
	unsigned int pass;
	unsigned int fail;
	unsigned int skip;
} ksft_cnt;

static inline void ksft_print_header(void)
{
	/* A line must be out before a test that may hang or crash starts. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("TAP version 13");
}

static inline void ksft_set_plan(unsigned int plan)
{
	ksft_cnt.plan = plan;
	printf("1..%u\n", plan);
}

static inline unsigned int ksft_test_num(void)
{
	return ksft_cnt.pass + ksft_cnt.fail + ksft_cnt.skip;
}

static inline __printf(1, 2)
void ksft_print_msg(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# ");
	vprintf(fmt, args);
	va_end(args);
}

static inline __printf(2, 3)
void ksft_test_result(int ok, const char *fmt, ...)
{
	va_list args;

	if (ok)
		ksft_cnt.pass++;
	else
		ksft_cnt.fail++;
	printf("%s %u ", ok ? "ok" : "not ok", ksft_test_num());
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

static inline void ksft_test_result_skip(const char *name, const char *why)
{
	ksft_cnt.skip++;
	printf("ok %u %s # SKIP %s\n", ksft_test_num(), name, why);
}

static inline __noreturn void ksft_finished(void)
{
	printf("# Totals: pass:%u fail:%u skip:%u\n", ksft_cnt.pass,
	       ksft_cnt.fail, ksft_cnt.skip);
	fflush(stdout);
	if (ksft_cnt.fail || ksft_test_num() != ksft_cnt.plan)
		exit(KSFT_FAIL);
	exit(ksft_cnt.pass ? KSFT_PASS : KSFT_SKIP);
}

static inline __noreturn void ksft_exit_skip(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(KSFT_SKIP);
}

static inline __noreturn void ksft_exit_fail_msg(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(KSFT_FAIL);
}

#endif
