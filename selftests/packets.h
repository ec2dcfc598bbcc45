/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scripts that pair calls on a socket with the segments on the wire; their
 * language is told in packets/README.md. One file for each noun:
 *
 *   packets.c          chapters, one process for each script, TAP
 *   packets_parse.c    a script's text to lines
 *   packets_name.c     the constants that scripts know by name
 *   packets_run.c      plays the lines in time
 *   packets_call.c     what each call does
 *   packets_segment.c  segments as lines tell them
 *   packets_icmp.c     ICMP messages as lines tell them
 *   packets_conn.c     connections: who, and their initial numbers
 *   packets_state.c    the states that the kernel traces
 *   packets_tun.c      the network namespace and its one device
 *   packets_world.c    what differs by the family of addresses
 */
#ifndef CLASP_SELFTEST_PACKETS_H
#define CLASP_SELFTEST_PACKETS_H

#include <netinet/in.h>
#include <stddef.h>

#include "ktypes.h"
#include "ip.h"
#include "segment.h"

#define LOCAL_ADDR "192.0.2.1"		/* the kernel under test */
#define PEER_ADDR "192.0.2.2"		/* played by the script */
#define ROUTER_ADDR "192.0.2.254"	/* sends ICMP */
#define LOCAL_PORT 40000
#define PEER_PORT 5000
#define PEER_ISN 1000000		/* unless the script chooses another */

#define TUN_DEVICE "tun0"
#define PACKET_MAX 65575		/* of IPv6, without its jumbograms */
#define CALL_ARGS 4
#define CALL_BYTES (16 << 20)		/* read or written by one call */
#define DESCRIPTORS 64
#define STATE_PATH 16

/* ---- what scripts are played over ---------------------------------------- */

struct icmp_kind {
	const char *name;	/* NULL ends a list */
	u8 type, code;
};

/* All that differs. packets_world.c */
struct world {
	const char *name;	/* as "%family" and the command line have it */
	int sock_family;	/* of sockets */
	int ip_family;		/* of packets */
	const char *any;	/* the address that binds to all */
	int mtu_more;		/* the header is so much longer than IPv4's */
	const char *net;	/* what twins of IPv4's addresses begin with, */
	int net_bits;		/* and how many bits that is */
	u8 icmp_proto;
	const struct icmp_kind *icmp_kinds;
	u16 (*icmp_checksum)(const struct ip_header *ip, const u8 *data, size_t len);
};

extern const struct world *world;

void world_pick(const char *name);
/* "192.0.2.1", or its twin; what is IPv6's already remains so. */
struct in6_addr world_host(const char *ip);
/* The other way round, with the port; buf takes HOST_TEXT. */
const char *world_text(const struct in6_addr *host, u16 port, char *buf);

/* ---- lines -------------------------------------------------------------- */

/* When, in seconds after the line before. */
struct span {
	double from, to;
	int given;		/* as a range; else from == to */
};

/* A number that the wire counts from an initial one. */
struct number {
	u64 value;
	int absolute, named;
};

struct end {
	struct in6_addr addr;
	int has_addr;		/* else the script's usual one */
	int scoped;		/* the address is the device's */
	u16 port;		/* 0: the script's usual one */
	int any_port;
};

/* Fields of which a line names only some. */
enum {
	HAS_WIN = 1 << 0, HAS_MSS = 1 << 1, HAS_URG = 1 << 2, HAS_OPTS = 1 << 3,
	HAS_TTL = 1 << 4, HAS_TOS = 1 << 5, HAS_DF = 1 << 6, HAS_ISN = 1 << 7,
	HAS_VERSION = 1 << 8, HAS_HDRLEN = 1 << 9, HAS_ZERO = 1 << 10,
	HAS_CUT = 1 << 11, HAS_IPOPTS = 1 << 12, HAS_EXT = 1 << 13,
	HAS_FLOW = 1 << 14,
};

/* What a flow label must be. */
enum flow_rule { FLOW_TOLD, FLOW_NEW, FLOW_SAME };

struct segment_spec {
	u8 flags;
	u32 has;
	struct number seq, ack;
	struct end from, to;
	u32 len, win, win_max;
	u64 isn;
	u16 mss, urg, zero, hdr_len, cut;
	u8 version, ttl, tos, df;
	u32 flow;
	enum flow_rule flow_rule;
	int bad_csum, junk, renew;
	u8 opts[SEG_HDR_MAX];
	size_t opts_len;
	u8 ip_opts[IP_OPTS_MAX];
	size_t ip_opts_len;
	u8 ext[IP_EXT_MAX];
	size_t ext_count;
};

struct icmp_spec {
	u8 type, code;
	u32 mtu;
	u32 quote;		/* bytes of the segment that are returned */
	u8 ttl;
	struct segment_spec about;
};

enum arg_type { ARG_NUMBER, ARG_ADDRESS, ARG_UNSPEC, ARG_AT };

struct arg {
	enum arg_type type;
	long value;
	int level;		/* if it is a socket option */
	struct end end;
};

enum result_type { RESULT_NUMBER, RESULT_ERRNO, RESULT_ADDRESS };

struct result {
	enum result_type type;
	long low, high;
	int err;
	struct end end;
};

struct call_type;

struct call {
	const struct call_type *type;
	struct arg args[CALL_ARGS];
	int count;
	int has_at;		/* the stream offset of what is read */
	u64 at;
	struct result want;
	int blocks;
	struct span until;
};

struct setting {
	char name[128], value[128];
};

struct counter {
	char name[64];
	long low, high;
};

/* The latest states that a socket went through. */
struct states {
	struct segment_spec ends;	/* of which only these count */
	int path[STATE_PATH];
	int count;
};

enum line_type {
	LINE_CALL, LINE_INJECT, LINE_EXPECT, LINE_ICMP, LINE_NOTHING,
	LINE_COUNTER, LINE_SYSCTL, LINE_MTU, LINE_SHELL, LINE_STATES,
	LINE_TICK,
};

struct line {
	int number;		/* in the file */
	char *text;
	struct span when;
	enum line_type type;
	union {
		struct call call;
		struct segment_spec segment;
		struct icmp_spec icmp;
		struct counter counter;
		struct setting setting;
		struct states states;
		long mtu;
		char *shell;
	};
};

struct script {
	const char *path;
	struct setting *settings;
	int setting_count;
	struct line *lines;
	int line_count;
	int mtu;		/* of the device, to begin with */
};

/* ---- the parts ---------------------------------------------------------- */

/* packets_parse.c; a mistake in the script ends the process. */
void script_parse(struct script *script, const char *path);
/* For the other parsers: how to fail, and how to go on. */
__printf(1, 2) __noreturn void bad_line(const char *fmt, ...);
/* The next word, ended by white space; NULL at the end of the line. */
char *next_word(char **at);
u64 parse_number(const char *word);
void parse_range(char *word, long *low, long *high);
void parse_end(const char *word, struct end *end);
/* Of a device or a path; they are told as those of IPv4. */
int parse_mtu(const char *word);

/* packets_name.c */
/* "MSG_PEEK|MSG_OOB", "ECONNRESET" or "12": 0, or -1 for an unknown name. */
int name_value(const char *word, long *value);
/* Of a socket option; -1 for any other name. */
int name_level(const char *word);

/* packets_run.c: 0 if all went as the script says. */
int script_run(const struct script *script);
/* Tell what is wrong with the line that is played, and end the process. */
__printf(1, 2) __noreturn void mismatch(const char *fmt, ...);

/* packets_call.c */
struct running {
	const struct call *call;
	const struct line *line;
	double moment, started, ended;
	double behind;		/* how late the script was when it started */
	int tid, done;
	long ret;
	int err;
	int fds[CALL_ARGS];	/* the real descriptor where an argument is one */
	u8 *buf;
	union address addr;
};

void call_parse(struct call *call, char *text);
/* Before, in and after: only the middle one may block, in a thread. */
void call_prepare(struct running *run);
void call_perform(struct running *run);
void call_check(struct running *run);
/* Leave no socket behind that would have something to send. */
void call_abort_all(void);

/* packets_conn.c */
struct conn {
	struct in6_addr peer_addr, local_addr;
	u16 peer_port, local_port;
	int iss_known;
	u64 iss;		/* the kernel's initial number */
	u64 irs;		/* the peer's */
	u64 acked;		/* what the kernel expects next, as it says */
	u32 flow;		/* the label of its last segment */
};

struct conn *conn_of_spec(const struct segment_spec *spec, int to_kernel);
/* NULL if no line has been about it. */
struct conn *conn_of_segment(const struct segment *seg, int to_kernel);
/* From a segment of the kernel's; anew, if it may begin another connection. */
void conn_learn(struct conn *conn, const struct segment *seg, int renew);
struct conn *conn_nth(int i);
/* What the stream has at this place: a byte that tells where it belongs. */
u8 stream_byte(int to_kernel, u64 offset);
void stream_fill(int to_kernel, u64 offset, u8 *buf, size_t len);
/* The first of len bytes that is wrong, or len. */
size_t stream_check(int to_kernel, u64 offset, const u8 *buf, size_t len);

/* packets_segment.c */
void segment_spec_parse(struct segment_spec *spec, char *text, int inject);
size_t segment_spec_build(const struct segment_spec *spec, u8 *pkt);
/* Of a segment of the kernel's that something is about, all after "about". */
void segment_about_parse(struct segment_spec *spec, char *text);
/* Returns the size of its IP header; who sent it goes to `from`. */
size_t segment_about_build(const struct segment_spec *spec, u8 *pkt,
			   struct in6_addr *from);
/* Does the packet do what the line says? If not, why goes to `why`. */
int segment_spec_match(const struct segment_spec *spec, const u8 *pkt,
		       size_t len, char *why, size_t room);
/* A packet in the words of the scripts, with relative numbers. */
void packet_describe(const u8 *pkt, size_t len, int to_kernel, char *buf,
		     size_t room);

/* packets_icmp.c */
void icmp_spec_parse(struct icmp_spec *spec, char *text);
size_t icmp_spec_build(const struct icmp_spec *spec, u8 *pkt);

/* packets_state.c */
void states_parse(struct states *want, char *text);
/* From here on. It costs time, so only scripts that want it have it. */
void states_watch(void);
void states_unwatch(void);
void states_check(const struct states *want);

/* packets_tun.c */
void tun_start(int mtu);
int tun_fd(void);
void tun_send(const u8 *pkt, size_t len);
/* The next packet of the kernel's; 0 if there is none now. */
size_t tun_receive(u8 *pkt, size_t room);
void tun_set_mtu(int mtu);
/* Wait until all addresses that were given can be used. */
void tun_settle(void);

#endif
