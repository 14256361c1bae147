/* SPDX-License-Identifier: ISC */
#include "net-http.h"

#include <errno.h>

#include <glib.h>

#include "test.h"

TEST(addresses_that_are_taken)
{
	static const struct {
		const char *url, *name;
	} known[] = {
		{ "http://127.0.0.1:5001", "127.0.0.1:5001" },
		{ "http://127.0.0.1:5001/", "127.0.0.1:5001" },
		{ "http://127.9.8.7:1", "127.9.8.7:1" },
		{ "http://[::1]:5001", "[::1]:5001" },
		{ "http://localhost", "localhost" },
		{ "https://node.example.org", "node.example.org" },
		{ "https://192.0.2.1:5001", "192.0.2.1:5001" },
		{ "unix:/run/ipfs/api", "/run/ipfs/api" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(http) struct http *http = NULL;
		struct err err = { 0 };

		if (CHECK_INT(http_open(known[i].url, NULL, 1000, &http, &err),
			      0))
			CHECK_STR(http_name(http), known[i].name);
		else
			printf("# %s: %s\n", known[i].url, err.text);
	}
}

TEST(addresses_that_are_not)
{
	static const char *const urls[] = {
		"",
		"127.0.0.1:5001",
		"http://",
		"http://192.0.2.1:5001",
		"http://node.example.org",
		"http://localhost.example.org",
		"http://127.0.0.1.example.org",
		"http://128.0.0.1",
		"http://0.0.0.0:5001",
		"http://[::2]",
		"http://[::ffff:127.0.0.1]",
		"http://user@127.0.0.1:5001",
		"http://user:word@127.0.0.1:5001",
		"http://127.0.0.1:5001/api",
		"http://127.0.0.1:5001/?a",
		"http://127.0.0.1:5001/#a",
		"http://127.0.0.1:5001#k51",
		"http://127.0.0.1:99999",
		"https://user:word@node.example.org",
		"ftp://127.0.0.1",
		"file:///etc/passwd",
		"unix:",
		"unix:socket",
		"http://127.0.0.1:5001\r\nX: y",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
		AUTO(http) struct http *http = NULL;
		struct err err = { 0 };

		if (!CHECK_INT(http_open(urls[i], NULL, 1000, &http, &err), -1))
			printf("# %s\n", urls[i]);
		CHECK_INT(err.code, EINVAL);
		CHECK(!strstr(err.text, "word")); /* no secret in a text */
	}
}

TEST(a_socket_whose_path_is_too_long_is_refused)
{
	AUTO(str) char *path = g_strnfill(108, 'x');
	AUTO(http) struct http *http = NULL;
	AUTO(str) char *url = NULL;
	struct err err;

	path[0] = '/';
	url = g_strconcat("unix:", path, NULL);
	CHECK_INT(http_open(url, NULL, 1000, &http, &err), -1);
	CHECK_INT(err.code, EINVAL);
	url[strlen(url) - 1] = '\0';
	CHECK_INT(http_open(url, NULL, 1000, &http, &err), 0);
}

TEST(a_site_is_https_with_a_path_and_no_login)
{
	static const struct {
		const char *url;
		int want;
	} known[] = {
		{ "https://h/x", 0 },         { "https://[::1]:1/x/y.git", 0 },
		{ "http://127.0.0.1/x", -1 }, { "https://ada@h/x", -1 },
		{ "https://h/x?y", -1 },      { "https://h/x#y", -1 },
		{ "https://h/~a@b/x", 0 },    { "https://ada@h@i/x", -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct http_site site = { .url = known[i].url,
					  .timeout_ms = 1000 };
		AUTO(http) struct http *http = NULL;
		struct err err = { 0 };

		CHECK_INT(http_open_site(&site, &http, &err), known[i].want);
		CHECK_INT(err.code, known[i].want < 0 ? EINVAL : 0);
	}
}

TEST(a_text_is_escaped)
{
	static const struct {
		const char *text, *escaped;
	} known[] = {
		{ "aZ09-._~", "aZ09-._~" },
		{ "a b", "a%20b" },
		{ "a&b=c+d#e?f/g%h", "a%26b%3Dc%2Bd%23e%3Ff%2Fg%25h" },
		{ "\xc3\xa9", "%C3%A9" },
		{ "", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *got = http_escape(known[i].text);

		CHECK_STR(got, known[i].escaped);
	}
}

TEST(a_source_of_bytes_gives_all_in_any_pieces)
{
	static const uint8_t data[] = "0123456789";

	for (size_t piece = 1; piece < sizeof(data) + 2; piece++) {
		struct http_bytes bytes = { data, sizeof(data) };
		uint8_t got[sizeof(data) + 2] = { 0 };
		size_t at = 0, size;
		struct err err;

		while (http_from_bytes(&bytes, got + at,
				       MIN(piece, sizeof(got) - at), &size,
				       &err) > 0)
			at += size;
		CHECK_INT(at, sizeof(data));
		CHECK_MEM(got, data, sizeof(data));
	}
}

TEST(a_source_that_is_a_file_gives_all_of_it)
{
	AUTO(file) FILE *file = tmpfile();
	char buf[4];
	struct err err;
	size_t size;

	CHECK(file && fputs("abcdef", file) >= 0);
	rewind(file);
	CHECK_INT(http_from_file(file, buf, 4, &size, &err), 1);
	CHECK_INT(size, 4);
	CHECK_INT(http_from_file(file, buf, 4, &size, &err), 1);
	CHECK_INT(size, 2);
	CHECK_INT(http_from_file(file, buf, 4, &size, &err), 0);
}

TEST(a_limited_sink_takes_no_byte_more)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct http_limited limited = { out, 5 };
	struct err err;

	CHECK_INT(http_to_bytes(&limited, "abc", 3, &err), 0);
	CHECK_INT(http_to_bytes(&limited, "de", 2, &err), 0);
	CHECK_INT(http_to_bytes(&limited, "f", 1, &err), -1);
	CHECK_INT(err.code, EPROTO);
	CHECK_INT(out->len, 5);
	limited.limit = 3;
	CHECK_INT(http_to_bytes(&limited, "f", 1, &err), -1);
	CHECK_INT(http_to_bytes(&limited, "", 0, &err), 0);
}
