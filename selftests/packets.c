// SPDX-License-Identifier: GPL-2.0
/*
 * packets_run [-f FAMILY] CHAPTER [RULE...]: play the scripts of packets/CHAPTER
 * that are for this family, each in a process and a network namespace of its own.
 *
 * In the chapter "proof" are scripts that must fail, each with the reason in
 * it, "%fails TEXT": a runner that overlooks something is found out.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksft.h"
#include "packets.h"
#include "util.h"

#define SUFFIX ".pkt"
#define PROOF "proof"
#define OUTPUT_MAX 65536

struct entry {
	char path[512];
	char rule[256];
	char title[512];	/* the first comment line */
	char reason[256];	/* why it must fail */
	char families[64];	/* that it is for; all if there are none */
};

static char output[OUTPUT_MAX];

/* The rest of a line that begins so, without its end. */
static int line_value(const char *line, const char *key, char *value,
		      size_t room)
{
	size_t len = strlen(key);

	if (*value || strncmp(line, key, len))
		return 0;
	snprintf(value, room, "%.*s", (int)strcspn(line + len, "\n"),
		 line + len);
	return 1;
}

static void read_heading(struct entry *entry)
{
	FILE *f = fopen(entry->path, "r");
	char line[1024];

	if (!f)
		die_errno(entry->path);
	while (fgets(line, sizeof(line), f)) {
		line_value(line, "# ", entry->title, sizeof(entry->title));
		line_value(line, "%fails ", entry->reason,
			   sizeof(entry->reason));
		line_value(line, "%family ", entry->families,
			   sizeof(entry->families));
	}
	fclose(f);
}

static int is_for_world(const struct entry *entry)
{
	char copy[sizeof(entry->families)], *at = copy, *name;

	snprintf(copy, sizeof(copy), "%s", entry->families);
	while ((name = next_word(&at)))
		if (!strcmp(name, world->name))
			return 1;
	return !*entry->families;
}

static int is_script(const struct dirent *d)
{
	const char *end = strrchr(d->d_name, '.');

	return end && !strcmp(end, SUFFIX);
}

/* All that the script's process has to say, until it is gone. */
static void read_output(int fd)
{
	size_t used = 0;
	ssize_t len;

	while ((len = read(fd, output + used, OUTPUT_MAX - 1 - used)) > 0)
		used += len;
	output[used] = 0;
}

/* The wait status of the script's process. */
static int play_script(const struct entry *entry)
{
	struct script script;
	int status, fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		die_errno("pipe");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (!pid) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		script_parse(&script, entry->path);
		exit(script_run(&script));
	}
	close(fds[1]);
	read_output(fds[0]);
	close(fds[0]);
	if (waitpid(pid, &status, 0) != pid)
		die_errno("waitpid");
	return status;
}

static void show_output(void)
{
	char *at = output, *line;

	while ((line = strsep(&at, "\n")))
		if (*line)
			ksft_print_msg("%s\n", line);
}

static void run_entry(const struct entry *entry, int proof)
{
	double start = now();
	int status = play_script(entry), ok = !status;

	if (!*entry->title || proof != !!*entry->reason) {
		ksft_print_msg("%s: lacks its rule, or has a reason to fail\n",
			       entry->path);
		ok = 0;
	} else if (proof) {
		ok = WIFEXITED(status) && WEXITSTATUS(status) == 1 &&
		     strstr(output, entry->reason);
	}
	if (!ok) {
		show_output();
		if (proof)
			ksft_print_msg("wanted: %s\n", entry->reason);
	}
	if (WIFSIGNALED(status))
		ksft_print_msg("killed by signal %d\n", WTERMSIG(status));
	if (number_env("PACKETS_TIMES", 0))
		ksft_print_msg("%.3f s\n", now() - start);
	ksft_test_result(ok, "%s: %s", entry->rule, entry->title);
}

static int wanted(const char *rule, char **rules)
{
	if (!*rules)
		return 1;
	for (; *rules; rules++)
		if (!strcmp(rule, *rules))
			return 1;
	return 0;
}

/* The scripts of a chapter in the order of their names. */
static int find_scripts(const char *chapter, char **rules,
			struct entry **entries)
{
	char dir[256];
	struct dirent **names;
	int found, i, count = 0;

	snprintf(dir, sizeof(dir), "packets/%s", chapter);
	found = scandir(dir, &names, is_script, alphasort);
	if (found < 0)
		die_errno(dir);
	*entries = calloc(found + 1, sizeof(**entries));
	for (i = 0; i < found; i++) {
		struct entry *entry = &(*entries)[count];

		snprintf(entry->rule, sizeof(entry->rule), "%.*s",
			 (int)(strlen(names[i]->d_name) - strlen(SUFFIX)),
			 names[i]->d_name);
		snprintf(entry->path, sizeof(entry->path), "%s/%s", dir,
			 names[i]->d_name);
		read_heading(entry);
		if (wanted(entry->rule, rules) && is_for_world(entry))
			count++;
		else
			*entry = (struct entry){ 0 };
		free(names[i]);
	}
	free(names);
	return count;
}

/* Nothing to play must not look like success. */
static void prove_empty(const char *chapter, const char *rule)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execl("/proc/self/exe", "packets_run", "-f", world->name,
		      chapter, rule, NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		die_errno("waitpid");
	ksft_test_result(WIFEXITED(status) && WEXITSTATUS(status) == 1,
			 "nothing to play: %s/%s", chapter, rule);
}

int main(int argc, char **argv)
{
	struct entry *entries;
	int count, i, proof;

	while ((i = getopt(argc, argv, "f:")) == 'f')
		world_pick(optarg);
	argv += optind;
	if (i != -1 || !*argv)
		die("which chapter?");
	proof = !strcmp(*argv, PROOF);
	ksft_print_header();
	count = find_scripts(*argv, argv + 1, &entries);
	if (!count)
		ksft_exit_fail_msg("no scripts");
	ksft_set_plan(proof ? count + 2 : count);
	for (i = 0; i < count; i++)
		run_entry(&entries[i], proof);
	if (proof) {
		prove_empty("none", "none");
		prove_empty(PROOF, "none");
	}
	free(entries);
	ksft_finished();
}
