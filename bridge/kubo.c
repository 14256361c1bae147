/* SPDX-License-Identifier: ISC */
/* https://docs.ipfs.tech/reference/kubo/rpc/. Where a call fails is no matter
 * of the status alone: 500 with {"Message": ...}; 200 and a trailer
 * X-Stream-Error, after any part of the answer; 200 and an object with an error
 * in it. */
#include "kubo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "defms/io.h"
#include "defms/secret.h"
#include "kubo-parts.h"

enum {
	OLDEST_MINOR = 40, /* name/put came with 0.40 */
	TOKEN = 1024,
	GRACE_MS = 5000,
	BLOCK_MOST = CID_SIZE + 32 + (1 << 20),
};

/* -- opening --------------------------------------------------------------- */

static int check_token_file(int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "fstat");
	if (!S_ISREG(st.st_mode))
		return err_set(err, EPERM, "not a file");
	if (st.st_uid != geteuid() || (st.st_mode & 077))
		return err_set(err, EPERM,
			       "others may read it: chmod 600 is needed");
	return 0;
}

/* The first line of `path`. */
static int read_token(const char *path, char *token, struct err *err)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t size;
	size_t len;

	if (fd < 0)
		return err_sys(err, "%s", path);
	if (check_token_file(fd, err) < 0)
		return err_prefix(err, "%s", path);
	size = read(fd, token, TOKEN - 1);
	if (size < 0)
		return err_sys(err, "%s", path);
	token[size] = '\0';
	len = strcspn(token, "\r\n");
	for (size_t i = 0; i < len; i++)
		if (!g_ascii_isgraph(token[i]))
			len = 0;
	if (len == 0 || len == TOKEN - 1)
		return err_set(err, EINVAL, "%s: not a token", path);
	token[len] = '\0';
	return 0;
}

void kubo_close(struct kubo *kubo)
{
	if (!kubo)
		return;
	http_close(kubo->http);
	if (kubo->token)
		secret_free(kubo->token);
	g_free(kubo);
}

int kubo_open(const struct kubo_place *place, struct kubo **kubo_r,
	      struct err *err)
{
	AUTO(kubo) struct kubo *kubo = g_new0(struct kubo, 1);

	kubo->timeout_ms = place->timeout_ms;
	if (place->token_file) {
		kubo->token = secret_new(TOKEN);
		if (read_token(place->token_file, kubo->token, err) < 0)
			return -1;
	}
	if (http_open(place->url, kubo->token, place->timeout_ms, &kubo->http,
		      err) < 0)
		return -1;
	*kubo_r = take(kubo);
	return 0;
}

/* -- calls ----------------------------------------------------------------- */

/* What the node says about its failure. */
static int refused(int status, const char *text, struct err *err)
{
	switch (status) {
	case 401:
	case 403:
		return err_set(err, EACCES, "it refuses: %s", text);
	case 404:
	case 405:
		return err_set(err, EPROTO,
			       "it has no such call: not Kubo, or "
			       "one that is too old");
	case 429:
	case 502:
	case 503:
	case 504:
		return err_set(err, EAGAIN, "not now: %s", text);
	default:
		return err_set(err,
			       strstr(text, "deadline exceeded") ? ETIMEDOUT
								 : EREMOTEIO,
			       "%s", *text ? text : "it fails");
	}
}

static int judge(const struct http_answer *answer, struct err *err)
{
	AUTO(json) struct json *json = NULL;
	const char *text = answer->problem;

	if (answer->status == 200)
		return *answer->late ? refused(500, answer->late, err) : 0;
	if (json_parse(text, strlen(text), &json, NULL) == 0)
		text = json_text(json, "Message");
	return refused((int)answer->status, text ? text : "", err);
}

int64_t kubo_patience(const struct kubo *kubo, int64_t timeout_ms)
{
	return timeout_ms + MIN(kubo->timeout_ms, GRACE_MS);
}

int kubo_call(struct kubo *kubo, const struct http_request *request,
	      struct http_answer *answer_r, struct err *err)
{
	if (http_post(kubo->http, request, answer_r, err) < 0)
		return -1;
	if (judge(answer_r, err) < 0)
		return err_prefix(err, "%s", http_name(kubo->http));
	return 0;
}

int kubo_ask(struct kubo *kubo, const struct kubo_question *question,
	     GByteArray *out, struct http_answer *answer_r, struct err *err)
{
	struct http_limited limited = { out, question->limit };
	struct http_request request = { .path = question->path,
					.timeout_ms = question->timeout_ms,
					.sink = http_to_bytes,
					.sink_user = &limited };

	return kubo_call(kubo, &request, answer_r, err);
}

int kubo_line(const struct kubo *kubo, const GByteArray *out, size_t *at,
	      struct json **json_r, struct err *err)
{
	AUTO(json) struct json *json = NULL;
	const char *line = (const char *)out->data + *at, *end, *problem;

	if (*at >= out->len)
		return 0;
	end = memchr(line, '\n', out->len - *at);
	if (!end)
		end = (const char *)out->data + out->len;
	*at += (size_t)(end - line) + 1;
	if (json_parse(line, (size_t)(end - line), &json, err) < 0)
		return err_prefix(err, "%s", http_name(kubo->http));
	problem = json_text(json, "Root.PinErrorMsg");
	if ((!problem || !*problem) &&
	    g_strcmp0(json_text(json, "Type"), "error") == 0)
		problem = json_text(json, "Message");
	if (problem && *problem) {
		(void)refused(500, problem, err);
		return err_prefix(err, "%s", http_name(kubo->http));
	}
	*json_r = take(json);
	return 1;
}

/* -- version --------------------------------------------------------------- */

/* "0.43.0", "0.44.0-rc1". */
static bool is_new_enough(const char *version)
{
	char *end;
	guint64 major = g_ascii_strtoull(version, &end, 10), minor;

	if (*end != '.' || !g_ascii_isdigit(version[0]))
		return false;
	minor = g_ascii_strtoull(end + 1, NULL, 10);
	return major > 0 || minor >= OLDEST_MINOR;
}

int kubo_version(struct kubo *kubo, char version_r[KUBO_VERSION],
		 struct err *err)
{
	const struct kubo_question question = { "/api/v0/version",
						kubo->timeout_ms, KUBO_ANSWER };
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	AUTO(json) struct json *json = NULL;
	const char *name = http_name(kubo->http), *version = NULL;
	struct http_answer answer;
	size_t at = 0;
	int found;

	if (kubo_ask(kubo, &question, out, &answer, err) < 0)
		return -1;
	found = kubo_line(kubo, out, &at, &json, err);
	if (found > 0)
		version = json_text(json, "Version");
	if (!version || strlen(version) >= KUBO_VERSION)
		return err_set(err, EPROTO, "%s: not a Kubo node", name);
	if (!is_new_enough(version))
		return err_set(err, EPROTO,
			       "%s: Kubo %s is too old, 0.%d is needed", name,
			       version, OLDEST_MINOR);
	(void)g_strlcpy(version_r, version, KUBO_VERSION);
	return 0;
}

/* -- blocks ---------------------------------------------------------------- */

/* The number of blocks that the answer to an import tells. */
static int read_stats(const struct kubo *kubo, const GByteArray *out,
		      uint64_t *blocks_r, struct err *err)
{
	size_t at = 0;

	while (true) {
		AUTO(json) struct json *json = NULL;
		int found = kubo_line(kubo, out, &at, &json, err);

		if (found < 0)
			return -1;
		if (found == 0)
			return err_set(err, EPROTO,
				       "%s: it does not say what it stored",
				       http_name(kubo->http));
		*blocks_r = json_number(json, "Stats.BlockCount");
		if (*blocks_r > 0)
			return 0;
	}
}

int kubo_import(struct kubo *kubo, http_source *source, void *user,
		uint64_t *blocks_r, struct err *err)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct http_limited limited = { out, KUBO_ANSWER };
	struct http_request request = {
		.path = "/api/v0/dag/import?pin-roots=false&stats=true",
		.source = source,
		.source_user = user,
		.sink = http_to_bytes,
		.sink_user = &limited,
	};
	struct http_answer answer;
	uint64_t blocks;

	if (kubo_call(kubo, &request, &answer, err) < 0)
		return -1;
	return read_stats(kubo, out, blocks_r ? blocks_r : &blocks, err);
}

int kubo_export(struct kubo *kubo, const struct object_id *root,
		int64_t timeout_ms, http_sink *sink, void *user,
		struct err *err)
{
	AUTO(str) char *path = NULL;
	struct http_request request = {
		.timeout_ms = kubo_patience(kubo, timeout_ms),
		.is_steady = true,
		.sink = sink,
		.sink_user = user,
	};
	struct http_answer answer;
	char cid[CID_TEXT + 1];

	cid_print(root, cid);
	path = g_strdup_printf("/api/v0/dag/export?arg=%s&progress=false"
			       "&timeout=%" G_GINT64_FORMAT "ms",
			       cid, timeout_ms);
	request.path = path;
	return kubo_call(kubo, &request, &answer, err);
}

/* `where` is the end of the call's address. */
static int get_block(struct kubo *kubo, const struct object_id *id,
		     const char *where, int64_t timeout_ms, GByteArray *out,
		     struct err *err)
{
	AUTO(str) char *path = NULL;
	struct kubo_question question = { .timeout_ms = timeout_ms,
					  .limit = out->len + BLOCK_MOST };
	struct http_answer answer;
	char cid[CID_TEXT + 1];

	cid_print(id, cid);
	path = g_strconcat("/api/v0/block/get?arg=", cid, where, NULL);
	question.path = path;
	if (kubo_ask(kubo, &question, out, &answer, err) == 0)
		return 1;
	return strstr(answer.problem, "could not find") ||
			       strstr(answer.problem, "not found") ||
			       strstr(answer.problem, "deadline exceeded")
		       ? 0
		       : -1;
}

/* Online it would wait for other nodes, for ever. */
int kubo_block(struct kubo *kubo, const struct object_id *id, GByteArray *out,
	       struct err *err)
{
	return get_block(kubo, id, "&offline=true", kubo->timeout_ms, out, err);
}

int kubo_block_find(struct kubo *kubo, const struct object_id *id,
		    int64_t timeout_ms, GByteArray *out, struct err *err)
{
	AUTO(str)
	char *where =
		g_strdup_printf("&timeout=%" G_GINT64_FORMAT "ms", timeout_ms);

	return get_block(kubo, id, where, kubo_patience(kubo, timeout_ms), out,
			 err);
}
