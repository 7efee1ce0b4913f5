/** The line by which a service says that it was told to end, when it is among its last words. */
export function sigtermLine(output: string): string | undefined {
  return output.split('\n').findLast((line) => {
    if (!line.includes('"sigterm"')) return false;
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === 'object' && value !== null && 'perf' in value && value.perf === 'sigterm';
    } catch {
      return false;
    }
  });
}
