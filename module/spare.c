// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that a socket's data was copied into, to be used again.
 *
 * A page that is full is kept, in the order of the stream. By the time that the
 * next one is wanted the oldest may have nobody else any more who has its data:
 * then that is the next one. Otherwise one comes from the kernel, which may have to
 * clear it first (init_on_alloc). Only a socket that has a page's worth of data
 * under way keeps any, and when it has wanted none for a while, all are given back.
 *
 * They are charged to the socket beside what refers to them: what is kept counts
 * even when nothing does.
 */
#include <linux/mm.h>
#include <net/sock.h>

#include "clasp.h"
#include "memory.h"
#include "spare.h"
#include "timer.h"

/* So that the struct has 512 bytes: of 32 KiB each, 2 MB of data. */
#define CLASP_SPARE_MOST	63

/* A fragment with less room than that is full: as sk_page_frag_refill() has it. */
#define CLASP_SPARE_ROOM	32

/**
 * struct clasp_spare - the pages that a socket keeps
 * @first: index of the oldest
 * @count: how many there are
 * @page: from @first on, round about; the socket has a reference to each
 *
 * Protected by the socket's lock.
 */
struct clasp_spare {
	u32 first;
	u32 count;
	struct page *page[CLASP_SPARE_MOST];
};

static struct page *clasp_spare_take(struct sock *sk, struct clasp_spare *spare)
{
	struct page *page = spare->page[spare->first];

	spare->first = (spare->first + 1) % CLASP_SPARE_MOST;
	spare->count--;
	sk_mem_uncharge(sk, page_size(page));
	return page;
}

/**
 * clasp_spare_drop() - give all pages back
 * @sk: the socket, locked, or nobody has it any more
 */
void clasp_spare_drop(struct sock *sk)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (!csk->spare)
		return;
	while (csk->spare->count)
		put_page(clasp_spare_take(sk, csk->spare));
	kfree(csk->spare);
	csk->spare = NULL;
}

/* The oldest page, if nobody else has it. */
static struct page *clasp_spare_unused(struct sock *sk, struct clasp_spare *spare)
{
	if (!spare->count || page_ref_count(spare->page[spare->first]) > 1)
		return NULL;
	return clasp_spare_take(sk, spare);
}

/* Keeps a page, with the reference that the caller has. */
static bool clasp_spare_keep(struct sock *sk, struct clasp_spare *spare,
			     struct page *page)
{
	/* What is there for emergencies must go back. */
	if (spare->count == CLASP_SPARE_MOST || page_is_pfmemalloc(page) ||
	    !sk_wmem_schedule(sk, page_size(page)))
		return false;
	sk_mem_charge(sk, page_size(page));
	spare->page[(spare->first + spare->count++) % CLASP_SPARE_MOST] = page;
	clasp_timer_page_kept(sk);
	return true;
}

/* Where the socket's pages are, if it has so much under way that they are of use. */
static struct clasp_spare *clasp_spare_of(struct sock *sk, u32 size)
{
	struct clasp_sock *csk = clasp_sk(sk);

	if (clasp_memory_pressed(sk))
		clasp_spare_drop(sk);
	else if (!csk->spare && sk->sk_wmem_queued > size)
		csk->spare = kzalloc(sizeof(*csk->spare), sk->sk_allocation);
	return csk->spare;
}

/* Keeps the page of a fragment, and puts one that is unused in its place. */
static void clasp_spare_change(struct sock *sk, struct page_frag *pfrag)
{
	struct clasp_spare *spare = clasp_spare_of(sk, pfrag->size);
	struct page *next;

	if (!spare)
		return;
	next = clasp_spare_unused(sk, spare);
	if (!clasp_spare_keep(sk, spare, pfrag->page))
		put_page(pfrag->page);
	pfrag->page = next;
	pfrag->offset = 0;
	pfrag->size = next ? page_size(next) : 0;
}

/**
 * clasp_spare_refill() - see that a fragment has room for more data
 * @sk: the socket, locked
 * @pfrag: the fragment that the caller copies into
 *
 * As sk_page_frag_refill(), but for where pages come from.
 *
 * Return: true if it has; false if there is no memory.
 */
bool clasp_spare_refill(struct sock *sk, struct page_frag *pfrag)
{
	sock_owned_by_me(sk);
	if (pfrag->page && pfrag->offset + CLASP_SPARE_ROOM > pfrag->size &&
	    page_ref_count(pfrag->page) > 1)
		clasp_spare_change(sk, pfrag);
	return sk_page_frag_refill(sk, pfrag);
}
