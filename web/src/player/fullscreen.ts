/** The whole screen for the stage; an iPhone gives it to the video alone. */

interface AppleVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

export function toggleFullscreen(stage: HTMLElement, video: AppleVideo): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else if (stage.requestFullscreen) void stage.requestFullscreen();
  else video.webkitEnterFullscreen?.();
}
