import { AddressInfo } from 'node:net';

/** One end of a connection, as a PROXY header names it. */
export type ProxyProtocolEnd =
  | { address: string; port: number; family: 'IPv4' | 'IPv6' }
  | { path: string; family: 'UNIX' };

/** What a PROXY header of version 2 tells of TLS between the client and the proxy. */
export interface ProxyProtocolSsl {
  /** Whether the client has connected over TLS. */
  tls: boolean;
  /** Whether it has shown a certificate on this connection. */
  certificate: boolean;
  /** Whether it has shown one in this TLS session. */
  certificateOfSession: boolean;
  /** Whether the proxy has verified it, or there was none. */
  verified: boolean;
  /** Such as `'TLSv1.3'`. */
  version?: string;
  /** Of the certificate's subject. */
  commonName?: string;
  cipher?: string;
  /** Of the proxy's own certificate. */
  signatureAlgorithm?: string;
  /** Of the proxy's own certificate. */
  keyAlgorithm?: string;
}

/** What a PROXY header says. */
export interface ProxyProtocolHeader {
  version: 1 | 2;
  /** `'LOCAL'`: the proxy has connected for itself, to check the server, say. */
  command: 'PROXY' | 'LOCAL';
  /** `'UNSPEC'`: the header names no ends. */
  family: 'IPv4' | 'IPv6' | 'UNIX' | 'UNSPEC';
  transport: 'STREAM' | 'DGRAM' | 'UNSPEC';
  /** The client. */
  source?: ProxyProtocolEnd | undefined;
  /** Where the client has connected to. */
  destination?: ProxyProtocolEnd | undefined;
  /** The values of version 2, by type, without padding; the last one of each type. */
  tlvs: Map<number, Buffer>;
  /** The protocol that was negotiated over the connection, such as `'h2'`. */
  alpn?: string;
  /** The host name that the client has asked for (SNI). */
  authority?: string;
  uniqueId?: Buffer;
  ssl?: ProxyProtocolSsl;
  /** The name of the network namespace. */
  netns?: string;
}

/** `socket.proxy`. */
export interface ProxyProtocolInfo extends ProxyProtocolHeader {
  /** The proxy's end of the connection; empty for a Unix-domain socket. */
  peer: Partial<AddressInfo>;
  /** This end of the connection; empty for a Unix-domain socket. */
  local: Partial<AddressInfo>;
}

/** The option `proxyProtocol` of servers. */
export interface ProxyProtocolServerOptions {
  /** `'optional'`: a connection may also begin without a header. Default: `'required'`. */
  mode?: 'required' | 'optional' | undefined;
  /** Milliseconds for which the header may take. Default: `5000`. */
  timeout?: number | undefined;
  /** Milliseconds of silence after which an `'optional'` header does not come. Default: `300`. */
  silence?: number | undefined;
  /** Bytes that a header may have, 107 to 65551. Default: `4096`. */
  maxLength?: number | undefined;
  /** Connections that may wait for their header. Beyond, the one that has waited the longest ends. Default: `1024`. */
  maxWaiting?: number | undefined;
}

/** One end of a connection, as `connect()` takes it. */
export type ProxyProtocolEndInit = { address: string; port: number } | { path: string };

/** The option `proxyProtocol` of `connect()`; what `socket.proxy` gives is one, too. */
export interface ProxyProtocolClientOptions {
  /** Version 1 has ends and nothing else. Default: `2`. */
  version?: 1 | 2 | undefined;
  /** Default: `'PROXY'`. */
  command?: 'PROXY' | 'LOCAL' | undefined;
  /** `'UNSPEC'`: the header names no ends. Otherwise that of the ends counts. */
  family?: 'IPv4' | 'IPv6' | 'UNIX' | 'UNSPEC' | undefined;
  /** Default: `'STREAM'`. */
  transport?: 'STREAM' | 'DGRAM' | 'UNSPEC' | undefined;
  /** The client. Default: this end of the connection. */
  source?: ProxyProtocolEndInit | undefined;
  /** Where the client has connected to. Default: the other end of the connection. */
  destination?: ProxyProtocolEndInit | undefined;
  /** Values of version 2 by type, 0 to 255. */
  tlvs?: Iterable<readonly [number, string | Uint8Array]> | undefined;
  alpn?: string | undefined;
  authority?: string | undefined;
  /** Up to 128 bytes. */
  uniqueId?: string | Uint8Array | undefined;
  netns?: string | undefined;
  /** Whether the header has a checksum. Default: whether `tlvs` has one. */
  crc32c?: boolean | undefined;
}

/** The header that a connection begins with. */
export interface ProxyProtocolConnectOpts {
  /** Send a PROXY header before anything else. `true` names the ends of the connection itself. Default: `false`. */
  proxyProtocol?: boolean | ProxyProtocolClientOptions | null | undefined;
}
