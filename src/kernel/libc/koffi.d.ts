/** What is used of koffi (https://koffi.dev). Its binaries for Linux are packages of their own, without types. */
interface Koffi {
  /** Null: the program itself and what it is linked with. */
  load(library: null): {
    func(name: string, result: string, parameters: string[]): (...args: unknown[]) => never;
  };
  /** The address of a buffer's memory. */
  address(buffer: Buffer): bigint;
  /** The memory at an address, without a copy. */
  view(address: unknown, length: number): ArrayBuffer;
  readonly node: {
    /** Has libuv watch a descriptor (uv_poll_t). The handle must stay referenced until it is closed. */
    poll(fd: number, events: { readonly readable: true }, callback: () => void): KoffiPoll;
  };
}

interface KoffiPoll {
  ref(): void;
  unref(): void;
  close(): void;
}

declare module '@koromix/koffi-linux-x64' {
  const koffi: Koffi;
  export = koffi;
}

declare module '@koromix/koffi-linux-arm64' {
  const koffi: Koffi;
  export = koffi;
}
