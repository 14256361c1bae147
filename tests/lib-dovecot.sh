# SPDX-License-Identifier: ISC
# A real Dovecot over TLS, after lib.sh, crash.sh and lib-bridge.sh; what the
# scenarios about IMAP ask of it and of the mailbox.
dovecot=$top/dovecot

# start_dovecot [LINE...]: with more lines of settings; $imaps is its port. One
# that was stopped begins again with no mail.
start_dovecot() {
	rm -rf "$dovecot"
	need_program dovecot doveadm openssl python3
	mkdir -p "$dovecot/mail"
	chmod 711 "$top"
	user=$(id -un) group=$(id -gn)
	if [ "$(id -u)" = 0 ]; then
		user=nobody group=nogroup
		chown -R nobody:nogroup "$dovecot"
	fi
	imaps=$(free_ports 1)
	cat >"$dovecot.conf" <<CONF
base_dir = $dovecot/run
state_dir = $dovecot/state
log_path = $dovecot/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <$top/server.pem
ssl_key = <$top/server.key
mail_location = maildir:$dovecot/mail/%u
first_valid_uid = 0
mail_uid = $user
mail_gid = $group
default_internal_user = $user
default_internal_group = $group
default_login_user = $user
protocol imap {
  mail_plugins = imap_zlib
}
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=$user gid=$group home=$dovecot/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = $imaps
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
namespace inbox {
  inbox = yes
  mailbox "Sent Messages" {
    auto = create
    special_use = \\Sent
  }
  mailbox Trash {
    auto = create
    special_use = \\Trash
  }
}
CONF
	printf '%s\n' "$@" >>"$dovecot.conf"
	dovecot -c "$dovecot.conf" 2>"$top/err" || skip_all "no dovecot here"
	trap 'stop_dovecot; stop_servers; clean_up' EXIT
}

stop_dovecot() {
	[ ! -e "$dovecot/run/master.pid" ] ||
		doveadm -c "$dovecot.conf" stop 2>/dev/null
}

# peer USER COMMAND...: what another program does there (imap-peer.py).
peer() {
	python3 "$tests/fake/imap-peer.py" "$imaps" "$top/ca.pem" "$@"
}

# imap_account USER [SETTING...]: the account of the mailbox in use, at
# $proxy_port if there is one.
imap_account() {
	imap_user=$1
	shift
	account "imap = imaps://$imap_user@localhost:${proxy_port-$imaps}" \
		"caFile = $top/ca.pem" "passwordCommand = printf secret" "$@"
}

# imap_home NAME...: a mailbox with an account, ada's at a new Dovecot, and
# letters (crash.sh) of these names to be used: $top/NAME.
imap_home() {
	need_program openssl python3 doveadm
	fresh_store
	make_certificates
	start_dovecot
	imap_account ada
	for name; do
		letter "$name" "About $name" >"$top/$name"
	done
}

# here, there USER: a line for each copy, "FOLDER FLAGS SHA256", sorted. The
# folders with a special use have our names for them.
here() {
	copies >"$top/here" || { cat "$top/read.err"; return 1; }
	sed -E 's/^(.*) (cur|new) ([0-9]+) [^ ]+ ([0-9a-f]+)$/\1 \3 \4/' \
		"$top/here" | sort
}

there() {
	peer "$1" list
}

# same_both USER WHAT: the mailbox in use and the account hold the same.
same_both() {
	here >"$top/list-here"
	there "$1" >"$top/list-there"
	check "$2" diff "$top/list-here" "$top/list-there"
}

# sync [OPTION...]: `defms bridge imap` succeeds; what it said is in $top/said.
sync() {
	check "sync" sh -c '"$0" bridge imap "$@" >"$said"' "$DEFMS" "$@"
}
export said="$top/said"

# save_there NAME, load_there NAME: all mail of the server.
save_there() {
	rm -rf "$top/there-$1"
	cp -a "$dovecot/mail" "$top/there-$1"
}

load_there() {
	rm -rf "$dovecot/mail"
	cp -a "$top/there-$1" "$dovecot/mail"
}
