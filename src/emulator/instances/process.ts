import { type ChildProcess, spawn } from 'node:child_process';
import { InfrastructureError } from '../../domain/errors.ts';
import type { EmulatorSettings, Instance, InstanceEnd } from '../model.ts';
import type { Workload, WorkloadRuntime } from '../workload.ts';
import { giveBackPort } from './free-port.ts';
import { ownIdentity, type ProcessIdentity, removeRecord, writeRecord } from './instance-record.ts';
import { keepTail, passOn } from './output-tail.ts';
import { killGroup } from './process-group.ts';
import { findProcessImage } from './process-image.ts';
import { startIdentity } from './start-identity.ts';
import { platformEnvironment, portFor, subjectOf } from './subject.ts';

/** All that an instance sees of the tool's own environment, which may hold tokens. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR'] as const;
/** How long the output of an ended process is waited for when a descendant keeps it open. */
const OUTPUT_END_MS = 100;

/** Runs prepared process images: one process group per instance, on a port of its own. */
export function createProcessRuntime(settings: EmulatorSettings): WorkloadRuntime {
  return {
    async start(workload, instanceId, onOutput) {
      const image = findProcessImage(settings.imagesDirectory, workload.image);
      if (image === undefined) {
        throw new InfrastructureError('image-not-found', `Image ${workload.image} has not been prepared here.`, {
          hint: 'Deploy the implementation first: that builds and prepares it.',
        });
      }
      const own = [...workload.command, ...workload.args];
      const argv = workload.command.length > 0 ? own : [...image.run, ...own];
      const port = await portFor(workload);
      const record = (process?: ProcessIdentity) =>
        writeRecord(settings.stateDirectory, {
          instanceId,
          ...subjectOf(workload),
          port,
          owner: ownIdentity(),
          runs: { kind: 'process', ...(process === undefined ? {} : { process }) },
        });
      // Before the start as well: a kill -9 may come between the start and the moment when its pid is known.
      record();
      const child = spawn(argv[0] ?? '', argv.slice(1), {
        cwd: image.directory,
        env: instanceEnvironment(workload, port, process.env),
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      try {
        if (child.pid === undefined) await spawnFailure(child);
        else {
          const identity = startIdentity(child.pid);
          // Without an identity it has ended already: nothing can be left over.
          if (identity !== undefined) record({ pid: child.pid, identity });
        }
      } catch (cause) {
        if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
        removeRecord(settings.stateDirectory, instanceId);
        giveBackPort(port);
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new InfrastructureError('instance-not-started', `${argv[0]} cannot be started: ${reason}`, {
          cause,
          hint: 'Check the command in the manifest, and that its program is installed and on the PATH.',
        });
      }
      if (onOutput !== undefined) passOn(child.stdout, child.stderr, onOutput);
      return watchProcess(child, instanceId, port, settings, Object.values(workload.secrets ?? {}));
    },
  };
}

/** The environment of an instance: Cloud Run's variables win over the workload's, these over ours. */
export function instanceEnvironment(
  workload: Workload,
  port: number,
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  return {
    ...Object.fromEntries(passed),
    ...workload.env,
    ...workload.secrets,
    ...platformEnvironment(workload, port),
  };
}

/** Node reports a failed spawn by an event. */
function spawnFailure(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => child.once('error', reject));
}

function watchProcess(
  child: ChildProcess,
  instanceId: string,
  port: number,
  settings: EmulatorSettings,
  secrets: readonly string[],
): Instance {
  const pid = child.pid ?? 0;
  const outputTail = keepTail([child.stdout, child.stderr], secrets);
  let exited = false;
  child.on('error', () => undefined);
  const ended = new Promise<InstanceEnd>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      exited = true;
      // An instance is its whole group; nothing that it started may stay.
      killGroup(pid, 'SIGKILL');
      const finish = () => {
        clearTimeout(outputEnd);
        child.stdout?.destroy();
        child.stderr?.destroy();
        removeRecord(settings.stateDirectory, instanceId);
        giveBackPort(port);
        resolve({ ...(exitCode === null ? {} : { exitCode }), ...(signal === null ? {} : { signal }) });
      };
      const outputEnd = setTimeout(finish, OUTPUT_END_MS);
      child.once('close', finish);
    });
  });
  return {
    id: instanceId,
    port,
    ended,
    outputTail,
    async stop() {
      if (!exited && killGroup(pid, 'SIGTERM')) {
        const kill = setTimeout(() => exited || killGroup(pid, 'SIGKILL'), settings.shutdownGraceMs);
        void ended.then(() => clearTimeout(kill));
      }
      await ended;
    },
  };
}
