import { KnownError, usage } from '../../model/error.js';
import type { ObservePlan } from '../../model/observe-plan.js';
import type { NodePlan, Scenario } from '../../model/plan.js';
import type { Clock } from '../../model/time.js';
import { unknownName } from '../../yaml/problem.js';
import { ask, bind, shown, type Bound, type Device } from './bound.js';
import { findDriver } from '../driver/driver-file.js';
import { readValue } from './extract.js';
import { openTransport } from './open-transport.js';
import { paramValues } from '../driver/params.js';
import type { Driver, ObserverQuery } from '../driver/schema.js';
import { fillText, placeholders, type TemplateValues } from '../transport/template.js';
import type { Transport } from '../transport/transport.js';

/** A driver's question about one subject. */
export interface Inquiry {
  readonly subject: string;
  /** As it is sent, secrets redacted. */
  readonly command: string;
  /** The value, or `none`. Rejects with KnownError where there is no answer. */
  readonly ask: (signal: AbortSignal) => Promise<string>;
}

/** The questions of a scenario's observers; connections of their own, so that they never hold up a trigger. */
export interface Inquiries {
  of(observer: string): readonly Inquiry[];
  close(): Promise<void>;
}

interface Around {
  readonly clock: Clock;
  readonly seqgap: readonly string[];
}

type DriverSource = ObservePlan['source'] & { readonly kind: 'driver' };

const queryOf = (driver: Driver, query: string, where: string): ObserverQuery => {
  const found = Object.hasOwn(driver.observers, query) ? driver.observers[query] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(driver.observers);
  throw usage(
    `${where}: ${unknownName(query, `an observer of driver ${driver.name}`, names)}`,
    `see: seqgap drivers show ${driver.name}`,
  );
};

/** The node's own driver, or that of its power. */
const deviceOf = (plan: NodePlan, driver: string): Device | null => {
  if (plan.driver === driver) return plan;
  return plan.power?.driver === driver ? { name: plan.name, ...plan.power } : null;
};

const ownParams = ({ params }: ObserverQuery): Driver['params'] =>
  Object.fromEntries(Object.entries(params).map(([name, param]) => [name, { ...param, secret: false }]));

/** Only what a question uses has to be given. */
const usedBy = (query: ObserverQuery, driver: Driver, given: Readonly<Record<string, string>>): Driver => {
  const used = new Set([
    ...placeholders([query.run, query.extract, query.shape, query.subject, driver.exec?.env]),
    ...Object.keys(given),
  ]);
  const all = Object.entries({ ...driver.params, ...ownParams(query) });
  return { ...driver, params: Object.fromEntries(all.filter(([name]) => used.has(name))) };
};

const inquiry = (bound: Bound, query: ObserverQuery, subject: string, where: string): Inquiry => ({
  subject,
  command: shown(bound, query.run),
  ask: async (signal) => {
    const answer = await ask(bound, { ...query, signal });
    if (answer.text === null) throw new KnownError(answer.error);
    const value = readValue(query, answer.text, answer.values);
    if (value === null) throw new KnownError(`${where}: the answer was not understood`);
    return value;
  },
});

const subjectOf = ({ subject }: ObserverQuery, values: TemplateValues, otherwise: string): string =>
  subject === undefined ? otherwise : fillText(subject, values);

/**
 * Ties the observers of a scenario that ask a driver to it. Contacts nothing. Throws KnownError (usage) for a driver, an
 * observer, a parameter or a login that is missing.
 */
export const openInquiries = (
  { nodes, observe }: Pick<Scenario, 'nodes' | 'observe'>,
  drivers: ReadonlyMap<string, Driver>,
  { clock, seqgap }: Around,
): Inquiries => {
  const transports: Transport[] = [];
  const kept = (transport: Transport): Transport => {
    transports.push(transport);
    return transport;
  };

  const ofNodes = (driver: Driver, query: ObserverQuery, source: DriverSource, where: string): Inquiry[] => {
    const devices = nodes.flatMap((plan) => deviceOf(plan, driver.name) ?? []);
    if (devices.length === 0)
      throw usage(`${where}: no node has driver ${driver.name}`, 'give it to the nodes, or to their power');
    const more = paramValues({ ...driver, params: ownParams(query) }, where, source.params);
    return devices.map((device) => {
      const bound = bind(driver, device, { peer: null, seqgap }, (values) =>
        kept(openTransport(driver, device, values, clock, where)),
      );
      const asked = { ...bound, values: { ...bound.values, ...more } };
      return inquiry(asked, query, subjectOf(query, asked.values, device.name), where);
    });
  };

  const once = (plan: ObservePlan, driver: Driver, query: ObserverQuery, source: DriverSource): Inquiry => {
    const where = `observer ${plan.name}`;
    const values = {
      ...paramValues(usedBy(query, driver, source.params), where, source.params),
      node: plan.name,
      host: plan.name,
      seqgap,
    };
    const transport = kept(openTransport(driver, { ssh: null, http: null }, values, clock, where));
    const bound = { driver, node: plan.name, values, transport, known: { identity: null } };
    return inquiry(bound, query, subjectOf(query, values, plan.name), where);
  };

  const open = (plan: ObservePlan): Inquiry[] => {
    const { source, name } = plan;
    if (source.kind !== 'driver') return [];
    const where = `observer ${name}`;
    const driver = findDriver(drivers, source.driver, where);
    const query = queryOf(driver, source.query, where);
    return query.each === 'node'
      ? ofNodes(driver, query, source, where)
      : [once(plan, driver, query, source)];
  };

  const all = new Map(observe.map((plan) => [plan.name, open(plan)]));
  return {
    of: (observer) => all.get(observer) ?? [],
    close: async () => {
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
};
