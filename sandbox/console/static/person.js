// Who is looking at the page.

const KEPT = "signalbox.person";

/** The Slack user id of the person who is chosen. */
export function me() {
  return document.querySelector("input[name=person]:checked").value;
}

/** Remember the choice over reloads, and tell `changed` of each new one. */
export function followPerson(changed) {
  const kept = sessionStorage.getItem(KEPT);
  for (const choice of document.querySelectorAll("input[name=person]")) {
    if (choice.value === kept) choice.checked = true;
    choice.addEventListener("change", () => {
      sessionStorage.setItem(KEPT, choice.value);
      changed();
    });
  }
}
