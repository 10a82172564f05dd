/** The routes that pages use, one function each. Shapes are the server's own (`generated/`). */

import type {
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
  status?: 'active' | 'closed';
  settings?: { control?: Control; allow_guests?: boolean };
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
  ticket: (id: string) => http.post<TicketObject>(`/rooms/${id}/tickets`),
  messages: (id: string, cursor?: string) =>
    http.get<Page<MessageObject>>(`/rooms/${id}/messages${query({ cursor, limit: 50 })}`),
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
