/* SPDX-License-Identifier: GPL-2.0 */
/* Sequence number arithmetic modulo 2^64 (RFC 9293, section 3.4). */
#ifndef _CLASP_SEQ_H
#define _CLASP_SEQ_H

#include <linux/types.h>

/**
 * clasp_before() - is @a older than @b?
 * @a: sequence number
 * @b: sequence number
 *
 * Meaningful for numbers less than 2^63 apart; those of one connection are
 * never farther from each other than the sum of two 32-bit windows.
 *
 * Return: true if @a comes before @b.
 */
static inline bool clasp_before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

/**
 * clasp_after() - is @a newer than @b?
 * @a: sequence number
 * @b: sequence number
 *
 * Return: true if @a comes after @b.
 */
static inline bool clasp_after(u64 a, u64 b)
{
	return clasp_before(b, a);
}

/**
 * clasp_between() - is @low <= @seq <= @high?
 * @low: sequence number
 * @seq: sequence number
 * @high: sequence number
 *
 * Return: true if @seq lies between the two or is one of them.
 */
static inline bool clasp_between(u64 low, u64 seq, u64 high)
{
	return high - low >= seq - low;
}

#endif /* _CLASP_SEQ_H */
