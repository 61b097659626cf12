import type { Command, Dialogue } from './transport.js';

export const isDialogue = (command: Command): command is Dialogue =>
  typeof command === 'object' && 'send' in command;

/** For the last line on the screen, as a whole. */
export const promptPattern = (prompt: string): RegExp => new RegExp(`^(?:${prompt})\\s*$`);

/** For the end of what the device has written. */
export const questionPattern = (to: string): RegExp => new RegExp(`(?:${to})\\s*$`);
