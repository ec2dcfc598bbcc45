// SPDX-License-Identifier: GPL-2.0
/*
 * Every option with every wrong length, level, pointer and value. A TCP socket
 * and one of the protocol under test, in the same state, are given the same
 * calls, and must answer the same. A call that fails must change nothing.
 */
#include "calls_bytes.h"
#include "calls_scene.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <sys/mman.h>

#include "ksft.h"

/* Stands for the protocol's own level: not the same number for both. */
#define OWN -2

/* ---- memory: a page, then one that can't be read, then one to read only ---- */

static struct {
	size_t page;
	char *good, *unmapped, *readonly;
} memory;

static void memory_init(void)
{
	memory.page = sysconf(_SC_PAGESIZE);
	memory.good = mmap(NULL, 3 * memory.page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	require(memory.good != MAP_FAILED);
	memory.unmapped = memory.good + memory.page;
	memory.readonly = memory.good + 2 * memory.page;
	require(!mprotect(memory.unmapped, memory.page, PROT_NONE));
	require(!mprotect(memory.readonly, memory.page, PROT_READ));
}

enum where { GOOD, NONE, UNMAPPED, READONLY, EDGE };

static char *memory_at(enum where where)
{
	switch (where) {
	case GOOD:
		return memory.good;
	case UNMAPPED:
		return memory.unmapped;
	case READONLY:
		return memory.readonly;
	case EDGE:
		/* Three bytes, then nothing. */
		return memory.unmapped - 3;
	default:
		return NULL;
	}
}

/* ---- a call and its result ---- */

struct bad_call {
	int set, level, option, value, len;
	int first;		/* nobody has set the option yet */
	enum where where, len_where;
};

#define RESULT_BYTES 64

struct answer {
	int ret, err;
	socklen_t len;
	unsigned char bytes[RESULT_BYTES];
};

static int level_for(int level, int of_proto)
{
	return level == OWN ? of_proto : level;
}

static void fill_value(int value)
{
	int i;

	/* Structures of ints and names alike are made of it. */
	for (i = 0; i < 64; i++)
		memcpy(memory.good + i * sizeof(value), &value, sizeof(value));
}

static struct answer do_set(int fd, int level, const struct bad_call *call)
{
	struct answer a = { 0 };

	fill_value(call->value);
	a.ret = setsockopt(fd, level, call->option, memory_at(call->where),
			   call->len);
	a.err = a.ret ? errno : 0;
	return a;
}

static struct answer do_get(int fd, int level, const struct bad_call *call)
{
	struct answer a = { .len = call->len };
	socklen_t *len = &a.len;

	memset(memory.good, 0xa5, RESULT_BYTES);
	if (call->len_where != GOOD)
		len = (socklen_t *)memory_at(call->len_where);
	a.ret = getsockopt(fd, level, call->option, memory_at(call->where), len);
	a.err = a.ret ? errno : 0;
	memcpy(a.bytes, memory.good, RESULT_BYTES);
	return a;
}

static struct answer do_call(int fd, int of_proto, const struct bad_call *call)
{
	int level = level_for(call->level, of_proto);

	return call->set ? do_set(fd, level, call) : do_get(fd, level, call);
}

/* ---- what may differ: rows of Documentation/differences.md ---- */

/* For headers that are older than the kernel. */
#ifndef IP_PROTOCOL
#define IP_PROTOCOL 52
#endif
#ifndef SO_TXREHASH
#define SO_TXREHASH 74
#endif
#ifndef SO_DEVMEM_DONTNEED
#define SO_DEVMEM_DONTNEED 80
#endif

/* Of netfilter's headers, which get in the way of others: IPv4 and IPv6. */
#define SO_ORIGINAL_DST 80

#define DEFAULT 1		/* what it is before it is set */
#define VALUE 2			/* what it is, not whether it can be had */
#define ANSWER 3		/* whether it can be had or set */

static const struct {
	int level, option, what;
	int until;		/* kernel 6.x */
} differs[] = {
	/* The protocol's number, and what belongs to this socket only. */
	{ SOL_SOCKET, SO_PROTOCOL, VALUE, 0 },
	{ SOL_SOCKET, SO_COOKIE, VALUE, 0 },
	{ SOL_SOCKET, SO_MEMINFO, VALUE, 0 },
	{ SOL_SOCKET, SO_PEERNAME, VALUE, 0 },
	{ SOL_IP, IP_PROTOCOL, VALUE, 0 },	/* the port, in fact */
	/* "sizes of buffers" */
	{ SOL_SOCKET, SO_SNDBUF, DEFAULT, 0 },
	{ SOL_SOCKET, SO_RCVBUF, DEFAULT, 0 },
	/* "SO_TXREHASH", "SO_DEVMEM_DONTNEED", "SO_ORIGINAL_DST": by TCP's number */
	{ SOL_SOCKET, SO_TXREHASH, ANSWER, 0 },
	{ SOL_SOCKET, SO_DEVMEM_DONTNEED, ANSWER, 0 },
	{ SOL_IP, SO_ORIGINAL_DST, ANSWER, 0 },
	{ IPPROTO_IPV6, SO_ORIGINAL_DST, ANSWER, 0 },
	/* "SO_TIMESTAMPING, OPT_ID" */
	{ SOL_SOCKET, SO_TIMESTAMPING_OLD, ANSWER, 0 },
	{ SOL_SOCKET, SO_TIMESTAMPING_NEW, ANSWER, 0 },
	/* "SO_ZEROCOPY before Linux 6.2" */
	{ SOL_SOCKET, SO_ZEROCOPY, ANSWER, 2 },
	/* "IPV6_ADDRFORM" */
	{ IPPROTO_IPV6, IPV6_ADDRFORM, ANSWER, 0 },
	/* "CLASP_MAXSEG of a connection" */
	{ OWN, TCP_MAXSEG, VALUE, 0 },
	/* "CLASP_SYNCNT, default" */
	{ OWN, TCP_SYNCNT, DEFAULT, 0 },
	/* "CLASP_WINDOW_CLAMP, negative", "of a connection, never set" */
	{ OWN, TCP_WINDOW_CLAMP, VALUE, 13 },
	{ OWN, TCP_WINDOW_CLAMP, DEFAULT, 0 },
	/* "CLASP_INFO" */
	{ OWN, TCP_INFO, VALUE, 0 },
};

static int may_differ(int level, int option, int what)
{
	size_t i;

	if (level == SOL_TCP)
		level = OWN;
	for (i = 0; i < sizeof(differs) / sizeof(*differs); i++)
		if (differs[i].level == level && differs[i].option == option &&
		    (!differs[i].until || !kernel_since(6, differs[i].until)))
			return differs[i].what >= what;
	return 0;
}

/* ---- comparing ---- */

struct sides {
	struct scene tcp, clasp;
	int clasp_proto, complaints, last;
};

static int same(const struct bad_call *call, const struct answer *tcp,
		const struct answer *clasp)
{
	if (tcp->ret != clasp->ret || tcp->err != clasp->err)
		return may_differ(call->level, call->option, ANSWER);
	if (may_differ(call->level, call->option,
		       call->first ? DEFAULT : VALUE))
		return call->option == TCP_INFO || call->set ||
		       tcp->len == clasp->len;
	return tcp->len == clasp->len &&
	       !memcmp(tcp->bytes, clasp->bytes, RESULT_BYTES);
}

static const char *err_name(const struct answer *a)
{
	return a->ret ? strerrorname_np(a->err) ?: "?" : "0";
}

static void complain(struct sides *s, const struct bad_call *call,
		     const struct answer *tcp, const struct answer *clasp)
{
	static const char * const where[] = {
		"good", "NULL", "unmapped", "readonly", "edge"
	};
	int t, c;

	case_failed(__FILE__, __LINE__, "CLASP answers as TCP does");
	/* One will do for an option. */
	if (s->last == call->option)
		return;
	s->last = call->option;
	if (++s->complaints > 30)
		exit(1);
	memcpy(&t, tcp->bytes, sizeof(t));
	memcpy(&c, clasp->bytes, sizeof(c));
	ksft_print_msg("%s %d %d: %d, len %d at %s, length at %s: TCP %s %u %#x, CLASP %s %u %#x\n",
		       call->set ? "set" : "get", call->level, call->option,
		       call->value, call->len, where[call->where],
		       where[call->len_where], err_name(tcp), tcp->len, t,
		       err_name(clasp), clasp->len, c);
}

static struct answer look(struct sides *s, const struct bad_call *call)
{
	struct bad_call get = {
		.level = call->level, .option = call->option, .len = 64,
	};

	return do_call(s->clasp.fd, s->clasp_proto, &get);
}

/* Does a call that fails leave its option as it was? */
static int unchanged(const struct answer *before, const struct answer *after)
{
	return before->ret == after->ret && before->len == after->len &&
	       !memcmp(before->bytes, after->bytes, RESULT_BYTES);
}

static void compare(struct sides *s, const struct bad_call *call)
{
	struct answer before = look(s, call), after, tcp, clasp;

	tcp = do_call(s->tcp.fd, IPPROTO_TCP, call);
	clasp = do_call(s->clasp.fd, s->clasp_proto, call);
	if (!same(call, &tcp, &clasp))
		complain(s, call, &tcp, &clasp);
	if (!call->set || !clasp.ret ||
	    (call->level == OWN && call->option == TCP_INFO))
		return;
	after = look(s, call);
	if (!unchanged(&before, &after))
		complain(s, call, &before, &after);
}

/* ---- all calls of an option ---- */

static const int lengths[] = { 0, 1, 2, 3, 4, 5, 8, 16, 0x7fffffff, -1, INT_MIN };
static const int values[] = {
	0, 1, -1, 2, INT_MAX, INT_MIN, 87, 88, 120, 121, 127, 128, 255, 256,
	32767, 32768,
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void try_lengths(struct sides *s, struct bad_call call)
{
	enum where where;
	size_t i;

	for (i = 0; i < COUNT(lengths); i++)
		for (where = GOOD; where <= EDGE; where++) {
			call.len = lengths[i];
			call.where = where;
			compare(s, &call);
		}
}

static void try_option(struct sides *s, int level, int option)
{
	struct bad_call set = {
		.set = 1, .level = level, .option = option, .value = 1,
	};
	struct bad_call get = {
		.level = level, .option = option, .len = sizeof(int),
	};
	size_t i;

	get.first = 1;
	compare(s, &get);
	get.first = 0;
	for (get.len_where = NONE; get.len_where <= READONLY; get.len_where++)
		compare(s, &get);
	get.len_where = GOOD;
	try_lengths(s, set);
	try_lengths(s, get);
	set.len = sizeof(int);
	get.len = sizeof(int);
	for (i = 0; i < COUNT(values); i++) {
		set.value = values[i];
		compare(s, &set);
		compare(s, &get);
	}
}

static void try_level(struct sides *s, int level, int first, int last)
{
	int option;

	for (option = first; option <= last; option += stride_env())
		try_option(s, level, option);
}

/* Those that TCP has and CLASP has not are another test's. */
static void try_own(struct sides *s, int level)
{
	static const int own[] = {
		TCP_NODELAY, TCP_MAXSEG, TCP_KEEPIDLE, TCP_KEEPINTVL,
		TCP_KEEPCNT, TCP_SYNCNT, TCP_LINGER2, TCP_DEFER_ACCEPT,
		TCP_WINDOW_CLAMP, TCP_INFO, TCP_QUICKACK, TCP_CONGESTION,
		TCP_USER_TIMEOUT, 0, 100, -1,
	};
	size_t i;

	for (i = 0; i < COUNT(own); i++)
		try_option(s, level, own[i]);
}

static void try_nonsense(struct sides *s)
{
	static const int levels[] = { -1, 2, IPPROTO_UDP, 132, 254, 255, 9999 };
	size_t i;

	for (i = 0; i < COUNT(levels); i++)
		try_level(s, levels[i], 0, 2);
}

/* ---- everything that can be read, before and after bad calls ---- */

static void snapshot(struct sides *s, struct answer *all)
{
	int level, option;

	for (level = 0; level < 3; level++)
		for (option = 0; option < 80; option++) {
			struct bad_call get = {
				.level = level == 2 ? OWN : level,
				.option = option, .len = 64,
			};

			if (get.level == OWN && option == TCP_INFO)
				continue;
			all[level * 80 + option] =
				do_call(s->clasp.fd, s->clasp_proto, &get);
		}
}

/* Calls that can't but fail, whatever the option. */
static void only_bad(struct sides *s, int level, int option)
{
	struct bad_call set = {
		.set = 1, .level = level, .option = option, .len = 8,
	};
	struct answer a;

	for (set.where = NONE; set.where <= UNMAPPED; set.where++) {
		a = do_call(s->clasp.fd, s->clasp_proto, &set);
		expect(a.ret == -1 || level != OWN);
	}
	set.where = GOOD;
	set.len = -1;
	a = do_call(s->clasp.fd, s->clasp_proto, &set);
	expect(a.ret == -1 && a.err == EINVAL);
	set.level = 9999;
	set.len = 4;
	a = do_call(s->clasp.fd, s->clasp_proto, &set);
	expect(a.ret == -1 && a.err == ENOPROTOOPT);
}

static void nothing_changes(struct sides *s)
{
	static struct answer before[3 * 80], after[3 * 80];
	int option, i;

	/* Asking for an error forgets it. */
	expect_ret(so_error(s->clasp.fd), so_error(s->tcp.fd));
	snapshot(s, before);
	for (option = 0; option < 80; option++)
		only_bad(s, OWN, option);
	snapshot(s, after);
	for (i = 0; i < 3 * 80; i++)
		if (!expect(unchanged(&before[i], &after[i])))
			ksft_print_msg("option %d\n", i % 80);
}

/* ---- in some states ---- */

static void sides_begin(struct sides *s, void (*be)(struct scene *s))
{
	memory_init();
	s->clasp_proto = proto;
	s->complaints = 0;
	s->last = -9;
	proto = IPPROTO_TCP;
	scene_begin(&s->tcp);
	be(&s->tcp);
	proto = s->clasp_proto;
	scene_begin(&s->clasp);
	be(&s->clasp);
}

/* Undoes what would keep a connection from ending. */
static void side_end(struct scene *s)
{
	int any = 0;

	setsockopt(s->fd, SOL_SOCKET, SO_BINDTOIFINDEX, &any, sizeof(any));
	setsockopt(s->fd, SOL_SOCKET, SO_DONTROUTE, &any, sizeof(any));
	scene_end(s);
}

static void try_all(void (*be)(struct scene *s))
{
	struct sides s;

	sides_begin(&s, be);
	nothing_changes(&s);
	try_own(&s, OWN);
	try_own(&s, SOL_TCP);
	try_nonsense(&s);
	try_level(&s, SOL_IP, 0, 80);
	try_level(&s, IPPROTO_IPV6, 0, 80);
	try_level(&s, SOL_SOCKET, 0, 90);
	side_end(&s.tcp);
	side_end(&s.clasp);
}

#define STATE(name) CASE_FLAGS(name, CASE_CLASP) { try_all(be_##name); }

STATE(closed)
STATE(listening)
STATE(established)
STATE(fin_wait_2)
STATE(was_reset)

/* What TCP has and CLASP has not. */
CASE_FLAGS(options_of_tcp_only, CASE_CLASP)
{
	static const int options[] = {
		TCP_MD5SIG, TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ,
		TCP_REPAIR_OPTIONS, TCP_FASTOPEN, TCP_TIMESTAMP, TCP_CC_INFO,
		TCP_SAVE_SYN, TCP_SAVED_SYN, TCP_FASTOPEN_CONNECT, TCP_ULP,
		TCP_MD5SIG_EXT, TCP_FASTOPEN_KEY, TCP_FASTOPEN_NO_COOKIE,
		TCP_ZEROCOPY_RECEIVE, 37, 38, 39, 40,
	};
	int fd = sock(), v = 1;
	size_t i;

	for (i = 0; i < COUNT(options); i++) {
		socklen_t len = sizeof(v);

		expect_errno(setsockopt(fd, SOL_TCP, options[i], &v, len),
			     ENOPROTOOPT);
		expect_errno(getsockopt(fd, SOL_TCP, options[i], &v, &len),
			     ENOPROTOOPT);
	}
}

int main(void)
{
	return cases_main();
}
