#!/bin/sh
# SPDX-License-Identifier: MIT
# The check for mutable globals must be able to fail, and must leave constants alone.
set -u
check=$(cd "$(dirname "$0")/../scripts" && pwd)/check_globals.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir "$tree/src"
failures=0

# expect OUTCOME SOURCE: the check passes (0) or fails (1) on an object of this source.
expect() {
    for options in -O2 '-fPIC -fsanitize=address,undefined'; do
        # shellcheck disable=SC2086 # several options
        echo "$2" | cc $options -x c -c - -o "$tree/src/x.c.o" || exit 1
        outcome=0
        "$check" "$tree" >/dev/null 2>&1 || outcome=1
        [ "$outcome" = "$1" ] || { echo "wrong outcome ($options): $2"; failures=$((failures + 1)); }
    done
}

expect 0 'static const char *const names[] = {"a"}; const char *f(int i) { return names[i]; }'
expect 0 'const int n = 3; int f(void) { int m = n; return m; }'
expect 1 'int n = 3;'
expect 1 'static int n; int f(void) { return n++; }'
expect 1 'int f(void) { static char b[3]; return b[1]++; }'
expect 1 '_Thread_local int n;'
expect 1 'const char *name = "a";'
[ "$failures" = 0 ]
