#!/bin/sh
# SPDX-License-Identifier: MIT
# format.sh [--check]: formats every C file, or says which ones are not formatted.
set -eu
cd "$(dirname "$0")/.."
# Other versions format otherwise.
if ! clang-format --version 2>/dev/null | grep -q ' version 14\.'; then
    echo "SKIPPED formatting: there is no clang-format 14."
    exit 0
fi
files=$(find include src tests examples fuzz bench -name '*.[ch]' ! -name '*.pb.[ch]' 2>/dev/null | sort)
# shellcheck disable=SC2086 # the list is words
if [ "${1:-}" != --check ]; then
    clang-format -i $files
    exit 0
fi
status=0
for file in $files; do
    if ! clang-format "$file" | cmp -s - "$file"; then
        echo "$file: not formatted (make format)" >&2
        status=1
    fi
done
exit $status
