// SPDX-License-Identifier: GPL-2.0
/* A script's text to lines. Nothing is played before all of it is understood. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "util.h"

#define BLANK " \t\n"

/* The line that is being read, for complaints. */
static const char *path;
static int number;
/* Is the script for one family only? */
static int one_family;

void bad_line(const char *fmt, ...)
{
	va_list args;

	printf("%s:%d: syntax: ", path, number);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	exit(1);
}

char *next_word(char **at)
{
	char *word;

	do {
		word = strsep(at, BLANK);
	} while (word && !*word);
	return word;
}

/* "12", "0x10", "-1", and sums: "1+1448". */
u64 parse_number(const char *word)
{
	char *end;
	u64 value = strtoull(word, &end, 0);

	while (end != word && (*end == '+' || *end == '-') && end[1]) {
		int minus = *end == '-';
		u64 term;

		word = end + 1;
		term = strtoull(word, &end, 0);
		value = minus ? value - term : value + term;
	}
	if (end == word || *end)
		bad_line("\"%s\" is not a number", word);
	return value;
}

void parse_range(char *word, long *low, long *high)
{
	char *to = strchr(word, '~');

	if (to)
		*to++ = 0;
	*low = parse_number(word);
	*high = to ? (long)parse_number(to) : *low;
	if (*high < *low)
		bad_line("a range that ends before it begins");
}

static void parse_port(const char *word, struct end *end)
{
	u64 value;

	end->any_port = !strcmp(word, "*");
	value = end->any_port ? 0 : parse_number(word);
	if (value > 65535)
		bad_line("\"%s\" is not a port", word);
	end->port = value;
}

static void parse_host(char *word, struct end *end)
{
	char *device = strchr(word, '%');
	struct in6_addr in;

	if (device)
		*device++ = 0;
	if (inet_pton(strchr(word, ':') ? AF_INET6 : AF_INET, word, &in) != 1)
		bad_line("\"%s\" is not an address", word);
	end->addr = world_host(word);
	end->has_addr = 1;
	end->scoped = !!device;
	if (device && strcmp(device, TUN_DEVICE))
		bad_line("there is no other device than " TUN_DEVICE);
}

/* "192.0.2.3:5001", ":5001", "192.0.2.3", ":*", "[fe80::1%tun0]:5001". */
void parse_end(const char *word, struct end *end)
{
	char copy[64], *host = copy, *port;

	*end = (struct end){ 0 };
	snprintf(copy, sizeof(copy), "%s", word);
	if (*host == '[') {
		host++;
		port = strchr(host, ']');
		if (!port)
			bad_line("a [ without its ]");
		*port++ = 0;
		port = *port ? port : NULL;
	} else {
		port = strchr(host, ':');
	}
	if (port && *port != ':')
		bad_line("\"%s\" is not a port", port);
	if (port)
		*port++ = 0;
	if (*host)
		parse_host(host, end);
	if (port)
		parse_port(port, end);
}

/* Unless the script is for one family only, a segment takes the same in all. */
int parse_mtu(const char *word)
{
	return parse_number(word) + (one_family ? 0 : world->mtu_more);
}

/* Not with strtod(), which would take the first dot of "0...". */
static double parse_seconds(const char *text, const char **end)
{
	double seconds = 0, unit = 1;
	const char *at = text;

	for (; isdigit(*at); at++)
		seconds = seconds * 10 + *at - '0';
	if (*at == '.' && isdigit(at[1]))
		for (at++; isdigit(*at); at++)
			seconds += (*at - '0') * (unit /= 10);
	if (at == text)
		bad_line("\"%s\" is not a time", text);
	*end = at;
	return seconds;
}

/* "+1", "+1~1.2"; what follows starts at the end. */
static const char *parse_span(const char *text, struct span *span)
{
	if (*text++ != '+')
		bad_line("a line begins with a time, \"+0\"");
	span->from = parse_seconds(text, &text);
	span->to = span->from;
	span->given = *text == '~';
	if (span->given)
		span->to = parse_seconds(text + 1, &text);
	if (span->to < span->from)
		bad_line("a time that ends before it begins");
	return text;
}

static void parse_setting(struct setting *setting, char *text)
{
	char *value = strchr(text, '='), *dot, *name;

	if (!value)
		bad_line("a setting is name=value");
	*value++ = 0;
	name = next_word(&text);
	value += strspn(value, BLANK);
	value[strcspn(value, "\n")] = 0;
	snprintf(setting->name, sizeof(setting->name), "%s", name ?: "");
	snprintf(setting->value, sizeof(setting->value), "%s", value);
	/* The name of a device may have a dot; none of these has one. */
	for (dot = setting->name; (dot = strchr(dot, '.')); )
		*dot = '/';
}

static void parse_counter(struct line *line, char *text)
{
	struct counter *counter = &line->counter;
	char *name = next_word(&text), *equals = next_word(&text);
	char *value = next_word(&text);

	if (!value || strcmp(equals, "=") || next_word(&text))
		bad_line("counter NAME = NUMBER");
	line->type = LINE_COUNTER;
	snprintf(counter->name, sizeof(counter->name), "%s", name);
	parse_range(value, &counter->low, &counter->high);
}

static void parse_inject(struct line *line, char *text)
{
	char *rest = text + strspn(text, BLANK);

	if (strncmp(rest, "icmp ", 5)) {
		line->type = LINE_INJECT;
		segment_spec_parse(&line->segment, rest, 1);
		return;
	}
	rest += 5;
	line->type = LINE_ICMP;
	icmp_spec_parse(&line->icmp, rest);
}

static void parse_expect(struct line *line, char *text)
{
	line->type = LINE_EXPECT;
	segment_spec_parse(&line->segment, text, 0);
}

static void parse_nothing(struct line *line, char *text)
{
	line->type = LINE_NOTHING;
	if (next_word(&text))
		bad_line("\"nothing\" is all of a line");
}

static void parse_tick(struct line *line, char *text)
{
	line->type = LINE_TICK;
	if (next_word(&text))
		bad_line("\"tick\" is all of a line");
}

static void parse_sysctl(struct line *line, char *text)
{
	line->type = LINE_SYSCTL;
	parse_setting(&line->setting, text);
}

static void parse_device(struct line *line, char *text)
{
	char *word = next_word(&text);

	line->type = LINE_MTU;
	line->mtu = parse_mtu(word ?: "");
}

static void parse_states(struct line *line, char *text)
{
	line->type = LINE_STATES;
	states_parse(&line->states, text);
}

static void parse_shell(struct line *line, char *text)
{
	char *end = strchr(++text, '`');

	if (!end)
		bad_line("a command ends with a `");
	*end = 0;
	line->type = LINE_SHELL;
	line->shell = text;
}

static void parse_call(struct line *line, char *text)
{
	line->type = LINE_CALL;
	call_parse(&line->call, text);
}

/* By the first word; what has none of these is a call. */
static void parse_what(struct line *line, char *text)
{
	static const struct {
		const char *word;
		void (*parse)(struct line *line, char *text);
	} kinds[] = {
		{ "<", parse_inject }, { ">", parse_expect },
		{ "nothing", parse_nothing }, { "counter", parse_counter },
		{ "sysctl", parse_sysctl }, { "mtu", parse_device },
		{ "states", parse_states }, { "tick", parse_tick },
	};
	size_t len = strcspn(text, BLANK), i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i].word) == len &&
		    !strncmp(text, kinds[i].word, len)) {
			kinds[i].parse(line, text + len);
			return;
		}
	if (*text == '`')
		parse_shell(line, text);
	else
		parse_call(line, text);
}

/* "+0...+.2 read(3, 10) = 5" says when a call begins and when it returns. */
static void parse_line(struct line *line, char *text)
{
	struct span until = { 0 };
	int blocks;

	line->number = number;
	line->text = strdup(text);
	text = (char *)parse_span(text, &line->when);
	blocks = !strncmp(text, "...", 3);
	if (blocks)
		text = (char *)parse_span(text + 3, &until);
	if (!isblank(*text))
		bad_line("after the time, a blank");
	parse_what(line, text + strspn(text, BLANK));
	if (blocks && line->type != LINE_CALL)
		bad_line("only calls take a time");
	if (line->when.given && line->type != LINE_EXPECT)
		bad_line("only expected segments have a range of times");
	if (blocks) {
		line->call.blocks = 1;
		line->call.until = until;
	}
}

static void *grown(void *array, int count, size_t size)
{
	array = reallocarray(array, count + 1, size);
	if (!array)
		die_errno("reallocarray");
	memset((char *)array + count * size, 0, size);
	return array;
}

static void add_setting(struct script *script, char *text)
{
	script->settings = grown(script->settings, script->setting_count,
				 sizeof(*script->settings));
	parse_setting(&script->settings[script->setting_count++], text);
}

static void add_line(struct script *script, char *text)
{
	script->lines = grown(script->lines, script->line_count,
			      sizeof(*script->lines));
	parse_line(&script->lines[script->line_count++], text);
}

/* A comment goes to the end of the line. */
static void strip(char *text)
{
	size_t len = strcspn(text, "#\n");

	while (len && isblank(text[len - 1]))
		len--;
	text[len] = 0;
}

/* One that begins with a "%": a setting, or what packets.c has looked at. */
static void parse_heading(struct script *script, char *text)
{
	if (!strncmp(text, "%sysctl ", 8))
		add_setting(script, text + 8);
	else if (!strncmp(text, "%family ", 8))
		one_family = 1;
	else if (strncmp(text, "%fails ", 7))
		bad_line("no such heading");
}

void script_parse(struct script *script, const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = fopen(name, "r");

	if (!f)
		die_errno(name);
	*script = (struct script){ .path = name };
	path = name;
	for (number = 1; getline(&text, &size, f) >= 0; number++) {
		char *at;

		strip(text);
		at = text + strspn(text, BLANK);
		if (*at == '%')
			parse_heading(script, at);
		else if (*at)
			/* Lines keep pointers into their text. */
			add_line(script, strdup(at));
	}
	free(text);
	fclose(f);
	if (!script->line_count)
		bad_line("nothing to do");
	script->mtu = 1500 + (one_family ? 0 : world->mtu_more);
}
