// SPDX-License-Identifier: GPL-2.0
/* A wire in memory with a clock of its own: what the two ends are told. */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/jhash.h>
#include <linux/prandom.h>
#include <net/checksum.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "../input.h"
#include "../ipv4.h"
#include "../ipv6.h"
#include "../isn.h"
#include "../memory.h"
#include "../reply.h"
#include "wire.h"

#define WIRE_ADDR(end)	htonl(0x0afd0001 + (end))

const u16 wire_families[2] = { AF_INET, AF_INET6 };

/* Set by the simulator: is there no memory? */
bool (*clasp_memory_hook)(void);

/* The hooks of the module know no test, so there is one wire at a time. */
static struct wire *the_wire;
static struct rnd_state wire_rnd;

/* What the tests' sockets have instead of IP. */
struct clasp_af_ops wire_af;

/* When a segment arrives; in skb->cb until the parser needs that. */
#define WIRE_DUE(skb)	(*(u64 *)(skb)->cb)

static bool wire_ipv6(void)
{
	return the_wire->family == AF_INET6;
}

/* An end's address, as it is in a flow. */
void wire_address(enum wire_end end, struct in6_addr *addr)
{
	ipv6_addr_set_v4mapped(WIRE_ADDR(end), addr);
	if (wire_ipv6())
		ipv6_addr_set(addr, htonl(0xfd000253), 0, 0, WIRE_ADDR(end));
}

static enum wire_end wire_end_of(const struct in6_addr *addr)
{
	return addr->s6_addr32[3] == WIRE_ADDR(WIRE_SERVER) ? WIRE_SERVER :
							      WIRE_CLIENT;
}

static u64 wire_now(void)
{
	return the_wire->now;
}

/* In order of time; of two at the same time, the one that was set first. */
static bool wire_alarm_set(struct clasp_alarm *alarm, u64 at)
{
	bool pending = !list_empty(&alarm->node);
	struct clasp_alarm *other;
	struct list_head *place = &the_wire->alarms;

	list_del_init(&alarm->node);
	list_for_each_entry(other, &the_wire->alarms, node) {
		if (other->at > at) {
			place = &other->node;
			break;
		}
	}
	alarm->at = at;
	list_add_tail(&alarm->node, place);
	if (the_wire->alarmed)
		the_wire->least_refs =
			min_t(u32, the_wire->least_refs,
			      refcount_read(&the_wire->alarmed->sk_refcnt));
	return pending;
}

static bool wire_alarm_stop(struct clasp_alarm *alarm)
{
	bool pending = !list_empty(&alarm->node);

	list_del_init(&alarm->node);
	return pending;
}

static const struct clasp_clock_ops wire_clock = {
	.now = wire_now,
	.set = wire_alarm_set,
	.stop = wire_alarm_stop,
};

static u64 wire_isn(const struct clasp_flow *flow)
{
	enum wire_end end = wire_end_of(&flow->laddr);

	if (the_wire->isn[end])
		return the_wire->isn[end];
	/* Ahead of what an earlier connection used, as RFC 6528 wants it. */
	return jhash(flow, sizeof(*flow), 0) + (the_wire->now << 8);
}

static u32 wire_chance(u32 ceil)
{
	return prandom_u32_state(&wire_rnd) % ceil;
}

/* What the rules, and then chance, have in store for a segment. */
static u8 wire_fate(struct wire *wire, const struct wire_segment *seg,
		    u64 *delay)
{
	const struct wire_chance *chance = &wire->chance;
	u32 dice;
	int i;

	for (i = 0; i < WIRE_RULES; i++) {
		struct wire_rule *rule = &wire->rules[i];

		if (!rule->count || (seg->flags & rule->mask) != rule->flags ||
		    (rule->from != WIRE_ANY && rule->from != seg->from) ||
		    (rule->text && !seg->len) || seg->len < rule->min_len)
			continue;
		if (rule->skip) {
			rule->skip--;
			continue;
		}
		rule->count--;
		*delay = rule->delay;
		return rule->fate;
	}
	if (!chance->seed)
		return WIRE_PASS;
	*delay = (wire_chance(200) + 1) * NSEC_PER_MSEC;
	dice = wire_chance(1000);
	if (dice < chance->drop)
		return WIRE_DROP;
	dice = wire_chance(1000);
	if (dice < chance->twice)
		return WIRE_TWICE;
	dice = wire_chance(1000);
	if (dice < chance->late)
		return WIRE_LATE;
	dice = wire_chance(1000);
	return dice < chance->corrupt ? WIRE_CORRUPT : WIRE_PASS;
}

/* Puts a finished packet among those on their way; eats it. */
static void wire_launch(struct wire *wire, struct sk_buff *skb, u64 due)
{
	struct sk_buff *next;

	WIRE_DUE(skb) = due;
	skb_queue_walk(&wire->flights, next) {
		if (WIRE_DUE(next) > due) {
			__skb_queue_before(&wire->flights, next, skb);
			return;
		}
	}
	__skb_queue_tail(&wire->flights, skb);
}

static void wire_ipv4_header(struct sk_buff *skb, enum wire_end from)
{
	u32 len = skb->len;
	struct iphdr *iph = skb_push(skb, sizeof(*iph));

	memset(iph, 0, sizeof(*iph));
	iph->version = 4;
	iph->ihl = 5;
	iph->protocol = clasp_protocol;
	iph->saddr = WIRE_ADDR(from);
	iph->daddr = WIRE_ADDR(!from);
	iph->tot_len = htons(sizeof(*iph) + len);
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IP);
	__skb_pull(skb, sizeof(*iph));
}

static void wire_ipv6_header(struct sk_buff *skb, enum wire_end from)
{
	u32 len = skb->len;
	struct ipv6hdr *hdr = skb_push(skb, sizeof(*hdr));

	memset(hdr, 0, sizeof(*hdr));
	hdr->version = 6;
	hdr->nexthdr = clasp_protocol;
	hdr->payload_len = htons(len);
	wire_address(from, &hdr->saddr);
	wire_address(!from, &hdr->daddr);
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IPV6);
	__skb_pull(skb, sizeof(*hdr));
}

static __wsum wire_pseudo(const struct sk_buff *skb)
{
	if (wire_ipv6())
		return ip6_compute_pseudo((struct sk_buff *)skb,
					  clasp_protocol);
	return csum_tcpudp_nofold(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr,
				  skb->len, clasp_protocol, 0);
}

/* A packet as the receiver's IP would hand it over, checksum and all. */
static struct sk_buff *wire_packet(const void *segment, u32 len,
				   enum wire_end from, u8 ecn)
{
	struct sk_buff *skb = alloc_skb(64 + len, GFP_ATOMIC);
	struct clasphdr *hdr;

	if (!skb)
		return NULL;
	skb_reserve(skb, 64);
	hdr = skb_put_data(skb, segment, len);
	if (wire_ipv6())
		wire_ipv6_header(skb, from);
	else
		wire_ipv4_header(skb, from);
	if (wire_ipv6())
		ipv6_change_dsfield(ipv6_hdr(skb), 0, ecn);
	else
		ipv4_change_dsfield(ip_hdr(skb), 0, ecn);
	skb_reset_transport_header(skb);
	hdr->check = 0;
	hdr->check = csum_fold(csum_partial(hdr, len, wire_pseudo(skb)));
	return skb;
}

static void wire_record(struct wire *wire, struct wire_segment *seg,
			const struct clasphdr *hdr, u32 len,
			enum wire_end from)
{
	*seg = (struct wire_segment){
		.at = wire->now,
		.seq = be64_to_cpu(hdr->seq),
		.ack_seq = be64_to_cpu(hdr->ack_seq),
		.window = be32_to_cpu(hdr->window),
		.len = len - (hdr->ver_len & 0xf) * 8,
		.urg_ptr = be16_to_cpu(hdr->urg_ptr),
		.flags = hdr->flags,
		.from = from,
	};
}

static void wire_log(struct wire *wire, const struct wire_segment *seg)
{
	if (wire->logged < WIRE_LOG)
		wire->log[wire->logged] = *seg;
	wire->logged++;
	wire->hash = jhash(seg, sizeof(*seg), wire->hash);
}

/* Sends a segment, as far as its fate lets it go. */
static void wire_transmit(enum wire_end from, const void *segment, u32 len,
			  u8 ecn)
{
	struct wire *wire = the_wire;
	u64 due = wire->now + wire->delay;
	struct wire_segment seg;
	struct sk_buff *skb;
	u64 delay = 0;

	wire_record(wire, &seg, segment, len, from);
	seg.ecn = ecn;
	seg.fate = wire_fate(wire, &seg, &delay);
	wire_log(wire, &seg);
	if (seg.fate == WIRE_DROP)
		return;
	if (seg.fate == WIRE_LATE)
		due += delay;
	if (seg.fate == WIRE_MARK && ecn)
		ecn = INET_ECN_CE;
	skb = wire_packet(segment, len, from, ecn);
	if (!skb)
		return;
	if (seg.fate == WIRE_CORRUPT)
		skb->data[wire_chance(len)] ^= 1 << wire_chance(8);
	wire_launch(wire, skb, due);
	if (seg.fate != WIRE_TWICE)
		return;
	skb = wire_packet(segment, len, from, ecn);
	if (skb)
		wire_launch(wire, skb, due + delay);
}

static int wire_xmit_from(enum wire_end from, struct sk_buff *skb, u8 tos)
{
	if (!skb_linearize(skb))
		wire_transmit(from, skb->data, skb->len, tos & INET_ECN_MASK);
	kfree_skb(skb);
	return 0;
}

static int wire_xmit(struct sock *sk, struct sk_buff *skb)
{
	return wire_xmit_from(wire_end_of(&clasp_sk(sk)->entry.flow.laddr),
			      skb, wire_ipv6() ? inet6_sk(sk)->tclass :
						 inet_sk(sk)->tos);
}

/* IPv6's header is longer. */
static u32 wire_mtu(u32 mtu)
{
	return mtu ? mtu + wire_af.header_len - sizeof(struct iphdr) : 0;
}

static int wire_xmit_path(struct net *net, const struct clasp_path *path,
			  struct clasp_header *header, struct sk_buff *skb)
{
	clasp_reply_push(path, header, wire_mtu(WIRE_MTU), skb);
	return wire_xmit_from(wire_end_of(&path->flow.laddr), skb, path->tos);
}

static void wire_connect_ipv4(struct sock *sk, const struct sockaddr_in *addr)
{
	struct clasp_flow *flow = &clasp_sk(sk)->entry.flow;
	struct inet_sock *inet = inet_sk(sk);

	inet->inet_daddr = addr->sin_addr.s_addr;
	ipv6_addr_set_v4mapped(inet->inet_saddr, &flow->laddr);
	ipv6_addr_set_v4mapped(inet->inet_daddr, &flow->raddr);
}

static void wire_connect_ipv6(struct sock *sk, const struct sockaddr_in6 *addr)
{
	struct clasp_flow *flow = &clasp_sk(sk)->entry.flow;

	sk->sk_v6_daddr = addr->sin6_addr;
	flow->laddr = inet6_sk(sk)->saddr;
	flow->raddr = addr->sin6_addr;
}

static int wire_af_connect(struct sock *sk, struct sockaddr_unsized *uaddr,
			   int len)
{
	if (wire_ipv6())
		wire_connect_ipv6(sk, (const struct sockaddr_in6 *)uaddr);
	else
		wire_connect_ipv4(sk, (const struct sockaddr_in *)uaddr);
	/* At the same place in both kinds of address. */
	inet_sk(sk)->inet_dport = ((const struct sockaddr_in *)uaddr)->sin_port;
	clasp_sk(sk)->entry.flow.rport = inet_sk(sk)->inet_dport;
	return 0;
}

static int wire_af_route(struct sock *sk)
{
	return 0;
}

static u32 wire_af_mtu(struct sock *sk)
{
	return wire_mtu(the_wire->mtu);
}

static void wire_deliver(struct wire *wire, struct sk_buff *skb)
{
	__wsum pseudo = wire_pseudo(skb);

	memset(skb->cb, 0, sizeof(skb->cb));
	local_bh_disable();
	rcu_read_lock();
	if (clasp_segment_parse(skb, pseudo) == CLASP_VALID) {
		clasp_input(clasp_net(&init_net), skb);
	} else {
		wire->caught++;
		kfree_skb(skb);
	}
	rcu_read_unlock();
	local_bh_enable();
}

static void wire_ring(struct clasp_alarm *alarm)
{
	list_del_init(&alarm->node);
	local_bh_disable();
	alarm->timer.function(&alarm->timer);
	local_bh_enable();
}

/* Lets the next thing happen that is due by then; false if there is none. */
bool wire_next(struct wire *wire, u64 until)
{
	struct clasp_alarm *alarm;
	struct sk_buff *skb = skb_peek(&wire->flights);

	alarm = list_first_entry_or_null(&wire->alarms, struct clasp_alarm,
					 node);
	if (skb && alarm && alarm->at < WIRE_DUE(skb))
		skb = NULL;
	if (skb ? WIRE_DUE(skb) > until : !alarm || alarm->at > until)
		return false;
	if (++wire->steps > 1000000) {
		KUNIT_FAIL(wire->test, "it never ends");
		return false;
	}
	if (skb) {
		wire->now = max(wire->now, WIRE_DUE(skb));
		__skb_unlink(skb, &wire->flights);
		wire_deliver(wire, skb);
	} else {
		wire->now = max(wire->now, alarm->at);
		wire_ring(alarm);
	}
	if (wire->watch)
		wire->watch(wire);
	cond_resched();
	return true;
}

/* Until nothing is on its way; the clock goes as far as that takes. */
void wire_settle(struct wire *wire)
{
	while (!skb_queue_empty(&wire->flights))
		if (!wire_next(wire, U64_MAX))
			return;
}

/* For so long, whatever happens. */
void wire_run(struct wire *wire, u64 duration)
{
	u64 until = wire->now + duration;

	while (wire_next(wire, until))
		;
	wire->now = until;
}

/* Until nothing is left to happen; false if that takes more than two hours. */
bool wire_finish(struct wire *wire)
{
	u64 until = wire->now + 7200 * NSEC_PER_SEC;

	while (wire_next(wire, until))
		;
	return list_empty(&wire->alarms) && skb_queue_empty(&wire->flights);
}

/* Forgets what was sent so far. */
void wire_clear(struct wire *wire)
{
	wire->logged = 0;
	wire->hash = 0;
}

void wire_rule(struct wire *wire, const struct wire_rule *rule)
{
	int i;

	for (i = 0; i < WIRE_RULES; i++) {
		if (wire->rules[i].count)
			continue;
		wire->rules[i] = *rule;
		return;
	}
	KUNIT_FAIL(wire->test, "too many rules");
}

/* From now on, nothing that this end sends arrives. */
void wire_cut(struct wire *wire, enum wire_end from)
{
	wire_rule(wire, &(struct wire_rule){
		.count = U32_MAX, .fate = WIRE_DROP, .from = from,
	});
}

/* All rules are forgotten. */
void wire_mend(struct wire *wire)
{
	memset(wire->rules, 0, sizeof(wire->rules));
	wire->chance.seed = 0;
}

void wire_random(struct wire *wire, const struct wire_chance *chance)
{
	wire->chance = *chance;
	prandom_seed_state(&wire_rnd, chance->seed);
}

static u16 wire_port(enum wire_end end)
{
	return end == WIRE_CLIENT ? WIRE_CLIENT_PORT : WIRE_SERVER_PORT;
}

/* A segment out of nowhere, with options, as if its end had sent it from this port. */
static void wire_forge_options(struct wire *wire, u16 port,
			       const struct wire_segment *seg,
			       const void *options, u32 options_len)
{
	u32 len = sizeof(struct clasphdr) + options_len + seg->len;
	struct clasphdr *hdr = kunit_kzalloc(wire->test, len, GFP_KERNEL);
	struct sk_buff *skb;

	KUNIT_ASSERT_NOT_NULL(wire->test, hdr);
	memcpy(hdr + 1, options, options_len);
	hdr->source = htons(port);
	hdr->dest = htons(wire_port(!seg->from));
	hdr->ver_len = 0x14 + options_len / 8;
	hdr->flags = seg->flags;
	hdr->seq = cpu_to_be64(seg->seq);
	hdr->ack_seq = cpu_to_be64(seg->ack_seq);
	hdr->window = cpu_to_be32(seg->window);
	hdr->urg_ptr = cpu_to_be16(seg->urg_ptr);
	skb = wire_packet(hdr, len, seg->from, seg->ecn);
	kunit_kfree(wire->test, hdr);
	KUNIT_ASSERT_NOT_NULL(wire->test, skb);
	wire_launch(wire, skb, wire->now);
	wire_next(wire, wire->now);
}

static void wire_forge(struct wire *wire, u16 port,
		       const struct wire_segment *seg)
{
	wire_forge_options(wire, port, seg, "", 0);
}

/* An ACK with a SACK option. */
void wire_inject_sack(struct wire *wire, enum wire_end from, u64 seq,
		      u64 ack_seq, const struct clasp_block *blocks, u32 count)
{
	u8 options[CLASP_HEADER_MAX] = {
		CLASP_OPT_SACK, CLASP_OPT_SACK_BASE + 8 * count,
	};
	u32 i;

	for (i = 0; i < count; i++) {
		put_unaligned_be32(blocks[i].start - ack_seq,
				   options + CLASP_OPT_SACK_BASE + 8 * i);
		put_unaligned_be32(blocks[i].end - ack_seq,
				   options + CLASP_OPT_SACK_BASE + 8 * i + 4);
	}
	wire_forge_options(wire, wire_port(from), &(struct wire_segment){
		.from = from, .flags = CLASP_ACK, .seq = seq,
		.ack_seq = ack_seq, .window = 65536,
	}, options, 8 * (count + 1));
}

/* A segment of an end's own port, with its window. */
void wire_inject_window(struct wire *wire, enum wire_end from, u8 flags,
			u64 seq, u64 ack_seq, u32 len, u32 window)
{
	wire_forge(wire, wire_port(from), &(struct wire_segment){
		.from = from, .flags = flags, .seq = seq, .ack_seq = ack_seq,
		.len = len, .window = window,
	});
}

/* One whose IP header has these bits. */
void wire_inject_ecn(struct wire *wire, enum wire_end from, u8 flags, u64 seq,
		     u64 ack_seq, u32 len, u8 ecn)
{
	wire_forge(wire, wire_port(from), &(struct wire_segment){
		.from = from, .flags = flags, .seq = seq, .ack_seq = ack_seq,
		.len = len, .window = 65536, .ecn = ecn,
	});
}

/* One with an urgent pointer. */
void wire_inject_urgent(struct wire *wire, enum wire_end from, u64 seq,
			u64 ack_seq, u32 len, u16 urg_ptr)
{
	wire_forge(wire, wire_port(from), &(struct wire_segment){
		.from = from, .flags = CLASP_URG | CLASP_ACK, .seq = seq,
		.ack_seq = ack_seq, .len = len, .window = 65536,
		.urg_ptr = urg_ptr,
	});
}

/* One with a window that stops nobody. */
void wire_inject(struct wire *wire, enum wire_end from, u8 flags, u64 seq,
		 u64 ack_seq, u32 len)
{
	wire_inject_window(wire, from, flags, seq, ack_seq, len, 65536);
}

/* The same, to the server from any port of the client. */
void wire_inject_at(struct wire *wire, u16 port, u8 flags, u64 seq,
		    u64 ack_seq, u32 len)
{
	wire_forge(wire, port, &(struct wire_segment){
		.from = WIRE_CLIENT, .flags = flags, .seq = seq,
		.ack_seq = ack_seq, .len = len, .window = 65536,
	});
}

static void wire_icmp_header(struct sk_buff *skb)
{
	skb_set_transport_header(skb, skb->len);
	if (wire_ipv6()) {
		skb_put_zero(skb, sizeof(struct icmp6hdr));
		icmp6_hdr(skb)->icmp6_type = ICMPV6_DEST_UNREACH;
		icmp6_hdr(skb)->icmp6_code = ICMPV6_PORT_UNREACH;
	} else {
		skb_put_zero(skb, sizeof(struct icmphdr));
		icmp_hdr(skb)->type = ICMP_DEST_UNREACH;
		icmp_hdr(skb)->code = ICMP_PORT_UNREACH;
	}
}

/* As IP hands it over: at the header that was returned, behind two others. */
static struct sk_buff *wire_icmp_message(struct kunit *test)
{
	struct sk_buff *skb = alloc_skb(256, GFP_KERNEL);
	u8 *returned;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, 64);
	skb_reset_network_header(skb);
	skb_put_zero(skb, wire_af.header_len);
	wire_icmp_header(skb);
	returned = skb_put_zero(skb, wire_af.header_len);
	skb_put_zero(skb, 16);
	skb_pull(skb, returned - skb->data);
	return skb;
}

/* A message about a segment of this end. */
int wire_icmp(struct wire *wire, enum wire_end end, struct clasp_icmp what)
{
	struct sk_buff *skb = wire_icmp_message(wire->test);
	int err;

	wire_address(end, &what.flow.laddr);
	wire_address(!end, &what.flow.raddr);
	what.flow.lport = htons(wire_port(end));
	what.flow.rport = htons(wire_port(!end));
	what.offset = wire_af.header_len;
	local_bh_disable();
	err = clasp_icmp_input(&init_net, &what, skb);
	local_bh_enable();
	kfree_skb(skb);
	return err;
}

struct clasp_sysctl *wire_sysctl(void)
{
	return &clasp_net(&init_net)->sysctl;
}

/* The knobs at the values that the tests count on. */
static void wire_set_sysctl(void)
{
	struct clasp_sysctl *sysctl = wire_sysctl();

	the_wire->saved = *sysctl;
	sysctl->syn_retries = 6;
	sysctl->synack_retries = 5;
	sysctl->retries = 15;
	sysctl->orphan_retries = 8;
	sysctl->path_retries = 3;
	sysctl->user_timeout_ms = 0;
	sysctl->keepalive_idle_ms = 7200 * 1000;
	sysctl->keepalive_interval_ms = 75 * 1000;
	sysctl->keepalive_probes = 9;
	sysctl->timewait_ms = 240000;
	sysctl->fin_wait2_timeout_ms = 60000;
	sysctl->rto_min_ms = 200;
	sysctl->rto_max_ms = 120000;
	sysctl->ack_delay_ms = 40;
	sysctl->quick_acks = 16;
	sysctl->mtu_probing = 1;
	sysctl->base_mss_bytes = 1024;
	sysctl->min_mss_bytes = 512;
	sysctl->mtu_probe_interval_ms = 600 * 1000;
}

/* From here on, IP is the wire. */
static void wire_take_over(struct wire *wire)
{
	wire_af = wire->family == AF_INET6 ? clasp_ipv6_ops : clasp_ipv4_ops;
	wire_af.connect = wire_af_connect;
	wire_af.route = wire_af_route;
	wire_af.mtu = wire_af_mtu;
	wire_af.xmit = wire_xmit;
	wire_af.xmit_path = wire_xmit_path;
	clasp_af_table[wire_af.af] = &wire_af;
}

static void wire_give_back(void)
{
	clasp_af_table[CLASP_IPV4] = &clasp_ipv4_ops;
	clasp_af_table[CLASP_IPV6] = &clasp_ipv6_ops;
}

int wire_init(struct kunit *test)
{
	struct wire *wire = kunit_kzalloc(test, sizeof(*wire), GFP_KERNEL);

	if (!wire)
		return -ENOMEM;
	wire->log = kunit_kcalloc(test, WIRE_LOG, sizeof(*wire->log),
				  GFP_KERNEL);
	if (!wire->log)
		return -ENOMEM;
	wire->test = test;
	wire->family = test->param_value ? *(const u16 *)test->param_value :
					   AF_INET;
	wire->now = 1000 * NSEC_PER_SEC;
	wire->delay = 10 * NSEC_PER_MSEC;
	wire->mtu = WIRE_MTU;
	INIT_LIST_HEAD(&wire->alarms);
	__skb_queue_head_init(&wire->flights);
	prandom_seed_state(&wire_rnd, 1);
	the_wire = wire;
	wire_take_over(wire);
	wire_set_sysctl();
	clasp_isn_hook = wire_isn;
	clasp_virtual_clock = &wire_clock;
	test->priv = wire;
	return 0;
}

/* How many connections, requests and stand-ins there are. */
u32 wire_connections(void)
{
	return atomic_read(&clasp_net(&init_net)->table.connections.nelems);
}

static u32 wire_ports(void)
{
	struct clasp_table *table = &clasp_net(&init_net)->table;
	u32 ports = 0;
	int i;

	for (i = 0; i < CLASP_PORT_BUCKETS; i++)
		ports += !hlist_empty(&table->ports[i]);
	return ports;
}

/*
 * After each test: whatever happened, once the sockets are closed and time has
 * passed, nothing of it is left.
 */
void wire_exit(struct kunit *test)
{
	struct clasp_net *cnet = clasp_net(&init_net);
	struct wire *wire = test->priv;
	int i;

	if (!wire)
		return;
	wire_mend(wire);
	for (i = 0; i < WIRE_SOCKETS; i++)
		if (wire->socks[i])
			wire_close(wire, &wire->socks[i]);
	KUNIT_EXPECT_TRUE_MSG(test, wire_finish(wire), "pending alarms");
	KUNIT_EXPECT_EQ_MSG(test, wire_connections(), 0, "connections");
	KUNIT_EXPECT_EQ_MSG(test, wire_ports(), 0, "ports");
	KUNIT_EXPECT_EQ_MSG(test, cnet->timewaits.count, 0, "in TIME-WAIT");
	KUNIT_EXPECT_EQ_MSG(test, cnet->orphans.count, 0, "orphans");
	/* Freed after a grace period; each complains if it is not empty. */
	rcu_barrier();
	KUNIT_EXPECT_EQ_MSG(test, sock_prot_inuse_get(&init_net, &clasp_prot),
			    0, "sockets");
	KUNIT_EXPECT_EQ_MSG(test, sock_prot_inuse_get(&init_net, &clasp6_prot),
			    0, "sockets of IPv6");
	*wire_sysctl() = wire->saved;
	clasp_virtual_clock = NULL;
	clasp_isn_hook = NULL;
	wire_give_back();
	the_wire = NULL;
}

/* What was sent by one end, with some control bits. */
u32 wire_count(struct wire *wire, enum wire_end from, u8 mask, u8 flags)
{
	u32 i, count = 0;

	for (i = 0; i < min_t(u32, wire->logged, WIRE_LOG); i++)
		if ((from == WIRE_ANY || wire->log[i].from == from) &&
		    (wire->log[i].flags & mask) == flags)
			count++;
	return count;
}

bool wire_is(struct wire *wire, u32 index, enum wire_end from, u8 flags,
	     u64 seq, u64 ack_seq, u32 len)
{
	const struct wire_segment *seg = &wire->log[index];

	if (index >= min_t(u32, wire->logged, WIRE_LOG)) {
		kunit_err(wire->test, "segment %u was never sent", index);
		return false;
	}
	/* PSH is advice to the receiver, whoever sets it when. */
	if (seg->from == from && (seg->flags & ~CLASP_PSH) == flags &&
	    seg->seq == seq && seg->ack_seq == ack_seq && seg->len == len)
		return true;
	kunit_err(wire->test,
		  "segment %u: from %u flags %#x seq %llu ack %llu len %u",
		  index, seg->from, seg->flags, seg->seq, seg->ack_seq,
		  seg->len);
	kunit_err(wire->test,
		  "     instead of %u flags %#x seq %llu ack %llu len %u",
		  from, flags, seq, ack_seq, len);
	return false;
}
