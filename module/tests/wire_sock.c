// SPDX-License-Identifier: GPL-2.0
/* The sockets at the two ends of the wire, and the streams between them. */
#include <net/ipv6.h>

#include "../options.h"
#include "wire.h"

#define WIRE_CHUNK	4096

union wire_sockaddr {
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Both kinds have their family and their port at the same place. */
static int wire_sockaddr(const struct socket *sock, enum wire_end end, u16 port,
			 union wire_sockaddr *addr)
{
	bool v6 = sock->sk->sk_family == AF_INET6;
	struct in6_addr at;

	wire_address(end, &at);
	memset(addr, 0, sizeof(*addr));
	addr->v4.sin_family = sock->sk->sk_family;
	addr->v4.sin_port = htons(port);
	if (v6)
		addr->v6.sin6_addr = at;
	else
		addr->v4.sin_addr.s_addr = at.s6_addr32[3];
	return v6 ? sizeof(addr->v6) : sizeof(addr->v4);
}

/*
 * The addresses are nobody's: FREEBIND. A kernel that never had an address
 * takes each for a broadcast address, which is none to send from.
 */
int wire_bind(struct socket *sock, enum wire_end end, u16 port)
{
	union wire_sockaddr addr;
	int len = wire_sockaddr(sock, end, port, &addr);
	int err;

	inet_set_bit(FREEBIND, sock->sk);
	err = kernel_bind(sock, (struct sockaddr_unsized *)&addr, len);
	if (!err && sock->sk->sk_family == AF_INET)
		inet_sk(sock->sk)->inet_saddr = addr.v4.sin_addr.s_addr;
	return err;
}

static struct socket **wire_slot(struct wire *wire, struct socket *sock)
{
	int i;

	for (i = 0; i < WIRE_SOCKETS; i++)
		if (wire->socks[i] == sock)
			return &wire->socks[i];
	return NULL;
}

static void wire_keep(struct wire *wire, struct socket *sock)
{
	struct socket **slot = wire_slot(wire, NULL);

	if (!slot)
		sock_release(sock);
	KUNIT_ASSERT_NOT_NULL(wire->test, slot);
	*slot = sock;
}

/* A socket at one end. SO_REUSEADDR, for tests that connect again and again. */
struct socket *wire_socket(struct wire *wire, enum wire_end end, u16 port)
{
	struct socket *sock;

	KUNIT_ASSERT_EQ(wire->test, 0,
			sock_create_kern(&init_net, wire->family, SOCK_STREAM,
					 clasp_protocol, &sock));
	wire_keep(wire, sock);
	sock->sk->sk_reuse = SK_CAN_REUSE;
	/* Page fragments of its own: skbs don't depend on other tests. */
	sock->sk->sk_use_task_frag = false;
	KUNIT_ASSERT_EQ(wire->test, 0, wire_bind(sock, end, port));
	return sock;
}

struct socket *wire_listen(struct wire *wire, int backlog)
{
	struct socket *sock = wire_socket(wire, WIRE_SERVER, WIRE_SERVER_PORT);

	KUNIT_ASSERT_EQ(wire->test, 0, kernel_listen(sock, backlog));
	return sock;
}

/* connect(2), without waiting: 0, or what it says. */
int wire_connect(struct socket *sock, enum wire_end end)
{
	u16 port = end == WIRE_SERVER ? WIRE_SERVER_PORT : WIRE_CLIENT_PORT;
	union wire_sockaddr addr;
	int len = wire_sockaddr(sock, end, port, &addr);

	return kernel_connect(sock, (struct sockaddr_unsized *)&addr, len,
			      O_NONBLOCK);
}

/* accept(2), without waiting: NULL if there is nobody. */
struct socket *wire_accept(struct wire *wire, struct socket *listener)
{
	struct socket *sock;

	if (kernel_accept(listener, &sock, O_NONBLOCK))
		return NULL;
	wire_keep(wire, sock);
	return sock;
}

/* A connection, open at both ends and accepted. */
void wire_open(struct wire *wire, struct wire_pair *pair)
{
	struct kunit *test = wire->test;

	pair->listener = wire_listen(wire, 8);
	pair->client = wire_socket(wire, WIRE_CLIENT, WIRE_CLIENT_PORT);
	KUNIT_ASSERT_EQ(test, -EINPROGRESS,
			wire_connect(pair->client, WIRE_SERVER));
	wire_settle(wire);
	KUNIT_ASSERT_EQ(test, 0, wire_connect(pair->client, WIRE_SERVER));
	pair->server = wire_accept(wire, pair->listener);
	KUNIT_ASSERT_NOT_NULL(test, pair->server);
}

/* The same from 100 and 200, with nothing on its way and the log empty. */
void wire_open_idle(struct wire *wire, struct wire_pair *pair)
{
	wire->isn[WIRE_CLIENT] = 100;
	wire->isn[WIRE_SERVER] = 200;
	wire_open(wire, pair);
	wire_run(wire, SECONDS(1));
	wire_clear(wire);
}

void wire_close(struct wire *wire, struct socket **sock)
{
	struct socket **slot = wire_slot(wire, *sock);
	struct socket *gone = *sock;

	if (!gone)
		return;
	if (slot)
		*slot = NULL;
	*sock = NULL;
	sock_release(gone);
}

/* SO_ERROR, which it clears. */
int wire_error(struct socket *sock)
{
	return sock_error(sock->sk);
}

/* setsockopt(2) at the protocol's own level. */
void wire_option(struct wire *wire, struct socket *sock, int name, int value)
{
	KUNIT_EXPECT_EQ(wire->test, 0,
			clasp_setsockopt(sock->sk, SOL_CLASP, name,
					 KERNEL_SOCKPTR(&value),
					 sizeof(value)));
}

/* IP_RECVERR or its twin. */
void wire_recverr(struct socket *sock)
{
	if (sock->sk->sk_family == AF_INET)
		inet_set_bit(RECVERR, sock->sk);
	else
		inet6_set_bit(RECVERR6, sock->sk);
}

int wire_send(struct socket *sock, const void *data, u32 len)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec = { .iov_base = (void *)data, .iov_len = len };

	return kernel_sendmsg(sock, &msg, &vec, 1, len);
}

int wire_receive(struct socket *sock, void *data, u32 len)
{
	struct msghdr msg = { };
	struct kvec vec = { .iov_base = data, .iov_len = len };

	return kernel_recvmsg(sock, &msg, &vec, 1, len, MSG_DONTWAIT);
}

/* What a stream consists of: no two parts of it are alike. */
static u8 wire_byte(u32 offset)
{
	return offset * 31 + offset / 251 + offset / 65521;
}

/* Sends what the socket takes; true if it took something. */
static bool wire_stream_send(struct wire *wire, struct wire_stream *stream,
			     u8 *buf)
{
	bool progress = false;
	int got;
	u32 i, len;

	while (stream->sent < stream->size) {
		len = min_t(u32, stream->size - stream->sent, WIRE_CHUNK);
		for (i = 0; i < len; i++)
			buf[i] = wire_byte(stream->sent + i);
		got = wire_send(stream->from, buf, len);
		if (got == -EAGAIN)
			return progress;
		KUNIT_ASSERT_GT(wire->test, got, 0);
		stream->sent += got;
		progress = true;
	}
	if (stream->fin && !stream->shut) {
		stream->shut = true;
		KUNIT_EXPECT_EQ(wire->test, 0,
				kernel_sock_shutdown(stream->from, SHUT_WR));
		return true;
	}
	return progress;
}

/* Reads and compares what there is; true if there was something. */
static bool wire_stream_receive(struct wire *wire, struct wire_stream *stream,
				u8 *buf)
{
	bool progress = false;
	int got, i;

	while (!stream->eof) {
		got = wire_receive(stream->to, buf, WIRE_CHUNK);
		if (got == -EAGAIN)
			return progress;
		KUNIT_ASSERT_GE(wire->test, got, 0);
		progress = true;
		stream->eof = !got;
		for (i = 0; i < got; i++) {
			if (buf[i] == wire_byte(stream->got + i))
				continue;
			KUNIT_FAIL(wire->test, "byte %u is wrong",
				   stream->got + i);
			break;
		}
		stream->got += got;
		KUNIT_ASSERT_LE(wire->test, stream->got, stream->size);
	}
	return progress;
}

static bool wire_stream_done(const struct wire_stream *stream)
{
	return stream->got == stream->size && stream->eof == stream->fin;
}

/*
 * Moves some streams at once until all have arrived, with their ends if they
 * are to end. False if it comes to a halt, or takes more than two hours.
 */
bool wire_pump(struct wire *wire, struct wire_stream *streams, int count)
{
	u64 until = wire->now + 7200 * NSEC_PER_SEC;
	u8 *buf = kunit_kmalloc(wire->test, WIRE_CHUNK, GFP_KERNEL);
	bool progress, done;
	int i;

	KUNIT_ASSERT_NOT_NULL(wire->test, buf);
	do {
		progress = false;
		done = true;
		for (i = 0; i < count; i++) {
			progress |= wire_stream_send(wire, &streams[i], buf);
			progress |= wire_stream_receive(wire, &streams[i],
							buf);
			done &= wire_stream_done(&streams[i]);
		}
	} while (!done && (progress || wire_next(wire, until)));
	kunit_kfree(wire->test, buf);
	return done;
}

/*
 * What the table knows of the connection at one end: a request is in
 * SYN-RECEIVED, a stand-in in TIME-WAIT, and what is not there is CLOSED.
 */
int wire_state(struct wire *wire, enum wire_end end)
{
	bool client = end == WIRE_CLIENT;
	struct clasp_entry *entry;
	struct clasp_flow flow = {};
	int state;

	wire_address(end, &flow.laddr);
	wire_address(!end, &flow.raddr);
	flow.lport = htons(client ? WIRE_CLIENT_PORT : WIRE_SERVER_PORT);
	flow.rport = htons(client ? WIRE_SERVER_PORT : WIRE_CLIENT_PORT);
	entry = clasp_table_find(&clasp_net(&init_net)->table, &flow);
	if (!entry)
		return CLASP_CLOSED;
	switch (entry->kind) {
	case CLASP_REQUEST:
		state = CLASP_SYN_RECEIVED;
		break;
	case CLASP_TIMEWAIT:
		state = CLASP_TIME_WAIT;
		break;
	default:
		state = container_of(entry, struct clasp_sock,
				     entry)->inet.sk.sk_state;
	}
	clasp_entry_put(entry);
	return state;
}
