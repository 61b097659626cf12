/** A line of `ping -D` or `fping -D` that tells of a reply: its number, and when it came (epoch seconds). */
const PING = /^\[(\d+\.\d+)\] \d+ bytes from .*?icmp_seq=(\d+)/;
const FPING = /^\[(\d+\.\d+)\] \S+ +: \[(\d+)\], \d+ bytes/;
const WRAP = 65_536;

/** Replies in the order in which they came, `at_s` counted from `origin_s` (epoch seconds), numbers unwrapped. */
export const lineReplies = (text, origin_s) => {
  const replies = [];
  let newest = 0;
  for (const line of text.split('\n')) {
    const match = PING.exec(line) ?? FPING.exec(line);
    if (match === null) continue;
    const wire = Number(match[2]);
    const seq = wire + WRAP * Math.round((newest - wire) / WRAP);
    newest = Math.max(newest, seq);
    replies.push({ seq, at_s: Number(match[1]) - origin_s });
  }
  return replies;
};

/** The same of irtt's JSON: what it calls lost has no reply. */
export const irttReplies = ({ round_trips }, origin_s) =>
  round_trips
    .filter(({ lost }) => lost === 'false')
    .map(({ seqno, timestamps }) => ({
      seq: seqno,
      at_s: timestamps.client.receive.wall / 1e9 - origin_s,
    }));

/** Runs of numbers that were never answered, with the replies around them. */
export const gapsBetween = (replies) => {
  const sorted = replies.toSorted((a, b) => a.seq - b.seq);
  const gaps = [];
  for (const [index, { seq, at_s }] of sorted.entries()) {
    const previous = sorted[index - 1];
    if (previous === undefined || seq - previous.seq <= 1) continue;
    gaps.push({ lost: seq - previous.seq - 1, before_s: previous.at_s, after_s: at_s });
  }
  return gaps;
};
