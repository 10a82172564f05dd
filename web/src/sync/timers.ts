/** Timers as the sync module sees them, so that a test can turn the clock by hand. */

export type Cancel = () => void;

export interface Timers {
  after(milliseconds: number, run: () => void): Cancel;
}

export const browserTimers: Timers = {
  after(milliseconds, run) {
    const id = setTimeout(run, milliseconds);
    return () => clearTimeout(id);
  },
};
