declare module 'jstat' {
  interface StudentT {
    cdf(x: number, degreesOfFreedom: number): number;
    inv(p: number, degreesOfFreedom: number): number;
  }
  interface Normal {
    cdf(x: number, mean: number, standardDeviation: number): number;
    inv(p: number, mean: number, standardDeviation: number): number;
  }
  const library: {
    readonly jStat: { readonly studentt: StudentT; readonly normal: Normal; erfc(x: number): number };
  };
  export = library;
}
