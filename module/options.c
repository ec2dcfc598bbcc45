// SPDX-License-Identifier: GPL-2.0
/* Socket options and ioctls. */
#include <linux/sockios.h>
#include <asm/ioctls.h>
#include <net/ip.h>

#include "options.h"
#include "output.h"
#include "recv.h"

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
	int value;

	if (level == SOL_IP)
		return ip_setsockopt(sk, level, optname, optval, optlen);
	if (level != SOL_CLASP)
		return -ENOPROTOOPT;
	if (optlen < sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	if (optname != CLASP_NODELAY)
		return -ENOPROTOOPT;
	lock_sock(sk);
	clasp_sk(sk)->nodelay = value;
	/* What Nagle holds back goes now. */
	if (value)
		clasp_output_push(sk);
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
	int value, len;

	if (level == SOL_IP)
		return ip_getsockopt(sk, level, optname, optval, optlen);
	if (level != SOL_CLASP)
		return -ENOPROTOOPT;
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (optname != CLASP_NODELAY)
		return -ENOPROTOOPT;
	value = READ_ONCE(clasp_sk(sk)->nodelay);
	len = min_t(int, len, sizeof(value));
	if (put_user(len, optlen) || copy_to_user(optval, &value, len))
		return -EFAULT;
	return 0;
}

/**
 * clasp_ioctl() - ioctl(2)
 * @sk: the socket
 * @cmd: SIOCINQ, SIOCOUTQ or SIOCOUTQNSD
 * @result: where the number of bytes goes
 *
 * Return: 0, -EINVAL for a listener, -ENOIOCTLCMD for another request.
 */
int clasp_ioctl(struct sock *sk, int cmd, int *result)
{
	struct clasp_sock *csk = clasp_sk(sk);
	int err = 0;

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
