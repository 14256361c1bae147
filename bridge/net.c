/* SPDX-License-Identifier: ISC */
/* libcurl resolves, connects, encrypts and logs in (CURLOPT_CONNECT_ONLY); then
 * it only carries bytes. Of what it says on the way the callback watch() keeps
 * the step it is at and the server's last line, for whoever reads why it
 * failed.
 *
 * STARTTLS: libcurl speaks no word more than needed before it, fails if the
 * server does not offer it, sends PREAUTH or anything behind its answer, and
 * asks for the capabilities again afterwards. */
#include "net.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include <curl/curl.h>

#include "deflate.h"
#include "defms/secret.h"
#include "net-memory.h"
#include "net-talk.h"

enum {
	PIECE = 65536,
	WRITE_MOST = 1 << 20, /* in one call */
};

struct net {
	CURL *curl; /* owned, as is all else */
	char *name;
	struct deflate *deflate; /* NULL: it is not compressed */
	int64_t timeout;
	curl_socket_t fd;
	bool starttls;
};

/* What is seen of a login. */
struct login {
	struct talk talk;
	char problem[CURL_ERROR_SIZE]; /* libcurl's own words */
};

const char *net_name(const struct net *net)
{
	return net->name;
}

int64_t net_timeout(const struct net *net)
{
	return net->timeout;
}

int net_fd(const struct net *net)
{
	return net->fd;
}

/* -- why it failed --------------------------------------------------------- */

static int watch(CURL *curl, curl_infotype type, char *data, size_t size,
		 void *user)
{
	struct talk *talk = user;

	(void)curl;
	if (type == CURLINFO_HEADER_OUT)
		talk_command(talk, data, size);
	else if (type == CURLINFO_HEADER_IN)
		talk_answer(talk, data, size);
	return 0;
}

static enum step step_of(const struct net *net, const struct login *login,
			 CURLcode code)
{
	curl_off_t encrypted = 0;
	long port = 0;

	if (code == CURLE_SSL_CONNECT_ERROR ||
	    code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_CACERT_BADFILE)
		return STEP_TLS;
	if (code == CURLE_USE_SSL_FAILED)
		return STEP_STARTTLS;
	(void)curl_easy_getinfo(net->curl, CURLINFO_LOCAL_PORT, &port);
	if (port == 0)
		return STEP_CONNECT;
	(void)curl_easy_getinfo(net->curl, CURLINFO_APPCONNECT_TIME_T,
				&encrypted);
	if (!net->starttls && encrypted == 0)
		return STEP_TLS;
	return login->talk.step;
}

/* A handshake that is broken off looks like one that cannot be. */
static int handshake_code(const struct login *login)
{
	return strstr(login->problem, "SSL_ERROR_SYSCALL") ||
			       strstr(login->problem, "eset by peer") ||
			       strstr(login->problem, "unexpected eof")
		       ? ECONNRESET
		       : EPROTO;
}

static int connect_code(const struct net *net)
{
	long code = 0;

	(void)curl_easy_getinfo(net->curl, CURLINFO_OS_ERRNO, &code);
	return code ? (int)code : ECONNREFUSED;
}

static int err_curl(const struct net *net, const struct login *login,
		    CURLcode code, struct err *err)
{
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(err, EHOSTUNREACH, "no such host");
	case CURLE_COULDNT_CONNECT:
		return err_set(err, connect_code(net), "%s",
			       g_strerror(connect_code(net)));
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ETIMEDOUT, "no answer in time");
	case CURLE_PEER_FAILED_VERIFICATION:
		return err_set(err, EPERM,
			       "the certificate is not to be "
			       "trusted: %s",
			       login->problem);
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(err, EINVAL, "caFile cannot be read");
	case CURLE_SSL_CONNECT_ERROR:
		return err_set(err, handshake_code(login), "%s",
			       login->problem);
	case CURLE_USE_SSL_FAILED:
		return err_set(err, EPERM, "the server does not offer it");
	case CURLE_WEIRD_SERVER_REPLY:
		return err_set(err,
			       talk_is_later(&login->talk) ? EAGAIN : EPROTO,
			       "the server says what it should not: %s",
			       login->talk.answer);
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
		return err_set(err, ECONNRESET, "the connection is lost");
	default:
		return err_set(err, EPROTO, "%s", curl_easy_strerror(code));
	}
}

/* -- opening --------------------------------------------------------------- */

void net_close(struct net *net)
{
	if (!net)
		return;
	if (net->curl)
		curl_easy_cleanup(net->curl);
	deflate_free(net->deflate);
	g_free(net->name);
	g_free(net);
	curl_global_cleanup(); /* counts, as its counterpart */
}

static struct net *net_new(const struct account *account,
			   const struct account_server *server)
{
	struct net *net = g_new0(struct net, 1);

	(void)curl_global_init_mem(CURL_GLOBAL_DEFAULT, net_memory_new,
				   net_memory_free, net_memory_resized,
				   net_memory_copy, net_memory_zeroed);
	net->curl = curl_easy_init();
	if (!net->curl)
		g_error("libcurl does not start");
	net->name = g_strdup_printf("%s:%d", server->host, server->port);
	net->timeout = account->timeout;
	net->starttls = server->starttls;
	net->fd = CURL_SOCKET_BAD;
	return net;
}

/* An SMTP client names itself; what machine this is is nobody's business. */
static char *url_of(const struct account_server *server, enum service service)
{
	static const char *const schemes[] = { "imap", "smtp" };
	static const char *const paths[] = { "", "%5B127.0.0.1%5D" };

	return g_strdup_printf("%s%s://%s:%d/%s", schemes[service],
			       server->starttls ? "" : "s", server->host,
			       server->port, paths[service]);
}

static void set_place(CURL *curl, const struct account_server *server,
		      enum service service)
{
	AUTO(str) char *url = url_of(server, service);

	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
			       "imap,imaps,smtp,smtps");
	(void)curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
}

static void set_security(CURL *curl, const struct account *account)
{
	(void)curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	(void)curl_easy_setopt(curl, CURLOPT_SSLVERSION,
			       (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (!account->ca_file)
		return;
	(void)curl_easy_setopt(curl, CURLOPT_CAINFO, account->ca_file);
	(void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
}

static void set_patience(CURL *curl, const struct account *account)
{
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
			       (long)account->timeout);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
			       (long)account->timeout);
}

static void set_login(CURL *curl, const struct account *account,
		      const char *user, const char *secret)
{
	(void)curl_easy_setopt(curl, CURLOPT_USERNAME, user);
	if (account->token_command) {
		(void)curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, secret);
		(void)curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS,
				       "AUTH=XOAUTH2;AUTH=OAUTHBEARER");
		return;
	}
	(void)curl_easy_setopt(curl, CURLOPT_PASSWORD, secret);
	(void)curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS,
			       "AUTH=PLAIN;AUTH=LOGIN");
}

static CURLcode perform(struct net *net, struct login *login)
{
	*login = (struct login){
		.talk = { login->talk.service, STEP_GREETING, "" },
	};
	(void)curl_easy_setopt(net->curl, CURLOPT_ERRORBUFFER, login->problem);
	(void)curl_easy_setopt(net->curl, CURLOPT_DEBUGFUNCTION, watch);
	(void)curl_easy_setopt(net->curl, CURLOPT_DEBUGDATA, &login->talk);
	(void)curl_easy_setopt(net->curl, CURLOPT_VERBOSE, 1L);
	return curl_easy_perform(net->curl);
}

/* As perform(); at an old IMAP server that has neither mechanism, by what else
 * libcurl and it know, LOGIN last. */
static CURLcode log_in(struct net *net, const struct account *account,
		       struct login *login)
{
	CURLcode code = perform(net, login);

	if (code != CURLE_LOGIN_DENIED || login->talk.step == STEP_LOGIN ||
	    login->talk.service != SERVICE_IMAP || account->token_command)
		return code;
	(void)curl_easy_setopt(net->curl, CURLOPT_LOGIN_OPTIONS, NULL);
	return perform(net, login);
}

/* What libcurl keeps of it. */
static void forget_login(struct net *net)
{
	(void)curl_easy_setopt(net->curl, CURLOPT_VERBOSE, 0L);
	(void)curl_easy_setopt(net->curl, CURLOPT_ERRORBUFFER, NULL);
	(void)curl_easy_setopt(net->curl, CURLOPT_DEBUGDATA, NULL);
	(void)curl_easy_setopt(net->curl, CURLOPT_PASSWORD, NULL);
	(void)curl_easy_setopt(net->curl, CURLOPT_XOAUTH2_BEARER, NULL);
}

static int judge(struct net *net, const struct login *login, CURLcode code,
		 const char *secret, struct err *err)
{
	enum step step = step_of(net, login, code);

	if (code == CURLE_LOGIN_DENIED ||
	    (code == CURLE_OK && step != STEP_LOGIN)) {
		(void)talk_login_failed(&login->talk, secret, err);
		return err_prefix(err, "%s", step_name(STEP_LOGIN));
	}
	if (code != CURLE_OK) {
		(void)err_curl(net, login, code, err);
		if (*secret && strstr(err->text, secret))
			(void)err_set(err, err->code, "the server fails");
		return err_prefix(err, "%s", step_name(step));
	}
	if (curl_easy_getinfo(net->curl, CURLINFO_ACTIVESOCKET, &net->fd) !=
		    CURLE_OK ||
	    net->fd == CURL_SOCKET_BAD)
		return err_set(err, ECONNRESET, "the connection is lost");
	return 0;
}

static int open_checked(struct net *net, const struct account *account,
			enum service service, struct err *err)
{
	AUTO(secret) char *secret = secret_new(ACCOUNT_SECRET);
	struct login login = { .talk = { .service = service } };
	CURLcode code;

	if (account_secret(account, secret, err) < 0)
		return err_prefix(err, "%s", step_name(STEP_LOGIN));
	set_place(net->curl, &account->servers[service], service);
	set_security(net->curl, account);
	set_patience(net->curl, account);
	set_login(net->curl, account, account->servers[service].user, secret);
	code = log_in(net, account, &login);
	forget_login(net);
	return judge(net, &login, code, secret, err);
}

int net_open(const struct account *account, enum service service,
	     struct net **net_r, struct err *err)
{
	AUTO(net)
	struct net *net = net_new(account, &account->servers[service]);

	(void)signal(SIGPIPE, SIG_IGN); /* the library writes to the socket */
	if (open_checked(net, account, service, err) < 0)
		return err_prefix(err, "%s", net->name);
	*net_r = take(net);
	return 0;
}

/* -- bytes ----------------------------------------------------------------- */

/* Wait for `events`, until `deadline` (monotonic, us). 1/0/-1. */
static int wait_for(const struct net *net, short events, int64_t deadline,
		    struct err *err)
{
	struct pollfd item = { .fd = net->fd, .events = events };

	while (true) {
		int64_t left = deadline - g_get_monotonic_time();
		int ready;

		if (left <= 0)
			return 0;
		ready = poll(&item, 1, (int)MIN(left / 1000 + 1, G_MAXINT));
		if (ready > 0)
			return 1;
		if (ready < 0 && errno != EINTR)
			return err_sys(err, "%s: poll", net->name);
	}
}

static int64_t deadline_in(int64_t timeout_ms)
{
	return g_get_monotonic_time() + timeout_ms * 1000;
}

static int lost(const struct net *net, struct err *err)
{
	return err_set(err, ECONNRESET, "%s: the connection is lost",
		       net->name);
}

static int write_plain(struct net *net, const uint8_t *data, size_t size,
		       struct err *err)
{
	int64_t deadline = deadline_in(net->timeout);

	while (size > 0) {
		size_t sent = 0;
		CURLcode code = curl_easy_send(net->curl, data,
					       MIN(size, WRITE_MOST), &sent);
		int ready = 1;

		if (code == CURLE_AGAIN)
			ready = wait_for(net, POLLOUT, deadline, err);
		else if (code != CURLE_OK)
			return lost(net, err);
		if (ready <= 0)
			return ready < 0 ? -1
					 : err_set(err, ETIMEDOUT,
						   "%s: it takes no more",
						   net->name);
		if (sent > 0)
			deadline = deadline_in(net->timeout);
		data += sent;
		size -= sent;
	}
	return 0;
}

int net_write(struct net *net, const void *data, size_t size, struct err *err)
{
	AUTO(bytes) GByteArray *packed = NULL;

	if (!net->deflate)
		return write_plain(net, data, size, err);
	packed = g_byte_array_new();
	deflate_pack(net->deflate, data, size, packed);
	return write_plain(net, packed->data, packed->len, err);
}

/* 1/0/-1, as net_read(). */
static int read_plain(struct net *net, void *buf, size_t size, int64_t deadline,
		      size_t *size_r, struct err *err)
{
	while (true) {
		CURLcode code = curl_easy_recv(net->curl, buf, size, size_r);
		int ready;

		if (code == CURLE_OK && *size_r > 0)
			return 1;
		if (code != CURLE_AGAIN)
			return lost(net, err);
		ready = wait_for(net, POLLIN, deadline, err);
		if (ready <= 0)
			return ready;
	}
}

static int read_packed(struct net *net, void *buf, size_t size,
		       int64_t deadline, size_t *size_r, struct err *err)
{
	AUTO(str) char *piece = g_malloc(PIECE);

	while (true) {
		size_t got;
		int more = deflate_unpack(net->deflate, buf, size, size_r, err);

		if (more != 0)
			return more < 0 ? err_prefix(err, "%s", net->name) : 1;
		more = read_plain(net, piece, PIECE, deadline, &got, err);
		if (more <= 0)
			return more;
		deflate_feed(net->deflate, piece, got);
	}
}

int net_read(struct net *net, void *buf, size_t size, int64_t timeout_ms,
	     size_t *size_r, struct err *err)
{
	int64_t deadline = deadline_in(timeout_ms);

	return (net->deflate ? read_packed : read_plain)(net, buf, size,
							 deadline, size_r, err);
}

int net_deflate(struct net *net, const void *rest, size_t size, struct err *err)
{
	if (net->deflate)
		return err_set(err, EPROTO, "%s: it is compressed already",
			       net->name);
	net->deflate = deflate_new();
	deflate_feed(net->deflate, rest, size);
	return 0;
}
