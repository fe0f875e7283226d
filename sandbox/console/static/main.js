// The page: one stream of snapshots in, four panes out, and the buttons that push.

import { notice, post } from "./api.js";
import { showSlack } from "./channel.js";
import { showLines } from "./line.js";
import { showAlarms, showFacts } from "./panes.js";
import { followPerson } from "./person.js";

let latest = null;

function show() {
  if (!latest) return;
  showLines(latest.pipelines, latest.missing.pipelines);
  showAlarms(latest.alarms, latest.missing.alarms);
  showFacts(latest.facts, latest.missing.facts);
  showSlack(latest.slack);
}

function connection(state, text) {
  const element = document.getElementById("connection");
  element.dataset.state = state;
  element.textContent = text;
}

function follow() {
  const events = new EventSource("/console/events");
  events.addEventListener("snapshot", (event) => {
    latest = JSON.parse(event.data);
    connection("live", "Live");
    show();
  });
  events.addEventListener("error", () => connection("lost", "Connection lost, trying again…"));
}

const PUSHED = {
  good: "Pushed a commit.",
  bad: "Pushed a commit that breaks in production.",
  failing: "Pushed a commit whose tests fail.",
};

for (const button of document.querySelectorAll("[data-push]")) {
  button.addEventListener("click", async () => {
    const { push } = button.dataset;
    button.disabled = true;
    const answer = await post("/_sandbox/push", { kind: push });
    button.disabled = false;
    if (answer.ok) notice(PUSHED[push]);
    else notice(answer.body.error ?? `The push failed (${answer.status})`, "danger");
  });
}

followPerson(show);
follow();
