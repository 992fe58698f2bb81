// Light, dark, or as the system has it; a choice is kept in this browser.

const KEY = "voicestatus-theme";

/** Apply the choice that was kept. */
export function keptTheme() {
  const kept = localStorage.getItem(KEY);
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
}

/** Whether it is dark now. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Change over to the other one. */
export function changeTheme() {
  const other = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = other;
  localStorage.setItem(KEY, other);
}
