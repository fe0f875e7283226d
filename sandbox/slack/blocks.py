"""Block Kit's blocks and modals: what Slack takes, and what it answers `invalid_blocks` to."""

from collections.abc import Callable, Mapping

from sandbox.slack.checks import Findings
from sandbox.slack.elements import (
    ANY_TEXT,
    CLICKABLE,
    INPUTS,
    PLAIN,
    check_element,
    check_image,
    check_text,
)

BLOCKS_IN_A_MESSAGE = 50
BLOCKS_IN_A_MODAL = 100
ACCESSORIES = {**CLICKABLE, "image": check_image}


def _section(found: Findings, block: Mapping[str, object], at: str) -> None:
    found.fields(block, at, needed=(), known=("text", "fields", "accessory", "expand"))
    if "text" not in block and "fields" not in block:
        found.add(at, "must have text or fields")
    if "text" in block:
        check_text(found, block["text"], f"{at}/text", longest=3000)
    if "fields" in block:
        for number, field in enumerate(found.items(block["fields"], f"{at}/fields", most=10)):
            check_text(found, field, f"{at}/fields/{number}", longest=2000)
    if "accessory" in block:
        check_element(found, block["accessory"], f"{at}/accessory", ACCESSORIES)


def _header(found: Findings, block: Mapping[str, object], at: str) -> None:
    found.fields(block, at, needed=("text",), known=())
    check_text(found, block.get("text"), f"{at}/text", longest=150, kinds=PLAIN)


def _divider(found: Findings, block: Mapping[str, object], at: str) -> None:
    found.fields(block, at, needed=(), known=())


def _context(found: Findings, block: Mapping[str, object], at: str) -> None:
    found.fields(block, at, needed=("elements",), known=())
    for number, element in enumerate(found.items(block.get("elements"), f"{at}/elements", most=10)):
        where = f"{at}/elements/{number}"
        if isinstance(element, dict) and element.get("type") == "image":
            check_image(found, element, where)
        else:
            check_text(found, element, where, longest=3000, kinds=ANY_TEXT)


def _actions(found: Findings, block: Mapping[str, object], at: str) -> None:
    found.fields(block, at, needed=("elements",), known=())
    seen: set[object] = set()
    for number, element in enumerate(found.items(block.get("elements"), f"{at}/elements", most=25)):
        check_element(found, element, f"{at}/elements/{number}", CLICKABLE)
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if action_id is not None and action_id in seen:
            found.add(f"{at}/elements/{number}/action_id", f"duplicate action_id: {action_id}")
        seen.add(action_id)


def _image(found: Findings, block: Mapping[str, object], at: str) -> None:
    found.fields(block, at, needed=("image_url", "alt_text"), known=("title",))
    check_image(found, {k: v for k, v in block.items() if k in {"image_url", "alt_text"}}, at)


def _input(found: Findings, block: Mapping[str, object], at: str) -> None:
    known = ("hint", "optional", "dispatch_action")
    found.fields(block, at, needed=("label", "element"), known=known)
    check_text(found, block.get("label"), f"{at}/label", longest=2000, kinds=PLAIN)
    if "hint" in block:
        check_text(found, block["hint"], f"{at}/hint", longest=2000, kinds=PLAIN)
    check_element(found, block.get("element"), f"{at}/element", INPUTS)


Check = Callable[[Findings, Mapping[str, object], str], None]
IN_BOTH: Mapping[str, Check] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "input": _input,
}


def _check_blocks(found: Findings, value: object, at: str, *, most: int) -> None:
    if not isinstance(value, list):
        found.add(at, "must be an array")
        return
    if len(value) > most:
        found.add(at, f"no more than {most} items allowed [{len(value)}]")
    ids: set[object] = set()
    for number, raw in enumerate(value):
        where = f"{at}/{number}"
        block = found.mapping(raw, where)
        if block is None:
            continue
        kind, block_id = block.get("type"), block.get("block_id")
        if not isinstance(kind, str) or kind not in IN_BOTH:
            found.add(f"{where}/type", f"unsupported type: {kind}")
            continue
        if "block_id" in block:
            found.string(block_id, f"{where}/block_id", longest=255)
            if block_id in ids:
                found.add(f"{where}/block_id", f"`block_id` {block_id} already exists")
            ids.add(block_id if isinstance(block_id, str) else None)
        rest = {name: part for name, part in block.items() if name not in {"type", "block_id"}}
        IN_BOTH[kind](found, rest, where)


def faults_of_blocks(blocks: object) -> list[str]:
    """What Slack would refuse in the blocks of a message; empty when it would take them."""
    found = Findings()
    _check_blocks(found, blocks, "/blocks", most=BLOCKS_IN_A_MESSAGE)
    return found.messages


def faults_of_modal(view: Mapping[str, object]) -> list[str]:
    """What Slack would refuse in a modal; empty when it would open it."""
    found = Findings()
    known = (
        *("close", "submit", "private_metadata", "callback_id", "clear_on_close"),
        *("notify_on_close", "external_id", "submit_disabled"),
    )
    found.fields(view, "/view", needed=("type", "title", "blocks"), known=known)
    found.choice(view.get("type"), "/view/type", ("modal",))
    for name in ("title", "submit", "close"):
        if name in view:
            check_text(found, view[name], f"/view/{name}", longest=24, kinds=PLAIN)
    for name, longest in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if name in view:
            found.string(view[name], f"/view/{name}", longest=longest, shortest=0)
    blocks = view.get("blocks")
    _check_blocks(found, blocks, "/view/blocks", most=BLOCKS_IN_A_MODAL)
    asks = isinstance(blocks, list) and any(
        isinstance(block, dict) and block.get("type") == "input" for block in blocks
    )
    if asks and "submit" not in view:
        found.add("/view", "missing required field: submit")
    return found.messages
