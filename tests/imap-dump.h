/* SPDX-License-Identifier: ISC */
/* Responses of an IMAP server as text, a line each: to compare them. */
#ifndef DEFMS_IMAP_DUMP_H
#define DEFMS_IMAP_DUMP_H

#include <inttypes.h>

#include "imap-parse.h"

__attribute__((unused)) static void
dump_ranges(const char *what, const GArray *ranges, GString *out)
{
	if (!ranges)
		return;
	g_string_append_printf(out, " %s=", what);
	for (size_t i = 0; i < ranges->len; i++) {
		struct imap_range range =
			g_array_index(ranges, struct imap_range, i);

		g_string_append_printf(out, "%s%" PRIu32, i ? "," : "",
				       range.first);
		if (range.last > range.first)
			g_string_append_printf(out, ":%" PRIu32, range.last);
	}
}

__attribute__((unused)) static void
dump_words(const char *what, const GPtrArray *words, GString *out)
{
	if (!words)
		return;
	g_string_append_printf(out, " %s=", what);
	for (size_t i = 0; i < words->len; i++)
		g_string_append_printf(out, "%s%s", i ? "|" : "",
				       (const char *)words->pdata[i]);
}

__attribute__((unused)) static void dump_flags(const struct imap_flags *flags,
					       GString *out)
{
	if (flags->given)
		g_string_append_printf(out, " flags=%x%s[%s]", flags->bits,
				       flags->any ? "*" : "", flags->keywords);
}

__attribute__((unused)) static void dump_fetch(const struct imap_fetch *fetch,
					       GString *out)
{
	g_string_append_printf(out, " %" PRIu32, fetch->sequence);
	if (fetch->uid)
		g_string_append_printf(out, " uid=%" PRIu32, fetch->uid);
	dump_flags(&fetch->flags, out);
	if (fetch->modseq)
		g_string_append_printf(out, " modseq=%" PRIu64, fetch->modseq);
	if (fetch->has_size)
		g_string_append_printf(out, " size=%" PRIu64, fetch->size);
	if (fetch->has_date)
		g_string_append_printf(out, " date=%" PRId64, fetch->date);
	if (fetch->message)
		g_string_append_printf(out, " gm=%" PRIu64 "/%" PRIu64,
				       fetch->message, fetch->thread);
	dump_words("labels", fetch->labels, out);
	if (fetch->has_body)
		g_string_append_printf(out, " body=%zu:%.*s", fetch->body_size,
				       (int)fetch->body_size,
				       (const char *)fetch->body);
}

__attribute__((unused)) static void dump_list(const struct imap_list *list,
					      GString *out)
{
	if (list->attributes)
		g_string_append_printf(out, " attributes=%x", list->attributes);
	if (list->name)
		g_string_append_printf(out, " <%s>", list->name);
	if (list->delimiter)
		g_string_append_printf(out, " '%c'", list->delimiter);
	if (list->has_messages)
		g_string_append_printf(out, " messages=%" PRIu32,
				       list->messages);
	if (list->uidnext)
		g_string_append_printf(out, " next=%" PRIu32, list->uidnext);
	if (list->uidvalidity)
		g_string_append_printf(out, " validity=%" PRIu32,
				       list->uidvalidity);
	if (list->unseen)
		g_string_append_printf(out, " unseen=%" PRIu32, list->unseen);
	if (list->has_modseq)
		g_string_append_printf(out, " highest=%" PRIu64, list->modseq);
}

__attribute__((unused)) static void dump(const struct imap_response *response,
					 GString *out)
{
	static const char *const kinds[] = {
		"tagged", "continue",  "condition", "capability", "enabled",
		"list",   "namespace", "status",    "flags",      "search",
		"exists", "expunge",   "fetch",     "vanished",   "other",
	};
	static const char *const conditions[] = { "ok", "no", "bad", "bye",
						  "preauth" };

	g_string_append(out, kinds[response->kind]);
	if (response->tag)
		g_string_append_printf(out, " %s", response->tag);
	if (response->kind == IMAP_TAGGED || response->kind == IMAP_CONDITION)
		g_string_append_printf(out, " %s code=%d",
				       conditions[response->condition],
				       (int)response->code);
	if (response->number)
		g_string_append_printf(out, " %" PRIu64, response->number);
	if (response->uidvalidity)
		g_string_append_printf(out, " validity=%" PRIu32,
				       response->uidvalidity);
	if (response->modseq)
		g_string_append_printf(out, " modseq=%" PRIu64,
				       response->modseq);
	if (response->earlier)
		g_string_append(out, " earlier");
	dump_ranges("uids", response->uids ? response->uids->ranges : NULL,
		    out);
	dump_ranges("from", response->from, out);
	dump_ranges("to", response->to, out);
	dump_words("words", response->words, out);
	dump_flags(&response->flags, out);
	dump_list(&response->list, out);
	if (response->kind == IMAP_FETCH)
		dump_fetch(&response->fetch, out);
	if (response->text[0])
		g_string_append_printf(out, " \"%s\"", response->text);
	g_string_append_c(out, '\n');
}

/* Feed `size` bytes and dump what is whole. What imap_parser_next() gave at
 * last; its error's text is dumped too. */
__attribute__((unused)) static int dump_bytes(struct imap_parser *parser,
					      const void *data, size_t size,
					      GString *out)
{
	struct imap_response response;
	struct err err;
	int more;

	imap_parser_feed(parser, data, size);
	while ((more = imap_parser_next(parser, &response, &err)) > 0)
		dump(&response, out);
	if (more < 0)
		g_string_append_printf(out, "! %s\n", err.text);
	return more;
}

#endif
