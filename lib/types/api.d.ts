// What lib/api works with, by names that JSDoc uses everywhere in lib/.

type Socket = import('../..').Socket;
type Server = import('../..').Server;
type BoundSocket = InstanceType<typeof import('../api/bound-socket').BoundSocket>;

/** What a BoundSocket has bound. */
type BoundHandle = TCP | Pipe | HostHandle;

/** The classes. lib/api has functions in their place, which also work without `new`. */
type SocketClass = typeof import('../..').Socket;
type ServerClass = typeof import('../..').Server;

/** Options as a program has given them. They may be anything until they are checked. */
type Options = { [name: string]: any };

/** How to try the addresses of a host in turn. `timeout`: milliseconds for each. */
type AttemptOptions = {
  port: number, localAddress?: string, localPort?: number, timeout: number, sequential: boolean,
};

/** Where a server listens. */
type ListenPlace = {
  /** A numeric IP address or a path; null: any. */
  address: string | null,
  /** -1 for a path. */
  port: number | null,
  /** 4 or 6; -1 for a path. */
  addressType: number | null,
  backlog?: number,
  /** A descriptor to take over instead. */
  fd?: number,
  /** TCP.UV_TCP_IPV6ONLY, TCP.UV_TCP_REUSEPORT. */
  flags?: number,
  /** Not shared with the other workers of a cluster. */
  exclusive?: boolean,
  readableAll?: boolean,
  writableAll?: boolean,
};

/** What getsockname(2) and getpeername(2) tell. A Unix-domain socket has no port. */
type SocketName = { address?: string, family?: string, port?: number };

/** A part of a file that is to be sent. */
type FilePart = Awaited<ReturnType<typeof import('../api/file-part').openPart>>;

/** A response of HTTP/1; `stream`: of HTTP/2. */
type AnyResponse = import('node:http').ServerResponse & { stream?: import('node:http2').ServerHttp2Stream };
