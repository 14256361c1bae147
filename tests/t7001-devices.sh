#!/bin/sh
# SPDX-License-Identifier: ISC
# One person with several devices: added, lost, given new keys.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_program python3

# ask NAME: of a device; its request in NAME.ask, its id in $id.
ask() {
	use_store "$1"
	mkdir -p "$mail"
	defms init --device >"$top/$1.ask" 2>"$top/said"
	id=$(sed -n 's/^this device is //p' "$top/said")
}
# answer NAME: ada adds it.
answer() {
	use_store ada
	defms key device add "$top/$1.ask" >"$top/$1.answer" 2>"$top/said"
}
version() { defms key export | sed -n 's/^version //p'; }
# generations: of the strands of this mailbox, as they were founded.
generations() {
	sql "$DEFMS_HOME/state.db" \
		"SELECT generation FROM strands ORDER BY serial" | paste -sd ' '
}

fresh_store ada
fingerprint=$(defms key fingerprint)
message 1 | defms import - >/dev/null
first=$(version)
check_fails 1 "has the root key" "$DEFMS" init --device

# -- add one
use_store phone
check_fails 1 "nothing was asked" "$DEFMS" init --finish /dev/null
ask phone
phone=$id
check_same "a device says its id" "$phone" \
	"$(echo "$phone" | grep -xE '[0-9a-f]{32}')"
check_fails 1 "no mailbox here" "$DEFMS" key fingerprint
cp "$top/phone.ask" "$top/first.ask"
ask phone
check "asked again it is the same" cmp "$top/first.ask" "$top/phone.ask"
check_same "what waits is mine alone" 600 \
	"$(stat -c %a "$DEFMS_HOME/device")"
use_store ada
sed 's/^seal ./seal 0/' "$top/phone.ask" >"$top/forged.ask"
cmp -s "$top/phone.ask" "$top/forged.ask" &&
	sed 's/^seal ./seal 1/' "$top/phone.ask" >"$top/forged.ask"
check_fails 1 "has not signed" "$DEFMS" key device add "$top/forged.ask"
check_fails 1 "not what 'defms init" "$DEFMS" key device add /dev/null
check "add it" answer phone
check "its id is said" grep -q "the new device is $phone" "$top/said"
check "the card has grown" [ "$(version)" -gt "$first" ]
check_same "the devices" "$phone" \
	"$(defms key device list | grep -v this | cut -f 1)"
second=$(version)
check "add it again" answer phone
check_same "which changes nothing" "$second" "$(version)"

ask other
use_store other
check_fails 1 "not for what was asked" \
	"$DEFMS" init --finish "$top/phone.answer"
use_store phone
check_fails 1 "not what 'defms key device add'" \
	"$DEFMS" init --finish "$top/phone.ask"
check_fails 2 "the other device says who" \
	"$DEFMS" init --finish "$top/phone.answer" --name Ada
check "finish" defms init --finish "$top/phone.answer"
check "nothing waits any more" not test -e "$DEFMS_HOME/device"
check_same "it is the same person" "$fingerprint" "$(defms key fingerprint)"
check_same "with the same card" "$second" "$(version)"
check_same "on another device" "$phone	this one" \
	"$(defms key device list | grep this)"
check "it takes mail" sh -c ". $tests/lib-mail.sh; message 1 |
	$DEFMS import -"
check "its mailbox is sound" defms check
check_same "both have it in the same strand" \
	"$(git --git-dir "$top/ada/home/mailbox.git" for-each-ref \
	--format='%(refname)' refs/threads | cut -d / -f 3)" \
	"$(git --git-dir "$DEFMS_HOME/mailbox.git" for-each-ref \
	--format='%(refname)' refs/threads | cut -d / -f 3)"
check_fails 1 "root key.*not on this device" \
	"$DEFMS" key device remove "$phone"

# -- lose one, while a daemon runs
use_store ada
mount_it
message 2 >"$top/two.eml"
deliver "$top/two.eml"
has_two() { [ "$(defms search --count subject:Number)" = 2 ]; }
wait_for "a message before" has_two
check_fails 1 "no such device" \
	"$DEFMS" key device remove 00000000000000000000000000000000
check_fails 1 "that is this device" "$DEFMS" key device remove \
	"$(defms key device list | sed -n 's/	this one$//p')"
check_fails 1 "not a device id" "$DEFMS" key device remove phone
check "remove it" defms key device remove "$phone"
check_same "the card does not list it" 1 "$(defms key device list | wc -l)"
check "the card has grown" [ "$(version)" -gt "$second" ]
check "it has the new key" sh -c "$DEFMS key export | grep -q '^seal 1 '"
message 3 >"$top/three.eml"
deliver "$top/three.eml"
has_three() { [ "$(defms search --count subject:Number)" = 3 ]; }
wait_for "a message afterwards" has_three
check_same "the daemon wrote it under the new key" "0 0 1" "$(generations)"
umount_it
check "the mailbox is sound" defms check

# -- the others get the new key
check "add the other one" answer other
use_store other
check "it has both keys" defms init --finish - <"$top/other.answer"
message 3 | defms import - >/dev/null
check_same "and writes under the new one" 1 "$(generations)"
use_store ada
other=$(defms key device list | grep -v this)
ask third
check "a third one" answer third
check "remove the other one" defms key device remove "$other"
ask third
check "asked anew" answer third
use_store third
check "it is up to date" defms init --finish "$top/third.answer"
check "... with three keys" sh -c "$DEFMS key export | grep -q '^seal 2 '"
use_store ada
check "remove and add again" defms key device remove \
	"$(defms key device list | grep -v this)"
ask third
check "the same device" answer third
use_store third
check "takes what is new" defms init --finish "$top/third.answer"
check "the new key too" sh -c "$DEFMS key export | grep -q '^seal 3 '"
check "it is sound" defms check

# -- with a passphrase
printf '[user]\n\tpassphraseCommand = echo a word\n' \
	>>"$top/ada/config/defms/config"
use_store sealed
mkdir -p "$XDG_CONFIG_HOME/defms"
cp "$top/ada/config/defms/config" "$XDG_CONFIG_HOME/defms/config"
ask sealed
check "add it" answer sealed
use_store sealed
check "finish" defms init --passphrase --finish "$top/sealed.answer"
check "its keys are sealed" grep -q '^sealed argon2id' "$DEFMS_HOME/identity"
ask sealed
check "add it again" answer sealed
use_store sealed
check "it takes it" defms init --finish "$top/sealed.answer"
check "its keys are sealed still" \
	grep -q '^sealed argon2id' "$DEFMS_HOME/identity"

# -- addresses
use_store ada
before=$(version)
printf '\temail = ada@example.net\n\temail = nonsense\n' \
	>>"$XDG_CONFIG_HOME/defms/config"
check_same "the card gets what the settings name" \
	"ada@example.net ada@example.org" \
	"$(defms key export | sed -n 's/^addr //p' | paste -sd ' ')"
check "it is a newer one" [ "$(version)" -gt "$before" ]
before=$(version)
check_same "once" "$before" "$(version)"
finish
