/* SPDX-License-Identifier: ISC */
/* The sendmail(8) that mail programs call: a message on stdin, an envelope in
 * the arguments, an exit status of sysexits.h. 0 says that it is queued and on
 * disk. Programs call this with any umask, locale, and closed descriptors. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "defms/cmd.h"
#include "defms/crash.h"
#include "defms/owner.h"
#include "defms/queue.h"
#include "defms/reader.h"
#include "send-input.h"

extern const struct cmd cmd_send;

struct sending {
	const struct config *config; /* borrowed, as is the mailbox */
	struct mailbox *mailbox;
	const char *sender;    /* -f as it was given, or NULL */
	const char *name;      /* -F, or NULL */
	bool from_header;      /* -t */
	bool dots;             /* -i: a line of one dot is no end */
	char *mail;            /* owned: addr-spec of -f; NULL: none given */
	GPtrArray *recipients; /* owned: of char *, those of the arguments */
	GByteArray *input;     /* owned */
	struct mime *mime;     /* owned: of `input` */
};

static void sending_release(struct sending *sending)
{
	g_free(sending->mail);
	if (sending->recipients)
		g_ptr_array_unref(sending->recipients);
	mime_free(sending->mime); /* before what it points into */
	if (sending->input)
		(void)g_byte_array_unref(sending->input);
	mailbox_close(sending->mailbox);
}

/* -- failures -------------------------------------------------------------- */

/* Of what could not be opened or stored. */
static int status_of(const struct err *err)
{
	switch (err->code) {
	case ENOENT:
	case EPROTO:
		return EX_CONFIG;
	case EACCES:
	case EPERM:
		return EX_NOPERM;
	case EROFS:
		return EX_CANTCREAT;
	case EIO:
	case EBADMSG:
		return EX_IOERR;
	case ENOSPC:
	case EDQUOT:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return EX_TEMPFAIL;
	default:
		return err_is_temporary(err) ? EX_TEMPFAIL : EX_SOFTWARE;
	}
}

static int fail(const struct err *err, int status)
{
	(void)cmd_fail(err);
	return status;
}

static int usage(const char *problem)
{
	(void)cmd_usage(&cmd_send, problem);
	return EX_USAGE;
}

/* -- arguments ------------------------------------------------------------- */

/* What sendmail knows and what means nothing here: 0, else a status. */
static int pass_over(int option)
{
	if (option == 'b' && strcmp(optarg, "m") != 0)
		return usage("-b: it takes a message on standard input, and "
			     "nothing else");
	return option == '?' ? usage(NULL) : 0;
}

/* 0, or the exit status. */
static int read_options(struct sending *sending, int argc, char **argv)
{
	/* As the sendmails do, what follows an address is one too. */
	static const char letters[] =
		"+tif:r:F:o:b:B:N:R:V:L:h:p:O:e:q::GUmnvx";
	int option, status = 0;

	optind = 1;
	while (status == 0 && (option = getopt(argc, argv, letters)) != -1) {
		if (option == 't')
			sending->from_header = true;
		else if (option == 'i' ||
			 (option == 'o' && strcmp(optarg, "i") == 0))
			sending->dots = true;
		else if (option == 'f' || option == 'r')
			sending->sender = optarg;
		else if (option == 'F')
			sending->name = optarg;
		else
			status = pass_over(option);
	}
	return status;
}

/* 0, or the exit status. */
static int read_addresses(struct sending *sending, char **arguments)
{
	AUTO(str)
	char *domain = owner_domain(sending->config,
				    mailbox_identity(sending->mailbox));
	struct err err;

	sending->recipients = g_ptr_array_new_with_free_func(g_free);
	if (sending->sender && send_parse_sender(sending->sender, domain,
						 &sending->mail, &err) < 0)
		return fail(&err, EX_NOUSER);
	for (; *arguments; arguments++)
		if (send_parse_recipients(*arguments, domain,
					  sending->recipients, &err) < 0)
			return fail(&err, EX_NOUSER);
	if (sending->recipients->len == 0 && !sending->from_header)
		return usage("to whom? (-t takes it from the header)");
	return 0;
}

/* -- the message ----------------------------------------------------------- */

/* 0, or the exit status. */
static int read_input(struct sending *sending)
{
	struct err err;

	sending->input = g_byte_array_new();
	if (send_read(STDIN_FILENO, sending->dots, sending->input, &err) < 0) {
		if (err.code == EFBIG)
			return fail(&err, EX_DATAERR);
		return fail(&err, err.code == EIO ? EX_IOERR : EX_NOINPUT);
	}
	if (sending->input->len == 0) {
		(void)err_set(&err, EINVAL, "no message on standard input");
		return fail(&err, EX_DATAERR);
	}
	sending->mime = mime_parse(sending->input->data, sending->input->len);
	return 0;
}

/* The From that it has if it has none of its own. Caller frees; NULL: that of
 * the settings. */
static char *from_of(const struct sending *sending)
{
	const struct identity *identity = mailbox_identity(sending->mailbox);
	AUTO(ptrs) GPtrArray *mails = owner_mails(sending->config, identity);
	AUTO(str) char *name = owner_name(sending->config, identity);
	bool sent_by = sending->mail && sending->mail[0];
	GString *field;

	if (!sending->name && !sent_by)
		return NULL;
	field = g_string_new(NULL);
	send_from_field(sending->name ? sending->name : name,
			sent_by          ? sending->mail
			: mails->len > 0 ? g_ptr_array_index(mails, 0)
					 : NULL,
			field);
	return g_string_free(field, FALSE);
}

static int make(struct sending *sending, struct composed **composed_r,
		struct err *err)
{
	AUTO(str) char *from = from_of(sending);
	struct compose_how how = {
		.config = sending->config,
		.identity = mailbox_identity(sending->mailbox),
		.defaults = from,
		.folder = -1,
		.now = g_get_real_time() / G_USEC_PER_SEC,
		.header_too = sending->from_header,
		.finished = true,
	};

	if (sending->mail && sending->mail[0])
		how.sender = sending->mail;
	if (sending->recipients->len > 0) {
		g_ptr_array_add(sending->recipients, NULL);
		how.recipients =
			(const char *const *)(void *)sending->recipients->pdata;
	}
	if (compose(sending->input->data, sending->input->len, &how, composed_r,
		    err) < 0)
		return -1;
	if (sending->mail && !sending->mail[0]) {
		g_free((*composed_r)->sender);
		(*composed_r)->sender = g_strdup("");
	}
	return 0;
}

/* -- the queue ------------------------------------------------------------- */

/* Whoever was told nothing, for something was killed, sends again: a message
 * with a msgid that waits for the same recipients is the same one, and is not
 * queued twice. Once it has left or was dropped, it is sent anew. 1 it waits, 0
 * it is to be queued, -1. */
static int choose_source(struct sending *sending, struct state *state,
			 const struct composed *composed,
			 struct queue_source *source, struct err *err)
{
	for (uint32_t turn = 0; true; turn++) {
		AUTO(queue_entry) struct queue_entry *entry = NULL;
		int64_t id;
		int found;

		send_source(sending->input, composed, turn, source);
		found = queue_known(state, source, &id, err);
		if (found <= 0)
			return found;
		found = queue_get(state, id, &entry, err);
		if (found < 0)
			return -1;
		if (found > 0 && (entry->state == QUEUE_WAITING ||
				  entry->state == QUEUE_HELD))
			return 1;
	}
}

static int put(struct sending *sending, const struct composed *composed,
	       struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	AUTO(reader) struct reader *reader = NULL;
	bool named = sending->mime->msgid[0];
	struct queue_source source;
	int64_t id;

	if (batch_begin(sending->mailbox, &batch, err) < 0 ||
	    reader_open(sending->mailbox, &reader, err) < 0)
		return -1;
	if (named) {
		int waits = choose_source(sending, batch_state(batch), composed,
					  &source, err);

		if (waits != 0)
			return waits < 0 ? -1 : 0;
	}
	if (queue_add(batch, reader, composed, named ? &source : NULL,
		      g_get_real_time() / G_USEC_PER_SEC, &id, err) < 0 ||
	    batch_commit(batch, err) < 0)
		return -1;
	crash_point("send: queued, before it says so");
	if (batch_unfinished(batch))
		cmd_warn(batch_unfinished(batch));
	return 0;
}

static int queue_it(struct sending *sending)
{
	AUTO(composed) struct composed *composed = NULL;
	struct err err;

	if (make(sending, &composed, &err) < 0)
		return fail(&err, EX_DATAERR);
	if (put(sending, composed, &err) < 0)
		return fail(&err,
			    err.code == ENOENT ? EX_IOERR : status_of(&err));
	return EX_OK;
}

/* 0, or the exit status. */
static int open_mailbox(struct sending *sending)
{
	struct err err;

	if (mailbox_open(sending->config, &sending->mailbox, &err) < 0)
		return fail(&err, status_of(&err));
	return 0;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct sending sending = { .config = config };
	int status;

	(void)mailbox;
	(void)umask(S_IRWXG | S_IRWXO);
	status = read_options(&sending, argc, argv);
	if (status == 0)
		status = open_mailbox(&sending);
	if (status == 0)
		status = read_addresses(&sending, argv + optind);
	if (status == 0)
		status = read_input(&sending);
	if (status == 0)
		status = queue_it(&sending);
	sending_release(&sending);
	return status;
}

const struct cmd cmd_send = {
	.name = "send",
	.args = "[-t] [-i] [-f ADDRESS] [-F NAME] [ADDRESS...]",
	.summary = "queue a message from standard input, as sendmail does",
	.options = "-t            also to whom its To, Cc and Bcc name\n"
		   "-i            a line of one dot does not end it (-oi too)\n"
		   "-f ADDRESS    from whom it goes (-r too)\n"
		   "-F NAME       the name in From, if it has no From\n",
	.flags = CMD_SYSEXITS,
	.run = run,
};
