// The page of journal edit. The file on disk is the truth; this page holds, for every field, the
// words it last saw there (base) and what stands in the text area. What differs is sent with its
// base, so that the server can tell a change from a conflict; until the server has it, it also lies
// in this browser's storage, under the id of this tab, and is offered again after a crash.
"use strict";

const SAVE_AFTER = 700; // milliseconds without a key
const SAVE_AT_LATEST = 3000; // milliseconds of typing
const PREVIEW_AFTER = 200;
const LOOK_EVERY = 2000;
const MOST_AT_THE_END = 60000; // characters that a browser sends for a page that is closing
const WORDS = { answered: "answered", skipped: "left out on purpose", unanswered: "open" };
const SKIPPED = "(skipped)";

const page = JSON.parse(document.getElementById("page-state").textContent);
const tab = crypto.randomUUID();
const drawer = `journal ${page.folder} `;
const status = document.getElementById("status");
const fields = [...document.querySelectorAll(".field")].map(makeField);
const byKey = new Map(fields.map((field) => [field.key, field]));

let version = page.version;
let missing = false;
let saving = null; // the save under way
let again = false;
let timer = 0;
let dirtySince = 0;

// ---- Fields

/** Words as the server holds them: no blank lines around, \n at line ends. */
function trimmed(words) {
  return words
    .replace(/\r\n?/g, "\n")
    .replace(/^\ufeff?(?:[ \t]*\n)*/, "")
    .replace(/[ \t\n]+$/, "");
}

function makeField(element) {
  const find = (what) => element.querySelector(what);
  const field = {
    element,
    key: element.dataset.key,
    area: find("textarea"),
    skip: find(".skip-question"),
    base: page.fields[element.dataset.key] ?? "",
    conflict: null, // the panel with what the file has, while the two differ
    refused: false, // the server found that these words would hide other fields
    gone: false, // the file has this field no longer
    timer: 0,
  };
  field.area.value = field.base;
  field.area.addEventListener("input", () => written(field));
  field.area.addEventListener("blur", () => save());
  field.skip?.addEventListener("click", () => toggleSkip(field));
  return field;
}

const isDirty = (field) => trimmed(field.area.value) !== field.base;
const isWaiting = (field) =>
  isDirty(field) && !field.conflict && !field.refused && !field.gone;

/** The student changed a field. */
function written(field) {
  field.refused = false;
  keep(field);
  grow(field);
  clearTimeout(field.timer);
  field.timer = setTimeout(() => preview(field), PREVIEW_AFTER);
  dirtySince ||= Date.now();
  if (status.dataset.state === "saved") status.dataset.state = "waiting";
  clearTimeout(timer);
  const left = Math.max(0, dirtySince + SAVE_AT_LATEST - Date.now());
  timer = setTimeout(save, Math.min(SAVE_AFTER, left));
}

/** Put words into a field as if they had been typed. */
function write(field, words) {
  field.area.value = words;
  written(field);
}

/** Show what the file has in a field, the cursor where it was. */
function show(field, words) {
  field.base = words;
  field.refused = false;
  if (trimmed(field.area.value) !== words) {
    const { selectionStart, selectionEnd } = field.area;
    field.area.value = words;
    if (document.activeElement === field.area) {
      field.area.setSelectionRange(selectionStart, selectionEnd);
    }
    grow(field);
    preview(field);
  }
  keep(field);
}

function grow(field) {
  if (CSS.supports("field-sizing", "content")) return;
  field.area.style.height = "auto";
  field.area.style.height = `${field.area.scrollHeight + 2}px`;
}

function toggleSkip(field) {
  const words = trimmed(field.area.value);
  if (!words) {
    write(field, SKIPPED);
  } else {
    // A reason that was given stays as words of its own.
    write(field, words.replace(/^[*_ ]*\(?skip(ped)?[.!]?[:,;\s]*/i, "").replace(/\)?[*_ .!]*$/, ""));
  }
  preview(field);
}

async function preview(field) {
  clearTimeout(field.timer);
  const words = trimmed(field.area.value);
  const { number, below, intact } = field.element.dataset;
  const asked = { words, number: +number, below: +below, intact: intact === "yes" };
  const made = await ask("/preview", asked).catch(() => null);
  if (!made?.ok || words !== trimmed(field.area.value)) return;
  const { html, count, state } = made.told;
  const element = field.element;
  const shown = element.querySelector(".preview");
  shown.hidden = !words || state === "skipped";
  shown.firstElementChild.innerHTML = html; // cleaned by the server as the journal's own words are
  element.querySelector(".count").textContent = count;
  element.dataset.state = state;
  if (field.skip) {
    element.querySelector(".answered").textContent = WORDS[state];
    field.skip.hidden = state === "answered";
    field.skip.setAttribute("aria-pressed", String(state === "skipped"));
  }
  sumUp();
}

function sumUp() {
  const counts = fields.map((field) => +field.element.querySelector(".count").textContent);
  document.getElementById("total").textContent = counts.reduce((sum, count) => sum + count, 0);
  const open = fields.filter(
    ({ element }) => element.dataset.asked === "yes" && element.dataset.state === "unanswered",
  );
  document.getElementById("open").textContent = open.length;
}

// ---- Saving

async function ask(path, told, options = {}) {
  const headers = told === undefined ? {} : { "Content-Type": "application/json" };
  const body = told === undefined ? undefined : JSON.stringify(told);
  const method = body === undefined ? "GET" : "POST";
  const reply = await fetch(path, { method, headers, body, ...options });
  return { ok: reply.ok, told: await reply.json() };
}

function changes(those = isWaiting) {
  return fields.filter(those).map((field) => ({
    key: field.key,
    base: field.base,
    words: trimmed(field.area.value),
  }));
}

/** Send what has changed; one save at a time, and another if something changed meanwhile. */
function save({ anew = false, aloud = false } = {}) {
  clearTimeout(timer);
  if (saving) {
    again = true;
    return saving;
  }
  saving = send(anew, aloud).finally(() => {
    saving = null;
    if (again) {
      again = false;
      save();
    }
  });
  return saving;
}

async function send(anew, aloud) {
  const sent = changes();
  dirtySince = 0;
  if (!anew && (missing || !sent.length)) return sayState(aloud);
  let reply;
  try {
    reply = await ask("/save", { changes: sent, anew });
  } catch {
    return sayStopped();
  }
  if (!reply.ok) return fail(`Not saved. ${reply.told.error} Your words are kept in this browser.`);
  if (!reply.told.missing) {
    const { conflicts, hiding } = reply.told;
    for (const { key, words } of sent) {
      const field = byKey.get(key);
      if (hiding.includes(key)) field.refused = true;
      else if (!(key in conflicts)) field.base = words;
      keep(field);
    }
  }
  adopt(reply.told);
  return sayState(aloud);
}

/** Take over what the file has where nothing was written here; elsewhere show both. */
function adopt(told) {
  version = told.version;
  setMissing(told.missing);
  if (told.missing) return;
  for (const field of fields) {
    const theirs = told.fields[field.key] ?? (field.key === "stray" ? "" : undefined);
    field.gone = theirs === undefined;
    if (field.gone) {
      say("gone", "A question on this page is no longer in reflections.md.", [reload]);
    } else if (theirs === field.base) {
      settle(field);
    } else if (!isDirty(field) || trimmed(field.area.value) === theirs) {
      settle(field);
      show(field, theirs);
    } else if (!field.conflict || field.conflict.theirs !== theirs) {
      settle(field);
      field.conflict = disagree(field, theirs);
    }
  }
  if (Object.keys(told.fields).some((key) => !byKey.has(key))) {
    say("new", "There is something new in reflections.md that this page does not show yet.", [reload]);
  }
}

/** Look whether somebody else changed the file, and whether the server is there. */
async function look() {
  if (saving || document.hidden) return;
  try {
    const reply = await ask(`/state?version=${version}`);
    if (!reply.ok) fail(`Not saved. ${reply.told.error} Your words are kept in this browser.`);
    else if (saving) return;
    else {
      if ("fields" in reply.told) adopt(reply.told);
      if (fields.some(isWaiting) && !dirtySince) save();
      else sayState();
    }
  } catch {
    sayStopped();
  }
  offerDrafts();
}

/** The page is being left: send what is not saved yet without waiting for the answer. */
function leave() {
  const sent = changes();
  const body = JSON.stringify({ changes: sent });
  if (!sent.length || missing || body.length > MOST_AT_THE_END) return;
  const headers = { "Content-Type": "application/json" };
  fetch("/save", { method: "POST", headers, body, keepalive: true }).catch(() => {});
}

// ---- Saying how it stands

function tell(state, words) {
  status.dataset.state = state;
  if (status.textContent !== words) status.textContent = words;
}

const fail = (words) => tell("failed", words);

function sayStopped() {
  const unsaved = fields.some(isDirty);
  fail(
    unsaved
      ? "Not saved: journal edit has been stopped. Your words are kept in this browser; start it again."
      : "journal edit has been stopped. All is saved; start it again to go on.",
  );
}

function sayState(aloud = false) {
  if (missing) return fail("Not saved: reflections.md is gone. Your words are on this page.");
  if (fields.some((field) => field.conflict)) {
    return fail("Not all is saved: choose which words to keep where two differ.");
  }
  if (fields.some((field) => field.gone && isDirty(field))) {
    return fail(
      "Not all is saved: what you changed is no longer in reflections.md. Copy your words from here.",
    );
  }
  if (fields.some((field) => field.refused)) {
    return fail(
      "Not all is saved: a field holds a line like the tool's own (<!-- … -->), a heading of " +
        "another section, or a code block (```) without an end, and would hide what follows.",
    );
  }
  if (fields.some(isWaiting)) return void (status.dataset.state = "waiting");
  tell("saved", aloud ? `Saved at ${new Date().toLocaleTimeString()}` : "Saved");
}

/** A remark above the sections, once for each name. */
function say(name, words, actions) {
  const notices = document.getElementById("notices");
  if (notices.querySelector(`[data-name="${name}"]`)) return;
  const made = document.getElementById("notice").content.cloneNode(true).firstElementChild;
  made.dataset.name = name;
  made.setAttribute("aria-label", words);
  made.querySelector("p").textContent = words;
  for (const [label, act] of actions) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => act(made));
    made.querySelector(".buttons").append(button);
  }
  notices.append(made);
}

const reload = ["Load the page anew", () => save().then(() => location.reload())];

function setMissing(now) {
  if (now && !missing) {
    say("missing", "reflections.md is no longer there. What this page shows can be written again.", [
      [
        "Write it again",
        async (notice) => {
          missing = false;
          for (const field of fields) field.base = "";
          await save({ anew: true });
          notice.remove();
        },
      ],
    ]);
  }
  if (!now && missing) document.querySelector('[data-name="missing"]')?.remove();
  missing = now;
}

// ---- Two texts for one field

function panel(field, title, words, labels, take) {
  const made = document.getElementById("other").content.cloneNode(true).firstElementChild;
  made.setAttribute("aria-label", title);
  made.querySelector(".other-title").textContent = title;
  made.querySelector(".other-text").textContent = words || "(nothing)";
  for (const button of made.querySelectorAll("button")) {
    button.textContent = labels[button.dataset.take] ?? button.textContent;
    button.addEventListener("click", () => {
      take(button.dataset.take);
      field.area.focus();
    });
  }
  field.element.querySelector(".others").append(made);
  return made;
}

const together = (first, second) => [first, second].filter(Boolean).join("\n\n");

/** The file has other words than those the student began with here. */
function disagree(field, theirs) {
  const title =
    "This was also changed elsewhere, in another tab or editor. Yours stand above and are not saved yet; these stand in reflections.md:";
  const labels = { theirs: "Take these", mine: "Keep mine" };
  const element = panel(field, title, theirs, labels, (choice) => {
    const mine = trimmed(field.area.value);
    settle(field);
    field.base = theirs;
    if (choice === "theirs") field.area.value = theirs;
    if (choice === "both") field.area.value = together(theirs, mine);
    written(field);
    save();
  });
  return { element, theirs };
}

function settle(field) {
  field.conflict?.element.remove();
  field.conflict = null;
}

// ---- What this browser keeps until it is saved

const draftName = (field) => `${drawer}${tab} ${field.key}`;

function keep(field) {
  try {
    if (isDirty(field)) {
      const draft = { words: field.area.value, base: field.base, at: Date.now() };
      localStorage.setItem(draftName(field), JSON.stringify(draft));
    } else {
      localStorage.removeItem(draftName(field));
    }
  } catch {
    // Storage is full or not allowed; the page itself still holds the words.
  }
}

/** Offer what other tabs could not save, unless they are still open. */
async function offerDrafts() {
  const held = (await navigator.locks?.query())?.held ?? [];
  const alive = new Set(held.map((lock) => lock.name));
  const names = Object.keys(localStorage).filter((name) => name.startsWith(drawer));
  for (const shown of document.querySelectorAll("[data-draft]")) {
    if (!names.includes(shown.dataset.draft)) shown.remove();
  }
  for (const name of names) {
    const [owner, ...rest] = name.slice(drawer.length).split(" ");
    if (owner === tab || alive.has(`${drawer}${owner}`)) continue;
    const field = byKey.get(rest.join(" "));
    const draft = JSON.parse(localStorage.getItem(name) ?? "null");
    const forget = () => localStorage.removeItem(name);
    if (!draft || (field && trimmed(draft.words) === field.base)) forget();
    else if (!document.querySelector(`[data-draft="${CSS.escape(name)}"]`)) offer(name, field, draft, forget);
  }
}

function offer(name, field, draft, forget) {
  const when = new Date(draft.at).toLocaleString();
  const title = `Kept in this browser, not saved, from ${when}:`;
  if (!field) {
    const words = `${title} ${draft.words}`;
    say(name, words, [["Forget this", (notice) => (forget(), notice.remove())]]);
    return;
  }
  const labels = { theirs: "Take these", mine: "Forget these" };
  const made = panel(field, title, draft.words, labels, (choice) => {
    made.remove();
    if (choice === "theirs") write(field, draft.words);
    if (choice === "both") write(field, together(trimmed(field.area.value), draft.words));
    forget();
  });
  made.dataset.draft = name;
}

// ---- Keys, and the beginning

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (event.key.toLowerCase() === "s" && !event.shiftKey) {
    event.preventDefault();
    save({ aloud: true });
  } else if (event.key === "Enter") {
    const areas = fields.map((field) => field.area);
    const here = areas.findIndex((area) => area.parentElement.contains(document.activeElement));
    const next = areas[here + (event.shiftKey ? -1 : 1)];
    if (next) {
      event.preventDefault();
      next.focus();
      next.scrollIntoView({ block: "center" });
    }
  }
});

const previews = document.getElementById("previews");
function setPreviews(shown) {
  document.body.classList.toggle("no-previews", !shown);
  previews.setAttribute("aria-pressed", String(shown));
}
previews.addEventListener("click", () => {
  const shown = previews.getAttribute("aria-pressed") !== "true";
  setPreviews(shown);
  localStorage.setItem("journal previews", String(shown));
});
setPreviews(localStorage.getItem("journal previews") !== "false");

addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", () => (document.hidden ? save() : look()));
// Held as long as this tab lives, so that others can tell its drafts from those of a closed one.
navigator.locks?.request(`${drawer}${tab}`, () => new Promise(() => {}));
fields.forEach(grow);
offerDrafts();
setInterval(look, LOOK_EVERY);
document.documentElement.dataset.ready = "yes";
