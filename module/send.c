// SPDX-License-Identifier: GPL-2.0
/* What the user's bytes do on their way out. */
#include "mtu.h"
#include "output.h"
#include "send.h"
#include "sndq.h"
#include "timer.h"
#include "urgent.h"

/* The last skb of the queue, if more data may be added to it. */
static struct sk_buff *clasp_send_tail(const struct sock *sk)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	if (!clasp_sk(sk)->send_head || tail->len >= clasp_mtu_build_len(clasp_sk(sk)) ||
	    skb_shinfo(tail)->nr_frags >= MAX_SKB_FRAGS ||
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

/*
 * Copies bytes into page fragments of the skb, as many as fit. Returns how
 * many, 0 if the skb is full or there is no memory, or -EFAULT.
 */
static int clasp_send_copy(struct sock *sk, struct sk_buff *skb,
			   struct msghdr *msg)
{
	struct page_frag *pfrag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags;
	bool merge;
	int copy, err;

	if (!sk_page_frag_refill(sk, pfrag))
		return 0;
	merge = skb_can_coalesce(skb, i, pfrag->page, pfrag->offset);
	if (!merge && i >= MAX_SKB_FRAGS)
		return 0;
	copy = min3((size_t)clasp_mtu_build_len(clasp_sk(sk)) - skb->len,
		    (size_t)pfrag->size - pfrag->offset, msg_data_left(msg));
	if (!sk_wmem_schedule(sk, copy))
		return 0;
	err = skb_copy_to_page_nocache(sk, &msg->msg_iter, skb, pfrag->page,
				       pfrag->offset, copy);
	if (err)
		return err;
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], copy);
	} else {
		skb_fill_page_desc(skb, i, pfrag->page, pfrag->offset, copy);
		get_page(pfrag->page);
	}
	pfrag->offset += copy;
	CLASP_CB(skb)->end_seq += copy;
	WRITE_ONCE(clasp_sk(sk)->write_seq, clasp_sk(sk)->write_seq + copy);
	return copy;
}

/* An skb that got no byte must not stay: it has no sequence number. */
static void clasp_send_drop_empty(struct sock *sk)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	if (tail && CLASP_CB(tail)->seq == CLASP_CB(tail)->end_seq)
		clasp_sndq_drop(sk, tail);
}

/* One round: bytes taken, 0 for "wait for memory", or an error. */
static int clasp_send_some(struct sock *sk, struct msghdr *msg)
{
	struct sk_buff *skb;
	int copied;

	if (sk->sk_err || sk->sk_shutdown & SEND_SHUTDOWN)
		return -EPIPE;
	skb = clasp_send_skb(sk);
	if (!skb)
		return 0;
	copied = clasp_send_copy(sk, skb, msg);
	if (copied <= 0)
		clasp_send_drop_empty(sk);
	return copied;
}

/*
 * The end of a write: RFC 9293, section 3.9.1.2, PSH on its last segment; with
 * MSG_MORE the last segment waits for more, but not for ever, and not if it is
 * urgent.
 */
static void clasp_send_finish(struct sock *sk, int flags)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	if (flags & MSG_OOB) {
		clasp_urgent_mark(csk);
		flags &= ~MSG_MORE;
	}
	if (!csk->send_head)
		return;
	if (flags & MSG_MORE && tail->len < csk->snd_mss &&
	    csk->send_head == tail) {
		clasp_timer_window_checked(sk);
		return;
	}
	if (!(flags & MSG_MORE))
		CLASP_CB(tail)->flags |= CLASP_PSH;
	clasp_output_push(sk);
}

/*
 * May what is queued go before the rest of the write is? Its end is sent by
 * clasp_send_finish(), and no segment of urgent data before its end is known.
 */
static bool clasp_send_may_go_on(const struct sock *sk, struct msghdr *msg,
				 int flags)
{
	return msg_data_left(msg) && !(flags & MSG_OOB) && !clasp_send_tail(sk);
}

static int clasp_send_all(struct sock *sk, struct msghdr *msg, int flags,
			  long *timeo, size_t *copied)
{
	int some, err;

	while (msg_data_left(msg)) {
		some = clasp_send_some(sk, msg);
		if (some < 0)
			return some;
		if (some) {
			*copied += some;
			if (clasp_send_may_go_on(sk, msg, flags))
				clasp_output_push(sk);
			continue;
		}
		if (*copied)
			clasp_send_finish(sk, flags & ~MSG_MORE);
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		err = sk_stream_wait_memory(sk, timeo);
		if (err)
			return err;
	}
	return 0;
}

/**
 * clasp_sendmsg() - send(2)
 * @sk: the socket
 * @msg: the data, and MSG_DONTWAIT, MSG_MORE, MSG_NOSIGNAL, MSG_OOB
 * @size: how much
 *
 * struct proto::sendmsg. Source: RFC 9293, section 3.10.2.
 *
 * Return: bytes taken, or an error as send(2) names it.
 */
int clasp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	int flags = msg->msg_flags;
	size_t copied = 0;
	long timeo;
	int err = 0;

	lock_sock(sk);
	timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	if (!clasp_in_state(sk, 1u << CLASP_ESTABLISHED |
			    1u << CLASP_CLOSE_WAIT))
		err = sk_stream_wait_connect(sk, &timeo);
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	if (!err) {
		clasp_mtu_sync(sk);
		err = clasp_send_all(sk, msg, flags, &timeo, &copied);
	}
	if (copied) {
		clasp_send_finish(sk, flags);
		err = copied;
	} else if (err) {
		err = sk_stream_error(sk, flags, err);
		/* Edge-triggered epoll must hear of room that comes later. */
		if (err == -EAGAIN)
			sk->sk_write_space(sk);
	}
	release_sock(sk);
	return err;
}

/**
 * clasp_send_space() - wake writers if there is room for them
 * @sk: the socket
 *
 * struct sock::sk_write_space; as sk_stream_write_space(), which modules cannot
 * call.
 */
void clasp_send_space(struct sock *sk)
{
	struct socket *sock = READ_ONCE(sk->sk_socket);
	struct socket_wq *wq;

	if (!sock || !sk_stream_is_writeable(sk))
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
