// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent data: a mark in the stream, and the byte before it.
 *
 * The pointer in the header is that of RFC 6093 and RFC 9293, section 3.8.5: it
 * points to the number after the last urgent byte. Programs see what TCP shows
 * them (tcp(7)): the byte before the mark is taken out of the stream, unless
 * SO_OOBINLINE is set, and is read by MSG_OOB; other reads stop at it.
 *
 * It stays in the receive queue all the same. So there is nothing to be kept of
 * segments that are thrown away, and whatever a peer points to costs nothing.
 */
#include <linux/uio.h>

#include "urgent.h"

/**
 * clasp_urgent_point() - set the urgent pointer of a segment to be sent
 * @csk: the socket, locked
 * @header: its header, seq and flags set
 *
 * A pointer that 16 bits cannot hold is left out; segments closer to the mark
 * have it.
 *
 * Source: RFC 9293, sections 3.1 and 3.8.5.
 */
void clasp_urgent_point(const struct clasp_sock *csk,
			struct clasp_header *header)
{
	u64 ahead = csk->urgent.snd_up - header->seq;

	if (!clasp_urgent_sending(csk) || ahead - 1 >= U16_MAX ||
	    header->flags & (CLASP_SYN | CLASP_RST))
		return;
	header->flags |= CLASP_URG;
	header->urg_ptr = ahead;
}

/*
 * A reader who stands right before the byte of the mark that moves on now has
 * had all but that byte, and would get it as data of the stream (tcp_input.c:
 * tcp_check_urg()).
 */
static void clasp_urgent_pass(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (clasp_urgent_hidden(sk, csk->copied_seq) &&
	    clasp_urgent_arrived(sk))
		WRITE_ONCE(csk->copied_seq, csk->copied_seq + 1);
}

/**
 * clasp_urgent_take() - process the urgent pointer of a segment
 * @sk: the socket, locked
 * @skb: an acceptable segment, still with its header
 *
 * The program is told of every pointer that is ahead of the one before and of
 * all that has been received, even if the window is shut.
 *
 * Source: RFC 9293, section 3.10.7.4, sixth; section 3.8.5.
 */
void clasp_urgent_take(struct sock *sk, const struct sk_buff *skb)
{
	struct clasp_urgent *urgent = &clasp_sk(sk)->urgent;
	const struct clasp_cb *cb = CLASP_CB(skb);
	u64 up = cb->seq + cb->urg_ptr - 1;

	sock_owned_by_me(sk);
	if (!(cb->flags & CLASP_URG) || clasp_before(up, clasp_sk(sk)->rcv_nxt))
		return;
	if (urgent->phase != CLASP_URGENT_NONE &&
	    !clasp_after(up, urgent->rcv_up))
		return;
	clasp_urgent_pass(sk);
	WRITE_ONCE(urgent->rcv_up, up);
	WRITE_ONCE(urgent->phase, CLASP_URGENT_UNREAD);
	sk_send_sigurg(sk);
}

/**
 * clasp_urgent_consumed() - the reader has come this far
 * @csk: the socket, locked, copied_seq just advanced
 *
 * Behind the mark it is forgotten, whether its byte was read or not.
 */
void clasp_urgent_consumed(struct clasp_sock *csk)
{
	if (csk->urgent.phase != CLASP_URGENT_NONE &&
	    clasp_after(csk->copied_seq, csk->urgent.rcv_up))
		WRITE_ONCE(csk->urgent.phase, CLASP_URGENT_NONE);
}

/**
 * clasp_urgent_arrived() - is the urgent byte there?
 * @sk: the socket; without its lock, the answer may be old
 *
 * A peer may point to its FIN, which is no byte.
 *
 * Return: true if the stream has been received beyond the mark.
 */
bool clasp_urgent_arrived(const struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	u64 end = READ_ONCE(csk->rcv_nxt) - sock_flag(sk, SOCK_DONE);

	return READ_ONCE(csk->urgent.phase) != CLASP_URGENT_NONE &&
	       clasp_before(READ_ONCE(csk->urgent.rcv_up), end);
}

/**
 * clasp_urgent_hidden() - is this byte left out of the stream?
 * @sk: the socket; without its lock, the answer may be old
 * @seq: number of a byte
 *
 * Return: true if only MSG_OOB reads it.
 */
bool clasp_urgent_hidden(const struct sock *sk, u64 seq)
{
	return clasp_urgent_at(clasp_sk(sk), seq) &&
	       !sock_flag(sk, SOCK_URGINLINE);
}

/**
 * clasp_urgent_limit() - how much one read may take
 * @csk: the socket, locked
 * @seq: number of its first byte
 * @len: how much it wants
 *
 * Return: @len, or less if the mark lies in it.
 */
size_t clasp_urgent_limit(const struct clasp_sock *csk, u64 seq, size_t len)
{
	u64 ahead = csk->urgent.rcv_up - seq;

	if (csk->urgent.phase == CLASP_URGENT_NONE || !ahead)
		return len;
	return min_t(u64, ahead, len);
}

static int clasp_urgent_copy(struct sock *sk, struct msghdr *msg)
{
	u64 up = clasp_sk(sk)->urgent.rcv_up;
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb)
		if (up - CLASP_CB(skb)->seq < skb->len)
			return skb_copy_datagram_msg(skb,
						     up - CLASP_CB(skb)->seq,
						     msg, 1);
	return -EINVAL;
}

/**
 * clasp_urgent_read() - recv(2) with MSG_OOB
 * @sk: the socket, locked, not a listener
 * @msg: where the byte goes; is told that it is urgent
 * @len: room there
 * @flags: MSG_PEEK, MSG_TRUNC; it never waits
 *
 * Return: 1, or 0 if there is no room or the stream ended before the mark;
 * -EINVAL if there is no urgent byte or it was read, -EAGAIN if it is still to
 * come, -ENOTCONN, -EFAULT.
 */
int clasp_urgent_read(struct sock *sk, struct msghdr *msg, size_t len,
		      int flags)
{
	struct clasp_urgent *urgent = &clasp_sk(sk)->urgent;
	int err = 0;

	sock_owned_by_me(sk);
	if (sock_flag(sk, SOCK_URGINLINE) ||
	    urgent->phase != CLASP_URGENT_UNREAD)
		return -EINVAL;
	if (sk->sk_state == CLASP_CLOSED && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (!clasp_urgent_arrived(sk))
		return sk->sk_state == CLASP_CLOSED ||
		       sk->sk_shutdown & RCV_SHUTDOWN ? 0 : -EAGAIN;
	if (!len)
		msg->msg_flags |= MSG_TRUNC;
	else if (!(flags & MSG_TRUNC))
		err = clasp_urgent_copy(sk, msg);
	if (err)
		return err;
	msg->msg_flags |= MSG_OOB;
	if (!(flags & MSG_PEEK))
		WRITE_ONCE(urgent->phase, CLASP_URGENT_READ);
	return min_t(size_t, len, 1);
}
