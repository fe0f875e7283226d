"""How the engine says no: AWS's error code, AWS's wording, one class."""


class Refusal(Exception):  # noqa: N818 - what AWS calls an exception is our answer, not our fault
    """A request that AWS would refuse.

    `code` is the exception's name in the service model, e.g. `PipelineNotFoundException`.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class DeclarationInvalid(Refusal):
    """A pipeline declaration that AWS would not accept."""
