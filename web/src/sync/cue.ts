/**
 * A cue: the player is held on a frame a little ahead of the room, and let go when the room comes by. How far ahead
 * to aim, and when to let go, is learned from what seeks and starts have cost on this player.
 */

import { SeekCost, StartLag } from './seeking';

const LANDING_MOST = 3;

/** One seek that is to end in a start. Positions in seconds, moments in local milliseconds. */
export interface Cue {
  aim: number;
  /** How far short of the aim the seek landed. */
  missed: number;
  askedAt: number;
  why: 'command' | 'again' | 'correction';
}

export class CueAim {
  #cost = new SeekCost();
  #lag = new StartLag();

  /** The position to seek to while the room is at `target`. `missed`: what the seek before fell short by. */
  ahead(target: number, rate: number, missed: number): number {
    return target + ((this.#cost.lead + this.#lag.lead) / 1000) * rate + missed;
  }

  /** Takes where and when the seek has ended; says where the player now stands. */
  land(cue: Cue, position: number, now: number): number {
    this.#cost.learn(now - cue.askedAt);
    // Some players know key frames only. One that is far off, or says no number, is no answer.
    const landing = Math.abs(position - cue.aim) <= LANDING_MOST ? position : cue.aim;
    cue.missed = cue.aim - landing;
    return landing;
  }

  /** Milliseconds until the player that stands at `landing` should be asked to play; not positive: it is late. */
  wait(landing: number, target: number, rate: number): number {
    return ((landing - target) / rate) * 1000 - this.#lag.lead;
  }

  /** Takes the drift that a start in time has left. */
  learn(drift: number, rate: number): void {
    this.#lag.learn((drift / rate) * 1000);
  }
}
