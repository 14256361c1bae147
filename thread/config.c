/* SPDX-License-Identifier: ISC */
/* Settings, read once through libgit2 into a table: "section.key" or
 * "section.name.key" -> its values. As in git, section and key are compared
 * without case, the name between them with it. */
#include "defms/config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <git2.h>

#include "defms/io.h"
#include "store-git.h"

AUTO_KIND(git_config, git_config, git_config_free)
AUTO_KIND(git_config_iterator, git_config_iterator, git_config_iterator_free)

struct config {
	GHashTable
		*values; /* owned; key in lower case -> GPtrArray of char * */
	GPtrArray *keys; /* owned; of char *, as they came, none twice */
};

/* `key` as git compares it: lower case but for the name in the middle. */
static char *canonical(const char *key)
{
	char *result = g_strdup(key);
	char *first = strchr(result, '.'), *last = strrchr(result, '.');

	for (char *at = result; *at; at++)
		if (!first || at < first || at > last)
			*at = g_ascii_tolower(*at);
	return result;
}

/* Take over `key`. */
static GPtrArray *values_of(struct config *config, char *key)
{
	GPtrArray *values = g_hash_table_lookup(config->values, key);

	if (values) {
		g_free(key);
		return values;
	}
	values = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(config->keys, g_strdup(key));
	(void)g_hash_table_insert(config->values, key, values);
	return values;
}

static int read_all(struct config *config, git_config *file, const char *path,
		    struct err *err)
{
	AUTO(git_config_iterator) git_config_iterator *it = NULL;
	git_config_entry *entry;
	int result = git_config_iterator_new(&it, file);

	while (result == 0 && (result = git_config_next(&entry, it)) == 0)
		g_ptr_array_add(values_of(config, canonical(entry->name)),
				g_strdup(entry->value ? entry->value : "true"));
	return result == GIT_ITEROVER ? 0 : err_git(err, result, path);
}

/* Who does not say what his addresses are has those of his accounts. */
static void add_emails(struct config *config)
{
	AUTO(ptrs) GPtrArray *names = NULL;

	if (config_get(config, "user.email"))
		return;
	names = config_sections(config, "account");
	for (guint i = 0; i < names->len; i++) {
		AUTO(str)
		char *key = g_strdup_printf("account.%s.email",
					    (char *)names->pdata[i]);
		const char *email = config_get(config, key);

		if (email)
			g_ptr_array_add(
				values_of(config, g_strdup("user.email")),
				g_strdup(email));
	}
}

int config_open(struct config **config_r, struct err *err)
{
	AUTO(config) struct config *config = g_new0(struct config, 1);
	AUTO(str) char *path = config_file();
	AUTO(git_config) git_config *file = NULL;
	int result;

	git_start();
	config->values =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
				      (GDestroyNotify)g_ptr_array_unref);
	config->keys = g_ptr_array_new_with_free_func(g_free);
	result = git_config_open_ondisk(&file, path);
	if (result < 0 ? err_git(err, result, path) < 0
		       : read_all(config, file, path, err) < 0) {
		err->code = EINVAL;
		return -1;
	}
	add_emails(config);
	*config_r = take(config);
	return 0;
}

void config_close(struct config *config)
{
	if (!config)
		return;
	g_hash_table_unref(config->values);
	g_ptr_array_unref(config->keys);
	g_free(config);
}

int config_override(struct config *config, const char *assignment,
		    struct err *err)
{
	const char *equals = strchr(assignment, '=');
	const char *dot = strchr(assignment, '.');
	AUTO(str) char *key = NULL;
	GPtrArray *values;

	if (!equals || !dot || dot == assignment || equals <= dot + 1 ||
	    equals[-1] == '.')
		return err_set(err, EINVAL,
			       "%s: a setting is section.key=value",
			       assignment);
	key = g_strndup(assignment, (gsize)(equals - assignment));
	values = values_of(config, canonical(key));
	g_ptr_array_set_size(values, 0);
	g_ptr_array_add(values, g_strdup(equals + 1));
	return 0;
}

/* A line with `value` in quotes. Ours, as libgit2 1.5 leaves the quotes and
 * backslashes of a further value of a key as they are. */
static void append_setting(GString *text, const char *key, const char *value)
{
	g_string_append_printf(text, "\t%s = \"", key);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			g_string_append_c(text, '\\');
		if (*value == '\n')
			g_string_append(text, "\\n");
		else
			g_string_append_c(text, *value);
	}
	g_string_append(text, "\"\n");
}

int config_add(const char *section, const char *const *settings,
	       struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	AUTO(str) char *path = config_file();
	AUTO(str) char *folder = g_path_get_dirname(path);
	AUTO(fd) int fd = -1;

	/* The file may lack its last line feed. */
	g_string_append_printf(text, "\n[%s]\n", section);
	for (; *settings; settings += 2)
		append_setting(text, settings[0], settings[1]);
	if (g_mkdir_with_parents(folder, 0700) < 0)
		return err_sys(err, "%s", folder);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "%s", path);
	if (lseek(fd, 0, SEEK_END) == 0)
		(void)g_string_erase(text, 0, 1);
	if (io_write(fd, text->str, text->len, err) < 0)
		return err_prefix(err, "%s", path);
	return 0;
}

static GPtrArray *find(const struct config *config, const char *key)
{
	AUTO(str) char *name = canonical(key);

	return g_hash_table_lookup(config->values, name);
}

const char *config_get(const struct config *config, const char *key)
{
	const GPtrArray *values = find(config, key);

	return values ? values->pdata[values->len - 1] : NULL;
}

GPtrArray *config_get_all(const struct config *config, const char *key)
{
	GPtrArray *values = find(config, key);

	return values ? g_ptr_array_ref(values)
		      : g_ptr_array_new_with_free_func(g_free);
}

GPtrArray *config_sections(const struct config *config, const char *section)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	size_t size = strlen(section);

	for (guint i = 0; i < config->keys->len; i++) {
		const char *key = config->keys->pdata[i];
		const char *last = strrchr(key, '.');
		AUTO(str) char *name = NULL;

		if (g_ascii_strncasecmp(key, section, size) != 0 ||
		    key[size] != '.' || last == key + size)
			continue;
		name = g_strndup(key + size + 1,
				 (gsize)(last - key) - size - 1);
		if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal,
						      NULL))
			g_ptr_array_add(names, take(name));
	}
	return names;
}

int config_get_int(const struct config *config, const char *key,
		   const int64_t range[2], int64_t fallback, int64_t *value_r,
		   struct err *err)
{
	const char *text = config_get(config, key);
	int64_t value = fallback;

	if (text && (git_config_parse_int64(&value, text) < 0 ||
		     value < range[0] || value > range[1]))
		return err_set(err, EINVAL,
			       "%s: %s is no number from %" PRId64
			       " to %" PRId64,
			       key, text, range[0], range[1]);
	*value_r = value;
	return 0;
}

/* $`variable`, else ~/`otherwise`: the XDG Base Directory Specification has a
 * path that is not absolute ignored. */
static char *xdg_folder(const char *variable, const char *otherwise)
{
	const char *path = g_getenv(variable);

	if (path && *path == '/')
		return g_strdup(path);
	return g_build_filename(g_get_home_dir(), otherwise, NULL);
}

char *config_home(void)
{
	const char *path = g_getenv("DEFMS_HOME");
	AUTO(str) char *data = NULL;

	/* Absolute, as the daemon leaves the directory it was started in. */
	if (path && *path)
		return g_canonicalize_filename(path, NULL);
	data = xdg_folder("XDG_DATA_HOME", ".local/share");
	return g_build_filename(data, "defms", NULL);
}

char *config_cache(void)
{
	AUTO(str) char *cache = xdg_folder("XDG_CACHE_HOME", ".cache");

	return g_build_filename(cache, "defms", NULL);
}

char *config_file(void)
{
	AUTO(str) char *folder = xdg_folder("XDG_CONFIG_HOME", ".config");

	return g_build_filename(folder, "defms", "config", NULL);
}
