/* SPDX-License-Identifier: ISC */
#include "defms/io.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "store-test.h"

static GByteArray *random_bytes(guint size, guint32 seed)
{
	GRand *rand = g_rand_new_with_seed(seed);
	GByteArray *bytes = g_byte_array_new();

	(void)g_byte_array_set_size(bytes, size);
	for (guint i = 0; i < size; i++)
		bytes->data[i] = (guint8)g_rand_int(rand);
	g_rand_free(rand);
	return bytes;
}

static void check_file(const char *path, const GByteArray *want)
{
	AUTO(bytes) GByteArray *got = g_byte_array_new();
	struct err err = { 0 };

	CHECK_INT(io_read_file(path, 1 << 24, got, &err), 0);
	if (CHECK_INT(got->len, want->len))
		CHECK_MEM(got->data, want->data, want->len);
}

TEST(a_file_comes_back_and_replaces_what_was_there)
{
	/* Around the size of the buffer that is read with. */
	static const guint sizes[] = { 100000, 32768, 16385, 16384,
				       16383,  1,     0,     70000 };
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "f", NULL);
	struct err err = { 0 };
	struct stat st;

	for (guint i = 0; i < 2 * G_N_ELEMENTS(sizes); i++) {
		AUTO(bytes)
		GByteArray *data = random_bytes(sizes[i / 2], i);

		CHECK_INT(
			i % 2 ? io_write_file(path, data->data, data->len, &err)
			      : io_replace_file(path, data->data, data->len,
						&err),
			0);
		check_file(path, data);
		CHECK_INT(stat(path, &st), 0);
		CHECK_INT(st.st_mode & 0777, 0600);
	}
	CHECK_INT(shell("test \"$(ls -A %s)\" = f", folder), 0);
}

TEST(what_is_read_is_appended)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "f", NULL);
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct err err = { 0 };

	CHECK_INT(io_write_file(path, "ab\0c", 4, &err), 0);
	CHECK_INT(io_read_file(path, 100, out, &err), 0);
	CHECK_INT(io_read_file(path, 100, out, &err), 0);
	CHECK_INT(out->len, 8);
	CHECK_MEM(out->data, "ab\0cab\0c", 8);
}

TEST(a_file_over_the_limit_is_refused)
{
	static const guint sizes[] = { 1, 2, 16383, 16384, 16385, 40000 };
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "f", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		AUTO(bytes) GByteArray *data = random_bytes(sizes[i], i);

		for (guint limit = sizes[i] - 1; limit <= sizes[i] + 1;
		     limit++) {
			AUTO(bytes) GByteArray *out = g_byte_array_new();
			bool good = limit >= sizes[i];
			struct err err = { 0 };

			CHECK_INT(io_write_file(path, data->data, data->len,
						&err),
				  0);
			CHECK_INT(io_read_file(path, limit, out, &err),
				  good ? 0 : -1);
			CHECK_INT(err.code, good ? 0 : EFBIG);
			if (!good)
				CHECK(strstr(err.text, path) != NULL);
		}
	}
}

TEST(what_is_not_there_is_named)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "none", "f", NULL);
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	AUTO(str)
	char *want = g_strdup_printf("%s: %s", path, g_strerror(ENOENT));
	struct err err = { 0 };

	CHECK_INT(io_read_file(path, 100, out, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK_STR(err.text, want);
	CHECK_INT(io_write_file(path, "x", 1, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK_STR(err.text, want);
	CHECK_INT(io_replace_file(path, "x", 1, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK_INT(io_sync(path, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK_INT(io_sync_tree(path, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK_INT(io_read_file(folder, 100, out, &err), -1);
	CHECK_INT(err.code, EISDIR);
}

struct drain {
	int fd;
	GByteArray *got;
};

/* Reads in little bits, so that the writer writes in parts. */
static void *drain(void *data)
{
	struct drain *drain = data;
	guint8 bit[611];
	ssize_t size;

	while ((size = read(drain->fd, bit, sizeof(bit))) > 0)
		(void)g_byte_array_append(drain->got, bit, (guint)size);
	return NULL;
}

static void ignore(int number)
{
	(void)number;
}

/* A pipe takes what fits, and a signal interrupts it. */
TEST(all_is_written_in_however_many_parts)
{
	AUTO(bytes) GByteArray *data = random_bytes(1 << 20, 7);
	AUTO(bytes) GByteArray *got = g_byte_array_new();
	struct sigaction action = { .sa_handler = ignore };
	struct itimerval timer = { { 0, 200 }, { 0, 200 } }, none = { 0 };
	struct drain drainer = { .got = got };
	struct err err = { 0 };
	sigset_t alarms;
	pthread_t thread;
	int fds[2];

	CHECK_INT(pipe(fds), 0);
	drainer.fd = fds[0];
	(void)sigemptyset(&alarms);
	(void)sigaddset(&alarms, SIGALRM);
	(void)sigaction(SIGALRM, &action, NULL);
	(void)pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	CHECK_INT(pthread_create(&thread, NULL, drain, &drainer), 0);
	(void)pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
	(void)setitimer(ITIMER_REAL, &timer, NULL);
	CHECK_INT(io_write(fds[1], data->data, data->len, &err), 0);
	(void)setitimer(ITIMER_REAL, &none, NULL);
	(void)close(fds[1]);
	(void)pthread_join(thread, NULL);
	(void)close(fds[0]);
	if (CHECK_INT(got->len, data->len))
		CHECK_MEM(got->data, data->data, data->len);
}

TEST(a_full_device_is_told)
{
	AUTO(fd) int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct err err = { 0 };

	if (fd < 0)
		return;
	CHECK_INT(io_write(fd, "x", 1, &err), -1);
	CHECK_INT(err.code, ENOSPC);
	CHECK_INT(io_write(fd, NULL, 0, &err), 0);
	CHECK_INT(io_write(-1, "x", 1, &err), -1);
	CHECK_INT(err.code, EBADF);
}

/* No file may grow over `size` bytes: a write in parts that fails later. */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = MIN(size, limit.rlim_max);
	(void)setrlimit(RLIMIT_FSIZE, &limit);
}

TEST(a_replacement_that_fails_leaves_the_old_one)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "f", NULL);
	AUTO(bytes) GByteArray *old = random_bytes(5000, 1);
	AUTO(bytes) GByteArray *new = random_bytes(50000, 2);
	struct err err = { 0 };
	int result;

	CHECK_INT(io_replace_file(path, old->data, old->len, &err), 0);
	for (rlim_t size = 0; size < 50000; size += 4999) {
		limit_files(size);
		result = io_replace_file(path, new->data, new->len, &err);
		limit_files(RLIM_INFINITY);
		CHECK_INT(result, -1);
		CHECK_INT(err.code, EFBIG);
		CHECK(strstr(err.text, path) != NULL);
		check_file(path, old);
		CHECK_INT(shell("test \"$(ls -A %s)\" = f", folder), 0);
	}
	/* A folder in its place. */
	CHECK_INT(shell("rm %s && mkdir -p %s/x", path, path), 0);
	CHECK_INT(io_replace_file(path, "x", 1, &err), -1);
	CHECK_INT(err.code, EISDIR);
	CHECK_INT(shell("test \"$(ls -A %s)\" = f", folder), 0);
}

/* Who reads meanwhile sees one or the other, never a part. */
static void *replace(void *data)
{
	const char *path = data;
	AUTO(bytes) GByteArray *one = random_bytes(3000, 1);
	AUTO(bytes) GByteArray *two = random_bytes(60000, 2);

	for (int i = 0; i < 40; i++) {
		const GByteArray *next = i % 2 ? one : two;

		(void)io_replace_file(path, next->data, next->len, NULL);
	}
	return NULL;
}

TEST(a_reader_sees_the_old_or_the_new)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "f", NULL);
	AUTO(bytes) GByteArray *one = random_bytes(3000, 1);
	AUTO(bytes) GByteArray *two = random_bytes(60000, 2);
	struct err err = { 0 };
	pthread_t thread;

	CHECK_INT(io_replace_file(path, one->data, one->len, &err), 0);
	CHECK_INT(pthread_create(&thread, NULL, replace, path), 0);
	for (int i = 0; i < 400; i++) {
		AUTO(bytes) GByteArray *got = g_byte_array_new();

		CHECK_INT(io_read_file(path, 1 << 20, got, &err), 0);
		CHECK(got->len == one->len || got->len == two->len);
		CHECK_MEM(got->data,
			  got->len == one->len ? one->data : two->data,
			  MIN(got->len, two->len));
	}
	(void)pthread_join(thread, NULL);
	check_file(path, one);
}

TEST(a_tree_is_synced_whatever_is_in_it)
{
	AUTO(folder) char *folder = folder_new();
	struct err err = { 0 };

	CHECK_INT(shell("cd %s && mkdir -p a/b/c && echo >a/b/x && "
			"ln -s nowhere a/dangling && ln -s . a/b/loop",
			folder),
		  0);
	CHECK_INT(io_sync_tree(folder, &err), 0);
	CHECK_INT(io_sync(folder, &err), 0);
}

/* -- a directory ----------------------------------------------------------- */

static int fail_at; /* the number of the call that fails; 0: none */

/* In place of the system's, which it calls. */
struct dirent *readdir(DIR *dir)
{
	static struct dirent *(*real)(DIR *);

	if (!real)
		*(void **)(&real) = dlsym(RTLD_NEXT, "readdir");
	if (fail_at > 0 && --fail_at == 0) {
		errno = EIO;
		return NULL;
	}
	return real(dir);
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a folder, sorted, a space between; NULL if it cannot be read. */
static char *entries(const char *folder, struct err *err)
{
	AUTO(dir) DIR *dir = opendir(folder);
	AUTO(ptrs) GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	const struct dirent *entry;
	int more;

	while ((more = io_next_entry(dir, "it", &entry, err)) > 0)
		g_ptr_array_add(names, g_strdup(entry->d_name));
	g_ptr_array_sort(names, by_text);
	g_ptr_array_add(names, NULL);
	return more < 0 ? NULL : g_strjoinv(" ", (char **)(void *)names->pdata);
}

TEST(a_directory_is_read_to_its_end_or_not_at_all)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *all = NULL;
	struct err err = { 0 };

	CHECK_INT(shell("cd %s && touch .a b ..c", folder), 0);
	all = entries(folder, &err);
	CHECK_STR(all, "..c .a b");
	/* ".", "..", three files, and the end. */
	for (int call = 1; call <= 6; call++) {
		AUTO(str) char *some = NULL;

		fail_at = call;
		some = entries(folder, &err);
		CHECK(!some);
		CHECK_INT(err.code, EIO);
		CHECK_STR(err.text, "it: Input/output error");
	}
}
