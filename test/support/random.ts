/** Decides what is written and where faults come: STERNA_SEED, or always the same. */
export function testSeed(): number {
  if (seed === undefined) {
    seed = Number(process.env.STERNA_SEED ?? 1);
    console.log(`seed ${seed}; STERNA_SEED chooses another one`);
  }
  return seed;
}
let seed: number | undefined;

/** A small seedable generator: a run can be repeated. */
export function mulberry32(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
