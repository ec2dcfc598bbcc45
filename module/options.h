/* SPDX-License-Identifier: GPL-2.0 */
/* Socket options and ioctls. */
#ifndef _CLASP_OPTIONS_H
#define _CLASP_OPTIONS_H

#include "clasp.h"

int clasp_setsockopt(struct sock *sk, int level, int optname,
		     sockptr_t optval, unsigned int optlen);
int clasp_getsockopt(struct sock *sk, int level, int optname,
		     char __user *optval, int __user *optlen);
void clasp_keepalive(struct sock *sk, int on);
int clasp_ioctl(struct sock *sk, int cmd, int *result);

#endif /* _CLASP_OPTIONS_H */
