# SPDX-License-Identifier: ISC
# What the scenarios about crashes share, after lib.sh: a little mail, and what
# is asked of a mailbox whatever happened to it.
: "${FAKES:=$(dirname "$DEFMS")/tests}"
mail_made=$top/made
mkdir -p "$mail_made"

# letter MSGID SUBJECT [FIELD...]: a message on standard output.
letter() {
	msgid=$1 subject=$2
	shift 2
	printf 'Received: from a by b; Mon, 2 Mar 2026 10:00:00 +0000\n'
	printf 'From: Ada <ada@example.org>\nTo: bob@example.org\n'
	printf 'Date: Mon, 2 Mar 2026 10:00:%02d +0000\n' "${#msgid}"
	printf 'Message-ID: <%s@example.org>\nSubject: %s\n' "$msgid" "$subject"
	for field; do
		printf '%s\n' "$field"
	done
	printf '\nHello, this is %s.\n' "$msgid"
}

# entry MSGID ...: the same as an entry of an mbox.
entry() {
	printf 'From ada@example.org Mon Mar  2 10:00:00 2026\n'
	letter "$@"
	printf '\n'
}

# Three batches: a start, one that adds to its threads, one that joins two of
# them (and files a copy, a large message, and a Maildir).
make_mail() {
	{
		entry a1 "The mill"
		entry a2 "Re: The mill" "In-Reply-To: <a1@example.org>"
		entry b1 "The well"
		entry d1 "Without an answer"
		entry a1 "The mill"
	} >"$mail_made/1.mbox"
	{
		entry a3 "Re: The mill" "References: <a1@example.org> <a2@example.org>"
		entry b2 "Re: The well" "In-Reply-To: <b1@example.org>"
		entry c1 "The barn"
	} >"$mail_made/2.mbox"
	mkdir -p "$mail_made/3/cur" "$mail_made/3/new" "$mail_made/3/tmp" \
		"$mail_made/3/.lists.village/cur" \
		"$mail_made/3/.lists.village/new"
	letter ab "Mill and well" "References: <a2@example.org> <b2@example.org>" \
		>"$mail_made/3/cur/1000.one.host:2,RS"
	{
		letter big "A large one"
		head -c 900000 /dev/zero | tr '\0' x | fold -w 72
	} >"$mail_made/3/cur/1001.two.host:2,S"
	letter e0 "The fair" >"$mail_made/3/new/1002.three.host"
	letter e1 "The village" "List-Id: <village.example.org>" | sed 's/$/\r/' \
		>"$mail_made/3/.lists.village/cur/1003.four.host:2,F"
	cp "$mail_made/3/new/1002.three.host" \
		"$mail_made/3/.lists.village/new/1004.five.host"
	find "$mail_made" -exec touch -d '2026-03-03' {} +
}

# need_crash_points: leave all out in a build without any.
need_crash_points() {
	DEFMS_CRASH=1 "$DEFMS" init --name ada --email ada@example.org \
		>/dev/null 2>&1
	[ $? = 99 ] || [ ! -d "$HOME/.local/share/defms" ] ||
		skip_all "a build without crash points"
	rm -rf "$HOME/.local"
}

# fsck: is the store clean for stock git? Prints what is not.
fsck() {
	git -C "$DEFMS_HOME/mailbox.git" fsck --strict --no-dangling \
		--no-progress 2>&1 | grep -v '^notice: '
}

# A line for every copy, sorted. Fails if anything cannot be read.
copies() {
	"$FAKES/read-back" >"$top/read" 2>"$top/read.err" || return 1
	grep -v '^thread ' "$top/read" | sort
	return 0
}

# What it said of threads: their names, which is joined to which, their messages.
threads() {
	grep '^thread ' "$top/read" | sort
}

refs() {
	git -C "$DEFMS_HOME/mailbox.git" for-each-ref
}

# each_once FILE: is no line in it twice more often than in $top/want?
subset() {
	[ -z "$(comm -23 "$1" "$2")" ]
}

# problem TEXT...: note what is wrong at this point; the loop goes on.
problem() {
	echo "# $point: $*"
	sed 's/^/#   /' "$top/read.err" 2>/dev/null
	problems=$((problems + 1))
}

# die_at N WHAT COMMAND...: run it, to die at its N-th point. $status is 99 if
# it did, $point says where, $top/points has all of them; any other end but a
# good one is a problem.
die_at() {
	die_what="$2," die_n=$1
	shift 2
	DEFMS_CRASH=$die_n "$@" >/dev/null 2>"$top/err" </dev/null
	status=$?
	died=$(sed -n 's/^crash point: //p' "$top/err")
	point="$die_what $die_n: $died"
	[ -z "$died" ] || echo "$died" >>"$top/points"
	case $status in
	0|99)	;;
	*)	problem "status $status: $(cat "$top/err")" ;;
	esac
}

# checked: what `defms check` finds is a problem.
checked() {
	defms check >"$top/checked" 2>&1 || problem "$(cat "$top/checked")"
}

# save NAME, load NAME: the mailbox in use, with its index.
save() {
	rm -rf "$top/saved/$1"
	mkdir -p "$top/saved/$1"
	cp -a "$DEFMS_HOME" "$XDG_CACHE_HOME" "$top/saved/$1"
}

load() {
	rm -rf "$DEFMS_HOME" "$XDG_CACHE_HOME"
	cp -a "$top/saved/$1/home" "$top/saved/$1/cache" "$(dirname "$DEFMS_HOME")"
}

# healthy BEFORE AFTER: is the mailbox clean, and all in it readable, with no
# less than the copies in the file BEFORE and no more than those in AFTER?
healthy() {
	bad_objects=$(fsck)
	[ -z "$bad_objects" ] || problem "git fsck: $bad_objects"
	copies >"$top/now" || { problem "cannot be read"; return; }
	subset "$1" "$top/now" || problem "lost: $(comm -23 "$1" "$top/now")"
	subset "$top/now" "$2" || problem "more: $(comm -13 "$2" "$top/now")"
}

# completes WANT COMMAND...: running the command (again) gives exactly the
# copies in the file WANT; doing so once more changes nothing (not asked with
# $quick).
completes() {
	want=$1
	shift
	"$@" >"$top/out" 2>&1 </dev/null ||
		problem "again: $(cat "$top/out")"
	healthy "$want" "$want"
	"$FAKES/read-back" refs 2>"$top/read.err" || problem "refs"
	[ -z "${quick-}" ] || return 0
	refs_now=$(refs) threads_now=$(threads)
	"$@" >"$top/out" 2>&1 </dev/null ||
		problem "a third time: $(cat "$top/out")"
	healthy "$want" "$want"
	[ "$refs_now" = "$(refs)" ] || problem "refs are moved by nothing"
	[ "$threads_now" = "$(threads)" ] || problem "threads changed"
}
