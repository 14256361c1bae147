#!/bin/sh
# SPDX-License-Identifier: ISC
# The bridge at work for good: what one side does the other has soon, whatever
# becomes of the server in between; and it ends well.
# The thread sanitizer need not mind a worker that is left waiting at the end.
TSAN_OPTIONS="${TSAN_OPTIONS-} report_thread_leaks=0"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-dovecot.sh"
imap_home a1 a2 a3 b1

# run: begin it; $runner is its process.
run() {
	"$DEFMS" bridge run >>"$top/run.err" 2>&1 &
	runner=$!
	servers="$servers $runner"
}

# ends STATUS: after SIGTERM.
ends() {
	kill -TERM "$runner"
	wait "$runner"
	check_same "SIGTERM ends it well" 0 $?
}

has_here() { here | grep "$(sha256sum <"$top/$1" | cut -c1-64)"; }
has_there() { there ada | grep "$2 $(sha256sum <"$top/$1" | cut -c1-64)"; }
flagged() { here | grep "^INBOX 4 $(sha256sum <"$top/$1" | cut -c1-64)"; }

check "it does not run yet" sh -c "'$DEFMS' bridge status | grep -q 'not run'"
peer ada append INBOX '' "$top/a1"
run
wait_for "what was there is fetched" has_here a1
check "it runs" sh -c "'$DEFMS' bridge status | grep -qx 'bridge     runs'"
check_fails 75 'at work' defms bridge run
peer ada append INBOX '' "$top/a2"
wait_for "new mail comes at once" has_here a2
peer ada flag INBOX a2 '+\Flagged'
wait_for "... and a flag that is set there" flagged a2
defms import "$top/b1" >/dev/null
wait_for "what comes here goes up" has_there b1 'INBOX 0'
defms flag +answered id:b1@example.org
wait_for "... and a flag that is set here" has_there b1 'INBOX 2'

# -- the server goes and comes back -------------------------------------------
stop_dovecot
defms import "$top/a3" >/dev/null
wait_for "it says that the server is gone" grep -q "localhost:$imaps" \
	"$top/run.err"
check "... and goes on" kill -0 "$runner"
dovecot -c "$dovecot.conf"
tries=0
until has_there a3 'INBOX 0' || [ $tries = 60 ]; do
	tries=$((tries + 1))
	sleep 0.5
done
check "what was done meanwhile goes up when it is back" has_there a3 'INBOX 0'
ends
check "what it said is for people" not grep -vE \
	'^defms: home: [a-z0-9 ,:.]*' "$top/run.err"

# -- a server that never answers ----------------------------------------------
python3 "$tests/fake/silent-server.py" >"$top/deaf" &
servers="$servers $!"
await "$top/deaf"
account "imap = imaps://ada@localhost:$(cat "$top/deaf")" \
	"caFile = $top/ca.pem" "passwordCommand = printf secret"
run
check "it runs" kill -0 "$runner"
sleep 1
ends
same=$(defms bridge status | grep -c '^folder     4')
check_same "status counts what is known" 1 "$same"

# -- ... holds up no other account
account "imap = imaps://ada@localhost:$(cat "$top/deaf")" \
	"caFile = $top/ca.pem" "passwordCommand = printf secret" "timeout = 300"
printf '[account "work"]\n\timap = %s\n\tcaFile = %s\n\t%s\n' \
	"imaps://ada@localhost:$imaps" "$top/ca.pem" \
	"passwordCommand = printf secret" >>"$XDG_CONFIG_HOME/defms/config"
letter a5 "About a5" >"$top/a5"
peer ada append INBOX '' "$top/a5"
run
wait_for "mail of the other one comes" has_here a5
ends

# -- settings that change meanwhile -------------------------------------------
letter a4 "About a4" >"$top/a4"
peer ada append INBOX '' "$top/a4"
account "imap = imaps://ada@localhost:1" "caFile = $top/ca.pem" \
	"passwordCommand = printf secret"
run
wait_for "it says that there is no server" grep -q "localhost:1: connect" \
	"$top/run.err"
printf '[account "home"]\n\timap = nonsense\n' >"$XDG_CONFIG_HOME/defms/new"
mv "$XDG_CONFIG_HOME/defms/new" "$XDG_CONFIG_HOME/defms/config"
wait_for "settings that cannot be are told" \
	grep -q '^defms: settings: account.home.imap' "$top/run.err"
check "... and it goes on" kill -0 "$runner"
imap_account ada
wait_for "what they say counts at once" has_here a4
ends
check "sound" defms check
sed "s,^,# ," "$top/run.err"
finish
