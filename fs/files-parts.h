/* SPDX-License-Identifier: ISC */
/* What the files*.c share.
 *
 * Two locks. `change` is held while names, states and numbers change, over the
 * system calls that do the same on the disk; `lock` is a leaf, taken inside of
 * it for the table alone. So who looks a name up never waits for a disk. What
 * is read and written of a file's bytes holds neither. */
#ifndef DEFMS_FILES_PARTS_H
#define DEFMS_FILES_PARTS_H

#include <pthread.h>

#include "files.h"
#include "ledger.h"

enum { FILES_KEY = 48, FILES_OPEN = 64 };

/* An open file. */
struct handle {
	int fd;   /* owned */
	int refs; /* protected by `lock` */
};

struct item {
	uint32_t number;
	enum file_state state;
	int64_t copy;
	mode_t mode;      /* as it is shown */
	struct stat host; /* as it is on the disk */
	GPtrArray *names; /* of struct name, owned; it stands at the last one */
	char *target;     /* of a symbolic link; owned */
	int64_t changed;
	uint64_t held;         /* by the kernel */
	int writing;           /* calls that are at it */
	struct handle *handle; /* a reference, or NULL */
	GList used;            /* in files->used, if `handle` may be closed */
	bool is_used;
	GList kin;           /* in files->states */
	bool fresh;          /* made by this mount, and never synced */
	bool noted;          /* in the ledger; it was not changed since */
	struct ledger_id id; /* there */
};

struct place {
	struct node dir;
	char key[FILES_KEY];
	int64_t time;
	GHashTable *names; /* owned: text -> struct name */
};

struct name {
	struct place *place;
	struct item *item;
	uint32_t at;
	char *text; /* owned */
};

struct note {
	struct node dir;
	uint32_t number;
	char name[256];
};

struct files {
	int root;              /* owned: files/ */
	struct ledger *ledger; /* owned */
	pthread_mutex_t change;
	pthread_mutex_t lock; /* all below */
	GHashTable *places;   /* node id -> struct place; none goes */
	GHashTable *items;    /* number -> struct item */
	GQueue states[FILE_RESTING + 1];
	GQueue used; /* of struct item, the last used at the tail */
	GQueue notes;
	uint32_t last; /* number */
	uint32_t last_at;
	bool stirred;
	unsigned made;       /* directories that were made */
	unsigned made_sure;  /* of those, the first that are on the disk */
	bool settling;       /* somebody makes room in the ledger */
	pthread_cond_t stir; /* monotonic */
};

/* -- files.c: the table; `lock` is held ------------------------------------ */
struct item *files_item(struct files *files, uint32_t number);
struct name *files_name(struct files *files, struct node dir, const char *name);
/* Made if it is not there; NULL if that kind holds no files. */
struct place *files_place(struct files *files, struct node dir);
struct item *files_add(struct files *files, const struct stat *host,
		       mode_t mode);
/* `at` 0: the next. */
void files_add_name(struct files *files, struct item *item, struct place *place,
		    const char *text, uint32_t at);
/* Its item goes too, if nothing needs it. */
void files_drop_name(struct files *files, struct name *name);
void files_drop_if_idle(struct files *files, struct item *item);
void files_set_state(struct files *files, struct item *item,
		     enum file_state state);
void files_tell(const struct item *item, struct file *file_r);
void files_grow_time(struct place *place);
void files_add_note(struct files *files, struct node dir, const char *name,
		    uint32_t number);
void files_stir(struct files *files);

/* -- files-key.c: the directories below files/ ------------------------------
 */
bool files_key(struct node dir, char key[FILES_KEY]);
bool files_key_parse(const char *key, struct node *dir_r);

/* -- files-bytes.c ------------------------------------------------------------
 */
/* `lock` is held. */
void files_unref(struct handle *handle);
void files_let_go(struct files *files, struct item *item);
void files_keep(struct files *files, struct item *item, struct handle *handle);
/* A reference. */
int files_take_handle(struct files *files, uint32_t number,
		      struct handle **handle_r, struct err *err);
void files_put_handle(struct files *files, struct handle *handle);
int files_gone(struct err *err);
/* "<key>/<name>" below root. Caller frees. */
char *files_path(const struct name *name);
/* `change` is held: a descriptor that stays until the kernel forgets it. */
int files_pin(struct files *files, struct item *item, struct err *err);

/* -- files-sync.c ---------------------------------------------------------- */
/* What the ledger says of a file that is to be changed: on the disk itself. */
int files_settle(struct files *files, uint32_t number, struct err *err);
/* `lock` is held. Has the ledger one that loses its last name? To be told, once
 * it is not, by ledger_drop(). */
bool files_unnote(struct item *item, struct ledger_id *id_r);
/* At the end: all of them are. */
void files_settle_all(struct files *files);

#endif
