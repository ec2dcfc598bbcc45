/* SPDX-License-Identifier: GPL-2.0 */
/* The socket: the data everybody uses. */
#ifndef _CLASP_H
#define _CLASP_H

#include <linux/clasp.h>
#include <linux/if_ether.h>
#include <linux/rbtree.h>
#include <linux/siphash.h>

#include "compat.h"
#include "alarm.h"
#include "challenge.h"
#include "cookie.h"
#include "fsm.h"
#include "hostq.h"
#include "mib.h"
#include "net.h"
#include "pace.h"
#include "segment.h"
#include "seq.h"
#include "table.h"

/**
 * enum clasp_timer - the timers of a socket
 * @CLASP_TIMER_OVERDUE: reordering window and tail-loss probe, RFC 8985
 * @CLASP_TIMER_RETRANSMIT: RFC 6298; SYN and FIN included
 * @CLASP_TIMER_PROBE: zero-window probe, RFC 9293, section 3.8.6.1
 * @CLASP_TIMER_ACK: delayed acknowledgment, RFC 9293, section 3.8.6.3
 * @CLASP_TIMER_KEEPALIVE: keep-alives, RFC 9293, section 3.8.4
 * @CLASP_TIMER_FIN_WAIT_2: a closed socket's wait for the peer's FIN
 * @CLASP_TIMER_SPARE: for how long clasp_sock::spare are kept
 * @CLASP_TIMERS: how many
 *
 * Of those that are due at the same time, the first is the first to run: a probe
 * puts off the time-out.
 *
 * TIME-WAIT and the SYN-RECEIVED of a passive open have their own alarms in
 * their own objects.
 */
enum clasp_timer {
	CLASP_TIMER_OVERDUE,
	CLASP_TIMER_RETRANSMIT,
	CLASP_TIMER_PROBE,
	CLASP_TIMER_ACK,
	CLASP_TIMER_KEEPALIVE,
	CLASP_TIMER_FIN_WAIT_2,
	CLASP_TIMER_SPARE,
	CLASP_TIMERS
};

struct clasp_icmp;
struct clasp_net;
struct clasp_spare;

/**
 * enum clasp_af - whose operations a socket or a segment has
 * @CLASP_IPV4: IPv4's
 * @CLASP_IPV6: IPv6's
 * @CLASP_MAPPED: of an IPv6 socket whose connection is IPv4's (RFC 3493, 3.7)
 * @CLASP_AFS: how many
 */
enum clasp_af {
	CLASP_IPV4,
	CLASP_IPV6,
	CLASP_MAPPED,
	CLASP_AFS
};

/**
 * struct clasp_path - where to send a segment that no socket sends
 * @af: by which address family
 * @flow: both ends
 * @oif: interface to use, or 0
 * @mark: firewall mark
 * @sk: whose IP options the segment has, a listener's; or NULL
 * @hash: IPv6: what an automatic flow label is made of; 0 for both ends
 * @flowlabel: IPv6: flow label, or 0
 * @tos: type of service, or traffic class
 */
struct clasp_path {
	const struct clasp_af_ops *af;
	struct clasp_flow flow;
	int oif;
	u32 mark;
	u32 hash;
	__be32 flowlabel;
	u8 tos;
	const struct sock *sk;
};

/**
 * struct clasp_af_ops - all that differs between IPv4 and IPv6
 * @af: which of them: the index in clasp_af_table
 * @family: AF_INET or AF_INET6, of the segments
 * @header_len: bytes of the IP header, without options
 * @default_mss: data in a segment for a peer that says nothing of it, bytes
 * @path: the way back to where a received segment came from, by its IP header
 * @path_options: what a socket's options add to such a way; the socket may be
 *	NULL: what is to be told a stranger
 * @near_enough: may a socket have a packet that came so far? (IP_MINTTL)
 * @dsfield: type of service, or traffic class, of a received segment
 * @heard: a segment that came tells something that the user may ask for. Socket
 *	locked.
 * @connect: check the peer's address, find a route and the local address, set
 *	both in the socket and its flow; errors as connect(2) names them. Socket
 *	locked.
 * @disconnect: forget the peer's address, or what @connect has left of it when
 *	it failed. Socket locked.
 * @route: find the route again once the ports are known. Socket locked.
 * @local: the address that a socket is bound to; for any, the one that stands
 *	for any. Socket locked.
 * @mtu: the path's MTU in bytes, less the IP options. Socket locked.
 * @mtu_reduced: clasp_sock::mtu_reduced was set by ICMP. Socket locked.
 * @redirect: ICMP says that there is a better first hop. Softirq, the socket's
 *	spinlock held and the socket not owned.
 * @recverr: does the user want to hear of ICMP errors? (IP_RECVERR)
 * @queue_error: if so, keep an ICMP message for the user. Softirq, the socket's
 *	spinlock held.
 * @child: give a socket that a request becomes its addresses and, if that is
 *	not the listener's, its family. Child locked, so far a raw copy.
 * @enter: the socket's state changes: set and trace it. A socket may pass through
 *	TIME-WAIT without having it set. Socket locked.
 * @xmit: checksum and send a segment for a socket; eats the skb. Socket locked.
 * @xmit_path: find a route, put a header in front of an skb (clasp_reply_push()),
 *	checksum and send it, without a socket; eats the skb. Any context
 * @port_offset: keyed hash of addresses and remote port (RFC 6056)
 * @setsockopt: an option of IP's levels
 * @getsockopt: likewise
 *
 * KUnit replaces @xmit, @xmit_path and whatever needs a route.
 */
struct clasp_af_ops {
	enum clasp_af af;
	u16 family;
	u32 header_len;
	u16 default_mss;
	void (*path)(const struct sk_buff *skb, struct clasp_path *path);
	void (*path_options)(const struct net *net, const struct sock *sk,
			     struct clasp_path *path);
	bool (*near_enough)(const struct sock *sk, const struct sk_buff *skb);
	u8 (*dsfield)(const struct sk_buff *skb);
	void (*heard)(struct sock *sk, const struct sk_buff *skb);
	int (*connect)(struct sock *sk, struct sockaddr_unsized *uaddr,
		       int len);
	void (*disconnect)(struct sock *sk);
	int (*route)(struct sock *sk);
	void (*local)(const struct sock *sk, struct in6_addr *laddr);
	u32 (*mtu)(struct sock *sk);
	void (*mtu_reduced)(struct sock *sk);
	void (*redirect)(struct sock *sk, struct sk_buff *skb);
	bool (*recverr)(const struct sock *sk);
	void (*queue_error)(struct sock *sk, struct sk_buff *skb,
			    const struct clasp_icmp *icmp);
	void (*child)(struct sock *child, const struct clasp_path *path);
	void (*enter)(struct sock *sk, enum clasp_state from,
		      enum clasp_state next);
	int (*xmit)(struct sock *sk, struct sk_buff *skb);
	int (*xmit_path)(struct net *net, const struct clasp_path *path,
			 struct clasp_header *header, struct sk_buff *skb);
	u64 (*port_offset)(const struct clasp_flow *flow);
	int (*setsockopt)(struct sock *sk, int level, int optname,
			  sockptr_t optval, unsigned int optlen);
	int (*getsockopt)(struct sock *sk, int level, int optname,
			  char __user *optval, int __user *optlen);
};

#ifdef CLASP_KUNIT
extern const struct clasp_af_ops *clasp_af_table[CLASP_AFS];
#else
extern const struct clasp_af_ops *const clasp_af_table[CLASP_AFS];
#endif

void clasp_path_back(const struct sk_buff *skb, struct clasp_path *path);

/**
 * clasp_af_of() - by which address family did a segment come?
 * @skb: a received segment
 *
 * Return: the family's operations.
 */
static inline const struct clasp_af_ops *clasp_af_of(const struct sk_buff *skb)
{
	return clasp_af_table[skb->protocol == htons(ETH_P_IPV6) ?
			      CLASP_IPV6 : CLASP_IPV4];
}

/**
 * struct clasp_rtt - round-trip time and retransmission timeout (RFC 6298)
 * @srtt: smoothed round-trip time, ns; 0 before the first measurement
 * @rttvar: its variation, ns
 * @rto: timeout without back-off, ns
 * @backoff: how many times it has doubled
 */
struct clasp_rtt {
	u64 srtt;
	u64 rttvar;
	u64 rto;
	u8 backoff;
};

/**
 * struct clasp_reno - what Reno keeps of a connection
 * @acked: bytes acknowledged since the window last grew by one segment
 */
struct clasp_reno {
	u32 acked;
};

/**
 * struct clasp_cubic - what CUBIC keeps of a connection (RFC 9438)
 * @elapsed: time for which the window was in use in this stage of congestion
 *	avoidance, ns: RFC 9438's t
 * @seen: up to when @elapsed counts, ns
 * @w_max: the window that the curve has its plateau at, bytes; 0 for where this
 *	stage begins
 * @k: time from the beginning of this stage to the plateau, ms
 * @w_est: the window that Reno would have, bytes
 * @w_est_acked: bytes acknowledged since @w_est last grew
 * @cwnd_prior: the window before the last reduction, bytes
 * @avoiding: a stage of congestion avoidance has begun: the others are set
 */
struct clasp_cubic {
	u64 elapsed;
	u64 seen;
	u32 w_max;
	u32 k;
	u32 w_est;
	u32 w_est_acked;
	u32 cwnd_prior;
	bool avoiding;
};

/**
 * struct clasp_hystart - how the first slow start is going (RFC 9406)
 * @round_left: bytes to be acknowledged until this round trip is over
 * @last_rtt: least round-trip time of the last round, us; U32_MAX for none
 * @rtt: of this round
 * @baseline: in conservative slow start, what is to be undercut to leave it
 * @samples: measurements in this round
 * @css_rounds: rounds of conservative slow start that are over
 * @css: slow start is conservative
 */
struct clasp_hystart {
	u32 round_left;
	u32 last_rtt;
	u32 rtt;
	u32 baseline;
	u8 samples;
	u8 css_rounds;
	bool css;
};

/**
 * union clasp_cong_private - what an algorithm keeps of a connection
 * @reno: reno.c
 * @cubic: cubic.c
 */
union clasp_cong_private {
	struct clasp_reno reno;
	struct clasp_cubic cubic;
};

/**
 * struct clasp_cong_undo - congestion control before a reduction
 * @cwnd: the window; 0 if there is nothing to be undone
 * @ssthresh: the threshold
 * @private: the algorithm's
 */
struct clasp_cong_undo {
	u32 cwnd;
	u32 ssthresh;
	union clasp_cong_private private;
};

struct clasp_cong_algorithm;

/**
 * struct clasp_cong - congestion control (RFC 5681)
 * @algorithm: which kind
 * @cwnd: congestion window, bytes
 * @ssthresh: slow start threshold, bytes
 * @decayed_at: up to this time, idleness has made the window smaller, ns
 * @goal: what the last reduction leaves of the window, bytes
 * @hystart: when to end the first slow start, for algorithms that ask
 * @private: the algorithm's
 * @undo: what a reduction changed
 */
struct clasp_cong {
	const struct clasp_cong_algorithm *algorithm;
	u32 cwnd;
	u32 ssthresh;
	u64 decayed_at;
	u32 goal;
	struct clasp_hystart hystart;
	union clasp_cong_private private;
	struct clasp_cong_undo undo;
};

/**
 * struct clasp_rtxq - the retransmission queue and its scoreboard
 * @tree: the skbs by sequence number
 * @flying: those that may still be on their way, by struct clasp_cb::sent_at
 * @waiting: those believed to be lost, which wait to be sent again
 * @sent_at: when an skb was last sent, ns; 0 for never
 * @sacked: bytes that the peer has told to have, by SACK
 * @lost: bytes in @waiting
 * @reported: the blocks of the last SACK option that was processed
 * @reports: how many
 *
 * What of an skb is acknowledged by number counts as neither.
 */
struct clasp_rtxq {
	struct rb_root tree;
	struct list_head flying;
	struct list_head waiting;
	u64 sent_at;
	u64 sacked;
	u64 lost;
	struct clasp_block reported[CLASP_SACK_BLOCKS];
	u8 reports;
};

/**
 * struct clasp_sack - what SACK options have to tell (RFC 2018, RFC 2883)
 * @recent: numbers that lie in the blocks last told of, the latest first
 * @recents: how many
 * @duplicate: data that came twice, to be told once; empty if there is none
 */
struct clasp_sack {
	u64 recent[CLASP_SACK_BLOCKS];
	u8 recents;
	struct clasp_block duplicate;
};

/**
 * struct clasp_rack - what the order of delivery tells of losses (RFC 8985)
 * @sent_at: when the latest sent of what was delivered was sent, ns (xmit_ts)
 * @rtt: how long it took, ns
 * @min_rtt: the least round-trip time in the minutes past, ns; 0 for none
 * @next_min_rtt: the same since @min_rtt_at
 * @min_rtt_at: when @next_min_rtt began, ns
 * @fack: the highest number delivered
 * @round: a DSACK widens the window again once this number is acknowledged
 * @steps: the reordering window, in quarters of a round-trip time
 * @persist: recoveries until it narrows again
 * @reordered: segments have been seen to overtake others
 * @pending: segments wait for the end of the reordering window
 * @measured: a round-trip time was, since the last probe or the start
 * @probe_end: tail-loss probe: snd_nxt when it was sent; 0 for no probe
 * @probe_resent: and it was old data
 */
struct clasp_rack {
	u64 sent_at;
	u64 rtt;
	u64 min_rtt;
	u64 next_min_rtt;
	u64 min_rtt_at;
	u64 fack;
	u64 round;
	u8 steps;
	u8 persist;
	bool reordered;
	bool pending;
	bool measured;
	u64 probe_end;
	bool probe_resent;
};

/**
 * enum clasp_ack_due - when to acknowledge what has been received
 * @CLASP_ACK_NONE: nothing has, since the last ACK
 * @CLASP_ACK_LATER: when data goes, or the timer runs out
 * @CLASP_ACK_SOON: when data goes, or its reader has read more than a segment, or
 *	goes to sleep, or at the next tick
 * @CLASP_ACK_NOW: at once
 */
enum clasp_ack_due {
	CLASP_ACK_NONE,
	CLASP_ACK_LATER,
	CLASP_ACK_SOON,
	CLASP_ACK_NOW,
};

/**
 * struct clasp_ecn - explicit congestion notification (RFC 3168)
 * @until: the window was reduced for what was sent up to here: an echo counts
 *	again when more is acknowledged
 * @offered: our SYN did
 * @agreed: so did the peer
 * @declined: a SYN or SYN-ACK of either did not: nothing is ECT
 * @echo: ECE is in all segments sent, until the peer says CWR
 * @reduced: the window was; CWR is in the next new data
 */
struct clasp_ecn {
	u64 until;
	bool offered;
	bool agreed;
	bool declined;
	bool echo;
	bool reduced;
};

/**
 * enum clasp_echo - does an ACK tell of congestion? (RFC 3168)
 * @CLASP_ECHO_NONE: no
 * @CLASP_ECHO_KNOWN: it does, and the window was reduced for it, or for what else
 *	there was in the same window
 * @CLASP_ECHO_NEW: it does, and that is new
 */
enum clasp_echo {
	CLASP_ECHO_NONE,
	CLASP_ECHO_KNOWN,
	CLASP_ECHO_NEW,
};

/**
 * enum clasp_recovery_phase - what is being done about congestion
 * @CLASP_OPEN: nothing
 * @CLASP_REDUCING: the window shrinks, as the peer has echoed a mark (RFC 3168)
 * @CLASP_FAST_RECOVERY: that, too, and segments go again that were lost, as later
 *	ones have arrived (RFC 8985, RFC 6675)
 * @CLASP_LOSS: segments go again, as the retransmission timer ran out
 *
 * In this order: segments go again from CLASP_FAST_RECOVERY on.
 */
enum clasp_recovery_phase {
	CLASP_OPEN,
	CLASP_REDUCING,
	CLASP_FAST_RECOVERY,
	CLASP_LOSS,
};

/**
 * enum clasp_frto - was a time-out too early? (RFC 5682)
 * @CLASP_FRTO_NONE: that is not the question, or it was not
 * @CLASP_FRTO_WAIT: the oldest segment was sent again, its ACK will tell
 * @CLASP_FRTO_NEW: it was an advance; now new data goes, and its ACK will tell
 */
enum clasp_frto {
	CLASP_FRTO_NONE,
	CLASP_FRTO_WAIT,
	CLASP_FRTO_NEW,
};

/**
 * struct clasp_doubt - was it in vain that something was sent again?
 * @from: DSACKs of what is beyond this number tell; 0 if nothing is in doubt
 * @until: when more than this is acknowledged, all DSACKs have had time to come
 * @bytes: bytes sent again that no DSACK has told of
 */
struct clasp_doubt {
	u64 from;
	u64 until;
	u64 bytes;
};

/**
 * struct clasp_recovery - loss recovery
 * @recover: the phase ends when this number is acknowledged (RFC 6582)
 * @doubt: was it in vain?
 * @flight: PRR: bytes in flight at the start of the phase (RecoverFS)
 * @delivered: PRR: bytes delivered since
 * @sent: PRR: bytes sent since
 * @phase: enum clasp_recovery_phase
 * @frto: enum clasp_frto
 */
struct clasp_recovery {
	u64 recover;
	struct clasp_doubt doubt;
	u32 flight;
	u64 delivered;
	u64 sent;
	u8 phase;
	u8 frto;
};

/**
 * struct clasp_mtu - what the path is believed to take (RFC 4821)
 * @path: data in a segment that suits the route and the peer, bytes
 * @limit: data in a segment that gets through a black hole, bytes;
 *	CLASP_MSS_MAX if there is none
 * @high: data in the largest segment worth a probe, bytes
 * @probe_len: data in the probe on its way, bytes; 0 if there is none
 * @probe_end: the number after its last
 * @retry_at: no probe before this, ns
 */
struct clasp_mtu {
	u32 path;
	u32 limit;
	u32 high;
	u32 probe_len;
	u64 probe_end;
	u64 retry_at;
};

/**
 * struct clasp_rcvbuf - how large the receive buffer should be
 * @rtt: round-trip time as a receiver sees it, ns; 0 if it is not known
 * @rtt_seq: the right edge of the window ...
 * @rtt_since: ... at this time, ns
 * @seq: clasp_sock::copied_seq at @since
 * @since: when the measurement of what the program reads began, ns; 0 before
 *	the first data
 * @read_at: when it last did, ns
 * @space: the most it has read in a round trip, bytes
 */
struct clasp_rcvbuf {
	u64 rtt;
	u64 rtt_seq;
	u64 rtt_since;
	u64 seq;
	u64 since;
	u64 read_at;
	u32 space;
};

/**
 * struct clasp_options - options at level SOL_CLASP, as the user gave them
 * @keepalive_idle: CLASP_KEEPIDLE, s
 * @keepalive_interval: CLASP_KEEPINTVL, s
 * @keepalive_probes: CLASP_KEEPCNT
 * @user_timeout: CLASP_USER_TIMEOUT, ms
 * @syn_retries: CLASP_SYNCNT
 * @linger2: CLASP_LINGER2, s; -1 for not at all
 * @maxseg: CLASP_MAXSEG, bytes; 0 for what the path and the peer take
 * @window_clamp: CLASP_WINDOW_CLAMP, bytes; 0 for what the buffer takes
 * @congestion: CLASP_CONGESTION; NULL for the namespace's
 * @defer_accept: CLASP_DEFER_ACCEPT, time-outs of the SYN-ACK; of a listener,
 *	not inherited
 * @notsent_lowat: CLASP_NOTSENT_LOWAT, bytes
 * @nodelay: CLASP_NODELAY
 * @cork: CLASP_CORK
 * @inq: CLASP_INQ
 *
 * 0 stands for the namespace's knob, if there is one. Children inherit them.
 */
struct clasp_options {
	int keepalive_idle;
	int keepalive_interval;
	int keepalive_probes;
	int user_timeout;
	int syn_retries;
	int linger2;
	u32 maxseg;
	u32 window_clamp;
	const struct clasp_cong_algorithm *congestion;
	u8 defer_accept;
	u32 notsent_lowat;
	bool nodelay;
	bool cork;
	bool inq;
};

/**
 * struct clasp_totals - what a connection has done so far, for CLASP_INFO
 * @segs_out: segments sent
 * @segs_in: segments received
 * @data_segs_out: of those sent, with data
 * @data_segs_in: of those received, with data
 * @retrans: segments sent again
 * @bytes_sent: data sent, what was sent again counts again
 * @bytes_retrans: of these, what was sent again
 *
 * What was acknowledged and received in order, the sequence numbers tell: they
 * do not wrap.
 */
struct clasp_totals {
	u64 segs_out;
	u64 segs_in;
	u64 data_segs_out;
	u64 data_segs_in;
	u64 retrans;
	u64 bytes_sent;
	u64 bytes_retrans;
};

/**
 * enum clasp_urgent_phase - what is known of the urgent byte received
 * @CLASP_URGENT_NONE: there is none, or the reader is beyond it
 * @CLASP_URGENT_UNREAD: the peer has pointed to it
 * @CLASP_URGENT_READ: MSG_OOB has read it, its mark is still ahead
 */
enum clasp_urgent_phase {
	CLASP_URGENT_NONE,
	CLASP_URGENT_UNREAD,
	CLASP_URGENT_READ,
};

/**
 * struct clasp_urgent - urgent data in both directions
 * @snd_up: the number after the last urgent byte written (SND.UP)
 * @rcv_up: number of the last urgent byte that the peer pointed to: the mark.
 *	RFC 9293's RCV.UP is one more
 * @phase: enum clasp_urgent_phase
 */
struct clasp_urgent {
	u64 snd_up;
	u64 rcv_up;
	u8 phase;
};

/**
 * struct clasp_sock - a CLASP socket
 * @inet: the IP socket; must be first
 * @af: the address family's operations; an IPv6 socket's change with the peer
 * @home: its namespace's
 * @entry: in the connection table while @hashed
 * @binding: its share of a local port
 * @listener_node: in clasp_table::listeners while listening
 * @requests: listener: struct clasp_request::node, connections in SYN-RECEIVED
 * @request_count: listener: how many
 * @cookie_at: listener: when a SYN cookie was last sent, ns; 0 for never
 * @accept_queue: listener: children (@accept_node) that accept() has not seen
 * @accept_node: child: in its listener's @accept_queue
 * @orphan_node: orphan: in struct clasp_orphans::list, under its lock
 * @iss: initial send sequence number
 * @snd_una: oldest unacknowledged number
 * @snd_nxt: next number to be sent
 * @write_seq: the number after the last byte (or FIN) queued to be sent
 * @snd_wl1: segment sequence number used for the last window update
 * @snd_wl2: segment acknowledgment number used for the last window update
 * @snd_wnd: send window, bytes from @snd_una on
 * @max_window: the largest @snd_wnd the peer ever offered, bytes
 * @spare: pages of data that was sent, for more; NULL if there are none
 * @rtxq: what was sent and is not acknowledged yet; sk_write_queue has what was
 *	never sent
 * @hostq: what was sent and is still in this host
 * @pace: when the next segment may leave
 * @snd_mss: largest data part of a segment that we send, bytes
 * @mtu: why @snd_mss is what it is
 * @peer_mss: what the peer's MSS option allows, bytes
 * @irs: initial receive sequence number
 * @rcv_nxt: next number expected
 * @rcv_wup: @rcv_nxt at the last window that was sent
 * @copied_seq: next number that the user will read
 * @rcv_wnd: receive window, bytes from @rcv_wup on; its right edge never
 *	moves left (RFC 9293, section 3.8.6)
 * @rcv_mss: largest data part received lately: an estimate of the peer's MSS
 * @ofo: segments out of order, by sequence number, none covering another
 * @sack: what is to be told of them
 * @last_text_len: bytes of data in the segment before, to find @rcv_mss by
 * @quick_acks: this many ACKs are still sent without delay
 * @text_at: when data was last received, ns; 0 for never
 * @heard_at: when an acceptable ACK was last received, ns
 * @challenged_at: when a segment that fitted nothing was last answered, ns
 *	(RFC 5961)
 * @urgent: urgent data
 * @totals: what has been sent and received
 * @rtt: round-trip time
 * @rcvbuf: how large the receive buffer should be
 * @cong: congestion control
 * @rack: loss detection
 * @ecn: congestion that routers tell of
 * @recovery: loss recovery
 * @alarm: rings at the earliest of @deadline
 * @alarm_at: when @alarm rings, ns; 0 if it is not pending
 * @deadline: by enum clasp_timer, ns of clasp_clock(); 0 for none
 * @waiting_since: since when the peer has acknowledged nothing new of what waits
 *	for it, ns; valid while a timer for retransmission or probes runs
 * @retries: retransmissions of the oldest segment, or probes or keep-alives
 *	without an answer
 * @probes: probes sent since the window was last found shut
 * @mtu_reduced: MTU that ICMP reported while the user held the lock
 * @icmp_error: errno that ICMP reported, for CLASP_DO_REPORT_ICMP
 * @icmp_event: what that is to the state machine
 * @deferred: timers (bit by bit CLASP_DEFERRED_...) that release_sock() runs
 * @hashed: @entry is in the table
 * @options: what the user set by options at level SOL_CLASP
 * @interactive: what is received is mostly answered with data, so ACKs wait for
 *	it
 * @ack_due: enum clasp_ack_due
 * @reader_asleep: somebody sleeps in recv(2), and no ACK has waited for him in
 *	vain
 * @patient: the program's last recv(2) or send(2) was one that may sleep, or for
 *	a child that has seen none, its listener's accept(2)
 * @syn_resent: the handshake took more than one SYN or SYN-ACK of ours
 * @fin_queued: the number before @write_seq is our FIN
 * @fin_reached: the FIN was just reached in order, CLASP_EV_FIN is due
 * @push: what is queued goes in spite of CLASP_CORK, until more is queued
 *
 * Everything is protected by the socket lock but what is said otherwise
 * above, @deferred and @hostq (atomic bits) and what poll reads locklessly.
 *
 * Who may hold one: the file descriptor (until close()), then the connection
 * itself (until it reaches CLOSED); the pending alarm, and that of @pace; the accept queue of its
 * listener; a request that points to its listener; lookups, for the time of
 * one segment; send(2)s with MSG_ZEROCOPY whose pages are still referred to.
 * Each has a reference. skbs on their way keep the memory alive
 * through sk_wmem_alloc. It dies in sk_free(), an RCU grace period after the
 * last of them (SOCK_RCU_FREE).
 */
struct clasp_sock {
	struct inet_sock inet;
	const struct clasp_af_ops *af;
	struct clasp_net *home;
	struct clasp_entry entry;
	struct clasp_binding binding;

	struct hlist_node listener_node;
	struct list_head requests;
	u32 request_count;
	u64 cookie_at;
	struct list_head accept_queue;
	struct list_head accept_node;
	struct list_head orphan_node;

	u64 iss;
	u64 snd_una;
	u64 snd_nxt;
	u64 write_seq;
	u64 snd_wl1;
	u64 snd_wl2;
	u32 snd_wnd;
	u32 max_window;
	struct clasp_spare *spare;
	struct clasp_rtxq rtxq;
	struct clasp_hostq hostq;
	struct clasp_pace pace;
	u32 snd_mss;
	struct clasp_mtu mtu;
	u32 peer_mss;

	u64 irs;
	u64 rcv_nxt;
	u64 rcv_wup;
	u64 copied_seq;
	u32 rcv_wnd;
	u32 rcv_mss;
	u32 last_text_len;
	struct rb_root ofo;
	struct clasp_sack sack;
	u8 quick_acks;
	u64 text_at;
	u64 heard_at;
	u64 challenged_at;

	struct clasp_urgent urgent;
	struct clasp_totals totals;
	struct clasp_rtt rtt;
	struct clasp_rcvbuf rcvbuf;
	struct clasp_cong cong;
	struct clasp_rack rack;
	struct clasp_ecn ecn;
	struct clasp_recovery recovery;

	struct clasp_alarm alarm;
	u64 alarm_at;
	u64 deadline[CLASP_TIMERS];
	u64 waiting_since;
	u8 retries;
	u8 probes;

	u32 mtu_reduced;
	int icmp_error;
	enum clasp_event icmp_event;
	unsigned long deferred;

	struct clasp_options options;

	bool hashed;
	bool interactive;
	u8 ack_due;
	bool reader_asleep;
	bool patient;
	bool fin_queued;
	bool fin_reached;
	bool push;
	bool syn_resent;
};

/* Bits of struct clasp_sock::deferred. */
#define CLASP_DEFERRED_TIMER	0	/* the socket's own alarm rang */
#define CLASP_DEFERRED_REQUEST	1	/* the alarm of one of its requests */
#define CLASP_DEFERRED_MTU	2	/* struct clasp_sock::mtu_reduced */
#define CLASP_DEFERRED_ICMP	3	/* struct clasp_sock::icmp_event */
#define CLASP_DEFERRED_ROOM	4	/* hostq and pace of struct clasp_sock */

extern struct proto clasp_prot;
extern struct proto clasp6_prot;

/**
 * clasp_sk() - the CLASP socket that a socket is
 * @sk: a socket of protocol CLASP
 *
 * Return: the same socket.
 */
static inline struct clasp_sock *clasp_sk(const struct sock *sk)
{
	return (struct clasp_sock *)sk;
}

/**
 * clasp_sysctl() - the knobs of a socket's namespace
 * @sk: the socket
 *
 * Return: the knobs, to be read with READ_ONCE().
 */
static inline const struct clasp_sysctl *clasp_sysctl(const struct sock *sk)
{
	return &clasp_sk(sk)->home->sysctl;
}

/**
 * clasp_ack_delay() - the longest delay of an ACK (net.clasp.ack_delay_ms)
 * @sk: the socket
 *
 * Return: nanoseconds.
 */
static inline u64 clasp_ack_delay(const struct sock *sk)
{
	return (u64)READ_ONCE(clasp_sysctl(sk)->ack_delay_ms) * NSEC_PER_MSEC;
}

/**
 * clasp_count_sk_many() - count several at once in a socket's namespace
 * @sk: the socket
 * @counter: what
 * @many: how many
 */
static inline void clasp_count_sk_many(const struct sock *sk,
				       enum clasp_counter counter, u32 many)
{
	clasp_mib_add(clasp_sk(sk)->home->mib, counter, many);
}

/**
 * clasp_count_sk() - count something in a socket's namespace
 * @sk: the socket
 * @counter: what
 */
static inline void clasp_count_sk(const struct sock *sk,
				  enum clasp_counter counter)
{
	clasp_count_sk_many(sk, counter, 1);
}

/**
 * clasp_in_state() - is a socket in one of some states?
 * @sk: the socket
 * @states: bits 1 << CLASP_...
 *
 * Return: true if it is.
 */
static inline bool clasp_in_state(const struct sock *sk, u32 states)
{
	return (1u << READ_ONCE(sk->sk_state)) & states;
}

/* States in which both ends know each other's sequence numbers. */
#define CLASP_SYNCHRONIZED						\
	(1u << CLASP_ESTABLISHED | 1u << CLASP_FIN_WAIT_1 |		\
	 1u << CLASP_FIN_WAIT_2 | 1u << CLASP_CLOSE_WAIT |		\
	 1u << CLASP_CLOSING | 1u << CLASP_LAST_ACK)

#endif /* _CLASP_H */
