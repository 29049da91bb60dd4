#!/bin/sh
# SPDX-License-Identifier: MIT
# bootstrap.sh LIST...: makes sure that the Debian packages of the lists (build, test, foreign) are installed.
# Says what it installs; says and does nothing, and needs no network, when all are there.
set -eu

BUILD_PACKAGES="gcc libc6-dev make cmake pkg-config
    libserialport-dev libzip-dev libjansson-dev libyaml-dev libnanopb-dev nanopb libssl-dev libusb-1.0-0-dev"
TEST_PACKAGES="libcmocka-dev unzip groff-base"
FOREIGN_PACKAGES="nodejs npm"

packages=
for list in "$@"; do
    case $list in
    build) packages="$packages $BUILD_PACKAGES" ;;
    test) packages="$packages $TEST_PACKAGES" ;;
    foreign) packages="$packages $FOREIGN_PACKAGES" ;;
    *) echo "bootstrap.sh: no such list: $list" >&2; exit 2 ;;
    esac
done

# Where there is no dpkg, or the user knows better, CMake will say what it misses.
if [ -n "${NORDFU_NO_BOOTSTRAP:-}" ] || ! command -v dpkg-query >/dev/null 2>&1; then
    exit 0
fi

missing=
for package in $packages; do
    case $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null || :) in
    ?i*) ;;
    *) missing="$missing $package" ;;
    esac
done
missing=${missing# }
[ -n "$missing" ] || exit 0

command_line="apt-get install --no-install-recommends $missing"
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1; then
    as_root=sudo
else
    echo "These packages are needed; please let an administrator install them with: $command_line" >&2
    exit 1
fi

apt() {
    # shellcheck disable=SC2086 # no sudo is no word at all
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@"
}

install() {
    # shellcheck disable=SC2086 # the list is words
    apt install --no-install-recommends $missing
}

echo "Installing the Debian packages this needs: $missing"
# The lists of a fresh system are empty, those of an old one stale: they are fetched only if it doesn't work without.
# shellcheck disable=SC2086
if ! { apt-get -q -s install --no-install-recommends $missing >/dev/null 2>&1 && install; }; then
    apt update
    if ! install; then
        echo "The packages could not be installed. The command was: ${as_root:+$as_root }$command_line" >&2
        exit 1
    fi
fi
