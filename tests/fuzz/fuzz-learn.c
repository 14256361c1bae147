/* SPDX-License-Identifier: ISC */
/* Whatever a message's header is, what is learned from it is a card that has
 * the only From. The input: a message. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "defms/address.h"
#include "defms/message.h"
#include "learn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_learned(const struct mime *mime,
			  const struct learned *learned)
{
	const struct address *from = mime->senders->pdata[0];
	AUTO(card) struct card *card = NULL;
	bool has = false;

	require(mime->keys == 1 && mime->froms == 1 && mime->senders->len == 1);
	require(address_equal(from->mail, learned->mail));
	require(card_parse(learned->text, strlen(learned->text), &card, NULL) ==
		0);
	for (guint i = 0; i < card->mails->len; i++)
		has |= address_equal(card->mails->pdata[i], learned->mail);
	require(has);
}

static void check_dkim(const struct message_split *split)
{
	static char server[] = "mx.example.org";
	AUTO(ptrs) GPtrArray *trusted = g_ptr_array_new();

	require(learn_dkim(split->trace, trusted, "example.net") ==
		DKIM_UNKNOWN);
	g_ptr_array_add(trusted, server);
	(void)learn_dkim(split->trace, trusted, "example.net");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	AUTO(mime) struct mime *mime = NULL;
	AUTO(learned) struct learned *learned = NULL;
	struct message_split split;
	struct err err = { 0 };
	int found;

	(void)g_byte_array_append(bytes, data, (guint)size);
	message_split(bytes->data, bytes->len, &split);
	mime = mime_parse(bytes->data, split.content_size);
	found = learn_header(mime, &learned, &err);
	require((found == 0) == (mime->keys == 0));
	require(found >= 0 || err.code == EBADMSG);
	if (found > 0)
		check_learned(mime, learned);
	check_dkim(&split);
	message_split_release(&split);
	return 0;
}
