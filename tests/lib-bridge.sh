# SPDX-License-Identifier: ISC
# What the scenarios about servers share, after lib.sh: certificates, accounts,
# and servers on loopback that are stopped at the end.
servers=

stop_servers() {
	for server in $servers; do
		kill "$server" 2>/dev/null
	done
	for server in $servers; do
		wait "$server" 2>/dev/null
	done
	servers=
}
trap 'stop_servers; clean_up' EXIT

# make_certificates: $top/ca.pem vouches for $top/server.{pem,key}, which is
# localhost; $top/other.pem does for nobody; $top/elsewhere.* is another host.
make_certificates() {
	printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$top/ext"
	printf 'subjectAltName=DNS:elsewhere.example\n' >"$top/ext-elsewhere"
	(cd "$top" && for name in ca other; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
			-nodes -keyout $name.key -out $name.pem -days 30 \
			-subj "/CN=$name" || exit
	done && for name in server elsewhere; do
		ext=ext
		[ $name = server ] || ext=ext-elsewhere
		openssl req -newkey rsa:2048 -nodes -keyout $name.key \
			-out $name.csr -subj /CN=localhost &&
		openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key \
			-CAcreateserial -days 30 -extfile $ext \
			-out $name.pem || exit
	done) >"$top/openssl" 2>&1 || { cat "$top/openssl"; exit 1; }
}

# account KEY=VALUE...: the only one in the settings from now on.
account() {
	mkdir -p "$XDG_CONFIG_HOME/defms"
	[ -e "$XDG_CONFIG_HOME/defms/user" ] ||
		cp "$XDG_CONFIG_HOME/defms/config" "$XDG_CONFIG_HOME/defms/user"
	{
		cat "$XDG_CONFIG_HOME/defms/user"
		printf '[account "home"]\n'
		printf '\t%s\n' "$@"
	} >"$XDG_CONFIG_HOME/defms/config"
}

# fake PROTOCOL SECURITY [MODE...]: start mail-server.py; $port is where. It
# replaces the one before.
fake() {
	[ -z "${fake_pid-}" ] || kill "$fake_pid" 2>/dev/null
	rm -rf "$top/fake"
	mkdir "$top/fake"
	cp "$top/${fake_certificate-server}.pem" "$top/fake/server.pem"
	cp "$top/${fake_certificate-server}.key" "$top/fake/server.key"
	python3 "$tests/fake/mail-server.py" "$top/fake" "$@" \
		>"$top/fake/out" 2>&1 &
	fake_pid=$!
	servers="$servers $fake_pid"
	await "$top/fake/port"
	port=$(cat "$top/fake/port")
}

# await FILE: until it is there.
await() {
	await_tries=0
	until [ -s "$1" ]; do
		await_tries=$((await_tries + 1))
		[ "$await_tries" -lt 200 ] || { echo "Bail out! no $1"; exit 1; }
		sleep 0.05
	done
}

# free_ports COUNT: as many.
free_ports() {
	python3 -c '
import socket, sys
socks = [socket.socket() for i in range(int(sys.argv[1]))]
for s in socks: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in socks])' "$1"
}

# proxy PORT [CODE...]: imap-proxy.py before the server at PORT; $port is where.
# What it does is said by `harm WHAT N`.
proxy() {
	mkdir -p "$top/proxy"
	cp "$top/server.pem" "$top/server.key" "$top/proxy"
	python3 "$tests/fake/imap-proxy.py" "$top/proxy" "$@" \
		>"$top/proxy/out" 2>&1 &
	servers="$servers $!"
	await "$top/proxy/port"
	port=$(cat "$top/proxy/port")
}

harm() {
	echo "$*" >"$top/proxy/fault"
}

# sink: start smtp-sink.py; $port is where.
sink() {
	mkdir "$top/sink"
	cp "$top/server.pem" "$top/server.key" "$top/sink"
	/usr/bin/python3 "$tests/fake/smtp-sink.py" "$top/sink" >"$top/sink/out" 2>&1 &
	servers="$servers $!"
	await "$top/sink/port"
	port=$(cat "$top/sink/port")
}

# smtp_account [SETTING...]: the server at $port.
smtp_account() {
	account "smtp = smtp://ada@localhost:$port" "caFile = $top/ca.pem" \
		"passwordCommand = printf secret" "$@"
}

# mails [FOLDER]: of the sink (or the fake), a line each: sender, recipients
# and subject.
mails() {
	[ ! -e "$top/${1-sink}/mails" ] || python3 -c '
import json, re, sys
address = lambda text: re.sub(".*<(.*)>.*", r"\1", text)
for line in open(sys.argv[1]):
    mail = json.loads(line)
    subject = re.search("Subject: (.*?)\r\n", mail["data"])
    print(address(mail["from"]), ",".join(map(address, mail["to"])),
          subject.group(1) if subject else "", sep="|")' "$top/${1-sink}/mails"
}

# mail_count [FOLDER]
mail_count() { mails "$@" | wc -l; }

# raw_mail N [FOLDER]: the data of the n-th, as it came.
raw_mail() {
	python3 -c '
import json, sys
line = open(sys.argv[1]).read().splitlines()[int(sys.argv[2]) - 1]
sys.stdout.buffer.write(json.loads(line)["data"].encode("latin-1"))' \
		"$top/${2-sink}/mails" "$1"
}

# letter_to SUBJECT ADDR...: queue one.
letter_to() {
	letter_subject=$1
	shift
	printf 'Subject: %s\n\nThe text of %s.\n' "$letter_subject" \
		"$letter_subject" | defms send "$@"
}

# states: of all entries that are not sent, and who is not.
states() { defms queue | cut -f 1,2,3 | tr '\t\n' ': ' | sed 's/ $//'; }

# postfix_server: start a Postfix of our own, whose logins Dovecot checks; $port
# is where. bob and ada have mailboxes ($top/postfix/box/NAME/new), nobody else
# at example.org and localhost has; what is for elsewhere bounces. Skips if it
# cannot be.
postfix_server() {
	[ "$(id -u)" = 0 ] || skip_all "Postfix wants to be started by root"
	PATH=$PATH:/usr/sbin need_program postfix dovecot
	port=$(free_ports 1)
	postfix=$top/postfix
	mkdir -p "$postfix/etc" "$postfix/data" "$postfix/queue" \
		"$postfix/box" "$postfix/auth"
	chmod 711 "$top" "$postfix"
	chown postfix "$postfix/data"
	chown nobody:nogroup "$postfix/box"
	cat >"$postfix/etc/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $postfix/queue
		data_directory = $postfix/data
		command_directory = /usr/sbin
		daemon_directory = /usr/lib/postfix/sbin
		mail_owner = postfix
		setgid_group = postdrop
		maillog_file = $postfix/log
		maillog_file_prefixes = $top
		myhostname = mail.localhost
		mydestination =
		local_recipient_maps =
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		virtual_mailbox_domains = example.org, localhost
		virtual_mailbox_base = $postfix/box
		virtual_mailbox_maps = inline:{bob@example.org=bob/ ada@localhost=ada/}
		virtual_uid_maps = static:65534
		virtual_gid_maps = static:65534
		transport_maps = inline:{elsewhere.example=lost:}
		smtpd_tls_cert_file = $top/server.pem
		smtpd_tls_key_file = $top/server.key
		smtpd_tls_security_level = encrypt
		smtpd_tls_auth_only = yes
		smtpd_sasl_auth_enable = yes
		smtpd_sasl_type = dovecot
		smtpd_sasl_path = unix:$postfix/auth/socket
		smtpd_relay_restrictions = permit_sasl_authenticated, reject
		smtpd_recipient_restrictions = reject_unlisted_recipient, permit_sasl_authenticated, reject
	END
	cat >"$postfix/etc/master.cf" <<-END
		127.0.0.1:$port inet n - n - - smtpd
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		lost unix - n n - - pipe user=nobody argv=/bin/false
		tlsmgr unix - - n 1000? 1 tlsmgr
		proxymap unix - - n - - proxymap
		virtual unix - n n - - virtual
		postlog unix-dgram n - n - 1 postlogd
		anvil unix - - n - 1 anvil
	END
	cat >"$postfix/dovecot.conf" <<-END
		base_dir = $postfix/auth/run
		state_dir = $postfix/auth/state
		log_path = $postfix/auth/log
		protocols =
		default_internal_user = nobody
		default_internal_group = nogroup
		default_login_user = nobody
		ssl = no
		passdb {
		  driver = static
		  args = password=secret
		}
		userdb {
		  driver = static
		  args = uid=65534 gid=65534 home=$postfix
		}
		service auth {
		  unix_listener $postfix/auth/socket {
		    mode = 0666
		  }
		}
		service anvil {
		  chroot =
		}
		service stats {
		  chroot =
		}
	END
	dovecot -F -c "$postfix/dovecot.conf" >"$postfix/dovecot.out" 2>&1 &
	servers="$servers $!"
	PATH=$PATH:/usr/sbin postfix -c "$postfix/etc" check \
		>"$postfix/out" 2>&1
	/usr/lib/postfix/sbin/master -c "$postfix/etc" -d \
		>>"$postfix/out" 2>&1 &
	servers="$servers $!"
	await_tries=0
	until python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "$port" \
		2>"$postfix/err" && [ -S "$postfix/auth/socket" ]; do
		await_tries=$((await_tries + 1))
		[ "$await_tries" -lt 200 ] ||
			skip_all "Postfix does not start: $(cat "$postfix/out" \
				"$postfix/log" "$postfix/dovecot.out" | tail -n 1)"
		sleep 0.05
	done
}
