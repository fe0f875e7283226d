"""Metric math, as far as alarms need it: one datapoint at a time.

Arithmetic, comparisons, `AND`/`OR`, `IF`, `FILL` (with a number), `ABS`, `MIN`, `MAX`, `SUM`,
`AVG` over lists or `METRICS()`. A missing operand makes the result missing, and so does a
division by zero.
Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics".
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

Value = float | None

_BINARY: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARE: Final[Mapping[type[ast.cmpop], Callable[[float, float], bool]]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_REDUCE: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "MIN": min,
    "MAX": max,
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
}


class UnsupportedExpressionError(ValueError):
    """The expression uses what this evaluator does not know."""


def evaluate(expression: str, metrics: Mapping[str, Value]) -> Value:
    """The value of `expression` where each id has the given value at one moment.

    Raises `UnsupportedExpressionError` for anything not named in this module's docstring.
    """
    text = re.sub(r"(?<![<>=!])=(?!=)", "==", expression)
    text = text.replace("&&", " and ").replace("||", " or ")
    text = re.sub(r"\b(AND|OR)\b", lambda found: found.group().lower(), text)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise UnsupportedExpressionError(f"cannot read the expression {expression!r}") from error
    return _value(tree.body, metrics)


def names_in(expression: str) -> set[str]:
    """The ids that an expression mentions; unlike functions they begin with a small letter."""
    return set(re.findall(r"\b[a-z]\w*\b", re.sub(r"\b(and|or)\b", " ", expression)))


def _value(node: ast.expr, metrics: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            if name not in metrics:
                raise UnsupportedExpressionError(f"no metric has the id {name!r}")
            return metrics[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _value(operand, metrics)
            return None if inner is None else -inner
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _both(_BINARY[type(op)], _value(left, metrics), _value(right, metrics))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
            return _both(_COMPARE[type(op)], _value(left, metrics), _value(right, metrics))
        case ast.BoolOp(op=op, values=parts):
            truths = [bool(_value(part, metrics)) for part in parts]
            return float(all(truths) if isinstance(op, ast.And) else any(truths))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _call(name, arguments, metrics)
    raise UnsupportedExpressionError(f"{ast.unparse(node)!r} is not known in metric math here")


def _both(operation: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    try:
        return float(operation(left, right))
    except ZeroDivisionError:
        return None


def _call(name: str, arguments: list[ast.expr], metrics: Mapping[str, Value]) -> Value:
    match name, arguments:
        case "IF", [condition, then, *rest]:
            if _value(condition, metrics):
                return _value(then, metrics)
            return _value(rest[0], metrics) if rest else None
        case "FILL", [series, filler]:
            value = _value(series, metrics)
            return _value(filler, metrics) if value is None else value
        case "ABS", [operand]:
            inner = _value(operand, metrics)
            return None if inner is None else abs(inner)
        case (("MIN" | "MAX" | "SUM" | "AVG"), [several]):
            values = [value for value in _list(several, metrics) if value is not None]
            return _REDUCE[name](values) if values else None
    raise UnsupportedExpressionError(f"{name} with {len(arguments)} arguments is not known here")


def _list(node: ast.expr, metrics: Mapping[str, Value]) -> list[Value]:
    match node:
        case ast.List(elts=elements):
            return [_value(element, metrics) for element in elements]
        case ast.Call(func=ast.Name(id="METRICS"), args=[]):
            return list(metrics.values())
    return [_value(node, metrics)]
