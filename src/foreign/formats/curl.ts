import { NS_PER_S } from '../../model/time.js';
import { everySecond } from './connect.js';
import { PASSED, probe, type SaidProbe, type Say, seriesFormat, UNKNOWN } from './series.js';

/** `200 0.004`, `000`, `http_code=200 time=0.004s`, `HTTP 200, 0.004 s, exit 0`: what `-w` is told to write. */
const WRITTEN =
  /^(?:(?:HTTP|http_code|code|status|response)[=: ]+)?(\d{3})(?:[\s,;|]+(?:(?:time|total|time_total|t)[=: ]+)?(\d+[.,]\d+) ?s?)?(?:[\s,;|]+(?:rc|exit|exitcode|exit_code|ret)[=: ]+(\d{1,3}))?$/i;
/** `HTTP/1.1 200 OK`, of `-I` or `-i` */
const STATUS_LINE = /^HTTP\/[\d.]+ (\d{3})\b/;
const ERROR = /^curl: \((\d+)\) (.*)$/;
const EXIT = /^(?:curl )?(?:rc|exit|exitcode|exit_code|exit code|ret)[=: ]+(\d{1,3})$/i;
/** What pages and documents begin with; `<30>1 ` is the beginning of a syslog's line. */
const BODY = /^(?:<[!?a-z]|\{)/i;
const HEADER =
  /^(?:date|server|content-[\w-]+|connection|keep-alive|x-[\w-]+|vary|cache-control|etag|last-modified|accept-ranges|location|set-cookie|transfer-encoding|strict-transport-security|expires|pragma|age|via|alt-svc|access-control-[\w-]+|referrer-policy)\s*:/i;
/** The meter, which goes to the terminal where `-s` is missing. */
const METER = /^(?:\s*% Total|\s+Dload|\s*\d+\s+\d+)/;

/** By curl's own numbers; the rest is a failure with a cause. */
const CAUSES: Readonly<Record<string, string>> = {
  6: 'name-not-resolved',
  7: 'connect-failed',
  28: 'timed-out',
};

const failed = (code: string, text: string, took_ns: number): SaidProbe => {
  if (/refused/i.test(text)) return probe('refused', { rtt_ns: took_ns });
  const named = CAUSES[code] ?? (code === '' ? null : `curl-${code}`);
  const cause = /No route to host/i.test(text) ? 'host-unreachable' : named;
  return probe('lost', { waited_ns: took_ns, cause });
};

const tookOf = (text: string): number => {
  const took = /after (\d+) m(?:illi)?s/.exec(text)?.[1];
  return took === undefined ? NaN : Number(took) * 1e6;
};

/**
 * A loop around curl: a line is a request. A code of 000, an error of curl's, an exit code or, where bodies are printed behind a
 * time, nothing behind it is no answer; a status of 500 and more is one that is an error, as in a run of our own.
 */
const open = (): Say => {
  let style: 'written' | 'body' | null = null;
  /** What is written comes behind a time on its line. */
  let together = false;
  /** The error before, which the line written by `-w` tells again. */
  let error: { readonly code: string; readonly text: string; readonly told: boolean } | null = null;
  const written = (code: string, took: string | undefined, exit: string | undefined): SaidProbe | null => {
    const before = error;
    error = null;
    const took_ns = took === undefined ? NaN : Number(took.replace(',', '.')) * NS_PER_S;
    if (Number(code) === 0) {
      if (before?.told === true) return null;
      return failed(before?.code ?? exit ?? '', before?.text ?? '', took_ns);
    }
    return Number(code) >= 500
      ? probe('unreachable', { waited_ns: took_ns, cause: `http-${code}` })
      : probe('answered', { rtt_ns: took_ns });
  };
  return (line, stamped) => {
    const match = WRITTEN.exec(line) ?? STATUS_LINE.exec(line);
    if (match !== null) {
      style = 'written';
      together ||= stamped;
      return written(match[1] as string, match[2], match[3]) ?? PASSED;
    }
    const failure = ERROR.exec(line);
    if (failure !== null) {
      const [, code = '', text = ''] = failure;
      const later = style === 'written' && together && !stamped;
      error = { code, text, told: !later };
      return later ? PASSED : failed(code, text, tookOf(text));
    }
    error = null;
    const exit = EXIT.exec(line);
    if (exit !== null) return exit[1] === '0' ? probe('answered') : failed(exit[1] as string, '', NaN);
    if (stamped && BODY.test(line)) {
      style = 'body';
      return probe('answered');
    }
    if (line === '' && stamped && style === 'body')
      return probe('lost', { cause: 'nothing behind the time' });
    return HEADER.test(line) || METER.test(line) ? PASSED : null;
  };
};

export const curlFormat = seriesFormat({
  name: 'curl',
  example: '22:13:21 200 0.004, as a loop of curl -w "%{http_code} %{time_total}" writes it',
  knows: (line) =>
    WRITTEN.test(line) ||
    STATUS_LINE.test(line) ||
    ERROR.test(line) ||
    EXIT.test(line) ||
    /^<[!?a-z]/i.test(line),
  begins: (line) => WRITTEN.test(line) || STATUS_LINE.test(line) || EXIT.test(line),
  pace: (settings) => everySecond(settings, 'the loop', UNKNOWN),
  open,
});
