// Light, dark, or the system's scheme; localStorage holds the choice.

const KEY = "voicestatus-theme";

/** Apply the stored choice. */
export function applyTheme() {
  const stored = localStorage.getItem(KEY);
  if (stored === "light" || stored === "dark") document.documentElement.dataset.theme = stored;
}

/** Whether the dark theme is active. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Switch to the other theme. */
export function changeTheme() {
  const other = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = other;
  localStorage.setItem(KEY, other);
}
