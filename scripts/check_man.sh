#!/bin/sh
# SPDX-License-Identifier: MIT
# check_man.sh: the man page is well formed.
set -eu
cd "$(dirname "$0")/.."
page=man/nordfu.1
if command -v mandoc >/dev/null 2>&1; then
    mandoc -T lint -W warning "$page"
elif command -v groff >/dev/null 2>&1; then
    warnings=$(groff -man -ww -z -K utf8 -Tutf8 "$page" 2>&1)
    if [ -n "$warnings" ]; then
        echo "$warnings" >&2
        exit 1
    fi
else
    echo "SKIPPED man page: there is neither mandoc nor groff."
fi
