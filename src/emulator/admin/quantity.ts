const MEMORY_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** vCPU of "1", "0.5" or "500m"; undefined when the text is none of these. */
export function parseCpu(text: string): number | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,3})?)$|^(\d{1,6})m$/.exec(text);
  if (match === null) return undefined;
  return match[1] === undefined ? Number(match[2]) / 1000 : Number(match[1]);
}

/** Bytes of "512Mi", "1Gi", "2G" or a plain number; undefined when the text is none of these. */
export function parseMemory(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)(Ki|Mi|Gi|k|M|G)?$/.exec(text);
  const unit = match === null ? undefined : MEMORY_UNITS[match[2] ?? ''];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}
