#!/bin/sh
# SPDX-License-Identifier: MIT
# check_man.sh: the man page is well formed, and names every option and every exit code of the source.
set -eu
cd "$(dirname "$0")/.."
page=man/nordfu.1
status=0

# The options of the tables, but those that are not possible yet.
for option in $(cat src/cli/main.c src/cli/cmd_*.c | tr '\n' ' ' | sed 's/\[[A-Z_]*\] = /\n&/g' |
    grep -v NOT_YET | sed -n 's/.*"\(--[a-z_-]*\)", *ARGS_.*/\1/p'); do
    if ! sed 's/\\-/-/g' "$page" | grep -q -E -e "$option([^a-z_-]|\$)"; then
        echo "$page: $option is missing" >&2
        status=1
    fi
done

for code in $(sed -n 's/^ *NORDFU_ERR_[A-Z_]* = -\([0-9]*\),.*/\1/p' include/nordfu/error.h) 130; do
    [ "$code" != 12 ] || continue # cancelled: 130
    if ! grep -q "^\.B $code\$" "$page"; then
        echo "$page: exit code $code is missing" >&2
        status=1
    fi
done

if command -v mandoc >/dev/null 2>&1; then
    mandoc -T lint -W warning "$page" || status=1
elif command -v groff >/dev/null 2>&1; then
    warnings=$(groff -man -ww -z -K utf8 -Tutf8 "$page" 2>&1)
    if [ -n "$warnings" ]; then
        echo "$warnings" >&2
        status=1
    fi
else
    echo "SKIPPED man page's form: there is neither mandoc nor groff."
fi
exit $status
