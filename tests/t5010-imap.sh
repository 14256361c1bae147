#!/bin/sh
# SPDX-License-Identifier: ISC
# The commands of IMAP against a real server, Dovecot, with all that it can and
# with nothing but IMAP4rev1.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-dovecot.sh"
: "${FAKES:=$(dirname "$DEFMS")/tests}"
imap=$FAKES/imap-one
fresh_store
make_certificates

mkdir "$top/mails"
python3 - "$top/mails" <<'PYTHON'
import random, sys
random.seed(1)
for i in range(300):
    body = ''.join(random.choice(['word ', '{5}\n', 'd1 OK x\n', ')\n', '\n', '"', '\\', 'grüße'])
                   for _ in range(random.choice([0, 3, 40, 4000 if i % 10 == 0 else 10])))
    with open('%s/%03d' % (sys.argv[1], i), 'wb') as f:
        f.write(b'From: a@b\nMessage-ID: <%d@x>\n\n' % i + body.encode() + b'\n')
PYTHON

for kind in all bare; do
	case $kind in
	all)	start_dovecot ;;
	bare)	start_dovecot "imap_capability = IMAP4rev1" ;;
	esac
	imap_account ada

	check "$kind: log in" "$imap" can
	cp "$top/out" "$top/can"
	if [ $kind = all ]; then
		for word in condstore qresync uidplus move idle literal+ \
			list-status special-use compress enable namespace \
			esearch; do
			check "$kind: $word" grep -qx -e "$word" "$top/can"
		done
	else
		check "$kind: nothing more" test ! -s "$top/can"
	fi

	check "$kind: upload" "$imap" put INBOX "$top"/mails/*
	rm -rf "$top/got"
	mkdir "$top/got"
	"$imap" read INBOX "$top/got" >"$top/read"
	check_same "$kind: all came back" 300 "$(wc -l <"$top/read")"
	check_same "$kind: with flags, keywords and dates" \
		"1 [work] 837571465" \
		"$(cut -d ' ' -f 2-4 "$top/read" | sort -u)"
	i=0
	for file in "$top"/mails/*; do
		i=$((i + 1))
		sed 's/$/\r/' "$file" | cmp -s - "$top/got/$i" ||
			check "$kind: $file byte for byte" false
	done
	check_same "$kind: byte for byte" 300 $i

	"$imap" list >"$top/list" 2>"$top/err"
	check "$kind: INBOX has 300" grep -qx 'INBOX|INBOX|0|1|300' "$top/list"
	if [ $kind = all ]; then
		check "$kind: Sent is known" grep -qx 'Sent Messages|Sent Messages|80|1|0' \
			"$top/list"
		rm -rf "$top/squeezed"
		mkdir "$top/squeezed"
		check "$kind: compressed" \
			"$imap" compressed INBOX "$top/squeezed"
		check "$kind: is the same" diff -r "$top/got" "$top/squeezed"
	fi
	check "$kind: change everything" "$imap" try
	"$imap" list >"$top/list"
	check "$kind: the folder of the trial is gone" \
		not grep -q try/ "$top/list"

	rm -f "$top/idle"
	"$imap" idle INBOX >"$top/idle" 2>"$top/idle-err" &
	idle_pid=$!
	await "$top/idle"
	if [ $kind = all ]; then
		"$imap" put INBOX "$top/mails/000" >/dev/null
		check "$kind: news end an idle" wait $idle_pid
	else
		kill $idle_pid
		wait $idle_pid 2>/dev/null
	fi
	check "$kind: a folder that is not there" sh -c \
		"'$imap' read nowhere >/dev/null 2>'$top/err'; [ \$? = 1 ]"
	check_same "$kind: is one line" "defms: localhost:$imaps: select nowhere: refused: Mailbox doesn't exist: nowhere" \
		"$(sed 's/ (.* secs)\.$//' "$top/err")"
	stop_dovecot
done

stop_servers
finish
