/* SPDX-License-Identifier: GPL-2.0 */
/* Connections that no program holds any more. */
#ifndef _CLASP_ORPHAN_H
#define _CLASP_ORPHAN_H

#include "clasp.h"

void clasp_orphans_init(struct clasp_orphans *orphans);
bool clasp_orphans_too_many(const struct sock *sk);
void clasp_orphans_end_all(struct net *net);

void clasp_orphan_begin(struct sock *sk);
void clasp_orphan_end(struct sock *sk);

#endif /* _CLASP_ORPHAN_H */
