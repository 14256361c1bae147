/* SPDX-License-Identifier: ISC */
/* libgit2's smart protocol over what the bridge connects: it knows neither
 * time-outs, nor the user's ssh, nor our settings. */
#include <errno.h>

#include <git2/sys/transport.h>

#include "store-remote-parts.h"

/* Both in one: there is one stream at a time, which stays. */
struct wire {
	git_smart_subtransport parent;
	git_smart_subtransport_stream stream;
	struct store_remote *remote; /* borrowed */
};

static struct wire *wire_of(git_smart_subtransport *parent)
{
	return (struct wire *)(void *)parent;
}

/* What libgit2 is told of a failure. */
static int fail(struct store_remote *remote)
{
	git_error_set_str(GIT_ERROR_NET, remote->problem.text);
	return GIT_ERROR;
}

/* -- the stream ------------------------------------------------------------ */

static int on_read(git_smart_subtransport_stream *stream, char *buffer,
		   size_t size, size_t *size_r)
{
	struct store_remote *remote = wire_of(stream->subtransport)->remote;
	int more;

	*size_r = 0;
	more = remote->wire.read(remote->wire.context, buffer, size, size_r,
				 &remote->problem);
	if (more < 0)
		return fail(remote);
	if (more > 0 && remote->is_listing)
		remote->listed += *size_r;
	if (remote->listed <= REMOTE_REFS)
		return 0;
	(void)err_set(&remote->problem, EFBIG, "too many refs");
	return fail(remote);
}

static int on_write(git_smart_subtransport_stream *stream, const char *buffer,
		    size_t size)
{
	struct store_remote *remote = wire_of(stream->subtransport)->remote;

	if (remote->wire.write(remote->wire.context, buffer, size,
			       &remote->problem) < 0)
		return fail(remote);
	return 0;
}

static void free_stream(git_smart_subtransport_stream *stream)
{
	(void)stream;
}

/* -- its owner ------------------------------------------------------------- */

static int on_action(git_smart_subtransport_stream **stream_r,
		     git_smart_subtransport *parent, const char *url,
		     git_smart_service_t action)
{
	struct wire *wire = wire_of(parent);
	struct store_remote *remote = wire->remote;
	bool push = action == GIT_SERVICE_RECEIVEPACK_LS ||
		    action == GIT_SERVICE_RECEIVEPACK;

	(void)url;
	remote->is_listing = action == GIT_SERVICE_UPLOADPACK_LS ||
			     action == GIT_SERVICE_RECEIVEPACK_LS;
	remote->listed = 0;
	if (remote->wire.ask(remote->wire.context, push, remote->is_listing,
			     &remote->problem) < 0)
		return fail(remote);
	*stream_r = &wire->stream;
	return 0;
}

/* That is store_remote_close()'s business. */
static int on_close(git_smart_subtransport *parent)
{
	(void)parent;
	return 0;
}

static void free_wire(git_smart_subtransport *parent)
{
	g_free(wire_of(parent));
}

static int make_wire(git_smart_subtransport **parent_r, git_transport *owner,
		     void *remote)
{
	struct wire *wire = g_new0(struct wire, 1);

	(void)owner;
	wire->parent.action = on_action;
	wire->parent.close = on_close;
	wire->parent.free = free_wire;
	wire->stream.subtransport = &wire->parent;
	wire->stream.read = on_read;
	wire->stream.write = on_write;
	wire->stream.free = free_stream;
	wire->remote = remote;
	*parent_r = &wire->parent;
	return 0;
}

int remote_transport(git_transport **transport_r, git_remote *owner,
		     void *remote)
{
	const struct store_remote *over = remote;
	git_smart_subtransport_definition definition = {
		.callback = make_wire,
		.rpc = over->wire.is_stateless,
		.param = remote,
	};

	return git_transport_smart(transport_r, owner, &definition);
}
