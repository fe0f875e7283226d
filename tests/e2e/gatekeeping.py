"""What people do at gates of a deployed sandbox, and what can be seen of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.demo.director import play
from sandbox.demo.narrator import Narrator
from sandbox.demo.pipeline import actions_of, execution_of, executions, status_of
from sandbox.demo.slack import message_of
from sandbox.demo.steps import NotYetError, Scene, Step, expect
from sandbox.demo.world import Release, World, words_of
from sandbox.deploy import CONTROL_PLANE, SERVICE

from .leaving import Tokens

PREFIX = f"/signalbox/{CONTROL_PLANE}"
DANA, AMIR, OLGA, MARA, NILS, RUTH = (
    "U0DANA0001", "U0AMIR0002", "U0OLGA0003", "U0MARA0004", "U0NILS0005", "U0RUTH0006",
)  # fmt: skip
"""Dana writes the commits; nobody else does."""

ENFORCED: dict[str, Any] = {
    "contract": 2,
    "mode": "enforce",
    "groups": {"sre": [AMIR, OLGA], "product": [MARA, NILS], "leads": [RUTH]},
    "approvers": ["sre", "product", "leads"],
    "breakGlass": ["leads"],
}


@dataclass
class Gatekeeping:
    """One pipeline of a deployed sandbox, and the people around its gate."""

    world: World
    narrator: Narrator
    service: str = SERVICE
    answers: list[dict[str, Any]] = field(default_factory=list)
    tokens: Tokens = field(default_factory=Tokens)
    found: str = ""
    """The policy that the pipeline had before."""

    # What is written

    def put(self, document: str, content: Mapping[str, Any]) -> None:
        """Write a document; the sandbox's functions read theirs anew each second."""
        self.world.aws("ssm").put_parameter(
            Name=f"{PREFIX}/{document}", Value=json.dumps(content), Type="String", Overwrite=True
        )

    @classmethod
    def begun(cls, world: World, narrator: Narrator, tokens: Tokens) -> "Gatekeeping":
        """At a pipeline in which nothing waits."""
        name = f"{PREFIX}/policy/{SERVICE}"
        found = world.aws("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        gates = cls(world, narrator, tokens=tokens, found=found)
        gates.clear()
        return gates

    def policy(self, **rules: Any) -> None:
        """The pipeline's policy: that of the team, changed."""
        self.put(f"policy/{self.service}", ENFORCED | rules)

    def clear(self) -> None:
        """Stop what an earlier test has left in the pipeline: an open approval locks its stage."""
        codepipeline = self.world.aws("codepipeline")
        for one in executions(self.world):
            if one["status"] == "InProgress":
                codepipeline.stop_pipeline_execution(
                    pipelineName=self.service,
                    pipelineExecutionId=one["pipelineExecutionId"],
                    abandon=True,
                )

    def end(self) -> None:
        """Leave the pipeline as it was found: empty, and under its own policy."""
        self.clear()
        self.put(f"policy/{SERVICE}", json.loads(self.found))

    # What is done

    def release(self) -> Release:
        """Push a commit and wait until people are asked about it."""
        release = self.push()
        self.asked(release)
        return release

    def push(self) -> Release:
        commit = self.world.deployment.repository.push("good")
        release = Release(commit=commit)
        self.seen("the pipeline runs", lambda: execution_of(self.world, release))
        return release

    def press(self, release: Release, action: str, user: str, **more: Any) -> dict[str, Any]:
        """Press a button of the release's message as somebody; gives Slack's view of the answer."""
        self.tokens.look(self.world)
        ts = message_of(self.world, release)["ts"]
        wish = {"ts": ts, "action_id": action, "user": user, **more}
        return self._said("/_sandbox/slack/click", wish)

    def submit(self, view: Mapping[str, Any], user: str, **values: str) -> dict[str, Any]:
        """Send a modal off; each value goes into the input of that name."""
        state = {name: {name: {"value": text}} for name, text in values.items()}
        wish = {"view_id": view["id"], "user": user, "values": state}
        return self._said("/_sandbox/slack/submit", wish)

    def command(self, text: str, user: str) -> dict[str, Any]:
        """Give the slash command."""
        return self._said("/_sandbox/slack/command", {"text": text, "user": user})

    def reconcile(self) -> None:
        """Let the reconciler run now."""
        name = self.world.deployment.outputs["ReconcileFunctionName"]
        answer = self.world.aws("lambda").invoke(FunctionName=name, Payload=b"{}")
        payload = answer["Payload"].read()
        assert "FunctionError" not in answer, payload

    # What is seen

    def seen(self, what: str, see: Callable[[], Any], within: float = 60.0) -> None:
        """Wait until it is there: no exception, or it says what is there instead."""
        step = Step(what=what, see=lambda _: str(see()), within=within)
        play(self.world, [Scene(title=what, steps=(step,))], self.narrator)

    def asked(self, release: Release) -> None:
        """The message has its buttons."""
        self.seen("people are asked", lambda: self.button(release, "approve_gate"))
        self.tokens.look(self.world)

    def button(self, release: Release, action: str) -> dict[str, Any]:
        """A button of the message as it stands."""
        for block in message_of(self.world, release)["blocks"]:
            for element in block.get("elements", []):
                if element.get("action_id") == action:
                    return dict(element)
        raise NotYetError(f"the message has no button {action}")

    def closed(self, release: Release) -> None:
        """The message has no button to approve with any more."""
        try:
            self.button(release, "approve_gate")
        except NotYetError:
            return
        raise NotYetError("the message can still be approved")

    def says(self, release: Release, *words: str) -> None:
        """The message comes to say all of these."""

        def see() -> str:
            said = words_of(message_of(self.world, release))
            missing = [word for word in words if word.lower() not in said.lower()]
            expect(not missing, f"the message does not say {missing}: {said[:3000]}")
            return said

        self.seen(f"the message says {', '.join(words)}", see)

    def thread_says(self, release: Release, *words: str) -> None:
        """A reply in its thread comes to say all of these."""

        def see() -> str:
            replies = self.world.thread(message_of(self.world, release)["ts"])
            for reply in replies:
                if all(word.lower() in words_of(reply).lower() for word in words):
                    return str(reply["text"])
            raise NotYetError(f"no reply says {words}: {[words_of(one) for one in replies]}")

        self.seen(f"a reply says {', '.join(words)}", see)

    def whispered(self, user: str, *words: str) -> None:
        """Slack shows somebody, and nobody else, a message that says all of these."""

        def see() -> str:
            for message in reversed(self.world.web("GET", "/_sandbox/slack/ephemerals")):
                said = words_of(message).lower()
                if message["only_for"] == user and all(word.lower() in said for word in words):
                    return said
            raise NotYetError(f"nobody whispered {words} to {user}")

        self.seen(f"{user} alone reads {', '.join(words)}", see)

    def stage(self, release: Release, stage: str, status: str) -> None:
        """The stage's action has come to that status for this release."""

        def see() -> str:
            found = actions_of(self.world, execution_of(self.world, release)).get(stage, {})
            expect(found.get("status") == status, f"{stage} is {found.get('status')}")
            return json.dumps(found.get("output", {}).get("executionResult", {}))

        self.seen(f"{stage} is {status}", see)

    def summary(self, release: Release) -> str:
        """What CodePipeline keeps of the approval."""
        actions = actions_of(self.world, execution_of(self.world, release))
        result = actions["Approval"].get("output", {}).get("executionResult", {})
        return str(result.get("externalExecutionSummary", ""))

    def status(self, release: Release) -> str:
        return status_of(self.world, execution_of(self.world, release))

    def waiting(self, stage: str) -> list[str]:
        """The executions in front of a stage."""
        state = self.world.aws("codepipeline").get_pipeline_state(name=self.service)
        found = next(one for one in state["stageStates"] if one["stageName"] == stage)
        return [one["pipelineExecutionId"] for one in found.get("inboundExecutions", [])]

    def is_closed(self, stage: str) -> bool:
        """Whether the way into a stage is closed."""
        state = self.world.aws("codepipeline").get_pipeline_state(name=self.service)
        found = next(one for one in state["stageStates"] if one["stageName"] == stage)
        return not found["inboundTransitionState"]["enabled"]

    def _said(self, path: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.world.web("POST", path, wish)
        assert answer["status"] == 200, answer
        self.answers.append(answer)
        return answer
