#!/bin/sh
# SPDX-License-Identifier: MIT
# The source check must be able to fail, too.
set -u
check=$(cd "$(dirname "$0")/../scripts" && pwd)/check_source.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# function_of LINES: a licence line and a function of so many lines.
function_of() {
    echo '/* SPDX-License-Identifier: MIT */'
    echo 'int f(void)'
    echo '{'
    i=0
    while [ $i -lt "$1" ]; do
        echo "    g($i);"
        i=$((i + 1))
    done
    echo '}'
}

# expect OUTCOME WHAT: the check passes (0) or fails (1) on the tree as it is.
expect() {
    "$check" "$tree" >/dev/null 2>&1
    outcome=$?
    [ "$outcome" = 0 ] || outcome=1
    if [ "$outcome" != "$1" ]; then
        echo "wrong outcome for $2"
        failures=$((failures + 1))
    fi
    rm -f "$tree"/src/*
}

mkdir -p "$tree/src"
function_of 60 >"$tree/src/a.c"
expect 0 "a function of 60 lines"
function_of 61 >"$tree/src/a.c"
expect 1 "a function of 61 lines"
for _ in 1 2 3 4 5 6 7 8 9 10; do function_of 57; done >"$tree/src/a.c"
expect 1 "a file of 610 lines"
echo 'int a;' >"$tree/src/a.c"
expect 1 "no licence line"
printf '/* SPDX-License-Identifier: MIT */\nint a; \n' >"$tree/src/a.c"
expect 1 "a blank at the end of a line"
printf '/* SPDX-License-Identifier: MIT */\n\tint a;\n' >"$tree/src/a.c"
expect 1 "a tab"
printf '/* SPDX-License-Identifier: MIT */\ntypedef int a_t;\n' >"$tree/src/a.c"
expect 1 "a typedef in _t"
[ "$failures" = 0 ]
