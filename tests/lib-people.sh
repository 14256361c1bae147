# SPDX-License-Identifier: ISC
# A small language for scenarios about people who share threads; after lib.sh
# (and for IPFS lib-bridge.sh and lib-kubo.sh).
#
#	people dir ada bob		they know each other, and have remotes
#	ada has phone			another device of hers, ada_phone
#	ada writes meteors to bob carol	the first message of a thread
#	bob answers meteors		to all of its people
#	ada shares meteors with bob
#	ada pushes, ada pulls		to and from everybody
#	ada offline, ada online		what there is between them is not reached
#	bob sees 2 in meteors
#	everybody syncs			who is online pushes and pulls
#	everybody agrees on meteors	on what is in it, and who said what
#
# The remotes are `dir`, `git`, `ipfs` (a node for each person) or `car` (a file
# a device and reader). With MOUNTED=1 all mailboxes are mounted: people write
# files and read directories; without, they use commands.
persons= people= net=$top/net

# at NAME: go on with the mailbox of a person or device.
at() { use_store "$1"; }

# person_of NAME: whose device it is.
person_of() { echo "${1%%_*}"; }
address_of() { echo "$(person_of "$1")@example.org"; }
mounted() { [ -n "${MOUNTED-}" ]; }

# line NAME NAME: how what two people share is called.
line() { printf '%s\n' "$1" "$2" | sort | paste -sd -; }

# -- making them --------------------------------------------------------------

# people TRANSPORT NAME...
people() {
	transport=$1
	shift
	mkdir -p "$net"
	for name; do
		make_person "$name"
	done
	for name in $persons; do
		at "$name"
		for other in $persons; do
			[ "$name" = "$other" ] || check "$name knows $other" \
				defms contact add "$top/$other.card"
		done
	done
	link_all
	for name in $people; do
		go_on "$name"
	done
}

# Everybody, with all devices, has remotes for everybody.
link_all() {
	for name in $people; do
		link_to_all "$name"
	done
}
link_to_all() {
	for other in $persons; do
		[ "$other" = "$(person_of "$1")" ] && is_alone "$other" ||
			link "$1" "$other" "$transport"
	done
}
is_alone() {
	case " $people " in *" $1"_*) return 1 ;; esac
}

make_person() {
	fresh_store "$1"
	defms key export >"$top/$1.card"
	persons="$persons $1" people="$people $1"
	ln -s "$net" "$top/$1/net"
	eval "$1() { act $1 \"\$@\"; }"
	[ "$transport" != ipfs ] || make_line_to_node "$1"
}

# A socket below the person's own net/: offline is a link less.
make_line_to_node() {
	make_node "$1" >/dev/null
	in_node "$1" config --json Addresses.API \
		"[\"/ip4/127.0.0.1/tcp/0\", \"/unix$net/node-$1\"]"
	start_node "$1"
	for other in $persons; do
		[ "$other" = "$1" ] || join_nodes "$other" "$1" >/dev/null
	done
}

# link NAME OTHER TRANSPORT: what NAME shares with the person OTHER, or with
# other devices of the same person, goes that way.
link() {
	at "$1"
	ours=$(person_of "$1")
	mine=$top/$1/net
	case $ours in
	"$2")	for_whom="--all" ;;
	*)	for_whom="--for $2@example.org" ;;
	esac
	case $3 in
	dir)
		mkdir -p "$net/$(line "$ours" "$2").d"
		url=dir:$mine/$(line "$ours" "$2").d
		;;
	git)
		[ -d "$net/$(line "$ours" "$2").git" ] || git init -q --bare \
			"$net/$(line "$ours" "$2").git"
		url=git:$mine/$(line "$ours" "$2").git
		;;
	ipfs)	url=ipfs:unix:$mine/node-$ours ;;
	car)	url=car:$mine/$1-$2.car ;;
	esac
	# shellcheck disable=SC2086
	check "$1 has a remote for $2: $3" \
		defms remote add "$2.$3" "$url" $for_whom
	[ "$3" != car ] || read_cars "$1" "$2"
}

# read_cars NAME OTHER: the files of all devices of OTHER, which are read and
# never written to.
read_cars() {
	for device in $people; do
		[ "$(person_of "$device")" = "$2" ] && [ "$device" != "$1" ] ||
			continue
		# shellcheck disable=SC2086
		defms remote add "$device.read" \
			"car:$mine/$device-$ours.car" $for_whom
	done
}

# take_in NAME DEVICE: a device of NAME's, with the same contacts.
take_in() {
	at "$2"
	mkdir -p "$mail"
	ln -s "$net" "$top/$2/net"
	defms init --device >"$top/$2.ask" 2>/dev/null
	at "$1"
	defms key device add "$top/$2.ask" >"$top/$2.answer" 2>/dev/null
	defms key export >"$top/$1.card"
	at "$2"
	check "$1 has another device, $2" defms init --finish "$top/$2.answer"
	for other in $persons; do
		[ "$other" = "$1" ] || defms contact add "$top/$other.card"
	done
	people="$people $2"
	eval "$2() { act $2 \"\$@\"; }"
}

# -- what they do -------------------------------------------------------------

act() {
	actor=$1 verb=$2
	shift 2
	at "$actor"
	"person_$verb" "$@"
}

go_on() {
	! mounted || { at "$1"; mount_it -o send.delay=0; }
}

# person_has DEVICE: linked as the person is, and with the person.
person_has() {
	device=${actor}_$1 owner=$actor
	alone=$(is_alone "$owner" && echo yes)
	take_in "$owner" "$device"
	link_to_all "$device"
	at "$owner"
	[ -z "$alone" ] || link "$owner" "$owner" "$transport"
	go_on "$device"
}

# person_writes THREAD to NAME...
person_writes() {
	thread=$1
	shift 2
	to=
	for name; do
		to="${to:+$to, }$(address_of "$name")"
	done
	{
		printf 'From: %s\nTo: %s\n' "$(address_of "$actor")" "$to"
		printf 'Subject: %s\nMessage-ID: <%s@x>\n' "$thread" "$thread"
		printf 'Date: Mon, 02 Nov 2026 10:00:00 +0000\n\n'
		printf 'Words-about-%s.\n' "$thread"
	} >"$top/letter"
	echo "$to" >"$top/to-$thread"
	echo "$actor" >"$top/from-$thread"
	file_letter "$actor writes $thread"
}

# Into the mailbox, as a program that sends mail and keeps a copy does.
file_letter() {
	if mounted; then
		deliver "$top/letter"
		wait_for "$1" found "$(letter_msgid)"
	else
		check "$1" defms import --folder INBOX "$top/letter"
	fi
}
letter_msgid() { sed -n 's/^Message-ID: <\(.*\)>/\1/p' "$top/letter"; }
found() { [ "$(defms search --count "id:$1")" = 1 ]; }

# person_answers THREAD [ID]
person_answers() {
	answers=$((${answers-0} + 1))
	name=${2-answer-$answers}
	{
		printf 'From: %s\n' "$(address_of "$actor")"
		printf 'To: %s\nCc: %s\n' "$(cat "$top/to-$1")" \
			"$(address_of "$(cat "$top/from-$1")")"
		printf 'Subject: Re: %s\nMessage-ID: <%s@x>\n' "$1" "$name"
		printf 'Date: Mon, 02 Nov 2026 11:00:00 +0000\n'
		printf 'References: <%s@x>\n\nWords-of-%s.\n' "$1" "$name"
	} >"$top/letter"
	file_letter "$actor answers $1"
}

# person_replies THREAD: by a file in the thread's outbox. For mounts.
person_replies() {
	replies=$((${replies-0} + 1))
	text="Words-of-reply-$replies."
	check "$actor replies to $1" sh -c 'echo "$1" >"$2/outbox/reply"' - \
		"$text" "$(directory "$1")"
	wait_for "... and has it" grep -rqF "$text" "$(directory "$1")" \
		--include=text
}
directory() { echo "$mail/threads"/*."$1".*; }

# person_shares THREAD with NAME...
person_shares() {
	thread=$1
	shift 2
	to=
	for name; do
		to="$to $(address_of "$name")"
	done
	# shellcheck disable=SC2086
	check "$actor shares $thread with $*" \
		defms share "$(name_of "$thread")" $to
}
name_of() { defms search "$1" | cut -f 1 | head -n 1; }

person_offline() { rm "$top/$actor/net"; }
person_online() { ln -s "$net" "$top/$actor/net"; }
is_online() { [ -e "$top/$1/net" ]; }

# remotes PATTERN: the names of those of the mailbox in use; with $only of those
# of one kind.
remotes() {
	defms remote list | cut -f 1 | grep -e "$1" | grep -e "[.]${only-}"
}

# Where a CAR has not been written yet there is nothing to read.
exchange() {
	status=0
	defms bridge "$1" "$2" >"$top/exchanged" 2>&1 || status=$?
	case $status,$2 in
	75,*.read) ! is_online "$actor" || status=0 ;;
	esac
	if is_online "$actor"; then
		check_same "$actor: $1 $2" "0 " "$status $([ $status = 0 ] ||
			cat "$top/exchanged")"
	else
		check_same "$actor: $1 $2, offline" 75 $status
	fi
	grep -q ": nothing new" "$top/exchanged" || news=yes
}

person_pushes() {
	for remote in $(remotes "^${1-}.*[.][^r]"); do
		exchange push "$remote"
	done
}
person_pulls() {
	for remote in $(remotes "^${1-}.*[.][^c]"); do
		exchange pull "$remote"
	done
}

# person_sees COUNT in THREAD; 0: it has no such thread.
person_sees() {
	if mounted; then
		wait_for "$actor sees $1 in $3" holds_hashes "$1" "$3"
	else
		check_same "$actor sees $1 in $3" "$1" \
			"$(defms search --messages --count "subject:$3")"
	fi
}
hashes_of() { sed '1,/^$/d' "$(directory "$1")/thread" 2>/dev/null; }
holds_hashes() { [ "$(hashes_of "$2" | wc -l)" = "$1" ]; }

# -- all of them --------------------------------------------------------------

everybody() {
	verb=$1
	shift
	"everybody_$verb" "$@"
}

# Until there is nothing new, which takes but a few rounds.
everybody_syncs() {
	for round in 1 2 3 4 5 6; do
		news=
		for name in $people; do
			is_online "$name" || continue
			"$name" pushes
			"$name" pulls
		done
		[ -n "$news" ] || break
	done
	check_same "in the end nothing is new (round $round)" "" "$news"
}

# view NAME THREAD: what stands in it, and who filed it.
view() {
	at "$1"
	defms search --messages "subject:$2" | sort
	! mounted || hashes_of "$2"
}

# everybody_agrees on THREAD: nobody lacks it.
everybody_agrees() {
	agree "$2" $people
}

# agree THREAD NAME...
agree() {
	thread=$1 first=$2
	shift
	for name; do
		view "$name" "$thread" >"$top/view-$name"
		check "$name has $thread" test -s "$top/view-$name"
		check_same "... and sees in it what $first sees" \
			"$(cat "$top/view-$first")" "$(cat "$top/view-$name")"
	done
}

# nothing_readable PATH...: no word of a mail, no address, no name of a thread
# stands in what lies there.
nothing_readable() {
	cat "$top"/to-* | tr -s ', ' '\n' >"$top/words"
	printf '%s\n' example.org words-of- words-about- "$top"/to-* | sed 's/.*\/to-//' \
		>>"$top/words"
	check "no byte that leaves has a word of a mail" \
		python3 "$tests/scan.py" "$top/words" "$@"
	git init -q "$top/plain"
	git -C "$top/plain" hash-object -w "$top/letter" >/dev/null
	check "... which would be seen" not \
		python3 "$tests/scan.py" "$top/words" "$top/plain"
}

# everybody_leaves: all is sound with each.
everybody_leaves() {
	for name in $people; do
		at "$name"
		if mounted; then
			check_same "$name: no errors were written down" "" \
				"$(cat "$mail/.defms/errors")"
			umount_it
		fi
		check "$name: all is well" defms check
	done
}
