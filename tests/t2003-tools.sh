#!/bin/sh
# SPDX-License-Identifier: ISC
# Other people's programs read the tree; a large read does not hold up an ls.
. "$(dirname "$0")/lib.sh"
need_fuse
need_program python3
fresh_store
python3 - "$top/in.mbox" <<'END'
import base64, random, sys
random.seed(1)
with open(sys.argv[1], 'wb') as f:
    for n in range(300):
        f.write(b'From x Thu Jan  1 00:00:00 1970\nFrom: P%d <p%d@example.org>\nTo: ada@example.org\n'
                b'Subject: subject %d\nDate: Mon, 2 Nov 2026 10:%02d:00 +0000\nMessage-ID: <%d@example.org>\n'
                % (n % 9, n % 9, n // 3, n % 60, n))
        if n % 3:
            f.write(b'References: <%d@example.org>\n' % (n - n % 3))
        f.write(b'\nneedle %d\n\n' % n)
    big = base64.encodebytes(random.randbytes(24 << 20))
    f.write(b'From x Thu Jan  1 00:00:00 1970\nFrom: Big <big@example.org>\nTo: ada@example.org\n'
            b'Subject: big\nMessage-ID: <big@example.org>\nMIME-Version: 1.0\n'
            b'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee there\n--b\n'
            b'Content-Type: application/zip; name=big.zip\nContent-Transfer-Encoding: base64\n\n%s--b--\n' % big)
END
check "import" defms import --folder lists "$top/in.mbox"
mount_it
box=$mail/maildir/.lists

check_same "find" 301 "$(find "$mail/maildir" -type f | wc -l)"
check_same "grep -r" 300 "$(grep -rl '^needle' "$box" | wc -l)"
check "du" du -s "$mail/threads"
check "tar" sh -c "tar -cf - -C '$mail' threads maildir | tar -tf - >'$top/list'"
check_same "... of everything" 301 "$(grep -c '/raw.eml$' "$top/list")"
check "cp -a" cp -a "$box" "$top/copy"
check "... the same bytes" diff -r "$box" "$top/copy"
check_same "... and times" "$(cd "$box" && find . -type f -printf '%p %T@\n' | sort)" \
	"$(cd "$top/copy" && find . -type f -printf '%p %T@\n' | sort)"
if command -v rg >/dev/null; then
	check_same "rg" 300 "$(rg -a -l --no-ignore --hidden '^needle' "$box" |
		wc -l)"
fi
if command -v mlist >/dev/null; then
	check_same "mblaze" 301 "$(mlist "$box" | wc -l)"
	check_same "... threads" 301 "$(mlist "$box" | mthread 2>/dev/null |
		grep -c "^ *$box\|^ *$mail")"
	check_same "... one thread" 3 "$(mlist "$mail/by/from/p0@example.org/"*subject-0* |
		wc -l)"
fi
if command -v rsync >/dev/null; then
	check "rsync" rsync -a "$box/" "$top/rsync/"
	check_same "... finds nothing to do again" "" \
		"$(rsync -ai "$box/" "$top/rsync/" | grep '^>f')"
fi
if command -v git >/dev/null; then
	thread=$(ls -d "$mail"/threads/*subject-0.*)
	check_same "git mailsplit" 3 "$(mkdir -p "$top/split" &&
		git mailsplit -o"$top/split" --mboxrd "$thread/thread.mbox")"
fi

# The first read of a large attachment decodes all of it.
cat >"$top/latency.py" <<'END'
import glob, os, sys, threading, time
mail = sys.argv[1]
big = glob.glob(mail + '/threads/*.big.*/*/attachments/big.zip')[0]
sizes = []
readers = [threading.Thread(target=lambda: sizes.append(len(open(big, 'rb').read()))) for i in range(4)]
for r in readers:
    r.start()
slowest = 0
while any(r.is_alive() for r in readers):
    for d in glob.glob(mail + '/threads/*subject-1?.*')[:20]:
        t = time.time()
        os.listdir(d)
        slowest = max(slowest, time.time() - t)
for r in readers:
    r.join()
print('slowest listing %.3f s, read %s' % (slowest, sizes))
sys.exit(not (slowest < 1 and sizes == [24 << 20] * 4))
END
check "an ls beside large reads takes no time" \
	python3 "$top/latency.py" "$mail"
sed 's/^/# /' "$top/out"
check "no errors were written down" not test -s "$mail/.defms/errors"
umount_it
finish
