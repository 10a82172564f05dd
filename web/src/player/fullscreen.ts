/**
 * The whole screen for the page, so that chat, dialogs and messages are there too; an iPhone gives it to the video
 * alone.
 */

interface AppleVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

export function toggleFullscreen(video: AppleVideo): void {
  const page = document.documentElement;
  if (document.fullscreenElement) void document.exitFullscreen();
  else if (page.requestFullscreen) void page.requestFullscreen().catch(() => undefined);
  else video.webkitEnterFullscreen?.();
}
