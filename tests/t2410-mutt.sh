#!/bin/sh
# SPDX-License-Identifier: ISC
# A day with mutt on the tree: read, flag, file, delete, link, write, postpone,
# attach, answer; what comes meanwhile shows by itself.
. "$(dirname "$0")/lib.sh"
mua=mutt
. "$tests/mua.sh"
