/* SPDX-License-Identifier: ISC */
#include "smtp.h"

#include <errno.h>
#include <string.h>

#include "net.h"
#include "smtp-mail.h"
#include "smtp-reply.h"
#include "smtp-wire.h"

enum {
	PIECE = 1 << 20, /* of a message, in one write */
	GROUP = 50,      /* commands before their answers are read */
	FINAL = 10,      /* the last answer may take as many steps' time:
			  * RFC 5321 4.5.3.2.6 has 10 minutes */
	PARTING = 1000,  /* ms for a good-bye, or for a last word */
};

struct smtp {
	struct net *net;             /* owned, as the parser */
	struct reply_parser *parser; /* of `input` */
	struct smtp_offers offers;
	char input[8192];
	const char *at; /* what of it is not parsed yet */
	size_t left;
	bool begun;      /* a mail is under way, or was given up */
	bool in_message; /* what is said now would be taken for text */
	bool broken;
	char end[4]; /* what smtp_end() sends */
	size_t end_size;
};

const char *smtp_name(const struct smtp *smtp)
{
	return net_name(smtp->net);
}

void smtp_answer_clear(struct smtp_answer *answer)
{
	g_clear_pointer(&answer->reason, g_free);
}

/* -- saying and hearing ---------------------------------------------------- */

static int say(struct smtp *smtp, const void *data, size_t size,
	       struct err *err)
{
	if (net_write(smtp->net, data, size, err) == 0)
		return 0;
	smtp->broken = true;
	return -1;
}

static int say_text(struct smtp *smtp, const char *text, struct err *err)
{
	return say(smtp, text, strlen(text), err);
}

/* 1, 0 if nothing came until `deadline`, -1. */
static int more_input(struct smtp *smtp, int64_t deadline, struct err *err)
{
	int64_t left = (deadline - g_get_monotonic_time()) / 1000;
	int more;

	smtp->at = smtp->input;
	more = net_read(smtp->net, smtp->input, sizeof(smtp->input),
			MAX(left, 0), &smtp->left, err);
	if (more <= 0)
		smtp->left = 0;
	return more;
}

static int hear_within(struct smtp *smtp, int64_t timeout_ms,
		       struct reply **reply_r, struct err *err)
{
	int64_t deadline = g_get_monotonic_time() + timeout_ms * 1000;
	int found;

	while ((found = reply_parse(smtp->parser, &smtp->at, &smtp->left,
				    reply_r, err)) == 0) {
		int more = more_input(smtp, deadline, err);

		if (more > 0)
			continue;
		smtp->broken = true;
		return more < 0 ? -1
				: err_set(err, ETIMEDOUT,
					  "%s: no answer in time",
					  smtp_name(smtp));
	}
	if (found > 0)
		return 0;
	smtp->broken = true;
	return err_prefix(err, "%s", smtp_name(smtp));
}

/* A reply after which there is no going on: its text, as temporary as it
 * says. */
static int complain(struct smtp *smtp, const struct reply *reply,
		    const char *step, struct err *err)
{
	char text[REPLY_TEXT];

	smtp->broken = true;
	reply_text(reply, text);
	return err_set(err, reply->code / 100 == 4 ? EAGAIN : EPROTO,
		       "%s: %s: %s", smtp_name(smtp), step, text);
}

/* The next reply. 421 is that of a server which goes away. */
static int hear(struct smtp *smtp, struct reply **reply_r, struct err *err)
{
	if (hear_within(smtp, net_timeout(smtp->net), reply_r, err) < 0)
		return -1;
	if ((*reply_r)->code != 421)
		return 0;
	(void)complain(smtp, *reply_r, "the server goes away", err);
	g_clear_pointer(reply_r, reply_free);
	return -1;
}

static int judge(struct smtp *smtp, const struct reply *reply,
		 struct smtp_answer *answer, struct err *err)
{
	char text[REPLY_TEXT];

	smtp_answer_clear(answer);
	reply_text(reply, text);
	if (reply->code / 100 == 3)
		return complain(smtp, reply, "unexpected", err);
	answer->fate = reply->code / 100 == 2   ? SMTP_TAKEN
		       : reply->code / 100 == 4 ? SMTP_LATER
						: SMTP_REFUSED;
	answer->reason = g_strdup(answer->fate == SMTP_TAKEN ? "" : text);
	return 0;
}

/* Say `commands` (of char *), hear a reply to each. */
static int exchange(struct smtp *smtp, const GPtrArray *commands,
		    GPtrArray *replies, struct err *err)
{
	guint group = smtp->offers.pipelining ? GROUP : 1;

	while (replies->len < commands->len) {
		AUTO(gstring) GString *text = g_string_new(NULL);
		guint end = MIN(replies->len + group, commands->len);

		for (guint i = replies->len; i < end; i++)
			g_string_append_printf(text, "%s\r\n",
					       (char *)commands->pdata[i]);
		if (say(smtp, text->str, text->len, err) < 0)
			return -1;
		while (replies->len < end) {
			struct reply *reply = NULL;

			if (hear(smtp, &reply, err) < 0)
				return -1;
			g_ptr_array_add(replies, reply);
		}
	}
	return 0;
}

/* -- opening --------------------------------------------------------------- */

/* Again, as it says something else to whom it knows. */
static int greet(struct smtp *smtp, struct err *err)
{
	AUTO(reply) struct reply *reply = NULL;

	if (say_text(smtp, "EHLO [127.0.0.1]\r\n", err) < 0 ||
	    hear(smtp, &reply, err) < 0)
		return -1;
	if (reply->code / 100 != 2)
		return complain(smtp, reply, "EHLO", err);
	smtp->offers = smtp_offers(reply);
	return 0;
}

int smtp_open(const struct account *account, struct smtp **smtp_r,
	      struct err *err)
{
	AUTO(smtp) struct smtp *smtp = g_new0(struct smtp, 1);

	smtp->broken = true;
	smtp->parser = reply_parser_new();
	if (net_open(account, SERVICE_SMTP, &smtp->net, err) < 0)
		return -1;
	smtp->broken = false;
	if (greet(smtp, err) < 0)
		return -1;
	*smtp_r = take(smtp);
	return 0;
}

void smtp_close(struct smtp *smtp)
{
	AUTO(reply) struct reply *reply = NULL;

	if (!smtp)
		return;
	if (!smtp->broken && !smtp->in_message &&
	    say_text(smtp, "QUIT\r\n", NULL) == 0)
		(void)hear_within(smtp, PARTING, &reply, NULL);
	net_close(smtp->net);
	reply_parser_free(smtp->parser);
	g_free(smtp);
}

/* -- the envelope ---------------------------------------------------------- */

static void refuse(struct smtp_answer *answer, const char *reason)
{
	answer->fate = SMTP_REFUSED;
	answer->reason = g_strdup(reason);
}

static void free_reply(gpointer reply)
{
	reply_free(reply);
}

/* The commands for whom nothing speaks against; no more than MAIL and what
 * comes before it if there is nobody. */
static GPtrArray *commands_of(const struct smtp *smtp,
			      const struct smtp_mail *mail,
			      struct wire_needs needs,
			      struct smtp_answer *answers)
{
	GPtrArray *commands = g_ptr_array_new_with_free_func(g_free);

	if (smtp->begun)
		g_ptr_array_add(commands, g_strdup("RSET"));
	g_ptr_array_add(commands,
			smtp_mail_command(&smtp->offers, mail, needs));
	for (guint i = 0; i < mail->recipients->len; i++) {
		const char *recipient = mail->recipients->pdata[i];
		AUTO(str)
		char *objection =
			smtp_recipient_objection(&smtp->offers, recipient);

		if (objection)
			refuse(&answers[i], objection);
		else
			g_ptr_array_add(
				commands,
				smtp_rcpt_command(&smtp->offers, recipient));
	}
	return commands;
}

/* RFC 5321 4.5.3.1.10: 552 to a RCPT says that there are too many. */
static void soften(const struct reply *reply, struct smtp_answer *answer)
{
	if (reply->code == 552 && answer->fate == SMTP_REFUSED)
		answer->fate = SMTP_LATER;
}

/* What MAIL came to holds for everybody, else what his RCPT came to. */
static int read_envelope(struct smtp *smtp, const GPtrArray *replies,
			 struct smtp_answer *answers, guint count,
			 struct err *err)
{
	guint at = smtp->begun ? 1 : 0;
	const struct reply *from = replies->pdata[at++];
	int taken = 0;

	for (guint i = 0; i < count; i++) {
		const struct reply *reply = from;

		if (answers[i].fate == SMTP_REFUSED)
			continue;
		if (from->code / 100 == 2)
			reply = replies->pdata[at++];
		if (judge(smtp, reply, &answers[i], err) < 0)
			return -1;
		if (reply != from)
			soften(reply, &answers[i]);
		if (answers[i].fate == SMTP_TAKEN)
			taken = 1;
	}
	return taken;
}

int smtp_begin(struct smtp *smtp, const struct smtp_mail *mail,
	       struct smtp_answer *answers, struct err *err)
{
	struct wire_needs needs = wire_needs(mail->data, mail->size);
	AUTO(str)
	char *objection = smtp_objection(&smtp->offers, mail, needs);
	AUTO(ptrs) GPtrArray *commands = NULL;
	AUTO(ptrs)
	GPtrArray *replies = g_ptr_array_new_with_free_func(free_reply);
	int taken;

	if (smtp->broken || smtp->in_message)
		return err_set(err, ECONNRESET, "%s: the connection is lost",
			       smtp_name(smtp));
	for (guint i = 0; objection && i < mail->recipients->len; i++)
		refuse(&answers[i], objection);
	if (objection)
		return 0;
	commands = commands_of(smtp, mail, needs, answers);
	if (exchange(smtp, commands, replies, err) < 0)
		return -1;
	taken = read_envelope(smtp, replies, answers, mail->recipients->len,
			      err);
	smtp->begun = true;
	return taken;
}

/* -- the message ----------------------------------------------------------- */

/* A server that has had enough may say so and hang up, whatever is still
 * being sent. 0 if it said so; -1, and `err` stays. */
static int last_word(struct smtp *smtp, struct smtp_answer *answer)
{
	AUTO(reply) struct reply *reply = NULL;
	struct err ignored;

	if (hear_within(smtp, PARTING, &reply, &ignored) < 0 ||
	    reply->code < 400)
		return -1;
	return judge(smtp, reply, answer, &ignored);
}

static int send_piece(struct smtp *smtp, const void *data, size_t size,
		      struct smtp_answer *answer, struct err *err)
{
	if (say(smtp, data, size, err) == 0)
		return 1;
	return last_word(smtp, answer);
}

/* Keep the last bytes of all back. */
static void keep_end(struct smtp *smtp, const void *end, size_t size)
{
	memcpy(smtp->end, end, size);
	smtp->end_size = size;
}

/* A reply that has to be of this class. 1/0/-1, as smtp_content(). */
static int expect(struct smtp *smtp, int class, struct smtp_answer *answer,
		  struct err *err)
{
	AUTO(reply) struct reply *reply = NULL;

	if (hear(smtp, &reply, err) < 0)
		return -1;
	if (reply->code / 100 == class)
		return 1;
	smtp->in_message = false;
	if (reply->code < 400)
		return complain(smtp, reply, "unexpected", err);
	return judge(smtp, reply, answer, err);
}

static int send_dotted(struct smtp *smtp, const struct smtp_mail *mail,
		       struct smtp_answer *answer, struct err *err)
{
	struct wire wire = wire_of(mail->data, mail->size, true);
	bool more = true;
	int result;

	if (say_text(smtp, "DATA\r\n", err) < 0)
		return -1;
	result = expect(smtp, 3, answer, err);
	smtp->in_message = result > 0;
	while (result > 0 && more) {
		AUTO(bytes) GByteArray *piece = g_byte_array_new();

		more = wire_next(&wire, PIECE, piece);
		result = send_piece(smtp, piece->data, piece->len, answer, err);
	}
	keep_end(smtp, ".\r\n", 3);
	return result;
}

/* One BDAT command and its bytes, but for the last one's last byte. */
static int send_chunk(struct smtp *smtp, const GByteArray *piece, bool last,
		      struct smtp_answer *answer, struct err *err)
{
	AUTO(str)
	char *command = g_strdup_printf("BDAT %u%s\r\n", piece->len,
					last ? " LAST" : "");
	int result;

	smtp->in_message = true;
	result = send_piece(smtp, command, strlen(command), answer, err);
	if (result > 0)
		result = send_piece(smtp, piece->data, piece->len - last,
				    answer, err);
	if (last)
		keep_end(smtp, piece->data + piece->len - 1, 1);
	else if (result > 0)
		result = expect(smtp, 2, answer, err);
	return result;
}

static int send_chunks(struct smtp *smtp, const struct smtp_mail *mail,
		       struct smtp_answer *answer, struct err *err)
{
	struct wire wire = wire_of(mail->data, mail->size, false);
	bool more = true;
	int result = 1;

	while (result > 0 && more) {
		AUTO(bytes) GByteArray *piece = g_byte_array_new();

		more = wire_next(&wire, PIECE, piece);
		result = send_chunk(smtp, piece, !more, answer, err);
	}
	return result;
}

int smtp_content(struct smtp *smtp, const struct smtp_mail *mail,
		 struct smtp_answer *answer_r, struct err *err)
{
	return (smtp->offers.chunking ? send_chunks
				      : send_dotted)(smtp, mail, answer_r, err);
}

int smtp_end(struct smtp *smtp, struct smtp_answer *answer_r, struct err *err)
{
	AUTO(reply) struct reply *reply = NULL;

	if (say(smtp, smtp->end, smtp->end_size, err) < 0 ||
	    hear_within(smtp, net_timeout(smtp->net) * FINAL, &reply, err) < 0)
		return -1;
	smtp->in_message = false;
	smtp->begun = reply->code / 100 != 2;
	smtp->broken = smtp->broken || reply->code == 421;
	return judge(smtp, reply, answer_r, err);
}
