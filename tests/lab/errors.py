"""LabError: something the lab cannot do, said in one line (and the end of a log where there is one)."""


class LabError(Exception):
    """Raised by every part of the lab for a failure that a person can act upon."""
