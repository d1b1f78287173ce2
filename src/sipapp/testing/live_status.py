"""All that a live view tells, as one value to compare."""

from sipapp.api import LiveStatus, LiveView


def status_of(view: LiveView) -> LiveStatus:
    """Return the whole live status of a view, every page of it."""
    told = view.summary
    return LiveStatus(
        told.source,
        told.since,
        told.fresh,
        told.fault,
        None if told.registrations is None else tuple(view.all_registrations()),
        None if told.calls is None else tuple(view.all_calls()),
        tuple(told.notes),
    )
