// Building and renewing the page without innerHTML: text from outside is only ever text.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, listeners (`onclick: f`) and children; `null` children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** A symbol of icons.svg; without a label it is decoration. */
export function icon(name, { label = null, className = "icon" } = {}) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", className);
  svg.setAttribute("viewBox", "0 0 24 24");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/console/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Show `items` in `container`, one node per key. A node whose item has not changed stays as it is;
 * a renewed node keeps the focus that was in it (on the element with the same data-focus).
 */
export function renew(container, items, key, render) {
  const old = new Map([...container.children].map((node) => [node.dataset.key, node]));
  const focused = document.activeElement?.dataset?.focus;
  let refocus = null;
  const nodes = items.map((item) => {
    const id = key(item);
    const text = JSON.stringify(item);
    const known = old.get(id);
    if (known && known.renderedFrom === text) return known;
    const node = render(item);
    node.dataset.key = id;
    node.renderedFrom = text;
    if (known && focused && known.contains(document.activeElement)) refocus = [node, focused];
    return node;
  });
  const same = nodes.length === container.children.length
    && nodes.every((node, place) => node === container.children[place]);
  if (same) return false;
  settle(container, nodes);
  refocus?.[0].querySelector(`[data-focus="${CSS.escape(refocus[1])}"]`)?.focus();
  return true;
}

/** Make `nodes` the children of `container`, touching only what differs: the rest keeps its scroll. */
function settle(container, nodes) {
  const kept = new Set(nodes);
  for (const child of [...container.children]) if (!kept.has(child)) child.remove();
  nodes.forEach((node, place) => {
    if (container.children[place] !== node) container.insertBefore(node, container.children[place] ?? null);
  });
}

/** The time of day of an ISO text, of seconds, or "" for none. */
export function timeOfDay(value) {
  if (value === null || value === undefined || value === "") return "";
  const date = new Date(typeof value === "number" ? value * 1000 : value);
  if (Number.isNaN(date.getTime())) return "";
  return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}
