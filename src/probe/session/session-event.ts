import type { TrialEventBody } from '../../model/event.js';
import type { FromAgent } from '../protocol.js';

/** An agent's news of a session, as an event of the history. */
export const sessionEvent = (news: FromAgent & { readonly say: 'session' }): TrialEventBody => {
  const { session, connection } = news;
  switch (news.kind) {
    case 'open': {
      const { took_ms, source_port } = news;
      const port = source_port === undefined ? {} : { source_port };
      return { event: 'session-open', session, connection, detail: '', took_ms, ...port };
    }
    case 'error':
      return { event: 'session-error', session, connection, ending: news.ending, detail: news.detail };
    case 'end': {
      const { bytes, in_order, rto_ms } = news;
      return { event: 'session-end', session, connection, bytes, in_order, rto_ms };
    }
  }
};
