#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh NORDFU CLIENT CASE: one test of a simulated device with a client that is not ours (CLIENT: the folder with
# update.mjs and what it needs). Each case is a function below.
set -eu
nordfu=$1
client=$2
case_name=$3
device=addr=DE063B974CD8,name=Thermo,mode=app,buttonless=unbonded,profile=sdk17,hw=52,sd=0xCA,app-version=1

folder=$(mktemp -d)
sim=
cleanup() {
    if [ -n "$sim" ]; then
        kill "$sim" 2>/dev/null || :
        wait "$sim" 2>/dev/null || :
    fi
    rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP # dash has no EXIT for a signal
cd "$folder"

fail() {
    echo "FAILED $case_name: $*"
    for file in out err sim.log sim.err; do
        [ ! -s "$file" ] || { echo "--- $file"; tail -n 15 "$file" | cat -v; }
    done
    exit 1
}

# expect CODE COMMAND...: runs it, with its output in the files out and err.
expect() {
    code=$1
    shift
    got=0
    timeout -k 5 120 "$@" >out 2>err </dev/null || got=$?
    [ "$got" = "$code" ] || fail "exit code $got instead of $code: $*"
}

said() {
    grep -q -F -e "$1" out || fail "the client did not say: $1"
}

logged() {
    grep -q -e "$1" sim.log || fail "the simulator did not say: $1"
}

# make_package VERSION BYTES KEY: app.bin and app.zip.
make_package() {
    expect 0 "$nordfu" keys generate "$3"
    head -c "$2" /dev/urandom >app.bin
    expect 0 "$nordfu" pkg generate --application app.bin --application-version "$1" --hw-version 52 \
        --sd-req 0xCA --key-file "$3" app.zip
}

start_sim() {
    expect 0 "$nordfu" keys display --key pk --format pem --out_file pub.pem key.pem
    "$nordfu" sim --att air --flash-out flash.bin --device "$device,pubkey=pub.pem" >sim.log 2>sim.err &
    sim=$!
    tenths=200
    until [ -S air ]; do
        tenths=$((tenths - 1))
        if [ $tenths = 0 ] || ! kill -0 "$sim" 2>/dev/null; then
            fail "the simulator did not start"
        fi
        sleep 0.1
    done
}

stop_sim() {
    kill "$sim"
    got=0
    wait "$sim" || got=$?
    sim=
    [ "$got" = 0 ] || fail "the simulator ended with $got"
}

update() {
    code=$1
    shift
    expect "$code" node "$client/update.mjs" air app.zip "$@"
}

device_runs() {
    logged "^Thermo (DE:06:3B:97:4C:D8) now runs version $1\.\$"
    cmp "$2" flash.bin || fail "the flash is not $2"
}

case_update_from_the_application() {
    make_package 2 20000 key.pem
    start_sim
    update 0 --name Thermo
    said 'found buttonless characteristic'
    said 'found bootloader DfuTarg DE063B974CD9'
    said 'update complete'
    stop_sim
    device_runs 2 app.bin
    cat out
}

case_wrong_signature_is_refused() {
    make_package 2 9000 wrong.pem
    expect 0 "$nordfu" keys generate key.pem
    start_sim
    update 1 --name Thermo
    said 'failed: Error: Data object does not match the firmware and hardware requirements, the signature is wrong'
    logged 'bootloader.execute .*result=05 .*why=signature'
    stop_sim
    ! grep -q 'device.installed' sim.log || fail "installed all the same"
    ! cmp -s app.bin flash.bin || fail "the flash is the refused image"
}

case_old_version_is_refused() {
    make_package 1 9000 key.pem
    device=$(echo "$device" | sed 's/app-version=1/app-version=2/')
    start_sim
    update 1 --name Thermo
    said 'failed: Error: The firmware version is too low.'
    stop_sim
}

# cut_and_resume KEYS LEAST MOST: the device says that it has between so and so many bytes.
cut_and_resume() {
    make_package 2 20000 key.pem
    device=$device,$1
    start_sim
    update 3 --name Thermo --vanish 10000 # inside the third object of 4096
    update 0
    said 'init packet already available, skipping transfer'
    said 'update complete'
    logged 'device.disconnected .*reason=08'
    offset=$(sed -n 's/.*bootloader.select .*object=2 offset=\([0-9]*\).*/\1/p' sim.log | tail -n 1)
    if [ "$offset" -lt "$2" ] || [ "$offset" -gt "$3" ]; then
        fail "has $offset bytes, not $2 to $3"
    fi
    # Two objects were there and not sent again.
    sed '1,/device.disconnected .*reason=08/d' sim.log | grep -m 1 'bootloader.create .*object=2' |
        grep -q 'offset=8192$' || fail "not gone on with where it was"
    stop_sim
    device_runs 2 app.bin
}

case_cut_and_resumed() {
    cut_and_resume resume=exact 8193 12287
}

case_cut_and_resumed_by_rounded_offsets() {
    cut_and_resume resume=rounded 8192 8192
}

case_every_bootloader() {
    make_package 2 6000 key.pem
    any=$device
    for sdk in 12 13 14 15 16 17; do
        device=$(echo "$any" | sed "s/profile=sdk17/profile=sdk$sdk/")
        start_sim
        update 0 --name Thermo
        stop_sim
        device_runs 2 app.bin
        rm flash.bin
        echo "sdk$sdk: $(tail -n 1 out)"
    done
}

"case_$case_name"
echo "passed $case_name"
