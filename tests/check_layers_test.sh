#!/bin/sh
# SPDX-License-Identifier: MIT
# The layer check must be able to fail: a small good tree passes, and each single violation is found and named.
set -u
check=$(cd "$(dirname "$0")/../scripts" && pwd)/check_layers.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0
cases=0

# put FILE LINE: appends a line to a file of the tree.
put() {
    mkdir -p "$tree/$(dirname "$1")"
    printf '%s\n' "$2" >>"$tree/$1"
}

good_tree() {
    rm -rf "$tree/include" "$tree/src"
    put include/nordfu/error.h '#include <stdint.h>'
    put src/base/crc.c '#include "base/crc.h"'
    put src/base/crypto.c '#include <openssl/evp.h>'
    put src/port/ports.c '#include <libserialport.h>'
    put src/package/archive.c '#include <zip.h>'
    put src/package/manifest.c '#include <jansson.h>'
    put src/package/init_packet.c '#include "package/dfu-cc.pb.h"'
    put src/dfu/secure.c '#include "base/slip.h"'
    put src/dfu/secure.c '#include "nordfu/image.h"'
    put src/sim/dongle.c '#include "base/crc.h"'
    put src/target.c '#include "package/archive.h"'
    put src/cli/main.c '#include "sim/pty.h"'
}

# expect WORD FILE LINE: with LINE added to FILE the check fails and its words contain WORD.
expect() {
    cases=$((cases + 1))
    good_tree
    put "$2" "$3"
    if words=$("$check" "$tree" 2>&1); then
        echo "not found: $3 in $2"
        failures=$((failures + 1))
    elif ! echo "$words" | grep -q "$1"; then
        echo "found, but not named: $3 in $2: $words"
        failures=$((failures + 1))
    fi
}

good_tree
"$check" "$tree" || { echo "the good tree does not pass"; failures=1; }

expect 'layer dfu' src/dfu/secure.c '#include "package/archive.h"'
expect 'layer dfu' src/dfu/secure.c '#include "nordfu/package.h"'
expect 'layer dfu' src/dfu/secure.c '#include "base/crypto.h"'
expect 'layer dfu' src/dfu/secure.c '#include "dongle/rpc.h"'
expect 'layer dfu' src/dfu/secure.c '#include "sim/world.h"'
expect 'layer package' src/package/package.c '#include "dfu/secure.h"'
expect 'layer package' src/package/package.c '#include "nordfu/port.h"'
expect 'layer base' src/base/crc.c '#include "port/ports.h"'
expect 'layer port' src/port/port_posix.c '#include "dongle/h5.h"'
expect 'layer dongle' src/dongle/h5.c '#include "central/advert.h"'
expect 'layer central' src/central/central_dongle.c '#include "sim/dongle.h"'
expect 'layer sim' src/sim/dongle.c '#include "dongle/rpc.h"'
expect 'layer sim' src/sim/dongle.c '#include "dfu/op.h"'
expect 'layer sim' src/sim/dongle.c '#include "central/advert.h"'
expect 'layer sim' src/sim/dongle.c '#include "package/init_packet.h"'
expect 'layer sim' src/sim/dongle.c '#include "nordfu/central.h"'
expect 'layer cli' src/cli/main.c '#include "base/buf.h"'
expect 'layer cli' src/cli/main.c '#include "port/ports.h"'
expect 'layer target' src/target.c '#include "sim/world.h"'
expect 'layer public' include/nordfu/error.h '#include "base/buf.h"'
expect 'layer examples' examples/update.c '#include "sim/pty.h"'
expect 'home elsewhere' src/port/port_posix.c '#include <libserialport.h>'
expect 'home elsewhere' src/package/package.c '#include <zip.h>'
expect 'home elsewhere' src/sim/bootloader.c '#include <openssl/evp.h>'
expect 'home elsewhere' src/package/manifest.h '#include <jansson.h>'
expect 'home elsewhere' src/dfu/secure.c '  #  include <pb_decode.h>'
expect 'home elsewhere' src/sim/bootloader.c '#include "package/dfu-cc.pb.h"'
expect 'nor has a home' src/base/crc.c '#include <sodium.h>'
expect 'has its home elsewhere' src/base/crc.c '#include <libusb.h>'
expect 'in no table' src/extra/thing.c '#include <stdint.h>'

echo "$cases violations tried, $failures not caught"
[ "$failures" = 0 ]
