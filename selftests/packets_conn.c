// SPDX-License-Identifier: GPL-2.0
/* The connections of a script: which there are, and where each counts from. */
#include "packets.h"
#include "util.h"

#define CONNS 128

static struct conn conns[CONNS];
static int count;

static struct conn *add(const struct end *peer, const struct end *local)
{
	struct conn *conn = &conns[count];

	if (count == CONNS)
		die("more than %d connections in one script", CONNS);
	count++;
	*conn = (struct conn){
		.peer_addr = peer->addr,
		.peer_port = peer->port,
		.local_addr = local->addr,
		.local_port = local->port,
		.irs = PEER_ISN,
	};
	return conn;
}

/* A port of 0 fits each; of two that fit, the newer one is meant. */
static struct conn *find(const struct end *peer, const struct end *local)
{
	int i;

	for (i = count - 1; i >= 0; i--) {
		struct conn *conn = &conns[i];

		if (same_in6(&conn->peer_addr, &peer->addr) &&
		    conn->peer_port == peer->port &&
		    same_in6(&conn->local_addr, &local->addr) &&
		    (!local->port || !conn->local_port ||
		     conn->local_port == local->port))
			return conn;
	}
	return NULL;
}

/* What a line doesn't tell is as usual. */
static struct end complete(struct end end, const char *addr, u16 port)
{
	if (!end.has_addr)
		end.addr = world_host(addr);
	if (!end.port)
		end.port = port;
	return end;
}

struct conn *conn_of_spec(const struct segment_spec *spec, int to_kernel)
{
	const struct end *local_told = to_kernel ? &spec->to : &spec->from;
	const struct end *peer_told = to_kernel ? &spec->from : &spec->to;
	struct end local = complete(*local_told, LOCAL_ADDR, 0);
	struct end peer = complete(*peer_told, PEER_ADDR, PEER_PORT);
	struct conn *conn = NULL;

	if (!local.any_port)
		conn = find(&peer, &local);
	if (conn)
		return conn;
	if (!local.any_port)
		local = complete(local, LOCAL_ADDR, LOCAL_PORT);
	return add(&peer, &local);
}

struct conn *conn_of_segment(const struct segment *seg, int to_kernel)
{
	struct end src = { .addr = seg->src, .port = seg->sport };
	struct end dst = { .addr = seg->dst, .port = seg->dport };

	return to_kernel ? find(&src, &dst) : find(&dst, &src);
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
