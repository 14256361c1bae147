#!/bin/sh
# SPDX-License-Identifier: ISC
# The same at a server without any extension, which tells no UIDs of what it
# copies and is given.
capability=IMAP4rev1 hidden='APPENDUID COPYUID'
. "$(dirname "$0")/t5060-imap-converge.sh"
