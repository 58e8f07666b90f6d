/**
 * For `node --import`: makes a Node that keeps to itself what lies below `net.Socket`. Sessions then
 * run on streams.
 */
Object.defineProperty(process, 'binding', { value: undefined });
