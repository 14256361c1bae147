/* SPDX-License-Identifier: ISC */
#include "queue-test.h"

struct composed *make(const char *name, const char *more, unsigned count)
{
	struct composed *composed = g_new0(struct composed, 1);
	AUTO(str)
	char *text = g_strdup_printf("From: ada@example.org\n"
				     "To: bob@example.org\n"
				     "Subject: %s\nMessage-ID: <%s@example.org>"
				     "\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n"
				     "%s\nHello.\n",
				     name, name, more);

	composed->message = g_byte_array_new();
	(void)g_byte_array_append(composed->message, (const guint8 *)text,
				  (guint)strlen(text));
	composed->sender = g_strdup("ada@example.org");
	composed->recipients = g_ptr_array_new_with_free_func(g_free);
	for (unsigned i = 0; i < count; i++)
		g_ptr_array_add(composed->recipients,
				g_strdup_printf("%u@example.org",
						(i * 7919 + 3) % 100003));
	composed->msgid = g_strdup_printf("%s@example.org", name);
	composed->subject = g_strdup(name);
	return composed;
}

int put(struct world *world, const struct composed *composed,
	const struct queue_source *source, int64_t *id_r)
{
	struct batch *batch = begin(world);
	struct err err = { 0 };
	int result = queue_add(batch, world->reader, composed, source, 1234,
			       id_r, &err);

	if (result < 0)
		printf("# %s\n", err.text);
	commit(batch);
	return result;
}

int64_t put_named(struct world *world, const char *name)
{
	AUTO(composed) struct composed *composed = make(name, "", 2);
	int64_t id = 0;

	CHECK_INT(put(world, composed, NULL, &id), 1);
	return id;
}
