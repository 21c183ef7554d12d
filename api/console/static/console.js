// What htmx does not do: the browser's time zone, the field that is wrong, files as they are.
"use strict";

const page = document.documentElement;

function rememberZone() {
  const name = page.dataset.zoneCookie;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || document.cookie.includes(`${name}=`)) return;
  const secure = name.startsWith("__Host-") ? "; Secure" : "";
  document.cookie = `${name}=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

function markField(problem) {
  document.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
  const name = problem?.dataset.field;
  const field = name && document.querySelector(`[name="${CSS.escape(name.split(".").pop())}"]:not([type=hidden])`);
  if (!field) return;
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "problem") markField(event.detail.target.querySelector(".problem"));
});

document.addEventListener("htmx:sendError", () => {
  const box = document.getElementById("offline");
  if (box) box.hidden = false;
});

// <select data-submit>: a choice is sent as soon as it is made.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

rememberZone();
