/* SPDX-License-Identifier: ISC */
/* Who may put what into strands: the newest card of each person that is known,
 * from state.db, from this mailbox's identity, and from what is offered. */
#ifndef DEFMS_PULL_PEOPLE_H
#define DEFMS_PULL_PEOPLE_H

#include "defms/pull.h"
#include "defms/state-contacts.h"

struct person {
	struct root_key root;
	struct card *card; /* owned: the newest */
	char *text;        /* owned: of that card */
	char *outdated;    /* owned: of me: that is offered, of a higher
			    * version, but of older keys; NULL: none */
	bool is_new;       /* state.db has an older one, or none */
	bool is_me;
	bool is_pinned; /* an address is pinned to the root, or it is me */
	bool is_named;  /* by the remote's `from` */
};

struct people;
int people_new(struct mailbox *mailbox, struct state *state,
	       const struct offer *offer, struct people **people_r,
	       struct err *err);
void people_free(struct people *people);
AUTO_KIND(people, struct people, people_free)

/* Borrowed; NULL if there is no card of this root. */
const struct person *people_of_root(const struct people *people,
				    const struct root_key *root);

/* Me. Borrowed. */
const struct person *people_me(const struct people *people);

/* All of them, of struct person; borrowed. */
const GPtrArray *people_all(const struct people *people);

/* Is it a device of mine? */
bool people_is_mine(const struct people *people,
		    const struct device_id *device);
/* All of those (struct device_id); borrowed. */
const GArray *people_my_devices(const struct people *people);
/* Of somebody whose public strands are taken? */
bool people_is_welcome(const struct people *people,
		       const struct device_id *device);

#endif
