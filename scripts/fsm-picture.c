// SPDX-License-Identifier: GPL-2.0
/*
 * Prints the state machine out of the table that the module uses: built with
 * module/fsm.c, in user space, by scripts/fsm-picture.
 *
 *   fsm-picture dot       every change of state, for Graphviz
 *   fsm-picture table     every cell, as Markdown
 *   fsm-picture promela   every cell, for SPIN
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsm.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define BIT(event)		(1ull << CLASP_EV_##event)

/* Ends that can come at almost any time: the picture has them in grey. */
#define SUDDEN								\
	(BIT(ABORT) | BIT(RST) | BIT(GIVE_UP) | BIT(UNREACHABLE) |	\
	 BIT(SOFT_ERROR) |						\
	 BIT(TEXT_UNREAD))

/* In the order of a connection's life; the first is where it starts. */
static const struct {
	enum clasp_state state;
	const char *name;
} states[] = {
	{ CLASP_CLOSED, "CLOSED" },
	{ CLASP_LISTEN, "LISTEN" },
	{ CLASP_SYN_SENT, "SYN-SENT" },
	{ CLASP_SYN_RECEIVED, "SYN-RECEIVED" },
	{ CLASP_ESTABLISHED, "ESTABLISHED" },
	{ CLASP_FIN_WAIT_1, "FIN-WAIT-1" },
	{ CLASP_FIN_WAIT_2, "FIN-WAIT-2" },
	{ CLASP_CLOSE_WAIT, "CLOSE-WAIT" },
	{ CLASP_CLOSING, "CLOSING" },
	{ CLASP_LAST_ACK, "LAST-ACK" },
	{ CLASP_TIME_WAIT, "TIME-WAIT" },
};

_Static_assert(ARRAY_SIZE(states) == CLASP_STATES - 1, "a state is missing");

#define EVENT_NAME(name)	#name,
static const char * const events[] = { CLASP_EVENTS(EVENT_NAME) };

#define ACTION(name)		{ CLASP_DO_##name, #name }
static const struct {
	__u32 bit;
	const char *name;
} actions[] = {
	ACTION(REPORT_REFUSED), ACTION(REPORT_RESET), ACTION(REPORT_PIPE),
	ACTION(REPORT_TIMEOUT), ACTION(REPORT_ICMP), ACTION(RESET_PEER),
	ACTION(ANSWER_RST), ACTION(TAKE_SYN), ACTION(TAKE_ACK),
	ACTION(NOTE_DUPLICATE), ACTION(ESTABLISH), ACTION(TAKE_TEXT), ACTION(TAKE_FIN),
	ACTION(QUEUE_FIN), ACTION(SEND_SYN), ACTION(SEND_SYN_ACK),
	ACTION(RETRANSMIT), ACTION(SEND_PROBE), ACTION(SEND_ACK),
	ACTION(CHALLENGE), ACTION(AWAIT_FIN), ACTION(START_2MSL),
	ACTION(YIELD), ACTION(DESTROY), ACTION(HANG_UP),
	ACTION(RECALL_SYN), ACTION(REPEAT_ACK), ACTION(NOTE_ICMP),
	ACTION(FIND_LOSS),
	ACTION(IGNORE), ACTION(NEVER),
};

static const char *state_name(unsigned int state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (states[i].state == state)
			return states[i].name;
	fprintf(stderr, "fsm-picture: no state %u\n", state);
	exit(1);
}

static const struct clasp_cell *cell_of(enum clasp_state state, int event)
{
	const struct clasp_cell *cell = clasp_fsm_cell(state, event);

	if (!cell || !cell->next) {
		fprintf(stderr, "fsm-picture: no cell for %s in %s\n",
			events[event], state_name(state));
		exit(1);
	}
	return cell;
}

/*
 * What a cell does, each action after a prefix; one that has no name here must
 * not go unseen.
 */
static void print_actions(const struct clasp_cell *cell, const char *prefix,
			  const char *separator)
{
	const char *sep = "";
	__u32 left = cell->actions;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		if (!(left & actions[i].bit))
			continue;
		left &= ~actions[i].bit;
		printf("%s%s%s", sep, prefix, actions[i].name);
		sep = separator;
	}
	if (!left)
		return;
	fprintf(stderr, "fsm-picture: no name for actions %#x\n", left);
	exit(1);
}

/* One arrow for all the events of a set that lead from one state to another. */
static void print_arrow(enum clasp_state from, enum clasp_state to,
			unsigned long long set, const char *style)
{
	const char *sep = "";
	int event;

	for (event = 0; event < CLASP_EVENT_COUNT; event++) {
		const struct clasp_cell *cell = cell_of(from, event);

		if (!(set >> event & 1) || cell->next != to)
			continue;
		if (!*sep)
			printf("\t\"%s\" -> \"%s\" [%slabel=<",
			       state_name(from), state_name(to), style);
		printf("%s&#160;&#160;<b>%s</b>&#160;&#160;", sep, events[event]);
		sep = "<br/>";
		if (set == SUDDEN || !cell->actions)
			continue;
		printf("<br/>&#160;&#160;");
		print_actions(cell, "", ", ");
		printf("&#160;&#160;");
	}
	if (*sep)
		printf(">]\n");
}

static void print_dot(void)
{
	size_t from, to;

	printf("digraph clasp {\n"
	       "\tgraph [fontname=\"sans-serif\" nodesep=0.5 ranksep=0.6]\n"
	       "\tnode [fontname=\"sans-serif\" shape=box style=rounded penwidth=2]\n"
	       "\tedge [fontname=\"sans-serif\" fontsize=9]\n\n"
	       "\tstart [shape=point width=0.15]\n"
	       "\tstart -> \"%s\"\n", states[0].name);
	for (from = 0; from < ARRAY_SIZE(states); from++)
		printf("\t\"%s\"\n", states[from].name);
	for (from = 0; from < ARRAY_SIZE(states); from++) {
		for (to = 0; to < ARRAY_SIZE(states); to++) {
			if (to == from)
				continue;
			print_arrow(states[from].state, states[to].state,
				    ~SUDDEN, "");
			print_arrow(states[from].state, states[to].state,
				    SUDDEN, "color=gray75 fontcolor=gray50 ");
		}
	}
	printf("}\n");
}

/* The events of a state whose cells hold a given mark. */
static void print_marked(enum clasp_state state, __u32 mark, const char *title)
{
	const char *sep = "";
	int event;

	for (event = 0; event < CLASP_EVENT_COUNT; event++) {
		if (!(cell_of(state, event)->actions & mark))
			continue;
		if (!*sep)
			printf("\n%s: ", title);
		printf("%s%s", sep, events[event]);
		sep = ", ";
	}
	if (*sep)
		printf(".\n");
}

static void print_state(enum clasp_state state, const char *name)
{
	int event;

	printf("\n## %s\n\n| event | next state | actions |\n| --- | --- | --- |\n",
	       name);
	for (event = 0; event < CLASP_EVENT_COUNT; event++) {
		const struct clasp_cell *cell = cell_of(state, event);

		if (cell->actions & (CLASP_DO_IGNORE | CLASP_DO_NEVER))
			continue;
		printf("| %s | %s%s%s | ", events[event],
		       cell->next == state ? "" : "**",
		       cell->next == state ? "stays" : state_name(cell->next),
		       cell->next == state ? "" : "**");
		print_actions(cell, "", ", ");
		printf(" |\n");
	}
	print_marked(state, CLASP_DO_IGNORE, "Can happen, changes nothing");
	print_marked(state, CLASP_DO_NEVER, "Cannot happen");
}

static void print_table(void)
{
	size_t i;

	printf("# The state machine, cell by cell\n\n"
	       "This page is made by `scripts/fsm-picture` from the table in\n"
	       "`module/fsm.c`. `protocol.md` explains the events and the actions.\n"
	       "Actions run in the order given here.\n");
	for (i = 0; i < ARRAY_SIZE(states); i++)
		print_state(states[i].state, states[i].name);
}

/* As an identifier, in Promela. */
static const char *state_word(unsigned int state)
{
	static char word[2][32];
	static int turn;
	char *c;

	turn = !turn;
	c = strcpy(word[turn], state_name(state));
	while ((c = strchr(c, '-')))
		*c = '_';
	return word[turn];
}

static void print_promela_numbers(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		printf("#define %s %d\n", state_word(states[i].state),
		       states[i].state);
	for (i = 0; i < CLASP_EVENT_COUNT; i++)
		printf("#define EV_%s %zu\n", events[i], i);
	for (i = 0; i < ARRAY_SIZE(actions); i++)
		printf("#define DO_%s %d\n", actions[i].name,
		       (int)actions[i].bit);
}

/* A cell that cannot happen is left out: see the assertion below. */
static void print_promela_state(enum clasp_state state)
{
	int event;

	printf("\t:: from == %s ->\n\t\tif\n", state_word(state));
	for (event = 0; event < CLASP_EVENT_COUNT; event++) {
		const struct clasp_cell *cell = cell_of(state, event);

		if (cell->actions & CLASP_DO_NEVER)
			continue;
		printf("\t\t:: event == EV_%s -> next = %s; actions = ",
		       events[event], state_word(cell->next));
		if (cell->actions)
			print_actions(cell, "DO_", " | ");
		else
			printf("0");
		printf("\n");
	}
	printf("\t\t:: else -> assert(false) /* cannot happen */\n\t\tfi\n");
}

static void print_promela(void)
{
	size_t i;

	print_promela_numbers();
	printf("\n/* What an event does in a state. */\n"
	       "inline fsm_cell(from, event, next, actions)\n{\n\tif\n");
	for (i = 0; i < ARRAY_SIZE(states); i++)
		print_promela_state(states[i].state);
	printf("\tfi\n}\n\n/* A mark for each state, to be reached or not. */\n"
	       "inline fsm_mark(at)\n{\n\tif\n");
	for (i = 0; i < ARRAY_SIZE(states); i++)
		printf("\t:: at == %s -> printf(\"reached %s\\n\")\n",
		       state_word(states[i].state), states[i].name);
	printf("\tfi\n}\n");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "dot"))
		print_dot();
	else if (argc == 2 && !strcmp(argv[1], "table"))
		print_table();
	else if (argc == 2 && !strcmp(argv[1], "promela"))
		print_promela();
	else
		return 2;
	return 0;
}
