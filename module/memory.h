/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that may not be had at the moment: the tests decide when. */
#ifndef _CLASP_MEMORY_H
#define _CLASP_MEMORY_H

#include <linux/types.h>

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
