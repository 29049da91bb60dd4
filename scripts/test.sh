#!/bin/sh
# SPDX-License-Identifier: MIT
# test.sh BUILD_DIR JOBS: what `make test` does: sanitizer build, all tests, all checks, one last line.
set -u
jobs=$2
cd "$(dirname "$0")/.." || exit 1
case $1 in
/*) build=$1 ;;
*) build=$(pwd)/$1 ;;
esac

scripts/bootstrap.sh build test || exit 1
if [ ! -f "$build/Makefile" ]; then
    cmake --preset dev -B "$build" || exit 1
fi
cmake --build "$build" -j"$jobs" || exit 1

report=$build/test-report.txt
: >"$report"

# check NAME COMMAND...: one line in the report, like a test of its own.
check() {
    name=$1
    shift
    echo "== $name"
    if "$@"; then
        echo "passed $name" >>"$report"
    else
        echo "FAILED $name" >>"$report"
    fi
}

check layers scripts/check_layers.sh
check source scripts/check_source.sh
check globals scripts/check_globals.sh "$build"
check man scripts/check_man.sh

echo "== tests"
log=$build/ctest.log
ctest --test-dir "$build" --output-on-failure --no-tests=error -j"$jobs" --output-log "$log" \
    --output-junit "$build/junit.xml" ||
    [ -s "$log" ] || echo "FAILED ctest" >>"$report"
sed -n -e 's|^ *[0-9]*/[0-9]* Test *#[0-9]*: \([^ ]*\) .*[. ]Passed .*|passed \1|p' \
    -e 's|^ *[0-9]*/[0-9]* Test *#[0-9]*: \([^ ]*\) .*Skipped.*|SKIPPED \1|p' \
    -e '/Passed\|Skipped/!s|^ *[0-9]*/[0-9]* Test *#[0-9]*: \([^ ]*\) .*|FAILED \1|p' "$log" >>"$report"
expected=$(ctest --test-dir "$build" -N | sed -n 's/^Total Tests: //p')
seen=$(grep -c ' Test *#' "$log")
[ "$expected" = "$seen" ] || echo "FAILED ctest: $seen of $expected tests ran" >>"$report"

# What was skipped, and why: tests say so in a line of their own.
grep -h 'SKIPPED' "$build/junit.xml" | sed 's/^.*SKIPPED \]/SKIPPED/; s/^.*SKIPPED/SKIPPED/' | sort -u
grep '^FAILED' "$report"
passed=$(grep -c '^passed' "$report")
failed=$(grep -c '^FAILED' "$report")
skipped=$(grep -c '^SKIPPED' "$report")
echo "$passed passed, $failed failed, $skipped skipped" | tee -a "${NORDFU_SUMMARY:-/dev/null}"
[ "$failed" = 0 ]
