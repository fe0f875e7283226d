// The Slack channel: its messages, and what happens when a button is pressed.

import { complaint, notice, post } from "./api.js";
import { blocks } from "./blockkit.js";
import { confirmed, showModal } from "./dialogs.js";
import { h, icon, renew, timeOfDay } from "./dom.js";
import { rendered } from "./mrkdwn.js";
import { me } from "./person.js";

const BOT = "U0SIGNALBX";

/** Show what the person who is chosen sees of Slack. */
export function showSlack(slack) {
  const container = document.getElementById("channel");
  const atEnd = container.scrollHeight - container.scrollTop - container.clientHeight < 80;
  const messages = slack.messages.filter((message) => !message.only_for || message.only_for === me());
  const shown = messages.length ? messages : [{ ts: "none", empty: true, connected: slack.connected }];
  const names = { ...slack.channels, ...people() };
  const changed = renew(container, shown, (message) => message.ts, (message) => (
    message.empty ? nothing(message) : one(message, names)));
  if (changed && atEnd) container.scrollTop = container.scrollHeight;
  showModal(slack.views.findLast((view) => view.user === me()) ?? null);
}

function people() {
  const choices = [...document.querySelectorAll("input[name=person]")];
  return { [BOT]: "Signalbox", ...Object.fromEntries(choices.map((choice) => [choice.value, choice.dataset.name])) };
}

function nothing({ connected }) {
  return h("p", { class: "empty" }, icon("semaphore", { className: "empty__mark" }),
    connected
      ? "No release yet. Push a commit, and its message appears here."
      : "Signalbox is not connected yet: the control plane is still being deployed.");
}

function one(message, names) {
  const fromBot = message.user === BOT;
  const author = names[message.user] ?? message.user;
  const body = message.blocks.length
    ? blocks(message.blocks, { names, press: (element, blockId) => press(message, element, blockId) })
    : h("div", { class: "block" }, rendered({ type: "mrkdwn", text: message.text }, names));
  return h("article", { class: "message", "aria-label": `${author}: ${message.text.slice(0, 120)}` },
    h("div", { class: fromBot ? "avatar avatar--bot" : "avatar", "aria-hidden": "true" },
      fromBot ? icon("semaphore") : author[0]),
    h("div", { class: "message__main" },
      h("p", { class: "message__head" },
        h("strong", {}, author),
        fromBot ? h("span", { class: "tag" }, "App") : null,
        h("time", {}, timeOfDay(Number(message.ts))),
        message.edited ? h("span", { class: "message__edited" }, `edited ${message.edited}×`) : null,
        message.only_for ? h("span", { class: "message__edited" }, "only visible to you") : null),
      body));
}

async function press(message, element, blockId) {
  if (element.url) window.open(element.url, "_blank", "noopener");
  if (element.confirm && !(await confirmed(element.confirm))) return;
  const wish = { ts: message.ts, action_id: element.action_id, block_id: blockId, user: me() };
  const answer = await post("/_sandbox/slack/click", wish);
  const problem = complaint(answer);
  if (problem) notice(problem, "danger");
  else if (answer.body.view) showModal(answer.body.view);
}
