#!/bin/sh
# SPDX-License-Identifier: MIT
# test_foreign.sh PROGRAM FOLDER: what `make test-foreign` does: a DFU client that is not ours (an npm package) updates
# simulated devices. Works in FOLDER; skips all of it where node, npm or the package can't be had.
set -u
cd "$(dirname "$0")/.." || exit 1
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$2" || exit 1
folder=$(cd "$2" && pwd)
cases=$(sed -n 's/^case_\([a-z_]*\)() {$/\1/p' tests/foreign/run.sh)
passed=0
failed=0
skipped=0

finish() {
    echo "$passed passed, $failed failed, $skipped skipped" | tee -a "${NORDFU_SUMMARY:-/dev/null}"
    [ "$failed" = 0 ]
    exit
}

skip_all() {
    echo "SKIPPED foreign client: $*"
    skipped=$(echo "$cases" | wc -l)
    finish
}

# Whoever has node and npm from elsewhere is left alone.
if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    scripts/bootstrap.sh foreign
fi
command -v node >/dev/null 2>&1 || skip_all "there is no node, and it could not be installed"
command -v npm >/dev/null 2>&1 || skip_all "there is no npm, and it could not be installed"
node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' ||
    skip_all "node is too old: $(node --version) instead of v18 or newer"

# Installed once per lock file. A package that is not what the lock file says is a failure, no reason to skip.
if ! cmp -s tests/foreign/package-lock.json "$folder/installed.json"; then
    rm -f "$folder/installed.json"
    cp tests/foreign/package.json tests/foreign/package-lock.json tests/foreign/.npmrc "$folder" || exit 1
    echo "Installing web-bluetooth-dfu and what it needs into $folder/node_modules"
    if (cd "$folder" && timeout -k 10 240 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
        --fetch-timeout=60000 --loglevel=error >npm.log 2>&1); then
        cp tests/foreign/package-lock.json "$folder/installed.json"
    elif grep -q -e EINTEGRITY -e EUSAGE -e EJSONPARSE "$folder/npm.log"; then
        cat "$folder/npm.log"
        failed=1
        finish
    else
        skip_all "the package can't be had: $(grep -m 1 'npm error\|npm ERR!' "$folder/npm.log" || echo "npm took too long")"
    fi
fi
cp tests/foreign/*.mjs "$folder" || exit 1

for case in $cases; do
    echo "== $case"
    if tests/foreign/run.sh "$program" "$folder" "$case"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
finish
