#!/bin/sh
# SPDX-License-Identifier: ISC
# gc erases what was removed gc.keep ago: for good, and nothing else.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_program git python3

# eml NUMBER [FIELD...]: a message on standard output.
eml() {
	number_of=$1
	shift
	printf 'From: Bob <bob%s@example.org>\nTo: ada@example.org\n' \
		"$number_of"
	printf 'Subject: word%s\nDate: Mon, 2 Nov 2026 10:%02d:00 +0000\n' \
		"$number_of" "$number_of"
	printf 'Message-ID: <%s@example.org>\n' "$number_of"
	for field; do printf '%s\n' "$field"; done
	printf '\nhello number%s\n' "$number_of"
}
take_in() { eml "$@" >"$top/one.eml"; defms import "$top/one.eml" >/dev/null; }
found() { defms search --messages "$1" | cut -f4; }
thread_of() { defms search --messages "$1" | cut -d/ -f1 | head -n 1; }
hash_of() { defms search --messages "$1" | cut -f1 | sed 's/.*\.//'; }
state() { sql "$DEFMS_HOME/state.db" "$1"; }
# Every message and the thread it is shown in.
view() { defms search --messages '' | cut -f1 | sort; }
erased() { defms gc "$@" | sed 's/ messages erased.*//'; }
objects() {
	git -C "$git" cat-file --batch-all-objects --batch-check | sort
}
well() {
	defms check && git -C "$git" fsck --strict --no-dangling
}
# The same also after a reindex.
settled() {
	before=$(view)
	defms check && defms reindex && defms check &&
		[ "$before" = "$(view)" ]
}
config() { git config -f "$XDG_CONFIG_HOME/defms/config" gc.keep "$1"; }

fresh_store
git=$DEFMS_HOME/mailbox.git
list='List-Id: <l.example.org>'
config 60
git config -f "$XDG_CONFIG_HOME/defms/config" public.list l.example.org
take_in 1 "$list"
take_in 2 "$list" 'References: <1@example.org>'
take_in 3 "$list" 'References: <1@example.org> <2@example.org>'
take_in 4
large 5 >"$top/large.eml"
defms import "$top/large.eml" >/dev/null
all=$(objects)
hash=$(hash_of word1)
thread=$(thread_of word1)
blob=$(git -C "$git" rev-list --all --objects |
	sed -n "s|^\([0-9a-f]*\) m/.*$hash.*|\1|p")

# -- not before its time
check "remove three" defms flag +removed word1 OR word4 OR id:5@example.org
check_same "gc does not erase what was removed just now" 0 "$(erased --now)"
state "UPDATE messages SET removed=removed-59*86400 WHERE removed<>0"
check_same "... nor what is one day too young" 0 "$(erased --now)"
check_same "... which is:removed finds" 3 \
	"$(defms search --messages is:removed | wc -l | tr -d ' ')"
check "-removed brings one back" defms flag -removed word4
check "and it is removed again" defms flag +removed word4
state "UPDATE messages SET removed=removed-2*86400 WHERE removed<>0"
config nonsense
check_fails 1 gc.keep "$DEFMS" gc
config -1
check_fails 1 gc.keep "$DEFMS" gc
config 60
check_same "two are erased by then" 2 "$(erased)"
check "all is well" well
check_same "one is left" word4 "$(found is:removed)"
check_same "a second time there is nothing to erase" 0 "$(erased)"

# -- for good
check "an hour later packs have it no more" state \
	"UPDATE packs SET joined=joined-3601 WHERE joined<>0"
check "gc" defms gc
check "all is well" well
check "its blob is gone" not git -C "$git" cat-file -e "$blob"
check_same "no commit names it" "" \
	"$(git -C "$git" log --all --format=%B | grep "$hash")"
check_same "no pack that goes is left" 0 \
	"$(state "SELECT count(*) FROM packs WHERE joined<>0")"
check "the pieces of the large one are gone" test \
	"$(objects | awk '{ sum += $3 } END { print sum }')" -lt 100000
check_same "nothing finds it" "" \
	"$(found word1; found number1; found is:removed | grep -v word4
	found id:1@example.org; found "id:$hash"; found from:bob1)"
check_fails 1 . "$DEFMS" show "$hash"
check_fails 1 "nothing found" "$DEFMS" flag -removed word1
check_same "what answered it is there" "word3
word2" "$(found "subject:word2 OR subject:word3")"
check_same "in the thread that it began" "$thread" "$(thread_of word2)"
check "the thread object is of the earliest that is left" sh -c \
	'git -C "$0" for-each-ref --format="%(objectname)" | while read -r tip
	do git -C "$0" show "$tip:thread" 2>/dev/null; done |
	grep -qx "Subject: word2"' "$git"
check_same "state.db has no copy and no trace of it" "0 0" "$(echo $(state \
	"SELECT count(*) FROM copies c JOIN messages m ON m.serial=c.message
		WHERE strand=0;
	SELECT count(*) FROM traces WHERE copy NOT IN
		(SELECT serial FROM copies)"))"
check "reindex agrees" settled
check_same "nothing finds it" "" "$(found word1)"

# -- never brought back
eml 1 "$list" >"$top/again.eml"
check_same "importing it again brings nothing" "1 there already" \
	"$(defms import "$top/again.eml" | sed 's/.*, //')"
check_same "... nothing" "" "$(found word1)"
take_in 6 "$list" 'References: <1@example.org>'
check_same "a late answer comes to its thread" "$thread" "$(thread_of word6)"
check "all is well" settled

# -- all of a thread
config 0
check "remove the thread" defms flag +removed "thread:$thread"
check_same "gc.keep=0 erases at once" 4 "$(erased --now)"
check_same "the thread is gone" "" "$(defms search "thread:$thread")"
take_in 7 "$list" 'References: <1@example.org>'
check_same "an answer to what is no more stands alone" 1 \
	"$(defms search --messages "thread:$(thread_of word7)" | wc -l)"
check "all is well" settled

# -- what held a thread together; what was decided
take_in 10
take_in 11 'References: <10@example.org>'
take_in 12 'References: <11@example.org>'
take_in 13
take_in 14 'References: <13@example.org>'
take_in 15 'References: <13@example.org> <14@example.org>'
check "split" defms split "$(hash_of word14)"
check "move" defms move "$(hash_of word15)" "$(thread_of word10)"
check "remove" defms flag +removed word11 OR word14 OR word15
check_same "gc" 3 "$(erased --now)"
check "the answer has a thread of its own" test \
	"$(thread_of word10)" != "$(thread_of word12)"
check_same "no decision about them is left" "" \
	"$(state "SELECT line FROM links")"
check "all is well" settled
check "git agrees" well

# -- a strand that fans out, and does no more
{
	echo "From x Mon Nov  2 10:00:00 2026"
	eml 20
	i=200
	while [ $i -lt 340 ]; do
		i=$((i + 1))
		printf '\nFrom x Mon Nov  2 10:00:00 2026\n'
		eml $i 'References: <20@example.org>'
	done
} >"$top/many.mbox"
check "import" defms import "$top/many.mbox"
check "remove some" defms flag +removed number201 OR number339
check_same "gc" 2 "$(erased --now)"
check "all is well" well
check "remove most" defms flag +removed date:2026-11-02 AND word20 OR \
	subject:'word2*' OR subject:'word31*'
check "gc" defms gc --now
check "all is well" settled
check "git agrees" well

# -- what is to be sent is not erased
printf 'To: bob@example.org\nSubject: letter\n\nx\n' |
	defms send -t >/dev/null 2>&1
check "remove it" defms flag +removed subject:letter
check_same "gc does not erase what waits to be sent" 0 "$(erased --now)"
check_same "it is there" letter "$(found is:removed)"
state "UPDATE queue SET state=4; UPDATE recipients SET state=4"
check_same "once it was sent" 1 "$(erased --now)"
check "all is well" settled
check "git agrees" well

# -- refs of the user's own are kept alive
take_in 30
tip=$(git -C "$git" for-each-ref --sort=-committerdate \
	--format='%(objectname)' refs/threads | while read -r tip; do
	git -C "$git" log -1 --format=%B "$tip" | grep -q "add " &&
		echo "$tip"
done | tail -n 1)
git -C "$git" update-ref refs/heads/mine "$tip"
git -C "$git" tag -a -m x marked "$tip" 2>/dev/null ||
	git -C "$git" -c user.name=x -c user.email=x@x tag -a -m x marked "$tip"
check "remove all" defms flag +removed NOT id:nothing
check "gc" defms gc --now
check "what they lead to is there" git -C "$git" fsck --strict --no-dangling
check "a mailbox without mail is well" well
git -C "$git" tag -d marked >/dev/null
git -C "$git" update-ref -d refs/heads/mine

# -- backup
take_in 31
check "backup" defms backup "$top/copy"
DEFMS_HOME=$top/copy check "is whole" defms check
check_same "... and has what is there" word31 \
	"$(DEFMS_HOME=$top/copy defms search --messages '' | cut -f4)"
check "restore" env DEFMS_HOME="$top/new" "$DEFMS" restore "$top/copy"
DEFMS_HOME=$top/new check "is whole" defms check
check_same "importing again there brings nothing" "1 there already" \
	"$(DEFMS_HOME=$top/new defms import "$top/again.eml" |
	sed 's/.*, //')"

# -- damage
check "remove" defms flag +removed word31
for idx in "$git"/objects/pack/*.idx; do mv "$idx" "$idx.away"; done
defms gc >"$top/said" 2>&1
check_same "gc of a damaged mailbox" 0 $?
check "... erases nothing" grep -q '^0 messages erased' "$top/said"
check "... and says so" grep -q '1 removed messages stay' "$top/said"
for idx in "$git"/objects/pack/*.idx.away; do mv "$idx" "${idx%.away}"; done
check_same "mended, it is erased" 1 "$(erased --now)"
check "all is well" settled
finish
