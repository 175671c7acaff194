'use strict';

const { defineTable } = require('../helpers/fault-table');

describe('faults of a Unix-domain peer', () => defineTable(true));
