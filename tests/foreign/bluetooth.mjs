// SPDX-License-Identifier: MIT
// As much of the Web Bluetooth API as a DFU client uses, over the simulated air.

import { Air } from "./air.mjs";
import { Att } from "./att.mjs";

const SEARCH_MS = 30000;
const CONNECT_MS = 20000;
/* Stacks report the end of a link by another way than values: a little later. */
const LATER_MS = 50;

const READ = 0x02;
const WRITE_COMMAND = 0x04;
const WRITE = 0x08;
const NOTIFY = 0x10;
const INDICATE = 0x20;
const CCCD = 0x2902;

function uuidText(bytes) {
    if (bytes.length === 2)
        return `0000${bytes.readUInt16LE(0).toString(16).padStart(4, "0")}-0000-1000-8000-00805f9b34fb`;
    const hex = Buffer.from(bytes).reverse().toString("hex");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function toBytes(source) {
    return ArrayBuffer.isView(source)
        ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
        : Buffer.from(source);
}

class Characteristic extends EventTarget {
    constructor(gatt, found, end) {
        super();
        this.gatt = gatt;
        this.found = found;
        this.end = end;
        this.uuid = uuidText(found.uuid);
        this.value = null;
        const has = (flag) => (found.properties & flag) !== 0;
        this.properties = {
            read: has(READ),
            writeWithoutResponse: has(WRITE_COMMAND),
            write: has(WRITE),
            notify: has(NOTIFY),
            indicate: has(INDICATE),
        };
    }

    writeValue(value) {
        return this.properties.write ? this.writeValueWithResponse(value) : this.writeValueWithoutResponse(value);
    }

    async writeValueWithResponse(value) {
        await this.gatt.att.write(this.found.handle, toBytes(value));
    }

    async writeValueWithoutResponse(value) {
        await this.gatt.att.writeCommand(this.found.handle, toBytes(value));
    }

    async startNotifications() {
        const range = { start: this.found.handle + 1, end: this.end };
        const cccd = await this.gatt.att.findDescriptor(range, CCCD);
        if (cccd === 0) throw new Error(`${this.uuid} has no client configuration`);
        this.gatt.listeners.set(this.found.handle, this);
        await this.gatt.att.write(cccd, Buffer.from([this.properties.notify ? 1 : 2, 0]));
        return this;
    }

    changed(bytes) {
        this.value = new DataView(new Uint8Array(bytes).buffer);
        this.dispatchEvent(new Event("characteristicvaluechanged"));
    }
}

class Service {
    constructor(gatt, range) {
        this.gatt = gatt;
        this.range = range;
    }

    async getCharacteristics() {
        const found = await this.gatt.att.findCharacteristics(this.range);
        return found.map((one, i) => {
            const end = i + 1 < found.length ? found[i + 1].declaration - 1 : this.range.end;
            return new Characteristic(this.gatt, one, end);
        });
    }
}

class Gatt {
    constructor(device) {
        this.device = device;
        this.connected = false;
        this.listeners = new Map(); // by handle
    }

    async connect() {
        const air = await Air.open(this.device.path);
        await new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error("No connection within 20 s")), CONNECT_MS);
            air.once("connected", () => {
                clearTimeout(timer);
                resolve();
            });
            air.once("close", () => reject(new Error("The simulator hung up")));
            air.connect(this.device.address);
        });
        this.air = air;
        this.connected = true;
        this.listeners.clear();
        this.att = new Att(air, (handle, bytes) => this.listeners.get(handle)?.changed(bytes));
        air.once("disconnected", (reason) => this.lost(reason));
        air.once("close", () => this.lost(0));
        this.mtu = await this.att.exchangeMtu();
        return this;
    }

    lost(reason) {
        if (!this.connected) return;
        this.connected = false;
        this.att.end(new Error(`The link is gone (reason ${reason.toString(16).padStart(2, "0")})`));
        this.air.close();
        setTimeout(() => this.device.dispatchEvent(new Event("gattserverdisconnected")), LATER_MS);
    }

    disconnect() {
        if (this.connected) this.air.disconnect();
    }

    async getPrimaryService(uuid) {
        const [range] = await this.att.findServices(uuid);
        if (!range) throw new Error(`No service ${uuid.toString(16)}`);
        return new Service(this, range);
    }
}

class Device extends EventTarget {
    constructor(path, id, address, name) {
        super();
        this.path = path;
        this.id = id;
        this.address = address;
        this.name = name;
        this.gatt = new Gatt(this);
    }
}

/* What advertisement and scan response tell. */
function note(advert, data) {
    for (let at = 0; at + 1 < data.length && data[at] > 0; at += 1 + data[at]) {
        const value = data.subarray(at + 2, at + 1 + data[at]);
        if (data[at + 1] === 0x08 || data[at + 1] === 0x09) advert.name = value.toString();
        if (data[at + 1] === 0x02 || data[at + 1] === 0x03)
            for (let i = 0; i + 2 <= value.length; i += 2) advert.services.add(value.readUInt16LE(i));
    }
}

function matches(advert, filter) {
    return (
        (filter.name === undefined || filter.name === advert.name) &&
        (filter.namePrefix === undefined || (advert.name ?? "").startsWith(filter.namePrefix)) &&
        (filter.services ?? []).every((uuid) => advert.services.has(uuid))
    );
}

export class Bluetooth {
    constructor(path) {
        this.path = path;
    }

    /** Takes the first device that matches; there is nobody to choose. */
    async requestDevice({ filters, acceptAllDevices }) {
        const air = await Air.open(this.path);
        const adverts = new Map();
        try {
            return await new Promise((resolve, reject) => {
                setTimeout(() => reject(new Error("No such device within 30 s")), SEARCH_MS).unref();
                air.once("close", () => reject(new Error("The simulator hung up")));
                air.on("report", ({ address, data }) => {
                    const id = Buffer.from(address.subarray(1)).reverse().toString("hex").toUpperCase();
                    const advert = adverts.get(id) ?? { services: new Set() };
                    adverts.set(id, advert);
                    note(advert, data);
                    if (acceptAllDevices || filters.some((filter) => matches(advert, filter)))
                        resolve(new Device(this.path, id, Buffer.from(address), advert.name));
                });
                air.scan(true);
            });
        } finally {
            air.close();
        }
    }
}
