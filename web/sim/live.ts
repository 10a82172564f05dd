/**
 * Thirty model players on a real server: `npm run live`, with the seats as JSON on stdin, and after so many seconds
 * the drift of each on stdout. Run by tests/e2e, which stands a slow line before the server and gives commands.
 */

import { text } from 'node:stream/consumers';
import type { PlaybackObject, ServerFrame } from '../src/generated/realtime';
import { ServerClock } from '../src/sync/clock';
import { SyncController, TICK_MS } from '../src/sync/controller';
import { Pinger } from '../src/sync/pinger';
import { positionAt } from '../src/sync/playback';
import { Schedule } from '../src/sync/schedule';
import { browserTimers } from '../src/sync/timers';
import { ModelPlayer } from './player';
import { roughViewer } from './scenarios';
import { type Moments, randomFrom } from './world';

const LOOK_MS = 250;

interface Seats {
  /** The server's address with its path, `http://…/api/v1`. */
  base: string;
  room: string;
  /** One access token for each viewer. */
  tokens: string[];
  seconds: number;
}

/** The machine's own time. */
const time: Moments = {
  get now() {
    return performance.now();
  },
  after: browserTimers.after,
};

/** The server's time as it truly is: it runs on this machine. */
const serverTime = (): number => performance.timeOrigin + performance.now();

/** Every state that the server has told anybody. */
const states = new Map<number, PlaybackObject>();

function inForce(): PlaybackObject | undefined {
  const due = [...states.values()].filter((state) => state.effective_at <= serverTime());
  return due.sort((a, b) => b.revision - a.revision)[0];
}

class LiveViewer {
  readonly #player: ModelPlayer;
  readonly #schedule: Schedule;
  readonly #clock: ServerClock;
  readonly #pinger: Pinger;
  readonly #socket: WebSocket;
  #isIn = false;

  constructor(url: string, random: () => number) {
    const person = roughViewer(random);
    const begin = random() * 1e6;
    this.#clock = new ServerClock(() => begin + performance.now() * (person.clockSkew ?? 1));
    this.#player = new ModelPlayer(time, person.player);
    const controller = new SyncController(this.#clock, browserTimers, this.#player);
    this.#schedule = new Schedule(this.#clock, browserTimers, (state) => controller.apply(state));
    this.#socket = new WebSocket(url, 'synctv.v1');
    this.#pinger = new Pinger(this.#clock, browserTimers, (t0, rtt) =>
      this.#socket.send(JSON.stringify({ type: 'time.ping', t0, ...(rtt !== undefined && { rtt_ms: rtt }) })),
    );
    this.#socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)) as ServerFrame);
    setInterval(() => controller.tick(), TICK_MS);
  }

  /** Milliseconds ahead of the room; null while it stands still, or the viewer is not in. */
  drift(state: PlaybackObject | undefined): number | null {
    if (!this.#isIn || !state?.playing) return null;
    return (this.#player.truth - positionAt(state, serverTime())) * 1000;
  }

  #take(frame: ServerFrame): void {
    if (frame.type === 'time.pong') this.#pinger.pong(frame);
    else if (frame.type === 'playback.changed') {
      states.set(frame.playback.revision, frame.playback);
      this.#schedule.offer(frame.playback);
    } else if (frame.type === 'welcome') {
      states.set(frame.playback.revision, frame.playback);
      this.#clock.restart(frame.server_time);
      this.#pinger.start();
      this.#schedule.replace(frame.playback);
      this.#isIn = true;
    }
  }
}

async function enter({ base, room }: Seats, token: string, random: () => number): Promise<LiveViewer> {
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(`${base}/rooms/${room}/tickets`, { method: 'POST', headers });
  if (!answer.ok) throw new Error(`no ticket: ${answer.status} ${await answer.text()}`);
  const { ticket } = (await answer.json()) as { ticket: string };
  return new LiveViewer(`${base.replace(/^http/, 'ws')}/rooms/${room}/ws?ticket=${ticket}`, random);
}

export async function main(): Promise<void> {
  const seats = JSON.parse(await text(process.stdin)) as Seats;
  const viewers = await Promise.all(
    seats.tokens.map((token, seed) => enter(seats, token, randomFrom(seed + 1))),
  );
  const readings: { at: number; drifts: (number | null)[] }[] = [];
  setInterval(() => {
    const state = inForce();
    readings.push({ at: serverTime(), drifts: viewers.map((viewer) => viewer.drift(state)) });
  }, LOOK_MS);
  setTimeout(
    () => process.stdout.write(JSON.stringify(readings), () => process.exit(0)),
    seats.seconds * 1000,
  );
}
