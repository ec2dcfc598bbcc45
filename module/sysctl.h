/* SPDX-License-Identifier: GPL-2.0 */
/* The knobs, per network namespace: net.clasp.* */
#ifndef _CLASP_SYSCTL_H
#define _CLASP_SYSCTL_H

struct net;

int clasp_sysctl_init(struct net *net);
void clasp_sysctl_exit(struct net *net);

#endif /* _CLASP_SYSCTL_H */
