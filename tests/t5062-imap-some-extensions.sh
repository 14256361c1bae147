#!/bin/sh
# SPDX-License-Identifier: ISC
# The same at a server with CONDSTORE, but without QRESYNC, and with UIDPLUS,
# but without MOVE.
capability='IMAP4rev1 ENABLE CONDSTORE UIDPLUS'
. "$(dirname "$0")/t5060-imap-converge.sh"
