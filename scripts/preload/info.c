// SPDX-License-Identifier: GPL-2.0
/* CLASP_INFO in the words of TCP_INFO. */
#include <string.h>
#include <linux/tcp.h>

#include "preload.h"

/* TCP counts some things in segments where CLASP counts bytes. */
static unsigned int segments(unsigned long long bytes, unsigned int mss)
{
	return mss ? (bytes + mss - 1) / mss : 0;
}

static unsigned int ca_state(unsigned int recovery)
{
	switch (recovery) {
	case CLASP_INFO_REDUCING:
		return TCP_CA_CWR;
	case CLASP_INFO_FAST_RECOVERY:
		return TCP_CA_Recovery;
	case CLASP_INFO_LOSS:
		return TCP_CA_Loss;
	}
	return TCP_CA_Open;
}

/* Of a listener, TCP has its queue in fields that are named for other things. */
static void translate_listener(const struct clasp_info *info,
			       struct tcp_info *tcp)
{
	tcp->tcpi_unacked = info->accept_queue;
	tcp->tcpi_sacked = info->accept_queue_max;
}

static void translate_path(const struct clasp_info *info, struct tcp_info *tcp)
{
	unsigned int mss = info->snd_mss;

	tcp->tcpi_ca_state = ca_state(info->recovery);
	tcp->tcpi_retransmits = info->retries;
	tcp->tcpi_probes = info->probes;
	tcp->tcpi_backoff = info->backoff;
	tcp->tcpi_rto = info->rto_us << info->backoff;
	tcp->tcpi_snd_mss = mss;
	tcp->tcpi_rcv_mss = info->rcv_mss;
	tcp->tcpi_unacked = segments(info->unacked, mss);
	tcp->tcpi_sacked = segments(info->sacked, mss);
	tcp->tcpi_lost = segments(info->lost, mss);
	tcp->tcpi_pacing_rate = info->pacing_rate;
	if (info->ecn & CLASP_INFO_ECN_AGREED)
		tcp->tcpi_options |= TCPI_OPT_ECN;
	tcp->tcpi_pmtu = info->pmtu;
	tcp->tcpi_rtt = info->rtt_us;
	tcp->tcpi_rttvar = info->rttvar_us;
	tcp->tcpi_snd_cwnd = segments(info->cwnd, mss);
	/* Without a loss, TCP says so with the greatest number that it has. */
	tcp->tcpi_snd_ssthresh = 0x7fffffff;
	if (info->ssthresh < 0x40000000)
		tcp->tcpi_snd_ssthresh = segments(info->ssthresh, mss);
	tcp->tcpi_rcv_ssthresh = info->rcv_wnd;
	tcp->tcpi_snd_wnd = info->snd_wnd;
}

static void translate_totals(const struct clasp_info *info, struct tcp_info *tcp)
{
	tcp->tcpi_last_data_sent = info->last_sent_ms;
	tcp->tcpi_last_data_recv = info->last_data_ms;
	tcp->tcpi_last_ack_recv = info->last_ack_ms;
	tcp->tcpi_total_retrans = info->retrans;
	tcp->tcpi_bytes_sent = info->bytes_sent;
	tcp->tcpi_bytes_retrans = info->bytes_retrans;
	tcp->tcpi_bytes_acked = info->bytes_acked;
	tcp->tcpi_bytes_received = info->bytes_received;
	tcp->tcpi_segs_out = info->segs_out;
	tcp->tcpi_segs_in = info->segs_in;
	tcp->tcpi_data_segs_out = info->data_segs_out;
	tcp->tcpi_data_segs_in = info->data_segs_in;
	tcp->tcpi_notsent_bytes = info->notsent;
}

/*
 * Unlike the other options, CLASP_INFO has its own layout. What it does not have
 * is 0 for the program. Return: whether the socket is one of CLASP's.
 */
bool preload_tcp_info(int fd, void *value, socklen_t *len)
{
	struct clasp_info info = {};
	struct tcp_info tcp = {};
	socklen_t info_len = sizeof(info);

	if (preload_next_getsockopt(fd, SOL_CLASP, CLASP_INFO, &info, &info_len))
		return false;
	tcp.tcpi_state = info.state;
	if (preload_get_int(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1) {
		translate_listener(&info, &tcp);
	} else {
		translate_path(&info, &tcp);
		translate_totals(&info, &tcp);
	}
	if (*len > sizeof(tcp))
		*len = sizeof(tcp);
	memcpy(value, &tcp, *len);
	return true;
}
