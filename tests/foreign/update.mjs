// SPDX-License-Identifier: MIT
// update.mjs SOCKET PACKAGE [--name NAME] [--vanish BYTES]: updates a simulated device with web-bluetooth-dfu.
// With a name, that device is sent to its bootloader first; then the first bootloader in the air is updated.
// --vanish: ends without a word when so many bytes of firmware are sent.

import fs from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { Bluetooth } from "./bluetooth.mjs";

const require = createRequire(import.meta.url);
const crc32 = require("crc-32");
const SecureDfu = require("web-bluetooth-dfu");
const Package = require("web-bluetooth-dfu/examples/package");

const FAILED = 1;
const VANISHED = 3;
const DELAY_MS = 12; // of the client after each packet: with less, bootloaders of SDK 15 and newer lose packets while they erase
const LINGER_MS = 2000; // the client hears of the end by itself, or never

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { name: { type: "string" }, vanish: { type: "string" } },
});
const [socket, file] = positionals;

function report(dfu) {
    let tenth = -1;
    dfu.addEventListener(SecureDfu.EVENT_LOG, ({ message }) => console.log(String(message)));
    dfu.addEventListener(SecureDfu.EVENT_PROGRESS, ({ object, currentBytes, totalBytes }) => {
        if (object !== "firmware") return;
        if (Math.floor((10 * currentBytes) / totalBytes) !== tenth) {
            tenth = Math.floor((10 * currentBytes) / totalBytes);
            console.log(`${currentBytes} of ${totalBytes} bytes`);
        }
        if (values.vanish && currentBytes >= Number(values.vanish)) process.exit(VANISHED);
    });
}

/** The client's own promise is never settled if the link ends while it waits for an answer. */
function lost(device) {
    return new Promise((_resolve, reject) => {
        device.addEventListener("gattserverdisconnected", () => {
            setTimeout(() => reject(new Error("The link was lost")), LINGER_MS).unref();
        });
    });
}

async function main() {
    const image = await new Package(fs.readFileSync(file)).load().then((loaded) => loaded.getAppImage());
    const dfu = new SecureDfu(crc32.buf, new Bluetooth(socket), DELAY_MS);
    report(dfu);
    let device = null;
    if (values.name) device = await dfu.requestDevice(true, [{ name: values.name }]);
    if (!device) device = await dfu.requestDevice(false);
    console.log(`found bootloader ${device.name} ${device.id}`);
    await Promise.race([dfu.update(device, image.initData, image.imageData), lost(device)]);
    console.log("update complete");
}

main().then(
    () => process.exit(0),
    (error) => {
        console.log(`failed: ${error.message ?? error}`);
        process.exit(FAILED);
    },
);
