import { it } from 'vitest';
import { findNothingAndLeaveAll } from './left-behind';

it('finds nothing of another test file', findNothingAndLeaveAll);
