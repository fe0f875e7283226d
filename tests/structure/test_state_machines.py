"""What linters of state machines do not see."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from signalbox.domain import errors

from tests.structure.templates import resources
from tools.transform import ROOT

FILES = sorted((ROOT / "statemachines").glob("*.asl.json"))
MACHINES = {f.name.removesuffix(".asl.json"): json.loads(f.read_text("utf-8")) for f in FILES}
STATES = [(m, name, s) for m, machine in MACHINES.items() for name, s in machine["States"].items()]
TASKS = [(m, name, state) for m, name, state in STATES if state["Type"] == "Task"]
CALLBACK = ".waitForTaskToken"
RETRYABLE = {e.__name__ for e in errors.RetryableError.__subclasses__()}
OURS = {name for name in vars(errors) if name.endswith("Error")}


def texts(node: Any) -> Iterator[str]:
    """Every string in a state, keys apart."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def followers(state: dict[str, Any]) -> list[str]:
    """Every state that may come next when nothing goes wrong."""
    choices = [choice["Next"] for choice in state.get("Choices", [])]
    return [n for n in (state.get("Next"), state.get("Default"), *choices) if n]


def ends(machine: str, name: str) -> set[str]:
    """The types of state in which a run may end that has come to this one."""
    states, seen, todo = MACHINES[machine]["States"], set(), [name]
    while todo:
        if (here := todo.pop()) not in seen:
            seen.add(here)
            todo += followers(states[here])
    return {states[s]["Type"] for s in seen if not followers(states[s])}


def test_there_are_three_machines() -> None:
    assert set(MACHINES) == {"approval", "rollback", "cleanup"}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_machine_is_written_in_jsonata_and_ends_in_time(machine: str) -> None:
    assert MACHINES[machine]["QueryLanguage"] == "JSONata"
    assert MACHINES[machine]["TimeoutSeconds"] > 0


@pytest.mark.parametrize(("machine", "name", "task"), TASKS)
def test_every_task_has_a_timeout(machine: str, name: str, task: dict[str, Any]) -> None:
    assert task["TimeoutSeconds"]


@pytest.mark.parametrize(("machine", "name", "task"), TASKS)
def test_a_step_is_given_more_time_than_its_function_takes(
    machine: str, name: str, task: dict[str, Any]
) -> None:
    if "FunctionName" not in task["Arguments"]:
        return
    function = task["Arguments"]["FunctionName"].removeprefix("${").removesuffix("Arn}")
    timeout = resources("cfn.json", "AWS::Lambda::Function")[function]["Timeout"]
    assert task["TimeoutSeconds"] > timeout


@pytest.mark.parametrize(("machine", "name", "task"), TASKS)
def test_every_task_waits_longer_before_each_retry_and_not_all_at_once(
    machine: str, name: str, task: dict[str, Any]
) -> None:
    for retrier in task["Retry"]:
        assert retrier["BackoffRate"] > 1
        assert retrier["MaxDelaySeconds"] >= retrier["IntervalSeconds"] > 0
        assert retrier["JitterStrategy"] == "FULL"
        assert "States.ALL" not in retrier["ErrorEquals"]


@pytest.mark.parametrize(("machine", "name", "task"), TASKS)
def test_what_is_retried_is_exactly_what_may_work_later(
    machine: str, name: str, task: dict[str, Any]
) -> None:
    named = {error for retrier in task["Retry"] for error in retrier["ErrorEquals"]}
    is_ours = task["Resource"].endswith("lambda:invoke")
    assert named & OURS == (RETRYABLE if is_ours else set())


@pytest.mark.parametrize(("machine", "name", "task"), TASKS)
def test_every_task_catches_everything_last(machine: str, name: str, task: dict[str, Any]) -> None:
    *earlier, last = task["Catch"]
    assert last["ErrorEquals"] == ["States.ALL"]
    assert all("States.ALL" not in catcher["ErrorEquals"] for catcher in earlier)


@pytest.mark.parametrize(("machine", "name", "task"), TASKS)
def test_a_failure_path_ends_in_failure(machine: str, name: str, task: dict[str, Any]) -> None:
    assert ends(machine, task["Catch"][-1]["Next"]) == {"Fail"}


def test_a_rollback_waits_for_a_canary_to_end_but_not_for_ever() -> None:
    """CodePipeline rolls no running stage back, and production shifts its traffic by minutes."""
    (patience,) = (
        retrier
        for retrier in MACHINES["rollback"]["States"]["AttemptRung"]["Retry"]
        if retrier["ErrorEquals"] == ["NotYetError"]
    )
    longest = [
        min(
            patience["IntervalSeconds"] * patience["BackoffRate"] ** attempt,
            patience["MaxDelaySeconds"],
        )
        for attempt in range(patience["MaxAttempts"])
    ]
    on_average = sum(longest) / 2
    assert on_average > 45 * 60
    assert sum(longest) < MACHINES["rollback"]["TimeoutSeconds"] - 3600


def test_a_ladder_that_ends_calls_a_human_and_fails() -> None:
    assert ends("rollback", "LadderEnded") == {"Fail"}
    assert MACHINES["rollback"]["States"]["LadderEnded"]["Next"] == "CallAHuman"
    assert MACHINES["rollback"]["States"]["ItNeverEnded"]["Next"] == "CallAHuman"


def test_a_timeout_means_no() -> None:
    states = MACHINES["approval"]["States"]
    (timeout, _) = states["AwaitVerdict"]["Catch"]
    assert timeout["ErrorEquals"] == ["States.Timeout"]
    assert states[timeout["Next"]]["Assign"] == {"verdict": "EXPIRED"}


def test_whoever_waits_hands_out_a_token_and_whoever_hands_out_a_token_waits() -> None:
    for machine, name, task in TASKS:
        hands_out = any("$states.context.Task.Token" in text for text in texts(task))
        assert task["Resource"].endswith(CALLBACK) == hands_out, f"{machine} {name}"


def test_the_token_goes_into_the_ledger_and_no_function_runs_meanwhile() -> None:
    (waiting,) = [task for _, _, task in TASKS if task["Resource"].endswith(CALLBACK)]
    assert waiting["Resource"] == f"arn:aws:states:::aws-sdk:dynamodb:updateItem{CALLBACK}"
    assert waiting["Arguments"]["ConditionExpression"] == "attribute_exists(pk)"


@pytest.mark.parametrize("machine", MACHINES)
def test_substitutions_stand_in_strings_and_are_all_provided(machine: str) -> None:
    used = {n for t in texts(MACHINES[machine]) for n in re.findall(r"\$\{(\w+)\}", t)}
    logical_id = f"{machine.capitalize()}StateMachine"
    machines = resources("cfn.json", "AWS::StepFunctions::StateMachine")
    assert used == set(machines[logical_id]["DefinitionSubstitutions"])
    text = (ROOT / "statemachines" / f"{machine}.asl.json").read_text("utf-8")
    assert not re.search(r":\s*\$\{", text)


@pytest.mark.parametrize(("machine", "name", "state"), STATES)
def test_a_variable_that_is_read_is_assigned_somewhere(
    machine: str, name: str, state: dict[str, Any]
) -> None:
    assigned = {
        variable
        for other in MACHINES[machine]["States"].values()
        for holder in (other, *other.get("Catch", []))
        for variable in holder.get("Assign", {})
    }
    expressions = [t for t in texts(state) if t.startswith("{%")]
    read = {v for t in expressions for v in re.findall(r"\$(\w+)\b(?!\s*\()", t)}
    assert read - {"states"} <= assigned


@pytest.mark.parametrize(("machine", "name", "state"), STATES)
def test_every_state_can_be_reached(machine: str, name: str, state: dict[str, Any]) -> None:
    everyone = MACHINES[machine]["States"].values()
    caught = {c["Next"] for other in everyone for c in other.get("Catch", [])}
    followed = {n for other in everyone for n in followers(other)}
    assert name in followed | caught | {MACHINES[machine]["StartAt"]}
