"""Where the server's own log goes: a file in the home, and standard error where somebody watches."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

from genyard.store.files import disk_errors, make_folder

BYTES = 4 * 1024 * 1024
FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextmanager
def logging_to(home: Path, *, watched: bool) -> Iterator[None]:
    """Keep warnings and errors in ``home``/genyard.log while the block lasts; ``watched`` shows them as well.

    A command that runs the app in its own process is not watched: its standard error is for its one line. Raises
    StorageFull and Unreachable.
    """
    # It is the first to touch the home, so it says like the home itself what is wrong with the path.
    with disk_errors(f"the home {home}"):
        make_folder(home)
        handlers: list[logging.Handler] = [RotatingFileHandler(home / "genyard.log", maxBytes=BYTES, backupCount=1)]
    if watched:
        handlers.append(logging.StreamHandler())
    log = logging.getLogger("genyard")
    for handler in handlers:
        handler.setFormatter(logging.Formatter(FORM))
        log.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()
