"""The checking of JSON shapes, with Slack's way of pointing at what is wrong."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Findings:
    """What is wrong, in the words of Slack's `response_metadata.messages`."""

    messages: list[str] = field(default_factory=list)

    def add(self, pointer: str, what: str) -> None:
        """Note `what` is wrong at the JSON pointer `pointer`."""
        self.messages.append(f"[ERROR] {what} [json-pointer:{pointer}]")

    def __bool__(self) -> bool:
        return bool(self.messages)

    def fields(
        self,
        value: Mapping[str, object],
        at: str,
        *,
        needed: Collection[str],
        known: Collection[str],
    ) -> None:
        """Every needed field is there, and none that Slack does not know."""
        for name in sorted(set(needed) - value.keys()):
            self.add(at, f"missing required field: {name}")
        for name in sorted(value.keys() - set(needed) - set(known)):
            self.add(f"{at}/{name}", f"no more than {len(known)} known fields; unknown: {name}")

    def string(self, value: object, at: str, *, longest: int, shortest: int = 1) -> None:
        """A string between `shortest` and `longest` characters."""
        if not isinstance(value, str):
            self.add(at, "must be a string")
        elif len(value) > longest:
            self.add(at, f"must be less than {longest + 1} characters")
        elif len(value) < shortest:
            self.add(at, f"must be more than {shortest - 1} characters")

    def items(self, value: object, at: str, *, most: int) -> Sequence[object]:
        """A list of 1 to `most` items; what is not one is reported and taken as empty."""
        if not isinstance(value, list):
            self.add(at, "must be an array")
            return ()
        if not 1 <= len(value) <= most:
            self.add(at, f"must have between 1 and {most} items, has {len(value)}")
        return value

    def mapping(self, value: object, at: str) -> Mapping[str, object] | None:
        """A JSON object, or `None` after reporting that it is none."""
        if isinstance(value, dict):
            return value
        self.add(at, "must be an object")
        return None

    def choice(self, value: object, at: str, options: Collection[object]) -> None:
        """One of `options`."""
        if value not in options:
            self.add(at, f"must be one of {', '.join(sorted(map(str, options)))}")
