#!/bin/sh
# SPDX-License-Identifier: ISC
# defms remote: what may stand in the settings, and what it says of it.
. "$(dirname "$0")/lib.sh"
fresh_store
tab=$(printf '\t')

check_same "there is no remote at first" "" "$(defms remote list)"
check_fails 1 "no remote in the settings" "$DEFMS" bridge push
mkdir "$top/pool"
check "a folder" defms remote add pool "dir:$top/pool" --for bob@example.net
check "a file, with a path from here" \
	sh -c 'cd "$1" && "$2" remote add stick car:x.car --all' - "$top" \
	"$DEFMS"
check "a repository" defms remote add list.1 git:git@example.org:list.git \
	--public --from any --from 3f6czjuxrwxuiap3jmms6ucvkkbc4luu
check_same "they are listed" "pool${tab}dir:$top/pool${tab}bob@example.net
stick${tab}car:$top/x.car${tab}all
list.1${tab}git:git@example.org:list.git${tab}public${tab}from \
3f6czjuxrwxuiap3jmms6ucvkkbc4luu${tab}from any" "$(defms remote list)"
config=$XDG_CONFIG_HOME/defms/config
cp "$config" "$top/config"

# A command that is wrong changes nothing.
check_fails 1 "there is such a remote" \
	"$DEFMS" remote add pool "dir:$top/pool" --all
check_fails 1 "the name of a remote" "$DEFMS" remote add 'a b' dir:/x --all
check_fails 1 "the name of a remote" "$DEFMS" remote add ../x dir:/x --all
check_fails 1 "a remote is dir:PATH" "$DEFMS" remote add x /x --all
check_fails 1 "git is spoken" "$DEFMS" remote add x git:git://h/x --all
check_fails 1 "git is spoken" "$DEFMS" remote add x git:http://h/x --all
check_fails 1 "no fingerprint" "$DEFMS" remote add x dir:/x --all --from me
check_fails 1 "no address" "$DEFMS" remote add x dir:/x --for bob
check_fails 2 "one of --for" "$DEFMS" remote add x dir:/x
check_fails 2 "one of --for" "$DEFMS" remote add x dir:/x --all --public
check_fails 2 "a name and a URL" "$DEFMS" remote add x --all
check_fails 2 "usage" "$DEFMS" remote frob
check_fails 1 "no remote \"x\"" "$DEFMS" remote remove x
check "the settings are as they were" cmp "$config" "$top/config"

# Nobody's key is known for that address.
check_fails 1 "pool: no key of bob@example.net" "$DEFMS" bridge push pool
check_fails 1 "pool: no key of bob@example.net" "$DEFMS" bridge pull pool
check "the folder is empty still" rmdir "$top/pool"
check_fails 1 "no remote \"x\"" "$DEFMS" bridge push x
defms remote remove list.1
defms remote remove pool
check_same "only the others are left" "stick${tab}car:$top/x.car${tab}all" \
	"$(defms remote list)"
check "what else was set stays" grep -q "ada@example.org" "$config"
check_same "no line of them is left" 1 "$(grep -c '^.remote' "$config")"

# Edited by hand to something that cannot be: the key is named.
printf '[remote "x"]\n\turl = dir:/x\n' >>"$config"
check_fails 1 "remote.x.for" "$DEFMS" bridge push
finish
