// SPDX-License-Identifier: GPL-2.0
/*
 * How large a socket's buffers are.
 *
 * Both start small and grow to what the connection is seen to need: the receive
 * buffer with what the program reads in a round trip, so that the window never
 * stops a sender whose reader keeps up; the send buffer with what may be on its
 * way at once. They stay when SO_RCVBUF or SO_SNDBUF was set, when memory is
 * short, and at the namespace's maxima. A buffer is a limit, no memory.
 */
#include <linux/math64.h>

#include "buffer.h"
#include "memory.h"

/* What arrives in the first round trip: RFC 6928's initial window. */
#define CLASP_BUFFER_FIRST	14600u

/* So many times as long as a short round trip may a longer one last. */
#define CLASP_BUFFER_RTT_SPREAD	8

/**
 * clasp_buffer_init() - a new socket's buffers
 * @sk: the socket
 */
void clasp_buffer_init(struct sock *sk)
{
	const struct clasp_sysctl *sysctl = clasp_sysctl(sk);

	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(sysctl->rmem_default_bytes));
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(sysctl->wmem_default_bytes));
}

/* Memory for so much data in full segments, bytes; as generous as TCP. */
static u64 clasp_buffer_sndmem(const struct clasp_sock *csk, u32 bytes)
{
	u32 segment = roundup_pow_of_two(csk->snd_mss + CLASP_HEADROOM +
					 SKB_DATA_ALIGN(sizeof(struct skb_shared_info))) +
		      SKB_DATA_ALIGN(sizeof(struct sk_buff));

	return (u64)DIV_ROUND_UP(bytes, csk->snd_mss) * segment;
}

/**
 * clasp_buffer_grow_send() - let the send buffer follow the congestion window
 * @sk: the socket, locked; the handshake is over, or a writer waits
 *
 * It takes what may be on its way, and as much again: that is written while the
 * first is acknowledged, and in fast recovery sent, too.
 */
void clasp_buffer_grow_send(struct sock *sk)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	u32 flight = min(csk->cong.cwnd, csk->max_window);
	u64 want = 2 * clasp_buffer_sndmem(csk, flight);
	u64 most = READ_ONCE(clasp_sysctl(sk)->wmem_max_bytes);

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK || !clasp_memory_spare(sk))
		return;
	want = min(want, most);
	if (want > sk->sk_sndbuf)
		WRITE_ONCE(sk->sk_sndbuf, want);
}

/**
 * clasp_buffer_reset() - before a connection
 * @csk: the socket
 */
void clasp_buffer_reset(struct clasp_sock *csk)
{
	csk->rcvbuf = (struct clasp_rcvbuf){ .space = CLASP_BUFFER_FIRST };
}

/*
 * A window was received, in this time, ns. That is a round trip if the window
 * is what limits the sender; longer if it is not, so the shortest counts. A path
 * may become longer: that is believed slowly, and within limits, as a slow
 * sender looks the same.
 */
static void clasp_buffer_rtt(struct clasp_sock *csk, u64 sample)
{
	struct clasp_rcvbuf *rcvbuf = &csk->rcvbuf;
	u64 most = CLASP_BUFFER_RTT_SPREAD * csk->rtt.srtt;

	if (csk->rtt.srtt)
		sample = min(sample, most);
	if (!rcvbuf->rtt || sample < rcvbuf->rtt)
		rcvbuf->rtt = max_t(u64, sample, 1);
	else if (csk->rtt.srtt)
		rcvbuf->rtt += (sample - rcvbuf->rtt) / 8;
}

/**
 * clasp_buffer_received() - data was received in order
 * @sk: the socket, locked, text_at set
 *
 * Measures the round-trip time without the sender's help: what is beyond the
 * right edge of the window cannot have been sent before the sender heard of a
 * later one.
 *
 * Source: W. Feng et al., "Dynamic Right-Sizing", section 3.
 */
void clasp_buffer_received(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_rcvbuf *rcvbuf = &csk->rcvbuf;
	u64 now = csk->text_at;

	if (!rcvbuf->since) {
		/* The first data: what the handshake has measured will do. */
		rcvbuf->rtt = rcvbuf->rtt ?: csk->rtt.srtt;
		rcvbuf->seq = csk->copied_seq;
		rcvbuf->since = now;
	} else if (clasp_after(csk->rcv_nxt, rcvbuf->rtt_seq)) {
		clasp_buffer_rtt(csk, now - rcvbuf->rtt_since);
	} else {
		return;
	}
	rcvbuf->rtt_seq = csk->rcv_wup + csk->rcv_wnd;
	rcvbuf->rtt_since = now;
}

/*
 * So much was read in a round trip, more than ever. The window for the next is
 * twice that; and as the sender may be in slow start, by what the last doubling
 * or less has been, thrice. Memory is twice the window: clasp_rcvq_compact().
 */
static void clasp_buffer_grow_receive(struct sock *sk, u64 bytes)
{
	struct clasp_rcvbuf *rcvbuf = &clasp_sk(sk)->rcvbuf;
	u64 most = READ_ONCE(clasp_sysctl(sk)->rmem_max_bytes);
	u64 window = 2 * bytes, memory;

	/* On a short path, being late by a round trip costs next to nothing. */
	if (rcvbuf->rtt >= NSEC_PER_MSEC)
		window += div_u64(2 * window * (bytes - rcvbuf->space),
				  rcvbuf->space);
	rcvbuf->space = bytes;
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK || clasp_memory_pressed(sk))
		return;
	memory = min(2 * window, most);
	if (memory > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, memory);
}

/**
 * clasp_buffer_read() - the program has read something
 * @sk: the socket, locked
 *
 * A slow reader reads less in a round trip than its buffer has, and needs no
 * larger one.
 */
void clasp_buffer_read(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);
	struct clasp_rcvbuf *rcvbuf = &csk->rcvbuf;
	u64 now = clasp_clock();
	u64 read;

	rcvbuf->read_at = now;
	if (!rcvbuf->since || !rcvbuf->rtt ||
	    now - rcvbuf->since < rcvbuf->rtt)
		return;
	read = csk->copied_seq - rcvbuf->seq;
	if (read > rcvbuf->space)
		clasp_buffer_grow_receive(sk, min_t(u64, read, INT_MAX));
	rcvbuf->seq = csk->copied_seq;
	rcvbuf->since = now;
}
