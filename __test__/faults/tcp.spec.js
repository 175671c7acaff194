'use strict';

const { defineTable } = require('../helpers/fault-table');

describe('faults of a TCP peer', () => defineTable(false));
