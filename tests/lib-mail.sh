# SPDX-License-Identifier: ISC
# Mail to fill a mailbox with, for scenarios that look at what is kept.

# message NUMBER [PARENT]: one on standard output.
message() {
	printf 'From: Ada %s <ada%s@example.org>\nTo: bob@example.org\n' "$1" \
		$(($1 % 7))
	printf 'Date: Mon, 02 Nov 2026 %02d:%02d:00 +0000\n' $(($1 / 60 % 24)) \
		$(($1 % 60))
	printf 'Message-ID: <%s@example.org>\nSubject: Number %s\n' "$1" "$1"
	[ -z "${2-}" ] || printf 'References: <%s@example.org>\n' "$2"
	printf 'Received: from a by b; Mon, 02 Nov 2026 10:00:00 +0000\n'
	printf '\nThe text of message %s.\nFrom here on nothing.\n' "$1"
}

# mbox COUNT: that many as an mboxrd; each third one answers the one before.
mbox() {
	mail_number=0
	while [ "$mail_number" -lt "$1" ]; do
		mail_number=$((mail_number + 1))
		echo "From x@example.org Mon Nov  2 10:00:00 2026"
		parent=
		[ $((mail_number % 3)) != 0 ] || parent=$((mail_number - 1))
		message "$mail_number" $parent | sed 's/^>*From />&/'
		echo
	done
}

# large NUMBER: one of 1.3 MB, kept in pieces; small lines that differ.
large() {
	message "$1"
	awk 'BEGIN { for (i = 0; i < 40000; i++)
		printf "line %d of a message that is long\n", i }'
}

# sql FILE STATEMENTS: run them; prints rows, a "|" between columns.
sql() {
	python3 - "$1" "$2" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2].split(";"):
    for row in db.execute(statement):
        print("|".join(str(value) for value in row))
db.close()
END
}

# flip FILE OFFSET: one bit of it is another.
flip() {
	chmod u+w "$1"
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	# shellcheck disable=SC2059
	printf "\\$(printf %03o $((byte ^ 16)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
