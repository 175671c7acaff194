/**
 * Options of the kernel that Node's sockets do not have: socket(7), tcp(7), ip(7). Those without another remark are
 * TCP's, and Linux's. A Unix-domain socket refuses them (`ERR_INVALID_HANDLE_TYPE`), another platform as well
 * (`ERR_FEATURE_UNAVAILABLE_ON_PLATFORM`).
 *
 * A connection has them before it is made. Connections that a server accepts have those of the server. What the kernel
 * refuses comes as `'error'`, of the socket when it connects, or of the server when it listens.
 */
export interface KernelOptions {
  /** The congestion control, such as `'reno'` (TCP_CONGESTION). Default: the system's. */
  congestionControl?: string | undefined;
  /**
   * Milliseconds for which sent data may stay unacknowledged, or unsent because the peer takes none, before the
   * connection ends with `ETIMEDOUT` (TCP_USER_TIMEOUT). 0: the system's. Default: `0`.
   */
  userTimeout?: number | undefined;
  /** Bytes in the system's send buffer, unsent, above which it takes no more (TCP_NOTSENT_LOWAT). */
  notSentLowWaterMark?: number | undefined;
  /** Bytes of the system's send buffer (SO_SNDBUF), also of a Unix-domain socket. Default: the system's, which grows. */
  sendBufferSize?: number | undefined;
  /** Bytes of the system's receive buffer (SO_RCVBUF), also of a Unix-domain socket. Default: the system's, which grows. */
  recvBufferSize?: number | undefined;
  /** The most bytes of a segment (TCP_MAXSEG): 88 to 32767, or 0 for the system's. Default: `0`. */
  maxSegmentSize?: number | undefined;
  /** Acknowledge at once (TCP_QUICKACK). The kernel goes back to its own way as it sees fit. Default: the system's way. */
  quickAck?: boolean | undefined;
  /** Microseconds for which a read looks for packets on the device (SO_BUSY_POLL). More needs CAP_NET_ADMIN. */
  busyPoll?: number | undefined;
  /**
   * Seconds, up to a day: the connection is reset if the peer has not acknowledged everything by then after closing. 0:
   * closing drops what is unsent and resets the connection. false: neither. More than 0 only on Linux. Default: `false`.
   */
  linger?: number | false | undefined;
  /** The mark of the packets, for routing and filters (SO_MARK), from 0 to 2 ** 32 - 1. Needs CAP_NET_ADMIN. */
  mark?: number | undefined;
  /** The only network interface to use, such as `'eth0'` (SO_BINDTODEVICE). */
  interface?: string | undefined;
  /** Allow a local address that the system does not have, or not yet (IP_FREEBIND). Default: `false`. */
  freebind?: boolean | undefined;
  /** Allow foreign local addresses, as a transparent proxy needs them (IP_TRANSPARENT). Needs CAP_NET_ADMIN. */
  transparent?: boolean | undefined;
  /**
   * Receive descriptors (SCM_RIGHTS, unix(7)) by the event `'descriptors'`; a number is the most that one message may
   * have, 1 to 253. Of a Unix-domain socket only. Default: `false`; the kernel closes those that come.
   */
  receiveDescriptors?: boolean | number | undefined;
  /**
   * Messages in place of a stream of bytes (SOCK_SEQPACKET, unix(7)): each `write()` is one, and so is each `'data'`. Of a
   * Unix-domain socket or server only. Default: `false`.
   */
  seqpacket?: boolean | undefined;
  /** Multipath TCP (RFC 8684), or TCP where the kernel or the peer does not have it: see `isMptcp`. Default: `false`. */
  mptcp?: boolean | undefined;
}

/** Setters keep a value for the next connection while there is none. Getters give it then, and else what the kernel has. */
export interface KernelOptionMethods {
  /** The name of the congestion control (TCP_CONGESTION). */
  getCongestionControl(): string | undefined;
  /**
   * Choose the congestion control. Throws when the system does not have it (`ENOENT`) or does not allow it (`EPERM`).
   * @param name such as `'reno'`
   */
  setCongestionControl(name: string): this;
  /** Milliseconds (TCP_USER_TIMEOUT). */
  getUserTimeout(): number | undefined;
  /**
   * Bound for how long sent data may stay unacknowledged. Then the connection ends with `ETIMEDOUT`.
   * @param timeout milliseconds; 0: the system's
   */
  setUserTimeout(timeout: number): this;
  /** Bytes (TCP_NOTSENT_LOWAT). */
  getNotSentLowWaterMark(): number | undefined;
  /**
   * Choose how much may wait unsent in the system.
   * @param bytes from 0 on
   */
  setNotSentLowWaterMark(bytes: number): this;
  /** Bytes of the system's send buffer. Linux counts twice as much as was asked for. */
  getSendBufferSize(): number | undefined;
  /**
   * Choose the system's send buffer (SO_SNDBUF), which then does not grow any more.
   * @param bytes from 1 on
   */
  setSendBufferSize(bytes: number): this;
  /** Bytes of the system's receive buffer. Linux counts twice as much as was asked for. */
  getRecvBufferSize(): number | undefined;
  /**
   * Choose the system's receive buffer (SO_RCVBUF), which then does not grow any more.
   * @param bytes from 1 on
   */
  setRecvBufferSize(bytes: number): this;
  /** Bytes of a segment that the connection sends (TCP_MAXSEG). */
  getMaxSegmentSize(): number | undefined;
  /**
   * Choose the most bytes of a segment, before there is a connection.
   * @param bytes 88 to 32767, or 0: the system's
   */
  setMaxSegmentSize(bytes: number): this;
  /** Whether the connection acknowledges at once (TCP_QUICKACK). */
  getQuickAck(): boolean | undefined;
  /**
   * Acknowledge at once, until the kernel goes back to its own way.
   * @param enable false: wait for something to send
   */
  setQuickAck(enable: boolean): this;
  /** Microseconds (SO_BUSY_POLL). */
  getBusyPoll(): number | undefined;
  /**
   * Choose for how long a read looks for packets on the device.
   * @param microseconds 0: not at all
   */
  setBusyPoll(microseconds: number): this;
  /** 0: closing resets the connection (SO_LINGER). */
  getLinger(): number | false | undefined;
  /**
   * Choose what closing does with what is unsent.
   * @param seconds so long the system goes on sending, then the connection is reset; 0: at once; false: never
   */
  setLinger(seconds: number | false): this;
  /** The mark of the packets (SO_MARK). */
  getMark(): number | undefined;
  /**
   * Mark the packets.
   * @param mark from 0 to 2 ** 32 - 1
   */
  setMark(mark: number): this;
}
