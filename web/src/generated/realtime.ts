// Written by hand until the server's generator lands.

export interface PersonObject {
  id: string;
  name: string;
}

export type Role = 'owner' | 'admin' | 'member' | 'guest';
export type Control = 'everyone' | 'hosts' | 'cinema';
export type Visibility = 'public' | 'private';

export interface PlaybackObject {
  media_id: string | null;
  playing: boolean;
  position: number;
  rate: number;
  revision: number;
  changed_at: number;
  effective_at: number;
}

export interface MessageObject {
  id: string;
  room_id: string;
  user: PersonObject;
  text: string;
  reply_to: string | null;
  created_at: number;
  deleted: boolean;
}

export interface MemberObject {
  user: PersonObject;
  role: Role;
  allow: string[];
  deny: string[];
  muted_until: number | null;
  present: boolean;
}

export interface RoomSettingsObject {
  allow_guests: boolean;
  max_members: number;
  control: Control;
  wait_policy: string;
}

export interface RoomObject {
  id: string;
  name: string;
  description: string;
  visibility: Visibility;
  status: 'active' | 'closed';
  has_password: boolean;
  owner: PersonObject;
  settings: RoomSettingsObject;
  version: number;
}

export interface MediaObject {
  id: string;
  title: string;
  url: string;
  play_url?: string;
  kind: 'video' | 'audio';
  duration: number | null;
  added_by: PersonObject;
}

export interface MeObject {
  user: PersonObject;
  role: Role;
  permissions: string[];
  session: string;
}
