/* SPDX-License-Identifier: ISC */
#include "run-crew.h"

#include "account.h"
#include "defms/remote.h"
#include "run-account.h"
#include "run-remote.h"

struct run_crew {
	const struct mailbox *mailbox; /* borrowed */
	GPtrArray *now;                /* owned: struct run_worker */
	GPtrArray *before;             /* owned: those that are to end */
	GMutex mutex;                  /* a leaf */
	GCond ended;                   /* one of them has; goes with mutex */
};

static void tell_end(void *data)
{
	struct run_crew *crew = data;

	g_mutex_lock(&crew->mutex);
	g_cond_signal(&crew->ended);
	g_mutex_unlock(&crew->mutex);
}

static int start_one(struct run_crew *crew, const struct run_task *task,
		     void *data, GPtrArray *all, struct err *err)
{
	struct run_worker *worker;

	if (run_worker_start(crew->mailbox, task, data, tell_end, crew, &worker,
			     err) < 0)
		return -1;
	g_ptr_array_add(all, worker);
	return 0;
}

/* Takes them out of `accounts`; of `remotes` the next one. */
static int start_accounts(struct run_crew *crew, GPtrArray *accounts,
			  GPtrArray *all, struct err *err)
{
	while (accounts->len > 0) {
		AUTO(account)
		struct account *account = g_ptr_array_steal_index(accounts, 0);

		if (account->servers[SERVICE_IMAP].host &&
		    start_one(crew, &run_account_task,
			      run_account_new(take(account)), all, err) < 0)
			return -1;
	}
	return 0;
}

static int start_remotes(struct run_crew *crew, GPtrArray *remotes,
			 GPtrArray *all, struct err *err)
{
	while (remotes->len > 0) {
		struct remote *remote = g_ptr_array_steal_index(remotes, 0);

		if (start_one(crew, &run_remote_task, run_remote_new(remote),
			      all, err) < 0)
			return -1;
	}
	return 0;
}

/* Those of `config`, begun. */
static int start_all(struct run_crew *crew, const struct config *config,
		     GPtrArray **all_r, struct err *err)
{
	AUTO(ptrs)
	GPtrArray *all = g_ptr_array_new_with_free_func(run_worker_free);
	AUTO(ptrs) GPtrArray *accounts = NULL;
	AUTO(ptrs) GPtrArray *remotes = NULL;

	if (account_list(config, &accounts, err) < 0 ||
	    remote_list(config, &remotes, err) < 0 ||
	    start_accounts(crew, accounts, all, err) < 0 ||
	    start_remotes(crew, remotes, all, err) < 0)
		return -1;
	*all_r = take(all);
	return 0;
}

int run_crew_new(const struct mailbox *mailbox, const struct config *config,
		 struct run_crew **crew_r, struct err *err)
{
	struct run_crew *crew = g_new0(struct run_crew, 1);

	crew->mailbox = mailbox;
	crew->before = g_ptr_array_new_with_free_func(run_worker_free);
	g_mutex_init(&crew->mutex);
	g_cond_init(&crew->ended);
	if (start_all(crew, config, &crew->now, err) < 0) {
		run_crew_free(crew);
		return -1;
	}
	*crew_r = crew;
	return 0;
}

void run_crew_free(struct run_crew *crew)
{
	if (!crew)
		return;
	if (crew->now) {
		(void)run_crew_stop(crew, 0);
		g_ptr_array_unref(crew->now);
	}
	g_ptr_array_unref(crew->before);
	g_mutex_clear(&crew->mutex);
	g_cond_clear(&crew->ended);
	g_free(crew);
}

static void drop_ended(GPtrArray *before)
{
	for (guint i = before->len; i-- > 0;)
		if (run_worker_has_ended(before->pdata[i]))
			(void)g_ptr_array_remove_index_fast(before, i);
}

int run_crew_renew(struct run_crew *crew, const struct config *config,
		   struct err *err)
{
	GPtrArray *all;

	if (start_all(crew, config, &all, err) < 0)
		return -1;
	drop_ended(crew->before);
	while (crew->now->len > 0) {
		struct run_worker *worker =
			g_ptr_array_steal_index(crew->now, 0);

		run_worker_stop(worker);
		g_ptr_array_add(crew->before, worker);
	}
	g_ptr_array_unref(crew->now);
	crew->now = all;
	return 0;
}

void run_crew_tell(struct run_crew *crew, unsigned news)
{
	drop_ended(crew->before);
	for (guint i = 0; i < crew->now->len; i++)
		run_worker_tell(crew->now->pdata[i], news);
}

static bool have_ended(const GPtrArray *all)
{
	for (guint i = 0; i < all->len; i++)
		if (!run_worker_has_ended(all->pdata[i]))
			return false;
	return true;
}

bool run_crew_stop(struct run_crew *crew, int64_t until)
{
	bool ended;

	for (guint i = 0; i < crew->now->len; i++)
		run_worker_stop(crew->now->pdata[i]);
	g_mutex_lock(&crew->mutex);
	while (!(ended = have_ended(crew->now) && have_ended(crew->before)) &&
	       until > g_get_monotonic_time())
		(void)g_cond_wait_until(&crew->ended, &crew->mutex, until);
	g_mutex_unlock(&crew->mutex);
	return ended;
}
