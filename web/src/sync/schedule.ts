/**
 * Which playback state is in force. A state that takes effect later waits here on a timer that belongs to its
 * revision: a newer revision cancels it. Until then the former state goes on.
 */

import type { PlaybackObject } from '../generated/realtime';
import type { Clock } from './clock';
import type { Cancel, Timers } from './timers';

/** No command is announced so far ahead: a moment beyond it means that our clock is wrong, not that it is early. */
const LEAD_MOST_MS = 1_000;

export class Schedule {
  #clock: Clock;
  #timers: Timers;
  #onActive: (state: PlaybackObject) => void;
  #active: PlaybackObject | undefined;
  #newest: PlaybackObject | undefined;
  #cancel: Cancel | undefined;

  /** `onActive` is called with every state as it comes into force. */
  constructor(clock: Clock, timers: Timers, onActive: (state: PlaybackObject) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#onActive = onActive;
  }

  /** The state in force. */
  get active(): PlaybackObject | undefined {
    return this.#active;
  }

  /** The highest revision known, in force or waiting. */
  get newest(): PlaybackObject | undefined {
    return this.#newest;
  }

  /** Takes a state if its revision is higher than all before; tells whether it was. */
  offer(state: PlaybackObject): boolean {
    if (this.#newest && state.revision <= this.#newest.revision) return false;
    this.#take(state);
    return true;
  }

  /** Forgets everything before: this state is what the room holds, whatever its revision. */
  replace(state: PlaybackObject): void {
    this.#active = undefined;
    this.#take(state);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #take(state: PlaybackObject): void {
    this.stop();
    this.#newest = state;
    if (state.effective_at <= this.#clock.server()) {
      this.#enforce(state);
      return;
    }
    if (!this.#active) this.#enforce({ ...state, playing: false });
    this.#arm(state);
  }

  #arm(state: PlaybackObject, patience = LEAD_MOST_MS): void {
    const wait = Math.min(state.effective_at - this.#clock.server(), patience);
    // The clock may have been corrected while the timer ran, so the moment is looked at again.
    if (wait <= 1) this.#enforce(state);
    else this.#cancel = this.#timers.after(wait, () => this.#arm(state, patience - wait));
  }

  #enforce(state: PlaybackObject): void {
    this.#cancel = undefined;
    this.#active = state;
    this.#onActive(state);
  }
}
