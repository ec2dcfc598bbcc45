/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A simulator: two programs at the ends of the wire that do whatever their seed
 * tells them, and rules that must hold after each thing that happens.
 */
#ifndef _CLASP_SIM_H
#define _CLASP_SIM_H

#include <linux/prandom.h>

#include "wire.h"

#define SIM_STREAMS	32
#define SIM_CALLS	32
#define SIM_SHADOWS	64
#define SIM_SEGMENTS	40
#define SIM_URGENT	64
#define SIM_WRITE_MAX	20000

/**
 * struct sim_stream - what one end of one connection has written
 * @iss: its initial sequence number, by which the other end knows it
 * @written: bytes that were taken
 * @urgent: offsets of the bytes that were urgent
 * @urgents: how many
 * @ended: the program said that there is no more
 * @used: some socket has written or may write it
 * @again: and then another one: a SYN cookie can be used twice
 */
struct sim_stream {
	u64 iss;
	u32 written;
	u32 urgent[SIM_URGENT];
	u32 urgents;
	bool ended;
	bool used;
	bool again;
};

/**
 * struct sim_program - one of the two programs
 * @end: at which end it runs
 * @listener: its listener, or NULL
 * @sock: its connection, or NULL
 * @out: what it writes there, once it is open
 * @in: what its peer writes, once it is open
 * @read: bytes read
 * @inlined: SO_OOBINLINE is set
 * @deaf: it has shut down its own receiving
 * @broken: it was told an error: nothing more can be expected
 * @eof: it has read the end of the stream
 */
struct sim_program {
	enum wire_end end;
	struct socket *listener;
	struct socket *sock;
	struct sim_stream *out;
	struct sim_stream *in;
	u32 read;
	bool inlined;
	bool deaf;
	bool broken;
	bool eof;
};

/* What was called, for who has to find out why it went wrong. */
struct sim_call {
	u64 at;
	const char *name;
	int arg;
	int result;
	u8 end;
};

/* What a socket was like after the step before. */
struct sim_shadow {
	const struct sock *sk;
	u64 iss;
	u64 irs;
	u64 edge;	/* of its own window */
	u64 offered;	/* of the peer's, as far as it ever was */
	u8 state;
	bool known;
};

/**
 * struct sim - one run
 * @wire: between them
 * @seed: of all that happens
 * @rnd: random numbers
 * @programs: by end
 * @streams: all that were written, of all connections
 * @stream_count: how many
 * @calls: the last of them, a ring
 * @call_count: how many calls were made
 * @shadows: what was seen of sockets
 * @shadow_count: how many
 * @isn: where each end's initial sequence numbers start
 * @aborts: how many sockets were aborted
 * @cause: somebody did what may end a connection before its time
 * @fierce: the programs do anything; others only what does not abort
 * @finite: the wire may be cut
 * @strange: strangers send something now and then
 * @scarce: one in so many allocations fails; 0 for none
 * @connects: how many times a program may still connect
 * @failed: a rule was broken
 * @hash: of all calls and their results
 * @step: how many times the rules were looked at
 * @buf: for what is written and read
 */
struct sim {
	struct wire *wire;
	u32 seed;
	struct rnd_state rnd;
	struct sim_program programs[WIRE_ENDS];
	struct sim_stream streams[SIM_STREAMS];
	u32 stream_count;
	struct sim_call calls[SIM_CALLS];
	u32 call_count;
	struct sim_shadow shadows[SIM_SHADOWS];
	u32 shadow_count;
	u64 isn[WIRE_ENDS];
	u32 aborts;
	bool cause;
	bool fierce;
	bool finite;
	bool strange;
	u8 scarce;
	u8 connects;
	bool failed;
	u32 hash;
	u32 step;
	u8 buf[SIM_WRITE_MAX];
};

/* A rule is broken: say which, and what went before. */
#define SIM_FAIL(sim, fmt, ...)						\
do {									\
	if (!(sim)->failed) {						\
		(sim)->failed = true;					\
		KUNIT_FAIL((sim)->wire->test, "seed %u", (sim)->seed);	\
		kunit_err((sim)->wire->test, "seed %u: " fmt "\n",	\
			  (sim)->seed, ##__VA_ARGS__);			\
		sim_report(sim);					\
	}								\
} while (0)

/* How often an event came in a state, over all runs. */
extern u32 sim_hits[CLASP_STATES][CLASP_EVENT_COUNT];

u32 sim_random(struct sim *sim, u32 ceil);
void sim_called(struct sim *sim, const struct sim_program *prog,
		const char *name, int arg, int result);
void sim_report(struct sim *sim);

u8 sim_byte(const struct sim_stream *stream, u32 offset);
struct sim_stream *sim_stream(struct sim *sim, u64 iss);
void sim_check_read(struct sim *sim, struct sim_program *prog, u32 len);
void sim_check_eof(struct sim *sim, struct sim_program *prog);
void sim_check_error(struct sim *sim, struct sim_program *prog, int err);
void sim_check_urgent(struct sim *sim, struct sim_program *prog, u8 byte);
void sim_check_step(struct sim *sim);
void sim_check_end(struct sim *sim);
void sim_watch(struct sim *sim);

void sim_program_act(struct sim *sim, struct sim_program *prog);
void sim_program_connect(struct sim *sim, struct sim_program *prog);
void sim_program_listen(struct sim *sim, struct sim_program *prog);
void sim_program_accept(struct sim *sim, struct sim_program *prog);
void sim_program_read(struct sim *sim, struct sim_program *prog);
void sim_program_shutdown(struct sim *sim, struct sim_program *prog, int how);
void sim_program_close(struct sim *sim, struct sim_program *prog);
void sim_program_deafen(struct sim *sim, struct sim_program *prog);

void sim_stranger_act(struct sim *sim, struct sim_program *prog);

bool sim_run(struct sim *sim, struct wire *wire, u32 seed);

#endif /* _CLASP_SIM_H */
