/* SPDX-License-Identifier: GPL-2.0 */
/* What time does to a socket. */
#ifndef _CLASP_TIMER_H
#define _CLASP_TIMER_H

#include "clasp.h"

void clasp_timer_init(struct sock *sk);
void clasp_timer_stop(struct sock *sk, enum clasp_timer which);
void clasp_timer_stop_all(struct sock *sk);
void clasp_timer_run(struct sock *sk);

void clasp_timer_segment_sent(struct sock *sk, u64 now);
void clasp_timer_new_ack(struct sock *sk, u64 now);
void clasp_timer_backed_off(struct sock *sk);
void clasp_timer_reordering(struct sock *sk, u64 at);
void clasp_timer_end_sent(struct sock *sk, u64 now);
void clasp_timer_restart(struct sock *sk, u64 now);
void clasp_timer_window_checked(struct sock *sk, bool open);
void clasp_timer_ack_delayed(struct sock *sk, u64 now);
void clasp_timer_fin_awaited(struct sock *sk);
void clasp_timer_page_kept(struct sock *sk);
u64 clasp_timer_peer_heard(struct sock *sk);
void clasp_timer_keepalive_set(struct sock *sk, bool on);
void clasp_timer_user_timeout_set(struct sock *sk);

#endif /* _CLASP_TIMER_H */
