/* SPDX-License-Identifier: ISC */
/* A connection to a mail server, encrypted and logged in: the one door to
 * libcurl. TLS 1.2 or later, with a certificate that is verified, or no
 * connection; who talks over one has to set limits to what he reads.
 *
 * Every failure is one line that begins with the server, as in
 * "mail.example.org:993", and here with the step: connect, TLS, greeting,
 * STARTTLS, login. Its code:
 *
 *	ETIMEDOUT ECONNREFUSED ECONNRESET EHOSTUNREACH EAGAIN ...  later
 *	EPERM	no TLS, or a certificate that nobody vouches for
 *	EACCES	the login is refused, or there is no password for it
 *	EPROTO	not the protocol it should be */
#ifndef BRIDGE_NET_H
#define BRIDGE_NET_H

#include <stddef.h>
#include <stdint.h>

#include "account.h"

struct net;

/* Connect, encrypt, log in: as one step, which may take account->timeout.
 * `account` is borrowed and has such a server. What the server sent until then
 * is forgotten (its capabilities are to be asked for again). */
int net_open(const struct account *account, enum service service,
	     struct net **net_r, struct err *err);
/* Without a good-bye, which its protocol has to say. */
void net_close(struct net *net);
AUTO_KIND(net, struct net, net_close)

/* "mail.example.org:993"; borrowed. */
const char *net_name(const struct net *net);
/* How long a step may take, ms. */
int64_t net_timeout(const struct net *net);

/* Write all of it. ETIMEDOUT if no byte more is taken for net_timeout(). Who
 * writes many commands before he reads has to read now and then: a server that
 * cannot get rid of its answers takes no more. 0/-1. */
int net_write(struct net *net, const void *data, size_t size, struct err *err);

/* Read what is there, up to `size` bytes; wait for the first at most
 * `timeout_ms` (0: do not wait). 1 if there is something, 0 if not in that
 * time, -1: ECONNRESET, also where the server closed it well. */
int net_read(struct net *net, void *buf, size_t size, int64_t timeout_ms,
	     size_t *size_r, struct err *err);

/* To poll for reading; only right after net_read() gave 0, as more may have
 * been decrypted than was asked for. */
int net_fd(const struct net *net);

/* From now on both sides compress (RFC 4978). `rest`: what was read behind the
 * answer that says so. 0/-1. */
int net_deflate(struct net *net, const void *rest, size_t size,
		struct err *err);

#endif
