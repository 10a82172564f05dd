/** One room as this page sees it: its line to the server, and all that comes over it. One for each visit. */

import { asProblem, type Problem } from '../api/problem';
import { media, rooms } from '../api/server';
import type {
  ClientCommand,
  MediaObject,
  MemberObject,
  MeObject,
  PlaybackChangedFrame,
  PlaybackObject,
  RoomObject,
  ServerFrame,
  ViewerStatus,
  Welcome,
} from '../generated/realtime';
import { t } from '../i18n/index.svelte';
import { ServerClock } from '../sync/clock';
import { Pinger } from '../sync/pinger';
import { browserTimers } from '../sync/timers';
import { toast, toastProblem } from '../toasts.svelte';
import { Chat } from './chat.svelte';
import { happeningOf } from './happenings';
import { inOrder, withChange } from './playlist';
import { inRank } from './ranks';
import { type Line, RoomSocket } from './socket';
import { Watch } from './watch.svelte';

export class LiveRoom {
  readonly id: string;
  readonly chat: Chat;
  room = $state.raw<RoomObject>();
  me = $state.raw<MeObject>();
  members = $state.raw<MemberObject[]>([]);
  statuses = $state.raw<ReadonlyMap<string, ViewerStatus>>(new Map());
  playlist = $state.raw<MediaObject[]>([]);
  playlistProblem = $state<Problem>();
  line = $state.raw<Line>({ state: 'connecting', isReturn: false });
  watch = $state.raw<Watch>();
  #socket: RoomSocket;
  #clock = new ServerClock(() => performance.now(), Date.now() - performance.now());
  #pinger: Pinger;
  #playback: PlaybackObject | undefined;

  constructor(id: string, base: string) {
    this.id = id;
    this.#socket = new RoomSocket({
      url: `${base.replace(/^http/, 'ws')}/rooms/${id}/ws`,
      ticket: async () => (await rooms.ticket(id)).ticket,
      open: (url, protocol) => new WebSocket(url, protocol),
      timers: browserTimers,
      now: () => performance.now(),
      onLine: (line) => this.#onLine(line),
      onWelcome: (frame, goesOn) => this.#onWelcome(frame, goesOn),
      onFrame: (frame) => this.#onFrame(frame),
    });
    this.#pinger = new Pinger(this.#clock, browserTimers, (t0, rtt) =>
      this.#socket.tell({ type: 'time.ping', t0, ...(rtt !== undefined && { rtt_ms: rtt }) }),
    );
    this.chat = new Chat(
      id,
      (command) => this.#socket.command(command),
      () => this.#clock.server(),
    );
  }

  start(): void {
    window.addEventListener('online', this.#wake);
    document.addEventListener('visibilitychange', this.#wake);
    void this.#socket.start();
  }

  stop(): void {
    window.removeEventListener('online', this.#wake);
    document.removeEventListener('visibilitychange', this.#wake);
    this.#pinger.stop();
    this.#socket.stop();
    this.watch?.stop();
  }

  /** Gives the room a picture. The `<video>` belongs to it until the returned function is called. */
  show(video: HTMLVideoElement): () => void {
    const watch = new Watch(this.id, video, this.#clock, this.#socket);
    this.watch = watch;
    if (this.#playback) watch.replace(this.#playback);
    return () => {
      watch.stop();
      if (this.watch === watch) this.watch = undefined;
    };
  }

  may(permission: string): boolean {
    return this.me?.permissions.includes(permission) ?? false;
  }

  /** Sends a command; what goes wrong is told to the viewer. */
  async command(command: ClientCommand): Promise<void> {
    try {
      await this.#socket.command(command);
    } catch (error) {
      toastProblem(error);
    }
  }

  /** Milliseconds since the epoch, by the server's clock. */
  serverNow(): number {
    return this.#clock.server();
  }

  isMuted(member: MemberObject): boolean {
    return member.muted_until !== null && member.muted_until > this.serverNow();
  }

  /** Whether this viewer's buttons move a picture: the room's, or their own while they are free. */
  get maySteer(): boolean {
    return this.watch?.isFree || this.may('control_playback');
  }

  toggle(): void {
    const { watch } = this;
    if (!watch?.item || !this.maySteer) return;
    if (watch.isFree) watch.toggleAlone();
    else if (watch.isEnded) void this.command({ type: 'playback.play', position: 0 });
    else void this.command({ type: watch.isPlaying ? 'playback.pause' : 'playback.play' });
  }

  async seek(position: number): Promise<void> {
    const { watch } = this;
    if (!watch?.item || !this.maySteer) return;
    if (watch.isFree) watch.seekAlone(position);
    else await this.command({ type: 'playback.seek', position: Math.max(0, position) });
  }

  chooseRate(rate: number): void {
    if (this.watch?.isFree) this.watch.rateAlone(rate);
    else void this.command({ type: 'playback.rate', rate });
  }

  /** Now instead of when the wait is over. */
  reconnect(): void {
    this.#socket.wake();
  }

  async readPlaylist(): Promise<void> {
    try {
      const items: MediaObject[] = [];
      let cursor: string | undefined;
      do {
        const page = await media.list(this.id, cursor);
        items.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      } while (cursor);
      this.playlist = inOrder(items);
      this.playlistProblem = undefined;
    } catch (error) {
      this.playlistProblem = asProblem(error);
    }
  }

  #wake = (): void => {
    if (document.visibilityState !== 'hidden') this.#socket.wake();
  };

  #onLine(line: Line): void {
    this.line = line;
    if (line.state !== 'open') this.#pinger.stop();
  }

  #onWelcome(frame: Welcome, goesOn: boolean): void {
    this.#playback = frame.playback;
    this.#clock.restart(frame.server_time);
    this.#pinger.start();
    this.room = frame.room;
    this.me = frame.me;
    this.members = inRank(frame.members);
    this.statuses = new Map();
    if (goesOn) this.watch?.offer(frame.playback);
    else this.watch?.replace(frame.playback);
    this.watch?.recover();
    void this.chat.welcome(frame.me.user, goesOn);
    if (!goesOn) void this.readPlaylist();
    if (frame.dropped_for) toast(t('line.was_slow'));
  }

  #onFrame(frame: Exclude<ServerFrame, Welcome | { type: 'ack' }>): void {
    switch (frame.type) {
      case 'time.pong':
        this.#pinger.pong(frame);
        break;
      case 'playback.changed':
        this.#onPlayback(frame);
        break;
      case 'chat.sent':
        this.chat.receive(frame.message);
        break;
      case 'chat.deleted':
        this.chat.remove(frame.message_id);
        break;
      case 'playlist.changed':
        this.playlist = withChange(this.playlist, frame);
        break;
      case 'room.changed':
      case 'room.closed':
        if (frame.room.version > (this.room?.version ?? 0)) this.room = frame.room;
        break;
      case 'me.changed':
        this.me = frame.me;
        break;
      case 'member.status':
        this.statuses = new Map([
          ...this.statuses,
          ...frame.members.map((status) => [status.user_id, status] as const),
        ]);
        break;
      default:
        this.#onPeople(frame);
    }
  }

  #onPlayback(frame: PlaybackChangedFrame): void {
    const before = this.#playback;
    if (!before || frame.playback.revision <= before.revision) return;
    this.#playback = frame.playback;
    this.watch?.offer(frame.playback);
    const title = this.playlist.find((item) => item.id === frame.playback.media_id)?.title;
    const happening = happeningOf(before, frame, title);
    if (happening) this.chat.tell(happening, frame.at);
  }

  #onPeople(frame: ServerFrame): void {
    if (frame.type === 'member.joined') {
      const known = new Set(this.members.map((member) => member.user.id));
      const others = this.members.filter(
        (member) => !frame.members.some((one) => one.user.id === member.user.id),
      );
      this.members = inRank([...others, ...frame.members]);
      const names = frame.members
        .filter((member) => !known.has(member.user.id))
        .map((member) => member.user.name);
      if (names.length) this.chat.tell({ kind: 'joined', names }, frame.at);
    } else if (frame.type === 'member.left') {
      const gone = this.members.filter((member) => frame.user_ids.includes(member.user.id));
      this.members = this.members.filter((member) => !gone.includes(member));
      const names = gone.map((member) => member.user.name);
      if (names.length) this.chat.tell({ kind: 'left', names }, frame.at);
    } else if (frame.type === 'member.changed') {
      const changed = frame.member;
      this.members = inRank(
        this.members.map((member) =>
          member.user.id === changed.user.id ? { ...member, ...changed } : member,
        ),
      );
    }
  }
}
