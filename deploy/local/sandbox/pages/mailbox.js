// Replaces the list by a newer one, unless nothing changed or nobody looks.
const SECONDS = 3;

async function refresh() {
  if (document.hidden) return;
  const response = await fetch(location.href).catch(() => null);
  const live = document.querySelector("#live");
  live.textContent = response?.ok ? "live" : "not reachable";
  live.dataset.ok = Boolean(response?.ok);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const [old, fresh] = [document, page].map((d) => d.querySelector("main"));
  if (old.innerHTML !== fresh.innerHTML) old.replaceWith(fresh);
}

setInterval(refresh, SECONDS * 1000);
