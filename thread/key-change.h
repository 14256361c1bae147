/* SPDX-License-Identifier: ISC */
/* Changing an identity, in memory: identity_write() makes it last. All that
 * signs a card wants the root: EPERM without it. Under the mailbox's lock. */
#ifndef THREAD_KEY_CHANGE_H
#define THREAD_KEY_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/key.h"

/* The card lists this device's public key from now on. 1, 0 it did, -1. */
int identity_add_device(struct identity *identity, const uint8_t device[32],
			int64_t now, struct err *err);
/* It does not list that one any more, and there is a new person secret. ENOENT;
 * EINVAL for this device itself. */
int identity_drop_device(struct identity *identity, const struct device_id *id,
			 int64_t now, struct err *err);

/* Does the card list this device's public key? */
bool identity_lists(const struct identity *identity, const uint8_t device[32]);

/* Has the card not all of these addresses (char *), while there is room and the
 * root here? */
bool identity_lacks(const struct identity *identity, const GPtrArray *mails);
/* 1 some were added, 0 nothing to add, -1. What is no address is passed over.
 */
int identity_add_mails(struct identity *identity, const GPtrArray *mails,
		       int64_t now, struct err *err);

/* Draw a new device key. With the root it goes into the card; the old one stays
 * there, for its chains. Without, another device has to add it. */
int identity_new_device(struct identity *identity, int64_t now,
			struct err *err);

/* A card of mine that came from another device: 1 it is newer, and there is
 * another one now: that, or with the root one that goes beyond it; 0 it is not,
 * or not mine; -1. */
int identity_take_card(struct identity *identity, const char *text, size_t size,
		       struct err *err);
/* Is the newest card of a person secret that this device does not have? */
bool identity_is_behind(const struct identity *identity);
/* If it is: -1, EPERM, and what to do about it. */
int identity_check_current(const struct identity *identity, struct err *err);

/* Take over what another process wrote to the file at `path`: 1 something is
 * new, 0, -1. Other workers may use `identity` meanwhile. ESTALE if it is
 * another device or person now. */
int identity_refresh(const char *path, struct identity *identity,
		     struct err *err);

#endif
