// SPDX-License-Identifier: GPL-2.0
/* What can be told network devices: ethtool's ioctl and a netem of its own. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define FEATURES_MAX 256

/* ---- offloads ------------------------------------------------------------- */

static void ethtool(const char *device, void *command)
{
	struct ifreq req = { .ifr_data = command };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(req.ifr_name, IFNAMSIZ, "%s", device);
	if (ioctl(fd, SIOCETHTOOL, &req) < 0)
		die_errno("SIOCETHTOOL");
	close(fd);
}

static int feature_count(const char *device)
{
	struct {
		struct ethtool_sset_info info;
		u32 count;
	} query = {
		.info.cmd = ETHTOOL_GSSET_INFO,
		.info.sset_mask = 1ull << ETH_SS_FEATURES,
	};

	ethtool(device, &query);
	if (!query.info.sset_mask || query.count > FEATURES_MAX)
		die("%s: has no list of features", device);
	return query.count;
}

/* By name, since each protocol has its own: tx-tcp-segmentation, tx-sctp-segmentation. */
static int is_offload(const char *feature)
{
	return strstr(feature, "segmentation") || strstr(feature, "checksum") ||
	       !strncmp(feature, "rx-gro", 6);
}

void device_make_plain(const char *device)
{
	int count = feature_count(device), i;
	struct {
		struct ethtool_gstrings head;
		char name[FEATURES_MAX][ETH_GSTRING_LEN];
	} *strings = calloc(1, sizeof(*strings));
	struct {
		struct ethtool_sfeatures head;
		struct ethtool_set_features_block block[FEATURES_MAX / 32];
	} set = { .head.cmd = ETHTOOL_SFEATURES, .head.size = (count + 31) / 32 };

	if (!strings)
		die("no memory");
	strings->head.cmd = ETHTOOL_GSTRINGS;
	strings->head.string_set = ETH_SS_FEATURES;
	strings->head.len = count;
	ethtool(device, strings);
	for (i = 0; i < count; i++)
		if (is_offload(strings->name[i]))
			set.block[i / 32].valid |= 1u << (i % 32);
	/* The kernel passes over what the device can't change. */
	ethtool(device, &set);
	free(strings);
}

/* ---- netem ---------------------------------------------------------------- */

/* Newer than some systems' headers; a kernel before 6.6 takes no notice. */
#define NETEM_PRNG_SEED 14

#define NSEC_PER_MSEC 1000000
#define PACKET_BITS (1514 * 8)
#define QUEUE_LEAST 100

struct request {
	struct nlmsghdr head;
	struct tcmsg tc;
	char room[512];
};

static struct rtattr *put(struct request *r, int type, const void *data, size_t len)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static u32 share(double percent)
{
	return percent / 100 * 0xffffffffu;
}

/*
 * Room for what is on its way in half a round trip, and a queue for one round trip:
 * the rule of thumb for a router.
 */
static u32 queue_limit(const struct netem *netem)
{
	double per_rtt = netem->mbit * 1000 * netem->rtt_ms / PACKET_BITS;

	return per_rtt / 2 + (per_rtt > QUEUE_LEAST ? per_rtt : QUEUE_LEAST);
}

static void put_netem(struct request *r, const struct netem *netem, u64 seed)
{
	struct tc_netem_qopt opt = {
		.limit = queue_limit(netem),
		.loss = share(netem->loss),
		.gap = netem->reorder > 0,
	};
	struct tc_netem_reorder reorder = { .probability = share(netem->reorder) };
	struct tc_netem_rate rate = { .rate = netem->mbit * 1e6 / 8 };
	u64 latency = netem->rtt_ms / 2 * NSEC_PER_MSEC;
	struct rtattr *options = put(r, TCA_OPTIONS, &opt, sizeof(opt));

	put(r, TCA_NETEM_REORDER, &reorder, sizeof(reorder));
	put(r, TCA_NETEM_RATE, &rate, sizeof(rate));
	put(r, TCA_NETEM_LATENCY64, &latency, sizeof(latency));
	put(r, NETEM_PRNG_SEED, &seed, sizeof(seed));
	options->rta_len = (char *)r + r->head.nlmsg_len - (char *)options;
}

static void talk(struct request *r)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char room[1024];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	if (fd < 0 || send(fd, r, r->head.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		die_errno("netlink");
	close(fd);
	errno = -answer.error.error;
	if (answer.head.nlmsg_type != NLMSG_ERROR || errno)
		die_errno("netem");
}

/* By hand, since tc knows no seed yet: each protocol shall lose the same packets. */
void device_impair(const char *device, const struct netem *netem, int seed)
{
	struct request r = {
		.head.nlmsg_len = NLMSG_LENGTH(sizeof(r.tc)),
		.head.nlmsg_type = RTM_NEWQDISC,
		.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
		.tc.tcm_family = AF_UNSPEC,
		.tc.tcm_ifindex = if_nametoindex(device),
		.tc.tcm_parent = TC_H_ROOT,
	};

	put(&r, TCA_KIND, "netem", sizeof("netem"));
	put_netem(&r, netem, seed);
	talk(&r);
}
