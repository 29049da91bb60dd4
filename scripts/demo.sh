#!/bin/sh
# SPDX-License-Identifier: MIT
# demo.sh PROGRAM: from nothing to an updated (simulated) device: key, package, simulator, update.
set -eu
nordfu=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
folder=$(mktemp -d)
sim=

finish() {
    [ -z "$sim" ] || kill "$sim" 2>/dev/null || :
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

fail() {
    echo "The demo failed: $1" >&2
    exit 1
}

say() {
    printf '\n== %s\n' "$1"
}

cd "$folder"

say "A key, and a new application of 256 KiB as a signed package, version 2"
"$nordfu" keys generate private.pem
"$nordfu" keys display --key pk --format pem --out_file public.pem private.pem
head -c 262144 /dev/urandom >app.bin
"$nordfu" pkg generate --application app.bin --application-version 2 --hw-version 52 \
    --sd-req 0xCA --key-file private.pem app.zip

say "A simulated dongle on a pty, and a simulated device that runs version 1"
"$nordfu" sim --dongle v5 --link "$folder/dongle" --flash-out flash.bin \
    --device addr=DE063B974CD8,name=Thermo,mode=app,buttonless=unbonded,profile=sdk17,pubkey=public.pem,hw=52,sd=0xCA,app-version=1 \
    >sim.log 2>&1 &
sim=$!
tries=0
until [ -e dongle ]; do
    tries=$((tries + 1))
    if [ $tries -gt 100 ] || ! kill -0 "$sim" 2>/dev/null; then
        cat sim.log >&2
        fail "the simulator did not start"
    fi
    sleep 0.1
done
echo "The dongle is at $(head -n 1 sim.log)."

say "nordfu dfu ble -ic NRF52 -pkg app.zip -p dongle -a DE063B974CD8"
"$nordfu" dfu ble -ic NRF52 -pkg app.zip -p "$folder/dongle" -a DE063B974CD8 || fail "exit code $?"

say "What the device runs now"
kill -TERM "$sim"
code=0
wait "$sim" || code=$?
sim=
[ "$code" = 0 ] || { tail -n 5 sim.log >&2; fail "the simulator ended with $code"; }
cmp app.bin flash.bin || fail "the device's flash is not the application"
echo "Its flash holds the application, byte for byte."
grep ' now runs version 2\.$' sim.log || { tail -n 3 sim.log >&2; fail "the device does not run version 2"; }
