/* SPDX-License-Identifier: ISC */
#include "ipfs-node.h"

#include <string.h>

int ipfs_node_open(const struct remote *remote, struct kubo **kubo_r,
		   struct err *err)
{
	const char *location = remote->location;
	AUTO(str) char *url = g_strndup(location, strcspn(location, "#"));
	AUTO(kubo) struct kubo *kubo = NULL;
	struct kubo_place place = { .url = url,
				    .token_file = remote->token_file,
				    .timeout_ms = IPFS_ANSWER };
	char version[KUBO_VERSION];

	if (kubo_open(&place, &kubo, err) < 0 ||
	    kubo_version(kubo, version, err) < 0)
		return -1;
	*kubo_r = take(kubo);
	return 0;
}

char *ipfs_node_pin(const struct mailbox *mailbox, const struct remote *remote,
		    const char *from)
{
	struct device_id me = identity_device(mailbox_identity(mailbox));
	char hex[DEVICE_ID_HEX + 1];

	device_id_print(&me, hex);
	return g_strdup_printf("defms %s %s%s%s", hex, remote->name,
			       from ? " " : "", from ? from : "");
}
