/** How to give an address to a `<video>`: as it is, or through hls.js, which is loaded when it is needed. */

import type Hls from 'hls.js';

export interface Source {
  /** Where the bytes are. */
  url: string;
  /** What the item was added as; its ending tells the kind. */
  name: string;
}

export type Detach = () => void;

export function isPlaylist(name: string): boolean {
  return /\.m3u8$/i.test(name.split(/[?#]/, 1)[0] ?? '');
}

/** Attaches the source. `onFault` is called when a stream cannot go on; other faults come from the video itself. */
export function attach(video: HTMLVideoElement, source: Source, onFault: () => void): Detach {
  if (isPlaylist(source.name)) return attachPlaylist(video, source.url, onFault);
  video.src = source.url;
  video.load();
  return () => detach(video);
}

function attachPlaylist(video: HTMLVideoElement, url: string, onFault: () => void): Detach {
  let hls: Hls | undefined;
  let isGone = false;
  void import('hls.js')
    .then(({ default: Player }) => {
      if (isGone) return;
      // Where hls.js runs it is the same everywhere; the browser's own HLS is for those that have nothing else.
      if (!Player.isSupported()) {
        video.src = url;
        video.load();
        return;
      }
      hls = new Player();
      hls.on(Player.Events.ERROR, (_, fault) => {
        if (fault.fatal) onFault();
      });
      hls.loadSource(url);
      hls.attachMedia(video);
    })
    .catch(onFault);
  return () => {
    isGone = true;
    hls?.destroy();
    detach(video);
  };
}

function detach(video: HTMLVideoElement): void {
  video.removeAttribute('src');
  video.load();
}
