"""Waiting for the logs of the other servers of a bucket: nobody else can read them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from genyard.core.clock import Clock
from genyard.store.writers import Beat

SILENT_S = 60.0
"""A writer may be silent for so long, and for some of its own intervals where these are longer."""
_MISSED = 4
_PAUSE_S = 0.5


@dataclass(slots=True)
class _Heard:
    beat: Beat
    since_s: float
    """When ``beat`` was first seen."""
    beats: set[str] = field(default_factory=set)
    """What was seen after the first look."""

    def hears(self, beat: Beat, now_s: float) -> None:
        if beat.id != self.beat.id:
            self.beats.add(beat.id)
            self.beat, self.since_s = beat, now_s

    @property
    def flushed(self) -> bool:
        """Whether a flush began after the first look: the one before the first new beat may have begun before it."""
        return len(self.beats) >= 2

    def is_silent(self, now_s: float, silent_s: float) -> bool:
        return now_s - self.since_s > max(silent_s, _MISSED * self.beat.every_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWriters:
    """Waits until what the other writers of a lake acknowledged before is in its tables."""

    beats: Callable[[], Mapping[str, Beat]]
    """The newest of each."""
    clock: Clock
    pause: Callable[[float], None]
    silent_s: float = SILENT_S

    def wait(self, others: Mapping[str, Beat], *, check: Callable[[], None]) -> list[str]:
        """Return once each of ``others`` flushed after it was looked at, or left; the hosts of those that fell silent.

        Raises what ``check`` does, and Unreachable.
        """
        start_s = self.clock.monotonic_s()
        heard = {writer: _Heard(beat, start_s) for writer, beat in others.items()}
        silent = []
        while heard:
            check()
            self.pause(_PAUSE_S)
            now, now_s = self.beats(), self.clock.monotonic_s()
            for writer, one in list(heard.items()):
                if writer in now:
                    one.hears(now[writer], now_s)
                if writer not in now or one.flushed:
                    del heard[writer]
                elif one.is_silent(now_s, self.silent_s):
                    silent.append(one.beat.host or writer)
                    del heard[writer]
        return sorted(silent)
