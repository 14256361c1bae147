#!/bin/sh
# SPDX-License-Identifier: ISC
# A mailbox was copied, and each copy wrote: forks of one chain. A repository
# has all of them that somebody knows, in whatever order he came to know them,
# and each once, also when they grow.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remote.sh"
need_program git
hub=$top/hub.git
git init -q --bare "$hub"

# pulls NUMBER: from where that copy pushes. A fork is a line.
pulls() {
	only_remote "copy$1" "git:$top/copy$1.git"
	defms bridge pull >/dev/null 2>&1
}
# copy NUMBER MESSAGE: it writes that, and pushes.
copy() {
	use_store "wes$1"
	only_remote "copy$1" "git:$top/copy$1.git"
	import_public "$2" 1
	check "copy $1 pushes" defms bridge push
}
push_all() {
	only_remote hub "git:$hub"
	check "$1 pushes all" defms bridge push
}
tips() {
	git -C "$1" for-each-ref --format='%(objectname)' refs/threads \
		refs/forks | sort
}
is_all_there() {
	check_same "$1" "$(tips "$DEFMS_HOME/mailbox.git")" "$(tips "$hub")"
}

fresh_store wes
import_public 1
for i in 1 2 3; do
	cp -a "$top/wes" "$top/wes$i"
	git init -q --bare "$top/copy$i.git"
	copy $i 1$i
done
fresh_store bob
pulls 2
pulls 3
push_all bob
is_all_there "the two that he knows"
fresh_store ada
for i in 1 2 3; do
	pulls $i
done
check_same "she knows three" 3 "$(tips "$DEFMS_HOME/mailbox.git" | wc -l)"
push_all ada
is_all_there "each is there once"
for i in 3 2 1; do
	copy $i 2$i
	use_store ada
	pulls $i
	push_all ada
	is_all_there "copy $i has gone on"
done
check "ada: all is well" defms check
check "the hub is sound" git -C "$hub" fsck --strict --no-dangling
finish
