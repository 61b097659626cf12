import type { Kind } from './kind.js';

/** Loaded when asked for: each brings much of the program. */
export const KINDS: Readonly<Record<string, () => Promise<Kind>>> = {
  logs: async () => (await import('./kinds/logs.js')).logs,
  retold: async () => (await import('./kinds/retold.js')).retold,
  wire: async () => (await import('./kinds/wire.js')).wire,
  runs: async () => (await import('./kinds/runs.js')).runs,
  scenarios: async () => (await import('./kinds/scenarios.js')).scenarios,
  answers: async () => (await import('./kinds/answers.js')).answers,
  agents: async () => (await import('./kinds/agents.js')).agents,
};
