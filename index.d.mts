/** What `import` gives: the exports of `index.d.ts` by name, and all of them together as the default. */
import * as rsnet from './index.js';

export * from './index.js';
export default rsnet;
