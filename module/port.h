/* SPDX-License-Identifier: GPL-2.0 */
/* Who owns which local port. */
#ifndef _CLASP_PORT_H
#define _CLASP_PORT_H

#include "clasp.h"

int clasp_port_bind(struct sock *sk, unsigned short number);
int clasp_port_connect(struct sock *sk);
void clasp_port_readdress(struct sock *sk);
int clasp_port_share(struct clasp_table *table, struct clasp_binding *from,
		     struct clasp_binding *to);
struct clasp_waiters *clasp_port_wait(struct sock *sk);
void clasp_port_wait_over(struct clasp_table *table,
			  struct clasp_waiters *waiters);
void clasp_port_put(struct sock *sk);
void clasp_port_release(struct clasp_table *table,
			struct clasp_binding *binding);
int clasp_port_listen(struct sock *sk, bool listening);

#endif /* _CLASP_PORT_H */
