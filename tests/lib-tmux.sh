# SPDX-License-Identifier: ISC
# Programs with a screen, driven as a person does: keys, and looking.
tmux_socket=$top/tmux

tmux_() { tmux -S "$tmux_socket" -f /dev/null "$@"; }

tmux_stop() { tmux_ kill-server 2>/dev/null; }
trap 'tmux_stop; clean_up' EXIT

# screen: what is on it.
screen() { tmux_ capture-pane -p 2>/dev/null; }

# start COMMAND: run this shell command on a screen of its own.
start() {
	tmux_stop
	tmux_ new-session -d -x 120 -y 40 "$1" ||
		{ echo "Bail out! no tmux"; exit 1; }
	tmux_ set-option -g escape-time 0 >/dev/null 2>&1
}

# keys KEY...: as tmux names them; each argument that is none is typed.
keys() { tmux_ send-keys "$@"; }
typed() { tmux_ send-keys -l "$@"; }

# shows PATTERN, ended: to be waited for.
shows() { screen | grep -q -E -e "$1"; }
ended() { ! tmux_ has-session 2>/dev/null; }

# see PATTERN [WHAT]: wait until the screen shows it; what is there instead is
# printed, and then the scenario ends, for what follows would be nonsense.
see() {
	see_tries=0
	until shows "$1"; do
		see_tries=$((see_tries + 1))
		if [ "$see_tries" -ge 200 ]; then
			result "not ok" "${2-the screen shows $1}"
			echo "# on the screen instead:"
			screen | sed 's/^/# | /'
			tmux_stop
			finish
		fi
		sleep 0.05
	done
	[ -z "${2-}" ] || result ok "$2"
}

# see_end WHAT: wait until the program has ended.
see_end() {
	see_tries=0
	until ended; do
		see_tries=$((see_tries + 1))
		if [ "$see_tries" -ge 200 ]; then
			result "not ok" "$1"
			screen | sed 's/^/# | /'
			tmux_stop
			return
		fi
		sleep 0.05
	done
	result ok "$1"
}
