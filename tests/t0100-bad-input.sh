#!/bin/sh
# SPDX-License-Identifier: ISC
# What is no mail, or hardly: one clear line or imported, and nothing beside it
# is lost.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_program python3 git

fresh_store
mkdir "$top/in"
python3 - "$top/in" <<'P'
import os, sys
os.chdir(sys.argv[1])
def put(name, data):
    with open(name, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
head = ("From: a@example.org\nTo: b@example.org\nSubject: s\n"
        "Message-ID: <%s@x>\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n")
# Imported: name.eml
put("plain.eml", head % "plain" + "\nhello\n")
put("no-body.eml", head % "nobody")
put("nul.eml", (head % "nul").encode() + b"X: a\0b\n\nhe\0llo\n")
put("only-nul-body.eml", (head % "nul2").encode() + b"\n" + b"\0" * 5000)
put("long-line.eml", head % "long" + "X-Long: " + "x" * 1000000 + "\n\nhi\n")
put("long-subject.eml", "Subject: " + "y " * 500000 + "\nFrom: a@x\n\nhi\n")
put("many-fields.eml", head % "many" + "X-A: b\n" * 100000 + "\nhi\n")
put("many-references.eml", head % "refs" + "References:" +
    "".join(" <r%d@x>\n" % i for i in range(20000)) + "\nhi\n")
put("many-receivers.eml", head % "receivers" + "Cc: " +
    ",\n ".join("u%d@example.org" % i for i in range(20000)) + "\n\nhi\n")
put("many-parts.eml", head % "parts" +
    "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" +
    "--b\n\nx\n" * 100000 + "--b--\n")
nest = head % "nest" + "MIME-Version: 1.0\n"
for i in range(10000):
    nest += "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i)
put("deep-nest.eml", nest + "\nhello\n")
nest = head % "nest2" + "MIME-Version: 1.0\n"
put("deep-messages.eml", nest + "Content-Type: message/rfc822\n\n" * 10000)
put("endless-base64.eml", head % "base64" + "MIME-Version: 1.0\n"
    "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" +
    "QUJD" * 1000000)
put("charset-nowhere.eml", head % "charset" + "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=klingon-8\n\n\xe4\xf6\n")
put("charset-name.eml", head % "charset2" + "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=\"" + "a" * 5000 + "\"\n\nhi\n")
for i, date in enumerate(["Mon, 1 Jan 0000 00:00:00 +0000",
        "Mon, 1 Jan 99999 00:00:00 +0000", "31 Feb 2026 25:61:61 +9999",
        "", "x" * 10000, "Mon, 1 Jan 1 00:00:00 -0000",
        "Fri, 31 Dec 9999 23:59:59 -9959", "1 Jan 1970 00:00:00 +0000"]):
    put("date-%d.eml" % i, "From: a@x\nSubject: d%d\nDate: %s\n\nhi\n"
        % (i, date))
for i, name in enumerate(["../../etc/passwd", "..", ".", "/", "a/b",
        "x" * 4000, "\x01\x1b[31m\x7f", "", " ", "con\u202etxt.exe",
        "-rf", "~", "a\nb", "\u0301"]):
    put("name-%d.eml" % i, head % ("name%d" % i) + "MIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\n"
        "Content-Type: application/octet-stream; name=\"" + name +
        "\"\nContent-Disposition: attachment; filename=\"" + name +
        "\"\n\ndata\n--b--\n")
    put("subject-%d.eml" % i, "From: a@x\nMessage-ID: <%s>\nSubject: %s\n\nhi\n"
        % (name.replace("\n", ""), name.replace("\n", " ")))
put("cr-only.eml", "From: a@x\rSubject: s\r\rhi\r")
put("mixed-ends.eml", "From: a@x\r\nSubject: s\n\r\nhi\nho\r\n")
put("field-only.eml", "a:")
put("self-reference.eml", "Message-ID: <s@x>\nReferences: <s@x> <s@x>\n"
    "In-Reply-To: <s@x>\n\nhi\n")
# Not imported, each named.
os.mkdir("bad")
put("bad/empty", b"")
put("bad/elf", b"\x7fELF" + bytes(range(256)) * 100)
put("bad/text", "This is a shopping list.\n")
put("bad/zeros", b"\0" * 100000)
put("bad/colon", b"x:" + bytes(range(256)) * 100)
put("bad/utf16", "From: a@x\n\nhi\n".encode("utf-16"))
put("bad/html", "<html><body>hello</body></html>")
P
count=$(find "$top/in" -maxdepth 1 -name '*.eml' | wc -l)

# Under a sanitizer a limit on addresses means nothing.
case $(nm "$DEFMS" 2>/dev/null | grep -c __asan_) in
0)	ulimit -v 1500000 ;;
esac
check "import all that is mail, however odd" \
	timeout 120 "$DEFMS" import "$top"/in/*.eml
check_same "... of which nothing failed" \
	"$count messages: $count new, 0 more copies, 0 there already" \
	"$(cat "$top/out")"
sha256sum "$top"/in/*.eml | cut -c 1-64 | sort >"$top/want"
copies | sed 's/.* //' | sort >"$top/got"
check_same "it reads back byte for byte" "" "$(comm -3 "$top/want" "$top/got")"
check_same "the store is clean" "" "$(fsck)"
check "indexed again" timeout 120 "$DEFMS" reindex
check_same "... to the same number" "$count messages" "$(cat "$top/out")"
check_same "names are safe" "" "$(grep '^thread ' "$top/read" |
	grep -avE '^thread [^/[:cntrl:]]{1,200} [0-9 ]*$')"

for file in "$top"/in/bad/*; do
	point=${file##*/}
	defms import "$file" >"$top/out" 2>"$top/err"
	check_same "$point: status" 1 $?
	check_same "$point: one line" 1 "$(wc -l <"$top/err")"
	check "$point: which names it" grep -q "^defms: .*$point" "$top/err"
done
check_same "what is not there is named" \
	"defms: $top/nowhere: No such file or directory" \
	"$(defms import "$top/nowhere" 2>&1 >/dev/null)"
# A directory is searched for mail; what is none is passed over.
check "a directory with both" defms import "$top/in"

# What is too large is named, and costs nothing that stands beside it.
fresh_store large
python3 - "$top" <<'P' >"$top/named"
import sys
with open(sys.argv[1] + "/large.mbox", "wb") as f:
    f.write(b"From a Mon Mar  2 10:00:00 2026\nSubject: one\n\n1\n\n")
    for hole in 520, 600:
        print("defms: %s:%d: message larger than 512 MiB" % (f.name, f.tell()))
        f.write(b"From b Mon Mar  2 10:00:00 2026\nSubject: big\n\nx\n\n")
        f.write(b"x\n\n" * 100 + b"xFrom no\n\n>From no\n")
        f.seek(hole << 20, 1)
        f.write(b"From no\nFrom no\n\n")
        f.write(b"From c Mon Mar  2 10:00:00 2026\nSubject: %d\n\nx\n\n"
                % hole)
with open(sys.argv[1] + "/large.eml", "wb") as f:
    print("defms: %s: message larger than 512 MiB" % f.name)
    f.write(b"Subject: big\n\n")
    f.truncate(1 << 32)
P
defms import "$top/large.mbox" "$top/large.eml" >"$top/out" 2>"$top/err"
check_same "large ones fail the import" 1 $?
check_same "... and are named, each by its place" "$(cat "$top/named")" \
	"$(cat "$top/err")"
check_same "... and three others are here" \
	"3 messages: 3 new, 0 more copies, 0 there already, 3 failed" \
	"$(cat "$top/out")"
rm "$top/large.mbox" "$top/large.eml"

# An mbox that ends anywhere gives what stands before its end.
make_mail
size=$(wc -c <"$mail_made/1.mbox")
cut=1
while [ "$cut" -lt "$size" ]; do
	head -c "$cut" "$mail_made/1.mbox" >"$top/cut.mbox"
	defms import --folder cut "$top/cut.mbox" >"$top/out" 2>"$top/err"
	case $? in
	0)	;;
	1)	[ "$(wc -l <"$top/err")" = 1 ] ||
			check_same "cut at $cut" "" "$(cat "$top/err")" ;;
	*)	check_same "cut at $cut: status" 0 "$(cat "$top/err")" ;;
	esac
	cut=$((cut + 97))
done
check_same "all is readable after that" 0 "$(copies >/dev/null; echo $?)"
finish
