/* SPDX-License-Identifier: ISC */
/* A connection from its login to its end. What the server can is asked for
 * after the login, when it tells all. */
#include "imap.h"

#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "imap-parts.h"

static const struct {
	const char *name;
	unsigned can;
} capabilities[] = {
	{ "COMPRESS=DEFLATE", IMAP_CAN_COMPRESS },
	{ "CONDSTORE", IMAP_CAN_CONDSTORE },
	{ "ENABLE", IMAP_CAN_ENABLE },
	{ "ESEARCH", IMAP_CAN_ESEARCH },
	{ "IDLE", IMAP_CAN_IDLE },
	{ "LIST-EXTENDED", IMAP_CAN_LIST_EXTENDED },
	{ "LIST-STATUS", IMAP_CAN_LIST_STATUS },
	{ "LITERAL+", IMAP_CAN_LITERAL_PLUS },
	{ "LITERAL-", IMAP_CAN_LITERAL_MINUS },
	{ "MOVE", IMAP_CAN_MOVE },
	{ "NAMESPACE", IMAP_CAN_NAMESPACE },
	{ "QRESYNC", IMAP_CAN_QRESYNC },
	{ "SPECIAL-USE", IMAP_CAN_SPECIAL_USE },
	{ "UIDPLUS", IMAP_CAN_UIDPLUS },
	{ "UTF8=ACCEPT", IMAP_CAN_UTF8 },
	{ "UTF8=ONLY", IMAP_CAN_UTF8 },
	{ "X-GM-EXT-1", IMAP_CAN_GMAIL },
};

/* What has to be switched on before it is there. */
enum { ENABLED = IMAP_CAN_QRESYNC | IMAP_CAN_UTF8 };

static unsigned can_of(const GPtrArray *words)
{
	unsigned can = 0;

	for (size_t i = 0; i < words->len; i++)
		for (size_t j = 0; j < G_N_ELEMENTS(capabilities); j++)
			if (g_ascii_strcasecmp(words->pdata[i],
					       capabilities[j].name) == 0)
				can |= capabilities[j].can;
	return can;
}

static struct imap *imap_new(struct net *net)
{
	struct imap_limits limits = imap_limits_default();
	struct imap *imap = g_new0(struct imap, 1);

	imap->net = net;
	imap->alive = true;
	imap->parser = imap_parser_new(&limits);
	imap->buffer = g_malloc(IMAP_READ);
	imap->prefix = g_strdup("");
	imap->names.prefix = imap->prefix;
	imap->sizes = g_queue_new();
	imap->out = g_string_new("");
	imap->vanished = imap_set_new();
	imap->done = imap_set_new();
	imap->labels = g_ptr_array_new_with_free_func(g_free);
	imap->appends = g_queue_new();
	imap_progress(imap);
	return imap;
}

void imap_close(struct imap *imap)
{
	static const char logout[] = "d0 LOGOUT\r\n";

	if (!imap)
		return;
	if (imap->alive && imap->open == 0)
		(void)net_write(imap->net, logout, sizeof(logout) - 1, NULL);
	net_close(imap->net);
	imap_parser_free(imap->parser);
	imap_job_release(&imap->job);
	g_free(imap->buffer);
	g_free(imap->prefix);
	g_free(imap->alert);
	g_queue_free(imap->sizes);
	(void)g_string_free(imap->out, TRUE);
	imap_set_free(imap->vanished);
	imap_set_free(imap->done);
	g_ptr_array_unref(imap->labels);
	g_queue_free_full(imap->appends, g_free);
	g_free(imap);
}

bool imap_is_alive(const struct imap *imap)
{
	return imap->alive;
}

unsigned imap_can(const struct imap *imap)
{
	return imap->can;
}

char *imap_alert(struct imap *imap)
{
	return take(imap->alert);
}

static int ask_capabilities(struct imap *imap, struct err *err)
{
	AUTO(imap_job) struct imap_job job = { .lines = g_string_new("") };
	struct imap_response response;
	int more;

	imap_step(imap, "capabilities");
	imap_job_add_line(&job, "CAPABILITY");
	while ((more = imap_job_next(imap, &job, &response, err)) > 0)
		if (response.kind == IMAP_CAPABILITY)
			imap->can = can_of(response.words);
	return more;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if (g_ascii_iscntrl(*text))
			return true;
	return false;
}

/* A prefix that could not be said in a command is none. */
static void take_namespace(struct imap *imap,
			   const struct imap_response *response)
{
	if (!response->list.name || has_control(response->list.name))
		return;
	g_free(imap->prefix);
	imap->prefix = g_strdup(response->list.name);
	imap->names.prefix = imap->prefix;
	imap->names.delimiter = response->list.delimiter;
}

/* Switch on what there is, and learn where our folders are. A server that
 * refuses one of these can do without. */
static int set_up(struct imap *imap, struct err *err)
{
	AUTO(imap_job) struct imap_job job = { .lines = g_string_new("") };
	unsigned enabled = 0, can = imap->can;
	struct imap_response response;
	int more;

	imap_step(imap, "enable");
	if (can & IMAP_CAN_ENABLE && can & IMAP_CAN_QRESYNC)
		imap_job_add_line(&job, "ENABLE CONDSTORE QRESYNC");
	else if (can & IMAP_CAN_ENABLE && can & IMAP_CAN_CONDSTORE)
		imap_job_add_line(&job, "ENABLE CONDSTORE");
	if (can & IMAP_CAN_ENABLE && can & IMAP_CAN_UTF8)
		imap_job_add_line(&job, "ENABLE UTF8=ACCEPT");
	if (can & IMAP_CAN_NAMESPACE)
		imap_job_add_line(&job, "NAMESPACE");
	while ((more = imap_job_next(imap, &job, &response, err)) > 0) {
		if (response.kind == IMAP_ENABLED)
			enabled |= can_of(response.words);
		else if (response.kind == IMAP_NAMESPACE)
			take_namespace(imap, &response);
	}
	imap->can &= ~(unsigned)ENABLED | enabled;
	if (imap->can & IMAP_CAN_QRESYNC)
		imap->can |= IMAP_CAN_CONDSTORE; /* RFC 7162, 3.2.3 */
	imap->names.utf8 = imap->can & IMAP_CAN_UTF8;
	return more < 0 && !imap->alive ? -1 : 0;
}

/* Is the server on this machine, where compressing costs more than it saves? */
static bool is_here(const struct imap *imap)
{
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof(address);

	if (getpeername(net_fd(imap->net), (struct sockaddr *)&address, &size) <
	    0)
		return false;
	if (address.ss_family == AF_INET) {
		const struct sockaddr_in *four =
			(const struct sockaddr_in *)&address;

		return ntohl(four->sin_addr.s_addr) >> 24 == 127;
	}
	if (address.ss_family == AF_INET6) {
		const struct sockaddr_in6 *six =
			(const struct sockaddr_in6 *)&address;

		return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
	}
	return true;
}

int imap_compress(struct imap *imap, struct err *err)
{
	const void *rest;
	size_t size;

	imap_step(imap, "compress");
	if (imap_run(imap, "COMPRESS DEFLATE", err) < 0)
		return -1;
	imap_parser_rest(imap->parser, &rest, &size);
	if (net_deflate(imap->net, rest, size, err) < 0)
		return imap_die(imap, err);
	return 0;
}

int imap_open(const struct account *account, struct imap **imap_r,
	      struct err *err)
{
	AUTO(imap) struct imap *imap = NULL;
	struct net *net;

	if (net_open(account, SERVICE_IMAP, &net, err) < 0)
		return -1;
	imap = imap_new(net);
	if (ask_capabilities(imap, err) < 0 || set_up(imap, err) < 0)
		return -1;
	if (imap->can & IMAP_CAN_COMPRESS && !is_here(imap) &&
	    imap_compress(imap, err) < 0 && !imap->alive)
		return -1;
	*imap_r = take(imap);
	return 0;
}
