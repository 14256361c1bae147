#!/bin/sh
# SPDX-License-Identifier: ISC
# Programs that send mail do it by defms send: mutt, git send-email, mail(1) of
# mailutils, s-nail and bsd-mailx. What is not installed is left out, loudly.
. "$(dirname "$0")/lib.sh"
fresh_store me me@example.net
ln -s "$DEFMS" "$top/sendmail"
ln -s "$DEFMS" "$top/defms"
unset EMAIL MAILRC REPLYTO
export MAILRC=/dev/null

has() {
	command -v "$1" >/dev/null && return
	echo "# left out: no $1"
	return 1
}
last() { defms status --queue | tail -n 1 | cut -f2-4 | tr '\t' '|'; }
raw() { defms show --raw "$(defms search --messages "$1" | cut -f1)"; }
printf 'above\n.\nbelow\n' >"$top/body"
body() { raw "$1" | sed '1,/^$/d' | sed '/^-- $/,$d' | tr '\n' ' '; }

if has mutt; then
	cat >"$top/muttrc" <<-END
		set sendmail = "$top/defms send -oem -oi"
		set copy = no use_from = yes from = "Me <me@example.net>"
		set use_envelope_from = yes use_domain = no
	END
	check "mutt sends" sh -c "mutt -F '$top/muttrc' -s 'by mutt' \
		-c carl@example.org -b dora@example.org -- bob@example.org \
		<'$top/body'"
	check_same "it is queued" "waiting|\
bob@example.org, carl@example.org, dora@example.org|by mutt" "$(last)"
	check_same "its text is whole" "above . below " "$(body 'subject:"by mutt"')"
	printf 'attached\n' >"$top/notes.txt"
	check "mutt attaches" sh -c "mutt -F '$top/muttrc' -s 'with mutt' \
		-a '$top/notes.txt' -- 'Bob B. <bob@example.org>' <'$top/body'"
	check_same "it has an attachment" 1 \
		"$(defms search --count 'subject:"with mutt" has:attachment')"
	check "mutt tells of an address that is none" not sh -c \
		"mutt -F '$top/muttrc' -s 'no mutt' -- bob@ </dev/null"
fi

if perl -MMail::Address -e '' 2>/dev/null &&
	[ -e "$(git --exec-path)/git-send-email" ]; then
	git init -q "$top/project"
	cd "$top/project"
	git config user.name Me
	git config user.email me@example.net
	for i in 1 2; do
		echo $i >file
		git add file
		git commit -qm "change $i"
	done
	before=$(defms queue | wc -l)
	check "git send-email" git send-email --quiet --confirm=never \
		--sendmail-cmd="'$top/defms' send" --to='Bob <bob@example.org>' \
		--cc=carl@example.org --suppress-cc=all --cover-letter \
		--subject-prefix=PATCH --force --root HEAD
	check_same "a cover letter and two patches" $((before + 3)) \
		"$(defms queue | wc -l)"
	check_same "to whom it was told" \
		"waiting|bob@example.org, carl@example.org|[PATCH 2/2] change 2" \
		"$(last)"
	check_same "one thread" 1 "$(defms search --count 'subject:change')"
	check "git send-email by the name" git send-email --quiet \
		--confirm=never --smtp-server="$top/sendmail" \
		--envelope-sender=me@example.net --to=bob@example.org \
		--suppress-cc=all HEAD~1
	check_same "to whom" "waiting|bob@example.org|[PATCH] change 2" "$(last)"
	cd "$top"
else
	echo "# left out: no git send-email"
fi

# Each is told in its own way which sendmail to call.
for program in mail.mailutils s-nail bsd-mailx; do
	has "$program" || continue
	subject="by $program"
	case $program in
	mail.mailutils)
		set -- -E "set sendmail=sendmail://$top/sendmail" ;;
	s-nail)
		set -- -n -S "mta=$top/sendmail" -S v15-compat ;;
	bsd-mailx)
		echo "set sendmail=$top/sendmail" >"$top/mailrc"
		MAILRC=$top/mailrc
		set -- -n ;;
	esac
	printf 'by %s\n' "$program" >"$top/short"
	check "$program sends" sh -c 'program=$1 subject=$2 body=$3; shift 3
		"$program" "$@" -s "$subject" bob@example.org <"$body"' sh \
		"$program" "$subject" "$top/short" "$@"
	if [ "$program" != bsd-mailx ]; then
		sends_later() { [ "$(last)" = "waiting|bob@example.org|$subject" ]; }
		wait_for "it is queued" sends_later
	fi
	check_same "as it was told" "waiting|bob@example.org|$subject" "$(last)"
	MAILRC=/dev/null
done

check "all is well" defms check
check_same "each once" "$(defms queue | wc -l)" \
	"$(defms search --messages --count folder:Sent)"
finish
