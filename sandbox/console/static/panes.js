// The alarms with their switches, and the ledger's latest facts.

import { notice, post } from "./api.js";
import { h, icon, renew, timeOfDay } from "./dom.js";

const ALARM_TONES = { OK: ["clear", "OK"], ALARM: ["danger", "In alarm"] };
const NO_DATA = ["idle", "No data yet"];

/** Show the alarms. */
export function showAlarms(alarms, missing) {
  const shown = alarms.length ? alarms : [{ name: "", empty: true, missing: missing ?? "" }];
  renew(document.getElementById("alarms"), shown, (alarm) => alarm.name, (alarm) => (
    alarm.empty ? h("li", { class: "empty", title: alarm.missing }, "No alarm is deployed yet.") : one(alarm)));
}

function one(alarm) {
  const [tone, word] = ALARM_TONES[alarm.state] ?? NO_DATA;
  const raised = alarm.state === "ALARM";
  return h("li", { class: "alarm", "data-tone": tone, "data-alarm": alarm.name, title: alarm.reason },
    h("span", { class: "semaphore" },
      icon("semaphore-post"), icon("semaphore-arm", { className: "semaphore__arm" })),
    h("div", { class: "alarm__text" },
      h("strong", { class: "alarm__name" }, alarm.name),
      h("span", { class: "alarm__state" }, word,
        alarm.updated ? h("time", {}, ` since ${timeOfDay(alarm.updated)}`) : null),
      raised && alarm.reason ? h("span", { class: "alarm__reason" }, alarm.reason) : null),
    h("button", {
      class: "switch", type: "button", role: "switch", "aria-checked": String(raised),
      "aria-label": `Alarm ${alarm.name}`, "data-focus": alarm.name,
      onclick: (event) => flip(event.currentTarget, alarm, raised),
    }, h("span", { class: "switch__knob" })));
}

async function flip(button, alarm, raised) {
  button.disabled = true;
  const wish = { state: raised ? "OK" : "ALARM", reason: "Set by hand on the sandbox's console" };
  const answer = await post(`/_sandbox/alarms/${encodeURIComponent(alarm.name)}`, wish);
  button.disabled = false;
  if (!answer.ok) notice(answer.body.error ?? `The alarm was not set (${answer.status})`, "danger");
}

const FACT_TONES = {
  SUCCEEDED: "clear", FAILED: "danger", STARTED: "moving", RESUMED: "moving", STOPPED: "idle",
  STOPPING: "caution", SUPERSEDED: "idle", CANCELED: "idle", ABANDONED: "idle",
};

/** Show the ledger's latest facts. */
export function showFacts(facts, missing) {
  const shown = facts.length ? facts : [{ key: "", empty: true, missing: missing ?? "" }];
  renew(document.getElementById("facts"), shown, (fact) => fact.key, (fact) => (
    fact.empty ? h("li", { class: "empty", title: fact.missing }, "The ledger is empty.") : row(fact)));
}

function row(fact) {
  const execution = fact.release.split(/[/#]/).at(-1) ?? "";
  return h("li", { class: "fact", "data-kind": fact.kind },
    h("time", { class: "mono" }, timeOfDay(fact.at)),
    h("span", { class: "fact__what" }, fact.what),
    h("span", { class: "fact__state", "data-tone": FACT_TONES[fact.state] ?? "idle" }, fact.state.toLowerCase()),
    h("span", { class: "mono fact__release", title: fact.release }, execution.slice(0, 8)));
}
