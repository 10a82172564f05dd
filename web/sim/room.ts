/** The server as far as playback goes: one state, scheduled commands, and an answer to everyone who asks the time. */

import type { PlaybackObject } from '../src/generated/realtime';
import { positionAt } from '../src/sync/playback';
import type { World } from './world';

export type Command =
  | { type: 'play' | 'pause' }
  | { type: 'seek'; position: number }
  | { type: 'rate'; rate: number };

export class Room {
  state: PlaybackObject;
  /** The truth of each moment: what is in force now. */
  #active: PlaybackObject;
  #world: World;
  #leadMs: number;
  #tell: ((state: PlaybackObject) => void)[] = [];

  /** `delayMs`: what the room's lines take one way; commands are announced so much ahead, and half as much again. */
  constructor(world: World, delayMs: number) {
    this.#world = world;
    this.#leadMs = Math.min(400, Math.max(50, 1.5 * delayMs));
    this.state = playback(world);
    this.#active = this.state;
  }

  follow(tell: (state: PlaybackObject) => void): void {
    this.#tell.push(tell);
  }

  /** Where every picture should be now, in seconds. */
  position(): number {
    return positionAt(this.#active, this.#world.server());
  }

  get isPlaying(): boolean {
    return this.#active.playing;
  }

  do(command: Command): void {
    const now = Math.floor(this.#world.server());
    const at = command.type === 'pause' ? now : now + this.#leadMs;
    const { state } = this;
    const position = command.type === 'seek' ? command.position : positionAt(state, at);
    this.state = {
      ...state,
      position,
      playing: command.type === 'play' || (command.type !== 'pause' && state.playing),
      rate: command.type === 'rate' ? command.rate : state.rate,
      revision: state.revision + 1,
      changed_at: now,
      effective_at: at,
    };
    const announced = this.state;
    this.#world.after(at - this.#world.server(), () => {
      if (announced.revision > this.#active.revision) this.#active = announced;
    });
    for (const tell of this.#tell) tell(announced);
  }
}

/** A state of a room that plays from its beginning since now. */
export function playback(world: World, fields: Partial<PlaybackObject> = {}): PlaybackObject {
  return {
    media_id: 'med_1',
    playing: true,
    position: 0,
    rate: 1,
    revision: 1,
    changed_at: world.server(),
    effective_at: world.server(),
    ...fields,
  };
}
