import { beforeEach, describe, expect, test } from 'vitest';
import { Conversation, settle } from './line';

let talk: Conversation;

beforeEach(() => {
  talk = new Conversation();
});

describe('opening', () => {
  test('a ticket is fetched and shown, under our subprotocol', async () => {
    await talk.open();
    expect(talk.wire.query.get('ticket')).toBe('ticket-1');
    expect(talk.wire.query.has('resume')).toBe(false);
    expect(talk.wire.protocol).toBe('synctv.v1');
    expect(talk.line).toBe('open');
  });

  test('a room that refuses for good is not asked again', async () => {
    talk.refuse('room.banned', 403);
    await talk.socket.start();
    await talk.pass(120_000);
    expect(talk.wires).toHaveLength(0);
    expect(talk.lines.at(-1)).toMatchObject({ state: 'ended', problem: { code: 'room.banned' } });
  });

  test('a server that is busy is asked again later', async () => {
    talk.refuse('unavailable', 503);
    await talk.socket.start();
    expect(talk.line).toBe('waiting');
    talk.refusal = undefined;
    await talk.pass(1_000);
    expect(talk.wires).toHaveLength(1);
  });
});

describe('following the log', () => {
  test('events pass once and in order', async () => {
    await talk.open();
    talk.hidden(11, 12, 12, 11, 13);
    expect(talk.frames).toEqual(['hidden 11', 'hidden 12', 'hidden 13']);
  });

  test('a gap is closed by coming back with a resume', async () => {
    await talk.open();
    talk.hidden(11, 13);
    expect(talk.frames).toEqual(['hidden 11']);
    await talk.pass(1_000);
    expect(talk.wires).toHaveLength(2);
    expect(talk.wire.query.get('resume')).toBe('11');
    expect(talk.wire.query.get('epoch')).toBe('e1');
  });

  test('after a resume the events that were missed come before the new ones', async () => {
    await talk.open();
    talk.hidden(11);
    talk.close(1006);
    await talk.pass(1_000);
    await talk.open({ seq: 13, resumed_from: 11 });
    talk.hidden(12, 13, 14);
    expect(talk.welcomes).toEqual([false, true]);
    expect(talk.frames).toEqual(['hidden 11', 'hidden 12', 'hidden 13', 'hidden 14']);
  });

  test('another epoch replaces everything, also where a number would fit', async () => {
    await talk.open();
    talk.close(4000);
    await talk.pass(1_000);
    await talk.open({ seq: 3, epoch: 'e2' });
    talk.hidden(4);
    expect(talk.welcomes).toEqual([false, false]);
    expect(talk.frames).toEqual(['hidden 4']);
  });

  test('what an old connection still says is not heard', async () => {
    await talk.open();
    const old = talk.wire;
    const hear = old.onmessage;
    talk.close(1006);
    await talk.pass(1_000);
    hear?.({ data: JSON.stringify({ type: 'hidden', seq: 11 }) });
    expect(talk.frames).toEqual([]);
  });
});

describe('coming back', () => {
  test.each([1006, 4000, 4001, 4005, 4030])('after close code %d we come back', async (code) => {
    await talk.open();
    talk.close(code);
    await talk.pass(1_000);
    expect(talk.wires).toHaveLength(2);
  });

  test.each([4500, 4501, 4502, 4503, 4504, 4505])('after close code %d we stay away', async (code) => {
    await talk.open();
    talk.close(code);
    await talk.pass(600_000);
    expect(talk.wires).toHaveLength(1);
    expect(talk.lines.at(-1)).toEqual({ state: 'ended', code });
  });

  test('the waits grow a little for a minute, and then much', async () => {
    await talk.socket.start();
    for (let turn = 0; turn < 40; turn += 1) {
      talk.close(1006);
      await talk.pass(21_000);
    }
    const waits = talk.lines.flatMap((line) => (line.state === 'waiting' ? [line.milliseconds] : []));
    expect(waits[0]).toBeLessThanOrEqual(500);
    expect(Math.max(...waits.slice(0, 30))).toBeLessThanOrEqual(2_500);
    expect(Math.min(...waits.slice(30))).toBeGreaterThanOrEqual(10_000);
  });

  test('a server that goes away is given the time it asked for', async () => {
    await talk.open();
    talk.say({ type: 'going_away', retry_after_ms: 4_200 });
    talk.close(4000);
    expect(talk.lines.at(-1)).toEqual({ state: 'waiting', milliseconds: 4_200, code: 4000 });
  });

  test('too many connections are given time to end', async () => {
    await talk.open();
    talk.close(4029);
    expect(talk.lines.at(-1)).toMatchObject({ state: 'waiting' });
    await talk.pass(4_900);
    expect(talk.wires).toHaveLength(1);
  });

  test('a wait ends at once when the network is back', async () => {
    await talk.open();
    talk.close(1006);
    talk.socket.wake();
    await settle();
    expect(talk.wires).toHaveLength(2);
  });

  test('a line on which nothing is heard is given up', async () => {
    await talk.open();
    await talk.pass(24_000);
    expect(talk.line).toBe('open');
    await talk.pass(8_000);
    expect(talk.wires[0]?.isClosed).toBe(true);
    expect(talk.wires).toHaveLength(2);
  });

  test('a room that was left is not come back to', async () => {
    await talk.open();
    talk.socket.stop();
    await talk.pass(60_000);
    expect(talk.wire.isClosed).toBe(true);
    expect(talk.wires).toHaveLength(1);
  });
});

describe('commands', () => {
  test('each is answered by the ack of its id', async () => {
    await talk.open();
    const first = talk.socket.command({ type: 'playback.play' });
    const second = talk.socket.command({ type: 'playback.pause' });
    const [one, two] = talk.wire.sent;
    talk.say({ type: 'ack', id: String(two?.id), revision: 2 });
    talk.say({ type: 'ack', id: String(one?.id), revision: 1 });
    expect((await first).revision).toBe(1);
    expect((await second).revision).toBe(2);
  });

  test('an error is a problem with its code', async () => {
    await talk.open();
    const answer = talk.socket.command({ type: 'playback.next' });
    talk.say({ type: 'error', id: String(talk.wire.sent[0]?.id), code: 'playlist.end', message: 'no more' });
    await expect(answer).rejects.toMatchObject({ code: 'playlist.end' });
  });

  test('what had no answer when the line broke is lost, not forgotten', async () => {
    await talk.open();
    const answer = talk.socket.command({ type: 'playback.play' });
    talk.close(1006);
    await expect(answer).rejects.toMatchObject({ code: 'network' });
  });

  test('nothing is sent before the welcome', async () => {
    await talk.socket.start();
    await expect(talk.socket.command({ type: 'playback.play' })).rejects.toMatchObject({ code: 'network' });
    talk.socket.tell({ type: 'time.ping', t0: 1 });
    expect(talk.wire.sent).toEqual([]);
  });
});
