/* SPDX-License-Identifier: ISC */
#include "journal.h"

#include <pthread.h>

#include <string.h>
#include <time.h>

struct journal {
	pthread_mutex_t lock; /* leaf */
	GQueue lines; /* of char *, protected by lock, as are the next two */
	size_t size, limit;
	char *last; /* text without the time */
};

struct journal *journal_new(size_t limit)
{
	struct journal *journal = g_new0(struct journal, 1);

	(void)pthread_mutex_init(&journal->lock, NULL);
	g_queue_init(&journal->lines);
	journal->limit = limit;
	return journal;
}

void journal_free(struct journal *journal)
{
	if (!journal)
		return;
	g_queue_clear_full(&journal->lines, g_free);
	g_free(journal->last);
	(void)pthread_mutex_destroy(&journal->lock);
	g_free(journal);
}

/* One line, whatever names are in the text. */
static char *line_new(const char *text)
{
	AUTO(str) char *shown = NULL;
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	if (strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		stamp[0] = '\0';
	shown = g_strdup(text);
	for (char *at = shown; *at; at++)
		if (g_ascii_iscntrl(*at))
			*at = '?';
	return g_strdup_printf("%s %s\n", stamp, shown);
}

void journal_add(struct journal *journal, const char *text)
{
	(void)pthread_mutex_lock(&journal->lock);
	if (!journal->last || strcmp(journal->last, text) != 0) {
		char *line = line_new(text);

		g_free(journal->last);
		journal->last = g_strdup(text);
		g_queue_push_tail(&journal->lines, line);
		journal->size += strlen(line);
	}
	while (journal->size > journal->limit) {
		AUTO(str) char *line = g_queue_pop_head(&journal->lines);

		journal->size -= strlen(line);
	}
	(void)pthread_mutex_unlock(&journal->lock);
}

void journal_text(struct journal *journal, GString *out)
{
	(void)pthread_mutex_lock(&journal->lock);
	for (const GList *at = journal->lines.head; at; at = at->next)
		g_string_append(out, at->data);
	(void)pthread_mutex_unlock(&journal->lock);
}
