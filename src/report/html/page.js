"use strict";
(() => {
  const form = document.forms.find;
  const { q, kind, tag, show } = form.elements;
  const said = document.getElementById("count");
  const clear = form.querySelector("[type=reset]");
  const boxes = [...show];
  const entries = [...document.querySelectorAll("[data-n]")].map((node) => ({
    node,
    counts: node.dataset.n.split(" ").map(Number),
    kind: node.dataset.kind,
    tags: (node.dataset.tags || "").split(" "),
    group: node.closest("section"),
    text: null,
  }));
  const groups = [...document.querySelectorAll("main > section")];
  const total = Number(form.dataset.total);
  const here = entries.reduce((sum, entry) => sum + entry.counts.reduce((a, b) => a + b), 0);
  const left = here < total;

  const plural = (count, word, words) => `${count} ${count === 1 ? word : words}`;

  const apply = () => {
    const words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = boxes.map((box) => box.checked);
    let results = 0;
    let things = 0;
    const full = new Set();
    for (const entry of entries) {
      const counted = entry.counts.reduce((sum, count, at) => (wanted[at] ? sum + count : sum), 0);
      let seen =
        counted > 0 &&
        (!kind.value || kind.value === entry.kind) &&
        (!tag.value || entry.tags.includes(tag.value));
      if (seen && words.length > 0) {
        entry.text ??= entry.node.textContent.toLowerCase();
        seen = words.every((word) => entry.text.includes(word));
      }
      if (entry.node.hidden === seen) entry.node.hidden = !seen;
      if (seen) {
        results += counted;
        things += 1;
        full.add(entry.group);
      }
    }
    boxes.forEach((box) => document.body.classList.toggle(`hide-${box.value}`, !box.checked));
    const narrowed = words.length > 0 || kind.value !== "" || tag.value !== "" || !wanted.every(Boolean);
    for (const group of groups) group.hidden = narrowed && !full.has(group);
    clear.hidden = !narrowed;
    const short = left ? ", some are left out of this page" : "";
    said.textContent = narrowed
      ? `Showing ${results} of ${plural(total, "result", "results")}, in ${plural(things, "entry", "entries")}${short}.`
      : `Showing ${left ? `${results} of` : "all"} ${plural(total, "result", "results")}${short}.`;
  };

  // What is looked for stands in the address: a reload keeps it, and it can be sent to somebody.
  const read = () => {
    const wish = new URLSearchParams(location.hash.slice(1));
    const only = wish.get("show");
    const pick = (select, name) => {
      const option = [...select.options].find((one) => one.value !== "" && one.dataset.name === name);
      select.value = option ? option.value : "";
    };
    q.value = wish.get("q") || "";
    pick(kind, wish.get("kind"));
    pick(tag, wish.get("tag"));
    for (const box of boxes) box.checked = only === null || only.split(",").includes(box.value);
    apply();
  };
  const write = () => {
    const wish = new URLSearchParams();
    const picked = (select) => select.selectedOptions[0]?.dataset.name;
    if (q.value) wish.set("q", q.value);
    if (kind.value) wish.set("kind", picked(kind));
    if (tag.value) wish.set("tag", picked(tag));
    const on = boxes.filter((box) => box.checked).map((box) => box.value);
    if (on.length < boxes.length) wish.set("show", on.join(","));
    const text = wish.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    apply();
  };
  let soon = 0;
  const later = () => {
    clearTimeout(soon);
    soon = setTimeout(write, 150);
  };
  let edited = -Infinity;
  form.addEventListener("input", () => {
    edited = performance.now();
    later();
  });
  form.addEventListener("reset", later);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", read);
  for (const node of form.querySelectorAll("[data-script]")) node.hidden = false;
  read();

  const started = document.getElementById("started");
  const age = document.getElementById("age");
  const tell = () => {
    const seconds = Math.floor((Date.now() - Date.parse(started.dateTime)) / 1000);
    const units = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
    const [size, word] = units.find(([unit]) => seconds >= unit) || [1, ""];
    const count = Math.floor(seconds / size);
    // A clock that goes before the host's tells nothing.
    age.textContent = word ? `, ${plural(count, word, `${word}s`)} ago` : "";
  };
  tell();
  setInterval(tell, 1000);

  if (!("live" in document.body.dataset)) return;
  const live = document.getElementById("live");
  const message = document.getElementById("news");
  const button = live.querySelector("button");
  const news = (text, offer, warning) => {
    if (message.textContent !== text) message.textContent = text;
    button.hidden = !offer;
    live.classList.toggle("notice", warning);
    live.hidden = false;
  };
  // Nobody wants the page to go from under what they are typing, choosing or copying.
  const busy = () =>
    performance.now() - edited < 10000 ||
    document.activeElement?.tagName === "SELECT" ||
    String(getSelection()) !== "" ||
    document.hidden;
  const renew = () => {
    history.replaceState({ typing: document.activeElement === q }, "");
    location.reload();
  };
  button.addEventListener("click", renew);
  if (history.state?.typing) q.focus();
  let due = 0;
  const changed = () => {
    if (busy()) news("The results have changed.", true, false);
    if (due) return;
    // A host that changes all the time is shown anew every five seconds.
    due = setTimeout(() => {
      due = 0;
      if (busy()) changed();
      else renew();
    }, Math.max(1000, 5000 - performance.now()));
  };
  let lost = false;
  const events = new EventSource("events");
  const notices = Number(document.body.dataset.live);
  const isNews = (event) => {
    const run = JSON.parse(event.data);
    return run.notices !== notices || boxes.some((box) => run[box.value] !== Number(box.dataset.count));
  };
  events.addEventListener("verdict", changed);
  events.addEventListener("stale", (event) => {
    if (isNews(event)) changed();
  });
  events.addEventListener("run", (event) => {
    if (isNews(event)) changed();
    else if (!due) news(`Looked again at ${new Date().toISOString().slice(11, 19)} UTC: nothing has changed.`, false, false);
  });
  events.addEventListener("open", () => {
    // What happened in between nobody has told.
    if (lost) changed();
    lost = false;
  });
  events.addEventListener("error", () => {
    lost = true;
    news("The server does not answer: what is shown may be out of date.", true, true);
  });
})();
