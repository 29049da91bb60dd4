#!/bin/sh
# SPDX-License-Identifier: MIT
# check_layers.sh [ROOT]: who may include whom (docs/architecture.md). Every #include is checked against the tables below.
set -eu
cd "${1:-$(dirname "$0")/..}"

files=$(find include src examples -name '*.[ch]' 2>/dev/null | sort)
# shellcheck disable=SC2086 # the list is words; no file of ours has a blank in its name
awk '
BEGIN {
    # What each layer may include of the project; a name without a folder is of the same folder.
    allow["public"]   = "^nordfu/"
    allow["base"]     = "^(base/|nordfu/(error|log|cancel|image)[.]h$)"
    allow["package"]  = "^(package/|base/|nordfu/(error|log|image|image_file|package|settings|zigbee)[.]h$)"
    allow["port"]     = "^(port/|base/|nordfu/(error|log|cancel|port)[.]h$)"
    allow["dongle"]   = "^(dongle/|base/|nordfu/(error|log|cancel|port|central)[.]h$)"
    allow["central"]  = "^(central/|dongle/|base/|nordfu/(error|log|cancel|port|central|bond)[.]h$)"
    allow["dfu"]      = "^(dfu/|base/|nordfu/(error|log|cancel|port|central|image|update)[.]h$)"
    allow["sim"]      = "^(sim/|base/|nordfu/(error|log|cancel|port)[.]h$)"
    allow["target"]   = "^(package/|port/|dongle/|central/|dfu/|base/|target|nordfu)"
    allow["cli"]      = "^(cli/|sim/|nordfu/|nordfu[.]h$)"
    allow["examples"] = "^(nordfu/|nordfu[.]h$)"
    # Exceptions: cryptography is not for the transfer; the client keeps its secrets from nobody but the layers above.
    deny["dfu"] = "^base/crypto[.]h$"

    # Each third-party library has one home.
    home["libserialport[.]h"] = "^src/port/ports[.]c$"
    home["libusb[.]h"]        = "^src/port/usb_identity[.]c$"
    home["zip[.]h"]           = "^src/package/archive[.]c$"
    home["jansson[.]h"]       = "^src/package/manifest[.]c$"
    home["yaml[.]h"]          = "^src/package/mapping[.]c$"
    home["pb[a-z_]*[.]h"]     = "^src/package/(init_packet[.]c|[a-z_-]*[.]pb[.][ch])$"
    home[".*[.]pb[.]h"]       = "^src/package/(init_packet[.]c|[a-z_-]*[.]pb[.]c)$"
    home["openssl/.*"]        = "^src/base/crypto[.]c$"

    # C and POSIX (and the Linux bits of them) are everywhere.
    system_header = "^(assert|ctype|errno|fcntl|grp|inttypes|limits|locale|math|poll|pthread|pty|signal|stdarg|stdatomic|stdbool|" \
        "stddef|stdint|stdio|stdlib|string|strings|termios|time|unistd|wchar|dirent|getopt|langinfo|libgen|float|" \
        "sys/(file|ioctl|mman|random|select|signalfd|socket|stat|sysmacros|time|timerfd|types|uio|un|wait|eventfd)|arpa/inet)[.]h$"
}
function complain(text) { print FILENAME ":" FNR ": " text > "/dev/stderr"; bad = 1 }
FNR == 1 {
    layer = "target"
    if (FILENAME ~ /^include\//) layer = "public"
    else if (FILENAME ~ /^examples\//) layer = "examples"
    else if (split(FILENAME, part, "/") > 2) layer = part[2]
    if (!(layer in allow)) complain("the folder " layer " is in no table of check_layers.sh")
    checked++
}
/^[ \t]*#[ \t]*include/ {
    header = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", header)
    sub(/[>"].*/, "", header)
    includes++
    for (pattern in home)
        if (header ~ "^(.*/)?" pattern "$" && header !~ /^(nordfu|sim|cli)\//) {
            if (FILENAME !~ home[pattern]) complain("<" header "> has its home elsewhere: " home[pattern])
            next
        }
    if ($0 ~ /</) {
        if (header !~ system_header) complain("<" header "> is neither a system header nor has a home in check_layers.sh")
        next
    }
    if (header !~ /\// && layer != "target" && header != "nordfu.h") header = layer "/" header
    if (header !~ allow[layer] || ((layer in deny) && header ~ deny[layer]))
        complain("the layer " layer " may not include \"" header "\"")
}
END {
    printf "%d files, %d includes\n", checked, includes
    exit bad
}' /dev/null $files
