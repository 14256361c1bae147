#!/bin/sh
# SPDX-License-Identifier: ISC
# Mail comes in from an mbox, a Maildir, a file and standard input; once.
. "$(dirname "$0")/lib.sh"
sample=$tests/../script/sample
defms=$DEFMS
need_program python3 git

refs() { git -C "$DEFMS_HOME/mailbox.git" for-each-ref refs/threads; }
count() { defms search --count --messages "${1-}"; }
threads() { defms search "$1" | cut -f 1; }

fresh_store alice
"$defms" import /no/such/file >"$top/out" 2>"$top/err"
check_same "no such file" 1 $?
check "... is named" grep -q '^defms: .*/no/such/file' "$top/err"
check_fails 2 "usage: defms import" "$defms" import
check_fails 2 "usage: defms import" "$defms" import --format mbox1 x
check_same "what fails leaves nothing" "" "$(refs)"

check "an mbox" defms import "$sample/village.mbox"
check_same "20 messages" 20 "$(count)"
check_same "in six conversations and a half" 7 "$(defms search --count '')"
first=$(refs)
check "the same again" defms import "$sample/village.mbox"
check_same "... changes no ref" "$first" "$(refs)"
check_same "... and adds no message" 20 "$(count)"
cp "$sample/village.mbox" "$top/elsewhere.mbox"
check "the same from elsewhere" defms import "$top/elsewhere.mbox"
check_same "... changes no ref either" "$first" "$(refs)"

check "standard input" sh -c "'$DEFMS' import - <'$sample/late.eml'"
check_same "a late letter joins two conversations" 6 \
	"$(defms search --count '')"
check_same "... under the name of the one born first" \
	"$(threads 'subject:supper')" "$(threads 'subject:"long table"')"

# The same mail as a Maildir, in another mailbox.
mkdir -p "$top/box/cur" "$top/box/new" "$top/box/tmp" "$top/box/.Old/cur" \
	"$top/box/.Old/new" "$top/box/.Old/tmp"
python3 - "$sample/village.mbox" "$top/box" <<'EOT'
import re, sys
text = open(sys.argv[1], "rb").read()[:-1]
for number, raw in enumerate(re.split(rb"(?m)(?:\A|\n)From \S+@\S+ .*\n", text)[1:]):
    raw = re.sub(rb"(?m)^>(>*From )", rb"\1", raw + b"\n" * (not raw.endswith(b"\n")))
    where = ("new/%d.x.y", "cur/%d.x.y:2,S", ".Old/cur/%d.x.y:2,RS")[number % 3]
    open(sys.argv[2] + "/" + where % number, "wb").write(raw)
EOT
fresh_store bob
check "a Maildir with a folder" defms import "$top/box"
check_same "20 messages again" 20 "$(count)"
check_same "flags come from the names" 7 "$(count is:unread)"
check_same "... and answered ones" 6 "$(count is:answered)"
check_same "folders come from the Maildir" 6 "$(count folder:Old)"
check_same "stock git finds no fault" "" \
	"$(git -C "$DEFMS_HOME/mailbox.git" fsck --strict 2>&1 |
		grep -v 'unborn branch')"
defms key signers >"$top/signers"
for head in $(git -C "$DEFMS_HOME/mailbox.git" for-each-ref \
	--format='%(objectname)' refs/threads); do
	check "git verifies $head" git -C "$DEFMS_HOME/mailbox.git" -c \
		gpg.ssh.allowedSignersFile="$top/signers" verify-commit "$head"
done

# No word of it stands in the history.
git -C "$DEFMS_HOME/mailbox.git" cat-file --batch-all-objects --batch \
	--buffer >"$top/objects"
for word in ladder Subject slates example.org '=D0' goose; do
	check "no $word in the objects" not grep -aqi "$word" "$top/objects"
done

# What is public is plain, on purpose.
fresh_store carol
check "public" defms import --public "$sample/village.mbox"
git -C "$DEFMS_HOME/mailbox.git" cat-file --batch-all-objects --batch \
	--buffer >"$top/objects"
check "its words stand in the objects" grep -aq ladder "$top/objects"
check "... but its trace does not" not grep -aq Delivered-To "$top/objects"

# A Maildir file is known by where it was, not by its name and size alone.
fresh_store dave
for box in one two; do
	mkdir -p "$top/$box/cur" "$top/$box/new" "$top/$box/tmp"
	printf 'Subject: %s\nFrom: a@example.org\n\nThis is %s.\n' $box $box \
		>"$top/$box/cur/1.x:2,S"
done
find "$top/one" "$top/two" -depth -exec touch -d 2026-03-03 {} +
check "a Maildir" defms import "$top/one"
check "another, with a file of the same name, size and time" \
	defms import "$top/two"
check_same "... is not passed over" 1 "$(count two)"
printf 'Subject: new\n\nThis one is new.\n' >"$top/one/cur/2.x:2,S"
printf 'Subject: mew\n\nThis one is mew.\n' >"$top/two/cur/2.x:2,S"
touch -d 2026-03-04 "$top"/one/cur "$top"/two/cur
check_same "what was there when it was imported is passed over" \
	"1 message: 1 new, 0 more copies, 0 there already; 2 unchanged since the last import" \
	"$(defms import "$top/one")"
check "the other again" defms import "$top/two"
check_same "... gives its new one" 1 "$(count mew)"
check_same "four in all" 4 "$(count)"

head -c 100000 /dev/urandom >"$top/noise"
check "noise is refused" sh -c "'$DEFMS' import '$top/noise'; test \$? = 1"
finish
