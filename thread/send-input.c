/* SPDX-License-Identifier: ISC */
#include "send-input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "defms/address.h"
#include "defms/message.h"
#include "defms/mime.h"

enum { CHUNK = 64 * 1024, LOCAL_LIMIT = 64, MAIL_LIMIT = 254 };

/* -- the message ----------------------------------------------------------- */

/* Is the line at `line` (without its LF, perhaps with a CR) one dot? */
static bool is_dot(const uint8_t *line, size_t size)
{
	return size > 0 && line[0] == '.' &&
	       (size == 1 || (size == 2 && line[1] == '\r'));
}

/* Look through the whole lines from `*line_r` on, which becomes the place of
 * the first that is not whole. Cut before a line of one dot: true. */
static bool cut_at_dot(GByteArray *out, guint *line_r)
{
	while (*line_r < out->len) {
		const uint8_t *line = out->data + *line_r;
		const uint8_t *end = memchr(line, '\n', out->len - *line_r);

		if (!end)
			return false;
		if (is_dot(line, (size_t)(end - line))) {
			(void)g_byte_array_set_size(out, *line_r);
			return true;
		}
		*line_r += (guint)(end - line) + 1;
	}
	return false;
}

/* 1 more was read, 0 the end, -1. */
static int read_some(int fd, GByteArray *out, struct err *err)
{
	guint before = out->len;
	ssize_t got;

	if (before > MESSAGE_MAX)
		return err_set(err, EFBIG, "message larger than 512 MiB");
	(void)g_byte_array_set_size(out, before + CHUNK);
	do
		got = read(fd, out->data + before, CHUNK);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(err, "standard input");
	(void)g_byte_array_set_size(out, before + (guint)got);
	return got > 0;
}

static void leave_out_separator(GByteArray *out)
{
	static const char from[] = "From ";
	const uint8_t *end;

	if (out->len < strlen(from) ||
	    memcmp(out->data, from, strlen(from)) != 0)
		return;
	end = memchr(out->data, '\n', out->len);
	(void)g_byte_array_remove_range(
		out, 0, end ? (guint)(end - out->data) + 1 : out->len);
}

int send_read(int fd, bool dots, GByteArray *out, struct err *err)
{
	guint line = 0;
	bool ended = false;
	int more = 1;

	while (!ended && (more = read_some(fd, out, err)) > 0)
		ended = !dots && cut_at_dot(out, &line);
	if (more < 0)
		return -1;
	if (!ended && !dots && line < out->len &&
	    is_dot(out->data + line, out->len - line))
		(void)g_byte_array_set_size(out, line);
	leave_out_separator(out);
	return 0;
}

/* -- addresses ------------------------------------------------------------- */

/* Can it stand in an envelope (RFC 5321 4.5.3.1)? What is in it beyond that,
 * compose() says. */
static bool is_mail(const char *mail)
{
	const char *at = strrchr(mail, '@');

	if (!at || at == mail || !at[1] || strlen(mail) > MAIL_LIMIT ||
	    at - mail > LOCAL_LIMIT)
		return false;
	for (const char *c = mail; *c; c++)
		if (g_ascii_iscntrl(*c) || *c == '<' || *c == '>' ||
		    (*c == ' ' && mail[0] != '"'))
			return false;
	return !strpbrk(at, " \",;:()\\") || at[1] == '[';
}

static bool has_controls(const char *text)
{
	for (; *text; text++)
		if (g_ascii_iscntrl(*text))
			return true;
	return false;
}

int send_parse_recipients(const char *argument, const char *domain,
			  GPtrArray *out, struct err *err)
{
	AUTO(str) char *field = g_strdup_printf("To: %s\n\n", argument);
	AUTO(mime) struct mime *mime = NULL;

	if (has_controls(argument))
		return err_set(err, EINVAL, "not a mail address: %s", argument);
	mime = mime_parse(field, strlen(field));
	if (mime->recipients->len == 0)
		return err_set(err, EINVAL, "not a mail address: %s", argument);
	for (guint i = 0; i < mime->recipients->len; i++) {
		const struct address *address =
			g_ptr_array_index(mime->recipients, i);
		AUTO(str)
		char *mail = domain ? address_qualify(address->mail, domain)
				    : g_strdup(address->mail);

		if (!is_mail(mail))
			return err_set(err, EINVAL, "not a mail address: %s",
				       argument);
		g_ptr_array_add(out, take(mail));
	}
	return 0;
}

int send_parse_sender(const char *argument, const char *domain, char **mail_r,
		      struct err *err)
{
	AUTO(ptrs) GPtrArray *mails = g_ptr_array_new_with_free_func(g_free);

	if (strcmp(argument, "<>") == 0 || argument[0] == '\0') {
		*mail_r = g_strdup("");
		return 0;
	}
	if (send_parse_recipients(argument, domain, mails, err) < 0)
		return -1;
	if (mails->len != 1)
		return err_set(err, EINVAL, "more than one sender: %s",
			       argument);
	*mail_r = g_ptr_array_steal_index(mails, 0);
	return 0;
}

/* A display name as a quoted string (RFC 5322 3.2.4). */
static void add_quoted(const char *name, GString *out)
{
	(void)g_string_append_c(out, '"');
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			(void)g_string_append_c(out, '\\');
		(void)g_string_append_c(out,
					g_ascii_iscntrl(*name) ? ' ' : *name);
	}
	(void)g_string_append_c(out, '"');
}

void send_from_field(const char *name, const char *mail, GString *out)
{
	AUTO(str) char *valid = name ? g_utf8_make_valid(name, -1) : NULL;

	g_string_append(out, "From: ");
	if (valid && valid[0]) {
		add_quoted(valid, out);
		(void)g_string_append_c(out, ' ');
	}
	g_string_append_printf(out, "<%s>\n", mail);
}

/* -- the source ------------------------------------------------------------ */

static void add(struct message_hasher *hasher, const char *text)
{
	message_hasher_add(hasher, text, strlen(text) + 1);
}

void send_source(const GByteArray *input, const struct composed *composed,
		 uint32_t turn, struct queue_source *source_r)
{
	AUTO(hasher) struct message_hasher *hasher = message_hasher_new(NULL);
	uint32_t number = GUINT32_TO_LE(turn);
	struct message_id hash;

	add(hasher, "defms send");
	message_hasher_add(hasher, &number, sizeof(number));
	add(hasher, composed->sender);
	for (guint i = 0; i < composed->recipients->len; i++)
		add(hasher, g_ptr_array_index(composed->recipients, i));
	add(hasher, "");
	message_hasher_add(hasher, input->data, input->len);
	hash = message_hasher_end(hasher);
	memcpy(source_r->bytes, hash.bytes, sizeof(source_r->bytes));
}
