/* SPDX-License-Identifier: GPL-2.0 */
/* Time: the one clock and two kinds of timers, all replaceable by KUnit. */
#ifndef _CLASP_ALARM_H
#define _CLASP_ALARM_H

#include <linux/hrtimer.h>
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

/**
 * struct clasp_beat - a timer that is exact to the nanosecond, or nearly
 * @timer: the kernel's timer
 * @handler: what it calls, on the virtual clock (KUnit)
 * @alarm: what it is on the virtual clock (KUnit)
 *
 * For what happens often and soon; each costs an interrupt. It holds its owner as
 * an alarm does.
 */
struct clasp_beat {
	struct hrtimer timer;
#ifdef CLASP_KUNIT
	enum hrtimer_restart (*handler)(struct hrtimer *timer);
	struct clasp_alarm alarm;
#endif
};

u64 clasp_clock(void);
void clasp_alarm_init(struct clasp_alarm *alarm,
		      void (*handler)(struct timer_list *timer));
bool clasp_alarm_set(struct clasp_alarm *alarm, u64 at);
bool clasp_alarm_stop(struct clasp_alarm *alarm);
void clasp_beat_init(struct clasp_beat *beat,
		     enum hrtimer_restart (*handler)(struct hrtimer *timer));
bool clasp_beat_set(struct clasp_beat *beat, u64 at);
bool clasp_beat_stop(struct clasp_beat *beat);

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
