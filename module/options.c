// SPDX-License-Identifier: GPL-2.0
/* Socket options and ioctls. */
#include <linux/sockios.h>
#include <asm/ioctls.h>

#include "cong.h"
#include "info.h"
#include "options.h"
#include "output.h"
#include "rcvq.h"
#include "recv.h"
#include "send.h"
#include "timer.h"
#include "urgent.h"

/* CLASP_LINGER2: tcp(7) has no limits, TCP these. */
#define CLASP_LINGER2_MAX	120

/* CLASP_MAXSEG: TCP's limits, bytes. */
#define CLASP_MAXSEG_MIN	88
#define CLASP_MAXSEG_MAX	32767

/* CLASP_DEFER_ACCEPT: the first time-out of a request, and the longest, s. */
#define CLASP_DEFER_TIMEOUT	1
#define CLASP_DEFER_TIMEOUT_MAX	120

/* Options that are texts have no longer ones, with the 0 at their end. */
#define CLASP_OPTION_TEXT_MAX	CLASP_CA_NAME_MAX

/**
 * union clasp_option_value - the value of an option
 * @number: of most
 * @text: of CLASP_CONGESTION
 * @info: of CLASP_INFO
 */
union clasp_option_value {
	int number;
	struct clasp_info info;
	char text[CLASP_OPTION_TEXT_MAX];
};

static struct clasp_options *clasp_options(const struct sock *sk)
{
	return &clasp_sk(sk)->options;
}

static int clasp_set_nodelay(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->nodelay, value);
	if (!value)
		return 0;
	/* What Nagle holds back goes now, and what CLASP_CORK does. */
	clasp_sk(sk)->push = true;
	clasp_output_push(sk);
	return 0;
}

static int clasp_get_nodelay(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->nodelay);
}

static int clasp_set_keepidle(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->keepalive_idle, value);
	clasp_timer_keepalive_set(sk, sock_flag(sk, SOCK_KEEPOPEN));
	return 0;
}

static int clasp_get_keepidle(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->keepalive_idle) ?:
	       READ_ONCE(clasp_sysctl(sk)->keepalive_idle_ms) / MSEC_PER_SEC;
}

static int clasp_set_keepintvl(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->keepalive_interval, value);
	return 0;
}

static int clasp_get_keepintvl(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->keepalive_interval) ?:
	       READ_ONCE(clasp_sysctl(sk)->keepalive_interval_ms) / MSEC_PER_SEC;
}

static int clasp_set_keepcnt(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->keepalive_probes, value);
	return 0;
}

static int clasp_get_keepcnt(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->keepalive_probes) ?:
	       READ_ONCE(clasp_sysctl(sk)->keepalive_probes);
}

static int clasp_set_syncnt(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->syn_retries, value);
	return 0;
}

static int clasp_get_syncnt(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->syn_retries) ?:
	       READ_ONCE(clasp_sysctl(sk)->syn_retries);
}

static int clasp_set_linger2(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->linger2,
		   clamp(value, -1, CLASP_LINGER2_MAX));
	return 0;
}

static int clasp_get_linger2(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->linger2) ?:
	       READ_ONCE(clasp_sysctl(sk)->fin_wait2_timeout_ms) / MSEC_PER_SEC;
}

/* tcp(7): not permanent, what is received and sent soon decides again. */
static int clasp_set_quickack(struct sock *sk, int value)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (!value) {
		WRITE_ONCE(csk->interactive, true);
		return 0;
	}
	clasp_rcvq_quicken(sk);
	if (!csk->ack_due || !clasp_in_state(sk, CLASP_SYNCHRONIZED))
		return 0;
	clasp_output_ack(sk);
	/* As for TCP, an even number acknowledges what is there and no more. */
	WRITE_ONCE(csk->interactive, !(value & 1));
	return 0;
}

static int clasp_get_quickack(const struct sock *sk)
{
	return !READ_ONCE(clasp_sk(sk)->interactive);
}

/*
 * Also of the peer's segments: it is told so with the SYN. What is agreed on by
 * then stays, whatever is set later.
 */
static int clasp_set_maxseg(struct sock *sk, int value)
{
	if (value && value < CLASP_MAXSEG_MIN)
		return -EINVAL;
	WRITE_ONCE(clasp_options(sk)->maxseg, value);
	return 0;
}

static int clasp_get_maxseg(const struct sock *sk)
{
	const u32 unconnected = 1u << CLASP_CLOSED | 1u << CLASP_LISTEN;
	u32 maxseg = READ_ONCE(clasp_options(sk)->maxseg);

	if (maxseg && clasp_in_state(sk, unconnected))
		return maxseg;
	return READ_ONCE(clasp_sk(sk)->snd_mss);
}

/* With a connection, the window cannot be let go of any more, as for TCP. */
static int clasp_set_window_clamp(struct sock *sk, int value)
{
	if (!value && sk->sk_state != CLASP_CLOSED)
		return -EINVAL;
	WRITE_ONCE(clasp_options(sk)->window_clamp,
		   value ? max_t(int, value, SOCK_MIN_RCVBUF / 2) : 0);
	return 0;
}

static int clasp_get_window_clamp(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->window_clamp);
}

/*
 * tcp(7) has seconds, a request counts time-outs: 1 s, then each twice the one
 * before. TCP rounds up as this does, and tells the same when asked.
 */
static u32 clasp_defer_next(u32 timeout)
{
	return min_t(u32, timeout * 2, CLASP_DEFER_TIMEOUT_MAX);
}

static int clasp_set_defer_accept(struct sock *sk, int seconds)
{
	u32 timeout = CLASP_DEFER_TIMEOUT, period = timeout;
	int timeouts = seconds > 0;

	while (seconds > 0 && period < seconds && timeouts < U8_MAX) {
		timeout = clasp_defer_next(timeout);
		period += timeout;
		timeouts++;
	}
	WRITE_ONCE(clasp_options(sk)->defer_accept, timeouts);
	return 0;
}

static int clasp_get_defer_accept(const struct sock *sk)
{
	int timeouts = READ_ONCE(clasp_options(sk)->defer_accept);
	u32 timeout = CLASP_DEFER_TIMEOUT;
	int seconds = 0;

	while (timeouts--) {
		seconds += timeout;
		timeout = clasp_defer_next(timeout);
	}
	return seconds;
}

static int clasp_set_congestion(struct sock *sk, const char *name)
{
	const struct clasp_cong_algorithm *algorithm = clasp_cong_find(name);

	if (!algorithm)
		return -ENOENT;
	clasp_cong_choose(clasp_sk(sk), algorithm);
	return 0;
}

static size_t clasp_get_congestion(struct sock *sk,
				   union clasp_option_value *value)
{
	strscpy(value->text, READ_ONCE(clasp_sk(sk)->cong.algorithm)->name,
		sizeof(value->text));
	return sizeof(value->text);
}

static size_t clasp_get_info(struct sock *sk, union clasp_option_value *value)
{
	clasp_info_fill(sk, &value->info);
	return sizeof(value->info);
}

static int clasp_set_cork(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->cork, value);
	if (!value)
		clasp_output_push(sk);
	return 0;
}

static int clasp_get_cork(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->cork);
}

static int clasp_set_notsent_lowat(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->notsent_lowat, value);
	clasp_send_space(sk);
	return 0;
}

static int clasp_get_notsent_lowat(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->notsent_lowat);
}

static int clasp_set_inq(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->inq, value);
	return 0;
}

static int clasp_get_inq(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->inq);
}

static int clasp_set_user_timeout(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->user_timeout, value);
	clasp_timer_user_timeout_set(sk);
	return 0;
}

static int clasp_get_user_timeout(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->user_timeout);
}

/**
 * struct clasp_option - an option at level SOL_CLASP
 * @name: its number
 * @min: least value
 * @max: greatest value
 * @set: set it, an int within these limits; 0 or an error. Socket locked
 * @get: its value, an int, or that of the knob behind it. Socket not locked
 * @set_text: set it, in place of @set: a text, cut to CLASP_OPTION_TEXT_MAX
 *	bytes with its end. Socket locked
 * @get_bytes: its value, in place of @get: fills what it is given, which is all
 *	zero, and returns how many bytes there are. Socket not locked
 *
 * What has no way to set or get it cannot be.
 */
struct clasp_option {
	int name;
	int min;
	int max;
	int (*set)(struct sock *sk, int value);
	int (*get)(const struct sock *sk);
	int (*set_text)(struct sock *sk, const char *text);
	size_t (*get_bytes)(struct sock *sk, union clasp_option_value *value);
};

#define CLASP_OPTION(NAME, name, min, max)				\
	{ CLASP_##NAME, (min), (max), clasp_set_##name, clasp_get_##name }

/* The limits are TCP's. */
static const struct clasp_option clasp_option_table[] = {
	CLASP_OPTION(NODELAY, nodelay, INT_MIN, INT_MAX),
	CLASP_OPTION(KEEPIDLE, keepidle, 1, 32767),
	CLASP_OPTION(KEEPINTVL, keepintvl, 1, 32767),
	CLASP_OPTION(KEEPCNT, keepcnt, 1, 127),
	CLASP_OPTION(SYNCNT, syncnt, 1, 127),
	CLASP_OPTION(LINGER2, linger2, INT_MIN, INT_MAX),
	CLASP_OPTION(QUICKACK, quickack, INT_MIN, INT_MAX),
	CLASP_OPTION(USER_TIMEOUT, user_timeout, 0, INT_MAX),
	CLASP_OPTION(MAXSEG, maxseg, 0, CLASP_MAXSEG_MAX),
	CLASP_OPTION(WINDOW_CLAMP, window_clamp, INT_MIN, INT_MAX),
	CLASP_OPTION(DEFER_ACCEPT, defer_accept, INT_MIN, INT_MAX),
	{ .name = CLASP_CONGESTION, .set_text = clasp_set_congestion,
	  .get_bytes = clasp_get_congestion },
	{ .name = CLASP_INFO, .get_bytes = clasp_get_info },
	CLASP_OPTION(CORK, cork, INT_MIN, INT_MAX),
	CLASP_OPTION(NOTSENT_LOWAT, notsent_lowat, INT_MIN, INT_MAX),
	CLASP_OPTION(INQ, inq, 0, 1),
};

static const struct clasp_option *clasp_option_find(int name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(clasp_option_table); i++)
		if (clasp_option_table[i].name == name)
			return &clasp_option_table[i];
	return NULL;
}

/* TCP's level works too: programs need not know what they run over. */
static bool clasp_option_level(int level)
{
	return level == SOL_CLASP || level == SOL_TCP;
}

static int clasp_option_set_int(struct sock *sk,
				const struct clasp_option *option, int value)
{
	int err;

	if (!option || !option->set)
		return -ENOPROTOOPT;
	if (value < option->min || value > option->max)
		return -EINVAL;
	lock_sock(sk);
	err = option->set(sk, value);
	release_sock(sk);
	return err;
}

static int clasp_option_set_text(struct sock *sk,
				 const struct clasp_option *option,
				 sockptr_t optval, unsigned int optlen)
{
	char text[CLASP_OPTION_TEXT_MAX];
	long len;
	int err;

	if (!optlen)
		return -EINVAL;
	len = strncpy_from_sockptr(text, optval,
				   min_t(size_t, optlen, sizeof(text) - 1));
	if (len < 0)
		return -EFAULT;
	text[len] = 0;
	lock_sock(sk);
	err = option->set_text(sk, text);
	release_sock(sk);
	return err;
}

/*
 * The kernel has SO_ZEROCOPY for TCP and UDP only, whatever else could do it;
 * all other options it knows best.
 */
static int clasp_option_set_socket(struct sock *sk, int optname,
				   sockptr_t optval, unsigned int optlen)
{
	int value;

	if (optname != SO_ZEROCOPY)
		return sock_setsockopt(sk->sk_socket, SOL_SOCKET, optname,
				       optval, optlen);
	if (optlen < sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	if (value < 0 || value > 1)
		return -EINVAL;
	lock_sock(sk);
	sock_valbool_flag(sk, SOCK_ZEROCOPY, value);
	release_sock(sk);
	return 0;
}

/**
 * clasp_setsockopt() - setsockopt(2)
 * @sk: the socket
 * @level: SOL_CLASP, SOL_TCP or another
 * @optname: the option
 * @optval: its value
 * @optlen: bytes of it
 *
 * Return: 0, -EINVAL, -EFAULT, -ENOPROTOOPT, -EPROTO, or what the option has to
 * say.
 */
int clasp_setsockopt(struct sock *sk, int level, int optname,
		     sockptr_t optval, unsigned int optlen)
{
	const struct clasp_af_ops *af = READ_ONCE(clasp_sk(sk)->af);
	const struct clasp_option *option = clasp_option_find(optname);
	int value;

	if (level == SOL_SOCKET)
		return clasp_option_set_socket(sk, optname, optval, optlen);
	if (!clasp_option_level(level))
		return af->setsockopt(sk, level, optname, optval, optlen);
	if (option && option->set_text)
		return clasp_option_set_text(sk, option, optval, optlen);
	if (optlen < sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	return clasp_option_set_int(sk, option, value);
}

/**
 * clasp_getsockopt() - getsockopt(2), but for level SOL_SOCKET
 * @sk: the socket
 * @level: SOL_CLASP, SOL_TCP or another
 * @optname: the option
 * @optval: where its value goes
 * @optlen: room there, and how much of it was used
 *
 * With too little room, the value's beginning.
 *
 * Return: 0, -EINVAL, -EFAULT, -ENOPROTOOPT.
 */
int clasp_getsockopt(struct sock *sk, int level, int optname,
		     char __user *optval, int __user *optlen)
{
	const struct clasp_af_ops *af = READ_ONCE(clasp_sk(sk)->af);
	const struct clasp_option *option = clasp_option_find(optname);
	union clasp_option_value value;
	size_t size = sizeof(value.number);
	int len;

	if (!clasp_option_level(level))
		return af->getsockopt(sk, level, optname, optval, optlen);
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (!option)
		return -ENOPROTOOPT;
	memset(&value, 0, sizeof(value));
	if (option->get_bytes)
		size = option->get_bytes(sk, &value);
	else
		value.number = option->get(sk);
	len = min_t(size_t, len, size);
	if (put_user(len, optlen) || copy_to_user(optval, &value, len))
		return -EFAULT;
	return 0;
}

/**
 * clasp_keepalive() - SO_KEEPALIVE is being set
 * @sk: the socket, locked
 * @on: to what
 *
 * struct proto::keepalive.
 */
void clasp_keepalive(struct sock *sk, int on)
{
	/* Setting it once more does not start the time anew. */
	if (!on || !sock_flag(sk, SOCK_KEEPOPEN))
		clasp_timer_keepalive_set(sk, on);
}

/**
 * clasp_ioctl() - ioctl(2)
 * @sk: the socket
 * @cmd: SIOCINQ, SIOCOUTQ, SIOCOUTQNSD or SIOCATMARK
 * @result: where the number of bytes goes, or whether the mark is here
 *
 * Return: 0, -EINVAL for a listener, -ENOIOCTLCMD for another request.
 */
int clasp_ioctl(struct sock *sk, int cmd, int *result)
{
	struct clasp_sock *csk = clasp_sk(sk);
	u64 from;

	switch (cmd) {
	case SIOCATMARK:
		*result = clasp_urgent_at(csk, READ_ONCE(csk->copied_seq));
		return 0;
	case SIOCINQ:
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		break;
	default:
		return -ENOIOCTLCMD;
	}
	lock_sock(sk);
	if (sk->sk_state == CLASP_LISTEN) {
		release_sock(sk);
		return -EINVAL;
	}
	*result = 0;
	from = cmd == SIOCOUTQ ? csk->snd_una : csk->snd_nxt;
	if (cmd == SIOCINQ)
		*result = clasp_recv_queued(sk);
	else if (!clasp_in_state(sk, 1u << CLASP_SYN_SENT | 1u << CLASP_CLOSED))
		*result = csk->write_seq - from;
	release_sock(sk);
	return 0;
}
