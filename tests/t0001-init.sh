#!/bin/sh
# SPDX-License-Identifier: ISC
# A new mailbox: what init makes, what it refuses, what key prints of it.
. "$(dirname "$0")/lib.sh"

use_store ada
defms=$DEFMS
check_fails 1 "defms init" "$defms" key fingerprint
check_fails 2 "usage: defms init" "$defms" init
check_fails 2 "usage: defms init" "$defms" init --name Ada
check_fails 2 "usage: defms init" "$defms" init --email ada@example.org
check_fails 2 "unrecognized option" "$defms" init --frobnicate
check "nothing was made by wrong usage" not test -e "$DEFMS_HOME"

check "init" defms init --name "Ada \"Lovely\" Example" \
	--email ada@example.org --email ada@example.net
check_same "the home is mine alone" 700 "$(stat -c %a "$DEFMS_HOME")"
check_same "so is the identity" 600 "$(stat -c %a "$DEFMS_HOME/identity")"
check "stock git reads the store" \
	git -C "$DEFMS_HOME/mailbox.git" fsck --strict
check_same "git gc keeps everything" true "$(git -C \
	"$DEFMS_HOME/mailbox.git" config extensions.preciousObjects)"
settings=$XDG_CONFIG_HOME/defms/config
check_same "the settings are mine alone" 600 "$(stat -c %a "$settings")"
check_same "they know the name" 'Ada "Lovely" Example' \
	"$(git config -f "$settings" user.name)"
check_same "and the addresses" "ada@example.org ada@example.net" \
	"$(git config -f "$settings" --get-all user.email | paste -sd ' ')"

before=$(cd "$DEFMS_HOME" && find . -type f -exec sha256sum {} + | sort)
check_fails 1 "defms: .*already" \
	"$defms" init --name Eve --email eve@example.org
check_same "a second init changes nothing" "$before" \
	"$(cd "$DEFMS_HOME" && find . -type f -exec sha256sum {} + | sort)"

fingerprint=$(defms key fingerprint)
check_same "a fingerprint is 32 characters of a-z2-7" "$fingerprint" \
	"$(echo "$fingerprint" | grep -xE '[a-z2-7]{32}')"
check_same "it stays" "$fingerprint" "$(defms key fingerprint)"
defms key export >"$top/card"
check_same "the card's form" \
	"defms-card root version seal device addr addr name sign" \
	"$(cut -d ' ' -f 1 "$top/card" | paste -sd ' ')"
check_same "the card's name" 'name Ada "Lovely" Example' \
	"$(grep ^name "$top/card")"
defms key signers >"$top/signers"
check "a line of signers is an OpenSSH public key" sh -c \
	"sed -n 's/.*\\(ssh-ed25519 .*\\)/\\1/p' '$top/signers' |
	ssh-keygen -l -f -"
check_fails 2 "usage: defms key" "$defms" key
check_fails 2 "usage: defms key" "$defms" key frobnicate

chmod 0622 "$DEFMS_HOME/identity"
check_fails 1 "defms: .*identity" "$defms" key fingerprint
chmod 0600 "$DEFMS_HOME/identity"
chmod 0777 "$DEFMS_HOME"
check_fails 1 "defms: .*" "$defms" key fingerprint
chmod 0700 "$DEFMS_HOME"
check_same "all is well again" "$fingerprint" "$(defms key fingerprint)"

use_store bob
mkdir -p "$XDG_CONFIG_HOME/defms"
printf '[user]\n\tname = Robert' >"$XDG_CONFIG_HOME/defms/config"
check "init beside settings" defms init --name Bob --email bob@example.org
check_same "settings that are there stay" Robert \
	"$(git config -f "$XDG_CONFIG_HOME/defms/config" user.name)"
check_same "what they lack is added" bob@example.org \
	"$(git config -f "$XDG_CONFIG_HOME/defms/config" user.email)"
check "two people have two fingerprints" \
	test "$fingerprint" != "$(defms key fingerprint)"
finish
