// The classes of lib/handle by their names, which JSDoc uses everywhere in lib/.

type Handle = InstanceType<typeof import('../handle').Handle>;
type TCP = InstanceType<typeof import('../handle').TCP>;
type Pipe = InstanceType<typeof import('../handle').Pipe>;
type Writer = InstanceType<typeof import('../handle/writer').Writer>;

/** What HandleResource derives from. Handles have another method `bind`. */
type HandleResourceBase = new (...args: ConstructorParameters<typeof import('async_hooks').AsyncResource>) =>
  Omit<import('async_hooks').AsyncResource, 'bind'> & HandleState & Partial<PipeState>;

/** A handle that can listen. */
type ListeningHandle = Handle & {
  constructor: new (type: number, triggerAsyncId?: number) => Handle;
  onconnection: (...args: any[]) => void;
};

type ConnectReq = InstanceType<typeof import('../handle/requests').ConnectReq>;
type PathConnectReq = InstanceType<typeof import('../handle/requests').PathConnectReq>;
type WriteReq = InstanceType<typeof import('../handle/requests').WriteReq>;
type ShutdownReq = InstanceType<typeof import('../handle/requests').ShutdownReq>;

/** Members of AnyHandle for which lib/ looks before it calls them. */
type LookedFor = 'setAccepting' | 'setKeepAlive' | 'setNoDelay';

/** The handle of a Socket or Server: rsnet's, one of Node's, or the program's. Not every kind has all of this. */
type AnyHandle = Omit<TCP & Pipe, LookedFor> & Partial<Pick<TCP & Pipe, LookedFor>> & {
  reading: boolean;
  onconnection: (...args: any[]) => void;
  /** Of Node's, once its HTTP parser reads from it. */
  _consumed?: boolean;
};
