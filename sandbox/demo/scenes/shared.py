"""Steps that more than one scene takes, made for a release by its kind."""

from sandbox.demo.pipeline import execution_of, see_success
from sandbox.demo.slack import approve_button, message_of, press_approve, see_words
from sandbox.demo.steps import Step
from sandbox.demo.world import Release, World
from sandbox.repository import Kind


def pushed(kind: Kind, what: str) -> Step:
    """Push a commit; the push itself starts the pipeline."""

    def push(world: World) -> None:
        good = world.releases.get("good")
        commit = world.deployment.repository.push(kind)
        world.releases[kind] = Release(commit=commit, after=good.commit if good else None)

    def see(world: World) -> str:
        release = world.releases[kind]
        return f"commit {release.commit[:7]}, execution {execution_of(world, release)[:8]}"

    return Step(what=what, do=push, see=see)


def succeeded(kind: Kind, stage: str, what: str) -> Step:
    """A stage of the pipeline has succeeded for this release."""
    return Step(what=what, see=lambda world: see_success(world, world.releases[kind], stage))


def asked(kind: Kind, what: str) -> Step:
    """The approval card is in Slack, with what an approver needs to know."""

    def see(world: World) -> str:
        release = world.releases[kind]
        message = message_of(world, release)
        approve_button(message)
        repository = world.deployment.repository
        changes = repository.subjects(release.commit, since=release.after)
        see_words(world, release, repository.author.name, "passed, 0 failed", *changes)
        return f"{message['text']}; {len(changes)} new: {'; '.join(changes)}"

    return Step(what=what, see=see)


def approved(kind: Kind, what: str) -> Step:
    """Somebody presses the button, and CodePipeline goes on."""
    return Step(
        what=what,
        do=lambda world: press_approve(world, world.releases[kind]),
        see=lambda world: see_success(world, world.releases[kind], "Approval"),
    )
