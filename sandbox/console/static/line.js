// The line: a pipeline's stages as stations, with a signal for each and one for a held transition.

import { h, icon, renew, timeOfDay } from "./dom.js";

const TONES = {
  succeeded: ["clear", "check", "Succeeded"],
  inprogress: ["moving", "train", "In progress"],
  failed: ["danger", "cross", "Failed"],
  stopping: ["caution", "stop", "Stopping"],
  stopped: ["idle", "stop", "Stopped"],
  cancelled: ["idle", "barred", "Cancelled"],
  superseded: ["idle", "skip", "Superseded"],
  abandoned: ["idle", "stop", "Abandoned"],
};
const NOT_RUN = ["idle", "ring", "Not run yet"];
const WAITING = ["caution", "hand", "Waiting for approval"];

/** Show every pipeline's line. */
export function showLines(pipelines, missing) {
  const shown = pipelines.length ? pipelines : [{ name: "", empty: true, missing: missing ?? "" }];
  renew(document.getElementById("lines"), shown, (pipeline) => pipeline.name, (pipeline) => (
    pipeline.empty ? nothing(pipeline) : line(pipeline)));
}

function nothing({ missing }) {
  return h("p", { class: "empty", title: missing }, "No pipeline is deployed yet.");
}

function line(pipeline) {
  return h("div", { class: "line" },
    h("h3", { class: "line__name" }, pipeline.name),
    h("ol", { class: "track", "aria-label": `Stages of ${pipeline.name}` }, pipeline.stages.map(station)),
    journeys(pipeline.executions ?? []));
}

function signalOf(stage) {
  const waiting = stage.actions.some((action) => action.status === "WaitingForApproval");
  return waiting ? WAITING : toneOf(stage.status);
}

function toneOf(status) {
  return TONES[(status ?? "").toLowerCase().replaceAll(/[^a-z]/g, "")] ?? NOT_RUN;
}

function station(stage) {
  const [tone, symbol, word] = signalOf(stage);
  const held = stage.transition && stage.transition.enabled === false;
  return h("li", { class: "station", "data-tone": tone, "data-stage": stage.name },
    held ? h("span", { class: "held", title: stage.transition.reason || "" },
      icon("lock"), h("span", { class: "held__word" }, "Held")) : null,
    h("span", { class: "lamp" }, icon(symbol)),
    h("div", { class: "station__text" },
      h("strong", { class: "station__name" }, stage.name),
      h("span", { class: "station__state" }, word),
      stage.execution ? h("span", { class: "mono station__execution" }, short(stage.execution)) : null,
      held && stage.transition.reason ? h("span", { class: "station__why" }, stage.transition.reason) : null));
}

function journeys(executions) {
  if (!executions.length) return null;
  return h("details", { class: "journeys" },
    h("summary", {}, `${executions.length} latest ${executions.length === 1 ? "execution" : "executions"}`),
    h("ul", {}, executions.map(journey)));
}

function journey(execution) {
  const [tone, symbol, word] = toneOf(execution.status);
  return h("li", { "data-tone": tone },
    h("span", { class: "sign", "data-tone": tone }, icon(symbol)),
    h("span", { class: "mono" }, short(execution.pipelineExecutionId)),
    h("span", {}, word),
    h("span", { class: "quiet" }, [timeOfDay(execution.startTime), execution.trigger?.triggerType, subject(execution)]
      .filter(Boolean).join(" · ")));
}

/** The first line of the commit's message; CodeConnections wraps the message in JSON. */
function subject(execution) {
  const summary = execution.sourceRevisions?.[0]?.revisionSummary ?? "";
  let message = summary;
  try {
    message = JSON.parse(summary).CommitMessage ?? summary;
  } catch {
    // CodeCommit's summary is the message itself
  }
  return message.split("\n")[0];
}

function short(id) {
  return id.slice(0, 8);
}
