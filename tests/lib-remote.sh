# SPDX-License-Identifier: ISC
# What scenarios about remotes share; after lib.sh.

# public_mail NUMBER [REFERENCE]: a list's mail.
public_mail() {
	printf 'From: Ada <ada@example.org>\nTo: list@example.org\n'
	printf 'Subject: number %s\nDate: Mon, 2 Nov 2026 10:00:%02d +0000\n' \
		"$1" $(($1 % 60))
	printf 'Message-ID: <m%s@example.org>\n' "$1"
	[ $# -lt 2 ] || printf 'References: <m%s@example.org>\n' "$2"
	printf '\nWords of %s.\n' "$1"
}

# import_public NUMBER [REFERENCE]
import_public() {
	public_mail "$@" | defms import --public --folder lists - >/dev/null
}

# hashes: all messages of the mailbox in use, sorted.
hashes() {
	defms search --messages '*' | sort
}

# refs: what the mailbox in use has of chains.
refs() {
	git -C "$DEFMS_HOME/mailbox.git" for-each-ref \
		--format='%(refname) %(objectname)'
}

# car_files FOLDER: its files, in the order of their numbers.
car_files() {
	find "$1" -name '*.car' ! -name '.*' | sort -t- -k2 -V
}

# only_remote NAME URL [KEY=VALUE...]: from now on, for what is public.
only_remote() {
	for old in $(defms remote list | cut -f 1); do
		defms remote remove "$old"
	done
	defms remote add "$1" "$2" --public --from any
	only=$1
	shift 2
	for setting; do
		git config -f "$XDG_CONFIG_HOME/defms/config" \
			"remote.$only.${setting%%=*}" "${setting#*=}"
	done
}
