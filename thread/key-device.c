/* SPDX-License-Identifier: ISC */
/* Lines of text, each ending in LF. The request:
 *
 *	defms-device 1
 *	device <64 hex>		the device's public key
 *	seal <64 hex>		X25519, drawn for this answer
 *	sign <128 hex>		Ed25519 by the device of all before "sign"
 *
 * The answer:
 *
 *	defms-person 1
 *	<base64>		76 characters each, the last perhaps less
 *	end
 *
 * in which the base64 is of crypto_box_seal() to "seal", of
 *
 *	person <g> <64 hex>	all S_g, as in the identity (key-file.c)
 *	card <base64>
 *
 * The file of a device that waits for its answer, mode 0600:
 *
 *	defms-pending 1
 *	device <64 hex>		D; absent if it stands in the identity
 *	seal <64 hex>		the X25519 secret key
 *
 * The answer says nothing of who gave it: a device believes it because a person
 * compares the fingerprint of the card in it. */
#include "key-device.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "identity.h"
#include "key-box.h"
#include "key-change.h"
#include "key-secret-file.h"
#include "scan.h"

static const char request_line[] = "defms-device 1\n";
static const char answer_line[] = "defms-person 1\n";
static const char pending_line[] = "defms-pending 1\n";

enum { PENDING = 1024, LINE = 76 };

/* What a device that waits keeps; in locked memory. */
struct pending {
	uint8_t device[32], seal[32];
};

/* -- the file -------------------------------------------------------------- */

static int write_pending(const char *path, const struct pending *pending,
			 bool with_device, struct err *err)
{
	AUTO(secret) char *text = secret_new(IDENTITY_TEXT);
	struct key_text plain = { .text = text };

	key_text_add(&plain, pending_line);
	if (with_device)
		key_text_add_hex(&plain, "device ", pending->device, 32);
	key_text_add_hex(&plain, "seal ", pending->seal, 32);
	if (secret_write(path, plain.text, plain.size, err) < 0)
		return err_prefix(err, "%s", path);
	return 0;
}

static int read_pending(const char *path, const struct identity *identity,
			struct pending *pending, struct err *err)
{
	AUTO(secret) char *text = secret_new(PENDING);
	struct scan scan;
	size_t size;

	if (secret_read(path, text, PENDING, &size, err) < 0)
		return err_prefix(err, "%s", path);
	scan = scan_of(text, size);
	if (!scan_literal(&scan, pending_line))
		return err_set(err, EBADMSG, "%s: not of version 1", path);
	if (scan_literal(&scan, "device ")
		    ? !scan_hex(&scan, pending->device, 32) ||
			      !scan_literal(&scan, "\n")
		    : !identity)
		return err_set(err, EBADMSG, "%s: wrong device line", path);
	if (identity)
		memcpy(pending->device, identity->secrets->device, 32);
	if (!scan_literal(&scan, "seal ") ||
	    !scan_hex(&scan, pending->seal, 32) || !scan_literal(&scan, "\n") ||
	    !scan_done(&scan))
		return err_set(err, EBADMSG, "%s: wrong seal line", path);
	return 0;
}

/* The device that it is of. */
static struct identity *device_of(const struct pending *pending)
{
	struct identity *identity = identity_new();

	memcpy(identity->secrets->device, pending->device, 32);
	identity_derive(identity);
	return identity;
}

/* -- asking ---------------------------------------------------------------- */

static void put_hex(GString *text, const char *before, const uint8_t *bytes,
		    size_t size)
{
	char hex[2 * 64 + 1];

	g_string_append(text, before);
	g_string_append(text, sodium_bin2hex(hex, sizeof(hex), bytes, size));
	g_string_append_c(text, '\n');
}

static char *write_request(const struct pending *pending)
{
	AUTO(identity) struct identity *device = device_of(pending);
	GString *text = g_string_new(request_line);
	uint8_t seal[32], signature[64];

	(void)crypto_scalarmult_base(seal, pending->seal);
	put_hex(text, "device ", device->device, 32);
	put_hex(text, "seal ", seal, 32);
	identity_sign(device, text->str, text->len, signature);
	put_hex(text, "sign ", signature, 64);
	return g_string_free(text, FALSE);
}

int device_ask(const char *pending_path, const struct identity *identity,
	       char **request_r, struct err *err)
{
	AUTO(secret) struct pending *pending = secret_new(sizeof(*pending));
	struct err why = { 0 };
	int result;

	result = read_pending(pending_path, identity, pending, &why);
	if (result < 0 && why.code != ENOENT)
		return err_set(err, why.code, "%s", why.text);
	if (result < 0) {
		randombytes_buf(pending, sizeof(*pending));
		if (identity)
			memcpy(pending->device, identity->secrets->device, 32);
		if (write_pending(pending_path, pending, !identity, err) < 0)
			return -1;
	}
	*request_r = write_request(pending);
	return 0;
}

int device_request_parse(const char *text, size_t size,
			 struct device_request *request_r, struct err *err)
{
	struct scan scan = scan_of(text, size);
	struct device_request request;
	uint8_t signature[64];
	size_t signed_size;

	secret_start();
	if (!scan_literal(&scan, request_line) ||
	    !scan_literal(&scan, "device ") ||
	    !scan_hex(&scan, request.device, 32) ||
	    !scan_literal(&scan, "\nseal ") ||
	    !scan_hex(&scan, request.seal, 32) || !scan_literal(&scan, "\n"))
		return err_set(err, EBADMSG,
			       "not what 'defms init --device' prints");
	signed_size = (size_t)(scan.at - text);
	if (!scan_literal(&scan, "sign ") || !scan_hex(&scan, signature, 64) ||
	    !scan_literal(&scan, "\n") || !scan_done(&scan) ||
	    crypto_sign_verify_detached(signature, (const uint8_t *)text,
					signed_size, request.device) < 0)
		return err_set(err, EBADMSG,
			       "the device has not signed what it asks");
	*request_r = request;
	return 0;
}

/* -- answering ------------------------------------------------------------- */

int device_answer(const struct identity *identity,
		  const struct device_request *request, char **answer_r,
		  struct err *err)
{
	AUTO(secret) char *text = secret_new(IDENTITY_TEXT);
	AUTO(bytes) GByteArray *box = g_byte_array_new();
	AUTO(gstring) GString *answer = g_string_new(answer_line);
	AUTO(str) char *base64 = NULL;
	struct key_text plain = { .text = text };

	identity_print_persons(identity, &plain);
	identity_print_card(identity, &plain);
	(void)g_byte_array_set_size(box,
				    (guint)(plain.size + crypto_box_SEALBYTES));
	if (crypto_box_seal(box->data, (const uint8_t *)plain.text, plain.size,
			    request->seal) < 0)
		return err_set(err, EBADMSG, "nothing can be sealed for it");
	base64 = g_base64_encode(box->data, box->len);
	for (size_t at = 0; at < strlen(base64); at += LINE)
		g_string_append_printf(answer, "%.*s\n", LINE, base64 + at);
	g_string_append(answer, "end\n");
	*answer_r = g_string_free(take(answer), FALSE);
	return 0;
}

/* The bytes between the first line and "end". NULL if it is no answer. */
static uint8_t *read_box(const char *text, size_t size, size_t *size_r)
{
	struct scan scan = scan_of(text, size);
	AUTO(gstring) GString *digits = g_string_new(NULL);
	const char *line;
	size_t len;

	if (!scan_literal(&scan, answer_line))
		return NULL;
	while (!scan_literal(&scan, "end\n")) {
		if (!scan_text(&scan, LINE, &line, &len))
			return NULL;
		g_string_append_len(digits, line, (gssize)len);
	}
	if (!scan_done(&scan))
		return NULL;
	return base64_decode(digits->str, digits->len, size_r);
}

static int open_box(const uint8_t *box, size_t size,
		    const struct pending *pending, struct identity *identity,
		    struct err *err)
{
	AUTO(secret) char *text = secret_new(IDENTITY_TEXT);
	uint8_t seal[32];
	struct scan scan;

	(void)crypto_scalarmult_base(seal, pending->seal);
	if (size < crypto_box_SEALBYTES ||
	    size - crypto_box_SEALBYTES > IDENTITY_TEXT)
		return err_set(err, EBADMSG, "the answer is of no size");
	if (crypto_box_seal_open((uint8_t *)text, box, size, seal,
				 pending->seal) < 0)
		return err_set(err, EACCES,
			       "the answer is not for what was asked here");
	scan = scan_of(text, size - crypto_box_SEALBYTES);
	if (identity_parse_persons(&scan, identity, err) < 0 ||
	    identity_parse_card(&scan, identity, err) < 0)
		return -1;
	return scan_done(&scan) ? 0 : err_set(err, EBADMSG, "wrong answer");
}

/* Is it of the person whose device this is, and does the card list it? */
static int check_answer(struct identity *made, const struct identity *identity,
			struct err *err)
{
	if (identity_check_card(made, err) < 0)
		return -1;
	if (made->behind)
		return err_set(err, EBADMSG, "a person secret is missing");
	if (!identity_lists(made, made->device))
		return err_set(err, EBADMSG,
			       "the card does not list this device");
	if (identity && !identity_is_root(identity, made->root))
		return err_set(err, EBADMSG, "it is of another person");
	if (identity && made->person_count < identity_persons(identity))
		return err_set(err, EBADMSG, "it is older than what is here");
	return 0;
}

int device_accept(const char *pending_path, const struct identity *identity,
		  const char *text, size_t size, struct identity **identity_r,
		  struct err *err)
{
	AUTO(secret) struct pending *pending = secret_new(sizeof(*pending));
	AUTO(identity) struct identity *made = NULL;
	AUTO(str) char *box = NULL;
	size_t box_size = 0;

	if (read_pending(pending_path, identity, pending, err) < 0)
		return -1;
	box = (char *)read_box(text, size, &box_size);
	if (!box)
		return err_set(err, EBADMSG,
			       "not what 'defms key device add' prints");
	made = device_of(pending);
	if (open_box((const uint8_t *)box, box_size, pending, made, err) < 0 ||
	    check_answer(made, identity, err) < 0)
		return -1;
	if (identity && identity->has_root) {
		made->has_root = true;
		memcpy(made->secrets->root, identity->secrets->root, 32);
		identity_derive(made);
	}
	*identity_r = take(made);
	return 0;
}
