/* SPDX-License-Identifier: ISC */
/* A pin is a root that the node keeps with all that it reaches. A root has one
 * pin, that pin one name; several pins may have the same. */
#include "kubo.h"

#include <errno.h>
#include <string.h>

#include "kubo-parts.h"

enum { PINS_MOST = 8 << 20 /* bytes of a list of them */ };

static int ask_short(struct kubo *kubo, const char *path, int64_t timeout_ms,
		     struct http_answer *answer_r, struct err *err)
{
	const struct kubo_question question = { path, timeout_ms, KUBO_ANSWER };
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	AUTO(json) struct json *json = NULL;
	size_t at = 0;
	int found;

	if (kubo_ask(kubo, &question, out, answer_r, err) < 0)
		return -1;
	found = kubo_line(kubo, out, &at, &json, err);
	if (found == 0)
		return err_set(err, EPROTO, "%s: it does not say what it did",
			       http_name(kubo->http));
	return found < 0 ? -1 : 0;
}

/* -- adding ---------------------------------------------------------------- */

/* The node says every half second how far it is. */
struct progress {
	const struct kubo *kubo; /* borrowed */
	GByteArray *line;        /* owned: what came of the next one */
	size_t lines;
	uint64_t count;     /* of the blocks so far */
	int64_t since;      /* when it grew last, us */
	int64_t timeout_ms; /* for it to grow */
};

static int take_lines(struct progress *progress, struct err *err)
{
	const uint8_t *end;

	while ((end = memchr(progress->line->data, '\n',
			     progress->line->len))) {
		AUTO(json) struct json *json = NULL;
		size_t at = 0;
		uint64_t count;

		if (kubo_line(progress->kubo, progress->line, &at, &json, err) <
		    0)
			return -1;
		count = json_number(json, "Progress");
		if (count > progress->count) {
			progress->count = count;
			progress->since = g_get_monotonic_time();
		}
		progress->lines++;
		(void)g_byte_array_remove_range(progress->line, 0, (guint)at);
	}
	return 0;
}

static int take_progress(void *user, const void *data, size_t size,
			 struct err *err)
{
	struct progress *progress = user;

	(void)g_byte_array_append(progress->line, data, (guint)size);
	if (progress->line->len > 0 && take_lines(progress, err) < 0)
		return -1;
	if (progress->line->len > KUBO_ANSWER)
		return err_set(err, EPROTO, "an answer of more than %d bytes",
			       KUBO_ANSWER);
	if (g_get_monotonic_time() - progress->since >
	    progress->timeout_ms * 1000)
		return err_set(err, ETIMEDOUT, "nothing of it comes any more");
	return 0;
}

int kubo_pin_add(struct kubo *kubo, const struct object_id *root,
		 const char *name, int64_t timeout_ms, struct err *err)
{
	AUTO(bytes) GByteArray *line = g_byte_array_new();
	AUTO(str) char *escaped = http_escape(name);
	AUTO(str) char *path = NULL;
	struct progress progress = { .kubo = kubo,
				     .line = line,
				     .since = g_get_monotonic_time(),
				     .timeout_ms = timeout_ms };
	struct http_request request = { .sink = take_progress,
					.sink_user = &progress };
	struct http_answer answer;
	char cid[CID_TEXT + 1];

	cid_print(root, cid);
	path = g_strdup_printf("/api/v0/pin/add?arg=%s&recursive=true&name=%s"
			       "&progress=true",
			       cid, escaped);
	request.path = path;
	if (kubo_call(kubo, &request, &answer, err) < 0)
		return -1;
	if (progress.lines == 0)
		return err_set(err, EPROTO, "%s: it does not say what it did",
			       http_name(kubo->http));
	return 0;
}

/* -- the others ------------------------------------------------------------ */

int kubo_pin_remove(struct kubo *kubo, const struct object_id *root,
		    struct err *err)
{
	AUTO(str) char *path = NULL;
	struct http_answer answer;
	char cid[CID_TEXT + 1];

	cid_print(root, cid);
	path = g_strdup_printf("/api/v0/pin/rm?arg=%s&recursive=true", cid);
	if (ask_short(kubo, path, kubo->timeout_ms, &answer, err) == 0)
		return 1;
	return strstr(answer.problem, "not pinned") ? 0 : -1;
}

int kubo_pin_move(struct kubo *kubo, const struct object_id *from,
		  const struct object_id *to, const char *name,
		  int64_t timeout_ms, struct err *err)
{
	AUTO(str) char *path = NULL;
	char cids[2][CID_TEXT + 1];
	struct http_answer answer;

	if (object_id_equal(from, to))
		return kubo_pin_add(kubo, to, name, timeout_ms, err);
	cid_print(from, cids[0]);
	cid_print(to, cids[1]);
	path = g_strdup_printf("/api/v0/pin/update?arg=%s&arg=%s&unpin=true"
			       "&timeout=%" G_GINT64_FORMAT "ms",
			       cids[0], cids[1], timeout_ms);
	if (ask_short(kubo, path, kubo_patience(kubo, timeout_ms), &answer,
		      err) == 0)
		return 0;
	if (!strstr(answer.problem, "already recursively pinned") &&
	    !strstr(answer.problem, "not recursively pinned"))
		return -1;
	/* 'to' cid was already recursively pinned; 'from' cid was not
	 * recursively pinned already */
	if (kubo_pin_add(kubo, to, name, timeout_ms, err) < 0 ||
	    kubo_pin_remove(kubo, from, err) < 0)
		return -1;
	return 0;
}

int kubo_pin_find(struct kubo *kubo, const struct object_id *root,
		  char name_r[KUBO_PIN_NAME + 1], struct err *err)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	AUTO(json) struct json *json = NULL;
	AUTO(str) char *path = NULL;
	struct kubo_question question = { NULL, kubo->timeout_ms, KUBO_ANSWER };
	struct http_answer answer;
	char cid[CID_TEXT + 1];
	const char *name;
	size_t at = 0;
	int found;

	cid_print(root, cid);
	path = g_strdup_printf("/api/v0/pin/ls?arg=%s&type=recursive"
			       "&names=true&stream=true",
			       cid);
	question.path = path;
	if (kubo_ask(kubo, &question, out, &answer, err) < 0)
		return strstr(answer.problem, "not pinned") ||
				       strstr(answer.late, "not pinned")
			       ? 0
			       : -1;
	found = kubo_line(kubo, out, &at, &json, err);
	if (found <= 0)
		return found;
	if (g_strcmp0(json_text(json, "Cid"), cid) != 0)
		return err_set(err, EPROTO, "%s: it tells of another pin",
			       http_name(kubo->http));
	name = json_text(json, "Name");
	(void)g_strlcpy(name_r, name ? name : "", KUBO_PIN_NAME + 1);
	return 1;
}

int kubo_pin_list(struct kubo *kubo, const char *name, GArray **roots_r,
		  struct err *err)
{
	AUTO(array)
	GArray *roots = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	AUTO(str) char *escaped = http_escape(name);
	AUTO(str)
	char *path = g_strconcat("/api/v0/pin/ls?type=recursive&names=true"
				 "&stream=true&name=",
				 escaped, NULL);
	const struct kubo_question question = { path, kubo->timeout_ms,
						PINS_MOST };
	struct http_answer answer;
	size_t at = 0;

	if (kubo_ask(kubo, &question, out, &answer, err) < 0)
		return -1;
	while (true) {
		AUTO(json) struct json *json = NULL;
		int found = kubo_line(kubo, out, &at, &json, err);
		const char *cid = found > 0 ? json_text(json, "Cid") : NULL;
		struct object_id root;

		if (found < 0)
			return -1;
		if (found == 0)
			break;
		/* the node takes the name for a part of one */
		if (cid && g_strcmp0(json_text(json, "Name"), name) == 0 &&
		    cid_parse(cid, strlen(cid), &root, NULL) == 0)
			(void)g_array_append_val(roots, root);
	}
	*roots_r = take(roots);
	return 0;
}
