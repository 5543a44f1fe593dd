// The page's side of it: controls become messages, and what the server sends is put in its place.
// Runs as `js_on_load` of the one component there is, which gives element, trigger, props, server,
// upload and watch. Nothing here computes anything.
const $ = (id) => element.querySelector('#sk-' + id);
const say = (text) => { $('notice-text').textContent = text; $('notice').hidden = !text; };
// What the server is slow at: said unless something else is, and taken back.
let slow = '';
const saySlow = (text) => { if ($('notice').hidden || $('notice-text').textContent === slow) say(text); slow = text; };

// Messages have numbers, and go one at a time: on its way one would overtake another. The next goes
// when the server says that it has heard the last, or has been silent for long.
const PATIENCE = 10000;
const waiting = [];
const last = { told: 0, change: 0, sent: 0, heard: 0 };
const isSetting = (message) => ['scrub', 'tune', 'pick', 'seed', 'sample'].includes(message.do);
let silence;
const send = () => {
  if (last.sent > last.heard || !waiting.length) return;
  const [event, message] = waiting.shift();
  last.sent = message.number;
  silence = setTimeout(() => hear(message.number), PATIENCE);
  // With the address, a server that has forgotten this page can go on.
  trigger(event, { ...message, address: facts ? facts.address : '' });
};
const hear = (number) => {
  last.heard = Math.max(last.heard, number);
  if (last.heard >= last.sent) { clearTimeout(silence); send(); }
};
const tell = (event, message) => {
  for (const one of delayed) one();
  const end = waiting.at(-1);
  // Of two settings of one thing, the later is enough.
  if (end && isSetting(message) && end[1].do === message.do) waiting.pop();
  waiting.push([event, { ...message, number: ++last.told }]);
  if (event !== 'take') last.change = last.told;
  rests(false);
  send();
};
const act = (message) => tell('act', message);
// What waits for a hand to rest is done before anything else is.
const delayed = [];
const later = (wait, run) => {
  let timer = null, given;
  const now = () => { if (timer !== null) { clearTimeout(timer); timer = null; run(...given); } };
  delayed.push(now);
  return (...parts) => { clearTimeout(timer); given = parts; timer = setTimeout(now, wait); };
};
const rests = (yes) => {
  element.dataset.resting = yes ? 'yes' : 'no';
  $('page').classList.toggle('sk-working', !yes);
};
let limits = { n_vertices: 2, n_layers: null, n_components: 0, most_steps: 3 };
let facts = null;
let busy = false;

// Where the slider is: shown at once, drawn as fast as the server draws, and kept when it rests.
const showPlace = (at) => {
  const last = limits.n_vertices - 1;
  const segment = Math.min(Math.floor(at), last - 1);
  $('cursor').style.left = (100 * at / last) + '%';
  $('where').textContent = at.toFixed(2) + ' · ' + (Number.isInteger(at) ? 'vertex ' + at : 'segment ' + segment);
  $('at').setAttribute('aria-valuetext', $('where').textContent);
};
let wanted = null;
let jumps = 0;
const look = async (at) => {
  wanted = at;
  if (busy) return;
  busy = true;
  while (wanted !== null) {
    const here = wanted, before = jumps;
    wanted = null;
    try {
      const found = await server.look(here);
      if (found.html && before === jumps) { shown.delete('here'); $('here').innerHTML = found.html; }
      if (found.said) say(found.said);
    } catch (error) { say('The server does not answer. Is it still running?'); }
  }
  busy = false;
};
// While it moves, an answer to something else does not pull it back.
let moves = false;
const rest = later(300, (at) => { moves = false; act({ do: 'scrub', at }); });
const scrub = (at) => { moves = true; showPlace(at); look(at); rest(at); };
$('at').addEventListener('input', () => scrub(Number($('at').value)));

const goTo = (event) => {
  const box = event.currentTarget.querySelector('.sk-plot').getBoundingClientRect();
  const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  const at = Math.round(share * (limits.n_vertices - 1) * 100) / 100;
  $('at').value = at;
  scrub(at);
};
$('lines').addEventListener('click', (event) => {
  const row = event.target.closest('.sk-row');
  if (row && event.target.closest('.sk-plot')) goTo({ currentTarget: row, clientX: event.clientX });
});

// The controls of a direction.
const showKind = () => {
  const kind = $('kind').value;
  $('last').hidden = $('to').hidden = kind !== 'vertices';
  $('first').hidden = kind === 'opened';
  $('opened').hidden = kind !== 'opened';
  $('first').max = kind === 'segment' ? limits.n_vertices - 2 : kind === 'component' ? limits.n_components - 1 : limits.n_vertices - 1;
};
const pick = () => {
  const kind = $('kind').value;
  act({ do: 'pick', kind, first: $('first').value, last: $('last').value, name: $('opened').value });
};
$('kind').addEventListener('change', () => {
  const kind = $('kind').value;
  const here = Math.min(Math.floor(Number($('at').value)), limits.n_vertices - 2);
  $('first').value = kind === 'component' ? 0 : here;
  $('last').value = kind === 'vertices' ? limits.n_vertices - 1 : 0;
  showKind();
  pick();
});
for (const id of ['first', 'last', 'opened']) $(id).addEventListener('change', pick);
const layers = () => limits.n_layers === null || $('layer-first').value === '' ? null : [$('layer-first').value, $('layer-last').value];
const tune = () => act({ do: 'tune', strength: $('strength').value, layers: layers() });
const tuneLater = later(150, tune);
const showStrength = () => { $('strength-is').textContent = Number($('strength').value).toFixed(2) + ' steps'; };
$('strength').addEventListener('input', () => { showStrength(); tuneLater(); });
$('layer-first').addEventListener('change', () => {
  const was = facts.layers === null ? limits.n_layers - 1 : Number($('layer-last').value);
  $('layer-last').value = Math.max(was, Number($('layer-first').value));
  tune();
});
$('layer-last').addEventListener('change', () => {
  $('layer-first').value = Math.min(Number($('layer-first').value), Number($('layer-last').value));
  tune();
});
$('seed').addEventListener('change', () => act({ do: 'seed', seed: $('seed').value }));
const SAMPLING = ['first', 'last', 'n', 'seed', 'jitter'];
const sampling = () => ({ do: 'sample', first: $('sample-first').value, last: $('sample-last').value, n: $('sample-n').value, seed: $('sample-seed').value, jitter: $('sample-jitter').value, inside: $('sample-inside').checked });
for (const id of [...SAMPLING, 'inside']) $('sample-' + id).addEventListener('change', () => act(sampling()));
$('sampling').addEventListener('submit', (event) => event.preventDefault());
$('verdict').addEventListener('submit', (event) => {
  event.preventDefault();
  if ($('name').value.trim()) { act({ do: 'keep', name: $('name').value }); $('name').value = ''; }
  else { say('Give it a name first: what does it change?'); $('name').focus(); }
});

// Every button that does something says what in its data.
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do],[data-export]');
  if (!button) return;
  event.preventDefault();
  if (button.dataset.export) {
    slow = 'Preparing the file …';
    say(slow);
    tell('take', { what: button.dataset.export, sampling: sampling() });
  } else act(JSON.parse(button.dataset.do));
});

const copy = async (text, button) => {
  try { await navigator.clipboard.writeText(text); } catch (error) {
    const area = document.createElement('textarea');
    area.value = text; document.body.append(area); area.select(); document.execCommand('copy'); area.remove();
  }
  button.dataset.label ??= button.textContent;
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = button.dataset.label; }, 1500);
};
$('copy-link').addEventListener('click', () => copy(location.href, $('copy-link')));
$('copy-code').addEventListener('click', () => copy($('recipe').textContent, $('copy-code')));
$('notice-close').addEventListener('click', () => say(''));
const dark = (on) => { document.body.classList.toggle('dark', on); };
try { const kept = localStorage.getItem('skcurve-theme'); if (kept) dark(kept === 'dark'); } catch (error) { /* no storage */ }
$('theme').addEventListener('click', () => {
  const on = !document.body.classList.contains('dark');
  dark(on);
  try { localStorage.setItem('skcurve-theme', on ? 'dark' : 'light'); } catch (error) { /* no storage */ }
});

$('open').addEventListener('change', async () => {
  const file = $('open').files[0];
  if (!file) return;
  if (file.size > limits.most_bytes) say('This file is too large: ' + Math.ceil(file.size / 2 ** 20) + ' MiB; at most ' + limits.most_bytes / 2 ** 20 + ' MiB are taken.');
  else {
    const bytes = new Uint8Array(await file.arrayBuffer());
    let text = '';
    for (let start = 0; start < bytes.length; start += 32768) text += String.fromCharCode(...bytes.subarray(start, start + 32768));
    say('Opening …');
    tell('bring', { content: btoa(text) });
  }
  $('open').value = '';
});

const save = (file) => {
  const bytes = Uint8Array.from(atob(file.content), (letter) => letter.charCodeAt(0));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
};

// What the server sends.
const options = (select, values) => {
  const texts = values.map(([value, text]) => value + '\u0000' + text).join('\u0001');
  if (select.dataset.texts === texts) return;
  select.dataset.texts = texts;
  select.replaceChildren(...values.map(([value, text]) => new Option(text, value)));
};
const setUp = (given) => {
  limits = given;
  const numbers = limits.n_layers === null ? [] : [...Array(limits.n_layers).keys()].map((n) => [String(n), String(n)]);
  $('layers').hidden = limits.n_layers === null;
  options($('layer-first'), [['', 'all'], ...numbers]);
  options($('layer-last'), numbers);
  $('at').max = limits.n_vertices - 1;
  $('strength').min = -limits.most_steps;
  $('strength').max = limits.most_steps;
  $('sample-first').max = $('sample-last').max = $('last').max = limits.n_vertices - 1;
  $('sample-n').max = limits.most_samples;
  $('sample-jitter').max = limits.most_jitter;
  $('mp4').hidden = !limits.can_mp4;
};
// What is typed and not entered yet stays, however many updates come while a generator is slow.
const typed = new Set();
element.addEventListener('input', (event) => { if (event.target.type === 'number') typed.add(event.target); });
for (const end of ['change', 'focusout']) element.addEventListener(end, (event) => typed.delete(event.target));
const isUsed = (id) => typed.has($(id)) || (document.activeElement === $(id) && $(id).type === 'range');
const put = (id, value) => { if (!isUsed(id)) $(id).value = value; };
const showFacts = (given) => {
  const moved = !moves && (facts === null || facts.at !== given.at);
  facts = given;
  if (moved) { jumps += 1; wanted = null; $('at').value = facts.at; showPlace(facts.at); }
  const kinds = [['segment', 'segment'], ['vertices', 'two vertices'], ['component', 'principal component']];
  if (facts.opened.length) kinds.push(['opened', 'opened file']);
  options($('kind'), kinds);
  options($('opened'), facts.opened.map((name) => [name, name]));
  put('kind', facts.kind); put('first', facts.first); put('last', facts.last);
  if (facts.kind === 'opened') put('opened', facts.name);
  put('strength', facts.strength); showStrength();
  put('layer-first', facts.layers === null ? '' : facts.layers[0]);
  if (facts.layers !== null) put('layer-last', facts.layers[1]);
  $('layer-to').hidden = $('layer-last').hidden = facts.layers === null;
  put('seed', facts.seed);
  SAMPLING.forEach((id, number) => put('sample-' + id, facts.sampling[number]));
  $('sample-inside').checked = facts.inside;
  showKind();
  const last = limits.n_vertices - 1;
  const ends = facts.kind === 'segment' ? [facts.first, facts.first + 1] : facts.kind === 'vertices' ? [facts.first, facts.last].sort((a, b) => a - b) : null;
  $('span').hidden = ends === null;
  if (ends) { $('span').style.left = 100 * ends[0] / last + '%'; $('span').style.width = 100 * (ends[1] - ends[0]) / last + '%'; }
  $('pinned').hidden = facts.pinned === null;
  $('pair').classList.toggle('sk-has-two', facts.pinned !== null);
  $('undo').disabled = !facts.can_undo;
  $('clear').disabled = !facts.n_stacked;
  $('save-library').disabled = !facts.n_kept;
};
// The keyboard stays where it was, though the button under it is another now.
const replaceIn = (place, html) => {
  const number = [...place.querySelectorAll('button')].indexOf(document.activeElement);
  place.innerHTML = html;
  if (number < 0) return;
  const left = place.querySelectorAll('button');
  const next = left[Math.min(number, left.length - 1)] || place.parentElement.querySelector('button');
  if (next) next.focus();
};
const shown = new Map();
const handled = new Set();
const apply = (update) => {
  if (!update || handled.has(update.serial)) return;
  handled.add(update.serial);  // an update may be told of twice
  if (update.limits) setUp(update.limits);
  // What does not know of all that was asked takes no control back, and no picture.
  const isNew = update.heard >= last.change;
  if (update.facts && isNew) {
    showFacts(update.facts);
    if (update.address) history.replaceState(null, '', location.pathname + '?' + update.facts.address);
  }
  for (const [id, html] of Object.entries(update.parts || {})) {
    const place = $(id);
    if (id === 'here' && (moves || !isNew)) continue;
    if (place && shown.get(id) !== html) { shown.set(id, html); replaceIn(place, html); }
  }
  if (update.slow !== undefined) saySlow(update.slow);
  if (update.said) say(update.said);
  element.dataset.serial = update.serial;
  hear(update.heard);
  rests(update.resting && last.heard >= last.told);
  if (update.file) save(update.file);
};
watch('value', () => apply(props.value));
apply(props.value);
