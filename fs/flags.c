/* SPDX-License-Identifier: ISC */
#include "flags.h"

#include <errno.h>
#include <string.h>

#include "defms/change.h"
#include "defms/state-threads.h"
#include "render.h"

struct word {
	const char *text;
	unsigned flag;
};

static const struct word message_words[] = {
	{ "seen", FLAG_SEEN },
	{ "answered", FLAG_ANSWERED },
	{ "flagged", FLAG_FLAGGED },
	{ "forwarded", FLAG_FORWARDED },
	{ "draft", FLAG_DRAFT },
	{ "deleted", FLAG_DELETED },
	{ NULL, 0 },
};

static const struct word thread_words[] = {
	{ "muted", THREAD_MUTED },
	{ "archived", THREAD_ARCHIVED },
	{ "flagged", THREAD_FLAGGED },
	{ "seen", RENDER_SEEN },
	{ NULL, 0 },
};

static int parse_word(const char *word, const struct word *known,
		      struct flags_change *change, struct err *err)
{
	const char *name = word + (word[0] == '+' || word[0] == '-');

	while (known->text && strcmp(known->text, name) != 0)
		known++;
	if (!known->text)
		return err_set(err, EINVAL, "flags: unknown word \"%.40s\"",
			       word);
	change->set &= ~known->flag;
	change->clear &= ~known->flag;
	if (word[0] == '-')
		change->clear |= known->flag;
	else
		change->set |= known->flag;
	return 0;
}

int flags_parse(const void *text, size_t size, bool thread,
		struct flags_change *change_r, struct err *err)
{
	AUTO(str) char *copy = g_strndup(text, size);
	g_auto(GStrv) words = g_strsplit_set(copy, " \t\r\n", -1);

	memset(change_r, 0, sizeof(*change_r));
	if (memchr(text, '\0', size))
		return err_set(err, EINVAL, "flags: a null byte is no word");
	for (char **at = words; *at; at++)
		if (**at &&
		    parse_word(*at, thread ? thread_words : message_words,
			       change_r, err) < 0)
			return -1;
	return 0;
}

static int change_thread(struct batch *batch, int64_t thread,
			 const struct flags_change *change, struct err *err)
{
	const unsigned own = RENDER_SEEN - 1;
	unsigned seen = (change->set | change->clear) & RENDER_SEEN;

	if (((change->set | change->clear) & own) != 0 &&
	    change_thread_flags(batch, thread, change->set & own,
				change->clear & own, err) < 0)
		return -1;
	if (seen && change_thread_seen(batch, thread, change->set & RENDER_SEEN,
				       err) < 0)
		return -1;
	return 0;
}

int flags_apply(struct batch *batch, struct work *work, struct node node,
		const void *text, size_t size, struct err *err)
{
	bool thread = node.kind == NODE_THREAD_FLAGS;
	struct flags_change change;

	if (flags_parse(text, size, thread, &change, err) < 0)
		return -1;
	(void)g_atomic_int_add(&work->fs->flag_writes, 1);
	if ((change.set | change.clear) == 0)
		return 0;
	if (thread)
		return change_thread(batch, node.serial, &change, err);
	return MIN(change_message_flags(batch, node.serial, change.set,
					change.clear, err),
		   0);
}
