import { FileHandle } from 'node:fs/promises';

/** A file to send: a path, a descriptor or a FileHandle. The last two stay open. */
export type SendableFile = string | Buffer | URL | number | FileHandle;

/** Which part of a file is sent, and what ends that. */
export interface SendFileOptions {
  /** The first byte, 0 by default. */
  start?: number | undefined;
  /** The last byte, as in `fs.createReadStream()`; the last of the file by default. */
  end?: number | undefined;
  /** Ends the sending; the promise rejects with an AbortError. */
  signal?: AbortSignal | undefined;
}

/** The same, for a response of HTTP. */
export interface SendResponseFileOptions extends SendFileOptions {
  /**
   * `true` sends the part that the request's `Range` asks for (206, or 416 where there is no such); a string is such a
   * header. Not with `start` and `end`.
   */
  range?: boolean | string | undefined;
}
