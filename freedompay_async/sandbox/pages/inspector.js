"use strict";
const KEPT = 200;
const part = (id) => document.getElementById(id);
const known = new Map();
let run = "";
let selected = null;

// Every text goes through here, so that nothing that came in is ever read as HTML.
function make(tag, look, ...content) {
  const node = document.createElement(tag);
  if (look) node.className = look;
  node.append(...content.map((each) => (each instanceof Node ? each : String(each ?? ""))));
  return node;
}

async function read(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.json();
}

const two = (number, size = 2) => String(number).padStart(size, "0");
function time(seconds) {
  const at = new Date(seconds * 1000);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${two(at.getMilliseconds(), 3)}`;
}
const day = (text) => make("td", "time", new Date(text).toLocaleString("sv"));
const lasted = (row) => (row.took === null ? "" : row.took < 0.1 ? (row.took * 1000).toFixed(1) : Math.round(row.took * 1000));

function lookOf(verdict) {
  if (verdict === "ok" || verdict === "repeated") return "quiet";
  if (verdict.includes("fault:")) return "fault";
  return verdict === "bad signature" || verdict === "unauthorized" ? "wrong" : "amiss";
}
function httpOf(row) {
  if (row.sent === null) return make("span", "quiet", "\u2026");
  if (row.sent === "nothing") return make("span", "fault", "none");
  const look = row.http < 400 ? "" : row.http < 500 ? "amiss" : "wrong";
  return make("span", look, row.sent === "part" ? `${row.http} cut` : row.http);
}
function signatureOf(row) {
  if (!row.signature) return make("span", "quiet", "\u2013");
  return make("span", row.signature, row.signature === "right" ? "\u2713 right" : "\u2717 wrong");
}

function draw(entry) {
  const { row, line } = entry;
  const call = make("button", "call", make("span", "method", row.method), row.call ?? row.path);
  call.type = "button";
  const request = make("td", "request", call);
  if (row.why) request.append(make("div", "why", row.why));
  const focused = line.contains(document.activeElement);
  line.replaceChildren(
    make("td", "time", time(row.at)), request, make("td", "", make("span", lookOf(row.verdict), row.verdict)),
    make("td", "", signatureOf(row)), make("td", "number", httpOf(row)), make("td", "number", lasted(row)),
  );
  if (focused) call.focus();
}

function take(row) {
  let entry = known.get(row.number);
  if (!entry) {
    entry = { row, line: make("tr") };
    entry.line.addEventListener("click", () => {
      entry.line.querySelector("button").focus({ preventScroll: true });
      select(row.number);
    });
    known.set(row.number, entry);
    part("rows").prepend(entry.line);
    if (known.size > KEPT) {
      const [oldest, gone] = known.entries().next().value;
      gone.line.remove();
      known.delete(oldest);
    }
  }
  entry.row = row;
  draw(entry);
  sift(entry);
  if (row.number === selected) open(row.number);
}

function sift(entry) {
  const { row, line } = entry;
  const wanted = part("filter").value.trim().toLowerCase();
  const text = `${row.method} ${row.path} ${row.call ?? ""} ${row.verdict} ${row.why} ${row.http ?? ""}`.toLowerCase();
  const fine = ["ok", "repeated"].includes(row.verdict) && (row.http === null || row.http < 400);
  line.hidden = !text.includes(wanted) || (part("amiss").checked && fine);
}

function count() {
  const lines = [...known.values()];
  const shown = lines.filter((each) => !each.line.hidden).length;
  part("shown").textContent = shown === lines.length ? `${shown} of the last ${KEPT}` : `${shown} of ${lines.length}`;
  part("nothing").hidden = lines.length > 0;
}

function select(number) {
  known.get(selected)?.line.removeAttribute("aria-current");
  selected = number;
  known.get(number)?.line.setAttribute("aria-current", "true");
  part("detail").scrollTop = 0;
  open(number);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function block(title, note, content, copied) {
  const head = make("div", "", make("h3", "", title), make("span", "note", note));
  if (copied) {
    const copy = make("button", "link", "Copy");
    copy.type = "button";
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(copied);
      copy.textContent = "Copied";
    });
    head.append(copy);
  }
  return make("div", "block", head, content);
}

function facts(pairs) {
  return make("dl", "facts", ...pairs.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
}

const SENT = { nothing: "It never left: the connection was closed first", part: "Only half of it left", whole: "" };
async function open(number) {
  let whole;
  try {
    whole = await read(`/sandbox/requests/${number}`);
  } catch {
    return part("detail").replaceChildren(make("p", "empty", `Request ${number} is not kept any more.`));
  }
  if (number !== selected) return;
  const verdict = make("span", lookOf(whole.verdict), whole.verdict);
  const parts = [
    make("h2", "", `${whole.method} ${whole.path}`),
    facts([
      ["Verdict", verdict], ["Signature", signatureOf(whole)], ["HTTP", httpOf(whole)],
      ["Duration", whole.took === null ? "under way" : `${lasted(whole)} ms`], ["Received", `${time(whole.at)}, number ${whole.number}`],
    ]),
  ];
  if (whole.why) parts.push(make("div", "reason", make("b", "", "Why it was turned away"), whole.why));
  const table = make("table", "headers", ...whole.headers.map(([name, value]) => make("tr", "", make("th", "", name), make("td", "", value))));
  const cut = whole.cut ? `, the first ${whole.cut} of them here` : "";
  if (whole.sent) parts.push(block("Answer", SENT[whole.sent], make("pre", "", pretty(whole.answer)), whole.answer));
  if (whole.size) parts.push(block("Body", `${whole.size} bytes${cut}`, make("pre", "", whole.body), whole.body));
  if (whole.signed) parts.push(block("Signed bytes", "exactly what the signature is checked over", make("pre", "", whole.signed), whole.signed));
  parts.push(block("Headers", "", table));
  part("detail").replaceChildren(...parts);
}

function grid(names, rows, empty) {
  if (!rows.length) return [make("p", "empty", empty)];
  const head = make("thead", "", make("tr", "", ...names.map((name) => make("th", "", name))));
  const lines = rows.map((cells) => make("tr", "", ...cells.map((cell) => (cell?.tagName === "TD" ? cell : make("td", "", cell ?? "\u2013")))));
  return [make("table", "books", head, make("tbody", "", ...lines))];
}
const id = (text) => make("td", "id", text ?? "\u2013");
const newest = (rows, total, what) => (total > rows.length ? [make("p", "caption", `The newest ${rows.length} of ${total} ${what}`)] : []);
const STATUS_LOOK = { active: "right", blocked: "wrong", closed: "quiet", issued: "" };
const GIFT_STATUS = ["unknown", "issued", "activated", "cancelled", "blocked", "expired"];

const VIEWS = {
  async open(about) {
    const rows = await read("/sandbox/open");
    const cells = rows.map((each) => [id(each.request_id), id(each.call), make("td", "time", time(each.at))]);
    const held = about.hold ? [make("p", "caption amiss", "The sandbox is on hold: nothing finishes by itself.")] : [];
    return [...held, ...grid(["Request", "Call", "Since"], cells, `Among the last ${KEPT} requests none is in process.`)];
  },
  async cards() {
    const { cards, total } = await read("/sandbox/cards");
    const cells = cards.map((card) => [
      id(card.card_id), make("span", STATUS_LOOK[card.status] ?? "", card.status), id(card.card_mask), id(card.client_id), card.phone,
      card.product_id, card.pin_set ? (card.wrong_pins ? make("span", "amiss", `set, ${card.wrong_pins} wrong`) : "set") : make("span", "quiet", "not set"),
      day(card.created_at),
    ]);
    const names = ["Card", "Status", "Mask", "Client", "Phone", "Product", "PIN", "Made"];
    return [...newest(cards, total, "cards"), ...grid(names, cells, "No cards yet.")];
  },
  async gifts() {
    const { cards, total } = await read("/sandbox/gift-cards");
    const cells = cards.map((card) => [
      id(card.card_id), GIFT_STATUS[card.card_status] ?? card.card_status, card.product_code, card.cardholder_name, id(card.phone),
      id(card.sms.join("  ") || null), day(card.created_at),
    ]);
    const names = ["Gift card", "Status", "Product", "Holder", "Phone", "Codes by SMS, newest last", "Made"];
    return [...newest(cards, total, "gift cards"), ...grid(names, cells, "No gift cards yet.")];
  },
  async connect(about) {
    const settings = `export FREEDOMPAY_BASE_URL=${about.base_url} FREEDOMPAY_REGION=KZ FREEDOMPAY_AUTH_ID=${about.auth_id}`;
    const hashdt = `base URL      ${about.base_url}\nx-api-key     ${about.hashdt_api_key}\naccess token  ${about.hashdt_token}`;
    const links = ["/sandbox/ledger", "/sandbox/health"].flatMap((path) => {
      const link = make("a", "link", path);
      link.href = path;
      return [link, make("br")];
    });
    return [
      block("Card API", "FREEDOMPAY_SECRET_KEY is the one the sandbox was started with: sandbox-secret, unless you chose another", make("pre", "", settings), settings),
      block("Hosted PIN pages", "any card of this sandbox, or any other card id", make("pre", "", hashdt), hashdt),
      block("For programs", "", make("p", "", ...links)),
    ];
  },
};

const COUNTS = { calls: "calls", requests: "accepted", clients: "clients", cards: "cards", gift_cards: "gift cards", messages: "SMS" };
let view = "requests";
let due = null;
let refreshed = 0;

async function refresh() {
  due = null;
  refreshed = Date.now();
  try {
    const about = await read("/sandbox/about");
    part("counts").replaceChildren(...Object.entries(COUNTS).map(([name, label]) => make("div", "", make("dt", "", label), make("dd", "", about.counts[name]))));
    const asked = view;
    const content = asked in VIEWS ? await VIEWS[asked](about) : [];
    if (asked === view && asked in VIEWS) part(asked).replaceChildren(...content);
    // What is in process ends without a request.
    if (asked === "open" && part("open").querySelector("td")) soon(1000);
  } catch {
    // The sandbox is away; the stream of events tells when it is back.
  }
}
function soon(pause = 50) {
  due ??= setTimeout(refresh, Math.max(pause, 700 - (Date.now() - refreshed)));
}

const tabs = [...document.querySelectorAll("[role=tab]")];
function turn(tab) {
  for (const each of tabs) {
    each.setAttribute("aria-selected", String(each === tab));
    each.tabIndex = each === tab ? 0 : -1;
    part(each.getAttribute("aria-controls")).hidden = each !== tab;
  }
  view = tab.getAttribute("aria-controls");
  refresh();
}
tabs.forEach((tab, nth) => {
  tab.addEventListener("click", () => turn(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(nth + step + tabs.length) % tabs.length];
    next.focus();
    turn(next);
  });
});
part("to-connect").addEventListener("click", () => turn(part("tab-connect")));

for (const kind of ["input", "change"]) {
  document.querySelector(".tools").addEventListener(kind, () => {
    known.forEach(sift);
    count();
  });
}
part("rows").addEventListener("keydown", (event) => {
  const side = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!side) return;
  event.preventDefault();
  let line = event.target.closest("tr")[side];
  while (line?.hidden) line = line[side];
  line?.querySelector("button").focus();
  line?.click();
});

function tell(text, on) {
  part("live-text").textContent = text;
  part("live").classList.toggle("on", on);
}
const events = new EventSource("/sandbox/events");
events.addEventListener("open", () => tell("live", true));
events.addEventListener("error", () => tell("reconnecting", false));
events.addEventListener("run", (event) => {
  if (run && run !== event.data) {
    known.clear();
    part("rows").replaceChildren();
  }
  run = event.data;
});
events.addEventListener("request", (event) => {
  take(JSON.parse(event.data));
  count();
});
events.addEventListener("books", () => soon());
