/** What `import` gives: the exports of `promises.d.ts` by name, and all of them together as the default. */
import * as promises from './promises.js';

export * from './promises.js';
export default promises;
