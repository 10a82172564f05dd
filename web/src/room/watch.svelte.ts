/** The picture of a room: brings the player to what the room plays and keeps it there. One for each `<video>`. */

import { media } from '../api/server';
import type { MediaObject, PlaybackObject } from '../generated/realtime';
import { type Blocked, VideoPlayer } from '../player/video';
import type { ServerClock } from '../sync/clock';
import { SyncController, TICK_MS } from '../sync/controller';
import { Schedule } from '../sync/schedule';
import { browserTimers } from '../sync/timers';
import { offsetOf, recalledOffset, rememberOffset } from './offset';
import type { RoomSocket } from './socket';

const REPORT_EVERY_MS = 5_000;
/** A link that has run out is fetched again, but a film that cannot be played is not asked for on and on. */
const FRESH_LINK_EVERY_MS = 20_000;

export class Watch {
  /** What the player holds: the room's item, or that of a viewer who is free. */
  mediaId = $state<string | null>(null);
  item = $state.raw<MediaObject>();
  state = $state.raw<PlaybackObject>();
  position = $state(0);
  duration = $state<number>();
  buffered = $state(0);
  driftMs = $state<number>();
  isBuffering = $state(false);
  blocked = $state<Blocked>();
  isSilenced = $state(false);
  isEnded = $state(false);
  isFaulty = $state(false);
  /** Whether this viewer has left the room's playback and goes by the buttons alone. */
  isFree = $state(false);
  offsetMs = $state(recalledOffset());
  #isRunning = $state(false);
  #freeRate = $state(1);
  #roomId: string;
  #socket: RoomSocket;
  #video: HTMLVideoElement;
  #player: VideoPlayer;
  #schedule: Schedule;
  #controller: SyncController;
  #ticks: ReturnType<typeof setInterval>;
  #reportedAt = 0;
  #linkAt = Number.NEGATIVE_INFINITY;

  constructor(roomId: string, video: HTMLVideoElement, clock: ServerClock, socket: RoomSocket) {
    this.#roomId = roomId;
    this.#socket = socket;
    this.#video = video;
    this.#player = new VideoPlayer(video, {
      onChange: () => this.#look(),
      onFault: () => void this.#renewLink(),
    });
    this.#controller = new SyncController(clock, browserTimers, this.#player);
    this.#controller.setOffset(this.offsetMs / 1000);
    this.#schedule = new Schedule(clock, browserTimers, (state) => this.#enforce(state));
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#onVisibility();
    this.#ticks = setInterval(() => this.#tick(), TICK_MS);
  }

  /** As the viewer sees it: a film that has come to its end plays no more, whatever the room says. */
  get isPlaying(): boolean {
    if (this.isEnded) return false;
    return this.isFree ? this.#isRunning : (this.state?.playing ?? false);
  }

  get rate(): number {
    return this.isFree ? this.#freeRate : (this.state?.rate ?? 1);
  }

  /** A new state of the room; older ones than the newest known change nothing. */
  offer(state: PlaybackObject): void {
    this.#schedule.offer(state);
  }

  /** The state of a room that we know nothing of any more. */
  replace(state: PlaybackObject): void {
    this.#schedule.replace(state);
  }

  /** Back to the room's position at once. */
  syncNow(): void {
    this.#controller.syncNow();
  }

  /** How far ahead of the room this viewer's picture runs, for speakers that sound late. */
  setOffset(milliseconds: number): void {
    this.offsetMs = offsetOf(milliseconds);
    rememberOffset(this.offsetMs);
    this.#controller.setOffset(this.offsetMs / 1000);
  }

  /** Leaves the room's playback for this viewer alone, or comes back to it, to another film if need be. */
  setFree(isFree: boolean): void {
    if (isFree === this.isFree) return;
    this.isFree = isFree;
    this.#freeRate = 1;
    if (!isFree && this.state?.media_id !== this.mediaId) void this.#change(this.state?.media_id ?? null);
    this.#controller.setFree(isFree);
    this.#look();
  }

  /** What the buttons do while this viewer is free. */
  toggleAlone(): void {
    if (this.#isRunning) this.#player.pause();
    else this.#player.play();
  }

  seekAlone(position: number): void {
    this.#player.seek(Math.max(0, position));
  }

  rateAlone(rate: number): void {
    this.#freeRate = rate;
    this.#player.setRate(rate);
  }

  /** The viewer has clicked to join what plays; inside the click, for the browser's sake. */
  join(): void {
    this.#player.unblock();
    if (this.isFree) this.#player.play();
    else this.#controller.syncNow();
  }

  unmute(): void {
    this.#player.unmute();
    this.#look();
  }

  /** The line is back: what could not be played for want of it is tried again. */
  recover(): void {
    if (this.isFaulty) this.retry();
  }

  retry(): void {
    this.#linkAt = Number.NEGATIVE_INFINITY;
    void this.#renewLink();
  }

  stop(): void {
    clearInterval(this.#ticks);
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.#schedule.stop();
    this.#controller.stop();
    this.#player.load(undefined);
  }

  #onVisibility = (): void => {
    this.#controller.setHidden(document.visibilityState === 'hidden');
  };

  #enforce(state: PlaybackObject): void {
    this.state = state;
    const isOther = state.media_id !== this.mediaId;
    if (isOther && !this.isFree) void this.#change(state.media_id);
    this.#controller.apply(state);
  }

  async #change(mediaId: string | null): Promise<void> {
    this.mediaId = mediaId;
    this.item = undefined;
    this.duration = undefined;
    this.isFaulty = false;
    this.#linkAt = Number.NEGATIVE_INFINITY;
    this.#player.load(undefined);
    if (mediaId) await this.#load(mediaId);
  }

  /** Fetches the item for its address of this hour, and plays it from where the room is. */
  async #load(mediaId: string): Promise<void> {
    try {
      const item = await media.get(this.#roomId, mediaId);
      if (this.mediaId !== mediaId) return;
      this.item = item;
      this.duration = item.duration;
      this.isFaulty = false;
      const position = this.#video.currentTime;
      this.#player.load({ url: item.play_url ?? item.url, name: item.url });
      if (this.isFree) this.#player.seek(position);
      this.#controller.syncNow();
    } catch {
      if (this.mediaId === mediaId) this.isFaulty = true;
    }
  }

  async #renewLink(): Promise<void> {
    const mediaId = this.mediaId;
    const now = performance.now();
    if (!mediaId) return;
    if (now - this.#linkAt < FRESH_LINK_EVERY_MS) {
      this.isFaulty = true;
      return;
    }
    this.#linkAt = now;
    await this.#load(mediaId);
  }

  #tick(): void {
    this.#controller.tick();
    const drift = this.isFree ? undefined : this.#controller.drift;
    this.driftMs = drift === undefined ? undefined : Math.round(drift * 1000);
    this.position = this.#video.currentTime;
    if (performance.now() - this.#reportedAt > REPORT_EVERY_MS) this.#report();
  }

  #look(): void {
    const wasBuffering = this.isBuffering;
    this.isBuffering = this.#player.isBuffering;
    this.blocked = this.#player.blocked;
    this.isSilenced = this.#player.isSilenced;
    this.#isRunning = !this.#video.paused;
    this.isEnded = this.#player.state() === 'ended';
    const { duration, buffered, currentTime } = this.#video;
    if (Number.isFinite(duration) && duration > 0) this.duration = duration;
    this.buffered = bufferedUntil(buffered, currentTime);
    if (wasBuffering !== this.isBuffering) this.#report();
  }

  #report(): void {
    // Who is free is not on the way to the room, and would count as somebody far behind.
    if (!this.state?.media_id || this.isFree) return;
    this.#reportedAt = performance.now();
    this.#socket.tell({
      type: 'playback.report',
      position: this.#video.currentTime,
      playing: !this.#video.paused,
      buffering: this.#player.isBuffering,
      revision: this.state.revision,
      ...(this.driftMs !== undefined && { drift_ms: this.driftMs }),
    });
  }
}

/** The end of the span that is loaded around `position`. */
function bufferedUntil(ranges: TimeRanges, position: number): number {
  for (let index = 0; index < ranges.length; index += 1) {
    if (ranges.start(index) <= position + 0.5 && ranges.end(index) >= position) return ranges.end(index);
  }
  return position;
}
