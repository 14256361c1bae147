/* SPDX-License-Identifier: ISC */
/* ssh's standard input and output are the stream. What it says on standard
 * error is read on the way, so that it never waits for us, and tells why it
 * failed. */
#include "git-ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	GRACE = 1000, /* ms, to end when it is told to */
	WORDS = 4096, /* bytes of what was said last */
	OWN_FAILURE = 255,
	RATE = 1000, /* bytes a second, on average: who is slower is late */
};

struct ssh {
	char *host, *port, *path; /* owned; host: "user@host" */
	int64_t timeout_ms;
	int64_t patience;   /* us: how long is still waited for it */
	GPid pid;           /* 0: it does not run */
	int in, out, words; /* its ends; -1: closed */
	GString *said;      /* owned */
};

/* -- why it failed --------------------------------------------------------- */

/* The last line that says something. Caller frees. */
static char *last_line(const char *words)
{
	g_auto(GStrv) lines = g_strsplit(words, "\n", -1);

	for (guint i = g_strv_length(lines); i > 0; i--)
		if (*g_strstrip(lines[i - 1]))
			return g_strdup(lines[i - 1]);
	return g_strdup("ssh fails and does not say why");
}

int git_ssh_judge(int status, const char *words, struct err *err)
{
	AUTO(str) char *last = last_line(words);

	if (!WIFEXITED(status))
		return err_set(err, ECONNRESET, "ssh was killed");
	if (WEXITSTATUS(status) == 0)
		return err_set(err, ECONNRESET, "the connection is lost");
	if (WEXITSTATUS(status) != OWN_FAILURE)
		return err_set(err, ENOENT, "%s", last);
	if (strstr(words, "IDENTIFICATION HAS CHANGED"))
		return err_set(err, EPERM,
			       "the host's key is not the one in known_hosts");
	if (strstr(words, "Host key verification failed"))
		return err_set(err, EPERM,
			       "the host's key is not in known_hosts");
	if (strstr(words, "Permission denied"))
		return err_set(err, EACCES,
			       "no key opens it (one with a passphrase has to "
			       "be in ssh-agent): %s",
			       last);
	return err_set(err, EAGAIN, "%s", last);
}

/* -- the process ----------------------------------------------------------- */

char *git_ssh_command(bool push, const char *path)
{
	AUTO(str) char *quoted = g_shell_quote(path);

	return g_strdup_printf("git-%s-pack %s", push ? "receive" : "upload",
			       quoted);
}

static void add(GPtrArray *arguments, const char *argument)
{
	g_ptr_array_add(arguments, g_strdup(argument));
}

static GPtrArray *arguments_of(const struct ssh *ssh, bool push)
{
	GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);
	const char *own = g_getenv("GIT_SSH_COMMAND");

	if (own && *own) {
		add(arguments, "/bin/sh");
		add(arguments, "-c");
		/* No shell is left, to die and leave an ssh behind; variables
		 * may be set at the front. */
		g_ptr_array_add(arguments,
				g_strconcat("exec env ", own, " \"$@\"", NULL));
	}
	add(arguments, "ssh");
	add(arguments, "-o");
	add(arguments, "BatchMode=yes");
	if (ssh->port) {
		add(arguments, "-p");
		add(arguments, ssh->port);
	}
	add(arguments, ssh->host);
	g_ptr_array_add(arguments, git_ssh_command(push, ssh->path));
	g_ptr_array_add(arguments, NULL);
	return arguments;
}

/* In the child: it does not outlive us, and can be ended, with all that it
 * starts. */
static void on_fork(gpointer user)
{
	sigset_t none;

	(void)user;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)setpgid(0, 0);
}

static int start(struct ssh *ssh, bool push, struct err *err)
{
	AUTO(ptrs) GPtrArray *arguments = arguments_of(ssh, push);
	g_autoptr(GError) problem = NULL;

	(void)signal(SIGPIPE, SIG_IGN);
	if (!g_spawn_async_with_pipes(NULL, (char **)arguments->pdata, NULL,
				      G_SPAWN_SEARCH_PATH |
					      G_SPAWN_DO_NOT_REAP_CHILD,
				      on_fork, NULL, &ssh->pid, &ssh->in,
				      &ssh->out, &ssh->words, &problem))
		return err_set(err, ENOENT, "%s", problem->message);
	if (fcntl(ssh->in, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(ssh->out, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(ssh->words, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, "ssh");
	return 0;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* -- waiting --------------------------------------------------------------- */

/* Keep the end of what it says. */
static void take_words(struct ssh *ssh)
{
	char piece[1024];
	ssize_t got = read(ssh->words, piece, sizeof(piece));

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		close_end(&ssh->words);
	if (got <= 0)
		return;
	(void)g_string_append_len(ssh->said, piece, got);
	if (ssh->said->len > WORDS)
		(void)g_string_erase(ssh->said, 0,
				     (gssize)(ssh->said->len - WORDS));
}

static int64_t deadline_in(int64_t timeout_ms)
{
	return g_get_monotonic_time() + timeout_ms * 1000;
}

/* What it waited for since `since` is spent; what came, or went, buys some. */
static void count(struct ssh *ssh, int64_t since, size_t bytes)
{
	int64_t left = ssh->patience - (g_get_monotonic_time() - since);

	ssh->patience = MIN(left + (int64_t)bytes * (G_USEC_PER_SEC / RATE),
			    ssh->timeout_ms * 1000);
}

/* Until there are `events` at `fd`, while what it says is taken. 1; 0: not
 * until `deadline`; -1. */
static int wait_for(struct ssh *ssh, int fd, short events, int64_t deadline,
		    struct err *err)
{
	while (true) {
		struct pollfd items[] = { { .fd = fd, .events = events },
					  { .fd = ssh->words,
					    .events = POLLIN } };
		int64_t left = deadline - g_get_monotonic_time();
		int ready;

		if (left <= 0)
			return 0;
		ready = poll(items, G_N_ELEMENTS(items),
			     (int)MIN(left / 1000 + 1, G_MAXINT));
		if (ready < 0 && errno != EINTR)
			return err_sys(err, "poll");
		if (ready <= 0)
			continue;
		if (items[1].revents)
			take_words(ssh);
		if (items[0].revents)
			return 1;
	}
}

/* Has it ended by itself until `deadline`? */
static bool has_ended(struct ssh *ssh, int64_t deadline)
{
	AUTO(fd) int fd = pidfd_open(ssh->pid, 0);

	return fd >= 0 && wait_for(ssh, fd, POLLIN, deadline, NULL) > 0;
}

/* It ends, as it gets no more and can say no more, or is ended. Its status, as
 * of waitpid(). */
static int reap(struct ssh *ssh, int64_t deadline)
{
	int status = 0;

	close_end(&ssh->in);
	close_end(&ssh->out);
	if (!has_ended(ssh, deadline)) {
		(void)kill(-ssh->pid, SIGTERM);
		(void)has_ended(ssh, deadline_in(GRACE));
		(void)kill(-ssh->pid, SIGKILL);
	}
	while (waitpid(ssh->pid, &status, 0) < 0 && errno == EINTR)
		;
	ssh->pid = 0;
	for (size_t before = SIZE_MAX;
	     ssh->words >= 0 && before != ssh->said->len;) {
		before = ssh->said->len;
		take_words(ssh);
	}
	close_end(&ssh->words);
	return status;
}

/* It says no more: why? -1, or 0 if it ended well. */
static int look_why(struct ssh *ssh, struct err *err)
{
	int status = reap(ssh, deadline_in(ssh->timeout_ms));

	return status == 0 ? 0 : git_ssh_judge(status, ssh->said->str, err);
}

/* -- the wire -------------------------------------------------------------- */

static int ask(void *context, bool push, bool refs, struct err *err)
{
	struct ssh *ssh = context;

	return refs ? start(ssh, push, err) : 0;
}

static int lost(struct err *err)
{
	return err_set(err, ECONNRESET, "the connection is lost");
}

static int late(struct ssh *ssh, struct err *err)
{
	(void)reap(ssh, 0);
	return err_set(err, ETIMEDOUT, "no answer in time");
}

static int write_all(void *context, const void *data, size_t size,
		     struct err *err)
{
	struct ssh *ssh = context;
	int64_t since = g_get_monotonic_time();
	const char *at = data;
	int ready = 1;

	while (ssh->pid && size > 0) {
		ssize_t done = write(ssh->in, at, size);

		if (done > 0) {
			count(ssh, since, (size_t)done);
			since = g_get_monotonic_time();
			at += done;
			size -= (size_t)done;
			continue;
		}
		if (done < 0 && errno == EPIPE)
			return look_why(ssh, err) < 0 ? -1 : lost(err);
		if (done < 0 && errno != EAGAIN && errno != EINTR)
			return err_sys(err, "ssh");
		ready = wait_for(ssh, ssh->in, POLLOUT, since + ssh->patience,
				 err);
		if (ready <= 0)
			return ready < 0 ? -1 : late(ssh, err);
	}
	return size > 0 ? lost(err) : 0;
}

static int read_some(void *context, void *buf, size_t size, size_t *size_r,
		     struct err *err)
{
	struct ssh *ssh = context;
	int64_t since = g_get_monotonic_time();

	while (ssh->pid) {
		ssize_t got = read(ssh->out, buf, size);
		int ready;

		if (got > 0) {
			count(ssh, since, (size_t)got);
			*size_r = (size_t)got;
			return 1;
		}
		if (got == 0)
			return look_why(ssh, err);
		if (errno != EAGAIN && errno != EINTR)
			return err_sys(err, "ssh");
		ready = wait_for(ssh, ssh->out, POLLIN, since + ssh->patience,
				 err);
		if (ready <= 0)
			return ready < 0 ? -1 : late(ssh, err);
	}
	return 0;
}

/* The other side may have something left to do: it ends at the end of its
 * input, which is ours to give. */
static void close_wire(void *context)
{
	struct ssh *ssh = context;

	if (ssh->pid)
		(void)reap(ssh, deadline_in(ssh->timeout_ms));
	(void)g_string_free(ssh->said, TRUE);
	g_free(ssh->host);
	g_free(ssh->port);
	g_free(ssh->path);
	g_free(ssh);
}

void git_ssh_wire(const struct git_url *url, int64_t timeout_ms,
		  struct store_wire *wire)
{
	struct ssh *ssh = g_new0(struct ssh, 1);

	ssh->host = url->user ? g_strdup_printf("%s@%s", url->user, url->host)
			      : g_strdup(url->host);
	ssh->port = g_strdup(url->port);
	ssh->path = g_strdup(url->path);
	ssh->timeout_ms = timeout_ms;
	ssh->patience = timeout_ms * 1000;
	ssh->in = ssh->out = ssh->words = -1;
	ssh->said = g_string_new(NULL);
	*wire = (struct store_wire){ .ask = ask,
				     .write = write_all,
				     .read = read_some,
				     .close = close_wire,
				     .context = ssh };
}
