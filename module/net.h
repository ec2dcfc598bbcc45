/* SPDX-License-Identifier: GPL-2.0 */
/* What one network namespace holds. */
#ifndef _CLASP_NET_H
#define _CLASP_NET_H

#include "alarm.h"
#include "challenge.h"
#include "cookie.h"
#include "mib.h"
#include "table.h"

struct clasp_cong_algorithm;
struct ctl_table_header;

/* Values of struct clasp_sysctl::syn_cookies. */
#define CLASP_COOKIES_NEVER	0
#define CLASP_COOKIES_ALWAYS	2

/* Value of struct clasp_sysctl::ecn. */
#define CLASP_ECN_ALWAYS	1

/**
 * struct clasp_sysctl - the knobs of a namespace, net.clasp.*
 * @syn_retries: SYN retransmissions before connect() gives up
 * @synack_retries: SYN-ACK retransmissions before a request is dropped
 * @retries: retransmissions before an established connection is given up
 * @orphan_retries: the same, for a connection that no program holds
 * @path_retries: retransmissions before the path is doubted (RFC 9293: R1)
 * @user_timeout_ms: what CLASP_USER_TIMEOUT of 0 means; 0 for no limit
 * @keepalive_idle_ms: silence before the first keep-alive (RFC 9293: 2 hours)
 * @keepalive_interval_ms: time between keep-alives
 * @keepalive_probes: keep-alives without an answer before a connection is
 *	given up
 * @max_syn_backlog: requests in SYN-RECEIVED per listener
 * @max_requests: the same, all listeners together
 * @syn_cookies: 0 never, 1 when a SYN finds no place, 2 always
 * @max_timewait: connections in TIME-WAIT; more are closed at once
 * @max_orphans: connections that no program holds; more are reset
 * @timewait_ms: time in TIME-WAIT, milliseconds (RFC 9293: 2 MSL)
 * @fin_wait2_timeout_ms: wait for the FIN of a closed socket's peer
 * @rto_min_ms: least retransmission timeout
 * @rto_max_ms: greatest retransmission timeout, back-off included
 * @ack_delay_ms: longest delay of an acknowledgment (RFC 9293: under 500)
 * @quick_acks: ACKs without delay at the start and when it must go quickly
 * @tail_loss_probe: RFC 8985's probes for losses at the end, 1 or 0
 * @mtu_probing: black holes for large segments are looked for, 1 or 0
 * @base_mss_bytes: data in a segment when large ones seem to vanish
 * @min_mss_bytes: the same at least, when those vanish too
 * @mtu_probe_interval_ms: from a search for the largest segment to the next
 * @notsent_lowat_bytes: what CLASP_NOTSENT_LOWAT of 0 means
 * @challenge_ack_ms: least time between a connection's challenge ACKs
 * @challenge_acks_per_s: challenge ACKs of all connections, about
 * @rmem_default_bytes: a new socket's receive buffer
 * @rmem_max_bytes: it grows by itself up to this
 * @wmem_default_bytes: a new socket's send buffer
 * @wmem_max_bytes: it grows by itself up to this
 * @limit_output_bytes: what a socket may have sent that is still in this host
 * @ecn: 0 never, 1 offered and taken, 2 taken when the peer offers it
 * @congestion: congestion control of a socket whose program asks for none
 *
 * Read with READ_ONCE() and without locks.
 */
struct clasp_sysctl {
	int syn_retries;
	int synack_retries;
	int retries;
	int orphan_retries;
	int path_retries;
	int user_timeout_ms;
	int keepalive_idle_ms;
	int keepalive_interval_ms;
	int keepalive_probes;
	int max_syn_backlog;
	int max_requests;
	int syn_cookies;
	int max_timewait;
	int max_orphans;
	int timewait_ms;
	int fin_wait2_timeout_ms;
	int rto_min_ms;
	int rto_max_ms;
	int ack_delay_ms;
	int quick_acks;
	int tail_loss_probe;
	int mtu_probing;
	int base_mss_bytes;
	int min_mss_bytes;
	int mtu_probe_interval_ms;
	int notsent_lowat_bytes;
	int challenge_ack_ms;
	int challenge_acks_per_s;
	int rmem_default_bytes;
	int rmem_max_bytes;
	int wmem_default_bytes;
	int wmem_max_bytes;
	int limit_output_bytes;
	int ecn;
	const struct clasp_cong_algorithm *congestion;
};

/**
 * struct clasp_timewaits - the connections in TIME-WAIT of a namespace
 * @lock: protects the others, and what struct clasp_timewait says; the locks of
 *	the table's buckets and of the kernel's timers are taken inside it
 * @queue: struct clasp_timewait::queue, in the order in which they will end
 * @alarm: rings when the first of @queue may be over; never stopped but at the
 *	end of the namespace
 * @count: how many are in @queue
 */
struct clasp_timewaits {
	spinlock_t lock;	/* see above */
	struct list_head queue;
	struct clasp_alarm alarm;
	u32 count;
};

/**
 * struct clasp_orphans - the connections of a namespace that no program holds
 * @lock: protects the others; the innermost of all locks
 * @list: struct clasp_sock::orphan_node
 * @count: how many are in @list
 */
struct clasp_orphans {
	spinlock_t lock;	/* see above */
	struct list_head list;
	u32 count;
};

/**
 * struct clasp_net - what one network namespace holds
 * @net: the namespace
 * @table: connections, listeners, ports
 * @sysctl: the knobs
 * @sysctl_header: their registration
 * @mib: the counters
 * @isn_key: secret of the initial sequence numbers (RFC 6528)
 * @cookies: keys of the SYN cookies
 * @challenges: how many challenge ACKs may be sent
 * @next_port: grows with each ephemeral port chosen (RFC 6056)
 * @requests: how many connections are in SYN-RECEIVED of a passive open
 * @timewaits: the connections in TIME-WAIT
 * @orphans: the connections that no program holds
 */
struct clasp_net {
	struct net *net;
	struct clasp_table table;
	struct clasp_sysctl sysctl;
	struct ctl_table_header *sysctl_header;
	struct clasp_mib __percpu *mib;
	siphash_key_t isn_key;
	struct clasp_cookies cookies;
	struct clasp_challenges challenges;
	atomic_t next_port;
	atomic_t requests;
	struct clasp_timewaits timewaits;
	struct clasp_orphans orphans;
};

extern unsigned int clasp_net_id;
extern unsigned int clasp_protocol;

struct clasp_net *clasp_net(const struct net *net);

#endif /* _CLASP_NET_H */
