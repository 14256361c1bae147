#!/bin/sh
# SPDX-License-Identifier: ISC
# What every command has in common: help, complaints, exit statuses.
. "$(dirname "$0")/lib.sh"

use_store nobody
defms=$DEFMS
check_fails 2 "usage: defms" "$defms"
check_fails 2 "no such command" "$defms" frobnicate
check_same "... on one line" 1 "$(wc -l <"$top/err")"
check_fails 2 "no such command" "$defms" --frobnicate
check "--version" sh -c "'$defms' --version | grep -qx 'defms [0-9.]*'"

commands=$(defms --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
check "--help lists commands" test "$(echo "$commands" | wc -l)" -gt 2
for command in $commands; do
	defms "$command" --help >"$top/help"
	check "$command --help begins with its usage" sh -c \
		"head -n 1 '$top/help' | grep -q '^usage: defms $command'"
	check "... fits a terminal" not grep '.\{80\}' "$top/help"
	check "$command is in the manual" \
		grep -q "^\.\(Ic\|It Ic\|Nm defms\|Nm\) \(defms \)\?$command\( \|$\)" \
		-r "$tests/../man" --include 'defms*.1'
done
for command in $(defms bridge --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
	defms bridge "$command" --help >"$top/help"
	check "bridge $command --help begins with its usage" sh -c \
		"head -n 1 '$top/help' | grep -q '^usage: defms bridge $command'"
	check "... fits a terminal" not grep '.\{80\}' "$top/help"
	check "bridge $command is in the manual" \
		grep -q "^\.It Cm $command\( \|$\)" "$tests/../man/defms-bridge.1"
done
check "... and there is one" test -n "$command"
check "no help made a home" not test -e "$DEFMS_HOME"

fresh_store
for command in $commands; do
	status=2
	[ "$command" != send ] || status=64 # sysexits.h: EX_USAGE
	check_fails "$status" "usage: defms $command" \
		"$defms" "$command" --frobnicate
done

for shell in bash zsh fish; do
	check "completion $shell" defms completion "$shell"
done
check_fails 2 "usage: defms completion" "$defms" completion csh
defms completion bash >"$top/completion"
check_same "bash completes commands" "init" "$(PATH=$(dirname "$DEFMS"):$PATH \
	bash -c '. "$1"; COMP_WORDS=(defms in); COMP_CWORD=1; _defms
	printf "%s\n" "${COMPREPLY[@]}"' bash "$top/completion" | grep init)"
check "bash completes options" sh -c "PATH=$(dirname "$DEFMS"):\$PATH \
	bash -c '. \"\$1\"; COMP_WORDS=(defms init --n); COMP_CWORD=2; _defms
	echo \"\${COMPREPLY[@]}\"' bash '$top/completion' | grep -qx -e --name"

mkdir -p "$XDG_CONFIG_HOME/defms"
echo "[user" >"$XDG_CONFIG_HOME/defms/config"
check_fails 1 "defms: .*config" "$defms" key fingerprint
check "--help works whatever the settings say" defms key --help
check "a full disk under standard output is a failure" sh -c \
	"rm '$XDG_CONFIG_HOME/defms/config'
	'$defms' completion bash >/dev/full 2>'$top/err'; test \$? = 1"
finish
