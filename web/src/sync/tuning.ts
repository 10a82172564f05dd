/**
 * The numbers of the control law, as the simulation of `sim/` has chosen them (`npm run sim`, docs/decisions/0012).
 * Seconds, unless a name says otherwise.
 */

export interface Tuning {
  /** Speed for each second of drift, and for each second that one second of drift has lasted. */
  proportional: number;
  integral: number;
  /** The most that the speed is changed by. */
  most: number;
  /** Correction begins beyond this drift. */
  deadZone: number;
  /** It ends here: ending where it begins would leave the picture at the edge, to fall out again at once. */
  rest: number;
  /** Readings of which the median is taken. */
  readings: number;
}

export const TUNING: Tuning = {
  proportional: 1.2,
  integral: 0.08,
  most: 0.05,
  deadZone: 0.03,
  rest: 0.008,
  readings: 5,
};
