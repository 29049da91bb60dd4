#!/bin/sh
# SPDX-License-Identifier: MIT
# check_source.sh [ROOT]: house rules a machine can check: sizes, licence lines, blanks, formatting.
# The formatter's style puts a function's braces alone into column 0, which is how functions are found here.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/..}"
status=0

complain() {
    echo "$1" >&2
    status=1
}

sources=$(find include src tests examples fuzz bench -name '*.[ch]' ! -name '*.pb.[ch]' 2>/dev/null | sort)
# shellcheck disable=SC2086 # the list is words; no file of ours has a blank in its name
awk -v max_function=60 -v max_file=600 '
    function complain(text) { print text > "/dev/stderr"; bad = 1 }
    FNR == 1 { if (name != "") close_file(); name = FILENAME; lines = 0; inside = 0 }
    { lines++ }
    /^\{$/ { inside = FNR }
    /^\}/ && inside {
        length_ = FNR - inside - 1
        count[length_]++; total++
        if (length_ > max_function)
            complain(FILENAME ":" inside ": a function of " length_ " lines (at most " max_function ")")
        inside = 0
    }
    /[ \t]+$/ { complain(FILENAME ":" FNR ": blanks at the end of the line") }
    /\t/ { complain(FILENAME ":" FNR ": a tab") }
    /^typedef .*_t;/ { complain(FILENAME ":" FNR ": a typedef in _t") }
    function close_file() {
        if (lines > max_file)
            complain(name ": " lines " lines (at most " max_file ")")
    }
    END {
        if (name != "") close_file()
        for (i = 0; i <= 10000 && seen * 2 < total; i++) { seen += count[i]; median = i }
        printf "%d functions, median %d lines\n", total, median
        exit bad
    }' /dev/null $sources || status=1

for file in $sources $(find scripts tests .ci -name '*.sh' -o -path .ci/run 2>/dev/null); do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || complain "$file: no SPDX line on top"
done

if [ -z "${1:-}" ]; then
    "$here/format.sh" --check || status=1
fi
exit $status
