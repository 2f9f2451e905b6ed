"""What the project says instead of a traceback."""


class ReliefError(Exception):
    """An error with a rule id and one sentence: what was expected, where, what to do.

    Never holds a patient's value. Raised for a STOP of scope ``study``; the CLI
    prints it and exits with 2.
    """

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


class DataUnavailable(ReliefError):
    """Open data that is neither in the declared folder, nor cached, nor downloadable."""


class EvidenceError(ReliefError):
    """A quantity that the published table cannot give."""
