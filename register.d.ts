/** `import 'rsnet/register'`: from here on, `net` and `node:net` are rsnet. Exports nothing. */
export {};
