// SPDX-License-Identifier: GPL-2.0
/* What the user's bytes do on their way in. */
#include "rcvq.h"
#include "recv.h"
#include "urgent.h"

/**
 * struct clasp_read - one call of recv(2)
 * @msg: where the data goes
 * @len: bytes still wanted
 * @copied: bytes got so far
 * @target: as many are worth returning with
 * @seq: number of the next byte
 * @timeo: how long to wait, jiffies
 * @flags: MSG_...
 */
struct clasp_read {
	struct msghdr *msg;
	size_t len;
	size_t copied;
	size_t target;
	u64 seq;
	long timeo;
	int flags;
};

/* The skb that holds the next byte; what has been read already is freed. */
static struct sk_buff *clasp_read_find(struct sock *sk,
				       const struct clasp_read *read)
{
	struct sk_buff *skb, *next;

	skb_queue_walk_safe(&sk->sk_receive_queue, skb, next) {
		if (read->seq - CLASP_CB(skb)->seq < skb->len)
			return skb;
		if (!(read->flags & MSG_PEEK))
			sk_eat_skb(sk, skb);
	}
	return NULL;
}

/* The reader has done with some bytes of the skb. */
static void clasp_read_advance(struct sock *sk, struct clasp_read *read,
			       struct sk_buff *skb, size_t bytes)
{
	read->seq += bytes;
	if (read->flags & MSG_PEEK)
		return;
	WRITE_ONCE(clasp_sk(sk)->copied_seq, read->seq);
	clasp_urgent_consumed(clasp_sk(sk));
	if (read->seq - CLASP_CB(skb)->seq == skb->len)
		sk_eat_skb(sk, skb);
}

/* Copies, or skips (MSG_TRUNC), what the skb has, up to the urgent mark. */
static int clasp_read_copy(struct sock *sk, struct clasp_read *read,
			   struct sk_buff *skb)
{
	u32 offset = read->seq - CLASP_CB(skb)->seq;
	size_t used = min_t(size_t, skb->len - offset, read->len);
	int err;

	used = clasp_urgent_limit(clasp_sk(sk), read->seq, used);
	if (!(read->flags & MSG_TRUNC)) {
		err = skb_copy_datagram_msg(skb, offset, read->msg, used);
		if (err)
			return err;
	}
	read->copied += used;
	read->len -= used;
	clasp_read_advance(sk, read, skb, used);
	return 0;
}

/*
 * Nothing is left to copy: 1 to return with what there is, 0 to wait, or an
 * error for a call that got nothing.
 */
static int clasp_read_may_wait(struct sock *sk, const struct clasp_read *read)
{
	if (read->copied >= read->target)
		return 1;
	if (read->copied)
		return sk->sk_err || sk->sk_state == CLASP_CLOSED ||
		       sk->sk_shutdown & RCV_SHUTDOWN || !read->timeo ||
		       signal_pending(current);
	if (sock_flag(sk, SOCK_DONE))
		return 1;
	if (sk->sk_err)
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 1;
	if (sk->sk_state == CLASP_CLOSED)
		return -ENOTCONN;
	if (!read->timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(read->timeo);
	return 0;
}

/*
 * One read does not go past the urgent mark, and one that begins there lets a
 * SIGURG be handled first: 1 to return with what there is, 0 to go on, or an
 * error.
 */
static int clasp_read_at_mark(const struct sock *sk,
			      const struct clasp_read *read)
{
	if (!clasp_urgent_at(clasp_sk(sk), read->seq))
		return 0;
	if (read->copied)
		return 1;
	if (signal_pending(current))
		return read->timeo ? sock_intr_errno(read->timeo) : -EAGAIN;
	return 0;
}

static int clasp_read_all(struct sock *sk, struct clasp_read *read)
{
	struct sk_buff *skb;
	int err;

	while (read->len) {
		err = clasp_read_at_mark(sk, read);
		if (err)
			return min(err, 0);
		skb = clasp_read_find(sk, read);
		if (skb && clasp_urgent_hidden(sk, read->seq)) {
			clasp_read_advance(sk, read, skb, 1);
			continue;
		}
		if (skb) {
			err = clasp_read_copy(sk, read, skb);
			if (err)
				return err;
			continue;
		}
		err = clasp_read_may_wait(sk, read);
		if (err)
			return min(err, 0);
		clasp_rcvq_consumed(sk);
		err = sk_wait_data(sk, &read->timeo,
				   skb_peek_tail(&sk->sk_receive_queue));
		/* Disconnected meanwhile: what comes now is not ours. */
		if (err < 0)
			return err;
		/* Another thread may have read on meanwhile, past a peek. */
		if (!(read->flags & MSG_PEEK) ||
		    clasp_before(read->seq, clasp_sk(sk)->copied_seq))
			read->seq = clasp_sk(sk)->copied_seq;
	}
	return 0;
}

/**
 * clasp_recvmsg() - recv(2)
 * @sk: the socket
 * @msg: where the data goes
 * @len: how much is wanted
 * @flags: MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, MSG_TRUNC, MSG_OOB, MSG_ERRQUEUE
 *
 * Source: RFC 9293, section 3.10.3.
 *
 * Return: bytes got, 0 at the end of the stream, or an error as recv(2) names
 * it.
 */
int clasp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct clasp_read read = {
		.msg = msg,
		.len = len,
		.flags = flags,
	};
	int err;

	if (flags & MSG_ERRQUEUE)
		return clasp_compat_recv_error(sk, msg, len);
	lock_sock(sk);
	if (sk->sk_state == CLASP_LISTEN) {
		err = -ENOTCONN;
	} else if (flags & MSG_OOB) {
		err = clasp_urgent_read(sk, msg, len, flags);
	} else {
		read.seq = clasp_sk(sk)->copied_seq;
		read.timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
		read.target = sock_rcvlowat(sk, flags & MSG_WAITALL, len);
		err = clasp_read_all(sk, &read);
		if (read.copied)
			clasp_rcvq_consumed(sk);
	}
	release_sock(sk);
	return read.copied ? read.copied : err;
}

/**
 * clasp_recv_queued() - SIOCINQ
 * @sk: the socket, locked
 *
 * Return: bytes that can be read at once, up to the urgent byte if it is not
 * part of the stream.
 */
int clasp_recv_queued(struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	u64 queued = csk->rcv_nxt - csk->copied_seq;

	/* The FIN took a number too. */
	if (queued && sock_flag(sk, SOCK_DONE))
		queued--;
	if (clasp_urgent_arrived(sk) && !sock_flag(sk, SOCK_URGINLINE))
		queued = csk->urgent.rcv_up - csk->copied_seq;
	return queued;
}
