// SPDX-License-Identifier: GPL-2.0
/*
 * Breaks a rule of the kernel on purpose.  Loading it with kind=... makes the
 * kernel complain in the way named; scripts/check then proves that the test
 * harness notices.  The load itself always fails, so that it can be repeated.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>

static char *kind = "none";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "what to break");

static DEFINE_MUTEX(lock_a);
static DEFINE_MUTEX(lock_b);

/* Two orders of the same two locks: a deadlock that did not happen yet. */
static void splat_lockdep(void)
{
	mutex_lock(&lock_a);
	mutex_lock(&lock_b);
	mutex_unlock(&lock_b);
	mutex_unlock(&lock_a);

	mutex_lock(&lock_b);
	mutex_lock(&lock_a);
	mutex_unlock(&lock_a);
	mutex_unlock(&lock_b);
}

static void splat_sleep(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	msleep(20);
	spin_unlock(&lock);
}

static void splat_warn(void)
{
	WARN(1, "on purpose\n");
}

static void splat_refcount(void)
{
	refcount_t refs = REFCOUNT_INIT(0);

	refcount_inc(&refs);
}

static void splat_kasan(void)
{
	char *p = kmalloc(64, GFP_KERNEL);

	if (!p)
		return;
	kfree(p);
	WRITE_ONCE(p[8], 1);
}

static void splat_ubsan(void)
{
	int by = 40;

	OPTIMIZER_HIDE_VAR(by);
	pr_info("shifted to %d\n", 1 << by);
}

static void splat_timer(struct timer_list *timer)
{
}

/* Debug objects takes the timer off before its memory is gone. */
static void splat_odebug(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, splat_timer, 0);
	mod_timer(timer, jiffies + 3600 * HZ);
	kfree(timer);
}

/* Several, since an old pointer on some stack may still hold one of them. */
static void splat_kmemleak(void)
{
	int i;

	for (i = 0; i < 8; i++)
		pr_info("lost %zu bytes\n", ksize(kmalloc(64, GFP_KERNEL)));
}

static void splat_oops(void)
{
	int *p = NULL;

	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(*p, 1);
}

static const struct {
	const char *kind;
	void (*run)(void);
} splats[] = {
	{ "lockdep", splat_lockdep },
	{ "sleep", splat_sleep },
	{ "warn", splat_warn },
	{ "refcount", splat_refcount },
	{ "kasan", splat_kasan },
	{ "ubsan", splat_ubsan },
	{ "odebug", splat_odebug },
	{ "kmemleak", splat_kmemleak },
	{ "oops", splat_oops },
};

static int __init splat_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(splats); i++)
		if (!strcmp(splats[i].kind, kind))
			splats[i].run();
	return -EAGAIN;
}
module_init(splat_init);

MODULE_DESCRIPTION("Broken on purpose, to prove that the test harness notices");
MODULE_LICENSE("GPL");
