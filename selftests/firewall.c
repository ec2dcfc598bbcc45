// SPDX-License-Identifier: GPL-2.0
/*
 * firewall PROTOCOL: what this network namespace forwards is dropped, but for
 * packets of this IP protocol whose connection is known to the kernel, or begins;
 * as of
 *
 *   nft add table inet test
 *   nft add chain inet test forward { type filter hook forward priority 0; policy drop; }
 *   nft add rule inet test forward meta l4proto PROTOCOL ct state new,established accept
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

#define TABLE	"test"
#define CHAIN	"forward"

/* A batch of messages, and the attributes and messages that are still open. */
static struct {
	u8 bytes[4096];
	size_t len;
	u32 messages;
} batch;

/* --- netlink -------------------------------------------------------------------- */

static void *put(const void *data, size_t len)
{
	void *at = batch.bytes + batch.len;

	if (data)
		memcpy(at, data, len);
	batch.len += NLMSG_ALIGN(len);
	return at;
}

static struct nlmsghdr *begin(u16 type, u16 flags, u8 family, u16 resource)
{
	struct nfgenmsg gen = {
		.nfgen_family = family,
		.version = NFNETLINK_V0,
		.res_id = htons(resource),
	};
	struct nlmsghdr *msg = put(NULL, sizeof(*msg));

	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | flags;
	msg->nlmsg_seq = ++batch.messages;
	put(&gen, sizeof(gen));
	return msg;
}

static struct nlmsghdr *begin_table(u16 type)
{
	return begin(NFNL_SUBSYS_NFTABLES << 8 | type, NLM_F_CREATE | NLM_F_ACK,
		     NFPROTO_INET, 0);
}

static void end(struct nlmsghdr *msg)
{
	msg->nlmsg_len = batch.bytes + batch.len - (u8 *)msg;
}

static struct nlattr *nest(u16 type)
{
	struct nlattr *attr = put(NULL, sizeof(*attr));

	attr->nla_type = type | NLA_F_NESTED;
	return attr;
}

static void unnest(struct nlattr *attr)
{
	attr->nla_len = batch.bytes + batch.len - (u8 *)attr;
}

static void attribute(u16 type, const void *data, size_t len)
{
	struct nlattr attr = { .nla_type = type, .nla_len = sizeof(attr) + len };

	put(&attr, sizeof(attr));
	put(data, len);
}

static void text(u16 type, const char *s)
{
	attribute(type, s, strlen(s) + 1);
}

static void number(u16 type, u32 value)
{
	value = htonl(value);
	attribute(type, &value, sizeof(value));
}

/* Sends the batch; each message but its ends is answered. */
static void commit(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	union {
		struct nlmsghdr msg;
		u8 bytes[8192];
	} answer;
	u32 left = batch.messages - 2;
	struct nlmsghdr *msg;
	ssize_t len;

	if (fd < 0 || sendto(fd, batch.bytes, batch.len, 0, (void *)&kernel,
			     sizeof(kernel)) < 0)
		die_errno("netlink");
	while (left) {
		len = recv(fd, &answer, sizeof(answer), 0);
		if (len < 0)
			die_errno("netlink");
		for (msg = &answer.msg; NLMSG_OK(msg, len) && left; left--) {
			errno = -((struct nlmsgerr *)NLMSG_DATA(msg))->error;
			if (errno)
				die_errno("nf_tables");
			msg = NLMSG_NEXT(msg, len);
		}
	}
	close(fd);
}

/* --- rules -------------------------------------------------------------------------- */

/* One expression of a rule: its name, then its attributes. */
struct expression {
	struct nlattr *elem, *data;
};

static struct expression expression(const char *name)
{
	struct expression e = { .elem = nest(NFTA_LIST_ELEM) };

	text(NFTA_EXPR_NAME, name);
	e.data = nest(NFTA_EXPR_DATA);
	return e;
}

static void expression_end(struct expression e)
{
	unnest(e.data);
	unnest(e.elem);
}

static void value(u16 type, const void *data, size_t len)
{
	struct nlattr *attr = nest(type);

	attribute(NFTA_DATA_VALUE, data, len);
	unnest(attr);
}

static void compare(u32 op, const void *data, size_t len)
{
	struct expression e = expression("cmp");

	number(NFTA_CMP_SREG, NFT_REG_1);
	number(NFTA_CMP_OP, op);
	value(NFTA_CMP_DATA, data, len);
	expression_end(e);
}

static void match_protocol(u8 protocol)
{
	struct expression e = expression("meta");

	number(NFTA_META_KEY, NFT_META_L4PROTO);
	number(NFTA_META_DREG, NFT_REG_1);
	expression_end(e);
	compare(NFT_CMP_EQ, &protocol, sizeof(protocol));
}

static void match_known(void)
{
	u32 mask = NF_CT_STATE_BIT(IP_CT_ESTABLISHED) |
		   NF_CT_STATE_BIT(IP_CT_NEW), zero = 0;
	struct expression e = expression("ct");

	number(NFTA_CT_KEY, NFT_CT_STATE);
	number(NFTA_CT_DREG, NFT_REG_1);
	expression_end(e);
	e = expression("bitwise");
	number(NFTA_BITWISE_SREG, NFT_REG_1);
	number(NFTA_BITWISE_DREG, NFT_REG_1);
	number(NFTA_BITWISE_LEN, sizeof(mask));
	value(NFTA_BITWISE_MASK, &mask, sizeof(mask));
	value(NFTA_BITWISE_XOR, &zero, sizeof(zero));
	expression_end(e);
	compare(NFT_CMP_NEQ, &zero, sizeof(zero));
}

static void accept_it(void)
{
	struct expression e = expression("immediate");
	struct nlattr *data, *verdict;

	number(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nest(NFTA_IMMEDIATE_DATA);
	verdict = nest(NFTA_DATA_VERDICT);
	number(NFTA_VERDICT_CODE, NF_ACCEPT);
	unnest(verdict);
	unnest(data);
	expression_end(e);
}

static void add_chain(void)
{
	struct nlmsghdr *msg = begin_table(NFT_MSG_NEWTABLE);
	struct nlattr *hook;

	text(NFTA_TABLE_NAME, TABLE);
	end(msg);
	msg = begin_table(NFT_MSG_NEWCHAIN);
	text(NFTA_CHAIN_TABLE, TABLE);
	text(NFTA_CHAIN_NAME, CHAIN);
	hook = nest(NFTA_CHAIN_HOOK);
	number(NFTA_HOOK_HOOKNUM, NF_INET_FORWARD);
	number(NFTA_HOOK_PRIORITY, 0);
	unnest(hook);
	number(NFTA_CHAIN_POLICY, NF_DROP);
	text(NFTA_CHAIN_TYPE, "filter");
	end(msg);
}

static void add_rule(u8 protocol)
{
	struct nlmsghdr *msg = begin_table(NFT_MSG_NEWRULE);
	struct nlattr *all;

	text(NFTA_RULE_TABLE, TABLE);
	text(NFTA_RULE_CHAIN, CHAIN);
	all = nest(NFTA_RULE_EXPRESSIONS);
	match_protocol(protocol);
	match_known();
	accept_it();
	unnest(all);
	end(msg);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		die("usage: firewall PROTOCOL");
	end(begin(NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
	add_chain();
	add_rule(atoi(argv[1]));
	end(begin(NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
	commit();
	return 0;
}
