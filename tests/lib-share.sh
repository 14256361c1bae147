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

# know NAME: the mailbox in use confirms the card of NAME@example.org, whose
# mailbox is in $top/NAME.
know() {
	using=$DEFMS_HOME
	DEFMS_HOME=$top/$1/home "$DEFMS" key export >"$top/card"
	python3 - "$using/state.db" "$1@example.org" "$top/card" <<'END'
import sqlite3, sys
card = open(sys.argv[3]).read()
lines = dict(line.split(" ", 1) for line in card.splitlines())
root = bytes.fromhex(lines["root"])
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("INSERT OR REPLACE INTO pins VALUES(?,?,2)", (sys.argv[2], root))
db.execute("INSERT OR REPLACE INTO cards VALUES(?,?,?)",
           (root, int(lines["version"]), card))
END
}
