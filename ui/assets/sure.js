// Deleting takes a second click, on a button that says what it does; its label says it in full.
function askBefore(button, label) {
  const sure = Object.assign(document.createElement("button"), { type: "button", className: "sure", innerText: "Delete" });
  sure.setAttribute("aria-label", label);
  sure.addEventListener("blur", () => sure.isConnected && sure.replaceWith(button));
  button.replaceWith(sure);
  sure.focus();
}
