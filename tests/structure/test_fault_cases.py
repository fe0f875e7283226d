"""Every case of the fault matrix has a test that bears its number."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CASES = range(1, 67)
OPEN_CASES = frozenset({61, 63})
"""Cases without a test as yet. This list only shrinks: a number in it that has a test fails too."""


def numbers_in(source: str) -> Iterator[int]:
    """The number of each ``pytest.mark.case(n)`` on a test function, or on a module of tests."""
    module = ast.parse(source)
    tests = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    marks: list[ast.expr] = [mark for test in tests for mark in test.decorator_list]
    for node in module.body if tests else ():
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            marks += [node.value]
    for node in (node for mark in marks for node in ast.walk(mark)):
        if isinstance(node, ast.ListComp) and ast.unparse(node.elt) == "pytest.mark.case(n)":
            yield from ast.literal_eval(node.generators[0].iter)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.case":
            yield from [ast.literal_eval(one) for one in node.args if isinstance(one, ast.Constant)]


@pytest.fixture(scope="module")
def proved() -> set[int]:
    files = TESTS.rglob("test_*.py")
    return {number for file in files for number in numbers_in(file.read_text(encoding="utf-8"))}


def test_every_case_has_a_test_or_is_listed_as_open(proved: set[int]) -> None:
    assert set(CASES) - OPEN_CASES - proved == set()


def test_no_case_with_a_test_is_listed_as_open(proved: set[int]) -> None:
    assert OPEN_CASES & proved == set()


def test_no_test_bears_a_number_that_the_matrix_does_not_have(proved: set[int]) -> None:
    assert proved <= set(CASES)


def test_a_mark_counts_on_test_functions_only() -> None:
    source = "@pytest.mark.case(7)\ndef {}(): ..."
    assert list(numbers_in(source.format("test_it"))) == [7]
    assert list(numbers_in(source.format("helper"))) == []
    assert list(numbers_in("pytestmark = pytest.mark.case(7)\ndef test_it(): ...")) == [7]
    assert list(numbers_in("pytestmark = pytest.mark.case(7)")) == []
    assert list(numbers_in("# @pytest.mark.case(7)\ndef test_it(): ...")) == []
