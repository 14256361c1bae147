#!/bin/sh
# SPDX-License-Identifier: ISC
# defms-formats(5) says what is really there: its test vectors are those the
# unit tests read, its tables those of a new state.db.
. "$(dirname "$0")/lib.sh"
need_program python3

page=$tests/../man/defms-formats.5
awk '/^\.Sh TEST VECTORS/ { inside = 1 }
	/^\.Sh SEE ALSO/ { inside = 0 }
	!inside { next }
	/^[a-z0-9-]* =$/ { name = $1; order[++count] = name; next }
	/^\\~[0-9a-f]*$/ && name { hex[name] = hex[name] substr($0, 3) }
	END { for (i = 1; i <= count; i++) print order[i] " = " hex[order[i]] }' \
	"$page" >"$top/vectors"
check "the page has vectors" test "$(wc -l <"$top/vectors")" -ge 15
while read -r line; do
	check_same "vector ${line%% *}" "$line" \
		"$(grep "^${line%% *} = " "$tests/data/vectors.txt")"
done <"$top/vectors"

fresh_store
awk '/^\.Ss state.db/ { inside = 1 }
	/^\.Ic meta/ { inside = 0 }
	inside && /^[a-z_]*: / { printf "%s%s", line, ""; line = "\n" $0; next }
	inside && /^ / && line { line = line " " $0 }
	END { print line }' "$page" | tr -s ' ' | grep . | sort >"$top/tables"
python3 - "$DEFMS_HOME/state.db" <<'EOT' >"$top/real"
import sqlite3, sys
db = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True)
for name, in db.execute("SELECT name FROM sqlite_schema WHERE type='table'"
                        " AND name NOT LIKE 'sqlite_%' ORDER BY name"):
    columns = db.execute("SELECT name FROM pragma_table_info(?)", (name,))
    print(name + ": " + " ".join(column for column, in columns))
EOT
check_same "the tables of state.db" "$(cat "$top/real")" "$(cat "$top/tables")"
finish
