/* SPDX-License-Identifier: ISC */
/* The user's accounts elsewhere: the sections [account "NAME"] of
 * defms-config(5), checked. */
#ifndef BRIDGE_ACCOUNT_H
#define BRIDGE_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/config.h"
#include "defms/err.h"

/* What an account has a server for. */
enum service {
	SERVICE_IMAP,
	SERVICE_SMTP,
	SERVICES, /* how many there are */
};

struct account_server {
	char *host; /* owned; NULL: the account has none */
	char *user; /* owned; what it logs in as */
	uint16_t port;
	bool starttls; /* else TLS from the first byte */
};

struct account {
	char *name;  /* owned, all of them */
	char *email; /* addr-spec; NULL: user.email */
	struct account_server servers[SERVICES];
	char *password_command; /* one of the two, the other is NULL */
	char *token_command;
	char *ca_file;      /* NULL: the system's */
	char *authserv;     /* NULL: none is believed */
	GPtrArray *folders; /* of char *, globs; empty: all */
	int64_t timeout;    /* ms that a server may take for one step */
};

/* Enough for any password or token, with its NUL. */
enum { ACCOUNT_SECRET = 16384 };

/* All accounts, of struct account *, in the file's order. EINVAL, and a text
 * that names the key, if one of them has a value that cannot be. */
int account_list(const struct config *config, GPtrArray **accounts_r,
		 struct err *err);
void account_free(struct account *account);
AUTO_KIND(account, struct account, account_free)

/* Run passwordCommand or tokenCommand; the first line that it prints, in
 * `secret`, ACCOUNT_SECRET bytes of secret_new(). EACCES if it fails or prints
 * none, ETIMEDOUT. */
int account_secret(const struct account *account, char *secret,
		   struct err *err);

#endif
