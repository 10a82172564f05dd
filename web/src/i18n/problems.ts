/** What to tell a person of a Problem: our own words where we have them, else the server's. */

import type { Problem } from '../api/problem';
import { CloseCode } from '../generated/realtime';
import { type Key, language, t } from './index.svelte';

const TEXTS: Partial<Record<string, Key>> = {
  network: 'problem.network',
  unavailable: 'problem.unavailable',
  internal: 'problem.internal',
  rate_limited: 'problem.rate_limited',
  forbidden: 'problem.forbidden',
  not_found: 'problem.not_found',
  'auth.locked': 'problem.auth_locked',
  'auth.wrong_password': 'problem.wrong_password',
  'auth.banned': 'problem.account_banned',
  'auth.invite_invalid': 'problem.invite_invalid',
  'auth.invite_needed': 'register.needs_invitation',
  'auth.registration_closed': 'register.closed',
  'auth.recovery_invalid': 'problem.recovery_link',
  'setup.done': 'problem.setup_done',
  'setup.link_invalid': 'problem.setup_link',
  'user.name_taken': 'problem.name_taken',
  'connections.too_many': 'problem.connections',
  'room.full': 'problem.room_full',
  'room.banned': 'problem.room_banned',
  'room.closed': 'problem.room_closed',
  'room.muted': 'problem.muted',
  'room.no_guests': 'door.no_guests',
  'room.no_permission': 'problem.no_permission',
  'room.password_needed': 'problem.room_password_needed',
  'room.password_wrong': 'problem.room_password_wrong',
  'room.busy': 'problem.unavailable',
  'room.owner_cannot_leave': 'problem.owner_cannot_leave',
  'room.not_member': 'ending.no_permission',
  'playlist.full': 'problem.playlist_full',
  'playlist.end': 'problem.playlist_end',
  'playback.empty': 'problem.playback_empty',
};

export function problemText(problem: Problem): string {
  const known =
    TEXTS[problem.code] ?? (problem.code.endsWith('.not_found') ? 'problem.not_found' : undefined);
  if (!known) return sentence(problem.message) || t('problem.internal');
  return t(known, { seconds: Math.ceil(problem.retryAfterSeconds ?? 1) });
}

/** What may stand in a field, for those who do not read the server's English. */
const FAULTS: Partial<Record<string, Key>> = {
  username: 'fault.username',
  display_name: 'fault.display_name',
  password: 'fault.password',
  new_password: 'fault.password',
  name: 'fault.name',
  text: 'fault.text',
  url: 'fault.url',
  'settings.max_members': 'fault.max_members',
};

/** What is wrong with one field. The server says it exactly, and in English. */
export function faultText(field: string, message: string): string {
  const known = language() === 'en' ? undefined : FAULTS[field];
  return known ? t(known) : sentence(message);
}

/** The server's words begin small, since they also follow a field's name. */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const ENDINGS: Partial<Record<number, Key>> = {
  [CloseCode.SIGNED_OUT]: 'ending.signed_out',
  [CloseCode.KICKED]: 'ending.kicked',
  [CloseCode.BANNED]: 'ending.banned',
  [CloseCode.ROOM_CLOSED]: 'ending.closed',
  [CloseCode.NO_PERMISSION]: 'ending.no_permission',
  [CloseCode.BAD_PROTOCOL]: 'ending.protocol',
};

/** Why a connection has ended for good, by its close code. */
export function endingText(code: number): string {
  return t(ENDINGS[code] ?? 'ending.other');
}
