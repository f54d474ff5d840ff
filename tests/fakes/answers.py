"""The answer: an HTTP status as the error that the edge makes of it."""

from glance_sync.errors import Conflict, Failure, Forbidden, NotThere, Unreachable

ERRORS = {403: Forbidden, 404: NotThere, 409: Conflict, 410: Conflict,
          429: Unreachable, 502: Unreachable, 503: Unreachable, 504: Unreachable}


def answer(status, words):
    """Return the error for a status of 400 and more."""
    return ERRORS.get(status, Failure)('fake Glance answers {}: {}'.format(status, words), 'see the test')


def need(held, status, words):
    """Raise the error for `status` unless `held`."""
    if not held:
        raise answer(status, words)
