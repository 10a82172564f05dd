/** The routes that pages use, one function each. Shapes are the server's own (`generated/`). */

import type {
  BanObject,
  LibraryEntryObjectList,
  SeenRoom,
  ServerObject,
  SessionObject,
  TicketObject,
} from '../generated/http';
import type {
  Control,
  MediaObject,
  MemberObject,
  MessageObject,
  Role,
  RoomObject,
  Visibility,
} from '../generated/realtime';
import { Http, query, sendOpenly } from './http';
import { Session } from './session.svelte';

/** How every list is answered. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export const session = new Session();
const http = new Http(session);

export const server = {
  facts: () => sendOpenly<ServerObject>('GET', '/server'),
};

export const account = {
  sessions: () => http.get<Page<SessionObject>>('/me/sessions'),
  endSession: (id: string) => http.send<void>('DELETE', `/me/sessions/${id}`),
  changePassword: (current: string, wanted: string) =>
    http.post('/me/password', { current_password: current, new_password: wanted }),
};

export interface NewRoom {
  name: string;
  visibility: Visibility;
  password?: string;
}

export interface RoomChanges {
  name?: string;
  description?: string;
  visibility?: Visibility;
  /** null takes it away. */
  password?: string | null;
  status?: 'active' | 'closed';
  settings?: { control?: Control; allow_guests?: boolean; max_members?: number };
}

export interface MemberChanges {
  role?: Role;
  /** Milliseconds since the Unix epoch; null ends a mute. */
  muted_until?: number | null;
}

export const rooms = {
  mine: (cursor?: string) => http.get<Page<SeenRoom>>(`/rooms${query({ scope: 'mine', cursor })}`),
  listed: (cursor?: string) => http.get<Page<SeenRoom>>(`/rooms${query({ cursor })}`),
  create: (room: NewRoom) => http.post<RoomObject>('/rooms', room),
  /** A room as its link shows it, to whoever comes. */
  look: (id: string) => http.get<SeenRoom>(`/rooms/${id}`),
  change: (id: string, changes: RoomChanges) => http.send<RoomObject>('PATCH', `/rooms/${id}`, changes),
  join: (id: string, password?: string) =>
    http.post<MemberObject>(`/rooms/${id}/join`, password ? { password } : {}),
  leave: (id: string) => http.post(`/rooms/${id}/leave`),
  remove: (id: string) => http.send<void>('DELETE', `/rooms/${id}`),
  ticket: (id: string) => http.post<TicketObject>(`/rooms/${id}/tickets`),
  messages: (id: string, cursor?: string) =>
    http.get<Page<MessageObject>>(`/rooms/${id}/messages${query({ cursor, limit: 50 })}`),
  removeMessage: (id: string, messageId: string) =>
    http.send<void>('DELETE', `/rooms/${id}/messages/${messageId}`),
};

/** What can be done to people in a room. */
export const members = {
  change: (roomId: string, userId: string, changes: MemberChanges) =>
    http.send<MemberObject>('PATCH', `/rooms/${roomId}/members/${userId}`, changes),
  kick: (roomId: string, userId: string) => http.send<void>('DELETE', `/rooms/${roomId}/members/${userId}`),
  bans: (roomId: string, cursor?: string) =>
    http.get<Page<BanObject>>(`/rooms/${roomId}/bans${query({ cursor, limit: 100 })}`),
  ban: (roomId: string, userId: string, reason: string) =>
    http.post<BanObject>(`/rooms/${roomId}/bans`, { user_id: userId, reason }),
  unban: (roomId: string, userId: string) => http.send<void>('DELETE', `/rooms/${roomId}/bans/${userId}`),
};

export const media = {
  list: (roomId: string, cursor?: string) =>
    http.get<Page<MediaObject>>(`/rooms/${roomId}/media${query({ cursor, limit: 100 })}`),
  get: (roomId: string, id: string) => http.get<MediaObject>(`/rooms/${roomId}/media/${id}`),
  add: (roomId: string, url: string, title?: string) =>
    http.post<MediaObject>(`/rooms/${roomId}/media`, title ? { url, title } : { url }),
  remove: (roomId: string, id: string) => http.send<void>('DELETE', `/rooms/${roomId}/media/${id}`),
  library: (path: string) => http.get<LibraryEntryObjectList>(`/library${query({ path })}`),
};
