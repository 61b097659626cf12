import { debug, isDebugging } from '../../debug.js';
import { messageOf } from '../../model/error.js';
import { redact } from '../../model/secret.js';
import { NS_PER_S, type Clock } from '../../model/time.js';
import { commandLine } from './quote.js';
import type { ExecResult, Transport } from './transport.js';

/** A configuration that a device prints is not what anybody looks for. */
const MOST_LINES = 60;
const MOST_LENGTH = 8000;

/** Redacted before it is cut: part of a secret would not be known for one. */
const linesOf = (text: string): string[] => {
  const all = redact(text).trimEnd();
  if (all === '') return [];
  const lines = all.slice(0, MOST_LENGTH).split('\n');
  const kept = lines.slice(0, MOST_LINES);
  const left = all.length - kept.join('\n').length;
  return left > 1 ? [...kept, `… and ${left} more characters`] : kept;
};

const endOf = ({ ended, code, signal, words, sent }: ExecResult): string => {
  const how = ended === 'exited' ? `ended with ${signal ?? code ?? '?'}` : ended;
  return `${words ?? how}${sent ? '' : ', never sent'}`;
};

/** The same way, whose commands and answers are shown to whoever debugs. @param who `node fw-a` */
export const traced = (transport: Transport, who: string, clock: Clock): Transport => {
  if (!isDebugging()) return transport;
  const known = new Set<string>();
  /** A question is asked again and again: its first line says which. */
  const sentLines = (command: string): string[] => {
    const [first = '', ...rest] = linesOf(command);
    const isKnown = known.has(command);
    known.add(command);
    const again = isKnown && rest.length > 0 ? ' … (as before)' : '';
    return [
      `${who} > ${transport.words}: ${first}${again}`,
      ...(isKnown ? [] : rest.map((line) => `${who} >   ${line}`)),
    ];
  };
  const by =
    (exec: Transport['exec']): Transport['exec'] =>
    async (command, options) => {
      debug(() => sentLines(commandLine(command)).join('\n'));
      const begin = clock.monotonic();
      const after = (): string => `after ${((clock.monotonic() - begin) / NS_PER_S).toFixed(3)} s`;
      try {
        const result = await exec(command, options);
        debug(() =>
          [
            `${who} < ${endOf(result)} ${after()}`,
            ...linesOf(result.stdout).map((line) => `${who} | ${line}`),
            ...linesOf(result.stderr).map((line) => `${who} ! ${line}`),
          ].join('\n'),
        );
        return result;
      } catch (error) {
        debug(() => `${who} < not sent ${after()}: ${redact(messageOf(error))}`);
        throw error;
      }
    };
  const together = transport.together?.bind(transport);
  return {
    words: transport.words,
    reach_ns: transport.reach_ns,
    exec: by((command, options) => transport.exec(command, options)),
    ...(together === undefined
      ? {}
      : { together: (work, signal) => together((exec) => work(by(exec)), signal) }),
    close: () => transport.close(),
  };
};
