// SPDX-License-Identifier: GPL-2.0
/* One run of the simulator, from its seed to the last trace of a connection. */
#include <linux/jhash.h>

#include "../cong.h"
#include "sim.h"

u32 sim_random(struct sim *sim, u32 ceil)
{
	return prandom_u32_state(&sim->rnd) % ceil;
}

void sim_called(struct sim *sim, const struct sim_program *prog,
		const char *name, int arg, int result)
{
	struct sim_call *call = &sim->calls[sim->call_count++ % SIM_CALLS];

	*call = (struct sim_call){
		.at = sim->wire->now,
		.name = name,
		.arg = arg,
		.result = result,
		.end = prog->end,
	};
	sim->hash = jhash_3words(call->at, arg, result, sim->hash);
}

static void sim_report_calls(struct sim *sim)
{
	struct kunit *test = sim->wire->test;
	u32 i = sim->call_count - min_t(u32, sim->call_count, SIM_CALLS);

	for (; i < sim->call_count; i++) {
		const struct sim_call *call = &sim->calls[i % SIM_CALLS];

		kunit_err(test, "%llu us: end %u: %s(%d) = %d\n", call->at / 1000,
			  call->end, call->name, call->arg, call->result);
	}
}

static void sim_report_segments(struct sim *sim)
{
	struct wire *wire = sim->wire;
	u32 logged = min_t(u32, wire->logged, WIRE_LOG);
	u32 i = logged - min_t(u32, logged, SIM_SEGMENTS);

	for (; i < logged; i++) {
		const struct wire_segment *seg = &wire->log[i];

		kunit_err(wire->test,
			  "%llu us: from %u flags %#x seq %llu ack %llu len %u win %u urg %u fate %u\n",
			  seg->at / 1000, seg->from, seg->flags, seg->seq,
			  seg->ack_seq, seg->len, seg->window, seg->urg_ptr,
			  seg->fate);
	}
}

/* For who has to find the bug. */
void sim_report(struct sim *sim)
{
	kunit_err(sim->wire->test, "step %u; again: make soak SEED=%u SEEDS=1\n",
		  sim->step, sim->seed);
	sim_report_calls(sim);
	sim_report_segments(sim);
}

/* Where sequence numbers start: anywhere, and where arithmetic may go wrong. */
static u64 sim_isn(struct sim *sim)
{
	u64 any = (u64)sim_random(sim, U32_MAX) << 32 | sim_random(sim, U32_MAX);

	switch (sim_random(sim, 4)) {
	case 0:
		return -2ull - sim_random(sim, 60000);
	case 1:
		return (1ull << 63) - 2 - sim_random(sim, 60000);
	case 2:
		return (1ull << 32) - 2 - sim_random(sim, 60000);
	default:
		return any;
	}
}

/* Later connections start ahead of earlier ones, as RFC 6528 wants it. */
static void sim_set_isn(struct sim *sim)
{
	u64 past = sim->wire->now - SECONDS(1000);

	sim->wire->isn[WIRE_CLIENT] = sim->isn[WIRE_CLIENT] + (past << 8);
	/* Its first is chosen when a SYN has come. */
	if (past >= sim->wire->delay)
		past -= sim->wire->delay;
	sim->wire->isn[WIRE_SERVER] = sim->isn[WIRE_SERVER] + (past << 8);
}

/* So that what takes hours or luck comes within a run, too. */
static void sim_knobs(struct sim *sim)
{
	struct clasp_sysctl *sysctl = wire_sysctl();

	sysctl->syn_cookies = sim_random(sim, 8) ? 1 : 2;
	sysctl->mtu_probing = sim_random(sim, 2);
	sysctl->quick_acks = sim_random(sim, 17);
	sysctl->keepalive_idle_ms = 1000 << sim_random(sim, 13);
	sysctl->keepalive_interval_ms = 1000 << sim_random(sim, 7);
	sysctl->keepalive_probes = 1 + sim_random(sim, 9);
	sysctl->ecn = sim_random(sim, 3);
	sysctl->congestion = sim_random(sim, 4) ? &clasp_cubic : &clasp_reno;
}

static void sim_wire(struct sim *sim)
{
	struct wire *wire = sim->wire;
	struct wire_chance chance = { .seed = sim->seed };

	wire->now = SECONDS(1000);
	wire->steps = 0;
	wire->logged = 0;
	wire->delay = MS(1 + sim_random(sim, 100));
	wire_mend(wire);
	if (sim_random(sim, 4)) {
		chance.drop = sim_random(sim, 200);
		chance.twice = sim_random(sim, 200);
		chance.late = sim_random(sim, 300);
		chance.corrupt = sim_random(sim, 50);
		wire_random(wire, &chance);
	}
}

/* All that one run might leave to the next is as if it was the first. */
static void sim_begin(struct sim *sim, struct wire *wire, u32 seed)
{
	memset(sim, 0, sizeof(*sim));
	sim->wire = wire;
	sim->seed = seed;
	prandom_seed_state(&sim->rnd, seed);
	clasp_challenges_init(&clasp_net(&init_net)->challenges);
	sim_knobs(sim);
	sim_wire(sim);
	sim->isn[WIRE_CLIENT] = sim_isn(sim);
	sim->isn[WIRE_SERVER] = sim_isn(sim);
	sim->programs[WIRE_CLIENT].end = WIRE_CLIENT;
	sim->programs[WIRE_SERVER].end = WIRE_SERVER;
	sim->fierce = sim_random(sim, 2);
	sim->finite = !sim_random(sim, 8);
	sim->strange = !sim_random(sim, 4);
	sim->scarce = sim_random(sim, 4) ? 0 : 2 + sim_random(sim, 50);
	sim->connects = 2 + sim->fierce * 4;
	sim_set_isn(sim);
	sim_watch(sim);
}

static void sim_open(struct sim *sim)
{
	if (sim_random(sim, 4))
		sim_program_listen(sim, &sim->programs[WIRE_SERVER]);
	else
		sim_program_connect(sim, &sim->programs[WIRE_SERVER]);
	sim_program_connect(sim, &sim->programs[WIRE_CLIENT]);
	sim_check_step(sim);
}

/* The log holds the first segments; of interest are the last. */
static void sim_trim_log(struct wire *wire)
{
	u32 from = WIRE_LOG - 2 * SIM_SEGMENTS;

	if (wire->logged < WIRE_LOG)
		return;
	memmove(wire->log, wire->log + from,
		2 * SIM_SEGMENTS * sizeof(*wire->log));
	wire->logged = 2 * SIM_SEGMENTS;
}

/* The next thing that happens by then; false if there is none. */
static bool sim_next(struct sim *sim, u64 until)
{
	if (sim->failed || !wire_next(sim->wire, until))
		return false;
	sim_set_isn(sim);
	sim_trim_log(sim->wire);
	sim_check_step(sim);
	return true;
}

/* A microsecond or a minute: each length of time is as likely. */
static void sim_wait(struct sim *sim)
{
	u64 until = sim->wire->now + (1000ull << sim_random(sim, 26));

	while (sim_next(sim, until))
		;
	sim->wire->now = until;
	sim_set_isn(sim);
}

static void sim_cut(struct sim *sim)
{
	sim->cause = true;
	sim->finite = false;
	wire_cut(sim->wire, sim_random(sim, WIRE_ENDS + 1));
}

/* The part in which anything may happen. */
static void sim_live(struct sim *sim)
{
	u32 steps = 10 + sim_random(sim, 120);

	while (steps-- && !sim->failed) {
		if (sim->finite && !sim_random(sim, 40))
			sim_cut(sim);
		sim_program_act(sim, &sim->programs[sim_random(sim, WIRE_ENDS)]);
		if (sim->strange && !sim_random(sim, 10))
			sim_stranger_act(sim, &sim->programs[sim_random(sim, WIRE_ENDS)]);
		sim_check_step(sim);
		if (sim_random(sim, 2))
			sim_wait(sim);
	}
}

/* Reads on until there is no more, and closes. True once it is closed. */
static bool sim_drain(struct sim *sim, struct sim_program *prog)
{
	if (!prog->sock)
		return true;
	sim_program_read(sim, prog);
	if (!prog->eof && !prog->broken && !sim->failed &&
	    prog->sock->sk->sk_state != CLASP_CLOSED)
		return false;
	sim_program_close(sim, prog);
	sim_check_step(sim);
	return true;
}

/* Either says that it will write no more, and reads on or does not. */
static void sim_finish(struct sim *sim)
{
	struct sim_program *prog;
	bool done = false;
	int i;

	for (i = 0; i < WIRE_ENDS; i++) {
		prog = &sim->programs[i];
		sim_program_accept(sim, prog);
		sim_program_deafen(sim, prog);
		if (prog->sock && sim_random(sim, 4))
			sim_program_shutdown(sim, prog, SHUT_WR);
		else
			sim_program_close(sim, prog);
		sim_check_step(sim);
	}
	while (!done) {
		done = true;
		for (i = 0; i < WIRE_ENDS; i++)
			done &= sim_drain(sim, &sim->programs[i]);
		if (!done && !sim_next(sim, sim->wire->now + SECONDS(7200)))
			break;
	}
	for (i = 0; i < WIRE_ENDS; i++) {
		prog = &sim->programs[i];
		if (prog->sock && !sim->cause)
			SIM_FAIL(sim, "life: end %u never reads the end", i);
		sim_program_close(sim, prog);
		sim_check_step(sim);
	}
}

/**
 * sim_run() - one run
 * @sim: where to keep it
 * @wire: the wire, on which nothing is
 * @seed: what is to happen
 *
 * Return: true if all rules held.
 */
bool sim_run(struct sim *sim, struct wire *wire, u32 seed)
{
	u64 until;

	sim_begin(sim, wire, seed);
	sim_open(sim);
	sim_live(sim);
	sim_finish(sim);
	until = wire->now + SECONDS(7200);
	while (sim_next(sim, until))
		;
	if (!sim->failed)
		sim_check_end(sim);
	sim_watch(NULL);
	wire->isn[WIRE_CLIENT] = 0;
	wire->isn[WIRE_SERVER] = 0;
	return !sim->failed;
}
