/* SPDX-License-Identifier: GPL-2.0 */
/* Counters, per CPU and network namespace: /proc/net/clasp/snmp. */
#ifndef _CLASP_MIB_H
#define _CLASP_MIB_H

#include <linux/types.h>

struct net;
struct sock;

/*
 * Where TCP has a counter of the same meaning (RFC 4022), the name is its.
 * The order is that of the file; new ones go to the end.
 */
#define CLASP_COUNTERS(X)						\
	X(ActiveOpens) X(PassiveOpens) X(AttemptFails) X(EstabResets)	\
	X(InSegs) X(OutSegs) X(RetransSegs) X(OutRsts)			\
	X(InShort) X(InVersion) X(InLength) X(InChecksum)		\
	X(InFlags) X(InOption)						\
	X(InNoConnection) X(InOutOfOrder) X(InDuplicate)		\
	X(InDropped) X(BacklogDropped) X(ChallengeAcks)			\
	X(ListenOverflows) X(RequestsDropped)				\
	X(Timeouts) X(FastRetransmits) X(LossProbes)			\
	X(SpuriousRecoveries) X(SackReneging) X(Probes) X(AbortOnTimeout) \
	X(AbortOnClose) X(AbortOnMemory) X(TimeWaits)			\
	X(TimeWaitOverflows) X(QueuePruned) X(ForcedMemory)		\
	X(KeepAlives) X(MtuReductions)					\
	X(SyncookiesSent) X(SyncookiesRecv) X(SyncookiesFailed)		\
	X(AcksSkipped) X(IcmpHard) X(IcmpSoft) X(IcmpMtu)		\
	X(IcmpOutside) X(MemoryPressures) X(BacklogCoalesce)

#define CLASP_COUNTER_ENUM(name)	CLASP_MIB_##name,
/* Index of a counter, see CLASP_COUNTERS(). */
enum clasp_counter {
	CLASP_COUNTERS(CLASP_COUNTER_ENUM)
	CLASP_COUNTER_COUNT
};

/**
 * struct clasp_mib - one CPU's counters of one network namespace
 * @value: by enum clasp_counter
 */
struct clasp_mib {
	u64 value[CLASP_COUNTER_COUNT];
};

/**
 * clasp_mib_add() - count something
 * @mib: counters of a namespace
 * @counter: what
 * @many: how many
 *
 * Any context.
 */
static inline void clasp_mib_add(struct clasp_mib __percpu *mib,
				 enum clasp_counter counter, u32 many)
{
	this_cpu_add(mib->value[counter], many);
}

void clasp_count(struct net *net, enum clasp_counter counter);
u64 clasp_mib_read(struct net *net, enum clasp_counter counter);
int clasp_mib_init(struct net *net);
void clasp_mib_exit(struct net *net);

#endif /* _CLASP_MIB_H */
