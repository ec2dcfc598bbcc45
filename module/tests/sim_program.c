// SPDX-License-Identifier: GPL-2.0
/* The programs of a simulation: all that they can call, in any order. */
#include "../options.h"
#include "../recv.h"
#include "sim.h"

/* A connection of which nothing is known yet. */
static void sim_program_forget(struct sim_program *prog)
{
	prog->out = NULL;
	prog->in = NULL;
	prog->read = 0;
	prog->deaf = false;
	prog->broken = false;
	prog->eof = false;
}

/* Once it is open, both of its streams are known by their first numbers. */
static void sim_program_look(struct sim *sim, struct sim_program *prog)
{
	const struct clasp_sock *csk = clasp_sk(prog->sock->sk);

	if (prog->in || (!csk->rcv_nxt &&
			 !clasp_in_state(prog->sock->sk, CLASP_SYNCHRONIZED)))
		return;
	prog->in = sim_stream(sim, csk->irs);
	prog->out = sim_stream(sim, csk->iss);
	prog->inlined = sock_flag(prog->sock->sk, SOCK_URGINLINE);
}

void sim_program_connect(struct sim *sim, struct sim_program *prog)
{
	bool server = prog->end == WIRE_SERVER;
	int err, state;

	if (!sim->connects || (server && prog->listener))
		return;
	sim->connects--;
	if (!prog->sock)
		prog->sock = wire_socket(sim->wire, prog->end,
					 server ? WIRE_SERVER_PORT :
						  WIRE_CLIENT_PORT);
	state = prog->sock->sk->sk_state;
	err = wire_connect(prog->sock, !prog->end);
	sim_called(sim, prog, "connect", 0, err);
	if (state != CLASP_CLOSED || err != -EINPROGRESS)
		return;
	sim_program_forget(prog);
	/* shutdown() of a socket that is not connected holds later, as TCP's. */
	prog->broken = prog->sock->sk->sk_shutdown;
}

void sim_program_listen(struct sim *sim, struct sim_program *prog)
{
	prog->listener = wire_socket(sim->wire, prog->end, WIRE_SERVER_PORT);
	sim_called(sim, prog, "listen", 0,
		   kernel_listen(prog->listener, sim_random(sim, 4)));
}

/*
 * What is on its way to a connection that is no more opens it once more, if it
 * was opened by a SYN cookie that still holds.
 */
static void sim_program_again(struct sim *sim, struct sim_program *prog)
{
	struct sim_stream *out = prog->out;

	if (!out->used) {
		out->used = true;
		return;
	}
	if (!clasp_sk(prog->listener->sk)->cookie_at)
		SIM_FAIL(sim, "life: end %u accepts what it had", prog->end);
	sim->cause = true;
	out->again = true;
	out->ended = false;
	out->written = 0;
}

void sim_program_accept(struct sim *sim, struct sim_program *prog)
{
	if (!prog->listener || prog->sock)
		return;
	prog->sock = wire_accept(sim->wire, prog->listener);
	sim_called(sim, prog, "accept", 0, !!prog->sock);
	if (!prog->sock)
		return;
	sim_program_forget(prog);
	sim_program_look(sim, prog);
	if (prog->out)
		sim_program_again(sim, prog);
}

/* Errors that are no news: not now, not connected, or no more of our own. */
static void sim_program_error(struct sim *sim, struct sim_program *prog,
			      int err)
{
	if (err == -EAGAIN || err == -ENOTCONN)
		return;
	if (err == -EPIPE && (!prog->out || prog->out->ended || prog->broken))
		return;
	sim_check_error(sim, prog, err);
}

static void sim_program_write(struct sim *sim, struct sim_program *prog)
{
	static const int flags[] = { 0, 0, 0, 0, MSG_MORE, MSG_OOB };
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	u32 len = 1 + sim_random(sim, sim_random(sim, 2) ? SIM_WRITE_MAX : 99);
	struct kvec vec = { .iov_base = sim->buf, .iov_len = len };
	struct sim_stream *out = prog->out;
	u32 i;
	int flag = flags[sim_random(sim, ARRAY_SIZE(flags))];
	int got;

	if (out && flag == MSG_OOB && out->urgents == SIM_URGENT)
		flag = 0;
	for (i = 0; out && i < len; i++)
		sim->buf[i] = sim_byte(out, out->written + i);
	msg.msg_flags |= flag;
	got = kernel_sendmsg(prog->sock, &msg, &vec, 1, len);
	sim_called(sim, prog, flag == MSG_OOB ? "write urgent" : "write", len,
		   got);
	if (got < 0) {
		sim_program_error(sim, prog, got);
		return;
	}
	if (!out || out->ended) {
		SIM_FAIL(sim, "data: end %u writes %d bytes, but to whom?",
			 prog->end, got);
		return;
	}
	out->written += got;
	/* What did not all fit had no last byte, so none is urgent. */
	if (flag == MSG_OOB)
		out->urgent[out->urgents++] = out->written - 1;
}

static void sim_program_read_some(struct sim *sim, struct sim_program *prog,
				  u32 len)
{
	int got = wire_receive(prog->sock, sim->buf, len);

	sim_called(sim, prog, "read", len, got);
	if (got > 0 && !prog->in)
		SIM_FAIL(sim, "data: end %u reads %d bytes, but of whom?",
			 prog->end, got);
	else if (got > 0)
		sim_check_read(sim, prog, got);
	else if (got < 0)
		sim_program_error(sim, prog, got);
	else if (prog->in)
		sim_check_eof(sim, prog);
}

/* All that there is, and the end if it is that. */
void sim_program_read(struct sim *sim, struct sim_program *prog)
{
	u32 before;

	sim_program_look(sim, prog);
	do {
		before = prog->read;
		sim_program_read_some(sim, prog, sizeof(sim->buf));
	} while (prog->read != before && !prog->eof && !sim->failed);
}

static void sim_program_read_urgent(struct sim *sim, struct sim_program *prog)
{
	struct msghdr msg = { };
	struct kvec vec = { .iov_base = sim->buf, .iov_len = 1 };
	int got = kernel_recvmsg(prog->sock, &msg, &vec, 1, 1,
				 MSG_OOB | MSG_DONTWAIT);

	sim_called(sim, prog, "read urgent", 0, got);
	if (got == 1 && prog->in)
		sim_check_urgent(sim, prog, sim->buf[0]);
}

void sim_program_shutdown(struct sim *sim, struct sim_program *prog, int how)
{
	int err;

	sim_program_look(sim, prog);
	err = kernel_sock_shutdown(prog->sock, how);
	sim_called(sim, prog, "shutdown", how, err);
	if (how != SHUT_WR)
		prog->deaf = true;
	if (!prog->out)
		sim->cause = true;
	else if (how != SHUT_RD)
		prog->out->ended = true;
}

/* RFC 2525, 2.17: data that nobody will read is not passed over in silence. */
void sim_program_close(struct sim *sim, struct sim_program *prog)
{
	u32 aborts = sim->aborts;
	bool unread;

	if (!prog->sock)
		return;
	unread = clasp_in_state(prog->sock->sk, CLASP_SYNCHRONIZED) &&
		 clasp_recv_queued(prog->sock->sk) > 0;
	sim_program_look(sim, prog);
	if (prog->out)
		prog->out->ended = true;
	else
		sim->cause = true;
	wire_close(sim->wire, &prog->sock);
	sim_called(sim, prog, "close", 0, 0);
	if (unread && sim->aborts == aborts)
		SIM_FAIL(sim, "data: end %u leaves some unread, and says nothing",
			 prog->end);
	sim_program_forget(prog);
}

static void sim_program_abort(struct sim *sim, struct sim_program *prog)
{
	sock_no_linger(prog->sock->sk);
	sim_called(sim, prog, "linger", 0, 0);
	sim_program_close(sim, prog);
}

static void sim_program_disconnect(struct sim *sim, struct sim_program *prog)
{
	struct sockaddr_in addr = { .sin_family = AF_UNSPEC };
	int err = kernel_connect(prog->sock, (struct sockaddr_unsized *)&addr,
				 sizeof(addr), O_NONBLOCK);

	sim_called(sim, prog, "disconnect", 0, err);
	sim_program_forget(prog);
	/* How it ended is told by the next call. */
	prog->broken = true;
}

/* No more connections: those that were not accepted are reset. */
void sim_program_deafen(struct sim *sim, struct sim_program *prog)
{
	if (!prog->listener)
		return;
	sim->cause = true;
	wire_close(sim->wire, &prog->listener);
	sim_called(sim, prog, "close listener", 0, 0);
}

static void sim_program_option(struct sim *sim, struct sim_program *prog)
{
	static const int names[] = {
		SO_RCVBUF, SO_SNDBUF, SO_KEEPALIVE, SO_RCVLOWAT,
	};
	int name = names[sim_random(sim, ARRAY_SIZE(names))];
	int value = 1 << sim_random(sim, 18);
	int err;

	if (name == SO_KEEPALIVE)
		value &= 1;
	if (sim_random(sim, 4)) {
		err = sock_setsockopt(prog->sock, SOL_SOCKET, name,
				      KERNEL_SOCKPTR(&value), sizeof(value));
	} else {
		name = CLASP_NODELAY;
		value = sim_random(sim, 2);
		err = clasp_setsockopt(prog->sock->sk, SOL_CLASP, name,
				       KERNEL_SOCKPTR(&value), sizeof(value));
	}
	sim_called(sim, prog, "option", name, err);
}

/* What ends things, rudely or in an order that nobody had in mind. */
static void sim_program_act_fiercely(struct sim *sim, struct sim_program *prog)
{
	switch (sim_random(sim, 8)) {
	case 0:
		sim_program_shutdown(sim, prog, SHUT_RD);
		break;
	case 1:
		sim_program_shutdown(sim, prog, SHUT_RDWR);
		break;
	case 2:
		sim_program_abort(sim, prog);
		break;
	case 3:
		sim_program_disconnect(sim, prog);
		break;
	case 4:
		sim_program_deafen(sim, prog);
		break;
	case 5:
		sim->cause = true;
		sim_program_connect(sim, prog);
		break;
	default:
		sim_program_close(sim, prog);
	}
}

/* One call of whatever kind. */
void sim_program_act(struct sim *sim, struct sim_program *prog)
{
	u32 dice = sim_random(sim, sim->fierce ? 22 : 19);

	if (!prog->sock) {
		sim_program_accept(sim, prog);
		if (!prog->sock && sim->fierce && !sim_random(sim, 8)) {
			sim->cause = true;
			sim_program_connect(sim, prog);
		}
		return;
	}
	sim_program_look(sim, prog);
	if (dice < 8)
		sim_program_write(sim, prog);
	else if (dice < 15)
		sim_program_read_some(sim, prog,
				      1 + sim_random(sim, SIM_WRITE_MAX));
	else if (dice < 16)
		sim_program_read_urgent(sim, prog);
	else if (dice < 18)
		sim_program_option(sim, prog);
	else if (dice < 19)
		sim_random(sim, 8) ? (void)0 :
			sim_program_shutdown(sim, prog, SHUT_WR);
	else
		sim_program_act_fiercely(sim, prog);
}
