// SPDX-License-Identifier: GPL-2.0
/* The ladder of one connection, from what wire printed on both ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segment.h"
#include "util.h"
#include "wire.h"

#define CLIENT 0
#define SERVER 1
#define ARROW 46

struct line {
	double time;
	int out, flags, repeated, lost, end_of;	/* end_of: CLIENT or SERVER */
	u64 seq, end, ack;
	u32 len, id;
	char src[64], dst[64];
};

struct capture {
	struct line *lines;
	size_t count;
};

/* What passed unshown since the last rung, or in all. */
struct tally {
	unsigned int segments, acks, repeated;
	u64 bytes;
};

static int parse_line(const char *s, struct line *l)
{
	char flags[16], dir[8];
	const char *id;
	int used = 0;

	if (sscanf(s, "%lf %7s %63s > %63s flags=%15s%n", &l->time, dir, l->src,
		   l->dst, flags, &used) != 5)
		return -1;
	if (sscanf(s + used, " seq=%llu end=%llu ack=%llu win=%*u len=%u",
		   &l->seq, &l->end, &l->ack, &l->len) != 4)
		return -1;
	id = strstr(s, " id=");
	l->id = id ? atoi(id + 4) : 0;
	l->out = !strcmp(dir, "out");
	l->flags = segment_parse_flags(flags);
	l->repeated = !!strstr(s, " retx");
	return 0;
}

static void read_capture(struct capture *c, const char *path, int end_of)
{
	FILE *f = fopen(path, "r");
	size_t room = 0;
	char buf[512];

	if (!f)
		die_errno(path);
	while (fgets(buf, sizeof(buf), f)) {
		if (c->count == room) {
			room = room ? room * 2 : 1024;
			c->lines = realloc(c->lines, room * sizeof(*c->lines));
			if (!c->lines)
				die("out of memory");
		}
		memset(&c->lines[c->count], 0, sizeof(*c->lines));
		if (parse_line(buf, &c->lines[c->count]))
			die("%s: not a line of wire: %s", path, buf);
		c->lines[c->count++].end_of = end_of;
	}
	fclose(f);
}

static int line_order(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->end_of - y->end_of;
}

static int same(const struct line *a, const struct line *b)
{
	return a->id == b->id && a->flags == b->flags && a->seq == b->seq &&
	       a->end == b->end && a->ack == b->ack;
}

/* A segment that one end sent and that never came in at the other. */
static int is_lost(const struct line *l, const struct capture *peer)
{
	size_t i;

	for (i = 0; i < peer->count; i++)
		if (!peer->lines[i].out && same(l, &peer->lines[i]))
			return 0;
	return 1;
}

static const char *flag_names(int flags, char *buf)
{
	static const char * const name[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"
	};
	static const int order[] = { 1, 0, 2, 4, 5, 6, 7 };
	size_t i;

	*buf = 0;
	for (i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (flags & 1 << order[i])
			sprintf(buf + strlen(buf), "%s%s", *buf ? "+" : "",
				name[order[i]]);
	return buf;
}

static void draw_rung(const struct line *l, double start, int lost)
{
	char text[128], flags[40], arrow[ARROW + 1];
	int len, left;

	len = snprintf(text, sizeof(text), " %s seq %llu",
		       flag_names(l->flags, flags), l->seq);
	if (l->flags & SEG_ACK)
		len += snprintf(text + len, sizeof(text) - len, " ack %llu",
				l->ack);
	if (l->len)
		len += snprintf(text + len, sizeof(text) - len, " data %u",
				l->len);
	len += snprintf(text + len, sizeof(text) - len, " ");
	left = (ARROW - len) / 2;
	memset(arrow, '-', ARROW);
	arrow[ARROW] = 0;
	memcpy(arrow + (left > 1 ? left : 1), text,
	       len < ARROW - 2 ? len : ARROW - 2);
	arrow[l->end_of == CLIENT ? ARROW - 1 : 0] =
		lost ? 'X' : l->end_of == CLIENT ? '>' : '<';
	printf("%11.6f  |%s|%s%s\n", l->time - start, arrow,
	       l->repeated ? " again" : "", lost ? " lost" : "");
}

static void draw_tally(struct tally t[2])
{
	static const char * const who[] = { "client", "server" };
	char text[96];
	int i;

	for (i = CLIENT; i <= SERVER; i++) {
		if (!t[i].segments && !t[i].acks)
			continue;
		snprintf(text, sizeof(text),
			 "%s: %u data (%llu bytes, %u again), %u ACK", who[i],
			 t[i].segments, t[i].bytes, t[i].repeated, t[i].acks);
		printf("%11s  : %-*s :\n", "", ARROW - 2, text);
	}
	memset(t, 0, 2 * sizeof(*t));
}

/*
 * A rung of its own has: every SYN, FIN and RST, and the first bare ACK after
 * each SYN+ACK and each FIN.
 */
static int is_rung(const struct line *l, int awaited[2], u64 awaited_ack[2])
{
	int peer = !l->end_of;

	if (l->flags & (SEG_SYN | SEG_FIN | SEG_RST)) {
		if ((l->flags & SEG_SYN && l->flags & SEG_ACK) ||
		    l->flags & SEG_FIN) {
			awaited[peer] = 1;
			awaited_ack[peer] = l->end;
		}
		return 1;
	}
	if (!l->len && awaited[l->end_of] && l->ack >= awaited_ack[l->end_of]) {
		awaited[l->end_of] = 0;
		return 1;
	}
	return 0;
}

static void tally_add(struct tally *t, const struct line *l)
{
	if (l->len)
		t->segments++;
	else if (!(l->flags & (SEG_SYN | SEG_FIN | SEG_RST)))
		t->acks++;
	t->bytes += l->repeated ? 0 : l->len;
	t->repeated += l->repeated;
}

static void draw(const struct line *l, size_t count, struct capture end[2])
{
	int awaited[2] = { 0 };
	u64 awaited_ack[2] = { 0 };
	struct tally unshown[2] = { 0 }, all[2] = { 0 };
	double start = l->time;
	size_t i;

	printf("%11s  client%*s\n", "seconds", ARROW - 4, "server");
	printf("%11s  %-*s%*s\n", "", ARROW / 2 + 1, l->src, ARROW / 2 + 1,
	       l->dst);
	for (i = 0; i < count; i++, l++) {
		tally_add(&all[l->end_of], l);
		if (!is_rung(l, awaited, awaited_ack)) {
			tally_add(&unshown[l->end_of], l);
			continue;
		}
		draw_tally(unshown);
		draw_rung(l, start, is_lost(l, &end[!l->end_of]));
	}
	draw_tally(unshown);
	printf("segments sent again: client %u, server %u\n",
	       all[CLIENT].repeated, all[SERVER].repeated);
}

int ladder(const char *files)
{
	struct capture end[2] = { 0 };
	char path[2][256];
	struct line *all;
	size_t i, n = 0;
	int e;

	if (sscanf(files, "%255[^,],%255s", path[CLIENT], path[SERVER]) != 2)
		die("-l wants the names of two files");
	for (e = CLIENT; e <= SERVER; e++)
		read_capture(&end[e], path[e], e);
	all = calloc(end[0].count + end[1].count + 1, sizeof(*all));
	if (!all)
		die("out of memory");
	for (e = CLIENT; e <= SERVER; e++)
		for (i = 0; i < end[e].count; i++)
			if (end[e].lines[i].out)
				all[n++] = end[e].lines[i];
	if (!n)
		return 1;
	qsort(all, n, sizeof(*all), line_order);
	draw(all, n, end);
	return 0;
}
