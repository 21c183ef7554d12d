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
  const named = (one) => document.querySelector(`[name="${CSS.escape(one)}"]:not([type=hidden])`);
  const field = name && (named(name) ?? named(name.split(".").pop()));
  if (!field) return;
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "problem") markField(event.detail.target.querySelector(".problem"));
});

// <form data-upload="offset">: its file as it is, from there on, so that an upload can go on; of
// the type in `data-type`. What answers takes the place it names.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.upload === undefined) return;
  event.preventDefault();
  const file = form.querySelector("input[type=file]").files[0];
  const bar = form.querySelector("progress");
  const button = form.querySelector("button");
  const problem = document.getElementById("problem");
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  for (const [name, value] of Object.entries(JSON.parse(document.body.getAttribute("hx-headers"))))
    request.setRequestHeader(name, value);
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("Content-Type", form.dataset.type ?? "application/octet-stream");
  request.upload.onprogress = (now) => { bar.value = now.loaded / Math.max(now.total, 1); };
  request.onload = () => {
    const next = request.getResponseHeader("HX-Redirect");
    if (next) { window.location.href = next; return; }
    button.disabled = false;
    const place = document.querySelector(request.getResponseHeader("HX-Retarget") ?? "#problem");
    place.innerHTML = request.responseText; // our own answer, escaped as all of them are
    place.scrollIntoView();
    place.focus();
  };
  request.onerror = () => { button.disabled = false; window.location.reload(); };
  bar.hidden = false;
  button.disabled = true;
  problem.replaceChildren();
  request.send(file.slice(Number(form.dataset.upload)));
});

// <select data-submit>: a choice is sent as soon as it is made.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// <form data-live>: sent to the frame it names, a moment after each change. Into a frame of its own
// each time, or every change would be one more step back in the history.
function keepLive(form) {
  let timer;
  const send = () => {
    const frame = document.querySelector(`iframe[name="${form.target}"]`);
    frame.replaceWith(frame.cloneNode());
    form.requestSubmit();
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(send, 400);
  });
  send();
}
document.querySelectorAll("form[data-live]").forEach(keepLive);

// [data-changes]: what htmx puts there is a change of the form around it.
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target.matches("[data-changes]")) target.dispatchEvent(new Event("input", { bubbles: true }));
});

rememberZone();
