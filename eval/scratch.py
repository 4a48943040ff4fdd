"""A home to build in that nobody serves from."""

from __future__ import annotations

from pathlib import Path

from index.layout import Home


def scratch_home(home: Home, folder: Path) -> Home:
    """A home in ``folder``, which is made or empty: what is built there, no command lists or activates.

    Only what is costly to make is ``home``'s own: compiled encoders and the cache of encodings.
    """
    scratch = Home(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for own, link in ((home.encodings.parent, scratch.encodings.parent), (home.encoders, scratch.encoders)):
        own.mkdir(parents=True, exist_ok=True)
        link.symlink_to(own.resolve(), target_is_directory=True)
    return scratch
