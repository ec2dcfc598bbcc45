// SPDX-License-Identifier: GPL-2.0
/*
 * Times of what is sent and received, for programs: SO_TIMESTAMPING.
 *
 * A time belongs to the last byte of a send(2), and its key is how many bytes
 * were written before that one since SOF_TIMESTAMPING_OPT_ID was set. The
 * kernel sets struct sock::sk_tskey to 0 then; here it counts them.
 */
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "rtxq.h"
#include "stamp.h"

/**
 * clasp_stamp_read() - what the control messages of send(2) say
 * @sk: the socket, locked
 * @msg: has them
 * @wanted: becomes what is to be told about this write
 *
 * Messages that mean nothing for a stream are checked and ignored, as by TCP.
 *
 * Return: 0, -EINVAL, -EPERM.
 */
int clasp_stamp_read(struct sock *sk, struct msghdr *msg,
		     struct sockcm_cookie *wanted)
{
	int err = 0;

	sockcm_init(wanted, sk);
	if (msg->msg_controllen)
		err = sock_cmsg_send(sk, msg, wanted);
	if (!err && clasp_compat_sockcm_refused(wanted))
		err = -EINVAL;
	return err;
}

/**
 * clasp_stamp_ask() - a write is over: tell the times of its last byte
 * @sk: the socket, locked
 * @wanted: which
 * @bytes: how many were written
 */
void clasp_stamp_ask(struct sock *sk, const struct sockcm_cookie *wanted,
		     u32 bytes)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);
	u32 flags = wanted->tsflags;
	u32 key = 0;

	sock_owned_by_me(sk);
	if (flags & SOF_TIMESTAMPING_OPT_ID)
		key = atomic_add_return(bytes, &sk->sk_tskey) - 1;
	if (!skb || !(flags & SOF_TIMESTAMPING_TX_RECORD_MASK))
		return;
	__sock_tx_timestamp(flags, &skb_shinfo(skb)->tx_flags);
	skb_shinfo(skb)->tskey = key;
	CLASP_CB(skb)->stamp_seq = CLASP_CB(skb)->end_seq - 1;
	if (flags & SOF_TIMESTAMPING_TX_ACK)
		CLASP_CB(skb)->state |= CLASP_SKB_STAMP_ACK;
}

/**
 * clasp_stamp_split() - the times go with their byte
 * @skb: of the send queue, its head its own
 * @rest: what was cut off from it, its control block a copy
 */
void clasp_stamp_split(struct sk_buff *skb, struct sk_buff *rest)
{
	struct skb_shared_info *from = skb_shinfo(skb), *to = skb_shinfo(rest);

	if (clasp_before(CLASP_CB(skb)->stamp_seq, CLASP_CB(rest)->seq)) {
		CLASP_CB(rest)->state &= ~CLASP_SKB_STAMP_ACK;
		return;
	}
	to->tx_flags |= from->tx_flags & SKBTX_ANY_TSTAMP;
	to->tskey = from->tskey;
	from->tx_flags &= ~SKBTX_ANY_TSTAMP;
	CLASP_CB(skb)->state &= ~CLASP_SKB_STAMP_ACK;
}

/**
 * clasp_stamp_acked() - tell when a byte was acknowledged
 * @sk: the socket, locked
 * @skb: of the send queue, sent
 * @ack_seq: all before this is acknowledged
 */
void clasp_stamp_acked(struct sock *sk, struct sk_buff *skb, u64 ack_seq)
{
	struct clasp_cb *cb = CLASP_CB(skb);
	unsigned long node;

	if (!(cb->state & CLASP_SKB_STAMP_ACK) ||
	    !clasp_before(cb->stamp_seq, ack_seq))
		return;
	cb->state &= ~CLASP_SKB_STAMP_ACK;
	node = clasp_rtxq_hide(skb);
	clasp_compat_stamp_ack(sk, skb);
	clasp_rtxq_unhide(skb, node);
}

static bool clasp_stamp_known(struct sk_buff *skb)
{
	return skb->tstamp || skb_hwtstamps(skb)->hwtstamp;
}

/**
 * clasp_stamp_note() - the reader got bytes of this skb
 * @stamp: becomes when it was received, if that is known
 * @skb: of the receive queue
 */
void clasp_stamp_note(struct clasp_stamp *stamp, struct sk_buff *skb)
{
	if (!clasp_stamp_known(skb))
		return;
	stamp->software = skb->tstamp;
	stamp->hardware = skb_hwtstamps(skb)->hwtstamp;
}

/**
 * clasp_stamp_inherit() - an skb gets another's data
 * @skb: of the receive queue, its head its own
 * @from: the other one, received later
 */
void clasp_stamp_inherit(struct sk_buff *skb, struct sk_buff *from)
{
	if (!clasp_stamp_known(from))
		return;
	skb->tstamp = from->tstamp;
	*skb_hwtstamps(skb) = *skb_hwtstamps(from);
}

/* SO_TIMESTAMPNS, and its form with 64 bits everywhere. */
static void clasp_stamp_put_ns(struct msghdr *msg, struct timespec64 ts,
			       bool wide)
{
	struct __kernel_old_timespec old = {
		.tv_sec = ts.tv_sec,
		.tv_nsec = ts.tv_nsec,
	};
	struct __kernel_timespec new = {
		.tv_sec = ts.tv_sec,
		.tv_nsec = ts.tv_nsec,
	};

	if (wide)
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMPNS_NEW, sizeof(new),
			 &new);
	else
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMPNS_OLD, sizeof(old),
			 &old);
}

/* SO_TIMESTAMP, and its form with 64 bits everywhere. */
static void clasp_stamp_put_us(struct msghdr *msg, struct timespec64 ts,
			       bool wide)
{
	struct __kernel_old_timeval old = {
		.tv_sec = ts.tv_sec,
		.tv_usec = ts.tv_nsec / 1000,
	};
	struct __kernel_sock_timeval new = {
		.tv_sec = ts.tv_sec,
		.tv_usec = ts.tv_nsec / 1000,
	};

	if (wide)
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMP_NEW, sizeof(new), &new);
	else
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMP_OLD, sizeof(old), &old);
}

/* Does SO_TIMESTAMPING ask for times of this kind? */
static bool clasp_stamp_wanted(u32 flags, u32 report, u32 generate)
{
	return flags & report &&
	       (flags & generate || !clasp_compat_stamp_filtered(flags));
}

/**
 * clasp_stamp_tell() - control messages with the time of what was read
 * @sk: the socket
 * @msg: gets those that the program asked for
 * @stamp: the time of the newest data read
 */
void clasp_stamp_tell(const struct sock *sk, struct msghdr *msg,
		      const struct clasp_stamp *stamp)
{
	struct timespec64 ts = ktime_to_timespec64(stamp->software);
	bool wide = sock_flag(sk, SOCK_TSTAMP_NEW);
	u32 flags = READ_ONCE(sk->sk_tsflags);
	struct clasp_stamp told = {};

	if (stamp->software && sock_flag(sk, SOCK_RCVTSTAMP)) {
		if (sock_flag(sk, SOCK_RCVTSTAMPNS))
			clasp_stamp_put_ns(msg, ts, wide);
		else
			clasp_stamp_put_us(msg, ts, wide);
	}
	if (clasp_stamp_wanted(flags, SOF_TIMESTAMPING_SOFTWARE,
			       SOF_TIMESTAMPING_RX_SOFTWARE))
		told.software = stamp->software;
	if (clasp_stamp_wanted(flags, SOF_TIMESTAMPING_RAW_HARDWARE,
			       SOF_TIMESTAMPING_RX_HARDWARE))
		told.hardware = stamp->hardware;
	if (told.software || told.hardware)
		clasp_compat_put_stamps(msg, told.software, told.hardware,
					wide);
}
