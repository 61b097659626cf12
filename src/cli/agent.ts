import type { CommandModule } from 'yargs';
import { serveAgent } from '../probe/agent/agent.js';
import { toolVersion } from '../terminal.js';

/** Started by the runner at each vantage; of no use by hand, so it is not listed. */
export const agentCommand: CommandModule = {
  handler: async () => serveAgent(toolVersion()),
};
