/* SPDX-License-Identifier: ISC */
#include "run-remotes.h"

#include "defms/remote.h"
#include "run-remote.h"

struct run_remotes {
	struct mailbox *mailbox; /* borrowed */
	GPtrArray *now;          /* owned: struct run_remote */
	GPtrArray *before;       /* owned: those that are to end */
	GMutex mutex;            /* a leaf */
	GCond ended;             /* one of them has; goes with mutex */
};

static void tell_end(void *data)
{
	struct run_remotes *run = data;

	g_mutex_lock(&run->mutex);
	g_cond_signal(&run->ended);
	g_mutex_unlock(&run->mutex);
}

/* Those of `config`, begun. */
static int start_all(struct run_remotes *run, const struct config *config,
		     GPtrArray **all_r, struct err *err)
{
	AUTO(ptrs)
	GPtrArray *all = g_ptr_array_new_with_free_func(run_remote_free);
	AUTO(ptrs) GPtrArray *remotes = NULL;

	if (remote_list(config, &remotes, err) < 0)
		return -1;
	while (remotes->len > 0) {
		struct remote *remote = g_ptr_array_steal_index(remotes, 0);
		struct run_remote *one;

		if (run_remote_start(run->mailbox, remote, tell_end, run, &one,
				     err) < 0)
			return -1;
		g_ptr_array_add(all, one);
	}
	*all_r = take(all);
	return 0;
}

int run_remotes_new(struct mailbox *mailbox, const struct config *config,
		    struct run_remotes **run_r, struct err *err)
{
	struct run_remotes *run = g_new0(struct run_remotes, 1);

	run->mailbox = mailbox;
	run->before = g_ptr_array_new_with_free_func(run_remote_free);
	g_mutex_init(&run->mutex);
	g_cond_init(&run->ended);
	if (start_all(run, config, &run->now, err) < 0) {
		run_remotes_free(run);
		return -1;
	}
	*run_r = run;
	return 0;
}

void run_remotes_free(struct run_remotes *run)
{
	if (!run)
		return;
	if (run->now) {
		(void)run_remotes_stop(run, 0);
		g_ptr_array_unref(run->now);
	}
	g_ptr_array_unref(run->before);
	g_mutex_clear(&run->mutex);
	g_cond_clear(&run->ended);
	g_free(run);
}

static void drop_ended(GPtrArray *before)
{
	for (guint i = before->len; i-- > 0;)
		if (run_remote_has_ended(before->pdata[i]))
			(void)g_ptr_array_remove_index_fast(before, i);
}

int run_remotes_renew(struct run_remotes *run, const struct config *config,
		      struct err *err)
{
	GPtrArray *all;

	if (start_all(run, config, &all, err) < 0)
		return -1;
	drop_ended(run->before);
	while (run->now->len > 0) {
		struct run_remote *one = g_ptr_array_steal_index(run->now, 0);

		run_remote_stop(one);
		g_ptr_array_add(run->before, one);
	}
	g_ptr_array_unref(run->now);
	run->now = all;
	return 0;
}

unsigned run_remotes_count(const struct run_remotes *run)
{
	return run->now->len;
}

void run_remotes_changed(struct run_remotes *run)
{
	for (guint i = 0; i < run->now->len; i++)
		run_remote_changed(run->now->pdata[i]);
}

void run_remotes_hurry(struct run_remotes *run)
{
	for (guint i = 0; i < run->now->len; i++)
		run_remote_hurry(run->now->pdata[i]);
}

static bool have_ended(const GPtrArray *all)
{
	for (guint i = 0; i < all->len; i++)
		if (!run_remote_has_ended(all->pdata[i]))
			return false;
	return true;
}

bool run_remotes_stop(struct run_remotes *run, int64_t until)
{
	bool ended;

	for (guint i = 0; i < run->now->len; i++)
		run_remote_stop(run->now->pdata[i]);
	g_mutex_lock(&run->mutex);
	while (!(ended = have_ended(run->now) && have_ended(run->before)) &&
	       until > g_get_monotonic_time())
		(void)g_cond_wait_until(&run->ended, &run->mutex, until);
	g_mutex_unlock(&run->mutex);
	return ended;
}
