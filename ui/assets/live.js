// What is being answered, or questions to go on with. Every question is asked here;
// `trigger` starts an event of ui/pages/chat.py.
element.addEventListener("click", (event) => {
  const example = event.target.closest(".example");
  if (example) ask({ question: example.dataset.question, again: null });
});

document.addEventListener("ask", ({ detail }) => ask(detail));
document.addEventListener("untyped", ({ detail: question }) => putBack(question));

// What was asked, until it is answered: in which conversation and after which exchange, whether it was seen to be begun,
// and when something last came of it.
let awaited = null;
const PATIENCE = 3000;

// What is asked while another conversation is on its way waits for it.
let turning = null;
const waiting = [];
document.addEventListener("turning", () => {
  clearTimeout(turning);
  turning = setTimeout(turned, PATIENCE); // One that is open already is not shown again.
});

function turned() {
  clearTimeout(turning);
  turning = null;
  waiting.splice(0).forEach(ask);
}

function ask(asked) {
  const question = asked.question.trim();
  if (!question) return;
  if (turning) return void waiting.push(asked);
  const mine = (awaited = { question, again: asked.again, here: here(), last: last(), isBegun: false, heard: Date.now() });
  trigger("ask", asked);
  setTimeout(look, PATIENCE, mine, 1);
}

const here = () => document.querySelector("#conversation [data-conversation]")?.dataset.conversation;
const exchanges = () => [...document.querySelectorAll("#conversation .exchange")];
const last = () => exchanges().at(-1)?.dataset.exchange ?? null;

// Nobody waits any more for what was left.
document.addEventListener("shown", () => {
  if (awaited && (awaited.here !== here() || isAnswered())) awaited = null;
  turned();
});

function isAnswered() {
  if (awaited.again) return awaited.last !== last();
  const later = exchanges().slice(exchanges().findIndex((exchange) => exchange.dataset.exchange === awaited.last) + 1);
  return later.some((exchange) => exchange.querySelector(".asked")?.textContent === awaited.question);
}

function hear() {
  if (!awaited) return;
  awaited.heard = Date.now();
  const exchange = element.querySelector(".exchange, .notice");
  if (exchange && !exchange.matches(".pending")) awaited = null; // It failed, and that is said.
  else if (exchange?.querySelector(".asked").textContent === awaited.question) awaited.isBegun = true;
}

// Gradio's page does not hear of an answer that it asks for in the moment in which the stream of another ends, or hears
// only its beginning: where nothing comes it is looked for, less and less often, and another stream is asked for, which
// brings what is not kept. What is not even begun after some time is put back, as the server is gone.
function look(mine, times) {
  if (awaited !== mine) return;
  if (times > 4 && !mine.isBegun) return putBack(mine.question);
  if (Date.now() - mine.heard >= PATIENCE) {
    trigger("look", { last: last() });
    trigger("wake");
  }
  setTimeout(look, PATIENCE * 2 ** Math.max(0, times - 4), mine, times + 1);
}

function putBack(question) {
  const box = document.querySelector("#question textarea");
  if (box.value) return;
  box.value = question;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// Gradio hands on a cancelled event for a moment: what still comes for a conversation that was left is not shown.
function isLate() {
  const meant = element.querySelector("[data-conversation]")?.dataset.conversation;
  return Boolean(here() && meant && here() !== meant);
}

// Ways to go on that come late: by then the next question is being answered, or has failed.
let accepted = "";
const isOutdated = () => accepted.includes('class="exchange') && element.querySelector(".next") !== null;

// Brought into view as far as what was asked stays there.
watch("value", () => {
  if (isLate()) return void (props.value = "");
  if (isOutdated()) return void (props.value = accepted);
  accepted = props.value;
  hear();
  const scroll = element.closest("#scroll");
  const asked = (element.querySelector(".exchange") ?? document.querySelector("#conversation .exchange:last-of-type"))?.getBoundingClientRect();
  const [view, end] = [scroll.getBoundingClientRect(), element.getBoundingClientRect().bottom];
  if (asked && end > view.bottom) scroll.scrollBy(0, Math.max(0, Math.min(end - view.bottom, asked.top - view.top)));
});
