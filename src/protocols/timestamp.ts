const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Unix seconds as text: `-10s` and `+1h` count from now, nothing is now, any other text stays as it is. */
export function timestampText(wanted: string | undefined, nowMs: number): string {
  const offset = /^([+-]\d{1,12})([smhd])$/.exec(wanted ?? '+0s');
  if (offset === null) return wanted ?? '';
  return String(Math.floor(nowMs / 1000) + Number(offset[1]) * (UNIT_SECONDS[offset[2] ?? ''] ?? 1));
}
