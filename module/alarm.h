/* SPDX-License-Identifier: GPL-2.0 */
/* Time: the one clock and the one kind of timer, both replaceable by KUnit. */
#ifndef _CLASP_ALARM_H
#define _CLASP_ALARM_H

#include <linux/timer.h>
#include <linux/types.h>

/**
 * struct clasp_alarm - a timer on the clock of clasp_clock()
 * @timer: the kernel's timer
 * @node: in the virtual clock's list while it is pending there (KUnit)
 * @at: when it rings on the virtual clock, ns (KUnit)
 *
 * A pending alarm must keep its owner alive: the owner takes a reference when
 * clasp_alarm_set() says that it was not pending, and drops it in the handler
 * or when clasp_alarm_stop() says that it was. A namespace has no references; it
 * stops its alarm at its end.
 */
struct clasp_alarm {
	struct timer_list timer;
#ifdef CLASP_KUNIT
	struct list_head node;
	u64 at;
#endif
};

u64 clasp_clock(void);
void clasp_alarm_init(struct clasp_alarm *alarm,
		      void (*handler)(struct timer_list *timer));
bool clasp_alarm_set(struct clasp_alarm *alarm, u64 at);
bool clasp_alarm_stop(struct clasp_alarm *alarm);

#ifdef CLASP_KUNIT
/**
 * struct clasp_clock_ops - a virtual clock
 * @now: the time, ns
 * @set: make an alarm pending at the given time; was it pending before?
 * @stop: make it no longer pending; was it?
 */
struct clasp_clock_ops {
	u64 (*now)(void);
	bool (*set)(struct clasp_alarm *alarm, u64 at);
	bool (*stop)(struct clasp_alarm *alarm);
};

extern const struct clasp_clock_ops *clasp_virtual_clock;
#endif

#endif /* _CLASP_ALARM_H */
