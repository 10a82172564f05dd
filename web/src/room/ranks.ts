/** Who stands above whom. Pure. */

import type { MemberObject, Role } from '../generated/realtime';

const RANKS: Record<Role, number> = { owner: 4, admin: 3, member: 2, guest: 1 };

export function ranksAbove(one: Role, other: Role): boolean {
  return RANKS[one] > RANKS[other];
}

/** By rank, then by name. */
export function inRank(members: readonly MemberObject[]): MemberObject[] {
  return [...members].sort((a, b) => RANKS[b.role] - RANKS[a.role] || a.user.name.localeCompare(b.user.name));
}
