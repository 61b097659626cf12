import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { driverSchema, type Driver } from '../../../src/trigger/driver/schema.js';

/** A node whose own driver can do nothing. */
const BARE = driverSchema.parse({
  name: 'bare',
  title: 'A node',
  about: 'Without actions of its own',
  transport: 'exec',
  actions: {},
  samples: [{ of: 'role', output: '', expect: { passes: true } }],
});

/** Those of the package, and `bare`: for what is done to a node by its power alone. */
export const driversWithBare = async (): Promise<ReadonlyMap<string, Driver>> =>
  new Map(await loadDrivers()).set('bare', BARE);
