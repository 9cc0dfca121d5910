// The list of conversations: opening, renaming, deleting. `server` is ChatDesk in ui/pages/chat.py.
const current = () => document.querySelector(".conversation")?.dataset.conversation ?? "";

element.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.classList.contains("more")) return showAll();
  const item = button.closest("[data-conversation]");
  const conversation = item?.dataset.conversation;
  if (button.classList.contains("open")) {
    document.body.classList.remove("side-open");
    turnTo(conversation);
  } else if (button.classList.contains("rename")) rename(item, conversation);
  else if (button.classList.contains("sure")) {
    update(await server.delete({ conversation, ...listed() }));
    if (conversation === current()) turnTo("");
  } else if (button.classList.contains("delete")) askBefore(button, "Delete this conversation for good");
});

// What is asked from here on is meant for that one.
function turnTo(conversation) {
  document.dispatchEvent(new CustomEvent("turning"));
  trigger("open", { conversation });
}

// What is listed, and what is marked in it.
const listed = () => ({ open: current(), in_full: !element.querySelector(".more") });

async function showAll() {
  const before = element.querySelectorAll(".open").length;
  update(await server.list_all({ ...listed(), in_full: true }));
  setTimeout(() => element.querySelectorAll(".open")[before]?.focus());
}

function rename(item, conversation) {
  const open = item.querySelector(".open");
  const field = Object.assign(document.createElement("input"), { type: "text", className: "naming", value: open.innerText, maxLength: 60 });
  field.setAttribute("aria-label", "Name of the conversation");
  open.replaceWith(field);
  field.select();
  const keep = async () => {
    field.replaceWith(open); // The list is only shown anew where something in it has changed.
    update(await server.rename({ conversation, name: field.value, ...listed() }));
  };
  field.addEventListener("blur", keep);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") field.blur();
    if (event.key !== "Escape") return;
    event.stopPropagation();
    field.removeEventListener("blur", keep);
    field.replaceWith(open);
    open.focus();
  });
}

function update(html) {
  if (typeof html === "string") props.value = html; // No text when the server is gone.
}

document.addEventListener("history", (event) => update(event.detail));

document.addEventListener("click", (event) => {
  if (event.target.closest("#fresh")) {
    document.body.classList.remove("side-open");
    document.querySelector("#pages [role=tab]").click(); // The first page is the chat.
    turnTo("");
    setTimeout(() => document.querySelector("#question textarea").focus()); // Once the page is in sight.
  } else if (event.target.closest("#side-toggle")) {
    const name = matchMedia("(max-width: 760px)").matches ? "side-open" : "side-shut";
    document.body.classList.toggle(name);
  } else if (event.target.isConnected && !event.target.closest("#side")) document.body.classList.remove("side-open");
});
