/* SPDX-License-Identifier: ISC */
#include "git-https.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "defms/secret.h"

enum {
	SECRET = 16384,
	REFS = 256 << 20, /* bytes of the list of them at most */
	RATE = 1000,      /* bytes a second: who is slower is late */
	MORE = 1 << 16,   /* and a 64th, for what a pack is wrapped in */
};

struct https {
	struct http *http; /* owned, as is all else */
	char *secret;      /* secret_new(); NULL: nobody logs in */
	char *folder;
	FILE *question, *answer; /* NULL: there is none yet */
	uint64_t limit;          /* bytes of a pack that may come */
	uint64_t size;           /* of the answer that comes, and at most */
	uint64_t most;
	bool push; /* git-receive-pack is asked, not git-upload-pack */
};

static const char *service_of(const struct https *https)
{
	return https->push ? "git-receive-pack" : "git-upload-pack";
}

int git_https_judge(const struct http_answer *answer, bool has_login,
		    struct err *err)
{
	long status = answer->status;

	if (status == 401)
		return err_set(err, EACCES, "%s",
			       has_login ? "the login is refused"
					 : "it wants a user and a password: "
					   "see passwordCommand");
	if (status == 403)
		return err_set(err, EACCES, "it does not allow that");
	if (status == 404 || status == 410)
		return err_set(err, ENOENT, "there is no such repository");
	if (status >= 300 && status < 400)
		return err_set(err, ENOENT,
			       "it is elsewhere, says the server (%ld)",
			       status);
	if (status == 408 || status == 429 || status >= 500)
		return err_set(err, EAGAIN, "the server cannot now (%ld)",
			       status);
	if (status == 200)
		return err_set(err, ENOENT, "no git repository, but %s",
			       *answer->type ? answer->type : "something");
	return err_set(err, EPROTO, "the server says %ld", status);
}

/* -- files ----------------------------------------------------------------- */

static void forget(FILE **file)
{
	if (*file)
		(void)fclose(*file);
	*file = NULL;
}

/* A file that goes with its end. */
static int new_file(const struct https *https, FILE **file_r, struct err *err)
{
	AUTO(str) char *name = g_build_filename(https->folder, "XXXXXX", NULL);
	AUTO(fd) int fd = g_mkstemp(name);

	if (fd < 0)
		return err_sys(err, "%s", https->folder);
	(void)unlink(name);
	*file_r = fdopen(fd, "w+");
	if (!*file_r)
		return err_sys(err, "%s", https->folder);
	fd = -1;
	return 0;
}

static int to_answer(void *context, const void *data, size_t size,
		     struct err *err)
{
	struct https *https = context;

	https->size += size;
	if (https->size > https->most + https->most / 64 + MORE)
		return err_set(err, EFBIG,
			       "more than %" G_GUINT64_FORMAT " bytes",
			       https->most);
	if (fwrite(data, 1, size, https->answer) != size)
		return err_sys(err, "%s", https->folder);
	return 0;
}

/* -- requests -------------------------------------------------------------- */

/* The answer is there, if it is of git: `what` is the end of its type. */
static int take_answer(struct https *https, const struct http_answer *answer,
		       const char *what, struct err *err)
{
	AUTO(str)
	char *type =
		g_strdup_printf("application/x-%s-%s", service_of(https), what);

	if (answer->status != 200 ||
	    g_ascii_strcasecmp(answer->type, type) != 0)
		return git_https_judge(answer, https->secret != NULL, err);
	if (fflush(https->answer) != 0)
		return err_sys(err, "%s", https->folder);
	rewind(https->answer);
	return 0;
}

static int get_refs(struct https *https, struct err *err)
{
	AUTO(str)
	char *path =
		g_strconcat("/info/refs?service=", service_of(https), NULL);
	struct http_request request = { .path = path,
					.least = RATE,
					.sink = to_answer,
					.sink_user = https };
	struct http_answer answer;

	https->size = 0;
	https->most = REFS;
	if (new_file(https, &https->answer, err) < 0 ||
	    http_get(https->http, &request, &answer, err) < 0)
		return -1;
	return take_answer(https, &answer, "advertisement", err);
}

static int post_question(struct https *https, struct err *err)
{
	const char *service = service_of(https);
	AUTO(str) char *path = g_strconcat("/", service, NULL);
	AUTO(str)
	char *type = g_strdup_printf("application/x-%s-request", service);
	struct http_request request = { .path = path,
					.least = RATE,
					.source = http_from_file,
					.source_user = https->question,
					.type = type,
					.sink = to_answer,
					.sink_user = https };
	struct http_answer answer;
	off_t size;

	size = fflush(https->question) == 0 ? ftello(https->question) : -1;
	if (size < 0)
		return err_sys(err, "%s", https->folder);
	request.size = (uint64_t)size;
	rewind(https->question);
	https->size = 0;
	https->most = https->limit;
	if (new_file(https, &https->answer, err) < 0 ||
	    http_post(https->http, &request, &answer, err) < 0)
		return -1;
	return take_answer(https, &answer, "result", err);
}

/* -- the wire -------------------------------------------------------------- */

static int ask(void *context, bool push, bool refs, struct err *err)
{
	struct https *https = context;

	forget(&https->question);
	forget(&https->answer);
	https->push = push;
	return refs ? get_refs(https, err)
		    : new_file(https, &https->question, err);
}

static int write_all(void *context, const void *data, size_t size,
		     struct err *err)
{
	struct https *https = context;

	if (!https->question)
		return err_set(err, EPROTO, "it is not asked anything");
	if (fwrite(data, 1, size, https->question) != size)
		return err_sys(err, "%s", https->folder);
	return 0;
}

static int read_some(void *context, void *buf, size_t size, size_t *size_r,
		     struct err *err)
{
	struct https *https = context;

	if (!https->answer && post_question(https, err) < 0)
		return -1;
	*size_r = fread(buf, 1, size, https->answer);
	if (ferror(https->answer))
		return err_sys(err, "%s", https->folder);
	return *size_r > 0;
}

static void close_wire(void *context)
{
	struct https *https = context;

	http_close(https->http);
	secret_free(https->secret);
	forget(&https->question);
	forget(&https->answer);
	g_free(https->folder);
	g_free(https);
}

/* -- opening --------------------------------------------------------------- */

static int find_secret(const struct remote *remote, char **secret_r,
		       struct err *err)
{
	if (!remote->password_command)
		return 0;
	secret_start();
	secret_close_memory();
	*secret_r = secret_new(SECRET);
	if (secret_command(remote->password_command, remote->timeout, *secret_r,
			   SECRET, err) < 0)
		return err_prefix(err, "remote.%s.passwordCommand",
				  remote->name);
	return 0;
}

int git_https_wire(const struct remote *remote, const struct git_url *url,
		   const char *folder, struct store_wire *wire, struct err *err)
{
	struct https *https = g_new0(struct https, 1);
	struct http_site site = { .url = url->shown,
				  .ca_file = remote->ca_file,
				  .timeout_ms = remote->timeout };

	https->folder = g_strdup(folder);
	https->limit = remote->limit;
	*wire = (struct store_wire){ .is_stateless = true,
				     .ask = ask,
				     .write = write_all,
				     .read = read_some,
				     .close = close_wire,
				     .context = https };
	if (find_secret(remote, &https->secret, err) == 0) {
		site.user = https->secret ? url->user : NULL;
		site.password = https->secret;
		if (http_open_site(&site, &https->http, err) == 0)
			return 0;
	}
	close_wire(https);
	*wire = (struct store_wire){ 0 };
	return -1;
}
