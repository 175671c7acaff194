'use strict';

// The bytes of one direction of a connection: what was written, and whether what arrives is that, in order.

/** One direction of one connection. Both ends live in this process, so that each byte can be compared. */
class Flow {
  constructor() {
    /** Written and not yet seen to arrive. */
    this.waiting = [];
    /** Bytes written. */
    this.sent = 0;
    /** Bytes that arrived. */
    this.received = 0;
    /** Whether everything that arrived was what was written, in order. */
    this.intact = true;
  }

  /**
   * @param {Buffer} bytes accepted by `write` or `end`; not changed later
   */
  send(bytes) {
    if (bytes.length === 0) return;
    this.sent += bytes.length;
    this.waiting.push(bytes);
  }

  /**
   * Compares what arrived with what was written.
   *
   * @param {Buffer} bytes
   */
  receive(bytes) {
    this.received += bytes.length;
    let offset = 0;
    while (offset < bytes.length) {
      const expected = this.waiting[0];
      if (expected === undefined) {
        this.intact = false;
        return;
      }
      const length = Math.min(expected.length, bytes.length - offset);
      if (expected.compare(bytes, offset, offset + length, 0, length) !== 0) this.intact = false;
      offset += length;
      if (length === expected.length) this.waiting.shift();
      else this.waiting[0] = expected.subarray(length);
    }
  }
}

module.exports = { Flow };
