// SPDX-License-Identifier: GPL-2.0
/* Random programs on a random wire, and the rules that hold all the same. */
#include <linux/module.h>

#include "sim.h"

static uint sim_seed = 1;
module_param(sim_seed, uint, 0444);
MODULE_PARM_DESC(sim_seed, "first seed of the simulator");

static uint sim_seeds = 100;
module_param(sim_seeds, uint, 0444);
MODULE_PARM_DESC(sim_seeds, "how many seeds it runs");

#define SIM_EVENT_NAME(name)	#name,
static const char * const sim_event_names[] = {
	CLASP_EVENTS(SIM_EVENT_NAME)
};

static const char * const sim_state_names[CLASP_STATES] = {
	[CLASP_ESTABLISHED] = "ESTABLISHED",
	[CLASP_SYN_SENT] = "SYN-SENT",
	[CLASP_SYN_RECEIVED] = "SYN-RECEIVED",
	[CLASP_FIN_WAIT_1] = "FIN-WAIT-1",
	[CLASP_FIN_WAIT_2] = "FIN-WAIT-2",
	[CLASP_TIME_WAIT] = "TIME-WAIT",
	[CLASP_CLOSED] = "CLOSED",
	[CLASP_CLOSE_WAIT] = "CLOSE-WAIT",
	[CLASP_LAST_ACK] = "LAST-ACK",
	[CLASP_LISTEN] = "LISTEN",
	[CLASP_CLOSING] = "CLOSING",
};

static struct sim *new_sim(struct kunit *test)
{
	struct sim *sim = kunit_kzalloc(test, sizeof(*sim), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sim);
	return sim;
}

/* Every rule holds, whatever happens. */
static void sim_any_seed(struct kunit *test)
{
	struct sim *sim = new_sim(test);
	u32 i;

	for (i = 0; i < sim_seeds; i++) {
		if (!sim_run(sim, test->priv, sim_seed + i))
			break;
		/* What was freed must not pile up. */
		if (i % 256 == 255)
			rcu_barrier();
	}
	kunit_info(test, "seeds %u to %u\n", sim_seed, sim_seed + i - 1);
}

/* The same seed is the same run: a failure can be had again. */
static void sim_repeats(struct kunit *test)
{
	struct sim *sim = new_sim(test);
	u32 i, hash, step;

	for (i = 0; i < min(sim_seeds, 20u); i++) {
		if (!sim_run(sim, test->priv, sim_seed + i))
			return;
		hash = sim->hash;
		step = sim->step;
		if (!sim_run(sim, test->priv, sim_seed + i))
			return;
		KUNIT_EXPECT_EQ_MSG(test, sim->hash, hash, "seed %u",
				    sim->seed);
		KUNIT_EXPECT_EQ_MSG(test, sim->step, step, "seed %u",
				    sim->seed);
	}
}

/* Which cells of the state machine were needed, and which never were. */
static void sim_cover_state(struct kunit *test, u32 state, u32 *hit, u32 *all)
{
	char names[512] = "";
	u32 event, len = 0;

	for (event = 0; event < CLASP_EVENT_COUNT; event++) {
		if (clasp_fsm_cell(state, event)->actions & CLASP_DO_NEVER)
			continue;
		(*all)++;
		if (sim_hits[state][event]) {
			(*hit)++;
			continue;
		}
		len += scnprintf(names + len, sizeof(names) - len, " %s",
				 sim_event_names[event]);
	}
	if (*names)
		kunit_info(test, "never: %s:%s\n", sim_state_names[state],
			   names);
}

/* Even a few seeds come through a good part of the state machine. */
static void sim_covers(struct kunit *test)
{
	u32 state, hit = 0, all = 0;

	for (state = 1; state < CLASP_STATES; state++)
		sim_cover_state(test, state, &hit, &all);
	kunit_info(test, "%u of %u cells\n", hit, all);
	if (sim_seeds >= 100)
		KUNIT_EXPECT_GT(test, hit, 70);
}

static struct kunit_case sim_cases[] = {
	KUNIT_CASE(sim_any_seed),
	KUNIT_CASE_SLOW(sim_repeats),
	KUNIT_CASE(sim_covers),
	{}
};

static struct kunit_suite sim_suite = {
	.name = "clasp_sim",
	.init = wire_init,
	.exit = wire_exit,
	.test_cases = sim_cases,
};

kunit_test_suite(sim_suite);
