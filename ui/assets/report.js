// Lists the questions of a run. A question's inside is built when it is first opened, and everything from articles and
// gold files becomes a text node, never markup.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);

/** An element with children; a string becomes a text node. */
function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const percent = (share) => `${Math.round(100 * share)} %`;
const titleOf = (article) => data.articles[article];

/** A heading and what stands under it; nothing where there is nothing. */
function part(className, heading, ...children) {
  const held = children.flat().filter(Boolean);
  return held.length ? element("section", className, element("h3", "", heading), ...held) : null;
}

function list(className, items) {
  return items.length ? element("ol", className, ...items.map((item) => element("li", "", ...[item].flat()))) : null;
}

/** The closed line of a question. */
function row(question) {
  const stage = element("span", "stage", question.stage);
  stage.style.setProperty("--stage", data.stages[question.stage].colour);
  const asked = element("span", "asked", question.question);
  const aside = element("span", "aside quiet", question.kind, element("span", "sure", `${percent(question.confidence)} sure`));
  const details = element("details", "question", element("summary", "", stage, asked, aside));
  details.addEventListener("toggle", () => details.childElementCount === 1 && details.append(inside(question)), { once: true });
  return element("li", "", details);
}

/** Everything about a question: what was asked, what is right, what was said, what was read. */
function inside(question) {
  return element(
    "div", "inside",
    element("p", "verdict", data.stages[question.stage].means, element("span", "quiet", ` ${question.id}`)),
    before(question),
    part("standalone", "Searched as", question.standalone && element("p", "", question.standalone)),
    element("div", "beside", answer(question), gold(question)),
    part("model", "What the language model did", question.model && element("p", "", question.model)),
    read(question),
  );
}

function before(question) {
  const turns = question.history.map(([asked, said]) => [element("p", "turn", asked), element("p", "quiet", said)]);
  return part("before", "Asked before", list("turns", turns));
}

function answer(question) {
  const said = question.said.flatMap(([text, numbers]) => [
    text, numbers.length ? element("span", "cite", numbers.map((number) => `[${number}]`).join("")) : null, " ",
  ]);
  const quotes = question.quotes.map((item) => [
    element("span", "cite", `[${item.number}]`), element("q", "", item.quote), element("span", "quiet", titleOf(item.article)),
  ]);
  return part(
    "answer", question.refused ? "Refusal" : "Answer",
    element("p", "said", ...said),
    quotes.length ? element("h4", "", question.refused ? "What was withheld" : "Citations") : null,
    list("quotes", quotes),
  );
}

function gold(question) {
  const evidence = question.evidence.map((item) => [
    element("span", `badge ${tone(item, question)}`, fate(item, question)),
    item.quote === null ? element("span", "", "the whole article") : element("q", "", item.quote),
    element("span", "quiet", titleOf(item.article)),
  ]);
  return part(
    "gold", "Gold",
    question.unanswerable ? element("p", "", "The articles do not hold an answer.") : null,
    list("answers", question.answers.map((text) => element("span", "", text))),
    evidence.length ? element("h4", "", "Evidence") : null,
    list("quotes", evidence),
  );
}

/** Whether a piece of gold evidence is cited, need not be because another that says the same is, or is missed. */
function tone(item, question) {
  if (item.cited) return "good";
  return question.evidence.some((other) => other.fact === item.fact && other.cited) ? "spare" : "bad";
}

/** What became of a piece of gold evidence. */
function fate(item, question) {
  if (!item.places.length) return "not in the index";
  if (item.rank === null) return item.cited ? "cited" : `not among the first ${question.depth} found`;
  if (item.rank > question.hits.length) return `found at rank ${item.rank}, not read`;
  return `read at rank ${item.rank}, ${item.cited ? "cited" : "not cited"}`;
}

function read(question) {
  const passages = question.hits.map((hit, position) => passage(hit, position + 1, question));
  return part("read", "Passages read", list("passages", passages)) || part("read", "Passages read", element("p", "", "none"));
}

/** A passage that was read; those that hold evidence or were quoted stand open. */
function passage(hit, rank, question) {
  const { article, start, text } = data.passages[hit.passage];
  const characters = Array.from(text);
  const within = (places) =>
    places
      .map(([first, last]) => [Math.max(0, first - start), Math.min(characters.length, last - start)])
      .filter(([first, last]) => first < last);
  const quoted = within(question.quotes.filter((item) => item.article === article).map((item) => [item.start, item.end]));
  const proving = within(
    question.evidence.filter((item) => item.article === article && item.quote !== null).flatMap((item) => item.places),
  );
  const [score, dense, lexical] = hit.score;
  const parts = element("span", "quiet", `${score.toFixed(3)}`);
  parts.title = `cosine ${dense.toFixed(3)}, BM25 ${lexical.toFixed(2)}`;
  const details = element(
    "details", "passage",
    element(
      "summary", "",
      element("span", "rank", `${rank}`), element("span", "title", titleOf(article)),
      hit.gold ? element("span", "badge gold", "evidence") : null,
      quoted.length ? element("span", "badge cited", question.refused ? "nearest" : "cited") : null,
      parts,
    ),
    element("p", "text", ...marked(characters, proving, quoted)),
  );
  details.open = hit.gold || quoted.length > 0;
  return details;
}

/** A text cut where marks begin and end: gold evidence, what is quoted, and where both meet. */
function marked(characters, proving, quoted) {
  const edges = [...new Set([0, characters.length, ...proving.flat(), ...quoted.flat()])].sort((one, other) => one - other);
  const covers = (places, first, last) => places.some(([start, end]) => start <= first && last <= end);
  return edges.slice(1).map((last, number) => {
    const first = edges[number];
    const piece = characters.slice(first, last).join("");
    const names = [covers(proving, first, last) && "gold", covers(quoted, first, last) && "cited"].filter(Boolean);
    return names.length ? element("mark", names.join(" "), piece) : piece;
  });
}

const rows = data.questions.map((question) => ({
  question,
  line: row(question),
  words: [question.id, question.question, question.standalone, ...question.answers, ...question.said.map(([text]) => text)]
    .join("\n")
    .toLowerCase(),
}));
const narrow = document.getElementById("narrow");
const search = document.getElementById("search");

function isWanted(question, outcome) {
  if (outcome === "all") return true;
  if (outcome === "wrong") return data.stages[question.stage].wrong;
  return outcome === "refused" ? question.refused : question.stage === outcome;
}

/** Hide the questions that are not asked for, and say how many are left. */
function show() {
  const outcome = new FormData(narrow).get("outcome");
  const wanted = search.value.trim().toLowerCase();
  let count = 0;
  for (const { question, line, words } of rows) {
    const shown = isWanted(question, outcome) && words.includes(wanted);
    if (line.hidden === shown) line.hidden = !shown;
    count += shown;
  }
  document.getElementById("shown").textContent = `${count.toLocaleString("en")} of ${rows.length.toLocaleString("en")} questions`;
}

document.getElementById("questions").append(...rows.map(({ line }) => line));
narrow.addEventListener("input", show);
narrow.addEventListener("submit", (event) => event.preventDefault());
// A browser that comes back to the page brings back what was typed in it.
addEventListener("pageshow", show);
narrow.hidden = false;
show();

// In a frame it says how high it is, for it cannot be measured from outside.
if (parent !== window) {
  const held = document.querySelector("main");
  new ResizeObserver(() => parent.postMessage({ height: held.offsetHeight }, "*")).observe(held);
}
