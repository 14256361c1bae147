/* SPDX-License-Identifier: ISC */
/* Completions for three shells. They ask the program itself: `defms --help`
 * for the commands and `defms COMMAND --help` for its options (cmd.c says what
 * a line looks like), so they know each command without a list here. */
#include <stdio.h>
#include <string.h>

#include "defms/cmd.h"

static const char bash[] =
	"_defms()\n"
	"{\n"
	"\tlocal word=${COMP_WORDS[COMP_CWORD]}\n"
	"\tCOMPREPLY=()\n"
	"\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	"\t\tCOMPREPLY=($(compgen -W \"$(defms --help |\n"
	"\t\t\tsed -n 's/^  \\([a-z]*\\) .*/\\1/p') --help --version\" "
	"-- \"$word\"))\n"
	"\telif [ \"${word#-}\" != \"$word\" ]; then\n"
	"\t\tCOMPREPLY=($(compgen -W \"$(defms \"${COMP_WORDS[1]}\" --help |\n"
	"\t\t\tgrep -o -- '^  -[^ =]*\\(, --[^ =]*\\)\\?' | tr -d ,) --help\" "
	"-- \"$word\"))\n"
	"\tfi\n"
	"}\n"
	"complete -o default -F _defms defms\n";

static const char zsh[] =
	"#compdef defms\n"
	"_defms()\n"
	"{\n"
	"\tlocal -a words_here\n"
	"\tif (( CURRENT == 2 )); then\n"
	"\t\twords_here=(${(f)\"$(defms --help |\n"
	"\t\t\tsed -n 's/^  \\([a-z]*\\)  *\\(.*\\)/\\1:\\2/p')\"})\n"
	"\t\t_describe command words_here\n"
	"\telif [[ $PREFIX == -* ]]; then\n"
	"\t\twords_here=(${=\"$(defms $words[2] --help |\n"
	"\t\t\tgrep -o -- '^  -[^ =]*\\(, --[^ =]*\\)\\?' | tr -d ,)\"} "
	"--help)\n"
	"\t\tcompadd -a words_here\n"
	"\telse\n"
	"\t\t_files\n"
	"\tfi\n"
	"}\n"
	"compdef _defms defms\n";

static const char fish[] =
	"function __defms_commands\n"
	"\tdefms --help | "
	"string replace -rf '^  ([a-z]+) +(.*)' '$1\\t$2'\n"
	"end\n"
	"function __defms_options\n"
	"\tset -l words (commandline -opc)\n"
	"\tdefms $words[2] --help |\n"
	"\t\tstring match -rg '^  (-[^ =,]+)(?:, (--[^ =]+))?' |\n"
	"\t\tstring match -r '.+'\n"
	"\techo -- --help\n"
	"end\n"
	"complete -c defms -n '__fish_use_subcommand' -f "
	"-a '(__defms_commands)'\n"
	"complete -c defms -n 'not __fish_use_subcommand; and "
	"string match -q -- \"-*\" (commandline -ct)' -f "
	"-a '(__defms_options)'\n";

static const struct {
	const char *name, *script;
} shells[] = {
	{ "bash", bash },
	{ "zsh", zsh },
	{ "fish", fish },
};

extern const struct cmd cmd_completion;

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	(void)config;
	(void)mailbox;
	for (size_t i = 0; argc == 2 && i < G_N_ELEMENTS(shells); i++) {
		if (strcmp(argv[1], shells[i].name) != 0)
			continue;
		(void)fputs(shells[i].script, stdout);
		return CMD_DONE;
	}
	return cmd_usage(&cmd_completion, NULL);
}

const struct cmd cmd_completion = {
	.name = "completion",
	.args = "bash|zsh|fish",
	.summary = "print what makes a shell complete defms commands",
	.run = run,
};
