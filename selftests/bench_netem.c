// SPDX-License-Identifier: GPL-2.0
/*
 * A path that impairs: netem on a network device.  By netlink, since tc knows no seed
 * yet, and each protocol shall lose the same packets.
 */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

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

/* netem's random numbers have as few bits as the seed at first, and are alike then. */
static u64 spread(u64 seed)
{
	return seed * 0x9e3779b97f4a7c15;
}

static void put_netem(struct request *r, const struct netem *netem, int number)
{
	struct tc_netem_qopt opt = {
		.limit = queue_limit(netem),
		.loss = share(netem->loss),
		.gap = netem->reorder > 0,
	};
	struct tc_netem_reorder reorder = { .probability = share(netem->reorder) };
	struct tc_netem_rate rate = { .rate = netem->mbit * 1e6 / 8 };
	u64 latency = netem->rtt_ms / 2 * NSEC_PER_MSEC;
	u64 seed = spread(number);
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

void netem_add(const char *device, const struct netem *netem, int seed)
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
