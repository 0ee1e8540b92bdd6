// What Streamlit's frame lacks. It runs once in a browser's tab.
if (!window.deepMusicFrame) {
  window.deepMusicFrame = true;
  const find = (name) => document.querySelector(`[data-testid=${name}]`);

  // One choice is one step for the browser's Back, however often the address is written for it.
  let chosen = false;
  for (const event of ["pointerdown", "keydown", "drop"])
    addEventListener(event, () => (chosen = true), true);
  addEventListener("popstate", () => (chosen = false), true);
  const push = history.pushState.bind(history);
  history.pushState = (...step) => {
    if (chosen) push(...step);
    else history.replaceState(...step);
    chosen = false;
  };

  // On a phone, the menu closes behind a link.
  addEventListener("click", ({ target }) => {
    if (innerWidth < 768 && target.closest?.("[data-testid=stSidebarNavLink]"))
      setTimeout(() => find("stSidebarCollapseButton")?.querySelector("button")?.click());
  });

  // Streamlit keeps a theme for the path at which it was loaded; we keep it for all pages.
  addEventListener("click", ({ target }) => {
    const choice = target.closest?.("[data-testid=stThemeSwitcher] button");
    if (!choice) return;
    setTimeout(() => {
      const version = Object.keys(localStorage).find((key) => /^stActiveTheme-.*-v\d+$/.test(key));
      for (const link of document.querySelectorAll("nav a, header a, [data-testid*=NavLink]"))
        if (version && link.href)
          localStorage[`stActiveTheme-${new URL(link.href).pathname}-${version.split("-").at(-1)}`] =
            localStorage[version];
    }, 100);
  });

  // One sound at a time.
  addEventListener(
    "play",
    ({ target }) => {
      for (const audio of document.querySelectorAll("audio")) if (audio !== target) audio.pause();
    },
    true,
  );

  // A sound that a press asked for begins when it is there. Streamlit's own `autoplay` forgets to
  // where React renders a player twice, as on a busy machine.
  addEventListener(
    "loadedmetadata",
    ({ target }) => {
      const { dataset, src } = target;
      // What mattered in a song takes its place for a while (player.js): it does not begin anew.
      if (src.startsWith("data:") || dataset.loaded === src) return;
      dataset.loaded = src;
      // Without a press, as after a link, a browser may refuse.
      if (target.closest("[class*=_at_once]")) target.play().catch(() => {});
    },
    true,
  );

  // The phone's menu button has a name that says what it opens, also after it is drawn anew.
  const label = () => {
    const button = find("stExpandSidebarButton");
    if (button && button.ariaLabel !== "Menu") button.ariaLabel = "Menu";
  };
  label();
  new MutationObserver(label).observe(document.body, { childList: true, subtree: true });
}
