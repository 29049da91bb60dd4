#!/bin/sh
# SPDX-License-Identifier: MIT
# check_globals.sh BUILD_DIR: no object of the library, the simulator or the program has mutable data of static storage.
set -eu
if [ -z "$(find "$1" -path '*/src/*' -name '*.c.o' ! -path '*/tests/*' | head -n 1)" ]; then
    echo "check_globals.sh: there is no object in $1" >&2
    exit 1
fi
found=$(find "$1" -path '*/src/*' -name '*.c.o' ! -path '*/tests/*' -exec objdump -t {} + |
    awk '/file format/ { file = $1; sub(/:$/, "", file); sub(/^.*\/src\//, "src/", file) }
         NF >= 4 {
             for (i = 2; i <= 5; i++)
                 if ($i ~ /^\.(data|bss|tdata|tbss)($|\.)/ && $i !~ /^\.data\.rel\.ro/) print file " " $NF
         }' | grep -v -E ' (\.|__asan|__odr_asan)' || :)
if [ -n "$found" ]; then
    echo "Mutable globals:" >&2
    echo "$found" >&2
    exit 1
fi
