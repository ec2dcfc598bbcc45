/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two ends of a wire, for the tests: real sockets whose segments go through a
 * list in memory instead of IP, and whose time goes only as fast as the test
 * lets it.
 */
#ifndef _CLASP_WIRE_H
#define _CLASP_WIRE_H

#include <kunit/test.h>
#include <linux/time64.h>

#include "../clasp.h"
#include "../icmp.h"

#define SECONDS(n)	((u64)(n) * NSEC_PER_SEC)
#define MS(n)		((u64)(n) * NSEC_PER_MSEC)

/* An end of the wire: 10.253.0.1 or .2, or fd00:253::10.253.0.1 or .2. */
enum wire_end {
	WIRE_CLIENT,
	WIRE_SERVER,
	WIRE_ENDS,
	WIRE_ANY = WIRE_ENDS
};

#define WIRE_CLIENT_PORT	4001
#define WIRE_SERVER_PORT	4002
#define WIRE_MTU		1500
#define WIRE_MSS		(WIRE_MTU - 20 - CLASP_HEADER_MIN)

/* What the wire does to a segment. */
enum wire_fate {
	WIRE_PASS,
	WIRE_DROP,
	WIRE_TWICE,
	WIRE_LATE,
	WIRE_CORRUPT,
	WIRE_MARK,	/* as a router with a queue does, instead of a drop */
};

/* A segment that was sent, whatever its fate. No padding: it is hashed. */
struct wire_segment {
	u64 at;
	u64 seq;
	u64 ack_seq;
	u32 window;
	u32 len;
	u16 urg_ptr;
	u8 flags;
	u8 from;
	u8 fate;
	u8 ecn;		/* INET_ECN_... as it was sent */
	u8 zero[2];
};

/**
 * struct wire_rule - what is to happen to some segments
 * @mask: these control bits ...
 * @flags: ... are these
 * @text: only segments with data
 * @min_len: only segments with at least so many bytes of it
 * @skip: so many that match are let through
 * @count: then so many meet their fate
 * @fate: that is it
 * @delay: WIRE_LATE, WIRE_TWICE: so much later, ns
 * @from: who sends them, enum wire_end
 */
struct wire_rule {
	u8 mask;
	u8 flags;
	bool text;
	u32 min_len;
	u32 skip;
	u32 count;
	u8 fate;
	u64 delay;
	u8 from;
};

#define WIRE_RULES	8
#define WIRE_LOG	4096
#define WIRE_SOCKETS	64

/**
 * struct wire_chance - random faults, per thousand segments
 * @seed: where the random numbers start; 0 for no random faults
 * @drop: lost
 * @twice: doubled, the copy up to 200 ms later
 * @late: up to 200 ms later
 * @corrupt: with one bit changed
 */
struct wire_chance {
	u32 seed;
	u16 drop;
	u16 twice;
	u16 late;
	u16 corrupt;
};

/**
 * struct wire - the wire, its clock, and what has been seen on it
 * @test: the test that runs
 * @family: AF_INET or AF_INET6: the parameter of a WIRE_CASE()
 * @now: the time, ns
 * @alarms: pending alarms by time
 * @flights: segments on their way, by time
 * @delay: how long a segment takes, ns
 * @mtu: of the path, bytes, if it is IPv4's; IPv6's takes as much data in a
 *	segment; 0 for no route
 * @isn: initial sequence number by end; 0 for one of the module's own
 * @chance: random faults
 * @rules: what is to happen to which segments
 * @log: what was sent; the first WIRE_LOG only
 * @logged: how many were sent
 * @caught: segments that the parser refused
 * @hash: of all that was sent
 * @steps: how many things have happened
 * @watch: told of each that has, or NULL
 * @watched: for @watch
 * @alarmed: a socket whose references are counted whenever an alarm is set, or NULL
 * @least_refs: so many were there
 * @socks: sockets to be released when the test ends
 * @saved: the knobs as they were before the test
 */
struct wire {
	struct kunit *test;
	u16 family;
	u64 now;
	struct list_head alarms;
	struct sk_buff_head flights;
	u64 delay;
	u32 mtu;
	u64 isn[WIRE_ENDS];
	struct wire_chance chance;
	struct wire_rule rules[WIRE_RULES];
	struct wire_segment *log;
	u32 logged;
	u32 caught;
	u32 hash;
	u32 steps;
	void (*watch)(struct wire *wire);
	void *watched;
	struct sock *alarmed;
	u32 least_refs;
	struct socket *socks[WIRE_SOCKETS];
	struct clasp_sysctl saved;
};

/* Both ends of a connection and who made one of them. */
struct wire_pair {
	struct socket *listener;
	struct socket *client;
	struct socket *server;
};

/* A stream of bytes in one direction, made and checked as it goes. */
struct wire_stream {
	struct socket *from;
	struct socket *to;
	u32 size;
	u32 sent;
	u32 got;
	bool fin;
	bool eof;
	bool shut;
};

extern struct clasp_af_ops wire_af;
extern const u16 wire_families[2];

static inline void wire_family_name(const u16 *family, char *desc)
{
	strscpy(desc, *family == AF_INET6 ? "IPv6" : "IPv4",
		KUNIT_PARAM_DESC_SIZE);
}

__maybe_unused
KUNIT_ARRAY_PARAM(wire_family, wire_families, wire_family_name)

/* A case for both families. */
#define WIRE_CASE(name)	KUNIT_CASE_PARAM(name, wire_family_gen_params)
#define WIRE_CASE_SLOW(name)						\
	KUNIT_CASE_PARAM_ATTR(name, wire_family_gen_params,		\
			      { KUNIT_SPEED_SLOW })

int wire_init(struct kunit *test);
void wire_exit(struct kunit *test);
struct clasp_sysctl *wire_sysctl(void);

struct socket *wire_socket(struct wire *wire, enum wire_end end, u16 port);
struct socket *wire_listen(struct wire *wire, int backlog);
int wire_bind(struct socket *sock, enum wire_end end, u16 port);
int wire_connect(struct socket *sock, enum wire_end end);
void wire_address(enum wire_end end, struct in6_addr *addr);
void wire_recverr(struct socket *sock);
struct socket *wire_accept(struct wire *wire, struct socket *listener);
void wire_open(struct wire *wire, struct wire_pair *pair);
void wire_open_idle(struct wire *wire, struct wire_pair *pair);
void wire_close(struct wire *wire, struct socket **sock);
int wire_error(struct socket *sock);
void wire_option(struct wire *wire, struct socket *sock, int name, int value);
int wire_send(struct socket *sock, const void *data, u32 len);
int wire_receive(struct socket *sock, void *data, u32 len);

bool wire_next(struct wire *wire, u64 until);
void wire_settle(struct wire *wire);
void wire_run(struct wire *wire, u64 duration);
bool wire_finish(struct wire *wire);
bool wire_pump(struct wire *wire, struct wire_stream *streams, int count);

void wire_clear(struct wire *wire);
void wire_rule(struct wire *wire, const struct wire_rule *rule);
void wire_cut(struct wire *wire, enum wire_end from);
void wire_mend(struct wire *wire);
void wire_inject(struct wire *wire, enum wire_end from, u8 flags, u64 seq,
		 u64 ack_seq, u32 len);
void wire_inject_window(struct wire *wire, enum wire_end from, u8 flags,
			u64 seq, u64 ack_seq, u32 len, u32 window);
void wire_inject_at(struct wire *wire, u16 port, u8 flags, u64 seq,
		    u64 ack_seq, u32 len);
void wire_inject_sack(struct wire *wire, enum wire_end from, u64 seq,
		      u64 ack_seq, const struct clasp_block *blocks, u32 count);
void wire_inject_ecn(struct wire *wire, enum wire_end from, u8 flags, u64 seq,
		     u64 ack_seq, u32 len, u8 ecn);
void wire_inject_urgent(struct wire *wire, enum wire_end from, u64 seq,
			u64 ack_seq, u32 len, u16 urg_ptr);
int wire_icmp(struct wire *wire, enum wire_end end, struct clasp_icmp what);
void wire_random(struct wire *wire, const struct wire_chance *chance);

/* As its user would in a call, while the test lets other sockets do theirs. */
static inline void wire_hold(struct sock *sk)
{
	lock_sock_nested(sk, SINGLE_DEPTH_NESTING);
}

int wire_state(struct wire *wire, enum wire_end end);
u32 wire_connections(void);
u32 wire_count(struct wire *wire, enum wire_end from, u8 mask, u8 flags);
bool wire_is(struct wire *wire, u32 index, enum wire_end from, u8 flags,
	     u64 seq, u64 ack_seq, u32 len);

/* The next segment that was sent is this one, and no other. */
#define WIRE_EXPECT(wire, index, from, flags, seq, ack_seq, len)	\
	KUNIT_EXPECT_TRUE((wire)->test,					\
			  wire_is(wire, index, from, flags, seq, ack_seq, len))

/* The states of both ends, the client's first. */
#define WIRE_STATES(wire, client, server)				\
do {									\
	KUNIT_EXPECT_EQ((wire)->test, wire_state(wire, WIRE_CLIENT),	\
			CLASP_##client);				\
	KUNIT_EXPECT_EQ((wire)->test, wire_state(wire, WIRE_SERVER),	\
			CLASP_##server);				\
} while (0)

#endif /* _CLASP_WIRE_H */
