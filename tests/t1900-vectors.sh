#!/bin/sh
# SPDX-License-Identifier: ISC
# The vectors that the C tests read are what the second implementation writes.
cd "$(dirname "$0")" || exit 1
for python in python3 /usr/bin/python3; do
	"$python" -c 'import nacl.bindings' 2>/dev/null && break
	python=
done
if [ -z "$python" ]; then
	echo "needs Python with PyNaCl: not run"
	exit 77
fi
"$python" reference/defms_formats.py | cmp - data/vectors.txt
