"""A line in the log when storage or history are unavailable to a request."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sipapp.model.errors import StorageUnavailable

log = logging.getLogger(__name__)


@contextmanager
def logged(what: str) -> Iterator[None]:
    """Log ``StorageUnavailable``, with ``what`` was not done; it is raised all the same."""
    try:
        yield
    except StorageUnavailable as error:
        log.error("%s: %s", what, error)  # noqa: TRY400  (the text says it all)
        raise
