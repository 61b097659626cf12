import { execa } from 'execa';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLI } from '../io/run/file-pair.js';
import { freePort } from '../io/trigger/sshd.js';
import { describePeer } from './peer.js';
import { answers, serve, type Program } from './program.js';

const RUN = join(import.meta.dirname, '../../results/example/lab-vrrp-timer/latest');

describePeer('otlp', 'seqgap export --otlp to a real collector of OpenTelemetry', () => {
  let collector: Program;
  let url = '';
  beforeAll(async () => {
    url = `http://127.0.0.1:${await freePort()}`;
    const pipeline = { receivers: ['otlp'], exporters: ['debug'] };
    const config = {
      receivers: { otlp: { protocols: { http: { endpoint: url.replace('http://', '') } } } },
      exporters: { debug: { verbosity: 'detailed' } },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: pipeline, metrics: pipeline },
      },
    };
    collector = await serve(['otelcol', '--config', `yaml:${JSON.stringify(config)}`], () => answers(url));
  });
  afterAll(() => collector.stop());

  test('it takes a trace for each trial, with its milestones, and the metrics', async () => {
    await execa(process.execPath, [CLI, 'export', RUN, '--otlp', url]);
    await expect.poll(() => collector.said(), { timeout: 30_000 }).toContain('seqgap_run_verdict');
    const said = collector.said();
    const roots = said.match(/^ {4}Parent ID +: *$/gm) ?? [];
    expect(roots.length).toBe(5);
    expect(said).toMatch(/^ {5}-> Name: \S/m);
    expect(said).toContain('seqgap_outage_seconds');
    expect(said).not.toMatch(/\terror\t/);
  });
});
