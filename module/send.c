// SPDX-License-Identifier: GPL-2.0
/* What the user's bytes do on their way out. */
#include "buffer.h"
#include "mtu.h"
#include "output.h"
#include "send.h"
#include "sndq.h"
#include "spare.h"
#include "stamp.h"
#include "timer.h"
#include "urgent.h"

/**
 * struct clasp_write - one call of send(2)
 * @msg: the data
 * @add: puts bytes of it, up to @len, into an skb. Returns how many, 0 if there
 *	is no memory, -EMSGSIZE if the skb has no room for their pages, or an
 *	error as send(2) names it
 * @uarg: who is told when the user's pages are needed no longer, or NULL
 * @stamp: what the control messages say
 * @copied: bytes taken so far
 * @timeo: how long to wait, jiffies
 * @flags: MSG_...
 */
struct clasp_write {
	struct msghdr *msg;
	int (*add)(struct sock *sk, struct sk_buff *skb,
		   struct clasp_write *write, int len);
	struct ubuf_info *uarg;
	struct sockcm_cookie stamp;
	size_t copied;
	long timeo;
	int flags;
};

/* The last skb of the queue, if more data may be added to it. */
static struct sk_buff *clasp_send_tail(const struct sock *sk)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	if (!tail || tail->len >= clasp_mtu_build_len(clasp_sk(sk)) ||
	    skb_shinfo(tail)->nr_frags >= MAX_SKB_FRAGS ||
	    CLASP_CB(tail)->state & CLASP_SKB_SEALED ||
	    CLASP_CB(tail)->flags & CLASP_SYN)
		return NULL;
	return tail;
}

/* The skb that takes the next bytes, or NULL: wait for memory. */
static struct sk_buff *clasp_send_skb(struct sock *sk)
{
	struct sk_buff *skb = clasp_send_tail(sk);

	if (skb)
		return skb;
	if (!sk_stream_memory_free(sk))
		return NULL;
	skb = clasp_sndq_alloc(sk, sk->sk_allocation);
	if (skb)
		clasp_sndq_append(sk, skb);
	return skb;
}

/* Copies bytes into page fragments of the skb: struct clasp_write::add. */
static int clasp_send_copy(struct sock *sk, struct sk_buff *skb,
			   struct clasp_write *write, int len)
{
	struct page_frag *pfrag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags;
	bool merge;
	int copy, err;

	if (!clasp_spare_refill(sk, pfrag))
		return 0;
	merge = skb_can_coalesce(skb, i, pfrag->page, pfrag->offset);
	if (!merge && i >= MAX_SKB_FRAGS)
		return -EMSGSIZE;
	copy = min_t(int, len, pfrag->size - pfrag->offset);
	if (!sk_wmem_schedule(sk, copy))
		return 0;
	/* io_uring's pages have no references of their own; this one will. */
	skb_zcopy_downgrade_managed(skb);
	err = skb_copy_to_page_nocache(sk, &write->msg->msg_iter, skb,
				       pfrag->page, pfrag->offset, copy);
	if (err)
		return err;
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], copy);
	} else {
		skb_fill_page_desc(skb, i, pfrag->page, pfrag->offset, copy);
		get_page(pfrag->page);
	}
	pfrag->offset += copy;
	return copy;
}

/* MSG_ZEROCOPY: refers to the user's pages instead. */
static int clasp_send_user_pages(struct sock *sk, struct sk_buff *skb,
				 struct clasp_write *write, int len)
{
	int err;

	/* Pages are charged whole. */
	if (!sk_wmem_schedule(sk, PAGE_ALIGN(len) + PAGE_SIZE))
		return 0;
	err = clasp_compat_zerocopy_iter(sk, skb, write->msg, len, write->uarg);
	/* An skb has one to tell only, and this skb has another. */
	return err == -EEXIST ? -EMSGSIZE : err;
}

/* sendfile(2) and splice(2): takes the pages over as they are. */
static int clasp_send_splice(struct sock *sk, struct sk_buff *skb,
			     struct clasp_write *write, int len)
{
	int spliced;

	if (!sk_wmem_schedule(sk, len))
		return 0;
	spliced = clasp_compat_splice_iter(skb, &write->msg->msg_iter, len);
	if (spliced <= 0)
		return spliced;
	/* Whoever computes the checksum must look at a copy. */
	skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
	sk_wmem_queued_add(sk, spliced);
	sk_mem_charge(sk, spliced);
	return spliced;
}

/* An skb that got no byte must not stay: it has no sequence number. */
static void clasp_send_drop_empty(struct sock *sk)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	if (tail && CLASP_CB(tail)->seq == CLASP_CB(tail)->end_seq)
		clasp_sndq_drop(sk, tail);
}

/* One round: bytes taken, 0 for "wait for memory", or an error. */
static int clasp_send_some(struct sock *sk, struct clasp_write *write)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *skb;
	int len, added;

	skb = clasp_send_skb(sk);
	if (!skb)
		return 0;
	len = min_t(size_t, clasp_mtu_build_len(csk) - skb->len,
		    msg_data_left(write->msg));
	added = write->add(sk, skb, write, len);
	if (added <= 0) {
		clasp_send_drop_empty(sk);
		return added;
	}
	CLASP_CB(skb)->end_seq += added;
	WRITE_ONCE(csk->write_seq, csk->write_seq + added);
	return added;
}

/*
 * The end of a write: RFC 9293, section 3.9.1.2, PSH on its last segment; with
 * MSG_MORE a last segment that is not full waits for more, but not for ever,
 * and not if it is urgent.
 */
static void clasp_send_finish(struct sock *sk, int flags)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	if (flags & MSG_OOB) {
		clasp_urgent_mark(csk);
		flags &= ~MSG_MORE;
	}
	if (!tail)
		return;
	if (flags & MSG_MORE) {
		clasp_output_push_full(sk);
		return;
	}
	CLASP_CB(tail)->flags |= CLASP_PSH;
	clasp_output_push(sk);
}

/*
 * May what is queued go before the rest of the write is? Its end is sent by
 * clasp_send_finish(), and no segment of urgent data before its end is known.
 */
static bool clasp_send_may_go_on(const struct sock *sk,
				 const struct clasp_write *write)
{
	return msg_data_left(write->msg) && !(write->flags & MSG_OOB) &&
	       !clasp_send_tail(sk);
}

static int clasp_send_wait(struct sock *sk, struct clasp_write *write)
{
	if (write->copied)
		clasp_send_finish(sk, write->flags & ~MSG_MORE);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	return sk_stream_wait_memory(sk, &write->timeo);
}

static int clasp_send_all(struct sock *sk, struct clasp_write *write)
{
	struct sk_buff *tail;
	int some, err;

	while (msg_data_left(write->msg)) {
		some = clasp_send_some(sk, write);
		if (some > 0) {
			write->copied += some;
			if (clasp_send_may_go_on(sk, write))
				clasp_output_push(sk);
			continue;
		}
		tail = clasp_send_tail(sk);
		if (some == -EMSGSIZE && tail) {
			CLASP_CB(tail)->state |= CLASP_SKB_SEALED;
			continue;
		}
		err = some ?: clasp_send_wait(sk, write);
		if (err)
			return err;
	}
	/* An empty skb has been dropped, so this is the one of the last byte. */
	tail = skb_peek_tail(&sk->sk_write_queue);
	if (write->flags & MSG_EOR && write->copied && tail)
		CLASP_CB(tail)->state |= CLASP_SKB_SEALED;
	return 0;
}

/*
 * Where do the bytes come from? A device that cannot send pages as they are
 * gets copies, and who waits for his pages is told that it was so.
 */
static int clasp_send_begin(struct sock *sk, struct clasp_write *write)
{
	bool pages = sk->sk_route_caps & NETIF_F_SG;
	struct msghdr *msg = write->msg;
	size_t size = msg_data_left(msg);
	struct sk_buff *tail;

	write->add = clasp_send_copy;
	if (!size)
		return 0;
	if (!(write->flags & MSG_ZEROCOPY)) {
		if (pages && clasp_compat_splice_wanted(msg))
			write->add = clasp_send_splice;
		return 0;
	}
	if (msg->msg_ubuf) {
		write->uarg = msg->msg_ubuf;
	} else if (sock_flag(sk, SOCK_ZEROCOPY)) {
		tail = clasp_send_tail(sk);
		write->uarg = clasp_compat_zerocopy_realloc(sk, size,
							    tail ? skb_zcopy(tail) : NULL);
		if (!write->uarg)
			return -ENOBUFS;
		if (!pages)
			uarg_to_msgzc(write->uarg)->zerocopy = 0;
	}
	if (write->uarg && pages)
		write->add = clasp_send_user_pages;
	return 0;
}

/* The user's pages have been taken over by skbs, or, on error, none of them. */
static void clasp_send_end(struct clasp_write *write, int err)
{
	/* io_uring gives back its own. */
	if (!write->uarg || write->msg->msg_ubuf)
		return;
	if (err < 0)
		net_zcopy_put_abort(write->uarg, true);
	else
		net_zcopy_put(write->uarg);
}

static int clasp_send_locked(struct sock *sk, struct clasp_write *write)
{
	int err;

	err = clasp_send_begin(sk, write);
	if (err)
		return err;
	/* What TCP Fast Open does needs an option that there is not. */
	if (write->flags & MSG_FASTOPEN)
		return -EOPNOTSUPP;
	write->timeo = sock_sndtimeo(sk, write->flags & MSG_DONTWAIT);
	clasp_sk(sk)->patient = write->timeo;
	if (!clasp_in_state(sk, 1u << CLASP_ESTABLISHED |
			    1u << CLASP_CLOSE_WAIT))
		err = sk_stream_wait_connect(sk, &write->timeo);
	if (!err)
		err = clasp_stamp_read(sk, write->msg, &write->stamp);
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	if (err)
		return err;
	/* Later on, whoever waits for memory looks at this. */
	if (sk->sk_err || sk->sk_shutdown & SEND_SHUTDOWN)
		return -EPIPE;
	err = clasp_send_all(sk, write);
	if (!write->copied)
		return err;
	clasp_stamp_ask(sk, &write->stamp, write->copied);
	clasp_send_finish(sk, write->flags);
	return write->copied;
}

/**
 * clasp_sendmsg() - send(2)
 * @sk: the socket
 * @msg: the data, control messages, and MSG_DONTWAIT, MSG_EOR, MSG_MORE,
 *	MSG_NOSIGNAL, MSG_OOB, MSG_SPLICE_PAGES, MSG_ZEROCOPY
 * @size: how much
 *
 * struct proto::sendmsg. Source: RFC 9293, section 3.10.2.
 *
 * Return: bytes taken, or an error as send(2) names it.
 */
int clasp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	struct clasp_write write = {
		.msg = msg,
		.flags = msg->msg_flags,
	};
	int err;

	lock_sock(sk);
	err = clasp_send_locked(sk, &write);
	clasp_send_end(&write, err);
	if (err < 0) {
		err = sk_stream_error(sk, write.flags, err);
		/* Edge-triggered epoll must hear of room that comes later. */
		if (err == -EAGAIN)
			clasp_send_space(sk);
	}
	release_sock(sk);
	return err;
}

/**
 * clasp_send_splice_eof() - what was sent with MSG_MORE was the last after all
 * @sock: the socket
 *
 * struct proto_ops::splice_eof: sendfile(2) has come to the end of the file
 * before that of what it was asked for.
 */
void clasp_send_splice_eof(struct socket *sock)
{
	struct sock *sk = sock->sk;

	lock_sock(sk);
	clasp_send_finish(sk, 0);
	release_sock(sk);
}

/**
 * clasp_send_memory_free() - is there room for another skb?
 * @sk: the socket; without its lock, the answer may be old
 * @wake: 1 for a writer who sleeps: he is woken when half of it is free only
 *
 * struct proto::stream_memory_free: CLASP_NOTSENT_LOWAT.
 *
 * Return: true if what has not been sent yet leaves room for more.
 */
bool clasp_send_memory_free(const struct sock *sk, int wake)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	u64 unsent = READ_ONCE(csk->write_seq) - READ_ONCE(csk->snd_nxt);
	u32 limit = READ_ONCE(csk->options.notsent_lowat) ?:
		    READ_ONCE(clasp_sysctl(sk)->notsent_lowat_bytes);

	return unsent << wake < limit;
}

/**
 * clasp_send_wake() - ACKs have made room, or let more be sent
 * @sk: the socket, locked
 *
 * Wakes writers, if there are any who found no room.
 */
void clasp_send_wake(struct sock *sk)
{
	/* Pairs with the barrier in clasp_poll(). */
	smp_mb();
	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags)) {
		clasp_buffer_grow_send(sk);
		clasp_send_space(sk);
	}
}

/**
 * clasp_send_has_room() - is there enough room to tell a writer of it?
 * @sk: the socket
 *
 * Any context.
 *
 * Return: true if half of what it may use is free, or, with CLASP_NOTSENT_LOWAT,
 * half of that.
 */
bool clasp_send_has_room(const struct sock *sk)
{
	return __sk_stream_is_writeable(sk, 1);
}

/**
 * clasp_send_space() - wake writers if there is room for them
 * @sk: the socket, locked, or in an RCU critical section
 *
 * As sk_stream_write_space(), which modules cannot call.
 */
void clasp_send_space(struct sock *sk)
{
	struct socket *sock = READ_ONCE(sk->sk_socket);
	struct socket_wq *wq;

	if (!sock || !clasp_send_has_room(sk))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM |
					   EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}
