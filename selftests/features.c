// SPDX-License-Identifier: GPL-2.0
/*
 * features DEVICE [NAME on|off]...: what a network device does for packets of
 * several segments, by the kernel's names, as "ethtool -K" has it. Without names,
 * prints those that are on.
 */
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

static const char *device;

static void ask(void *what, const char *name)
{
	struct ifreq ifr = { .ifr_data = what };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
	/* SFEATURES says more than 0 if others were changed as well. */
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr) < 0)
		die_errno(name);
	close(fd);
}

/* The names of all features, by their numbers. */
static struct ethtool_gstrings *names(void)
{
	struct {
		struct ethtool_sset_info info;
		__u32 count;
	} set = {
		.info = {
			.cmd = ETHTOOL_GSSET_INFO,
			.sset_mask = 1ull << ETH_SS_FEATURES,
		},
	};
	struct ethtool_gstrings *strings;

	ask(&set, "ETHTOOL_GSSET_INFO");
	strings = calloc(1, sizeof(*strings) + set.count * ETH_GSTRING_LEN);
	if (!strings)
		die("no memory");
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_FEATURES;
	strings->len = set.count;
	ask(strings, "ETHTOOL_GSTRINGS");
	return strings;
}

static const char *name_of(const struct ethtool_gstrings *strings, __u32 i)
{
	return (const char *)strings->data + i * ETH_GSTRING_LEN;
}

static void show(const struct ethtool_gstrings *strings)
{
	__u32 blocks = (strings->len + 31) / 32, i;
	struct ethtool_gfeatures *get;

	get = calloc(1, sizeof(*get) + blocks * sizeof(get->features[0]));
	if (!get)
		die("no memory");
	get->cmd = ETHTOOL_GFEATURES;
	get->size = blocks;
	ask(get, "ETHTOOL_GFEATURES");
	for (i = 0; i < strings->len; i++)
		if (get->features[i / 32].active >> i % 32 & 1)
			puts(name_of(strings, i));
	free(get);
}

static void change(const struct ethtool_gstrings *strings, const char *name,
		   bool on)
{
	__u32 blocks = (strings->len + 31) / 32, i;
	struct ethtool_sfeatures *set;

	for (i = 0; i < strings->len; i++)
		if (!strncmp(name_of(strings, i), name, ETH_GSTRING_LEN))
			break;
	if (i == strings->len)
		die("no feature %s", name);
	set = calloc(1, sizeof(*set) + blocks * sizeof(set->features[0]));
	if (!set)
		die("no memory");
	set->cmd = ETHTOOL_SFEATURES;
	set->size = blocks;
	set->features[i / 32].valid = 1u << i % 32;
	set->features[i / 32].requested = on ? 1u << i % 32 : 0;
	ask(set, name);
	free(set);
}

int main(int argc, char **argv)
{
	struct ethtool_gstrings *strings;
	int i;

	if (argc < 2 || argc % 2)
		die("usage: features DEVICE [NAME on|off]...");
	device = argv[1];
	strings = names();
	for (i = 2; i < argc; i += 2)
		change(strings, argv[i], !strcmp(argv[i + 1], "on"));
	if (argc == 2)
		show(strings);
	free(strings);
	return 0;
}
