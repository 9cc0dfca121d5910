// Runs once when the conversation is on the page: `element` holds it, `trigger` starts an event, `watch` follows its value.
element.addEventListener("click", (event) => {
  const example = event.target.closest(".example");
  if (example) trigger("submit", { question: example.dataset.question });
});

watch("value", () => {
  element.querySelector(".exchange:last-of-type")?.scrollIntoView({ block: "start", behavior: "smooth" });
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  document.querySelector("#question textarea")?.focus();
});
