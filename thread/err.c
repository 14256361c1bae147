/* SPDX-License-Identifier: ISC */
#include "defms/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

/* Texts quote file names, headers and servers: make them one printable line. */
static void make_printable(char *text)
{
	const char *bad = NULL;

	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	while (!g_utf8_validate(text, -1, &bad))
		text[bad - text] = '?';
}

__attribute__((format(printf, 3, 0))) static void
fill(struct err *err, int code, const char *format, va_list args)
{
	err->code = code;
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	make_printable(err->text);
}

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	fill(err, code, format, args);
	va_end(args);
	return -1;
}

int err_sys(struct err *err, const char *format, ...)
{
	int code = errno;
	size_t len;
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	fill(err, code, format, args);
	va_end(args);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s",
		       g_strerror(code));
	make_printable(err->text);
	return -1;
}

int err_prefix(struct err *err, const char *format, ...)
{
	struct err inner;
	va_list args;
	size_t len;

	if (!err)
		return -1;
	inner = *err;
	va_start(args, format);
	fill(err, inner.code, format, args);
	va_end(args);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s",
		       inner.text);
	make_printable(err->text); /* it may end within a character now */
	return -1;
}

bool err_is_damage(const struct err *err)
{
	return err->code == EBADMSG || err->code == ENOENT;
}

bool err_is_temporary(const struct err *err)
{
	switch (err->code) {
	case EAGAIN:
	case EBUSY:
	case EINTR:
	case ETIMEDOUT:
	case ECONNREFUSED:
	case ECONNRESET:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTUNREACH:
		return true;
	default:
		return false;
	}
}
