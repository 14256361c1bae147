#!/bin/sh
# SPDX-License-Identifier: ISC
# A git repository behind ssh: a real sshd, the user's own ssh with his
# configuration, keys, agent and known_hosts, and what goes wrong with each.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-remote.sh"
PATH=$PATH:/usr/sbin
need_program git ssh sshd ssh-agent ssh-add ssh-keygen ssh-keyscan script
hub=$top/hub.git
git init -q --bare "$hub"
theirs() { git -C "$hub" for-each-ref --format='%(refname) %(objectname)' "$@"; }

# The daemon: its own keys, and only those of $top/sshd/keys get in.
mkdir -p "$top/sshd" "$HOME/.ssh"
chmod 700 "$HOME/.ssh"
new_key() { ssh-keygen -q -t ed25519 -N "${2-}" -f "$1"; }
new_key "$top/sshd/host"
new_key "$top/sshd/other-host"
new_key "$top/good"
new_key "$top/locked" "a passphrase"
new_key "$top/wrong"
cat "$top/good.pub" "$top/locked.pub" >"$top/sshd/keys"
free=$(free_ports 3)
port=${free%% *} free=${free#* }
changed_port=${free% *} no_port=${free#* }
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd

# daemon PORT HOST-KEY
daemon() {
	cat >"$top/sshd/config-$1" <<-END
		Port $1
		ListenAddress 127.0.0.1
		HostKey $2
		PidFile none
		AuthorizedKeysFile $top/sshd/keys
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		SetEnv HOME=$HOME
	END
	"$(command -v sshd)" -D -e -f "$top/sshd/config-$1" \
		>"$top/sshd/log-$1" 2>&1 &
	servers="$servers $!"
	daemon_tries=0
	until ssh-keyscan -p "$1" 127.0.0.1 >"$top/sshd/scan-$1" 2>&1 &&
		grep -q '^[^#]' "$top/sshd/scan-$1"; do
		daemon_tries=$((daemon_tries + 1))
		[ "$daemon_tries" -lt 100 ] ||
			skip_all "sshd does not start: $(tail -n 1 "$top/sshd/log-$1")"
		sleep 0.1
	done
}
daemon "$port" "$top/sshd/host"
daemon "$changed_port" "$top/sshd/other-host"

# ssh looks for its files where the system's list of users says, not in $HOME.
cat >"$top/ssh.config" <<END
Host hub
	HostName 127.0.0.1
	Port $port
Host *
	IdentityFile $HOME/.ssh/id_ed25519
	UserKnownHostsFile $HOME/.ssh/known_hosts
	GlobalKnownHostsFile /dev/null
END
export GIT_SSH_COMMAND="ANY=thing ssh -F $top/ssh.config"
unset SSH_AUTH_SOCK SSH_ASKPASS DISPLAY
use_key() {
	cp "$1" "$HOME/.ssh/id_ed25519"
	cp "$1.pub" "$HOME/.ssh/id_ed25519.pub"
}
me=$(id -un)
url=git:ssh://$me@127.0.0.1:$port$hub
known() { sed "s/:$port/:$1/; s/\]:[0-9]*/]:$1/" "$top/sshd/scan-$port"; }

fresh_store ada
defms remote add hub "$url" --public --from any
use_key "$top/good"
for i in 1 2 3; do import_public $i; done

# Who is it?
check_fails 1 "the host's key is not in known_hosts" "$DEFMS" bridge push
check_same "nobody was told anything" "" "$(theirs)"
check "nor was the host noted" test ! -s "$HOME/.ssh/known_hosts"
grep '^[^#]' "$top/sshd/scan-$port" >"$HOME/.ssh/known_hosts"
check_same "a host that is known gets it" "hub: 3 threads" \
	"$(defms bridge push | sed 's/,.*//')"
check_same "the refs are there" "$(refs)" "$(theirs refs/threads)"
check "stock git finds it sound" git -C "$hub" fsck --strict --no-dangling
check_same "nothing new" "hub: nothing new" "$(defms bridge push)"
mkdir "$top/bin"
printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$top/ssh.config" \
	>"$top/bin/ssh"
chmod +x "$top/bin/ssh"
check_same "by the ssh of the path, too" "hub: nothing new" \
	"$(unset GIT_SSH_COMMAND && PATH=$top/bin:$PATH && defms bridge pull)"

# The short form, and a host that only ~/.ssh/config knows.
fresh_store eve
defms remote add hub "git:hub:$hub" --public --from any
check_same "another takes it" "hub: 3 messages new" "$(defms bridge pull)"
check_same "again nothing" "hub: nothing new" "$(defms bridge pull)"
import_public 4 2
check "and answers" defms bridge push
use_store ada
check_same "her word comes back" "hub: 1 message new" "$(defms bridge pull)"
check_same "both have one history" "$(refs)" "$(theirs refs/threads)"

# No key, the wrong one, one that is locked: nothing is asked, nothing is lost.
import_public 5
rm "$HOME/.ssh/id_ed25519"*
check_fails 1 "no key opens it" "$DEFMS" bridge push
use_key "$top/wrong"
check_fails 1 "no key opens it" "$DEFMS" bridge pull
use_key "$top/locked"
check_fails 1 "has to be in ssh-agent" "$DEFMS" bridge push
check_same "it is one line" 1 "$(wc -l <"$top/err")"
check "on a terminal too it is not asked for" not timeout 60 \
	script -qec "'$DEFMS' bridge push" "$top/typescript" </dev/null
check "... but told" grep -q "has to be in ssh-agent" "$top/typescript"
ssh-agent -D -a "$top/agent" >"$top/agent.out" 2>&1 &
servers="$servers $!"
until [ -S "$top/agent" ]; do sleep 0.05; done
export SSH_AUTH_SOCK="$top/agent"
printf '#!/bin/sh\necho a passphrase\n' >"$top/askpass"
chmod +x "$top/askpass"
check "the agent gets it" env SSH_ASKPASS="$top/askpass" \
	SSH_ASKPASS_REQUIRE=force ssh-add "$HOME/.ssh/id_ed25519"
check "then what was kept goes there" defms bridge push
unset SSH_AUTH_SOCK
use_key "$top/good"
check_same "the refs have moved" "$(refs)" "$(theirs refs/threads)"

# Somebody else at that address, nobody there, nothing there.
import_public 6
only_remote other "git:ssh://$me@127.0.0.1:$changed_port$hub"
known "$changed_port" | grep '^[^#]' >>"$HOME/.ssh/known_hosts"
check_fails 1 "the host's key is not the one in known_hosts" \
	"$DEFMS" bridge push
check_same "it is one line" 1 "$(wc -l <"$top/err")"
only_remote none "git:ssh://$me@127.0.0.1:$no_port$hub"
check_fails 75 "Connection refused" "$DEFMS" bridge push
only_remote none "git:ssh://$me@127.0.0.1:$port$top/none.git"
check_fails 1 "does not appear to be a git repository" "$DEFMS" bridge push
check_fails 1 "does not appear to be a git repository" "$DEFMS" bridge pull
only_remote quoted "git:hub:$top/it's ! here.git"
git init -q --bare "$top/it's ! here.git"
defms bridge push >/dev/null
check_same "a path of any characters" "$(refs)" \
	"$(git -C "$top/it's ! here.git" for-each-ref \
		--format='%(refname) %(objectname)' refs/threads)"

# Who says nothing: before there is ssh, and after.
python3 "$tests/fake/silent-server.py" >"$top/silent" &
servers="$servers $!"
await "$top/silent"
only_remote silent "git:ssh://$me@127.0.0.1:$(cat "$top/silent")$hub" timeout=1
check_fails 75 "no answer in time" "$DEFMS" bridge push
check_fails 75 "no answer in time" "$DEFMS" bridge pull
check "no ssh is left" not pgrep -f "$top/ssh.config"
only_remote silent "git:ssh://$me@127.0.0.1:$(cat "$top/silent")$hub"
"$DEFMS" bridge run >"$top/run" 2>&1 &
run=$!
servers="$servers $run"
wait_for "the bridge waits for it, too" pgrep -f "$top/ssh.config"
kill "$run"
wait "$run"
wait_for "... and leaves no ssh when it ends" not pgrep -f "$top/ssh.config"
cp "$top/sshd/keys" "$top/keys"
sed 's/^/command="exec cat" /' "$top/keys" >"$top/sshd/keys"
only_remote silent "$url" timeout=1
check_fails 75 "no answer in time" "$DEFMS" bridge pull
sed 's/^/command="printf ffe0; while sleep 0.2; do printf x; done" /' \
	"$top/keys" >"$top/sshd/keys"
check_fails 75 "no answer in time" "$DEFMS" bridge pull
sed 's/^/command="echo it is full >\&2; exit 3" /' "$top/keys" >"$top/sshd/keys"
check_fails 1 "it is full" "$DEFMS" bridge push
sed 's/^/command="head -c 20 \/dev\/urandom" /' "$top/keys" >"$top/sshd/keys"
check "what is not git is refused" not "$DEFMS" bridge push
cp "$top/keys" "$top/sshd/keys"
check "no ssh is left" not pgrep -f "$top/ssh.config"

# A push that is refused, and all of it once it is not.
only_remote hub "$url"
printf '#!/bin/sh\necho not today >&2\nexit 1\n' >"$hub/hooks/pre-receive"
chmod +x "$hub/hooks/pre-receive"
check "a refusal is told" not defms bridge push
cat >"$top/bent-ssh" <<-'END'
	#!/bin/sh
	for last; do :; done
	eval "$last" | python3 -c 'import os
	while data := os.read(0, 1 << 16):
	    os.write(1, data.replace(b"hook declined", b"\033[31mdeclined"))'
END
chmod +x "$top/bent-ssh"
GIT_SSH_COMMAND=$top/bent-ssh "$DEFMS" bridge push >"$top/said" 2>"$top/err"
check "... whatever its words" grep -q "declined" "$top/err"
check "... without what a terminal would obey" \
	not grep -q "$(printf '\033')" "$top/err"
rm "$hub/hooks/pre-receive"
defms bridge push >/dev/null
check_same "the refs have moved" "$(refs)" "$(theirs refs/threads)"
check "all is sound" defms check
check "there too" git -C "$hub" fsck --strict --no-dangling

# What is more than may come is broken off.
{
	public_mail 7 6
	head -c 3000000 /dev/urandom | base64
} | defms import --public --folder lists - >/dev/null
defms bridge push >/dev/null
use_store eve
only_remote hub "$url" limit=1m
check_fails 1 "more than 1048576 bytes" "$DEFMS" bridge pull
only_remote hub "$url"
check_same "and taken when it may" "hub: 3 messages new" "$(defms bridge pull)"
check "no scratch is left" sh -c '! ls -d "$1"/remote-*' - "$DEFMS_HOME"
finish
