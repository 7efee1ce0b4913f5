import type { TaskLine } from '../jobs/task-log.ts';
import { type LogEntry, type LogLocation, rfc3339 } from './entry.ts';

/** The log entry that Cloud Run would write for a line of a task. */
export function taskEntryOf(line: TaskLine, { project, region }: LogLocation): LogEntry {
  const { stream, atMs, job, execution, index, attempt, text } = line;
  const timestamp = rfc3339(atMs);
  return {
    insertId: `${stream}-${Math.round(atMs * 1000).toString(36)}-${execution}-${index}`,
    logName: taskLogName(stream, project),
    resource: { type: 'cloud_run_job', labels: { project_id: project, location: region, job_name: job } },
    timestamp,
    receiveTimestamp: timestamp,
    severity: severityOf(line),
    labels: {
      'run.googleapis.com/execution_name': execution,
      'run.googleapis.com/task_index': String(index),
      'run.googleapis.com/task_attempt': String(attempt),
    },
    textPayload: text,
  };
}

export function taskLogName(stream: TaskLine['stream'], project: string): string {
  return `projects/${project}/logs/run.googleapis.com%2F${stream === 'system' ? 'varlog%2Fsystem' : stream}`;
}

function severityOf({ stream, text }: TaskLine): LogEntry['severity'] {
  if (stream !== 'system') return 'DEFAULT';
  return text === 'Container called exit(0).' ? 'INFO' : 'WARNING';
}
