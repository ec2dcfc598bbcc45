/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * CLASP, the Connection Lifecycle And Stream Protocol: what programs and
 * analysers need to know of it. Documentation/protocol.md is the specification.
 */
#ifndef _UAPI_LINUX_CLASP_H
#define _UAPI_LINUX_CLASP_H

#include <linux/types.h>

/*
 * The IP protocol number, from the range that RFC 3692 sets aside for
 * experiments. The module parameter "protocol" picks another one.
 */
#define IPPROTO_CLASP		253

/*
 * An address family of its own leads to the same sockets, for programs that can
 * be told a family but no protocol: socket(AF_CLASP, SOCK_STREAM, 0), and 1
 * instead of 0 for IPv6. Addresses are those of AF_INET and AF_INET6. Linux
 * never implemented what the number stood for (AF_ASH). The module parameter
 * "family" picks another one.
 */
#define AF_CLASP		18
#define PF_CLASP		AF_CLASP
#define AF_CLASP_IPV4		0
#define AF_CLASP_IPV6		1

/* The level for setsockopt() and getsockopt(). */
#define SOL_CLASP		253

/* Options at level SOL_CLASP; numbers and meanings are TCP's. */
#define CLASP_NODELAY		1	/* int: send small segments at once */
#define CLASP_MAXSEG		2	/* int: bytes of data in a segment */
#define CLASP_CORK		3	/* int: keep segments that are not full */
#define CLASP_KEEPIDLE		4	/* int: s of silence to a keep-alive */
#define CLASP_KEEPINTVL		5	/* int: s between keep-alives */
#define CLASP_KEEPCNT		6	/* int: keep-alives without answer */
#define CLASP_SYNCNT		7	/* int: SYNs sent again */
#define CLASP_LINGER2		8	/* int: s in FIN-WAIT-2 once closed */
#define CLASP_DEFER_ACCEPT	9	/* int: s to wait for data first */
#define CLASP_WINDOW_CLAMP	10	/* int: bytes of window at most */
#define CLASP_INFO		11	/* struct clasp_info, only to get */
#define CLASP_QUICKACK		12	/* int: acknowledge without delay */
#define CLASP_CONGESTION	13	/* char[]: name of the algorithm */
#define CLASP_USER_TIMEOUT	18	/* int: ms to wait for an ACK */
#define CLASP_NOTSENT_LOWAT	25	/* int: bytes that may wait to be sent */
#define CLASP_INQ		36	/* int: tell what is left, as CLASP_CM_INQ */

/* Control message of recvmsg(), level SOL_TCP: int, bytes still to be read. */
#define CLASP_CM_INQ		CLASP_INQ

/* The longest name for CLASP_CONGESTION, with the 0 at its end. */
#define CLASP_CA_NAME_MAX	16

/* struct clasp_info::recovery: what is being done about congestion. */
#define CLASP_INFO_OPEN		0	/* nothing, there is none */
#define CLASP_INFO_REDUCING	1	/* the window shrinks: a router told of it */
#define CLASP_INFO_FAST_RECOVERY 2	/* lost segments go again: ACKs told of it */
#define CLASP_INFO_LOSS		3	/* the same: a time-out did */

/* struct clasp_info::ecn: explicit congestion notification (RFC 3168). */
#define CLASP_INFO_ECN_AGREED	1	/* both ends take part */
#define CLASP_INFO_ECN_ECHO	2	/* the peer is being told of a mark */
#define CLASP_INFO_ECN_REDUCED	4	/* the peer is to be told so */

/* A rate in struct clasp_info that has no limit. */
#define CLASP_INFO_UNLIMITED	0xffffffffffffffffULL

/* A time in struct clasp_info of what has not happened yet. */
#define CLASP_INFO_NEVER	0xffffffffU

/**
 * struct clasp_info - CLASP_INFO: what a connection is doing
 * @state: as TCP's in netinet/tcp.h: 1 is ESTABLISHED
 * @recovery: CLASP_INFO_OPEN or one of its like
 * @retries: retransmissions, probes or keep-alives that nothing answered yet
 * @probes: probes since the peer's window was found shut
 * @backoff: how many times the retransmission timeout has doubled
 * @ecn: CLASP_INFO_ECN_AGREED and its like
 * @reserved: zero
 * @rto_us: retransmission timeout without that doubling, us
 * @rtt_us: round-trip time, smoothed, us; 0 before the first measurement
 * @rttvar_us: its mean deviation, us
 * @snd_mss: most data in a segment sent, bytes
 * @rcv_mss: the same of the peer's segments, as far as is known, bytes
 * @pmtu: what the route takes, bytes; 0 without a route
 * @cwnd: congestion window, bytes
 * @ssthresh: slow start threshold, bytes; 0x40000000 before the first loss
 * @snd_wnd: the peer's window, bytes from the oldest unacknowledged on
 * @rcv_wnd: the window last offered to the peer, bytes
 * @lost: believed to be lost, and not sent again yet, bytes
 * @unacked: sent and not acknowledged, bytes; SYN and FIN count as one each
 * @notsent: written and not sent, bytes; likewise
 * @bytes_sent: data sent, what was sent again counts again
 * @bytes_retrans: of these, what was sent again
 * @bytes_acked: data that the peer has acknowledged
 * @bytes_received: data received in order
 * @segs_out: segments sent
 * @segs_in: segments received
 * @data_segs_out: of those sent, with data
 * @data_segs_in: of those received, with data
 * @retrans: segments sent again
 * @last_sent_ms: ms since data was last sent, or SYN or FIN
 * @last_data_ms: ms since data was last received
 * @last_ack_ms: ms since an acknowledgment was last received
 * @requests: listener: connections whose handshake is under way
 * @accept_queue: listener: connections that accept() can return
 * @accept_queue_max: listener: how many may wait so: the backlog
 * @sacked: of @unacked, what the peer has told to have, bytes
 * @pacing_rate: how fast a window would be sent, or is if it is paced, bytes in a
 *	second; CLASP_INFO_UNLIMITED before it is known
 * @congestion: name of the algorithm of congestion control, with a 0 at its end
 *
 * A listener has @state, @requests, @accept_queue and @accept_queue_max, all
 * others none of these three. The totals count from the start of a connection to
 * that of the next one.
 *
 * Later versions append to it. getsockopt() fills as much as there is room for,
 * and tells how much that was.
 */
struct clasp_info {
	__u8	state;
	__u8	recovery;
	__u8	retries;
	__u8	probes;
	__u8	backoff;
	__u8	ecn;
	__u8	reserved[2];
	__u32	rto_us;
	__u32	rtt_us;
	__u32	rttvar_us;
	__u32	snd_mss;
	__u32	rcv_mss;
	__u32	pmtu;
	__u32	cwnd;
	__u32	ssthresh;
	__u32	snd_wnd;
	__u32	rcv_wnd;
	__aligned_u64 lost;
	__aligned_u64 unacked;
	__aligned_u64 notsent;
	__aligned_u64 bytes_sent;
	__aligned_u64 bytes_retrans;
	__aligned_u64 bytes_acked;
	__aligned_u64 bytes_received;
	__aligned_u64 segs_out;
	__aligned_u64 segs_in;
	__aligned_u64 data_segs_out;
	__aligned_u64 data_segs_in;
	__aligned_u64 retrans;
	__u32	last_sent_ms;
	__u32	last_data_ms;
	__u32	last_ack_ms;
	__u32	requests;
	__u32	accept_queue;
	__u32	accept_queue_max;
	__aligned_u64 sacked;
	__aligned_u64 pacing_rate;
	char	congestion[CLASP_CA_NAME_MAX];
};

#define CLASP_VERSION		1

/* Header length without and with as many options as it can hold, in bytes. */
#define CLASP_HEADER_MIN	32
#define CLASP_HEADER_MAX	120

/* struct clasphdr::flags; the bits and their meanings are TCP's. */
#define CLASP_FIN		0x01
#define CLASP_SYN		0x02
#define CLASP_RST		0x04
#define CLASP_PSH		0x08
#define CLASP_ACK		0x10
#define CLASP_URG		0x20
#define CLASP_ECE		0x40
#define CLASP_CWR		0x80

/* Option kinds. All but END and NOP are kind, length (of all), value. */
#define CLASP_OPT_END		0	/* no more options */
#define CLASP_OPT_NOP		1	/* one byte of padding */
#define CLASP_OPT_MSS		2	/* u16: largest data part accepted */
#define CLASP_OPT_SACK		5	/* pairs of u32 offsets from ack_seq */

#define CLASP_OPT_MSS_LEN	4
#define CLASP_OPT_SACK_BASE	2	/* plus 8 for each block */

/**
 * struct clasphdr - the fixed part of a CLASP header, in network byte order
 * @source: source port
 * @dest: destination port
 * @ver_len: version in the upper four bits, header length with options in
 *	units of 8 bytes in the lower four
 * @flags: CLASP_FIN and the others
 * @check: Internet checksum (RFC 1071) over the pseudo-header of IP, this
 *	header, its options and the data
 * @seq: sequence number of the first byte of data, or of the SYN
 * @ack_seq: next sequence number that the sender expects; valid with CLASP_ACK
 * @window: bytes from @ack_seq on that the sender can take; never scaled
 * @urg_ptr: urgent pointer; valid with CLASP_URG
 * @reserved: zero
 */
struct clasphdr {
	__be16	source;
	__be16	dest;
	__u8	ver_len;
	__u8	flags;
	__sum16	check;
	__be64	seq;
	__be64	ack_seq;
	__be32	window;
	__be16	urg_ptr;
	__be16	reserved;
};

#endif /* _UAPI_LINUX_CLASP_H */
