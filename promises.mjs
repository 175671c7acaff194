import { promises } from './index.mjs';

export const { connect, listen } = promises;

export default promises;
