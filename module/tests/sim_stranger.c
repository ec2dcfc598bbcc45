// SPDX-License-Identifier: GPL-2.0
/*
 * The strangers of a simulation: segments that neither end has sent, and ICMP.
 * They have no data; what would end a connection is a cause for that.
 */
#include "sim.h"

/* A number near the one that would be right, or far from it. */
static u64 sim_near(struct sim *sim, u64 seq)
{
	switch (sim_random(sim, 5)) {
	case 0:
		return seq - 1 - sim_random(sim, 70000);
	case 1:
		return seq + 1 + sim_random(sim, 1000);
	case 2:
		return seq + (1ull << 62);
	case 3:
		return seq - (1ull << 40);
	default:
		return seq;
	}
}

/* Acknowledges what was never sent, or what was acknowledged long ago. */
static u64 sim_bad_ack(struct sim *sim, const struct clasp_sock *csk)
{
	switch (sim_random(sim, 3)) {
	case 0:
		return csk->snd_nxt + 1 + sim_random(sim, 1000);
	case 1:
		return csk->snd_una - (1ull << 36);
	default:
		return csk->snd_una - sim_random(sim, 3000);
	}
}

/* Never both SYN and ACK, nor a FIN: nobody can tell those from the peer's. */
static void sim_stranger_segment(struct sim *sim, struct sim_program *prog)
{
	static const u8 kinds[] = {
		CLASP_RST, CLASP_RST | CLASP_ACK, CLASP_SYN, CLASP_ACK, 0,
	};
	const struct clasp_sock *csk = clasp_sk(prog->sock->sk);
	u8 flags = kinds[sim_random(sim, ARRAY_SIZE(kinds))];
	u64 seq = sim_near(sim, csk->rcv_nxt);
	u64 ack_seq = sim_bad_ack(sim, csk);

	if (!clasp_in_state(&csk->inet.sk, CLASP_SYNCHRONIZED) ||
	    (flags & CLASP_RST && seq == csk->rcv_nxt))
		sim->cause = true;
	sim_called(sim, prog, "stranger", flags, 0);
	wire_inject(sim->wire, !prog->end, flags, seq, ack_seq, 0);
}

static void sim_stranger_icmp(struct sim *sim, struct sim_program *prog)
{
	const struct clasp_sock *csk = clasp_sk(prog->sock->sk);
	struct clasp_icmp what = { .seq = csk->snd_una };
	bool hard = sim_random(sim, 2);

	what.event = hard ? CLASP_EV_UNREACHABLE : CLASP_EV_SOFT_ERROR;
	what.err = hard ? ECONNREFUSED : EHOSTUNREACH;
	if (!clasp_in_state(&csk->inet.sk, CLASP_SYNCHRONIZED))
		sim->cause = true;
	sim_called(sim, prog, "icmp", hard, 0);
	wire_icmp(sim->wire, prog->end, what);
}

/* Something that a stranger sends to a connection. */
void sim_stranger_act(struct sim *sim, struct sim_program *prog)
{
	/* A SYN of a stranger to SYN-SENT is as good as the peer's. */
	if (!prog->sock || prog->sock->sk->sk_state == CLASP_SYN_SENT)
		return;
	if (sim_random(sim, 4))
		sim_stranger_segment(sim, prog);
	else
		sim_stranger_icmp(sim, prog);
}
