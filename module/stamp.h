/* SPDX-License-Identifier: GPL-2.0 */
/* Times of what is sent and received, for programs: SO_TIMESTAMPING. */
#ifndef _CLASP_STAMP_H
#define _CLASP_STAMP_H

#include "clasp.h"

/**
 * struct clasp_stamp - when data was received
 * @software: by the kernel's clock, or 0 if it was not looked at
 * @hardware: by the device's, or 0
 */
struct clasp_stamp {
	ktime_t software;
	ktime_t hardware;
};

int clasp_stamp_read(struct sock *sk, struct msghdr *msg,
		     struct sockcm_cookie *wanted);
void clasp_stamp_ask(struct sock *sk, const struct sockcm_cookie *wanted,
		     u32 bytes);
void clasp_stamp_split(struct sk_buff *skb, struct sk_buff *rest);
void clasp_stamp_acked(struct sock *sk, struct sk_buff *skb, u64 ack_seq);
void clasp_stamp_note(struct clasp_stamp *stamp, struct sk_buff *skb);
void clasp_stamp_inherit(struct sk_buff *skb, struct sk_buff *from);
void clasp_stamp_tell(const struct sock *sk, struct msghdr *msg,
		      const struct clasp_stamp *stamp);

#endif /* _CLASP_STAMP_H */
