/** What the controller needs of a player: a `<video>`, an embed, or the model of the tests. */

/**
 * `empty` nothing to play, `loading` no position yet, `seeking`, `stalled` waiting for data, `ready`, `ended`,
 * `blocked` the browser or the viewer has stopped it and only the viewer may start it again.
 */
export type PlayerState = 'empty' | 'loading' | 'seeking' | 'stalled' | 'ready' | 'ended' | 'blocked';

export interface Player {
  /** `fine`: any rate within 5 % of the room's is kept; `coarse`: only steps of a quarter are. */
  readonly rates: 'fine' | 'coarse';
  state(): PlayerState;
  /** Seconds into the item. */
  position(): number;
  isPaused(): boolean;
  play(): void;
  pause(): void;
  seek(position: number): void;
  setRate(rate: number): void;
}
