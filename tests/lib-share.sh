# SPDX-License-Identifier: ISC
# What scenarios about sharing have in common, after lib.sh.

# letter_to FROM TO NAME [FIELD...]: a message on standard output.
letter_to() {
	printf 'From: %s\nTo: %s\nSubject: %s\nMessage-ID: <%s@x>\n' \
		"$1" "$2" "$3" "$3"
	printf 'Date: Mon, 02 Nov 2026 10:00:00 +0000\n'
	shift 3
	for field; do
		printf '%s\n' "$field"
	done
	printf '\nHello.\n'
}

# bring FOLDER FROM TO NAME [FIELD...]: it comes into the mailbox in use.
bring() {
	folder=$1
	shift
	letter_to "$@" >"$top/letter"
	check "$3 comes" defms import --folder "$folder" "$top/letter"
}

# know NAME: the mailbox in use is given the card of NAME@example.org, whose
# mailbox is in $top/NAME.
know() {
	(DEFMS_HOME=$top/$1/home; defms key export) >"$top/card"
	check "the card of $1" defms contact add "$top/card"
}
