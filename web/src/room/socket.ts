/**
 * The room's connection: gets a ticket, opens the socket, keeps it, and comes back by itself. What the frames
 * mean is the room's business; here is only the line.
 */

import { asProblem, Problem } from '../api/problem';
import type {
  Ack,
  ClientCommand,
  Hidden,
  PlaybackReport,
  RoomEventFrame,
  ServerFrame,
  TimePing,
  Welcome,
} from '../generated/realtime';
import type { Cancel, Timers } from '../sync/timers';
import { Commands } from './commands';
import { LogCursor } from './cursor';
import { isFinal, ReturnDelay } from './return';

const SUBPROTOCOL = 'synctv.v1';
/** Ours asks for the time every 10 s: a line without an answer for so long is dead, whatever the browser says. */
const SILENCE_MOST_MS = 25_000;
const WATCH_EVERY_MS = 5_000;
/** A line that held so long was a good one: the waits begin small again. */
const GOOD_AFTER_MS = 10_000;
const ABNORMAL = 1006;

/** How things stand with the line. What broke it is told by its close code or a problem. */
export type Line =
  | { state: 'connecting'; isReturn: boolean }
  | { state: 'open' }
  | { state: 'waiting'; milliseconds: number; code: number; problem?: Problem }
  | { state: 'ended'; code?: number; problem?: Problem };

export interface SocketDeps {
  /** The socket's address without its query. */
  url: string;
  ticket: () => Promise<string>;
  open: (url: string, protocol: string) => WebSocket;
  timers: Timers;
  now: () => number;
  onLine: (line: Line) => void;
  /** `goesOn` is false when everything known so far is to be replaced. */
  onWelcome: (frame: Welcome, goesOn: boolean) => void;
  /** Every other frame once, room events in the order of their `seq`. */
  onFrame: (frame: Exclude<ServerFrame, Welcome | Ack>) => void;
}

export class RoomSocket {
  #deps: SocketDeps;
  #socket: WebSocket | undefined;
  #commands: Commands;
  #cursor = new LogCursor();
  #delay = new ReturnDelay();
  #cancel: Cancel | undefined;
  #heardAt = 0;
  #welcomeAt = 0;
  #isWelcome = false;
  #isStopped = false;
  #wasOpen = false;

  constructor(deps: SocketDeps) {
    this.#deps = deps;
    this.#commands = new Commands(deps.timers);
  }

  async start(): Promise<void> {
    this.#isStopped = false;
    this.#deps.onLine({ state: 'connecting', isReturn: this.#wasOpen });
    let ticket: string;
    try {
      ticket = await this.#deps.ticket();
    } catch (error) {
      this.#refused(asProblem(error));
      return;
    }
    if (!this.#isStopped) this.#open(ticket);
  }

  /** Comes back now instead of later: the network is there again, or the page is seen again. */
  wake(): void {
    if (!this.#cancel || this.#socket || this.#isStopped) return;
    this.#disarm();
    void this.start();
  }

  stop(): void {
    this.#isStopped = true;
    this.#disarm();
    this.#drop();
  }

  /** The ack, or a Problem. */
  command(command: ClientCommand): Promise<Ack> {
    if (!this.#isWelcome) return Promise.reject(new Problem('network', 'not connected'));
    return this.#commands.send(command, (text) => this.#socket?.send(text));
  }

  /** A frame that gets no answer; nothing happens when there is no line. */
  tell(frame: TimePing | PlaybackReport): void {
    if (this.#isWelcome) this.#socket?.send(JSON.stringify(frame));
  }

  #open(ticket: string): void {
    const query = new URLSearchParams({ ticket });
    for (const [name, value] of Object.entries(this.#cursor.resume ?? {})) query.set(name, String(value));
    const socket = this.#deps.open(`${this.#deps.url}?${query}`, SUBPROTOCOL);
    this.#socket = socket;
    this.#heardAt = this.#deps.now();
    socket.onmessage = (message) => this.#receive(socket, message.data);
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#closed(event.code);
    };
    this.#watch();
  }

  #receive(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket || typeof data !== 'string') return;
    this.#heardAt = this.#deps.now();
    const frame = JSON.parse(data) as ServerFrame;
    if (frame.type === 'welcome') this.#welcome(frame);
    else if (frame.type === 'ack') this.#commands.acknowledge(frame);
    else if ('seq' in frame) this.#follow(frame);
    else this.#other(frame);
  }

  #welcome(frame: Welcome): void {
    const goesOn = this.#cursor.welcome(frame);
    this.#welcomeAt = this.#deps.now();
    this.#isWelcome = true;
    this.#wasOpen = true;
    this.#deps.onWelcome(frame, goesOn);
    this.#deps.onLine({ state: 'open' });
  }

  #follow(frame: Hidden | RoomEventFrame): void {
    const verdict = this.#cursor.take(frame.seq);
    if (verdict === 'gap') this.#again(ABNORMAL);
    else if (verdict === 'next') this.#deps.onFrame(frame);
  }

  #other(frame: Exclude<ServerFrame, Welcome | Ack>): void {
    if (frame.type === 'error') this.#commands.refuse(frame);
    if (frame.type === 'going_away') this.#delay.announce(frame.retry_after_ms);
    this.#deps.onFrame(frame);
  }

  #closed(code: number): void {
    if (!isFinal(code)) this.#again(code);
    else {
      this.#drop();
      this.#disarm();
      this.#deps.onLine({ state: 'ended', code });
    }
  }

  #refused(problem: Problem): void {
    if (this.#isStopped) return;
    if (problem.isPassing || problem.status >= 500) this.#again(ABNORMAL, problem);
    else this.#deps.onLine({ state: 'ended', problem });
  }

  #again(code: number, problem?: Problem): void {
    if (this.#isWelcome && this.#deps.now() - this.#welcomeAt > GOOD_AFTER_MS) this.#delay.succeed();
    this.#drop();
    this.#disarm();
    const milliseconds = this.#delay.next(code, (problem?.retryAfterSeconds ?? 0) * 1000);
    this.#deps.onLine({ state: 'waiting', milliseconds, code, ...(problem && { problem }) });
    this.#cancel = this.#deps.timers.after(milliseconds, () => {
      this.#cancel = undefined;
      void this.start();
    });
  }

  #watch(): void {
    this.#disarm();
    this.#cancel = this.#deps.timers.after(WATCH_EVERY_MS, () => {
      if (this.#deps.now() - this.#heardAt > SILENCE_MOST_MS) this.#again(ABNORMAL);
      else this.#watch();
    });
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isWelcome = false;
    if (socket) {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
    this.#commands.lose();
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
