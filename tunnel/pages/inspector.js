// The inspector's page: asks its own server and nobody else. Builds every node by hand, so that
// nothing a callback holds is ever read as HTML.
"use strict";
(function () {
  const TOKEN_KEY = "tollgate-inspector-token";
  const LANGUAGE_KEY = "tollgate-inspector-language";
  const POLL_MS = 700;
  const LOST_MS = 2000;
  const LINES_MAX = 600;
  const TABS = ["decoded", "raw", "answers", "replay", "compare", "curl"];
  const byId = id => document.getElementById(id);

  const state = {
    language: "zh", token: "", lines: [], version: "", more: false, side: "laptop", keys: 0, live: null,
    chosen: 0, tab: "decoded", detail: null, reveal: false, fresh: new Set(), began: false,
  };

  // --- words ----------------------------------------------------------------------------------

  const word = name => WORDS[state.language][name];
  function reason(verdict) {
    return WORDS[state.language].reasons[verdict.code] || verdict.reason;
  }
  function chosenLanguage() {
    const kept = localStorage.getItem(LANGUAGE_KEY);
    if (kept === "zh" || kept === "en") return kept;
    return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  }
  const number = value => new Intl.NumberFormat(state.language).format(value);
  function clock(time) {
    const at = new Date(time);
    const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };
    if (at.toDateString() !== new Date().toDateString()) Object.assign(options, { month: "numeric", day: "numeric" });
    return new Intl.DateTimeFormat(state.language === "zh" ? "zh-CN" : "en-GB", options).format(at);
  }

  // --- nodes ----------------------------------------------------------------------------------

  function node(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value === undefined || value === false) continue;
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (key === "class") made.className = value;
      else made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat().filter(child => child !== undefined && child !== null && child !== false && child !== ""));
    return made;
  }
  const badge = (text, kind) => node("span", { class: `badge ${kind || ""}` }, text);

  // --- asking ---------------------------------------------------------------------------------

  class Refused extends Error {
    constructor(status, message) {
      super(message);
      this.status = status;
    }
  }
  async function ask(path, options = {}) {
    const reply = await fetch(path, {
      ...options, cache: "no-store", credentials: "omit", redirect: "error",
      headers: { Authorization: `Bearer ${state.token}`, ...options.headers },
    });
    if (reply.ok) return reply;
    const told = await reply.json().catch(() => ({}));
    throw new Refused(reply.status, told.message || `status ${reply.status}`);
  }
  const askJson = async (path, options) => (await ask(path, options)).json();

  function question(more) {
    const wanted = { q: byId("text").value.trim(), state: byId("state").value, ...more };
    return new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
  }

  let timer = 0;
  let asking = 0;
  function pollSoon(ms) {
    clearTimeout(timer);
    timer = setTimeout(poll, ms);
  }
  async function poll() {
    const mine = ++asking;
    try {
      const told = await askJson(`/api/exchanges?${question({ known_version: state.version })}`);
      if (mine !== asking) return;
      setLive(true);
      if (!told.unchanged) takeLines(told);
      pollSoon(POLL_MS);
    } catch (problem) {
      if (mine !== asking) return;
      if (problem.status === 401) return showGate(true);
      setLive(false);
      pollSoon(LOST_MS);
    }
  }
  function askAnew() {
    state.version = "";
    state.lines = [];
    state.began = false;
    pollSoon(0);
  }

  function takeLines(told) {
    const known = new Set(state.lines.map(line => line.id));
    const oldest = told.exchanges.length ? told.exchanges[told.exchanges.length - 1].id : Infinity;
    // Older pages that somebody has asked for stay below.
    const below = told.more ? state.lines.filter(line => line.id < oldest) : [];
    state.fresh = state.began ? new Set(told.exchanges.map(line => line.id).filter(id => !known.has(id))) : new Set();
    if (below.length === 0) state.more = told.more;
    state.lines = told.exchanges.concat(below).slice(0, LINES_MAX);
    Object.assign(state, { version: told.version, side: told.side, keys: told.keys, began: true });
    showList();
    const line = state.lines.find(one => one.id === state.chosen);
    if (line && state.detail && JSON.stringify(line) !== state.detail.seen) loadDetail();
  }
  async function loadOlder() {
    const last = state.lines[state.lines.length - 1];
    const told = await askJson(`/api/exchanges?${question({ before: last.id })}`);
    state.lines = state.lines.concat(told.exchanges).slice(0, LINES_MAX);
    state.more = told.more && state.lines.length < LINES_MAX;
    showList();
  }

  // --- the list -------------------------------------------------------------------------------

  function setLive(live) {
    if (state.live === live) return;
    state.live = live;
    showLive();
  }
  function showLive() {
    const link = byId("link");
    link.className = `link ${state.live === null ? "" : state.live ? "live" : "lost"}`;
    link.textContent = word(state.live === null ? "connecting" : state.live ? "live" : "lost");
  }

  function verdictBadge(line) {
    if (line.kind === "other") return null;
    const signature = line.verdict.signature;
    if (signature === "good") return badge(word("good"), "good");
    return signature === "bad" ? badge(word("bad"), "bad") : badge(word("unchecked"), "wait");
  }
  function resendText(step) {
    if (step.overdue) return word("overdue");
    if (step.number > 0) return word("nth")(step.number);
    return word(step.at_once ? "at_once" : "first");
  }
  function answerOf(line) {
    if (line.status) return node("span", { class: line.status < 300 ? "good-text" : "bad-text" }, `${line.status} · ${line.duration_ms} ms`);
    if (line.error) return node("span", { class: "bad-text" }, word(line.error.split(":")[0]) || line.error);
    if (line.state === "dropped") return node("span", { class: "soft" }, word("dropped"));
    return node("span", { class: "wait-text" }, word(line.attempts ? "in_hand" : "waiting"));
  }
  function sendingBadge(line) {
    const again = line.step && (line.step.number > 0 || line.step.at_once);
    if (!again && line.sendings < 2) return null;
    const times = line.sendings > 1 ? ` ×${line.sendings}` : "";
    return badge((again ? resendText(line.step) : word("resent")) + times, "tint");
  }
  const pathOf = line => line.target.split("?")[0];

  function row(line) {
    const known = line.kind !== "other";
    const title = line.total_amount ? `¥${line.total_amount}` : known ? word(line.kind === "page_return" ? "return" : line.kind) : `${line.method} ${pathOf(line)}`;
    const order = line.out_trade_no ? ` ${line.out_trade_no}` : "";
    const classes = ["row", line.id === state.chosen && "chosen", state.fresh.has(line.id) && "fresh"];
    return node("a", { class: classes.filter(Boolean).join(" "), href: `#/${line.id}`, "data-id": line.id },
      node("span", { class: "what" }, title, order && node("span", { class: "order" }, order)),
      node("span", { class: "when" }, clock(line.received_at)),
      node("span", { class: "where mono" }, (line.tunnel ? `${line.tunnel} ` : "") + (known ? `${line.method} ${pathOf(line)}` : word("bytes")(number(line.bytes)))),
      node("span", { class: "answer" }, answerOf(line)),
      node("span", { class: "marks" }, verdictBadge(line),
        line.trade_status && badge(line.trade_status),
        sendingBadge(line),
        line.replay_of && badge(word("replayed"), "tint")));
  }

  function showList() {
    const focused = document.activeElement && document.activeElement.dataset.id;
    const list = byId("list");
    const filtered = byId("text").value.trim() || byId("state").value;
    if (state.lines.length > 0) {
      list.replaceChildren(...state.lines.map(row));
    } else if (state.began) {
      list.replaceChildren(node("p", { class: "empty" }, node("strong", {}, word(filtered ? "nothing" : "empty")),
        word(filtered ? "nothing_how" : "empty_how")));
    }
    state.fresh = new Set();
    if (focused) list.querySelector(`[data-id="${focused}"]`)?.focus({ preventScroll: true });
    byId("older").hidden = !state.more;
    byId("no-key").hidden = state.keys > 0 || !state.lines.some(line => line.kind !== "other");
    byId("no-key").textContent = word("no_key");
  }

  // --- one callback ---------------------------------------------------------------------------

  let loading = 0;
  async function loadDetail() {
    const mine = ++loading;
    const id = state.chosen;
    if (!id) {
      state.detail = null;
      return showDetail();
    }
    try {
      const page = await askJson(`/api/exchanges/${id}${state.reveal ? "?reveal=1" : ""}`);
      if (mine !== loading) return;
      const line = state.lines.find(one => one.id === id);
      const before = state.detail && state.detail.page.id === id ? state.detail : null;
      state.detail = { page, seen: line ? JSON.stringify(line) : "" };
      // What somebody is writing or choosing stays.
      if (before && (state.tab === "replay" || state.tab === "compare")) showHead();
      else showDetail();
    } catch (problem) {
      if (mine !== loading) return;
      if (problem.status === 401) return showGate(true);
      state.detail = null;
      byId("detail").replaceChildren(backLink(), node("p", { class: "empty" }, node("strong", {}, word(problem.status === 404 ? "gone" : "failed")), problem.status === 404 ? "" : problem.message));
    }
  }

  const backLink = () => node("a", { class: "back", href: "#/" }, word("back"));

  function verdictCard(page) {
    const { kind, verdict } = page;
    const look = kind === "other" ? ["", "–", word("other"), word("other_how")]
      : verdict.signature === "good" ? ["good", "✓", word("good"), `${word("good_how")} ${verdict.key}`]
      : verdict.signature === "bad" ? ["bad", "✕", word("bad"), reason(verdict)]
      : ["wait", "?", word("unchecked"), word("unchecked_how")];
    if (kind === "page_return") look[3] += ` ${word("return_how")}`;
    const facts = [];
    const fact = (name, value, big) => value && facts.push(node("div", {}, node("dt", {}, name), node("dd", { class: big ? "big" : "" }, value)));
    fact(word("amount"), page.total_amount && `¥${page.total_amount}`, true);
    fact(word("refund"), page.refund_fee && `¥${page.refund_fee}`);
    fact(word("status"), page.trade_status || page.msg_method);
    fact(word("order"), page.out_trade_no);
    fact(word("trade"), page.trade_no);
    fact("notify_id", page.notify_id);
    if (page.step) {
      const parts = [resendText(page.step)];
      if (page.sendings > 1) parts.push(word("seen")(page.sendings));
      if (page.step.next_at) parts.push(word("next")(clock(page.step.next_at)));
      fact(word("resend"), parts.join(state.language === "zh" ? "；" : "; "));
    }
    return node("div", { class: "card", id: "verdict", "data-signature": verdict.signature, "data-code": verdict.code },
      node("div", { class: `verdict ${look[0]}` }, node("span", { class: "sign", "aria-hidden": "true" }, look[1]),
        node("strong", {}, look[2]), node("p", {}, look[3])),
      facts.length ? node("dl", { class: "facts" }, facts) : null);
  }

  function head(page) {
    const title = page.subject || (page.kind === "other" ? `${page.method} ${pathOf(page)}` : word(page.kind === "page_return" ? "return" : page.kind));
    return node("div", { id: "head" },
      node("h1", {}, title),
      node("div", { class: "sub" },
        node("span", { class: "mono" }, `${page.method} ${pathOf(page)}`),
        node("span", {}, `${word("received")} ${clock(page.received_at)}`),
        node("span", {}, `${word("from")} ${page.remote_address || "–"}`),
        node("span", {}, word("bytes")(number(page.bytes))),
        page.tunnel ? node("span", {}, `${word("tunnel")} ${page.tunnel}`) : null,
        page.replay_of ? node("a", { href: `#/${page.replay_of}` }, `${word("replay_of")} ${page.replay_of}`) : null,
        node("span", {}, answerOf(page))),
      verdictCard(page));
  }
  function showHead() {
    byId("head")?.replaceWith(head(state.detail.page));
  }

  const table = pairs => node("table", {}, node("tbody", {}, pairs.map(([name, value]) =>
    node("tr", {}, node("th", { scope: "row" }, name), node("td", {}, value === "" ? " " : value)))));

  function bodyView(body) {
    if (body.bytes === 0) return [node("p", { class: "soft" }, word("no_body"))];
    const views = [];
    if (body.text !== undefined) views.push(node("pre", { class: "body" }, body.text));
    if (body.gbk !== undefined) views.push(node("h2", {}, word("gbk")), node("pre", {}, body.gbk));
    if (body.hex !== undefined) views.push(node("h2", {}, word("hex")), node("pre", { class: "wide body" }, body.hex));
    if (body.cut) views.push(node("p", { class: "soft" }, word("cut")));
    return views;
  }
  function indented(body) {
    if (body.text === undefined || !/^\s*[[{]/.test(body.text)) return null;
    try {
      // Whole numbers beyond 2^53 and decimals such as 20.00 must not change: strings are safe, numbers are not.
      if (/[:[,]\s*-?\d+(\.\d+|\d{15,})/.test(body.text)) return null;
      return JSON.stringify(JSON.parse(body.text), null, 2);
    } catch {
      return null;
    }
  }

  function revealButton(page) {
    if (!page.masked && !state.reveal) return null;
    return node("button", { class: "plain", type: "button", id: "reveal", onclick: () => {
      state.reveal = !state.reveal;
      loadDetail();
    } }, word(state.reveal ? "hide" : "reveal"));
  }
  async function download(page) {
    const reply = await ask(`/api/exchanges/${page.id}/body`);
    const address = URL.createObjectURL(await reply.blob());
    node("a", { href: address, download: `callback-${page.id}.bin` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
  async function copy(button, text, place) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = word("copied");
      setTimeout(() => { button.textContent = word("copy"); }, 1500);
    } catch {
      getSelection().selectAllChildren(place);  // Not allowed here: selected, it is one key away.
    }
  }

  const views = {
    decoded(page) {
      const tools = node("div", { class: "tools" }, revealButton(page), page.masked ? node("span", { class: "soft" }, word("masked")) : null);
      const query = page.whole_target.includes("?") && page.kind !== "page_return"
        ? [...new URLSearchParams(page.whole_target.split("?").slice(1).join("?"))] : [];
      return [tools.childNodes.length ? tools : null,
        query.length ? [node("h2", {}, "?"), table(query)] : null,
        page.fields ? table(page.fields)
          : [page.body.bytes ? node("p", { class: "soft" }, word("no_fields")) : null,
             indented(page.body) ? node("pre", {}, indented(page.body)) : bodyView(page.body)]];
    },
    raw(page) {
      return [node("div", { class: "tools" }, node("button", { class: "plain", type: "button", onclick: () => download(page) }, word("download")), revealButton(page)),
        node("h2", {}, word("line")), node("pre", {}, `${page.method} ${page.whole_target}`),
        node("h2", {}, word("headers")), table(page.headers),
        node("h2", {}, word("body")), bodyView(page.body),
        node("p", { class: "soft mono" }, `sha256 ${page.sha256}`)];
    },
    answers(page) {
      if (page.tries.length === 0) return [node("p", { class: "empty" }, word("no_answer"))];
      return page.tries.map(one => node("article", { class: "try" },
        node("header", {}, node("strong", {}, word("try")(one.number)),
          one.status ? badge(one.status, one.status < 300 ? "good" : "bad") : badge(word(one.error.split(":")[0]) || one.error, "bad"),
          node("span", { class: "soft" }, `${clock(one.began_at)} · ${one.duration_ms} ms`)),
        one.error ? node("pre", {}, one.error)
          : [node("h2", {}, word("body")), bodyView(one.body), node("h2", {}, word("answer_headers")), table(one.headers)]));
    },
    replay: replayView,
    compare: compareView,
    curl(page) {
      const place = node("pre", { id: "curl" }, page.curl);
      return [node("p", { class: "soft" }, word("curl_how")),
        node("div", { class: "tools" }, node("button", { type: "button", id: "copy", onclick: event => copy(event.target, page.curl, place) }, word("copy"))),
        place];
    },
  };

  function replayView(page) {
    const host = node("input", { id: "replay-host", maxlength: 255, spellcheck: "false", placeholder: (page.headers.find(([name]) => name.toLowerCase() === "host") || [])[1] });
    const target = node("input", { id: "replay-target", class: "mono", spellcheck: "false" });
    const body = node("textarea", { id: "replay-body", spellcheck: "false" });
    const said = node("p", { id: "replay-said", role: "status" });
    const send = node("button", { type: "submit", id: "replay-send" }, word("send"));
    let original = null;
    const fill = whole => {
      target.value = whole.whole_target;
      host.value = "";
      if (whole.body.text !== undefined && !whole.body.cut) {
        body.value = whole.body.text;
        original = body.value;  // As the textarea gives it back: line ends may be others.
      }
      target.dataset.original = whole.whole_target;
    };
    const editable = page.body.text !== undefined && !page.body.cut;
    const form = node("form", { class: "replay" },
      node("p", { class: "soft" }, word("replay_how")),
      node("div", { class: "pair" },
        node("label", {}, word(state.side === "relay" ? "host_relay" : "host"), host),
        node("label", {}, word("target"), target)),
      editable ? node("label", {}, word("body"), body) : node("p", { class: "soft" }, word("replay_binary")),
      editable && page.body.text.includes("\r") ? node("p", { class: "soft" }, word("replay_crlf")) : null,
      node("div", { class: "tools" }, send, node("button", { class: "plain", type: "reset" }, word("reset"))), said);
    let whole = page;
    form.addEventListener("reset", event => { event.preventDefault(); fill(whole); });
    form.addEventListener("submit", async event => {
      event.preventDefault();
      const wish = {};
      if (host.value.trim()) wish.host = host.value.trim();
      if (target.value !== target.dataset.original) wish.target = target.value;
      if (original !== null && body.value !== original) wish.body = body.value;
      send.disabled = true;
      said.className = "soft";
      said.textContent = word("sending");
      try {
        const told = await askJson(`/api/exchanges/${page.id}/replay`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish) });
        said.className = "good-text";
        said.replaceChildren(`${word("sent")} `, node("a", { href: `#/${told.id}` }, String(told.id)));
        pollSoon(0);
      } catch (problem) {
        said.className = "bad-text";
        said.textContent = problem.message;
      }
      send.disabled = false;
    });
    // What is sent must be what came, never the masked text.
    if (page.masked) {
      send.disabled = true;
      askJson(`/api/exchanges/${page.id}?reveal=1`).then(told => {
        whole = told;
        fill(told);
        send.disabled = false;
      }, problem => { said.textContent = problem.message; });
    } else {
      fill(page);
    }
    return [form];
  }

  function compareView(page) {
    const own = [[String(page.id), `${word("this_one")} · ${clock(page.received_at)}`]];
    for (let i = page.earlier; i >= 1; --i) own.push([`${page.id}.s${i}`, word("sending_n")(i)]);
    page.tries.forEach((one, i) => own.push([`${page.id}.a${i + 1}`, word("answer_n")(one.number)]));
    const related = state.lines.filter(line => line.id !== page.id && (line.id === page.replay_of || line.replay_of === page.id ||
      (page.out_trade_no && line.out_trade_no === page.out_trade_no) || pathOf(line) === pathOf(page))).slice(0, 30);
    const others = related.map(line => [String(line.id), `${line.replay_of ? word("replayed") : line.out_trade_no || line.method} · ${clock(line.received_at)} · ${line.id}`]);
    if (page.replay_of && !related.some(line => line.id === page.replay_of)) others.unshift([String(page.replay_of), `${word("replay_of")} ${page.replay_of}`]);
    const all = own.concat(others);
    if (all.length < 2) return [node("p", { class: "empty" }, word("compare_none"))];
    const answers = page.tries.length;
    const pair = page.earlier ? [`${page.id}.s${page.earlier}`, String(page.id)]
      : page.replay_of ? [String(page.replay_of), String(page.id)]
      : answers > 1 ? [`${page.id}.a${answers - 1}`, `${page.id}.a${answers}`]
      : others.length ? [others[0][0], String(page.id)] : [own[0][0], own[1][0]];
    const choice = (id, value) => {
      const select = node("select", { id }, all.map(([name, text]) => node("option", { value: name }, text)));
      select.value = value;
      return select;
    };
    const [left, right] = [choice("left", pair[0]), choice("right", pair[1])];
    const place = node("div", { id: "diff" });
    const show = async () => {
      try {
        const { lines } = await askJson(`/api/compare?${new URLSearchParams({ left: left.value, right: right.value })}`);
        const sign = { both: "  ", left: "− ", right: "+ " };
        const same = lines.every(([side]) => side === "both");
        place.replaceChildren(same ? node("p", { class: "good-text" }, word("same")) : "",
          node("pre", { class: "diff" }, lines.map(([side, text]) => node("div", { class: side }, sign[side] + text))));
      } catch (problem) {
        place.replaceChildren(node("p", { class: "bad-text" }, problem.message));
      }
    };
    left.addEventListener("change", show);
    right.addEventListener("change", show);
    show();
    return [node("div", { class: "pair" }, node("label", {}, word("left"), left), node("label", {}, word("right"), right)), place];
  }

  function showDetail() {
    document.body.classList.toggle("one", state.chosen !== 0);
    const place = byId("detail");
    if (!state.chosen) return place.replaceChildren(node("p", { class: "empty" }, word("choose")));
    if (!state.detail) return undefined;
    const { page } = state.detail;
    const tabs = node("nav", { class: "tabs" }, TABS.map(name =>
      node("a", { href: `#/${page.id}/${name}`, "data-tab": name, "aria-current": name === state.tab && "page" },
        word(name) + (name === "answers" && page.tries.length ? ` ${page.tries.length}` : ""))));
    const scrolled = place.scrollTop;
    place.replaceChildren(node("div", { class: "page" }, backLink(), head(page), tabs,
      node("div", { class: "card", id: "view" }, views[state.tab](page).flat(3))));
    place.scrollTop = scrolled;
    return undefined;
  }

  // --- where we are ---------------------------------------------------------------------------

  function follow() {
    const given = /^#token=([\w.-]+)$/.exec(location.hash);
    if (given) {
      // Out of the address bar, so that it stands in no bookmark and no screenshot.
      history.replaceState(null, "", "/");
      state.token = given[1];
      sessionStorage.setItem(TOKEN_KEY, state.token);
      return open();
    }
    const [, id, tab] = /^#\/(\d+)(?:\/(\w+))?$/.exec(location.hash) || [];
    const chosen = Number(id || 0);
    state.tab = TABS.includes(tab) ? tab : "decoded";
    if (chosen !== state.chosen) {
      Object.assign(state, { chosen, detail: null, reveal: false });
      byId("detail").scrollTop = 0;
      scrollTo(0, 0);
      showList();
      loadDetail();
    }
    showDetail();
    return undefined;
  }

  function showGate(wrong) {
    clearTimeout(timer);
    sessionStorage.removeItem(TOKEN_KEY);
    byId("app").hidden = true;
    byId("gate").hidden = false;
    byId("gate-wrong").hidden = !wrong;
    byId("link").textContent = "";
    byId("token").focus();
  }
  function open() {
    byId("gate").hidden = true;
    byId("app").hidden = false;
    state.live = null;
    showLive();
    askAnew();
    follow();
  }

  function speak(language) {
    state.language = language;
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.title = word("title");
    for (const place of document.querySelectorAll("[data-word]")) place.textContent = word(place.dataset.word);
    byId("language").textContent = word("language");
    byId("text").placeholder = word("search");
    byId("text").setAttribute("aria-label", word("search"));
    const select = byId("state");
    const value = select.value;
    select.replaceChildren(...["all", "waiting", "answered", "dropped"].map(name =>
      node("option", { value: name === "all" ? "" : name }, word(name))));
    select.value = value;
    select.setAttribute("aria-label", word("status"));
    if (!byId("app").hidden) {
      showLive();
      showList();
      showDetail();
    }
  }

  byId("language").addEventListener("click", () => {
    const next = state.language === "zh" ? "en" : "zh";
    localStorage.setItem(LANGUAGE_KEY, next);
    speak(next);
  });
  let typing = 0;
  byId("text").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(askAnew, 200);
  });
  byId("state").addEventListener("change", askAnew);
  byId("search").addEventListener("submit", event => event.preventDefault());
  byId("older").addEventListener("click", () => loadOlder().catch(() => setLive(false)));
  byId("gate").addEventListener("submit", event => {
    event.preventDefault();
    // A whole link will do.
    state.token = byId("token").value.trim().replace(/^.*#token=/, "");
    byId("token").value = "";
    sessionStorage.setItem(TOKEN_KEY, state.token);
    open();
  });
  addEventListener("hashchange", follow);

  speak(chosenLanguage());
  state.token = sessionStorage.getItem(TOKEN_KEY) || "";
  if (/^#token=/.test(location.hash)) follow();
  else if (state.token) open();
  else showGate(false);
})();
