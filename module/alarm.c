// SPDX-License-Identifier: GPL-2.0
/* Time: the one clock and two kinds of timers, all replaceable by KUnit. */
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "alarm.h"
#include "compat.h"

#ifdef CLASP_KUNIT
/* Set by the tests while nothing but them uses the module. */
const struct clasp_clock_ops *clasp_virtual_clock;
#endif

/**
 * clasp_clock() - the time
 *
 * Monotonic, and the only clock that the protocol looks at. Any context.
 *
 * Return: nanoseconds since some fixed moment.
 */
u64 clasp_clock(void)
{
#ifdef CLASP_KUNIT
	if (clasp_virtual_clock)
		return clasp_virtual_clock->now();
#endif
	return ktime_get_ns();
}

/**
 * clasp_alarm_init() - prepare an alarm
 * @alarm: the alarm, embedded in its owner
 * @handler: called in softirq context when it rings; finds the owner with
 *	timer_container_of(owner, timer, alarm_member.timer)
 *
 * It rings on the CPU that set it: set with BHs disabled, not before they are
 * enabled again.
 */
void clasp_alarm_init(struct clasp_alarm *alarm,
		      void (*handler)(struct timer_list *timer))
{
	timer_setup(&alarm->timer, handler, TIMER_PINNED);
#ifdef CLASP_KUNIT
	INIT_LIST_HEAD(&alarm->node);
#endif
}

/*
 * Never early: a deadline is rounded up to the next tick. The timer wheel rings a tick
 * after what it is told, so what is due is due at the next.
 */
static unsigned long clasp_alarm_expiry(u64 at)
{
	u64 now = clasp_clock();

	return jiffies + (at > now ? nsecs_to_jiffies64(at - now) + 1 : 0);
}

/**
 * clasp_alarm_set() - let an alarm ring at a time, in place of any set before
 * @alarm: the alarm
 * @at: time on clasp_clock(), ns; one in the past rings soon
 *
 * Any context. The caller serialises it with clasp_alarm_stop().
 *
 * Return: true if it was pending already.
 */
bool clasp_alarm_set(struct clasp_alarm *alarm, u64 at)
{
#ifdef CLASP_KUNIT
	if (clasp_virtual_clock)
		return clasp_virtual_clock->set(alarm, at);
#endif
	return mod_timer(&alarm->timer, clasp_alarm_expiry(at));
}

/**
 * clasp_alarm_stop() - no longer ring
 * @alarm: the alarm
 *
 * Any context. The handler may be running on another CPU when this returns.
 *
 * Return: true if it was pending; the reference that came with it is then the
 * caller's to drop.
 */
bool clasp_alarm_stop(struct clasp_alarm *alarm)
{
#ifdef CLASP_KUNIT
	if (clasp_virtual_clock)
		return clasp_virtual_clock->stop(alarm);
#endif
	return timer_delete(&alarm->timer);
}

#ifdef CLASP_KUNIT
static void clasp_beat_ring(struct timer_list *timer)
{
	struct clasp_beat *beat = timer_container_of(beat, timer, alarm.timer);

	beat->handler(&beat->timer);
}
#endif

/**
 * clasp_beat_init() - prepare an exact timer
 * @beat: the timer, embedded in its owner
 * @handler: called in softirq context when it is time; finds the owner with
 *	container_of(timer, struct owner, beat_member.timer), and returns
 *	HRTIMER_NORESTART
 */
void clasp_beat_init(struct clasp_beat *beat,
		     enum hrtimer_restart (*handler)(struct hrtimer *timer))
{
	clasp_compat_hrtimer_setup(&beat->timer, handler, CLOCK_MONOTONIC,
				   HRTIMER_MODE_ABS_PINNED_SOFT);
#ifdef CLASP_KUNIT
	beat->handler = handler;
	clasp_alarm_init(&beat->alarm, clasp_beat_ring);
#endif
}

/**
 * clasp_beat_set() - call the handler at a time, in place of any set before
 * @beat: the timer
 * @at: time on clasp_clock(), ns
 *
 * Any context. The caller serialises it with clasp_beat_stop().
 *
 * Return: true if it was pending already.
 */
bool clasp_beat_set(struct clasp_beat *beat, u64 at)
{
	bool pending;

#ifdef CLASP_KUNIT
	if (clasp_virtual_clock)
		return clasp_virtual_clock->set(&beat->alarm, at);
#endif
	pending = clasp_beat_stop(beat);
	hrtimer_start(&beat->timer, ns_to_ktime(at),
		      HRTIMER_MODE_ABS_PINNED_SOFT);
	return pending;
}

/**
 * clasp_beat_stop() - no longer call the handler
 * @beat: the timer
 *
 * Any context. The handler may be running on another CPU when this returns.
 *
 * Return: true if it was pending; the reference that came with it is then the
 * caller's to drop.
 */
bool clasp_beat_stop(struct clasp_beat *beat)
{
#ifdef CLASP_KUNIT
	if (clasp_virtual_clock)
		return clasp_virtual_clock->stop(&beat->alarm);
#endif
	/* Below 0 it is running: that is as good as over. */
	return hrtimer_try_to_cancel(&beat->timer) > 0;
}
