// SPDX-License-Identifier: GPL-2.0
/*
 * Where the instructions go: the kernel's clock event of perf samples what each
 * processor is at, and the kernel's own list of symbols says what that is.  In virtual
 * time, so many nanoseconds are so many instructions.  What runs with interrupts off
 * shows where they are let in again.
 */
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

/* A prime, so as not to keep in step with what repeats. */
#define PERIOD_NSEC 17389
#define RING_BYTES (16 << 20)
#define DEEPEST 60
#define PROCESSORS 64
#define SYMBOLS 400000
#define SHOWN 100

/*
 * In so many samples the processor was at this function, in so many there or in what it
 * had called; the last of those.
 */
struct symbol {
	u64 address;
	int at, within;
	int last;
	char name[48];
};

struct sample {
	struct perf_event_header head;
	u64 address;
	u64 depth;
	u64 callers[];
};

static struct symbol *symbols;
static int symbol_count, processors, samples;
static struct perf_event_mmap_page *rings[PROCESSORS];

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static int by_share(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return y->within - x->within;
}

/* The first is for programs, which have the lower half of addresses. */
static void read_symbols(void)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[512], name[256], module[64];
	struct symbol *s;

	symbols = calloc(SYMBOLS, sizeof(*symbols));
	if (!f || !symbols)
		die_errno("/proc/kallsyms");
	snprintf(symbols[symbol_count++].name, sizeof(s->name), "programs");
	while (symbol_count < SYMBOLS && fgets(line, sizeof(line), f)) {
		unsigned long long address;
		char type;

		*module = 0;
		if (sscanf(line, "%llx %c %255s %63s", &address, &type, name, module) < 3 ||
		    !strchr("tTwW", type))
			continue;
		s = &symbols[symbol_count++];
		s->address = address;
		snprintf(s->name, sizeof(s->name), "%.30s %.16s", name, module);
	}
	fclose(f);
	qsort(symbols, symbol_count, sizeof(*symbols), by_address);
}

static struct symbol *symbol_of(u64 address)
{
	int low = 0, high = symbol_count;

	while (high - low > 1) {
		int middle = (low + high) / 2;

		if (symbols[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	return &symbols[low];
}

static struct perf_event_mmap_page *watch(int processor)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = PERIOD_NSEC,
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN,
		.sample_max_stack = DEEPEST,
		.exclude_callchain_user = 1,
		.exclude_idle = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, processor, -1, 0);
	void *ring;

	if (fd < 0)
		die_errno("perf_event_open");
	ring = mmap(NULL, getpagesize() + RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		die_errno("mmap");
	return ring;
}

void profile_start(void)
{
	read_symbols();
	processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (processors > PROCESSORS)
		processors = PROCESSORS;
	for (int i = 0; i < processors; i++)
		rings[i] = watch(i);
}

static void count_within(struct symbol *function)
{
	/* Once, however often it is in the chain. */
	function->within += function->last != samples;
	function->last = samples;
}

static void count_sample(const struct sample *s)
{
	u64 i;

	samples++;
	symbol_of(s->address)->at++;
	count_within(symbol_of(s->address));
	/* The chain has marks, too, that are no addresses. */
	for (i = 0; i < s->depth; i++)
		if (s->callers[i] < PERF_CONTEXT_MAX)
			count_within(symbol_of(s->callers[i]));
}

/* A record never crosses the end of the ring: all are of 8 bytes and their multiples. */
static void count(struct perf_event_mmap_page *ring)
{
	char *data = (char *)ring + getpagesize();
	u64 at, head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);

	for (at = ring->data_tail; at < head;) {
		struct sample *s = (void *)(data + at % RING_BYTES);

		if (s->head.type == PERF_RECORD_SAMPLE)
			count_sample(s);
		at += s->head.size;
	}
}

void profile_show(const char *what, const char *protocol)
{
	int i;

	for (i = 0; i < processors; i++)
		count(rings[i]);
	qsort(symbols, symbol_count, sizeof(*symbols), by_share);
	printf("# profile %s %s: %d samples; share within a function, at it\n",
	       what, protocol, samples);
	for (i = 0; i < SHOWN && symbols[i].within; i++)
		printf("# profile %s %s %6.2f %% %6.2f %% %s\n", what, protocol,
		       100.0 * symbols[i].within / samples,
		       100.0 * symbols[i].at / samples, symbols[i].name);
}
