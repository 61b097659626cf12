import { createHash } from 'node:crypto';
import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type IdGenerator,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace';
import { requireTime, within } from '../../deadline.js';
import { KnownError } from '../../model/error.js';
import { brief } from '../../model/outside.js';
import { registerSecret } from '../../model/secret.js';
import { ns } from '../../model/time.js';
import type { Metric } from '../../report/text/metrics.js';
import type { TrialTrace } from '../../report/run/trace.js';
import { formatDuration } from '../../model/duration.js';

/** Where OTLP over HTTP is taken: `http://collector:4318`; `/v1/traces` and `/v1/metrics` are added. */
export interface OtlpTarget {
  readonly url: string;
  readonly toolVersion: string;
}

const resourceOf = (toolVersion: string): Resource =>
  resourceFromAttributes({ 'service.name': 'seqgap', 'service.version': toolVersion });

const digest = (text: string, octets: number): string =>
  createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * octets);

/** Identifiers that come out the same for the same trial: what is exported twice is no second trace. */
class IdsOfTrial implements IdGenerator {
  readonly #id: string;
  #spans = 0;

  constructor(id: string) {
    this.#id = id;
  }

  generateTraceId(): string {
    return digest(this.#id, 16);
  }

  generateSpanId(): string {
    this.#spans += 1;
    return digest(`${this.#id}#${this.#spans}`, 8);
  }
}

/** The SDK's spans of one trial, ended and in order. */
const spansOf = (trial: TrialTrace, resource: Resource): ReadableSpan[] => {
  const ended = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource,
    idGenerator: new IdsOfTrial(trial.id),
    spanProcessors: [new SimpleSpanProcessor({ exporter: ended })],
    // A trial has a milestone per observed change: none is to be dropped.
    spanLimits: { eventCountLimit: trial.events.length + 1 },
  });
  const tracer = provider.getTracer('seqgap');
  const { name, attributes, start_ms, end_ms } = trial;
  const root = tracer.startSpan(name, { startTime: start_ms, attributes: { ...attributes } }, ROOT_CONTEXT);
  const inside = trace.setSpan(ROOT_CONTEXT, root);
  for (const event of trial.events) root.addEvent(event.name, { ...event.attributes }, event.at_ms);
  for (const part of trial.parts)
    tracer
      .startSpan(part.name, { startTime: part.start_ms, attributes: { ...part.attributes } }, inside)
      .end(part.end_ms);
  if (trial.failed !== null) root.setStatus({ code: SpanStatusCode.ERROR, message: trial.failed });
  root.end(end_ms);
  return ended.getFinishedSpans();
};

/** Read once, when it is asked. */
class ReadOnce extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

interface Exporter<Item> {
  export(items: Item, done: (result: { code: number; error?: Error }) => void): void;
  shutdown(): Promise<void>;
}

const refused = (url: string, why: string, cause?: Error): KnownError =>
  new KnownError(`${url} does not take OTLP: ${why}`, {
    remedy: 'name the base address of an OTLP/HTTP receiver, as in --otlp http://collector:4318',
    cause,
  });

/** @throws KnownError where the receiver does not take it. */
const send = async <Item>(exporter: Exporter<Item>, items: Item, url: string): Promise<void> => {
  try {
    const { code, error } = await new Promise<{ code: number; error?: Error }>((resolve) =>
      exporter.export(items, resolve),
    );
    if (code === 0) return;
    throw refused(url, brief(error?.message ?? 'no reason given'), error);
  } finally {
    await exporter.shutdown();
  }
};

const sendTraces = async (traces: readonly TrialTrace[], { url, toolVersion }: OtlpTarget): Promise<void> => {
  const resource = resourceOf(toolVersion);
  const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces` });
  await send<ReadableSpan[]>(
    exporter,
    traces.flatMap((each) => spansOf(each, resource)),
    `${url}/v1/traces`,
  );
};

const sendMetrics = async (metrics: readonly Metric[], { url, toolVersion }: OtlpTarget): Promise<void> => {
  const reader = new ReadOnce();
  const provider = new MeterProvider({ resource: resourceOf(toolVersion), readers: [reader] });
  const meter = provider.getMeter('seqgap');
  for (const { name, help, unit, samples } of metrics) {
    const gauge = meter.createGauge(name, { description: help, unit: unit === 'seconds' ? 's' : '1' });
    // OTLP's JSON has no infinity: one that did not end is left out here, and counted in seqgap_trials.
    for (const { value, labels } of samples) if (Number.isFinite(value)) gauge.record(value, { ...labels });
  }
  const { resourceMetrics } = await reader.collect();
  await send(new OTLPMetricExporter({ url: `${url}/v1/metrics` }), resourceMetrics, `${url}/v1/metrics`);
  await provider.shutdown();
};

/**
 * For everything that is sent. The SDK's own time-out is one of silence, for each attempt: an octet a second would keep
 * it waiting for ever.
 */
const PATIENCE = ns(60e9);

/** `name=value,…`, the values encoded as in a URL; `Bearer …` holds the key behind a word. */
const registerHeaders = (env: NodeJS.ProcessEnv): void => {
  for (const which of ['', 'TRACES_', 'METRICS_'])
    for (const pair of (env[`OTEL_EXPORTER_OTLP_${which}HEADERS`] ?? '').split(',')) {
      const value = new URLSearchParams(pair.replaceAll('+', '%2B')).values().next().value ?? '';
      for (const secret of [value, value.split(' ').at(-1) ?? '']) registerSecret(secret.trim());
    }
};

/**
 * Sends traces and metrics to an OTLP/HTTP receiver (https://opentelemetry.io/docs/specs/otlp/). Credentials and
 * certificates come from the SDK's own environment variables (`OTEL_EXPORTER_OTLP_HEADERS`, `…_CERTIFICATE`), so that
 * none is in an argument. @throws KnownError where the receiver does not take them.
 */
export const sendOtlp = async (
  traces: readonly TrialTrace[],
  metrics: readonly Metric[],
  target: OtlpTarget,
  patience = PATIENCE,
): Promise<void> => {
  registerHeaders(process.env);
  const sendAll = async (signal: AbortSignal): Promise<void> => {
    if (traces.length > 0) await sendTraces(traces, target);
    requireTime(signal);
    await sendMetrics(metrics, target);
  };
  const late = (): KnownError => refused(target.url, `it was not done within ${formatDuration(patience)}`);
  await within(patience, undefined, sendAll, late);
};
