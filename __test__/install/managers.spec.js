'use strict';

// npm, pnpm and both Yarns install the packed rsnet.

const { succeed } = require('../package/command');
const { Project } = require('../package/project');
const { NODE_MANAGERS, Published, describeManagers } = require('./managers');

const project = new Project();
const published = new Published();

beforeAll(async () => {
  await succeed([require.resolve('../../tools/managers/install')], { limit: 300000 });
  await project.pack();
  await published.prepare(project);
}, 600000);

afterAll(async () => {
  await published.end();
  project.remove();
});

describeManagers(NODE_MANAGERS, published);
