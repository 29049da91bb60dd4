// SPDX-License-Identifier: MIT
// One connection to the socket of `nordfu sim --att`: frames to and from the simulated air (docs/simulator.md).

import { EventEmitter } from "node:events";
import net from "node:net";

const SCAN = 0x01;
const CONNECT = 0x02;
const DISCONNECT = 0x03;
const PDU = 0x04;
const REPORT = 0x81;
const CONNECTED = 0x82;
const DISCONNECTED = 0x83;
const RECEIVED = 0x84;
const SENT = 0x85;

const INTERVAL = 24; // x 1.25 ms
const SUPERVISION_TIMEOUT = 400; // x 10 ms

/** Events: report {address, data}, connected, disconnected (reason), pdu (Buffer), sent (count), close. */
export class Air extends EventEmitter {
    static open(path) {
        return new Promise((resolve, reject) => {
            const socket = net.connect(path);
            socket.once("error", reject);
            socket.once("connect", () => resolve(new Air(socket)));
        });
    }

    constructor(socket) {
        super();
        this.socket = socket;
        this.bytes = Buffer.alloc(0);
        socket.on("data", (data) => this.receive(data));
        socket.on("error", () => {});
        socket.on("close", () => this.emit("close"));
    }

    receive(data) {
        this.bytes = Buffer.concat([this.bytes, data]);
        while (this.bytes.length >= 2 && this.bytes.length >= 2 + this.bytes.readUInt16LE(0)) {
            const end = 2 + this.bytes.readUInt16LE(0);
            const frame = this.bytes.subarray(2, end);
            this.bytes = this.bytes.subarray(end);
            this.frame(frame[0], frame.subarray(1));
        }
    }

    frame(type, rest) {
        if (type === REPORT)
            this.emit("report", { address: rest.subarray(0, 7), data: rest.subarray(9) });
        else if (type === CONNECTED) this.emit("connected");
        else if (type === DISCONNECTED) this.emit("disconnected", rest[0]);
        else if (type === RECEIVED) this.emit("pdu", rest);
        else if (type === SENT) this.emit("sent", rest.readUInt16LE(0));
        else throw new Error(`The simulator sent a frame of type ${type}`);
    }

    send(type, rest) {
        const head = Buffer.alloc(3);
        head.writeUInt16LE(rest.length + 1, 0);
        head[2] = type;
        this.socket.write(Buffer.concat([head, rest]));
    }

    scan(on) {
        this.send(SCAN, Buffer.from([on ? 2 : 0]));
    }

    /** `address`: type and six bytes, as in a report. */
    connect(address) {
        const params = Buffer.alloc(4);
        params.writeUInt16LE(INTERVAL, 0);
        params.writeUInt16LE(SUPERVISION_TIMEOUT, 2);
        this.send(CONNECT, Buffer.concat([address, params]));
    }

    disconnect() {
        this.send(DISCONNECT, Buffer.alloc(0));
    }

    pdu(bytes) {
        this.send(PDU, bytes);
    }

    close() {
        this.socket.end();
    }
}
