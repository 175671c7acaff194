// Members of rsnet's Sockets and Servers that its declarations do not publish.

export {};

declare module '../..' {
  interface Socket {
    connecting: boolean;
    timeout?: number;
    server: Server | null;
    _server: Server | null;
  }
}
