// SPDX-License-Identifier: GPL-2.0
/* The connections of a script: which there are, and where each counts from. */
#include "packets.h"
#include "util.h"

#define CONNS 128

static struct conn conns[CONNS];
static int count;

static struct conn *add(u32 peer_addr, u16 peer_port, u32 local_addr,
			u16 local_port)
{
	struct conn *conn = &conns[count];

	if (count == CONNS)
		die("more than %d connections in one script", CONNS);
	count++;
	*conn = (struct conn){
		.peer_addr = peer_addr,
		.peer_port = peer_port,
		.local_addr = local_addr,
		.local_port = local_port,
		.irs = PEER_ISN,
	};
	return conn;
}

/* A port of 0 fits each; of two that fit, the newer one is meant. */
static struct conn *find(u32 peer_addr, u16 peer_port, u32 local_addr,
			 u16 local_port)
{
	int i;

	for (i = count - 1; i >= 0; i--) {
		struct conn *conn = &conns[i];

		if (conn->peer_addr == peer_addr &&
		    conn->peer_port == peer_port &&
		    conn->local_addr == local_addr &&
		    (!local_port || !conn->local_port ||
		     conn->local_port == local_port))
			return conn;
	}
	return NULL;
}

struct conn *conn_of_spec(const struct segment_spec *spec, int to_kernel)
{
	const struct end *local = to_kernel ? &spec->to : &spec->from;
	const struct end *peer = to_kernel ? &spec->from : &spec->to;
	u32 peer_addr = peer->addr ?: PEER_ADDR;
	u16 peer_port = peer->port ?: PEER_PORT;
	u32 local_addr = local->addr ?: LOCAL_ADDR;
	struct conn *conn = NULL;

	if (!local->any_port)
		conn = find(peer_addr, peer_port, local_addr, local->port);
	if (conn)
		return conn;
	return add(peer_addr, peer_port, local_addr,
		   local->any_port ? 0 : local->port ?: LOCAL_PORT);
}

struct conn *conn_of_segment(const struct segment *seg, int to_kernel)
{
	if (to_kernel)
		return find(seg->src, seg->sport, seg->dst, seg->dport);
	return find(seg->dst, seg->dport, seg->src, seg->sport);
}

void conn_learn(struct conn *conn, const struct segment *seg, int renew)
{
	if (seg->flags & SEG_SYN && (!conn->iss_known || renew)) {
		conn->local_port = seg->sport;
		conn->iss = seg->seq;
		conn->iss_known = 1;
	}
	if (seg->flags & SEG_ACK)
		conn->acked = seg->ack;
}

struct conn *conn_nth(int i)
{
	return i < count ? &conns[i] : NULL;
}

/* A prime period, so that no segment's data looks like that of another. */
u8 stream_byte(int to_kernel, u64 offset)
{
	u8 byte = offset % 251;

	return to_kernel ? 255 - byte : byte;
}

void stream_fill(int to_kernel, u64 offset, u8 *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = stream_byte(to_kernel, offset + i);
}

size_t stream_check(int to_kernel, u64 offset, const u8 *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (buf[i] != stream_byte(to_kernel, offset + i))
			break;
	return i;
}
