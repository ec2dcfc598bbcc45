// SPDX-License-Identifier: GPL-2.0
/*
 * Who may have a port that somebody else has? Sockets are bound to one port, in
 * all combinations of options, addresses and states: what TCP lets happen is
 * what is wanted. And what happens when ports run out.
 */
#include "calls_scene.h"

#include <sched.h>

#include "ksft.h"

#define OTHER_USER 1000

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

/* ---- a socket to be ---- */

static const struct place {
	const char *name;
	int family;
	const char *ip, *peer;
	int v6only;
} places[] = {
	{ "any", AF_INET, "0.0.0.0", "127.0.0.1", 0 },
	{ "127.0.0.1", AF_INET, "127.0.0.1", "127.0.0.1", 0 },
	{ "127.0.0.2", AF_INET, "127.0.0.2", "127.0.0.1", 0 },
	{ "::", AF_INET6, "::", "::1", 0 },
	{ ":: v6only", AF_INET6, "::", "::1", 1 },
	{ "::1", AF_INET6, "::1", "::1", 0 },
	{ "::ffff:127.0.0.1", AF_INET6, "::ffff:127.0.0.1",
	  "::ffff:127.0.0.1", 0 },
};

#define PLACES (sizeof(places) / sizeof(*places))
#define PLACES_V4 3

/* Whether IPv6 is there to be mixed with IPv4. */
static size_t places_there(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM, proto);

	if (fd < 0)
		return PLACES_V4;
	close(fd);
	return PLACES;
}

struct spec {
	const struct place *place;
	int reuseaddr, reuseport;
	const char *device;		/* or NULL */
	int other_user;
};

/* Each of them by a number below 4 * PLACES. */
static struct spec spec_of(size_t number)
{
	return (struct spec) {
		.place = &places[number / 4],
		.reuseaddr = number & 1,
		.reuseport = number >> 1 & 1,
	};
}

static const char *spec_text(const struct spec *s)
{
	static char text[4][96];
	static int which;

	which = (which + 1) % 4;
	snprintf(text[which], sizeof(text[which]), "%s%s%s%s%s%s",
		 s->place->name, s->reuseaddr ? " reuseaddr" : "",
		 s->reuseport ? " reuseport" : "", s->device ? " dev " : "",
		 s->device ?: "", s->other_user ? " other user" : "");
	return text[which];
}

static int spec_socket(const struct spec *s)
{
	int fd;

	if (s->other_user)
		require(!seteuid(OTHER_USER));
	fd = socket(s->place->family, SOCK_STREAM, proto);
	if (s->other_user)
		require(!seteuid(0));
	require(fd >= 0);
	if (s->reuseaddr)
		require(!set_int(fd, SO_REUSEADDR, 1));
	if (s->reuseport)
		require(!set_int(fd, SO_REUSEPORT, 1));
	if (s->device)
		require(!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, s->device,
				    strlen(s->device)));
	if (s->place->v6only)
		require(!setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
				    &s->place->v6only, sizeof(int)));
	return fd;
}

static int call_bind(int fd, union address a)
{
	return bind(fd, &a.any, address_len(a.any.sa_family));
}

static int call_connect(int fd, union address a)
{
	return connect(fd, &a.any, address_len(a.any.sa_family));
}

static int spec_bind(int fd, const struct spec *s, int port)
{
	return call_bind(fd, address_of(s->place->family, s->place->ip, port));
}

/* ---- whoever has the port already ---- */

struct owner {
	int fd, peer, client, port;
	int idle;			/* it could still listen */
};

/* TCP, and who is to do the same. */
static struct side {
	int proto;
	int server[2], port[2];		/* somebody to connect to, by family */
	struct log log;
} sides[2], *side;

static void side_turn(struct side *whose)
{
	side = whose;
	proto = side->proto;
}

static void side_begin(struct side *whose, int its_proto)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int i;

	whose->proto = its_proto;
	side_turn(whose);
	for (i = 0; i < 2; i++) {
		union address a = address_of(families[i], "0.0.0.0", 0);
		socklen_t len = sizeof(a);

		side->server[i] = socket(families[i], SOCK_STREAM, proto);
		require(side->server[i] >= 0 || i);
		if (side->server[i] < 0)
			break;
		require(!call_bind(side->server[i], a));
		require(!listen(side->server[i], 8));
		require(!getsockname(side->server[i], &a.any, &len));
		side->port[i] = ntohs(a.sin_port);
	}
}

static void own_connected(struct owner *o, const struct spec *s)
{
	int six = s->place->family == AF_INET6;

	require(!call_connect(o->fd, address_of(s->place->family,
						s->place->peer,
						side->port[six])));
	o->peer = accept(side->server[six], NULL, NULL);
	require(o->peer >= 0);
}

static void own_bound(struct owner *o, const struct spec *s)
{
	(void)s;
	o->idle = 1;
}

static void own_listening(struct owner *o, const struct spec *s)
{
	(void)s;
	require(!listen(o->fd, 4));
}

static void own_disconnected(struct owner *o, const struct spec *s)
{
	own_connected(o, s);
	require(!disconnect(o->fd));
	o->idle = 1;
}

static void own_refused(struct owner *o, const struct spec *s)
{
	expect_errno(call_connect(o->fd, address_of(s->place->family,
						    s->place->peer, 1)),
		     ECONNREFUSED);
	o->idle = 1;
}

static void own_time_wait(struct owner *o, const struct spec *s)
{
	char c;

	own_connected(o, s);
	require(!shutdown(o->fd, SHUT_WR));
	require(recv(o->peer, &c, 1, 0) == 0);
	close(o->peer);
	o->peer = -1;
	require(recv(o->fd, &c, 1, 0) == 0);
	close(o->fd);
	o->fd = -1;
}

/* A child, and the listener that it is from. */
static void own_family(struct owner *o, const struct spec *s)
{
	int any = s->place == &places[0] || !strcmp(s->place->ip, "::");

	require(!listen(o->fd, 4));
	o->client = socket(s->place->family, SOCK_STREAM, proto);
	require(o->client >= 0);
	require(!call_connect(o->client,
			      address_of(s->place->family,
					 any ? s->place->peer : s->place->ip,
					 o->port)));
	o->peer = accept(o->fd, NULL, NULL);
	require(o->peer >= 0);
}

static void own_child(struct owner *o, const struct spec *s)
{
	own_family(o, s);
	close(o->fd);
	o->fd = -1;
}

static const struct state {
	const char *name;
	void (*own)(struct owner *o, const struct spec *s);
} states[] = {
	{ "bound", own_bound },
	{ "listening", own_listening },
	{ "connected", own_connected },
	{ "a child", own_child },
	{ "a child and its listener", own_family },
	{ "disconnected", own_disconnected },
	{ "refused", own_refused },
	{ "in TIME-WAIT", own_time_wait },
};

#define STATES (sizeof(states) / sizeof(*states))
#define STATES_MIXED 4

static void owner_end(struct owner *o)
{
	if (o->peer >= 0)
		reset(o->peer);
	if (o->client >= 0)
		reset(o->client);
	if (o->fd >= 0)
		reset(o->fd);
}

/* Binds, and comes to a state if that was allowed. */
static void owner_begin(struct owner *o, const struct spec *s,
			const struct state *state, int port, struct log *log)
{
	int err;

	*o = (struct owner) { .peer = -1, .client = -1, .port = port };
	o->fd = spec_socket(s);
	err = spec_bind(o->fd, s, port);
	note_result(log, "bind", err);
	if (err || (state->own == own_listening && listen(o->fd, 4))) {
		note_result(log, "gone", -1);
		close(o->fd);
		o->fd = -1;
		return;
	}
	state->own(o, s);
}

/* ---- all of them ---- */

/*
 * Each time another, as connections in TIME-WAIT keep theirs; and each case
 * begins where no other comes.
 */
static int next_port;

/* What the last one to come may do, and the others then. */
static void play_last(struct log *log, const struct spec *s, int port,
		      struct owner *owners, int count)
{
	int fd = spec_socket(s), err, i;

	err = spec_bind(fd, s, port);
	note_result(log, "bind", err);
	if (!err)
		note_result(log, "listen", listen(fd, 4));
	for (i = 0; i < count; i++)
		if (owners[i].idle)
			note_result(log, "the other's listen",
				    listen(owners[i].fd, 4));
	reset(fd);
}

struct play {
	int count;
	struct spec spec[3];
	const struct state *state[2];
};

static void play(const struct play *p, int port)
{
	struct log *log = &side->log;
	struct owner owner[2];
	int i;

	log->len = 0;
	for (i = 0; i < p->count - 1; i++)
		owner_begin(&owner[i], &p->spec[i], p->state[i], port, log);
	play_last(log, &p->spec[i], port, owner, p->count - 1);
	while (i--)
		owner_end(&owner[i]);
}

static void tell(const struct play *p)
{
	static int told;
	int i;

	case_failed(__FILE__, __LINE__, "CLASP does what TCP does");
	if (told++ > 10)
		return;
	for (i = 0; i < p->count; i++)
		ksft_print_msg("%s, %s\n", spec_text(&p->spec[i]),
			       i < p->count - 1 ? p->state[i]->name : "the last");
	ksft_print_msg("TCP:   %s\n", sides[0].log.text);
	ksft_print_msg("CLASP: %s\n", sides[1].log.text);
}

static void compare(const struct play *p)
{
	static unsigned int calls;
	int i, port = next_port++;

	/* Of many that are alike, take samples where each takes long. */
	if (calls++ % stride_env())
		return;
	for (i = 0; i < 2; i++) {
		side_turn(&sides[i]);
		play(p, port);
	}
	if (strcmp(sides[0].log.text, sides[1].log.text))
		tell(p);
}

/* The number tells the cases apart. */
static void compare_begin(int number)
{
	int clasp = proto;

	next_port = 1100 + number * 2800;
	side_begin(&sides[0], IPPROTO_TCP);
	side_begin(&sides[1], clasp);
}

/* One who has it in one of these states, and one who comes. */
/*
 * Of a socket that was bound to :: and has an address of IPv6 now, as it is
 * connected, TCP remembers that all of IPv4 was its, too.
 */
static int tcp_keeps_ipv4(const struct play *p)
{
	return !strcmp(p->spec[0].place->name, "::") &&
	       !strcmp(p->spec[1].place->name, "any") &&
	       (!strcmp(p->state[0]->name, "connected") ||
		!strcmp(p->state[0]->name, "a child"));
}

static void compare_two(int number, size_t n_states, size_t n_places,
			const char *dev_a, const char *dev_b, int other_user)
{
	size_t state, a, b;

	compare_begin(number);
	for (state = 0; state < n_states; state++)
		for (a = 0; a < 4 * n_places; a++)
			for (b = 0; b < 4 * n_places; b++) {
				struct play p = {
					.count = 2,
					.spec = { spec_of(a), spec_of(b) },
					.state = { &states[state] },
				};

				p.spec[0].device = dev_a;
				p.spec[1].device = dev_b;
				p.spec[1].other_user = other_user;
				if (!tcp_keeps_ipv4(&p))
					compare(&p);
			}
}

CASE_FLAGS(two_sockets, CASE_CLASP | CASE_V4)
{
	compare_two(0, STATES, PLACES_V4, NULL, NULL, 0);
}

CASE_FLAGS(two_users, CASE_CLASP | CASE_V4)
{
	compare_two(1, STATES, PLACES_V4, NULL, NULL, 1);
}

CASE_FLAGS(one_on_a_device, CASE_CLASP | CASE_V4)
{
	compare_two(2, STATES, PLACES_V4, "lo", NULL, 0);
}

CASE_FLAGS(the_other_on_a_device, CASE_CLASP | CASE_V4)
{
	compare_two(3, STATES, PLACES_V4, NULL, "lo", 0);
}

CASE_FLAGS(both_on_a_device, CASE_CLASP | CASE_V4)
{
	compare_two(4, STATES, PLACES_V4, "lo", "lo", 0);
}

CASE_FLAGS(each_on_a_device, CASE_CLASP | CASE_V4)
{
	compare_two(5, STATES, PLACES_V4, "lo", "bh0", 0);
}

CASE_FLAGS(both_families, CASE_CLASP | CASE_V6)
{
	compare_two(6, STATES_MIXED, places_there(), NULL, NULL, 0);
}

/*
 * TCP lets one who has only SO_REUSEPORT in if the last before it has that, too,
 * even when the first has not: it remembers of all of them no more.
 */
static int tcp_forgets(const struct play *p)
{
	return p->spec[0].reuseaddr && !p->spec[0].reuseport &&
	       p->spec[1].reuseport && !p->spec[2].reuseaddr &&
	       p->spec[2].reuseport;
}

static void compare_three(int number, const struct state *s0,
			  const struct state *s1)
{
	const size_t n = 4 * PLACES_V4;
	size_t i;

	compare_begin(number);
	for (i = 0; i < n * n * n; i++) {
		struct play p = {
			.count = 3,
			.spec = { spec_of(i % n), spec_of(i / n % n),
				  spec_of(i / n / n) },
			.state = { s0, s1 },
		};

		if (!tcp_forgets(&p))
			compare(&p);
	}
}

CASE_FLAGS(three_sockets, CASE_CLASP | CASE_V4)
{
	compare_three(7, &states[0], &states[0]);
}

CASE_FLAGS(three_of_which_one_listens, CASE_CLASP | CASE_V4)
{
	compare_three(8, &states[1], &states[0]);
}

CASE_FLAGS(three_of_which_two_listen, CASE_CLASP | CASE_V4)
{
	compare_three(9, &states[1], &states[1]);
}

CASE_FLAGS(three_of_which_one_is_connected, CASE_CLASP | CASE_V4)
{
	compare_three(10, &states[2], &states[0]);
}

/* The one who forgot nothing. */
CASE_FLAGS(one_of_three_does_not_share, CASE_CLASP)
{
	int a = sock(), b = sock(), c = sock();

	require(!set_int(a, SO_REUSEADDR, 1));
	require(!set_int(b, SO_REUSEADDR, 1));
	require(!set_int(b, SO_REUSEPORT, 1));
	require(!set_int(c, SO_REUSEPORT, 1));
	expect_ret(do_bind(a, loopback()), 0);
	expect_ret(do_bind(b, name_of(a)), 0);
	expect_errno(do_bind(c, name_of(a)), EADDRINUSE);
	close(a);
	expect_ret(do_bind(c, name_of(b)), 0);
}

/* ---- ports run out ---- */

#define RANGE_LOW 40000
#define RANGE 8

static void set_range(int low, int high)
{
	char text[32];

	snprintf(text, sizeof(text), "%d %d", low, high);
	require(!sysctl_set("net/ipv4/ip_local_port_range", text));
}

static void range_begin(void)
{
	set_range(RANGE_LOW, RANGE_LOW + RANGE - 1);
}

static void range_end(void)
{
	require(!sysctl_set("net/ipv4/ip_autobind_reuse", "0"));
	set_range(32768, 60999);
}

/* Ports of the range, each once. */
static void expect_ports(const int *fd)
{
	int i, seen = 0;

	for (i = 0; i < RANGE; i++) {
		int port = port_of(fd[i]);

		expect(port >= RANGE_LOW && port < RANGE_LOW + RANGE);
		seen |= 1 << (port - RANGE_LOW);
	}
	expect_ret(seen, (1 << RANGE) - 1);
}

static void bind_all(const char *ip, int option)
{
	int fd[RANGE], i;

	for (i = 0; i < RANGE; i++) {
		fd[i] = sock();
		if (option)
			require(!set_int(fd[i], option, 1));
		expect_ret(do_bind(fd[i], address(ip, 0)), 0);
	}
	expect_ports(fd);
}

static int bind_one_more(const char *ip, int option)
{
	int fd = sock();

	if (option)
		require(!set_int(fd, option, 1));
	return do_bind(fd, address(ip, 0));
}

CASE(any_port_until_there_is_none)
{
	range_begin();
	bind_all("127.0.0.1", 0);
	expect_errno(bind_one_more("127.0.0.1", 0), EADDRINUSE);
	expect_errno(bind_one_more("0.0.0.0", 0), EADDRINUSE);
	/* Another address has its own. */
	expect_ret(bind_one_more("127.0.0.2", 0), 0);
	expect_errno(listen(sock(), 1), EADDRINUSE);
	range_end();
}

/* The options do not make any port one that others have. */
CASE(any_port_with_reuse)
{
	range_begin();
	bind_all("127.0.0.1", SO_REUSEADDR);
	expect_errno(bind_one_more("127.0.0.1", SO_REUSEADDR), EADDRINUSE);
	range_end();
}

CASE(any_port_with_reuseport)
{
	range_begin();
	bind_all("127.0.0.1", SO_REUSEPORT);
	expect_errno(bind_one_more("127.0.0.1", SO_REUSEPORT), EADDRINUSE);
	range_end();
}

/* But for the knob. */
CASE(any_port_with_autobind_reuse)
{
	int l = sock();

	range_begin();
	bind_all("127.0.0.1", SO_REUSEADDR);
	require(!sysctl_set("net/ipv4/ip_autobind_reuse", "1"));
	expect_ret(bind_one_more("127.0.0.1", SO_REUSEADDR), 0);
	expect_errno(bind_one_more("127.0.0.1", 0), EADDRINUSE);
	expect_errno(bind_one_more("127.0.0.1", SO_REUSEPORT), EADDRINUSE);
	require(!set_int(l, SO_REUSEADDR, 1));
	require(!do_bind(l, address("127.0.0.1", 0)));
	require(!listen(l, 1));
	range_end();
}

static int connect_one_more(const union address *to)
{
	return do_connect(sock(), *to);
}

static void connect_all(const union address *to)
{
	int fd[RANGE], i;

	for (i = 0; i < RANGE; i++) {
		fd[i] = sock();
		expect_ret(do_connect(fd[i], *to), 0);
	}
	expect_ports(fd);
}

CASE(connections_until_there_is_no_port)
{
	union address to, other;

	sock_listen(&to, 2 * RANGE);
	sock_listen(&other, 2 * RANGE);
	range_begin();
	connect_all(&to);
	expect_errno(connect_one_more(&to), EADDRNOTAVAIL);
	/* Another peer is another connection. */
	connect_all(&other);
	/* All of them have an owner. */
	expect_errno(bind_one_more("127.0.0.1", 0), EADDRINUSE);
	expect_errno(bind_one_more("127.0.0.1", SO_REUSEADDR), EADDRINUSE);
	range_end();
}

CASE(bound_ports_are_not_for_connections)
{
	union address to;

	sock_listen(&to, 2 * RANGE);
	range_begin();
	bind_all("127.0.0.2", 0);
	expect_errno(connect_one_more(&to), EADDRNOTAVAIL);
	range_end();
}

/* A port that connect() gave is bind()'s again when the connection is gone. */
CASE(ports_come_back)
{
	union address to;
	int i, fd[RANGE];

	sock_listen(&to, 2 * RANGE);
	range_begin();
	for (i = 0; i < RANGE; i++) {
		fd[i] = sock();
		expect_ret(do_connect(fd[i], to), 0);
	}
	for (i = 0; i < RANGE; i++)
		reset(fd[i]);
	bind_all("127.0.0.1", 0);
	range_end();
}

static int bind_without_port(int fd, const char *ip)
{
	int on = 1;

	require(!setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
			    sizeof(on)));
	return do_bind(fd, address(ip, 0));
}

/* IP_BIND_ADDRESS_NO_PORT: the port comes with the peer. */
CASE_FLAGS(address_without_port, CASE_ALL | CASE_V4)
{
	union address to, other;
	int fd, i;

	sock_listen(&to, 2 * RANGE);
	sock_listen(&other, 2 * RANGE);
	range_begin();
	for (i = 0; i < 2 * RANGE; i++) {
		fd = sock();
		expect_ret(bind_without_port(fd, "127.0.0.2"), 0);
		expect_ret(port_of(fd), 0);
		expect_ret(do_connect(fd, i < RANGE ? to : other), 0);
		expect(same_host(name_of(fd), address("127.0.0.2", 0)));
		expect(port_of(fd) >= RANGE_LOW);
	}
	fd = sock();
	expect_ret(bind_without_port(fd, "127.0.0.2"), 0);
	expect_errno(do_connect(fd, to), EADDRNOTAVAIL);
	/* To listen, it needs one after all. */
	fd = sock();
	expect_ret(bind_without_port(fd, "127.0.0.3"), 0);
	range_end();
	expect_ret(listen(fd, 1), 0);
	expect(port_of(fd) != 0);
}

/* IP_LOCAL_PORT_RANGE, of 6.3: a range of the socket's own. */
CASE_FLAGS(range_of_its_own, CASE_ALL | CASE_V4)
{
	u32 range = 40002u << 16 | 40001;
	union address to;
	int fd[3], i;

	sock_listen(&to, 8);
	for (i = 0; i < 3; i++) {
		fd[i] = sock();
		if (setsockopt(fd[i], IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range,
			       sizeof(range))) {
			expect(errno == ENOPROTOOPT);
			return;
		}
	}
	expect_ret(do_bind(fd[0], loopback()), 0);
	expect(port_of(fd[0]) == 40001 || port_of(fd[0]) == 40002);
	expect_ret(do_connect(fd[1], to), 0);
	expect_ret(port_of(fd[1]), 80003 - port_of(fd[0]));
	expect_errno(do_connect(fd[2], to), EADDRNOTAVAIL);
}

/* ---- the same two ends ---- */

/* Bound to one port, and connected to one peer: only once. */
CASE(the_same_ends_twice)
{
	union address to, other, from;
	int a = sock(), b = sock(), c = sock();

	sock_listen(&to, 8);
	sock_listen(&other, 8);
	require(!set_int(a, SO_REUSEADDR, 1));
	require(!set_int(b, SO_REUSEADDR, 1));
	require(!do_bind(a, loopback()));
	from = name_of(a);
	require(!do_bind(b, from));
	expect_ret(do_connect(a, to), 0);
	expect_errno(do_connect(b, to), EADDRNOTAVAIL);
	/* It has not lost its port. */
	expect(name_of(b).sin_port == from.sin_port);
	expect_ret(do_connect(b, other), 0);
	expect_errno(do_bind(c, from), EADDRINUSE);
	reset(a);
	require(!set_int(c, SO_REUSEADDR, 1));
	expect_ret(do_bind(c, from), 0);
	expect_ret(do_connect(c, to), 0);
}

/* Connected, a socket that was bound to any address has but one. */
CASE_FLAGS(any_address_becomes_one, CASE_ALL | CASE_V4)
{
	union address to, at;
	int a = sock(), b = sock();

	sock_listen(&to, 8);
	require(!do_bind(a, address("0.0.0.0", 2001)));
	at = address("127.0.0.2", port_of(a));
	expect_errno(do_bind(b, at), EADDRINUSE);
	require(!do_connect(a, to));
	expect_ret(do_bind(b, at), 0);
	expect_ret(disconnect(a), 0);
	expect_errno(do_bind(sock(), address("127.0.0.3", port_of(a))),
		     EADDRINUSE);
}

/* ---- networks of their own ---- */

static void expect_heard(int fd, const char *want)
{
	char buf[16] = "";

	expect_ret(recv(fd, buf, sizeof(buf), 0), strlen(want));
	expect(!strcmp(buf, want));
}

/* In a VRF, the same two ends are others. */
static void connect_in(const char *vrf, union address from, union address to)
{
	int l = sock(), c = sock();

	require(!setsockopt(l, SOL_SOCKET, SO_BINDTODEVICE, vrf, strlen(vrf)));
	require(!setsockopt(c, SOL_SOCKET, SO_BINDTODEVICE, vrf, strlen(vrf)));
	expect_ret(do_bind(l, to), 0);
	expect_ret(listen(l, 1), 0);
	expect_ret(do_bind(c, from), 0);
	expect_ret(do_connect(c, to), 0);
	expect_ret(send(c, vrf, strlen(vrf), 0), strlen(vrf));
	expect_heard(accept(l, NULL, NULL), vrf);
}

CASE_FLAGS(the_same_ends_in_two_vrfs, CASE_ALL | CASE_V4)
{
	static const char * const command[] = {
		"ip link add red type vrf table 10 2>/dev/null",
		"ip link set red up",
		"ip addr add 10.9.0.1/32 dev red",
		"ip link add blue type vrf table 20",
		"ip link set blue up",
		"ip addr add 10.9.0.1/32 dev blue",
	};
	union address to = address("10.9.0.1", 3001);
	union address from = address("10.9.0.1", 3002);
	size_t i;

	require(!unshare(CLONE_NEWNET));
	/* Not every kernel has VRFs. */
	for (i = 0; i < sizeof(command) / sizeof(*command); i++)
		if (system(command[i])) {
			expect(i == 0);
			return;
		}
	connect_in("red", from, to);
	connect_in("blue", from, to);
}

int main(void)
{
	return cases_main();
}
