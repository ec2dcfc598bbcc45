// SPDX-License-Identifier: GPL-2.0
/* What may happen to a socket while somebody waits for it or watches it. */
#include "calls_scene.h"

static void nothing(struct scene *s)
{
	(void)s;
}

/* ---- by another thread or process that has the socket ---- */

static void shut_rd(struct scene *s)
{
	shutdown(s->fd, SHUT_RD);
}

static void shut_wr(struct scene *s)
{
	shutdown(s->fd, SHUT_WR);
}

static void shut_rdwr(struct scene *s)
{
	shutdown(s->fd, SHUT_RDWR);
}

static void be_disconnected(struct scene *s)
{
	disconnect(s->fd);
}

/* Gone and back before whoever waits can look. */
static void connect_again(struct scene *s)
{
	int flags = fcntl(s->fd, F_GETFL);

	disconnect(s->fd);
	fcntl(s->fd, F_SETFL, O_NONBLOCK);
	do_connect(s->fd, s->addr);
	fcntl(s->fd, F_SETFL, flags);
}

static void listen_again(struct scene *s)
{
	disconnect(s->fd);
	listen(s->fd, 4);
}

static void send_one(struct scene *s)
{
	send(s->fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void read_some(struct scene *s)
{
	char buf[8];

	recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT);
}

/* ---- by its peer, if there is one ---- */

static void peer_sends(struct scene *s)
{
	send(s->peer, "data", 4, MSG_NOSIGNAL);
}

static void peer_sends_urgent(struct scene *s)
{
	send(s->peer, "!", 1, MSG_NOSIGNAL | MSG_OOB);
}

static void peer_sends_and_ends(struct scene *s)
{
	peer_sends(s);
	shutdown(s->peer, SHUT_WR);
}

static void peer_shuts(struct scene *s)
{
	shutdown(s->peer, SHUT_WR);
}

/* All there is, and what then finds room to come. */
static void peer_reads(struct scene *s)
{
	static char buf[65536];
	struct pollfd more = { .fd = s->peer, .events = POLLIN };

	if (s->peer < 0)
		return;
	do {
		while (recv(s->peer, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
	} while (poll(&more, 1, 20) == 1 &&
		 !(more.revents & (POLLRDHUP | POLLHUP | POLLERR)) &&
		 recv(s->peer, buf, 1, MSG_PEEK | MSG_DONTWAIT) > 0);
}

static void peer_resets(struct scene *s)
{
	disconnect(s->peer);
}

/* Somebody comes to the socket, which may listen there. */
static void visitor_comes(struct scene *s)
{
	s->visitor = sock_nonblock();
	do_connect(s->visitor, name_of(s->fd));
}

const struct happening happenings[HAPPENINGS] = {
	{ "nothing", nothing },
	{ "shutdown RD", shut_rd },
	{ "shutdown WR", shut_wr },
	{ "shutdown RDWR", shut_rdwr },
	{ "connect AF_UNSPEC", be_disconnected },
	{ "connect AF_UNSPEC and again", connect_again },
	{ "connect AF_UNSPEC and listen", listen_again },
	{ "send", send_one },
	{ "recv", read_some },
	{ "the peer sends", peer_sends },
	{ "the peer sends urgent data", peer_sends_urgent },
	{ "the peer sends and shuts down", peer_sends_and_ends },
	{ "the peer shuts down", peer_shuts },
	{ "the peer reads all", peer_reads },
	{ "the peer disconnects", peer_resets },
	{ "somebody connects", visitor_comes },
};

int happens_otherwise(void (*be)(struct scene *s), const struct happening *h)
{
	/* RFC 9293, 3.10.7.4, second, has no error for a RST then. */
	return (be == be_closing || be == be_last_ack) &&
	       h->happen == peer_resets;
}
