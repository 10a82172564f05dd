// Written by hand until the server's generator lands.

import type { PersonObject, RoomSettingsObject } from './realtime';

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export interface ServerObject {
  name: string;
  version: string;
  registration: 'closed' | 'invite' | 'review' | 'open';
  languages: string[];
}

export interface UserObject {
  id: string;
  username: string;
  role: 'user' | 'admin' | 'root';
  status: 'active' | 'banned';
  email: string | null;
  created_at: string;
}

export interface TokensObject {
  access_token: string;
  refresh_token?: string;
  token_type: 'Bearer';
  expires_in: number;
  user: UserObject;
}

export interface RegisteredObject {
  status: 'active' | 'pending_review' | 'pending_email';
  user: UserObject;
  tokens?: TokensObject;
}

export interface SessionObject {
  id: string;
  current: boolean;
  address: string;
  user_agent: string;
  created_at: string;
  last_used_at: string;
  expires_at: string;
}

export interface GuestTokensObject {
  access_token: string;
  expires_in: number;
  user: PersonObject;
}

export interface TicketObject {
  ticket: string;
  expires_in: number;
}

export interface SeenRoom {
  id: string;
  name: string;
  visibility: 'public' | 'private';
  status: 'active' | 'closed';
  has_password: boolean;
  access: 'enter' | 'join' | 'password' | 'guest' | 'sign_in' | 'full' | 'banned' | 'closed';
  description?: string;
  owner?: PersonObject;
  settings?: RoomSettingsObject;
  created_at?: number;
  version?: number;
  playlist_version?: number;
}

export interface LibraryEntryObject {
  name: string;
  path: string;
  is_folder: boolean;
  modified_at: number;
  kind: 'video' | 'audio' | null;
  url: string | null;
  size_bytes: number | null;
}

export interface LibraryObject {
  path: string;
  items: LibraryEntryObject[];
}

export interface ProblemObject {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id: string;
  errors?: { field: string; message: string }[];
  retry_after?: number;
}
