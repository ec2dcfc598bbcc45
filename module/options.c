// SPDX-License-Identifier: GPL-2.0
/* Socket options and ioctls. */
#include <linux/sockios.h>
#include <asm/ioctls.h>
#include <net/ip.h>

#include "options.h"
#include "output.h"
#include "rcvq.h"
#include "recv.h"
#include "timer.h"
#include "urgent.h"

/* CLASP_LINGER2: tcp(7) has no limits, TCP these. */
#define CLASP_LINGER2_MAX	120

static struct clasp_options *clasp_options(const struct sock *sk)
{
	return &clasp_sk(sk)->options;
}

static void clasp_set_nodelay(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->nodelay, value);
	/* What Nagle holds back goes now. */
	if (value)
		clasp_output_push(sk);
}

static int clasp_get_nodelay(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->nodelay);
}

static void clasp_set_keepidle(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->keepalive_idle, value);
	clasp_timer_keepalive_set(sk, sock_flag(sk, SOCK_KEEPOPEN));
}

static int clasp_get_keepidle(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->keepalive_idle) ?:
	       READ_ONCE(clasp_sysctl(sk)->keepalive_idle_ms) / MSEC_PER_SEC;
}

static void clasp_set_keepintvl(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->keepalive_interval, value);
}

static int clasp_get_keepintvl(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->keepalive_interval) ?:
	       READ_ONCE(clasp_sysctl(sk)->keepalive_interval_ms) / MSEC_PER_SEC;
}

static void clasp_set_keepcnt(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->keepalive_probes, value);
}

static int clasp_get_keepcnt(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->keepalive_probes) ?:
	       READ_ONCE(clasp_sysctl(sk)->keepalive_probes);
}

static void clasp_set_syncnt(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->syn_retries, value);
}

static int clasp_get_syncnt(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->syn_retries) ?:
	       READ_ONCE(clasp_sysctl(sk)->syn_retries);
}

static void clasp_set_linger2(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->linger2,
		   clamp(value, -1, CLASP_LINGER2_MAX));
}

static int clasp_get_linger2(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->linger2) ?:
	       READ_ONCE(clasp_sysctl(sk)->fin_wait2_timeout_ms) / MSEC_PER_SEC;
}

/* tcp(7): not permanent, what is received and sent soon decides again. */
static void clasp_set_quickack(struct sock *sk, int value)
{
	if (value) {
		clasp_rcvq_quicken(sk);
		if (clasp_sk(sk)->ack_pending &&
		    clasp_in_state(sk, CLASP_SYNCHRONIZED))
			clasp_output_ack(sk);
	}
	/* As for TCP, an even number acknowledges what is there and no more. */
	WRITE_ONCE(clasp_sk(sk)->interactive, !(value & 1));
}

static int clasp_get_quickack(const struct sock *sk)
{
	return !READ_ONCE(clasp_sk(sk)->interactive);
}

static void clasp_set_user_timeout(struct sock *sk, int value)
{
	WRITE_ONCE(clasp_options(sk)->user_timeout, value);
	clasp_timer_user_timeout_set(sk);
}

static int clasp_get_user_timeout(const struct sock *sk)
{
	return READ_ONCE(clasp_options(sk)->user_timeout);
}

/**
 * struct clasp_option - an option at level SOL_CLASP, an int
 * @name: its number
 * @min: least value
 * @max: greatest value
 * @set: set it; socket locked
 * @get: its value, or that of the knob behind it; socket not locked
 */
struct clasp_option {
	int name;
	int min;
	int max;
	void (*set)(struct sock *sk, int value);
	int (*get)(const struct sock *sk);
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
};

static const struct clasp_option *clasp_option_find(int name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(clasp_option_table); i++)
		if (clasp_option_table[i].name == name)
			return &clasp_option_table[i];
	return NULL;
}

/**
 * clasp_setsockopt() - setsockopt(2), but for level SOL_SOCKET
 * @sk: the socket
 * @level: SOL_CLASP or SOL_IP
 * @optname: the option
 * @optval: its value
 * @optlen: bytes of it
 *
 * Return: 0, -EINVAL, -EFAULT, -ENOPROTOOPT.
 */
int clasp_setsockopt(struct sock *sk, int level, int optname,
		     sockptr_t optval, unsigned int optlen)
{
	const struct clasp_option *option = clasp_option_find(optname);
	int value;

	if (level == SOL_IP)
		return ip_setsockopt(sk, level, optname, optval, optlen);
	if (level != SOL_CLASP)
		return -ENOPROTOOPT;
	if (optlen < sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	if (!option)
		return -ENOPROTOOPT;
	if (value < option->min || value > option->max)
		return -EINVAL;
	lock_sock(sk);
	option->set(sk, value);
	release_sock(sk);
	return 0;
}

/**
 * clasp_getsockopt() - getsockopt(2), but for level SOL_SOCKET
 * @sk: the socket
 * @level: SOL_CLASP or SOL_IP
 * @optname: the option
 * @optval: where its value goes
 * @optlen: room there, and how much of it was used
 *
 * Return: 0, -EINVAL, -EFAULT, -ENOPROTOOPT.
 */
int clasp_getsockopt(struct sock *sk, int level, int optname,
		     char __user *optval, int __user *optlen)
{
	const struct clasp_option *option = clasp_option_find(optname);
	int value, len;

	if (level == SOL_IP)
		return ip_getsockopt(sk, level, optname, optval, optlen);
	if (level != SOL_CLASP)
		return -ENOPROTOOPT;
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (!option)
		return -ENOPROTOOPT;
	value = option->get(sk);
	len = min_t(int, len, sizeof(value));
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
	int err = 0;

	if (cmd == SIOCATMARK) {
		*result = clasp_urgent_at(csk, READ_ONCE(csk->copied_seq));
		return 0;
	}
	lock_sock(sk);
	if (sk->sk_state == CLASP_LISTEN) {
		release_sock(sk);
		return -EINVAL;
	}
	*result = 0;
	switch (cmd) {
	case SIOCINQ:
		*result = clasp_recv_queued(sk);
		break;
	case SIOCOUTQ:
		if (sk->sk_state != CLASP_SYN_SENT &&
		    sk->sk_state != CLASP_CLOSED)
			*result = csk->write_seq - csk->snd_una;
		break;
	case SIOCOUTQNSD:
		if (sk->sk_state != CLASP_SYN_SENT &&
		    sk->sk_state != CLASP_CLOSED)
			*result = csk->write_seq - csk->snd_nxt;
		break;
	default:
		err = -ENOIOCTLCMD;
	}
	release_sock(sk);
	return err;
}
