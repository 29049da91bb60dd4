// SPDX-License-Identifier: MIT
// The client's side of the Attribute Protocol (Bluetooth Core, Vol 3 Part F), as far as Web Bluetooth needs it.

const ERROR = 0x01;
const MTU = 0x02;
const FIND_INFORMATION = 0x04;
const FIND_BY_TYPE_VALUE = 0x06;
const READ_BY_TYPE = 0x08;
const READ = 0x0a;
const WRITE = 0x12;
const NOTIFICATION = 0x1b;
const INDICATION = 0x1d;
const CONFIRMATION = 0x1e;
const WRITE_COMMAND = 0x52;

const OUR_MTU = 247;
const NOT_FOUND = 0x0a;
const UNDERWAY_MAX = 8; // PDUs not yet told as sent
const PATIENCE_MS = 30000; // the protocol's transaction timeout

export class AttError extends Error {
    constructor(code, opcode) {
        super(`ATT error ${code.toString(16).padStart(2, "0")} to request ${opcode.toString(16).padStart(2, "0")}`);
        this.code = code;
    }
}

function words(opcode, ...values) {
    const pdu = Buffer.alloc(1 + 2 * values.length);
    pdu[0] = opcode;
    values.forEach((value, i) => pdu.writeUInt16LE(value, 1 + 2 * i));
    return pdu;
}

export class Att {
    /** `notified(handle, bytes)` is called for notifications and indications. */
    constructor(air, notified) {
        this.air = air;
        this.notified = notified;
        this.underway = 0;
        this.waiting = []; // for room on the air
        this.pending = null; // the request that waits for its response
        this.turn = Promise.resolve(); // one request at a time
        this.ended = null;
        air.on("pdu", (pdu) => this.receive(pdu));
        air.on("sent", (count) => this.sent(count));
    }

    /** The link is gone: whoever waits learns it. */
    end(error) {
        this.ended = error;
        for (const waiter of this.waiting.splice(0)) waiter.reject(error);
        this.pending?.reject(error);
        this.pending = null;
    }

    sent(count) {
        this.underway -= count;
        while (this.underway < UNDERWAY_MAX && this.waiting.length > 0) {
            const waiter = this.waiting.shift();
            this.put(waiter.pdu);
            waiter.resolve();
        }
    }

    put(pdu) {
        this.underway++;
        this.air.pdu(pdu);
    }

    /** Resolves when the PDU is on its way. */
    send(pdu) {
        if (this.ended) return Promise.reject(this.ended);
        if (this.underway >= UNDERWAY_MAX)
            return new Promise((resolve, reject) => this.waiting.push({ pdu, resolve, reject }));
        this.put(pdu);
        return Promise.resolve();
    }

    receive(pdu) {
        const value = Buffer.from(pdu.subarray(3));
        if (pdu[0] === NOTIFICATION) {
            this.notified(pdu.readUInt16LE(1), value);
        } else if (pdu[0] === INDICATION) {
            this.send(Buffer.from([CONFIRMATION])).catch(() => {});
            this.notified(pdu.readUInt16LE(1), value);
        } else if (this.pending) {
            const pending = this.pending;
            this.pending = null;
            if (pdu[0] === ERROR) pending.reject(new AttError(pdu[4], pdu[1]));
            else if (pdu[0] === pending.opcode + 1) pending.resolve(pdu);
            else pending.reject(new Error(`Response ${pdu[0]} to request ${pending.opcode}`));
        }
    }

    async exchange(pdu) {
        let timer;
        const response = new Promise((resolve, reject) => {
            this.pending = { opcode: pdu[0], resolve, reject };
            timer = setTimeout(() => reject(new Error("No response within 30 s")), PATIENCE_MS);
        });
        this.send(pdu).catch((error) => this.pending?.reject(error));
        try {
            return await response;
        } finally {
            clearTimeout(timer);
        }
    }

    request(pdu) {
        const response = this.turn.then(() => this.exchange(pdu));
        this.turn = response.catch(() => {});
        return response;
    }

    /** As request; [] if the server has nothing (more) of the kind. */
    async list(pdu, decode) {
        try {
            return decode(await this.request(pdu));
        } catch (error) {
            if (error.code === NOT_FOUND) return [];
            throw error;
        }
    }

    async exchangeMtu() {
        const response = await this.request(words(MTU, OUR_MTU));
        return Math.min(OUR_MTU, response.readUInt16LE(1));
    }

    /** The ranges of handles of the primary services with this 16 bit UUID. */
    findServices(uuid) {
        return this.list(words(FIND_BY_TYPE_VALUE, 0x0001, 0xffff, 0x2800, uuid), (pdu) => {
            const found = [];
            for (let at = 1; at + 4 <= pdu.length; at += 4)
                found.push({ start: pdu.readUInt16LE(at), end: pdu.readUInt16LE(at + 2) });
            return found;
        });
    }

    /** The characteristics of a range of handles: {declaration, properties, handle, uuid (bytes)}. */
    async findCharacteristics(range) {
        const all = [];
        for (let start = range.start; start <= range.end; ) {
            const some = await this.list(words(READ_BY_TYPE, start, range.end, 0x2803), (pdu) => {
                const found = [];
                for (let at = 2; at + pdu[1] <= pdu.length; at += pdu[1])
                    found.push({
                        declaration: pdu.readUInt16LE(at),
                        properties: pdu[at + 2],
                        handle: pdu.readUInt16LE(at + 3),
                        uuid: Buffer.from(pdu.subarray(at + 5, at + pdu[1])),
                    });
                return found;
            });
            if (some.length === 0) break;
            all.push(...some);
            start = some.at(-1).handle + 1;
        }
        return all;
    }

    /** The handle of the first attribute with this 16 bit UUID in the range; 0 if there is none. */
    async findDescriptor(range, uuid) {
        for (let start = range.start; start <= range.end; ) {
            const some = await this.list(words(FIND_INFORMATION, start, range.end), (pdu) => {
                const size = pdu[1] === 1 ? 2 : 16;
                const found = [];
                for (let at = 2; at + 2 + size <= pdu.length; at += 2 + size)
                    found.push({
                        handle: pdu.readUInt16LE(at),
                        uuid: size === 2 ? pdu.readUInt16LE(at + 2) : 0,
                    });
                return found;
            });
            const match = some.find((one) => one.uuid === uuid);
            if (match) return match.handle;
            if (some.length === 0) break;
            start = some.at(-1).handle + 1;
        }
        return 0;
    }

    async read(handle) {
        return (await this.request(words(READ, handle))).subarray(1);
    }

    async write(handle, bytes) {
        await this.request(Buffer.concat([words(WRITE, handle), bytes]));
    }

    writeCommand(handle, bytes) {
        return this.send(Buffer.concat([words(WRITE_COMMAND, handle), bytes]));
    }
}
