import { spawn } from 'node:child_process';
import { InfrastructureError } from '../../domain/errors.ts';
import type { EmulatorSettings, Instance, InstanceEnd } from '../model.ts';
import type { OutputSink, Workload, WorkloadRuntime } from '../workload.ts';
import { containerName, containerRunArguments } from './container-arguments.ts';
import { lastLine, localImageName, reasonLine, removeContainer, runCli } from './container-engine.ts';
import { type ContainerNetwork, chooseNetwork } from './container-network.ts';
import { giveBackPort } from './free-port.ts';
import { ownIdentity, removeRecord, writeRecord } from './instance-record.ts';
import { keepTail, passOn } from './output-tail.ts';
import { portFor, subjectOf } from './subject.ts';

/** Runs images with a Docker-compatible program, under the CPU and memory limits of their revision. */
export function createContainerRuntime(settings: EmulatorSettings): WorkloadRuntime {
  const cli = settings.containerCli;
  const names = new Map<string, string>();
  let chosen: Promise<ContainerNetwork> | undefined;

  /** Asked once per image, so that it is not part of every cold start. */
  async function nameOf(image: string): Promise<string> {
    const known = names.get(image);
    if (known !== undefined) return known;
    const name = await localImageName(cli, image);
    names.set(image, name);
    return name;
  }

  return {
    async start(workload, instanceId, onOutput) {
      chosen ??= chooseNetwork(cli);
      const network = await chosen.catch((error) => {
        chosen = undefined;
        throw error;
      });
      const image = await nameOf(workload.image);
      const port = await portFor(workload);
      const container = containerName(instanceId);
      // Recorded first: the engine may have started it even if this process ends before it hears of that.
      writeRecord(settings.stateDirectory, {
        instanceId,
        ...subjectOf(workload),
        port,
        owner: ownIdentity(),
        runs: { kind: 'container', cli, container },
      });
      const started = await runCli(
        cli,
        containerRunArguments({ revision: workload, instanceId, image, port, network }),
        workload.secrets,
      );
      if (started.code !== 0) {
        if (await removeContainer(cli, container)) removeRecord(settings.stateDirectory, instanceId);
        giveBackPort(port);
        throw new InfrastructureError(
          'instance-not-started',
          `${cli} cannot run ${workload.image}: ${reasonLine(started.stderr)}`,
          { hint: 'Check that the image exists, is built for this machine, and that its limits fit.' },
        );
      }
      return watchContainer({ cli, container, instanceId, port, settings, workload, onOutput });
    },
  };
}

interface RunningContainer {
  readonly cli: string;
  readonly container: string;
  readonly instanceId: string;
  readonly port: number;
  readonly settings: EmulatorSettings;
  readonly workload: Workload;
  readonly onOutput: OutputSink | undefined;
}

function watchContainer(running: RunningContainer): Instance {
  const { cli, container, instanceId, port, settings, workload, onOutput } = running;
  // Follows from the first line on, and ends with the container.
  const logs = spawn(cli, ['logs', '--follow', container], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  logs.on('error', () => undefined);
  const outputTail = keepTail([logs.stdout, logs.stderr], Object.values(workload.secrets ?? {}));
  if (onOutput !== undefined) passOn(logs.stdout, logs.stderr, onOutput);
  const logsEnded = new Promise<void>((resolve) => void logs.once('close', () => resolve()));

  async function waitForEnd(): Promise<InstanceEnd> {
    // Unless the engine says that it is gone, its record stays, for `cleanup`.
    let gone = false;
    try {
      const waited = await runCli(cli, ['wait', container]);
      if (waited.code === 0) await logsEnded;
      gone = await removeContainer(cli, container);
      const exitCode = Number.parseInt(lastLine(waited.stdout), 10);
      return Number.isNaN(exitCode) ? {} : { exitCode };
    } catch {
      return {};
    } finally {
      logs.kill();
      if (gone) removeRecord(settings.stateDirectory, instanceId);
      giveBackPort(port);
    }
  }
  const ended = waitForEnd();
  let stopping: Promise<unknown> | undefined;
  return {
    id: instanceId,
    port,
    ended,
    outputTail,
    async stop() {
      const graceSeconds = String(Math.max(1, Math.round(settings.shutdownGraceMs / 1_000)));
      stopping ??= runCli(cli, ['stop', '--time', graceSeconds, container]).catch(() => undefined);
      await stopping;
      await ended;
    },
  };
}
