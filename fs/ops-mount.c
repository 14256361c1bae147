/* SPDX-License-Identifier: ISC */
/* A mount: libfuse's session, and what the watcher tells the kernel. */
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { SLOW_WORKERS = 2 };

/* libfuse says on stderr what is returned as well. */
static void say_nothing(enum fuse_log_level level, const char *format,
			va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
}

/* Without these the kernel lets nobody in but who mounted it. Then it need not
 * look at the mode of each directory on the way, which it would ask for anew
 * after each change in one. */
static bool lets_others_in(const char *options)
{
	g_auto(GStrv) each = g_strsplit(options, ",", -1);

	return g_strv_contains((const char *const *)each, "allow_other") ||
	       g_strv_contains((const char *const *)each, "allow_root");
}

static struct fuse_session *session_new(const char *options,
					struct mount *mount)
{
	AUTO(str)
	char *all = g_strconcat(lets_others_in(options) ? "default_permissions,"
							: "",
				"fsname=defms,subtype=defms",
				options[0] ? "," : "", options, NULL);
	char program[] = "defms", flag[] = "-o";
	char *arguments[] = { program, flag, all, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(3, arguments);
	struct fuse_session *session;

	fuse_set_log_func(say_nothing);
	session = fuse_session_new(&args, &ops_table, sizeof(ops_table), mount);
	fuse_opt_free_args(&args);
	return session;
}

/* What is in use must not lose its name, if that is still true, where it is a
 * directory: it may be somebody's working directory. A file's name is better
 * thrown away: the kernel asks about one that has expired without a lock, and
 * so may believe for ever an answer that was on its way when it was told. */
static void tell(void *data, const struct told *told)
{
	struct mount *mount = data;

	if (told->what == TOLD_NODE)
		(void)fuse_lowlevel_notify_inval_inode(mount->session, told->id,
						       0, 0);
	else if (told->what == TOLD_DIR && mount_can_expire(mount))
		(void)fuse_lowlevel_notify_expire_entry(
			mount->session, told->id, told->text,
			strlen(told->text), FUSE_LL_EXPIRE_ONLY);
	else
		(void)fuse_lowlevel_notify_inval_entry(mount->session, told->id,
						       told->text,
						       strlen(told->text));
}

int mount_open(struct fs *fs, const char *path, const char *options,
	       struct mount **mount_r, struct err *err)
{
	AUTO(mount) struct mount *mount = g_new0(struct mount, 1);

	mount->fs = fs;
	mount->path = g_strdup(path);
	mount->session = session_new(options, mount);
	if (!mount->session)
		return err_set(err, EINVAL, "unknown mount option in \"%s\"",
			       options);
	if (fuse_session_mount(mount->session, path) < 0)
		return err_set(err, EIO, "%s: cannot be mounted", path);
	mount->mounted = true;
	mount->slow = workers_new(SLOW_WORKERS, request_slow);
	if (teller_new(fuse_session_fd(mount->session), path, tell, mount,
		       &mount->teller, err) < 0)
		return -1;
	*mount_r = take(mount);
	return 0;
}

void mount_close(struct mount *mount)
{
	if (!mount)
		return;
	teller_free(mount->teller);
	workers_free(mount->slow);
	if (mount->mounted)
		fuse_session_unmount(mount->session);
	if (mount->session)
		fuse_session_destroy(mount->session);
	g_free(mount->path);
	g_free(mount);
}

int mount_serve(struct mount *mount, struct err *err)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	int result;

	fuse_loop_cfg_set_max_threads(config, WORKERS);
	fuse_loop_cfg_set_clone_fd(config, 1);
	result = fuse_session_loop_mt(mount->session, config);
	fuse_loop_cfg_destroy(config);
	if (result < 0 && result != -EINTR)
		return err_set(err, -result, "%s: %s", mount->path,
			       g_strerror(-result));
	return 0;
}

void mount_stop(struct mount *mount)
{
	fuse_session_exit(mount->session);
}

/* The kernel ends a connection with its last descriptor; the session still
 * closes, and unmounts, its own. One that has ended already answers nobody. */
void mount_abort(struct mount *mount)
{
	struct pollfd session = { .fd = fuse_session_fd(mount->session) };
	AUTO(fd) int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && poll(&session, 1, 0) == 0)
		(void)dup3(fd, session.fd, O_CLOEXEC);
	teller_hang_up(mount->teller);
}

struct fs *mount_fs(const struct mount *mount)
{
	return mount->fs;
}

const char *mount_path(const struct mount *mount)
{
	return mount->path;
}

bool mount_can_expire(const struct mount *mount)
{
	return g_atomic_int_get(&mount->can_expire) != 0;
}

void mount_drop_node(struct mount *mount, struct node node)
{
	teller_tell(mount->teller, TOLD_NODE, node_id(node), NULL);
}

void mount_drop_name(struct mount *mount, struct node dir, const char *name)
{
	teller_tell(mount->teller, TOLD_NAME, node_id(dir), name);
}

void mount_drop_dir(struct mount *mount, struct node dir, const char *name)
{
	teller_tell(mount->teller, TOLD_DIR, node_id(dir), name);
}

void mount_touch(struct mount *mount, const char *below)
{
	AUTO(str) char *path = g_build_filename(mount->path, below, NULL);

	teller_tell(mount->teller, TOLD_TOUCH, 0, path);
}

void mount_tell_mail(struct mount *mount, struct node tmp, const char *below)
{
	AUTO(str) char *path = g_build_filename(mount->path, below, NULL);

	teller_tell(mount->teller, TOLD_MAIL, node_id(tmp), path);
}

void mount_hush(struct mount *mount)
{
	teller_end(mount->teller);
}
