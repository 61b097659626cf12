import { usage } from '../../model/error.js';
import { isHost } from '../../scenario/target.js';

/** Where probes start. */
export type Place =
  | { readonly kind: 'local' }
  | { readonly kind: 'netns'; readonly name: string }
  | { readonly kind: 'ssh'; readonly user: string | null; readonly host: string }
  | { readonly kind: 'exec'; readonly prefix: string };

const FORMS =
  'local, USER@HOST (by ssh), netns:NAME, or exec:PREFIX such as "exec:kubectl exec -i client --"';

/** Reads `local`, `[USER@]HOST`, `netns:NAME` or `exec:PREFIX`. Throws KnownError (usage). */
export const parsePlace = (text: string): Place => {
  if (text === 'local') return { kind: 'local' };
  const [, kind, rest = ''] = /^(netns|exec):\s*(.+)$/.exec(text) ?? [];
  if (kind === 'netns') return { kind, name: rest };
  if (kind === 'exec') return { kind, prefix: rest };
  const [, user = null, host = ''] = /^(?:([^\s@-][^\s@]*)@)?(.+)$/.exec(text) ?? [];
  if (isHost(host)) return { kind: 'ssh', user, host };
  throw usage(`"${text}" is no place to probe from`, `write ${FORMS}`);
};
