// SPDX-License-Identifier: GPL-2.0
/* CLASP_INFO: what a connection is doing, for programs that want to know. */
#include <linux/math64.h>
#include <net/dst.h>

#include "cong.h"
#include "info.h"

static_assert((int)CLASP_OPEN == CLASP_INFO_OPEN);
static_assert((int)CLASP_REDUCING == CLASP_INFO_REDUCING);
static_assert((int)CLASP_FAST_RECOVERY == CLASP_INFO_FAST_RECOVERY);
static_assert((int)CLASP_LOSS == CLASP_INFO_LOSS);

/* Rounded up: only what has not been measured is 0. */
static u32 clasp_info_us(u64 ns)
{
	return min_t(u64, DIV64_U64_ROUND_UP(ns, NSEC_PER_USEC), U32_MAX);
}

/* How long ago that was, ms; @at is 0 for never. */
static u32 clasp_info_ago(u64 now, u64 at)
{
	if (!at)
		return CLASP_INFO_NEVER;
	return min_t(u64, div_u64(max_t(s64, now - at, 0), NSEC_PER_MSEC),
		     CLASP_INFO_NEVER - 1);
}

/* Bytes among some numbers that begin with a SYN, and may end with a FIN. */
static u64 clasp_info_bytes(u64 numbers, bool fin)
{
	return numbers ? numbers - 1 - fin : 0;
}

static void clasp_info_listener(const struct sock *sk, struct clasp_info *info)
{
	info->requests = clasp_sk(sk)->request_count;
	info->accept_queue = READ_ONCE(sk->sk_ack_backlog);
	info->accept_queue_max = READ_ONCE(sk->sk_max_ack_backlog);
}

static void clasp_info_sender(const struct clasp_sock *csk,
			      struct clasp_info *info)
{
	bool fin_acked = csk->fin_queued && csk->snd_una == csk->write_seq;

	info->recovery = csk->recovery.phase;
	info->retries = csk->retries;
	info->probes = csk->probes;
	info->backoff = csk->rtt.backoff;
	info->rto_us = clasp_info_us(csk->rtt.rto);
	info->rtt_us = clasp_info_us(csk->rtt.srtt);
	info->rttvar_us = clasp_info_us(csk->rtt.rttvar);
	info->snd_mss = csk->snd_mss;
	info->cwnd = csk->cong.cwnd;
	info->ssthresh = csk->cong.ssthresh;
	info->snd_wnd = csk->snd_wnd;
	info->lost = csk->rtxq.lost;
	info->sacked = csk->rtxq.sacked;
	info->unacked = csk->snd_nxt - csk->snd_una;
	info->notsent = csk->write_seq - csk->snd_nxt;
	info->bytes_acked = clasp_info_bytes(csk->snd_una - csk->iss,
					     fin_acked);
}

static u8 clasp_info_ecn(const struct clasp_ecn *ecn)
{
	return ecn->agreed * CLASP_INFO_ECN_AGREED |
	       ecn->echo * CLASP_INFO_ECN_ECHO |
	       ecn->reduced * CLASP_INFO_ECN_REDUCED;
}

/* How the sender reacts to congestion. */
static void clasp_info_congestion(const struct clasp_sock *csk,
				  struct clasp_info *info)
{
	unsigned long rate = READ_ONCE(csk->inet.sk.sk_pacing_rate);

	info->ecn = clasp_info_ecn(&csk->ecn);
	info->pacing_rate = rate == ~0UL ? CLASP_INFO_UNLIMITED : rate;
	strscpy(info->congestion, csk->cong.algorithm->name,
		sizeof(info->congestion));
}

static void clasp_info_receiver(const struct sock *sk, struct clasp_info *info)
{
	const struct clasp_sock *csk = clasp_sk(sk);

	info->rcv_mss = csk->rcv_mss;
	info->rcv_wnd = csk->rcv_wnd;
	info->bytes_received = clasp_info_bytes(csk->rcv_nxt - csk->irs,
						sock_flag(sk, SOCK_DONE));
}

static void clasp_info_totals(const struct clasp_totals *totals,
			      struct clasp_info *info)
{
	info->segs_out = totals->segs_out;
	info->segs_in = totals->segs_in;
	info->data_segs_out = totals->data_segs_out;
	info->data_segs_in = totals->data_segs_in;
	info->retrans = totals->retrans;
	info->bytes_sent = totals->bytes_sent;
	info->bytes_retrans = totals->bytes_retrans;
}

static void clasp_info_times(const struct clasp_sock *csk,
			     struct clasp_info *info)
{
	u64 now = clasp_clock();

	info->last_sent_ms = clasp_info_ago(now, csk->rtxq.sent_at);
	info->last_data_ms = clasp_info_ago(now, csk->text_at);
	info->last_ack_ms = clasp_info_ago(now, csk->heard_at);
}

/**
 * clasp_info_fill() - what CLASP_INFO tells
 * @sk: the socket, not locked
 * @info: all zero; filled
 */
void clasp_info_fill(struct sock *sk, struct clasp_info *info)
{
	const struct clasp_sock *csk = clasp_sk(sk);
	const struct dst_entry *dst;

	/* Append only: what was compiled earlier finds its beginning. */
	BUILD_BUG_ON(sizeof(*info) != 200);
	lock_sock(sk);
	info->state = sk->sk_state;
	if (sk->sk_state == CLASP_LISTEN) {
		clasp_info_listener(sk, info);
	} else {
		dst = __sk_dst_get(sk);
		info->pmtu = dst ? dst_mtu(dst) : 0;
		clasp_info_sender(csk, info);
		clasp_info_congestion(csk, info);
		clasp_info_receiver(sk, info);
		clasp_info_totals(&csk->totals, info);
		clasp_info_times(csk, info);
	}
	release_sock(sk);
}
