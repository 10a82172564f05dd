/**
 * How a room is laid out: `beside` the picture with the panel next to it, `below` it on an upright phone, `over` it
 * where the picture has the whole screen.
 */

import { recall, remember } from '../storage';

export type Arrangement = 'beside' | 'below' | 'over';

const UPRIGHT = '(max-width: 820px) and (orientation: portrait)';
const LYING = '(max-height: 500px) and (orientation: landscape)';
const OVERLAY = 'chat_over_picture';

export class Layout {
  arrangement = $state<Arrangement>('beside');
  #isBesideShown = $state(true);
  #isOverShown = $state(recall(OVERLAY) === 'yes');
  #queries = [UPRIGHT, LYING].map((query) => matchMedia(query));

  /** Follows the screen until the returned function is called. */
  follow(): () => void {
    this.#look();
    for (const query of this.#queries) query.addEventListener('change', this.#look);
    document.addEventListener('fullscreenchange', this.#look);
    return () => {
      for (const query of this.#queries) query.removeEventListener('change', this.#look);
      document.removeEventListener('fullscreenchange', this.#look);
    };
  }

  get isPanelShown(): boolean {
    if (this.arrangement === 'below') return true;
    return this.arrangement === 'over' ? this.#isOverShown : this.#isBesideShown;
  }

  togglePanel(): void {
    if (this.arrangement === 'beside') this.#isBesideShown = !this.#isBesideShown;
    if (this.arrangement !== 'over') return;
    this.#isOverShown = !this.#isOverShown;
    remember(OVERLAY, this.#isOverShown ? 'yes' : undefined);
  }

  showPanel(): void {
    if (!this.isPanelShown) this.togglePanel();
  }

  #look = (): void => {
    const [isUpright, isLying] = this.#queries.map((query) => query.matches);
    if (document.fullscreenElement || isLying) this.arrangement = 'over';
    else this.arrangement = isUpright ? 'below' : 'beside';
  };
}
