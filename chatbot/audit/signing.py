"""Signs the log while the service runs, and says whether it could."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from chatbot.audit.signer import Signer
from chatbot.errors import ChatbotError
from chatbot.limits import CHECKPOINT_SECONDS
from corpus.errors import CorpusError

logger = logging.getLogger("signpost")


class Signing:
    """A thread that signs every CHECKPOINT_SECONDS, if there is anything new."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None  # made where it runs: no thread survives a fork
        self._fault = ""

    def start(self) -> None:
        """Signs from now on."""
        self._thread = threading.Thread(target=self._run, name="signing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Signs what is there by now, and ends."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._once()

    def state(self) -> Mapping[str, object]:
        """What `/readyz` says: how many records are signed, and why it isn't all of them."""
        return {"signed": self._signer.signed, "fault": self._fault}

    def _run(self) -> None:
        while not self._stop.wait(CHECKPOINT_SECONDS):
            self._once()

    def _once(self) -> None:
        """One look; an error is told once, and tried again: a disk can have room again, a witness be mounted again."""
        try:
            self._signer.sign()
        except (ChatbotError, CorpusError, OSError) as error:
            if self._fault != str(error):
                logger.error("the log isn't signed: %s", error)
            self._fault = str(error)
        else:
            self._fault = ""
