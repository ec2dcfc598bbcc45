/* SPDX-License-Identifier: GPL-2.0 */
/* The door: what socket(2) finds. */
#ifndef _CLASP_FAMILY_H
#define _CLASP_FAMILY_H

#include "clasp.h"

int clasp_family_init(void);
void clasp_family_exit(void);
int clasp_family_register(void);
void clasp_family_unregister(void);

#endif /* _CLASP_FAMILY_H */
