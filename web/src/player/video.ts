/** A `<video>` as the sync controller sees it, and what a browser or a viewer does to it behind our back. */

import type { Player, PlayerState } from '../sync/player';
import { attach, type Detach, type Source } from './source';

/** `refused` by the browser's autoplay policy, `viewer` stopped by a media key, a headset, another app. */
export type Blocked = 'refused' | 'viewer';

export interface VideoEvents {
  /** Something that is shown has changed: blocked, muted, buffering. */
  onChange(): void;
  /** The source cannot be played, or not any more. */
  onFault(): void;
}

export class VideoPlayer implements Player {
  readonly rates = 'fine';
  #video: HTMLVideoElement;
  #events: VideoEvents;
  #detach: Detach | undefined;
  #isWanted = false;
  #blocked: Blocked | undefined;
  #isSilenced = false;

  constructor(video: HTMLVideoElement, events: VideoEvents) {
    this.#video = video;
    this.#events = events;
    video.addEventListener('pause', () => this.#onPause());
    video.addEventListener('error', () => {
      // Taking a source away also ends in an error, of a video that has none.
      if (video.hasAttribute('src')) events.onFault();
    });
    video.addEventListener('volumechange', () => {
      if (!video.muted) this.#isSilenced = false;
      events.onChange();
    });
    for (const name of ['waiting', 'playing', 'seeking', 'seeked', 'canplay', 'loadstart', 'ended']) {
      video.addEventListener(name, () => events.onChange());
    }
  }

  /** Why nothing plays although the room does. */
  get blocked(): Blocked | undefined {
    return this.#blocked;
  }

  /** Whether it plays without sound because the browser allows no other start. */
  get isSilenced(): boolean {
    return this.#isSilenced;
  }

  get isBuffering(): boolean {
    const state = this.state();
    return state === 'loading' || state === 'seeking' || state === 'stalled';
  }

  load(source: Source | undefined): void {
    this.#isWanted = false;
    this.#detach?.();
    this.#detach = source && attach(this.#video, source, this.#events.onFault);
    this.#events.onChange();
  }

  state(): PlayerState {
    const video = this.#video;
    if (!this.#detach) return 'empty';
    if (this.#blocked) return 'blocked';
    if (video.readyState < HTMLMediaElement.HAVE_METADATA) return 'loading';
    if (video.seeking) return 'seeking';
    if (video.ended) return 'ended';
    return video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA ? 'stalled' : 'ready';
  }

  position(): number {
    return this.#video.currentTime;
  }

  isPaused(): boolean {
    return this.#video.paused;
  }

  /** Plays; without sound where the browser insists on that, and not at all where it insists on a click. */
  play(): void {
    this.#isWanted = true;
    this.#video.play().catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError' || !this.#isWanted) return;
      if (this.#video.muted) this.#block('refused');
      else {
        this.#isSilenced = true;
        this.#video.muted = true;
        this.play();
      }
    });
  }

  pause(): void {
    this.#isWanted = false;
    this.#blocked = undefined;
    this.#video.pause();
    this.#events.onChange();
  }

  seek(position: number): void {
    const end = this.#video.duration;
    this.#video.currentTime = Number.isFinite(end) ? Math.min(position, end) : position;
  }

  setRate(rate: number): void {
    // The default is what a newly loaded source begins with.
    this.#video.defaultPlaybackRate = rate;
    this.#video.playbackRate = rate;
  }

  /** The viewer has clicked: it may play, with sound. To be called inside the click. */
  unblock(): void {
    this.#blocked = undefined;
    this.unmute();
    this.#events.onChange();
  }

  unmute(): void {
    this.#isSilenced = false;
    this.#video.muted = false;
  }

  #block(reason: Blocked): void {
    this.#isWanted = false;
    this.#blocked = reason;
    this.#events.onChange();
  }

  #onPause(): void {
    if (this.#isWanted && !this.#video.ended && this.#video.paused) this.#block('viewer');
  }
}
