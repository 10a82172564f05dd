"""Films for the tests, made by ffmpeg: a counter on coloured bars, and a tone."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.programs import find_program

TYPES = {
    ".mp4": [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
        "-movflags",
        "+faststart",
    ],
    ".webm": ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libvorbis"],
}


def make_clip(path: Path, *, seconds: int = 120, height: int = 180) -> Path:
    """A clip of the kind that its ending names, with a key frame each second; the same is made once a worker."""
    shutil.copyfile(_original(path.suffix, seconds, height), path)
    return path


@cache
def _original(kind: str, seconds: int, height: int) -> Path:
    path = Path(_home().name) / f"{seconds}-{height}{kind}"
    picture = f"testsrc=size={height * 16 // 9}x{height}:rate=25:duration={seconds}"
    tone = f"sine=frequency=330:duration={seconds}"
    sources = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone]
    command = [
        str(find_program("ffmpeg")),
        "-v",
        "error",
        "-y",
        *sources,
        "-g",
        "25",
        *TYPES[kind],
        str(path),
    ]
    subprocess.run(command, check=True, timeout=120)
    return path


@cache
def _home() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="synctv-clips-")
