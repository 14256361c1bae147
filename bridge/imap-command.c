/* SPDX-License-Identifier: ISC */
/* Commands are sent before the earlier ones are answered, and answers are told
 * apart by their tags: "d1", "d2" ... As many bytes are on their way as sockets
 * hold, so neither side ever waits for the other to read.
 *
 * Two clocks run. One ends a server that is still, or lets bytes trickle; the
 * other one that talks without end and never comes to what it was asked. */
#include "imap-parts.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum {
	TRICKLE = 16384, /* bytes in net_timeout() that count as speech */
	PATIENCE = 10,   /* times net_timeout() */
	VANISHED = 1000000,
};

static int64_t now(void)
{
	return g_get_monotonic_time();
}

void imap_step(struct imap *imap, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)g_vsnprintf(imap->step, sizeof(imap->step), format, args);
	va_end(args);
}

static void listen_again(struct imap *imap)
{
	imap->quiet = now() + net_timeout(imap->net) * 1000;
	imap->trickle = 0;
}

void imap_progress(struct imap *imap)
{
	listen_again(imap);
	imap->patience = now() + PATIENCE * net_timeout(imap->net) * 1000;
}

/* -- out ------------------------------------------------------------------- */

uint64_t imap_command(struct imap *imap, const char *line)
{
	size_t before = imap->out->len, size;

	g_string_append_printf(imap->out, "d%" G_GUINT64_FORMAT " %s\r\n",
			       ++imap->tags, line);
	size = imap->out->len - before;
	g_queue_push_tail(imap->sizes, GSIZE_TO_POINTER(size));
	imap->window += size;
	imap->open++;
	return imap->tags;
}

int imap_write(struct imap *imap, const void *data, size_t size,
	       struct err *err)
{
	if (net_write(imap->net, data, size, err) < 0)
		return imap_die(imap, err);
	imap_progress(imap);
	return 0;
}

int imap_flush(struct imap *imap, struct err *err)
{
	int written;

	if (imap->out->len == 0)
		return 0;
	written = imap_write(imap, imap->out->str, imap->out->len, err);
	(void)g_string_truncate(imap->out, 0);
	return written;
}

void imap_quote(GString *out, const char *text)
{
	(void)g_string_append_c(out, '"');
	for (const char *at = text; *at; at++) {
		if (*at == '"' || *at == '\\')
			(void)g_string_append_c(out, '\\');
		(void)g_string_append_c(out, *at);
	}
	(void)g_string_append_c(out, '"');
}

/* -- failures -------------------------------------------------------------- */

/* "server: step: text", once, whoever began it. */
static int say(const struct imap *imap, struct err *err)
{
	const char *name = net_name(imap->net);
	size_t size = strlen(name);
	struct err plain;

	if (!err)
		return -1;
	plain = *err;
	if (strncmp(plain.text, name, size) == 0 &&
	    strncmp(plain.text + size, ": ", 2) == 0)
		(void)err_set(err, plain.code, "%s", plain.text + size + 2);
	return err_prefix(err, "%s: %s", name, imap->step);
}

int imap_die(struct imap *imap, struct err *err)
{
	imap->alive = false;
	return say(imap, err);
}

static int code_of(const struct imap_response *response)
{
	static const struct {
		enum imap_code code;
		int number;
	} known[] = {
		{ IMAP_CODE_ALREADYEXISTS, EEXIST },
		{ IMAP_CODE_AUTHENTICATIONFAILED, EACCES },
		{ IMAP_CODE_CANNOT, EINVAL },
		{ IMAP_CODE_INUSE, EAGAIN },
		{ IMAP_CODE_LIMIT, EAGAIN },
		{ IMAP_CODE_NONEXISTENT, ENOENT },
		{ IMAP_CODE_NOPERM, EACCES },
		{ IMAP_CODE_OVERQUOTA, EDQUOT },
		{ IMAP_CODE_READ_ONLY, EACCES },
		{ IMAP_CODE_SERVERBUG, EAGAIN },
		{ IMAP_CODE_TOOBIG, EFBIG },
		{ IMAP_CODE_TRYCREATE, ENOENT },
		{ IMAP_CODE_UNAVAILABLE, EAGAIN },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (known[i].code == response->code)
			return known[i].number;
	return EREMOTEIO;
}

int imap_refused(const struct imap *imap, const struct imap_response *response,
		 struct err *err)
{
	(void)err_set(err, code_of(response), "%s: %.200s",
		      response->condition == IMAP_NO ? "refused"
						     : "not understood",
		      response->text);
	return say(imap, err);
}

/* -- in -------------------------------------------------------------------- */

uint64_t imap_tag(const struct imap *imap, const struct imap_response *response)
{
	const char *tag = response->tag;
	char *end = NULL;
	uint64_t number;

	if (tag[0] != 'd' || !g_ascii_isdigit(tag[1]))
		return 0;
	number = g_ascii_strtoull(tag + 1, &end, 10);
	return *end || number > imap->tags ? 0 : number;
}

static int end_command(struct imap *imap, const struct imap_response *response,
		       struct err *err)
{
	if (imap->open == 0 || imap_tag(imap, response) == 0)
		return err_set(err, EBADMSG,
			       "an answer to what was not asked: %.60s",
			       response->tag);
	imap->open--;
	imap->window -= GPOINTER_TO_SIZE(g_queue_pop_head(imap->sizes));
	imap_progress(imap);
	return 0;
}

static int vanish(struct imap *imap, const struct imap_response *response,
		  struct err *err)
{
	imap_set_add_set(imap->vanished, response->uids);
	imap->news |= !response->earlier;
	if (imap->vanished->ranges->len > VANISHED)
		return err_set(err, EMSGSIZE, "too many have vanished");
	return 0;
}

static void note_alert(struct imap *imap, const char *text)
{
	struct err line;

	(void)err_set(&line, EINVAL, "%s: %.200s", net_name(imap->net), text);
	g_free(imap->alert);
	imap->alert = g_strdup(line.text);
}

/* What a response means whenever it comes. */
static int absorb(struct imap *imap, const struct imap_response *response,
		  struct err *err)
{
	if (response->code == IMAP_CODE_ALERT)
		note_alert(imap, response->text);
	if (response->kind == IMAP_TAGGED)
		return end_command(imap, response, err);
	if (response->kind == IMAP_CONDITION && response->condition == IMAP_BYE)
		return err_set(err, ECONNRESET,
			       "the server says good-bye: "
			       "%.200s",
			       response->text);
	if (response->kind == IMAP_VANISHED)
		return vanish(imap, response, err);
	if (response->kind == IMAP_EXPUNGE) {
		imap->exists -= imap->exists > 0;
		imap->news = true;
	} else if (response->kind == IMAP_EXISTS) {
		imap->news |= imap->exists != response->number;
		imap->exists = (uint32_t)response->number;
	} else if (response->kind == IMAP_FETCH && !imap->reading &&
		   response->fetch.flags.given) {
		imap->news = true;
	}
	return 0;
}

/* What is whole of what has come: 1/0/-1. */
static int parsed(struct imap *imap, struct imap_response *response_r,
		  struct err *err)
{
	int more = imap_parser_next(imap->parser, response_r, err);

	if (more > 0 && absorb(imap, response_r, err) < 0)
		more = -1;
	if (more < 0)
		return imap_die(imap, err);
	if (more > 0)
		listen_again(imap);
	return more;
}

/* Read, for as long as the clocks allow, but at most `timeout_ms`: 1/0/-1. */
static int read_some(struct imap *imap, int64_t timeout_ms, struct err *err)
{
	int64_t left = (MIN(imap->quiet, imap->patience) - now()) / 1000;
	size_t size = 0;
	int more;

	if (timeout_ms > 0 && left <= 0) {
		(void)err_set(err, ETIMEDOUT, "no answer in time");
		return imap_die(imap, err);
	}
	more = net_read(imap->net, imap->buffer, IMAP_READ,
			MIN(timeout_ms, MAX(left, 0)), &size, err);
	if (more < 0)
		return imap_die(imap, err);
	if (more == 0)
		return 0;
	imap_parser_feed(imap->parser, imap->buffer, size);
	imap->trickle += size;
	if (imap->trickle >= TRICKLE)
		listen_again(imap);
	return 1;
}

int imap_receive(struct imap *imap, struct imap_response *response_r,
		 struct err *err)
{
	int more;

	if (imap_flush(imap, err) < 0)
		return -1;
	while ((more = parsed(imap, response_r, err)) == 0)
		if (read_some(imap, G_MAXINT, err) < 0)
			return -1;
	return more;
}

int imap_receive_now(struct imap *imap, struct imap_response *response_r,
		     struct err *err)
{
	int more;

	while ((more = parsed(imap, response_r, err)) == 0) {
		more = read_some(imap, 0, err);
		if (more <= 0)
			return more;
	}
	return more;
}

/* -- whole commands -------------------------------------------------------- */

int imap_run(struct imap *imap, const char *line, struct err *err)
{
	uint64_t tag = imap_command(imap, line);
	struct imap_response response;

	do {
		if (imap_receive(imap, &response, err) < 0)
			return -1;
	} while (response.kind != IMAP_TAGGED ||
		 imap_tag(imap, &response) != tag);
	if (response.condition != IMAP_OK)
		return imap_refused(imap, &response, err);
	return 0;
}

void imap_job_release(struct imap_job *job)
{
	if (job->lines)
		(void)g_string_free(take(job->lines), TRUE);
}

void imap_job_add(struct imap_job *job, const char *before,
		  const struct imap_set *uids, const char *after)
{
	AUTO(gstring) GString *part = g_string_new("");
	size_t range = 0;

	while (imap_set_print(uids, &range, IMAP_LINE, part)) {
		g_string_append_printf(job->lines, "%s %s%s\n", before,
				       part->str, after);
		(void)g_string_truncate(part, 0);
	}
}

void imap_job_add_line(struct imap_job *job, const char *line)
{
	g_string_append_printf(job->lines, "%s\n", line);
}

static void send_more(struct imap *imap, struct imap_job *job)
{
	while (job->at < job->lines->len && imap->open < IMAP_OPEN &&
	       (imap->open == 0 || imap->window + IMAP_LINE < IMAP_WINDOW)) {
		char *line = job->lines->str + job->at;
		char *end = strchr(line, '\n');

		*end = '\0';
		(void)imap_command(imap, line);
		job->at = (size_t)(end + 1 - job->lines->str);
	}
}

/* RFC 5530: EXPUNGEISSUED, RFC 7162: MODIFIED; the rest was done. */
static bool is_refusal(const struct imap_job *job,
		       const struct imap_response *response)
{
	return response->kind == IMAP_TAGGED &&
	       response->condition != IMAP_OK &&
	       !(job->lenient && (response->code == IMAP_CODE_EXPUNGEISSUED ||
				  response->code == IMAP_CODE_MODIFIED));
}

int imap_job_next(struct imap *imap, struct imap_job *job,
		  struct imap_response *response_r, struct err *err)
{
	send_more(imap, job);
	if (imap->open == 0) {
		if (job->refusal.code == 0)
			return 0;
		if (err)
			*err = job->refusal;
		return -1;
	}
	if (imap_receive(imap, response_r, err) < 0)
		return -1;
	if (is_refusal(job, response_r) && job->refusal.code == 0)
		(void)imap_refused(imap, response_r, &job->refusal);
	return 1;
}

int imap_job_run(struct imap *imap, struct imap_job *job, struct err *err)
{
	struct imap_response response;
	int more;

	do {
		more = imap_job_next(imap, job, &response, err);
	} while (more > 0);
	return more;
}
