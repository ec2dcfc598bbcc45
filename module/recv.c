// SPDX-License-Identifier: GPL-2.0
/* What the user's bytes do on their way in. */
#include <linux/tcp.h>

#include "rcvq.h"
#include "recv.h"
#include "stamp.h"
#include "urgent.h"

/**
 * struct clasp_read - one call of recv(2), or of splice(2)
 * @msg: where the data goes
 * @len: bytes still wanted
 * @copied: bytes got so far
 * @target: as many are worth returning with
 * @seq: number of the next byte
 * @peek_off: SO_PEEK_OFF: MSG_PEEK begins this many bytes further on
 * @stamp: when the newest of them was received
 * @timeo: how long to wait, jiffies
 * @flags: MSG_...
 */
struct clasp_read {
	struct msghdr *msg;
	size_t len;
	size_t copied;
	size_t target;
	u64 seq;
	u32 peek_off;
	struct clasp_stamp stamp;
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
	if (read->flags & MSG_PEEK)
		sk_peek_offset_fwd(sk, used);
	else
		sk_peek_offset_bwd(sk, used);
	clasp_stamp_note(&read->stamp, skb);
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

/* Where reading begins; also after a wait, in which others may have read on. */
static void clasp_read_begin(const struct sock *sk, struct clasp_read *read)
{
	u64 first = clasp_sk(sk)->copied_seq + read->peek_off;

	if (!(read->flags & MSG_PEEK) || clasp_before(read->seq, first))
		read->seq = first;
}

static int clasp_read_all(struct sock *sk, struct clasp_read *read)
{
	struct sk_buff *skb;
	int err;

	/* Also without room: is there something, or an error, or the end? */
	do {
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
		if (read->copied)
			clasp_rcvq_consumed(sk);
		err = clasp_rcvq_wait(sk, &read->timeo,
				      skb_peek_tail(&sk->sk_receive_queue));
		/* Disconnected meanwhile: what comes now is not ours. */
		if (err < 0)
			return err;
		clasp_read_begin(sk, read);
	} while (read->len);
	return 0;
}

static int clasp_read_locked(struct sock *sk, struct clasp_read *read)
{
	int err;

	if (sk->sk_state == CLASP_LISTEN)
		return -ENOTCONN;
	if (read->flags & MSG_OOB)
		return clasp_urgent_read(sk, read->msg, read->len, read->flags);
	read->peek_off = max(sk_peek_offset(sk, read->flags), 0);
	read->seq = clasp_sk(sk)->copied_seq + read->peek_off;
	read->timeo = sock_rcvtimeo(sk, read->flags & MSG_DONTWAIT);
	clasp_sk(sk)->patient = read->timeo;
	read->target = sock_rcvlowat(sk, read->flags & MSG_WAITALL, read->len);
	err = clasp_read_all(sk, read);
	if (read->copied)
		clasp_rcvq_consumed(sk);
	return read->copied ?: err;
}

/*
 * Control messages, after the socket was let go: what arrived meanwhile is
 * counted in. Level and type are TCP's, as the option's number is. At the end
 * of the stream, which takes a number, there is still something to be read.
 */
static void clasp_read_tell(struct sock *sk, struct clasp_read *read)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	struct msghdr *msg = read->msg;
	bool inq = READ_ONCE(csk->options.inq);

	clasp_stamp_tell(sk, msg, &read->stamp);
	if (!inq && !msg->msg_get_inq)
		return;
	lock_sock(sk);
	msg->msg_inq = csk->rcv_nxt - csk->copied_seq;
	release_sock(sk);
	if (inq)
		put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(msg->msg_inq),
			 &msg->msg_inq);
}

/**
 * clasp_recvmsg() - recv(2)
 * @sk: the socket
 * @msg: where the data goes, and control messages about it
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
	err = clasp_read_locked(sk, &read);
	release_sock(sk);
	if (err >= 0)
		clasp_read_tell(sk, &read);
	return err;
}

/**
 * clasp_recv_actor() - give the stream to a function, skb by skb
 * @sk: the socket, locked
 * @desc: for the function; its count is how much is wanted, and the end at 0
 * @actor: takes some bytes of an skb, without changing it; returns how many, 0
 *	to stop, or an error
 *
 * struct proto_ops::read_sock. Does not wait, and does not go past the urgent
 * mark.
 *
 * Return: bytes taken, or the function's error if none were; -ENOTCONN for a
 * listener.
 */
int clasp_recv_actor(struct sock *sk, read_descriptor_t *desc,
		     sk_read_actor_t actor)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_read read = { .seq = csk->copied_seq };
	struct sk_buff *skb;
	int taken = 0;

	sock_owned_by_me(sk);
	if (sk->sk_state == CLASP_LISTEN)
		return -ENOTCONN;
	while (desc->count && !clasp_urgent_at(csk, read.seq) &&
	       (skb = clasp_read_find(sk, &read))) {
		u32 offset = read.seq - CLASP_CB(skb)->seq;

		taken = actor(desc, skb, offset,
			      clasp_urgent_limit(csk, read.seq,
						 skb->len - offset));
		if (taken <= 0)
			break;
		read.copied += taken;
		clasp_read_advance(sk, &read, skb, taken);
	}
	if (!read.copied)
		return taken;
	clasp_rcvq_consumed(sk);
	return read.copied;
}

/**
 * struct clasp_splice - where splice(2) puts the stream
 * @pipe: the pipe
 * @flags: SPLICE_F_...
 */
struct clasp_splice {
	struct pipe_inode_info *pipe;
	unsigned int flags;
};

/* The pages go into the pipe as they are. */
static int clasp_splice_actor(read_descriptor_t *desc, struct sk_buff *skb,
			      unsigned int offset, size_t len)
{
	struct clasp_splice *splice = desc->arg.data;
	int spliced;

	spliced = skb_splice_bits(skb, skb->sk, offset, splice->pipe,
				  min(desc->count, len), splice->flags);
	if (spliced > 0)
		desc->count -= spliced;
	return spliced;
}

/* Until there was something, or the end. */
static int clasp_splice_all(struct sock *sk, struct clasp_read *read,
			    struct clasp_splice *splice)
{
	read_descriptor_t desc = { .arg.data = splice, .count = read->len };
	int some, err;

	while (desc.count) {
		some = clasp_recv_actor(sk, &desc, clasp_splice_actor);
		if (some < 0)
			return some;
		read->copied += some;
		if (some && read->timeo) {
			/* What came meanwhile goes with it. */
			release_sock(sk);
			lock_sock(sk);
			continue;
		}
		err = clasp_read_may_wait(sk, read);
		/* With data there, it is urgent. */
		if (err || !skb_queue_empty(&sk->sk_receive_queue))
			return min(err, 0);
		err = clasp_rcvq_wait(sk, &read->timeo, NULL);
		if (err < 0)
			return err;
	}
	return 0;
}

/**
 * clasp_recv_splice() - splice(2) from the socket to a pipe
 * @sock: the socket
 * @ppos: must be 0: there is no place in a stream
 * @pipe: the pipe, locked
 * @len: how much is wanted
 * @flags: SPLICE_F_...
 *
 * struct proto_ops::splice_read.
 *
 * Return: bytes moved, 0 at the end of the stream, or an error as recv(2) and
 * splice(2) name it.
 */
ssize_t clasp_recv_splice(struct socket *sock, loff_t *ppos,
			  struct pipe_inode_info *pipe, size_t len,
			  unsigned int flags)
{
	struct clasp_splice splice = { .pipe = pipe, .flags = flags };
	struct clasp_read read = { .len = len, .target = 1 };
	struct sock *sk = sock->sk;
	int err;

	if (*ppos)
		return -ESPIPE;
	lock_sock(sk);
	read.timeo = sock_rcvtimeo(sk, sock->file->f_flags & O_NONBLOCK);
	clasp_sk(sk)->patient = read.timeo;
	err = clasp_splice_all(sk, &read, &splice);
	release_sock(sk);
	return read.copied ?: err;
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
