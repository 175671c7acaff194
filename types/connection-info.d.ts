/** What `socket.info()` gives. An older kernel leaves out what it does not know. */
export interface TcpInfo {
  /** Such as `'ESTABLISHED'`. */
  state: string;
  /** Whether the SYN had bytes that were taken: see `fastOpen`. */
  synDataAcked: boolean;
  /** Smoothed round-trip time, milliseconds. */
  rtt: number;
  /** Its mean deviation, milliseconds. */
  rttVariance: number;
  /** The shortest round-trip time of late, milliseconds. */
  minRtt?: number;
  /** Milliseconds after which unacknowledged data is sent again. */
  retransmissionTimeout: number;
  /** Segments sent again over the life of the connection. */
  totalRetransmits: number;
  /** Segments sent again that are not acknowledged yet. */
  retransmitting: number;
  /** Segments that count as lost. */
  lost: number;
  /** Segments that are not acknowledged yet. */
  unacked: number;
  /** Segments that may be on their way. */
  congestionWindow: number;
  /** Segments; `Infinity` before the first loss. */
  slowStartThreshold: number;
  /** Bytes of the largest segment that is sent. */
  maxSegmentSize: number;
  /** Bytes of the largest packet that the path takes. */
  pathMtu: number;
  /** Bytes that the peer takes at most now. */
  peerWindow?: number;
  /** Bytes that were written and not sent. */
  bytesNotSent?: number;
  bytesSent?: number;
  bytesAcked?: number;
  bytesReceived?: number;
  bytesRetransmitted?: number;
  segmentsSent?: number;
  segmentsReceived?: number;
  /** Bytes a second that reached the peer of late. */
  deliveryRate?: number;
  /** Bytes a second at which the system sends; `Infinity` if it does not pace. */
  pacingRate?: number;
}

/** What `socket.peerCredentials()` gives. */
export interface PeerCredentials {
  /** Process id; 0 if the process is not in this one's namespace. */
  pid: number;
  /** Effective user. */
  uid: number;
  /** Effective group. */
  gid: number;
}

/** What `stats()` gives: of this thread, the sockets of rsnet. Counts begin when the thread has loaded it. */
export interface Stats {
  /** Servers that listen now. */
  servers: number;
  /** Connections that are open now. */
  open: number;
  /** Sockets that connect now. */
  connecting: number;
  /** Connections that servers have accepted. */
  accepted: number;
  /** Connections that servers have closed at once, for `maxConnections` or `blockList`. */
  dropped: number;
  /** Connections that were made by connecting. */
  connected: number;
  /** Sockets that could not connect: lookup, refusal, timeout. */
  failed: number;
  /** Bytes that all connections have received, those closed included. */
  bytesRead: number;
  /** Bytes that all connections have sent, those closed included. */
  bytesWritten: number;
  /** Bytes that open sockets hold for sending (`writableLength`). */
  queuedBytes: number;
  /** System calls that have read from sockets: recv, recvmsg, and splice from one. */
  readCalls: number;
  /** System calls that have written to sockets: send, sendmsg, sendfile, and splice to one. */
  writeCalls: number;
  /** Calls of accept. */
  acceptCalls: number;
  /** Calls of connect. */
  connectCalls: number;
}
