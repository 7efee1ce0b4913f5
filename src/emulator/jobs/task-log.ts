import { StringDecoder } from 'node:string_decoder';
import type { OutputSink, TaskSpec } from '../workload.ts';

/** One line that a task wrote, or that the platform wrote about it. */
export interface TaskLine {
  readonly stream: 'stdout' | 'stderr' | 'system';
  /** Epoch milliseconds with fractions. */
  readonly atMs: number;
  readonly job: string;
  readonly execution: string;
  readonly index: number;
  readonly attempt: number;
  readonly text: string;
}

/** Lines of all tasks. Bounded; the oldest are dropped first. */
export interface TaskLog {
  append(line: TaskLine): void;
  lines(): readonly TaskLine[];
}

const DEFAULT_CAPACITY_CHARS = 8_000_000;
/** Of a line; what is longer is cut, as Cloud Logging cuts what it calls too large. */
const MAX_LINE_CHARS = 16_384;
/** What a line costs beside its text. */
const OVERHEAD_CHARS = 100;
const SHORTEST_SECRET = 4;

export function createTaskLog(capacityChars = DEFAULT_CAPACITY_CHARS): TaskLog {
  let kept: TaskLine[] = [];
  let chars = 0;
  const sizeOf = ({ text }: TaskLine) => text.length + OVERHEAD_CHARS;
  return {
    append(line) {
      kept.push(line);
      chars += sizeOf(line);
      if (chars <= capacityChars) return;
      // A quarter at once: shift() on a long array would move it with each line.
      const dropped = Math.ceil(kept.length / 4);
      chars -= kept.slice(0, dropped).reduce((sum, one) => sum + sizeOf(one), 0);
      kept = kept.slice(dropped);
    },
    lines: () => kept,
  };
}

export interface TaskOutput {
  readonly sink: OutputSink;
  /** Writes what the platform says about the task. */
  say(text: string): void;
  /** What was written without a newline at its end. */
  flush(): void;
}

/** Cuts the output of one attempt into lines of the log, without its secrets. */
export function taskOutput(spec: TaskSpec, log: TaskLog, now: () => number): TaskOutput {
  const hidden = Object.values(spec.secrets)
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  const { job, execution, index, attempt } = spec;
  function write(stream: TaskLine['stream'], text: string): void {
    const shown = hidden.reduce((line, secret) => line.replaceAll(secret, '***'), text).slice(0, MAX_LINE_CHARS);
    if (shown !== '') log.append({ stream, atMs: now(), job, execution, index, attempt, text: shown });
  }
  const cutters = { stdout: lineCutter(), stderr: lineCutter() };
  return {
    sink: (stream, chunk) => {
      for (const line of cutters[stream].add(chunk)) write(stream, line);
    },
    say: (text) => write('system', text),
    flush() {
      for (const stream of ['stdout', 'stderr'] as const) write(stream, cutters[stream].rest());
    },
  };
}

/** A line that does not end is not kept whole: a task may write for hours without a newline. */
function lineCutter() {
  const decoder = new StringDecoder('utf8');
  let open = '';
  return {
    add(chunk: Buffer): readonly string[] {
      const [first = '', ...more] = decoder.write(chunk).split('\n');
      const lines = [open + first, ...more];
      const last = lines.pop() ?? '';
      open = last.slice(0, 2 * MAX_LINE_CHARS);
      return lines.map((line) => line.replace(/\r$/, ''));
    },
    rest(): string {
      const line = open + decoder.end();
      open = '';
      return line;
    },
  };
}
