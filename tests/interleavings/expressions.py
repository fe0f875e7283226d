"""DynamoDB's condition and update expressions, the part of their grammar that the ledger uses.

Whatever else is written raises, so that a test fails loudly instead of passing for nothing.
Grammar: developer guide, "Condition and filter expressions, operators, and functions".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

Item = dict[str, dict[str, Any]]
TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+]|[A-Za-z0-9_#:.]+)")
COMPARED = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@cache
def tokens(expression: str) -> tuple[str, ...]:
    """The words of an expression."""
    found = TOKEN.findall(expression)
    assert "".join(found) == re.sub(r"\s+", "", expression), expression
    return tuple(found)


def _comparable(attribute: dict[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    return (kind, float(value)) if kind == "N" else (kind, value)


class Reader:
    """Reads one expression against one item."""

    def __init__(
        self,
        expression: str,
        item: Item,
        names: Mapping[str, str],
        values: Mapping[str, dict[str, Any]],
    ) -> None:
        self._tokens = tokens(expression)
        self._at = 0
        self._item = item
        self._names = names
        self._values = values

    def condition(self) -> bool:
        """Whether the whole expression holds."""
        holds = self._either()
        assert self._at == len(self._tokens), self._tokens[self._at :]
        return holds

    def update(self) -> Item:
        """The item after SET and REMOVE."""
        changed = dict(self._item)
        while self._at < len(self._tokens):
            clause = self._next().upper()
            assert clause in {"SET", "REMOVE"}, clause
            while True:
                name = self._name(self._next())
                if clause == "SET":
                    self._expect("=")
                    changed[name] = self._sum()
                else:
                    changed.pop(name, None)
                if not self._take(","):
                    break
        return changed

    def _either(self) -> bool:
        holds = self._both()
        while self._take("OR"):
            holds = self._both() or holds
        return holds

    def _both(self) -> bool:
        holds = self._one()
        while self._take("AND"):
            holds = self._one() and holds
        return holds

    def _one(self) -> bool:
        if self._take("NOT"):
            return not self._one()
        if self._take("("):
            holds = self._either()
            self._expect(")")
            return holds
        word = self._next()
        if word in {"attribute_exists", "attribute_not_exists", "begins_with"}:
            return self._function(word)
        left = self._operand(word)
        if self._take("BETWEEN"):
            low = self._operand(self._next())
            self._expect("AND")
            high = self._operand(self._next())
            found = None not in (left, low, high)
            return found and _comparable(low) <= _comparable(left) <= _comparable(high)  # type: ignore[arg-type]
        comparison = self._next()
        right = self._operand(self._next())
        if left is None or right is None:
            return comparison == "<>"  # what is not there differs from everything
        return bool(COMPARED[comparison](_comparable(left), _comparable(right)))

    def _function(self, word: str) -> bool:
        self._expect("(")
        name = self._name(self._next())
        if word == "begins_with":
            self._expect(",")
            prefix = self._values[self._next()]["S"]
            self._expect(")")
            return str(self._item.get(name, {}).get("S", "\0")).startswith(prefix)
        self._expect(")")
        return (name in self._item) is (word == "attribute_exists")

    def _sum(self) -> dict[str, Any]:
        total = self._value(self._next())
        while self._take("+"):
            other = self._value(self._next())
            total = {"N": repr(int(total["N"]) + int(other["N"]))}
        return total

    def _value(self, word: str) -> dict[str, Any]:
        if word == "if_not_exists":
            self._expect("(")
            name = self._name(self._next())
            self._expect(",")
            otherwise = self._values[self._next()]
            self._expect(")")
            return self._item.get(name, otherwise)
        found = self._operand(word)
        assert found is not None, word
        return found

    def _operand(self, word: str) -> dict[str, Any] | None:
        return self._values[word] if word.startswith(":") else self._item.get(self._name(word))

    def _name(self, word: str) -> str:
        assert "." not in word, word
        return self._names[word] if word.startswith("#") else word

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, word: str) -> bool:
        there = self._at < len(self._tokens) and self._tokens[self._at] == word
        self._at += there
        return there

    def _expect(self, word: str) -> None:
        assert self._take(word), (word, self._tokens[self._at :])
