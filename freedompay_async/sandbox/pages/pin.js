"use strict";
const STEPS = {
  set: [
    { name: "pin", title: "Choose a PIN", hint: "Four digits that only you know.", next: "Continue" },
    { name: "again", title: "Enter the PIN again", hint: "To be sure of it.", next: "Set PIN" },
  ],
  reset: [
    { name: "pin", title: "Choose a new PIN", hint: "It takes the place of the one that was forgotten.", next: "Continue" },
    { name: "again", title: "Enter the new PIN again", hint: "To be sure of it.", next: "Reset PIN" },
  ],
  change: [
    { name: "current", title: "Enter the current PIN", hint: "Three wrong entries in a row block the card.", next: "Continue" },
    { name: "pin", title: "Choose a new PIN", hint: "Four digits that only you know.", next: "Continue" },
    { name: "again", title: "Enter the new PIN again", hint: "To be sure of it.", next: "Change PIN" },
  ],
};
const DONE = { set: "Your PIN is set", reset: "Your PIN is reset", change: "Your PIN is changed" };
const ENDS = {
  used: ["This link was used", "A link is good for one use. Ask for a new one where this one came from.", "wrong"],
  expired: ["This link has expired", "A link is good for a few minutes. Ask for a new one where this one came from.", "wrong"],
  unknown: ["This link is not known", "It may be incomplete. Ask for a new one where this one came from.", "wrong"],
  blocked: ["The card is blocked", "The PIN was entered wrong three times in a row.", "wrong"],
  refused: ["This can\u2019t be done", "The card has no PIN, or takes none now.", "wrong"],
};
const SIGNS = { right: "m15 25 6 6 12-13", wrong: "M24 14v13m0 6v.5" };
const MISTAKES = {
  wrong: "That is not the current PIN. Try again.",
  mismatch: "The two entries differ. Choose the PIN once more.",
  invalid: "That did not work. Start again.",
  lost: "The connection failed. Nothing was changed; try again.",
};

const part = (id) => document.getElementById(id);
const [entry, pin, next, message] = ["entry", "pin", "next", "message"].map(part);
const boxes = document.querySelectorAll(".box");
const { state, purpose } = document.body.dataset;
const steps = STEPS[purpose] ?? [];
let at = 0;
let chosen = "";
let busy = false;

function draw() {
  boxes.forEach((box, nth) => {
    box.classList.toggle("full", nth < pin.value.length);
    box.classList.toggle("next", nth === Math.min(pin.value.length, boxes.length - 1));
  });
  pin.readOnly = busy;
  next.setAttribute("aria-disabled", String(pin.value.length < 4 || busy));
}

function put(digits) {
  pin.value = digits.replace(/[^0-9]/g, "").slice(0, 4);
  if (pin.value) say("");
  draw();
}

function say(text) {
  message.textContent = text;
  entry.classList.toggle("wrong", text !== "");
}

function show(nth, mistake = "") {
  at = nth;
  const step = steps[at];
  part("step").textContent = `Step ${at + 1} of ${steps.length}`;
  part("title").textContent = step.title;
  part("hint").textContent = step.hint;
  next.textContent = step.next;
  put("");
  say(mistake);
}

function end(title, hint, look) {
  chosen = "";
  pin.value = "";
  entry.hidden = true;
  part("end").hidden = false;
  part("end").classList.add(look);
  part("sign").setAttribute("d", SIGNS[look]);
  part("end-title").textContent = title;
  part("end-hint").textContent = hint;
  document.title = title;
}

async function send(body) {
  try {
    const answer = await fetch(location.pathname, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20000),
    });
    return (await answer.json()).outcome;
  } catch {
    return "lost";
  }
}

async function submit() {
  if (busy) return;
  if (pin.value.length < 4) return say("Four digits are needed.");
  const digits = pin.value;
  const step = steps[at].name;
  // After a mistake the choice starts over, not the proof of the old PIN, which was right.
  const start = steps.findIndex((each) => each.name === "pin");
  if (step === "pin") {
    chosen = digits;
    return show(at + 1);
  }
  busy = true;
  draw();
  const outcome = await send(step === "current" ? { step: "current", pin: digits } : { step: "choose", pin: chosen, again: digits });
  busy = false;
  if (outcome === "right") show(start);
  else if (outcome === "done") finish(DONE[purpose], "It works from now on. You can go back.", "right");
  else if (outcome in ENDS) finish(...ENDS[outcome]);
  else {
    chosen = "";
    show(step === "current" ? at : start, MISTAKES[outcome] ?? MISTAKES.invalid);
  }
}

function finish(title, hint, look) {
  end(title, hint, look);
  part("end").focus();
}

if (state !== "open") {
  end(...(ENDS[state] ?? ENDS.unknown));
} else {
  entry.hidden = false;
  show(0);
  // In a frame the page around it decides where the focus is.
  if (window.top === window) pin.focus();
}

entry.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
  if (!entry.hidden) pin.focus();
});
pin.addEventListener("input", () => put(pin.value));
document.querySelector(".keypad").addEventListener("click", (event) => {
  const key = event.target.closest("button");
  if (!key || busy) return;
  const name = key.dataset.key ?? key.textContent;
  put(name === "clear" ? "" : name === "back" ? pin.value.slice(0, -1) : pin.value + name);
});
document.addEventListener("keydown", (event) => {
  if (entry.hidden || busy || event.target === pin || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^[0-9]$/.test(event.key)) put(pin.value + event.key);
  else if (event.key === "Backspace") put(pin.value.slice(0, -1));
  else if (event.key === "Enter" && event.target.tagName !== "BUTTON") entry.requestSubmit();
});
