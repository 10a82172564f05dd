/** A room's line with a server at the other end that a test plays by hand. */

import { playback } from '../../sim/room';
import { World } from '../../sim/world';
import { Problem } from '../../src/api/problem';
import type { ServerFrame, Welcome } from '../../src/generated/realtime';
import { type Line, RoomSocket } from '../../src/room/socket';

/** The part of a WebSocket that RoomSocket uses. */
class Wire {
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  isClosed = false;
  readonly query: URLSearchParams;

  constructor(
    url: string,
    readonly protocol: string,
  ) {
    this.query = new URL(url).searchParams;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }
}

export class Conversation {
  readonly world = new World();
  readonly wires: Wire[] = [];
  readonly lines: Line[] = [];
  readonly welcomes: boolean[] = [];
  readonly frames: string[] = [];
  refusal: Problem | undefined;
  readonly socket: RoomSocket;

  constructor() {
    this.socket = new RoomSocket({
      url: 'ws://host/api/v1/rooms/room_1/ws',
      ticket: async () => {
        if (this.refusal) throw this.refusal;
        return `ticket-${this.wires.length + 1}`;
      },
      open: (url, protocol) => {
        const wire = new Wire(url, protocol);
        this.wires.push(wire);
        return wire as unknown as WebSocket;
      },
      timers: this.world,
      now: () => this.world.now,
      onLine: (line) => this.lines.push(line),
      onWelcome: (_, goesOn) => this.welcomes.push(goesOn),
      onFrame: (frame) => this.frames.push('seq' in frame ? `${frame.type} ${frame.seq}` : frame.type),
    });
  }

  get wire(): Wire {
    const wire = this.wires.at(-1);
    if (!wire) throw new Error('no connection was opened');
    return wire;
  }

  get line(): Line['state'] | undefined {
    return this.lines.at(-1)?.state;
  }

  /** Time passes, and what waits for a promise gets its turn. */
  async pass(milliseconds: number): Promise<void> {
    this.world.pass(milliseconds);
    await settle();
  }

  async open(fields: Partial<Welcome> = {}): Promise<void> {
    await this.socket.start();
    this.say(welcome(this.world, fields));
  }

  say(frame: ServerFrame): void {
    this.wire.onmessage?.({ data: JSON.stringify(frame) });
  }

  hidden(...numbers: number[]): void {
    for (const seq of numbers) this.say({ type: 'hidden', seq });
  }

  close(code: number): void {
    this.wire.onclose?.({ code });
  }

  refuse(code: string, status: number): void {
    this.refusal = new Problem(code, code, { status });
  }
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

function welcome(world: World, fields: Partial<Welcome>): Welcome {
  const person = { id: 'usr_1', name: 'Ann' };
  return {
    type: 'welcome',
    session_id: 'con_1',
    server_time: world.server(),
    room: {
      id: 'room_1',
      name: 'Friday',
      description: '',
      visibility: 'private',
      status: 'active',
      has_password: false,
      owner: person,
      settings: { allow_guests: true, max_members: 100, control: 'everyone', wait_policy: 'never' },
      created_at: 0,
      version: 1,
      playlist_version: 0,
    },
    me: { user: person, role: 'owner', permissions: [], session: 'ses_1' },
    playback: playback(world),
    members: [],
    seq: 10,
    epoch: 'e1',
    heartbeat_seconds: 15,
    limits: {
      frame_bytes: 65_536,
      inbound_per_second: 50,
      chat_per_second: 10,
      idle_seconds: 300,
      lifetime_seconds: 86_400,
    },
    ...fields,
  };
}
