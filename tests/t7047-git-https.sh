#!/bin/sh
# SPDX-License-Identifier: ISC
# A git repository behind https: lighttpd with git's own http-backend, with and
# without a login, and what goes wrong with either.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-remote.sh"
PATH=$PATH:/usr/sbin
need_program git lighttpd openssl python3
backend=$(git --exec-path)/git-http-backend
[ -x "$backend" ] || skip_all "no git-http-backend"
[ -e /usr/lib/lighttpd/mod_openssl.so ] || skip_all "lighttpd has no mod_openssl"
hub=$top/git/closed/hub.git open=$top/git/open.git
mkdir -p "$top/git/closed" "$top/upload" "$top/pages/page/info"
for repository in "$hub" "$open"; do
	git init -q --bare "$repository"
	git -C "$repository" config http.receivepack true
done
theirs() { git -C "$hub" for-each-ref --format='%(refname) %(objectname)' "$@"; }
log=$top/access

make_certificates
free=$(free_ports 3)
port=${free%% *} free=${free#* }
elsewhere_port=${free% *} no_port=${free#* }
echo "<html>no refs</html>" >"$top/pages/page/info/refs"
echo "ada:sec ret" >"$top/users"
cat >"$top/lighttpd.conf" <<END
server.modules = ("mod_auth", "mod_authn_file", "mod_redirect", "mod_alias",
	"mod_setenv", "mod_cgi", "mod_accesslog", "mod_openssl")
server.document-root = "$top/pages"
server.upload-dirs = ("$top/upload")
server.errorlog = "$top/errors"
accesslog.filename = "$log"
accesslog.format = "%s %m %U"
server.bind = "127.0.0.1"
server.port = $port
mimetype.assign = ("" => "text/html")
ssl.engine = "enable"
ssl.pemfile = "$top/server.pem"
ssl.privkey = "$top/server.key"
\$SERVER["socket"] == "127.0.0.1:$elsewhere_port" {
	ssl.engine = "enable"
	ssl.pemfile = "$top/elsewhere.pem"
	ssl.privkey = "$top/elsewhere.key"
}
url.redirect = ("^/moved/(.*)" => "/git/\$1")
alias.url = ("/git" => "$backend")
auth.backend = "plain"
auth.backend.plain.userfile = "$top/users"
\$HTTP["url"] =~ "^/git/" {
	cgi.assign = ("" => "")
	setenv.add-environment = ("GIT_PROJECT_ROOT" => "$top/git",
		"GIT_HTTP_EXPORT_ALL" => "1")
}
\$HTTP["url"] =~ "^/git/closed/" {
	auth.require = ("" => ("method" => "basic", "realm" => "git",
		"require" => "valid-user"))
}
END
lighttpd -D -f "$top/lighttpd.conf" >"$top/lighttpd.out" 2>&1 &
lighttpd=$! servers="$servers $!"
tries=0
until python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "$port" \
	2>"$top/err"; do
	tries=$((tries + 1))
	[ "$tries" -lt 200 ] ||
		skip_all "lighttpd does not start: $(tail -n 1 "$top/lighttpd.out")"
	sleep 0.05
done

site=https://localhost:$port/git
mine=git:https://ada@localhost:$port/git/closed/hub.git
trust="caFile=$top/ca.pem"
password="passwordCommand=echo 'sec ret'"

fresh_store ada
check_fails 1 "a password does not belong in a URL" "$DEFMS" remote add hub \
	"git:https://ada:sec@localhost/hub.git" --public
check "... and is not repeated" not grep -q "sec@" "$top/err"

# Nobody vouches for it, or for another host.
for i in 1 2 3; do import_public $i; done
only_remote hub "$mine" "$password"
check_fails 1 "the certificate is not to be trusted" "$DEFMS" bridge push
only_remote hub "$mine" "$password" "caFile=$top/other.pem"
check_fails 1 "the certificate is not to be trusted" "$DEFMS" bridge push
only_remote hub "git:https://ada@localhost:$elsewhere_port/git/closed/hub.git" \
	"$password" "$trust"
check_fails 1 "the certificate is not to be trusted" "$DEFMS" bridge push
only_remote hub "$mine" "$password" "caFile=$top/none.pem"
check_fails 1 "caFile cannot be read" "$DEFMS" bridge push
check_same "nobody was told anything" "" "$(theirs)"

only_remote hub "$mine" "$password" "$trust"
check_same "a push says what it did" "hub: 3 threads" \
	"$(defms bridge push | sed 's/,.*//')"
check_same "the refs are there" "$(refs)" "$(theirs refs/threads)"
check "stock git finds it sound" git -C "$hub" fsck --strict --no-dangling
check_same "nothing new" "hub: nothing new" "$(defms bridge push)"
check_same "the list does not say who logs in" \
	"hub	git:$site/closed/hub.git	public	from any" \
	"$(defms remote list)"

# Logins: each is tried once.
import_public 4
refused() { # COUNT: so often until now; at its HUP lighttpd writes what it kept
	kill -HUP "$lighttpd"
	[ "$(grep -c '^401 ' "$log")" = "$1" ]
}
only_remote hub "$mine" "$trust"
check_fails 1 "it wants a user and a password: see passwordCommand" \
	"$DEFMS" bridge push
wait_for "it was asked once" refused 1
only_remote hub "$mine" "$trust" "passwordCommand=echo wrong"
check_fails 1 "hub.git: the login is refused" "$DEFMS" bridge push
check_same "it is one line" 1 "$(wc -l <"$top/err")"
check "... without the user" not grep -q "ada@" "$top/err"
wait_for "and again once" refused 2
check_fails 1 "the login is refused" "$DEFMS" bridge pull
wait_for "of a pull too" refused 3
only_remote hub "$mine" "$trust" "passwordCommand=false"
check_fails 1 "remote.hub.passwordCommand: it failed" "$DEFMS" bridge push
only_remote hub "$mine" "$trust" "timeout=1" "passwordCommand=exec sleep 1000"
check_fails 75 "remote.hub.passwordCommand: it takes too long" \
	"$DEFMS" bridge push
printf 'https://ada:sec%%20ret@localhost%%3a%s\n' "$port" >"$top/credentials"
git config --global credential.helper "store --file=$top/credentials"
only_remote hub "$mine" "$trust" "passwordCommand=printf \
'url=https://ada@localhost:$port\n\n' | git credential fill |
sed -n s/^password=//p"
check_same "with what git's helper says, what was kept goes there" \
	"hub: 4 threads" \
	"$(defms bridge push | sed 's/,.*//')"
check_same "the refs have moved" "$(refs)" "$(theirs refs/threads)"

# Many chains go on: a question of several rounds.
many() {
	for i in $(seq 100 140); do
		printf 'From ada@example.org Mon Nov  2 10:00:00 2026\n'
		public_mail $(($1 + i)) $i
		echo
	done >"$top/many"
	defms import --public --folder lists "$top/many" >/dev/null
	defms bridge push >/dev/null
}
many 0
fresh_store eve
only_remote hub "$mine" "$password" "$trust"
check_same "another takes it" "hub: 45 messages new" "$(defms bridge pull)"
check_same "again nothing" "hub: nothing new" "$(defms bridge pull)"
use_store ada
many 1000
use_store eve
check_same "... and what goes on" "hub: 41 messages new" "$(defms bridge pull)"
import_public 5 2
check "and answers" defms bridge push
use_store ada
check_same "her word comes back" "hub: 1 message new" "$(defms bridge pull)"
check_same "both have one history" "$(refs)" "$(theirs refs/threads)"

# Without a login, as far as the server lets anybody.
only_remote open "git:$site/open.git" "$trust"
defms bridge push >/dev/null
check_same "it goes to a repository that is open" "$(refs)" \
	"$(git -C "$open" for-each-ref --format='%(refname) %(objectname)' \
		refs/threads)"
import_public 6
git -C "$open" config http.receivepack false
check_fails 1 "open.git: it does not allow that" "$DEFMS" bridge push
git -C "$open" config http.receivepack true
printf '#!/bin/sh\nexit 1\n' >"$open/hooks/pre-receive"
chmod +x "$open/hooks/pre-receive"
check "a refusal is told" not defms bridge push
rm "$open/hooks/pre-receive"
check "and done when it may" defms bridge push

# What is no repository, or elsewhere, or nobody there.
only_remote x "git:$site/none.git" "$trust"
check_fails 1 "there is no such repository" "$DEFMS" bridge pull
only_remote x "git:https://localhost:$port/moved/open.git" "$trust"
check_fails 1 "it is elsewhere, says the server (301)" "$DEFMS" bridge pull
only_remote x "git:https://localhost:$port/page" "$trust"
check_fails 1 "no git repository, but text/html" "$DEFMS" bridge pull
only_remote x "git:https://localhost:$no_port/open.git" "$trust"
check_fails 75 "Connection refused" "$DEFMS" bridge pull
for tls in "" "$top/server.pem $top/server.key"; do
	rm -f "$top/silent"
	# shellcheck disable=SC2086
	python3 "$tests/fake/silent-server.py" $tls >"$top/silent" &
	servers="$servers $!"
	await "$top/silent"
	only_remote x "git:https://localhost:$(cat "$top/silent")/open.git" \
		"$trust" timeout=1
	check_fails 75 "no answer in time" "$DEFMS" bridge pull
	check_fails 75 "no answer in time" "$DEFMS" bridge push
done

# What is more than may come is broken off.
only_remote hub "$mine" "$trust" "$password"
{
	public_mail 7
	head -c 3000000 /dev/urandom | base64
} | defms import --public --folder lists - >/dev/null
defms bridge push >/dev/null
check "all is sound" defms check
check "there too" git -C "$hub" fsck --strict --no-dangling
use_store eve
only_remote hub "$mine" "$trust" "$password" limit=1m
check_fails 1 "more than 1048576 bytes" "$DEFMS" bridge pull
only_remote hub "$mine" "$trust" "$password"
check_same "and taken when it may" "hub: 2 messages new" "$(defms bridge pull)"
check "no scratch is left" sh -c '! ls -d "$1"/remote-*' - "$DEFMS_HOME"
check "nobody was refused since" refused 3
finish
