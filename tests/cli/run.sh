#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh NORDFU JSON_LINES CASE: one test of the real program, mostly against the simulator on a pty.
# Each case is a function below; a case that can't run says SKIPPED and why, and ends with 77.
set -eu
nordfu=$1
json_lines=$2
case_name=$3
project=$(cd "$(dirname "$0")/../.." && pwd)
data=${NORDFU_DATA:-$project/../shared/data}
address=DE063B974CD8
device=addr=$address,name=Thermo,mode=app,buttonless=unbonded,profile=sdk17,hw=52,sd=0xCA,app-version=1

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

skip() {
    echo "SKIPPED $case_name: $*"
    exit 77
}

# expect CODE COMMAND...: runs it, with its output in the files out and err.
expect() {
    code=$1
    shift
    got=0
    timeout -k 5 60 "$@" >out 2>err </dev/null || got=$?
    [ "$got" = "$code" ] || fail "exit code $got instead of $code: $*"
}

said() {
    grep -q -e "$1" out err || fail "nobody said: $1"
}

# The sentence with which the program failed.
failed_with() {
    grep -q -e "^Error: .*$1" err || fail "not the reason: $1"
}

# make_package NAME VERSION BYTES: NAME.bin and NAME.zip, signed with key.pem.
make_package() {
    [ -f key.pem ] || expect 0 "$nordfu" keys generate key.pem
    [ -f pub.pem ] || expect 0 "$nordfu" keys display --key pk --format pem --out_file pub.pem key.pem
    head -c "$3" /dev/urandom >"$1.bin"
    expect 0 "$nordfu" pkg generate --application "$1.bin" --application-version "$2" --hw-version 52 \
        --sd-req 0xCA --key-file key.pem "$1.zip"
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    tenths=$(($1 * 10))
    shift
    until "$@"; do
        tenths=$((tenths - 1))
        [ $tenths -gt 0 ] || fail "waited in vain for: $*"
        sleep 0.1
    done
}

sim_started() {
    kill -0 "$sim" 2>/dev/null || fail "the simulator did not start"
    test -e dongle
}

start_sim() {
    "$nordfu" sim --link "$folder/dongle" --flash-out flash.bin "$@" >sim.log 2>sim.err &
    sim=$!
    wait_for 20 sim_started
}

# stop_sim SIGNAL: ends the simulator, which must end well.
stop_sim() {
    kill -"${1:-TERM}" "$sim"
    got=0
    wait "$sim" || got=$?
    sim=
    [ "$got" = 0 ] || fail "the simulator ended with $got"
}

# device_runs VERSION FILE: what the simulator said and wrote at its end.
device_runs() {
    grep -q "^Thermo (DE:06:3B:97:4C:D8) now runs version $1\.$" sim.log || fail "not version $1"
    cmp "$2" flash.bin || fail "the flash is not $2"
}

case_help() {
    for words in '' dfu 'dfu ble' keys 'keys generate' pkg 'pkg generate' 'pkg display' 'pkg verify' 'pkg extract' 'pkg lint' settings 'settings generate' 'settings display' image 'image info' 'image convert' bond 'bond list' 'bond remove' sim version help; do
        # shellcheck disable=SC2086
        expect 0 "$nordfu" $words --help
        grep -q "^Usage: nordfu ${words:+$words }\[OPTIONS\]" out || fail "no usage line for $words"
        [ ! -s err ] || fail "something on standard error"
    done
    expect 0 "$nordfu" help dfu ble
    said '--package FILE'
    expect 0 "$nordfu" help help
    said '^Usage: nordfu help '
    for words in 'help help' 'dfu ble' version keys; do
        # shellcheck disable=SC2086
        expect 2 "$nordfu" help $words surplus
    done
    expect 0 "$nordfu"
    said '^Commands:'
    expect 0 "$nordfu" version
    grep -q '^nordfu version [0-9]' out || fail "no version"
}

case_usage() {
    touch p.zip
    expect 2 "$nordfu" dfu ble --prot x
    grep -q '^Error: No such option: --prot Did you mean --port?$' err || fail "no hint"
    grep -q "^Try 'nordfu dfu ble --help' for help.$" err || fail "no Try line"
    expect 2 "$nordfu" dfu blr
    said "Did you mean 'ble'?"
    expect 2 "$nordfu" -v
    said 'Missing command.'
    expect 2 "$nordfu" dfu ble
    said "Missing option '-pkg' / '--package'."
    expect 2 "$nordfu" dfu ble -pkg p.zip -a 12345
    said 'Must be exactly 6 bytes HEX'
    expect 2 "$nordfu" dfu ble -pkg p.zip -ic NRF53
    said "not one of 'NRF51', 'NRF52'"
    expect 2 "$nordfu" dfu ble -pkg
    [ "$(cat err)" = "Error: Option '-pkg' requires an argument." ] || fail "not the short form"
    expect 2 "$nordfu" dfu ble --json=1
    [ "$(cat err)" = "Error: Option '--json' does not take a value." ] || fail "not the short form"
    expect 2 "$nordfu" dfu ble -pkg nowhere.zip
    said "File 'nowhere.zip' does not exist."
    expect 2 "$nordfu" dfu ble -pkg p.zip -v
    said "No such option: -v .* before the command: 'nordfu -v dfu ble'"
    expect 2 "$nordfu" --version
    said "Did you mean 'nordfu version'?"
    for range in '--scan-time 0' '--scan-time 3601' '--baud 0' '--baud 3000001' '-cd -1' '-cd 3601' \
        '--timeout 0' '--timeout 86401' '--prn -1' '--prn 65536' '--interval 7' '--interval 126'; do
        # shellcheck disable=SC2086
        expect 2 "$nordfu" dfu ble -pkg p.zip $range
        said 'it must be [0-9.]* to [0-9]*'
    done
    expect 2 "$nordfu" dfu ble -pkg p.zip -p ''
    said "'-p' / '--port': it is empty"
    expect 2 "$nordfu" pkg generate --softdevice x y.zip
    said '^Error: --hw-version required.$'
    expect 2 "$nordfu" sim --device name=x
    said 'needs an address'
    expect 2 "$nordfu" sim --device addr=$address,nmae=x
    said 'did you mean "name"?'
    expect 2 "$nordfu" sim --device addr=$address,mode=sleeping
    said 'expected: app, bootloader or off'
    expect 2 "$nordfu" sim --device addr=$address,pubkey=nope.pem
    said 'key file nope.pem'
    expect 2 "$nordfu" sim --device addr=$address --device addr=de:06:3b:97:4c:d8
    said 'Devices 1 and 2 have the same address'
    for place in nowhere/flash.bin . ; do
        expect 2 "$nordfu" sim --device addr=$address --flash-out $place
        said "The file of --flash-out, $place, can't be written: "
    done
    expect 2 "$nordfu" sim --att p.zip
    said 'p.zip exists and is no socket'
    for words in '--dongle v5 --dongle v2,usb' '--usb --dongle v2' '--link a --dongle v5,link=b' \
        '--dongle v5,link=a --dongle v3,link=a' '--dongle v5,lnk=a' '--dongle v5,baud=1' --flash-out\ f \
        "--device addr=$address --flash-out f --flash-out g" '--damage cut-link@jump' '--damage cut-link'; do
        # shellcheck disable=SC2086
        expect 2 "$nordfu" sim $words
        grep -q '^Error: ' err || fail "no sentence"
    done
    expect 2 "$nordfu" sim --dongle v5 --dongle v5,addr=$address --dongle v2,addr=$address
    said 'Dongles 2 and 3 have the same address'
    expect 2 "$nordfu" sim --dongle v5,link=a --dongle v2,link=a
    said 'Dongles 1 and 2 have the same link'
    expect 2 "$nordfu" sim --dongle v5,lnk=a
    said 'did you mean "link"?'
    expect 2 "$nordfu" sim --device addr=$address --damage cut-link@byts=3
    said 'did you mean "bytes"?'
    expect 2 "$nordfu" sim --device addr=$address --damage cut-link@jump,device=2
    said 'There is no device 2 to damage; there are 1'
    expect 2 "$nordfu" sim --device addr=$address,app-size=0xD1001
    said 'app-size is 1 to 856064'
    [ ! -s out ] || fail "a usage error wrote to standard output"
}

case_nrfutil() {
    ln -s "$nordfu" nrfutil
    expect 2 ./nrfutil dfu ble
    said "^Usage: nrfutil dfu ble \[OPTIONS\]"
    make_package app 2 16384
    start_sim --device "$device,pubkey=pub.pem"
    expect 0 ./nrfutil dfu ble -ic NRF52 -pkg app.zip -p dongle -a $address -snr 123 -cd 0
    [ "$(tail -n 1 out)" = "Device programmed." ] || fail "not the last line"
    stop_sim
    device_runs 2 app.bin
}

case_update() {
    make_package app 2 65536
    start_sim --device "$device,pubkey=pub.pem"
    expect 0 "$nordfu" dfu ble -ic NRF52 -pkg app.zip -p dongle -a de:06:3b:97:4c:d8
    [ "$(tail -n 1 out)" = "Device programmed." ] || fail "not the last line"
    said '^MTU 247, data length 251, PHY 2M, interval'
    said '^65536 bytes in .* kB/s'
    said 'API v5'
    [ ! -s err ] || fail "something on standard error"
    # Plain lines on a pipe: no control characters, no carriage returns.
    ! LC_ALL=C grep -q '[[:cntrl:]]' out || fail "control characters on a pipe"
    stop_sim INT
    device_runs 2 app.bin
}

case_by_name() {
    make_package app 7 16384
    start_sim --device "$device,mode=bootloader,pubkey=pub.pem,bootloader-name=Boot"
    expect 5 "$nordfu" dfu ble -pkg app.zip -p dongle --scan-time 1
    said '^No target selected. Default device name: DfuTarg is used.$'
    expect 0 "$nordfu" dfu ble -pkg app.zip -p dongle -n Boot
    stop_sim
    device_runs 7 app.bin
}

case_terminal() {
    command -v script >/dev/null || skip "there is no script(1) to make a terminal with"
    make_package app 2 32768
    start_sim --device "$device,pubkey=any"
    got=0
    TERM=xterm script -qec "stty cols 70; '$nordfu' dfu ble -pkg app.zip -p dongle -a $address" out \
        >/dev/null 2>err </dev/null || got=$?
    [ "$got" = 0 ] || fail "exit code $got"
    said '100 % \[#*\]'
    said 'kB/s'
    tr '\r' '\n' <out | sed 's/\x1b\[[0-9;]*[mK]//g' >plain
    awk 'NR > 1 && /%/ && length($0) >= 70 { exit 1 }' plain || fail "a bar wider than the terminal"
    grep -q '^Device programmed.$' plain || fail "not programmed"
}

case_json() {
    make_package app 2 32768
    start_sim --json --device "$device,pubkey=pub.pem,app-size=8192"
    expect 0 "$nordfu" dfu ble --json -pkg app.zip -p dongle -a $address
    [ "$("$json_lines" result bytes <out)" = 32768 ] || fail "not the bytes"
    [ "$("$json_lines" result mtu <out)" = 247 ] || fail "not the MTU"
    [ "$("$json_lines" "done" <out)" = 1 ] || fail "not done once"
    expect 5 "$nordfu" dfu ble --json -f -pkg app.zip -p dongle --scan-time 1
    "$json_lines" note text <out >note
    said '"note".*DfuTarg is used'
    said '"note".*Programming the dongle is not possible yet'
    # A defective package is an event, too, and a sentence on standard error.
    echo nonsense >bad.zip
    expect 1 "$nordfu" dfu ble --json -pkg bad.zip -p dongle -a $address
    [ "$("$json_lines" error class <out)" = package ] || fail "not a package error"
    [ "$("$json_lines" error exit <out)" = 1 ] || fail "not exit code 1"
    grep -q '^Error: ' err || fail "no sentence on standard error"
    stop_sim
    [ "$("$json_lines" final version <sim.log)" = 2 ] || fail "the simulator's last words"
    # Hexadecimal, whatever the digits: 16 is "ended by this side".
    grep -q '"device.disconnected".*"reason":"16"' sim.log || fail "a reason that is a number"
    [ "$("$json_lines" pty path <sim.log | cut -c 1-9)" = /dev/pts/ ] || fail "no pty"
}

case_ports() {
    make_package app 2 16384
    expect 3 "$nordfu" dfu ble -pkg app.zip -p /dev/ttyNOTHERE -a $address
    said '^Error: There is no port /dev/ttyNOTHERE'
    expect 3 "$nordfu" dfu ble -pkg app.zip -p "$folder" -a $address
    said 'is a directory'
    expect 3 "$nordfu" dfu ble -pkg app.zip -p app.zip -a $address
    said 'is a file'
    expect 3 "$nordfu" dfu ble -pkg app.zip -snr NOT-A-SERIAL-NUMBER -a $address
    said 'serial number NOT-A-SERIAL-NUMBER'
    [ "$(wc -l <err)" = 1 ] || fail "more than one line on standard error"
}

case_busy() {
    make_package app 2 16384
    start_sim --device "$device,mode=off"
    "$nordfu" dfu ble -pkg app.zip -p dongle -a $address --scan-time 20 >first.out 2>&1 &
    first=$!
    wait_for 10 grep -q 'Looking\|Scanning\|looking' first.out
    expect 3 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address
    said "is in use by nordfu.* (process $first)"
    kill -INT $first
    got=0
    wait $first || got=$?
    [ "$got" = 130 ] || fail "the first one ended with $got"
}

case_silent() {
    make_package app 2 16384
    start_sim --dongle v5,silent --device "$device"
    expect 4 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address
    [ "$(wc -l <err)" = 1 ] || fail "more than one line on standard error"
}

# The dongle's port vanishes when it is asked in the wrong language, and comes back.
case_wrong_chip() {
    make_package app 2 8192
    for dongle in 'NRF52 v3' 'NRF51 v6'; do
        start_sim --usb --dongle "${dongle#* }" --device "$device,pubkey=pub.pem"
        expect 0 "$nordfu" dfu ble -ic "${dongle% *}" -pkg app.zip -p dongle -a $address
        said "SoftDevice API ${dongle#* } "
        said 'MTU 247'
        stop_sim
        device_runs 2 app.bin
    done
}

case_other_firmware() {
    make_package app 2 8192
    for other in 'bootloader DFU bootloader.*connectivity_.*-p dongle' 'garbage writes text' 'echo modem'; do
        start_sim --dongle "v5,firmware=${other%% *}" --device "$device"
        expect 4 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address
        failed_with "${other#* }"
        stop_sim
    done
}

case_not_found() {
    make_package app 2 16384
    start_sim --device "$device,mode=off"
    expect 5 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address --scan-time 1
    failed_with 'DE:06:3B:97:4C:D8'
}

case_refused() {
    make_package app 2 16384
    start_sim --device "$device,hw=51,pubkey=pub.pem"
    expect 6 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address
    failed_with 'hardware'
    stop_sim
}

case_cancel_and_resume() {
    make_package app 2 196608
    start_sim --device "$device,pubkey=pub.pem"
    "$nordfu" dfu ble -pkg app.zip -p dongle -a $address >first.out 2>first.err &
    first=$!
    wait_for 30 grep -q '^ [2-9]0 %' first.out
    began=$(date +%s)
    kill -INT $first
    got=0
    wait $first || got=$?
    cat first.err >err
    [ "$got" = 130 ] || fail "Ctrl-C ended with $got"
    [ $(($(date +%s) - began)) -le 3 ] || fail "Ctrl-C took longer than 3 s"
    [ "$(grep -c '^Error: ' first.err)" = 1 ] || fail "not one sentence"
    said 'the same command goes on'
    expect 0 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address
    said 'earlier attempt'
    stop_sim
    device_runs 2 app.bin
}

case_killed_and_resumed() {
    # Killed without a chance to tidy up: neither the port nor the dongle nor the device is stuck.
    make_package app 2 98304
    start_sim --device "$device,pubkey=pub.pem"
    "$nordfu" dfu ble -pkg app.zip -p dongle -a $address >first.out 2>&1 &
    first=$!
    wait_for 30 grep -q '^ [2-9]0 %' first.out
    kill -KILL $first
    wait $first 2>/dev/null || :
    expect 0 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address
    said 'earlier attempt'
    stop_sim
    device_runs 2 app.bin
}

case_cancel_while_scanning() {
    make_package app 2 16384
    start_sim --device "$device,mode=off"
    "$nordfu" dfu ble -pkg app.zip -p dongle -a $address --scan-time 30 >out 2>err &
    first=$!
    wait_for 10 grep -q '^Scanning' out
    began=$(date +%s)
    # Two in a row, as timeout(1) sends them, are one wish.
    kill -TERM $first
    kill -TERM $first
    got=0
    wait $first || got=$?
    [ "$got" = 130 ] || fail "the signal ended it with $got"
    said 'Cancelled before the transfer began'
    [ $(($(date +%s) - began)) -le 2 ] || fail "it took longer than 2 s"
    # The dongle is usable at once.
    expect 5 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address --scan-time 1
}

case_closed_pipe() {
    make_package app 2 65536
    start_sim --device "$device,pubkey=pub.pem"
    { "$nordfu" dfu ble -pkg app.zip -p dongle -a $address 2>err; echo $? >code; } | head -n 1 >out
    [ "$(cat code)" = 0 ] || fail "exit code $(cat code) when the reader went away"
    stop_sim
    device_runs 2 app.bin
}

case_lost_output() {
    [ -w /dev/full ] || skip "there is no /dev/full"
    make_package app 2 16384
    for words in version help 'keys display --key pk --format pem key.pem'; do
        got=0
        # shellcheck disable=SC2086
        "$nordfu" $words >/dev/full 2>err || got=$?
        [ "$got" = 10 ] || fail "exit code $got instead of 10: $words"
        [ "$(grep -c '^Error: The output' err)" = 1 ] || fail "not one sentence"
    done
    { "$nordfu" help 2>err; echo $? >code; } | head -n 1 >out
    [ "$(cat code)" = 0 ] || fail "exit code $(cat code) when the reader went away"
    [ ! -s err ] || fail "words about a reader that went away"
    # An update goes on, as its outcome is what counts.
    start_sim --device "$device,pubkey=pub.pem"
    "$nordfu" -vv -o /dev/full dfu ble -pkg app.zip -p dongle -a $address >/dev/full 2>err ||
        fail "exit code $?"
    [ "$(grep -c '^Warning: The output' err)" = 1 ] || fail "no warning, or several"
    [ "$(grep -c '^Warning: The log file' err)" = 1 ] || fail "no warning of the log, or several"
    stop_sim
    device_runs 2 app.bin
}

case_log() {
    make_package app 2 16384
    start_sim --device "$device,pubkey=pub.pem"
    expect 0 "$nordfu" -vvvv -o log.txt dfu ble -pkg app.zip -p dongle -a $address
    stamp='^[0-9]\{4\}-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9],[0-9]\{3\} .'
    ! grep -v "$stamp" err || fail "a log line without time"
    ! grep -v "$stamp" log.txt || fail "a line without time in the file"
    [ "$(wc -l <err)" -gt 20 ] || fail "not even 20 lines with -vvvv"
    cmp err log.txt || fail "file and standard error differ"
    expect 3 "$nordfu" -o failed.txt dfu ble -pkg app.zip -p nowhere -a $address
    grep "$stamp.*nowhere" failed.txt || fail "the error is not in the log file"
}

case_real_package() {
    package=$data/hrs_application_s140_sdk160.zip
    [ -f "$package" ] || skip "there is no $package"
    command -v unzip >/dev/null || skip "there is no unzip"
    unzip -q -p "$package" '*.bin' >real.bin
    start_sim --device "$device,pubkey=any,debug=yes"
    expect 0 "$nordfu" dfu ble -ic NRF52 -pkg "$package" -p dongle -a $address
    cat out
    stop_sim
    device_runs 1 real.bin
}

# make_softdevice FILE: 8704 bytes with the information structure of an S140 7.2.0 (0x100) that ends at 0x27000.
make_softdevice() {
    head -c 8704 /dev/urandom >"$1"
    {
        printf '\054\000\000\000\333\345\261\121\000\160\002\000\000\001\000\000'
        printf '\214\000\000\000\120\326\152\000'
        head -c 20 /dev/zero
    } | dd of="$1" bs=1 seek=8192 conv=notrunc 2>dd.err || fail "$(cat dd.err)"
}

# SoftDevice, bootloader and application in one package, raw and from Intel HEX: all of the device is new.
case_pkg_whole() {
    make_softdevice sd.bin
    head -c 8192 /dev/urandom >bl.bin
    make_package old 1 4096
    head -c 9001 /dev/urandom >app.bin
    expect 0 "$nordfu" image convert --address 0x1000 sd.bin sd.hex
    expect 0 "$nordfu" image convert --address 0xF8000 bl.bin bl.hex
    expect 0 "$nordfu" image convert --address 0x27000 app.bin app.hex
    for form in bin hex; do
        boot=VALIDATE_GENERATED_CRC
        [ $form = bin ] || boot=VALIDATE_ECDSA_P256_SHA256
        expect 0 "$nordfu" pkg generate --softdevice sd.$form --bootloader bl.$form --application app.$form --hw-version 52 \
            --sd-req 0xCA --sd-id 0x100 --bootloader-version 9 --application-version-string 0.1.2 --key-file key.pem \
            --app-boot-validation $boot all.zip
        [ "$(cat out)" = 'Zip created at all.zip' ] || fail "something else was said"
        expect 0 "$nordfu" pkg display all.zip
        said '^|- Image count: 2$'
        said "boot_validation_type: \['$boot'\]"
        said '^      |- fw_version: 0x00000066 (102)$'
        start_sim --json --flash-dump whole.bin --device "$device,pubkey=pub.pem"
        expect 0 "$nordfu" dfu ble -pkg all.zip -p dongle -a $address
        stop_sim
        cmp -i 0:0x1000 -n 8704 sd.bin whole.bin || fail "the SoftDevice is not in its place"
        cmp -i 0:0xF8000 -n 8192 bl.bin whole.bin || fail "the bootloader is not in its place"
        cmp -i 0:0x27000 -n 9001 app.bin whole.bin || fail "the application is not in its place"
        [ "$("$json_lines" final softdevice <sim.log)" = 100 ] || fail "not the SoftDevice"
        [ "$("$json_lines" final bootloader <sim.log)" = 9 ] || fail "not the bootloader"
        [ "$("$json_lines" final version <sim.log)" = 102 ] || fail "not the application"
    done
}

case_pkg_display() {
    make_package app 2 1000
    expect 0 "$nordfu" pkg display app.zip
    said '^DFU Package: <app.zip>:$'
    said '^   |- Type: application$'
    said '^      |- hw_version 0x00000034 (52)$'
    expect 0 "$nordfu" pkg display --json app.zip
    [ "$("$json_lines" package images <out)" = 1 ] || fail "not one image"
    [ "$("$json_lines" image app_size <out)" = 1000 ] || fail "not the size"
    [ "$("$json_lines" image signature_type <out)" = ECDSA_P256_SHA256 ] || fail "not signed"
    echo nonsense >bad.zip
    expect 1 "$nordfu" pkg display --json bad.zip
    [ "$("$json_lines" error class <out)" = package ] || fail "not a package error"
    failed_with 'bad.zip is not a zip file'
    expect 2 "$nordfu" pkg display
    said "Missing argument 'ZIP_FILE'."
}

case_pkg_verify() {
    make_package app 2 1000
    expect 0 "$nordfu" pkg verify --key pub.pem app.zip
    [ "$(cat out)" = 'No findings.' ] || fail "findings in a good package"
    expect 0 "$nordfu" pkg verify app.zip
    [ "$(cat out)" = 'No findings; signatures were not checked, which takes --key.' ] || fail "signatures without a key"
    expect 0 "$nordfu" pkg verify --json --key key.pem app.zip
    [ "$("$json_lines" verified findings <out)" = 0 ] || fail "findings in a good package"
    expect 0 "$nordfu" keys generate other.pem
    expect 1 "$nordfu" pkg verify --key other.pem app.zip
    said '^signature: The signature of the application in app.zip was not made with'
    [ "$(wc -l <out)" = 1 ] || fail "not one line for one finding"
    expect 1 "$nordfu" pkg verify --json --key other.pem app.zip
    [ "$("$json_lines" finding code <out)" = signature ] || fail "not the signature"
    [ "$("$json_lines" finding member <out)" = application ] || fail "not the application"
    [ "$("$json_lines" verified findings <out)" = 1 ] || fail "not one finding"
    head -c 500 app.zip >half.zip
    expect 1 "$nordfu" pkg verify half.zip
    said '^archive: '
    expect 1 "$nordfu" pkg verify --key app.bin app.zip
    [ ! -s out ] || fail "findings with a key that is none"
    failed_with 'app.bin'
    expect 1 "$nordfu" pkg verify --json nowhere.zip
    failed_with 'check the path'
    [ "$("$json_lines" error class <out)" = package ] || fail "no error in JSON"
}

case_pkg_extract() {
    make_package app 2 1000
    expect 0 "$nordfu" pkg extract app.zip -o new
    [ "$(ls new | tr '\n' ' ')" = 'app.bin app.dat manifest.json ' ] || fail "other files"
    cmp app.bin new/app.bin || fail "not the firmware"
    said '^Wrote 1000 bytes to new/app.bin$'
    echo old >new/app.dat
    rm new/app.bin new/manifest.json
    expect 2 "$nordfu" pkg extract app.zip --folder new
    failed_with 'new/app.dat exists already'
    [ ! -e new/app.bin ] || fail "unpacked in part"
    expect 0 "$nordfu" pkg extract --force app.zip -o new
    cmp app.bin new/app.bin || fail "not the firmware"
    [ "$(cat new/app.dat)" != old ] || fail "not replaced"
    expect 10 "$nordfu" pkg extract app.zip -o no/where
    failed_with 'no/where can.t be made'
    expect 2 "$nordfu" pkg extract app.zip -o ''
    expect 2 "$nordfu" pkg extract app.zip
    failed_with '[.]/app.bin exists already'
    (cd new && rm app.bin app.dat manifest.json && expect 0 "$nordfu" pkg extract ../app.zip && cmp ../app.bin app.bin) || fail "not here"
}

case_pkg_lint() {
    make_package app 2 1000
    make_package next 3 1000
    expect 0 "$nordfu" pkg lint app.zip
    [ "$(cat out)" = 'No findings.' ] || fail "findings in a good package"
    expect 0 "$nordfu" pkg lint next.zip --newer-than app.zip
    expect 1 "$nordfu" pkg lint app.zip --newer-than next.zip
    said '^not-newer: The application in app.zip has version 2'
    expect 1 "$nordfu" pkg lint --json app.zip --newer-than app.zip
    [ "$("$json_lines" finding code <out)" = not-newer ] || fail "not the version"
    [ "$("$json_lines" linted findings <out)" = 1 ] || fail "not one finding"
    expect 0 "$nordfu" pkg generate --debug-mode --application app.bin debug.zip
    expect 1 "$nordfu" pkg lint debug.zip
    said '^unsigned: '
    said '^debug: '
    expect 1 "$nordfu" pkg lint nowhere.zip
    failed_with 'check the path'
    expect 2 "$nordfu" pkg lint app.zip --newer-than nowhere.zip
}

# Equal inputs, equal bytes, dated as told; and nothing is left of what failed.
case_pkg_reproducible() {
    head -c 5000 /dev/urandom >app.bin
    for zip in one two; do
        expect 0 "$nordfu" pkg generate --debug-mode --application app.bin $zip.zip
        said '^Warning: the debug bit is set'
        said '^Warning: the package is not signed'
        sleep 1
    done
    cmp one.zip two.zip || fail "not the same bytes"
    SOURCE_DATE_EPOCH=1700000000 "$nordfu" pkg generate --debug-mode --application app.bin two.zip >out 2>err || fail "exit code"
    ! cmp -s one.zip two.zip || fail "not dated"
    cp one.zip kept.zip
    expect 1 "$nordfu" pkg generate --debug-mode --application nope.bin one.zip
    cmp one.zip kept.zip || fail "the old package is gone"
    expect 2 "$nordfu" pkg generate --debug-mode --application app.bin app.bin
    failed_with 'one of the files it is made from'
}

case_keys() {
    expect 0 "$nordfu" keys generate key.pem
    said '^Generated private key and stored it in: key.pem$'
    [ "$(stat -c %a key.pem)" = 600 ] || fail "others may read the key"
    cp key.pem old.pem
    echo n | "$nordfu" keys generate key.pem >out 2>err || fail "exit code of a refusal"
    said 'Key generation aborted.'
    cmp key.pem old.pem || fail "overwritten against the user's will"
    expect 0 "$nordfu" keys generate --force key.pem
    ! cmp -s key.pem old.pem || fail "not overwritten by force"
    cp key.pem old.pem
    echo y | "$nordfu" keys generate key.pem >out 2>err || fail "exit code"
    ! cmp -s key.pem old.pem || fail "not overwritten"
    expect 1 "$nordfu" keys generate key.pem
    said 'Aborted!'
    expect 2 "$nordfu" keys generate .
    said "'.' is a folder"
    echo nonsense >none.pem
    expect 1 "$nordfu" keys display --key pk --format pem none.pem
    said 'is no private key in PEM form'
    # What is special about a package is said of one that was made.
    echo x >app.bin
    expect 10 "$nordfu" pkg generate --application app.bin --application-version 1 --hw-version 52 \
        --sd-req 0xCA nowhere/app.zip
    [ ! -s out ] || fail "words about a package that was not made"
    expect 0 "$nordfu" pkg generate --application app.bin --application-version 1 --hw-version 52 \
        --sd-req 0xCA app.zip
    said '^Warning: the package is not signed'
    expect 0 "$nordfu" keys display --key pk --format pem key.pem
    grep -q '^-----BEGIN PUBLIC KEY-----$' out || fail "no public key"
    expect 0 "$nordfu" keys display --key sk --format pem --out_file copy.pem key.pem
    [ "$(stat -c %a copy.pem)" = 600 ] || fail "others may read the key"
    [ ! -s out ] || fail "words on standard output"
    cp copy.pem same.pem
    expect 2 "$nordfu" keys display --key sk --format pem --out_file copy.pem copy.pem
    cmp copy.pem same.pem || fail "the key was overwritten with its own text"
    expect 0 "$nordfu" keys display --key pk --format hex key.pem
    cp out hex
    expect 0 "$nordfu" keys display --key pk --format hex copy.pem
    cmp out hex || fail "the text is another key"
}

# bonds_file: two bonds, in the form that the program keeps them.
bonds_file() {
    bond='own=C6:05:04:03:02:01/static ltk=a0a1a2a3a4a5a6a7a8a9aaabacadaeaf size=16 ediv=1234 rand=b0b1b2b3b4b5b6b7'
    identity='identity=E6:25:24:23:22:21/public irk=9b7d390aa610103405adc857a33402ec'
    echo 'nordfu bonds 1'
    echo "created=2026-03-01T12:00:00Z peer=DE:06:3B:97:4C:D8/static $bond lesc=no authenticated=no"
    echo "created=2026-03-02T12:00:00Z peer=71:11:11:11:11:11/resolvable $bond lesc=no authenticated=no $identity"
    echo end
}

case_image_info() {
    inputs=$project/tests/vectors/package/inputs
    expect 0 "$nordfu" image info "$inputs/sd_info3000.hex"
    said '^SoftDevice: S140 7\.2\.0, FWID 0x100, applications begin at 0x27000$'
    said '^Image for an update: 8708 bytes from 0x1000 on, 7664 of them gaps$'
    said '^  0x0*-0x[0-9A-F]* *MBR '
    expect 0 "$nordfu" image info "$inputs/bl_78000.hex"
    said '^UICR: bootloader at 0x78000$'
    said '^UICR: MBR parameters at 0x7E000$'
    said '^  0x10001014-0x1000101B *UICR '
    expect 0 "$nordfu" image info "$inputs/only_uicr.hex"
    said '^Image for an update: none, there is nothing for the flash\.$'
    # A stack pointer, a reset handler, and whatever.
    printf '\0\100\0\040\011\140\002\0\0\0' >app.bin
    expect 0 "$nordfu" image info app.bin
    said '^Raw, 10 bytes in 1 region:$'
    said 'stack 0x20004000, reset 0x00026009$'
    said '^Image for an update: 12 bytes$'
    expect 0 "$nordfu" image info --address 0x26000 app.bin
    said '^  0x00026000-0x00026009 .*stack 0x20004000, reset 0x00026009$'
    expect 0 "$nordfu" image info --address 0x27000 app.bin
    said 'but reset 0x00026009 is no code of this file$'
    expect 2 "$nordfu" image info --address 0x26000 "$inputs/app_gap.hex"
    failed_with 'holds its addresses'
    expect 1 "$nordfu" image info "$inputs/bad_checksum.hex"
    failed_with 'line 2: its checksum is 00 and should be AF'
    expect 1 "$nordfu" image info none.hex
}

case_image_info_json() {
    inputs=$project/tests/vectors/package/inputs
    expect 0 "$nordfu" image info --json "$inputs/sd_info3000.hex"
    [ "$("$json_lines" file format <out)" = hex ] || fail "not the format"
    [ "$("$json_lines" softdevice fwid <out)" = 256 ] || fail "not the FWID"
    [ "$("$json_lines" softdevice name <out)" = 'S140 7.2.0' ] || fail "not the name"
    [ "$("$json_lines" image size <out)" = 8708 ] || fail "not the size"
    [ "$("$json_lines" image address <out)" = 4096 ] || fail "not the address"
    [ "$("$json_lines" region <out)" = "$("$json_lines" file regions <out)" ] || fail "not all regions"
    expect 0 "$nordfu" image info --json "$inputs/bl_78000.hex"
    [ "$("$json_lines" file bootloader <out)" = 491520 ] || fail "not the bootloader's address"
    [ "$("$json_lines" region area <out)" = UICR ] || fail "not the UICR"
    expect 1 "$nordfu" image info --json "$inputs/bad_overlap.hex"
    [ "$("$json_lines" error class <out)" = package ] || fail "not a package error"
}

case_image_convert() {
    inputs=$project/tests/vectors/package/inputs
    expect 0 "$nordfu" image convert --pad 4 "$inputs/bl_78000.hex" bl.bin
    said '^Wrote 592 bytes, from 0x78000 on, to bl\.bin$'
    said '^Left out: 8 bytes that belong to no image'
    [ "$(wc -c <bl.bin)" = 592 ] || fail "not the size"
    expect 0 "$nordfu" image convert --address 0x78000 bl.bin bl.hex
    expect 0 "$nordfu" image convert --parts image bl.hex again.bin
    cmp bl.bin again.bin || fail "not the same again"
    expect 0 "$nordfu" image convert "$inputs/bl_78000.hex" all.hex
    expect 0 "$nordfu" image info all.hex
    said '^UICR: bootloader at 0x78000$'
    printf abc >raw.bin
    expect 0 "$nordfu" image convert --pad 8 --fill 0x2E raw.bin padded.bin
    [ "$(cat padded.bin)" = abc..... ] || fail "not padded"
    expect 2 "$nordfu" image convert raw.bin raw.hex
    failed_with 'give the address of its first byte'
    expect 2 "$nordfu" image convert raw.bin ./raw.bin
    failed_with 'into itself'
    expect 2 "$nordfu" image convert --fill 256 raw.bin o.bin
    expect 2 "$nordfu" image convert --pad 0 raw.bin o.bin
    expect 2 "$nordfu" image convert --pad 65537 raw.bin o.bin
    expect 2 "$nordfu" image convert --parts none raw.bin o.bin
    expect 1 "$nordfu" image convert --parts all "$inputs/bl_78000.hex" o.bin
    failed_with 'take out what lies far from the rest'
    expect 1 "$nordfu" image convert "$inputs/only_uicr.hex" o.bin
    [ ! -e o.bin ] && [ ! -e raw.hex ] || fail "a refused output is there"
}

case_bond() {
    expect 0 "$nordfu" bond list --bonds bonds
    said '^No bonds\.$'
    [ ! -e bonds ] || fail "a list made the file"
    bonds_file >bonds
    chmod 600 bonds
    expect 0 "$nordfu" bond list --bonds bonds
    said '^DE:06:3B:97:4C:D8  2026-03-01T12:00:00Z  C6:05:04:03:02:01  -$'
    said '^71:11:11:11:11:11  2026-03-02T12:00:00Z  C6:05:04:03:02:01  E6:25:24:23:22:21$'
    ! grep -qi -e a0a1a2 -e b0b1b2 -e 9b7d39 out err || fail "a key was shown"
    expect 0 "$nordfu" bond list --json --bonds bonds
    ! grep -qi -e a0a1a2 -e b0b1b2 -e 9b7d39 out err || fail "a key was shown"
    [ "$("$json_lines" bond <out)" = 2 ] || fail "not two bonds"
    [ "$("$json_lines" bond address_type <out)" = resolvable ] || fail "not the second bond"
    [ "$("$json_lines" bond identity <out)" = E6:25:24:23:22:21 ] || fail "no identity"
    [ "$("$json_lines" bond created <out)" = 2026-03-02T12:00:00Z ] || fail "no time"
    expect 5 "$nordfu" bond remove --bonds bonds 010203040506
    failed_with 'There is no bond with 01:02:03:04:05:06 in bonds'
    expect 0 "$nordfu" bond remove --bonds bonds e62524232221
    said '^1 bond deleted\.$'
    expect 0 "$nordfu" bond list --bonds bonds
    [ "$(wc -l <out)" = 2 ] || fail "not one bond left"
    expect 0 "$nordfu" bond remove --bonds bonds --all
    said '^1 bond deleted\.$'
    expect 0 "$nordfu" bond remove --bonds bonds --all
    said '^0 bonds deleted\.$'
}

case_bond_refused() {
    expect 2 "$nordfu" bond remove --bonds bonds
    said 'Name either the ADDRESS of a device or --all'
    expect 2 "$nordfu" bond remove --bonds bonds --all DE063B974CD8
    expect 2 "$nordfu" bond remove --bonds bonds DE063B974C
    said 'Must be exactly 6 bytes HEX'
    expect 2 "$nordfu" bond list --bonds=
    expect 2 "$nordfu" bond lost
    said "Did you mean 'list'?"
    bonds_file >bonds
    chmod 644 bonds
    expect 10 "$nordfu" bond list --bonds bonds
    failed_with 'chmod 600 bonds'
    chmod 600 bonds
    echo more >>bonds
    expect 10 "$nordfu" bond list --json --bonds bonds
    failed_with 'line 5 stands behind the end'
    [ "$("$json_lines" error exit <out)" = 10 ] || fail "no error in JSON"
    expect 10 "$nordfu" bond remove --all --bonds bonds
    grep -q '^more$' bonds || fail "the file was touched"
    rm bonds
    expect 0 env XDG_STATE_HOME="$folder/state" "$nordfu" bond list
    expect 2 env -u XDG_STATE_HOME -u HOME "$nordfu" bond list
    failed_with 'neither HOME nor XDG_STATE_HOME is set'
}

# Each update is a process of its own that has nothing but the file of bonds.
case_bonded() {
    for version in 2 3; do
        make_package "app$version" $version 4096
    done
    start_sim --device "addr=$address,name=Thermo,buttonless=bonded,pubkey=pub.pem" --dongle v5 --dongle "v5,link=$folder/second"
    for version in 2 3; do
        expect 0 "$nordfu" -vvvv -o log dfu ble -pkg "app$version.zip" -p dongle -a $address --bonds bonds --trace trace
        if [ $version = 2 ]; then
            said '^Paired with the device; the bond is kept'
        else
            ! grep -q Paired out || fail "paired again"
        fi
        [ "$(stat -c %a bonds)" = 600 ] || fail "others may read the bonds"
        for key in ltk irk rand; do
            secret=$(sed -n "s/.* $key=\([0-9a-f]*\).*/\1/p" bonds)
            [ -n "$secret" ] || fail "no $key"
            ! grep -qi -e "$secret" log trace out err || fail "$key was shown"
        done
    done
    expect 0 "$nordfu" bond list --bonds bonds
    [ "$(wc -l <out)" = 2 ] || fail "not one bond"
    # Another dongle that knows of no bond; then with it.
    expect 6 "$nordfu" dfu ble -pkg app3.zip -p second -a $address --bonds none
    failed_with 'bonded already, with another central'
    expect 0 "$nordfu" dfu ble -pkg app3.zip -p second -a $address --bonds bonds
    stop_sim
    device_runs 3 app3.bin
}

# A dry run says what it sees, and neither device nor files are changed.
case_dry_run() {
    make_package app 2 16384
    start_sim --device "$device,pubkey=pub.pem" --device addr=C00000000001,buttonless=bonded,pubkey=pub.pem \
        --device addr=C00000000011,mode=bootloader,profile=sdk17,pubkey=pub.pem,sd=0xCA,app-version=1 \
        --device addr=C00000000021,mode=bootloader,profile=sdk17,pubkey=pub.pem,hw=51
    expect 0 "$nordfu" dfu ble --dry-run -pkg app.zip -p dongle -a $address
    said '^Image 1 of 1: application, 16384 bytes, version 2, signed\.$'
    said 'would be told to start its bootloader (buttonless DFU without bonds)'
    [ "$(tail -n 1 out)" = "Dry run: no firmware was changed." ] || fail "not the last line"
    expect 0 "$nordfu" dfu ble --dry-run -pkg app.zip -p dongle -a C00000000001 --bonds bonds
    said 'would be paired with'
    [ ! -e bonds ] || fail "a bond was kept"
    expect 0 "$nordfu" dfu ble --dry-run --json -pkg app.zip -p dongle -a C00000000011
    [ "$("$json_lines" result dry_run <out)" = true ] || fail "the result is not told from an update's"
    [ "$("$json_lines" result mtu <out)" = 247 ] || fail "no link in the result"
    grep -q '"plan".*accepts the init packet of the application' out || fail "no verdict"
    ! grep -q '"event":"\(image\|jumping\|done\)"' out || fail "more than a plan"
    expect 6 "$nordfu" dfu ble --dry-run -pkg app.zip -p dongle -a C00000000021
    failed_with 'made for other hardware .*hardware version 52'
    expect 5 "$nordfu" dfu ble --dry-run -pkg app.zip -p dongle -a C00000000099 --scan-time 1
    stop_sim
    [ "$(grep -c 'now runs version 1\.$' sim.log)" = 4 ] || fail "a device has another version"
    ! grep -q ' device.jump' sim.log || fail "an application was stopped"
}

# Out of time: what is on the device is told, seen by a dry run, and thrown away on request.
case_timeout_and_no_resume() {
    make_package app 2 98304
    start_sim --device "$device,pubkey=pub.pem"
    began=$(date +%s)
    expect 9 "$nordfu" dfu ble --json -pkg app.zip -p dongle -a $address -mtu 23 --timeout 5
    [ $(($(date +%s) - began)) -le 8 ] || fail "--timeout 5 took longer than 8 s"
    [ "$("$json_lines" error class <out)" = timeout ] || fail "not a timeout"
    failed_with '[1-9][0-9]* of 98304 bytes of the application are on the device'
    expect 0 "$nordfu" dfu ble --dry-run -pkg app.zip -p dongle -a $address
    said '^It holds [1-9][0-9]* of 98304 bytes already; the update would go on from there\.$'
    expect 0 "$nordfu" dfu ble --no-resume --json -pkg app.zip -p dongle -a $address
    [ "$("$json_lines" result resumed <out)" = 0 ] || fail "gone on with"
    [ "$("$json_lines" result bytes <out)" = 98304 ] || fail "not everything was sent"
    stop_sim
    device_runs 2 app.bin
}

case_trace() {
    make_package app 2 8192
    start_sim --device "addr=$address,name=Thermo,buttonless=bonded,pubkey=pub.pem"
    umask 022
    echo old >trace
    chmod 644 trace
    expect 0 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address --bonds bonds --trace trace --prn 8
    [ "$(stat -c %a trace)" = 600 ] || fail "others may read the trace"
    ! grep -v '^ *[0-9]*\.[0-9]\{6\} .' trace || fail "a line without its time"
    for line in 'dfu > Set PRN 8' 'dfu > Select command' 'dfu > Create data, 4096 bytes' 'dfu > packet, bytes 0 to 244' \
        'dfu < CRC: success, offset 8192, CRC [0-9A-F]*' 'dfu < Execute: success'; do
        grep -q " $line\$" trace || fail "not in the trace: $line"
    done
    ltk=$(sed -n "s/.* ltk=\([0-9a-f]*\).*/\1/p" bonds)
    tr -d ' ' <trace >packed
    ! grep -qi "$ltk" packed || fail "the key is in the trace"
    # Only who asks for keys gets them.
    expect 0 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address --bonds bonds --trace keys --trace-keys
    tr -d ' ' <keys >packed
    grep -qi "$ltk" packed || fail "the key is not in the trace"
    expect 2 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address --trace nowhere/trace
    failed_with 'The file of --trace, nowhere/trace, '
}

case_sim_ends() {
    # The image that the device had from the beginning is written, too; a link is made and taken away.
    start_sim --device "$device,app-version=9,app-size=4096" --device addr=DE063B974CD9,app-size=856064
    [ "$(readlink dongle)" = "$(head -n 1 sim.log)" ] || fail "the link is not to the path"
    stop_sim
    [ "$(wc -c <flash.bin)" = 4096 ] || fail "not the size of the image"
    grep -q 'now runs version 9\.$' sim.log || fail "not version 9"
    [ ! -L dongle ] || fail "the link is still there"
    echo mine >dongle
    expect 2 "$nordfu" sim --link dongle --device "$device"
    [ "$(cat dongle)" = mine ] || fail "somebody's file was overwritten"
}

case_sim_dump() {
    # All of the flash: the application is in it where the SoftDevice ends, beside SoftDevice, bootloader and settings.
    make_package app 2 16384
    start_sim --flash-dump whole.bin --flash-dump second.bin --device "$device,profile=sdk15,pubkey=pub.pem,sd=0xCA" \
        --device addr=C00000000001,chip=nrf52832,app-size=100
    expect 0 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address
    stop_sim
    device_runs 2 app.bin
    [ "$(wc -c <whole.bin)" = 1048576 ] || fail "not an nRF52840's flash"
    [ "$(wc -c <second.bin)" = 524288 ] || fail "not an nRF52832's flash"
    cmp -i 0:0x27000 -n 16384 app.bin whole.bin || fail "the application is not in its place"
    expect 2 "$nordfu" sim --device "$device" --flash-out flash.bin --flash-dump nowhere/whole.bin
    said 'The file of --flash-dump, nowhere/whole.bin, '
    expect 2 "$nordfu" sim --flash-dump f
    said '--flash-dump needs a --device'
    expect 2 "$nordfu" sim --device "$device" --flash-dump f --flash-dump g
    said 'There are more --flash-dump than --device'
    expect 2 "$nordfu" sim --device "$device" --flash-out f --flash-dump f
    said 'Two things .* one file, f\.'
}

case_sim_dump_images() {
    # A SoftDevice and a bootloader, byte for byte, from a shell.
    package=$data/softdevice_bootloader_secure_ble_debug_with_bonds_s132.zip
    [ -r "$package" ] || skip "$package is not there"
    command -v unzip >/dev/null || skip "there is no unzip"
    unzip -q "$package" sd_bl.bin
    start_sim --json --flash-dump whole.bin --device "$device,profile=sdk14,debug,mtu=247,sd=0x9D"
    expect 0 "$nordfu" dfu ble -pkg "$package" -p dongle -a $address
    stop_sim
    cmp -i 0:0x1000 -n 136360 sd_bl.bin whole.bin || fail "the SoftDevice is not in its place"
    cmp -i 136360:0x73000 -n 41056 sd_bl.bin whole.bin || fail "the bootloader is not in its place"
    [ "$("$json_lines" final softdevice <sim.log)" = CAFE ] || fail "not the SoftDevice"
    [ "$("$json_lines" final mode <sim.log)" = bootloader ] || fail "not waiting for the next image"
}

case_sim_two_dongles() {
    # Two clients update two devices at once, each over a dongle of its own.
    make_package app 2 24576
    make_package other 5 24576
    start_sim --dongle v5 --dongle "v2,link=$folder/second" --flash-out second.bin \
        --device "$device,pubkey=pub.pem" --device addr=C00000000001,name=Second,pubkey=pub.pem
    [ "$(readlink dongle)" = "$(sed -n 1p sim.log)" ] || fail "the link is not to the first path"
    [ "$(readlink second)" = "$(sed -n 2p sim.log)" ] || fail "the link is not to the second path"
    "$nordfu" dfu ble -pkg other.zip -p second -a C00000000001 >second.out 2>&1 &
    second=$!
    expect 0 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address
    got=0
    wait $second || got=$?
    [ "$got" = 0 ] || { cat second.out; fail "the second one ended with $got"; }
    grep -q 'API v2' second.out || fail "not over the second dongle"
    stop_sim
    device_runs 2 app.bin
    grep -q '^Second (C0:00:00:00:00:01) now runs version 5\.$' sim.log || fail "not version 5"
    cmp other.bin second.bin || fail "the second flash is not other.bin"
    for number in 1 2; do
        grep -q " dongle.request dongle=$number " sim.log || fail "no word of dongle $number"
    done
    [ ! -L dongle ] && [ ! -L second ] || fail "a link is still there"
}

case_sim_damage() {
    # What was ordered strikes once, is told, and is mended by the client.
    make_package app 2 24576
    start_sim --device "$device,pubkey=pub.pem" --damage cut-link@execute=2 \
        --damage drop-packet@packet=20,count=2 --damage power-off@bytes=1000000,for=2s
    expect 0 "$nordfu" dfu ble -pkg app.zip -p dongle -a $address
    stop_sim
    device_runs 2 app.bin
        strike='device.damage device=DE:06:3B:97:4C:D8 what=cut-link at=execute=2'
    [ "$(grep -c " $strike\$" sim.log)" = 1 ] || fail "not once: $strike"
    [ "$(grep -c 'what=drop-packet at=packet=20$' sim.log)" = 2 ] || fail "not two packets"
    grep -q '^power-off@bytes=1000000 did not happen to DE:06:3B:97:4C:D8\.$' sim.log || fail "no word of the last"
}

case_sim_damage_json() {
    # The second device is damaged, not the first; every line is JSON.
    make_package app 2 16384
    start_sim --json --dongle v5 --dongle v6,usb,link=second --device "$device,pubkey=any" \
        --device addr=C00000000001,name=Thermo,pubkey=any --damage flip-packet@bytes=5000,device=2 \
        --damage cut-link@jump
    expect 0 "$nordfu" dfu ble -pkg app.zip -p second -a C00000000001
    stop_sim
    [ "$("$json_lines" pty dongle <sim.log)" = 2 ] || fail "not two ptys"
    [ "$("$json_lines" pty link <sim.log)" = second ] || fail "not the link"
    [ "$("$json_lines" device.damage <sim.log)" = 1 ] || fail "not one strike"
    grep -q '"device.damage".*"device":"C0:00:00:00:00:01","what":"flip-packet","at":"bytes=5000"' sim.log ||
        fail "not the strike that was ordered"
    [ "$("$json_lines" damage <sim.log)" = 2 ] || fail "not two last words on damage"
    [ "$("$json_lines" damage struck <sim.log)" = 0 ] || fail "the second one struck"
    [ "$("$json_lines" final <sim.log)" = 2 ] || fail "not one final line per device"
    [ "$("$json_lines" final address <sim.log)" = C0:00:00:00:00:01 ] || fail "not in order"
    [ "$("$json_lines" final version <sim.log)" = 2 ] || fail "not version 2"
    grep -q '"dongle.request".*"dongle":2' sim.log || fail "no word of dongle 2"
}

case_sim_restart_beside() {
    # A USB dongle that restarts, port and all, is nothing to the client at the one beside it.
    make_package app 2 49152
    start_sim --dongle v5 --dongle v6,usb,link=second --device "$device,pubkey=pub.pem"
    before=$(readlink second)
    "$nordfu" dfu ble -pkg app.zip -p dongle -a $address >first.out 2>&1 &
    first=$!
    wait_for 30 grep -q '^ [2-9]0 %' first.out
    # SYNC, its answer, CONFIG, its answer, CONFIG, and a request that is too short.
    printf '\300\000\057\000\321\001\176\300\300\000\057\000\321\002\175\300\300\000\077\000\301\003\374\021\300' >second
    printf '\300\000\077\000\301\004\173\021\300\300\000\077\000\301\003\374\021\300' >second
    printf '\300\300\333\334\076\000\002\000\146\000\020\144\300' >second
    wait_for 10 grep -q ' dongle.restart dongle=2 ' sim.log
    wait_for 10 grep -q ' dongle.port dongle=2 path=/dev/pts/' sim.log
    [ -e second ] || fail "the link did not come back (it led to $before)"
    got=0
    wait $first || got=$?
    [ "$got" = 0 ] || { cat first.out; fail "the client ended with $got"; }
    ! grep -q 'reconnection\|sent again' first.out || fail "the client was disturbed"
    ! grep -q ' dongle.restart dongle=1 ' sim.log || fail "the first one restarted, too"
    stop_sim
    device_runs 2 app.bin
}

# pad FILE BYTES CHARACTER: writes that many of it.
pad() {
    head -c "$2" /dev/zero | tr '\000' "$3" >"$1"
}

case_settings() {
    pad app.bin 1021 a
    expect 0 "$nordfu" settings generate --family NRF52840 --application app.bin --application-version-string 1.2.3 \
        --bootloader-version 7 --bl-settings-version 2 page.hex
    said '^\* Start Address:            0x000FF000$'
    said '^\* App Version:              0x000027DB (10203)$'
    expect 0 "$nordfu" settings display page.hex
    grep -q '^\* Family:                   NRF52840$' out || fail "not the family"
    grep -q '^\* Start Address:            0x000FF000$' out || fail "not the page's address"
    [ ! -s err ] || fail "something on standard error"
    expect 0 "$nordfu" settings display --json page.hex
    for pair in family=NRF52840 address=0x000FF000 is_backup=false backup=equal version=2 app_version=10203 \
        bootloader_version=7 boot_validation_intact=true; do
        [ "$("$json_lines" settings "${pair%=*}" <out)" = "${pair#*=}" ] || fail "not $pair"
    done
    # A backup at a place of its own.
    expect 0 "$nordfu" settings generate --family NRF52 --bootloader-version 1 --bl-settings-version 2 \
        --backup-address 0x70000 own.hex
    ! grep -q 'default offset' out || fail "a warning about an offset that was not used"
    expect 0 "$nordfu" settings display --start-address 0x70000 --json own.hex
    [ "$("$json_lines" settings address <out)" = 0x00070000 ] || fail "no page at 0x70000"
    expect 2 "$nordfu" settings generate --family NRF52 --bootloader-version 1 --bl-settings-version 2 \
        --backup-address 0x7F100 own.hex
    failed_with 'overlap the settings page'
    expect 2 "$nordfu" settings generate --family NRF52 --bootloader-version 1 --bl-settings-version 2 \
        --backup-address 0x70000 --no-backup own.hex
    failed_with 'cannot be specified if backup is disabled'
    # A signature made with the key that everybody has.
    inputs=$project/tests/vectors/package/inputs
    expect 0 "$nordfu" settings generate --family NRF52 --application app.bin --application-version 1 \
        --bootloader-version 1 --bl-settings-version 2 --app-boot-validation VALIDATE_ECDSA_P256_SHA256 \
        --key-file "$inputs/insecure_default_key.pem" own.hex
    said '^Warning: the key is a published one'
    expect 0 "$nordfu" settings generate --family NRF52 --application app.bin --application-version 1 \
        --bootloader-version 1 --bl-settings-version 2 --key-file "$inputs/insecure_default_key.pem" own.hex
    ! grep -q published out || fail "a warning about a key that was not used"
    # What fails leaves the old file, and inputs are never overwritten.
    cp page.hex old.hex
    expect 1 "$nordfu" settings generate --family NRF52 --softdevice page.hex --bootloader-version 1 \
        --bl-settings-version 3 old.hex
    expect 1 "$nordfu" settings generate --family NRF52 --softdevice app.bin --bootloader-version 1 \
        --bl-settings-version 2 old.hex
    failed_with 'raw image'
    cmp page.hex old.hex || fail "the old file is gone"
    expect 2 "$nordfu" settings generate --family NRF52 --application app.bin --application-version 1 \
        --bootloader-version 1 --bl-settings-version 2 app.bin
    failed_with 'would be overwritten'
    expect 1 "$nordfu" settings display nowhere.hex
    expect 1 "$nordfu" settings display --json nowhere.hex
    [ "$("$json_lines" error class <out)" = package ] || fail "no error in JSON"
}

case_settings_dump() {
    # Flash that was read back: erased, foreign, of a device.
    pad empty.bin 524288 '\377'
    expect 2 "$nordfu" settings display empty.bin
    failed_with 'at 0x0007F000 (nRF52) is erased flash'
    [ ! -s out ] || fail "something on standard output"
    ! grep -q 4294967295 err || fail "a version that is none"
    pad foreign.bin 524288 x
    expect 2 "$nordfu" settings display --json foreign.bin
    failed_with 'at 0x0007F000 (nRF52) is something else'
    [ "$("$json_lines" error class <out)" = usage ] || fail "no error in JSON"
    : >nothing.bin
    expect 2 "$nordfu" settings display nothing.bin
    failed_with 'no byte where any'
    make_package app 2 4096
    start_sim --flash-dump whole.bin --device "$device,pubkey=pub.pem"
    stop_sim
    expect 0 "$nordfu" settings display whole.bin
    grep -q '^\* App Version:              0x00000001 (1)$' out || fail "not the device's version"
    grep -q '^\* Bank0 Bank Code:          0x00000001$' out || fail "not an application"
    # Boot validations that were written to, and a backup of another version.
    printf '\003' | dd of=whole.bin bs=1 seek=$((0xFF260)) conv=notrunc 2>err
    expect 0 "$nordfu" settings display whole.bin
    said '^Warning: The boot validations are damaged'
    expect 0 "$nordfu" settings display --json whole.bin
    [ "$("$json_lines" settings boot_validation_intact <out)" = false ] || fail "not damaged"
    expect 0 "$nordfu" settings generate --family NRF52 --bootloader-version 1 --bl-settings-version 1 --no-backup page.hex
    expect 0 "$nordfu" settings generate --family NRF52 --bootloader-version 2 --bl-settings-version 1 --no-backup \
        --start-address 0x7E000 backup.hex
    sed '$d' page.hex | cat - backup.hex >both.hex
    expect 0 "$nordfu" settings display both.hex
    said '^\* Bootloader Version:       0x00000001 (1)$'
    said '^Warning: The backup page at 0x0007E000 has other contents.$'
    # A page that lost a bit, and its backup.
    expect 0 "$nordfu" settings generate --family NRF52 --bootloader-version 1 --bl-settings-version 1 page.hex
    head -n 7 page.hex >damaged.hex
    printf ':04F0000000000000%s\n:04F0040001000000%s\n:00000001FF\n' 0C 07 >>damaged.hex
    expect 0 "$nordfu" settings display damaged.hex
    said '^\* Start Address:            0x0007E000$'
    said '^Warning: This is the backup page: at 0x0007F000, where the settings belong, is a part of a page'
}

"case_$case_name"
echo "passed $case_name"
