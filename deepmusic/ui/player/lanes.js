// Lanes of predicted genres on a canvas; shared by the player and by Listen.

const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

const percent = (share) => `${Math.round(share * 100)}\u00a0%`;

// Letters on canvases are as large as text, also on a projector.
const letters = () => parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;

// Black or white, whichever reads better on a colour (relative luminance, WCAG).
const inkOn = (hex) => {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const v = parseInt(hex.slice(i, i + 2), 16) / 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#000" : "#fff";
};

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

// Neighbouring windows of one genre, for a common label.
const merge = (segments) => {
  const merged = [];
  for (const segment of segments) {
    const last = merged.at(-1);
    if (last && last.genre === segment.genre) last.end = segment.end;
    else merged.push({ ...segment });
  }
  return merged;
};

// Canvases are as sharp as the screen; what is drawn counts in CSS pixels.
const penOn = (canvas) => {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  return { pen, width, height };
};

const drawLane = (canvas, lane, duration, colours) => {
  const { pen, width, height } = penOn(canvas);
  const x = (seconds) => (seconds / duration) * width;
  for (const { start, end, genre, probability } of lane.segments) {
    pen.fillStyle = colours[genre];
    // The bar's height is the probability.
    const bar = Math.max(3, height * probability);
    pen.globalAlpha = 0.3;
    pen.fillRect(x(start), 0, x(end) - x(start) + 0.5, height);
    pen.globalAlpha = 1;
    pen.fillRect(x(start), height - bar, x(end) - x(start) + 0.5, bar);
  }
  pen.font = `600 ${letters()}px ${getComputedStyle(canvas).fontFamily}`;
  pen.textBaseline = "middle";
  for (const { start, end, genre } of merge(lane.segments)) {
    const room = x(end) - x(start);
    const text = pen.measureText(genre).width;
    if (text + 12 > room) continue;
    const left = x(start) + 4;
    pen.fillStyle = colours[genre];
    pen.fillRect(left, 2, text + 8, height - 4);
    pen.fillStyle = inkOn(colours[genre]);
    pen.fillText(genre, left + 4, height / 2 + 1);
  }
};

const tickStep = (duration, width) => {
  const limit = Math.max(2, width / (4.4 * letters()));
  return [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900].find((s) => duration / s <= limit) ?? 1800;
};

// The time axis, from a second on, as wide as the lanes.
const showTimes = (element, start, duration, width) => {
  const step = tickStep(duration, width);
  const marks = [];
  for (let seconds = Math.ceil(start / step) * step; seconds <= start + duration; seconds += step) {
    const share = (seconds - start) / duration;
    const mark = make("span", "", clock(seconds));
    mark.style.left = `${share * 100}%`;
    if (share < 0.985) marks.push(mark);
  }
  element.replaceChildren(...marks);
};

// The colours of the genres that are in the lanes.
const showLegend = (element, lanes, colours) => {
  const predicted = new Set(lanes.flatMap((lane) => (lane.segments ?? []).map((s) => s.genre)));
  element.replaceChildren(
    ...Object.keys(colours)
      .filter((genre) => predicted.has(genre))
      .map((genre) => {
        const entry = make("span", "", genre);
        const swatch = make("i");
        swatch.style.background = colours[genre];
        entry.prepend(swatch);
        return entry;
      }),
  );
};
