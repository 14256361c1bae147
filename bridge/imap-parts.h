/* SPDX-License-Identifier: ISC */
/* What the commands of IMAP share: lines that go out with tags, answers that
 * come in, and limits to both. */
#ifndef BRIDGE_IMAP_PARTS_H
#define BRIDGE_IMAP_PARTS_H

#include "imap-name.h"
#include "imap-parse.h"
#include "imap.h"
#include "net.h"

enum {
	IMAP_LINE = 4000,        /* bytes of a command; RFC 7162 says 8192 */
	IMAP_READ = 256 * 1024,  /* bytes asked for at once */
	IMAP_WINDOW = 32 * 1024, /* bytes of commands that are not answered: no
				  * more than sockets hold, so that a server
				  * that waits for us to read stops nobody */
	IMAP_OPEN = 256,         /* commands that are not answered */
};

/* Commands of which some are open, the rest waits. */
struct imap_job {
	GString *lines;     /* owned; without tags, each with a '\n' */
	size_t at;          /* of those that were sent */
	struct err refusal; /* the first NO; code 0: none */
	bool lenient;       /* NO because messages have gone is none */
};

struct imap {
	struct net *net; /* owned, as is all else */
	struct imap_parser *parser;
	uint8_t *buffer; /* IMAP_READ bytes */
	bool alive;
	unsigned can; /* enum imap_can */
	char *alert;  /* what the server wants a person to know */
	struct imap_names names;
	char *prefix;   /* names.prefix */
	char step[160]; /* what is done, for texts */

	uint64_t tags; /* given out */
	unsigned open; /* commands that are not answered */
	GQueue *sizes; /* of them, oldest first */
	size_t window; /* their sum */
	GString *out;  /* commands to be written */

	int64_t quiet;    /* when the server has been still for too */
	size_t trickle;   /* long; bytes that came since it was set */
	int64_t patience; /* when it has talked beside the point for
			   * too long; both monotonic, us */

	uint32_t exists; /* of the selected folder */
	bool news;       /* it has changed since it was looked at */
	bool reading;    /* flags are asked for, so no news */
	struct imap_set *vanished;
	struct imap_job job;           /* of the iterator that is open */
	uint32_t first;                /* imap_flags_start()'s */
	const struct imap_set *wanted; /* imap_bodies_start()'s; borrowed */
	struct imap_set *done;         /* of these */
	GPtrArray *labels;             /* of char *, UTF-8 */
	GQueue *appends;               /* of struct imap_uploaded *, in order */
};

/* Say what is done now, "select INBOX", for the texts of failures. */
void imap_step(struct imap *imap, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Put a command, without its tag, behind what is to be written; its tag. */
uint64_t imap_command(struct imap *imap, const char *line);
/* Write what was put. */
int imap_flush(struct imap *imap, struct err *err);
/* Write bytes that belong to a command. */
int imap_write(struct imap *imap, const void *data, size_t size,
	       struct err *err);

/* The next response: always 1, or -1 and the connection is dead. What every
 * response changes in `imap`, this has changed. */
int imap_receive(struct imap *imap, struct imap_response *response_r,
		 struct err *err);
/* The same without waiting: 0 if there is none yet. */
int imap_receive_now(struct imap *imap, struct imap_response *response_r,
		     struct err *err);
/* The server did what was hoped for: give it as much time again. */
void imap_progress(struct imap *imap);
/* The number of a tag that was given out; 0: of none. */
uint64_t imap_tag(const struct imap *imap,
		  const struct imap_response *response);

/* The failure that a NO or BAD is. -1. */
int imap_refused(const struct imap *imap, const struct imap_response *response,
		 struct err *err);
/* Nothing can follow: put server and step before the text. -1. */
int imap_die(struct imap *imap, struct err *err);

/* One command till its end, with nothing to be read from its answers. */
int imap_run(struct imap *imap, const char *line, struct err *err);

void imap_job_release(struct imap_job *job);
static inline void imap_job_auto_(struct imap_job *job)
{
	imap_job_release(job);
}
/* Add "`before` SET `after`", in as many lines as it takes. */
void imap_job_add(struct imap_job *job, const char *before,
		  const struct imap_set *uids, const char *after);
void imap_job_add_line(struct imap_job *job, const char *line);
/* Send what fits, and give each response: 1; 0 when all is answered; -1 if a
 * command was refused, after all are answered, or the connection is dead. */
int imap_job_next(struct imap *imap, struct imap_job *job,
		  struct imap_response *response_r, struct err *err);
/* All of it, with nothing to be read. */
int imap_job_run(struct imap *imap, struct imap_job *job, struct err *err);

/* `text` in quotes (RFC 9051, quoted), appended. */
void imap_quote(GString *out, const char *text);
/* " (\Seen work)", appended. */
void imap_print_flags(GString *out, unsigned flags, const char *keywords);

/* Add the UIDs that "UID SEARCH `what`" finds. */
int imap_search(struct imap *imap, const char *what, struct imap_set *uids,
		struct err *err);

/* Compress from now on. */
int imap_compress(struct imap *imap, struct err *err);

#endif
